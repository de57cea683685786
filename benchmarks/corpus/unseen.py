"""Documents of layouts that nobody has seen: labels by other words, other columns, groups, sub-totals, strangers.

What changes is the layout only: the form's figures still add up, so that the form itself may prove a column.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from itertools import groupby, pairwise
from pathlib import Path
from random import Random
from typing import Final

from benchmarks.corpus import html
from benchmarks.corpus.families import FAMILIES
from benchmarks.corpus.invent import Inventor
from benchmarks.corpus.layouts import Layout, Pair, blocks
from benchmarks.corpus.model import Block, Cell, Document, Form, Line, PageBreak, Style, Table
from benchmarks.corpus.plan import LINES, MARKS

WORDS: Final[dict[str, dict[str, list[str]]]] = tomllib.loads(
    Path(__file__).with_name("unseen.toml").read_text(encoding="utf-8")
)
SCORED: Final = tuple(
    name
    for name in FAMILIES
    if {"weight", "score", "actual", "target"} <= {key for _, key in FAMILIES[name](Random(1)).layout.indicators}
)
"""Families whose indicators have weights and scores."""


def _renamed(pairs: tuple[Pair, ...], words: dict[str, list[str]], rng: Random, most: int) -> tuple[Pair, ...]:
    keys = [key for _, key in pairs if key in words]
    chosen = set(rng.sample(keys, min(len(keys), rng.randint(0, most))))
    return tuple((rng.choice(words[key]), key) if key in chosen else (label, key) for label, key in pairs)


def _layout(layout: Layout, rng: Random) -> Layout:
    """Change labels and columns of a layout."""
    columns = _renamed(layout.indicators, WORDS["indicators"], rng, rng.choice((1, 1, 2, 3)))
    if rng.random() < 0.25:
        columns = tuple(pair for pair in columns if pair[1] != "deviation")
    if rng.random() < 0.3:
        kind = rng.choice(("figures", "words"))
        at = rng.randint(3, len(columns))
        columns = (*columns[:at], (rng.choice(WORDS["extra"][kind]), f"extra_{kind}"), *columns[at:])
    return replace(
        layout,
        indicators=columns,
        funding=_renamed(layout.funding, WORDS["funding"], rng, rng.choice((0, 0, 1, 2))),
        goals=_renamed(layout.goals, WORDS["goals"], rng, rng.choice((0, 0, 1, 2))),
        stub="",
        is_vertical=False,
        has_title_row=False,
        has_two_tables=False,
        widths={**layout.widths, "extra_figures": 0.8, "extra_words": 1.0},
    )


def _with_extra(form: Form, rng: Random) -> Form:
    extra = {"extra_figures": str(rng.randint(1, 30)), "extra_words": f"第{rng.randint(1, 40)}号"}
    rows = tuple(
        replace(row, extra={**row.extra, **extra, "extra_figures": str(rng.randint(1, 30))}) for row in form.indicators
    )
    lines = form.funding
    if rng.random() < 0.3:
        lines = (replace(lines[0], source=rng.choice(WORDS["totals"]["total"])), *lines[1:])
    return replace(form, indicators=rows, funding=lines)


def _as_printed(form: Form, layout: Layout) -> Form:
    """Return the form without what the layout has no column for."""
    if "deviation" in {key for _, key in layout.indicators}:
        return form
    rows = tuple(replace(row, deviation=None) for row in form.indicators)
    return replace(form, indicators=rows, rating=form.rating if "rating" in layout.sections else None)


def _head_of(table: Table, layout: Layout) -> int | None:
    heads = tuple(text for text, _ in layout.indicators)
    return next((i for i, row in enumerate(table.rows) if tuple(cell.text for cell in row) == heads), None)


def _numbered(table: Table, head: int) -> Table:
    """Number the columns below the header."""
    row = tuple(replace(cell, text=str(n)) for n, cell in enumerate(table.rows[head], 1))
    return replace(table, rows=(*table.rows[: head + 1], row, *table.rows[head + 1 :]), repeat=None)


def _grouped(table: Table, head: int, layout: Layout, rng: Random) -> Table:
    """Put a group's label above two neighbouring columns: target and actual, or weight and score."""
    keys = [key for _, key in layout.indicators]
    pairs = [
        (i, kind)
        for i, pair in enumerate(pairwise(keys))
        for kind, wanted in (("values", {"target", "actual"}), ("points", {"weight", "score"}))
        if set(pair) == wanted
    ]
    if not pairs:
        return table
    at, kind = rng.choice(pairs)
    cells = table.rows[head]
    group = replace(
        cells[at], text=rng.choice(WORDS["groups"][kind]), columns=cells[at].columns + cells[at + 1].columns
    )
    top = tuple(replace(cell, rows=2) for cell in cells)
    rows = ((*top[:at], group, *top[at + 2 :]), cells[at : at + 2])
    return replace(table, rows=(*table.rows[:head], *rows, *table.rows[head + 1 :]), repeat=None)


