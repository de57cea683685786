"""Red stamps that a program draws: a ring of curves around red characters, over the form's own text."""

from __future__ import annotations

from typing import Final

import numpy as np

from transforms.reading.page import Bools, Floats

REDDEST: Final = 0.45
RED_EXCESS: Final = 0.25
"""A stamp's red: at least so much red, and so much more of it than of green and blue, of 1."""

RING_SEGMENTS: Final = 9
"""A ring is drawn of at least two curves, given as three points each; a frame of straight lines is not a stamp."""

_SMALLEST: Final = 45.0
_LARGEST: Final = 250.0
_LONGEST: Final = 2.5


def is_stamp(box: Floats) -> Bools:
    """Which displayed boxes (n, 4) of red rings are as large as stamps: 1.6 to 9 cm, round or oval."""
    width, height = box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]
    short, long = np.minimum(width, height), np.maximum(width, height)
    return np.asarray((short >= _SMALLEST) & (long <= _LARGEST) & (long <= _LONGEST * short), dtype=np.bool_)
