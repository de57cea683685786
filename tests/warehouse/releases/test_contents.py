from __future__ import annotations

from datetime import date

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from tests.support.builders import (
    MadeUpForm,
    checks,
    document_id,
    form_id,
    frame,
    rule_counts,
    tables,
)
from tests.support.contents import SOURCES, contents, snapshot_documents
from warehouse import contract
from warehouse.errors import AccountDoesNotBalance
from warehouse.releases.contents import Contents, Verdict, release_contents

MADE = {
    "a": [MadeUpForm("p1"), MadeUpForm("p2")],
    "b": [MadeUpForm("p1")],
    "c": [MadeUpForm("p2", score="80")],
    "d": [],
    "e": [MadeUpForm("p3")],
    "f": [MadeUpForm("p4"), MadeUpForm("p5")],
}


HELD = {form_id("e"): "R06", form_id("f", 2): "R02"}


@pytest.fixture(scope="module")
def made() -> Contents:
    return contents(MADE, HELD)


def test_release_contents_documents_have_status_and_reason(made: Contents) -> None:
    documents = made.tables["published", "documents"].collect()
    reported = {row["file_name"]: (row["status"], row["reason"]) for row in documents.iter_rows(named=True)}
    assert {name: status for name, (status, _) in reported.items()} == {
        "a": "published",
        "b": "published",
        "c": "published",
        "d": "no_form",
        "e": "quarantined",
        "f": "partly_published",
    }
    assert reported["a"][1] is None
    assert reported["b"][1].startswith("duplicate: ")
    assert reported["d"][1].startswith("no_form: ")
    assert reported["e"][1] == "held_back: 1 of 1 forms: R06"
    assert reported["f"][1] == "held_back: 1 of 2 forms: R02"


@pytest.mark.parametrize(("kind", "status"), [("unreadable", "partly_published"), ("outside", "published")])
def test_release_contents_document_with_an_unread_page_is_published_in_part(kind: str, status: str) -> None:
    fates = [f"{fate}_characters" for fate in ("value", "label", "leftover", "furniture", "outside")]
    row = {
        "document_id": document_id("a"),
        "page_number": 2,
        "kind": kind,
        "has_lost_form": False,
        **dict.fromkeys(["character_count", *fates], 0),
    }
    pages = pl.DataFrame([row], schema=contract.polars_schema(contract.Pages))
    made = contents({"a": MADE["a"]}, {}, pages=pages)
    document = made.tables["published", "documents"].collect().row(0, named=True)
    assert document["status"] == status
    assert (document["reason"] or "").startswith("unread_pages: what page 2 shows") == (kind == "unreadable")


def test_release_contents_every_form_is_in_one_place(made: Contents) -> None:
    outcome = dict(made.outcomes.select("form_id", "outcome").iter_rows())
    assert outcome == {
        form_id("a", 1): "published",
        form_id("a", 2): "superseded",
        form_id("b"): "duplicate",
        form_id("c"): "published",
        form_id("e"): "quarantined",
        form_id("f", 1): "published",
        form_id("f", 2): "quarantined",
    }
    for name in contract.FORM_TABLES:
        published = made.tables["published", name].select("form_id").unique().collect()["form_id"]
        quarantine = made.tables["quarantine", name].select("form_id").unique().collect()["form_id"]
        assert sorted(published) == sorted(f for f, o in outcome.items() if o == "published")
        assert sorted(quarantine) == sorted(HELD)


def test_release_contents_checks_cover_all_forms(made: Contents) -> None:
    assert sorted(made.tables["published", "checks"].collect()["form_id"]) == sorted(HELD)


def test_release_contents_occurrences_lists_own_document_first(made: Contents) -> None:
    rows = made.tables["published", "occurrences"].filter(form_id=form_id("a", 1)).collect()
    assert rows["document_id"].to_list() == [document_id("a"), document_id("b")]


def test_release_contents_rule_results_sum_over_documents(made: Contents) -> None:
    rows = made.tables["published", "rule_results"].collect()
    assert rows.select("rule_id", "passed", "failed").rows() == [("R06", len(MADE), 0)]


def test_release_contents_tables_obey_the_contract(made: Contents) -> None:
    for (_, name), rows in made.tables.items():
        contract.conform(rows.collect(), contract.TABLES[name])
    assert {name for place, name in made.tables if place == "published"} == set(contract.TABLES)
    assert {name for place, name in made.tables if place == "quarantine"} == set(contract.FORM_TABLES)


