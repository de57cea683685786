"""Rules on the scores of words (section E of the rule book)."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from expectations.expressions import number
from expectations.rule import Example, Measure, Rule
from expectations.rules.authorities import MOF_2020, MOF_2021, PRINTED_NOTES
from expectations.rules.quantity_measures import SCORED
from expectations.settings import Bands, RuleSettings

_weight, _score, _band = pl.col("weight_points"), pl.col("score_points"), pl.col("actual_band")
_is_word = pl.col("target_kind").cast(pl.String) == "qualitative"
_has_reason = pl.col("has_reason")
_NOT_WORDS: Final = {"not_qualitative": ~_is_word}


def _edges(bands: Bands) -> tuple[pl.Expr, pl.Expr]:
    """Return the lowest and highest percent of the weight for the row's band."""
    reached, partly = pl.lit(bands.reached, pl.Decimal(9, 4)), pl.lit(bands.partly, pl.Decimal(9, 4))
    whole, nothing = pl.lit(100, pl.Decimal(9, 4)), pl.lit(0, pl.Decimal(9, 4))
    return (
        pl.when(_band == 1).then(reached).when(_band == 2).then(partly).otherwise(nothing),
        pl.when(_band == 1).then(whole).when(_band == 2).then(reached).otherwise(partly),
    )


def _limits(settings: RuleSettings) -> tuple[pl.Expr, pl.Expr]:
    """Return the points of the row's band, lowest and highest: of its region, else the ministry's."""
    low, high = _edges(settings.bands)
    whose = pl.concat_str("title", "department", "implementing_unit", separator=" ", ignore_nulls=True)
    for region, bands in settings.regional_bands.items():
        regional_low, regional_high = _edges(bands)
        here = whose.str.contains(region, literal=True)
        low, high = pl.when(here).then(regional_low).otherwise(low), pl.when(here).then(regional_high).otherwise(high)
    return (_weight * low / 100).cast(pl.Decimal(38, 4)), (_weight * high / 100).cast(pl.Decimal(38, 4))


def _band_measure(settings: RuleSettings, with_reason: bool) -> Measure:
    low, high = _limits(settings)
    outside = (_score < low) | (_score > high)
    reasons = {"no_reason_given": ~_has_reason} if with_reason else {"reason_given": outside & _has_reason}
    return Measure(
        not_applicable=SCORED | _NOT_WORDS | {"band_unknown": _band.is_null()} | reasons,
        broken=outside,
        observed=number(_score),
        expected=pl.format("{}–{}", number(low), number(high)),
    )


def _r41(_: RuleSettings) -> Measure:
    actual = pl.col("actual_text")
    return Measure(
        not_applicable=_NOT_WORDS | {"actual_blank": actual.is_null() | (actual.str.strip_chars() == "")},
        broken=_band.is_null() & pl.col("is_met").is_null() & ~actual.str.contains(r"[0-9０-９]\s*[%％]|百分之"),
        observed=actual,
        expected=pl.lit("达成/部分达成/未达成"),
    )


def _r42(_: RuleSettings) -> Measure:
    return Measure(
        not_applicable=SCORED | _NOT_WORDS | {"not_reached_fully": (_band != 1).fill_null(True)},
        broken=(_score < _weight) & ~_has_reason,
        observed=number(_score),
        expected=number(_weight),
    )


def _r43(_: RuleSettings) -> Measure:
    words = ["是", "否"]
    plain = pl.col("actual_text").str.strip_chars(" 。")
    return Measure(
        not_applicable=SCORED | _NOT_WORDS | {"not_yes_or_no": ~plain.is_in(words).fill_null(False)},
        broken=(_score > 0) & (_score < _weight),
        observed=number(_score),
        expected=number(_weight),
    )


def _only(**row: Any) -> dict[str, Any]:
    """Return changes that leave the indicator of words alone, with these cells."""
    return {"indicators": {3: row, **dict.fromkeys((1, 2, 4, 5))}}


_NUMBERS: Final = {"indicators": {3: None}}
_INPUTS: Final = ("indicators.actual_band", "indicators.weight_points", "indicators.score_points")

