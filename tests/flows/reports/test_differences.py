from __future__ import annotations

from pathlib import Path

from flows.reports.differences import differences
from tests.support import builders
from tests.support.builders import MadeUpForm, derive, form_id, ingest, publish, read, see
from warehouse.releases.release import Release
from warehouse.warehouse import Warehouse


def _two(tmp_path: Path) -> tuple[Warehouse, Release, Release]:
    """Two releases: one form held since, one published since, one that is new, one with another score and name."""
    house = Warehouse(tmp_path)
    first = {
        "a": [MadeUpForm()],
        "b": [MadeUpForm(project="项目乙")],
        "c": [MadeUpForm(project="项目丙")],
        "s": [MadeUpForm(project="不变")],
    }
    ingest(house, first, held={form_id("b"): "第1页 项目乙：合计不符"})
    publish(house)
    before = house.releases.current()
    second = {
        "a": [MadeUpForm(score="88", indicators=2)],
        "b": [MadeUpForm(project="项目乙")],
        "c": [MadeUpForm(project="项目丙")],
        "s": [MadeUpForm(project="不变")],
        "d": [MadeUpForm(project="项目丁")],
    }
    see(house, ["d"])
    read(house, ["d"])
    derive(house, second, "derive-2", held={form_id("c"): "第1页 项目丙：执行率不符"})
    publish(house, "derive-2")
    after = house.releases.current()
    assert before is not None
    assert after is not None
    return house, before, after


def test_differences_say_what_became_of_each_form(tmp_path: Path) -> None:
    _, before, after = _two(tmp_path)
    found = differences(before, after, "zh")
    assert [(one.kind, one.project) for one in found.forms] == [
        ("held", "项目丙"),
        ("released", "项目乙"),
        ("added", "项目丁"),
        ("changed", "项目甲"),
    ]
    held, published, new, changed = found.forms
    assert [one["message"] for one in held.found] == ["执行率不符"]
    assert ([one["rule_id"] for one in published.settled], published.found) == (["R06"], [])
    assert (new.fields, new.about) == ([], "2023 · 单位乙")
    assert changed.records == [{"is_added": False, "name": "指标 3"}]
    assert ("总分", "99.5000", "88.0000") in [(f["column"], f["before"], f["after"]) for f in changed.fields]
    assert (found.documents, found.columns) == ([], [])


def test_differences_the_other_way_round_has_gone_forms(tmp_path: Path) -> None:
    _, before, after = _two(tmp_path)
    found = differences(after, before, "en")
    assert [(one.kind, one.project) for one in found.forms if one.kind == "removed"] == [("removed", "项目丁")]
    changed = next(one for one in found.forms if one.kind == "changed")
    assert [one["is_added"] for one in changed.records] == [True]
    assert "Total score" in [one["column"] for one in changed.fields]


def test_differences_of_a_release_with_itself_are_none(tmp_path: Path) -> None:
    _, before, _ = _two(tmp_path)
    found = differences(before, before, "en")
    assert (found.forms, found.documents, found.columns) == ([], [], [])


def test_differences_change_below_the_form_is_seen_though_its_own_row_is_the_same(tmp_path: Path) -> None:
    house = Warehouse(tmp_path)
    ingest(house, {"a": [MadeUpForm()]})
    publish(house)
    before = house.releases.current()
    changed = builders.tables({"a": [MadeUpForm()]})
    names = changed["indicators"].with_columns(indicator_name=changed["indicators"]["indicator_name"] + "改")
    pending = house.ledger.underived("derive-3", [builders.document_id("a")])
    house.ledger.add_derived(
        "derive-3",
        pending,
        {**changed, "indicators": names},
        builders.checks({}),
        builders.rule_counts(["a"]),
        derived_at=builders.NOW,
    )
    publish(house, "derive-3")
    after = house.releases.current()
    assert before is not None
    assert after is not None
    (form,) = differences(before, after, "en").forms
    assert [(f["record"], f["before"], f["after"]) for f in form.fields] == [
        (f"indicator {n}", f"指标{n}", f"指标{n}改") for n in (1, 2, 3)
    ]


def test_differences_a_document_that_fails_now_is_listed(tmp_path: Path) -> None:
    house = Warehouse(tmp_path)
    ingest(house, {"a": [MadeUpForm()]})
    publish(house)
    before = house.releases.current()
    see(house, ["bad"])
    read(house, ["bad"], reason="damaged")
    publish(house)
    after = house.releases.current()
    assert before is not None
    assert after is not None
    (document,) = differences(before, after, "en").documents
    assert (document["file_name"], document["before"]) == ("bad.pdf", None)


def test_differences_a_form_published_again_is_one_change_and_its_findings_are_paired(tmp_path: Path) -> None:
    house = Warehouse(tmp_path)
    ingest(house, {"a": [MadeUpForm()]}, held={form_id("a"): "第1页 项目甲：合计不符"})
    publish(house, gate=builders.nothing_held)
    before = house.releases.current()
    ingest(house, {"b": [MadeUpForm(score="88")]}, held={form_id("b"): "第1页 项目甲：合计不符"})
    publish(house, gate=builders.nothing_held)
    after = house.releases.current()
    assert before is not None
    assert after is not None
    (form,) = differences(before, after, "zh").forms
    assert (form.kind, form.form_id, form.found, form.settled) == ("revised", form_id("b"), [], [])
    assert ("总分", "99.5000", "88.0000") in [(f["column"], f["before"], f["after"]) for f in form.fields]
