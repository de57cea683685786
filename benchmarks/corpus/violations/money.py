"""Violations of what the funding block must be."""

from __future__ import annotations

from decimal import Decimal
from random import Random

from benchmarks.corpus.families.base import Family
from benchmarks.corpus.invent import points
from benchmarks.corpus.model import Form
from benchmarks.corpus.violations.tools import (
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


@breaks("low_rate_without_reason", "R16", "R50")
def low_rate_without_reason(rng: Random, form: Form, family: Family) -> Form | None:
    return executed_to(form, family, Decimal(rng.choice(("0.4517", "0.72", "0.85"))))


@breaks("rate_not_ratio", "R10")
def rate_not_ratio(rng: Random, form: Form, family: Family) -> Form | None:
    rate = printed_number((form.funding[0].rate or "").removesuffix("%").strip())
    return rate and with_line(form, 0, rate=rate_text(family, rate - rng.choice((4, 9, 15))))  # type: ignore[return-value]


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
    del rng, family
    amount = printed_number(form.funding[1].executed) if len(form.funding) > 2 else None
    last = len(form.funding) - 1
    if not amount or form.funding[1].rate or printed_number(form.funding[last].executed):
        return None
    return with_line(with_line(form, last, executed="-12.00"), 1, executed=str(amount + 12))


@breaks("spent_without_budget", "R14")
def spent_without_budget(rng: Random, form: Form, family: Family) -> Form | None:
    del rng, family
    base = base_column(form.funding[0])
    for number, line in enumerate(form.funding):
        if printed_number(getattr(line, base)):
            form = with_line(form, number, **{base: "0.00"})
    return form


@breaks("sub_row_scored", "R17")
def sub_row_scored(rng: Random, form: Form, family: Family) -> Form | None:
    del rng, family
    if len(form.funding) < 2 or form.funding[1].score is None or form.funding[1].weight is None:
        return None
    return with_line(form, 1, weight=form.funding[0].weight, score=form.funding[0].score)
