"""Measures of the scores of numbers, dates and ranks (section C of the rule book); the rules are in `quantities`."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

import polars as pl

from expectations.expressions import decimals, hundredths, number
from expectations.rounding import Slack, fine, fine_literal, rounding, score_rounding, value_gives
from expectations.rule import Measure
from expectations.settings import RuleSettings

_weight, _score = pl.col("weight_points"), pl.col("score_points")
_met, _ratio = pl.col("is_met"), pl.col("attainment_ratio")
_operator = pl.col("target_operator").cast(pl.String)
_kind = pl.col("target_kind").cast(pl.String)
_why = pl.col("attainment_reason").fill_null("")
_zero_target = ((pl.col("target_value") == 0) | (_why == "zero_target")).fill_null(False)
_QUANTITIES: Final = ("quantitative", "rank")

SCORED: Final = {
    "weight_and_score_needed": _weight.is_null() | _score.is_null() | (_weight == 0),
    "bonus_row": pl.col("is_bonus") | pl.col("is_deduction"),
}
"""Condition under which a row has no score to judge."""


def _expected() -> pl.Expr:
    """Return the score that the attainment gives, in fine parts: the weight when met, else weight × ratio."""
    proportion = fine(_weight) * _ratio.to_physical().cast(pl.Int128) // 10**6
    return pl.when(_met).then(fine(_weight)).otherwise(proportion)


def _points(fine_value: pl.Expr) -> pl.Expr:
    return number(hundredths((fine_value + 500) // 1000))


def _slack(settings: RuleSettings) -> Slack:
    """Return how far a score may lie from the computed one.

    Its own rounding, bounded (R66) where the form's other scores print more decimals; for percentages also what the
    rounding of the actual makes of the score.
    """
    text = pl.col("score_text")
    bounded = score_rounding(text, _weight, settings.score_tolerance, settings.coarse_score_pct)
    plain, least = rounding(text), fine_literal(settings.score_tolerance)
    is_coarse = decimals(text) < pl.col("score_decimals")
    half_actual = fine(_weight) * (5 * 10**7) // pl.lit(10, pl.Int64).pow(decimals(pl.col("actual_text")).clip(0, 6))
    percent = pl.col("actual_unit_base") == "%"
    target = pl.col("target_value_base").to_physical().cast(pl.Int128).abs().clip(lower_bound=1)
    blur = pl.when(percent).then(half_actual // target).otherwise(pl.lit(0, pl.Int128)).fill_null(0)
    return Slack(
        pl.when(is_coarse).then(bounded.below).otherwise(pl.max_horizontal(plain.below, least)) + blur,
        pl.when(is_coarse).then(bounded.above).otherwise(pl.max_horizontal(plain.above, least + 1)) + blur,
    )


def _comparable(kinds: tuple[str, ...] = _QUANTITIES) -> dict[str, pl.Expr]:
    return SCORED | {
        "not_quantitative": ~_kind.is_in(kinds),
        "target_zero": _zero_target,
        "not_comparable": _met.is_null(),
    }


def _over(settings: RuleSettings) -> pl.Expr:
    return (_ratio > 1 + settings.over_explain_pct / 100).fill_null(False)


def met_measure(settings: RuleSettings) -> Measure:
    """Measure R20: more is better and the target is met."""
    reduced = pl.col("has_reason") & _over(settings)
    return Measure(
        not_applicable=_comparable()
        | {
            "other_direction": ~_operator.is_in([">=", ">"]),
            "target_missed": ~_met,
            "reduced_for_over_achievement": (_score < _weight) & reduced,
        },
        broken=_score < _weight,
        observed=number(_score),
        expected=number(_weight),
    )


def proportion_measure(settings: RuleSettings, operators: tuple[str, ...], when_met: bool) -> Measure:
    """Measure R21, R22 and R24: a missed target earns its share of the weight; with `when_met` a met one all of it."""
    reduced = pl.col("has_reason") & _over(settings)
    own = {} if when_met else {"target_met": _met}
    wrong_share = ~value_gives(_expected(), fine(_score), _slack(settings))
    return Measure(
        not_applicable=_comparable()
        | {
            "other_direction": ~_operator.is_in(operators),
            **own,
            "on_the_boundary": ~_met & (_why == "boundary"),
            "all_or_nothing": ~_met & (_score == 0) & wrong_share,
            "scoring_method_printed": ~_met & (_score < _weight) & pl.col("has_scoring_method"),
            "not_comparable": ~_met & _ratio.is_null(),
            "reduced_for_over_achievement": _met & (_score < _weight) & reduced,
        },
        broken=pl.when(_met).then(_score < _weight).otherwise(wrong_share),
        observed=number(_score),
        expected=_points(_expected()),
    )


def boundary_measure(_: RuleSettings) -> Measure:
    """Measure R23: a strict limit that is hit exactly is missed."""
    return Measure(
        not_applicable={
            "not_quantitative": ~_kind.is_in(_QUANTITIES),
            "not_strict": ~_operator.is_in(["<", ">"]).fill_null(False),
            "not_comparable": _met.is_null(),
        },
        broken=pl.col("actual_value_base") == pl.col("target_value_base"),
        observed=pl.col("actual_text"),
        expected=pl.col("target_text"),
    )


def percent_measure(_: RuleSettings) -> Measure:
    """Measure R25: it is clear whether a number is a percentage."""
    percent = (pl.col("target_unit_base") == "%").fill_null(False) | (pl.col("actual_unit_base") == "%").fill_null(
        False
    )
    return Measure(
        not_applicable={
            "not_quantitative": _kind != "quantitative",
            "actual_blank": pl.col("actual_value").is_null(),
            "not_a_percentage": ~percent,
        },
        broken=_why == "unit_ambiguous",
        observed=pl.col("actual_text"),
        expected=pl.col("target_text"),
    )


def zero_measure(_: RuleSettings) -> Measure:
    """Measure R26: a target of nothing earns all or nothing."""
    return Measure(
        not_applicable=SCORED | {"target_not_zero": ~_zero_target, "not_comparable": _met.is_null()},
        broken=pl.when(_met).then(_score < _weight).otherwise(_score > 0),
        observed=number(_score),
        expected=pl.when(_met).then(number(_weight)).otherwise(pl.lit("0")),
    )


_OFTEN: Final = r"^(次|场|场次|期|回|趟|轮|批|节)/(?:个?月|季度?|半年|周|星期|旬|天|日)$"
"""How often, of what is counted over the year: 12次 answers 每月1次, though they are not held against each other."""


def unit_measure(_: RuleSettings) -> Measure:
    """Measure R27: target and actual have the same unit, or units that can be brought to one."""
    target, actual = (
        pl.col(name).str.replace_all(r"\s|/年|每年|/每年|[()（）]", "").str.replace(_OFTEN, "${1}")
        for name in ("target_unit", "actual_unit")
    )
    return Measure(
        not_applicable={
            "not_quantitative": _kind != "quantitative",
            "actual_blank": pl.col("actual_value").is_null(),
            "unit_missing": pl.col("target_unit").is_null() | pl.col("actual_unit").is_null(),
            "same_unit_a_year": (target == actual) & (_why == "unit_mismatch"),
        },
        broken=_why.is_in(["unit_mismatch", "direction_mismatch"]),
        observed=pl.col("actual_text"),
        expected=pl.col("target_unit"),
    )


def copied_measure(_: RuleSettings) -> Measure:
    """Measure R28: an actual is a measurement, not the target with its operator."""
    actual = pl.col("actual_text")
    words = "不少于|不低于|不小于|不超过|不高于|不大于|大于|小于|高于|低于|超过"
    sign = rf"^\s*(?:[≥≤≧≦⩾⩽><＞＜=＝═]+|{words})\s*[\d０-９]"
    return Measure(
        not_applicable={
            "not_quantitative": ~_kind.is_in(_QUANTITIES),
            "actual_blank": actual.is_null() | (actual.str.strip_chars() == ""),
        },
        broken=actual.str.contains(sign),
        observed=actual,
        expected=pl.col("target_text").str.replace(r"^[^\d]+", ""),
    )


def date_measure(_: RuleSettings) -> Measure:
    """Measure R29: a deadline that was kept earns the weight; one that was missed, or kept on no day, does not."""
    no_day = (pl.col("actual_reason") == "not_a_date").fill_null(False)
    return Measure(
        not_applicable=SCORED | {"not_a_date": _kind != "date", "not_comparable": _met.is_null() & ~no_day},
        broken=pl.when(_met.fill_null(False)).then(_score < _weight).otherwise(_score >= _weight),
        observed=number(_score),
        expected=pl.when(_met).then(number(_weight)).otherwise(number(_weight)),
    )


def word_measure(_: RuleSettings) -> Measure:
    """Measure R92: a number that is asked for is answered with a number."""
    actual = pl.col("actual_text")
    return Measure(
        not_applicable={
            "not_quantitative": _kind != "quantitative",
            "target_blank": pl.col("target_value").is_null(),
            "actual_blank": actual.is_null()
            | pl.col("actual_reason").is_in(["blank", "template_text"]).fill_null(False),
        },
        broken=pl.col("actual_value").is_null() & ~(_met.fill_null(False) & (_why == "zero_target")),
        observed=actual,
        expected=pl.col("target_text"),
    )


def coarse_measure(settings: RuleSettings) -> Measure:
    """Measure R66: a score is not rounded to fewer decimals than the form's other scores."""
    missed = ~_met & _ratio.is_not_null()
    difference = (_expected() - fine(_score)).abs()
    return Measure(
        not_applicable=_comparable()
        | {
            "same_decimals": decimals(pl.col("score_text")) >= pl.col("score_decimals"),
            "expected_score_unknown": ~missed,
        },
        broken=(difference >= fine_literal(Decimal("0.005")))
        & value_gives(_expected(), fine(_score), _slack(settings)),
        observed=pl.col("score_text"),
        expected=_points(_expected()),
    )
