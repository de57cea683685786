"""Cells divided within, and captions across the indicators: one indicator still, and no text of it made up."""

from __future__ import annotations

import pytest

from tests.support.assembled import NAMES, names, one, read, texts
from tests.transforms.build_cells import FUNDING, GOALS, HEAD, INDICATOR_HEADER, INDICATORS, TOTAL

ABOVE = (*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER)
ROW, *REST = INDICATORS


def below(column: int, text: str) -> list[str]:
    """A row whose one cell stands below that of the first indicator, all others being those of the row above."""
    return [text if at == column else "^" for at in range(len(ROW))]


def test_name_divided_into_rows_is_one_name() -> None:
    found = read(*ABOVE, ROW, below(2, "其中：西河"), below(2, "东河2条"), *REST, *TOTAL)
    assert names(found) == ["清理河道其中：西河东河2条", *NAMES[1:]]
    assert texts(found.fields, "indicators", "target") == ["≥10条", "≥90%", "≥90%"]
    assert texts(found.fields, "indicators", "weight") == ["50", "30", "10"]


def test_operator_above_its_figure_is_one_target() -> None:
    found = read(*ABOVE, [*ROW[:3], "≥", *ROW[4:]], below(3, "10条"), *REST, *TOTAL)
    assert names(found) == NAMES
    assert texts(found.fields, "indicators", "target") == ["≥10条", "≥90%", "≥90%"]


def test_figures_of_a_divided_actual_value_are_not_joined() -> None:
    found = read(*ABOVE, [*ROW[:4], "4", *ROW[5:]], below(4, "5"), *REST, *TOTAL)
    assert names(found) == NAMES
    assert texts(found.fields, "indicators", "actual") == ["95%", "95%"]
    assert one(found.fields, "unexplained_figures") == "4 | 5"


@pytest.mark.parametrize("merged", [(3, 4), (4, 5, 6), (5, 6, 7)])
def test_rows_that_share_some_values_are_indicators_of_their_own(merged: tuple[int, ...]) -> None:
    own = ["^", "^", "清理水塘", "≥3处", "4处", "20", "20", ""]
    found = read(*ABOVE, ROW, [("^" if at in merged else text) for at, text in enumerate(own)], *REST, *TOTAL)
    assert names(found) == ["清理河道", "清理水塘", *NAMES[1:]]


def test_name_divided_into_columns_is_one_name_without_points_too() -> None:
    header = ["一级指标", "二级指标", "三级指标", "<", "年度指标值", "实际完成值", "未完成原因", "<"]
    rows = [
        ["产出指标", "数量指标", "清理河道", "<", "≥10条", "9条", "", "<"],
        ["^", "^", "西河", "6条", "^", "^", "^", "^"],
        ["^", "^", "水质达标率", "<", "≥90%", "95%", "", "<"],
    ]
    found = read(*HEAD, *FUNDING, *GOALS, header, *rows)
    assert names(found) == ["清理河道西河6条", "水质达标率"]


def test_first_level_in_a_row_of_its_own_rules_the_rows_below_it() -> None:
    header = ["二级指标", "<", *INDICATOR_HEADER[2:]]
    rows = [row for first in INDICATORS for row in ([first[0], *["<"] * 7], [first[1], "<", *first[2:]])]
    found = read(*HEAD, *FUNDING, *GOALS, header, *rows, *TOTAL)
    assert names(found) == NAMES
    assert texts(found.fields, "indicators", "level_1_label") == ["产出指标", "效益指标", "满意度指标"]


@pytest.mark.parametrize("caption", ["绩效指标", "产出指标（50分）", "一、年度绩效指标"])
def test_caption_above_the_header_of_the_indicators_is_not_a_goal(caption: str) -> None:
    found = read(*HEAD, *FUNDING, *GOALS, [caption, *["<"] * 7], INDICATOR_HEADER, *INDICATORS, *TOTAL)
    assert one(found.fields, "expected_goal_text") == "清理河道十条"
    assert one(found.fields, "actual_goal_text") == "已清理河道九条"
    assert names(found) == NAMES
