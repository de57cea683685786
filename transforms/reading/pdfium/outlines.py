"""The outlines that a font draws for its characters: fonts of one name may draw others than one another."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import pypdfium2.raw as pdfium

from transforms.reading.pdfium import api

Outline = tuple[int, bytes]
"""Of how many segments an outline is, and where some of them end: most others have other ones."""

_SIZE: Final = 64.0
_POINTS: Final = 6


def outlines_of(glyphs: Sequence[tuple[int, int]]) -> list[Outline | None]:
    """Say what characters have for outlines.

    Args:
        glyphs: Of each the address of a font of PDFium's, and a code point, which PDFium looks up in the font's
            Unicode map.

    Returns:
        The same for the same outline; null of a character without any.
    """
    paths = [api.glyph_path(font, code, _SIZE) for font, code in glyphs]
    counts = [_count(path) for path in paths]
    places = range(_POINTS)
    segments = [
        segment
        for path, count in zip(paths, counts, strict=True)
        for segment in _segments(path, [count * k // _POINTS for k in places] if count else ())
    ]
    points = api.fill(api.segment_point, "<f4", 2, api.handles(segments), count=len(segments)).tobytes()
    size, found, at = 8 * _POINTS, list[Outline | None](), 0
    for count in counts:
        found.append((count, points[at : at + size]) if count > 0 else None)
        at += size if count > 0 else 0
    return found


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
