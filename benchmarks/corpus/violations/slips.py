"""Violations as an auditor looks for them: slips of scale and sum, reasons that excuse nothing, texts that differ."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from random import Random

from benchmarks.corpus.families.base import Family
from benchmarks.corpus.invent import points, rating_of
from benchmarks.corpus.model import Form, Indicator
from benchmarks.corpus.violations.tools import (
    REASON,
    actual_of,
    base_column,
    breaks,
    changed,
    executed_to,
    is_at_least,
    is_share,
    missed,
    part_of,
    printed_number,
    rate_text,
    retotaled,
    rows_where,
    split_value,
    weighty_rows,
    with_line,
    with_row,
)


def _counts(form: Form) -> list[int]:
    return [
        number
        for number in rows_where(form, is_at_least)
        if re.search("[个处座台家场次期]", form.indicators[number].target) and form.indicators[number].operator is None
    ]


@breaks("part_over_whole", "R13")
def part_over_whole(rng: Random, form: Form, family: Family) -> Form | None:
    """Only one part is named, and it is more than the whole."""
    del rng, family
    column = base_column(form.funding[0])
    whole = printed_number(getattr(form.funding[0], column))
    if len(form.funding) < 2 or not whole or form.funding[1].rate:
        return None
    made = with_line(form, 1, **{column: str(whole + 20)})
    return replace(made, funding=made.funding[:2])


@breaks("executed_parts_not_sum", "R13")
def executed_parts_not_sum(rng: Random, form: Form, family: Family) -> Form | None:
    del rng, family
    amount = printed_number(form.funding[1].executed) if len(form.funding) > 1 else None
    if not amount or form.funding[1].rate:
        return None
    return with_line(form, 1, executed=str(amount - Decimal("3.21")))


@breaks("total_in_yuan", "R13")
def total_in_yuan(rng: Random, form: Form, family: Family) -> Form | None:
    """The total is written in yuan, its parts in 万元."""
    del rng, family
    if form.currency != "万元" or len(form.funding) < 2:
        return None
    amounts = {name: printed_number(getattr(form.funding[0], name)) for name in ("initial", "budget", "executed")}
    return with_line(form, 0, **{name: f"{amount * 10000:.2f}" for name, amount in amounts.items() if amount})


@breaks("rate_digits_swapped", "R10")
def rate_digits_swapped(rng: Random, form: Form, family: Family) -> Form | None:
    del rng
    made = executed_to(form, family, Decimal("0.9586"))
    if made is None or not made.funding[0].rate:
        return None
    return with_line(made, 0, rate=rate_text(family, Decimal("98.56")))


@breaks("total_counts_execution_twice", "R07")
def total_counts_execution_twice(rng: Random, form: Form, family: Family) -> Form | None:
    del rng
    made = executed_to(form, family, Decimal("0.5"))
    total = printed_number(made.total_score) if made else None
    score = printed_number(made.funding[0].score) if made else None
    if made is None or not total or not score:
        return None
    rating = None if form.rating is None else rating_of(total + score)
    return replace(made, total_score=points(total + score, family.decimals), rating=rating)


@breaks("rating_at_the_border", "R61")
def rating_at_the_border(rng: Random, form: Form, family: Family) -> Form | None:
    """90 points are 优."""
    del rng
    total = printed_number(form.total_score)
    rows = weighty_rows(form, lambda row: row.score == row.weight)
    if form.rating is None or total is None:
        return None
    for number in rows:
        left = (printed_number(form.indicators[number].score) or Decimal(0)) - (total - 90)
        if left >= 0:
            made = with_row(form, number, score=points(left, family.decimals))
            return replace(retotaled(made, family), rating="良")
    return None


@breaks("money_without_its_scale", "R33")
def money_without_its_scale(rng: Random, form: Form, family: Family) -> Form | None:
    """118元 stands where 118万元 are meant."""
    limit = rng.choice((60, 120, 350))
    return changed(
        rng,
        form,
        family,
        _counts(form),
        name=lambda _: "项目总成本",
        target=lambda _: f"≤{limit}万元",
        actual=lambda _: f"{limit * 98 / 100:g}元",
        deviation=lambda _: "",
    )


NO_REASONS = ("无偏差，无需改进", "无需整改", "暂无原因", "客观原因", "完成较好", "————", "无需说明", "同上", "未完成")


@breaks("reason_of_no_substance", "R50")
def reason_of_no_substance(rng: Random, form: Form, family: Family) -> Form | None:
    return missed(rng, form, family, lambda _: rng.choice(NO_REASONS))


@breaks("reason_is_the_actual", "R50")
def reason_is_the_actual(rng: Random, form: Form, family: Family) -> Form | None:
    return missed(rng, form, family, lambda row: actual_of(row, "0.75"))


def _dated(rng: Random, form: Form, family: Family, actual: str) -> Form | None:
    return changed(
        rng,
        form,
        family,
        _counts(form),
        level2=lambda _: "时效指标",
        name=lambda _: "完成时间",
        target=lambda _: f"{form.year}年6月底前",
        actual=lambda _: actual,
        deviation=lambda _: "",
    )


@breaks("kept_on_no_day", "R29")
def kept_on_no_day(rng: Random, form: Form, family: Family) -> Form | None:
    return _dated(rng, form, family, f"{form.year}年{rng.choice(('6月31日', '2月30日', '4月31日'))}")


@breaks("done_years_before", "R77")
def done_years_before(rng: Random, form: Form, family: Family) -> Form | None:
    return _dated(rng, form, family, f"{int(form.year or 0) - rng.choice((1, 4))}年5月")


@breaks("rate_in_text_differs", "R102")
def rate_in_text_differs(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    if form.goal_actual is None or not form.funding[0].rate:
        return None
    said = rng.choice(("预算执行率为71.5%", "全年资金支付率71.5%", "预算执行率达到71.5%"))
    return replace(form, goal_actual=f"{form.goal_actual}{said}。")


@breaks("score_in_text_differs", "R102")
def score_in_text_differs(rng: Random, form: Form, family: Family) -> Form | None:
    del rng, family
    if form.goal_actual is None or not printed_number(form.total_score):
        return None
    return replace(form, goal_actual=f"{form.goal_actual}项目自评得分72.5分。")


@breaks("satisfaction_in_text_differs", "R76")
def satisfaction_in_text_differs(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    rows = rows_where(form, lambda row: bool(re.search("满意度$", row.name)) and is_share(row) and is_at_least(row))
    if not rows or form.goal_actual is None:
        return None
    name = re.sub(r"^★|^指标\d+.", "", form.indicators[rng.choice(rows)].name)
    return replace(form, goal_actual=f"{form.goal_actual}{name}{rng.choice(('达到', '为', ''))}61%。")


@breaks("names_of_the_template", "R101")
def names_of_the_template(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    if form.project is None or form.department is None:
        return None
    return rng.choice((replace(form, project="XX项目"), replace(form, department="××单位")))


@breaks("satisfaction_under_output", "R36")
def satisfaction_under_output(rng: Random, form: Form, family: Family) -> Form | None:
    def counts_as_output(row: Indicator) -> bool:
        return row.level1 == "产出指标" and is_share(row) and split_value(row.target) is not None and is_at_least(row)

    return changed(rng, form, family, rows_where(form, counts_as_output), name=lambda _: "服务对象满意度")


@breaks("score_out_of_proportion", "R21", families=("shanghai", "ministry", "poverty", "department"))
def score_out_of_proportion(rng: Random, form: Form, family: Family) -> Form | None:
    """Three tenths were reached and nine tenths of the points are given."""
    return changed(
        rng,
        form,
        family,
        [n for n in weighty_rows(form, is_at_least) if (printed_number(form.indicators[n].weight) or 0) >= 8],
        actual=lambda row: actual_of(row, "0.3"),
        score=lambda row: part_of(row, "0.9", family),
        deviation=lambda _: REASON,
    )


@breaks("two_levels_in_one_label", "R103")
def two_levels_in_one_label(rng: Random, form: Form, family: Family) -> Form | None:
    """A rule between two cells of the second level is missing, so that both names stand in one."""
    del family
    rows = form.indicators
    pairs = [
        n
        for n in range(len(rows) - 1)
        if rows[n].level2 and rows[n + 1].level2 and rows[n].level2 != rows[n + 1].level2
    ]
    if not pairs:
        return None
    at = rng.choice(pairs)
    label = f"{rows[at].level2}{rows[at + 1].level2}"
    return with_row(with_row(form, at, level2=label), at + 1, level2=label)


@breaks("second_level_without_first", "R104")
def second_level_without_first(rng: Random, form: Form, family: Family) -> Form | None:
    """The column of the first level is blank throughout."""
    del rng, family
    if not any(row.level2 for row in form.indicators):
        return None
    return replace(form, indicators=tuple(replace(row, level1=None) for row in form.indicators))


@breaks("no_rating_marked", "R105")
def no_rating_marked(rng: Random, form: Form, family: Family) -> Form | None:
    """The options for the rating are printed, and none or two of them are marked."""
    del family
    return replace(form, rating=rng.choice(("□优 □良 □中 □差", "☑优 ☑良 □中 □差"))) if form.rating else None
