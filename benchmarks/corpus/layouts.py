"""From a form's data to the blocks that print it, for each layout family."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise

from benchmarks.corpus.model import Block, Cell, Form, FundingLine, Indicator, Line, Table

Pair = tuple[str, str]
"""A printed label and the key of the value beside or under it."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which labels a layout prints, in which order. Keys that a form has no value for print blank cells."""

    name: str
    header: tuple[tuple[Pair, ...], ...]
    funding: tuple[Pair, ...]
    indicators: tuple[Pair, ...]
    sections: tuple[str, ...] = ("header", "funding", "goals", "indicators", "total", "rating")
    goals: tuple[Pair, ...] = (("预期目标", "goal_expected"), ("实际完成情况", "goal_actual"))
    marks: tuple[Line, ...] = ()
    year_line: str | None = "（{year}年度）"
    funding_label: str = "项目资金（{currency}）"
    funding_corner: str = ""
    goals_label: str = "年度总体目标"
    stub: str = ""
    """A column before the indicators with one merged label, such as 绩效指标."""
    total_label: str = "总分"
    rating_label: str = "评分等级"
    notes: tuple[str, ...] = ()
    has_free_grid: bool = False
    """Sections do not share their column edges."""
    is_vertical: bool = False
    """Labels of the first column stand one character below the other."""
    splits: tuple[int, ...] = ()
    """Indicator numbers (from 0) before which a merged first-level label ends and is printed again."""
    footer: tuple[Line, ...] = ()
    breaks_before_total: bool = False
    has_title_row: bool = False
    """Title and year stand in the first rows of the table, as in a printed spreadsheet."""
    has_two_tables: bool = False
    """The indicators are a table of their own."""
    is_spaced: bool = False
    """Short labels of the first columns are printed with spaces between their characters."""
    fund_management: tuple[tuple[str, str, str], ...] = ()
    widths: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Section:
    """Rows over columns of their own; `merge` brings the sections onto one grid."""

    widths: tuple[float, ...]
    rows: tuple[tuple[Cell, ...], ...]


WIDTHS = {
    "level1": 1.0,
    "level2": 1.1,
    "name": 1.6,
    "operator": 0.7,
    "target": 1.1,
    "unit": 0.8,
    "actual": 1.1,
    "weight": 0.7,
    "score": 0.7,
    "deviation": 1.3,
    "method": 1.5,
    "second_score": 0.8,
    "converted": 0.8,
    "share": 0.8,
}
WIDE = {"goal_expected", "goal_actual", "goal_adjusted"}


def label(text: str, rows: int = 1, columns: int = 1, *, vertical: bool = False) -> Cell:
    return Cell(text.replace("\n", "") if vertical else text, rows, columns, is_label=True, is_vertical=vertical)


def value_of(form: Form, key: str) -> str:
    """Return what the form prints for a key of the header, '' for a blank."""
    found = getattr(form, key, None) if key in Form.__dataclass_fields__ else form.extra.get(key)
    return found or ""


def header(form: Form, layout: Layout) -> Section:
    most = max(len(row) for row in layout.header)
    widths = (1.0, 3.0) if most == 1 else (1.0, 2.6) * most
    rows = []
    for pairs in layout.header:
        cells: list[Cell] = []
        for number, (text, key) in enumerate(pairs):
            last = number == len(pairs) - 1
            cells += [label(text), Cell(value_of(form, key), 1, 1 + 2 * (most - len(pairs)) if last else 1)]
        rows.append(tuple(cells))
    return Section(widths, tuple(rows))


def amount_of(line: FundingLine, key: str) -> str:
    found = getattr(line, key) if key in FundingLine.__dataclass_fields__ else line.extra.get(key)
    return found or ""


def funding(form: Form, layout: Layout) -> Section:
    stub = label(layout.funding_label.format(currency=form.currency or "", weight=10), len(form.funding) + 1)
    head = (stub, label(layout.funding_corner), *(label(text) for text, _ in layout.funding))
    rows = [head]
    for line in form.funding:
        rows.append((Cell(line.source, align="left"), *(Cell(amount_of(line, key)) for _, key in layout.funding)))
    return Section((1.0, 1.8, *(1.0 for _ in layout.funding)), tuple(rows))


