"""Columns under the header of the names that are levels, or number the rows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.support.assembled import NAMES, names, one, read, texts
from tests.transforms.build_cells import FUNDING, GOALS, HEAD, INDICATOR_HEADER, INDICATORS, TOTAL

ABOVE = (*HEAD, *FUNDING, *GOALS)


@pytest.mark.parametrize("label", ["绩效指标", "指标名称", "指标内容"])
def test_levels_under_the_header_of_the_names_are_levels(label: str) -> None:
    found = read(*ABOVE, [label, "<", "<", *INDICATOR_HEADER[3:]], *INDICATORS, *TOTAL)
    assert names(found) == NAMES
    for at, column in enumerate(("level_1_label", "level_2_label")):
        assert texts(found.fields, "indicators", column) == [row[at] for row in INDICATORS]


def test_second_level_that_is_not_known_does_not_join_the_name() -> None:
    rows = [[row[0], label, *row[2:]] for label, row in zip(("河道", "水质", "居民"), INDICATORS, strict=True)]
    found = read(*ABOVE, ["绩效指标", "<", "<", *INDICATOR_HEADER[3:]], *rows, *TOTAL)
    assert names(found) == NAMES
    assert texts(found.fields, "indicators", "level_2_label") == ["河道", "水质", "居民"]


def test_second_level_under_the_header_of_the_names_is_the_second() -> None:
    found = read(*ABOVE, ["一级指标", "绩效指标", "<", *INDICATOR_HEADER[3:]], *INDICATORS, *TOTAL)
    assert names(found) == NAMES
    assert texts(found.fields, "indicators", "level_2_label") == [row[1] for row in INDICATORS]


@pytest.mark.parametrize("numbers", [("1", "2", "3"), ("指标1", "指标2", "指标3")])
def test_numbers_under_the_header_of_the_names_are_no_part_of_them(numbers: Sequence[str]) -> None:
    rows = [[row[0], number, *row[2:]] for number, row in zip(numbers, INDICATORS, strict=True)]
    found = read(*ABOVE, ["一级指标", "三级指标", "<", *INDICATOR_HEADER[3:]], *rows, *TOTAL)
    assert names(found) == NAMES
    assert one(found.fields, "unexplained_figures") is None


def test_words_under_the_header_of_the_names_stay_a_part_of_them() -> None:
    rows = [[row[0], part, *row[2:]] for part, row in zip(("西河", "东河", "全县"), INDICATORS, strict=True)]
    found = read(*ABOVE, ["一级指标", "三级指标", "<", *INDICATOR_HEADER[3:]], *rows, *TOTAL)
    assert names(found) == ["西河清理河道", "东河水质达标率", "全县居民满意度"]


def test_reasons_in_a_row_of_their_own_are_not_an_indicator() -> None:
    first, *rest = INDICATORS
    reason = ["^", "^", "偏差原因", "雨季较长，已调整计划", "<", "<", "<", "<"]
    found = read(*ABOVE, INDICATOR_HEADER, [*first[:7], ""], reason, *rest, *TOTAL)
    assert names(found) == NAMES
