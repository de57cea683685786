"""Tools to change what a form prints, and the register of violations."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import TypeVar

from benchmarks.corpus.families.base import Family
from benchmarks.corpus.invent import points, rating_of
from benchmarks.corpus.model import Form, FundingLine, Indicator

CENT = Decimal("0.01")
REASON = "受天气影响推迟实施；下年度提前排定工期"
Breaker = Callable[[Random, Form, Family], Form | tuple[Form, Family] | None]
B = TypeVar("B", bound=Breaker)
SCORED = ("shanghai", "ministry", "yunnan", "sichuan", "poverty", "shandong", "beijing", "reviewed", "department")
"""Families whose forms print weights and scores."""


@dataclass(frozen=True, slots=True)
class Violation:
    """One way to break a rule.

    `rule` must notice; `families` are tried. `breaker` returns the broken form, with its family where the layout
    changes too; None: the form has no place for it.
    """

    rule: str
    families: tuple[str, ...]
    breaker: Breaker

    def broken(self, rng: Random, form: Form, family: Family) -> tuple[Form, Family] | None:
        made = self.breaker(rng, form, family)
        return (made, family) if isinstance(made, Form) else made


BREAKERS: dict[str, Violation] = {}
"""The violations by name."""


def breaks(name: str, rule: str, families: tuple[str, ...] = SCORED) -> Callable[[B], B]:
    """Register a breaker under the violation's name."""

    def register(breaker: B) -> B:
        BREAKERS[name] = Violation(rule, families, breaker)
        return breaker

    return register


def printed_number(text: str | None) -> Decimal | None:
    found = re.fullmatch(r"-?[\d,]+(\.\d+)?", text or "")
    return Decimal((text or "").replace(",", "")) if found else None


def split_value(text: str) -> tuple[str, Decimal, str] | None:
    """Split a target or actual into what stands before its number, the number, and what stands after it."""
    found = re.fullmatch(r"([^\d]*)([\d,]+(?:\.\d+)?)(.*)", text)
    return (found[1], Decimal(found[2].replace(",", "")), found[3]) if found else None


def retotaled(form: Form, family: Family) -> Form:
    """Return the form with total and rating that follow from its scores."""
    if form.total_score is None:
        return form
    scores = [row.score for row in form.indicators] + [form.funding[0].score]
    total = sum((number for number in map(printed_number, scores) if number is not None), Decimal(0))
    rating = rating_of(total) if form.rating else form.rating
    return replace(form, total_score=points(total, family.decimals), rating=rating)


def with_line(form: Form, number: int, **changes: str | None) -> Form:
    lines = list(form.funding)
    lines[number] = replace(lines[number], **changes)  # type: ignore[arg-type]
    return replace(form, funding=tuple(lines))


def with_row(form: Form, number: int, **changes: str | None) -> Form:
    rows = list(form.indicators)
    rows[number] = replace(rows[number], **changes)  # type: ignore[arg-type]
    return replace(form, indicators=tuple(rows))


def rate_text(family: Family, rate: Decimal) -> str:
    decimals = int(family.rate.split(".")[1][0])
    return family.rate.format(rate.quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP))


def base_column(line: FundingLine) -> str:
    """Return which column the rate divides by: the full-year budget, or the initial one where there is no other."""
    return "budget" if line.budget is not None else "initial"


def executed_to(form: Form, family: Family, share: Decimal) -> Form | None:
    """Return the form with only current money, so much of it executed, and rate, score and total that follow."""
    total = form.funding[0]
    budget = printed_number(getattr(total, base_column(total)))
    others = [printed_number(line.executed) for line in form.funding[2:]]
    if budget is None or len(form.funding) < 2 or any(others) or form.funding[1].executed != total.executed:
        return None
    spent = (budget * share).quantize(CENT, ROUND_HALF_UP)
    rate = spent / budget * 100
    for number in (0, 1):
        form = with_line(form, number, executed=str(spent))
        if form.funding[number].rate:
            form = with_line(form, number, rate=rate_text(family, rate))
    if total.score is not None and family.execution_weight:
        earned = (min(Decimal(1), rate / 100) * family.execution_weight).quantize(CENT, ROUND_HALF_UP)
        form = with_line(form, 0, score=points(earned, family.decimals))
    return retotaled(form, family)


def rows_where(form: Form, wanted: Callable[[Indicator], bool]) -> list[int]:
    return [number for number, row in enumerate(form.indicators) if row.name and wanted(row)]


def is_at_least(row: Indicator) -> bool:
    """Tell whether the row's target is a count with ≥ that was met."""
    sign = row.operator if row.operator is not None else row.target
    return (sign.startswith(("≥", ">=", "≧"))) and split_value(row.target) is not None and row.score == row.weight


def is_at_most(row: Indicator) -> bool:
    sign = row.operator if row.operator is not None else row.target
    return sign.startswith(("≤", "<=", "≦")) and split_value(row.target) is not None and row.score == row.weight


def actual_of(row: Indicator, share: str) -> str:
    """Return an actual that is so much of the target, written as the row's actual is."""
    target, actual = split_value(row.target), split_value(row.actual)
    assert target is not None
    value = (target[1] * Decimal(share)).quantize(CENT, ROUND_HALF_UP)
    text = str(value) if ".00" in row.actual or "." in row.target else f"{value.normalize():f}"
    return text + (actual[2] if actual else "")


def changed(
    rng: Random, form: Form, family: Family, rows: list[int], **made: Callable[[Indicator], str]
) -> Form | None:
    """Return the form with some cells of one of the rows written anew, and the total that follows."""
    if not rows or "score" not in {key for _, key in family.layout.indicators}:
        return None
    number = rng.choice(rows)
    row = form.indicators[number]
    changes = {key: change(row) for key, change in made.items() if getattr(row, key) is not None}
    return retotaled(with_row(form, number, **changes), family) if changes else None


def part_of(row: Indicator, share: str, family: Family) -> str:
    return points(
        ((printed_number(row.weight) or Decimal(0)) * Decimal(share)).quantize(CENT, ROUND_HALF_UP), family.decimals
    )


def weighty_rows(form: Form, wanted: Callable[[Indicator], bool]) -> list[int]:
    """Return rows of at least 4 points: a share of them shows in what is printed."""
    return rows_where(form, lambda row: (printed_number(row.weight) or 0) >= 4 and wanted(row))


def is_equal(row: Indicator) -> bool:
    """Tell whether the row's target is a count with = that was met."""
    sign = row.operator if row.operator is not None else row.target
    return sign.startswith(("=", "＝", "═")) and split_value(row.target) is not None and row.score == row.weight


def is_share(row: Indicator) -> bool:
    """Tell whether the row's target is a share, of which there is no more than all."""
    return any(unit in row.target + (row.unit or "") for unit in ("%", "百分比"))


def is_date(row: Indicator) -> bool:
    return row.target.endswith("月底前") and row.score == row.weight


def is_word(row: Indicator) -> bool:
    return split_value(row.target) is None and bool(row.target) and row.score == row.weight


def missed(rng: Random, form: Form, family: Family, deviation: Callable[[Indicator], str]) -> Form | None:
    """Return the form with a row at three quarters of its target and points, and a reason there."""
    rows = [n for n in weighty_rows(form, is_at_least) if form.indicators[n].deviation is not None]
    return changed(
        rng,
        form,
        family,
        rows,
        actual=lambda row: actual_of(row, "0.75"),
        score=lambda row: part_of(row, "0.75", family),
        deviation=deviation,
    )
