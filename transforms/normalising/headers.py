"""What stands in a form's header and footer: budget year and rating."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.normalising.folding import fold
from transforms.normalising.vocabulary import words

_TICKED: Final = "☑■√✓✔☒●⊙▣◼"
_EMPTY: Final = "□☐○◻❏❐❑❒"
_IN_WORDS: Final = {d: str(n) for n, d in enumerate("零一二三四五六七八九")} | {"〇": "0"}
_YEAR: Final = r"((?:19|20)\d\d)"
_A_YEAR: Final = r"(?:19|20)\d\d"
_MARK_OF_DOCUMENT: Final = rf"[(\[]{_A_YEAR}[)\]]第?\d{{1,5}}号"
_FILLED_IN: Final = (
    r"(?:填报|填表|编报|填写|报送|上报|制表|打印|导出)(?:日期|时间|日)?:?"
    rf"{_A_YEAR}[年./-]\d{{1,2}}[月./-]?(?:\d{{1,2}}日?)?"
)
"""When it was filled in, which is after the year it is of."""
_OTHER_YEAR: Final = rf"{_A_YEAR}年度?(?:填报|填表|编报|结转|结余|提前下达|下达)"
_JUDGED_IN: Final = rf"{_A_YEAR}年?度?(?:开展|组织|进行|对|填报|上报|编报|公开)+({_A_YEAR}年)"
"""2023年度对2022年度: the year in which another one is judged."""
_OF_A_DAY: Final = r"(?:年度?|[-./]\d{1,2}(?:[-./]\d{1,2})?|\d{4})?(?:\d{1,2}月?(?:\d{1,2}日)?)?"
_SPAN: Final = rf"{_YEAR}{_OF_A_DAY}[-~至到/]+{_YEAR}"
_SCHOOL_YEAR: Final = rf"{_A_YEAR}年?(?:[-~至到/]+(?:{_A_YEAR}|\d\d))?学年度?"
"""2023-2024学年 is not one budget year."""
_MOST_YEARS: Final = 2
"""Years from the first to the last of a span that a form accounts for at its end; a plan is longer: 2021-2025年."""

_MEASURED: Final = "号期人万亿元个件次户只台套米吨公千%‰"
"""After four digits these make them a count or a number of something, not a year."""


def fiscal_year(text: pl.Expr) -> pl.Expr:
    """Return the budget year that a text names, Int32; null when it names none.

    The year of `2022年度` comes before one of `2022年`, that before a bare number. Of a span (2022-2023年度,
    2022年7月至2023年6月) it is the last year, the one that the form accounts for; of 2023年度对2022年度 it is the
    second, which is judged in the first. `22年度` is 2022, 二〇二二年 is 2022.

    Null too where several years are named and nothing tells which is meant (2022年和2023年; 2022、2023年度), for a
    school year (2022-2023学年), or where a span is as long as that of a plan (2021-2025年). The years of a document's
    number (财预〔2022〕10号) and of the day it was filled in are left out.

    Example:
        >>> frame = pl.DataFrame({"t": ["（2022 年度）", "二〇二二年", "2022-2023年度", "2021-2025年", None]})
        >>> frame.select(fiscal_year(pl.col("t"))).to_series().to_list()
        [2022, 2022, 2023, None, None]
    """
    folded = fold(text).str.replace_all("[\x01]", "")
    folded = folded.str.replace_all(f"{_MARK_OF_DOCUMENT}|{_FILLED_IN}|{_SCHOOL_YEAR}", "")
    of_project = folded.str.replace_all(_JUDGED_IN, "${1}")
    return pl.coalesce(_year_named(of_project.str.replace_all(_OTHER_YEAR, "")), _year_named(of_project))


def _year_named(folded: pl.Expr) -> pl.Expr:
    in_words = folded.str.extract(r"([二一][〇零九一二三四五六七八O]{3})年").str.replace_many(_IN_WORDS | {"O": "0"})
    first, last = folded.str.extract(_SPAN, 1), folded.str.extract(_SPAN, 2)
    years = last.cast(pl.Int32, strict=False) - first.cast(pl.Int32, strict=False)
    ends = pl.when(years.is_between(0, _MOST_YEARS)).then(last)
    budget = folded.str.extract_all(rf"{_A_YEAR}年?度").list.eval(pl.element().str.slice(0, 4)).list.unique()
    named = folded.str.extract_all(rf"{_A_YEAR}年").list.eval(pl.element().str.slice(0, 4)).list.unique()
    several = (
        (budget.list.len() > 1)
        | folded.str.contains(rf"{_A_YEAR}年?度?[、,和及与]{_A_YEAR}年")
        | ((budget.list.len() == 0) & (named.list.len() > 1))
        | (last != first).fill_null(False)
    )
    one = pl.coalesce(
        ends,
        "20" + folded.str.extract(rf"{_A_YEAR}年?[-~至到/](\d\d)年"),
        folded.str.extract(rf"(?:^|[^\d]){_YEAR}年?度"),
        folded.str.extract(rf"(?:^|[^\d]){_YEAR}年"),
        in_words,
        "20" + folded.str.extract(r"(?:^|[^\d])(\d\d)年度"),
        folded.str.extract(rf"(?:^|[^\d.]){_YEAR}(?:[^\d.{_MEASURED}]|$)"),
        folded.str.extract(rf"^\(?{_YEAR}[./]\d{{1,2}}[\d./~至到-]*\)?$"),
    )
    return pl.when(ends.is_not_null() | ~several).then(one).cast(pl.Int32, strict=False)


def rating(text: pl.Expr) -> pl.Expr:
    """Return the rating that is printed; null where none is, or where none or several of its boxes are ticked.

    Three words or more without any mark are the choices, of which none can be seen to be chosen: null.

    Of boxes (`优☑ 良□ 中□ 差□`, `☑优 □良`) it is the ticked word, of `评价等级：优` the word; anything else stays as
    printed.

    Example:
        >>> frame = pl.DataFrame({"t": ["优", "优☑ 良□ 中□ 差□", "□优 √良 □中", "优□良□", "优良中差", "等级:优秀", ""]})
        >>> frame.select(rating(pl.col("t"))).to_series().to_list()
        ['优', '优', '良', None, None, '优秀', None]
    """
    grades = "|".join(words("ratings")["printed"])
    bare = text.str.replace_all(r"\s+", "")
    folded = fold(text.str.replace_all("[○◯]", "□"))
    boxes = folded.str.replace_all(r"[(\[][\s]*([☑■√✓✔☒●⊙▣◼])[\s]*[)\]]", "${1}").str.replace_all(r"[(\[]\s*[)\]]", "□")
    boxes = boxes.str.replace_all(rf"\([^(){_TICKED}{_EMPTY}]*\d[^()]*\)", "")
    has_boxes = boxes.str.contains(f"[{_TICKED}{_EMPTY}]")
    label = r"^(?:绩效|自评|评价|综合|评定|项目)*(?:等级|等次|结果|结论|级别)?[:：]?"
    body = boxes.str.replace(label, "")
    first = body.str.contains(f"^[{_TICKED}{_EMPTY}]")
    before = body.str.extract_all(f"[{_TICKED}](?:{grades})")
    after = body.str.extract_all(f"(?:{grades})[{_TICKED}]")
    ticked = pl.when(first).then(before).otherwise(after)
    # 优 √良 中: the white between says to which of two words a tick belongs that stands between them
    between = body.str.contains(f"(?:{grades})[{_TICKED}](?:{grades})") & ~boxes.str.contains(f"[{_EMPTY}]")
    spaced = text.str.replace_all(r"\s+", "  ")
    glued = pl.concat_list(
        spaced.str.extract_all(rf"(?:^|\s)[{_TICKED}](?:{grades})(?:\s|$)"),
        spaced.str.extract_all(rf"(?:^|\s)(?:{grades})[{_TICKED}](?:\s|$)"),
    )
    ticked = pl.when(between).then(glued).otherwise(ticked)
    word = ticked.list.first().str.replace_all(rf"[{_TICKED}\s]", "")
    bare_words = folded.str.replace_all(r"\([^()]*\)|[、,/|]", "")
    is_list = bare_words.str.contains(f"^(?:{grades})(?:{grades})(?:{grades})+$")
    alone = folded.str.replace(label, "").str.extract(f"^({grades})$")
    return (
        pl.when(has_boxes)
        .then(pl.when(ticked.list.len() == 1).then(word))
        .when(alone.is_not_null())
        .then(alone)
        .when(folded.str.contains(r"^[-/、—一]*$") | is_list)
        .then(None)
        .when(bare != "")
        .then(text.str.strip_chars())
    )
