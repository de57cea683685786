"""Forms of transfer payments and of the poverty and rural-revitalisation funds."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from benchmarks.corpus.families.base import Family, level_columns, pick, usual_levels
from benchmarks.corpus.layouts import Layout


def poverty(rng: Random) -> Family:
    layout = Layout(
        name="poverty_fund",
        header=(
            ((pick(rng, "项目名称", "转移支付（项目）名称", "专项资金名称"), "project"),),
            ((pick(rng, "主管部门", "县级主管部门"), "department"), (pick(rng, "实施单位", "资金使用单位"), "unit")),
        ),
        funding=(
            ("全年预算数（A）", "budget"),
            ("全年执行数（B）", "executed"),
            ("分值", "weight"),
            ("执行率（B/A）", "rate"),
            ("得分", "score"),
        ),
        indicators=(
            *level_columns(),
            ("分值", "weight"),
            ("年度指标值", "target"),
            ("全年实际值", "actual"),
            ("得分", "score"),
            (pick(rng, "未完成原因及拟采取的改进措施", "未完成原因和改进措施"), "deviation"),
        ),
        goals=(
            ("年初设定目标", "goal_expected"),
            (pick(rng, "全年实际完成情况", "年度总体目标完成情况综述"), "goal_actual"),
        ),
        sections=("header", "funding", "goals", "indicators", "total"),
        stub=pick(rng, "绩效指标", ""),
        is_vertical=rng.random() < 0.5,
        year_line=pick(rng, "（{year}年度）", "（{year} 年度）"),
    )
    return Family(
        layout,
        pick(rng, "绩效目标自评表", "{project}绩效目标自评表", "项目绩效目标自评表"),
        dialects=pick(rng, ("suffix",), ("plain", "suffix"), ("words", "plain")),
        lines=(("年度资金总额：", "total"), ("其中：本年财政拨款", "current"), ("其他资金", "other")),
        captions=pick(rng, "（{points}分）", "({points}分)", "{points}分"),
        levels=usual_levels(rng),
        decimals=pick(rng, 0, 1),
        rate=pick(rng, "{:.2f}%", "{:.1f}%"),
        sub_mark=pick(rng, "", "-"),
        sub_rate=rng.random() < 0.5,
        numbered=pick(rng, "", "★", "指标{n}："),
    )


def transfer(rng: Random) -> Family:
    layout = Layout(
        name="transfer_unscored",
        header=(
            ((pick(rng, "转移支付（项目）名称", "专项名称", "转移（项目）名称"), "project"),),
            ((pick(rng, "地方主管部门", "省级主管部门"), "department"), ("资金使用单位", "unit")),
        ),
        funding=(
            ("全年预算数（A）", "budget"),
            ("全年执行数（B）", "executed"),
            (pick(rng, "预算执行率（B/A）", "执行率（B/A）", "预算执行率（B/A×100%）"), "rate"),
        ),
        funding_label=pick(rng, "资金情况（{currency}）", "项目资金（{currency}）"),
        indicators=(
            *level_columns(),
            (pick(rng, "指标值", "年度指标值"), "target"),
            (pick(rng, "全年完成值", "全年实际完成值", "完成值"), "actual"),
            ("未完成原因和改进措施", "deviation"),
        ),
        goals=(("总体目标", "goal_expected"), ("全年实际完成情况", "goal_actual")),
        goals_label="总体目标完成情况",
        sections=("header", "funding", "goals", "indicators"),
        stub=pick(rng, "绩效指标", ""),
        is_vertical=rng.random() < 0.5,
    )
    return Family(
        layout,
        pick(
            rng,
            "转移支付区域（项目）绩效目标自评表",
            "{year}年中央对地方专项转移支付区域绩效目标自评表",
            "专项转移支付绩效目标自评表",
        ),
        dialects=pick(rng, ("suffix",), ("suffix", "plain"), ("ascii",)),
        lines=(
            ("年度资金总额", "total"),
            (pick(rng, "其中：中央补助", "其中：中央财政资金"), "current"),
            ("地方资金", "carried"),
            ("其他资金", "other"),
        ),
        execution_weight=None,
        levels=usual_levels(rng),
        rate=pick(rng, "{:.2f}%", "{:.1f}%", "{:.0f}%"),
        prints_total=False,
        numbered=pick(rng, "", "指标{n}：", "指标{n}."),
    )


def transfer_managed(rng: Random) -> Family:
    base = transfer(rng)
    layout = replace(
        base.layout,
        name="transfer_managed",
        sections=("header", "funding", "fund_management", "goals", "indicators"),
        is_vertical=rng.random() < 0.5,
    )
    return replace(base, layout=layout, title=pick(rng, "{project}绩效自评表", "转移支付绩效目标自评表"))


def transfer_scored(rng: Random) -> Family:
    base = transfer(rng)
    layout = replace(
        base.layout,
        name="transfer_header_total",
        header=(
            (("项目名称", "project"), ("自评得分", "total_score")),
            (("主管部门", "department"), ("实施单位", "unit")),
        ),
        indicators=(
            *level_columns(),
            ("年度指标值", "target"),
            ("实际完成指标值", "actual"),
            ("得分", "score"),
        ),
    )
    return replace(
        base, layout=layout, title="{project}区域绩效目标自评表", header_total=True, decimals=pick(rng, 0, 1)
    )
