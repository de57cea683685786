from __future__ import annotations

import time
from datetime import datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.builders import (
    NOW,
    READER,
    VERSION,
    MadeUpForm,
    cells,
    checks,
    derive,
    document_id,
    form_id,
    ingest,
    read,
    rule_counts,
    see,
    tables,
)
from warehouse import contract
from warehouse.ledger.ledger import newest
from warehouse.warehouse import Warehouse

A, B = document_id("a"), document_id("b")
FILES = pl.DataFrame({"source_uri": ["/in/a.pdf", "/in/b.pdf"], "byte_count": [9, 9], "mtime_ns": [1, 1]})


# ---- sightings


def test_known_nothing_seen_all_are_new(warehouse: Warehouse) -> None:
    assert warehouse.ledger.known(FILES)["document_id"].to_list() == [None, None]


def test_known_unchanged_file_gives_its_document(warehouse: Warehouse) -> None:
    see(warehouse, ["a"])
    assert warehouse.ledger.known(FILES)["document_id"].to_list() == [A, None]


@pytest.mark.parametrize("column", ["byte_count", "mtime_ns"])
def test_known_file_of_other_size_or_time_is_new(warehouse: Warehouse, column: str) -> None:
    see(warehouse, ["a"])
    changed = FILES.with_columns(pl.col(column) + 1)
    assert warehouse.ledger.known(changed)["document_id"].to_list() == [None, None]


def test_known_file_without_time_is_in_doubt(warehouse: Warehouse) -> None:
    sighting = {"document_id": [A], "source_uri": ["https://x/a.pdf"], "file_name": ["a.pdf"], "byte_count": [9]}
    frame = pl.DataFrame(sighting).with_columns(mtime_ns=pl.lit(None, pl.Int64))
    assert warehouse.ledger.add_sightings(frame, seen_at=NOW) == 1
    assert warehouse.ledger.known(frame.drop("document_id"))["document_id"].to_list() == [None]


def test_known_file_written_just_now_is_in_doubt(warehouse: Warehouse) -> None:
    young = FILES.head(1).with_columns(mtime_ns=pl.lit(time.time_ns() + 3600 * 10**9))
    warehouse.ledger.add_sightings(young.with_columns(document_id=pl.lit(A), file_name=pl.lit("a.pdf")), seen_at=NOW)
    assert warehouse.ledger.known(young)["document_id"].to_list() == [None]


def test_known_replaced_file_gives_the_newest_document_only(warehouse: Warehouse) -> None:
    see(warehouse, ["a"])
    replaced = FILES.head(1).with_columns(byte_count=pl.lit(10, pl.Int64))
    warehouse.ledger.add_sightings(replaced.with_columns(document_id=pl.lit(B), file_name=pl.lit("a.pdf")), seen_at=NOW)
    assert warehouse.ledger.known(replaced)["document_id"].to_list() == [B]
    assert warehouse.ledger.known(FILES.head(1))["document_id"].to_list() == [None]


def test_add_sightings_twice_records_once(warehouse: Warehouse) -> None:
    see(warehouse, ["a"])
    see(warehouse, ["a", "b"], NOW + timedelta(days=1))
    assert warehouse.ledger.tables["sightings"].scan().collect().height == 2


def test_first_sightings_of_document_in_many_places_is_the_oldest(warehouse: Warehouse) -> None:
    see(warehouse, ["a"])
    other = pl.DataFrame({"document_id": [A], "source_uri": ["/copy"], "file_name": ["copy"], "byte_count": [9]})
    warehouse.ledger.add_sightings(other.with_columns(mtime_ns=pl.lit(1)), seen_at=NOW - timedelta(days=9))
    first = warehouse.ledger.first_sightings().collect()
    assert first["source_uri"].to_list() == ["/in/a.pdf"], "the clock went backwards: order of arrival counts"


def test_add_sightings_without_time_zone_raises(warehouse: Warehouse) -> None:
    with pytest.raises(ValueError, match="needs a time zone"):
        see(warehouse, ["a"], datetime(2026, 1, 1))


# ---- readings


