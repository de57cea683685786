"""Money that gives each year a row: 2023 | 90 | 88 over 2024 | 76 | 72. The form's own year is its money."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from transforms.assembly.columns import Block
from transforms.assembly.places import FORM

_YEAR: Final = r"^((?:19|20)\d\d)年?度?$"
_SUM: Final = r"^(?:资金|年度)?(?:合计|总计|小计|累计)(?:金额)?$"
_HEADER: Final = [*FORM, "header_index"]


def of_own_year(block: Block, years: pl.DataFrame) -> Block:
    """Leave aside the rows of other years, and those that add up years, where rows of two years or more stand.

    The label of the form's own year is left aside too, so that its line is named as the block is. Where the form does
    not say its year, none of them is its own.

    Args:
        block: funding block of `read_block`.
        years: form, `year` that each form is about, as far as it says.

    Returns:
        The block; what is left aside has the field `unpublished`.
    """
    unnamed = block.values.filter(pl.col("field").is_null() | (pl.col("field") == "source_label"))
    labels = pl.concat([block.others, unnamed.select(block.others.columns)]).filter(pl.col("key") != "")
    labels = labels.sort("row_index", "rel_x0", descending=[False, True])
    said = labels.select(
        *_HEADER,
        "row_index",
        "cell_number",
        said=pl.col("key").str.extract(_YEAR, 1).cast(pl.Int32),
        is_sum=pl.col("key").str.contains(_SUM),
    ).filter(pl.col("said").is_not_null() | pl.col("is_sum"))
    rows = said.unique("row_index", keep="first").join(years, on=FORM, how="left")
    rows = rows.filter(pl.col("said").n_unique().over(_HEADER) - pl.col("said").has_nulls().over(_HEADER) > 1)
    if rows.is_empty():
        return block
    rows = rows.select("row_index", year_cell="cell_number", is_own=(pl.col("said") == pl.col("year")).fill_null(False))

    def aside(cells: pl.DataFrame) -> pl.DataFrame:
        found = cells.join(rows, on="row_index", how="left", maintain_order="left")
        is_label = (pl.col("year_cell") == pl.col("cell_number")).fill_null(False)
        return found.with_columns(is_aside=is_label | ~pl.col("is_own").fill_null(True)).drop("year_cell", "is_own")

    others, values = aside(block.others), aside(block.values)
    moved = others.filter("is_aside").with_columns(
        field=pl.lit("unpublished"),
        is_published=pl.lit(False),
        label="text",
        column_x0="rel_x0",
        column_count=pl.lit(1, values.schema["column_count"]),
    )
    values = values.with_columns(
        field=pl.when("is_aside").then(pl.lit("unpublished")).otherwise("field"),
        is_published=~pl.col("is_aside") & pl.col("is_published"),
    )
    return replace(
        block,
        values=pl.concat([values, moved.select(values.columns)]).drop("is_aside"),
        others=others.filter(~pl.col("is_aside")).drop("is_aside"),
    )
