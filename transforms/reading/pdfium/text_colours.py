"""The colours that texts are printed in: of what fills them, or of their outlines."""

from __future__ import annotations

import ctypes
from typing import Final

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from transforms.reading.page import Codes, Ints
from transforms.reading.pdfium import api
from transforms.reading.pdfium.painted import WHITE, packed
from transforms.reading.shown import BLACK

_MODES: Final = range(8)
_FILLS: Final = np.array([mode in (0, 2, 4, 6) for mode in _MODES])
_STROKES_ONLY: Final = np.array([mode in (1, 5) for mode in _MODES])
_BOTH: Final = np.array([mode in (2, 6) for mode in _MODES])
"""What text is painted by, in each of the eight modes of a PDF."""


def text_colours(owners: list[int], mode: Ints, rgba: NDArray[np.uint32]) -> Codes:
    """Packed colours of text objects: of their strokes where they are not filled or filled in white.

    Black for those that are not painted, or painted with a pattern.
    """
    mode = np.where((mode >= 0) & (mode < len(_MODES)), mode, api.NOT_PAINTED)
    colour = np.where(_FILLS[mode], packed(rgba), np.uint32(BLACK))
    strokes_show = _STROKES_ONLY[mode]
    if _BOTH[mode].any():
        strokes_show |= _BOTH[mode] & (rgba[:, :3] >= WHITE).all(axis=1)
    by_stroke = strokes_show.nonzero()[0]
    if len(by_stroke):
        chosen = api.handles([owners[i] for i in by_stroke.tolist()])
        colour[by_stroke] = packed(api.fill(api.stroke_color, "<u4", 4, chosen, count=len(chosen)))
    # A pattern has no colour and leaves zeros, as wholly transparent black does.
    strokes = set(by_stroke.tolist())
    for i in (colour == 0).nonzero()[0].tolist():
        is_clear = _has_stroke_colour(owners[i]) if i in strokes else api.has_transparency(owners[i])
        colour[i] = 0 if is_clear else BLACK
    return colour


def _has_stroke_colour(owner: int) -> bool:
    """Whether an object's strokes have a colour, not a pattern."""
    parts = [ctypes.byref(ctypes.c_uint()) for _ in range(4)]
    return bool(pdfium.FPDFPageObj_GetStrokeColor(ctypes.cast(owner, pdfium.FPDF_PAGEOBJECT), *parts))
