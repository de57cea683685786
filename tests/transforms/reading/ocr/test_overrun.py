from __future__ import annotations

import numpy as np
import pytest

from transforms.reading.ocr.engine import Line
from transforms.reading.ocr.figures import UNWITNESSED
from transforms.reading.ocr.overrun import within_rules
from transforms.reading.ocr.strips import Strip

WINDOWS = [(0, 0, 100, 40), (104, 0, 200, 40), (0, 44, 200, 84)]


def unsure(*lines: tuple[int, tuple[int, int, int, int]]) -> list[bool]:
    """Which of some lines, each in a cell of a box, are put in doubt."""
    made = [Line("42", np.array([0.0, 0.5]), np.array([0.5, 1.0]), np.full(2, 0.99)) for _ in lines]
    strips = [Strip(np.zeros((1, 1), np.uint8), np.array([box]), np.array([0]), cell) for cell, box in lines]
    return [line.least <= UNWITNESSED for line in within_rules(made, strips, WINDOWS, 30.0)]


@pytest.mark.parametrize("box", [(0, 8, 60, 30), (30, 8, 100, 30), (30, 0, 60, 22), (30, 14, 60, 40)])
def test_within_rules_line_that_touches_a_rule_is_in_doubt(box: tuple[int, int, int, int]) -> None:
    assert unsure((0, box)) == [True]
    assert unsure((0, (4, 4, 96, 36))) == [False]


def test_within_rules_text_that_goes_on_beyond_a_rule_is_in_doubt_on_both_sides() -> None:
    assert unsure((0, (40, 8, 98, 30)), (1, (105, 8, 150, 30))) == [True, True]
    assert unsure((0, (40, 8, 94, 30)), (1, (110, 8, 150, 30))) == [False, False]
    assert unsure((0, (40, 2, 98, 16)), (1, (105, 20, 150, 36))) == [False, False]


def test_within_rules_raised_sign_over_a_rule_puts_the_text_before_it_in_doubt() -> None:
    assert unsure((0, (40, 16, 96, 38)), (1, (104, 2, 150, 24))) == [True, True]
    assert unsure((0, (40, 16, 96, 38)), (1, (106, 2, 150, 24))) == [False, False]


def test_within_rules_text_outside_the_tables_is_left_alone() -> None:
    assert unsure((-1, (0, 90, 100, 110)), (-1, (103, 90, 150, 110))) == [False, False]
    assert within_rules([], [], [], 30.0) == []
