"""The papers of a release: `datapackage.json` (Frictionless Data Package) and `schema.json`, from the contract."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import dataframely as dy
import polars as pl

from warehouse import contract
from warehouse.contract.metadata import LICENSE, column_metadata, table_about
from warehouse.contract.vocabulary import PLACES
from warehouse.releases.parquet import Part

_PARENTS: Final = {
    **{name: "forms" for name in contract.FORM_TABLES if name != "forms"},
    "occurrences": "forms",
    "all_funding": "all_forms",
    "all_indicators": "all_forms",
    "evidence_of": "all_forms",
}
"""The table whose `form_id` that of a table refers to, in the same place."""


def data_package(release_id: str, now: datetime, tables: Mapping[str, list[Part]]) -> dict[str, Any]:
    """Describe a release as a Data Package.

    Args:
        release_id: The release.
        now: When it was made.
        tables: The files of each table, by "<place>/<table>".
    """
    resources = [
        _resource(place, table, tables[f"{place}/{table}"])
        for place in PLACES
        for table in contract.PUBLISHED
        if f"{place}/{table}" in tables
    ]
    return {
        "profile": "data-package",
        "name": "jixiao",
        "title": "财政项目支出绩效自评表: fiscal project expenditure performance self-evaluations",
        "id": release_id,
        "version": release_id,
        "created": now.isoformat(),
        "licenses": [LICENSE],
        "resources": resources,
    }


def _resource_name(place: str, table: str) -> str:
    return f"{place}-{table}".replace("_", "-")


def _resource(place: str, table: str, parts: list[Part]) -> dict[str, Any]:
    held = " of the forms that were held back" if place == "quarantine" else ""
    paths = [part.path for part in parts]
    return {
        "name": _resource_name(place, table),
        "title": f"{table_about(table, 'zh').name} {table}{held}",
        "description": _first_line(table, "en"),
        "description_zh": _first_line(table, "zh"),
        "path": paths[0],
        **({"extrapaths": paths[1:]} if len(paths) > 1 else {}),
        "scheme": "file",
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        **({"hash": f"sha256:{parts[0].sha256}"} if len(parts) == 1 else {}),
        "schema": table_schema(table, _resource_name(place, _PARENTS[table]) if table in _PARENTS else None),
    }


def table_schema(table: str, parent: str | None = None) -> dict[str, Any]:
    """Describe a table of the contract as a Frictionless Table Schema.

    Args:
        table: Of `contract.PUBLISHED`.
        parent: Resource whose `form_id` the table's `form_id` refers to.

    Example:
        >>> [field["type"] for field in table_schema("occurrences")["fields"]][:3]
        ['string', 'string', 'integer']
    """
    schema = contract.PUBLISHED[table]
    said = column_metadata(table)
    described: dict[str, Any] = {
        "fields": [_field(name, column, said[name]) for name, column in schema.columns().items()],
        "primaryKey": schema.primary_key(),
        "missingValues": [],
    }
    if parent is not None:
        described["foreignKeys"] = [{"fields": ["form_id"], "reference": {"resource": parent, "fields": ["form_id"]}}]
    return described


def schema_document() -> dict[str, Any]:
    """Describe every table: grain, columns, types, units, printed labels. For tools that cannot read field metadata."""
    return {
        name: {"description": _first_line(name, "en"), "description_zh": _first_line(name, "zh"), **table_schema(name)}
        for name in contract.PUBLISHED
    }


def _field(name: str, column: dy.Column, said: Mapping[str, str]) -> dict[str, Any]:
    constraints: dict[str, Any] = {}
    if not column.nullable:
        constraints["required"] = True
    dtype = column.dtype
    if isinstance(dtype, pl.Enum):
        constraints["enum"] = dtype.categories.to_list()
    return {
        "name": name,
        "type": _type(dtype),
        "title": said["name_zh"],
        **{key: text for key, text in said.items() if key != "name_zh"},
        **({"constraints": constraints} if constraints else {}),
    }


def _type(dtype: pl.DataType) -> str:
    if dtype.is_integer():
        return "integer"
    if dtype.is_numeric():
        return "number"
    named: dict[type[pl.DataType], str] = {pl.Boolean: "boolean", pl.Date: "date", pl.Datetime: "datetime"}
    return named.get(type(dtype), "string")


def _first_line(table: str, language: str) -> str:
    return table_about(table, language).meaning.splitlines()[0]
