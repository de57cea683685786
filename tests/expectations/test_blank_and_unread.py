"""What could not be read holds a form back; what is blank is judged by what the rest allows."""

from __future__ import annotations

from typing import Any

import pytest

from tests.expectations.build import outcomes, total_line

SCORE_BLANK = {1: {"score": ""}}


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("R82", {"forms": {"total_weight": "一百"}}),
        ("R82", {"forms": {"total_score": "95-98"}}),
        ("R83", total_line(annual_budget="见附表")),
        ("R83", total_line(execution_rate="约100%")),
        ("R83", total_line(score="十")),
        ("R83", {"funding": {3: {"executed": "若干"}}}),
        ("R84", {"indicators": {2: {"weight": "十分"}}}),
        ("R84", {"indicators": {2: {"score": "20分以上"}}}),
    ],
)
def test_cell_that_a_critical_rule_needs_and_was_not_read_fails(rule: str, change: dict[str, Any]) -> None:
    assert outcomes(rule, change) == ["fail"]


@pytest.mark.parametrize("mark", ["", "-", "—", "/", "无"])
def test_blank_cell_is_not_an_unread_one(mark: str) -> None:
    assert outcomes("R84", {"indicators": {2: {"score": mark}}}) == ["pass"]
    assert outcomes("R83", {"funding": {3: {"executed": mark}}}) == ["pass"]


def test_value_that_a_correction_withholds_is_not_an_unread_one() -> None:
    withheld = {"indicators": {2: {"score": "2O", "score_reason": "withheld_by_correction"}}}
    assert outcomes("R84", withheld) == ["pass"]


def test_rate_of_a_line_below_the_total_need_not_be_read() -> None:
    assert outcomes("R83", {"funding": {3: {"execution_rate": "#DIV/0!"}}}) == ["pass"]


@pytest.mark.parametrize(
    ("total", "verdict"),
    [
        ("79.95", "pass"),
        ("90.00", "score_blank"),
        ("99.95", "score_blank"),
        ("100.01", "fail"),
        ("79.80", "fail"),
    ],
)
def test_total_over_a_blank_score_fails_when_no_filling_makes_it_right(total: str, verdict: str) -> None:
    assert outcomes("R07", {"indicators": SCORE_BLANK, "forms": {"total_score": total}}) == [verdict]


@pytest.mark.parametrize(
    ("total", "verdict"), [("99.00", "execution_score_blank"), ("100.50", "fail"), ("60.00", "fail")]
)
def test_total_over_a_blank_score_of_execution(total: str, verdict: str) -> None:
    assert outcomes("R07", {**total_line(score=""), "forms": {"total_score": total}}) == [verdict]


@pytest.mark.parametrize(
    ("rows", "verdict"),
    [
        ({1: {"weight": ""}}, "weight_blank"),
        ({1: {"weight": ""}, 2: {"weight": "25.00", "score": "25.00"}}, "fail"),
        ({1: {"weight": "", "score": ""}, 2: {"weight": "41.00"}}, "fail"),
        ({1: {"weight": "19.00"}, 6: {"indicator_name": "其中：线上", "target": "3场", "actual": "3场"}}, "fail"),
    ],
)
def test_weights_with_a_blank_fail_when_no_filling_makes_them_right(rows: dict[int, Any], verdict: str) -> None:
    assert outcomes("R02", {"indicators": rows}) == [verdict]


@pytest.mark.parametrize(
    "change",
    [
        {"indicators": {1: {"weight": ""}}},
        {"indicators": SCORE_BLANK},
        total_line(score=""),
        total_line(execution_rate=""),
        {"forms": {"total_score": ""}},
    ],
)
def test_blank_that_the_sums_need_is_asked_about(change: dict[str, Any]) -> None:
    assert outcomes("R59", change) == ["fail"]


def test_weights_above_the_whole_fail_without_total_and_execution() -> None:
    change = {"forms": {"total_weight": None}, **total_line(weight="")}
    assert outcomes("R02", {**change, "indicators": {1: {"weight": "35.00"}}}) == ["fail"]


def test_within_the_tolerance_is_a_warning_of_its_own() -> None:
    near: dict[str, Any]
    far: dict[str, Any]
    near, far = {"forms": {"total_score": "99.94"}}, {"forms": {"total_score": "99.85"}}
    assert outcomes("R07", near, far) == ["pass", "fail"]
    assert outcomes("R69", near, far) == ["fail", "beyond_tolerance"]
    near, far = ({"indicators": {1: {"weight": weight}}} for weight in ("20.02", "20.20"))
    assert outcomes("R02", near, far) == ["pass", "fail"]
    assert outcomes("R68", near, far) == ["fail", "beyond_tolerance"]
