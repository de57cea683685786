from __future__ import annotations

from typing import Any

import pytest

from expectations.frames.goals import missed_targets, money_in_texts
from expectations.frames.prepare import prepare
from tests.expectations.build import SETTINGS, forms

ORGANS = ("平台基地运行管理机构数", "≥925.00家", "966.00家")
COURSES = ("举办业务培训班", "≥40期", "42期")


def _goal(text: str, *indicators: tuple[str, str, str]) -> list[str | None]:
    rows: dict[Any, Any] = dict.fromkeys(range(1, 6))
    for number, (name, target, actual) in enumerate(indicators, 1):
        rows[number] = {"indicator_name": name, "target": target, "actual": actual}
    tables = forms({"forms": {"expected_goal_text": text}, "indicators": rows})
    found = missed_targets(tables["forms"], tables["indicators"])
    return [number for number in found.sort("indicator_id")["goal_number"] if number]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("项目立项以发文为准；机构运行管理数为 765家左右；其余照旧", "765家左右"),
        ("全年举办业务培训班不少于30期", "30期"),
        ("举办业务培训班３０期", "30期"),
        ("全年举办业务培训班三十期", "三十期"),
        ("十四五期间运行管理机构数达到七百六十五家", "七百六十五家"),
    ],
)
def test_goal_that_differs_from_its_target_is_found(text: str, number: str) -> None:
    assert _goal(text, ORGANS, COURSES) == [number]


@pytest.mark.parametrize(
    "text",
    [
        "机构运行管理数为925家",
        "机构运行管理数为925家，其中新增机构运行管理数765家",
        "上年机构运行管理数为765家",
        "管理制度覆盖765家",
        "机构运行管理数增加12家",
        "举办业务培训班30次",
        "2023年举办业务培训班",
        "举办业务培训班四十期，运行管理机构数九百二十五家",
        "上年举办业务培训班三十期",
        "举办业务培训班三四十期",
    ],
)
def test_goal_that_agrees_or_speaks_of_another_thing_is_left_alone(text: str) -> None:
    assert _goal(text, ORGANS, COURSES) == []


def _money(text: str) -> list[tuple[str, str]]:
    tables = forms({"forms": {"actual_goal_text": text}})
    lines = prepare(tables, SETTINGS)["funding"]
    found = money_in_texts(tables["forms"], lines, tables["indicators"]).drop_nulls("money_text")
    return found.select("money_text", "money_expected").rows()


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("全年执行95.90万元。", "95.90万元"),
        ("资金支出98.00万元，完成培训。", "98.00万元"),
        ("项目实际支出700000元", "700000元"),
        ("年度预算数为300万元", "300万元"),
    ],
)
def test_money_that_contradicts_the_funding_block_is_found(text: str, amount: str) -> None:
    assert _money(text) == [(amount, "99.5万元")]


@pytest.mark.parametrize(
    "text",
    [
        "全年执行99.50万元。",
        "全年执行99.5万元，上年执行95.90万元",
        "资金支出995000元",
        "其中支付尾款95万元",
        "每人补助2000元",
        "带动社会投资1.2亿元",
        "节约资金0.5万元",
        "预算100万元，执行99.50万元",
    ],
)
def test_money_that_agrees_or_is_another_is_left_alone(text: str) -> None:
    assert _money(text) == []
