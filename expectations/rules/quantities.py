"""Rules on the scores of numbers, dates and ranks (sections C and H of the rule book)."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

from expectations.rule import Example, Rule
from expectations.rules import quantity_measures as measures
from expectations.rules.authorities import MOF_2020, PRINTED_NOTES

_SHARES: Final = f"{MOF_2020}: 按照完成值与指标值的比例记分; {PRINTED_NOTES}"
_INPUTS: Final = (
    "indicators.target_operator",
    "indicators.is_met",
    "indicators.attainment_ratio",
    "indicators.weight_points",
    "indicators.score_points",
)
_score_rule: Final = partial(
    Rule,
    severity="warning",
    table="indicators",
    inputs=_INPUTS,
    place="score",
    message_zh="指标“{name}”得分应为 {expected}，表中为 {observed}",
    message_en="indicator “{name}”: the score should be {expected}; the form says {observed}",
)
"""A rule on the score that a target and its actual give."""


def _only(**row: Any) -> dict[str, Any]:
    """Return changes that leave the first indicator alone, with these cells."""
    return {"indicators": {1: row, **dict.fromkeys((2, 3, 4, 5))}}


_DATE: Final = {"target_kind": "date", "target": "2023年9月底", "actual": "2023年7月", "target_operator": "<="}

RULES: Final = (
    _score_rule(
        id="R20",
        version=1,
        title_en="A target that is met earns the whole weight (more is better)",
        title_zh="正向指标完成指标值的，得满分",
        source=f"{MOF_2020}: 完成指标值的，记该指标所赋全部分值; {PRINTED_NOTES}",
        why="Points taken from a met target need a cause; far above a low target, with a reason, they may be taken.",
        why_zh="已完成的指标扣分要有依据；超额过多且说明了原因的，可以适当扣分。",
        measure=measures.met_measure,
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {1: {"score": "14.00"}}}),
            Example("not_applicable", _only(actual="9.00场", score="18.00")),
        ),
    ),
    _score_rule(
        id="R21",
        version=2,
        title_en="A target that is missed earns weight × actual ÷ target (more is better)",
        title_zh="正向指标未完成的，按完成值与指标值的比例得分",
        source=_SHARES,
        why="Compared with the rounding of the score, and of the actual where it is a percentage (R65, R66). No "
        "point at "
        "all is all-or-nothing scoring and not accused; where the form prints its scoring method, only a full "
        "score is.",
        why_zh="比较时考虑得分的取整，百分比还考虑完成值的取整（R65、R66）。得零分的视为达不到不得分；"
        "表中印有评分方法的，只查未完成而得满分的。",
        measure=lambda settings: measures.proportion_measure(settings, (">=", ">"), when_met=False),
        examples=(
            Example("pass", _only(actual="9.50场", score="19.00")),
            Example("fail", _only(actual="6.27场", score="18.00")),
            Example("not_applicable", {}),
        ),
    ),
    _score_rule(
        id="R22",
        version=2,
        title_en="A limit that is kept earns the weight, one that is exceeded weight × limit ÷ actual (less is better)",
        title_zh="反向指标未超过指标值的得满分，超过的按指标值与完成值的比例得分",
        source=f"{PRINTED_NOTES}: 反向指标…得分=权重*A/B",
        why="≤5300 with 5830 gives 9.09 of 10.",
        why_zh="≤5300 完成 5830 时，10 分得 9.09 分。",
        measure=lambda settings: measures.proportion_measure(settings, ("<=", "<"), when_met=True),
        examples=(
            Example("pass", _only(target="<8个", actual="5个", weight="5", score="5")),
            Example("fail", _only(target="≤5300元", actual="5830元", weight="10", score="10")),
            Example("not_applicable", {}),
        ),
    ),
    Rule(
        id="R23",
        version=1,
        severity="warning",
        table="indicators",
        title_en="A strict limit is not hit exactly",
        title_zh="严格大于或小于的指标，完成值不等于界限",
        source=PRINTED_NOTES,
        why="<8 with 8 is missed, though the ratio is 1: a question for the author.",
        why_zh="<8 完成 8，比值虽为 1 但未完成，请填表人核对。",
        inputs=("indicators.target_operator", "indicators.target_value_base", "indicators.actual_value_base"),
        place="actual",
        measure=measures.boundary_measure,
        message_zh="指标“{name}”的指标值为“{expected}”，完成值“{observed}”恰在界限上，不算完成",
        message_en="indicator “{name}”: the target is {expected}; {observed} is exactly on the limit and misses it",
        examples=(
            Example("pass", _only(target="<8个", actual="5个")),
            Example("fail", _only(target="<8个", actual="8个", attainment_ratio=None, attainment_reason="boundary")),
            Example("not_applicable", {}),
        ),
    ),
    _score_rule(
        id="R24",
        version=2,
        title_en="With =, at least the target earns the weight, less earns its share",
        title_zh="等于型指标，达到指标值得满分，未达到按比例得分",
        source=_SHARES,
        why="More than asked is reached too; R30 asks about it.",
        why_zh="超过指标值也算达到，是否过多由 R30 提示。",
        measure=lambda settings: measures.proportion_measure(settings, ("=",), when_met=True),
        examples=(
            Example("pass", _only(target="=12期", actual="12期")),
            Example("fail", _only(target="=12期", actual="6期")),
            Example("not_applicable", {}),
        ),
    ),
    Rule(
        id="R25",
        version=1,
        severity="info",
        table="indicators",
        title_en="It is clear whether a number is a percentage",
        title_zh="百分比的写法明确",
        source="own rule",
        why="0.98 against 98 % is either 98 % or a hundredth of it: never compared in silence.",
        why_zh="指标值 98%、完成值 0.98，可能是 98%，也可能差一百倍，不能默默比较。",
        inputs=("indicators.target_unit_base", "indicators.actual_unit_base", "indicators.attainment_reason"),
        place="actual",
        measure=measures.percent_measure,
        message_zh="指标“{name}”的指标值为 {expected}，完成值 {observed} 是否为百分比不明确",
        message_en="indicator “{name}”: the target is {expected}; it is not clear whether {observed} is a percentage",
        examples=(
            Example("pass", {}),
            Example(
                "fail",
                _only(
                    target="≥98%", actual="0.98", is_met=None, attainment_ratio=None, attainment_reason="unit_ambiguous"
                ),
            ),
            Example("not_applicable", _only()),
        ),
    ),
    _score_rule(
        id="R26",
        version=1,
        title_en="A target of zero earns the weight when nothing happened, else nothing",
        title_zh="指标值为零的，完成值为零得满分，否则不得分",
        source="own rule",
        why="No ratio to zero exists; another score needs a rule that the form states.",
        why_zh="零不能作除数；给了其他得分的，应写明规则。",
        measure=measures.zero_measure,
        examples=(
            Example("pass", _only(target="=0起", actual="0起")),
            Example("fail", _only(target="=0起", actual="2起")),
            Example("not_applicable", {}),
        ),
    ),
    Rule(
        id="R27",
        version=3,
        severity="warning",
        table="indicators",
        title_en="Target and actual have units that can be compared",
        title_zh="完成值与指标值的计量单位一致",
        source="own rule",
        why="37 institutions against 100 % says nothing about either. Four times (4次) and four times a year "
        "(4次/年) are the same in a form of one year, and 12次 answers 每月1次.",
        why_zh="“37 个医疗机构”与“100%”放在一起，两者都说明不了。年度表中“4次”与“4次/年”相同，"
        "“每月1次”可以填全年 12 次。",
        inputs=("indicators.target_unit", "indicators.actual_unit", "indicators.attainment_reason"),
        place="actual",
        measure=measures.unit_measure,
        message_zh="指标“{name}”完成值的单位应为 {expected}，表中为 {observed}",
        message_en="indicator “{name}”: the actual should be in {expected}; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example(
                "fail",
                _only(
                    target="37个", actual="100%", is_met=None, attainment_ratio=None, attainment_reason="unit_mismatch"
                ),
            ),
            Example("not_applicable", _only(target="≥37", actual="37")),
        ),
    ),
    Rule(
        id="R28",
        version=1,
        severity="warning",
        table="indicators",
        title_en="An actual is a measurement, not the target with its operator",
        title_zh="完成值为实际数，不照抄指标值的符号",
        source="own rule",
        why="≥266米 as an actual does not say how many metres there are.",
        why_zh="完成值写 ≥266 米，看不出实际是多少米。",
        inputs=("indicators.actual_text",),
        place="actual",
        measure=measures.copied_measure,
        message_zh="指标“{name}”的完成值应为实际数（如“{expected}”），表中为“{observed}”",
        message_en="indicator “{name}”: the actual should be measured (such as {expected}); the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {1: {"actual": "≥10场"}}}),
            Example("not_applicable", {"indicators": {"*": {"actual": ""}}}),
        ),
    ),
    _score_rule(
        id="R29",
        version=2,
        title_en="A deadline that was kept earns the weight, one that was missed does not",
        title_zh="按期完成的得满分，逾期的不得满分",
        source=PRINTED_NOTES,
        why="Dates and months are compared as time: 7月 keeps 9月前. A day that no calendar has (6月31日) keeps none.",
        why_zh="日期和月份按时间先后比较：7 月完成符合 9 月前。历法上没有的日期（6 月 31 日）不算完成。",
        inputs=("indicators.target_date", "indicators.actual_date", "indicators.is_met", "indicators.score_points"),
        measure=measures.date_measure,
        message_zh="指标“{name}”按期完成得满分、逾期不得满分，分值 {expected}，表中得分为 {observed}",
        message_en="indicator “{name}”: a kept deadline earns all of {expected}, a missed one less; the score "
        "is {observed}",
        examples=(
            Example("pass", _only(**_DATE, is_met=True)),
            Example("fail", _only(**_DATE, is_met=False)),
            Example("not_applicable", {}),
        ),
    ),
    Rule(
        id="R66",
        version=1,
        severity="info",
        table="indicators",
        title_en="A computed score is not rounded to fewer decimals than the form's other scores",
        title_zh="得分的小数位数与表内其他得分一致",
        source="own rule",
        why="A rounding that the other rows do not have changes the total by a little.",
        why_zh="只有这一行取整，会使合计差一点。",
        inputs=("indicators.score_text", "indicators.attainment_ratio", "indicators.weight_points"),
        place="score",
        measure=measures.coarse_measure,
        message_zh="指标“{name}”得分应为 {expected}，表中取整为 {observed}",
        message_en="indicator “{name}”: the score should be {expected}; the form rounds it to {observed}",
        examples=(
            Example("pass", {"indicators": {1: {"actual": "9.50场", "score": "19"}}}),
            Example("fail", {"indicators": {1: {"actual": "9.54场", "score": "19"}}}),
            Example("not_applicable", {}),
        ),
    ),
    Rule(
        id="R92",
        version=1,
        severity="info",
        table="indicators",
        title_en="A number that is asked for is answered with a number",
        title_zh="指标值为数量的，完成值也为数量",
        source="own rule",
        why="达成指标 for ≥30 does not say how many.",
        why_zh="指标值 ≥30，完成值写“达成指标”，看不出是多少。",
        inputs=("indicators.target_value", "indicators.actual_value", "indicators.actual_text"),
        place="actual",
        measure=measures.word_measure,
        message_zh="指标“{name}”的指标值为 {expected}，完成值应为数量，表中为“{observed}”",
        message_en="indicator “{name}”: the target is {expected}, the actual should be a number, not “{observed}”",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {1: {"actual": "达成指标"}}}),
            Example("not_applicable", {"indicators": {"*": {"target": "及时", "actual": "达成指标"}}}),
        ),
    ),
)
