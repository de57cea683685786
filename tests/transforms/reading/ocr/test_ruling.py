from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from transforms.reading.grid import find_tables
from transforms.reading.ocr.engine import is_available
from transforms.reading.ocr.ruling import find_rules

pytestmark = pytest.mark.skipif(not is_available(), reason="the extra is not installed: pip install 'jixiao[ocr]'")

SCALE = 3.0


def page(*bars: tuple[int, int, int, int], shade: int = 0) -> NDArray[np.uint8]:
    gray = np.full((900, 900), 255, dtype=np.uint8)
    for x0, y0, x1, y1 in bars:
        gray[y0:y1, x0:x1] = shade
    return gray


GRID = (
    *((100, y, 803, y + 3) for y in (100, 160, 220, 280)),
    *((x, 100, x + 3, 283) for x in (100, 400, 800)),
)


def test_find_rules_drawn_grid_gives_its_cells() -> None:
    rules = find_rules(page(*GRID), SCALE)
    (table,) = find_tables(rules.horizontal, rules.vertical)
    assert table.cells.tolist() == [[r, c, 1, 1] for r in range(3) for c in range(2)]
    assert table.x == pytest.approx([101.5 / 3, 401.5 / 3, 801.5 / 3], abs=0.4)


def test_find_rules_faint_hairlines_are_found() -> None:
    bars = [(x0, y0, x0 + 1 if x1 - x0 == 3 else x1, y0 + 1 if y1 - y0 == 3 else y1) for x0, y0, x1, y1 in GRID]
    rules = find_rules(page(*bars, shade=180), SCALE)
    assert len(find_tables(rules.horizontal, rules.vertical)[0].cells) == 6


def test_find_rules_small_gaps_are_bridged() -> None:
    gray = page(*GRID)
    gray[:, 250:253] = 255
    gray[190:192] = 255
    rules = find_rules(gray, SCALE)
    assert len(find_tables(rules.horizontal, rules.vertical)[0].cells) == 6


def test_find_rules_wall_cut_by_white_rules_stays_whole() -> None:
    gray = page(*GRID)
    gray[188:192, 398:406] = 255
    rules = find_rules(gray, SCALE)
    assert len(find_tables(rules.horizontal, rules.vertical)[0].cells) == 6


def test_find_rules_short_wall_between_two_rules_counts() -> None:
    rules = find_rules(page(*GRID, (600, 160, 603, 223)), SCALE)
    assert [1, 1, 1, 1] in find_tables(rules.horizontal, rules.vertical)[0].cells.tolist()
    assert len(find_tables(rules.horizontal, rules.vertical)[0].cells) == 7


def test_find_rules_stroke_of_a_character_is_text() -> None:
    rules = find_rules(page(*GRID, (600, 172, 603, 208), (560, 190, 640, 193)), SCALE)
    assert len(find_tables(rules.horizontal, rules.vertical)[0].cells) == 6
    assert not rules.ink[180, 601]


def test_find_rules_dark_area_is_not_a_line() -> None:
    rules = find_rules(page((100, 100, 800, 160)), SCALE)
    assert len(rules.horizontal) == len(rules.vertical) == 0


def test_find_rules_hatching_is_not_compared_line_by_line() -> None:
    bars = [(x, y, x + 60, y + 1) for x in range(0, 840, 68) for y in range(0, 900, 2)]
    rules = find_rules(page(*bars), SCALE)
    assert len(bars) > 5000
    assert not len(rules.horizontal)
    assert not rules.ink.any()
