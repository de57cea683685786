"""Forms of whole departments."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from benchmarks.corpus.families.base import Family, pick, usual_levels
from benchmarks.corpus.families.ministry import ministry
from benchmarks.corpus.layouts import Layout


def department(rng: Random) -> Family:
    base = ministry(rng)
    layout = replace(
        base.layout,
        name="department_levels",
        header=(((pick(rng, "部门名称", "预算单位名称"), "unit"), ("部门代码", "code")),),
        sections=("header", "funding", "goals", "indicators", "total"),
    )
    return replace(
        base, layout=layout, title=pick(rng, "部门整体支出绩效自评表", "部门整体绩效自评表"), has_project=False
    )


def department_flat(rng: Random) -> Family:
    layout = Layout(
        name="department_flat",
        header=((("预算单位名称", "unit"), (pick(rng, "自评总分（分）", "自评得分"), "total_score")),),
        funding=(
            ("年初预算数", "initial"),
            ("全年（调整）预算数", "budget"),
            ("全年执行数", "executed"),
            ("执行率（%）", "rate"),
            ("执行率权重", "weight"),
            ("执行率得分", "score"),
        ),
        funding_label="部门资金",
        indicators=(
            ("指标名称", "name"),
            ("计量单位", "unit"),
            ("指标性质", "operator"),
            ("指标值", "target"),
            ("指标权重（分）", "weight"),
            ("全年完成值", "actual"),
            ("指标得分（分）", "score"),
            ("说明", "deviation"),
        ),
        goals=(
            ("年初目标", "goal_expected"),
            ("全年（调整）目标", "goal_adjusted"),
            ("目标实际完成情况", "goal_actual"),
        ),
        sections=("header", "funding", "goals", "indicators"),
        year_line=None,
        stub=pick(rng, "绩效指标", ""),
    )
    return Family(
        layout,
        "{place}{year}年度部门整体绩效自评表",
        dialects=("columns",),
        currency=None,
        lines=(("年度总金额", "total"), ("其中财政拨款", "current")),
        levels=usual_levels(rng),
        decimals=pick(rng, 1, 2),
        rate="{:.2f}",
        sub_mark="",
        sub_rate=rng.random() < 0.5,
        header_total=True,
        prints_total=False,
        has_project=False,
    )
