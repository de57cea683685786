from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from expectations.frames.narrative import contradictions
from tests.expectations.build import SETTINGS, forms


def _said(text: str, *indicators: tuple[str, str, str]) -> dict[str, str | None]:
    """Return by indicator name the number of the text that contradicts it."""
    rows: dict[Any, Any] = dict.fromkeys(range(1, 6))
    for number, (name, target, actual) in enumerate(indicators, 1):
        rows[number] = {"indicator_name": name, "target": target, "actual": actual}
    tables = forms({"forms": {"actual_goal_text": text}, "indicators": rows})
    names = dict(tables["indicators"].select("indicator_id", "indicator_name").iter_rows())
    found = contradictions(tables["forms"], tables["indicators"], SETTINGS)
    return {names[row_id]: number for row_id, number in found.select("indicator_id", "narrative_number").iter_rows()}


REPORTS = ("新增仪器信息报送数", "≥800.00台套", "3250.00台套")
USERS = ("门户网站用户数", "≥3000.00家", "5395.00家")
VISITS = ("门户网站访问量", "≥120.00万次", "125.84万次")


def test_permuted_digits_with_matching_name_are_found() -> None:
    assert _said("信息报送新增 3520台仪器；受理申请246台", REPORTS) == {REPORTS[0]: "3520台仪器"}


def test_full_width_digits_are_read() -> None:
    assert _said("信息报送新增３５２０台仪器", REPORTS) == {REPORTS[0]: "3520台仪器"}


def test_near_number_with_strongly_matching_name_is_found() -> None:
    assert _said("门户网站用户数达到5495家", USERS) == {USERS[0]: "5495家"}


TRAINED = ("培训农户", "≥130人次", "150人次")
HOURS = ("采集口述史", "≥200小时", "261小时")
ROADS = ("保洁道路面积", "≥700万平方米", "734")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("全年培训农户510人次。", "510人次"),
        ("采集口述史达到621小时", "621小时"),
        ("保洁道路面积374万平方米", "374万平方米"),
    ],
)
def test_permuted_digits_with_zeros_durations_or_a_scale_are_found(text: str, number: str) -> None:
    assert [found for found in _said(text, TRAINED, HOURS, ROADS).values() if found] == [number]


@pytest.mark.parametrize(
    "text",
    [
        "培训510人次",
        "投入510元用于培训农户",
        "上年培训农户510人次",
        "采集口述史计划达到621小时",
        "保洁道路面积734万平方米",
        "会议621分钟，采集口述史",
    ],
)
def test_number_of_few_digits_or_of_another_time_is_not_accused(text: str) -> None:
    assert not [number for number in _said(text, TRAINED, HOURS, ROADS).values() if number]


@pytest.mark.parametrize(
    "text",
    [
        "信息报送新增3250台仪器",
        "全年报送800台套",
        "2352元用于办公",
        "于2305年完成信息报送",
        "第2305号文件",
        "管理仪器设备2061台",
        "服务企业5395家，其中重点企业5935家",
        "信息报送新增3250台仪器，上年为3520台",
        "没有数字的文字",
        "门户网站访问量125.8353万次",
        "1.信息报送 2.仪器共享 3、评估",
    ],
)
def test_text_that_agrees_or_speaks_of_other_things_is_not_accused(text: str) -> None:
    assert not [number for number in _said(text, REPORTS, USERS, VISITS).values() if number]


def test_number_in_another_scale_is_compared_in_the_base_unit() -> None:
    tables = forms(
        {
            "forms": {"actual_goal_text": "防火墙拦截攻击次数达到898万次"},
            "indicators": {1: {"actual": "8980000次", "target": "≥30000次"}},
        }
    )
    found = contradictions(tables["forms"], tables["indicators"], SETTINGS)
    assert found["narrative_number"].null_count() == found.height


def test_text_of_one_form_is_not_held_against_another() -> None:
    tables = forms(
        {"forms": {"actual_goal_text": "服务企业101家"}, "indicators": {4: None}},
        {"forms": {"actual_goal_text": "完成全部工作"}},
    )
    found = contradictions(tables["forms"], tables["indicators"], SETTINGS)
    assert found["narrative_number"].null_count() == found.height


def test_rows_are_the_indicators_that_the_text_could_speak_of() -> None:
    tables = forms({}, {"forms": {"actual_goal_text": None}}, {"indicators": {1: {"actual_value": Decimal(0)}}})
    found = contradictions(tables["forms"], tables["indicators"], SETTINGS)
    numbers = found["indicator_id"].str.slice(24).to_list()
    assert [n for n in numbers if n.startswith("-002")] == []
    assert "-003-i001" not in numbers
    assert found["indicator_id"].is_unique().all()


PLEASED = ("受益群众满意度", "≥87%", "84%")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("受益群众满意度达到61%。", "61%"),
        ("其中城区受益群众满意度61%。", None),
        ("部分乡镇受益群众满意度为61%。", None),
    ],
)
def test_rate_of_a_part_is_not_held_against_that_of_all(text: str, number: str | None) -> None:
    assert _said(text, PLEASED) == {PLEASED[0]: number}
