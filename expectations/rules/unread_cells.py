"""Rules on cells that critical rules need: printed and not read, or blank."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import polars as pl

from expectations.expressions import any_of, is_blank, lacks_unit, listed
from expectations.rule import Example, Measure, Rule
from expectations.rules.totals import score_verdict
from expectations.rules.weights import weight_verdict
from expectations.settings import RuleSettings
from warehouse.contract.vocabulary import UNITS_DIFFER, WITHHELD

_AMOUNTS: Final = {"initial_budget": "年初预算数", "annual_budget": "全年预算数", "executed": "全年执行数"}
_POINTS: Final = {"weight": "分值", "score": "得分"}


def _unread(value: str, reason: str) -> pl.Expr:
    code = pl.col(reason).fill_null("blank")
    return pl.col(value).is_null() & (code != "blank") & (code != WITHHELD)


def _printed(cells: Mapping[str, tuple[str, pl.Expr]]) -> pl.Expr:
    """List the texts of the cells for which the condition holds, each after its label."""
    return listed(
        [
            pl.when(condition.fill_null(False)).then(pl.format("{}“{}”", pl.lit(label), pl.col(f"{name}_text")))
            for name, (label, condition) in cells.items()
        ]
    )


def _measure(cells: Mapping[str, tuple[str, pl.Expr]]) -> Measure:
    texts = [pl.col(f"{name}_text") for name in cells]
    return Measure(
        not_applicable={"cell_blank": pl.all_horizontal([is_blank(text) for text in texts])},
        broken=any_of([condition for _, condition in cells.values()]),
        observed=_printed(cells),
        expected=pl.lit(""),
    )


def _r82(_: RuleSettings) -> Measure:
    labels = {"total_weight": "分值合计", "total_score": "自评总分"}
    return _measure(
        {
            name: (label, pl.col(f"{name}_points").is_null() & ~is_blank(pl.col(f"{name}_text")))
            for name, label in labels.items()
        }
    )


def _r83(_: RuleSettings) -> Measure:
    is_total = pl.col("is_total").fill_null(False)
    cells = {
        name: (label, _unread(f"{name}_cny", f"{name}_reason") & ~lacks_unit(f"{name}_reason"))
        for name, label in _AMOUNTS.items()
    }
    cells["execution_rate"] = ("执行率", is_total & _unread("execution_rate_pct", "execution_rate_reason"))
    for name, label in _POINTS.items():
        cells[name] = (label, is_total & _unread(f"{name}_points", f"{name}_reason"))
    measure = _measure(cells)
    differ = any_of([pl.col(f"{name}_reason") == UNITS_DIFFER for name in _AMOUNTS])
    return replace(measure, observed=listed([pl.when(differ).then(pl.lit("金额注明了两种单位")), measure.observed]))


def _r84(_: RuleSettings) -> Measure:
    return _measure({name: (label, _unread(f"{name}_points", f"{name}_reason")) for name, label in _POINTS.items()})


_weight, _score = pl.col("weight_points"), pl.col("score_points")


def _r58(_: RuleSettings) -> Measure:
    no_score = (_weight > 0).fill_null(False) & _score.is_null()
    no_weight = _weight.is_null() & (_score > 0).fill_null(False) & ~pl.col("is_bonus")
    return Measure(
        not_applicable={
            "no_weight_column": pl.col("weight_text").is_null(),
            "no_score_column": pl.col("score_text").is_null(),
            "cell_unread": (no_score & ~is_blank(pl.col("score_text")))
            | (no_weight & ~is_blank(pl.col("weight_text"))),
        },
        broken=no_score | no_weight,
        observed=pl.lit(""),
        expected=pl.when(no_score).then(pl.lit("得分")).otherwise(pl.lit("分值")),
    )


def _r59(settings: RuleSettings) -> Measure:
    codes = {"execution_weight_blank", "weight_blank", "execution_score_blank", "score_blank"}
    verdicts = (("分值合计", weight_verdict(settings)), ("自评总分", score_verdict(settings)))
    open_sums = {}
    for label, (_, _, reasons) in verdicts:
        earlier = any_of([condition for code, condition in reasons.items() if code not in codes])
        open_sums[label] = ~earlier & any_of([condition for code, condition in reasons.items() if code in codes])
    execution = pl.col("execution_score_points").is_null() & (pl.col("execution_weight_points") > 0).fill_null(False)
    no_total = pl.col("total_score_points").is_null() & is_blank(pl.col("total_score_text"))
    no_rate = pl.col("execution_rate_pct").is_null() & is_blank(pl.col("rate_text")) & pl.col("has_rate_column")
    missing = {
        "执行率": no_rate & (pl.col("base_cny") > 0).fill_null(False) & pl.col("executed_cny").is_not_null(),
        "预算执行得分": execution & is_blank(pl.col("execution_score_text")),
        "自评总分": no_total
        & (pl.col("total_score_text").is_not_null() | pl.col("total_weight_points").is_not_null())
        & (pl.col("scores_read") > 0),
        **{f"{label}（有空白，无法核对）": condition for label, condition in open_sums.items()},
    }
    return Measure(
        not_applicable={"no_indicators": pl.col("indicator_rows") == 0},
        broken=any_of(list(missing.values())),
        observed=listed(
            [pl.when(condition.fill_null(False)).then(pl.lit(label)) for label, condition in missing.items()]
        ),
        expected=pl.lit(""),
    )


RULES: Final = (
    Rule(
        id="R82",
        version=1,
        severity="critical",
        table="forms",
        title_en="The printed totals of weights and scores could be read",
        title_zh="分值合计、自评总分能够识别",
        source="own rule",
        why="What a critical rule needs and could not be read cannot be checked: such a form must not pass as clean.",
        why_zh="关键规则要用而未能识别的内容，无法核对，该表不能当作无误。",
        inputs=("forms.total_weight_text", "forms.total_score_text"),
        place="total_score",
        measure=_r82,
        message_zh="无法识别：{observed}",
        message_en="not readable: {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"total_score": "九十多分"}}),
            Example("not_applicable", {"forms": {"total_weight": None, "total_score": None}}),
        ),
    ),
    Rule(
        id="R83",
        version=3,
        severity="critical",
        table="funding",
        title_en="The amounts of the funding block, and its total line's rate, weight and score, could be read",
        title_zh="资金栏的金额和合计行的执行率、分值、得分能够识别",
        source="own rule",
        why="The same as R82, for the funding block: an unread amount leaves the execution rate unchecked. An amount "
        "for which the form names two units (单位：元 over 项目资金（万元）) is not read.",
        why_zh="与 R82 相同，针对资金栏：金额未能识别，执行率就无法核对。"
        "表中为同一金额注明两种单位（如“单位：元”与“项目资金（万元）”）的，金额不读。",
        inputs=("funding.*_cny", "funding.*_reason"),
        place="executed",
        measure=_r83,
        message_zh="资金行“{name}”无法识别：{observed}",
        message_en="funding line “{name}”: not readable: {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"funding": {1: {"executed": "约九十"}}}),
            Example(
                "not_applicable",
                {"funding": {"*": dict.fromkeys((*_AMOUNTS, "weight", "execution_rate", "score"), "")}},
            ),
        ),
    ),
    Rule(
        id="R84",
        version=1,
        severity="critical",
        table="indicators",
        title_en="The weight and the score of every indicator could be read",
        title_zh="各指标的分值、得分能够识别",
        source="own rule",
        why="The same as R82, for the rows: an unread score leaves the total unchecked.",
        why_zh="与 R82 相同，针对指标行：得分未能识别，总分就无法核对。",
        inputs=("indicators.weight_reason", "indicators.score_reason"),
        place="score",
        measure=_r84,
        message_zh="指标“{name}”无法识别：{observed}",
        message_en="indicator “{name}”: not readable: {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {1: {"score": "廿"}}}),
            Example("not_applicable", {"indicators": {"*": {"weight": None, "score": None}}}),
        ),
    ),
    Rule(
        id="R58",
        version=1,
        severity="warning",
        table="indicators",
        title_en="A weighted row has a score, and a scored row a weight",
        title_zh="有分值的指标填写了得分，有得分的指标填写了分值",
        source="template of the ministry",
        why="A blank score leaves open whether the row earned nothing or was forgotten.",
        why_zh="得分空白，看不出是得零分还是漏填。",
        inputs=("indicators.weight_points", "indicators.score_points"),
        place="score",
        measure=_r58,
        message_zh="指标“{name}”未填{expected}",
        message_en="indicator “{name}”: the cell {expected} is blank",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {1: {"score": ""}}}),
            Example("not_applicable", {"indicators": {"*": {"weight": None}}}),
        ),
    ),
    Rule(
        id="R59",
        version=1,
        severity="warning",
        table="forms",
        title_en="Nothing is blank that the execution rate and the sums of weights and scores need",
        title_zh="核对执行率、分值和得分所需的内容没有空白",
        source="template of the ministry",
        why="Where a blank could make a sum right, R02 and R07 cannot say that it is wrong. A row of totals "
        "that prints "
        "a weight and no score is such a blank too.",
        why_zh="空白处填上数后合计可能正确的，R02、R07 无法判定为错。合计行只有分值、没有得分的，也算空白。",
        inputs=("forms.execution_score_points", "forms.total_score_text", "indicators.score_points"),
        place="total_score",
        measure=_r59,
        message_zh="有未填内容：{observed}",
        message_en="cells are blank that the sums need: {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"funding": {1: {"score": ""}}}),
            Example("not_applicable", {"indicators": {"*": None}}),
        ),
    ),
)
