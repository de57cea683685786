from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from expectations import example
from expectations.frames.certainty import GROUPS, of_forms
from expectations.frames.prepare import prepare
from expectations.rule import outcome_columns
from expectations.rules.recognised import RULES
from expectations.settings import RuleSettings

SETTINGS = RuleSettings()
R55, R100 = RULES


def seen(
    table: str, record: str, column: str, printed: str, confidence: float | None, **place: object
) -> dict[str, Any]:
    return {
        "form_id": "f",
        "table_name": table,
        "record_id": record,
        "column_name": column,
        "part_number": 1,
        "page_number": 1,
        "x0": 1.0,
        "top": 1.0,
        "printed_text": printed,
        "confidence": confidence,
    } | place


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return of_forms(pl.DataFrame(rows, schema_overrides={"confidence": pl.Float64}), SETTINGS)


def verdict(*places: Mapping[str, Any], settings: RuleSettings = SETTINGS, **changes: Any) -> tuple[str, str]:
    """Status of R55 on the good form with some of its indicators' cells recognised, and what it observed."""
    tables = example.tables({"evidence": [dict(place) for place in places]} | changes)
    status, _ = outcome_columns(R55, settings)
    form = prepare(tables, settings)["forms"].select(status, observed=R55.measure(settings).observed)
    return form.cast(pl.String).row(0)


def cell(column: str, printed: str, confidence: float) -> dict[str, Any]:
    return {
        "table_name": "indicators",
        "row": 1,
        "column_name": column,
        "printed_text": printed,
        "confidence": confidence,
    }


def test_of_forms_text_layer_gives_no_row() -> None:
    assert frame(seen("indicators", "i", "score_points", "9", None)).is_empty()


def test_of_forms_figures_below_the_setting_are_listed_by_what_confirms_them() -> None:
    low = float(SETTINGS.ocr_certainty) - 0.1
    got = frame(
        seen("indicators", "i", "score_points", "9.5", low),
        seen("indicators", "j", "score_points", "9", 0.999),
        seen("indicators", "i", "actual_text", "95%", low),
        seen("indicators", "i", "actual_text", "有所提升", low),
        seen("indicators", "i", "indicator_name", "培训3次", low),
        seen("funding", "l", "executed_cny", "", 0.1),
    ).row(0, named=True)
    assert got["is_recognised"]
    assert got["unsure_scores"].startswith("9.5 (")
    assert got["unsure_others"].startswith("95% (")
    assert "有所提升" not in got["unsure_others"]
    assert got["unsure_executed"].startswith("□ (")
    assert [group for group in GROUPS if got[f"unsure_{group}"] is None] == [
        "weights",
        "execution_score",
        "rate",
        "initial_budget",
        "annual_budget",
    ]


def test_of_forms_figures_of_the_total_line_count_once_and_those_of_other_lines_by_themselves() -> None:
    got = frame(
        seen("forms", "f", "execution_score_points", "9", 0.1),
        seen("funding", "l", "score_points", "9", 0.1),
        seen("funding", "m", "score_points", "8", 0.1, top=9.0),
    ).row(0, named=True)
    assert got["unsure_execution_score"].startswith("9 (")
    assert got["unsure_others"].startswith("8 (")


@pytest.mark.parametrize(("column", "printed"), [("score_points", "20.00"), ("weight_points", "20.00")])
def test_unsure_points_that_add_up_are_believed_and_others_hold_the_form(column: str, printed: str) -> None:
    assert verdict(cell(column, printed, 0.2)) == ("pass", "")
    name = column.removesuffix("_points")
    broken = {"score": "19.96", "weight": "20.01"}[name]
    assert verdict(cell(column, printed, 0.2), indicators={1: {name: broken}})[0] == "fail"


def test_unsure_target_actual_sign_or_unit_holds_the_form_and_names_it() -> None:
    cells = [("target_text", "≥10.00场"), ("actual_text", "10.00场"), ("target_operator", "2"), ("target_unit", "%")]
    for column, printed in cells:
        status, message = verdict(cell(column, printed, 0.3))
        assert status == "fail"
        assert message == f"{printed} (0.3)"


