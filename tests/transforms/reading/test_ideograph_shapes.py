"""The shapes of ideographs that change a figure."""

from __future__ import annotations

import numpy as np

from transforms.reading.ideograph_shapes import CHARACTERS, are_others, compared, shapes_of


def bars(*rows: int) -> np.ndarray[tuple[int, int, int], np.dtype[np.uint8]]:
    """One glyph of level strokes."""
    glyph = np.full((1, 48, 48), 255, dtype=np.uint8)
    for row in rows:
        glyph[0, row : row + 3, 8:40] = 0
    return glyph


def test_numerals_are_liker_themselves_than_one_another() -> None:
    drawn = np.concatenate([bars(24), bars(14, 34), bars(12, 24, 36)])
    said = np.array([CHARACTERS.index(char) for char in "一二三"])
    assert not are_others(compared(drawn, said), said).any()
    wrong = said[[0, 0, 2]]
    assert are_others(compared(drawn, wrong), wrong).tolist() == [False, True, False]


def test_font_of_another_kind_is_not_judged() -> None:
    said = np.arange(3)
    assert not are_others(np.array([[0.1, 0.2], [0.2, 0.1], [0.9, 0.5]]), said).any()
    assert are_others(np.array([[0.1, 0.2], [0.8, 0.1], [0.9, 0.5]]), said).tolist() == [True, False, False]


def test_place_and_size_do_not_count_and_no_ink_has_no_shape() -> None:
    small = np.full((1, 48, 48), 255, dtype=np.uint8)
    small[0, 2:26, 2:26] = bars(14, 34)[0, ::2, ::2]
    assert np.allclose(shapes_of(small) @ shapes_of(bars(14, 34)).T, 1, atol=0.1)
    assert np.isnan(shapes_of(np.full((1, 48, 48), 255, dtype=np.uint8))).all()
