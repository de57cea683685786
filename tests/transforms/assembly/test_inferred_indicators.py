"""Columns of indicators whose header is not known, proved by the form itself."""

from __future__ import annotations

import pytest

from tests.support.assembled import one, read, texts
from tests.transforms.build_cells import FUNDING, GOALS, HEAD, INDICATOR_HEADER

LOST = [
    ["产出指标", "数量指标", "清理河道", "≥10条", "9条", "20", "18", "雨季较长，已调整计划"],
    ["产出指标", "质量指标", "验收合格率", "≥95%", "96%", "30", "30", "无"],
    ["效益指标", "社会效益指标", "水质达标率", "≥90%", "80%", "30", "26.67", "监测点位增加，明年提前布设"],
    ["满意度指标", "服务对象满意度指标", "居民满意度", "≥90%", "95%", "10", "10", "-"],
]


@pytest.mark.parametrize(
    ("row", "text", "is_read"),
    [(0, None, True), (0, "无", False), (1, "按期完成并已通过验收", False), (2, "", False)],
)
def test_unknown_column_that_says_why_points_were_lost_is_the_deviation(
    row: int, text: str | None, is_read: bool
) -> None:
    rows = [[*cells[:7], text if i == row and text is not None else cells[7]] for i, cells in enumerate(LOST)]
    found = read(*HEAD, *FUNDING, *GOALS, [*INDICATOR_HEADER[:7], "情形注记"], *rows)
    said = texts(found.fields, "indicators", "deviation")
    assert said == (["雨季较长，已调整计划", "无", "监测点位增加，明年提前布设", "-"] if is_read else [])
    assert (one(found.fields, "inferred_columns") is not None) == is_read
