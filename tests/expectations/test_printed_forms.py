"""Forms as printed, changed cell by cell: what an auditor would not let pass, and what nobody may be accused of.

`tests/data/forms/printed.json` holds a good form and, for each case, the cells that differ from it: of the form, of
the lines of money and of the indicators by number (a list: these rows and no others). A broken form names the rules
that must fail; a right one the rules that may ask.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from expectations.catalogue import RULES
from expectations.check import check
from expectations.settings import RuleSettings
from tests.transforms.build_fields import fields_of, header, records
from transforms.normalise import normalise

CASES: Final[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "data" / "forms" / "printed.json").read_text(encoding="utf-8")
)
SEVERITIES: Final = {rule.id: rule.severity for rule in RULES}


def changed(
    rows: list[dict[str, str]], changes: dict[str, dict[str, str]] | list[dict[str, str]]
) -> list[dict[str, str]]:
    """Return rows with their changes; a number past the last row adds one, a list takes the place of all."""
    if isinstance(changes, list):
        return changes
    last = max([len(rows), *map(int, changes)])
    kept = dict(enumerate(rows, 1))
    return [kept.get(number, {}) | changes.get(str(number), {}) for number in range(1, last + 1)]


def document(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


@pytest.fixture(scope="module")
def failing() -> dict[str, set[str]]:
    """The rules that fail on each case, by its name; `good` is the form without a change."""
    cases = [{"name": "good", "changes": {}}, *CASES["broken"], *CASES["right"]]
    fields = []
    for number, case in enumerate(cases):
        good, changes, place = CASES["good"], case["changes"], document(number)
        cells = good["forms"] | changes.get("forms", {})
        fields += header({name: text for name, text in cells.items() if text is not None}, document=place)
        for table in ("funding", "indicators"):
            fields += records(table, changed(good[table], changes.get(table, {})), document=place)
    checks = check(normalise(fields_of(fields)), RuleSettings()).checks
    failed = checks.filter(pl.col("status").cast(pl.String) == "fail").select("document_id", "rule_id").rows()
    names = {document(number): case["name"] for number, case in enumerate(cases)}
    found: dict[str, set[str]] = {case["name"]: set() for case in cases}
    for place, rule in failed:
        found[names[place]].add(rule)
    return found


@pytest.mark.parametrize("case", CASES["broken"], ids=lambda case: case["name"])
def test_check_broken_form_is_noticed(case: dict[str, Any], failing: dict[str, set[str]]) -> None:
    assert set(case["rules"]) <= failing[case["name"]]


@pytest.mark.parametrize("case", [{"name": "good"}, *CASES["right"]], ids=lambda case: case["name"])
def test_check_right_form_is_not_accused(case: dict[str, Any], failing: dict[str, set[str]]) -> None:
    accusing = {rule for rule in failing[case["name"]] if SEVERITIES[rule] != "info"}
    assert accusing <= set(case.get("asks", ()))
