"""Fonts for pdfminer with bounded widths: it notes each code of a range, which may be thousands of millions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from pdfminer.pdffont import PDFFont
from pdfminer.pdfinterp import PDFResourceManager
from pdfminer.pdftypes import resolve1

_MOST_CODES: Final = 0x10000
"""A font has no more codes: they are of two bytes."""

_RANGES: Final = {"W": 3, "W2": 5}
"""Entry of a font -> how many numbers say the widths of a range, first and last code before the others."""


class BoundedFonts(PDFResourceManager):
    """The fonts of one document."""

    def get_font(self, objid: object, spec: Mapping[str, object]) -> PDFFont:
        """Make a font, or return it where it was made before."""
        bounded = {key: _bounded(resolve1(spec[key]), numbers) for key, numbers in _RANGES.items() if key in spec}
        return super().get_font(objid, {**spec, **bounded} if bounded else spec)


def _bounded(widths: object, numbers: int) -> object:
    """Cut the ranges of widths to the codes that a font can have.

    Example:
        >>> _bounded([1, [500, 600], 5, 2_000_000_000, 500], 3)
        [1, [500, 600], 5, 65535, 500]
    """
    if not isinstance(widths, list):
        return widths
    cut: list[object] = []
    waiting = 0
    for given in widths:
        value = resolve1(given)
        waiting = 0 if isinstance(value, list) else (waiting + 1) % numbers
        cut.append(min(max(value, 0), _MOST_CODES - 1) if waiting in (1, 2) and isinstance(value, int) else value)
    return cut