def test_unread_seen_document_is_listed_until_it_is_read(warehouse: Warehouse) -> None:
    see(warehouse, ["a", "b"])
    assert set(warehouse.ledger.unread()["document_id"]) == {A, B}
    read(warehouse, ["a"])
    assert warehouse.ledger.unread()["document_id"].to_list() == [B]
    assert warehouse.ledger.unread()["file_name"].to_list() == ["b.pdf"]


def test_unread_is_asked_of_some_documents_only(warehouse: Warehouse) -> None:
    see(warehouse, ["a", "b"])
    assert warehouse.ledger.unread([A])["document_id"].to_list() == [A]


def test_unread_failed_document_counts_as_read(warehouse: Warehouse) -> None:
    see(warehouse, ["a"])
    read(warehouse, ["a"], reason="encrypted: needs a password")
    assert warehouse.ledger.unread().is_empty()
    assert warehouse.ledger.underived(VERSION).is_empty()


def test_cells_gives_back_what_was_read(warehouse: Warehouse) -> None:
    see(warehouse, ["a", "b"])
    read(warehouse, ["a", "b"])
    pending = warehouse.ledger.underived(VERSION)
    assert pending["cell_count"].to_list() == [4, 4]
    got = warehouse.ledger.cells(pending).sort("document_id", "cell_number")
    assert got.schema == contract.polars_schema(contract.Cells)
    assert got.equals(pl.concat([cells("a"), cells("b")]).sort("document_id", "cell_number"))


def test_cells_of_document_read_again_are_the_newest(warehouse: Warehouse) -> None:
    see(warehouse, ["a"])
    read(warehouse, ["a"], cell_count=4)
    read(warehouse, ["a"], version="reader-2", cell_count=2)
    assert warehouse.ledger.cells(warehouse.ledger.underived(VERSION)).height == 2


def test_cells_without_reading_do_not_count(warehouse: Warehouse) -> None:
    see(warehouse, ["a"])
    ledger = warehouse.ledger
    ledger.tables["cells"].append(cells("a", 9), ledger.tables["readings"].next_batch_id())
    assert warehouse.ledger.unread()["document_id"].to_list() == [A]
    read(warehouse, ["a"], cell_count=3)
    assert warehouse.ledger.cells(warehouse.ledger.underived(VERSION)).height == 3


def test_cells_of_no_documents_is_empty(warehouse: Warehouse) -> None:
    assert warehouse.ledger.cells(warehouse.ledger.underived(VERSION)).equals(contract.empty(contract.Cells))


def test_cells_of_one_batch_opens_only_its_file(warehouse: Warehouse) -> None:
    names = [f"d{i}" for i in range(5)]
    see(warehouse, names)
    ids = pl.Series([read(warehouse, [name]) for name in names])
    plan = warehouse.ledger.tables["cells"].scan_batches(ids[2:3]).explain()
    assert plan.count(".parquet") == 1


def test_add_readings_document_twice_raises(warehouse: Warehouse) -> None:
    with pytest.raises(ValueError, match="only once"):
        read(warehouse, ["a", "a"])


def test_add_readings_cells_of_a_stranger_raises(warehouse: Warehouse) -> None:
    one = pl.DataFrame(
        {"document_id": [A], "page_count": [1], "reader": ["pdfium"], "reader_version": ["1"], "reason": [None]},
        schema_overrides={"page_count": pl.Int32, "reason": pl.String},
    )
    with pytest.raises(ValueError, match="cells has rows of 1 documents that are not in the batch"):
        warehouse.ledger.add_readings(one, cells("b"), read_at=NOW)
    assert warehouse.ledger.tables["cells"].scan().collect().is_empty()


# ---- derivations


def test_underived_is_empty_when_all_is_derived_at_the_version(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()], "b": []})
    assert warehouse.ledger.underived(VERSION).is_empty()
    assert warehouse.ledger.underived("derive-2")["document_id"].sort().to_list() == sorted([A, B])
    assert warehouse.ledger.underived("derive-2", [A])["document_id"].to_list() == [A]


def test_underived_document_read_again_is_listed(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})
    read(warehouse, ["a"], version="reader-2")
    assert warehouse.ledger.underived(VERSION)["document_id"].to_list() == [A]