def goals(form: Form, layout: Layout) -> Section:
    stub = label(layout.goals_label, 2, vertical=layout.is_vertical)
    head = (stub, *(label(text) for text, _ in layout.goals))
    texts = tuple(Cell(value_of(form, key), align="left") for _, key in layout.goals)
    return Section((1.0, *(4.0 for _ in layout.goals)), (head, texts))


def fund_management(form: Form, layout: Layout) -> Section:
    """The block 资金管理情况 of the newer transfer-payment form: an aspect, what was done, problems and measures."""
    del form
    rows: list[tuple[Cell, ...]] = [
        (
            label("资金管理情况", len(layout.fund_management) + 1, vertical=layout.is_vertical),
            label(""),
            label("情况说明"),
            label("存在问题和改进措施"),
        )
    ]
    rows += [(label(a), Cell(b, align="left"), Cell(c, align="left")) for a, b, c in layout.fund_management]
    return Section((1.0, 1.6, 3.4, 3.0), tuple(rows))


def indicator_text(row: Indicator, key: str) -> str:
    found = getattr(row, key) if key in Indicator.__dataclass_fields__ else row.extra.get(key)
    return found or ""


def _spans(rows: Sequence[Indicator], keys: Sequence[str], splits: Sequence[int]) -> list[int]:
    """Return for each row how many rows the merged cell that begins there covers, 0 inside of one."""
    groups = [
        len(list(group))
        for _, group in groupby(
            range(len(rows)),
            key=lambda i: (*(getattr(rows[i], k) for k in keys), sum(1 for split in splits if split <= i)),
        )
    ]
    return [n if i == 0 else 0 for n in groups for i in range(n)]


def indicators(form: Form, layout: Layout) -> Section:
    levels = {
        "level1": _spans(form.indicators, ("level1",), layout.splits),
        "level2": _spans(form.indicators, ("level1", "level2"), layout.splits),
    }
    stub = (label(layout.stub, len(form.indicators) + 1, vertical=layout.is_vertical),) if layout.stub else ()
    rows: list[tuple[Cell, ...]] = [(*stub, *(label(text) for text, _ in layout.indicators))]
    for number, row in enumerate(form.indicators):
        cells = []
        for _, key in layout.indicators:
            text = indicator_text(row, key)
            if key in levels:
                if levels[key][number]:
                    cells.append(label(text, levels[key][number], vertical=layout.is_vertical and key == "level1"))
            else:
                cells.append(Cell(text, align="left" if key in ("deviation", "method") else "center"))
        rows.append(tuple(cells))
    widths = {**WIDTHS, **layout.widths}
    return Section((*((0.7,) if stub else ()), *(widths[key] for _, key in layout.indicators)), tuple(rows))


def total(form: Form, layout: Layout) -> Section:
    """The row 总分: its label up to the weights, then the figures under their columns."""
    keys = [key for _, key in layout.indicators]
    widths = {**WIDTHS, **layout.widths}
    first = min(keys.index(key) for key in ("weight", "score") if key in keys)
    stub = (0.7,) if layout.stub else ()
    cells = [label(layout.total_label, 1, first + len(stub))]
    for key in keys[first:]:
        text = {"weight": form.total_weight, "score": form.total_score}.get(key) or ""
        if key == "deviation" and form.rating and "rating" not in layout.sections:
            text = form.rating
        cells.append(Cell(text))
    return Section((*stub, *(widths[key] for key in keys)), (tuple(cells),))


def rating(form: Form, layout: Layout) -> Section:
    return Section((1.0, 1.0), ((label(layout.rating_label), Cell(form.rating or "")),))


def notes(form: Form, layout: Layout) -> Section:
    """Full-width rows of text under the indicators: other matters, notes."""
    del form
    return Section((1.0, 6.0), tuple((label(a), Cell(b, align="left")) for a, b in _pairs(layout.notes)))


def _pairs(texts: tuple[str, ...]) -> list[tuple[str, str]]:
    return [(texts[i], texts[i + 1]) for i in range(0, len(texts), 2)]


SECTIONS = {
    "header": header,
    "funding": funding,
    "goals": goals,
    "fund_management": fund_management,
    "indicators": indicators,
    "total": total,
    "rating": rating,
    "notes": notes,
}


