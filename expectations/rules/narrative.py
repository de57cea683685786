"""Rules on the texts of a form and its years (section I of the rule book)."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from expectations.expressions import any_of, is_blank, listed
from expectations.rule import Example, Measure, Rule
from expectations.rules.deviations import SAYS_NONE_MISSED
from expectations.rules.required_cells import is_unfilled
from expectations.settings import RuleSettings

_TEMPLATE: Final = r"(?:年度)?(?:总体)?目标\s*\d*\s*[:：]?|[×xX*○〇_＿]{2,}|…+|\.{3,}|[（(][^（）()]*字以内[）)]"
"""What the template prints where the goal belongs: 目标1：XXX；目标2：……"""
_NOT_TEXT: Final = r"[\s，。；;、,.：:！!“”\"（）()]"


def _r75(settings: RuleSettings) -> Measure:
    done, wanted = (pl.col(name).str.replace_all(_NOT_TEXT, "") for name in ("actual_goal_text", "expected_goal_text"))
    copied = ((done == wanted) & (done != "")).fill_null(False)
    short = done.str.len_chars() < settings.goal_shortest
    bare = done.str.contains(r"^[\d%％.]+(?:万?元|%)?$")
    return Measure(
        not_applicable={
            "goals_not_printed": done.is_null(),
            "goal_blank": is_blank(pl.col("actual_goal_text")) | (done == ""),
        },
        broken=copied | short | bare | is_unfilled(pl.col("actual_goal_text")),
        observed=pl.col("actual_goal_text").str.slice(0, 60),
        expected=pl.when(copied)
        .then(pl.lit("照抄预期目标"))
        .otherwise(pl.lit(f"不足 {settings.goal_shortest} 字或无内容")),
    )


_UNDONE: Final = (
    r"(?:仅|只)(?:完成|实现|开展|实施)了?(?:部分|一半|少量|少数|[0-9.]+\s*[%％])"
    r"|(?:目标|任务|项目|工程|工作)(?:均|尚|暂|仍|因[^，。；]{1,8})?未(?:能|按[时期]|如期|全部|完全)*(?:完成|实施|开展|启动|达到|达成|实现)"
    r"|未(?:能|按[时期]|如期|全部|完全)*(?:完成|达到|达成|实现)[^，。；不]{0,8}(?:目标|任务|计划)"
)
"""What a text says of goals that were not reached."""


def _r37(_: RuleSettings) -> Measure:
    text = pl.col("actual_goal_text").str.replace_all(r"\s", "")
    told = text.str.replace_all(SAYS_NONE_MISSED, "").str.extract(f"({_UNDONE})", 1)
    return Measure(
        not_applicable={
            "goals_not_printed": text.is_null(),
            "no_weight_column": ~pl.col("has_weight_column") | ~pl.col("has_score_column"),
            "not_full_score": (pl.col("indicator_scores") < pl.col("indicator_weights")).fill_null(True),
        },
        broken=told.is_not_null() & (pl.col("indicator_scores") > 0),
        observed=told,
        expected=pl.lit(""),
    )


def _r79(_: RuleSettings) -> Measure:
    labels = {"expected_goal_text": "预期目标", "actual_goal_text": "实际完成情况"}
    printed = [pl.col(name).is_not_null() for name in labels]
    bare = {name: pl.col(name).str.replace_all(_TEMPLATE, "").str.replace_all(_NOT_TEXT, "") for name in labels}
    blank = {name: is_blank(pl.col(name)) | (text == "") for name, text in bare.items()}
    return Measure(
        not_applicable={"goals_not_printed": ~any_of(printed)},
        broken=any_of([pl.col(name).is_not_null() & gone for name, gone in blank.items()]),
        observed=listed(
            [pl.when(pl.col(name).is_not_null() & blank[name]).then(pl.lit(label)) for name, label in labels.items()]
        ),
        expected=pl.lit(""),
    )


_YEAR: Final = r"((?:19|20)\d{2})"
_YEAR_BEGINS: Final = (
    rf"(?:^|[。；;\n]|目标\s*\d*\s*[:：]|\d[.、]\s*)\s*{_YEAR}\s*年"
    r"(?:度|全年|底|末|内|计划|完成|预计|将|拟|[0-9]{1,2}月|[^至到—~～–-])"
)
"""A year that opens a sentence: the time of what follows."""

_SPAN: Final = rf"{_YEAR}\s*年?(?:度)?\s*[-—–~～至到]+\s*{_YEAR}"


def _r89(_: RuleSettings) -> Measure:
    year = pl.col("fiscal_year").cast(pl.String)
    texts = {name: pl.col(name).fill_null("") for name in ("expected_goal_text", "actual_goal_text")}
    named = {name: text.str.extract(_YEAR_BEGINS, 1) for name, text in texts.items()}
    other = {
        name: (named[name].is_not_null() & (named[name] != year) & ~text.str.contains(year) & ~_is_of_several_years())
        for name, text in texts.items()
    }
    return Measure(
        not_applicable={
            "goals_not_printed": pl.col("expected_goal_text").is_null() & pl.col("actual_goal_text").is_null(),
            "year_unknown": year.is_null(),
        },
        broken=any_of(list(other.values())),
        observed=pl.coalesce(*(pl.when(condition).then(named[name]) for name, condition in other.items())),
        expected=year,
    )


def _r99(_: RuleSettings) -> Measure:
    return Measure(
        not_applicable={"no_money_in_text": ~pl.col("names_money")},
        broken=pl.col("money_text").is_not_null(),
        observed=pl.col("money_text"),
        expected=pl.col("money_expected"),
    )


def _r85(_: RuleSettings) -> Measure:
    return Measure(
        not_applicable={"no_numbers_to_compare": ~pl.col("is_goal_of")},
        broken=pl.col("goal_number").is_not_null(),
        observed=pl.col("goal_number"),
        expected=pl.col("target_text"),
    )


def _r76(_: RuleSettings) -> Measure:
    return Measure(
        not_applicable={"no_numbers_to_compare": ~pl.col("is_spoken_of")},
        broken=pl.col("narrative_number").is_not_null(),
        observed=pl.col("narrative_number"),
        expected=pl.col("actual_text"),
    )


def _names_of_form() -> pl.Expr:
    names = ("title", "project_name", "expected_goal_text")
    return pl.concat_str(*(pl.col(name).fill_null("") for name in names), separator=" ")


def _is_of_several_years() -> pl.Expr:
    """Tell whether the form speaks of a project of several years: a span of years, or words that say so."""
    names = pl.concat_str(pl.col("title").fill_null(""), pl.col("project_name").fill_null(""), separator=" ")
    return _names_of_form().str.contains(_SPAN) | names.str.contains(
        r"[二两三四五六七八九十\d]年(?:行动|规划|计划|期)|跨年|分年|多年|十[三四五六]五|周期"
    )


def _with_plain_years(text: pl.Expr) -> pl.Expr:
    """Write the digits of years in plain: ２０２２, 二〇二二年 are 2022."""
    plain = text.str.replace_many(list("０１２３４５６７８９"), list("0123456789"))
    year = plain.str.extract(r"([二][〇○零ＯO0][一二三四][〇○零一二三四五六七八九])年", 1)
    digits = year.str.replace_many(list("〇○零ＯO一二三四五六七八九"), list("00000123456789"))
    return pl.when(year.is_not_null()).then(pl.concat_str(digits, plain)).otherwise(plain)


def _r77(_: RuleSettings) -> Measure:
    year = pl.col("fiscal_year")
    title = _with_plain_years(pl.col("title").fill_null(""))
    titled = title.str.extract(r"(?:^|\D)((?:19|20)\d{2})(?:\D|$)", 1).cast(pl.Int32, strict=False)
    first, last = (title.str.extract(_SPAN, group).cast(pl.Int32, strict=False) for group in (1, 2))
    names_year = title.str.contains(pl.format(r"(?:^|\D){}(?:\D|$)", year)) | year.is_between(first, last).fill_null(
        False
    )
    earliest, latest = pl.col("target_year_first"), pl.col("target_year_last")
    off_year = ((earliest < year) | ((earliest > year) & (earliest > year + 1))).fill_null(False)
    next_year = ((earliest == year + 1) & (latest == earliest)).fill_null(False)
    wrong_title = (titled.is_not_null() & ~names_year).fill_null(False)
    wrong_target = (off_year | next_year) & ~_is_of_several_years()
    before = pl.col("actual_year_before")
    wrong_actual = before.is_not_null() & ~_is_of_several_years()
    return Measure(
        not_applicable={
            "year_unknown": year.is_null(),
            "year_not_in_title": titled.is_null() & earliest.is_null(),
        },
        broken=wrong_title | wrong_target | wrong_actual,
        observed=listed(
            [
                pl.when(wrong_title).then(pl.format("标题 {}", titled)),
                pl.when(wrong_target).then(pl.format("指标值 {}", earliest)),
                pl.when(wrong_actual).then(pl.format("完成值 {}", before)),
            ]
        ),
        expected=year.cast(pl.String),
    )


def _goal(text: str | None) -> dict[str, Any]:
    return {"forms": {"actual_goal_text": text}}


RULES: Final = (
    Rule(
        id="R75",
        version=2,
        severity="warning",
        table="forms",
        title_en="The text on what was done is its own: no copy of the goal, no bare number, not under {goal_shortest} "
        "characters",
        title_zh="实际完成情况不照抄预期目标，不只写数字，不少于 {goal_shortest} 字",
        source="own rule",
        why="A copied goal says nothing about what was done.",
        why_zh="照抄目标，看不出做了什么。",
        inputs=("forms.actual_goal_text", "forms.expected_goal_text"),
        place="actual_goal",
        measure=_r75,
        message_zh="实际完成情况“{observed}”{expected}",
        message_en="the text on what was done (“{observed}”) is copied from the goal, too short, or has no content",
        examples=(
            Example("pass", {}),
            Example("fail", _goal("全年开展培训不少于10场，服务企业不少于100家")),
            Example("not_applicable", _goal(None)),
        ),
    ),
    Rule(
        id="R76",
        version=4,
        severity="warning",
        table="indicators",
        title_en="A number in the text agrees with the indicator that it speaks of",
        title_zh="实际完成情况中的数与指标完成值一致",
        source="own rule",
        why="3520台 in the text and 3250.00(台套) in the table: one is a slip. Reported are the same digits in another "
        "order with a matching unit or name, numbers within {narrative_share_pct} % with a strongly matching "
        "name, and any other percentage right behind the indicator's whole name. Numbers that the text calls a plan "
        "or last year's, and rates of a part (其中城区…), are not held against the table.",
        why_zh="文字中写 3520 台，表中为 3250.00(台套)，必有一处笔误。只报三种：数字相同而顺序不同且单位或名称相符；"
        "相差 {narrative_share_pct}% 以内且名称高度相符；指标全名后紧接着写的百分数不同。"
        "文字中说明是计划数、上年数或其中一部分的比率的不比。",
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
        version=5,
        severity="warning",
        table="forms",
        title_en="The years in title and deadlines are the form's year",
        title_zh="标题和完成时限的年份与填报年度一致",
        source="own rule",
        why="A deadline or a title of another year is copied from another form, and so is a date of completion in a "
        "year before. Projects of several years are exempt.",
        why_zh="标题或时限写成别的年份，或完成时间早于填报年度，多半是从别的表抄来的。跨年度项目不判时限。",
        inputs=("forms.fiscal_year", "forms.title", "indicators.target_date", "indicators.actual_date"),
        place="fiscal_year",
        measure=_r77,
        message_zh="填报年度为 {expected}，表中另有：{observed}",
        message_en="the form is for {expected}, but it also names {observed}",
        examples=(
            Example("pass", {"forms": {"title": "2023年度项目支出绩效自评表"}}),
            Example("fail", {"forms": {"title": "2022年度项目支出绩效自评表"}}),
            Example("not_applicable", {}),
        ),
    ),
    Rule(
        id="R79",
        version=2,
        severity="warning",
        table="forms",
        title_en="The cells for the goal and for what was done are filled",
        title_zh="预期目标和实际完成情况均已填写",
        source="template of the ministry",
        why="Without a goal there is nothing to hold the results against.",
        why_zh="没有目标，就无从评价完成情况。",
        inputs=("forms.expected_goal_text", "forms.actual_goal_text"),
        place="expected_goal",
        measure=_r79,
        message_zh="{observed}未填写",
        message_en="blank: {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"expected_goal_text": ""}}),
            Example("not_applicable", {"forms": {"expected_goal_text": None, "actual_goal_text": None}}),
        ),
    ),
    Rule(
        id="R37",
        version=1,
        severity="warning",
        table="forms",
        title_en="A text that says that goals were not reached does not stand beside full scores throughout",
        title_zh="实际完成情况写明目标未完成的，各项指标不应全部得满分",
        source="own rule",
        why="Either a goal was missed and some row must show it, or the text is another form's.",
        why_zh="目标确未完成的，应在相应指标上扣分；否则文字有误。",
        inputs=("forms.actual_goal_text", "indicators.score_points", "indicators.weight_points"),
        place="actual_goal",
        measure=_r37,
        message_zh="实际完成情况写有“{observed}”，各项指标却全部得满分",
        message_en="the text on what was done says “{observed}”, yet every indicator has its full score",
        examples=(
            Example("pass", {}),
            Example("fail", _goal("因资金下达较晚，仅完成部分年度目标，剩余工作结转下年。")),
            Example("not_applicable", _goal(None)),
        ),
    ),
    Rule(
        id="R85",
        version=3,
        severity="warning",
        table="indicators",
        title_en="A number in the goal agrees with the target that it speaks of",
        title_zh="预期目标中的数与指标值一致",
        source="own rule",
        why="765家左右 in the goal and ≥925家 as the target: one of them was not brought up to date. Chinese numerals "
        "(三百人) are read too.",
        why_zh="预期目标写 765 家左右，指标值为不少于 925 家，必有一处没有更新。中文数字（三百人）同样比较。",
        inputs=("forms.expected_goal_text", "indicators.target_value", "indicators.indicator_name"),
        place="target",
        measure=_r85,
        message_zh="指标“{name}”指标值为 {expected}，预期目标中写为 {observed}",
        message_en="indicator “{name}”: the target is {expected}; the goal says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"expected_goal_text": "全年开展培训不少于10场，服务企业不少于80家。"}}),
            Example("not_applicable", {"forms": {"expected_goal_text": "做好科技培训工作。"}}),
        ),
    ),
    Rule(
        id="R89",
        version=1,
        severity="warning",
        table="forms",
        title_en="The goal is that of the form's year",
        title_zh="年度目标所写年度与填报年度一致",
        source="own rule",
        why="A goal that opens with another year was copied from another form.",
        why_zh="年度目标开头写的是别的年度，多半是从别的表抄来的。",
        inputs=("forms.expected_goal_text", "forms.actual_goal_text", "forms.fiscal_year"),
        place="expected_goal",
        measure=_r89,
        message_zh="填报年度为 {expected}，年度目标写的是 {observed} 年",
        message_en="the form is for {expected}; its goal speaks of {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"expected_goal_text": "2022年全年开展培训不少于10场，服务企业不少于100家。"}}),
            Example("not_applicable", {"forms": {"expected_goal_text": None, "actual_goal_text": None}}),
        ),
    ),
    Rule(
        id="R99",
        version=1,
        severity="warning",
        table="forms",
        title_en="Money in the text agrees with the funding block",
        title_zh="实际完成情况中的金额与资金栏一致",
        source="own rule",
        why="The text says what was executed once more; where it differs from the table, one of them is a slip. "
        "Amounts "
        "that are parts, or of other years, are left alone.",
        why_zh="文字中再次写明执行金额的，与资金栏不一致必有一处笔误。分项金额、其他年度的金额不比。",
        inputs=("forms.actual_goal_text", "forms.executed_cny", "forms.annual_budget_cny"),
        place="actual_goal",
        measure=_r99,
        message_zh="资金栏执行数为 {expected}，实际完成情况中写为 {observed}",
        message_en="the funding block says {expected} was executed; the text on what was done says {observed}",
        examples=(
            Example("pass", _goal("全年开展了科技培训10场，服务企业110家，资金支出99.50万元。")),
            Example("fail", _goal("全年开展了科技培训10场，服务企业110家，资金支出95.90万元。")),
            Example("not_applicable", {}),
        ),
    ),
)
