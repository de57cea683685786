"""The number in a text: which one it is, what bounds it, and what it counts.

One number, a range, a share (3/4) or a sum per thing (每亩300) is split from the prose around it. What stands before it
may be an operator; what stands after it is a unit, an operator or both.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.normalising.numbers import CHINESE, NUMBER, chinese_to_digits, decimal
from transforms.normalising.operators import operator_pattern, operator_words
from transforms.normalising.units import known_units, unit_pattern

_FILLER: Final = (
    "(?:大约|约为|约|近|共计|共|总计|合计|计|实际完成|实际|已完成|完成|全年|每年|每月|年均|平均|左右|上下|合同|预计)"
)
_DATE_INSIDE: Final = (
    r"(?:(?:19|20)\d\d年度?(?:\d{1,2}月份?(?:\d{1,2}[日号])?)?|\d{1,2}月份?\d{1,2}[日号]|\d{1,2}月[份底末前])"
    r"(?:之?前|[底末])?"
)
_NO_UNIT: Final = "[完达开进实以前后内外余多第均及之其]"
"""Characters that tell that an unlisted word after a number is prose, not a unit."""
_CHINESE_DIGITS: Final = dict(zip("零〇一二三四五六七八九", "00123456789", strict=True))
_FIGURES: Final = ("十分", "万分", "百分", "千分", "一点")
"""Words that look like a Chinese numeral with a unit."""


def number_text(plain: pl.Expr, date_rest: pl.Expr) -> pl.Expr:
    """Return the text that a number is looked for in: what follows a deadline, else all but the dates inside it."""
    undated = plain.str.replace_all(_DATE_INSIDE, "")
    without = pl.when(undated.str.contains(r"\d")).then(undated).otherwise(plain)
    return pl.coalesce(date_rest, without)


def digits_for_chinese(text: pl.Expr) -> pl.Expr:
    """Write Chinese numerals in digits where the whole text is a number; all other text stays.

    Example:
        >>> frame = pl.DataFrame({"t": ["百分之九十五以上", "不少于十二种", "三分之二", "一般"]})
        >>> frame.select(digits_for_chinese(pl.col("t"))).to_series().to_list()
        ['95%以上', '不少于12种', '2/3', '一般']
    """
    share = text.str.extract_groups(rf"^([^\d]*?)(百|千)分之({CHINESE})(?:点({CHINESE}))?([^\d]*)$").struct
    share_digits = text.str.extract_groups(rf"^([^\d]*?)(百|千)分之({NUMBER})([^\d]*)$").struct
    tail = share.field("4").str.replace_many(_CHINESE_DIGITS)
    share_value = chinese_to_digits(share.field("3")) + pl.when(tail.is_null()).then(pl.lit("")).otherwise("." + tail)
    fraction = text.str.extract_groups(rf"^([^\d百千]*?)({CHINESE})分之({CHINESE})([^\d]*)$").struct
    bound = rf"(?:\(含\))?(?:{operator_pattern('after')}|内)?"
    before = rf"(?:每{unit_pattern()})?{operator_pattern('before')}?{_FILLER}?"
    counted = text.str.extract_groups(rf"^({before})({CHINESE})({unit_pattern()})?({bound})$").struct
    count = chinese_to_digits(counted.field("2"))

    def sign(of: pl.Expr) -> pl.Expr:
        return pl.when(of == "千").then(pl.lit("‰")).otherwise(pl.lit("%"))

    top, bottom = chinese_to_digits(fraction.field("3")), chinese_to_digits(fraction.field("2"))
    return (
        pl.when(share_value.is_not_null())
        .then(pl.concat_str(share.field("1"), share_value, sign(share.field("2")), share.field("5")))
        .when(share_digits.field("3").is_not_null())
        .then(
            pl.concat_str(
                share_digits.field("1"),
                share_digits.field("3"),
                sign(share_digits.field("2")),
                share_digits.field("4"),
            )
        )
        .when(top.is_not_null() & bottom.is_not_null())
        .then(pl.concat_str(fraction.field("1"), top, pl.lit("/"), bottom, fraction.field("4")))
        .when(count.is_not_null() & ~text.is_in(_FIGURES))
        .then(pl.concat_str(counted.field("1"), count, counted.field("3").fill_null(""), counted.field("4")))
        .otherwise(text)
    )


def find_number(frame: pl.DataFrame) -> pl.DataFrame:
    """Find the one number in `number_text`.

    Adds to `frame`, one row in, one row out, in order:
    is_numeric: the text is prose around one number, range or share; number, number_high (of a range), number_below
    (of a share): exact, null where they do not fit; is_told: nothing but fillers, an operator and a unit stand around
    the number, or a listed unit or an operator stands right at it; number_operator; unit as printed, without brackets;
    direction: up or down, of a change.
    """
    return _around(_split(frame))


def _split(frame: pl.DataFrame) -> pl.DataFrame:
    """Split into `lead`, `digits` (`digits_high`, `digits_below`) and `rest`."""
    text = pl.col("number_text")
    each = text.str.extract_groups(rf"^每({unit_pattern()})({NUMBER})({unit_pattern()})?$").struct
    ratio = text.str.extract_groups(rf"^([^\d\x01]*?)({NUMBER})/({NUMBER})([^\d\x01]*)$").struct
    span = text.str.extract_groups(
        rf"^([^\d\x01]*?)({NUMBER})([^\d\x01~至到-]{{0,4}})(?:[~至到-]+)({NUMBER})([^\d\x01]*)$"
    ).struct
    one = text.str.extract_groups(rf"^([^\d\x01]*?)([+-]?{NUMBER})([^\d\x01]*)$").struct
    per = pl.concat_str(each.field("3").fill_null(""), pl.lit("/"), each.field("1"))
    is_each, is_ratio = each.field("2").is_not_null(), ratio.field("2").is_not_null()
    is_span = span.field("2").is_not_null() & ~is_ratio

    def pick(each_part: pl.Expr, ratio_part: str, span_part: str, one_part: str) -> pl.Expr:
        return (
            pl.when(is_each)
            .then(each_part)
            .when(is_ratio)
            .then(ratio.field(ratio_part))
            .when(is_span)
            .then(span.field(span_part))
            .otherwise(one.field(one_part))
        )

    return frame.with_columns(
        pick(pl.lit(""), "1", "1", "1").alias("lead"),
        pick(each.field("2"), "2", "2", "2").alias("digits"),
        pick(per, "4", "5", "3").alias("rest"),
        pl.when(is_span).then(span.field("4")).alias("digits_high"),
        pl.when(is_span).then(span.field("3")).alias("unit_inside"),
        pl.when(is_ratio).then(ratio.field("3")).alias("digits_below"),
        is_each.alias("is_each"),
    )


def _around(frame: pl.DataFrame) -> pl.DataFrame:
    """Tell operator, unit and prose in what stands before and after the number."""
    before = rf"({operator_pattern('before')})[:]?{_FILLER}*[¥￥]?$"
    ends = rf"(?:{operator_pattern('after')}|左右|上下|内$)"
    rest = pl.col("rest").str.replace(r"\(含\)|含本数", "").str.replace("^(万亿|亿|[百千]?万|千|百)?(?:余|多)", "${1}")
    bounded = rest.str.replace(rf"{ends}.*$", "")
    bracketed = bounded.str.extract(r"^\(([^()]+(?:\([^()]*\))?)\)$")
    frame = frame.with_columns(
        pl.col("lead").str.extract(before).alias("word_before"),
        rest.str.extract(rf"({ends})").alias("word_after"),
        pl.col("lead").str.replace(before, "").str.replace(rf"^{_FILLER}+[¥￥]?$|[¥￥]$", "").alias("prose"),
        pl.coalesce(bracketed, bounded).alias("unit_text"),
        (pl.col("is_each") | bracketed.is_not_null()).alias("unit_alone"),
    )
    frame = _unit(frame)
    unit, unit_text = pl.col("unit"), pl.col("unit_text")
    bare = (pl.col("prose") == "") & ((unit_text == "") | unit.is_not_null())
    at_the_number = (unit.is_not_null() & pl.col("unit_listed")) | (
        pl.col("word_before").is_not_null() & (unit_text == "")
    )
    digits = pl.when(pl.col("prose") != "").then(pl.col("digits").str.strip_chars_start("+-")).otherwise("digits")
    same_unit = pl.col("unit_inside").is_in(["", "%"]) | (pl.col("unit_inside") == unit)
    # a second sign after the number (90%≤满意度), a day that comes back (每月10日前), an ordinal (第3方): no quantity
    odd = pl.col("rest").str.contains("[≥≤<>=]") | (
        pl.col("lead").str.contains("每") & pl.col("rest").str.contains("^[日号]")
    )
    odd = odd | pl.col("lead").str.ends_with("第")
    # a month of a year that is not told (次年3月), a letter that may be a digit (l00%)
    odd = odd | (pl.col("lead").str.ends_with("年") & pl.col("rest").str.starts_with("月"))
    odd = odd | pl.col("lead").str.contains("(?:^|[≥≤<>=])[lIOo|]+$")
    operator = pl.coalesce(
        pl.col("word_before").replace_strict(operator_words("before"), default=None, return_dtype=pl.String),
        pl.col("word_after").replace_strict(
            operator_words("after") | {"内": "<="}, default=None, return_dtype=pl.String
        ),
    )
    return frame.with_columns(
        pl.col("digits").is_not_null().alias("is_numeric"),
        decimal(digits).alias("number"),
        pl.when(same_unit).then(decimal(pl.col("digits_high"))).alias("number_high"),
        decimal(pl.col("digits_below")).alias("number_below"),
        ((bare | at_the_number) & ~odd).alias("is_told"),
        operator.alias("number_operator"),
        pl.when(pl.col("prose").str.contains("下降|减少|降低|缩短|压减|下跌"))
        .then(pl.lit("down"))
        .when(pl.col("prose").str.contains("增长|增加|提高|提升|上升"))
        .then(pl.lit("up"))
        .alias("direction"),
    )


def _unit(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `unit` (null: none, or prose) and `unit_listed`.

    The whole rest where it is a listed unit, a bare scale (万), in brackets or per a thing; else the listed unit that
    it begins with (个 of 个基层医疗机构); else, when short, a unit that the list does not have.
    """
    text = pl.col("unit_text")
    whole = text.is_in(known_units()["printed"].to_list()) | text.str.contains(rf"^{unit_pattern()}$")
    whole = whole | text.str.contains("^(?:万亿|千万|百万|亿|万)$")
    start = text.str.extract(rf"^({unit_pattern()})")
    # 件/万人 is no 件: what the unit is per is never left out
    start = pl.when(~text.str.contains(rf"^{unit_pattern()}[/·*×]")).then(start)
    short = (
        (text.str.len_chars() <= 6) & text.str.contains(r"^[\p{Han}A-Za-z/·*×()²³°μ]+$") & ~text.str.contains(_NO_UNIT)
    )
    found = (
        pl.when(text == "")
        .then(None)
        .when(whole | pl.col("unit_alone"))
        .then(text)
        .when(start.is_not_null())
        .then(start)
        .when(short)
        .then(text)
    )
    in_yuan = pl.col("lead").str.contains(r"[¥￥]$")
    return frame.with_columns(
        pl.when(in_yuan & found.is_null()).then(pl.lit("元")).otherwise(found).alias("unit"),
        (whole | start.is_not_null()).alias("unit_listed"),
    )
