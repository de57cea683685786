from __future__ import annotations

import numpy as np
import pytest

from transforms.reading.grid import find_tables
from transforms.reading.ocr.dots import Gray, with_dots_joined
from transforms.reading.ocr.engine import is_available
from transforms.reading.ocr.ruling import find_rules

pytestmark = pytest.mark.skipif(not is_available(), reason="the extra is not installed: pip install 'jixiao[ocr]'")

SCALE = 3.0


def grid(on: int, off: int, thick: int = 2) -> Gray:
    """A grid of three rows and two columns, its lines of dots or dashes: pixels on, pixels off."""
    page = np.full((600, 900), 255, dtype=np.uint8)
    for y in (100, 160, 220, 400):
        for x in range(100, 800, on + off):
            page[y : y + thick, x : min(x + on, 800)] = 0
    for x in (100, 300, 800):
        for y in range(100, 400, on + off):
            page[y : min(y + on, 400), x : x + thick] = 0
    return page


@pytest.mark.parametrize(("on", "off"), [(3, 3), (3, 6), (9, 6), (15, 6)])
def test_with_dots_joined_dotted_and_dashed_lines_make_a_grid(on: int, off: int) -> None:
    joined = with_dots_joined(grid(on, off), SCALE)
    rules = find_rules(joined, SCALE)
    (table,) = find_tables(rules.horizontal, rules.vertical)
    assert len(table.cells) == 6


def test_with_dots_joined_list_of_contents_stays() -> None:
    page = np.full((600, 900), 255, dtype=np.uint8)
    for y in range(100, 500, 40):
        for x in range(200, 800, 9):
            page[y : y + 3, x : x + 3] = 0
    assert with_dots_joined(page, SCALE) is page