def test_of_forms_unit_of_the_amounts_counts_as_a_figure() -> None:
    got = frame(seen("forms", "f", "currency_unit", "元", 0.5)).row(0, named=True)
    assert got["unsure_others"] == "元 (0.5)"


def test_the_setting_says_what_is_unsure() -> None:
    lenient = RuleSettings(ocr_certainty=Decimal("0.2"))
    assert verdict(cell("actual_text", "10.00场", 0.3), settings=lenient)[0] == "pass"
    assert verdict()[0] == "not_applicable"


def test_of_forms_unsure_names_and_short_texts_are_listed_and_long_ones_are_not() -> None:
    got = frame(
        seen("forms", "f", "implementing_unit", "妇动保健服务中心", 0.6),
        seen("indicators", "i", "indicator_name", "培调乡村医生", 0.7, top=2.0),
        seen("indicators", "i", "actual_text", "—", 0.1),
        seen("indicators", "j", "indicator_name", "培训乡村医生", 0.95),
        seen("forms", "f", "actual_goal_text", "一、完成全部培训。", 0.2),
    ).row(0, named=True)
    assert got["unsure_texts"] == "妇动保健服务中心 (0.6)、培调乡村医生 (0.7)"
    assert all(got[f"unsure_{group}"] is None for group in GROUPS)


def test_of_forms_long_texts_that_something_covers_are_listed() -> None:
    got = frame(
        seen("indicators", "i", "deviation_text", "招标，签于计划", 0.1),
        seen("indicators", "j", "deviation_text", "招标流标，签约晚于计划", 0.3, top=2.0),
        seen("forms", "f", "actual_goal_text", "一、完成全培训。", 0.1, top=3.0),
    ).row(0, named=True)
    assert got["unsure_texts"] == "招标，签于计划 (0.1)、一、完成全培训。 (0.1)"
    assert got["unsure_names"] is None


def names(unsure: int, sure: int) -> list[dict[str, Any]]:
    return [
        seen("indicators", f"r{i}", "indicator_name", f"培训乡村医生{i}", 0.6 if i < unsure else 0.99, top=float(i))
        for i in range(unsure + sure)
    ]


@pytest.mark.parametrize(("unsure", "sure", "is_poor"), [(3, 30, True), (3, 60, False), (2, 5, False)])
def test_of_forms_many_unsure_names_show_a_poor_picture(unsure: int, sure: int, is_poor: bool) -> None:
    got = frame(*names(unsure, sure)).row(0, named=True)
    assert (got["unsure_names"] is not None) == is_poor
    assert got["unsure_texts"].startswith("培训乡村医生0 (0.6)、培训乡村医生1 (0.6)")


def test_of_forms_unsure_name_that_several_rows_share_counts_for_each() -> None:
    shared = [seen("indicators", f"r{i}", "indicator_name", "培训乡村医生举办展览", 0.4) for i in range(3)]
    level = [seen("indicators", f"r{i}", "level_1_label", "产出指标", 0.4) for i in range(3)]
    assert frame(*shared).row(0, named=True)["unsure_names"] == "培训乡村医生举办展览 (0.4)"
    assert frame(*level).row(0, named=True)["unsure_names"] is None


def test_of_forms_unsure_label_that_was_cut_in_two_counts_as_illegible() -> None:
    torn, whole = (seen("indicators", "r", "level_1_label", text, 0.7) for text in ("产出指标（5", "产出指标（50分）"))
    assert frame(torn).row(0, named=True)["unsure_names"] == "产出指标（5 (0.7)"
    assert frame(whole).row(0, named=True)["unsure_names"] is None


def test_r55_many_unsure_names_hold_the_form() -> None:
    rows = [
        cell(column, printed, 0.6)
        for column, printed in (
            ("indicator_name", "培训护士"),
            ("level_1_label", "产出指标"),
            ("level_2_label", "数量指标"),
        )
    ]
    status, observed = verdict(*rows)
    assert status == "fail"
    assert "培训护士 (0.6)" in observed
