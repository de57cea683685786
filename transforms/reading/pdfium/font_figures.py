"""The shapes of digits, units and signs in the fonts of a page: a witness against a map that nothing else confirms.

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
from transforms.reading.pdfium.outlines import outline_of
from transforms.reading.sign_strokes import PAIRS, likeness_of_signs
from transforms.reading.text import is_digit

KnownFigures = set[tuple[bytes, int]]
"""Name of a font, and what `outline_of` says of a character: two fonts of a document may have one name."""

_ZERO: Final = 48
_SURELY: Final = 0.65
_BETTER: Final = 0.15
"""Likenesses: least to another digit, and least more than that to the own one, from which a digit is that other one. In
upright fonts digits are liker themselves than any other, by 0.08 and more, in slanted ones another by 0.13 at most."""

_USUAL: Final = 0.5
_UNLIKE: Final = 0.25
"""Likeness to themselves of the digits of a font that are known, and below which one of them is not a digit."""

_BETTER_SIGN: Final = 0.2
"""Of signs in the fonts looked at, the own one is liker than the other by 0.3 and more."""

_MOST_FONTS: Final = 16
_LONGEST_NAME: Final = 256


def other_figures(text: Any, codes: Codes, known: KnownFigures) -> frozenset[int]:
    """Give the digits, units and signs of a page of which an embedded font has the shape of another one.

    Args:
        text: Handle of PDFium's text page.
        codes: Code points of the page's text, by PDFium's index.
        known: Those looked at before in the same document; what is looked at now is added.

    Returns:
        Code points, as the text says them.
    """
    said = _fonts(text, codes, np.flatnonzero(is_digit(codes)), known)
    found = _other_digits(said) if said else set()
    for pair in PAIRS:
        signs = [*map(ord, pair)]
        said = _fonts(text, codes, np.flatnonzero(np.isin(codes, signs)), known)
        likeness = likeness_of_signs(_handles(said), pair) if said else np.empty((0, 2, 2))
        for each, used in zip(likeness, said.values(), strict=True):
            places = [signs.index(code) for code in used]
            found |= {signs[i] for i in places if each[i, 1 - i] - each[i, i] >= _BETTER_SIGN}
    return frozenset(found)


def _other_digits(said: dict[int, list[int]]) -> set[int]:
    """The digits that have the shape of another one, or of none, among those that the text says of each font."""
    found: set[int] = set()
    for each, used in zip(likeness_of_fonts(_handles(said)), said.values(), strict=True):
        digits = [code - _ZERO for code in used]
        own = each[digits, digits].copy()
        each[digits, digits] = np.nan
        with np.errstate(invalid="ignore"):
            best = np.fmax.reduce(each[digits], axis=1)
            is_other = (best >= _SURELY) & (best - own >= _BETTER)
            is_other |= (own < _UNLIKE) & (np.nanmedian(own) >= _USUAL if np.isfinite(own).any() else False)
        found |= {used[i] for i in np.flatnonzero(is_other).tolist()}
    return found


def _handles(said: dict[int, list[int]]) -> list[Any]:
    return [ctypes.cast(font, pdfium.FPDF_FONT) for font in said]


def _fonts(text: Any, codes: Codes, at: Ints, known: KnownFigures) -> dict[int, list[int]]:
    """The embedded fonts of some characters, and those of them that were not looked at before."""
    if not len(at):
        return {}
    owners = np.fromiter(map(api.char_object, api.same(text), at.tolist()), np.uint64, len(at))
    texts, inverse = np.unique(owners, return_inverse=True)
    fonts = np.fromiter(map(api.text_font, texts.tolist()), np.uint64, len(texts))[inverse]
    said: dict[int, list[int]] = {}
    for font in np.unique(fonts).tolist()[:_MOST_FONTS]:
        if font and (new := _new(font, np.unique(codes[at[fonts == font]]).tolist(), known)):
            said[font] = new
    return said


def _new(font: int, codes: list[int], known: KnownFigures) -> list[int]:
    """The characters of an embedded font that were not looked at before; now they are."""
    handle = ctypes.cast(font, pdfium.FPDF_FONT)
    if pdfium.FPDFFont_GetIsEmbedded(handle) != 1:
        return []
    name = ctypes.create_string_buffer(_LONGEST_NAME)
    pdfium.FPDFFont_GetBaseFontName(handle, name, _LONGEST_NAME)
    found = {code: (name.value, outline_of(handle, code)) for code in codes}
    new = [code for code, outline in found.items() if outline not in known]
    known.update(found.values())
    return new
