"""Small expressions over printed text and numbers that several rules share."""

from __future__ import annotations

import re
from functools import reduce
from typing import Final

import polars as pl

from warehouse.contract.vocabulary import ASSUMED_CURRENCY_UNIT, BLANK_MARKS, BLANK_WORDS, YUAN_PER_UNIT

BLANKS: Final = ("", *BLANK_MARKS, *BLANK_WORDS, "0", "不涉及")
"""What a cell of text holds that says nothing (rule R51): a reason of 0 is none."""

_SCALES: Final = {unit.removesuffix("元") or unit: yuan for unit, yuan in YUAN_PER_UNIT.items()}
_UNIT: Final = f"({'|'.join(_SCALES)})"


def is_blank(text: pl.Expr) -> pl.Expr:
    """Tell whether a cell says nothing: null, white space or a mark such as `-` (rule R51).

    Example:
        >>> pl.DataFrame({"t": ["", " — ", "0", "物价上涨", None]}).select(is_blank(pl.col("t"))).to_series().to_list()
        [True, True, True, False, True]
    """
    return text.is_null() | text.str.strip_chars().str.strip_suffix("。").is_in(BLANKS).fill_null(True)


def decimals(text: pl.Expr) -> pl.Expr:
    """Count the decimals of the number that a text prints; 0 without a decimal point, null for null.

    Example:
        >>> pl.DataFrame({"t": ["9.50", "100%", "1,200.5万元"]}).select(decimals(pl.col("t"))).to_series().to_list()
        [2, 0, 1]
    """
    digits = text.str.extract(r"[.．]([0-9０-９]+)", 1).str.len_chars().cast(pl.Int64)
    return pl.when(text.is_not_null()).then(digits.fill_null(0).clip(upper_bound=12))


UNIT_NOT_PRINTED: Final = "unit_not_printed"
"""Reason of an amount that is a number, in a form that prints no unit: it is null, and compared with its like only."""


def lacks_unit(reason: str) -> pl.Expr:
    """Tell whether an amount is a number without a unit, by the column of its reason."""
    return (pl.col(reason) == UNIT_NOT_PRINTED).fill_null(False)


def yuan_per_unit(text: pl.Expr, unit: pl.Expr) -> pl.Expr:
    """Tell how many yuan one printed unit is: by the cell's own unit, else by the form's, else 10 000.

    Example:
        >>> frame = pl.DataFrame({"t": ["5.8万", "20", "20"], "u": ["元", "元", None]})
        >>> frame.select(yuan_per_unit(pl.col("t"), pl.col("u"))).to_series().to_list()
        [10000, 1, 10000]
    """

    def of(source: pl.Expr) -> pl.Expr:
        return source.str.extract(_UNIT, 1).replace_strict(_SCALES, default=None, return_dtype=pl.Int64)

    return pl.coalesce(of(text), of(unit), pl.lit(YUAN_PER_UNIT[ASSUMED_CURRENCY_UNIT], pl.Int64))


def number(value: pl.Expr) -> pl.Expr:
    """Print a number without the zeros at its end.

    Example:
        >>> from decimal import Decimal
        >>> frame = pl.DataFrame({"v": [Decimal("97.4900"), Decimal("100.0000")]})
        >>> frame.select(number(pl.col("v"))).to_series().to_list()
        ['97.49', '100']
    """
    printed = value.cast(pl.String)
    return (
        pl.when(printed.str.contains(".", literal=True))
        .then(printed.str.strip_chars_end("0").str.strip_chars_end("."))
        .otherwise(printed)
    )


def hundredths(value: pl.Expr) -> pl.Expr:
    """Print whole hundredths as a number with two decimals; the value is not negative.

    Example:
        >>> pl.DataFrame({"v": [9950, 7]}).select(hundredths(pl.col("v"))).to_series().to_list()
        ['99.50', '0.07']
    """
    whole, rest = (value // 100).cast(pl.String), (value % 100).cast(pl.String)
    return pl.format("{}.{}", whole, rest.str.pad_start(2, "0"))


def money(cny: pl.Expr, unit: pl.Expr) -> pl.Expr:
    """Print an amount of yuan in the form's unit, with the unit.

    Example:
        >>> from decimal import Decimal
        >>> frame = pl.DataFrame({"c": [Decimal("4390400.00"), Decimal("12.50")], "u": ["万元", "元"]})
        >>> frame.select(money(pl.col("c"), pl.col("u"))).to_series().to_list()
        ['439.04万元', '12.5元']
    """
    cents = cny.to_physical()
    sign = pl.when(cents < 0).then(pl.lit("-")).otherwise(pl.lit(""))
    size = cents.abs()
    whole = (size // 1_000_000).cast(pl.String)
    rest = (size % 1_000_000).cast(pl.String).str.pad_start(6, "0")
    in_wan = pl.format("{}{}.{}", sign, whole, rest).str.strip_chars_end("0").str.strip_chars_end(".") + "万元"
    is_wan = unit.is_null() | unit.str.contains("万", literal=True)
    return pl.when(is_wan).then(in_wan).otherwise(number(cny) + "元")


def listed(parts: list[pl.Expr]) -> pl.Expr:
    """Join the parts that are not null with 、; an empty text when all are null."""
    return pl.concat_str(parts, separator="、", ignore_nulls=True)


def any_of(conditions: list[pl.Expr]) -> pl.Expr:
    """Tell whether one of the conditions holds; a null condition does not."""
    return reduce(lambda left, right: left | right, [condition.fill_null(False) for condition in conditions])


def filled(template: str) -> pl.Expr:
    """Return a message: a template with its `{column}` fields filled from columns; null prints as —.

    Example:
        >>> frame = pl.DataFrame({"observed": ["97.49"], "expected": ["99.99"]})
        >>> frame.select(filled("得分合计应为 {expected}，表中为 {observed}")).item()
        '得分合计应为 99.99，表中为 97.49'
    """
    fields = re.findall(r"\{(\w+)\}", template)
    if not fields:
        return pl.lit(template)
    return pl.format(re.sub(r"\{\w+\}", "{}", template), *(pl.col(field).fill_null("—") for field in fields))
