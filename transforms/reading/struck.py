"""Characters that are struck out: a line is drawn through them, so that what they say no longer counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from transforms.reading.grid import Table
from transforms.reading.page import Bools, Floats, Page

_SPACE: Final = 32
_ON_EDGE: Final = 1.0
"""How near a line is to an edge of a table that is a part of it, in points."""

_MIDDLE: Final = (0.3, 0.75)
"""Where in the height of a character a line strikes it out; one below is an underline."""

_ACROSS: Final = (0.35, 0.65)
"""The same of a line from edge to edge of its cell, which counts as a rule of the table."""

_BEYOND: Final = 1.0
"""How far a line may reach beyond the characters that it strikes out, in their heights; a longer one is a rule."""

_FILLED: Final = 0.8
"""The least share of such a line that lies in characters."""


def struck_out(page: Page, tables: Sequence[Table]) -> Bools:
    """Say of each character of a page whether a line is drawn through it that strikes it out.

    Such a line is not an edge of a table, unless it runs through the middle of what it strikes; else it begins and ends
    with the characters that it crosses, at half their height. Lines shorter than those of tables (5 points) are not
    seen.

    Returns:
        One entry for each of `page.char_text`.
    """
    lines = page.horizontal
    if not len(lines) or not len(page.char_box):
        return np.zeros(len(page.char_box), dtype=np.bool_)
    edges = np.sort(np.concatenate([[-np.inf, np.inf], *(table.y for table in tables)]))
    place = np.searchsorted(edges, lines[:, 0])
    apart = np.minimum(lines[:, 0] - edges[place - 1], edges[place] - lines[:, 0]) > _ON_EDGE
    result = _crossed(page, lines[~apart])
    if not apart.any():
        return result
    x0, top, x1, bottom = page.char_box.T
    height = bottom - top
    middle, low, high = (x0 + x1) / 2, top + _MIDDLE[0] * height, top + _MIDDLE[1] * height
    for y, start, end in lines[apart].tolist():
        crossed = (low <= y) & (y <= high) & (start <= middle) & (middle <= end)
        if not crossed.any():
            continue
        reach = _BEYOND * float(height[crossed].max())
        ends_with = float(x0[crossed].min()) - start <= reach and end - float(x1[crossed].max()) <= reach
        if ends_with and float((x1 - x0)[crossed].sum()) >= _FILLED * (end - start):
            result |= crossed
    return result


def _crossed(page: Page, lines: Floats) -> Bools:
    """Say through the middle of which characters one of the lines runs from side to side."""
    result = np.zeros(len(page.char_box), dtype=np.bool_)
    if not len(lines):
        return result
    x0, top, x1, bottom = page.char_box.T
    low, high = (top + share * (bottom - top) for share in _ACROSS)
    y, start, end = lines.T
    places = np.sort(y)
    place = places[np.minimum(np.searchsorted(places, low), len(places) - 1)]
    near = (low <= place) & (place <= high)
    for i in np.flatnonzero(near & (page.char_angle % 180 == 0) & (page.codes > _SPACE)).tolist():
        result[i] = ((low[i] <= y) & (y <= high[i]) & (start <= x0[i]) & (end >= x1[i])).any()
    return result
