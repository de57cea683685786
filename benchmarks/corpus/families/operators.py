"""Forms that print operator, value and unit of a target in columns of their own."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from benchmarks.corpus.families.base import Family, level_columns, pick, usual_levels
from benchmarks.corpus.families.ministry import ministry
from benchmarks.corpus.layouts import Layout
from benchmarks.corpus.model import Line


def yunnan(rng: Random) -> Family:
    base = ministry(rng)
    layout = replace(
        base.layout,
        name="yunnan",
        marks=(Line(pick(rng, "公开14表", "附表14"), 10, "right"),),
        indicators=(
            *level_columns(),
            (pick(rng, "指标性质", "符号"), "operator"),
            ("指标值", "target"),
            (pick(rng, "度量单位", "计量单位"), "unit"),
            ("实际完成值", "actual"),
            ("分值", "weight"),
            ("得分", "score"),
            ("偏差原因分析及改进措施", "deviation"),
        ),
        sections=("header", "funding", "goals", "indicators", "notes", "total"),
        notes=("其他需要说明事项", pick(rng, "无", "无其他需要说明的事项")),
        year_line=None,
        stub="",
        footer=(),
    )
    return replace(
        base,
        layout=layout,
        title="{year}年度项目支出绩效自评表",
        dialects=("columns",),
        currency=pick(rng, "元", "元", "万元"),
        captions="",
        prints_rating=True,
        numbered="",
    )


def sichuan(rng: Random) -> Family:
    layout = Layout(
        name="sichuan",
        marks=(Line("报表编号：510000_0013zp", 9),),
        header=(
            ((pick(rng, "项目名称", "项目名称"), "project"),),
            (("主管部门", "department"), ("实施单位（盖章）", "unit")),
        ),
        funding=(
            ("年初预算", "initial"),
            ("调整后预算数", "budget"),
            ("预算执行数", "executed"),
            ("预算执行率", "rate"),
            ("权重", "weight"),
            ("得分", "score"),
            ("原因", "deviation"),
        ),
        funding_label="预算执行情况（{weight}分）\n（{currency}）",
        indicators=(
            *level_columns(),
            ("指标性质", "operator"),
            ("指标值", "target"),
            ("度量单位", "unit"),
            ("完成值", "actual"),
            ("权重", "weight"),
            ("得分", "score"),
            ("未完成原因分析", "deviation"),
        ),
        sections=("header", "goals", "funding", "indicators", "total", "notes"),
        stub=pick(rng, "绩效指标（90分）", ""),
        total_label="合计",
        notes=("评价结论", "项目实施总体顺利，目标基本实现。", "存在问题", "无", "改进措施", "继续加强过程监控。"),
        year_line="（{year}年度）",
        footer=(Line("项目负责人：柳某某      财务负责人：杜某某", 10),),
    )
    return Family(
        layout,
        pick(rng, "部门预算项目支出绩效自评表", "部门预算项目支出绩效自评表({year}年度)"),
        dialects=("columns",),
        lines=(
            ("总额", "total"),
            ("其中：财政资金", "current"),
            ("财政专户管理资金", "carried"),
            ("单位资金", "other"),
        ),
        levels=usual_levels(rng),
        decimals=pick(rng, 1, 2),
        rate="{:.2f}%",
        sub_mark=pick(rng, "/", ""),
        sub_rate=False,
    )
