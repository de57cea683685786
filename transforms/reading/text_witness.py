"""Characters that a PDF's text may say wrongly, and what the picture of the page shows in their places.

Looked at are the characters that a Unicode map says of two glyphs, and those that reports hardly ever print. With the
extra `ocr` their lines are read from the picture; without it the doubt itself is noted.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from transforms.reading.cells import PlacedPage
from transforms.reading.ocr.engine import is_available, recogniser
from transforms.reading.page import Bools, Codes, Ints
from warehouse.contract import remarks

Gray = NDArray[np.uint8]

TWO_GLYPHS: Final = remarks.TWO_GLYPHS.en
STRANGE: Final = remarks.STRANGE.en
"""What is noted of a character that no picture was read of."""

SCALE: Final = 3.0
"""Pixels a point of the picture that is read."""

_MOST: Final = 60
_NEAR: Final = 10
_SURE: Final = 0.8
_LEVEL: Final = 0.5
_GAP: Final = 2.0
_PAPER: Final = 4
_KNOWN: Final = 0x10000
_SCRIPTS: Final = (
    *((0xC0, 0xD7), (0xD8, 0xF7), (0xF8, 0x250), (0x300, 0x370), (0x400, 0x2000), (0x2C00, 0x2E3A), (0x3040, 0x3200)),
    *((0x3300, 0x3371), (0xA000, 0xE000), (0xFFFD, 0xFFFE)),
)
"""Accented letters, combining marks, scripts that no form is written in, and the sign of a character without a map."""

_SIGNS: Final = "¡¢¤¦ª¬¯´¸º¼¾¿"
"""What PDF engines make of the number of a glyph that has no meaning, among other things."""

_SYMBOLS: Final = range(0x2200, 0x2460)
_USUAL_SYMBOLS: Final = frozenset("−∕∗∘∙⋅⋯⌀")
"""Of mathematical and technical symbols those that GBK lacks are hardly ever printed, apart from these."""


def to_look_at(codes: Codes, doubted: frozenset[int]) -> Ints:
    """Give which characters to look at.

    Args:
        codes: Of a page.
        doubted: Characters that a Unicode map says of two glyphs.
    """
    known = np.minimum(codes, _KNOWN - 1)
    chosen = _rare()[known] | _strange()[known]
    if doubted:
        chosen |= np.isin(codes, np.fromiter(doubted, dtype=np.uint32))
    return chosen.nonzero()[0]


def seen_instead(gray: Gray, placed: PlacedPage, at: Ints, doubted: frozenset[int]) -> dict[int, str]:
    """Say of characters what the picture shows in their places, where that is another one.

    Args:
        gray: The page at `SCALE`, dark ink on light paper.
        placed: The page.
        at: Which characters.
        doubted: As in `to_look_at`.

    Returns:
        By character: `shows` and what OCR reads; without the extra, or where it is not sure, `two glyphs` or `strange`.
        Characters that OCR confirms are left out, as are rare ones that nothing speaks against. OCR reads at most 60.
    """
    codes = placed.page.codes
    found: dict[int, str] = {}
    for i in at.tolist():
        if codes[i] in doubted:
            found[i] = TWO_GLYPHS
        elif _strange()[min(int(codes[i]), _KNOWN - 1)]:
            found[i] = STRANGE
    if not len(at) or not is_available():
        return found
    at = at[:_MOST]
    lines = [_line(placed, i) for i in at.tolist()]
    engine: Any = recogniser()
    for i, line, read in zip(
        at.tolist(), lines, engine.read([_cut(gray, placed, line) for line in lines]), strict=True
    ):
        said = "".join(map(chr, codes[line].tolist()))
        other = _other(said, int(np.flatnonzero(line == i)[0]), read.text, read.confidence)
        if other == said[int(np.flatnonzero(line == i)[0])]:
            found.pop(i, None)
        elif other:
            found[i] = remarks.SHOWS.en.format(other)
    return found


def _line(placed: PlacedPage, i: int) -> Ints:
    """Give the characters around one on its line, from left to right."""
    box = placed.page.char_box
    middle, height = (box[:, 1] + box[:, 3]) / 2, box[i, 3] - box[i, 1]
    level = (placed.cell == placed.cell[i]) & (np.abs(middle - middle[i]) < _LEVEL * height)
    level &= placed.page.char_angle == placed.page.char_angle[i]
    line = np.flatnonzero(level & (placed.page.codes > 32))
    line = line[np.argsort(box[line, 0], kind="stable")] if i in line else np.array([i])
    at = int(np.flatnonzero(line == i)[0])
    wide = np.flatnonzero(box[line[1:], 0] - box[line[:-1], 2] > _GAP * height) + 1
    first = max([at - _NEAR, 0, *wide[wide <= at].tolist()])
    end = min([at + _NEAR + 1, len(line), *wide[wide > at].tolist()])
    return np.asarray(line[first:end], dtype=np.int64)


def _cut(gray: Gray, placed: PlacedPage, line: Ints) -> Gray:
    box = placed.page.char_box[line] * SCALE
    x0, y0 = np.maximum(box[:, :2].min(axis=0) - 1, 0).astype(int)
    x1, y1 = np.maximum(box[:, 2:].max(axis=0) + 2, 1).astype(int)
    part = gray[y0:y1, x0:x1]
    if not part.size:
        part = np.full((8, 8), 255, dtype=np.uint8)
    return np.ascontiguousarray(np.pad(part, _PAPER, constant_values=int(part.max())))


def _other(said: str, at: int, read: str, confidence: NDArray[Any]) -> str | None:
    """Give the character that was read in the place of one; null where that is not clear."""
    for kind, a0, a1, b0, b1 in SequenceMatcher(None, said, read, autojunk=False).get_opcodes():
        if a0 <= at < a1:
            if kind == "equal":
                return said[at]
            if kind == "replace" and a1 - a0 == b1 - b0 and confidence[b0 + at - a0] >= _SURE:
                return read[b0 + at - a0]
    return None


@cache
def _rare() -> Bools:
    """Ideographs that GB 2312 lacks."""
    table = np.zeros(_KNOWN, dtype=np.bool_)
    table[0x3400:0x4DC0] = True
    for code in range(0x4E00, 0xA000):
        try:
            chr(code).encode("gb2312")
        except UnicodeEncodeError:
            table[code] = True
    return table


@cache
def _strange() -> Bools:
    table = np.zeros(_KNOWN, dtype=np.bool_)
    for first, end in _SCRIPTS:
        table[first:end] = True
    table[[*map(ord, _SIGNS)]] = True
    for code in _SYMBOLS:
        table[code] = chr(code) not in _USUAL_SYMBOLS and not chr(code).encode("gbk", "ignore")
    return table