def test_release_contents_held_revision_leaves_the_older_form_published() -> None:
    got = contents({"a": [MadeUpForm()], "b": [MadeUpForm(score="1")]}, {form_id("b"): "R07"})
    assert got.outcomes["outcome"].to_list().count("published") == 1
    assert got.outcomes.filter(outcome="published")["form_id"].to_list() == [form_id("a")]


def test_release_contents_failed_document_keeps_its_reason() -> None:
    got = contents({"a": [MadeUpForm()], "z": []}, {}, z="failed").tables["published", "documents"].collect()
    row = got.filter(file_name="z").row(0, named=True)
    assert (row["status"], row["reason"], row["form_count"]) == ("failed", "encrypted: no password", 0)


def test_release_contents_pending_document_is_left_out_and_counted() -> None:
    got = contents({"a": [MadeUpForm()], "z": []}, {}, z="pending")
    assert got.tables["published", "documents"].collect()["file_name"].to_list() == ["a"]
    assert dict(got.account.iter_rows())["documents_pending"] == 1


def test_release_contents_lost_form_does_not_balance() -> None:
    documents = snapshot_documents({"a": [MadeUpForm(), MadeUpForm("q")]})
    derived = {name: rows.lazy() for name, rows in tables({"a": [MadeUpForm()]}).items()}
    derived |= {"checks": checks({}).lazy(), "rule_counts": rule_counts([]).lazy()}
    held = pl.DataFrame(schema={"form_id": pl.String, "reason": pl.String})
    with pytest.raises(AccountDoesNotBalance, match="forms read 2"):
        release_contents(documents, SOURCES, derived, Verdict(held=held))


def test_release_contents_verdict_on_unknown_form_raises() -> None:
    with pytest.raises(ValueError, match="do not exist, such as nobody"):
        contents({"a": [MadeUpForm()]}, {"nobody": "R01"})


def test_release_contents_dataset_checks_of_the_verdict_are_published() -> None:
    derived = {name: rows.lazy() for name, rows in tables({"a": [MadeUpForm()]}).items()}
    derived |= {"checks": checks({}).lazy(), "rule_counts": rule_counts(["a"]).lazy()}
    more = frame(
        contract.Checks,
        [
            {
                "document_id": "",
                "form_id": "",
                "rule_id": "D01",
                "table_name": "forms",
                "record_id": "forms",
                "rule_version": 1,
                "severity": "warning",
                "status": "fail",
            }
        ],
    )
    held = pl.DataFrame(schema={"form_id": pl.String, "reason": pl.String})
    got = release_contents(snapshot_documents({"a": [MadeUpForm()]}), SOURCES, derived, Verdict(held=held, checks=more))
    assert got.tables["published", "checks"].collect()["rule_id"].to_list() == ["D01"]


def test_release_contents_several_reasons_of_a_form_are_joined() -> None:
    derived = {name: rows.lazy() for name, rows in tables({"a": [MadeUpForm()]}).items()}
    derived |= {"checks": checks({}).lazy(), "rule_counts": rule_counts(["a"]).lazy()}
    held = pl.DataFrame({"form_id": [form_id("a")] * 3, "reason": ["R15", "R02", "R15"]})
    got = release_contents(snapshot_documents({"a": [MadeUpForm()]}), SOURCES, derived, Verdict(held=held))
    assert got.outcomes["reason"].to_list() == ["R02; R15"]


def test_release_contents_publishes_the_corrections_of_the_verdict() -> None:
    row = (form_id("a"), "forms", 0, "rating", form_id("a"), "replace", "refused", "优", "良", "中", "a slip", "Li")
    schema = contract.polars_schema(contract.Corrections)
    reported = pl.DataFrame([(*row, date(2026, 1, 5))], schema=schema, orient="row")
    made = {"a": [MadeUpForm()]}
    derived = {name: rows.lazy() for name, rows in tables(made).items()}
    derived |= {"checks": checks({}).lazy(), "rule_counts": rule_counts(made).lazy()}
    held = pl.DataFrame(schema={"form_id": pl.String, "reason": pl.String})
    contents_made = release_contents(
        snapshot_documents(made), SOURCES, derived, Verdict(held=held, corrections=reported)
    )
    published = contents_made.tables["published", "corrections"].collect()
    assert_frame_equal(contract.conform(published, contract.Corrections), reported)


def test_release_contents_sources_count_their_documents_by_status(made: Contents) -> None:
    rows = made.tables["published", "sources"].collect()
    assert contract.conform(rows, contract.Sources).height == 3
    counted = rows.select("source_name", "document_count", "published_count", "quarantined_count").rows()
    assert counted == [("hubei", 1, 1, 0), ("shandong", 0, 0, 0), ("wuhan", 1, 1, 0)]
