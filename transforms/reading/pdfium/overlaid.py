"""Figures that something is drawn over: struck out, changed to another digit, cut by a white box, given a point.

A page is drawn twice, as it is and with its text alone. Where the two differ within the figures, the text does not say
what a person sees.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final

import numpy as np
import pypdfium2 as pdfium_helpers
from numpy.typing import NDArray

from transforms.reading.page import Floats, Ints
from transforms.reading.pdfium.objects import batches
from transforms.reading.pdfium.traceless import drawn, inactive

_SCALE: Final = 3.0
_MOST_PIXELS: Final = 8_000_000
_COLOURS: Final = 3
_INK: Final = 90
_DARK: Final = 128
_LEAST: Final = 0.004
"""Area that must be another, of the square of a character's height: a third of a point."""


def overlaid(page: pdfium_helpers.PdfPage, boxes: Floats, inks: Floats) -> Ints:
    """Say of which characters the page shows more, or less, than their text alone would.

    Args:
        page: Open; it looks the same afterwards.
        boxes: (n, 4) displayed boxes of characters.
        inks: (n, 4) the parts of them that hold their ink.

    Returns:
        Which of them are covered in part, or have ink that is not theirs. None on a page that is too large.
    """
    width, height = page.get_size()
    if width * height * _SCALE**2 > _MOST_PIXELS:
        return np.empty(0, dtype=np.int64)
    whole = _darkest(page)
    found = batches(int(ctypes.cast(page.raw, ctypes.c_void_p).value or 0))
    with inactive([handle for batch in found for handle in (*batch.paths, *batch.images, *batch.shadings)]):
        alone = _darkest(page)
    return np.flatnonzero([_differs(whole, alone, box, ink) for box, ink in zip(boxes, inks, strict=True)])


def _darkest(page: pdfium_helpers.PdfPage) -> NDArray[np.int16]:
    pixels: NDArray[np.int16] = drawn(page, _SCALE)[..., :_COLOURS].min(axis=2)
    return pixels


def _differs(whole: NDArray[np.int16], alone: NDArray[np.int16], box: Floats, ink: Floats) -> bool:
    paper = int(_part(whole, box).max(initial=0))
    seen, said = _part(whole, ink), _part(alone, ink)
    if not seen.size or paper < _DARK:
        return False
    more = (seen < paper - _INK) & (said > 255 - _INK)
    if np.median(seen) < paper - _INK:
        return False  # a dark ground, on which text is light
    less = (seen > paper - _INK // 2) & (said < 255 - _INK)
    least = max(_LEAST * float(box[3] - box[1]) ** 2 * _SCALE**2, 1.0)
    return bool(max(int(more.sum()), int(less.sum())) >= least)


def _part(pixels: NDArray[np.int16], box: Floats) -> Any:
    x0, y0, x1, y1 = np.clip(np.rint(box * _SCALE), 0, None).astype(np.int64).tolist()
    return pixels[y0:y1, x0:x1]