def test_derived_newest_derivation_of_each_document_counts(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm(score="1")], "b": [MadeUpForm(score="2")]})
    read(warehouse, ["a"], version="reader-2")
    derive(warehouse, {"a": [MadeUpForm(score="3"), MadeUpForm(score="4")]})
    scores = warehouse.ledger.snapshot(VERSION).table("forms").sort("form_id").collect()["total_score_text"]
    assert sorted(scores) == ["2", "3", "4"]
    assert warehouse.ledger.snapshot(VERSION).table("indicators").collect().height == 9


def test_derived_gives_back_the_contract_types(warehouse: Warehouse) -> None:
    made = {"a": [MadeUpForm(), MadeUpForm("q")], "b": [MadeUpForm("r")]}
    ingest(warehouse, made, held={form_id("b"): "m"})
    for name, expected in {**tables(made), "rule_counts": rule_counts(made)}.items():
        got = warehouse.ledger.snapshot(VERSION).table(name).collect()
        key = next(iter(expected.columns))
        assert got.schema == expected.schema
        assert got.sort(got.columns[:4]).equals(expected.sort(expected.columns[:4])), key
    assert (
        warehouse.ledger.snapshot(VERSION)
        .table("checks")
        .collect()
        .equals(checks({form_id("b"): "m"}, {form_id("b"): B}))
    )


def test_derived_rows_without_derivation_do_not_count(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})
    ledger = warehouse.ledger
    ledger.tables["derived_forms"].append(tables({"a": [MadeUpForm(score="7")]})["forms"], "000000000099-dead")
    assert warehouse.ledger.snapshot(VERSION).table("forms").collect()["total_score_text"].to_list() == ["99.5"]


def test_derived_version_that_nobody_has_is_empty(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})
    assert warehouse.ledger.snapshot("derive-2").table("forms").collect().is_empty()


def test_derived_version_that_came_back_needs_no_new_derivation(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm(score="1")]})
    derive(warehouse, {"a": [MadeUpForm(score="2")]}, version="derive-2")
    assert warehouse.ledger.underived(VERSION).is_empty()
    assert warehouse.ledger.snapshot(VERSION).table("forms").collect()["total_score_text"].to_list() == ["1"]


def test_add_derived_rows_of_a_stranger_raises_and_writes_nothing(warehouse: Warehouse) -> None:
    see(warehouse, ["a"])
    read(warehouse, ["a"])
    with pytest.raises(ValueError, match="forms has rows of 1 documents"):
        warehouse.ledger.add_derived(
            VERSION, warehouse.ledger.underived(VERSION), tables({"b": [MadeUpForm()]}), checks({}), rule_counts([]),
            derived_at=NOW,
        )  # fmt: skip
    assert warehouse.ledger.tables["derived_forms"].scan().collect().is_empty()
    assert warehouse.ledger.underived(VERSION).height == 1


def test_add_derived_indicators_without_their_form_raises(warehouse: Warehouse) -> None:
    see(warehouse, ["a"])
    read(warehouse, ["a"])
    made = tables({"a": [MadeUpForm()]})
    made["forms"] = made["forms"].clear()
    with pytest.raises(ValueError, match="rows of 1 forms that are not in forms"):
        warehouse.ledger.add_derived(
            VERSION, warehouse.ledger.underived(VERSION), made, checks({}), rule_counts([]), derived_at=NOW
        )  # fmt: skip


def test_add_derived_missing_table_raises(warehouse: Warehouse) -> None:
    made = tables({"a": []})
    del made["leftovers"]
    with pytest.raises(ValueError, match="expected exactly the tables"):
        warehouse.ledger.add_derived(
            VERSION, warehouse.ledger.underived(VERSION), made, checks({}), rule_counts([]), derived_at=NOW
        )  # fmt: skip


# ---- snapshot


def states(warehouse: Warehouse) -> dict[str, str]:
    return dict(warehouse.ledger.snapshot(VERSION).documents.select("file_name", "state").iter_rows())


def test_snapshot_tells_how_far_each_document_is(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})
    see(warehouse, ["b", "c", "d"])
    read(warehouse, ["b"])
    read(warehouse, ["c"], reason="damaged: no pages")
    assert states(warehouse) == {"a.pdf": "derived", "b.pdf": "pending", "c.pdf": "failed", "d.pdf": "pending"}


