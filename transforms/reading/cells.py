"""One page's cells: characters put into the tables that the ruling lines draw, and lines of text outside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from transforms.reading.grid import Table
from transforms.reading.halves import Seam, Whole
from transforms.reading.overflow import keep_together
from transforms.reading.page import Bools, Floats, Ints, Page, columns
from transforms.reading.struck import struck_out
from transforms.reading.text import (
    FIGURES_HEAPED,
    TEXTS_HEAPED,
    Characters,
    cell_texts,
    free_lines,
    is_digit,
    is_digit_or_point,
)
from warehouse import contract
from warehouse.contract.remarks import CUT, CUT_OFF, DIGITS, HEAPED, STRUCK, STRUCK_OUT
from warehouse.contract.stages import FIGURE_DOUBTS

_CHUNK: Final = 32
_HEAPED: Final = (None, HEAPED.en, DIGITS.en)
"""What is in doubt where characters are `NOT_HEAPED`, `TEXTS_HEAPED`, `FIGURES_HEAPED`."""

_STRUCK: Final = (STRUCK_OUT.en, STRUCK.en)
_CUT: Final = (CUT_OFF.en, CUT.en)
"""What is in doubt where a line is drawn through characters, or they end where a clip path does; so of a figure."""

_SCHEMA: Final = contract.polars_schema(contract.Cells)
_INSIDE_ONLY: Final = (
    *("table_number", "row_number", "column_number", "row_span", "column_span"),
    *("is_open_top", "is_open_bottom"),
)
"""Columns that are null outside tables."""

_SPILL_BELOW: Final = 2.0
_SPILL_ABOVE: Final = 0.6
"""How far, in font sizes, text runs on beyond the open end of a cell; running heads stand farther above."""

_LEVEL: Final = 0.3
_NEXT: Final = 1.2
"""Characters whose tops differ by less than the one, and whose beginnings by less than the other, of a character's
width follow each other on one line."""

_PAGE_MARK: Final = np.array([ord(char) for char in "0123456789第页共/-–—－ "], dtype=np.uint32)


@dataclass(frozen=True, slots=True)
class PlacedPage:
    """A page, its tables, and where each of its characters stands.

    `cell` counts over the cells of all tables of the page, table by table; -1 for a character outside the tables.
    `torn` names cells that hold a part of a text which runs on in another cell, with FIGURES_HEAPED or TEXTS_HEAPED.
    """

    page: Page
    tables: list[Table]
    cell: Ints
    seam: Seam | None = None
    torn: tuple[tuple[int, int], ...] = ()


def place_characters(whole: Whole) -> PlacedPage:
    """Put the characters of a page into the cells of its tables.

    A character belongs to the cell that holds its centre, in the smallest table around it.
    """
    page, tables = whole.page, whole.tables
    owner, cell, torn = _assign(page, tables)
    if len(tables) > 1:
        offset = np.cumsum([0, *(len(table.cells) for table in tables)])
        cell = np.where(owner >= 0, offset[owner] + cell, -1)
    return PlacedPage(page, tables, cell, whole.seam, _doubts(page, cell, torn) if torn else ())


def _doubts(page: Page, cell: Ints, torn: Sequence[range]) -> tuple[tuple[int, int], ...]:
    """The cells in which parts of torn texts stand, and whether a figure is among their characters."""
    found: dict[int, int] = {}
    for run in torn:
        has_figure = bool(is_digit(page.codes[run.start : run.stop]).any())
        for place in {int(at) for at in cell[run.start : run.stop] if at >= 0}:
            found[place] = max(found.get(place, 0), FIGURES_HEAPED if has_figure else TEXTS_HEAPED)
    return tuple(found.items())


def _assign(page: Page, tables: Sequence[Table]) -> tuple[Ints, Ints, list[range]]:
    """Table and cell of each character, -1 where it stands in none; and texts that stay in several cells.

    Where a page break left a cell open, its text may run on a little beyond the end of the lines.
    """
    count = len(page.char_text)
    owner, cell = np.full(count, -1, dtype=np.int64), np.full(count, -1, dtype=np.int64)
    if not count:
        return owner, cell, []
    x, y = (page.char_box[:, 0] + page.char_box[:, 2]) / 2, (page.char_box[:, 1] + page.char_box[:, 3]) / 2
    grids = [table.cell_at for table in tables]
    for i in sorted(range(len(tables)), key=lambda i: _area(tables[i])):
        table = tables[i]
        column = np.searchsorted(table.x, x, side="right") - 1
        row = np.searchsorted(table.y, y, side="right") - 1
        free = (owner < 0) & (column >= 0) & (column < len(table.x) - 1) & (row >= 0) & (row < len(table.y) - 1)
        chosen = free.nonzero()[0]
        found = grids[i][row[chosen], column[chosen]]
        if (found < 0).any():
            chosen, found = chosen[found >= 0], found[found >= 0]
        owner[chosen] = i
        cell[chosen] = found
    for i, table in enumerate(tables):
        ends = ((table.y[-1], -1, table.open_bottom, _SPILL_BELOW), (table.y[0], 0, table.open_top, _SPILL_ABOVE))
        for edge, side, is_open, reach in ends:
            if not is_open.any():
                continue
            box = page.char_box
            spill = reach * np.minimum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
            beyond = y - edge if side else edge - y
            column = np.searchsorted(table.x, x, side="right") - 1
            near = (owner < 0) & (beyond >= 0) & (beyond <= spill) & (column >= 0) & (column < len(table.x) - 1)
            chosen = near.nonzero()[0]
            if side and len(chosen):
                chosen = chosen[~_in_page_marks(page, chosen)]
            found = grids[i][side, column[chosen]]
            runs_on = (found >= 0) & is_open[found]
            owner[chosen[runs_on]], cell[chosen[runs_on]] = i, found[runs_on]
    steps = _steps(page, owner, cell)
    if not len(steps):
        return owner, cell, []
    _bring_back(page, tables, owner, cell, steps)
    return owner, cell, keep_together(page, tables, owner, cell, steps)


def _steps(page: Page, owner: Ints, cell: Ints) -> Ints:
    """Characters right behind the one printed before, on its line and in another cell or in none."""
    box = page.char_box
    moves = (cell[1:] != cell[:-1]) & (owner[:-1] >= 0) & ((owner[1:] == owner[:-1]) | (owner[1:] < 0))
    at = moves.nonzero()[0] + 1
    x0, top, x1, _ = box.take(at, axis=0).T
    x0_before, top_before, _, _ = box.take(at - 1, axis=0).T
    width, step = x1 - x0, x0 - x0_before
    found: Ints = at[(np.abs(top - top_before) < _LEVEL * width) & (step > 0) & (step < _NEXT * width)]
    return found


def _bring_back(page: Page, tables: Sequence[Table], owner: Ints, cell: Ints, chosen: Ints) -> None:
    """Leave the last character of a line in its cell where more than half of it is printed beyond the cell's edge.

    Such a character begins left of that edge, right behind the character before it, and nothing goes on behind it where
    its centre lies. Changes `owner` and `cell`. `chosen`: characters as `_steps` gives them.
    """
    box = page.char_box
    before = chosen - 1
    right = [table.boxes[:, 2] for table in tables]
    edge = np.array([right[o][c] for o, c in zip(owner[before].tolist(), cell[before].tolist(), strict=True)])
    chosen = chosen[box[chosen, 0] < edge]
    width, after = box[chosen, 2] - box[chosen, 0], np.minimum(chosen + 1, len(cell) - 1)
    goes_on = (
        (after > chosen)
        & (cell[after] == cell[chosen])
        & (np.abs(box[after, 1] - box[chosen, 1]) < _LEVEL * width)
        & (box[after, 0] > box[chosen, 0])
        & (box[after, 0] - box[chosen, 0] < 1.5 * width)
    )
    chosen = chosen[~goes_on]
    owner[chosen], cell[chosen] = owner[chosen - 1], cell[chosen - 1]


def _in_page_marks(page: Page, chosen: Ints) -> Bools:
    """Which of some characters below a table stand in a line that is nothing but the mark of the page."""
    is_mark = np.isin(page.codes[chosen], _PAGE_MARK)
    middle = (page.char_box[chosen, 1] + page.char_box[chosen, 3]) / 2
    size = page.char_box[chosen, 3] - page.char_box[chosen, 1]
    same_line = np.abs(middle[:, None] - middle[None, :]) < 0.5 * size[:, None]
    return np.asarray((is_mark[None, :] | ~same_line).all(axis=1), dtype=np.bool_)


def _area(table: Table) -> float:
    return float((table.x[-1] - table.x[0]) * (table.y[-1] - table.y[0]))


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of `contract.Cells` of some pages, as arrays in reading order."""

    page: Ints
    table: Ints
    place: Ints
    box: Floats
    ink: Floats
    open_end: Bools
    line_count: Ints
    doubt: list[str | None]
    text: list[str]


