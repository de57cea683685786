"""Where the ink of digits and signs lies: a witness against a map that says a point of a minus, or a 1 of a slash.

PDFium gives the box of each glyph as its font draws it. A point lies on the baseline, a comma reaches below it, a minus
is flat and lies above it, the digits of a page are of one height: no font prints them otherwise.
"""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np

from transforms.reading.ideographs import is_white
from transforms.reading.page import Bools, Codes, Floats, Ints
from transforms.reading.pdfium import api
from transforms.reading.pdfium.fonts import is_painted_with_shapes
from transforms.reading.pdfium.outlines import contours_of
from transforms.reading.pdfium.printed import Printed

_ANY: Final = 9.0
_LIMITS: Final = {
    ".": ((0.02, 0.26), (0.02, 0.26), (-0.06, 0.12)),
    ",": ((0.02, 0.32), (0.08, 0.42), (-0.4, -0.03)),
    "·": ((0.02, 0.4), (0.02, 0.4), (0.12, 0.6)),
    ":": ((0.02, 0.3), (0.25, 0.8), (-0.1, 0.3)),
    "-": ((0.1, _ANY), (0.005, 0.2), (0.08, 0.6)),
    "–": ((0.1, _ANY), (0.005, 0.2), (0.08, 0.6)),
    "—": ((0.1, _ANY), (0.005, 0.2), (0.08, 0.6)),
    "−": ((0.1, _ANY), (0.005, 0.2), (0.08, 0.6)),
    "+": ((0.25, 1.0), (0.25, 1.0), (-0.15, 0.35)),
    "=": ((0.25, 1.0), (0.1, 0.5), (0.02, 0.5)),
    "<": ((0.25, 1.0), (0.32, 1.0), (-0.2, 0.35)),
    ">": ((0.25, 1.0), (0.32, 1.0), (-0.2, 0.35)),
    "≤": ((0.3, 1.1), (0.36, 1.1), (-0.25, 0.25)),
    "≥": ((0.3, 1.1), (0.36, 1.1), (-0.25, 0.25)),
    "≦": ((0.3, 1.1), (0.45, 1.2), (-0.3, 0.25)),
    "≧": ((0.3, 1.1), (0.45, 1.2), (-0.3, 0.25)),
    "≠": ((0.25, 1.1), (0.2, 1.3), (-0.4, 0.4)),
    " ": ((-_ANY, _ANY), (-_ANY, 0.05), (-_ANY, _ANY)),
    "%": ((0.35, 1.1), (0.5, 0.95), (-0.08, 0.15)),
    "/": ((0.12, 0.8), (0.5, 1.3), (-0.4, 0.15)),
}
"""Sign -> width, height and place above the baseline of its ink, in font sizes: least and most."""

_OF_DIGITS: Final = ((0.06, 1.1), (0.35, 1.1), (-0.35, 0.2))
_DIGITS: Final = slice(0x30, 0x3A)
_DIGIT: Final = 0
_SPACE: Final = ord(" ")
_KNOWN: Final = 0x10000
_ALIKE: Final = 0.06
_OTHER: Final = 0.12
"""How far the height and place of a digit are from those of most at most, and from which it is another sign."""

_CONTOURS: Final = {"<": {1}, ">": {1}, "=": {2}, "≤": {2, 3}, "≥": {2}, "≦": {3}, "≧": {3}, "≠": {1, 3}}
"""Of how many closed lines fonts draw a sign."""

_SOFT_HYPHEN: Final = 0xAD
_MOST: Final = 0.8
_MOST_CHARACTERS: Final = 20_000
_FLAT: Final = frozenset("-–—−")
"""Signs that are wider than high."""