def test_snapshot_document_read_again_but_not_derived_keeps_the_older_derivation(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})
    read(warehouse, ["a"], version="reader-2")
    row = warehouse.ledger.snapshot(VERSION).documents.row(0, named=True)
    assert (row["state"], row["reader_version"], row["form_count"]) == ("derived", READER, 1)


def test_snapshot_document_that_cannot_be_read_any_more_failed(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})
    read(warehouse, ["a"], version="reader-2", reason="damaged: x")
    row = warehouse.ledger.snapshot(VERSION).documents.row(0, named=True)
    assert (row["state"], row["reason"], row["reader_version"], row["form_count"]) == (
        "failed", "damaged: x", "reader-2", 0,
    )  # fmt: skip


def test_snapshot_derivation_with_reason_failed(warehouse: Warehouse) -> None:
    see(warehouse, ["a"])
    read(warehouse, ["a"])
    pending = warehouse.ledger.underived(VERSION).with_columns(reason=pl.lit("derive_error: rows without a form"))
    warehouse.ledger.add_derived(VERSION, pending, tables({}), checks({}), rule_counts([]), derived_at=NOW)
    row = warehouse.ledger.snapshot(VERSION).documents.row(0, named=True)
    assert (row["state"], row["reason"], row["page_count"]) == ("failed", "derive_error: rows without a form", 3)
    assert warehouse.ledger.underived(VERSION).is_empty()


def test_snapshot_has_the_pages_of_a_document_that_gave_no_form(warehouse: Warehouse) -> None:
    see(warehouse, ["a"])
    read(warehouse, ["a"])
    pending = warehouse.ledger.underived(VERSION).with_columns(reason=pl.lit("form_not_read: page 1 says 自评"))
    page = {"document_id": A, "page_number": 1, "kind": "outside", "has_lost_form": True}
    counts = {
        name: 0
        for name, kind in contract.polars_schema(contract.Pages).items()
        if kind == pl.Int32 and name not in page
    }
    pages = pl.DataFrame([page | counts], schema=contract.polars_schema(contract.Pages))
    made = {**tables({}), "pages": pages}
    warehouse.ledger.add_derived(VERSION, pending, made, checks({}), rule_counts([]), derived_at=NOW)
    snapshot = warehouse.ledger.snapshot(VERSION)
    assert snapshot.documents["state"].to_list() == ["failed"]
    assert snapshot.table("pages").collect().select("document_id", "kind").rows() == [(A, "outside")]
    assert snapshot.table("forms").collect().is_empty()


def test_snapshot_has_the_pages_of_a_document_that_could_not_be_read(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()], "b": [MadeUpForm()]})
    of_good = warehouse.ledger.snapshot(VERSION).table("pages").collect()
    read(warehouse, ["b"], reason="needs_ocr: page 2 is a picture", page_marks="r10+2s,p0+0,b0+0")
    read(warehouse, ["a"], page_marks="r10+0")
    pages = warehouse.ledger.snapshot(VERSION).table("pages").collect().filter(document_id=B).sort("page_number")
    fates = [f"{fate}_characters" for fate in ("value", "label", "leftover", "furniture", "outside")]
    assert pages.select(
        "page_number", "kind", "character_count", "outside_characters", "furniture_characters"
    ).rows() == [
        (1, "outside", 12, 10, 2),
        (2, "unreadable", 0, 0, 0),
        (3, "blank", 0, 0, 0),
    ]
    assert pages.filter(pl.sum_horizontal(fates) != pl.col("character_count")).is_empty()
    assert (
        warehouse.ledger.snapshot(VERSION)
        .table("pages")
        .collect()
        .filter(document_id=A)
        .equals(of_good.filter(document_id=A))
    )


def test_snapshot_has_no_pages_of_a_document_that_cannot_be_opened(warehouse: Warehouse) -> None:
    see(warehouse, ["a"])
    read(warehouse, ["a"], reason="damaged: the document cannot be opened")
    assert warehouse.ledger.snapshot(VERSION).table("pages").collect().is_empty()


