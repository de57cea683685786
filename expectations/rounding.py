"""Comparing printed numbers by intervals (rule R65), in whole numbers and vectorised.

A printed amount x with d decimals stands for every value from x - half a unit of its last digit to x + half of it. A
printed rate or score is right when rounding half up OR cutting off some value in the resulting interval gives it. All
arithmetic is on Int128: amounts in thousandths of a yuan, rates and points in `FINE` parts of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

import polars as pl

from expectations.expressions import decimals, yuan_per_unit

FINE: Final = 10**5
"""Parts of a point or a percent: ten times finer than the four decimals that the tables keep."""


@dataclass(frozen=True)
class Interval:
    """The values that a printed number may stand for, from `low` to `high`, as whole numbers."""

    low: pl.Expr
    high: pl.Expr


@dataclass(frozen=True)
class Slack:
    """The true value of a printed number lies between the number less `below` and the number plus `above`."""

    below: pl.Expr
    above: pl.Expr


def fine(value: pl.Expr) -> pl.Expr:
    """Turn points or percent, Decimal(18, 4), into whole numbers of `FINE` parts."""
    return value.to_physical().cast(pl.Int128) * 10


def fine_literal(value: Decimal) -> pl.Expr:
    """Turn a setting into `FINE` parts."""
    return pl.lit(int(value * FINE), pl.Int128)


def last_digit(text: pl.Expr, extra: pl.Expr | int = 0) -> pl.Expr:
    """Return one unit of the last printed digit in `FINE` parts, never less than the fourth decimal.

    Example:
        >>> pl.DataFrame({"t": ["86.5", "86.18", "87%"]}).select(last_digit(pl.col("t"))).to_series().to_list()
        [10000, 1000, 100000]
    """
    places = (decimals(text) - extra).clip(0, 4)
    return pl.lit(10, pl.Int64).pow(5 - places).cast(pl.Int128)


def half_unit(text: pl.Expr, unit: pl.Expr) -> pl.Expr:
    """Return half a unit of the last printed digit of an amount, in thousandths of a yuan, at least half a cent.

    Example:
        >>> frame = pl.DataFrame({"t": ["452.20", "215457.6"], "u": ["万元", "元"]})
        >>> frame.select(half_unit(pl.col("t"), pl.col("u"))).to_series().to_list()
        [50000, 50]
    """
    size = pl.lit(500, pl.Int64) * yuan_per_unit(text, unit) // pl.lit(10, pl.Int64).pow(decimals(text))
    return size.clip(lower_bound=5).cast(pl.Int128)


def money_interval(cny: pl.Expr, text: pl.Expr, unit: pl.Expr) -> Interval:
    """Return what a printed amount may stand for, in thousandths of a yuan, never below zero."""
    middle = cny.to_physical().cast(pl.Int128) * 10
    half = half_unit(text, unit)
    return Interval((middle - half).clip(lower_bound=0), middle + half)


def rounding(text: pl.Expr, extra: pl.Expr | int = 0) -> Slack:
    """Return the slack of a number that was rounded half up or cut off at its last printed digit."""
    digit = last_digit(text, extra)
    return Slack(digit // 2, digit)


def score_rounding(text: pl.Expr, weight: pl.Expr, tolerance: Decimal, coarse_pct: Decimal) -> Slack:
    """Return the slack of a score: its rounding, but no more than a share of the weight, and no less than a tolerance.

    A score printed with few decimals (9 for 8.62) is a rounding only while it stays within `coarse_pct` percent of
    the weight (rule R66).
    """
    most = fine(weight) * int(coarse_pct * 100) // 10_000
    least = fine_literal(tolerance)
    plain = rounding(text)
    return Slack(
        pl.max_horizontal(pl.min_horizontal(plain.below, most), least),
        pl.max_horizontal(pl.min_horizontal(plain.above, most), least + 1),
    )


def ratio_gives(part: Interval, whole: Interval, factor: pl.Expr, printed: pl.Expr, slack: Slack) -> pl.Expr:
    """Tell whether `factor` x part / whole can be printed as `printed`.

    `factor` and `printed` are in `FINE` parts (100 % is 100 * FINE). The quotient is capped at `factor` only where the
    caller asks for it with `capped_ratio_gives`. `whole` must not be zero: ask that first.
    """
    high_enough = factor * part.high >= (printed - slack.below) * whole.low
    low_enough = factor * part.low < (printed + slack.above) * whole.high
    return high_enough & low_enough


def capped_ratio_gives(part: Interval, whole: Interval, factor: pl.Expr, printed: pl.Expr, slack: Slack) -> pl.Expr:
    """Tell the same for a quotient that never exceeds 1: a score is at most its weight."""
    high_enough = (factor * part.high >= (printed - slack.below) * whole.low) & (factor >= printed - slack.below)
    low_enough = (factor * part.low < (printed + slack.above) * whole.high) | (factor < printed + slack.above)
    return high_enough & low_enough


def value_gives(value: pl.Expr, printed: pl.Expr, slack: Slack) -> pl.Expr:
    """Tell whether one exact value, in the parts of `printed`, can be printed as `printed`."""
    return (value >= printed - slack.below) & (value < printed + slack.above)
