"""Rows of the indicator table that add up others though no known label says so: proved by their own figures.

A row whose one text reaches over the names, without target and actual value, is the total where its weight and score
are the sums of all rows above (and of budget execution), and a subtotal where they are those of the rows between it
and the next such row, for all such rows of the form alike.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from transforms.assembly.columns import BY_OTHERS, Block
from transforms.assembly.indicator_rows import EXECUTION, LEVELS, POINTS
from transforms.assembly.layout import Layout
from transforms.assembly.places import FORM
from transforms.assembly.proofs import FIGURE, NUMBER, number

_ROW: Final = "row_index"
_WHOLE: Final = 100
_ABOVE: Final = ("rows_above", "weight_above", "score_above")


def settle_sums(layout: Layout, block: Block, execution: pl.DataFrame) -> tuple[Layout, Block]:
    """Mark the rows that add up others: `is_total` and `is_subtotal` of rows and cells.

    Args:
        layout: All that was laid out.
        block: Indicator block.
        execution: `execution_points` of the funding.

    Returns:
        Layout and block; the block has no cells of subtotals.
    """
    rows = _rows(block)
    if rows.filter("is_candidate").is_empty():
        return layout, block
    proved = _proved(rows, execution)
    is_total, is_subtotal, is_caption = (
        pl.col(_ROW).is_in(proved.filter(kind=kind)[_ROW].implode()) for kind in ("total", "subtotal", "caption")
    )
    # A caption still names the level of the rows below it.
    is_sum = is_subtotal | (is_caption & number(pl.col("text"), FIGURE).is_not_null())
    total = (pl.col("is_total") | is_total).alias("is_total")
    cells = layout.cells.with_columns(total, is_subtotal=pl.col("is_subtotal") | is_sum)
    every = layout.rows.with_columns(total, is_subtotal=pl.col("is_subtotal") | is_subtotal)
    values = block.values.filter(~is_sum).with_columns(total)
    return replace(layout, cells=cells, rows=every), replace(block, values=values)


def _rows(block: Block) -> pl.DataFrame:
    """Return the rows of each form in order: `is_candidate`, `has_total` (of the form), `weight` and `score`."""
    filled = block.values.filter(pl.col("form_number").is_not_null(), pl.col("key") != "")
    figure = number(pl.col("text"), FIGURE)
    levels = block.columns.filter(pl.col("field").is_in(LEVELS)).select(FORM).unique().with_columns(has_levels=True)
    covers_name = (pl.col("field") == "indicator_name").fill_null(False)
    of_row = filled.with_columns(figure=figure).join(levels, on=FORM, how="left", maintain_order="left")
    is_text = pl.col("figure").is_null()
    is_wide = (pl.col("column_count") > 1) | pl.col("has_levels").is_null()
    is_execution = is_text & pl.col("bare").str.contains(EXECUTION).fill_null(False)
    by_others = is_text & pl.col("text").str.contains(BY_OTHERS)
    points = [
        pl.col("figure").filter(pl.col("field") == f, pl.col("column_count") == 1).first().cast(NUMBER).alias(f)
        for f in POINTS
    ]
    rows = (
        of_row.group_by(*FORM, _ROW)
        .agg(
            *points,
            is_candidate=(pl.col("cell_number").filter(is_text).n_unique() == 1)
            & (is_text & covers_name & is_wide).any()
            & ~is_execution.any(),
            by_others=by_others.any(),
            is_total=pl.col("is_total").any(),
        )
        .sort(*FORM, _ROW)
    )
    has_points = pl.any_horizontal(pl.col(f).is_not_null() for f in POINTS)
    rows = rows.with_columns(has_total=pl.col("is_total").any().over(FORM)).filter(~pl.col("is_total"))
    rows = rows.with_columns(is_candidate=pl.col("is_candidate") & has_points)
    return rows.filter(~(pl.col("is_candidate") & pl.col("by_others")))


def _proved(rows: pl.DataFrame, execution: pl.DataFrame) -> pl.DataFrame:
    """Return the rows that add up others: `row_index` and `kind` (total, subtotal, caption: the rows below it)."""
    own = ~pl.col("is_candidate")
    rows = rows.with_columns(
        rows_above=own.cum_sum().over(FORM),
        rows_of_form=own.sum().over(FORM),
        **{f"{f}_above": pl.when(own).then(pl.col(f).fill_null(0)).otherwise(0).cum_sum().over(FORM) for f in POINTS},
        **{f"has_{f}": (pl.col(f).is_not_null() & own).any().over(FORM) for f in POINTS},
    )
    whole = [
        pl.when(own).then(pl.col(f).fill_null(0)).otherwise(0).sum().over(FORM).alias(f"{f}_of_form") for f in POINTS
    ]
    rows = rows.with_columns(whole).filter("is_candidate").join(_execution(execution), on=FORM, how="left")
    before = [pl.col(c).shift(1, fill_value=0).over(FORM).alias(f"{c}_before") for c in _ABOVE]
    after = [
        pl.col(f"{c}_above").shift(-1).over(FORM).fill_null(pl.col(f"{c}_of_form")).alias(f"{c}_after")
        for c in ("rows", *POINTS)
    ]
    rows = rows.with_columns(*before, *after)
    is_last = (pl.col("rows_above") == pl.col("rows_of_form")) & (pl.col("rows_of_form") > 1)
    with_execution = {f: pl.col(f"{f}_above") + pl.col(f"execution_{f}").fill_null(0) for f in POINTS}
    is_sure = pl.col("score").is_not_null() | (pl.col("weight") == _WHOLE)
    rows = rows.with_columns(
        is_whole=is_last & _equals(with_execution) & is_sure & ~pl.col("has_total"),
        adds_above=_equals({f: pl.col(f"{f}_above") - pl.col(f"{f}_above_before") for f in POINTS})
        & (pl.col("rows_above") > pl.col("rows_above_before")),
        adds_below=_equals({f: pl.col(f"{f}_after") - pl.col(f"{f}_above") for f in POINTS})
        & (pl.col("rows_after") > pl.col("rows_above")),
        adds_all=is_last & _equals({f: pl.col(f"{f}_above") for f in POINTS}),
    )
    one = pl.col("is_whole").sum().over(FORM) == 1
    totals = rows.filter(pl.col("is_whole") & one)
    rest = rows.join(totals.select(_ROW), on=_ROW, how="anti")
    is_known = pl.col("score").is_not_null() | (pl.len().over(FORM) > 1)
    all_above = (pl.col("adds_above") | pl.col("adds_all")).all().over(FORM)
    all_below = pl.col("adds_below").all().over(FORM) & (pl.col("rows_above").first().over(FORM) == 0)
    kind = pl.when(all_above).then(pl.lit("subtotal")).when(all_below).then(pl.lit("caption"))
    rest = rest.with_columns(kind=pl.when(is_known.all().over(FORM)).then(kind)).drop_nulls("kind")
    return pl.concat([totals.select(_ROW, kind=pl.lit("total")), rest.select(_ROW, "kind")])


def _execution(execution: pl.DataFrame) -> pl.DataFrame:
    return execution.select(*FORM, *(pl.col(f).cast(NUMBER).alias(f"execution_{f}") for f in POINTS))


def _equals(sums: dict[str, pl.Expr]) -> pl.Expr:
    """Whether a row's weight and score are these sums; a kind of points that no row has need not stand there."""
    return pl.all_horizontal(
        (pl.col(f) == sums[f]).fill_null(False) | (pl.col(f).is_null() & ~pl.col(f"has_{f}")) for f in POINTS
    )
