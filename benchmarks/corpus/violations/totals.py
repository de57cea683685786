"""Violations of what weights, scores and totals must be."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from random import Random

from benchmarks.corpus.families.base import Family
from benchmarks.corpus.invent import points, rating_of
from benchmarks.corpus.model import Form
from benchmarks.corpus.violations.tools import breaks, printed_number, retotaled, rows_where, with_row


@breaks("weights_not_100", "R02")
def weights_not_100(rng: Random, form: Form, family: Family) -> Form | None:
    rows = rows_where(form, lambda row: printed_number(row.weight) is not None and row.score == row.weight)
    if not rows or form.total_weight is None:
        return None
    number = rng.choice(rows)
    more = points((printed_number(form.indicators[number].weight) or Decimal(0)) + 2, family.decimals)
    return retotaled(with_row(form, number, weight=more, score=more), family)


@breaks("total_weight_not_100", "R01")
def total_weight_not_100(rng: Random, form: Form, family: Family) -> Form | None:
    made = weights_not_100(rng, form, family)
    return made and replace(made, total_weight=points(Decimal(102), family.decimals))


@breaks("total_not_sum", "R07")
def total_not_sum(rng: Random, form: Form, family: Family) -> Form | None:
    total = printed_number(form.total_score)
    if total is None or family.header_total:
        return None
    total -= Decimal(rng.choice(("1", "2.3", "0.5")))
    return replace(
        form, total_score=points(total, family.decimals), rating=rating_of(total) if form.rating else form.rating
    )


@breaks("weights_slightly_off", "R68")
def weights_slightly_off(rng: Random, form: Form, family: Family) -> Form | None:
    rows = rows_where(form, lambda row: printed_number(row.weight) is not None and row.score == row.weight)
    if not rows or form.total_weight is None:
        return None
    number = rng.choice(rows)
    less = str((printed_number(form.indicators[number].weight) or Decimal(0)) - Decimal("0.01"))
    return retotaled(with_row(form, number, weight=less, score=less), replace(family, decimals=2))


@breaks("total_slightly_off", "R69")
def total_slightly_off(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    total = printed_number(form.total_score)
    if total is None:
        return None
    return replace(form, total_score=str((total - Decimal(rng.choice(("0.01", "0.02")))).quantize(Decimal("0.01"))))


@breaks("negative_weight", "R56")
def negative_weight(rng: Random, form: Form, family: Family) -> Form | None:
    """A row of negative weight and no score; another row carries as much more."""
    rows = rows_where(form, lambda row: printed_number(row.weight) is not None and row.score == row.weight)
    if len(rows) < 2 or family.captions:
        return None
    low, high = rng.sample(rows, 2)
    lost = printed_number(form.indicators[low].weight) or Decimal(0)
    more = points((printed_number(form.indicators[high].weight) or Decimal(0)) + lost * 2, family.decimals)
    form = with_row(form, low, weight=points(-lost, family.decimals), score="")
    return retotaled(with_row(form, high, weight=more, score=more), family)


@breaks("second_caption_not_sum", "R88")
def second_caption_not_sum(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    rows = rows_where(form, lambda row: bool(row.level2) and printed_number(row.weight) is not None)
    if not rows:
        return None
    first = form.indicators[rng.choice(rows)]
    block = [row for row in form.indicators if (row.level1, row.level2) == (first.level1, first.level2)]
    wrong = sum((printed_number(row.weight) or Decimal(0) for row in block), Decimal(0)) + rng.choice((3, 5))
    label = f"{first.level2}（{wrong.normalize():f}分）"
    made = tuple(replace(row, level2=label) if row in block else row for row in form.indicators)
    return replace(form, indicators=made)


@breaks("score_over_weight", "R06")
def score_over_weight(rng: Random, form: Form, family: Family) -> Form | None:
    rows = rows_where(form, lambda row: printed_number(row.weight) is not None and row.score == row.weight)
    if not rows:
        return None
    number = rng.choice(rows)
    more = points((printed_number(form.indicators[number].weight) or Decimal(0)) + 1, family.decimals)
    return retotaled(with_row(form, number, score=more), family)


@breaks("caption_not_sum", "R05")
def caption_not_sum(rng: Random, form: Form, family: Family) -> Form | None:
    if not family.captions or form.indicators[0].weight is None:
        return None
    first = form.indicators[0].level1 or ""
    points_of = dict(family.levels)
    name = next(label for label in points_of if first.startswith(label))
    wrong = name + family.captions.format(points=points_of[name] + rng.choice((5, -5)))
    rows = tuple(replace(row, level1=wrong) if row.level1 == first else row for row in form.indicators)
    return replace(form, indicators=rows)


@breaks("single_over_50", "R08")
def single_over_50(rng: Random, form: Form, family: Family) -> Form | None:
    rows = rows_where(form, lambda row: printed_number(row.weight) is not None)
    if family.captions or not rows or len(rows) > 30 or any(row.score != row.weight for row in form.indicators):
        return None
    heavy = rng.choice(rows)
    for number in rows:
        weight = Decimal(90 - (len(rows) - 1)) if number == heavy else Decimal(1)
        form = with_row(form, number, weight=points(weight, family.decimals), score=points(weight, family.decimals))
    return form


@breaks("rating_mismatch", "R61")
def rating_mismatch(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    return replace(form, rating=rng.choice(("良", "中"))) if form.rating == "优" else None


@breaks("score_out_of_range", "R60")
def score_out_of_range(rng: Random, form: Form, family: Family) -> Form | None:
    if form.total_score is None:
        return None
    return replace(form, total_score=points(Decimal(rng.choice(("101", "110", "105.5"))), family.decimals))


def _shifted(rng: Random, form: Form, family: Family) -> Form | None:
    """Return the form with points moved from the first level of most weight to another one."""
    rows = rows_where(form, lambda row: printed_number(row.weight) is not None and row.score == row.weight)
    heavy = [n for n in rows if (printed_number(form.indicators[n].weight) or 0) > 3]
    pairs = [(a, b) for a in heavy for b in rows if form.indicators[a].level1 != form.indicators[b].level1]
    if family.captions or not pairs:
        return None
    for number, more in zip(rng.choice(pairs), (-2, 2), strict=True):
        weight = points((printed_number(form.indicators[number].weight) or Decimal(0)) + more, family.decimals)
        form = with_row(form, number, weight=weight, score=weight)
    return retotaled(form, family)


@breaks("levels_not_default", "R03")
def levels_not_default(rng: Random, form: Form, family: Family) -> Form | None:
    return None if dict(family.levels).get("成本指标") else _shifted(rng, form, family)


@breaks("cost_levels_not_default", "R04", families=("ministry",))
def cost_levels_not_default(rng: Random, form: Form, family: Family) -> Form | None:
    return _shifted(rng, form, family) if dict(family.levels).get("成本指标") else None


@breaks("scores_over_caption", "R09", families=("hubei",))
def scores_over_caption(rng: Random, form: Form, family: Family) -> Form | None:
    """Without weights, the scores under a first level are more than its label has points."""
    rows = rows_where(form, lambda row: printed_number(row.score) is not None)
    points_of = {label + family.captions.format(points=whole): whole for label, whole in family.levels}
    number = rng.choice(rows)
    level = form.indicators[number].level1 or ""
    reached = sum((printed_number(form.indicators[n].score) or 0) for n in rows if form.indicators[n].level1 == level)
    score = (printed_number(form.indicators[number].score) or Decimal(0)) + points_of[level] - reached + 2
    return retotaled(with_row(form, number, score=points(score, family.decimals)), family)
