"""The outlines that a font draws for its characters: fonts of one name may draw others than one another."""

from __future__ import annotations

from collections.abc import Callable
from ctypes import byref, c_float
from typing import Any, Final

import pypdfium2.raw as pdfium

_SIZE: Final = 64.0
_MOST_POINTS: Final = 12


def outline_of(font: Any, code: int) -> int:
    """Give a number that is the same for the same outline; most others have another one.

    Args:
        font: PDFium's handle of a font.
        code: Code point, which PDFium looks up in the font's Unicode map.
    """
    count, segment = _segments(font, code)
    x, y = c_float(), c_float()
    points = []
    for i in range(0, count, max(1, count // _MOST_POINTS)):
        pdfium.FPDFPathSegment_GetPoint(segment(i), byref(x), byref(y))
        points.append((x.value, y.value))
    return hash((code, count, *points))


def contours_of(font: Any, code: int) -> int:
    """Give of how many closed lines a font draws a character; 0 where it draws nothing.

    Args:
        font: PDFium's handle of a font.
        code: Code point, which PDFium looks up in the font's Unicode map.
    """
    count, segment = _segments(font, code)
    return sum(pdfium.FPDFPathSegment_GetType(segment(i)) == pdfium.FPDF_SEGMENT_MOVETO for i in range(count))


def _segments(font: Any, code: int) -> tuple[int, Callable[[int], Any]]:
    """Of how many segments a font draws a character, and what gives the handle of each."""
    path = pdfium.FPDFFont_GetGlyphPath(font, code, _SIZE)
    count = max(pdfium.FPDFGlyphPath_CountGlyphSegments(path), 0) if path else 0
    return count, lambda i: pdfium.FPDFGlyphPath_GetGlyphPathSegment(path, i)
