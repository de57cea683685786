"""Columns that stand together under the header of the names: 绩效指标 over 产出指标 | 数量指标 | 清理河道."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import polars as pl

from transforms.assembly.columns import HEADER, Block

_TABLE: Final = [*HEADER, "page_number", "table_number"]
_ORDINAL: Final = r"^(?:指标)?(?:\d{1,2}|[①-⑳])$"
_FEWEST_NUMBERED: Final = 2
_MOST: Final = 0.5


def part_names(block: Block) -> Block:
    """Name the columns left of the names that the header of the names reaches over: levels, or numbers of the rows.

    A column is one of levels where most of its texts are names of a level that no other column holds; right of the
    first level it is the second, whatever it says. It is one of numbers where each of its texts numbers a row. Anything
    else stays a part of the name.

    Args:
        block: indicator block of `read_block`.

    Returns:
        The block; numbers have the field `unpublished`.
    """
    is_name = (pl.col("field") == "indicator_name") & (pl.col("column_count") == 1) & (pl.col("key") != "")
    parts = (
        block.values.filter(is_name, pl.col("is_published"))
        .group_by(*_TABLE, "column_number")
        .agg(
            of_first=pl.col("level_1_field").is_not_null().mean() > _MOST,
            of_second=pl.col("level_2_field").is_not_null().mean() > _MOST,
            is_number=pl.col("key").str.contains(_ORDINAL).all() & (pl.col("key").n_unique() >= _FEWEST_NUMBERED),
        )
        .filter(pl.col("column_number") < pl.col("column_number").max().over(_TABLE))
    )
    if parts.is_empty():
        return block
    has = block.columns.group_by(HEADER).agg(
        has_first=(pl.col("field") == "level_1_label").fill_null(False).any(),
        has_second=(pl.col("field") == "level_2_label").fill_null(False).any(),
    )
    at = pl.col("column_number")
    is_first = pl.col("of_first") & ~pl.col("has_first")
    is_second = (pl.col("of_second") | pl.col("first").is_not_null()) & ~pl.col("has_second")
    parts = (
        parts.join(has, on=HEADER, how="left")
        .with_columns(first=at.filter(is_first, ~pl.col("is_number")).min().over(_TABLE))
        .with_columns(
            second=at.filter(is_second, ~pl.col("is_number"), at > pl.col("first").fill_null(-1)).min().over(_TABLE)
        )
    )
    named = parts.select(
        *_TABLE,
        "column_number",
        part=pl.when(pl.col("column_number") == pl.col("first"))
        .then(pl.lit("level_1_label"))
        .when(pl.col("column_number") == pl.col("second"))
        .then(pl.lit("level_2_label"))
        .when("is_number")
        .then(pl.lit("unpublished")),
    ).drop_nulls("part")
    found = block.values.join(named, on=[*_TABLE, "column_number"], how="left", maintain_order="left")
    is_part = is_name & pl.col("part").is_not_null()
    values = found.with_columns(
        field=pl.when(is_part).then("part").otherwise("field"),
        is_published=pl.col("is_published") & ~(is_part & (pl.col("part") == "unpublished")).fill_null(False),
    )
    return replace(block, values=values.drop("part"))
