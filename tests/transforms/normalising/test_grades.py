from __future__ import annotations

import pytest

from tests.transforms.build_fields import fields_of, indicator, records
from transforms.normalise import normalise


@pytest.mark.parametrize(
    ("target", "actual", "name", "met"),
    [
        ("一级", "二级", "工程质量等级", False),
        ("二级", "一级", "工程质量等级", True),
        ("二级", "三级", "信息系统安全等级保护", True),
        ("三级", "二级", "信息系统安全等级保护", False),
        ("二级", "三级", "医院等级", None),
        ("Ⅲ类及以上", "Ⅱ类", "断面水质", True),
        ("Ⅲ类", "Ⅳ类", "断面水质", False),
        ("三类", "Ⅲ类", "断面水质", True),
        ("一等奖", "二等奖", "获奖等次", False),
        ("三星级以上", "四星级", "酒店等级", True),
        ("良好以上", "优秀", "验收等次", True),
        ("优", "良", "考核等次", False),
        ("优", "二等奖", "考核等次", None),
    ],
)
def test_compare_grades_are_held_in_their_order(target: str, actual: str, name: str, met: bool | None) -> None:
    rows = [indicator(target, actual, indicator_name=name)]
    found = normalise(fields_of(records("indicators", rows)))["indicators"]
    assert found["is_met"].to_list() == [met]


@pytest.mark.parametrize(("sign", "target"), [("≥", "良"), ("≥", "前3"), ("≤", "前3")])
def test_compare_grades_and_places_follow_no_operator_column(sign: str, target: str) -> None:
    better = {"良": ("优", "中"), "前3": ("2", "4")}[target]
    rows = [indicator(target, actual, target_operator=sign, target_unit="") for actual in better]
    found = normalise(fields_of(records("indicators", rows)))["indicators"]
    assert found["is_met"].to_list() == [True, False]
