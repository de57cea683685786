from __future__ import annotations

import numpy as np
import pytest

from transforms.reading.ocr.cut_off import is_cut_off
from transforms.reading.page import Floats

SIZE = (600.0, 840.0)
ROWS = np.array([[y, 40.0, 560.0] for y in np.arange(60.0, 800.0, 20.0)])
COLUMNS = np.array([[x, 60.0, 780.0] for x in (40.0, 100.0, 200.0, 400.0, 500.0, 560.0)])


def cropped(left: float, top: float, right: float, bottom: float) -> tuple[Floats, Floats, tuple[float, float]]:
    """A ruled page with so much of each side cut away."""
    x0, y0, x1, y1 = left, top, SIZE[0] - right, SIZE[1] - bottom
    rows = ROWS[(ROWS[:, 0] > y0) & (ROWS[:, 0] < y1)] - np.array([y0, x0, x0])
    columns = COLUMNS[(COLUMNS[:, 0] > x0) & (COLUMNS[:, 0] < x1)] - np.array([x0, y0, y0])
    rows[:, 1:] = rows[:, 1:].clip(0.0, x1 - x0)
    columns[:, 1:] = columns[:, 1:].clip(0.0, y1 - y0)
    return rows, columns, (x1 - x0, y1 - y0)


@pytest.mark.parametrize("sides", [(60, 0, 0, 0), (0, 70, 0, 0), (0, 0, 80, 0), (0, 0, 0, 90), (150, 70, 150, 90)])
def test_a_table_beyond_an_edge_is_cut_off(sides: tuple[float, float, float, float]) -> None:
    assert is_cut_off(*cropped(*sides))


@pytest.mark.parametrize("sides", [(0, 0, 0, 0), (38, 58, 38, 58), (30, 0, 0, 55)])
def test_a_picture_cut_close_to_a_whole_table_is_not(sides: tuple[float, float, float, float]) -> None:
    assert not is_cut_off(*cropped(*sides))


def test_a_label_that_spans_the_column_at_the_edge_is_cut_off() -> None:
    rows, columns, size = cropped(98, 0, 0, 0)
    assert not is_cut_off(rows, columns, size)
    columns[0, 1] = 200.0  # the rows above have one label over both columns
    assert is_cut_off(rows, columns, size)


def test_no_lines_are_not_cut_off() -> None:
    none = np.empty((0, 3))
    assert not is_cut_off(none, none, SIZE)
    two_lines_across_the_page = np.array([[30.0, 0.0, 600.0], [800.0, 0.0, 600.0]])
    assert not is_cut_off(two_lines_across_the_page, none, SIZE)
