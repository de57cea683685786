"""Rules on the texts of a form and its years (section I of the rule book)."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from expectations.expressions import listed
from expectations.rule import Example, Measure, Rule
from expectations.rules.required_cells import is_unfilled
from expectations.settings import RuleSettings

_NOT_TEXT: Final = r"[\s，。；;、,.：:！!“”\"（）()]"


def _r75(settings: RuleSettings) -> Measure:
    done, wanted = (pl.col(name).str.replace_all(_NOT_TEXT, "") for name in ("actual_goal_text", "expected_goal_text"))
    copied = (done == wanted) & (done != "")
    short = done.str.len_chars() < settings.goal_shortest
    bare = done.str.contains(r"^[\d%％.]+(?:万?元|%)?$")
    return Measure(
        not_applicable={"goals_not_printed": done.is_null()},
        broken=copied.fill_null(False) | short | bare | is_unfilled(pl.col("actual_goal_text")),
        observed=pl.when(done == "").then(pl.lit("（空白）")).otherwise(pl.col("actual_goal_text").str.slice(0, 60)),
        expected=pl.when(copied).then(pl.lit("≠ 预期目标")).otherwise(pl.lit(f"≥ {settings.goal_shortest} 字")),
    )


def _r76(_: RuleSettings) -> Measure:
    return Measure(
        not_applicable={"no_numbers_to_compare": ~pl.col("is_spoken_of")},
        broken=pl.col("narrative_number").is_not_null(),
        observed=pl.col("narrative_number"),
        expected=pl.col("actual_text"),
    )


def _r77(_: RuleSettings) -> Measure:
    year = pl.col("fiscal_year")
    titled = pl.col("title").str.extract(r"(?:^|\D)((?:19|20)\d{2})(?:\D|$)", 1).cast(pl.Int32, strict=False)
    target = pl.col("target_year").cast(pl.Int32)
    names_year = pl.col("title").str.contains(pl.format(r"(?:^|\D){}(?:\D|$)", year))
    wrong_title, wrong_target = (titled.is_not_null() & ~names_year).fill_null(False), (target != year).fill_null(False)
    return Measure(
        not_applicable={
            "year_unknown": year.is_null(),
            "year_not_in_title": titled.is_null() & target.is_null(),
        },
        broken=wrong_title | wrong_target,
        observed=listed(
            [
                pl.when(wrong_title).then(pl.format("标题 {}", titled)),
                pl.when(wrong_target).then(pl.format("指标值 {}", target)),
            ]
        ),
        expected=year.cast(pl.String),
    )


def _goal(text: str | None) -> dict[str, Any]:
    return {"forms": {"actual_goal_text": text}}


RULES: Final = (
    Rule(
        id="R75",
        version=1,
        severity="warning",
        table="forms",
        title_en="The text on what was done is its own: no copy of the goal, no bare number, not a few characters",
        title_zh="实际完成情况不照抄预期目标，不只写数字或几个字",
        source="own rule",
        why="A copied goal says nothing about what was done.",
        why_zh="照抄目标，看不出做了什么。",
        inputs=("forms.actual_goal_text", "forms.expected_goal_text"),
        place="actual_goal",
        measure=_r75,
        message_zh="实际完成情况“{observed}”照抄或过于简单（{expected}）",
        message_en="the text on what was done (“{observed}”) is copied or too short ({expected})",
        examples=(
            Example("pass", {}),
            Example("fail", _goal("全年开展培训不少于10场，服务企业不少于100家")),
            Example("not_applicable", _goal(None)),
        ),
    ),
    Rule(
        id="R76",
        version=2,
        severity="warning",
        table="indicators",
        title_en="A number in the text agrees with the indicator that it speaks of",
        title_zh="实际完成情况中的数与指标完成值一致",
        source="own rule",
        why="3520台 in the text and 3250.00(台套) in the table: one is a slip. Reported are the same digits in another "
        "order with a matching unit or name, and numbers within 10 % with a strongly matching name. Numbers that the "
        "text calls a plan or last year's are not held against the table.",
        why_zh="文字中写 3520 台，表中为 3250.00(台套)，必有一处笔误。只报两种：数字相同而顺序不同且单位或名称相符；"
        "相差 10% 以内且名称高度相符。文字中说明是计划数或上年数的不比。",
        inputs=("forms.actual_goal_text", "indicators.actual_value_base", "indicators.indicator_name"),
        place="actual",
        measure=_r76,
        message_zh="指标“{name}”完成值为 {expected}，实际完成情况中写为 {observed}",
        message_en="indicator “{name}”: the actual is {expected}; the text on what was done says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", _goal("全年开展了科技培训10场，服务企业101家。")),
            Example("not_applicable", _goal("完成了全部科技培训工作，服务对象反映良好。")),
        ),
    ),
    Rule(
        id="R77",
        version=2,
        severity="warning",
        table="forms",
        title_en="The years in title and deadlines are the form's year",
        title_zh="标题和完成时限的年份与填报年度一致",
        source="own rule",
        why="A deadline or a title of another year is copied from another form.",
        why_zh="标题或时限写成别的年份，多半是从别的表抄来的。",
        inputs=("forms.fiscal_year", "forms.title", "indicators.target_date"),
        place="fiscal_year",
        measure=_r77,
        message_zh="年度为 {expected}，另见 {observed}",
        message_en="the form is for {expected}, but it also names {observed}",
        examples=(
            Example("pass", {"forms": {"title": "2023年度项目支出绩效自评表"}}),
            Example("fail", {"forms": {"title": "2022年度项目支出绩效自评表"}}),
            Example("not_applicable", {}),
        ),
    ),
)
