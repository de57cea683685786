from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.build_fields import fields_of, records
from transforms.normalise import normalise
from transforms.normalising.levels import caption_points, funding_types, level_types, types_of_one_column


@pytest.mark.parametrize(
    ("label", "kind", "points"),
    [
        ("产出指标", "output", None),
        ("产出指标(50分)", "output", "50"),
        ("产出指标（50）", "output", "50"),
        ("产 出 指 标 (50分)", "output", "50"),
        ("效益指标30分)", "benefit", "30"),
        ("产出指标 40 分", "output", "40"),
        ("效益指标（22.5分）", "benefit", "22.5"),
        ("成本指标(0-20)分", "cost", None),
        ("项目完成指标", "output", None),
        ("效果指标", "benefit", None),
        ("项目决策（10分）", "decision", "10"),
        ("项目管理", "management", None),
        ("预算执行率", "execution", None),
        ("满意度指标（10分）", "satisfaction", "10"),
        ("一、产出指标", "output", None),
        ("（一）产出指标", "output", None),
        ("出标产指", "output", None),
        ("(50分)", None, "50"),
        ("", None, None),
        ("别的指标", None, None),
    ],
)
def test_level_types_first_level_label_is_known(label: str, kind: str | None, points: str | None) -> None:
    row = level_types(pl.Series([label]), 1).row(0, named=True)
    assert (row["type"], row["points"]) == (kind, None if points is None else Decimal(points))


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("数量指标", "quantity"),
        ("质量指标 12 分", "quality"),
        ("时效", "timeliness"),
        ("成本", "cost"),
        ("经济效益 指标", "economic_benefit"),
        ("社会效益指标", "social_benefit"),
        ("生态效益指标", "ecological_benefit"),
        ("可持续性", "sustainable_impact"),
        ("可持续影响指标", "sustainable_impact"),
        ("满意度指标", "satisfaction"),
        ("服务对象满意度指标等", "satisfaction"),
        ("服务对象 满意度指标", "satisfaction"),
        ("经济成本指标", "economic_cost"),
        ("社会成本指标", "social_cost"),
        ("生态环境成本指标", "ecological_cost"),
        ("什么指标", None),
    ],
)
def test_level_types_second_level_label_is_known(label: str, kind: str | None) -> None:
    assert level_types(pl.Series([label]), 2).row(0, named=True)["type"] == kind


@pytest.mark.parametrize(
    ("label", "kind"),
    [
        ("年度资金总额", "total"),
        ("年度资金总额:", "total"),
        ("年度财政资金总额", "total"),
        ("年度资金总额（万元）：", "total"),
        ("总额", "total"),
        ("合计", "total"),
        ("年度总金额", "total"),
        ("预算执行情况", "total"),
        ("其中:当年财政拨款", "current_appropriation"),
        ("其中：本年财政拨款", "current_appropriation"),
        ("其中财政拨款", "current_appropriation"),
        ("其中:财政资金", "current_appropriation"),
        ("其中:本年一般公共预算拨款", "current_appropriation"),
        ("其中:中央补助", "current_appropriation"),
        ("中央财政资金", "current_appropriation"),
        ("县级资金", "current_appropriation"),
        ("自治区补助", "current_appropriation"),
        ("上年结转资金", "carried_over"),
        ("上年结转 资金", "carried_over"),
        ("其他资金", "other"),
        ("其它", "other"),
        ("其他资金 (包括以前年度结转资金)", "other"),
        ("地方资金/其他", "other"),
        ("单位资金", "other"),
        ("财政专户管理资金", "other"),
    ],
)
def test_funding_types_label_is_a_source(label: str, kind: str) -> None:
    row = funding_types(pl.Series([label])).row(0, named=True)
    assert (row["type"], row["known"]) == (kind, True)


def test_funding_types_unknown_label_is_other_and_reported() -> None:
    assert funding_types(pl.Series(["彩票"])).rows() == [("彩票", "other", False)]


@settings(deadline=None)
@given(st.lists(st.text(max_size=15), max_size=10))
def test_level_types_any_label_gives_one_row(labels: list[str]) -> None:
    series = pl.Series("l", labels, dtype=pl.String)
    assert sorted(level_types(series, 1)["label"]) == sorted(set(labels))
    assert sorted(funding_types(series)["label"]) == sorted(set(labels))


@pytest.mark.parametrize(
    "label",
    [
        "产出指标（50分,实得48分）",
        "产出指标（实得48分）",
        "产出指标(50/48)",
        "产出指标（30+20分）",
        "产出指标（5 0分）",
        "产出指标(050分)",
        "产出指标（≤50分）",
        "产出指标（50分）（10分）",
        "产出指标（2023）",
    ],
)
def test_caption_points_no_one_weight_is_not_read(label: str) -> None:
    assert pl.DataFrame({"t": [label]}).select(caption_points(pl.col("t"))).item() is None


@pytest.mark.parametrize(
    ("label", "first", "second"),
    [
        ("产出指标-数量指标", "output", "quantity"),
        ("产出指标（数量）", "output", "quantity"),
        ("效益指标/社会效益指标", "benefit", "social_benefit"),
        ("满意度指标：服务对象满意度指标（10分）", "satisfaction", "satisfaction"),
        ("成本-经济成本", "cost", "economic_cost"),
        ("效益指标", "benefit", None),
        ("数量指标", None, None),
        ("成本指标", None, None),
        ("经济效益/社会效益指标", None, None),
        ("成本、质量指标", None, None),
        ("产出、效益指标", None, None),
        ("质量-进度", None, None),
    ],
)
def test_types_of_one_column_both_levels_in_one_cell(label: str, first: str | None, second: str | None) -> None:
    assert types_of_one_column(pl.Series([label])).rows() == [(label, first, second)]


def test_indicators_one_column_of_levels_gives_both_types_where_no_other_is_printed() -> None:
    both = {"level_1_label": "产出指标-数量指标", "indicator_name": "培训次数", "target": "2次", "actual": "2次"}
    table = normalise(fields_of(records("indicators", [both])))["indicators"]
    assert table.select("level_1_type", "level_2_type", "level_2_label").rows() == [("output", "quantity", None)]
    beside = normalise(fields_of(records("indicators", [both | {"level_2_label": "质量指标"}])))["indicators"]
    assert beside.select("level_1_type", "level_2_type").rows() == [(None, "quality")]
