"""Dates and deadlines as people print them: 2021年12月31日前, 9月前, 年底, 第四季度, 上半年.

A date without a year is in the form's budget year, which is put in later (`deadline`).
"""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.normalising.vocabulary import any_of

_YEAR: Final = r"(?:19|20)\d\d"
_OPTIONAL_YEAR: Final = rf"(?:(?P<year>{_YEAR})年度?|(?P<short>[0-4]\d)年|[当本]年度?)?"
_MONTH: Final = r"(?P<month>1[0-2]|0?[1-9])"
_DAY: Final = r"(?P<day>3[01]|[12]\d|0?[1-9])"
_BEGIN: Final = (
    r"^(?:提前)?(?P<lead>[^\d≥≤<>=当本该全上下第前截]{0,14}?)(?:截[至止]到?|到|至)?(?P<limit>不[晚迟早]于|[早晚]于|[≥≤<>=])?"
    r"(?:于|在)?"
)
_CLOCK: Final = r"(?:\x01?\d{1,2}(?:[时点]整?|:\d\d(?::\d\d)?))?"
_END: Final = (
    r"(?P<until>前后|左右|(?:之|以)?前|(?:之|以)?内)?"
    r"(?:(?P<tail>[^\d≥≤<>=]{0,20})|(?P<rest>[^\d≥≤<>=]{0,10}[≥≤<>=]?\d.*))$"
)
_HEADS: Final = (
    rf"(?P<year>{_YEAR})[年./-]{_MONTH}[月./-]{_DAY}[日号]?{_CLOCK}",
    r"(?P<year>20\d\d)(?P<month>0[1-9]|1[0-2])(?P<day>0[1-9]|[12]\d|3[01])",
    rf"{_OPTIONAL_YEAR}{_MONTH}月{_DAY}[日号]{_CLOCK}",
    rf"{_OPTIONAL_YEAR}{_MONTH}月份?(?P<part>初|上旬|中旬|下旬|[末底])?",
    r"(?P<year>20\d\d)[/.](?P<month>1[0-2]|0?[1-9])(?P<part>[末底初])",
    r"(?P<year>20\d\d)(?P<dot>[/.-])(?P<month>1[0-2]|0[1-9])",
    r"(?P<year>20\d\d)(?P<dot>/)(?P<month>[1-9])",
    rf"{_OPTIONAL_YEAR}第?(?P<quarter>[1-4])季度?(?P<part>[末底初])?",
    rf"{_OPTIONAL_YEAR}前(?P<quarter>[23])个?季度(?P<part>[末底])?",
    rf"(?:(?P<year>{_YEAR})年?度?|(?P<short>[0-4]\d)年|[当本]年度?)?(?P<half>[上下])半年(?P<part>[末底])?",
    rf"(?P<year>{_YEAR})年度?(?P<part>全年度?|年?[底末终]|年内)?",
    r"(?P<short>[0-4]\d)年(?P<part>[底末终])",
    r"(?P<whole>(?:当|本|该|全|次)?年度?)(?P<part>年?[底末终]|(?:年度?)?内)",
    r"(?P<whole>全年度?|[当本]年度?)",
)
"""Dates, the most exact first; the first that fits counts."""

_BARE_HEADS: Final = (
    r"(?P<year>20\d\d)[.](?P<month>[1-9])",
    r"(?P<year>20\d\d)(?P<month>0[1-9]|1[0-2])",
    r"(?P<year>20[0-4]\d)",
    r"(?P<month>1[0-2]|0?[1-9])\.(?P<day>3[01]|[12]\d|0[1-9])[日号]?",
    r"(?P<month>1[0-2]|0?[1-9])[/-](?P<day>3[01]|[12]\d|0?[1-9])[日号]?",
)
"""Dates that look like numbers (2023.5, 202312, 12.31): only where the row asks for a date."""