def displaced_signs(text: Any, codes: Codes, printed: Printed) -> frozenset[int]:
    """Give the digits and signs of a page whose ink, in an embedded font, lies where no such sign has it.

    Args:
        text: Handle of PDFium's text page.
        codes: Code points of the page's text, by PDFium's index.
        printed: Its printed characters.

    Returns:
        Code points, as the text says them.
    """
    codes = codes[printed.index]
    kind = _kinds()[np.minimum(codes, _KNOWN - 1)]
    at = np.flatnonzero(kind >= 0)[:_MOST_CHARACTERS]
    size, across = _sizes(printed)
    at = at[size[printed.run[at]] > 0]
    if not len(at):
        return frozenset()
    run, kind = printed.run[at], kind[at]
    ink = _ink(text, printed, at, size[run], across[run])
    least, most = _bounds()[:, kind]
    is_other = ((ink < least) | (ink > most)).any(axis=1)
    is_flat, has_lines = _are_flat_or_lined()[:, kind]
    is_other |= is_flat & (ink[:, 0] <= ink[:, 1])
    is_other |= _uneven(ink, kind == _DIGIT)
    codes = codes[at]
    lined, other = (
        {(code, printed.texts[of]) for code, of in zip(codes[chosen].tolist(), run[chosen].tolist(), strict=True)}
        for chosen in (has_lines.nonzero()[0], is_other.nonzero()[0])
    )
    return frozenset(code for code, owner in other | _of_other_lines(lined) if is_painted_with_shapes(owner))


@cache
def _kinds() -> Ints:
    """Row of `_bounds` of each code point; -1 of others."""
    table = np.full(_KNOWN, -1, dtype=np.int64)
    table[_DIGITS] = _DIGIT
    table[[*map(ord, _LIMITS)]] = np.arange(1, len(_LIMITS) + 1)
    table[is_white(np.arange(_KNOWN, dtype=np.uint32)) & (np.arange(_KNOWN) != _SOFT_HYPHEN)] = table[_SPACE]
    return table


@cache
def _bounds() -> Floats:
    """(2, signs, 3) least and most width, height and place above the baseline."""
    return np.array([_OF_DIGITS, *_LIMITS.values()]).transpose(2, 0, 1)


@cache
def _are_flat_or_lined() -> Bools:
    """(2, signs) which of the signs of `_bounds` are wider than high, and which are drawn of so many lines."""
    return np.array([[False, *(sign in kind for sign in _LIMITS)] for kind in (_FLAT, _CONTOURS)])


def _sizes(printed: Printed) -> tuple[Floats, Floats]:
    """Font size of each run, up and across, in points of the page; 0 of those that do not stand level."""
    a, b, c, d = printed.matrix[:, :4].T
    is_level = (b == 0) & (c == 0) & (a > 0) & (printed.points * d > 0)
    return np.where(is_level, np.abs(printed.points * d), 0.0), np.where(is_level, np.abs(a * printed.points), 0.0)


def _ink(text: Any, printed: Printed, at: Ints, size: Floats, across: Floats) -> Floats:
    """Width, height and place above the baseline of the ink of characters, in font sizes (characters, 3)."""
    items = printed.index[at].tolist()
    left, right, bottom, top = api.fill(api.char_box, "<f8", 4, api.same(text), items, count=len(items)).T
    return np.column_stack([(right - left) / across, (top - bottom) / size, (bottom - printed.origin[at, 1]) / size])


def _uneven(ink: Floats, digits: Bools) -> Bools:
    """Which digits are higher or lower than those of the page, where nearly all of these are alike."""
    result = np.zeros(len(ink), dtype=np.bool_)
    if not digits.any():
        return result
    own = ink[digits][:, 1:]
    in_order = np.sort(own, axis=0)
    usual = (in_order[(len(own) - 1) // 2] + in_order[len(own) // 2]) / 2
    far = np.maximum(*np.abs(own - usual).T)
    if np.count_nonzero(far <= _ALIKE) / len(far) >= _MOST:
        result[digits] = far > _OTHER
    return result


def _of_other_lines(printed: set[tuple[int, int]]) -> set[tuple[int, int]]:
    """Of signs and the texts that print them those that a font draws of more or fewer lines; a text for each font."""
    by_font = {(code, api.text_font(owner)): owner for code, owner in printed}
    found = set()
    for (code, font), owner in by_font.items():
        lines = contours_of(font, code) if font else 0
        if lines and lines not in _CONTOURS[chr(code)]:
            found.add((code, owner))
    return found
