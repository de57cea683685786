"""Violations of what labels, names and narratives must be."""

from __future__ import annotations

import re
from dataclasses import replace
from random import Random

from benchmarks.corpus.families.base import Family
from benchmarks.corpus.model import Form
from benchmarks.corpus.violations.tools import (
    breaks,
    changed,
    is_date,
    printed_number,
    rows_where,
    split_value,
    with_line,
    with_row,
)


@breaks("unknown_first_level", "R70")
def unknown_first_level(rng: Random, form: Form, family: Family) -> Form | None:
    del rng
    first = form.indicators[-1].level1
    if not first or family.captions:
        return None
    rows = tuple(replace(row, level1="综合指标") if row.level1 == first else row for row in form.indicators)
    return replace(form, indicators=rows)


@breaks("second_level_misfiled", "R71")
def second_level_misfiled(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    rows = rows_where(form, lambda row: bool(row.level1 and row.level1.startswith("产出指标")))
    return with_row(form, rng.choice(rows), level2="经济成本指标") if rows else None


@breaks("no_benefit", "R72")
def no_benefit(rng: Random, form: Form, family: Family) -> Form | None:
    del rng
    first = form.indicators[0].level1
    if family.captions or first != "产出指标" or not any(row.level1 == "效益指标" for row in form.indicators):
        return None
    rows = [
        replace(row, level1=first, level2="质量指标") if row.level1 == "效益指标" else row
        for row in form.indicators
        if row.name or row.level1 != "效益指标"
    ]
    return replace(form, indicators=tuple(rows))


@breaks("project_missing", "R73")
def project_missing(rng: Random, form: Form, family: Family) -> Form | None:
    del rng, family
    return replace(form, project="") if form.project else None


@breaks("executed_missing", "R73")
def executed_missing(rng: Random, form: Form, family: Family) -> Form | None:
    del rng, family
    for number in range(len(form.funding)):
        form = with_line(form, number, executed="")
    return form


@breaks("row_unfilled", "R95")
def row_unfilled(rng: Random, form: Form, family: Family) -> Form | None:
    rows = rows_where(form, lambda row: row.operator is None)
    return changed(rng, form, family, rows, target=lambda _: "", actual=lambda _: "")


@breaks("template_left", "R74")
def template_left(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    rows = rows_where(form, lambda _: True)
    number = rng.choice(rows)
    return with_row(form, number, name=form.indicators[number].name + rng.choice(("（≥**人）", "……")))


@breaks("goal_copied", "R75")
def goal_copied(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    if form.goal_expected is None:
        return None
    return replace(form, goal_actual=rng.choice((form.goal_expected, "已完成。")))


@breaks("narrative_differs", "R76")
def narrative_differs(rng: Random, form: Form, family: Family) -> Form | None:
    """The text swaps two digits of a figure of the table."""
    del family
    found = []
    for row in form.indicators:
        value = split_value(row.actual)
        digits = f"{value[1].normalize():f}" if value else ""
        if (
            row.level2 == "数量指标"
            and re.fullmatch(r"\d{3,5}", digits)
            and len(set(digits)) == len(digits)
            and digits[1] != "0"
        ):
            unit = (row.unit or value[2] if value else "").strip("()")
            found.append((re.sub("^指标\\d+.", "", row.name), digits[1] + digits[0] + digits[2:], unit))
    if not found or form.goal_actual is None:
        return None
    name, digits, unit = rng.choice(found)
    return replace(form, goal_actual=f"{form.goal_actual}全年{name}{digits}{unit}。")


@breaks("year_differs", "R77")
def year_differs(rng: Random, form: Form, family: Family) -> Form | None:
    rows = rows_where(form, is_date)
    other = int(form.year or 0) - 1
    return changed(rng, form, family, rows, target=lambda _: f"{other}年11月底前", actual=lambda _: f"{other}年10月")


@breaks("title_of_another_year", "R77")
def title_of_another_year(rng: Random, form: Form, family: Family) -> Form | None:
    """The title is of the year before, in digits of any kind."""
    del family
    if not form.year:
        return None
    other = str(int(form.year) - 1)
    wide = other.translate(str.maketrans("0123456789", "０１２３４５６７８９"))
    words = other.translate(str.maketrans("0123456789", "〇一二三四五六七八九"))
    return replace(form, title=f"{rng.choice((other, wide, words))}年度项目支出绩效自评表")


@breaks("execution_counted_again", "R78")
def execution_counted_again(rng: Random, form: Form, family: Family) -> Form | None:
    rows = rows_where(form, lambda row: "%" in row.target + (row.unit or ""))
    return changed(rng, form, family, rows, name=lambda _: "预算资金执行率")


@breaks("name_missing", "R96")
def name_missing(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    rows = rows_where(form, lambda row: printed_number(row.weight) is not None)
    return with_row(form, rng.choice(rows), name="") if len(rows) > 1 else None


@breaks("column_unknown", "R97")
def column_unknown(rng: Random, form: Form, family: Family) -> tuple[Form, Family] | None:
    """The indicators have a column more, under a header that no list knows."""
    head = rng.choice(("支撑依据编号", "归口审核意见摘要", "系统抓取结果"))
    at = len(family.layout.indicators) - rng.randint(0, 1)
    columns = (*family.layout.indicators[:at], (head, "strange"), *family.layout.indicators[at:])
    rows = tuple(replace(row, extra={**row.extra, "strange": f"第{n}号"}) for n, row in enumerate(form.indicators, 1))
    layout = replace(family.layout, indicators=columns, widths={**family.layout.widths, "strange": 0.8})
    return replace(form, indicators=rows), replace(family, layout=layout)


@breaks("goal_missing", "R79")
def goal_missing(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    if form.goal_expected is None:
        return None
    blank = rng.choice(("", "—", "无"))
    return replace(form, goal_expected=blank) if rng.random() < 0.5 else replace(form, goal_actual=blank)


@breaks("goal_of_another_year", "R89")
def goal_of_another_year(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    if form.goal_expected is None or (form.year or "") in form.goal_expected:
        return None
    other = int(form.year or 0) - rng.choice((1, 2))
    return replace(form, goal_expected=f"{other}年{rng.choice(('', '度', '计划'))}{form.goal_expected}")


@breaks("money_in_text_differs", "R99")
def money_in_text_differs(rng: Random, form: Form, family: Family) -> Form | None:
    """The text names what was executed, with two digits swapped, or a tenth less."""
    del family
    spent = printed_number(form.funding[0].executed)
    if spent is None or form.goal_actual is None or form.currency not in ("万元", "元"):
        return None
    digits = f"{spent:f}"
    other = digits[1] + digits[0] + digits[2:] if digits[0] != digits[1] and digits[1] in "123456789" else ""
    text = rng.choice(("全年执行{}", "资金支出{}", "项目资金实际支出{}", "预算执行数为{}"))
    said = text.format((other or f"{spent * 91 / 100:.2f}") + form.currency)
    return replace(form, goal_actual=f"{form.goal_actual}{said}。")


@breaks("goal_number_differs", "R85")
def goal_number_differs(rng: Random, form: Form, family: Family) -> Form | None:
    """The goal names a count that the indicator's target was raised from."""
    del family
    found = []
    for row in form.indicators:
        value = split_value(row.target)
        if value is None or row.level2 != "数量指标" or value[1] < 10 or value[1] != value[1].to_integral_value():
            continue
        unit = (row.unit or value[2]).strip("()（）以上")
        name = re.sub("^★|^指标\\d+.", "", row.name)
        if unit and not unit.startswith(("万", "亿", "%")) and len(name) > 3:
            found.append(f"全年{name}{int(value[1]) * 83 // 100}{unit}左右。")
    if not found or form.goal_expected is None:
        return None
    return replace(form, goal_expected=form.goal_expected + rng.choice(found))


@breaks("goal_places_slipped", "R85")
def goal_places_slipped(rng: Random, form: Form, family: Family) -> Form | None:
    """The goal names the indicator's number with a place too few."""
    del family
    found = []
    for row in form.indicators:
        value = split_value(row.target)
        if value is None or row.level2 != "数量指标" or value[1] < 100 or value[1] % 10:
            continue
        unit = (row.unit or value[2]).strip("()（）以上")
        name = re.sub("^★|^指标\\d+.", "", row.name)
        if unit and not unit.startswith(("万", "亿", "%")) and len(name) > 3:
            found.append(f"全年{name}{int(value[1]) // 10}{unit}。")
    if not found or form.goal_expected is None:
        return None
    return replace(form, goal_expected=f"{form.goal_expected}{rng.choice(found)}")


@breaks("goal_says_undone", "R37")
def goal_says_undone(rng: Random, form: Form, family: Family) -> Form | None:
    """The text says that goals were missed, and every row has its full score."""
    del family
    if form.goal_expected is None or form.indicators[0].weight is None:
        return None
    if any(row.score != row.weight for row in form.indicators):
        return None
    said = rng.choice(
        ("受疫情影响，年度目标未完成。", "仅完成部分任务，剩余工作结转下年。", "由于资金下达较晚，项目尚未实施。")
    )
    return replace(form, goal_actual=f"{form.goal_actual}{said}")


@breaks("goal_never_filled", "R79")
def goal_never_filled(rng: Random, form: Form, family: Family) -> Form | None:
    """The goal is what the empty template prints."""
    del family
    if form.goal_expected is None:
        return None
    return replace(form, goal_expected=rng.choice(("目标1：XXX；目标2：……", "目标1：；目标2：；", "**")))