_NO_DATE: Final = (
    "[晚迟]于?$|[少低不]于?$|不[足到满及]|未满|[一二两三四五六七八九十半几]$"
    "|每|次$|次[年月日]|下[年月]|隔|收到|起$|自|从|以来|[往去上]年|较|比|同期|计划|学|[A-Za-z|]$"
)
_NO_DATE_AFTER: Final = (
    "^(?:学|中(?:$|前|完成)|以?后|之后|起|开始|以来|[^,;。]{0,4}[月季]|次|岁|人|个|户|版|级|届|第|期|[A-Za-z|]|\\(不含)"
    "|^[一二两三四五六七八九十]+[次个场期]|每|同期|较|年度预算"
)
_BEFORE_AN_EVENT: Final = "^[^,;。提日号()]{1,8}前(?:$|完成|投|建成)"
"""9月开学前: a day of that month, nobody knows which."""
_DONE: Final = any_of("context_words", "date_done")
_MORE_DATES: Final = r"\d{1,2}月|\d[日号]|(?:19|20)\d\d年|季度"
_FIRST_AND_LAST: Final = pl.col("date_text").str.extract_groups(r"^(\d{1,2})-(\d{1,2})(?:\D|$)").struct
_MAY_BE_MONTHS: Final = (
    _FIRST_AND_LAST.field("1").cast(pl.Int32) < _FIRST_AND_LAST.field("2").cast(pl.Int32)
).fill_null(False) & (_FIRST_AND_LAST.field("2").cast(pl.Int32) <= 12).fill_null(False)
"""1-12 is January to December, or 12 January."""
_GROUPS: Final = (
    "lead", "dot", "limit", "year", "short", "month", "day", "quarter", "half", "whole", "part", "until", "tail",
    "rest",
)  # fmt: skip
_CHINESE_COUNT: Final = "一二三四五六七八九十"


def _chinese(n: int) -> str:
    tens, ones = divmod(n, 10)
    return ("" if tens == 0 else "十" if tens == 1 else f"{_CHINESE_COUNT[tens - 1]}十") + (
        _CHINESE_COUNT[ones - 1] if ones else ""
    )


_IN_WORDS: Final = dict(
    sorted(
        [(f"{_chinese(n)}月", f"{n}月") for n in range(1, 13)]
        + [(f"月{_chinese(n)}日", f"月{n}日") for n in range(1, 32)]
        + [(f"{_chinese(n)}季度", f"{n}季度") for n in range(1, 5)]
        + [(f"前{_chinese(n)}个季度", f"前{n}季度") for n in (2, 3)],
        key=lambda pair: -len(pair[0]),
    )
)
_YEAR_IN_WORDS: Final = r"[二一][〇零九一二三四五六七八]{3}年"
_YEAR_DIGITS: Final = {d: str(n) for n, d in enumerate("零一二三四五六七八九")} | {"〇": "0"}


def plain_dates(folded: pl.Expr) -> pl.Expr:
    """Return folded text with the dates that are written in Chinese numerals written in digits: 十二月 is 12月.

    Example:
        >>> frame = pl.DataFrame({"t": ["二〇二一年十二月三十一日", "第一季度"]})
        >>> frame.select(plain_dates(pl.col("t"))).to_series().to_list()
        ['2021年12月31日', '第1季度']
    """
    named = folded.str.replace_many(_IN_WORDS, leftmost=True).str.replace_many(_IN_WORDS, leftmost=True)
    year = named.str.extract(f"({_YEAR_IN_WORDS})")
    digits = year.str.replace_many(_YEAR_DIGITS)
    return (
        pl.when(year.is_not_null())
        .then(named.str.replace(_YEAR_IN_WORDS, "\x03").str.split("\x03").list.join(digits))
        .otherwise(named)
    )


_QUARTERS: Final = rf"^((?:{_YEAR}年?)?)第?[1-4一二三四](?:季度?)?[-~至到、]第?([1-4]季度)"
"""1-4季度 is over with the fourth."""


def _last_of_span(text: pl.Expr) -> pl.Expr:
    """Cut 2021年1月-12月 down to its end, 2021年12月, and 1月1日至12月31日 to 12月31日."""
    dotted = text.str.extract(
        rf"^(?:从|自)?(?:{_YEAR}[./]\d{{1,2}}(?:[./]\d{{1,2}})?(?:-|~|至|到)|{_YEAR}-\d{{1,2}}-\d{{1,2}}(?:-|~|至|到)"
        rf"|{_YEAR}-\d{{1,2}}(?:~|至|到)|20\d{{6}}(?:-|~|至|到))({_YEAR}[./-]\d{{1,2}}.*|20\d{{6}})$"
    )
    first_month = text.str.extract(rf"^(?:从|自)?(?:{_YEAR}年?)?(\d{{1,2}})月?(?:\d{{1,2}}日)?(?:-|~|至|到)\d", 1)
    last_month = text.str.extract(r"(?:-|~|至|到)(\d{1,2})月", 1)
    turns = (first_month.cast(pl.Int32) > last_month.cast(pl.Int32)).fill_null(False)
    months = text.str.extract_groups(rf"^({_YEAR})[./]\d{{1,2}}(?:-|~|至|到)(1[0-2]|0?[1-9])$").struct
    of_months = pl.concat_str(months.field("1"), pl.lit("年"), months.field("2"), pl.lit("月"))
    begin = rf"^(?:从|自)?(?:({_YEAR})年?)?(?:\d{{1,2}}月?(?:\d{{1,2}}日)?)?"
    span = begin + rf"(?:-|~|至|到)((?:{_YEAR}年)?(?:\d{{1,2}}月)?.*)$"
    start = text.str.extract(span, 1)
    end = text.str.extract(span, 2)
    own_year = end.str.contains(f"^{_YEAR}年")
    is_date = end.str.contains(rf"^(?:{_YEAR}年|\d{{1,2}}月)")
    return (
        # 12月-1月: of which year the end is nobody says
        pl.when(turns)
        .then(text)
        .when(dotted.is_not_null())
        .then(dotted)
        .when(of_months.is_not_null())
        .then(of_months)
        .when(is_date & own_year)
        .then(end)
        .when(is_date & start.is_not_null())
        .then(pl.concat_str(start, pl.lit("年"), end))
        .when(is_date)
        .then(end)
        .otherwise(text)
    )


