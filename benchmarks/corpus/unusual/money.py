"""Right forms whose funding block is unusual."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from random import Random

from benchmarks.corpus.families.base import Family
from benchmarks.corpus.invent import points
from benchmarks.corpus.model import Form, FundingLine
from benchmarks.corpus.unusual.tools import unusual
from benchmarks.corpus.violations.tools import (
    CENT,
    base_column,
    executed_to,
    printed_number,
    retotaled,
    with_line,
)

COLUMNS = ("initial", "budget", "executed")


def _amounts(line: FundingLine, change: dict[str, str]) -> dict[str, str]:
    return {column: change[column] for column in COLUMNS if getattr(line, column) is not None}


@unusual("one_part_named")
def one_part_named(rng: Random, form: Form, family: Family) -> Form | None:
    """Below the total stands 其中：中央资金 alone."""
    del family
    total = form.funding[0]
    share = Decimal(rng.choice(("0.3", "0.5", "0.72", "1")))
    numbers = {column: printed_number(getattr(total, column)) for column in COLUMNS}
    if not all(value for column, value in numbers.items() if getattr(total, column) is not None):
        return None
    cells = {column: str((value * share).quantize(CENT)) for column, value in numbers.items() if value}
    label = rng.choice(("其中：中央资金", "其中：财政拨款", "其中：省级补助资金", "其中:上级资金"))
    rate = "" if total.rate is not None else None
    return with_line(replace(form, funding=(total, form.funding[1])), 1, source=label, rate=rate, **cells)


def _banded(rng: Random, form: Form, family: Family) -> Form | None:
    rate, share = rng.choice((("0.93", 1), ("0.96", 1), ("0.85", Decimal("0.8")), ("0.66", Decimal("0.5"))))
    made = executed_to(form, family, Decimal(rate))
    weight = printed_number(form.funding[0].weight)
    if made is None or weight is None or form.funding[0].score is None or "deviation" in _funding_keys(family):
        return None
    return retotaled(with_line(made, 0, score=points(weight * share, family.decimals)), family)


def _funding_keys(family: Family) -> set[str]:
    return {key for _, key in family.layout.funding}


@unusual("scored_by_bands", "R12", "R16")
def scored_by_bands(rng: Random, form: Form, family: Family) -> Form | None:
    return _banded(rng, form, family)


@unusual("bands_in_a_note", "R12", "R16", families=("sichuan",))
def bands_in_a_note(rng: Random, form: Form, family: Family) -> Form | None:
    """A note in the funding block says how execution is scored, by bands of its own."""
    made = executed_to(form, family, Decimal("0.97"))
    weight = printed_number(form.funding[0].weight)
    if made is None or weight is None:
        return None
    note = rng.choice(("按区间赋分", "执行率95%以上得满分，年末结余收回", "分档计分：90%以上得9分"))
    score = points(weight * (Decimal("0.9") if "9分" in note else 1), family.decimals)
    return retotaled(with_line(made, 0, score=score, deviation=note), family)


@unusual("negative_adjustment", "R57")
def negative_adjustment(rng: Random, form: Form, family: Family) -> Form | None:
    """Money given back stands as a negative line, in all columns."""
    del family
    if len(form.funding) < 3 or form.funding[1].rate or printed_number(form.funding[-1].executed):
        return None
    back = Decimal(rng.choice(("5.00", "12.00", "0.35")))
    last = len(form.funding) - 1
    for column in COLUMNS:
        amount = printed_number(getattr(form.funding[1], column))
        if getattr(form.funding[1], column) is None:
            continue
        if amount is None:
            return None
        form = with_line(form, 1, **{column: str(amount + back)})
        form = with_line(form, last, **{column: f"-{back}"})
    return with_line(form, last, rate="" if form.funding[0].rate is not None else None)


@unusual("no_funding_block", "R87")
def no_funding_block(rng: Random, form: Form, family: Family) -> Form | None:
    """A form of indicators alone; they carry all 100 points."""
    del rng
    weight = printed_number(form.funding[0].weight)
    if family.captions or (weight and form.total_weight is None):
        return None
    made = replace(form, funding=())
    if weight:
        row = form.indicators[0]
        more = printed_number(row.weight)
        if more is None or row.score != row.weight:
            return None
        text = points(more + weight, family.decimals)
        made = replace(made, indicators=(replace(row, weight=text, score=text), *form.indicators[1:]))
    if made.total_score is None:
        return made
    total = sum((printed_number(row.score) or Decimal(0) for row in made.indicators), Decimal(0))
    return replace(made, total_score=points(total, family.decimals), rating=None if form.rating is None else "优")


@unusual("poverty_lines_scored", families=("poverty",))
def poverty_lines_scored(rng: Random, form: Form, family: Family) -> Form | None:
    """The form of the funds against poverty prints weight and score in every line."""
    del rng, family
    if len(form.funding) < 2 or form.funding[1].weight is None:
        return None
    return with_line(form, 1, weight=form.funding[0].weight, score=form.funding[0].score)


@unusual("nothing_of_nothing")
def nothing_of_nothing(rng: Random, form: Form, family: Family) -> Form | None:
    """A line with 0 of 0, with a rate of 0, 100 or none."""
    del family
    if len(form.funding) < 3 or form.funding[0].rate is None or printed_number(form.funding[-1].executed):
        return None
    last = len(form.funding) - 1
    rate = rng.choice(("0", "0.00", "100", "100%", "0%", "—"))
    return with_line(form, last, **_amounts(form.funding[last], dict.fromkeys(COLUMNS, "0.00")), rate=rate)


@unusual("nothing_budgeted")
def nothing_budgeted(rng: Random, form: Form, family: Family) -> Form | None:
    """The money of the year was cut to nothing, and nothing was spent."""
    if form.funding[0].score is None or "deviation" in _funding_keys(family) or form.total_score is None:
        return None
    for number, line in enumerate(form.funding):
        changes = _amounts(line, dict.fromkeys(COLUMNS, "0.00"))
        form = with_line(form, number, **changes, **({} if line.rate is None else {"rate": ""}))
    zero = rng.choice(("0", "0.00")) if family.decimals == 2 else "0"
    return retotaled(with_line(form, 0, score=zero), family)


@unusual("budget_adjusted")
def budget_adjusted(rng: Random, form: Form, family: Family) -> Form | None:
    """The budget was changed in the year; the rate follows the new one."""
    if "deviation" in _funding_keys(family) or form.funding[0].initial is None or form.funding[0].budget is None:
        return None
    share = Decimal(rng.choice(("0.4", "0.8", "1.3", "3")))
    for number, line in enumerate(form.funding):
        amount = printed_number(line.budget)
        if number > 1 and amount:
            return None
        if amount and number < 2:
            form = with_line(form, number, initial=str((amount * share).quantize(CENT)))
    return form


@unusual("rate_as_share")
def rate_as_share(rng: Random, form: Form, family: Family) -> Form | None:
    """All is executed and the rate printed as 1, 1.00 or 100."""
    made = executed_to(form, family, Decimal(1))
    if made is None or not made.funding[0].rate:
        return None
    rate = rng.choice(("1", "1.00", "100", "100.00", "100％"))
    for number in (0, 1):
        if made.funding[number].rate:
            made = with_line(made, number, rate=rate)
    return made


@unusual("rate_cut_off")
def rate_cut_off(rng: Random, form: Form, family: Family) -> Form | None:
    """Rate and score are cut, not rounded."""
    share = Decimal(rng.choice(("0.99958", "0.98766", "0.97128")))
    made = executed_to(form, family, share)
    weight = printed_number(form.funding[0].weight)
    if made is None or not weight or made.funding[0].rate is None or family.decimals != 2:
        return None
    spent, budget = (
        printed_number(getattr(made.funding[0], name)) for name in ("executed", base_column(form.funding[0]))
    )
    if spent is None or budget is None:
        return None
    rate = (spent / budget * 100).quantize(CENT, ROUND_DOWN)
    score = (spent / budget * weight).quantize(CENT, ROUND_DOWN)
    for number in (0, 1):
        if made.funding[number].rate:
            made = with_line(made, number, rate=f"{rate}%")
    return retotaled(with_line(made, 0, score=str(score)), family)


@unusual("whole_percent_rate")
def whole_percent_rate(rng: Random, form: Form, family: Family) -> Form | None:
    """The rate is printed in whole percent, the score follows the amounts."""
    made = executed_to(form, family, Decimal(rng.choice(("0.9512", "0.9876", "0.9342"))))
    if made is None or made.funding[0].rate is None or "deviation" in _funding_keys(family):
        return None
    rate = (printed_number((made.funding[0].rate or "").strip("%％ ")) or Decimal(0)).quantize(
        Decimal(1), ROUND_HALF_UP
    )
    for number in (0, 1):
        if made.funding[number].rate:
            made = with_line(made, number, rate=f"{rate}%")
    return made


@unusual("long_decimals")
def long_decimals(rng: Random, form: Form, family: Family) -> Form | None:
    """Amounts with four or six decimals."""
    del family
    zeros = rng.choice(("00", "0000"))
    for number, line in enumerate(form.funding):
        cells = {
            column: text + zeros
            for column in COLUMNS
            if (text := getattr(line, column)) and "." in text and printed_number(text) is not None
        }
        form = with_line(form, number, **cells)
    return form


@unusual("dashes_in_blank_lines")
def dashes_in_blank_lines(rng: Random, form: Form, family: Family) -> Form | None:
    """Lines without money print a mark in every cell."""
    del family
    mark = rng.choice(("—", "-", "/", "——", "－"))
    for number, line in enumerate(form.funding):
        if number and not printed_number(getattr(line, base_column(form.funding[0]))):
            names = ("initial", "budget", "executed", "rate", "weight", "score")
            cells = {name: mark for name in names if getattr(line, name) is not None}
            form = with_line(form, number, **cells)
    return form
