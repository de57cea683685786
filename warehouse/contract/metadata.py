"""What is said of tables and columns wherever they go: Parquet, DuckDB, workbooks, the dictionary, the Data Package."""

from __future__ import annotations

import hashlib
import inspect
from dataclasses import dataclass
from functools import cache
from typing import Final

import polars as pl
import pyarrow as pa

from warehouse.contract.read_from import read_from
from warehouse.contract.schemas import TableType, empty, polars_schema
from warehouse.contract.tables import TABLES
from warehouse.contract.views import VIEWS
from warehouse.contract.vocabulary import CLOSED_LISTS
from warehouse.contract.zh import column_zh, table_zh, unit_zh

PUBLISHED: Final[dict[str, TableType]] = {**TABLES, **VIEWS}
"""Every table and view of a release, by name."""

LICENSE: Final = {
    "name": "CC-BY-4.0",
    "title": "Creative Commons Attribution 4.0 International",
    "path": "https://creativecommons.org/licenses/by/4.0/",
}
"""Licence of the tables. The PDFs that they are read from are documents of the bodies that published them."""

_BLANK_CELLS: Final[dict[str, tuple[str, ...]]] = {
    "forms": (
        "title",
        "project_name",
        "department",
        "implementing_unit",
        "expected_goal_text",
        "actual_goal_text",
        "total_weight_text",
        "total_score_text",
    ),
    "funding": (
        "source_label",
        "initial_budget_text",
        "annual_budget_text",
        "executed_text",
        "weight_text",
        "execution_rate_text",
        "score_text",
        "deviation_text",
    ),
    "indicators": (
        "level_1_label",
        "level_2_label",
        "indicator_name",
        "target_text",
        "actual_text",
        "weight_text",
        "score_text",
        "deviation_text",
    ),
    "evidence": ("printed_text",),
}
"""Text columns that are '' where the cell is blank, and null where the form has no such cell. Elsewhere '' stands only
where the meaning of the column says so."""

_BLANK_NOTE: Final = {
    "en": "; '' where the cell is blank, null where the form has none",
    "zh": "；单元格未填为空文字（''），表中没有此栏为空值",
}


@dataclass(frozen=True, slots=True)
class About:
    """What is said of a table or a column in one language: its name there, and its meaning."""

    name: str
    meaning: str


def table_about(table: str, language: str) -> About:
    """Return what is said of a table.

    Args:
        table: A name of `PUBLISHED`.
        language: `en` or `zh`.
    """
    if language == "zh":
        return About(*table_zh(table))
    return About(table, inspect.cleandoc(PUBLISHED[table].__doc__ or ""))


def column_about(table: str, column: str, language: str) -> About:
    """Return what is said of a column, with how blank cells stand in it.

    Args:
        table: A name of `PUBLISHED`.
        column: One of its columns.
        language: `en` or `zh`.

    Example:
        >>> column_about("forms", "department", "en").meaning
        "department in charge, as printed; '' where the cell is blank, null where the form has none"
    """
    note = _BLANK_NOTE[language] if column in _BLANK_CELLS.get(table, ()) else ""
    if language == "zh":
        name, meaning = column_zh(table, column)
        return About(name, meaning + note)
    return About(column, (PUBLISHED[table].columns()[column].description or "") + note)


def unit_name(unit: str, language: str) -> str:
    """Name a unit of the contract; '' stays ''.

    Example:
        >>> unit_name("yuan", "zh"), unit_name("yuan", "en")
        ('元', 'yuan')
    """
    return unit_zh(unit) if language == "zh" and unit else unit


def list_of(dtype: pl.DataType) -> str | None:
    """Return the name of the closed list that a column takes its values from; null where it has none.

    Example:
        >>> list_of(polars_schema(PUBLISHED["checks"])["severity"])
        'severity'
    """
    return CLOSED_LISTS[tuple(dtype.categories)] if isinstance(dtype, pl.Enum) else None


@cache
def column_metadata(table: str) -> dict[str, dict[str, str]]:
    """Return for each column of a table: description in both languages, unit, printed label, list, `read_from`."""
    types = polars_schema(PUBLISHED[table])
    found = {}
    for name, column in PUBLISHED[table].columns().items():
        zh = column_about(table, name, "zh")
        said = {
            "description": column_about(table, name, "en").meaning,
            "name_zh": zh.name,
            "description_zh": zh.meaning,
            **(column.metadata or {}),
            "list": list_of(types[name]),
            "read_from": " | ".join(read_from(table, name)),
        }
        found[name] = {key: str(value) for key, value in said.items() if value}
    return found


def table_metadata(table: str, place: str) -> dict[str, str]:
    """Return what stands in the metadata of a Parquet file of a table.

    The release is not in it: a file that does not change is part of many. Its folder names it, and the manifest there
    has the sha256 of each of its files.
    """
    zh = table_about(table, "zh")
    return {
        "jixiao.table": f"{place}/{table}",
        "jixiao.description": table_about(table, "en").meaning.partition("\n")[0],
        "jixiao.name_zh": zh.name,
        "jixiao.description_zh": zh.meaning,
        "jixiao.license": LICENSE["name"],
        "jixiao.contract": contract_version(),
    }


@cache
def contract_version() -> str:
    """Return what changes with every change of a table, a view, or what is said of them."""
    said = [(name, str(polars_schema(table)), column_metadata(name)) for name, table in PUBLISHED.items()]
    return hashlib.sha256(repr(said).encode()).hexdigest()[:12]


def arrow_schema(table: TableType) -> pa.Schema:
    """Return the Arrow schema of a table: keys and what is never null are required, each field has its metadata.

    Args:
        table: A value of `PUBLISHED`, or another table of the contract, whose fields then have description and unit.

    Example:
        >>> from warehouse.contract import Funding
        >>> arrow_schema(Funding).field("executed_cny").metadata[b"source_label"].decode()
        '全年执行数'
        >>> arrow_schema(Funding).field("funding_id").nullable
        False
    """
    name = next((name for name, known in PUBLISHED.items() if known is table), None)
    columns = table.columns()
    fields = []
    for field in empty(table).to_arrow().schema:
        column = columns[field.name]
        plain = {"description": column.description or "", **(column.metadata or {})}
        meta = column_metadata(name)[field.name] if name else {key: str(value) for key, value in plain.items()}
        fields.append(field.with_metadata(meta).with_nullable(column.nullable))
    return pa.schema(fields)
