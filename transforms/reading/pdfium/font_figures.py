"""The shapes of digits, units and signs in the fonts of a page: a witness against a map that nothing else confirms.

Office suites embed fonts without names of glyphs and without a table of characters, numbered as they are used. Where
the map of such a font says 3 of the glyph 5, and 5 of the glyph 3, only the glyphs tell.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from transforms.reading.digits import Gray, draw, looks_like
from transforms.reading.page import Codes, Floats, Ints
from transforms.reading.pdfium import api
from transforms.reading.pdfium.fonts import font_of, is_embedded
from transforms.reading.pdfium.outlines import outline_of
from transforms.reading.sign_strokes import PAIRS, likeness_of_signs

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
_KINDS: Final = ("0123456789", *PAIRS)
"""Figures that are compared with one another."""

_LAST: Final = 0xFFFF
_CODE_BITS: Final = 16


def other_figures(codes: Codes, run: Ints, texts: Sequence[int], known: KnownFigures) -> frozenset[int]:
    """Give the digits, units and signs of a page of which an embedded font has the shape of another one.

    Args:
        codes: Code points of the characters of the page's text.
        run: The text object of each, as its place in `texts`.
        texts: Handles of text objects.
        known: Those looked at before in the same document; what is looked at now is added.

    Returns:
        Code points, as the text says them.
    """
    new = _new(_by_kind(codes, run, texts), known)
    if not any(new):
        return frozenset()
    drawn = draw([(font_of(font), chr(code)) for kind in new for font, used in kind for code in used])
    found: set[int] = set()
    at = 0
    for kind, each in zip(_KINDS, new, strict=True):
        for _, used in each:
            patches, at = drawn[at : at + len(used)], at + len(used)
            found |= _other_signs(patches, used, kind) if kind in PAIRS else _other_digits(looks_like(patches), used)
    return frozenset(found)


def _other_signs(patches: Gray, used: list[int], pair: str) -> set[int]:
    """The signs of a pair that have the shape of the other one."""
    said = np.array([pair.index(chr(code)) for code in used])
    likeness, each = likeness_of_signs(patches, pair), np.arange(len(used))
    is_other = likeness[each, 1 - said] - likeness[each, said] >= _BETTER_SIGN
    return {used[i] for i in np.flatnonzero(is_other).tolist()}


def _other_digits(likeness: Floats, used: list[int]) -> set[int]:
    """The digits that have the shape of another one, or of none, among those that the text says of a font."""
    each, said = np.arange(len(used)), np.array(used) - _ZERO
    own = likeness[each, said]
    others = likeness.copy()
    others[each, said] = np.nan
    with np.errstate(invalid="ignore"):
        best = np.fmax.reduce(others, axis=1)
        is_other = (best >= _SURELY) & (best - own >= _BETTER)
        is_other |= (own < _UNLIKE) & (np.nanmedian(own) >= _USUAL if np.isfinite(own).any() else False)
    return {used[i] for i in np.flatnonzero(is_other).tolist()}


@cache
def _kind_of() -> NDArray[np.int8]:
    """Which of `_KINDS` each code point belongs to, from 1; 0 of others."""
    table = np.zeros(_LAST + 1, dtype=np.int8)
    for number, characters in enumerate(_KINDS, 1):
        table[[*map(ord, characters)]] = number
    return table


def _by_kind(codes: Codes, run: Ints, texts: Sequence[int]) -> list[dict[int, set[int]]]:
    """The figures of each kind that a page prints, by font."""
    kinds = _kind_of()
    at = kinds[np.minimum(codes, _LAST)].nonzero()[0]
    packed = {*((run[at] << _CODE_BITS) | codes[at]).tolist()}
    printed = [(one >> _CODE_BITS, one & ((1 << _CODE_BITS) - 1)) for one in packed]
    numbers = list({number for number, _ in printed})
    fonts = dict(zip(numbers, map(api.text_font, [texts[number] for number in numbers]), strict=True))
    found: list[dict[int, set[int]]] = [{} for _ in _KINDS]
    for font, code in {(fonts[number], code) for number, code in printed}:
        found[kinds[code] - 1].setdefault(font, set()).add(code)
    return found


def _new(by_kind: Iterable[dict[int, set[int]]], known: KnownFigures) -> list[list[tuple[int, list[int]]]]:
    """Of each kind the embedded fonts, and the figures of each that were not looked at before; now they are."""
    names: dict[int, bytes | None] = {}
    found: list[list[tuple[int, list[int]]]] = []
    for figures in by_kind:
        found.append([])
        for font in sorted(figures)[:_MOST_FONTS]:
            name = names[font] if font in names else names.setdefault(font, _embedded_name(font))
            if name is None:
                continue
            drawn = {code: (name, outline_of(font, code)) for code in sorted(figures[font])}
            if new := [code for code, outline in drawn.items() if outline not in known]:
                known.update(drawn.values())
                found[-1].append((font, new))
    return found


def _embedded_name(font: int) -> bytes | None:
    """The name of a font that the PDF brings along; null of others."""
    if not is_embedded(font):
        return None
    name = ctypes.create_string_buffer(_LONGEST_NAME)
    pdfium.FPDFFont_GetBaseFontName(font_of(font), name, _LONGEST_NAME)
    return name.value
