"""The shapes of the digits in the fonts of a page: a witness against a Unicode map that nothing else confirms.

Office suites embed fonts without names of glyphs and without a table of characters, numbered as they are used. Where
the map of such a font says 3 of the glyph 5, and 5 of the glyph 3, only the glyphs tell.
"""

from __future__ import annotations

import ctypes
from typing import Any, Final

import numpy as np
import pypdfium2.raw as pdfium

from transforms.reading.digits import likeness_of_fonts
from transforms.reading.page import Codes, Ints
from transforms.reading.pdfium import api
from transforms.reading.text import is_digit

KnownDigits = set[tuple[bytes, int]]
"""Name of a font, and digit."""

_ZERO: Final = 48
_SURELY: Final = 0.65
_BETTER: Final = 0.15
"""Likenesses: least to another digit, and least more than that to the own one, from which a digit is that other one. In
upright fonts digits are liker themselves than any other, by 0.08 and more, in slanted ones another by 0.13 at most."""

_USUAL: Final = 0.5
_UNLIKE: Final = 0.25
"""Likeness to themselves of the digits of a font that are known, and below which one of them is not a digit."""

_MOST_FONTS: Final = 16
_LONGEST_NAME: Final = 256


def other_digits(text: Any, codes: Codes, known: KnownDigits) -> frozenset[int]:
    """Give the digits of a page of which an embedded font has the shape of another digit.

    Args:
        text: Handle of PDFium's text page.
        codes: Code points of the page's text, by PDFium's index.
        known: Those looked at before in the same document; what is looked at now is added.

    Returns:
        Code points of ASCII digits, as the text says them.
    """
    at = np.flatnonzero(is_digit(codes))
    owners = np.fromiter(map(api.char_object, api.same(text), at.tolist()), np.uint64, len(at))
    texts, inverse = np.unique(owners, return_inverse=True)
    fonts = np.fromiter(map(api.text_font, texts.tolist()), np.uint64, len(texts))[inverse] if len(at) else owners
    said: dict[int, list[int]] = {}
    for font in np.unique(fonts).tolist()[:_MOST_FONTS]:
        if font and (new := _new_digits(font, np.unique(codes[at[fonts == font]]).astype(np.int64) - _ZERO, known)):
            said[font] = new
    if not said:
        return frozenset()
    likeness = likeness_of_fonts([ctypes.cast(font, pdfium.FPDF_FONT) for font in said])
    found: set[int] = set()
    for each, digits in zip(likeness, said.values(), strict=True):
        own = each[digits, digits].copy()
        each[digits, digits] = np.nan
        with np.errstate(invalid="ignore"):
            best = np.fmax.reduce(each[digits], axis=1)
            is_other = (best >= _SURELY) & (best - own >= _BETTER)
            is_other |= (own < _UNLIKE) & (np.nanmedian(own) >= _USUAL if np.isfinite(own).any() else False)
        found |= {_ZERO + digits[i] for i in np.flatnonzero(is_other).tolist()}
    return frozenset(found)


def _new_digits(font: int, digits: Ints, known: KnownDigits) -> list[int]:
    """The digits of an embedded font that were not looked at before; now they are."""
    handle = ctypes.cast(font, pdfium.FPDF_FONT)
    if pdfium.FPDFFont_GetIsEmbedded(handle) != 1:
        return []
    name = ctypes.create_string_buffer(_LONGEST_NAME)
    pdfium.FPDFFont_GetBaseFontName(handle, name, _LONGEST_NAME)
    new = [digit for digit in digits.tolist() if (name.value, digit) not in known]
    known.update((name.value, digit) for digit in new)
    return new
