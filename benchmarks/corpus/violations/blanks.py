"""Violations by cells that cannot be read, and by cells left blank."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

from benchmarks.corpus.families.base import Family
from benchmarks.corpus.invent import points
from benchmarks.corpus.model import Form
from benchmarks.corpus.violations.tools import (
    base_column,
    breaks,
    printed_number,
    retotaled,
    rows_where,
    with_line,
    with_row,
)

UNREADABLE = ("详见附件", "见说明", "约若干", "？？", "#REF!")
"""What a clerk would not read as a number."""


def _scored(form: Form) -> list[int]:
    return rows_where(form, lambda row: (printed_number(row.weight) or 0) >= 3 and row.score == row.weight)


@breaks("amount_unread", "R83")
def amount_unread(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    column = rng.choice((base_column(form.funding[0]), "executed"))
    return with_line(form, 0, **{column: rng.choice(UNREADABLE)})


@breaks("rate_unread", "R83")
def rate_unread(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    return with_line(form, 0, rate=rng.choice(UNREADABLE)) if form.funding[0].rate else None


@breaks("execution_score_unread", "R83")
def execution_score_unread(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    return with_line(form, 0, score=rng.choice(UNREADABLE)) if form.funding[0].score else None


@breaks("score_unread", "R84")
def score_unread(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    rows = _scored(form)
    return with_row(form, rng.choice(rows), score=rng.choice(UNREADABLE)) if rows else None


@breaks("weight_unread", "R84")
def weight_unread(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    rows = _scored(form)
    return with_row(form, rng.choice(rows), weight=rng.choice(UNREADABLE)) if rows else None


@breaks("total_unread", "R82")
def total_unread(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    if form.total_score is None:
        return None
    return replace(form, total_score=rng.choice(UNREADABLE))


@breaks("score_left_blank", "R58")
def score_left_blank(rng: Random, form: Form, family: Family) -> Form | None:
    """A score is blank and the total counts it."""
    del family
    rows = _scored(form)
    return with_row(form, rng.choice(rows), score=rng.choice(("", "—"))) if rows else None


@breaks("execution_score_left_blank", "R59")
def execution_score_left_blank(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    line = form.funding[0]
    if not line.score or not printed_number(line.weight):
        return None
    return with_line(form, 0, score=rng.choice(("", "—", "/")))


@breaks("blank_cannot_fill_total", "R07")
def blank_cannot_fill_total(rng: Random, form: Form, family: Family) -> Form | None:
    """A score is blank, and the total is more than all the points that it could bring, or less than the others have."""
    rows = _scored(form)
    total = printed_number(form.total_score)
    if not rows or total is None or family.header_total:
        return None
    number = rng.choice(rows)
    weight = printed_number(form.indicators[number].weight) or Decimal(0)
    wrong = total + 2 if rng.random() < 0.5 else total - weight - 2
    made = with_row(form, number, score="")
    return replace(made, total_score=points(wrong, family.decimals), rating=None if form.rating is None else "优")


@breaks("blank_cannot_fill_weights", "R02")
def blank_cannot_fill_weights(rng: Random, form: Form, family: Family) -> Form | None:
    """A weight is blank, and the others with the row's score are more than the total."""
    rows = _scored(form)
    if len(rows) < 2 or form.total_weight is None or family.captions:
        return None
    blank, heavy = rng.sample(rows, 2)
    more = points((printed_number(form.indicators[heavy].weight) or Decimal(0)) + 2, family.decimals)
    return retotaled(with_row(with_row(form, blank, weight=""), heavy, weight=more, score=more), family)
