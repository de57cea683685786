from __future__ import annotations

import re

import polars as pl
import pytest

from expectations import dataset
from expectations.catalogue import CATALOGUE_VERSION, DATASET_RULE_IDS, MODULES, RULES, rules_of, verify
from expectations.check import measure
from expectations.not_applicable import REASONS
from expectations.rule import Rule
from expectations.settings import RuleSettings
from tests.expectations.build import SETTINGS, forms
from warehouse import contract

CASES = [(rule, case) for rule in RULES for case in rule.examples]


@pytest.fixture(scope="module")
def tried() -> dict[tuple[str, str], set[str]]:
    """What each rule says of the records of its own examples, all measured at once."""
    measured = measure(forms(*(case.changes for _, case in CASES)), SETTINGS)
    found: dict[tuple[str, str], set[str]] = {}
    for number, (rule, case) in enumerate(CASES, 1):
        rows = measured[rule.table].filter(pl.col("form_id").str.ends_with(f"-{number:03d}"))
        found[rule.id, case.outcome] = set(rows[rule.status_column].cast(pl.String))
    return found


def test_rules_have_unique_ids_in_order() -> None:
    ids = [rule.id for rule in RULES]
    assert ids == sorted(set(ids))
    assert len(RULES) == sum(len(module.RULES) for module in MODULES)
    assert [rule.id for rule in dataset.RULES] == list(DATASET_RULE_IDS)


def test_catalogue_version_is_a_short_digest() -> None:
    assert re.fullmatch(r"[0-9a-f]{12}", CATALOGUE_VERSION)


@pytest.mark.parametrize(
    ("rule", "outcome"), [(rule, case.outcome) for rule, case in CASES], ids=lambda v: getattr(v, "id", v)
)
def test_rule_on_its_example_has_the_stated_outcome(
    rule: Rule, outcome: str, tried: dict[tuple[str, str], set[str]]
) -> None:
    statuses = tried[rule.id, outcome]
    if outcome == "fail":
        assert "fail" in statuses
    elif outcome == "pass":
        assert "pass" in statuses
        assert "fail" not in statuses
    else:
        assert statuses <= {"not_applicable"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_is_fully_described(rule: Rule) -> None:
    outcomes = [case.outcome for case in rule.examples]
    can_pass_over = bool(rule.measure(SETTINGS).not_applicable)
    assert outcomes == (["pass", "fail", "not_applicable"] if can_pass_over else ["pass", "fail"])
    assert re.fullmatch(r"R\d{2,3}", rule.id)
    assert rule.version >= 1
    assert all((rule.title_en, rule.title_zh, rule.source, rule.why, rule.why_zh, rule.place))
    assert set(re.findall(r"\{(\w+)\}", rule.message_zh + rule.message_en)) <= {"observed", "noted", "expected", "name"}
    assert set(rule.measure(SETTINGS).not_applicable) <= set(REASONS)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_rule_inputs_are_columns_of_the_contract(rule: Rule) -> None:
    for name in rule.inputs:
        table, _, column = name.partition(".")
        columns = contract.polars_schema(contract.FORM_TABLES[table]).names()
        assert column in columns or any(re.fullmatch(column.replace("*", ".*"), known) for known in columns)


def test_critical_rules_are_those_that_hold_a_form_back() -> None:
    critical = {rule.id for rule in RULES if rule.severity == "critical"}
    assert critical == {
        "R01",
        "R02",
        "R06",
        "R07",
        "R10",
        "R11",
        "R13",
        "R14",
        "R15",
        "R19",
        "R45",
        "R46",
        "R48",
        "R54",
        "R55",
        "R56",
        "R73",
        "R82",
        "R83",
        "R84",
        "R86",
        "R91",
        "R103",
    }


def test_rules_of_every_table_together_are_the_catalogue() -> None:
    assert sum(len(rules_of(table)) for table in ("forms", "funding", "indicators")) == len(RULES)


def test_verify_unknown_rule_is_named() -> None:
    with pytest.raises(ValueError, match="R00"):
        verify(RuleSettings(severities={"R00": "info"}))


def test_verify_known_rules_pass() -> None:
    verify(RuleSettings(severities={"R61": "critical", "D03": "warning"}))
