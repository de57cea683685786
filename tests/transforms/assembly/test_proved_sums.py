"""Rows that add up others under labels that nobody knows: proved by the sums of weights and scores."""

from __future__ import annotations

import pytest

from tests.support.assembled import NAMES, names, one, read, texts
from tests.transforms.build_cells import FUNDING, GOALS, HEAD, INDICATOR_HEADER, INDICATORS, TOTAL
from transforms.assemble import Assembled

TOP = [*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER]


def last(label: str, weight: str, score: str) -> list[str]:
    return [label, "<", "<", "", "", weight, score, ""]


def unnamed(found: Assembled) -> list[str]:
    return texts(found.fields, "leftovers", "unnamed_row:weight") + texts(
        found.fields, "leftovers", "unnamed_row:score"
    )


@pytest.mark.parametrize("label", ["综合评定结果", "本项目得分情况汇总", "得 分 总 计"])
def test_last_row_that_adds_up_all_weights_and_scores_is_the_total(label: str) -> None:
    found = read(*TOP, *INDICATORS, last(label, "100", "94"))
    assert (one(found.fields, "total_weight"), one(found.fields, "total_score")) == ("100", "94")
    assert names(found) == NAMES


@pytest.mark.parametrize(("weight", "score"), [("100", "93"), ("90", "94"), ("100", ""), ("", "94")])
def test_last_row_that_does_not_add_up_is_not_the_total(weight: str, score: str) -> None:
    found = read(*TOP, *INDICATORS, last("综合评定结果", weight, score))
    assert one(found.fields, "total_score") is None
    assert texts(found.fields, "indicators", "score") == ["45", "30", "10", score]  # whose sums the rules look at


def test_sum_of_the_indicators_above_the_total_is_a_subtotal() -> None:
    found = read(*TOP, *INDICATORS, last("绩效部分", "90", "85"), *TOTAL)
    assert (one(found.fields, "total_weight"), one(found.fields, "total_score")) == ("100", "94")
    assert texts(found.fields, "leftovers", "subtotal_row") == ["绩效部分", "90", "85"]
    assert unnamed(found) == []


def test_captions_with_the_sums_of_the_rows_below_them_still_name_their_level() -> None:
    rows = [
        [["产出指标（50分）", "<", "<", "", "", "50", "45", ""], ["", *INDICATORS[0][1:]]],
        [["效益指标（40分）", "<", "<", "", "", "40", "40", ""], *(["", *row[1:]] for row in INDICATORS[1:])],
    ]
    found = read(*TOP, *rows[0], *rows[1], *TOTAL)
    assert texts(found.fields, "indicators", "level_1_label") == ["产出指标（50分）", *["效益指标（40分）"] * 2]
    assert texts(found.fields, "indicators", "weight") == ["50", "30", "10"]
    assert unnamed(found) == []


def test_wide_row_with_points_of_its_own_is_not_a_subtotal() -> None:
    found = read(*TOP, *INDICATORS, last("其他工作", "5", "5"), last("总分", "105", "99"))
    assert texts(found.fields, "leftovers", "subtotal_row") == []


def test_rows_of_which_only_some_add_up_are_not_subtotals() -> None:
    found = read(*TOP, INDICATORS[0], last("甲", "50", "45"), *INDICATORS[1:], last("乙", "40", "39"), *TOTAL)
    assert texts(found.fields, "leftovers", "subtotal_row") == []


def test_budget_execution_in_a_wide_cell_that_equals_the_row_above_stays_an_indicator() -> None:
    rows = [INDICATORS[0], ["其中", "<", "<", "", "", "50", "45", ""], ["预算执行率", "<", "<", "", "", "50", "45", ""]]
    found = read(*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *rows)
    assert names(found)[-1] == "预算执行率"


def test_sum_that_others_found_is_not_the_form_s_own() -> None:
    rows = [last("本单位评定", "100", "94"), last("主管部门审核", "100", "94"), last("财政复核", "100", "90")]
    found = read(*TOP, *INDICATORS, *rows)
    assert (one(found.fields, "total_weight"), one(found.fields, "total_score")) == ("100", "94")
    found = read(*TOP, *INDICATORS, *rows[1:])
    assert one(found.fields, "total_score") is None
