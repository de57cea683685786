"""The shapes of signs that turn a figure round, ≤, ≥ and +, as their strokes run.

They are drawn from strokes, so that no font is needed: a glyph is compared with its own sign and with the others.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np

from transforms.reading.digits import Gray, shapes
from transforms.reading.page import Floats

SIGNS: Final = "≤≥+"
"""Signs that are taken for one another."""

_Strokes = tuple[tuple[tuple[float, float], ...], ...]
_STROKES: Final[dict[str, _Strokes]] = {
    "≤": (((0.85, 0.9), (0.15, 0.6), (0.85, 0.3)), ((0.15, 0.1), (0.85, 0.1))),
    "≥": (((0.15, 0.9), (0.85, 0.6), (0.15, 0.3)), ((0.15, 0.1), (0.85, 0.1))),
    "+": (((0.5, 0.1), (0.5, 0.9)), ((0.1, 0.5), (0.9, 0.5))),
}
"""Points of each stroke, from the lower left corner."""

_FINE: Final = 32
_HALF: Final = 0.03


def likeness_of_signs(patches: Gray) -> Floats:
    """Compare pictures of the signs with all of them.

    Args:
        patches: As `digits.pictures_of` gives them.

    Returns:
        (n, 3) likeness to each sign; NaN where nothing is drawn.
    """
    likeness: Floats = shapes(patches) @ _templates().T
    return likeness


@cache
def _templates() -> Floats:
    """(3, rows x columns) the shapes of the signs."""
    y, x = (np.mgrid[0:_FINE, 0:_FINE] + 0.5) / _FINE
    return shapes(np.array([_drawn(_STROKES[sign], x, 1.0 - y) for sign in SIGNS]))


def _drawn(strokes: _Strokes, x: Floats, y: Floats) -> Floats:
    """(32, 32) light paper with dark strokes."""
    far = np.full(x.shape, np.inf)
    for stroke in strokes:
        for (ax, ay), (bx, by) in pairwise(stroke):
            along = ((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / ((bx - ax) ** 2 + (by - ay) ** 2)
            along = np.clip(along, 0.0, 1.0)
            far = np.minimum(far, np.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay)))
    paper: Floats = 255.0 * np.clip((far - _HALF) / _HALF, 0.0, 1.0)
    return paper
