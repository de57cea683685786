from __future__ import annotations

from decimal import Decimal

import pytest
from pydantic import ValidationError

from expectations.rule_book import texts
from expectations.settings import RuleSettings, exact


def read(table: dict[str, object]) -> RuleSettings:
    return RuleSettings.model_validate(exact(table))


def test_exact_floats_keep_their_printed_value() -> None:
    assert read({"total_tolerance_most": 0.1}).total_tolerance_most == Decimal("0.1")


@pytest.mark.parametrize(
    ("table", "named"),
    [
        ({"no_such": 1}, "no_such"),
        ({"severities": {"R01": "fatal"}}, r"severities\.R01"),
        ({"reason_below_pct": 101}, "reason_below_pct"),
        ({"bands": {"reached": 50, "partly": 60}}, "bands"),
        ({"over_explain_pct": 200}, "over_low_target_pct"),
    ],
)
def test_wrong_value_is_named(table: dict[str, object], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        read(table)


def test_digest_changes_with_a_value() -> None:
    assert read({"reason_below_pct": 85}).digest() != RuleSettings().digest()


def test_every_setting_is_described_in_both_languages() -> None:
    assert all(field.description for field in RuleSettings.model_fields.values())
    assert set(texts("zh")["settings_meaning"]) == set(RuleSettings.model_fields)
