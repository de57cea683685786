from __future__ import annotations

import json

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import MadeUpForm, ingest, publish
from warehouse.releases.diff import diff_releases, diff_tables
from warehouse.warehouse import Warehouse

tables = st.dictionaries(
    st.sampled_from("abcde"), st.tuples(st.none() | st.integers(0, 2), st.none() | st.sampled_from(["", "x", "y"]))
)


def to_frame(rows: dict[str, tuple[int | None, str | None]]) -> pl.DataFrame:
    return pl.DataFrame(
        [(key, *values) for key, values in rows.items()],
        schema={"id": pl.String, "points": pl.Int64, "text": pl.String},
        orient="row",
    )


@given(tables, tables)
@settings(deadline=None)
def test_diff_tables_applied_to_the_older_gives_the_newer(
    before: dict[str, tuple[int | None, str | None]], after: dict[str, tuple[int | None, str | None]]
) -> None:
    changes = diff_tables(to_frame(before), to_frame(after), ["id"])
    patched = {key: dict(zip(("points", "text"), values, strict=True)) for key, values in before.items()}
    for key, change, column, old, new in changes.iter_rows():
        if change == "removed":
            del patched[key]
        elif change == "added":
            patched[key] = dict(zip(("points", "text"), after[key], strict=True))
        else:
            was = patched[key][column]
            assert old == (None if was is None else str(was))
            patched[key][column] = None if new is None else int(new) if column == "points" else new
    assert patched == {key: dict(zip(("points", "text"), values, strict=True)) for key, values in after.items()}


@given(tables)
@settings(deadline=None)
def test_diff_tables_of_the_same_is_empty(rows: dict[str, tuple[int | None, str | None]]) -> None:
    assert diff_tables(to_frame(rows), to_frame(rows), ["id"]).is_empty()


def test_diff_tables_with_a_new_column_tells_its_values() -> None:
    before, after = pl.DataFrame({"id": ["a"]}), pl.DataFrame({"id": ["a"], "rating": ["优"]})
    assert diff_tables(before, after, ["id"]).rows() == [("a", "changed", "rating", None, "优")]


def test_diff_tables_with_two_key_columns_joins_them() -> None:
    before = pl.DataFrame({"form_id": ["f"], "rule_id": ["R1"]})
    assert diff_tables(before, before.clear(), ["form_id", "rule_id"]).rows() == [
        ("f | R1", "removed", None, None, None)
    ]


def test_diff_begins_with_changes_of_the_tables_themselves(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})
    first = publish(warehouse).release
    ingest(warehouse, {"b": [MadeUpForm("q")]})
    second = publish(warehouse).release
    path = first.path / "schema.json"
    schema = json.loads(path.read_text("utf-8"))
    kept = [field for field in schema["documents"]["fields"] if field["name"] != "withdrawn_at"]
    schema["documents"]["fields"] = [*kept, {"name": "old", "type": "string"}]
    path.chmod(0o644)
    path.write_text(json.dumps(schema), "utf-8")
    found = diff_releases(first, second).filter(place="schema")
    assert found.select("table_name", "column_name", "change", "before", "after").rows() == [
        ("documents", "withdrawn_at", "added", None, "datetime"),
        ("documents", "old", "removed", "string", None),
    ]
