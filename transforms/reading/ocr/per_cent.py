"""`%` and `‰`: recognisers take one for the other, the figure is then wrong by ten; the ink tells which one it is."""

from __future__ import annotations

from typing import Final

import numpy as np

from transforms.reading.ocr.engine import Gray
from transforms.reading.page import Bools

_SAME_TURNED: Final = 0.45
_SURELY_SAME: Final = 0.7
_WIDEST_CENT: Final = 1.18
"""Likeness of a per cent sign to itself upside down, at least: in poor pictures ‰ has up to 0.67 where it is wide, and
0.41 where it is as narrow as %. One that is wider than this share of its height has to be surely the same."""


def is_per_cent(gray: Gray, ink: Bools) -> bool:
    """Whether a sign looks the same upside down, as `%` does with a ring on each side; `‰` has one and two.

    Where rings are too small to be seen as such, the ink still shows how it lies, and how wide it is.

    Args:
        gray: Its picture.
        ink: Its ink.
    """
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return False
    dark = 255.0 - gray[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    dark -= dark.mean()
    height, width = dark.shape
    turned = np.pad(dark[::-1, ::-1], 1)
    likeness = [float((turned[y : y + height, x : x + width] * dark).sum()) for y in range(3) for x in range(3)]
    least = _SAME_TURNED if width <= _WIDEST_CENT * height else _SURELY_SAME
    return bool(max(likeness) >= least * float((dark**2).sum()))
