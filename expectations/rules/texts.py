"""Rules on what a form repeats in words: its rate and score in the text, and names that the template prints."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from expectations.expressions import any_of, listed, number
from expectations.rule import Example, Measure, Rule
from expectations.rules.required_cells import is_unfilled
from expectations.settings import RuleSettings

_OTHER: Final = (
    r"上年|去年|前年|往年|同期|截[至止]|季度|上半年|月底?|计划|目标|预计|力争|确保|要求|不低于|不少于|[≥>]|平均|"
    r"[一二三四首]期|其中|分项|各|中央|省级|市级|区级|县级|(?:19|20)\d\d年"
)
"""Words of a sentence that make a rate or a score another one than that of the form."""
_SENTENCE: Final = r"(?:^|[。；;\n])(?<lead>[^。；;\n]{0,60}?)"
_RATE: Final = (
    rf"{_SENTENCE}(?:预算|资金|经费)(?:总体?)?(?:执行|支出|支付)(?:进度|率)+"
    r"(?<said>[^0-9，。；;、\n]{0,4})(?<digits>[0-9]{1,3}(?:\.[0-9]{1,4})?)\s*[%％](?<tail>[^，。；;、\n]{0,3})"
)
_SCORE: Final = (
    rf"{_SENTENCE}自评(?:总)?(?:得分|总分|分数|分值|分)"
    r"(?<said>[^0-9，。；;、\n]{0,4})(?<digits>[0-9]{1,3}(?:\.[0-9]{1,4})?)\s*分(?<tail>[^，。；;、\n]{0,3})"
)
_ROUGHLY: Final = "以[上下内]|左右|多"
_POINTS: Final = pl.Decimal(18, 4)
_TEMPLATE_NAME: Final = (
    r"^[×xXＸ]{2,}(?:\p{Han}|$)|^某某|[×Ｘ]{2,}|[xX]{2,}(?:项目|单位|部门|局|委|中心|公司|镇|乡|县|市|区)"
)
"""What the template prints where a name belongs: XX项目, ××单位."""


def _differs(digits: pl.Expr, printed: pl.Expr) -> pl.Expr:
    """Tell whether a number in a text is not the printed one, however that is rounded or cut off."""
    places = digits.str.extract(r"\.(\d+)$", 1).str.len_chars().fill_null(0)
    one = pl.lit("1").cast(_POINTS)
    last = pl.coalesce(pl.when(places == n).then(one / 10**n) for n in range(5))
    return ((digits.cast(_POINTS, strict=False) - printed.cast(_POINTS)).abs() >= last).fill_null(False)


def _said(text: pl.Expr, pattern: str) -> pl.Expr:
    """Return the number of a text that is said of the whole year; null where its sentence speaks of another."""
    found = text.str.extract_groups(pattern).struct
    around = pl.concat_str(found.field("lead"), found.field("said"))
    ours = ~around.str.contains(_OTHER) & ~found.field("tail").str.contains(_ROUGHLY)
    return pl.when(ours.fill_null(False)).then(found.field("digits"))


def _r101(_: RuleSettings) -> Measure:
    names = {"项目名称": "project_name", "主管部门": "department", "实施单位": "implementing_unit"}
    left = {
        label: is_unfilled(pl.col(name)) | pl.col(name).str.strip_chars().str.contains(_TEMPLATE_NAME).fill_null(False)
        for label, name in names.items()
    }
    return Measure(
        broken=any_of(list(left.values())),
        observed=listed([pl.when(left[label]).then(pl.col(name)) for label, name in names.items()]),
        expected=pl.lit(""),
    )


def _r102(_: RuleSettings) -> Measure:
    text = pl.col("actual_goal_text").str.replace_many(list("０１２３４５６７８９．"), list("0123456789."))
    rate = pl.when(~pl.col("has_execution_indicator").fill_null(False)).then(_said(text, _RATE))
    score = _said(text, _SCORE)
    wrong_rate = _differs(rate, pl.col("execution_rate_pct"))
    wrong_score = _differs(score, pl.col("total_score_points"))
    compared = (rate.is_not_null() & pl.col("execution_rate_pct").is_not_null()) | (
        score.is_not_null() & pl.col("total_score_points").is_not_null()
    )

    def both(of_rate: pl.Expr, of_score: pl.Expr) -> pl.Expr:
        return listed(
            [
                pl.when(wrong_rate).then(pl.format("执行率 {}%", of_rate)),
                pl.when(wrong_score).then(pl.format("自评得分 {} 分", of_score)),
            ]
        )

    return Measure(
        not_applicable={"no_numbers_to_compare": ~compared},
        broken=wrong_rate | wrong_score,
        observed=both(rate, score),
        expected=both(number(pl.col("execution_rate_pct")), number(pl.col("total_score_points"))),
    )


def _goal(text: str) -> dict[str, Any]:
    return {"forms": {"actual_goal_text": text}}


RULES: Final = (
    Rule(
        id="R101",
        version=1,
        severity="warning",
        table="forms",
        title_en="Names of project, department and unit are not the template's: no XX项目",
        title_zh="项目名称、主管部门、实施单位不留模板文字",
        source="own rule",
        why="XX项目 and ××单位 are what the empty template prints.",
        why_zh="“XX项目”“××单位”是空白模板上的字样，应填写实际名称。",
        inputs=("forms.project_name", "forms.department", "forms.implementing_unit"),
        place="project",
        measure=_r101,
        message_zh="遗留模板文字：{observed}",
        message_en="text of the empty template is left: {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"project_name": "XX项目"}}),
        ),
    ),
    Rule(
        id="R102",
        version=1,
        severity="warning",
        table="forms",
        title_en="The execution rate and the score that the text repeats are those of the form",
        title_zh="实际完成情况中的执行率、自评得分与表中一致",
        source="own rule",
        why="The text says the rate or the score once more; where it differs from the table, one of them is a slip. "
        "Rates of part of the year, of a plan or of another year are not compared.",
        why_zh="文字中再次写明执行率或自评得分的，与表中不一致必有一处笔误。年中的、计划的和其他年度的不比。",
        inputs=("forms.actual_goal_text", "forms.execution_rate_pct", "forms.total_score_points"),
        place="actual_goal",
        measure=_r102,
        message_zh="表中为{expected}，实际完成情况中写为{observed}",
        message_en="the form says {expected}; the text on what was done says {observed}",
        examples=(
            Example("pass", _goal("全年开展了科技培训10场，服务企业110家，预算执行率为99.5%。")),
            Example("fail", _goal("全年开展了科技培训10场，服务企业110家，预算执行率为71.5%。")),
            Example("not_applicable", {}),
        ),
    ),
)
