"""The data dictionary as a page, from the contract: nothing is said here that the contract does not say."""

from __future__ import annotations

import inspect
from typing import Final

import polars as pl

from warehouse.contract import TABLES, TableType, polars_schema

_HEAD: Final = """# Data dictionary

Every table of a release, under `<warehouse>/published/<table>/`; the first five also under `<warehouse>/quarantine/`
for forms that were held back. `jixiao dictionary` prints this page from the contract (`warehouse/contract/`); the
same descriptions, units and printed labels are in the field metadata of the Parquet files. Bold columns are the key.
"""


def dictionary_markdown() -> str:
    """Write the dictionary of all published tables as Markdown, one section for each table.

    Example:
        >>> "## indicators" in dictionary_markdown()
        True
    """
    return "\n".join([_HEAD, *(_section(name, table) for name, table in TABLES.items())])


def _section(name: str, table: TableType) -> str:
    types = polars_schema(table)
    lines = [f"## {name}", "", inspect.cleandoc(table.__doc__ or ""), ""]
    lines += ["| column | type | unit | printed as | meaning |", "| --- | --- | --- | --- | --- |"]
    for column_name, column in table.columns().items():
        shown = f"**{column_name}**" if column.primary_key else column_name
        meta = column.metadata or {}
        null = "" if column.nullable else ", never null"
        meaning = (column.description or "").replace("|", "\\|")
        cells = (shown, _type(types[column_name]) + null, meta.get("unit", ""), meta.get("source_label", ""), meaning)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, ""])


def _type(dtype: pl.DataType) -> str:
    """Name a type as a reader of Parquet knows it; a closed list is spelt out."""
    if isinstance(dtype, pl.Enum):
        return "one of: " + ", ".join(dtype.categories)
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision}, {dtype.scale})"
    if isinstance(dtype, pl.Datetime):
        return "timestamp (UTC)"
    return {pl.String: "text", pl.Int32: "int32", pl.Int64: "int64", pl.Float64: "float64"}.get(
        dtype.base_type(), str(dtype).lower()
    )