def _rows(pages: Sequence[PlacedPage]) -> _Rows:
    """Compose the rows of some pages at once.

    Cells come table by table, by row and column; lines of text outside the tables stand between the tables by
    their upper edge. Where tables stand side by side, all that is left of the gap between them comes first.
    """
    tables = [table for placed in pages for table in placed.tables]
    sizes = [len(table.cells) for table in tables]
    table_counts = [len(placed.tables) for placed in pages]
    cell_counts = [sum(len(table.cells) for table in placed.tables) for placed in pages]
    table_number = np.concatenate([np.arange(count) for count in table_counts]).astype(np.int64)
    table, cell_page = np.repeat(table_number, sizes), np.repeat(np.arange(len(pages)), cell_counts)
    boxes = np.concatenate([np.empty((0, 4)), *(table.boxes for table in tables)])
    place = np.concatenate([np.empty((0, 4), dtype=np.int64), *(table.cells for table in tables)])
    tops = np.repeat([float(table.y[0]) for table in tables], sizes)
    opens = [columns(table.open_top, table.open_bottom) for table in tables]
    no = np.empty((0, 2), dtype=np.bool_)
    characters = Characters(
        np.concatenate([placed.page.codes for placed in pages]),
        np.concatenate([placed.page.char_box for placed in pages]),
        np.concatenate([placed.page.char_angle for placed in pages]),
    )
    page = np.repeat(np.arange(len(pages)), [len(placed.cell) for placed in pages])
    cell = np.concatenate([placed.cell for placed in pages])
    inside = cell >= 0
    first_cell = np.concatenate([[0], np.cumsum(cell_counts)])
    cells = cell_texts(characters.where(inside), first_cell[page[inside]] + cell[inside], boxes[:, 2] - boxes[:, 0])
    for number, placed in enumerate(pages):
        for place_in_page, kind in placed.torn:
            at = first_cell[number] + place_in_page
            cells.heaped[at] = max(int(cells.heaped[at]), kind)
    lines, line_page = free_lines(characters.where(~inside), page[~inside])
    count = len(line_page)
    all_pages = np.concatenate([cell_page, line_page])
    box = np.concatenate([boxes, lines.ink])
    sides = _sides(pages, all_pages, box)
    all_tables = np.concatenate([table, np.full(count, -1)])
    within = np.concatenate([np.arange(len(table), dtype=np.float64), lines.ink[:, 0]])
    order = np.lexsort((within, all_tables, np.concatenate([tops, lines.ink[:, 1]]), sides, all_pages))
    text = cells.text + lines.text
    doubt = [_HEAPED[kind] for kind in np.concatenate([cells.heaped, lines.heaped]).tolist()]
    for place_of_row, what in _spoilt(pages, first_cell, box, line_page).items():
        if doubt[place_of_row] not in FIGURE_DOUBTS:  # what holds a form is not put aside for less
            doubt[place_of_row] = what
    return _Rows(
        page=all_pages[order],
        table=all_tables[order],
        place=np.concatenate([place, np.zeros((count, 4), dtype=np.int64)]).take(order, axis=0),
        box=box.take(order, axis=0),
        ink=np.concatenate([cells.ink, lines.ink]).take(order, axis=0),
        open_end=np.concatenate([no, *opens, np.zeros((count, 2), dtype=np.bool_)]).take(order, axis=0),
        line_count=np.concatenate([cells.line_count, lines.line_count])[order],
        doubt=[doubt[i] for i in order.tolist()],
        text=[text[i] for i in order.tolist()],
    )


