"""Amounts, rates and points of the funding block and of the weights and scores, exact."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.normalising.folding import fold, is_blank
from transforms.normalising.numbers import NUMBER, decimal
from warehouse.contract.vocabulary import UNITS_DIFFER, YUAN_PER_UNIT

MONEY: Final = pl.Decimal(18, 2)
POINTS: Final = pl.Decimal(18, 4)
MOST_POINTS: Final = 1000
"""More points than any form gives: figures run together, as 5048.3 for 50 and 48.3."""
_WIDE: Final = pl.Decimal(38, 8)

_SCALE: Final = "万亿|千亿|百亿|十亿|亿|千万|百万|十万|万|千|百"
_AMOUNT: Final = (
    r"^(?P<open>\()?(?P<sign>[-+])?(?:[¥￥]|人民币|RMB)?(?P<sign2>-)?"
    rf"(?P<number>{NUMBER})(?P<scale>{_SCALE})?(?P<yuan>元)?(?:整|人民币)?(?P<close>\))?$"
)
_ANY_UNIT: Final = "元"
_UNIT_IN_BRACKETS: Final = r"\(([万亿千百十]*元)\)$"
_REMARK: Final = r"([\d%分元万亿])\([^()\d万亿元负减退冲]*\)$"
"""A remark in brackets behind a number: 102.59%(超支), 100分(优); with a digit, a unit or a 减 it may change it."""
_FOOTNOTE: Final = r"([\d%分])(?:[①-⑳*※†‡]|\(注?[①-⑳]\))$"
"""A mark that leads to a note below the table: 9①, 13.5*. A raised digit may be one of the number's own, and an
amount with a mark is looked at by a person."""
_LOST_POINT: Final = r"^[+-]?0\d"
"""A number that begins with a nought is a code, or lost its point."""
_FOREIGN: Final = "[美欧日港澳加韩台]元|[港澳台日外]币|美金|日圆|英镑"
_NOT_THE_UNIT: Final = (
    r"[\p{Han}--[位元万亿千百十币额数金算款计支出入]]元",
    r"元[\p{Han}--[元整角和及或人万亿]]",
    r"[万亿千百十]*元[/每][\p{Han}--[万亿千百十元]]",
)
"""元 within a word (多元化, 单元) or per a thing (元/人)."""


def currency_unit(text: pl.Expr) -> pl.Expr:
    """Return the unit of amounts that a text names: 万元 of `单位：万元`; null when it names none.

    `UNITS_DIFFER` where it names several, or a currency that is not the yuan.

    Example:
        >>> printed = ["单位：万元", "（元）", "资金（亿元）", "多元投入", None, "万元元", "万元（港币）"]
        >>> frame = pl.DataFrame({"t": printed})
        >>> frame.select(currency_unit(pl.col("t"))).to_series().to_list()
        ['万元', '元', '亿元', None, None, 'units_differ', 'units_differ']
    """
    folded = fold(text)
    is_foreign = folded.str.contains(_FOREIGN)
    for pattern in _NOT_THE_UNIT:
        folded = folded.str.replace_all(pattern, "")
    named = folded.str.extract_all("|".join(YUAN_PER_UNIT)).list.unique()
    bare = folded.str.extract(r"^\(?(?:单位:)?(万|亿)\)?$")
    one = pl.coalesce(named.list.first(), bare + "元")
    return pl.when((named.list.len() > 1) | is_foreign).then(pl.lit(UNITS_DIFFER)).otherwise(one)


def common_unit(*units: str) -> pl.Expr:
    """Return the unit that some columns agree on, those without one left out: `UNITS_DIFFER` where they do not.

    Example:
        >>> frame = pl.DataFrame({"a": ["元", "元", None], "b": [None, "万元", None]})
        >>> frame.select(common_unit("a", "b")).to_series().to_list()
        ['元', 'units_differ', None]
    """
    least, most = pl.min_horizontal(*units), pl.max_horizontal(*units)
    return pl.when(least != most).then(pl.lit(UNITS_DIFFER)).otherwise(least)


def parse_amounts(texts: pl.DataFrame) -> pl.DataFrame:
    """Read distinct amounts.

    Args:
        texts: `text` (as printed) and `unit` (of the form or of the column; null: none is printed; `UNITS_DIFFER`: two
            are), distinct rows.

    Returns:
        `text`, `unit`, `amount` (yuan, Decimal(18, 2), further digits rounded half up) and `reason` (null when read;
        blank, not_a_number, too_large, unit_not_printed: neither the cell nor the form says 万元 or 元; units_differ; a
        zero needs no unit). A unit in the cell itself (5.8万, 300万元, 1200元) outweighs `unit`. Negative are a minus
        sign of any width and the accountants' (12.00), not 【12.00】 nor (12万元). A remark in brackets behind the
        number is left out.

    Example:
        >>> texts = pl.DataFrame({"text": ["1,200.5", "5.8万", "(12.00)", "—", "1e5"], "unit": ["万元"] * 5})
        >>> [str(amount) for amount in parse_amounts(texts)["amount"]]
        ['12005000.00', '58000.00', '-120000.00', 'None', 'None']
        >>> parse_amounts(texts)["reason"].to_list()
        [None, None, None, 'blank', 'not_a_number']
    """
    folded = fold(pl.col("text")).str.replace(r"[。;；,、]$", "").str.replace(_UNIT_IN_BRACKETS, "${1}")
    folded = folded.str.replace(_REMARK, "${1}")
    parts = pl.col("plain").str.extract_groups(_AMOUNT).struct
    own = pl.when(parts.field("scale").is_not_null()).then(parts.field("scale") + "元").otherwise(parts.field("yuan"))
    bracketed = parts.field("open").is_not_null() & parts.field("close").is_not_null()
    half_bracketed = parts.field("open").is_not_null() != parts.field("close").is_not_null()
    signs = pl.concat_str(parts.field("sign").fill_null(""), parts.field("sign2").fill_null(""))
    negative = bracketed | (signs == "-")
    number = decimal(parts.field("number"), _WIDE)
    unit = pl.coalesce(own, pl.when(number == 0).then(pl.lit(_ANY_UNIT)), "unit")
    factor = unit.replace_strict(YUAN_PER_UNIT, default=None, return_dtype=pl.Int64).cast(_WIDE)
    room = pl.lit("10000000000000000").cast(_WIDE) / factor
    yuan = pl.when(number < room).then(number * factor)
    rounded = yuan.round(2, mode="half_away_from_zero").cast(MONEY, strict=False)
    amount = pl.when(negative).then(-rounded).otherwise(rounded).cast(MONEY, strict=False)
    framed = bracketed & ~pl.col("text").str.contains("[(（]")
    is_amount = (
        parts.field("number").is_not_null() & ~half_bracketed & ~framed & ~(bracketed & (signs != "")) & (signs != "+-")
    )
    # (100万元) frames an amount, (100) takes it away; 0100 lost a point
    is_amount = is_amount & ~(bracketed & own.is_not_null()) & ~parts.field("number").str.contains(_LOST_POINT)
    return (
        texts.with_columns(folded.alias("plain"))
        .with_columns(pl.when(is_amount).then(amount).alias("amount"))
        .select(
            "text",
            "unit",
            "amount",
            pl.when(is_blank(pl.col("plain"), amount=True))
            .then(pl.lit("blank"))
            .when(pl.col("amount").is_not_null())
            .then(None)
            .when(is_amount & (unit == UNITS_DIFFER))
            .then(pl.lit(UNITS_DIFFER))
            .when(is_amount & factor.is_null())
            .then(pl.lit("unit_not_printed"))
            .when(is_amount)
            .then(pl.lit("too_large"))
            .otherwise(pl.lit("not_a_number"))
            .alias("reason"),
        )
    )


def parse_points(texts: pl.DataFrame, *, percent: bool = False) -> pl.DataFrame:
    """Read distinct weights and scores: 10, 10.00, 10分, 99 分, 100分（优）, 9①.

    Args:
        texts: `text` as printed, distinct rows.
        percent: Read 10% as 10 points too: a weight may be printed as a share of 100, a score never is.

    Returns:
        `text`, `points` (Decimal(18, 4)) and `reason` (null when read; blank, not_a_number, too_large: above
        `MOST_POINTS` either way).

    Example:
        >>> parse_points(pl.DataFrame({"text": ["12.5", "99 分", "——", "10*95%"]})).rows()
        [('12.5', Decimal('12.5000'), None), ('99 分', Decimal('99.0000'), None), ('——', None, 'blank'), \
('10*95%', None, 'not_a_number')]
        >>> parse_points(pl.DataFrame({"text": ["5048.3"]})).rows()
        [('5048.3', None, 'too_large')]
    """
    read = _parse_plain(texts, r"(?:分|%)?" if percent else "分?", "points")
    is_large = (pl.col("points").abs() > MOST_POINTS).fill_null(False)
    return read.with_columns(
        points=pl.when(~is_large).then("points"),
        reason=pl.when(is_large).then(pl.lit("too_large")).otherwise("reason"),
    )


def parse_rates(texts: pl.DataFrame) -> pl.DataFrame:
    """Read distinct execution rates in percent as they stand: 86.5 of `86.5%`, `86.5 ％`, `86.5%（超支）` and `86.5`.

    A rate without a sign may be a share (`1`, `0.865`): only the amounts can tell, see `rate_from_share`.

    Returns:
        `text`, `rate` (percent, Decimal(18, 4)), `has_sign` and `reason` (null when read; blank, not_a_number,
        too_large).

    Example:
        >>> parse_rates(pl.DataFrame({"text": ["100 %", "1", "-"]})).rows()
        [('100 %', Decimal('100.0000'), True, None), ('1', Decimal('1.0000'), False, None), ('-', None, False, 'blank')]
    """
    parsed = _parse_plain(texts, r"%{0,2}", "rate")
    return parsed.select("text", "rate", fold(pl.col("text")).str.contains("%").alias("has_sign"), "reason")


def _parse_plain(texts: pl.DataFrame, suffix: str, name: str) -> pl.DataFrame:
    folded = fold(pl.col("text")).str.replace(r"[。;；,、]$", "").str.replace(_FOOTNOTE, "${1}")
    folded = folded.str.replace(_REMARK, "${1}")
    folded = folded.str.replace(r"%\(\d+(?:\.\d+)?/\d+(?:\.\d+)?\)$", "%")
    printed = pl.col("plain").str.extract(rf"^([+-]?{NUMBER}){suffix}$")
    number = pl.when(~printed.str.contains(_LOST_POINT)).then(printed)
    return (
        texts.with_columns(folded.alias("plain"))
        .with_columns(decimal(number, POINTS).alias(name), number.alias("number"))
        .select(
            "text",
            name,
            pl.when(is_blank(pl.col("plain"), amount=True))
            .then(pl.lit("blank"))
            .when(pl.col(name).is_not_null())
            .then(None)
            .when(pl.col("number").is_not_null())
            .then(pl.lit("too_large"))
            .otherwise(pl.lit("not_a_number"))
            .alias("reason"),
        )
    )


def rate_from_share(rate: pl.Expr, has_sign: pl.Expr, text: pl.Expr, executed: pl.Expr, budget: pl.Expr) -> pl.Expr:
    """Return the rate in percent where it may be printed as a share of 1.

    `1` and `1.00` are 100 % when executed equals the budget or one of them is not known; any other unsigned number
    below 1.5 is a share only when the amounts confirm it (and do not confirm it as percent): 0.865 for 865 of 1000.
    All else stays as printed.
    """
    plain = fold(text)
    known = executed.is_not_null() & budget.is_not_null() & (budget != 0).fill_null(False)
    real = pl.when(known).then(executed.cast(_WIDE) / budget.cast(_WIDE))
    share = rate.cast(_WIDE)
    half = pl.lit("0.005").cast(_WIDE)
    near = ((real - share).abs() <= half).fill_null(False)
    near_percent = ((real * 100 - share).abs() <= half).fill_null(False)
    whole = plain.str.contains(r"^1(?:\.0+)?$")
    as_share = (whole & (~known | (executed == budget)).fill_null(True)) | (
        ~whole & (rate > 0) & (rate < 1.5) & near & ~near_percent
    )
    return pl.when(as_share & ~has_sign).then((share * 100).cast(POINTS)).otherwise(rate)
