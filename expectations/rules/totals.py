"""Rules on scores and the total score (section A of the rule book)."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.expressions import decimals, is_blank, listed, number
from expectations.rounding import fine, fine_literal, rounding
from expectations.rule import Example, Measure, Rule
from expectations.rules.authorities import ARITHMETIC, MOF_2020, PRINTED_NOTES
from expectations.settings import RuleSettings

_scores = pl.col("indicator_scores").fill_null(0) + pl.col("unnamed_score_points").fill_null(0)
_score_sum = _scores + pl.col("execution_score_points").fill_null(0)
_rows = pl.col("indicator_rows") + 1
_stated = pl.col("total_score_points")
_HUNDRED: Final = pl.lit(100, pl.Decimal(18, 4))


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
        not_applicable={
            "weight_and_score_needed": weight.is_null() | score.is_null(),
            "bonus_row": (pl.col("is_bonus") & (weight <= 0) & (score >= 0))
            | (pl.col("is_deduction") & (score <= weight.clip(lower_bound=0))),
        },
        broken=(score < 0) | (score > weight),
        observed=number(score),
        expected=pl.format("0–{}", number(weight)),
    )


def _r56(_: RuleSettings) -> Measure:
    weight, score = pl.col("weight_points"), pl.col("score_points")
    negative_score = (score < 0).fill_null(False) & ~pl.col("is_deduction")
    return Measure(
        not_applicable={"cell_without_number": weight.is_null() & score.is_null()},
        broken=(weight < 0).fill_null(False) | negative_score,
        observed=listed([pl.when(weight < 0).then("weight_text"), pl.when(negative_score).then("score_text")]),
        expected=pl.lit("0"),
    )


_execution_blank = pl.col("execution_score_points").is_null() & (
    (pl.col("execution_weight_points") > 0).fill_null(False)
    | (pl.col("has_execution_score_column") & ~pl.col("has_execution_weight_column"))
)
_has_blanks = (_execution_blank | (pl.col("scores_blank") > 0) | (pl.col("scores_blank_unweighted") > 0)).fill_null(
    False
)


def _room() -> pl.Expr:
    """Return how much the blank scores of a form could add at most, in fine parts."""
    execution = pl.when(_execution_blank).then(pl.col("execution_weight_points").fill_null(100)).otherwise(0)
    unweighted = pl.when(pl.col("scores_blank_unweighted") > 0).then(_HUNDRED).otherwise(0)
    return fine(pl.col("scores_blank_most").fill_null(0) + execution + unweighted)


def _is_rounded() -> pl.Expr:
    """Tell whether the total is the sum, rounded or cut to fewer decimals than the scores have."""
    printed_rows = pl.max_horizontal(
        pl.col("score_decimals").fill_null(0),
        decimals(pl.col("execution_score_text")).fill_null(0),
    )
    slack = rounding(pl.col("total_score_text"))
    stated_places = decimals(pl.col("total_score_text")).fill_null(0)
    difference = fine(_stated) - fine(_score_sum)
    return (stated_places < printed_rows) & (difference <= slack.below) & (difference + slack.above > 0)


def _is_capped() -> pl.Expr:
    """Tell whether extra points lift the sum above the whole, to which the total is capped."""
    whole = pl.coalesce("total_weight_points", _HUNDRED)
    return (pl.col("bonus_scores") > 0).fill_null(False) & (_stated == whole) & (_score_sum > whole)


def score_verdict(settings: RuleSettings) -> tuple[pl.Expr, pl.Expr, dict[str, pl.Expr]]:
    """Return whether the total is wrong, whether it can be right by its form, and why it is not judged."""
    counted_twice = pl.col("has_execution_indicator") & ~off(_scores, _stated, settings)
    allowed = _is_rounded() | counted_twice | _is_capped()
    differs = off(_score_sum, _stated, settings) & ~allowed
    missing = fine(_stated) - fine(_score_sum)
    tolerance = row_tolerance(settings)
    can_be_filled = _has_blanks & (missing > 0) & (missing <= _room() + tolerance)
    return (
        differs,
        counted_twice | _is_capped(),
        {
            "total_score_not_printed": blank_total("total_score"),
            "total_score_not_read": _stated.is_null(),
            "no_indicators": pl.col("indicator_rows") == 0,
            "no_score_column": ~pl.col("has_score_column"),
            "score_not_read": (pl.col("scores_unread") > 0)
            | (pl.col("execution_score_reason").fill_null("blank") != "blank"),
            "execution_score_blank": differs & can_be_filled & _execution_blank,
            "score_blank": differs & can_be_filled,
        },
    )


def _r07(settings: RuleSettings) -> Measure:
    wrong, _, reasons = score_verdict(settings)
    return Measure(not_applicable=reasons, broken=wrong, observed=number(_stated), expected=number(_score_sum))


def _r69(settings: RuleSettings) -> Measure:
    wrong, allowed, reasons = score_verdict(settings)
    return Measure(
        not_applicable=reasons | {"beyond_tolerance": wrong},
        broken=(_stated != _score_sum) & ~allowed,
        observed=number(_stated),
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
        version=2,
        severity="critical",
        table="indicators",
        title_en="A score lies between 0 and the row's weight",
        title_zh="得分不低于 0、不高于分值",
        source=PRINTED_NOTES,
        why="得分最高不能超过该指标分值上限: a row cannot earn more than it is worth. Rows of extra points "
        "(加分项) and of "
        "deductions (扣分项) are not bound by it.",
        why_zh="得分最高不能超过该指标分值上限。加分项、扣分项不受此限。",
        inputs=("indicators.score_points", "indicators.weight_points", "indicators.indicator_name"),
        place="score",
        measure=_r06,
        message_zh="指标“{name}”得分应在 {expected} 分之间，表中为 {observed}",
        message_en="indicator “{name}”: the score should lie within {expected}; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {1: {"score": "20.50"}}}),
            Example("not_applicable", {"indicators": {"*": {"weight": None}}}),
        ),
    ),
    Rule(
        id="R07",
        version=2,
        severity="critical",
        table="forms",
        title_en="The printed total score is the sum of the scores",
        title_zh="自评总分应等于各项得分之和",
        source=f"{MOF_2020}: 总分由各项指标得分汇总形成; {ARITHMETIC}",
        why="The rating hangs on the total. Tolerance: {total_tolerance_per_row} for each row, {total_tolerance_most} "
        "at most; a total printed with fewer decimals than the rows may be rounded; what lies within is R69's. Where "
        "scores are blank the form is judged with what is there: it fails when no filling of the blanks, each at most "
        "its weight, makes the sum right. "
        "Extra points may be capped.",
        why_zh="等级由总分决定。允许误差为每行 {total_tolerance_per_row}、最多 {total_tolerance_most}；"
        "总分的小数位数少于各行时，允许四舍五入或截尾；"
        "误差以内的不一致由 R69 提醒。有得分未填的，按已填的判定：未填得分在分值以内无论填多少都凑不成总分的，不通过。"
        "加分后总分可以封顶。",
        inputs=(
            "forms.total_score_points",
            "forms.execution_score_points",
            "indicators.score_points",
            "indicators.weight_points",
        ),
        place="total_score",
        measure=_r07,
        message_zh="自评总分应等于各项得分之和 {expected}，表中为 {observed}",
        message_en="the total score should be {expected}, the sum of the scores; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"total_score": "97.49"}}),
            Example("not_applicable", {"forms": {"total_score": None}}),
        ),
    ),
    Rule(
        id="R56",
        version=1,
        severity="critical",
        table="indicators",
        title_en="No weight and no score of an indicator is negative",
        title_zh="指标的分值、得分不为负数",
        source=ARITHMETIC,
        why="A negative weight lets the sum of the others exceed 100 unseen. Rows of deductions (扣分项) may "
        "lose points.",
        why_zh="负的分值会掩盖其他分值之和超过 100。扣分项的得分可以为负。",
        inputs=("indicators.weight_points", "indicators.score_points", "indicators.indicator_name"),
        place="weight",
        measure=_r56,
        message_zh="指标“{name}”的分值、得分不应为负数，表中为 {observed}",
        message_en="indicator “{name}”: no weight or score may be negative; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {1: {"weight": "-5.00", "score": ""}}}),
            Example("not_applicable", {"indicators": {"*": {"weight": None, "score": None}}}),
        ),
    ),
    Rule(
        id="R69",
        version=1,
        severity="warning",
        table="forms",
        title_en="The printed total score is exactly the sum of the scores",
        title_zh="自评总分与各项得分之和完全一致",
        source=ARITHMETIC,
        why="99.99 over scores that add to 100.00 may lie within a tolerance and is still not what the rows say.",
        why_zh="各项得分之和为 100.00 而总分写 99.99，即使在允许误差以内，仍与各行不一致。",
        inputs=("forms.total_score_points", "forms.execution_score_points", "indicators.score_points"),
        place="total_score",
        measure=_r69,
        message_zh="自评总分 {observed} 与各项得分之和 {expected} 略有出入",
        message_en="the total score {observed} differs slightly from {expected}, the sum of the scores",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"total_score": "99.94"}}),
            Example("not_applicable", {"forms": {"total_score": "97.49"}}),
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
        message_zh="预算执行得分应在 {expected} 分之间，表中为 {observed}",
        message_en="the score of budget execution should lie within {expected}; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"funding": {1: {"score": "10.50"}}}),
            Example("not_applicable", {"funding": {1: {"weight": None}}}),
        ),
    ),
)
