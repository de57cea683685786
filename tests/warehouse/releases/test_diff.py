from __future__ import annotations

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from warehouse.releases.diff import diff_tables

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
