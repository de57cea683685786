"""Digits that are printed on other characters: nobody knows which figure a cell shows, nor in which order to read."""

from __future__ import annotations

from typing import Final

import numpy as np

from transforms.reading.cells import PlacedPage
from transforms.reading.page import Ints

_NEIGHBOURS: Final = 12
"""How far apart in the order of printing two characters of a cell are compared; cells with figures are short."""

_ACROSS: Final = 0.4
_ALONG: Final = 0.6
_ZERO, _NINE = 48, 57


def heaped_digits(placed: PlacedPage) -> Ints:
    """Give the digits in cells whose middle lies within another character of their cell, or the other way round.

    What is printed twice to look bold has the same characters, and is not meant.
    """
    page, codes = placed.page, placed.page.codes
    is_digit = (codes >= _ZERO) & (codes <= _NINE) & (placed.cell >= 0)
    if not is_digit.any():
        return np.empty(0, dtype=np.int64)
    with_figures = np.zeros(int(placed.cell.max()) + 1, dtype=np.bool_)
    with_figures[placed.cell[is_digit]] = True
    inside = np.flatnonzero((placed.cell >= 0) & (codes > 32))
    inside = inside[with_figures[placed.cell[inside]]]
    inside = inside[np.argsort(placed.cell[inside], kind="stable")]
    cell, code, box = placed.cell[inside], codes[inside], page.char_box[inside]
    middle = (box[:, :2] + box[:, 2:]) / 2
    size = box[:, 2:] - box[:, :2]
    heaped = np.zeros(len(inside), dtype=np.bool_)
    for step in range(1, min(_NEIGHBOURS, len(inside))):
        near = np.abs(middle[step:] - middle[:-step]) < [_ACROSS, _ALONG] * np.minimum(size[step:], size[:-step])
        pair = near.all(axis=1) & (cell[step:] == cell[:-step]) & (code[step:] != code[:-step])
        heaped[step:] |= pair & (is_digit[inside[step:]] | is_digit[inside[:-step]])
    found: Ints = inside[heaped]
    return found
