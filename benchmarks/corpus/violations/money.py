"""Violations of what the funding block must be."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

from benchmarks.corpus.families.base import Family
from benchmarks.corpus.invent import points
from benchmarks.corpus.model import Form
from benchmarks.corpus.violations.tools import (
    CENT,
    SCORED,
    base_column,
    breaks,
    executed_to,
    printed_number,
    rate_text,
    retotaled,
    with_line,
)


@breaks("rate_over_100", "R15")
def rate_over_100(rng: Random, form: Form, family: Family) -> Form | None:
    return executed_to(form, family, Decimal(rng.choice(("1.0259", "1.2", "1.05"))))


@breaks("low_rate_without_reason", "R16")
def low_rate_without_reason(rng: Random, form: Form, family: Family) -> Form | None:
    return executed_to(form, family, Decimal(rng.choice(("0.4517", "0.72", "0.85"))))


@breaks("rate_not_ratio", "R10")
def rate_not_ratio(rng: Random, form: Form, family: Family) -> Form | None:
    rate = printed_number((form.funding[0].rate or "").removesuffix("%").strip())
    if not rate:
        return None
    return with_line(form, 0, rate=rate_text(family, rate - rng.choice((4, 9, 15))))


@breaks("score_not_from_rate", "R11")
def score_not_from_rate(rng: Random, form: Form, family: Family) -> Form | None:
    score = printed_number(form.funding[0].score)
    if score is None:
        return None
    return retotaled(with_line(form, 0, score=points(score - rng.choice((1, 2)), family.decimals)), family)


@breaks("funding_not_sum", "R13")
def funding_not_sum(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    column = rng.choice(("initial", "budget"))
    if len(form.funding) < 2:
        return None
    amount = printed_number(getattr(form.funding[1], column))
    if not amount or (form.funding[1].rate and column == base_column(form.funding[0])):
        return None
    return with_line(form, 1, **{column: str(amount + Decimal("12.34"))})


@breaks("negative_amount", "R19")
def negative_amount(rng: Random, form: Form, family: Family) -> Form | None:
    """A minus sign before an amount: the sums are wrong with it."""
    del family
    cells = [
        (number, column)
        for number, line in enumerate(form.funding)
        for column in ("initial", "budget", "executed")
        if printed_number(getattr(line, column))
    ]
    number, column = rng.choice(cells)
    return with_line(form, number, **{column: "-" + getattr(form.funding[number], column)})


@breaks("negative_adjustment", "R57")
def negative_adjustment(rng: Random, form: Form, family: Family) -> Form | None:
    """Money given back stands as a negative line; the sums are right."""
    del rng, family
    amount = printed_number(form.funding[1].executed) if len(form.funding) > 2 else None
    last = len(form.funding) - 1
    if not amount or form.funding[1].rate or printed_number(form.funding[last].executed):
        return None
    return with_line(with_line(form, last, executed="-12.00"), 1, executed=str(amount + 12))


@breaks("executed_slightly_over", "R15")
def executed_slightly_over(rng: Random, form: Form, family: Family) -> Form | None:
    """A hundredth, or one, more than the budget is executed, and the rate says 100 %."""
    made = executed_to(form, family, Decimal(1))
    budget = printed_number(getattr(form.funding[0], base_column(form.funding[0])))
    if made is None or budget is None:
        return None
    spent = str(budget + rng.choice((CENT, CENT, Decimal(1))))
    for number in (0, 1):
        made = with_line(made, number, executed=spent)
    return made


@breaks("printed_rate_over_100", "R15")
def printed_rate_over_100(rng: Random, form: Form, family: Family) -> Form | None:
    if not form.funding[0].rate:
        return None
    return with_line(form, 0, rate=rate_text(family, Decimal(rng.choice(("101", "105", "110")))))


@breaks("line_over_budget", "R98")
def line_over_budget(rng: Random, form: Form, family: Family) -> Form | None:
    """A part executes more than its budget and another less; the total is right."""
    del rng, family
    if len(form.funding) < 3:
        return None
    base = base_column(form.funding[0])
    first, last = form.funding[1], form.funding[-1]
    budget, executed = printed_number(getattr(first, base)), printed_number(first.executed)
    if budget is None or executed is None or budget < 20 or first.rate or printed_number(getattr(last, base)):
        return None
    moved = with_line(form, len(form.funding) - 1, **{base: "12.00"}, executed="0.00")
    return with_line(moved, 1, **{base: str(budget - 12)}) if executed > budget - 12 else None


@breaks("score_by_bands", "R12")
def score_by_bands(rng: Random, form: Form, family: Family) -> Form | None:
    """Execution is scored by the bands of document 101, which the form does not print."""
    rate, share = rng.choice((("0.93", 1), ("0.85", Decimal("0.8")), ("0.72", Decimal("0.5"))))
    made = executed_to(form, family, Decimal(rate))
    weight = printed_number(form.funding[0].weight)
    if made is None or weight is None or form.funding[0].score is None:
        return None
    return retotaled(with_line(made, 0, score=points(weight * share, family.decimals)), family)


@breaks("funding_missing", "R87")
def funding_missing(rng: Random, form: Form, family: Family) -> Form | None:
    del rng, family
    return replace(form, funding=())


@breaks("spent_without_budget", "R14")
def spent_without_budget(rng: Random, form: Form, family: Family) -> Form | None:
    del rng, family
    base = base_column(form.funding[0])
    for number, line in enumerate(form.funding):
        if printed_number(getattr(line, base)):
            form = with_line(form, number, **{base: "0.00"})
    return form


@breaks("sub_row_scored", "R17", families=tuple(name for name in SCORED if name != "poverty"))
def sub_row_scored(rng: Random, form: Form, family: Family) -> Form | None:
    del rng, family
    if len(form.funding) < 2 or form.funding[1].score is None or form.funding[1].weight is None:
        return None
    return with_line(form, 1, weight=form.funding[0].weight, score=form.funding[0].score)


@breaks("central_score_not_from_rate", "R12", families=("poverty",))
def central_score_not_from_rate(rng: Random, form: Form, family: Family) -> Form | None:
    """A form for transfers, where scores by bands are allowed: a question, not an error."""
    made = score_not_from_rate(rng, form, family)
    return made and replace(made, title="中央对地方转移支付项目绩效目标自评表")


@breaks("unit_in_cell", "R18")
def unit_in_cell(rng: Random, form: Form, family: Family) -> Form | None:
    """One amount is written in another unit than the form's, with its unit beside it: 20000元 for 2 万元."""
    del family
    cells = [
        (number, column, amount)
        for number, line in enumerate(form.funding)
        for column in ("initial", "budget", "executed")
        if (amount := printed_number(getattr(line, column)))
    ]
    if not cells or form.currency not in ("万元", "元"):
        return None
    number, column, amount = rng.choice(cells)
    other = f"{amount * 10000:.0f}元" if form.currency == "万元" else f"{amount / 10000:f}万元"
    return with_line(form, number, **{column: other})


@breaks("line_rate_not_ratio", "R90")
def line_rate_not_ratio(rng: Random, form: Form, family: Family) -> Form | None:
    lines = [
        (number, rate)
        for number, line in enumerate(form.funding)
        if number
        and printed_number(line.executed)
        and (rate := printed_number((line.rate or "").removesuffix("%").strip()))
    ]
    if not lines:
        return None
    number, rate = rng.choice(lines)
    return with_line(form, number, rate=rate_text(family, rate - rng.choice((4, 9, 15))))


@breaks("execution_score_over_weight", "R91")
def execution_score_over_weight(rng: Random, form: Form, family: Family) -> Form | None:
    del rng
    weight = printed_number(form.funding[0].weight)
    if weight is None or form.funding[0].score is None:
        return None
    return retotaled(with_line(form, 0, score=points(weight + 1, family.decimals)), family)
