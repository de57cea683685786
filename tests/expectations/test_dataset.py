from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from expectations import dataset
from expectations.dataset import check_dataset
from expectations.settings import RuleSettings
from tests.expectations.build import SETTINGS, forms
from warehouse import contract

LAST_YEAR: dict[str, Any] = {"forms": {"fiscal_year": 2022, "project_name": "科技培训项目"}}


def _fails(
    tables: dict[str, pl.DataFrame], previous: dict[str, pl.DataFrame] | None = None, settings: RuleSettings = SETTINGS
) -> list[tuple[str, str, str]]:
    checks = check_dataset(tables, previous, settings).checks
    assert contract.conform(checks, contract.Checks).height == checks.height
    failed = checks.filter(pl.col("status").cast(pl.String) == "fail")
    return failed.select("rule_id", "record_id", "observed").rows()


def test_check_dataset_first_release_has_no_finding_and_says_what_was_not_judged() -> None:
    checks = check_dataset(forms({}), None, SETTINGS).checks
    assert dict(checks.select("rule_id", "reason").iter_rows()) == {
        "D02": "one_year_only",
        "D03": "no_previous_release",
        "D04": "quarantine_not_given",
        "D05": "no_previous_release",
    }
    assert set(checks["reason"]) <= set(dataset.REASONS)


def test_check_dataset_same_project_in_two_spellings_is_a_duplicate() -> None:
    found = _fails(
        forms({}, {"forms": {"project_name": "219001-科技 培训项目"}}, {"forms": {"project_name": "别的项目"}})
    )
    assert [(rule, record[-3:], count) for rule, record, count in found] == [("D01", "001", "2"), ("D01", "002", "2")]


def test_check_dataset_same_names_in_another_document_are_one_form_found_again() -> None:
    tables = forms({}, {})
    again = tables["forms"].with_columns(
        document_id=pl.when(pl.int_range(pl.len()) > 0).then(pl.lit("f" * 64)).otherwise("document_id")
    )
    assert _fails(tables) != []
    assert _fails(tables | {"forms": again}) == []


def test_check_dataset_target_of_a_form_found_again_is_still_compared() -> None:
    before = {**LAST_YEAR, "indicators": {4: {"target": "≥300.00家", "actual": "300.00家"}}}
    found = _fails(forms({}, before, before))
    assert [(rule, observed) for rule, _, observed in found if rule == "D02"] == [("D02", "100")]


def test_check_dataset_counts_are_those_of_the_findings() -> None:
    checked = check_dataset(forms({}, {}), None, SETTINGS, dataset.WITHIN)
    assert contract.conform(checked.rule_counts, contract.RuleCounts).height == 1
    assert checked.rule_counts.select("rule_id", "passed", "failed").row(0) == ("D01", 0, 2)


def _page(number: int, *, has_lost_form: bool = False) -> pl.DataFrame:
    shape = {"kind": "outside", "character_count": 9, "outside_characters": 9, "has_lost_form": has_lost_form}
    row = {**dict.fromkeys(contract.polars_schema(contract.Pages)), "document_id": "d" * 64, "page_number": number}
    counts = {name: 0 for name in row if name.endswith("_characters")}
    return pl.DataFrame([row | counts | shape], schema=contract.polars_schema(contract.Pages))


def test_needed_and_compared_are_enough_for_their_rules() -> None:
    before = {**LAST_YEAR, "indicators": {4: {"target": "≥300.00家", "actual": "300.00家"}}}
    now, then = forms({}, {}, before), forms({}, before)
    pages = {"pages": pl.concat([_page(1), _page(2, has_lost_form=True)])}
    few = dataset.needed({name: rows.lazy() for name, rows in {**now, **pages}.items()})
    assert few["pages"]["page_number"].to_list() == [2]
    assert 0 < few["indicators"].height < now["indicators"].height
    within = [check_dataset(tables, None, SETTINGS, dataset.WITHIN) for tables in (now | pages, few)]
    assert within[0].checks.filter(pl.col("status").cast(pl.String) == "fail").height > 2
    assert within[0].checks.equals(within[1].checks)
    assert within[0].rule_counts.equals(within[1].rule_counts)
    settings = RuleSettings(drift_least_rows=1)
    few_now, few_then = ({n: t[n].select(c) for n, c in dataset.COMPARED.items()} for t in (now, then))
    whole = check_dataset(now, then, settings, dataset.BETWEEN_RELEASES)
    assert whole.checks.equals(check_dataset(few_now, few_then, settings, dataset.BETWEEN_RELEASES).checks)


def test_check_dataset_same_project_in_two_years_is_not_a_duplicate() -> None:
    assert _fails(forms({}, LAST_YEAR)) == []


def test_check_dataset_target_that_halves_is_found() -> None:
    before = {**LAST_YEAR, "indicators": {4: {"target": "≥300.00家", "actual": "300.00家"}}}
    found = _fails(forms({}, before))
    assert [(rule, record[-9:], observed) for rule, record, observed in found] == [("D02", "-001-i004", "100")]


def test_check_dataset_lost_rows_are_critical() -> None:
    checks = check_dataset(forms({}), forms({}, LAST_YEAR), SETTINGS).checks
    lost = checks.filter((pl.col("rule_id") == "D03") & (pl.col("status").cast(pl.String) == "fail"))
    assert lost.select("record_id", "observed", "severity", "form_id").rows() == [
        ("forms", "1", "critical", ""),
        ("funding", "4", "critical", ""),
        ("indicators", "5", "critical", ""),
    ]


def test_check_dataset_lost_rows_within_the_setting_pass() -> None:
    assert _fails(forms({}), forms({}, LAST_YEAR), RuleSettings(shrink_pct=Decimal(60))) == []


@pytest.mark.parametrize(("held", "fails"), [(0, []), (1, [("D04", "D04", "1/2")])])
def test_check_dataset_share_held_back(held: int, fails: list[tuple[str, str, str]]) -> None:
    tables = forms({}) | {"quarantined_forms": forms({})["forms"].head(held)}
    assert _fails(tables) == fails


def test_check_dataset_drift_of_ratings_is_found() -> None:
    now = forms({"forms": {"rating_derived": "中"}}, {"forms": {"rating_derived": "中", "fiscal_year": 2022}})
    settings = RuleSettings(drift_least_rows=1)
    assert _fails(now, forms({}), settings) == [("D05", "forms.rating_derived=优", "0.0%")]
    assert _fails(now, forms({})) == []


def test_check_dataset_empty_tables_judge_nothing() -> None:
    empty = {name: contract.empty(table) for name, table in contract.FORM_TABLES.items()}
    assert _fails(empty, empty) == []


def test_check_dataset_table_that_looks_like_a_form_and_was_not_read_is_found() -> None:
    pages = pl.concat([_page(3, has_lost_form=True), _page(4)])
    checks = check_dataset({**forms({}), "pages": pages}, None, SETTINGS).checks
    found = checks.filter(pl.col("rule_id") == "D06").select("document_id", "form_id", "observed").rows()
    assert found == [("d" * 64, "", "3")]
