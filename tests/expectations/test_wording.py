from __future__ import annotations

import re
from decimal import Decimal

import pytest

from expectations.catalogue import RULES
from expectations.dataset import RULES as DATASET_RULES
from expectations.dataset import DatasetRule
from expectations.listing import rules_table
from expectations.rule import Rule
from expectations.settings import Bands, RuleSettings
from expectations.wording import wording

_ALL: list[Rule | DatasetRule] = [*RULES, *DATASET_RULES]
_OTHERS = RuleSettings(
    total_tolerance_per_row=Decimal("0.0171"),
    total_tolerance_most=Decimal("0.0713"),
    money_tolerance_per_row=Decimal("0.0077"),
    coarse_score_pct=Decimal("1.73"),
    single_weight_most=Decimal("37.5"),
    reason_below_pct=Decimal("85.0"),
    over_explain_pct=Decimal("27.1"),
    over_low_target_pct=Decimal("271"),
    over_magnitude=Decimal("12.7"),
    bands=Bands(reached=Decimal("77.7"), partly=Decimal("55.5")),
    ocr_certainty=Decimal("0.71"),
    wide_limit=Decimal("7.7"),
    goal_shortest=17,
    narrative_share_pct=Decimal("7.1"),
    target_change_pct=Decimal("57"),
    shrink_pct=Decimal("0.7"),
    quarantine_pct=Decimal("17"),
    drift_pct=Decimal("7"),
    drift_least_rows=177,
)
"""Each threshold that a text may name, set to a number that no text has otherwise."""
_ELSEWHERE = {"score_tolerance", "severities", "regional_bands", "execution_bands"}
"""Settings that no text of a rule states: it speaks of them by name."""


def _words(settings: RuleSettings) -> str:
    return " ".join(" ".join(wording(rule, settings)) for rule in _ALL)


def test_wording_every_threshold_that_is_set_is_in_the_texts_in_both_languages() -> None:
    named = {name for name in RuleSettings.model_fields if getattr(_OTHERS, name) != getattr(RuleSettings(), name)}
    assert named == set(RuleSettings.model_fields) - _ELSEWHERE, "a new setting belongs to one of the two"
    for language in (0, 1):
        said = " ".join(f"{w[language]} {w[language + 2]}" for w in (wording(rule, _OTHERS) for rule in _ALL))
        for name in named - {"bands"}:
            number = format(Decimal(getattr(_OTHERS, name)).normalize(), "f")
            assert re.search(rf"(?<![\d.]){re.escape(number)}(?![\d.]\d)", said), (name, number, language)
        assert "77.7" in said
        assert "55.5" in said


@pytest.mark.parametrize("rule", _ALL, ids=lambda rule: rule.id)
def test_wording_no_text_prints_a_default_beside_its_setting(rule: Rule | DatasetRule) -> None:
    """The description of a setting names its rule: none of its texts may hold the default as a plain number."""
    texts = " ".join(getattr(rule, name) for name in ("title_en", "title_zh", "why", "why_zh", "message_en"))
    for name, field in RuleSettings.model_fields.items():
        default = getattr(RuleSettings(), name)
        if f"({rule.id})" in (field.description or "") and isinstance(default, Decimal | int):
            assert not re.search(rf"(?<![\d.R-]){re.escape(str(default))}(?![\d.]\d|\d)", texts), (name, texts)


def test_wording_texts_hold_no_placeholder_once_filled() -> None:
    assert not re.search(r"[{}]", _words(RuleSettings()))


def test_rules_table_states_the_thresholds_that_are_set() -> None:
    rows = rules_table(RuleSettings(reason_below_pct=Decimal(85))).filter(rule_id="R16").to_dicts()
    assert "85 %" in rows[0]["title_en"]
    assert "85%" in rows[0]["title_zh"]
    assert "90" not in rows[0]["title_en"] + rows[0]["title_zh"]
