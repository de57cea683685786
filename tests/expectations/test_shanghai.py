"""The six published forms of Shanghai, 2023, cell by cell as printed: what the rules say of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import polars as pl
import pytest

from expectations.check import check
from expectations.settings import RuleSettings
from tests.transforms.build_fields import field, fields_of, header
from transforms.normalise import normalise

FORMS: Final[list[dict[str, Any]]] = json.loads(
    (Path(__file__).parents[1] / "data" / "forms" / "shanghai.json").read_text(encoding="utf-8")
)
COLUMNS: Final = {
    "title": "title",
    "year": "fiscal_year",
    "project": "project_name",
    "department": "department",
    "unit": "implementing_unit",
    "currency": "currency_unit",
    "goal_expected": "expected_goal_text",
    "goal_actual": "actual_goal_text",
    "total_weight": "total_weight",
    "total_score": "total_score",
    "rating": "rating",
    "source": "source_label",
    "initial": "initial_budget",
    "budget": "annual_budget",
    "rate": "execution_rate",
    "level1": "level_1_label",
    "level2": "level_2_label",
    "name": "indicator_name",
}
LINES: Final = ("funding", "indicators")


def _named(cells: dict[str, str | None]) -> dict[str, str]:
    return {COLUMNS.get(key, key): text for key, text in cells.items() if text is not None}


@pytest.fixture(scope="module")
def tables() -> dict[str, pl.DataFrame]:
    rows = []
    for number, form in enumerate(FORMS, 1):
        rows += header(_named({key: text for key, text in form.items() if key not in LINES}), form=number)
        for table in LINES:
            for place, line in enumerate(form[table], 1):
                rows += [
                    field(table, place, column, text, form=number, label="偏差原因分析及改进措施")
                    if column == "deviation"
                    else field(table, place, column, text, form=number)
                    for column, text in _named(line).items()
                ]
    made = normalise(fields_of(rows))
    return made | {"checks": check(made, RuleSettings()).checks.filter(pl.col("status").cast(pl.String) == "fail")}


def test_check_accuses_no_form_critically(tables: dict[str, pl.DataFrame]) -> None:
    assert tables["forms"].height == 6
    assert tables["checks"].filter(pl.col("severity").cast(pl.String) == "critical").is_empty()


def test_check_finds_the_slips_of_the_fourth_form(tables: dict[str, pl.DataFrame]) -> None:
    found = dict(
        tables["checks"]
        .filter(pl.col("form_id").str.ends_with("-004") & pl.col("rule_id").is_in(["R76", "R85"]))
        .select("rule_id", pl.concat_str("observed", pl.lit(" / "), "expected"))
        .iter_rows()
    )
    assert found == {"R76": "3520台仪器 / 3250.00(台套)", "R85": "765家左右 / ≥925.00(家)"}


def test_rank_that_is_answered_in_words_is_judged(tables: dict[str, pl.DataFrame]) -> None:
    row = tables["indicators"].row(by_predicate=pl.col("target_text") == "全国前3", named=True)
    assert (row["target_kind"], row["target_operator"], row["target_value"]) == ("rank", "<=", 3)
    assert (row["actual_text"], row["is_met"], row["attainment_basis"]) == ("达成指标", True, "stated")
