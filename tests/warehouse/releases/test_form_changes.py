from __future__ import annotations

from typing import Any

import polars as pl

from tests.support.builders import MadeUpForm, derive, form_id, ingest, publish
from warehouse.releases.contents import Verdict
from warehouse.releases.diff import diff_releases
from warehouse.releases.form_changes import FORM_CHANGE_SCHEMA, form_changes
from warehouse.releases.release import Release
from warehouse.releases.revisions import revised_forms
from warehouse.warehouse import Warehouse


def _changes(before: Release, after: Release) -> list[dict[str, Any]]:
    found = form_changes(before, after, diff_releases(before, after))
    assert found.schema == FORM_CHANGE_SCHEMA
    return found.to_dicts()


def test_form_changes_a_form_published_again_is_one_row_with_its_name_and_fields(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm("项目甲"), MadeUpForm("项目乙")]})
    first = publish(warehouse).release
    ingest(warehouse, {"b": [MadeUpForm("项目甲", score="97.5", indicators=4)]})
    second = publish(warehouse).release
    (revised,) = _changes(first, second)
    assert (revised["change"], revised["project_name"], revised["fiscal_year"]) == ("revised", "项目甲", 2023)
    assert (revised["old_form_id"], revised["form_id"]) == (form_id("a"), form_id("b"))
    said = {(f["table_name"], f["record_name"], f["column_name"]): (f["before"], f["after"]) for f in revised["fields"]}
    assert said["forms", "", "total_score_points"] == ("99.5000", "97.5000")
    assert said["indicators", "指标4", "target_text"] == (None, "≥10")
    assert revised["field_count"] == len(said) == len(revised["fields"])
    assert {one["change"] for one in _changes(second, first)} == {"removed", "added"}


def test_form_changes_revised_twice_between_two_releases_compares_the_first_with_the_last(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm(score="91")]})
    first = publish(warehouse).release
    ingest(warehouse, {"b": [MadeUpForm(score="92")]})
    publish(warehouse)
    ingest(warehouse, {"c": [MadeUpForm(score="93")]})
    (revised,) = _changes(first, publish(warehouse).release)
    assert (revised["old_form_id"], revised["form_id"]) == (form_id("a"), form_id("c"))
    assert [(f["before"], f["after"]) for f in revised["fields"]] == [("91.0000", "93.0000")]


def test_form_changes_new_gone_held_and_released(warehouse: Warehouse) -> None:
    ingest(warehouse, {name: [MadeUpForm(f"项目{name}")] for name in "abcd"})
    first = publish(warehouse).release
    assert [one["change"] for one in _changes(first, first)] == []
    ingest(warehouse, {"e": [MadeUpForm("项目e")]})
    held = pl.DataFrame({"form_id": [form_id("b")], "reason": ["critical_rule: R15"]})
    second = publish(warehouse, gate=lambda _: Verdict(held=held)).release
    found = _changes(first, second)
    assert [(one["change"], one["project_name"], one["reason"]) for one in found] == [
        ("added", "项目e", None),
        ("held", "项目b", "critical_rule: R15"),
    ]
    found = _changes(second, first)
    assert [(one["change"], one["project_name"]) for one in found] == [("removed", "项目e"), ("released", "项目b")]


def test_form_changes_derived_otherwise_is_one_row_with_every_field(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm()], "b": [MadeUpForm("项目乙")]})
    first = publish(warehouse).release
    derive(warehouse, {"a": [MadeUpForm(score="98.5", indicators=2)], "b": [MadeUpForm("项目乙")]}, "derive-2")
    (changed,) = _changes(first, publish(warehouse, "derive-2").release)
    assert (changed["change"], changed["old_form_id"], changed["project_name"]) == ("changed", None, "项目甲")
    gone = f"{form_id('a')}-i003"
    fields = [tuple(field.values()) for field in changed["fields"]]
    assert ("forms", form_id("a"), "total_score_text", "99.5", "98.5") in fields
    assert ("indicators", gone, None, gone, None) in fields


def test_revised_forms_are_those_of_the_release_by_name(warehouse: Warehouse) -> None:
    ingest(warehouse, {"a": [MadeUpForm("项目乙")], "b": [MadeUpForm("项目甲")], "c": [MadeUpForm("项目丙")]})
    publish(warehouse)
    ingest(warehouse, {"d": [MadeUpForm("项目甲", goal="其他", score="98")], "e": [MadeUpForm("项目乙", goal="无")]})
    release = publish(warehouse).release
    found = _revised(release)
    assert found.select("project_name", "old_form_id", "form_id", "field_count").rows() == [
        ("项目乙", form_id("a"), form_id("e"), 1),
        ("项目甲", form_id("b"), form_id("d"), 2),
    ]
    ingest(warehouse, {"f": [MadeUpForm("项目丁")]})
    assert _revised(publish(warehouse).release).is_empty()


def _revised(release: Release) -> pl.DataFrame:
    return revised_forms(release.events(), release.scan("revisions").collect(), release.scan("forms").collect())
