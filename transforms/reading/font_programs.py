"""What embedded fonts say themselves of their glyphs: a witness against the Unicode map that a PDF gives them.

TrueType and OpenType fonts often keep their own table of characters, or the names of their glyphs, when they are
embedded. A PDF with such a font that addresses glyphs by number needs neither; a map that was damaged or forged does
not match them any more.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

SFNT: Final = (b"\x00\x01\x00\x00", b"OTTO", b"true")
"""How TrueType and OpenType fonts begin."""

_DIRECTORY: Final = 12
_RECORD: Final = 16
_MOST_TABLES: Final = 64
_MOST_BYTES: Final = 16 * 1024 * 1024
_MOST_CHARACTERS: Final = 200_000
_MOST_GLYPHS: Final = 65_536
_NAME: Final = re.compile(rb"(?:uni|u)([0-9A-F]{4,6})")
_STANDARD_COUNT: Final = 258
_STANDARD: Final = {number: number + 29 for number in range(3, 98)} | {
    number: ord(char) for number, char in ((147, "±"), (148, "≤"), (149, "≥"), (198, "‰"))
}
"""Characters of names in the order that the format gives as known: ASCII, and some signs."""

_SIGNS: Final = {
    name: ord(char)
    for name, char in ((b"lessequal", "≤"), (b"greaterequal", "≥"), (b"plusminus", "±"), (b"perthousand", "‰"))
}
_PLANES: Final = 1 << 24
_NAMED: Final = 0x00020000
_UNICODE: Final = ((0, -1), (3, 1), (3, 10))
"""Platform and encoding of tables of Unicode characters; -1 is any."""


@dataclass(frozen=True, slots=True)
class FontProgram:
    """Characters of the glyphs of a font, as the font itself has them.

    Attributes:
        pairs: (n,) glyph and code point in one number, sorted; a glyph may have several characters.
    """

    pairs: Ints

    @classmethod
    def of_pairs(cls, glyphs: Ints, characters: Ints) -> FontProgram:
        """Make it of the numbers of glyphs and the character of each."""
        return cls(np.unique(glyphs.astype(np.int64) * _PLANES + characters))

    def confirms(self, glyphs: Ints, characters: Ints) -> NDArray[np.bool_]:
        """Whether the font says of each glyph that it is the character."""
        wanted = glyphs * _PLANES + characters
        at = np.minimum(np.searchsorted(self.pairs, wanted), len(self.pairs) - 1)
        return np.asarray(self.pairs[at] == wanted, dtype=np.bool_)

    def of(self, glyphs: Sequence[int]) -> dict[int, frozenset[int]]:
        """Give the characters of some glyphs; those of which the font says nothing are left out."""
        wanted = np.unique(np.asarray(glyphs, dtype=np.int64))
        first, end = (np.searchsorted(self.pairs, (wanted + more) * _PLANES) for more in (0, 1))
        return {
            glyph: frozenset((self.pairs[a:b] % _PLANES).tolist())
            for glyph, a, b in zip(wanted.tolist(), first.tolist(), end.tolist(), strict=True)
            if b > a
        }


@cache
def encodings() -> dict[str, FontProgram]:
    """What codes say that are characters themselves: of Unicode, as UniGB-UCS2-H has them, and of GBK."""
    ascii_codes = np.arange(0x20, 0x7F)
    units = np.concatenate([ascii_codes, np.arange(0x2000, 0xD800), np.arange(0xF900, 0xFFF0)])
    double = [(a << 8 | b, bytes([a, b]).decode("gbk", "ignore")) for a in range(0x81, 0xFF) for b in range(0x40, 0xFF)]
    known = np.array([(code, ord(char)) for code, char in double if len(char) == 1], dtype=np.int64)
    gbk = np.concatenate([np.column_stack([ascii_codes, ascii_codes]), known])
    return {"ucs2": FontProgram.of_pairs(units, units), "gbk": FontProgram.of_pairs(*gbk.T)}


def font_program(stored: bytes, is_packed: bool) -> FontProgram | None:
    """Read what a font says of its glyphs.

    Args:
        stored: The stream of the font.
        is_packed: It is packed by Flate.

    Returns:
        Null where the font is of another kind, damaged, or keeps no table of characters and no names that say them.
    """
    try:
        found = _program(_Bytes(stored, is_packed))
    except (zlib.error, struct.error, ValueError, IndexError, OverflowError):
        return None
    return found if found is not None and len(found.pairs) else None


class _Bytes:
    """The bytes of a font, unpacked as far as they are asked for."""

    def __init__(self, stored: bytes, is_packed: bool) -> None:
        self._unpacker = zlib.decompressobj() if is_packed else None
        self._waiting, self._known = (stored, b"") if is_packed else (b"", stored)

    def part(self, begin: int, length: int) -> bytes:
        """Give some bytes; fewer where the font ends, or is too large."""
        missing = min(begin + length, _MOST_BYTES) - len(self._known)
        if missing > 0 and self._unpacker is not None and not self._unpacker.eof:
            self._known += self._unpacker.decompress(self._waiting, missing)
            self._waiting = self._unpacker.unconsumed_tail
        return self._known[begin : begin + length]


def _program(font: _Bytes) -> FontProgram | None:
    head = font.part(0, _DIRECTORY)
    if head[:4] not in SFNT:
        return None
    count = min(struct.unpack(">H", head[4:6])[0], _MOST_TABLES)
    records = font.part(_DIRECTORY, _RECORD * count)
    tables = {tag: (begin, length) for tag, _, begin, length in struct.iter_unpack(">4sIII", records)}
    if b"cmap" in tables and (found := _from_table(font.part(*tables[b"cmap"]))) is not None:
        return found
    return _from_names(font.part(*tables[b"post"])) if b"post" in tables else None


def _from_table(table: bytes) -> FontProgram | None:
    """Read the table of characters (`cmap`); null where it has none of Unicode."""
    count = struct.unpack(">H", table[2:4])[0]
    records = struct.iter_unpack(">HHI", table[4 : 4 + 8 * min(count, _MOST_TABLES)])
    begins = {begin for platform, encoding, begin in records if _is_unicode(platform, encoding)}
    parts = [part for begin in sorted(begins) if (part := _characters(table[begin:])) is not None]
    if not parts:
        return None
    return FontProgram.of_pairs(*np.concatenate(parts).T)


def _is_unicode(platform: int, encoding: int) -> bool:
    return (platform, encoding) in _UNICODE or (platform, -1) in _UNICODE


def _characters(table: bytes) -> Ints | None:
    """(n, 2) glyphs and characters of one table in format 4 or 12."""
    kind = struct.unpack(">H", table[:2])[0]
    if kind == 4:
        return _segments(table)
    if kind == 12:
        return _groups(table)
    return None


def _segments(table: bytes) -> Ints:
    words = np.frombuffer(table[: len(table) // 2 * 2], dtype=">u2").astype(np.int64)
    n = int(words[3]) // 2
    end, (start, delta, offset) = words[7 : 7 + n], words[8 + n : 8 + 4 * n].reshape(3, n)
    offset_at = 8 + 3 * n + np.arange(n)
    sizes = np.maximum(end - start + 1, 0)
    if int(sizes.sum()) > _MOST_CHARACTERS:
        raise ValueError("too many characters")
    each = np.repeat(np.arange(n), sizes)
    codes = np.arange(len(each)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + start[each]
    at = offset_at[each] + offset[each] // 2 + codes - start[each]
    listed = words[np.minimum(at, len(words) - 1)]
    listed = np.where((at < len(words)) & (listed > 0), listed + delta[each], 0)
    glyphs = np.where(offset[each] == 0, codes + delta[each], listed) % _MOST_GLYPHS
    kept = glyphs > 0
    return np.column_stack([glyphs[kept], codes[kept]])


def _groups(table: bytes) -> Ints:
    count = struct.unpack(">I", table[12:16])[0]
    words = np.frombuffer(table[16 : 16 + 12 * min(count, _MOST_CHARACTERS)], dtype=">u4").astype(np.int64)
    start, end, glyph = words[: len(words) // 3 * 3].reshape(-1, 3).T
    sizes = np.maximum(end - start + 1, 0)
    if int(sizes.sum()) > _MOST_CHARACTERS:
        raise ValueError("too many characters")
    each = np.repeat(np.arange(len(sizes)), sizes)
    within = np.arange(len(each)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return np.column_stack([glyph[each] + within, start[each] + within])


def _from_names(table: bytes) -> FontProgram | None:
    """Read the names of glyphs that say their characters (`post`), such as uni4E07 and lessequal."""
    if len(table) < 34 or struct.unpack(">I", table[:4])[0] != _NAMED:
        return None
    count = struct.unpack(">H", table[32:34])[0]
    names, at = [], 34 + 2 * count
    while at < len(table):
        names.append(table[at + 1 : at + 1 + table[at]])
        at += 1 + table[at]
    pairs = []
    for glyph, number in enumerate(np.frombuffer(table[34 : 34 + 2 * count], dtype=">u2").tolist()):
        place = number - _STANDARD_COUNT
        code = _STANDARD.get(number, -1) if place < 0 else _named(names[place]) if place < len(names) else -1
        if code >= 0:
            pairs.append((glyph, code))
    return FontProgram.of_pairs(*np.array(pairs, dtype=np.int64).reshape(-1, 2).T)


def _named(name: bytes) -> int:
    """The character that a name says; -1 of another."""
    match = _NAME.fullmatch(name)
    return int(match[1], 16) if match else _SIGNS.get(name, -1)
