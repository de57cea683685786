from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from transforms.reading.ocr.engine import is_available
from transforms.reading.ocr.lines import find_lines, without_specks

needs_ocr = pytest.mark.skipif(not is_available(), reason="the extra is not installed: pip install 'jixiao[ocr]'")

SCALE = 3.0
CELL = np.array([[10.0, 10.0, 110.0, 60.0]])


def inked(*boxes: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    ink = np.zeros((300, 600), dtype=np.bool_)
    for x0, y0, x1, y1 in boxes:
        ink[y0:y1, x0:x1] = True
    return ink


def test_find_lines_two_lines_of_a_cell_come_apart() -> None:
    lines = find_lines(inked((40, 50, 200, 78), (40, 90, 120, 118)), CELL, SCALE)
    assert lines.box.tolist() == [[40, 50, 200, 78], [40, 90, 120, 118]]
    assert lines.cell.tolist() == [0, 0]


def test_find_lines_bars_of_one_character_stay_together() -> None:
    lines = find_lines(inked((40, 50, 200, 78), (40, 100, 66, 104), (40, 118, 66, 122)), CELL, SCALE)
    assert lines.box[1].tolist() == [40, 100, 66, 122]


def test_find_lines_touching_lines_are_parted_where_ink_is_scarce() -> None:
    touching = inked((40, 40, 200, 68), (40, 80, 200, 108), (90, 68, 93, 80), (40, 120, 200, 148), (40, 152, 200, 178))
    lines = find_lines(touching, CELL, SCALE)
    assert lines.box[:, 3].tolist() == pytest.approx([68, 108, 148, 178], abs=12)


def test_find_lines_outside_the_cells_wide_gaps_part() -> None:
    lines = find_lines(inked((40, 220, 160, 248), (400, 220, 500, 248)), CELL, SCALE)
    assert lines.box.tolist() == [[40, 220, 160, 248], [400, 220, 500, 248]]
    assert lines.cell.tolist() == [-1, -1]


def test_find_lines_no_ink_gives_none() -> None:
    lines = find_lines(inked(), CELL, SCALE)
    assert lines.box.shape == (0, 4)


@needs_ocr
def test_without_specks_dirt_goes_and_a_decimal_point_stays() -> None:
    clean = without_specks(inked((50, 50, 51, 52), (80, 80, 83, 83)), SCALE)
    assert not clean[50, 50]
    assert clean[81, 81]
