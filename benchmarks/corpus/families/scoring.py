"""Forms with other columns of points: none, a method, a second score, other first levels."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from benchmarks.corpus.families.base import Family, level_columns, pick
from benchmarks.corpus.families.ministry import ministry
from benchmarks.corpus.layouts import Layout
from benchmarks.corpus.model import Line


def hubei(rng: Random) -> Family:
    layout = Layout(
        name="hubei",
        header=(
            (("项目名称", "project"),),
            (("主管部门", "department"), (pick(rng, "项目实施单位", "项目单位"), "unit")),
        ),
        funding=(
            ("预算数（A）", "budget"),
            ("执行数（B）", "executed"),
            ("执行率（B/A）", "rate"),
            (pick(rng, "得分（20分*执行率）", "得分"), "score"),
        ),
        funding_label="预算执行情况（{currency}）\n（20分）",
        indicators=(
            *level_columns(),
            ("年初目标值（A）", "target"),
            ("实际完成值（B）", "actual"),
            ("得分", "score"),
        ),
        sections=("header", "funding", "indicators", "total"),
        stub=pick(rng, "年度绩效目标（80分）", ""),
        year_line=None,
        footer=(Line("偏差大或目标未完成原因分析：无", 10),),
    )
    return Family(
        layout,
        "{year}年度{project}自评表",
        dialects=pick(rng, ("plain",), ("bare", "plain"), ("suffix",)),
        lines=(("年度财政资金总额", "total"),),
        execution_weight=20,
        levels=(("产出指标", 40), ("效益指标", 30), ("满意度指标", 10)),
        captions=pick(rng, "（{points}分）", "({points}分)"),
        decimals=pick(rng, 0, 1, 2),
        rate=pick(rng, "{:.0f}%", "{:.2f}%"),
        weight_in_label=True,
    )


def shandong(rng: Random) -> Family:
    layout = Layout(
        name="shandong",
        header=((("项目名称", "project"),), (("主管部门", "department"), ("实施单位", "unit"))),
        funding=(
            ("年初预算数（A）", "initial"),
            ("全年执行数（B）", "executed"),
            ("分值", "weight"),
            ("执行率（B/A）", "rate"),
            ("得分", "score"),
            ("得分计算方法", "method"),
        ),
        funding_label="项目资金",
        indicators=(
            *level_columns(),
            ("预期指标值（A）", "target"),
            ("实际完成指标值（B）", "actual"),
            ("分值", "weight"),
            ("得分", "score"),
            ("未完成原因", "deviation"),
            ("得分计算方法", "method"),
        ),
        sections=("header", "funding", "goals", "indicators", "total"),
        marks=(Line("单位：{currency}", 9, "right"),),
        year_line="（{year}年度）",
    )
    return Family(
        layout,
        pick(rng, "区级部门预算项目支出绩效自评表", "项目支出绩效自评表"),
        dialects=pick(rng, ("suffix",), ("plain",)),
        lines=(("年度资金总额", "total"), ("其中：财政拨款", "current"), ("其他资金", "other")),
        captions=pick(rng, "", "（{points}分）"),
        decimals=pick(rng, 1, 2),
        rate=pick(rng, "{:.2f}%", "{:.1f}%"),
        sub_mark="-",
        sub_rate=False,
    )


def beijing(rng: Random) -> Family:
    base = shandong(rng)
    layout = replace(
        base.layout,
        name="beijing",
        indicators=(
            *level_columns(),
            ("分值", "weight"),
            ("年度指标值（A）", "target"),
            ("全年实际值（B）", "actual"),
            ("得分计算方法", "method"),
            ("得分", "score"),
            ("未完成原因分析", "deviation"),
        ),
        marks=(),
        funding_label="项目资金（{currency}）",
    )
    return replace(base, layout=layout, title="项目支出绩效自评表")


def reviewed(rng: Random) -> Family:
    """Two score columns: the form's own and a second office's, which is not the form's score."""
    base = ministry(rng)
    second = pick(rng, "财政审核评分", "复核分")
    layout = replace(
        base.layout,
        name="second_score",
        funding=(
            ("全年预算数（A）", "budget"),
            ("全年执行数（B）", "executed"),
            ("分值", "weight"),
            ("执行率（B/A）", "rate"),
            ("得分", "score"),
        ),
        indicators=(
            *level_columns(),
            ("年度指标值", "target"),
            ("实际完成值", "actual"),
            ("分值", "weight"),
            (pick(rng, "自评得分", "自评分"), "score"),
            (second, "second_score"),
            (pick(rng, "未完成原因及改进措施", "偏差原因分析及改进措施"), "deviation"),
        ),
    )
    return replace(base, layout=layout, title=pick(rng, "市本级部门项目支出绩效自评表", "{year}年度预算项目绩效自评表"))


def management(rng: Random) -> Family:
    """Decision, management, output, benefit."""
    base = ministry(rng)
    return replace(
        base,
        layout=replace(base.layout, name="decision_management", stub=""),
        title="财政预算支出项目绩效目标自评表",
        levels=(("项目决策", 10), ("项目管理", 20), ("项目产出", 30), ("项目效益", 30)),
        captions=pick(rng, "", "（{points}分）"),
    )
