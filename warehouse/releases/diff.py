"""Two releases compared by key."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import polars as pl

from warehouse import contract
from warehouse.contract.vocabulary import PLACES
from warehouse.releases.release import Release

DIFF_SCHEMA: Final = pl.Schema(
    {name: pl.String() for name in ("place", "table_name", "key", "change", "column_name", "before", "after")}
)


def diff_releases(before: Release, after: Release, tables: Iterable[str] = tuple(contract.TABLES)) -> pl.DataFrame:
    """Compare two releases, table by table, by the contract's keys.

    Args:
        before: The older release.
        after: The newer one.
        tables: Only these.

    Returns:
        One row for each row that was added or removed, and for each field that changed: `place` (published,
        quarantine), `table_name`, `key` (parts joined by ' | '), `change` (added, removed, changed), `column_name`,
        `before`, `after` (as text; null in the data stays null). Sorted. Tables whose files are the same in both
        releases are not read. Changes of the tables themselves come first, see `schema_changes`.
    """
    parts = [schema_changes(before, after)]
    for place in PLACES:
        for name in tables:
            resource = f"{place}/{name}"
            if resource not in before.manifest["tables"] or resource not in after.manifest["tables"]:
                continue
            if before.manifest["tables"][resource] == after.manifest["tables"][resource]:
                continue
            changes = diff_tables(
                before.scan(name, place).collect(),
                after.scan(name, place).collect(),
                contract.TABLES[name].primary_key(),
            )
            parts.append(changes.select(pl.lit(place).alias("place"), pl.lit(name).alias("table_name"), pl.all()))
    return pl.concat([pl.DataFrame(schema=DIFF_SCHEMA), *parts])


def schema_changes(before: Release, after: Release) -> pl.DataFrame:
    """Compare the contracts of two releases.

    Returns:
        As `diff_releases`, with `schema` as place: one row for each column that was added, removed or has another type,
        with its types, and one for the version of the contract where that is another (its key is `contract_version`).
    """
    rows: list[tuple[str | None, ...]] = []
    if before.contract_version != after.contract_version:
        versions = (before.contract_version, after.contract_version)
        rows.append(("schema", "contract", "contract_version", "changed", None, *versions))
    old, new = before.schema(), after.schema()
    for table in sorted(old.keys() | new.keys()):
        was, now = old.get(table, {}), new.get(table, {})
        for column in [*now, *(name for name in was if name not in now)]:
            if was.get(column) != now.get(column):
                change = "added" if column not in was else "removed" if column not in now else "changed"
                rows.append(("schema", table, column, change, column, was.get(column), now.get(column)))
    return pl.DataFrame(rows, schema=DIFF_SCHEMA, orient="row")


def diff_tables(before: pl.DataFrame, after: pl.DataFrame, key: list[str]) -> pl.DataFrame:
    """Compare two frames. A column that one of them lacks counts as null there.

    Args:
        before: Older rows; the key is unique.
        after: Newer rows.
        key: Columns that identify the same row.

    Returns:
        `key`, `change`, `column_name`, `before`, `after`, sorted by key and column order.

    Example:
        >>> old = pl.DataFrame({"id": ["a", "b"], "score": [1, 2]})
        >>> new = pl.DataFrame({"id": ["b", "c"], "score": [3, 4]})
        >>> diff_tables(old, new, ["id"]).select("key", "change", "before", "after").rows()
        [('a', 'removed', None, None), ('b', 'changed', '2', '3'), ('c', 'added', None, None)]
    """
    columns = [name for name in dict.fromkeys([*after.columns, *before.columns]) if name not in key]
    old, new = _as_text(before, key, columns), _as_text(after, key, columns)
    added = new.join(old, on="key", how="anti").select("key", change=pl.lit("added"))
    removed = old.join(new, on="key", how="anti").select("key", change=pl.lit("removed"))
    both = new.join(old, on="key", how="inner", suffix="\x00")
    fields = [
        both.filter(pl.col(name).ne_missing(pl.col(f"{name}\x00"))).select(
            "key",
            pl.lit("changed").alias("change"),
            pl.lit(name).alias("column_name"),
            pl.col(f"{name}\x00").alias("before"),
            pl.col(name).alias("after"),
            pl.lit(position, pl.Int32).alias("position"),
        )
        for position, name in enumerate(columns)
    ]
    order = pl.DataFrame(schema={**DIFF_SCHEMA, "position": pl.Int32}).drop("place", "table_name")
    return pl.concat([order, added, removed, *fields], how="diagonal").sort("key", "position").drop("position")


def _as_text(frame: pl.DataFrame, key: list[str], columns: list[str]) -> pl.DataFrame:
    return frame.select(
        pl.concat_str([pl.col(part).cast(pl.String).fill_null("") for part in key], separator=" | ").alias("key"),
        *(
            pl.col(name).cast(pl.String) if name in frame.columns else pl.lit(None, pl.String).alias(name)
            for name in columns
        ),
    )
