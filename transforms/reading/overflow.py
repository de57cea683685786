"""Text that is wider than its cell and runs on into the next ones: spreadsheets print it over cells that are empty.

Such a text is one: it belongs to the cell that it was typed in. It is recognised by a character that a rule of its
table cuts, or that stands at the rule where other texts keep their distance, and only where nothing else stands in the
other cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from transforms.reading.grid import Table
from transforms.reading.page import Codes, Floats, Ints, Page

_LEVEL: Final = 0.3
_GAP: Final = 0.15
_OVERLAP: Final = -0.3
"""Between characters of one text, in font sizes."""

_CUT: Final = 0.15
"""Share of a character's width that lies beyond the rule that cuts it."""

_LEAST_PADDING: Final = 0.12
_AT_RULE: Final = 0.3
"""A table keeps its texts from the rules where nine of ten begin farther from them than the one, in font sizes; a text
that begins nearer than the other share of that distance stands at the rule."""

_PADDING: Final = 0.8
"""How far a text begins from the edge of its cell at most, in font sizes, where it is set from there."""


_OF_FIGURES: Final = "0123456789.,%-"


@dataclass(frozen=True, slots=True)
class _Run:
    """Characters `first` to `last` (in printing order) of one text, and the table and cell that it belongs to."""

    first: int
    last: int
    owner: int
    cell: int


def keep_together(page: Page, tables: Sequence[Table], owner: Ints, cell: Ints, steps: Ints) -> list[range]:
    """Give texts that run over the edges of cells to the cell that they belong to. Changes `owner` and `cell`.

    Args:
        page: The page.
        tables: Its tables.
        owner: Table of each character, -1 for none.
        cell: Its cell in that table.
        steps: Characters that stand right behind the one printed before, on its line and in another cell.

    Returns:
        The characters of each text that rules cut and that stays in several cells: something else stands in one of
        them, or a rule parts two figures, which may as well be two numbers.
    """
    box, boxes, codes = page.char_box, [table.boxes for table in tables], page.codes
    runs: list[_Run] = []
    done = -1
    for step in steps.tolist():
        if step <= done or (owner[step] == owner[step - 1] and cell[step] == cell[step - 1]):
            continue
        first, last = _reach(box, step)
        done = last
        run = _with_home(box, boxes, owner, cell, first, last)
        if run is not None:
            runs.append(run)
    whole: list[_Run] = []
    torn: list[_Run] = []
    for run in runs:
        (torn if _parts_figures(codes, owner, cell, run) else whole).append(run)
    home = {number: run for run in whole for number in range(run.first, run.last + 1)}
    for run in whole:
        members = range(run.first, run.last + 1)
        others = {(int(owner[k]), int(cell[k])) for k in members} - {(run.owner, run.cell), (-1, -1)}
        if all(_is_alone(owner, cell, place, home, run) for place in others):
            owner[run.first : run.last + 1], cell[run.first : run.last + 1] = run.owner, run.cell
        else:
            torn.append(run)
    return [range(run.first, run.last + 1) for run in torn]


def _parts_figures(codes: Codes, owner: Ints, cell: Ints, run: _Run) -> bool:
    """Whether a text goes on in another cell between two characters of figures."""
    ends = [k for k in range(run.first + 1, run.last + 1) if (owner[k], cell[k]) != (owner[k - 1], cell[k - 1])]
    return any(chr(codes[k - 1]) in _OF_FIGURES and chr(codes[k]) in _OF_FIGURES for k in ends)


def _reach(box: Floats, step: int) -> tuple[int, int]:
    """Return the first and the last character of the text around a character."""

    def follows(k: int) -> bool:
        size = float(box[k, 3] - box[k, 1])
        level = abs(box[k, 1] - box[k - 1, 1]) < _LEVEL * size
        return bool(level and _OVERLAP * size < box[k, 0] - box[k - 1, 2] < _GAP * size)

    first, last = step, step
    while first > 0 and follows(first):
        first -= 1
    while last + 1 < len(box) and follows(last + 1):
        last += 1
    return first, last


def _with_home(box: Floats, boxes: Sequence[Floats], owner: Ints, cell: Ints, first: int, last: int) -> _Run | None:
    """Return the run with the cell that it belongs to; None where no rule cuts a character of it.

    It is the first cell where the text begins at its left edge, the last one where it ends at its right edge, else the
    one around its middle.
    """

    def edges(k: int) -> Floats:
        return np.asarray(boxes[owner[k]][cell[k]], dtype=np.float64)

    cut, places = _begins_at_rule(box, boxes, owner, cell, first, last), []
    cut |= bool((owner[first : last + 1] < 0).any())  # runs on beyond the border of the table
    for k in range(first, last + 1):
        if owner[k] < 0:
            continue
        left, _, right, _ = edges(k).tolist()
        width = float(box[k, 2] - box[k, 0])
        cut |= bool(box[k, 0] < left - _CUT * width) or bool(box[k, 2] > right + _CUT * width)
        places.append(k)
    if not cut or not places or owner[first] < 0:
        return None
    size = float(box[first, 3] - box[first, 1])
    middle = (box[first, 0] + box[last, 2]) / 2
    if box[first, 0] - edges(first)[0] <= _PADDING * size:
        at = first
    elif owner[last] >= 0 and edges(last)[2] - box[last, 2] <= _PADDING * size:
        at = last
    else:
        at = min(places, key=lambda k: abs((box[k, 0] + box[k, 2]) / 2 - middle))
    return _Run(first, last, int(owner[at]), int(cell[at]))


def _begins_at_rule(box: Floats, boxes: Sequence[Floats], owner: Ints, cell: Ints, first: int, last: int) -> bool:
    """Whether a text goes on in another cell nearer to its edge than the texts of the table stand."""
    size = float(box[first, 3] - box[first, 1])
    usual: dict[int, float] = {}
    for k in range(first + 1, last + 1):
        table = int(owner[k])
        if table < 0 or (owner[k - 1] == table and cell[k] == cell[k - 1]):
            continue
        if table not in usual:
            own = np.flatnonzero(owner == table)
            own = own[(own < first) | (own > last)]
            begin = np.full(len(boxes[table]), np.inf)
            np.minimum.at(begin, cell[own], box[own, 0])
            distance = (begin - boxes[table][:, 0])[np.isfinite(begin)]
            usual[table] = float(np.percentile(distance, 10)) if len(distance) else 0.0
        distance_here = float(box[k, 0] - boxes[table][cell[k]][0])
        if usual[table] > _LEAST_PADDING * size and distance_here < _AT_RULE * usual[table]:
            return True
    return False


def _is_alone(owner: Ints, cell: Ints, place: tuple[int, int], home: dict[int, _Run], run: _Run) -> bool:
    """Whether nothing stands in a cell but texts that belong to the same other cell."""
    inside = np.flatnonzero((owner == place[0]) & (cell == place[1])).tolist()
    return all(k in home and (home[k].owner, home[k].cell) == (run.owner, run.cell) for k in inside)