def test_snapshot_later_appends_do_not_change_it(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})
    snapshot = warehouse.ledger.snapshot(VERSION)
    read(warehouse, ["a"], version="reader-2")
    derive(warehouse, {"a": [MadeUpForm(score="3")]})
    ingest(warehouse, {"b": [MadeUpForm("q")]})
    assert snapshot.table("forms").collect()["total_score_text"].to_list() == ["99.5"]


def test_snapshot_digest_changes_with_ledger_and_versions_only(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})
    digest = warehouse.ledger.snapshot(VERSION).digest({"v": "1"})
    see(warehouse, ["z"])
    assert warehouse.ledger.snapshot(VERSION).digest({"v": "1"}) == digest, "a pending document changes nothing"
    assert warehouse.ledger.snapshot(VERSION).digest({"v": "2"}) != digest
    ingest(warehouse, {"b": []})
    assert warehouse.ledger.snapshot(VERSION).digest({"v": "1"}) != digest


# ---- runs and events


def test_runs_newest_state_of_each_counts(warehouse: Warehouse) -> None:
    run = {"run_id": "r1", "kind": "ingest", "state": "running", "started_at": NOW}
    warehouse.ledger.add_run(run)
    warehouse.ledger.add_run(run | {"state": "completed", "finished_at": NOW, "release_id": "000001-x"})
    warehouse.ledger.add_run(run | {"run_id": "r2", "started_at": NOW + timedelta(hours=1)})
    assert warehouse.ledger.runs().select("run_id", "state").rows() == [("r1", "completed"), ("r2", "running")]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 99)), unique_by=lambda row: row[1]))
@settings(deadline=None)
def test_newest_is_the_greatest_batch_of_each_key(rows: list[tuple[str, int]]) -> None:
    frame = pl.DataFrame(rows, schema={"key": pl.String, "n": pl.Int64}, orient="row")
    got = newest(
        frame.with_columns(batch_id=pl.format("{}-x", pl.col("n").cast(pl.String).str.zfill(12))).lazy(), "key"
    )
    expected: dict[str, int] = {}
    for key, n in rows:
        expected[key] = max(n, expected.get(key, -1))
    assert dict(got.select("key", "n").collect().iter_rows()) == expected


def test_unread_failure_that_may_heal_is_listed_again(warehouse: Warehouse) -> None:
    see(warehouse, ["a", "b"])
    read(warehouse, ["a"], reason="reader_crashed: the process ended")
    read(warehouse, ["b"], reason="encrypted: needs a password")
    assert warehouse.ledger.unread(retry=["reader_crashed"])["document_id"].to_list() == [A]
    assert warehouse.ledger.unread(retry=["reader_crashed"], given=[B]).is_empty()
    read(warehouse, ["a"])
    assert warehouse.ledger.unread(retry=["reader_crashed"]).is_empty()


def test_runs_keep_the_killed_begin_of_a_run_that_was_resumed(warehouse: Warehouse) -> None:
    run = {"run_id": "r", "kind": "backfill"}
    for state, day in (("running", 0), ("crashed", 0), ("running", 1), ("completed", 1)):
        warehouse.ledger.add_run({**run, "state": state, "started_at": NOW + timedelta(days=day)})
    assert warehouse.ledger.runs()["state"].to_list() == ["crashed", "completed"]


def test_unread_document_that_met_a_limit_has_one_more_try(warehouse: Warehouse) -> None:
    see(warehouse, ["a"])
    said = {"reader_timeout": "longer than 300 s", "reader_crashed": ""}

    def listed(once_more: dict[str, str], now: str = READER) -> bool:
        return not warehouse.ledger.unread(once_more=once_more, now=now).is_empty()

    read(warehouse, ["a"], reason="reader_timeout: reading this PDF took longer than 300 s; ...")
    assert listed(said)
    read(warehouse, ["a"], reason="reader_timeout: reading this PDF took longer than 300 s; ...")
    assert not listed(said)
    assert listed({"reader_timeout": "longer than 600 s"}), "the limit is another"
    assert listed(said, "reader-2"), "the reader is another"
    read(warehouse, ["a"])
    assert not listed({"reader_timeout": "longer than 600 s"})
