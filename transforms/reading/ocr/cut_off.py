"""Whether a table goes on beyond the edge of its picture: part of it was not scanned, or cut away."""

from __future__ import annotations

from typing import Final

import numpy as np

from transforms.reading.page import Floats

_NEAR: Final = 6.0
"""Most points between the picture's edge and the end of a line that the edge cuts: a scan may be skewed a little."""

_FEWEST: Final = 3
_SIDE: Final = 0.9
"""Share of a table's length that its outer line covers."""


def is_cut_off(horizontal: Floats, vertical: Floats, size: tuple[float, float]) -> bool:
    """Whether several ruling lines run to an edge of the picture, and no line along the edge closes the table.

    Args:
        horizontal: (m, 3) y, x0, x1 in points.
        vertical: (k, 3) x, top, bottom.
        size: Width and height of the picture in points.

    Example:
        >>> rows = np.array([[y, 50.0, 299.0] for y in (100.0, 120.0, 140.0)])
        >>> columns = np.array([[x, 100.0, 140.0] for x in (50.0, 150.0)])
        >>> is_cut_off(rows, columns, (300.0, 400.0))
        True
        >>> is_cut_off(rows, np.vstack([columns, [298.0, 100.0, 140.0]]), (300.0, 400.0))
        False
        >>> is_cut_off(rows, columns, (350.0, 400.0))
        False
    """
    return any(
        _is_open(lines, across, edge)
        for lines, across, length in ((horizontal, vertical, size[0]), (vertical, horizontal, size[1]))
        for edge in (0.0, length)
    )


def _is_open(lines: Floats, across: Floats, edge: float) -> bool:
    reach = np.abs(lines[:, 1:] - edge).min(axis=1, initial=np.inf) <= _NEAR
    if reach.sum() < _FEWEST:
        return False
    first, last = lines[reach, 0].min(), lines[reach, 0].max()
    closing = across[np.abs(across[:, 0] - edge) <= _NEAR]
    begin, end = closing[:, 1].clip(first, last), closing[:, 2].clip(first, last)
    covered, after = 0.0, first
    for here in np.argsort(begin):
        covered += max(end[here] - max(begin[here], after), 0.0)
        after = max(after, end[here])
    return bool(covered < _SIDE * (last - first))
