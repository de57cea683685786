"""Rules on the scores of indicators, with the figures of the rule book."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from expectations.settings import RuleSettings
from tests.expectations.build import outcomes


def _row(target: str, actual: str, weight: str, score: str, **cells: Any) -> dict[str, Any]:
    """Return a form with this indicator beside the good form's others, whose scores print two decimals."""
    return {"indicators": {1: {"target": target, "actual": actual, "weight": weight, "score": score, **cells}}}


def _one_decimal(*row: str) -> dict[str, Any]:
    """Return the same in a form all of whose scores print one decimal."""
    change = _row(*row)
    return {"indicators": {**change["indicators"], **{n: {"score": "10.0", "weight": "10.0"} for n in (2, 3, 4, 5)}}}


@pytest.mark.parametrize(
    ("rule", "row", "verdict"),
    [
        ("R21", ("≥100个", "95个", "10", "9.5"), "pass"),
        ("R21", ("≥1228人", "770人", "2", "1.25"), "pass"),
        ("R21", ("≥1228人", "770人", "2", "1.8"), "fail"),
        ("R21", ("≥100%", "98%", "10", "9.80"), "pass"),
        ("R21", ("≥100%", "98%", "10", "9"), "fail"),
        ("R21", ("≥38508人", "37442人", "3", "3"), "fail"),
        ("R21", ("≥10场", "0场", "10", "0"), "pass"),
        ("R20", ("≥100%", "100%", "10", "7"), "fail"),
        ("R22", ("≤5300元", "5830元", "10", "9.09"), "pass"),
        ("R22", ("≤5300元", "5830元", "10", "10"), "fail"),
        ("R22", ("<8个", "5个", "5", "5"), "pass"),
        ("R24", ("=12期", "14期", "5", "5"), "pass"),
        ("R24", ("=12期", "11期", "12", "11"), "pass"),
        ("R24", ("=12期", "11期", "12", "12"), "fail"),
        ("R26", ("=0起", "0起", "5", "5"), "pass"),
    ],
)
def test_score_follows_the_attainment(rule: str, row: tuple[str, str, str, str], verdict: str) -> None:
    assert outcomes(rule, _row(*row)) == [verdict]


@pytest.mark.parametrize(
    ("row", "verdict"),
    [
        (("≥5662人", "4044人", "2", "1.4"), "pass"),
        (("≥100.00%", "97.30%", "2", "1.9"), "pass"),
        (("≥3807人", "3224人", "2", "1.9"), "fail"),
        (("≥214人", "203人", "2", "1.8"), "pass"),
        (("≥212人", "209人", "2", "1.8"), "fail"),
    ],
)
def test_score_of_one_decimal_is_rounded_or_cut_off(row: tuple[str, str, str, str], verdict: str) -> None:
    assert outcomes("R21", _one_decimal(*row)) == [verdict]


def test_over_achievement_beyond_the_setting_only() -> None:
    row = _row("≥3000家", "5395家", "20", "20")
    assert outcomes("R30", row) == ["fail"]
    assert outcomes("R30", row, settings=RuleSettings(over_explain_pct=Decimal(80))) == ["pass"]


@pytest.mark.parametrize("cells", [{"target": "≥50%", "actual": "98%"}, {"target": "≤3次", "actual": "0次"}])
def test_over_achievement_exempts_rates_and_limits(cells: dict[str, str]) -> None:
    assert "fail" not in outcomes("R30", {"indicators": {1: cells}})


def test_band_of_a_region_is_used_where_it_is_named() -> None:
    change = {"indicators": {3: {"actual": "部分达成", "weight": "10.00", "score": "5.50"}}}
    here = change | {"forms": {"department": "武汉市科学技术局"}}
    assert outcomes("R40", change, here) == ["fail", "pass"]


@pytest.mark.parametrize("score", ["6.00", "8.00"])
def test_band_holds_both_its_ends(score: str) -> None:
    assert outcomes("R40", {"indicators": {3: {"actual": "部分达成", "weight": "10.00", "score": score}}}) == ["pass"]


@pytest.mark.parametrize("blank", ["", "-", "—", "/", "无", "0", "暂无"])
def test_reason_that_is_a_blank_mark_is_none(blank: str) -> None:
    assert outcomes("R50", _row("≥10场", "9场", "20", "18", deviation_text=blank)) == ["fail"]


def test_reason_given_passes() -> None:
    assert outcomes("R50", _row("≥10场", "9场", "20", "18", deviation_text="场地紧张，下年提前安排")) == ["pass"]


@pytest.mark.parametrize(
    ("score", "rating", "verdict"),
    [
        ("96", "优", "pass"),
        ("90.00", "优", "pass"),
        ("89.99", "优", "fail"),
        ("89.99", "良", "pass"),
        ("80", "中", "fail"),
        ("59.9", "差", "pass"),
        ("96", "优（90-100）", "pass"),
        ("96", "优秀", "local_rating_words"),
        ("96", "", "rating_not_printed"),
        (None, "优", "total_score_not_printed"),
    ],
)
def test_rating_is_that_of_the_printed_total(score: str | None, rating: str, verdict: str) -> None:
    assert outcomes("R61", {"forms": {"total_score": score, "rating": rating}}) == [verdict]


@pytest.mark.parametrize(
    "reason",
    [
        "供货方产能不足，未能足额交付；已增加备选供货方",
        "部分设备故障，已更换并恢复运行",
        "施工单位进场晚，已约谈施工方，责令限期完工",
        "招标流标一次，已重新组织招标",
        "因疫情未开展，待条件允许后尽快实施；抓紧完成",
        "年初预算编制不精准。需进一步细化预算编制",
        "群众知晓率偏低，应加大政策宣传",
        "雨季长，加快施工进度",
        "1.疫情影响；2.加强与各部门的沟通",
        "支付手续未办完，2024年将继续支付",
        "人员变动，拟于下半年补录",
        "正在与财政部门协调资金",
        "正积极协调用地手续",
        "数据统计口径变化\n改进措施：完善统计制度",
        "流动人口多，下步做好登记",
        "设定目标值偏低，今后科学设定",
        "部分企业不符合条件，并及时调整补助名单",
        "资金已收回财政",
        "目标值设置过高，建议调低",
    ],
)
def test_reason_with_a_measure_of_any_wording_passes(reason: str) -> None:
    assert outcomes("R52", _row("≥10场", "9场", "20", "18", deviation_text=reason)) == ["pass"]


@pytest.mark.parametrize(
    "reason",
    [
        "特困人员实行动态管理",
        "连续阴雨",
        "受疫情影响，部分活动未开展",
        "部门之间协调不到位，推进缓慢",
        "项目调整，实施较晚",
        "财政资金紧张，未支付",
        "指标值设置偏低",
        "提高幅度有限",
        "落实不到位",
        "已签订合同，尚未付款",
        "预算编制不合理",
        "报名人数少于预期",
        "政策要求变化",
        "合同拟定较晚",
        "人员退休",
        "物价上涨",
        "按实际人数发放",
    ],
)
def test_reason_that_is_only_a_cause_fails(reason: str) -> None:
    assert outcomes("R52", _row("≥10场", "9场", "20", "18", deviation_text=reason)) == ["fail"]
