from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from tests.support.builders import (
    NOW,
    VERSION,
    MadeUpForm,
    critical_held,
    derive,
    document_id,
    form_id,
    ingest,
    nothing_held,
    publish,
    read,
    see,
)
from warehouse.errors import AccountDoesNotBalance, WarehouseError
from warehouse.releases.contents import Verdict
from warehouse.warehouse import Warehouse


def published_files(warehouse: Warehouse) -> dict[str, tuple[int, int]]:
    return {
        str(path.relative_to(warehouse.root)): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in (warehouse.root / "published").glob("*/*")
    }


def test_publish_empty_warehouse_gives_empty_tables(warehouse: Warehouse) -> None:
    published = publish(warehouse)
    assert published.is_new
    assert published.account["count"].sum() == 0
    assert pl.read_parquet(warehouse.root / "published/forms/**/*.parquet").is_empty()


def test_publish_again_without_news_changes_no_file(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})
    first = publish(warehouse)
    before = published_files(warehouse)

    def never(_: Mapping[str, pl.LazyFrame]) -> Verdict:
        raise AssertionError("the gate was asked though nothing had changed")

    again = publish(warehouse, VERSION, never, now=NOW + timedelta(days=1))
    assert (again.is_new, again.release.release_id) == (False, first.release.release_id)
    assert again.account.equals(first.account)
    assert published_files(warehouse) == before


def test_publish_same_rows_derived_again_changes_no_file(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})
    publish(warehouse)
    before = published_files(warehouse)
    read(warehouse, ["a"])
    derive(warehouse, {"a": [MadeUpForm()]})
    again = publish(warehouse)
    assert not again.is_new
    assert published_files(warehouse) == before
    assert len(warehouse.releases.kept()) == 1
    digest = warehouse.ledger.snapshot(VERSION).digest({"derive_version": VERSION})
    assert again.release.is_made_from(digest), "the next run need not build the release to find nothing new"


def test_publish_copy_seen_elsewhere_changes_nothing(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})
    publish(warehouse)
    copy = pl.DataFrame(
        {
            "document_id": [document_id("a")],
            "source_uri": ["/x"],
            "file_name": ["x"],
            "byte_count": [9],
            "mtime_ns": [1],
        }
    )
    warehouse.ledger.add_sightings(copy, seen_at=NOW)
    assert not publish(warehouse).is_new


def test_publish_lost_documents_of_this_run_does_not_balance(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})
    see(warehouse, ["b"])
    with pytest.raises(AccountDoesNotBalance, match="1 documents are not read or not derived"):
        publish(warehouse, must_cover=[document_id("a"), document_id("b")])
    assert warehouse.releases.current() is None
    assert dict(publish(warehouse).account.iter_rows())["documents_pending"] == 1


def test_publish_at_a_version_that_lacks_published_documents_does_not_balance(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()], "b": [MadeUpForm("q")]})
    publish(warehouse)
    before = published_files(warehouse)
    derive(warehouse, {"a": [MadeUpForm(score="1")]}, version="derive-2")
    with pytest.raises(AccountDoesNotBalance, match=document_id("b")):
        publish(warehouse, "derive-2", critical_held, now=NOW)
    assert published_files(warehouse) == before


def test_publish_rows_lost_in_the_ledger_does_not_balance(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})
    publish(warehouse)
    before = published_files(warehouse)
    ingest(warehouse, {"b": [MadeUpForm("q")]})
    newest = max((warehouse.root / "ledger/derived_forms/_delta_log").glob("*.json"))
    newest.unlink()
    with pytest.raises(AccountDoesNotBalance, match="forms read 2, but published 1"):
        publish(warehouse)
    assert published_files(warehouse) == before


def test_publish_gate_that_fails_publishes_nothing_and_frees_the_lock(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})

    def broken(_: Mapping[str, pl.LazyFrame]) -> Verdict:
        raise RuntimeError("a rule is broken")

    with pytest.raises(RuntimeError, match="a rule is broken"):
        publish(warehouse, VERSION, broken, now=NOW)
    assert warehouse.releases.current() is None
    assert publish(warehouse).is_new


def test_publish_gate_sees_exactly_what_is_published(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm("p", score="1")]})
    seen: list[str] = []

    def gate(tables: Mapping[str, pl.LazyFrame]) -> Verdict:
        ingest(warehouse, {"late": [MadeUpForm("q")]}, held={form_id("late"): "m"})
        seen.extend(tables["forms"].collect()["form_id"])
        return critical_held(tables)

    publish(warehouse, VERSION, gate, now=NOW)
    shown = pl.read_parquet(warehouse.root / "published/forms/**/*.parquet")["form_id"].to_list()
    assert shown == seen == [form_id("a")]
    assert publish(warehouse).is_new
    assert pl.read_parquet(warehouse.root / "quarantine/forms/**/*.parquet")["form_id"].to_list() == [form_id("late")]


