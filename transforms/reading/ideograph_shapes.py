"""The shapes of ideographs that change a figure: units, numerals, negations, and words that compare.

A glyph is compared with the character that the text says in three kinds of print (Song, Hei and Kai), as far as those
who print forms draw it alike, and with the other characters of the list. The shapes are kept as 10 x 10 shades each;
`python -m benchmarks.ideograph_shapes` made them of three fonts and looked at others.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from transforms.reading.digits import Gray
from transforms.reading.page import Bools, Floats, Ints

CHARACTERS: Final = "万亿千百十元角分一二三四五六七八九两不未无没非否大小多少高低上下升降增减超完达优良中差好年月日"
SHAPES_FILE: Final = Path(__file__).with_suffix(".npz")

SIZE: Final = 32
"""Pixels of the ideographs that are drawn."""

_SIDE: Final = 10
_SAMPLES: Final = 40
_BLURS: Final = 2
_SLIMMEST: Final = 0.5
"""Of a shape that is wider or higher than twice the other way so much is taken: 一 is not a block."""

_INKED: Final = 0.4
_BETTER: Final = 0.2
"""How much liker another character of the list is from which it is that one; 0.14 at most in fonts of all kinds."""

_WELL_KNOWN: Final = 0.75
"""Likeness of characters by which a font is known to be of a usual kind."""


def compared(drawn: Gray, said: Ints) -> Floats:
    """Compare glyphs with the characters of the list.

    Args:
        drawn: (n, height, width) each glyph alone, dark on light paper.
        said: (n,) which character of the list each should be.

    Returns:
        (n, 2) likeness to that character, and to the one of the others that is likest.
    """
    known, _ = _known()
    likeness = (shapes_of(drawn) @ known.reshape(-1, known.shape[-1]).T).reshape(len(drawn), *known.shape[:2]).max(1)
    each = np.arange(len(said))
    own = likeness[each, said]
    likeness[each, said] = -1.0
    return np.column_stack([own, likeness.max(axis=1)])


def are_others(likeness: Floats, said: Ints) -> Bools:
    """Say which glyphs of a font are not the characters that the text says.

    A font of which more are accused than are well known is of another kind, and is not judged.

    Args:
        likeness: As `compared` gives it, of one font.
        said: Likewise.
    """
    own, best = likeness.T
    found: Bools = (own < _known()[1][said]) | (best - own >= _BETTER)
    if np.count_nonzero(found) > np.count_nonzero(own >= _WELL_KNOWN):
        return np.zeros(len(own), dtype=np.bool_)
    return found


def shapes_of(drawn: Gray) -> Floats:
    """(n, 100) glyphs made comparable: cut to their ink, blurred, mean zero and length one; NaN without ink."""
    ink = 255 - drawn
    count, height, width = ink.shape
    inked = ink > (_INKED * ink.max(axis=(1, 2), keepdims=True)).astype(np.uint8)
    row, down = _samples(inked.any(axis=2), inked.any(axis=1))
    part = ink.reshape(-1).take(((np.arange(count)[:, None] * height + row) * width)[:, :, None] + down[:, None, :])
    side = 2 * _SIDE
    flat = part.reshape(count, side, 2, side, 2).sum(axis=(2, 4), dtype=np.float64)
    for _ in range(_BLURS):
        flat = np.pad(flat, ((0, 0), (1, 1), (1, 1)))
        flat = flat[:, :-2] + 2 * flat[:, 1:-1] + flat[:, 2:]
        flat = flat[:, :, :-2] + 2 * flat[:, :, 1:-1] + flat[:, :, 2:]
    shape: Floats = flat.reshape(count, _SIDE, 2, _SIDE, 2).sum(axis=(2, 4)).reshape(count, -1)
    shape -= shape.mean(axis=1, keepdims=True)
    length = np.linalg.norm(shape, axis=1, keepdims=True)
    shape /= np.maximum(length, 1e-9)
    shape[length[:, 0] == 0] = np.nan
    return shape


def _samples(rows: Bools, columns: Bools) -> tuple[Ints, Ints]:
    """(n, 40) rows and columns at which each glyph is looked at, from end to end of its ink."""
    ends = [(inked.argmax(axis=1), inked.shape[1] - inked[:, ::-1].argmax(axis=1)) for inked in (rows, columns)]
    sizes = [end - begin for begin, end in ends]
    least = _SLIMMEST * np.maximum(*sizes)
    step = (np.arange(_SAMPLES) + 0.5) / _SAMPLES - 0.5
    places = [
        np.clip(((begin + end) / 2)[:, None] + np.maximum(size, least)[:, None] * step, 0, inked.shape[1] - 1)
        for (begin, end), size, inked in zip(ends, sizes, (rows, columns), strict=True)
    ]
    return places[0].astype(np.int64), places[1].astype(np.int64)


@cache
def _known() -> tuple[Floats, Floats]:
    """(kinds, characters, 100) their shapes, and the least likeness (characters,) of a glyph that is one."""
    with np.load(SHAPES_FILE) as kept:
        shapes: Floats = kept["shapes"].astype(np.float64)
        least: Floats = kept["least"] / 100.0
    return shapes / np.linalg.norm(shapes, axis=2, keepdims=True), least
