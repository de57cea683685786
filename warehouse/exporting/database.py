"""Exports as one DuckDB file: tables with keys and closed lists, views, comments, and views with Chinese names."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import duckdb
import polars as pl

from warehouse import contract
from warehouse.contract.metadata import column_about, list_of, table_about
from warehouse.contract.remarks import REMARK_RULES, remarks_zh_sql
from warehouse.contract.views import macros, select_of
from warehouse.contract.vocabulary import CLOSED_LISTS
from warehouse.exporting.content import Content
from warehouse.exporting.words import list_for, names_of, notes

TWINS: Final = {"自评表": "all_forms", "资金": "all_funding", "指标": "all_indicators", "问题清单": "findings"}
"""Views with Chinese names, Chinese columns and Chinese values, and the view that each shows."""
_UNINDEXED: Final = ("evidence", "pages", "checks")
"""Large tables whose keys are stated in their comment: an index of them would be larger than they are."""


def write_duckdb(content: Content, path: Path, language: str) -> None:
    """Write a release as one DuckDB file.

    Tables of forms that are held back are in the schema `quarantine`; the views are over both.

    Args:
        content: What is exported.
        path: A file that is not there.
        language: `en` or `zh`, of the comments.
    """
    with duckdb.connect(str(path), config={"autoinstall_known_extensions": False}) as database:
        database.execute("CREATE SCHEMA quarantine")
        for values, name in CLOSED_LISTS.items():
            database.execute(f"CREATE TYPE {name} AS ENUM ({', '.join(map(_text, values))})")
        for place in ("published", "quarantine"):
            for name in contract.TABLES if place == "published" else contract.FORM_TABLES:
                _table(database, content, place, name, language)
        database.execute(macros())
        for view in contract.VIEWS:
            database.execute(f"CREATE VIEW {view} AS {select_of(view)}")
            _comment(database, "VIEW", view, view, language)
        for twin, view in TWINS.items():
            database.execute(f"CREATE VIEW {_name(twin)} AS {_select_zh(view)}")
            database.execute(f"COMMENT ON VIEW {_name(twin)} IS {_text(table_about(view, 'zh').meaning)}")
            for column in contract.VIEWS[view].columns():
                said = column_about(view, column, "zh")
                database.execute(f"COMMENT ON COLUMN {_name(twin)}.{_name(said.name)} IS {_text(said.meaning)}")
        noted = notes(language, content.release.release_id, published_only=content.published_only)
        lines = ", ".join(f"({number}, {_text(line)})" for number, line in enumerate(noted, 1))
        database.execute(f"CREATE TABLE notes AS FROM (VALUES {lines}) said (line_number, note)")


def _table(database: duckdb.DuckDBPyConnection, content: Content, place: str, name: str, language: str) -> None:
    table = contract.TABLES[name]
    shown = f"quarantine.{name}" if place == "quarantine" else name
    columns = [
        f"{column} {_type(dtype)}{'' if table.columns()[column].nullable else ' NOT NULL'}"
        for column, dtype in contract.polars_schema(table).items()
    ]
    if name not in _UNINDEXED:
        columns.append(f"PRIMARY KEY ({', '.join(table.primary_key())})")
    database.execute(f"CREATE TABLE {shown} ({', '.join(columns)})")
    rows = content.table(name, place).sort(table.primary_key()).collect(engine="streaming")
    closed = [column for column, dtype in rows.schema.items() if isinstance(dtype, pl.Enum)]
    database.register("incoming", rows.with_columns(pl.col(closed).cast(pl.String)).to_arrow())
    database.execute(f"INSERT INTO {shown} FROM incoming")
    database.unregister("incoming")
    _comment(database, "TABLE", shown, name, language)


def _comment(database: duckdb.DuckDBPyConnection, kind: str, shown: str, name: str, language: str) -> None:
    about = table_about(name, language)
    key = ", ".join(contract.PUBLISHED[name].primary_key())
    meaning = f"{about.name}：{about.meaning}主键：{key}" if language == "zh" else f"{about.meaning} Key: {key}"
    database.execute(f"COMMENT ON {kind} {shown} IS {_text(meaning)}")
    for column in contract.PUBLISHED[name].columns():
        said = column_about(name, column, language)
        text = f"{said.name}：{said.meaning}" if language == "zh" else said.meaning
        database.execute(f"COMMENT ON COLUMN {shown}.{column} IS {_text(text)}")


def _select_zh(view: str) -> str:
    columns = []
    for column, dtype in contract.polars_schema(contract.VIEWS[view]).items():
        shown = column
        if (name := list_for(column, dtype)) is not None:
            cases = " ".join(f"WHEN {_text(code)} THEN {_text(label)}" for code, label in names_of(name).items())
            shown = f"CASE {column} {cases} ELSE {column} END"
        elif column == "table_name":
            cases = " ".join(
                f"WHEN {_text(table)} THEN {_text(table_about(table, 'zh').name)}" for table in contract.PUBLISHED
            )
            shown = f"CASE {column} {cases} ELSE {column} END"
        elif column == "printed":
            rules = ", ".join(map(_text, REMARK_RULES))
            shown = f"CASE WHEN rule_id IN ({rules}) THEN {remarks_zh_sql(column)} ELSE {column} END"
        columns.append(f"{shown} AS {_name(column_about(view, column, 'zh').name)}")
    return f"SELECT {', '.join(columns)} FROM {view}"


def _type(dtype: pl.DataType) -> str:
    if (name := list_of(dtype)) is not None:
        return name
    if isinstance(dtype, pl.Decimal):
        return f"DECIMAL({dtype.precision}, {dtype.scale})"
    if isinstance(dtype, pl.Datetime):
        return "TIMESTAMPTZ"
    types = {
        pl.String: "VARCHAR",
        pl.Int32: "INTEGER",
        pl.Int64: "BIGINT",
        pl.Float64: "DOUBLE",
        pl.Boolean: "BOOLEAN",
        pl.Date: "DATE",
    }
    return types[dtype.base_type()]


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _name(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
