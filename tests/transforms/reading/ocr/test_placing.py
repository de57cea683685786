"""Cells of skewed pages: on the page where they stand, and columns apart from one another."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from transforms.reading.ocr.placing import placed
from transforms.reading.page import Floats

SIZE = (595.0, 842.0)
COLUMNS = (60.0, 90.0, 115.0, 250.0, 280.0, 540.0)
ROWS = (80.0, 110.0, 400.0, 760.0, 790.0)


def grid() -> Floats:
    """Cells row by row."""
    return np.array([[x0, y0, x1, y1] for y0, y1 in itertools.pairwise(ROWS) for x0, x1 in itertools.pairwise(COLUMNS)])


def turned(degrees: float) -> Floats:
    """Map of a picture that is turned round the middle of its page."""
    cosine, sine = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    x, y = SIZE[0] / 2, SIZE[1] / 2
    return np.array([[cosine, sine, x - cosine * x - sine * y], [-sine, cosine, y + sine * x - cosine * y]])


@pytest.mark.parametrize("degrees", [-11.0, -4.0, 2.0, 7.5])
def test_placed_columns_of_a_steep_page_stay_apart(degrees: float) -> None:
    boxes = placed(grid(), SIZE, turned(degrees)).reshape(len(ROWS) - 1, len(COLUMNS) - 1, 4)
    assert np.ptp(boxes[:, :, 0], axis=0).max() < 1e-6
    assert (boxes[:, 1:, 0] >= boxes[:, :-1, 2] - 1e-6).all()
    assert (boxes[1:, :, 1] > boxes[:-1, :, 1]).all()


@pytest.mark.parametrize("degrees", [-0.9, 0.0, 0.4])
def test_placed_cells_of_a_little_skewed_page_lie_where_they_are_printed(degrees: float) -> None:
    there = turned(degrees)
    boxes = placed(grid(), SIZE, there)
    middles = (grid()[:, :2] + grid()[:, 2:]) / 2
    mapped = middles @ there[:, :2].T + there[:, 2]
    assert np.allclose((boxes[:, :2] + boxes[:, 2:]) / 2, mapped)
