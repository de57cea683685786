from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from transforms.reading.ocr.glyphs import comparison_of, is_equals, is_thick_dash, mark_of, sign_of

SIZE = 30.0


def drawn(*rows: str) -> NDArray[np.bool_]:
    return np.array([[char == "#" for char in row] for row in rows])


def bar(height: int, width: int) -> NDArray[np.bool_]:
    return np.ones((height, width), dtype=np.bool_)


def slash(height: int = 24, slope: float = -0.45, thick: int = 3) -> NDArray[np.bool_]:
    ink = np.zeros((height, round(abs(slope) * height) + thick), dtype=np.bool_)
    for y in range(height):
        x = round(slope * y) if slope > 0 else round(-slope * (height - 1 - y))
        ink[y, x : x + thick] = True
    return ink[:, ink.any(axis=0)]


@pytest.mark.parametrize(
    ("ink", "mark"),
    [
        (bar(3, 9), "-"),
        (bar(3, 27), "—"),
        (bar(3, 56), "——"),
        (slash(), "/"),
        (bar(6, 9), "-"),
        (bar(5, 5), None),
        (bar(6, 27), None),
        (bar(24, 4), None),
        (bar(24, 20), None),
        (slash(slope=0.45), None),
    ],
)
def test_mark_of_lone_mark_is_recognised_by_shape(ink: NDArray[np.bool_], mark: str | None) -> None:
    assert mark_of(ink, SIZE) == mark


def test_mark_of_double_bar_is_not_a_dash() -> None:
    ink = bar(5, 27)
    ink[2] = False
    assert mark_of(ink, SIZE) is None


GREATER = drawn(
    "##......", "..##....", "....###.", "......##", "....###.", "..##....", "##......", "........", "########"
)


def test_comparison_of_point_over_bar_is_recognised_by_its_side() -> None:
    assert comparison_of(GREATER) == "≥"
    assert comparison_of(GREATER[:, ::-1]) == "≤"


def test_comparison_of_two_bars_below_counts_the_same() -> None:
    assert comparison_of(np.vstack([GREATER, drawn("........", "########")])) == "≥"


@pytest.mark.parametrize(
    "ink",
    [
        GREATER[:7],
        GREATER[::-1],
        drawn(".######.", "##....##", "......##", ".....##.", "...##...", ".##.....", "##......", "########"),
        bar(8, 8),
    ],
    ids=["no bar", "bar above", "digit 2", "block"],
)
def test_comparison_of_other_glyph_is_none(ink: NDArray[np.bool_]) -> None:
    assert comparison_of(ink) is None


SLANTED = """
.###..............
.####.............
.#######..........
...########.......
......#######.....
........#######...
...........#######
............######
...........#######
.........#######..
.......#######....
....#######....###
..#######....#####
.#####.....######.
.###....#######...
......#######.....
...#######........
.#######..........
#####.............
.##...............
"""


def test_comparison_of_bar_along_the_arm_is_distinguished_from_a_bare_arrow() -> None:
    glyph = np.array([[char == "#" for char in line] for line in SLANTED.split()])
    arrow = glyph.copy()
    arrow[11:, 9:] = False
    arrow[14:] = False
    assert comparison_of(glyph) == "≥"
    assert comparison_of(glyph[:, ::-1]) == "≤"
    assert comparison_of(arrow[:15]) is None


ARROW = drawn("###......", "..###....", "....###..", "......###", "....###..", "..###....", "###......")
EQUALS = drawn("#########", "#########", ".........", ".........", ".........", "#########", "#########")
TWO = drawn(".#####...", ".#####...", ".........", ".........", ".........", "#########", "#########")
BLANK = np.zeros((7, 2), dtype=np.bool_)


@pytest.mark.parametrize(
    ("ink", "sign"),
    [
        (np.hstack([ARROW, BLANK, EQUALS]), ">="),
        (np.hstack([ARROW[:, ::-1], BLANK, EQUALS]), "<="),
        (EQUALS, "="),
        (np.vstack([GREATER, drawn("........", "########")]), "≥"),
        (ARROW, None),
        (TWO, None),
        (np.hstack([ARROW, BLANK, ARROW]), None),
        (np.hstack([EQUALS, BLANK, ARROW]), None),
    ],
)
def test_sign_of_lone_comparison_is_recognised_by_its_shape(ink: NDArray[np.bool_], sign: str | None) -> None:
    assert sign_of(ink) == sign


def test_is_thick_dash_two_bars_that_ran_together() -> None:
    assert is_thick_dash(bar(5, 24), SIZE)
    assert not is_thick_dash(bar(12, 24), SIZE)
    assert not is_thick_dash(bar(5, 8), SIZE)


def test_sign_of_two_characters_are_not_an_equals_sign_whose_bars_they_fill() -> None:
    ink = drawn(
        "####.....................",
        "######........###########",
        ".########....############",
        "..#########...###########",
        ".....#######.............",
        "......######.............",
        "....########.............",
        "..#########...###########",
        "########.....############",
        "######........###########",
        "###......................",
    )
    assert not is_equals(ink)
    assert comparison_of(ink) is None
    assert sign_of(ink) == ">="
    assert sign_of(ink[:, ::-1]) is None