def parse_dates(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """Read a date or deadline from folded text.

    `frame` holds `is_dated`: the row asks for a date, so that 2023.5 and 12.31 are dates. Adds to `frame`, one row in,
    one row out, in order; all null where the text is not a date:
    date_year (null: the budget year), date_month, date_day (null: the last of the month), date_operator (`<` for 9月前
    and 早于9月1日, `<=` for 9月底前 and 12月31日前, where the day itself counts), null when none is printed;
    不早于9月1日 is not a deadline; date_is_rough: about that
    day (8月20日前后); date_rest: what is printed after the deadline when it holds a number (11月底完成100%).

    Example:
        >>> frame = pl.DataFrame({"t": ["2021年12月31日前", "9月前", "年底", "12个月", "12.31"], "is_dated": True})
        >>> parse_dates(frame, "t").select("date_year", "date_month", "date_day", "date_operator").rows()
        [(2021, 12, 31, '<='), (None, 9, None, '<'), (None, 12, None, None), (None, None, None, None), \
(None, 12, 31, None)]
    """
    plain = plain_dates(pl.col(column)).str.replace(r"\((?:含|包含)[^()\d]{0,3}\)", "")
    plain = plain.str.replace(r"^([^()]*\d[^()]*[年月日号前底末内])\([^()%]*\)$", "${1}")
    text = _last_of_span(plain.str.replace(_QUARTERS, "${1}${2}"))
    work = frame.with_row_index("date_row")
    dated = work.filter(pl.col(column).str.contains(r"[年月季]|\d{4}[-./]\d|20\d{6}") | pl.col("is_dated")).select(
        "date_row", "is_dated", text.alias("date_text")
    )
    heads = [(head, False) for head in _HEADS] + [(head, True) for head in _BARE_HEADS]
    for number, (head, is_bare) in enumerate(heads):
        pattern = _BEGIN + head + (r"(?P<until>(?:之|以)?前)?(?P<tail>[^\d年月日]{0,12})$" if is_bare else _END)
        names = [g for g in _GROUPS if f"(?P<{g}>" in pattern]
        groups = pl.col("date_text").str.extract_groups(pattern)
        fits = pl.col("date_text").str.contains(pattern)
        if is_bare:
            fits = fits & pl.col("is_dated") & pl.col("date_text").str.contains(r"^\d") & ~_MAY_BE_MONTHS
        dated = dated.with_columns(
            pl.struct(
                fits.alias("fits"),
                *(
                    groups.struct.field(g).alias(g) if g in names else pl.lit(None, dtype=pl.String).alias(g)
                    for g in _GROUPS
                ),
            ).alias(f"head_{number}")
        )
    every = range(len(heads))
    best = pl.coalesce(pl.when(pl.col(f"head_{n}").struct.field("fits")).then(f"head_{n}") for n in every)
    found = dated.select("date_row", best.alias("date")).unnest("date").filter(pl.col("fits").is_not_null())
    found = found.filter(
        # a number after the date belongs to it only when the date is a deadline: 2022年12次 is not a date
        (pl.col("rest").is_null() | pl.col("part").is_not_null() | pl.col("until").is_not_null() | _WITH_SHARE)
        & (
            (pl.col("month").is_not_null() & pl.col("dot").is_null())
            | pl.col("tail").fill_null("").str.contains(f"^$|{_DONE}")
        )
        & ~pl.col("lead").str.contains(_NO_DATE).fill_null(False)
        # before the quarter, or before its end
        & ~(pl.col("quarter").is_not_null() & pl.col("part").is_null() & pl.col("until").str.ends_with("前")).fill_null(
            False
        )
        & ~(pl.col("tail").str.contains(_NO_DATE_AFTER) & pl.col("until").is_null()).fill_null(False)
        & ~(pl.col("tail").str.contains(_BEFORE_AN_EVENT) & pl.col("until").is_null()).fill_null(False)
        & ~pl.col("rest").str.contains(_MORE_DATES).fill_null(False)
        # "not before a day" is not a deadline
        & ~pl.col("limit").is_in(["不早于", "晚于", "≥", ">"]).fill_null(False)
    )
    return work.join(_of_groups(found), on="date_row", how="left", maintain_order="left").drop("date_row")


_WITH_SHARE: Final = pl.any_horizontal(pl.col(c).is_not_null() for c in ("month", "quarter", "half")) & pl.col(
    "rest"
).str.contains(r"^\D{0,8}\d+(?:\.\d+)?%").fill_null(False)


def _of_groups(found: pl.DataFrame) -> pl.DataFrame:
    """Put the parts of a date that a pattern found into numbers and an operator."""
    year = pl.coalesce(pl.col("year"), pl.lit("20") + pl.col("short")).cast(pl.Int32)
    month, day = (pl.col(c).cast(pl.Int32) for c in ("month", "day"))
    quarter = pl.col("quarter").cast(pl.Int32) * 3
    half = pl.when(pl.col("half") == "上").then(6).when(pl.col("half") == "下").then(12)
    part_day = pl.col("part").replace_strict({"初": 10, "上旬": 10, "中旬": 20}, default=None, return_dtype=pl.Int32)
    rough = pl.col("until").is_in(["前后", "左右"]).fill_null(False)
    strict = pl.col("limit").is_in(["早于", "<"]).fill_null(False)
    before = (pl.col("until").str.ends_with("前") & ~rough) | strict
    # 前 after a day, an end (底) or a span (季度) includes it; after a bare month or year it does not (9月前)
    open_end = before & pl.col("day").is_null() & pl.col("part").is_null() & pl.col("quarter").is_null()
    open_end = open_end & pl.col("half").is_null()
    limited = pl.col("limit").is_not_null() & (pl.col("limit") != "=")
    operator = (
        pl.when(rough)
        .then(None)
        .when(open_end | (strict & pl.col("day").is_not_null()))
        .then(pl.lit("<"))
        .when(pl.col("until").is_not_null() | limited | pl.col("part").str.ends_with("内"))
        .then(pl.lit("<="))
    )
    return found.select(
        "date_row",
        year.alias("date_year"),
        pl.coalesce(month, quarter, half, pl.lit(12)).cast(pl.Int32).alias("date_month"),
        pl.coalesce(day, part_day).alias("date_day"),
        (pl.col("month").is_null() & pl.col("quarter").is_null() & pl.col("half").is_null()).alias("date_is_year"),
        operator.alias("date_operator"),
        rough.alias("date_is_rough"),
        pl.col("rest").alias("date_rest"),
    )


def deadline(year: pl.Expr, month: pl.Expr, day: pl.Expr, operator: pl.Expr, is_year: pl.Expr) -> pl.Expr:
    """Return the date that a deadline stands for; null without a year or month, and for a day that no month has.

    Without a day it is the last one of the month; for the open end 9月前 (operator `<`) it is the first one, so that
    `date < deadline` means before September.

    Example:
        >>> frame = pl.DataFrame({"y": [2021, 2021, 2021], "m": [2, 9, 2], "d": [None, None, 30]})
        >>> frame = frame.with_columns(op=pl.Series([None, "<", None]), whole=False)
        >>> frame.select(deadline(*(pl.col(c) for c in ("y", "m", "d", "op", "whole")))).to_series().to_list()
        [datetime.date(2021, 2, 28), datetime.date(2021, 9, 1), None]
    """
    open_end = (operator == "<").fill_null(False) & day.is_null()
    first = pl.date(year, pl.when(open_end & is_year).then(1).otherwise(month), 1)
    last = first.dt.month_end()
    exact = first.dt.offset_by("0d") + pl.duration(days=day - 1)
    return (
        pl.when(open_end)
        .then(first)
        .when(day.is_null())
        .then(last)
        .when(day <= last.dt.day().cast(pl.Int32))
        .then(exact)
        .otherwise(None)
    )
