"""What docs/accuracy.md says of the rules, on few forms."""

from __future__ import annotations

import polars as pl
import pytest

from benchmarks import narratives
from benchmarks.corpus import unusual
from benchmarks.corpus.violations import BREAKERS
from benchmarks.rules import failures, invented, scores, unusual_findings


@pytest.fixture(scope="module")
def found() -> pl.DataFrame:
    about, tables = invented(3, 2 * len(BREAKERS))
    return scores(about, failures(tables))


def test_every_violation_is_noticed(found: pl.DataFrame) -> None:
    assert found.filter(pl.col("noticed") < pl.col("forms"))["violation"].to_list() == []
    assert set(found["violation"]) == set(BREAKERS)


def test_no_form_that_breaks_nothing_is_accused(found: pl.DataFrame) -> None:
    assert found.filter(pl.col("false_alarms") > 0)["rule_id"].to_list() == []


def test_unusual_forms_are_not_accused() -> None:
    about, findings = unusual_findings(2, 3 * len(unusual.KINDS))
    assert about.height >= 150
    assert findings.filter(pl.col("severity") == "critical")["message"].to_list() == []
    warned = findings.filter((pl.col("severity") == "warning") & ~pl.col("is_asked"))
    assert warned["document_id"].n_unique() * 100 <= about.height


def test_unusual_kinds_that_are_meant_to_be_asked_about_are() -> None:
    _, findings = unusual_findings(2, 3 * len(unusual.KINDS))
    asked = set(findings.filter("is_asked").select("kind", "rule_id").rows())
    meant = {(name, kind.asks[0]) for name, kind in unusual.KINDS.items() if kind.asks}
    assert meant <= asked


def test_figures_within_texts_are_held_against_the_table_and_right_ones_are_not() -> None:
    assert narratives.report(1, 80) == "R76 finds 40 of 40 swapped digits, and accuses 0 of 40 right texts."
