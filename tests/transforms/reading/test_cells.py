from __future__ import annotations

import numpy as np
import pytest

from transforms.reading.cells import place_characters, to_frame
from transforms.reading.grid import find_tables
from transforms.reading.halves import Whole
from transforms.reading.page import Page

LYING = np.array([[0.0, 0.0, 100.0], [40.0, 0.0, 100.0]])
STANDING = np.array([[0.0, 0.0, 40.0], [50.0, 0.0, 40.0], [100.0, 0.0, 40.0]])


def texts(*runs: tuple[str, float, float]) -> list[str]:
    """Read a table of two cells, each 50 wide, with runs of characters 8 wide that begin at a place."""
    letters = [(char, x + 8.0 * n, top) for text, x, top in runs for n, char in enumerate(text)]
    box = np.array([[x, top, x + 8.0, top + 8.0] for _, x, top in letters])
    page = Page(
        1,
        120.0,
        60.0,
        np.array([c for c, _, _ in letters]),
        box,
        np.zeros(len(letters), dtype=np.int64),
        LYING,
        STANDING,
    )
    placed = place_characters(Whole(page, find_tables(LYING, STANDING)))
    return to_frame("d" * 24, [placed])["text"].to_list()


def test_last_character_of_a_line_beyond_the_edge_stays_in_its_cell() -> None:
    found = texts(("甲乙丙丁戊己", 7.0, 4.0), ("庚", 7.0, 14.0), ("子丑", 60.0, 4.0))
    assert [text.replace("\n", "") for text in found] == ["甲乙丙丁戊己庚", "子丑"]


def test_last_character_beyond_the_outer_border_stays_in_the_table() -> None:
    assert texts(("甲", 7.0, 4.0), ("子丑寅卯辰巳", 57.0, 4.0)) == ["甲", "子丑寅卯辰巳"]


@pytest.mark.parametrize("start", [47.0, 49.0])
def test_text_that_begins_before_its_cell_is_not_taken_for_the_end_of_the_other(start: float) -> None:
    assert texts(("甲乙丙丁戊", start - 40.0, 4.0), ("子丑寅", start, 4.0)) == ["甲乙丙丁戊", "子丑寅"]
