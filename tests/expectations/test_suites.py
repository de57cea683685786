from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from expectations.catalogue import RULES, rules_of
from expectations.check import measure
from expectations.rule import status_name
from expectations.settings import RuleSettings
from expectations.suites import TABLES, ContractBroken, build_suite, judge, judge_statuses
from tests.expectations.build import SETTINGS, forms, total_line


@pytest.mark.parametrize("table", TABLES)
def test_build_suite_has_one_expectation_for_each_rule(table: str) -> None:
    suite = build_suite(table, SETTINGS)  # type: ignore[arg-type]
    ids = [(expectation.meta or {})["rule_id"] for expectation in suite.expectations]
    assert [rule_id for rule_id in ids if rule_id != "contract"] == [rule.id for rule in rules_of(table)]  # type: ignore[arg-type]
    kinds = {type(expectation).__name__ for expectation in suite.expectations}
    assert {"ExpectColumnValuesToBeUnique", "ExpectColumnValuesToNotBeNull", "ExpectColumnValuesToBeInSet"} <= kinds


def test_build_suite_execution_rate_is_judged_by_great_expectations_own_range() -> None:
    suite = build_suite("forms", RuleSettings(severities={"R15": "info"}))
    rate = next(e for e in suite.expectations if (e.meta or {})["rule_id"] == "R15")
    assert (type(rate).__name__, rate.severity.value) == ("ExpectColumnValuesToBeBetween", "info")


def test_judge_gives_a_verdict_on_every_rule() -> None:
    verdicts = judge(measure(forms({}, total_line(execution_rate="102.59")), SETTINGS), SETTINGS)
    assert set(verdicts) == {rule.id for rule in RULES}
    assert (verdicts["R15"].success, verdicts["R15"].unexpected, verdicts["R15"].rows) == (False, 1, 2)
    assert verdicts["R01"].success


def test_judge_repeated_key_breaks_the_contract() -> None:
    measured = measure(forms({}), SETTINGS)
    measured["funding"] = pl.concat([measured["funding"], measured["funding"].head(1)])
    with pytest.raises(ContractBroken, match="funding_id"):
        judge(measured, SETTINGS)


def test_judge_builds_data_docs_where_asked(tmp_path: Path) -> None:
    judge(measure(forms({}), SETTINGS), SETTINGS, tmp_path / "docs")
    assert (tmp_path / "docs" / "index.html").is_file()


def test_judge_statuses_counts_fails_and_ignores_nulls() -> None:
    statuses = pl.DataFrame({status_name("D01"): ["pass", "fail", None]})
    verdict = judge_statuses("dataset", statuses, {"D01": "warning"})["D01"]
    assert (verdict.success, verdict.unexpected) == (False, 1)
