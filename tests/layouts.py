"""Random table layouts with row and column spans, for property tests."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st
from numpy.typing import NDArray

Spans = tuple[int, int, int, int]


@dataclass(frozen=True)
class Layout:
    """Grid edges and the cells (row, column, row span, column span) that cover the grid, sorted."""

    x: tuple[float, ...]
    y: tuple[float, ...]
    cells: tuple[Spans, ...]

    def boxes(self) -> NDArray[np.float64]:
        return np.array([[self.x[c], self.y[r], self.x[c + w], self.y[r + h]] for r, c, h, w in self.cells])

    def compact(self) -> NDArray[np.int64]:
        """The cells in the grid that is left when edges at which no cell ends are taken out."""
        r, c, h, w = np.array(self.cells, dtype=np.int64).T
        rows, columns = np.unique([r, r + h]), np.unique([c, c + w])
        top, bottom = np.searchsorted(rows, r), np.searchsorted(rows, r + h)
        left, right = np.searchsorted(columns, c), np.searchsorted(columns, c + w)
        return np.column_stack([top, left, bottom - top, right - left])

    def lines(self, whole_borders: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """The borders of each cell, with one long line for the outer border where asked."""
        boxes = self.boxes()
        x0, top, x1, bottom = boxes.T
        horizontal = np.concatenate([np.column_stack([top, x0, x1]), np.column_stack([bottom, x0, x1])])
        vertical = np.concatenate([np.column_stack([x0, top, bottom]), np.column_stack([x1, top, bottom])])
        if whole_borders:
            horizontal = np.concatenate([horizontal, [[self.y[0], self.x[0], self.x[-1]]]])
            vertical = np.concatenate([vertical, [[self.x[0], self.y[0], self.y[-1]]]])
        return horizontal, vertical


@st.composite
def layouts(draw: st.DrawFn, most_rows: int = 7, most_columns: int = 6) -> Layout:
    rows, columns = draw(st.integers(1, most_rows)), draw(st.integers(1, most_columns))
    widths = draw(st.lists(st.sampled_from((12.0, 30.0, 62.5, 80.0)), min_size=columns, max_size=columns))
    heights = draw(st.lists(st.sampled_from((12.0, 18.0, 27.5, 60.0)), min_size=rows, max_size=rows))
    assume(max(sum(widths), sum(heights)) > 30.5)  # what is smaller is a tick box; at 30 itself roundings differ
    free = np.ones((rows, columns), dtype=np.bool_)
    cells: list[Spans] = []
    for r in range(rows):
        for c in range(columns):
            if not free[r, c]:
                continue
            wide = 1
            while c + wide < columns and free[r, c + wide] and draw(st.integers(0, 3)) == 0:
                wide += 1
            high = 1
            while r + high < rows and free[r + high, c : c + wide].all() and draw(st.integers(0, 2)) == 0:
                high += 1
            free[r : r + high, c : c + wide] = False
            cells.append((r, c, high, wide))
    return Layout(tuple(accumulate(widths, initial=40.0)), tuple(accumulate(heights, initial=50.0)), tuple(cells))
