"""Labels of levels: two names in one cell, and second levels without a first."""

from __future__ import annotations

import pytest

from tests.expectations.build import outcomes


def _second_level(label: str, kind: str | None = None) -> dict[str, object]:
    return {"indicators": {1: {"level_2_label": label, "level_2_type": kind}}}


@pytest.mark.parametrize(
    "label",
    [
        "数量指标质量指标",
        "数量指标数量指标",
        "数量指标（20分）质量指标（10分）",
        "1.数量指标2.质量指标",
        "数 量 指 标\n质 量 指 标",
        "数质量量指指标标",
        "数数量量指指标标",
        "产出指标效益指标满意度指标",
        "经济效益指标社会效益指标",
        "数量质量",
        "项目决策项目管理",
        "自定甲指标自定乙指标",
    ],
)
def test_label_that_holds_two_names_fails(label: str) -> None:
    assert outcomes("R103", _second_level(label)) == ["fail"]


@pytest.mark.parametrize(
    "label",
    [
        "数量指标",
        "社会公众或服务对象满意度指标",
        "经济效益、社会效益指标",
        "经济效益指标、社会效益指标",
        "数量指标和质量指标",
        "数量指标/质量指标",
        "经济社会效益指标",
        "产出数量",
        "产出效益",
        "成本效益",
        "质量时效指标",
        "技术指导指标",
        "达标指标",
        "产出指标（数量指标）",
        "其他指标（自选指标）",
        "项目产出",
        "指标1",
    ],
)
def test_label_of_one_name_or_joined_by_the_form_passes(label: str) -> None:
    assert outcomes("R103", _second_level(label)) == ["pass"]


def test_label_whose_type_is_known_is_one_name() -> None:
    assert outcomes("R103", _second_level("数量质量", "quantity")) == ["pass"]


def test_first_level_that_holds_two_names_fails() -> None:
    changes = {"level_1_label": "产出指标效益指标", "level_1_type": None}
    assert outcomes("R103", {"indicators": {1: changes}}) == ["fail"]


def test_second_level_without_a_first_is_a_finding_and_a_first_without_a_second_is_none() -> None:
    first, second = ({f"level_{n}_label": None, f"level_{n}_type": None} for n in (1, 2))
    assert outcomes("R104", {"indicators": {1: first}}, {"indicators": {"*": second}}) == ["fail", "no_level_column"]
