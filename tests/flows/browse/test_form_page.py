from __future__ import annotations

import polars as pl
import pytest

from flows.browse.data import OneForm, ReleaseData
from flows.browse.form_page import GROUPS, INDICATORS, form_facts
from flows.browse.pictures import Pictures
from flows.reports.places import suspects
from warehouse.contract.read_from import EVIDENCE


@pytest.fixture
def form(data: ReleaseData, held_form: str) -> OneForm:
    found = data.form(held_form)
    assert found is not None
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_form_facts_every_printed_value_has_its_place(data: ReleaseData, pictures: Pictures, language: str) -> None:
    for form_id in data.forms["form_id"]:
        found = data.form(form_id)
        assert found is not None
        facts = form_facts(found, pictures, language)
        values = [value for group in facts["groups"].values() for value in group if value.printed is not None]
        values += [value for record in (*facts["funding"], *facts["indicators"]) for value in record.values]
        assert len(values) == found.evidence.unique(["record_id", "column_name"]).height
        assert [value.id for value in values if not value.boxes] == []
        boxes = {box.number: box for page in facts["pages"] for box in page.boxes}
        assert {number for value in values for number in value.boxes} == boxes.keys()
        for page in facts["pages"]:
            assert page.problem == ""
            assert all(0 <= box.x0 < box.x1 <= page.size.width for box in page.boxes)
            assert all(0 <= box.top < box.bottom <= page.size.height for box in page.boxes)


def test_form_facts_findings_are_pinned_to_what_they_compare(form: OneForm, pictures: Pictures) -> None:
    facts = form_facts(form, pictures, "en")
    worst = facts["findings"][0]
    assert (worst["rule_id"], worst["severity"], worst["number"]) == ("R15", "critical", 1)
    assert worst["message"].startswith("the execution rate should lie between")  # page and project are left out
    assert worst["values"].keys() == {"form.annual_budget_cny", "form.executed_cny", "form.execution_rate_pct"}
    rate = next(value for value in facts["groups"]["money"] if value.id == "form.execution_rate_pct")
    assert [(pin.rule_id, pin.number) for pin in rate.pins] == [("R15", 1)]
    (number,) = rate.boxes
    box = next(box for page in facts["pages"] for box in page.boxes if box.number == number)
    assert (box.severity, "R15" in box.rules) == ("critical", True)


def test_form_facts_says_what_was_read_where_that_differs(form: OneForm, pictures: Pictures) -> None:
    money = {value.id: value for value in form_facts(form, pictures, "en")["groups"]["money"]}
    executed = money["form.executed_cny"]
    assert (executed.label, executed.printed, executed.read) == ("Executed", "158.40", "1,584,000 yuan")
    assert money["form.execution_weight_points"].read == ""  # 10.00 is 10
    recomputed = money["form.recomputed_rate_pct"]
    assert (recomputed.printed, recomputed.read, recomputed.boxes) == (None, "102.5907", [])


def test_form_facts_without_its_pdf_shows_values_and_says_so(form: OneForm, pictures: Pictures) -> None:
    facts = form_facts(
        OneForm(
            {**form.about, "document_id": "0" * 64},
            form.funding,
            form.indicators,
            form.evidence,
            form.findings,
            form.pairs,
        ),
        pictures,
        "en",
    )
    assert [(page.size, page.problem) for page in facts["pages"]] == [(None, "missing")]
    assert facts["groups"]["money"]
    assert {tuple(value.boxes) for value in facts["groups"]["money"]} == {()}  # no link to what is not there


def test_form_facts_a_cell_that_the_form_does_not_have_is_not_shown_as_blank(form: OneForm, pictures: Pictures) -> None:
    in_lines_only = form.evidence.filter(
        ~((pl.col("table_name") == "forms") & (pl.col("column_name") == "executed_cny"))
    )
    without = OneForm(
        form.about, form.funding, form.indicators, in_lines_only, form.findings, suspects(in_lines_only, form.findings)
    )
    facts = form_facts(without, pictures, "en")
    assert "form.executed_cny" not in {value.id for value in facts["groups"]["money"]}
    assert facts["funding"][0].values[3].printed == "158.40"


def test_form_facts_a_value_on_another_page_than_the_form_has_its_page(form: OneForm, pictures: Pictures) -> None:
    far = form.evidence.with_columns(
        page_number=pl.when(pl.col("column_name") == "title").then(2).otherwise("page_number").cast(pl.Int32)
    )
    facts = form_facts(
        OneForm(form.about, form.funding, form.indicators, far, form.findings, form.pairs), pictures, "en"
    )
    assert [(page.number, page.problem, len(page.boxes) > 1) for page in facts["pages"]] == [
        (1, "", True),
        (2, "unreadable", False),
    ]


def test_groups_and_indicators_show_every_column_that_has_places() -> None:
    shown = {column for columns in GROUPS.values() for column in columns}
    assert shown == set(EVIDENCE["forms"])
    assert {"indicator_name", *INDICATORS} == set(EVIDENCE["indicators"])


def test_form_of_another_release_is_not_there(data: ReleaseData) -> None:
    assert data.form("0" * 24 + "-001") is None


def test_places_without_coordinates_have_no_box(form: OneForm, pictures: Pictures) -> None:
    blank = form.evidence.with_columns(pl.lit(None, pl.Float64).alias("x0"))
    facts = form_facts(
        OneForm(form.about, form.funding, form.indicators, blank, form.findings, form.pairs), pictures, "zh"
    )
    assert [box for page in facts["pages"] for box in page.boxes] == []
    assert {value.boxes == [] for group in facts["groups"].values() for value in group} == {True}
