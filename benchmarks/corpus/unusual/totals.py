"""Right forms whose weights, scores and totals are unusual."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from benchmarks.corpus.families.base import Family
from benchmarks.corpus.invent import points
from benchmarks.corpus.model import Form, Indicator
from benchmarks.corpus.unusual.tools import unusual
from benchmarks.corpus.violations.tools import (
    executed_to,
    printed_number,
    retotaled,
    rows_where,
    with_line,
    with_row,
)


def _full(form: Form) -> bool:
    return all(row.score == row.weight for row in form.indicators if row.name)


def _extra_row(form: Form, name: str, weight: str, score: str, target: str, actual: str) -> Form:
    last = next(row for row in reversed(form.indicators) if row.name)
    columns = {key: "" for key in ("operator", "unit") if getattr(last, key) is not None}
    return with_row(
        replace(form, indicators=(*form.indicators, last)),
        -1,
        name=name,
        target=target,
        actual=actual,
        weight=weight,
        score=score,
        deviation=_blank(last),
        **columns,
    )


@unusual("bonus_capped")
def bonus_capped(rng: Random, form: Form, family: Family) -> Form | None:
    """A row of extra points lifts the sum above 100; the total is capped."""
    made = executed_to(form, family, Decimal(1))
    if made is None or not _full(form) or form.total_weight is None or form.total_score is None or family.captions:
        return None
    weight = rng.choice(("", "5", "0"))
    name = rng.choice(("加分项：获得省级表彰", "附加分（经验做法被推广）", "创新工作加分"))
    made = _extra_row(made, name, weight, rng.choice(("3", "5", "2")), "有", "有")
    return replace(made, total_score=form.total_weight, rating=None if form.rating is None else "优")


@unusual("bonus_counted")
def bonus_counted(rng: Random, form: Form, family: Family) -> Form | None:
    """A row of extra points makes up for lost ones."""
    rows = rows_where(form, lambda row: (printed_number(row.score) or 0) > 0)
    if form.total_weight is None or form.total_score is None or family.captions or not rows:
        return None
    if (printed_number(form.total_score) or Decimal(100)) > 97:
        return None
    return retotaled(_extra_row(form, "加分项：经验推广", "", rng.choice(("1", "2")), "有", "有"), family)


@unusual("deduction_row")
def deduction_row(rng: Random, form: Form, family: Family) -> Form | None:
    """A row of deductions has a negative score."""
    if form.total_weight is None or form.total_score is None or family.captions:
        return None
    name = rng.choice(("扣分项：资料报送不及时", "减分项"))
    return retotaled(_extra_row(form, name, "", rng.choice(("-1", "-0.5", "-2")), "无", "有"), family)


def _share(text: str) -> str:
    return f"{(printed_number(text) or Decimal(0)) / 100:f}"


@unusual("weights_as_shares")
def weights_as_shares(rng: Random, form: Form, family: Family) -> Form | None:
    """Weights are printed as shares of one: 0.2 for 20 points."""
    line = form.funding[0]
    if family.captions or any(printed_number(row.weight) is None for row in form.indicators if row.name):
        return None
    rows = tuple(replace(row, weight=_share(row.weight)) if row.weight else row for row in form.indicators)
    made = replace(form, indicators=rows)
    if printed_number(line.weight):
        made = with_line(made, 0, weight=_share(line.weight or ""))
    elif not printed_number(form.total_weight):
        return None
    total = rng.choice(("1", "1.00", "100")) if form.total_weight is not None else None
    return replace(made, total_weight=total)


@unusual("total_rounded", "R69")
def total_rounded(rng: Random, form: Form, family: Family) -> Form | None:
    """The total is printed with fewer decimals than the scores."""
    total = printed_number(form.total_score)
    if total is None or total == total.to_integral_value() or family.decimals != 2:
        return None
    step = rng.choice((Decimal(1), Decimal("0.1")))
    return replace(form, total_score=str(total.quantize(step, ROUND_HALF_UP)))


@unusual("total_weight_blank")
def total_weight_blank(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    return replace(form, total_weight=rng.choice(("", "—", "/"))) if form.total_weight is not None else None


@unusual("parts_without_points")
def parts_without_points(rng: Random, form: Form, family: Family) -> Form | None:
    """Rows 其中… break a count down and carry no points."""
    del family
    rows = rows_where(form, lambda row: printed_number(row.weight) is not None and row.operator is None)
    if not rows:
        return None
    number = rng.choice(rows)
    row = form.indicators[number]
    parts = tuple(
        replace(row, name=f"其中：{place}", target="3个", actual="3个", weight="", score="", deviation=_blank(row))
        for place in rng.sample(("城区", "乡镇", "山区", "库区"), 2)
    )
    return replace(form, indicators=(*form.indicators[: number + 1], *parts, *form.indicators[number + 1 :]))


def _blank(row: Indicator) -> str | None:
    return "" if row.deviation is not None else None


@unusual("score_of_whole_points")
def score_of_whole_points(rng: Random, form: Form, family: Family) -> Form | None:
    """The score of execution is rounded to one decimal, by less than a hundredth of its weight."""
    made = executed_to(form, family, Decimal(rng.choice(("0.9962", "0.9881", "0.9791"))))
    if made is None:
        return None
    weight, score = (printed_number(text) for text in (form.funding[0].weight, made.funding[0].score))
    if not weight or score is None or weight < 10:
        return None
    return retotaled(with_line(made, 0, score=str(score.quantize(Decimal("0.1"), ROUND_HALF_UP))), family)


@unusual("second_captions")
def second_captions(rng: Random, form: Form, family: Family) -> Form | None:
    """Labels of the second level print their points, and they are right."""
    del family
    if any(row.level2 is None or printed_number(row.weight) is None for row in form.indicators):
        return None
    pattern = rng.choice(("{}（{}分）", "{}({})", "{} {}分"))
    sums: dict[tuple[str | None, str | None], Decimal] = {}
    for row in form.indicators:
        key = (row.level1, row.level2)
        sums[key] = sums.get(key, Decimal(0)) + (printed_number(row.weight) or Decimal(0))
    made = tuple(
        replace(row, level2=pattern.format(row.level2, f"{sums[row.level1, row.level2].normalize():f}"))
        for row in form.indicators
    )
    return replace(form, indicators=made)


@unusual("row_of_no_weight")
def row_of_no_weight(rng: Random, form: Form, family: Family) -> Form | None:
    """A row that does not apply this year weighs nothing; its points went to another row."""
    if family.captions:
        return None
    zero = points(Decimal(0), family.decimals)
    return _extra_row(form, rng.choice(("绿色采购占比", "应急抢修次数")), zero, zero, "不涉及", "不涉及")


@unusual("local_rating")
def local_rating(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    return (
        replace(form, rating=rng.choice(("优秀", "A", "合格", "“优”", "优（90-100）"))) if form.rating == "优" else None
    )


@unusual("total_with_unit")
def total_with_unit(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    if form.total_score is None:
        return None
    return replace(form, total_score=rng.choice(("{}分", "{} 分")).format(form.total_score))


@unusual("weights_in_percent")
def weights_in_percent(rng: Random, form: Form, family: Family) -> Form | None:
    del rng
    if family.captions:
        return None
    for number, row in enumerate(form.indicators):
        if row.weight:
            form = with_row(form, number, weight=f"{row.weight}%")
    return replace(form, total_weight=f"{form.total_weight}%") if form.total_weight else form
