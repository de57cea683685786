"""Which first- and second-level label rules each row of the indicator table.

A label is printed once for the rows it covers; the cell may be merged, or blank below its first row, and a page break
may cut it anywhere: 质量 | 指标, or all of it on the second page because it stands in the middle of the cell.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.page_cuts import continues_label, is_filled
from transforms.assembly.places import FORM

PAGE: Final = [*FORM, "page_number"]
CELL: Final = [*PAGE, "label_cell"]


def label_rows(cells: pl.DataFrame, level: str, parents: pl.DataFrame | None) -> pl.DataFrame:
    """Say for each table row which label of a level rules it: carried down over blank cells and page breaks.

    Args:
        cells: indicator cells, one row for each table row that a cell covers.
        level: level_1_label or level_2_label.
        parents: the result for the level above; a blank label is carried within its parent only.

    Returns:
        One row for each `covered_row` with `label_id`; null where no label rules. The cells of one label share it.
    """
    context = "level_1" if level == "level_1_label" else "level_2"
    rows = cells.select(*PAGE, "covered_row", "carries_on").unique("covered_row", keep="first").sort("covered_row")
    own = (
        cells.filter(pl.col("field") == level)
        .sort("covered_row", "x0")
        .group_by("covered_row", maintain_order=True)
        .agg(
            pl.col("text").str.join("").alias("label_text"),
            pl.col("cell_number").first().alias("label_cell"),
            pl.col("is_open_top").any(),
            pl.col("is_open_bottom").any(),
        )
    )
    rows = rows.join(own, on="covered_row", how="left", maintain_order="left").with_columns(
        is_page_top=pl.col("covered_row") == pl.col("covered_row").min().over(PAGE),
        is_filled=is_filled("label_text"),
    )
    if parents is None:
        rows = rows.with_columns(parent=pl.lit(0, pl.UInt32))
    else:
        parent = parents.select("covered_row", parent="label_id")
        rows = rows.join(parent, on="covered_row", how="left", maintain_order="left")
    labels = _number_labels(rows, context)
    numbered = (
        _find_labels_ahead(rows)
        .join(labels, on=CELL, how="left", maintain_order="left")
        .with_columns(next_label=pl.col("label_id").backward_fill().over(FORM))
    )
    own_label = pl.when("is_filled").then("label_id").when("is_ahead").then("next_label")
    return numbered.with_columns(label_id=own_label.forward_fill().over(*FORM, "parent")).select(
        *FORM, "covered_row", "label_id"
    )


def _number_labels(rows: pl.DataFrame, context: str) -> pl.DataFrame:
    """Number the labels: the two halves of a label that a page break cuts share a number."""
    before = [
        pl.col(c).shift(1).over(FORM).alias(f"{c}_before") for c in ("label_text", "page_number", "is_open_bottom")
    ]
    labels = (
        rows.filter("is_filled")
        .unique(CELL, keep="first", maintain_order=True)
        .with_columns(before)
        .with_columns(
            is_page_start=(pl.col("page_number") == pl.col("page_number_before") + 1)
            & pl.col("carries_on")
            & pl.col("is_page_top"),
            is_open=pl.col("is_open_top") & pl.col("is_open_bottom_before"),
        )
    )
    is_rest = continues_label(context, "label_text", "label_text_before")
    return labels.select(*CELL, label_id=(~is_rest).cum_sum().cast(pl.UInt32))


def _find_labels_ahead(rows: pl.DataFrame) -> pl.DataFrame:
    """Say of each row whether its blank cell has its label in the cell that goes on on the next page: adds `is_ahead`.

    A blank cell may also mean that the label above holds on. It does not when the cell covers several rows, when no
    rule closes it, or when the form leaves no other cell of this level blank.
    """
    following = [pl.col(c).shift(-1).over(FORM).alias(f"{c}_next") for c in ("page_number", "carries_on", "is_filled")]
    return (
        rows.with_columns(following)
        .with_columns(
            is_page_end=pl.col("covered_row") == pl.col("covered_row").max().over(PAGE),
            is_blank=~pl.col("is_filled") & pl.col("label_cell").is_not_null(),
        )
        .with_columns(
            precedes_label=pl.col("is_blank")
            & pl.col("is_page_end")
            & (pl.col("page_number_next") == pl.col("page_number") + 1)
            & pl.col("carries_on_next")
            & pl.col("is_filled_next")
        )
        .with_columns(at_end=pl.col("is_blank") & pl.col("precedes_label").any().over(CELL))
        .with_columns(
            blanks_elsewhere=(pl.col("is_blank") & ~pl.col("at_end")).any().over(FORM),
            covers_several=pl.len().over(CELL) > 1,
        )
        .with_columns(
            is_ahead=pl.col("at_end")
            & (pl.col("covers_several") | pl.col("is_open_bottom").fill_null(False) | ~pl.col("blanks_elsewhere"))
        )
    )