def _with_subtotals(table: Table, head: int, form: Form, layout: Layout) -> Table:
    """Put a row of sub-totals below the rows of each first level."""
    keys = [key for _, key in layout.indicators]
    cells = table.rows[head]
    rows = list(table.rows[: head + 1])
    at = head + 1
    first = min(keys.index("weight"), keys.index("score"))
    for _, group in groupby(form.indicators, key=lambda row: row.level1):
        members = list(group)
        rows += table.rows[at : at + len(members)]
        at += len(members)
        sums = {
            key: str(sum((Decimal(getattr(row, key) or 0) for row in members), Decimal(0)))
            for key in ("weight", "score")
        }
        label = Cell("小计", 1, sum(cell.columns for cell in cells[:first]), is_label=True)
        rest = zip(cells[first:], keys[first:], strict=True)
        rows.append((label, *(Cell(sums.get(key, ""), 1, cell.columns) for cell, key in rest)))
    return replace(table, rows=(*rows, *table.rows[at:]), repeat=None)


def _under_one_header(table: Table, head: int, layout: Layout, rng: Random) -> Table:
    """Let one label stand above both levels and the names."""
    if tuple(key for _, key in layout.indicators[:3]) != ("level1", "level2", "name"):
        return table
    first, *others = table.rows[head]
    label = replace(
        first, text=rng.choice(WORDS["groups"]["names"]), columns=first.columns + sum(c.columns for c in others[:2])
    )
    return replace(table, rows=(*table.rows[:head], (label, *others[2:]), *table.rows[head + 1 :]), repeat=None)


def _changed(block: Block, form: Form, layout: Layout, rng: Random) -> Block:
    if not isinstance(block, Table):
        return block
    head = _head_of(block, layout)
    if head is None:
        return block
    chance = rng.random()
    if chance < 0.2:
        return _numbered(block, head)
    if chance < 0.4:
        return _grouped(block, head, layout, rng)
    if chance < 0.6 and {"weight", "score"} <= {key for _, key in layout.indicators}:
        return _with_subtotals(block, head, form, layout)
    if 0.6 <= chance < 0.7:
        return _under_one_header(block, head, layout, rng)
    return block


def _stranger(form: Form, rng: Random) -> tuple[Block, ...]:
    """Another document about the same project: a target table or a monitoring form."""
    is_target = rng.random() < 0.5
    heads = ("一级指标", "二级指标", "三级指标", "指标值") + (
        () if is_target else ("1-8月执行情况", "全年预计完成情况")
    )
    rows = [
        (Cell("项目名称", is_label=True), Cell(form.project or form.unit or "", 1, len(heads) - 1)),
        tuple(Cell(text, is_label=True) for text in heads),
    ]
    for row in form.indicators[:4]:
        texts = (row.level1 or "", row.level2 or "", row.name, row.target) + (
            () if is_target else (row.actual, row.target)
        )
        rows.append(tuple(Cell(text) for text in texts))
    title = "项目支出绩效目标申报表" if is_target else "项目支出绩效运行监控表"
    return (Line(title, 16, "center", is_bold=True), Table(tuple(rows), tuple(1.0 for _ in heads)), PageBreak())


def plan_across(seed: int, count: int) -> Iterator[Document]:
    """Yield documents of one form each, of known layouts, whose tables are ruled across only."""
    for number in range(count):
        rng = Random(f"across/{seed}/{number}")
        family = FAMILIES[rng.choice(SCORED)](rng)
        form = Inventor(rng, family).form()
        layout = replace(family.layout, is_vertical=False, has_two_tables=False)
        style = Style(size=rng.choice((6, 7, 7.5)), lines="across", margin=24, is_landscape=rng.random() < 0.3)
        name = f"{number:04d}-across-{layout.name}-reportlab"
        yield Document(name, tuple(blocks(form, layout)), style, (form.truth(),), layout.name, ("across",))


def _style(producer: str, rng: Random) -> Style:
    """How a producer other than ReportLab prints: fonts, lines, margins and cuts as they come."""
    return Style(
        size=rng.choice((7.5, 8, 9)),
        font=rng.choice(tuple(html.FONTS)),
        lines=rng.choice(LINES[producer]),
        cut=rng.choice(("rows", "lines")),
        padding=rng.choice((1, 2, 3)),
        margin=rng.choice((28, 36, 54)),
        is_shaded=rng.random() < 0.2,
        is_doubled=rng.random() < 0.3,
        page_mark=rng.choice(MARKS),
        is_landscape=rng.random() < 0.3,
    )


def plan_unseen(seed: int, count: int, producer: str = "reportlab") -> Iterator[Document]:
    """Yield documents of one form each, some with another kind of document before or after it.

    The forms of a seed are the same for every producer.
    """
    for number in range(count):
        rng = Random(f"unseen/{seed}/{number}")
        family = FAMILIES[rng.choice(SCORED)](rng)
        form = _with_extra(Inventor(rng, family).form(), rng)
        layout = _layout(family.layout, rng)
        form = _as_printed(form, layout)
        made = tuple(_changed(block, form, layout, rng) for block in blocks(form, layout))
        chance = rng.random()
        if chance < 0.1:
            made = (*_stranger(form, rng), *made)
        elif chance < 0.2:
            made = (*made, PageBreak(), *_stranger(form, rng)[:-1])
        style = Style(size=rng.choice((7.5, 8, 9)), cut="rows", lines="lines", margin=36)
        if producer != "reportlab":
            style = _style(producer, Random(f"unseen/{seed}/{number}/{producer}"))
        yield Document(
            f"{number:04d}-unseen-{family.layout.name}-{producer}",
            made,
            style,
            (form.truth(),),
            family.layout.name,
            ("unseen",),
        )
