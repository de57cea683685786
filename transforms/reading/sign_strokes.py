"""The shapes of signs that change a figure a thousandfold or turn it round: 万 and 亿, ≤ and ≥, as their strokes run.

They are drawn from strokes, so that no font is needed: a glyph is compared with its own sign and with the other one.
"""

from __future__ import annotations

from functools import cache
from itertools import pairwise
from typing import Final

import numpy as np

from transforms.reading.digits import Gray, shapes
from transforms.reading.page import Floats

PAIRS: Final = ("万亿", "≤≥")
"""Signs that are taken for one another."""

_Strokes = tuple[tuple[tuple[float, float], ...], ...]
_STROKES: Final[dict[str, _Strokes]] = {
    "万": (
        ((0.08, 0.86), (0.92, 0.86)),
        ((0.42, 0.86), (0.38, 0.5), (0.28, 0.28), (0.08, 0.08)),
        ((0.4, 0.6), (0.78, 0.6), (0.74, 0.2), (0.68, 0.1), (0.55, 0.12)),
    ),
    "亿": (
        ((0.3, 0.92), (0.2, 0.72), (0.06, 0.5)),
        ((0.2, 0.7), (0.2, 0.04)),
        (
            *((0.38, 0.82), (0.84, 0.82), (0.5, 0.38), (0.4, 0.2)),
            *((0.44, 0.1), (0.86, 0.1), (0.9, 0.16), (0.92, 0.32)),
        ),
    ),
    "≤": (((0.85, 0.9), (0.15, 0.6), (0.85, 0.3)), ((0.15, 0.1), (0.85, 0.1))),
    "≥": (((0.15, 0.9), (0.85, 0.6), (0.15, 0.3)), ((0.15, 0.1), (0.85, 0.1))),
}
"""Points of each stroke, from the lower left corner."""

_FINE: Final = 32
_HALF: Final = 0.03


def likeness_of_signs(patches: Gray, pair: str) -> Floats:
    """Compare pictures of the signs of a pair with both.

    Args:
        patches: As `digits.draw` gives them.
        pair: One of `PAIRS`.

    Returns:
        (n, 2) likeness to each sign; NaN where nothing is drawn.
    """
    likeness: Floats = shapes(patches) @ _templates(pair).T
    return likeness


@cache
def _templates(pair: str) -> Floats:
    """(2, rows x columns) the shapes of two signs."""
    y, x = (np.mgrid[0:_FINE, 0:_FINE] + 0.5) / _FINE
    return shapes(np.array([_drawn(_STROKES[sign], x, 1.0 - y) for sign in pair]))


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
