"""The outlines that a font draws for its characters: fonts of one name may draw others than one another."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pypdfium2.raw as pdfium

from transforms.reading.pdfium import api

_SIZE: Final = 64.0
_MOST_POINTS: Final = 12


def outline_of(font: int, code: int) -> int:
    """Give a number that is the same for the same outline; most others have another one.

    Args:
        font: Address of a font of PDFium's.
        code: Code point, which PDFium looks up in the font's Unicode map.
    """
    path = api.glyph_path(font, code, _SIZE)
    count = _count(path)
    segments = _segments(path, range(0, count, max(1, count // _MOST_POINTS)))
    points = api.fill(api.segment_point, "<f4", 2, api.handles(segments), count=len(segments))
    return hash((code, count, points.tobytes()))


def contours_of(font: int, code: int) -> int:
    """Give of how many closed lines a font draws a character; 0 where it draws nothing.

    Args:
        font: Address of a font of PDFium's.
        code: Code point, which PDFium looks up in the font's Unicode map.
    """
    path = api.glyph_path(font, code, _SIZE)
    segments = _segments(path, range(_count(path)))
    return list(map(api.segment_type, segments)).count(pdfium.FPDF_SEGMENT_MOVETO)


def _count(path: int) -> int:
    return max(int(api.glyph_count_segments(path)), 0) if path else 0


def _segments(path: int, numbers: Iterable[int]) -> list[int]:
    """Addresses of segments of a path."""
    return list(map(api.glyph_segment, api.same(api.handle(path)), numbers)) if path else []
