"""The rules on recognised cells: an unsure figure is believed where arithmetic confirms it, an unsure text is named."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.expressions import any_of, listed
from expectations.frames.certainty import GROUPS
from expectations.rule import Example, Measure, Rule
from expectations.rules.budget import RULES as BUDGET_RULES
from expectations.rules.totals import RULES as SCORE_RULES
from expectations.rules.weights import RULES as WEIGHT_RULES
from expectations.settings import RuleSettings
from warehouse.contract.vocabulary import AMOUNTS

_PROVING: Final = {rule.id: rule for rule in (*WEIGHT_RULES, *SCORE_RULES, *BUDGET_RULES)}
_CONFIRMED_BY: Final = {
    "weights": ("R68",),
    "scores": ("R69",),
    "execution_score": ("R69", "R11"),
    "rate": ("R10",),
}
"""Rules that pass only where every figure of a group is right: R68 and R69 ask for exact sums."""


def _passes(rule_id: str, settings: RuleSettings) -> pl.Expr:
    """Tell whether a rule on the form judges it, and finds it right."""
    measure = _PROVING[rule_id].measure(settings)
    idle = any_of(list(measure.not_applicable.values()))
    return ~idle & ~measure.broken.fill_null(True)


def _is_confirmed(group: str, settings: RuleSettings) -> pl.Expr:
    if group in AMOUNTS:
        alone = (pl.col("funding_lines") == 1) & (pl.col("base_cny") == pl.col("executed_cny"))
        return (pl.col(f"{group}_parts").cast(pl.String) == "equal").fill_null(False) | alone.fill_null(False)
    return any_of([_passes(rule_id, settings) for rule_id in _CONFIRMED_BY.get(group, ())] or [pl.lit(False)])


def _r55(settings: RuleSettings) -> Measure:
    doubts = {group: pl.col(f"unsure_{group}").is_not_null() & ~_is_confirmed(group, settings) for group in GROUPS}
    doubts["names"] = pl.col("unsure_names").is_not_null()
    return Measure(
        not_applicable={"text_layer": ~pl.col("is_recognised")},
        broken=any_of(list(doubts.values())),
        observed=listed([pl.when(doubt).then(f"unsure_{group}") for group, doubt in doubts.items()]),
        expected=pl.lit(str(settings.ocr_certainty)),
    )


def _r100(settings: RuleSettings) -> Measure:
    return Measure(
        not_applicable={"text_layer": ~pl.col("is_recognised")},
        broken=pl.col("unsure_texts").is_not_null(),
        observed=pl.col("unsure_texts"),
        expected=pl.lit(str(settings.ocr_certainty)),
    )


def _recognised(column: str, printed: str, confidence: float, row: int = 1) -> dict[str, object]:
    return {
        "table_name": "indicators",
        "row": row,
        "column_name": column,
        "printed_text": printed,
        "confidence": confidence,
    }


RULES: Final = (
    Rule(
        id="R55",
        version=4,
        severity="critical",
        table="forms",
        title_en="A figure that was recognised from a picture is sure, or the form's arithmetic confirms it",
        title_zh="扫描件中识别出的数字确定无疑，或由表内勾稽关系证实",
        source="own rule",
        why="A misread digit looks like any other. Weights and scores that add up to their totals, parts of the money "
        "that add up, and a rate that the amounts give, are confirmed by that. Any other figure, or unit in a column "
        "of its own or of the amounts, of a certainty below {ocr_certainty} has to be looked at by a person, whose "
        "correction settles it. Where three or more names, and more than 6 % of them, have a certainty "
        "below 0.7, the picture is too poor to believe the others; an unsure one with a bracket that nothing closes "
        "was cut in two.",
        why_zh="认错的数字与其他数字看不出区别。分值、得分与合计相符，资金分项与合计相符，执行率与预算数、执行数相符，即可证实；"
        "其余把握低于 {ocr_certainty} 的数字、单列的计量单位及金额单位须经人工核对，核对结果以更正方式录入。"
        "名称中把握低于 0.7 的达三处且超过 6% 的，图像过于模糊，其余名称亦不可信；"
        "把握不足且括号不成对的名称，系被误分为两格；均整表留待核对。",
        inputs=("evidence.confidence",),
        place="title",
        measure=_r55,
        message_zh="有未经证实的识别数字或名称（把握低于 {expected}）：{observed}",
        message_en="recognised with a certainty below {expected}, confirmed by nothing: {observed}",
        examples=(
            Example("pass", {"evidence": [_recognised("score_points", "20.00", 0.5)]}),
            Example("fail", {"evidence": [_recognised("actual_text", "10.00场", 0.5)]}),
            Example("not_applicable", {}),
        ),
    ),
    Rule(
        id="R100",
        version=2,
        severity="warning",
        table="forms",
        title_en="A name that was recognised from a picture is sure",
        title_zh="扫描件中识别出的名称确定无疑",
        source="own rule",
        why="A misread character makes another name: 幼 and 动, 训 and 调 look alike in a poor scan. No sum confirms a "
        "name, so those of low certainty are listed, to be compared with the document. So are longer texts, such as "
        "goals and reasons, of which a blot or the like covers a part.",
        why_zh="认错一字即成另一名称：扫描不清时“幼”与“动”、“训”与“调”极易混淆。名称无勾稽关系可证实，故将把握不足者列出，供与原件核对；"
        "绩效目标、偏差原因等较长文字有一部分被污渍等遮盖的，亦一并列出。",
        inputs=("evidence.confidence",),
        place="title",
        measure=_r100,
        message_zh="有把握不足的识别文字（低于 {expected}）：{observed}",
        message_en="texts recognised with a certainty below {expected}: {observed}",
        examples=(
            Example("pass", {"evidence": [_recognised("indicator_name", "举办培训班", 0.95)]}),
            Example("fail", {"evidence": [_recognised("indicator_name", "举办培调班", 0.6)]}),
            Example("not_applicable", {}),
        ),
    ),
)
