"""Which line of a funding block stands for the whole: the tables and the rules have to choose alike."""

from __future__ import annotations

from typing import Final

import polars as pl

from warehouse.contract.vocabulary import AMOUNTS

_OF_THE_YEAR: Final = "年度|全年|本年|当年"


def with_totals(lines: pl.DataFrame, label: pl.Expr, form: str) -> pl.DataFrame:
    """Add `may_be_total` to funding lines.

    Of several totals it is the one with points, then one of the year (年度资金总额 beside 项目总投资), then the one
    that is the most in every amount. Several may be true of one form; the first of them is its total.

    Args:
        lines: Funding lines with `source_type`, points and amounts in yuan.
        label: What each line is called.
        form: The column that tells forms apart.

    Example:
        >>> lines = pl.DataFrame(
        ...     {
        ...         "form": [1, 1, 1],
        ...         "source_label": ["项目总投资", "年度资金总额", "财政拨款"],
        ...         "source_type": ["total", "total", "current_appropriation"],
        ...         "weight_points": [None] * 3,
        ...         "score_points": [None] * 3,
        ...         "initial_budget_cny": [None] * 3,
        ...         "annual_budget_cny": [900, 100, 100],
        ...         "executed_cny": [500, 90, 90],
        ...     }
        ... )
        >>> with_totals(lines, pl.col("source_label"), "form")["may_be_total"].to_list()
        [False, True, False]
    """
    has_points = pl.any_horizontal(pl.col(f"{name}_points").is_not_null() for name in ("weight", "score"))
    rank = pl.when(has_points).then(0).when(label.str.contains(_OF_THE_YEAR)).then(1).otherwise(2)
    is_typed = (pl.col("source_type") == "total").fill_null(False)
    best = pl.col("total_rank") == pl.col("total_rank").min().over(form)
    amounts = [pl.when("may_be_total").then(f"{name}_cny") for name in AMOUNTS]
    is_most = pl.all_horizontal((amount >= amount.max().over(form)).fill_null(True) for amount in amounts)
    return (
        lines.with_columns(total_rank=pl.when(is_typed).then(rank))
        .with_columns(may_be_total=best.fill_null(False))
        .with_columns(may_be_total=pl.col("may_be_total") & is_most)
        .drop("total_rank")
    )
