"""The outlines that a font draws for its characters: fonts of one name may draw others than one another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import pypdfium2.raw as pdfium

from transforms.reading.pdfium import api

Outline = tuple[int, int, bytes]
"""A code point, of how many segments its outline is, and where some of them end: most others have other ones."""

_SIZE: Final = 64.0
_POINTS: Final = 6


def outlines_of(glyphs: Sequence[tuple[int, int]]) -> list[Outline | None]:
    """Say what characters have for outlines.

    Args:
        glyphs: Of each PDFium's handle of a font, and a code point, which PDFium looks up in the font's Unicode map.

    Returns:
        The same for the same outline; null of a character without any.
    """
    paths = [api.glyph_path(font, code, _SIZE) for font, code in glyphs]
    counts = [api.count_glyph_segments(path) if path else 0 for path in paths]
    segments = [
        api.glyph_segment(path, count * k // _POINTS)
        for path, count in zip(paths, counts, strict=True)
        if count > 0
        for k in range(_POINTS)
    ]
    points = api.fill(api.segment_point, "<f4", 2, api.handles(segments), count=len(segments)).tobytes()
    size, found, at = 8 * _POINTS, list[Outline | None](), 0
    for (_, code), count in zip(glyphs, counts, strict=True):
        found.append((code, count, points[at : at + size]) if count > 0 else None)
        at += size if count > 0 else 0
    return found


def contours_of(font: Any, code: int) -> int:
    """Give of how many closed lines a font draws a character; 0 where it draws nothing.

    Args:
        font: PDFium's handle of a font.
        code: Code point, which PDFium looks up in the font's Unicode map.
    """
    path = pdfium.FPDFFont_GetGlyphPath(font, code, _SIZE)
    count = max(pdfium.FPDFGlyphPath_CountGlyphSegments(path), 0) if path else 0
    segments = (pdfium.FPDFGlyphPath_GetGlyphPathSegment(path, i) for i in range(count))
    return sum(pdfium.FPDFPathSegment_GetType(segment) == pdfium.FPDF_SEGMENT_MOVETO for segment in segments)
