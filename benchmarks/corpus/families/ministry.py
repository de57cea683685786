"""The Ministry's standard form of 2020 and Shanghai's."""

from __future__ import annotations

from random import Random

from benchmarks.corpus.families.base import (
    Family,
    level_columns,
    pick,
    usual_header,
    usual_levels,
    usual_lines,
    with_contact,
)
from benchmarks.corpus.layouts import Layout
from benchmarks.corpus.model import Line


def shanghai(rng: Random) -> Family:
    layout = Layout(
        name="shanghai",
        header=usual_header(rng),
        funding=(
            ("年初预算数", "initial"),
            ("全年预算数", "budget"),
            ("全年执行数", "executed"),
            (pick(rng, "分值", "分数"), "weight"),
            (pick(rng, "执行率", "执行率(%)"), "rate"),
            ("得分", "score"),
        ),
        indicators=(
            *level_columns(),
            ("年度指标值", "target"),
            ("实际完成值", "actual"),
            ("分值", "weight"),
            ("得分", "score"),
            ("偏差原因分析及改进措施", "deviation"),
        ),
        year_line=pick(rng, "（{year}年度）", "（{year} 年度）", "({year}年度)"),
    )
    return Family(layout, "财政项目支出绩效自评表", lines=usual_lines(rng), prints_rating=True, levels=_free(rng))


def _free(rng: Random) -> tuple[tuple[str, int], ...]:
    output = rng.choice((50, 54, 55, 60, 62, 65))
    satisfaction = rng.choice((4, 5, 10))
    return (("产出指标", output), ("效益指标", 90 - output - satisfaction), ("满意度指标", satisfaction))


def ministry(rng: Random) -> Family:
    ab = rng.random() < 0.5
    layout = Layout(
        name="mof_standard",
        header=with_contact(rng, usual_header(rng)),
        funding=(
            ("年初预算数", "initial"),
            ("全年预算数（A）" if ab else "全年预算数", "budget"),
            ("全年执行数（B）" if ab else "全年执行数", "executed"),
            ("分值", "weight"),
            ("执行率（B/A）" if ab else "执行率", "rate"),
            ("得分", "score"),
        ),
        indicators=(
            *level_columns(),
            ("年度指标值", "target"),
            ("实际完成值", "actual"),
            ("分值", "weight"),
            ("得分", "score"),
            ("偏差原因分析及改进措施", "deviation"),
        ),
        sections=("header", "funding", "goals", "indicators", "total"),
        stub=pick(rng, "绩效指标", "绩\n效\n指\n标", ""),
        funding_label=pick(rng, "项目资金（{currency}）", "项目资金\n（{currency}）", "项目资金({currency})"),
        goals_label=pick(rng, "年度总体目标", "年度\n总体\n目标"),
        is_vertical=rng.random() < 0.4,
        marks=pick(rng, (), (Line("附件2", 12),), (Line("附件1-2：", 12),)),
        year_line=pick(rng, "（{year}年度）", "（{year} 年度）", "{year}年度)"),
        footer=pick(
            rng,
            (),
            (Line("注：1.其他资金包括与财政资金共同投入的自有资金、社会资金等。2.定量指标未完成的按比例计分。", 8),),
        ),
        total_label=pick(rng, "总分", "总  分", "合计"),
    )
    cost = rng.random() < 0.15
    levels = (("成本指标", 20), ("产出指标", 40), ("效益指标", 20), ("满意度指标", 10)) if cost else usual_levels(rng)
    return Family(
        layout,
        pick(rng, "项目支出绩效自评表", "{place}项目支出绩效自评表", "{year}年度项目支出绩效自评表"),
        dialects=pick(rng, ("suffix",), ("suffix", "plain"), ("words", "suffix"), ("ascii",), ("bare", "suffix")),
        lines=usual_lines(rng),
        levels=levels,
        captions=pick(rng, "", "（{points}分）", "({points}分)", "（{points}）"),
        decimals=pick(rng, 0, 1, 2),
        rate=pick(rng, "{:.2f}%", "{:.1f}%", "{:.2f} %", "{:.2f}"),
        sub_mark=pick(rng, "-", "—", "－", "/", ""),
        sub_rate=rng.random() < 0.4,
        numbered=pick(rng, "", "", "指标{n}：", "指标{n}:", "指标{n}."),
    )
