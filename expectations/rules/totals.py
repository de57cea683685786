"""Rules on scores and the total score (section A of the rule book)."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.expressions import decimals, is_blank, number
from expectations.rounding import fine, fine_literal, rounding
from expectations.rule import Example, Measure, Rule
from expectations.rules.authorities import ARITHMETIC, MOF_2020, PRINTED_NOTES
from expectations.settings import RuleSettings

_scores = pl.col("indicator_scores") + pl.col("unnamed_score_points").fill_null(0)
_score_sum = _scores + pl.col("execution_score_points").fill_null(0)
_rows = pl.col("indicator_rows") + 1


def row_tolerance(settings: RuleSettings) -> pl.Expr:
    """Return how far a total may lie from its sum, in fine parts: so much a row, and never above a most."""
    each = fine_literal(settings.total_tolerance_per_row) * _rows.cast(pl.Int128)
    return pl.min_horizontal(each, fine_literal(settings.total_tolerance_most))


def off(left: pl.Expr, right: pl.Expr, settings: RuleSettings) -> pl.Expr:
    """Tell whether two sums of points lie further apart than their rows allow."""
    return (fine(left) - fine(right)).abs() > row_tolerance(settings)


def blank_total(name: str) -> pl.Expr:
    """Tell whether the form prints no such total."""
    return pl.col(f"{name}_points").is_null() & is_blank(pl.col(f"{name}_text"))


def _r06(_: RuleSettings) -> Measure:
    weight, score = pl.col("weight_points"), pl.col("score_points")
    return Measure(
        not_applicable={"weight_and_score_needed": weight.is_null() | score.is_null()},
        broken=(score < 0) | (score > weight),
        observed=number(score),
        expected=pl.format("0–{}", number(weight)),
    )


def _r07(settings: RuleSettings) -> Measure:
    stated = pl.col("total_score_points")
    printed_rows = pl.max_horizontal(
        pl.col("score_decimals").fill_null(0),
        decimals(pl.col("execution_score_text")).fill_null(0),
    )
    slack = rounding(pl.col("total_score_text"))
    stated_places = decimals(pl.col("total_score_text")).fill_null(0)
    difference = fine(stated) - fine(_score_sum)
    is_rounded = (stated_places < printed_rows) & (difference <= slack.below) & (difference + slack.above > 0)
    twice = (pl.col("unusual_level_rows") > 0) & ~off(_scores, stated, settings)
    wrong = off(_score_sum, stated, settings) & ~is_rounded & ~twice
    return Measure(
        not_applicable={
            "total_score_not_printed": blank_total("total_score"),
            "total_score_not_read": stated.is_null(),
            "no_indicators": pl.col("indicator_rows") == 0,
            "no_score_column": ~pl.col("has_score_column"),
            "score_not_read": (pl.col("scores_unread") > 0)
            | (pl.col("execution_score_reason").fill_null("blank") != "blank"),
            "score_blank": wrong & ((pl.col("scores_blank") > 0) | (pl.col("scores_read") == 0)),
            "execution_score_blank": wrong
            & pl.col("execution_score_points").is_null()
            & (pl.col("execution_weight_points").fill_null(0) > 0),
        },
        broken=wrong,
        observed=number(stated),
        expected=number(_score_sum),
    )


def _r91(_: RuleSettings) -> Measure:
    weight, score = pl.col("execution_weight_points"), pl.col("execution_score_points")
    return Measure(
        not_applicable={"weight_and_score_needed": weight.is_null() | score.is_null()},
        broken=(score < 0) | (score > weight),
        observed=number(score),
        expected=pl.format("0–{}", number(weight)),
    )


RULES: Final = (
    Rule(
        id="R06",
        version=1,
        severity="critical",
        table="indicators",
        title_en="A score lies between 0 and the row's weight",
        title_zh="得分不低于 0、不高于分值",
        source=PRINTED_NOTES,
        why="得分最高不能超过该指标分值上限: a row cannot earn more than it is worth.",
        why_zh="得分最高不能超过该指标分值上限。",
        inputs=("indicators.score_points", "indicators.weight_points"),
        place="score",
        measure=_r06,
        message_zh="指标“{name}”得分应为 {expected}，表中为 {observed}",
        message_en="indicator “{name}”: the score should be {expected}; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {1: {"score": "20.50"}}}),
            Example("not_applicable", {"indicators": {"*": {"weight": None}}}),
        ),
    ),
    Rule(
        id="R07",
        version=1,
        severity="critical",
        table="forms",
        title_en="The printed total score is the sum of the scores",
        title_zh="得分合计等于各项得分之和",
        source=f"{MOF_2020}: 总分由各项指标得分汇总形成; {ARITHMETIC}",
        why="The rating hangs on the total. Tolerance: 0.01 for each row, 0.05 at most; a total printed with fewer "
        "decimals than the rows may be rounded.",
        why_zh="等级由总分决定。允许误差为每行 0.01、最多 0.05；合计的小数位数少于各行时，允许四舍五入或截尾。",
        inputs=("forms.total_score_points", "forms.execution_score_points", "indicators.score_points"),
        place="total_score",
        measure=_r07,
        message_zh="得分合计应为 {expected}，表中为 {observed}",
        message_en="the total score should be {expected}; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"total_score": "97.49"}}),
            Example("not_applicable", {"forms": {"total_score": None}}),
        ),
    ),
    Rule(
        id="R91",
        version=1,
        severity="critical",
        table="forms",
        title_en="The score of budget execution lies between 0 and its weight",
        title_zh="预算执行得分不低于 0、不高于其分值",
        source=PRINTED_NOTES,
        why="The same as R06, for the row of budget execution.",
        why_zh="与 R06 相同，针对预算执行行。",
        inputs=("forms.execution_score_points", "forms.execution_weight_points"),
        place="execution_score",
        measure=_r91,
        message_zh="预算执行得分应为 {expected}，表中为 {observed}",
        message_en="the score of budget execution should be {expected}; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"funding": {1: {"score": "10.50"}}}),
            Example("not_applicable", {"funding": {1: {"weight": None}}}),
        ),
    ),
)
