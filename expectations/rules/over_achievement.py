"""Rules on actuals far above their targets (section D of the rule book)."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from expectations.expressions import number
from expectations.rule import Example, Measure, Rule
from expectations.rules.authorities import MOF_2020
from expectations.rules.quantity_measures import SCORED
from expectations.settings import RuleSettings

_ratio = pl.col("attainment_ratio")
_is_rate = (pl.col("target_unit_base") == "%").fill_null(False) | (pl.col("actual_unit_base") == "%").fill_null(False)
_is_satisfaction = (pl.col("level_1_type").cast(pl.String) == "satisfaction").fill_null(False) | (
    pl.col("level_2_type").cast(pl.String) == "satisfaction"
).fill_null(False)
_more_is_better = pl.col("target_operator").cast(pl.String).is_in([">=", ">", "="]).fill_null(False)
_COUNTED: Final = {
    "not_quantitative": pl.col("target_kind").cast(pl.String) != "quantitative",
    "small_target": (pl.col("target_value_base") <= 2).fill_null(False),
    "exempt_from_over_achievement": _is_rate | _is_satisfaction | ~_more_is_better,
    "not_comparable": _ratio.is_null(),
}
_percent = number((_ratio * 100).cast(pl.Decimal(38, 2))) + "%"


def _r30(settings: RuleSettings) -> Measure:
    explain, low = 100 + settings.over_explain_pct, 100 + settings.over_low_target_pct
    over = _ratio > explain / 100
    return Measure(
        not_applicable=_COUNTED | {"reason_given": over & pl.col("has_reason")},
        broken=over,
        observed=_percent,
        expected=pl.when(_ratio > low / 100).then(pl.lit(f"{low}%")).otherwise(pl.lit(f"{explain}%")),
    )


def _r31(settings: RuleSettings) -> Measure:
    over = _ratio > (100 + settings.over_explain_pct) / 100
    return Measure(
        not_applicable=SCORED
        | _COUNTED
        | {
            "not_over_achieved": ~over,
            "no_reason_given": ~pl.col("has_reason"),
        },
        broken=pl.col("score_points") >= pl.col("weight_points"),
        observed=_percent,
        expected=pl.lit(f"{100 + settings.over_explain_pct}%"),
    )


def _r93(settings: RuleSettings) -> Measure:
    over = _ratio >= settings.over_magnitude
    return Measure(
        not_applicable=_COUNTED | {"reason_given": over & pl.col("has_reason")},
        broken=over,
        observed=number(_ratio.cast(pl.Decimal(38, 1))),
        expected=pl.lit(str(settings.over_magnitude)),
    )


def _r32(settings: RuleSettings) -> Measure:
    bare = pl.col("actual_unit").is_null()
    limit = pl.when(bare).then(pl.col("target_value")).otherwise(pl.col("target_value_base"))
    actual = pl.when(bare).then(pl.col("actual_value")).otherwise(pl.col("actual_value_base"))
    less_is_better = pl.col("target_operator").cast(pl.String).is_in(["<", "<="]).fill_null(False)
    return Measure(
        not_applicable={
            "not_quantitative": pl.col("target_kind").cast(pl.String) != "quantitative",
            "other_direction": ~less_is_better,
            "small_target": (pl.col("target_value_base") <= 2).fill_null(False),
            "not_comparable": pl.col("is_met").is_null(),
        },
        broken=(actual > 0) & (limit / settings.wide_limit >= actual),
        observed=pl.col("actual_text"),
        expected=pl.col("target_text"),
    )


_INPUTS: Final = ("indicators.attainment_ratio", "indicators.target_operator", "indicators.deviation_text")


def _hits(reason: str = "", score: str = "20.00") -> dict[str, Any]:
    return {"indicators": {1: {"target": "≥30000次", "actual": "8980000次", "deviation_text": reason, "score": score}}}


_RATES: Final = {"indicators": {1: None, 4: None}}

RULES: Final = (
    Rule(
        id="R30",
        version=2,
        severity="warning",
        table="indicators",
        title_en="An actual more than {over_explain_pct} % above the target is explained; from {over_low_target_pct} % "
        "on the target may have been too low",
        title_zh="超过指标值 {over_explain_pct}% 的应说明原因；超过 {over_low_target_pct}% 的，指标值可能偏低",
        source=f"{MOF_2020}: 年初指标值设定明显偏低…按照偏离度适度调减分值",
        why="The ministry gives no number; both thresholds are settings. Rates, satisfaction, "
        "limits and targets of one or two things are exempt.",
        why_zh="财政部未规定数量界限，两个界限均可设置。比率、满意度、反向指标和指标值为 1、2 的不判。",
        inputs=_INPUTS,
        place="actual",
        measure=_r30,
        message_zh="指标“{name}”完成值为指标值的 {observed}，超过 {expected}，应说明原因",
        message_en="indicator “{name}”: the actual is {observed} of the target, above {expected}: a reason is expected",
        examples=(
            Example("pass", {}),
            Example("fail", _hits()),
            Example("not_applicable", _RATES),
        ),
    ),
    Rule(
        id="R31",
        version=2,
        severity="info",
        table="indicators",
        title_en="An explained over-achievement considers a lower score",
        title_zh="已说明原因的超额完成，考虑适度调减分值",
        source=f"{MOF_2020}",
        why="A reduction is prescribed but no formula, so this is information only.",
        why_zh="规定可适当扣分，但没有公式，因此只作提示。",
        inputs=_INPUTS,
        place="score",
        measure=_r31,
        message_zh="指标“{name}”完成值为指标值的 {observed}，已说明原因，仍得满分",
        message_en="indicator “{name}”: the actual is {observed} of the target, explained, and earns the full score",
        examples=(
            Example("pass", _hits("年初指标值偏低，下年提高", "16.00")),
            Example("fail", _hits("年初指标值偏低，下年提高")),
            Example("not_applicable", {}),
        ),
    ),
    Rule(
        id="R93",
        version=2,
        severity="warning",
        table="indicators",
        title_en="An actual is not {over_magnitude} times its target or more",
        title_zh="完成值不达到指标值的 {over_magnitude} 倍",
        source="own rule",
        why="So great a difference is more likely a slip of unit or digits, or a target without "
        "meaning. Targets of one or two things and explained rows are exempt.",
        why_zh="相差悬殊，多半是单位或数位写错，或者指标值没有意义。指标值为 1、2 的和已说明原因的不判。",
        inputs=_INPUTS,
        place="actual",
        measure=_r93,
        message_zh="指标“{name}”完成值为指标值的 {observed} 倍，请核对单位和数位",
        message_en="indicator “{name}”: the actual is {observed} times the target: check unit and digits",
        examples=(
            Example("pass", {}),
            Example("fail", _hits()),
            Example("not_applicable", _RATES),
        ),
    ),
    Rule(
        id="R32",
        version=1,
        severity="info",
        table="indicators",
        title_en="A limit is not so wide that it says nothing",
        title_zh="反向指标的指标值不过宽",
        source="own rule",
        why="At most 28 failures were allowed and 4 happened: a limit of {wide_limit} times the actual or "
        "more holds nobody to anything.",
        why_zh="指标值为 28 次以内、实际 4 次：上限达到完成值的 {wide_limit} 倍，起不到约束作用。",
        inputs=_INPUTS,
        place="target",
        measure=_r32,
        message_zh="指标“{name}”的指标值 {expected} 相对完成值 {observed} 过宽",
        message_en="indicator “{name}”: the limit {expected} is very wide for an actual of {observed}",
        examples=(
            Example("pass", {"indicators": {1: {"target": "<8次", "actual": "5次"}}}),
            Example("fail", {"indicators": {1: {"target": "<28次", "actual": "4次"}}}),
            Example("not_applicable", {}),
        ),
    ),
)
