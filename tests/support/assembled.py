"""Forms assembled from a few rows, and what was read of them."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from tests.transforms.build_cells import grid, lines
from transforms.assemble import Assembled, read_forms


def texts(fields: pl.DataFrame, table: str, column: str, form_number: int = 1) -> list[str]:
    """The texts of a column, record by record, parts joined."""
    rows = fields.filter(
        pl.col("table_name") == table, pl.col("column_name") == column, pl.col("form_number") == form_number
    ).sort("record_number", "part_number")
    return (
        rows.group_by("record_number", maintain_order=True)
        .agg(pl.col("printed_text").str.join(""))["printed_text"]
        .to_list()
    )


def one(fields: pl.DataFrame, column: str, form_number: int = 1) -> str | None:
    found = texts(fields, "forms", column, form_number)
    return found[0] if found else None


def read(*rows: Sequence[str], title: str = "项目支出绩效自评表") -> Assembled:
    """Read a form of one page: its title and one table."""
    return read_forms(pl.concat([lines(title), grid(list(rows))]))


def names(found: Assembled) -> list[str]:
    return texts(found.fields, "indicators", "indicator_name")


NAMES = ["清理河道", "水质达标率", "居民满意度"]
"""Of the indicators of `build_cells.INDICATORS`."""