def _shared_edges(widths: Sequence[float], master: Sequence[float]) -> list[int]:
    """Choose for each column edge of a section the nearest edge of the master grid, each edge used once."""
    scale = sum(master) / sum(widths)
    edges = [0]
    here = 0.0
    sums = [sum(master[:i]) for i in range(len(master) + 1)]
    for number, width in enumerate(widths[:-1]):
        here += width * scale
        low, high = edges[-1] + 1, len(master) - (len(widths) - 1 - number)
        _, nearest = min((abs(sums[i] - here), i) for i in range(low, high + 1))
        edges.append(nearest)
    return [*edges, len(master)]


def merge(sections: Sequence[Section], *, free: bool) -> Table:
    """Bring sections onto one grid: on the edges of the section with most columns, or each on its own edges."""
    if free:
        units = 120
        edges = []
        for section in sections:
            whole = sum(section.widths)
            edges.append([round(units * sum(section.widths[:i]) / whole) for i in range(len(section.widths) + 1)])
        every = sorted({e for row in edges for e in row})
        kept: list[int] = []
        for edge in every:
            if kept and edge - kept[-1] < 3 and edge != units:
                continue
            if edge == units and kept and units - kept[-1] < 3:
                kept.pop()
            kept.append(edge)
        master = [float(b - a) for a, b in pairwise(kept)]
    else:
        master = list(max(reversed(sections), key=lambda section: len(section.widths)).widths)
    rows: list[tuple[Cell, ...]] = []
    repeat = None
    for section in sections:
        at = _shared_edges(section.widths, master)
        open_until = [0] * len(section.widths)
        for number, cells in enumerate(section.rows):
            column = 0
            placed = []
            for cell in cells:
                while open_until[column] > number:
                    column += 1
                for c in range(column, column + cell.columns):
                    open_until[c] = number + cell.rows
                placed.append(
                    Cell(
                        cell.text,
                        cell.rows,
                        at[column + cell.columns] - at[column],
                        cell.align,
                        cell.is_label,
                        cell.is_vertical,
                    )
                )
                column += cell.columns
            rows.append(tuple(placed))
    return Table(tuple(rows), tuple(master), repeat)


def title_rows(form: Form, layout: Layout) -> Section:
    texts = [form.title or ""]
    if layout.year_line:
        texts.append(layout.year_line.format(year=form.year))
    return Section((1.0,), tuple((Cell(text),) for text in texts))


def _spaced(table: Table) -> Table:
    """Return the table with labels of four characters at the left set wide: 项 目 名 称."""
    rows = tuple(
        tuple(
            replace(cell, text=" ".join(cell.text)) if cell.is_label and number == 0 and len(cell.text) == 4 else cell
            for number, cell in enumerate(row)
        )
        for row in table.rows
    )
    return replace(table, rows=rows)


def _marked(table: Table, layout: Layout) -> Table:
    """Return the table with the rows that may be repeated and that begin a page."""
    heads = tuple(text for text, _ in layout.indicators)
    head = next((i for i, row in enumerate(table.rows) if tuple(cell.text for cell in row) == heads), None)
    if head is not None:
        table = replace(table, repeat=(head, head + 1))
    last = next((i for i, row in enumerate(table.rows) if row[0].text == layout.total_label), None)
    if layout.breaks_before_total and last is not None:
        table = replace(table, breaks=(last,))
    return _spaced(table) if layout.is_spaced else table


def blocks(form: Form, layout: Layout, *, with_title: bool = True) -> tuple[Block, ...]:
    """Return the lines above the table, the table, and the lines under it."""
    above: list[Block] = []
    if with_title:
        above += [replace(mark, text=mark.text.format(currency=form.currency, year=form.year)) for mark in layout.marks]
        if form.title and not layout.has_title_row:
            above.append(Line(form.title, 16, "center", is_bold=True, space_after=6))
        if layout.year_line and not layout.has_title_row:
            above.append(Line(layout.year_line.format(year=form.year), 10, "center", space_after=6))
    sections = [(name, SECTIONS[name](form, layout)) for name in layout.sections]
    if with_title and layout.has_title_row:
        sections.insert(0, ("title", title_rows(form, layout)))
    at = next(i for i, (name, _) in enumerate(sections) if name == "indicators") if layout.has_two_tables else 0
    parts = [part for part in (sections[:at], sections[at:]) if part]
    tables = [merge([section for _, section in part], free=layout.has_free_grid) for part in parts]
    return (*above, *(_marked(table, layout) for table in tables), *layout.footer)
