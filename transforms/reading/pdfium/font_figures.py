"""The shapes of digits, units and signs in the fonts of a page: a witness against a map that nothing else confirms.

Office suites embed fonts without names of glyphs and without a table of characters, numbered as they are used. Where
the map of such a font says 3 of the glyph 5, and 5 of the glyph 3, only the glyphs tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Final

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from transforms.reading import digits, ideograph_shapes
from transforms.reading.ideograph_shapes import CHARACTERS, are_others, compared
from transforms.reading.page import Bools, Codes, Floats, Ints
from transforms.reading.pdfium import api
from transforms.reading.pdfium.fonts import font_of, has_shapes
from transforms.reading.pdfium.outlines import Outline, outlines_of
from transforms.reading.sign_strokes import SIGNS, likeness_of_signs

Glyph = tuple[int, int]
"""Address of a font, and a code point."""

_SURELY: Final = 0.65
_BETTER: Final = 0.15
"""Likenesses: least to another digit, and least more than that to the own one, from which a digit is that other one. In
upright fonts digits are liker themselves than any other, by 0.08 and more, in slanted ones another by 0.13 at most."""

_USUAL: Final = 0.5
_UNLIKE: Final = 0.25
"""Likeness to themselves of the digits of a font that are known, and below which one of them is not a digit."""

_BETTER_SIGN: Final = 0.2
"""Of signs in the fonts looked at, the own one is liker than the other by 0.3 and more."""

_FEW: Final = 3
"""Digits of a font below which those of its page say whether digits look like digits."""

_MOST_GLYPHS: Final = 2000
_KINDS: Final = ("0123456789", SIGNS, CHARACTERS)
"""Figures that are compared with one another."""

_DIGITS, _SIGNS, _IDEOGRAPHS = range(1, len(_KINDS) + 1)
_LAST: Final = 0xFFFF
_CODE_BITS: Final = 16
_MOST_KEPT: Final = 50_000


@dataclass(frozen=True, slots=True)
class _Shape:
    """A character as a font draws it: the same for the same outline, whichever font that is."""

    code: int
    outline: Outline
    font: int = field(compare=False)


class KnownFigures:
    """Glyphs of a document that were looked at. Close it before the document.

    Fonts are held, so that the handle of one does not become that of another.
    """

    def __init__(self, document: Any) -> None:
        self._document = document
        self._held: dict[int, Any] = {}
        self.likeness: dict[Glyph, NDArray[np.float64]] = {}

    def close(self) -> None:
        """Let the fonts go."""
        for text in self._held.values():
            pdfium.FPDFPageObj_Destroy(text)
        self._held.clear()
        self.likeness.clear()

    def hold(self, font: int) -> None:
        """Keep a font until the end."""
        if font not in self._held:
            self._held[font] = pdfium.FPDFPageObj_CreateTextObj(self._document, font_of(font), 1.0)


def other_figures(codes: Codes, run: Ints, texts: Sequence[int], known: KnownFigures) -> frozenset[int]:
    """Give the digits, units and signs of a page of which an embedded font has the shape of another one.

    Args:
        codes: Code points of the characters of the page's text.
        run: The text object of each, as its place in `texts`.
        texts: Handles of text objects.
        known: Those looked at before in the same document; what is looked at now is added.

    Returns:
        Code points, as the text says them, of fonts that print what was not looked at before.
    """
    new = [glyph for glyph in _figures(codes, run, texts) if glyph not in known.likeness]
    new = [glyph for glyph in new if has_shapes(glyph[0])][: max(0, _MOST_GLYPHS - len(known.likeness))]
    if not new:
        return frozenset()
    for font, _ in new:
        known.hold(font)
    known.likeness |= zip(new, map(_likeness, new, outlines_of(new)), strict=True)
    kinds, _ = _kinds()
    return frozenset(code for kind in {int(kinds[code]) for _, code in new} for code in _others(kind, new, known))


def _others(kind: int, new: Sequence[Glyph], known: KnownFigures) -> Iterator[int]:
    """The characters of a kind that fonts with new glyphs show otherwise."""
    kinds, places = _kinds()
    of_kind = [glyph for glyph in known.likeness if kinds[glyph[1]] == kind]
    usual = _usual([known.likeness[glyph] for glyph in of_kind], of_kind) if kind == _DIGITS else 0.0
    for font in {font for font, code in new if kinds[code] == kind}:
        used = [glyph for glyph in of_kind if glyph[0] == font]
        likeness, said = np.array([known.likeness[glyph] for glyph in used]), places[[code for _, code in used]]
        is_other = _are_others(kind, likeness, said, usual)
        yield from (code for (_, code), other in zip(used, is_other.tolist(), strict=True) if other)


def _usual(likeness: Sequence[NDArray[np.float64]], glyphs: Sequence[Glyph]) -> float:
    """How much digits look like themselves in the middle; 0 where nothing is drawn."""
    _, places = _kinds()
    own = np.array([one[places[code]] for one, (_, code) in zip(likeness, glyphs, strict=True)])
    return float(np.nanmedian(own)) if np.isfinite(own).any() else 0.0


def _are_others(kind: int, likeness: Floats, said: Ints, usual: float) -> Bools:
    if kind == _DIGITS:
        return _other_digits(likeness, said, usual)
    return _other_signs(likeness, said) if kind == _SIGNS else are_others(likeness, said)


def _other_signs(likeness: Floats, said: Ints) -> Bools:
    """The signs that have the shape of another one."""
    own = likeness[np.arange(len(said)), said]
    return np.asarray(likeness.max(axis=1) - own >= _BETTER_SIGN, dtype=np.bool_)


def _other_digits(likeness: Floats, said: Ints, usual: float) -> Bools:
    """The digits that have the shape of another one, or of none, among those that the text says of a font.

    Args:
        likeness: Of digits of one font.
        said: What they should be.
        usual: Likeness to themselves of the digits of all fonts.
    """
    each = np.arange(len(said))
    own = likeness[each, said]
    others = likeness.copy()
    others[each, said] = np.nan
    with np.errstate(invalid="ignore"):
        best = np.fmax.reduce(others, axis=1)
        is_other: Bools = (best >= _SURELY) & (best - own >= _BETTER)
        if np.isfinite(own).any():
            is_other |= (own < _UNLIKE) & ((np.nanmedian(own) if len(own) >= _FEW else usual) >= _USUAL)
    return is_other


@cache
def _kinds() -> tuple[NDArray[np.int8], Ints]:
    """Which of `_KINDS` each code point belongs to, from 1, 0 of others, and its place there."""
    kinds, places = np.zeros(_LAST + 1, dtype=np.int8), np.zeros(_LAST + 1, dtype=np.int64)
    for number, characters in enumerate(_KINDS, 1):
        at = [*map(ord, characters)]
        kinds[at], places[at] = number, range(len(at))
    return kinds, places


def _figures(codes: Codes, run: Ints, texts: Sequence[int]) -> list[Glyph]:
    """The figures that a page prints, and their fonts."""
    kinds, _ = _kinds()
    at = kinds[np.minimum(codes, _LAST)].nonzero()[0]
    packed = {*((run[at] << _CODE_BITS) | codes[at]).tolist()}
    printed = [(one >> _CODE_BITS, one & _LAST) for one in sorted(packed)]
    numbers = list(dict.fromkeys(number for number, _ in printed))
    fonts = dict(zip(numbers, map(api.text_font, [texts[number] for number in numbers]), strict=True))
    return list(dict.fromkeys((fonts[number], code) for number, code in printed))


def _likeness(glyph: Glyph, outline: Outline | None) -> NDArray[np.float64]:
    """What a glyph is like: see `_compared`."""
    font, code = glyph
    return _drawn(font, code) if outline is None else _of_shape(_Shape(code, outline, font))


@lru_cache(maxsize=_MOST_KEPT)
def _of_shape(shape: _Shape) -> NDArray[np.float64]:
    """What a shape is like; documents of one producer have the same ones, so that each is drawn once."""
    return _drawn(shape.font, shape.code)


def _drawn(font: int, code: int) -> NDArray[np.float64]:
    kind, place = (int(table[code]) for table in _kinds())
    picture = digits.draw([(font_of(font), chr(code), ideograph_shapes.SIZE if kind == _IDEOGRAPHS else digits.SIZE)])
    likeness: NDArray[np.float64] = _compared(kind, picture, np.array([place]))[0]
    return likeness


def _compared(kind: int, drawn: digits.Gray, said: Ints) -> Floats:
    if kind == _IDEOGRAPHS:
        return compared(drawn, said)
    patches = digits.pictures_of(drawn)
    return digits.looks_like(patches) if kind == _DIGITS else likeness_of_signs(patches)
