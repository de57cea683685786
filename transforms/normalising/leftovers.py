"""The table `leftovers`: printed things of a form that no published column takes."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.normalising.money import parse_points
from warehouse import contract
from warehouse.contract import ids

_CELL_ORDER: Final = (
    "level_1_label",
    "level_2_label",
    "indicator_name",
    "target_operator",
    "target",
    "target_unit",
    "actual",
    "weight",
    "score",
    "deviation",
)


def leftover_rows(joined: pl.DataFrame, forms: pl.DataFrame) -> pl.DataFrame:
    """Return `contract.Leftovers`: one row for each leftover, the cells of an unnamed row joined by ' | '.

    Args:
        joined: Fields with their parts joined (`wide.join_pages`), of this table only; column_name is the kind, or the
            kind, a colon and the field (`unnamed_row:weight`).
        forms: `form`, `form_id`.
    """
    kind = pl.col("column_name").str.extract(r"^([^:]*)", 1)
    field = pl.col("column_name").str.extract(r":(.*)$", 1)
    place = field.replace_strict({c: n for n, c in enumerate(_CELL_ORDER)}, default=len(_CELL_ORDER))
    rows = (
        joined.with_columns(kind.alias("kind"), place.fill_null(len(_CELL_ORDER)).alias("place"))
        .sort("form", "record_number", "place", "column_name")
        .group_by("form", "record_number", maintain_order=True)
        .agg(
            pl.col("kind").first(),
            pl.col("label").drop_nulls().unique(maintain_order=True).str.join(" | ").alias("label"),
            pl.col("text").str.join(" | ").alias("printed_text"),
            pl.col("page_number").min(),
        )
        .join(forms.select("form", "form_id"), on="form", how="left", maintain_order="left")
    )
    return rows.with_columns(
        ids.record_id("leftovers").alias("leftover_id"),
        pl.col("record_number").alias("leftover_number"),
        pl.when(pl.col("label") != "").then("label").alias("label"),
    ).select(contract.polars_schema(contract.Leftovers).names())


def unnamed_rows(joined: pl.DataFrame) -> pl.DataFrame:
    """Return for each form with unnamed rows: form, unnamed_row_count, unnamed_weight_points, unnamed_score_points.

    The sums are null when no unnamed row has a number in that column.
    """
    unnamed = joined.filter(pl.col("column_name").str.starts_with("unnamed_row"))
    read = parse_points(unnamed.select("text").drop_nulls().unique()).select("text", "points")
    points = unnamed.join(read, on="text", how="left")

    def total(field: str) -> pl.Expr:
        of_field = pl.col("points").filter(pl.col("column_name") == f"unnamed_row:{field}")
        return pl.when(of_field.count() > 0).then(of_field.sum()).cast(pl.Decimal(18, 4))

    return points.group_by("form").agg(
        pl.col("record_number").n_unique().cast(pl.Int32).alias("unnamed_row_count"),
        total("weight").alias("unnamed_weight_points"),
        total("score").alias("unnamed_score_points"),
    )


def unknown_columns(joined: pl.DataFrame) -> pl.DataFrame:
    """Return for each form with columns of unknown header: form, unknown_columns (their headers, joined by ' | ')."""
    unknown = joined.filter(pl.col("column_name") == "unknown_column").sort("form", "record_number")
    headers = pl.col("label").drop_nulls().unique(maintain_order=True).str.join(" | ")
    return unknown.group_by("form", maintain_order=True).agg(unknown_columns=headers)
