"""Violations of what targets, actuals and scores of indicators must be."""

from __future__ import annotations

import re
from random import Random

from benchmarks.corpus.families.base import Family
from benchmarks.corpus.model import Form, Indicator
from benchmarks.corpus.violations.tools import (
    REASON,
    actual_of,
    breaks,
    changed,
    is_at_least,
    is_at_most,
    is_date,
    is_word,
    part_of,
    rows_where,
    weighty_rows,
)


@breaks("met_but_docked", "R20")
def met_but_docked(rng: Random, form: Form, family: Family) -> Form | None:
    rows = weighty_rows(form, is_at_least)
    return changed(rng, form, family, rows, score=lambda row: part_of(row, "0.7", family), deviation=lambda _: REASON)


@breaks("missed_full_score", "R21")
def missed_full_score(rng: Random, form: Form, family: Family) -> Form | None:
    rows = weighty_rows(form, is_at_least)
    return changed(rng, form, family, rows, actual=lambda row: actual_of(row, "0.75"), deviation=lambda _: REASON)


@breaks("limit_missed_full_score", "R22")
def limit_missed_full_score(rng: Random, form: Form, family: Family) -> Form | None:
    rows = weighty_rows(form, is_at_most)
    return changed(rng, form, family, rows, actual=lambda row: actual_of(row, "1.4"), deviation=lambda _: REASON)


@breaks("missed_without_reason", "R50")
def missed_without_reason(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in weighty_rows(form, is_at_least) if form.indicators[n].deviation is not None]
    return changed(
        rng,
        form,
        family,
        rows,
        actual=lambda row: actual_of(row, "0.75"),
        score=lambda row: part_of(row, "0.75", family),
        deviation=lambda _: rng.choice(("", "-", "无")),
    )


@breaks("reason_without_measure", "R52")
def reason_without_measure(rng: Random, form: Form, family: Family) -> Form | None:
    if family.layout.name not in ("shanghai", "mof_standard", "poverty_fund"):
        return None
    rows = [n for n in weighty_rows(form, is_at_least) if form.indicators[n].deviation is not None]
    return changed(
        rng,
        form,
        family,
        rows,
        actual=lambda row: actual_of(row, "0.75"),
        score=lambda row: part_of(row, "0.75", family),
        deviation=lambda _: "连续阴雨",
    )


def is_share(row: Indicator) -> bool:
    """Tell whether the row's target is a share, of which there is no more than all."""
    return any(unit in row.target + (row.unit or "") for unit in ("%", "百分比"))


@breaks("over_achieved", "R30")
def over_achieved(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [number for number in rows_where(form, is_at_least) if not is_share(form.indicators[number])]
    return changed(rng, form, family, rows, actual=lambda row: actual_of(row, "5"), deviation=lambda _: "")


@breaks("copied_target", "R28")
def copied_target(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in rows_where(form, is_at_least) if form.indicators[n].operator is None]
    return changed(rng, form, family, rows, actual=lambda row: row.target, deviation=lambda _: "")


@breaks("units_differ", "R27")
def units_differ(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in rows_where(form, is_at_least) if re.search("[个处座台家场人]", form.indicators[n].target)]
    return changed(rng, form, family, rows, actual=lambda _: "100%", deviation=lambda _: "")


@breaks("strict_boundary", "R23")
def strict_boundary(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in rows_where(form, is_at_most) if form.indicators[n].operator is None]
    return changed(
        rng,
        form,
        family,
        rows,
        actual=lambda row: row.target.lstrip("≤<="),
        target=lambda row: row.target.replace("≤", "<").replace("<=", "<"),
    )


@breaks("zero_exceeded", "R26")
def zero_exceeded(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in rows_where(form, is_at_most) if form.indicators[n].operator is None]
    return changed(
        rng, form, family, rows, name=lambda _: "安全责任事故", target=lambda _: "0起", actual=lambda _: "2起"
    )


@breaks("deadline_missed", "R29", "R50")
def deadline_missed(rng: Random, form: Form, family: Family) -> Form | None:
    rows = rows_where(form, lambda row: is_date(row) and not row.target.startswith("当年"))
    return changed(rng, form, family, rows, actual=lambda _: "12月", deviation=lambda _: "")


@breaks("partly_reached_full_score", "R40", "R94")
def partly_reached_full_score(rng: Random, form: Form, family: Family) -> Form | None:
    rows = weighty_rows(form, is_word)
    return changed(
        rng, form, family, rows, actual=lambda _: rng.choice(("基本完成", "基本达到")), deviation=lambda _: REASON
    )


@breaks("reached_but_docked", "R42", "R50")
def reached_but_docked(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in weighty_rows(form, is_word) if form.indicators[n].deviation is not None]
    return changed(rng, form, family, rows, score=lambda row: part_of(row, "0.9", family), deviation=lambda _: "")