def _spoilt(pages: Sequence[PlacedPage], first_cell: Ints, box: Floats, line_page: Ints) -> dict[int, str]:
    """Say what is in doubt of the cells and, behind them, the lines with characters struck out or cut, by their place.

    A character outside the tables is in the line around its middle.
    """
    found: dict[int, str] = {}
    lines = box[len(box) - len(line_page) :]
    for number, placed in enumerate(pages):
        page, figure = placed.page, is_digit_or_point(placed.page.codes)
        struck = np.flatnonzero(struck_out(page, placed.tables)).tolist()
        for i, (of_text, of_figure) in [*((i, _CUT) for i in page.cut.tolist()), *((i, _STRUCK) for i in struck)]:
            row = int(first_cell[number] + placed.cell[i])
            if placed.cell[i] < 0:
                x0, top, x1, bottom = page.char_box[i].tolist()
                x, y = (x0 + x1) / 2, (top + bottom) / 2
                around = (
                    (line_page == number) & (lines[:, :2] <= (x, y)).all(axis=1) & (lines[:, 2:] >= (x, y)).all(axis=1)
                )
                if not around.any():
                    continue
                row = len(box) - len(lines) + int(around.argmax())
            found[row] = of_figure if figure[i] else found.get(row, of_text)
    return found