RULES: Final = (
    Rule(
        id="R40",
        version=1,
        severity="warning",
        table="indicators",
        title_en="The score of a word lies in its band: reached {bands_reached}–100 %, partly {bands_partly}–"
        "{bands_reached} %, not reached 0–{bands_partly} %",
        title_zh="定性指标得分在相应档次内：达成 {bands_reached}%–100%，部分达成 {bands_partly}%–{bands_reached}%，"
        "未达成 0–{bands_partly}%",
        source=f"{MOF_2020}; {PRINTED_NOTES}; Hubei and Jinan: 100–80, 80–50, 50–0",
        why="The limits are a setting for each region; both ends belong to a band. With a reason R94 takes over.",
        why_zh="各档界限可按地区设置，上下限都算在档内。说明了原因的由 R94 提示。",
        inputs=_INPUTS,
        place="score",
        measure=lambda settings: _band_measure(settings, with_reason=False),
        message_zh="指标“{name}”按完成档次得分应为 {expected}，表中为 {observed}",
        message_en="indicator “{name}”: by its band the score should be {expected}; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {3: {"actual": "基本达到", "weight": "8", "score": "7"}}}),
            Example("not_applicable", _NUMBERS),
        ),
    ),
    Rule(
        id="R41",
        version=2,
        severity="info",
        table="indicators",
        title_en="The words of an actual say how far the target was reached",
        title_zh="定性指标的完成情况能看出达成程度",
        source=f"{MOF_2020}; {PRINTED_NOTES}",
        why="Unknown words cannot be judged; they show where the list of words should grow. A percentage (及时 "
        "with 100%) says how far.",
        why_zh="看不出程度的用语无法判定，也说明用语表需要补充。以百分比作答的（指标值“及时”、完成值“100%”）看得出程度。",
        inputs=("indicators.actual_text", "indicators.actual_band"),
        place="actual",
        measure=_r41,
        message_zh="指标“{name}”的完成情况“{observed}”看不出达成程度（{expected}）",
        message_en="indicator “{name}”: “{observed}” does not say how far the target was reached ({expected})",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {3: {"actual": "养老服务"}}}),
            Example("not_applicable", _NUMBERS),
        ),
    ),
    Rule(
        id="R42",
        version=1,
        severity="warning",
        table="indicators",
        title_en="A word that says reached earns the weight, or a reason says why not",
        title_zh="定性指标达成而未得满分的，应说明原因",
        source=f"{MOF_2020}",
        why="是 with 13 of 15 points leaves open what was missing.",
        why_zh="完成情况为“是”，15 分只得 13 分，缺了什么没有说明。",
        inputs=(*_INPUTS, "indicators.deviation_text"),
        place="score",
        measure=_r42,
        message_zh="指标“{name}”已达成，得分应为 {expected}，表中为 {observed} 且未说明原因",
        message_en="indicator “{name}” is reached: {expected} points are due; the form gives {observed} and no reason",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {3: {"score": "9.00"}}}),
            Example("not_applicable", _only(actual="部分达成", score="7.00")),
        ),
    ),
    Rule(
        id="R43",
        version=1,
        severity="info",
        table="indicators",
        title_en="A yes-or-no result earns all or nothing",
        title_zh="是否型指标得满分或不得分",
        source=f"{MOF_2021}: 直接赋分",
        why="There is nothing between yes and no.",
        why_zh="是与否之间没有中间状态。",
        inputs=("indicators.actual_text", "indicators.weight_points", "indicators.score_points"),
        place="score",
        measure=_r43,
        message_zh="指标“{name}”为是否型，应得满分 {expected} 或零分，表中为 {observed}",
        message_en="indicator “{name}” is a yes-or-no one: it earns all of {expected} or nothing; the form says "
        "{observed}",
        examples=(
            Example("pass", _only(target="是", actual="是")),
            Example("fail", _only(target="是", actual="是", score="8.00")),
            Example("not_applicable", {}),
        ),
    ),
    Rule(
        id="R94",
        version=1,
        severity="info",
        table="indicators",
        title_en="A score outside its band has a reason that explains it",
        title_zh="定性指标得分不在档次内但说明了原因",
        source="own rule",
        why="What R40 reports becomes information once the form explains it.",
        why_zh="R40 发现的问题，表中说明原因后只作提示。",
        inputs=(*_INPUTS, "indicators.deviation_text"),
        place="score",
        measure=lambda settings: _band_measure(settings, with_reason=True),
        message_zh="指标“{name}”按完成档次得分应为 {expected}，表中为 {observed}，已说明原因",
        message_en="indicator “{name}”: by its band {expected} points; the form gives {observed} and a reason",
        examples=(
            Example("pass", _only(actual="部分达成", score="7.00", deviation_text="工期延误，下年抓紧")),
            Example("fail", _only(actual="部分达成", score="9.00", deviation_text="工期延误，下年抓紧")),
            Example("not_applicable", {}),
        ),
    ),
)
