from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import polars as pl

from tests.support.builders import VERSION, MadeUpForm, derive, document_id, frame, nothing_held, publish, read
from warehouse.contract.ledger_tables import Fetches, SourceRuns
from warehouse.warehouse import Warehouse

FIRST = datetime(2026, 3, 1, 18, tzinfo=UTC)
SECOND = FIRST + timedelta(days=1)
THIRD = FIRST + timedelta(days=2)


def see_in(warehouse: Warehouse, source: str | None, names: Iterable[str], seen_at: datetime, uri: str = "/in/") -> int:
    rows = pl.DataFrame(
        [(document_id(n), f"{uri}{n}.pdf", f"{n}.pdf", 9, 1, source) for n in names],
        schema={
            "document_id": pl.String,
            "source_uri": pl.String,
            "file_name": pl.String,
            "byte_count": pl.Int64,
            "mtime_ns": pl.Int64,
            "source": pl.String,
        },
        orient="row",
    )
    return warehouse.ledger.add_sightings(rows, seen_at=seen_at)


def counted(warehouse: Warehouse, source: str, seen_at: datetime, listed: int, **given: object) -> None:
    row = {"run_id": "r", "source_name": source, "kind": "index", "listed": listed, "fetched": listed, "unchanged": 0}
    row |= {"failed": 0, "state": "fresh", "seen_at": seen_at, "region": "湖北", **given}
    warehouse.ledger.add_source_runs(frame(SourceRuns, [row]))


def published(warehouse: Warehouse, names: list[str]) -> pl.DataFrame:
    fresh = set(warehouse.ledger.unread()["document_id"])
    new = [n for n in names if document_id(n) in fresh]
    if new:
        read(warehouse, new)
        derive(warehouse, {n: [MadeUpForm(n)] for n in new})
    release = publish(warehouse, VERSION, nothing_held, now=THIRD).release
    return release.scan("sources").collect()


def test_sources_table_tells_documents_and_counts_of_the_run_that_last_brought_news(warehouse: Warehouse) -> None:
    see_in(warehouse, "hubei", ["a", "b"], FIRST)
    counted(warehouse, "hubei", FIRST, 2, state="shrinking")
    counted(warehouse, "hubei", SECOND, 2, fetched=0, unchanged=2, state="overdue", expected_days=1)
    row = published(warehouse, ["a", "b"]).row(0, named=True)
    assert (row["source_name"], row["region"], row["expected_days"]) == ("hubei", "湖北", 1)
    assert (row["document_count"], row["published_count"], row["last_new_at"]) == (2, 2, FIRST)
    assert (row["listed_count"], row["fetched_count"], row["state"]) == (2, 2, "shrinking")


def test_sources_table_run_without_news_changes_no_release(warehouse: Warehouse) -> None:
    see_in(warehouse, "hubei", ["a"], FIRST)
    counted(warehouse, "hubei", FIRST, 1)
    published(warehouse, ["a"])
    see_in(warehouse, "hubei", ["a"], SECOND)
    counted(warehouse, "hubei", SECOND, 1, fetched=0, unchanged=1, state="overdue")
    assert not publish(warehouse, VERSION, nothing_held, now=THIRD).is_new
    assert not publish(warehouse, VERSION, nothing_held, now=THIRD, force=True).is_new


def test_sources_table_run_that_ended_early_has_no_counts(warehouse: Warehouse) -> None:
    counted(warehouse, "hubei", FIRST, 0)
    see_in(warehouse, "hubei", ["a"], SECOND)
    row = published(warehouse, ["a"]).row(0, named=True)
    assert (row["document_count"], row["last_new_at"], row["listed_count"], row["state"]) == (1, SECOND, None, None)


def test_documents_in_two_sources_name_both_and_take_the_region_of_the_first(warehouse: Warehouse) -> None:
    see_in(warehouse, None, ["a", "b"], FIRST)
    see_in(warehouse, "wuhan", ["a"], FIRST)
    see_in(warehouse, "hubei", ["a"], SECOND, uri="/elsewhere/")
    counted(warehouse, "hubei", SECOND, 1)
    counted(warehouse, "wuhan", SECOND, 1, region="武汉", default_department="市财政局")
    published(warehouse, ["a", "b"])
    current = warehouse.releases.current()
    assert current is not None
    documents = current.scan("documents").collect().sort("file_name")
    assert documents.select("sources", "region", "default_department").rows() == [
        ("hubei | wuhan", "武汉", "市财政局"),
        (None, None, None),
    ]


def test_add_sightings_one_place_in_two_sources_is_kept_for_both_once(warehouse: Warehouse) -> None:
    assert see_in(warehouse, "hubei", ["a"], FIRST) == 1
    assert see_in(warehouse, "wuhan", ["a"], FIRST) == 1
    assert see_in(warehouse, "hubei", ["a"], SECOND) == 0
    assert warehouse.ledger.documents_of_sources()["source_name"].to_list() == ["hubei", "wuhan"]


def test_fetches_give_the_newest_of_each_address(warehouse: Warehouse) -> None:
    for etag in ('"1"', '"2"'):
        fetch = {"source_uri": "https://x/a.zip", "content": "zip", "byte_count": 3, "etag": etag, "asked_at": FIRST}
        warehouse.ledger.add_fetches(frame(Fetches, [fetch]))
    assert warehouse.ledger.fetches().select("source_uri", "etag").rows() == [("https://x/a.zip", '"2"')]


def test_documents_at_places_that_were_never_seen_is_empty(warehouse: Warehouse) -> None:
    see_in(warehouse, None, ["a"], FIRST, uri="https://x/a.zip#2023/")
    found = warehouse.ledger.documents_at(["https://x/a.zip#2023/a.pdf", "https://x/a.zip"])
    assert found.select("source_uri", "document_id").rows() == [("https://x/a.zip#2023/a.pdf", document_id("a"))]
