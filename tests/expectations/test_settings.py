from __future__ import annotations

from decimal import Decimal

import pytest

from expectations.rule_book import _SETTINGS_ZH
from expectations.settings import RuleSettings, from_table


def test_from_table_empty_is_the_defaults() -> None:
    assert from_table({}) == RuleSettings()


def test_from_table_floats_keep_their_printed_value() -> None:
    assert from_table({"total_tolerance_most": 0.1}).total_tolerance_most == Decimal("0.1")


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({"no_such": 1}, "rules.no_such"),
        ({"severities": {"R01": "fatal"}}, "rules.severities.R01"),
        ({"reason_below_pct": 101}, "rules.reason_below_pct"),
        ({"bands": {"reached": 50, "partly": 60}}, "rules.bands"),
        ({"over_explain_pct": 200}, "over_low_target_pct"),
    ],
)
def test_from_table_wrong_value_is_named(table: dict[str, object], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        from_table(table)


def test_digest_changes_with_a_value() -> None:
    assert from_table({"reason_below_pct": 85}).digest() != RuleSettings().digest()


def test_every_setting_is_described_in_both_languages() -> None:
    assert all(field.description for field in RuleSettings.model_fields.values())
    assert set(_SETTINGS_ZH) == set(RuleSettings.model_fields)
