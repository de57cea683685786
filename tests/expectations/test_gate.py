from __future__ import annotations

import polars as pl

from expectations.check import check
from expectations.gate import forms_to_hold
from expectations.settings import RuleSettings
from tests.expectations.build import SETTINGS, forms
from warehouse import contract

TWO = {"forms": {"total_score": "97.49", "total_weight": "90.00"}}
RATED = {"forms": {"rating": "良"}}


def test_forms_to_hold_names_the_critical_rules_of_each_form() -> None:
    held = forms_to_hold(check(forms({}, TWO, RATED), SETTINGS).checks)
    assert [(form_id[-3:], reason) for form_id, reason in held.iter_rows()] == [("002", "critical_rule: R01, R02, R07")]


def test_forms_to_hold_follows_the_severities_of_the_settings() -> None:
    settings = RuleSettings(severities={"R01": "warning", "R02": "warning", "R07": "info", "R61": "critical"})
    held = forms_to_hold(check(forms({}, TWO, RATED), settings).checks)
    assert [form_id[-3:] for form_id in held["form_id"]] == ["003"]


def test_forms_to_hold_without_checks_is_empty() -> None:
    assert forms_to_hold(contract.empty(contract.Checks)).schema == {"form_id": pl.String, "reason": pl.String}
