from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from expectations import check as checking
from expectations.catalogue import RULES
from expectations.check import CountsDiffer, check
from expectations.frames.prepare import prepare
from expectations.settings import RuleSettings
from expectations.suites import RuleResult, judge
from tests.expectations.build import SETTINGS, forms
from warehouse import contract

BAD_TOTAL = {"forms": {"total_score": "97.49"}}
BAD_SCORE = {"indicators": {1: {"score": "20.50"}}}


def _failed(checks: pl.DataFrame) -> pl.DataFrame:
    return checks.filter(pl.col("status").cast(pl.String) == "fail")


@pytest.fixture(scope="module")
def checked() -> checking.Checked:
    return check(forms({}, BAD_TOTAL, BAD_SCORE), SETTINGS)


def test_check_obeys_the_contract(checked: checking.Checked) -> None:
    assert contract.conform(checked.checks, contract.Checks).height == checked.checks.height
    assert contract.conform(checked.rule_counts, contract.RuleCounts).height == len(RULES)


def test_check_good_form_has_no_finding(checked: checking.Checked) -> None:
    assert _failed(checked.checks).filter(pl.col("form_id").str.ends_with("-001")).is_empty()


def test_check_finding_has_page_observed_and_expected(checked: checking.Checked) -> None:
    row = _failed(checked.checks).filter(pl.col("form_id").str.ends_with("-002")).row(0, named=True)
    assert (row["rule_id"], row["severity"], row["table_name"]) == ("R07", "critical", "forms")
    assert (row["observed"], row["expected"], row["page_number"]) == ("97.49", "99.95", 2)
    assert row["message"] == "第2页 科技培训项目：自评总分应等于各项得分之和 99.95，表中为 97.49"
    assert (
        row["message_en"]
        == "page 2, 科技培训项目: the total score should be 99.95, the sum of the scores; the form says 97.49"
    )


def test_check_finding_on_an_indicator_names_its_record(checked: checking.Checked) -> None:
    found = _failed(checked.checks).filter(pl.col("rule_id") == "R06")
    assert found["record_id"].to_list()[0].endswith("-003-i001")
    assert "开展培训场次" in found["message"].to_list()[0]


def test_check_rule_that_judges_no_record_gives_one_row_a_form_with_its_reason(checked: checking.Checked) -> None:
    rows = checked.checks.filter((pl.col("rule_id") == "R29") & pl.col("form_id").str.ends_with("-001"))
    assert rows.select("status", "record_id", "reason").rows() == [("not_applicable", rows["form_id"][0], "not_a_date")]


def test_check_form_without_indicators_is_not_applicable_for_their_rules() -> None:
    found = check(forms({"indicators": {"*": None}}), SETTINGS).checks
    assert found.filter(pl.col("rule_id") == "R06")["reason"].to_list() == ["no_records"]


def test_check_counts_every_record_once(checked: checking.Checked) -> None:
    tables = forms({}, BAD_TOTAL, BAD_SCORE)
    counts = checked.rule_counts.with_columns(
        (pl.col("passed") + pl.col("failed") + pl.col("not_applicable")).alias("all")
    )
    for table, all_rows in counts.select("table_name", "all").unique().iter_rows():
        assert all_rows == tables[table].height


def test_check_does_not_depend_on_row_order_or_company(checked: checking.Checked) -> None:
    tables = forms({}, BAD_TOTAL, BAD_SCORE)
    shuffled = check({name: table.reverse() for name, table in tables.items()}, SETTINGS)
    assert shuffled.checks.equals(checked.checks)
    assert shuffled.rule_counts.equals(checked.rule_counts)
    alone = check(
        {name: table.filter(pl.col("form_id").str.ends_with("-002")) for name, table in tables.items()}, SETTINGS
    )
    assert alone.checks.equals(checked.checks.filter(pl.col("form_id").str.ends_with("-002")))


def test_check_no_forms_gives_empty_tables() -> None:
    found = check({name: contract.empty(table) for name, table in contract.FORM_TABLES.items()}, SETTINGS)
    assert found.checks.is_empty()
    assert found.checks.schema == contract.polars_schema(contract.Checks)
    assert found.rule_counts.schema == contract.polars_schema(contract.RuleCounts)


def test_check_severity_of_the_settings_is_taken() -> None:
    found = check(forms({"forms": {"rating": "良"}}), RuleSettings(severities={"R61": "critical"})).checks
    assert _failed(found).select("rule_id", "severity").rows() == [("R61", "critical")]


def test_check_unknown_rule_in_settings_raises() -> None:
    with pytest.raises(ValueError, match="R00"):
        check(forms({}), RuleSettings(severities={"R00": "info"}))


def test_check_counts_that_differ_raise(monkeypatch: pytest.MonkeyPatch) -> None:
    def short(*args: Any) -> dict[str, RuleResult]:
        verdicts = judge(*args)
        verdict = verdicts["R07"]
        return verdicts | {"R07": type(verdict)("R07", True, 0, verdict.rows)}

    monkeypatch.setattr(checking, "judge", short)
    with pytest.raises(CountsDiffer, match="R07: Great Expectations counts 0, the findings 1"):
        check(forms(BAD_TOTAL), SETTINGS)


def test_prepare_rows_of_unknown_forms_raise() -> None:
    tables = forms({}, {})
    tables["forms"] = tables["forms"].head(1)
    with pytest.raises(ValueError, match="funding belong to no form"):
        prepare(tables, SETTINGS)


def test_prepare_keeps_every_row() -> None:
    tables = forms({}, {"funding": {"*": None}}, {"indicators": {"*": None}})
    frames = prepare(tables, SETTINGS)
    assert {name: frame.height for name, frame in frames.items()} == {
        name: tables[name].height for name in ("forms", "funding", "indicators")
    }