def _sides(pages: Sequence[PlacedPage], page: Ints, box: Floats) -> Ints:
    """How many gaps between tables that stand side by side are left of each box; 0 where it reaches over one."""
    side = np.zeros(len(page), dtype=np.int64)
    for number, placed in enumerate(pages):
        for gap in _gaps(placed.tables):
            side += (page == number) & (box[:, 0] >= gap)
    return side


def _gaps(tables: Sequence[Table]) -> list[float]:
    """Where the white between tables lies that stand beside one another: x, from left to right.

    No table reaches over it, and one at its left has a part of its height in common with one at its right.
    """
    by_x = sorted(tables, key=lambda table: float(table.x[0]))
    gaps = []
    for i in range(1, len(by_x)):
        left, right = by_x[:i], by_x[i:]
        end, start = max(float(table.x[-1]) for table in left), float(right[0].x[0])
        if end < start and any(a.y[0] < b.y[-1] and b.y[0] < a.y[-1] for a in left for b in right):
            gaps.append((end + start) / 2)
    return gaps


def to_frame(document_id: str, pages: Sequence[PlacedPage]) -> pl.DataFrame:
    """Build `contract.Cells` from the pages of one document, some pages at a time to keep memory flat."""
    chunks = [pages[first : first + _CHUNK] for first in range(0, len(pages), _CHUNK)]
    frames = [_chunk_frame(document_id, chunk) for chunk in chunks]
    return pl.concat([frame for frame in frames if frame.height] or [contract.empty(contract.Cells)])


def _chunk_frame(document_id: str, pages: Sequence[PlacedPage]) -> pl.DataFrame:
    rows = _rows(pages)
    count = len(rows.text)
    starts = np.searchsorted(rows.page, rows.page)
    numbers, widths, heights = (
        np.array([getattr(placed.page, name) for placed in pages])[rows.page] for name in ("number", "width", "height")
    )
    none = pl.Series([None], dtype=pl.Float64).new_from_index(0, count)
    whole: dict[str, Any] = {
        "document_id": pl.Series([document_id]).new_from_index(0, count),
        "page_number": numbers,
        "cell_number": np.arange(1, count + 1) - starts,
        **dict(zip(("x0", "top", "x1", "bottom"), rows.box.T, strict=True)),
        "text": pl.Series(rows.text, dtype=pl.String),
        "line_count": rows.line_count,
        "page_width": widths,
        "page_height": heights,
        "confidence": none,
        "witness": pl.Series(rows.doubt, dtype=pl.String),
        "page_turn": none,
        **_seams([placed.seam for placed in pages], rows.page, none),
    }
    # Numbers as floats: what is not a number becomes null.
    inside = np.concatenate([(rows.table + 1.0)[:, None], rows.place, rows.open_end], axis=1)
    inside[rows.table < 0] = np.nan
    or_null = dict(zip(_INSIDE_ONLY, inside.T, strict=True)) | {
        "text_top": rows.ink[:, 1],
        "text_bottom": rows.ink[:, 3],
    }
    series = {name: pl.Series(name, values) for name, values in whole.items()}
    series |= {name: pl.Series(name, values, nan_to_null=True) for name, values in or_null.items()}
    return pl.DataFrame([series[name].cast(dtype) for name, dtype in _SCHEMA.items()])


def _seams(seams: Sequence[Seam | None], page: Ints, none: pl.Series) -> dict[str, pl.Series]:
    """The seam of each row's page, null where it has none; `none` is a column of nulls."""
    if not any(seams):
        return {"seam_page": none, "seam_x": none, "seam_shift": none}
    marks = pl.DataFrame(
        [(None, None, None) if seam is None else (seam.page, seam.x, seam.shift) for seam in seams],
        schema={"seam_page": pl.Int32, "seam_x": pl.Float64, "seam_shift": pl.Float64},
        orient="row",
    )
    return marks[page].to_dict()
