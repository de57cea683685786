from __future__ import annotations

from decimal import Decimal
from random import Random

import polars as pl
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.transforms.normalising.clerk import indicators
from transforms.normalising.values import parse_values

FLOORS = ("≥", ">=", "不少于", "不低于", "至少", "最少", "最低", "大于等于", "下限", "＞", "超过", "大于")
CEILINGS = ("≤", "<=", "不超过", "不高于", "至多", "最多", "最高", "小于等于", "上限", "＜", "低于", "控制在")
JOINTS = ("且", "并", "，", "、", "；", " ", "，且", "但", "，同时", "并且", "和", "&", "", "\n", "，但")
UNITS = ("", "%", "公里", "人次", "万元", "元/人", "个", "天")
SIGNS = ("-", "−", "－", "—", "负", "零下")
WORDS = ("利润", "增长率", "同比", "盈余", "净增", "变化：", "温度", "", "较上年增长", "亏损")


def read(texts: list[str]) -> list[dict[str, object]]:
    frame = pl.DataFrame({"text": list(dict.fromkeys(texts)), "is_ocr": False, "is_dated": False})
    found = {str(row["text"]): row for row in parse_values(frame).iter_rows(named=True)}
    return [found[text] for text in texts]


def pair(draw: Random) -> tuple[str, int, int, bool]:
    """Return a text of two bounds, both numbers, and whether either bound is strict."""
    low = draw.randint(1, 400)
    high, unit = low + draw.randint(1, 400), draw.choice(UNITS)
    floor, ceiling, joint = draw.choice(FLOORS), draw.choice(CEILINGS), draw.choice(JOINTS)
    behind = draw.random() < 0.2
    lower = f"{low}{unit}以上" if behind else f"{floor}{low}{unit}"
    upper = f"{high}{unit}以下" if behind else f"{ceiling}{high}{unit}"
    first, second = (lower, upper) if draw.random() < 0.7 else (upper, lower)
    text = f"{first}（{second}）" if draw.random() < 0.15 else f"{first}{joint}{second}"
    strict = not behind and (floor in ("＞", "超过", "大于") or ceiling in ("＜", "低于"))
    return text, low, high, strict


@settings(deadline=None, max_examples=3, phases=[Phase.generate])
@given(st.integers(0, 2**32).map(Random))
def test_parse_values_never_keeps_one_of_two_bounds(draw: Random) -> None:
    pairs = [pair(draw) for _ in range(300)]
    for (text, low, high, strict), row in zip(pairs, read([p[0] for p in pairs]), strict=True):
        if row["value"] is not None:
            assert (row["operator"], row["value"], row["high"], strict) == (">=", Decimal(low), Decimal(high), False), (
                text
            )


def test_parse_values_two_bounds_in_common_spellings_are_read() -> None:
    texts = ["≥30公里，同时≤40公里", "不低于30公里但不超过40公里", "30公里以上40公里以下", "≤40公里、≥30公里"]
    assert [(row["value"], row["high"]) for row in read(texts)] == [(Decimal(30), Decimal(40))] * len(texts)


@settings(deadline=None, max_examples=3, phases=[Phase.generate])
@given(st.integers(0, 2**32).map(Random))
def test_parse_values_never_loses_a_minus(draw: Random) -> None:
    texts = [
        draw.choice(WORDS)
        + draw.choice(SIGNS)
        + str(draw.randint(1, 99))
        + draw.choice(("%", "℃", "万元", "", "个百分点"))
        for _ in range(200)
    ]
    for text, row in zip(texts, read(texts), strict=True):
        value = row["value"]
        assert value is None or (isinstance(value, Decimal) and value < 0) or row["direction"] == "down", text


@settings(deadline=None, max_examples=3, phases=[Phase.generate])
@given(st.integers(0, 2**32).map(Random))
def test_parse_values_never_loses_what_a_sum_is_per(draw: Random) -> None:
    pers = ("每人", "每户", "每人每月", "每亩", "每人每天", "每户每年", "每公里")
    frames = (
        "{n}元{p}",
        "{n}元（{p}）",
        "{n}元，{p}",
        "{p}{n}元",
        "≤{n}元{p}",
        "{n}万元/{p}",
        "{p}不超过{n}元",
        "{n}元{p}以内",
    )
    texts = [draw.choice(frames).format(n=draw.randint(1, 9999), p=draw.choice(pers)) for _ in range(200)]
    for text, row in zip(texts, read(texts), strict=True):
        assert row["value"] is None or str(row["unit_base"]).count("/") + str(row["unit_base"]).count(
            "·"
        ) >= text.count("每"), text


def test_indicators_actual_keeps_its_bound_and_both_ends() -> None:
    actuals = ["5-12次", "≥5次且≤12次", "不足12次", "50余次", "达到12次", "12次", "前3名", "-5%~5%", "未统计"]
    rows = [{"target": "10次", "actual": actual, "note": ""} for actual in actuals]
    found = indicators(rows).select("actual_operator", "actual_value", "actual_value_high").rows()
    assert [(operator, low, high) for operator, low, high in found] == [
        (None, Decimal(5), Decimal(12)),
        (">=", Decimal(5), Decimal(12)),
        ("<", Decimal(12), None),
        (">=", Decimal(50), None),
        (None, Decimal(12), None),
        (None, Decimal(12), None),
        ("<=", Decimal(3), None),
        (None, Decimal(-5), Decimal(5)),
        (None, None, None),
    ]