def test_publish_revision_newest_counts_and_is_an_event(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm(score="99")]})
    publish(warehouse)
    ingest(warehouse, {"b": [MadeUpForm(score="98")]})
    release = publish(warehouse).release
    forms = pl.read_parquet(warehouse.root / "published/forms/**/*.parquet")
    assert forms["form_id"].to_list() == [form_id("b")]
    events = warehouse.ledger.events().select("kind", "form_id", "other_form_id", "release_id").rows()
    assert events == [("revision", form_id("a"), form_id("b"), release.release_id)]
    older = warehouse.ledger.snapshot(VERSION).table("forms").filter(form_id=form_id("a")).collect()
    assert older["total_score_text"].to_list() == ["99"], "the older one is kept in the ledger"


def test_publish_form_freed_by_a_new_rule_version_is_an_event(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]}, held={form_id("a"): "m"})
    publish(warehouse)
    derive(warehouse, {"a": [MadeUpForm()]}, version="derive-2")
    publish(warehouse, "derive-2", critical_held, now=NOW)
    assert warehouse.ledger.events().select("kind", "form_id").rows() == [("released", form_id("a"))]
    assert pl.read_parquet(warehouse.root / "quarantine/forms/**/*.parquet").is_empty()


def test_publish_events_lost_by_a_kill_are_recorded_by_the_next_run(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    ingest(warehouse, {"a": [MadeUpForm()], "b": [MadeUpForm()]})
    with monkeypatch.context() as patched:
        patched.setattr(warehouse.publishing, "settle_events", lambda: None)
        publish(warehouse)
    assert warehouse.ledger.events().is_empty()
    assert not publish(warehouse).is_new
    assert not publish(warehouse).is_new
    assert warehouse.ledger.events()["kind"].to_list() == ["duplicate"]


def test_publish_clock_going_backwards_newer_document_still_counts(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm(score="99")]})
    publish(warehouse)
    see(warehouse, ["b"], NOW - timedelta(days=400))
    read(warehouse, ["b"])
    derive(warehouse, {"b": [MadeUpForm(score="98")]})
    later = publish(warehouse, VERSION, nothing_held, now=NOW - timedelta(days=400))
    assert later.release.release_id.startswith("000002-")
    assert pl.read_parquet(warehouse.root / "published/forms/**/*.parquet")["form_id"].to_list() == [form_id("b")]


def test_warehouse_on_a_file_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("in the way")
    with pytest.raises(WarehouseError, match="choose another folder"):
        Warehouse(tmp_path / "data")


def test_maintain_changes_nothing_that_is_reported(warehouse: Warehouse) -> None:
    for name in "abc":
        ingest(warehouse, {name: [MadeUpForm(name)]})
    publish(warehouse)
    before = published_files(warehouse)
    cells = warehouse.ledger.cells(warehouse.ledger.underived("other")).sort("document_id", "cell_number")
    done = warehouse.maintain(timedelta(0))
    assert done.filter(table="cells").select("files_joined", "files_made").row(0) == (3, 1)
    assert warehouse.ledger.cells(warehouse.ledger.underived("other")).sort("document_id", "cell_number").equals(cells)
    assert not publish(warehouse).is_new
    assert not publish(warehouse, force=True).is_new
    assert published_files(warehouse) == before


def test_maintain_purges_old_rows_that_nothing_counts_and_no_others(warehouse: Warehouse) -> None:
    made = {"a": [MadeUpForm()], "b": [MadeUpForm("q")]}
    ingest(warehouse, made)
    for name, forms in made.items():
        read(warehouse, [name])
        derive(warehouse, {name: forms})
    release = publish(warehouse).release
    before = published_files(warehouse)
    assert warehouse.maintain(purge_before=NOW)["rows_purged"].sum() == 0, "nothing is older than that moment"
    done = warehouse.maintain(purge_before=NOW + timedelta(seconds=1))
    purged = dict(done.select("table", "rows_purged").iter_rows())
    assert (purged["readings"], purged["cells"], purged["derivations"], purged["derived_indicators"]) == (2, 8, 2, 6)
    assert warehouse.ledger.tables["cells"].scan().collect().height == 8
    assert warehouse.ledger.underived(VERSION).is_empty()
    again = publish(warehouse, force=True)
    assert (again.release.release_id, again.is_new) == (release.release_id, False)
    assert published_files(warehouse) == before


def test_maintain_keeps_the_reading_that_a_counting_derivation_was_made_from(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()]})
    read(warehouse, ["a"])
    warehouse.maintain(purge_before=NOW + timedelta(days=1))
    assert warehouse.ledger.tables["readings"].scan().collect().height == 2
    assert warehouse.ledger.snapshot(VERSION).documents["page_count"].to_list() == [3]
