"""Which characters a PDF's own Unicode maps leave in doubt.

A wrong entry of a map says of a glyph what another glyph of the font stands for already, or what the font itself does
not say of it. Every map of a file is looked at, which costs next to nothing; pictures of pages are drawn only where it
leaves a doubt.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

import numpy as np

from transforms.reading.font_programs import FontProgram, encodings
from transforms.reading.ideograph_shapes import CHARACTERS
from transforms.reading.ideographs import ordinary_codes
from transforms.reading.sign_strokes import SIGNS

_BLOCK: Final = re.compile(rb"beginbf(char|range)(.*?)endbf", re.DOTALL)
_PAIR: Final = re.compile(rb"<\s*([0-9A-Fa-f]+)\s*>\s*<\s*([0-9A-Fa-f\s]+)>")
_RANGE: Final = re.compile(rb"<\s*([0-9A-Fa-f]+)\s*>\s*<\s*([0-9A-Fa-f]+)\s*>\s*(?:<\s*([0-9A-Fa-f\s]+)>|\[([^\]]*)\])")
_HEX: Final = re.compile(rb"<\s*([0-9A-Fa-f\s]+)>")
_MOST: Final = 200_000
_AT_ONCE: Final = 1024 * 1024
_IDEOGRAPHS: Final = range(0x4E00, 0xA000)
_DIGITS: Final = range(0x30, 0x3A)
_OF_FIGURES: Final = frozenset(
    map(ord, "0123456789０１２３４５６７８９.．,，-－—−+＋/％%‰≤≥≦≧<>＜＞＝=±万亿元千百十大小多少高低不超")
)
"""Digits, points, signs, units and the words of comparisons: another one makes another figure."""

_WITH_SHAPES: Final = frozenset(map(ord, SIGNS + CHARACTERS + ".,·:-–—−+=<>≤≥≦≧≠%/ \xa0\u200b\u3000"))
_OWN: Final = 0.5
"""Share of a map's entries that its own font confirms at least."""

_ALIKE: Final = dict.fromkeys("\xad\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2500", "-") | {
    "∶": ":",
    "‧": "·",
    "•": "·",
}
_END: Final = 0x110000
_MOST_GLYPHS: Final = 1 << 32
_UNIT: Final = 4
"""Hexadecimal digits of a unit of UTF-16."""


@dataclass(frozen=True, slots=True)
class MapDoubts:
    """Characters that the text of a document may say wrongly.

    Attributes:
        characters: Digits, ideographs and signs to be looked at in pictures, wherever the text says them.
        denied: Characters that the font itself says are others, where one or the other changes a figure.
        has_unconfirmed_figures: A map says digits, ≤, ≥, or ideographs that change a figure, of glyphs of which its
            font says nothing but by their shapes.
    """

    characters: frozenset[int] = frozenset()
    denied: frozenset[int] = frozenset()
    has_unconfirmed_figures: bool = False


def doubted(
    maps: Iterable[bytes],
    programs: Sequence[FontProgram] = (),
    damaged: Iterable[bytes] = (),
    coded: Iterable[tuple[str, bytes]] = (),
) -> MapDoubts:
    """Give the characters that a map says of more than one glyph, of a digit out of its row, or against its font.

    A damaged map that no font confirms leaves all figures in doubt.

    Args:
        maps: Unicode maps (`ToUnicode`), unpacked.
        damaged: Likewise those that are damaged.
        coded: Those of fonts whose codes are characters, with the encoding: ucs2 or gbk.
        programs: The fonts of the same file that say what their glyphs are. A map belongs to the one, or to the
            encoding, that confirms most of it.

    Example:
        >>> twice = b"2 beginbfchar <01> <5F3A> <02> <5F3A> endbfchar 1 beginbfrange <11> <1A> <0030> endbfrange"
        >>> doubted([twice]).characters
        frozenset({24378})
        >>> doubted([b"1 beginbfrange <11> <1A> <0030> endbfrange 1 beginbfchar <15> <0038> endbfchar"]).characters
        frozenset({56})
    """
    found: set[int] = set()
    denied: set[int] = set()
    unconfirmed = False
    owned = {content: encodings()[name] for name, content in coded}
    known = (*programs, *encodings().values())
    for group in _groups([*((m, False) for m in maps), *((m, True) for m in damaged)]):
        texts = [_entries(content) for content, _ in group]
        singles = [{glyph: ord(text) for glyph, text in entries.items() if len(text) == 1} for entries in texts]
        confirming = _confirming(singles, known)
        for (content, is_damaged), entries, single, likely in zip(group, texts, singles, confirming, strict=True):
            own = owned.get(content) or likely
            if is_damaged and not any(own is program for program in programs):
                denied |= _OF_FIGURES
            if len({*single.values()}) < len(single):
                found |= {code for code, often in Counter(single.values()).items() if often > 1 and _counts(code)}
            digits = {glyph: code for glyph, code in single.items() if code in _DIGITS}
            found |= _out_of_row(digits)
            unconfirmed |= own is None and (bool(digits) or not _WITH_SHAPES.isdisjoint(single.values()))
            for said, shown in _contradicted(entries, own) if own else ():
                if any(map(_counts, said | shown)):
                    found |= said
                if not _OF_FIGURES.isdisjoint(said | shown):
                    denied |= said
    return MapDoubts(frozenset(found), frozenset(denied), unconfirmed)


def _groups(maps: Sequence[tuple[bytes, bool]]) -> Iterator[list[tuple[bytes, bool]]]:
    """Maps that are looked at together: many small ones, one that is large."""
    group: list[tuple[bytes, bool]] = []
    size = 0
    for content, is_damaged in maps:
        if group and size + len(content) > _AT_ONCE:
            yield group
            group, size = [], 0
        group.append((content, is_damaged))
        size += len(content)
    if group:
        yield group


def _counts(code: int) -> bool:
    return code in _IDEOGRAPHS or code in _OF_FIGURES


def _confirming(singles: Sequence[dict[int, int]], programs: Sequence[FontProgram]) -> list[FontProgram | None]:
    """The font that each map belongs to: the one that confirms most of it; null where none confirms enough."""
    sizes = [len(single) for single in singles]
    glyphs = np.fromiter(chain.from_iterable(singles), dtype=np.int64, count=sum(sizes))
    said = np.fromiter(chain.from_iterable(map(dict.values, singles)), dtype=np.int64, count=sum(sizes))
    of_map = np.repeat(np.arange(len(sizes)), sizes)
    confirmed = [
        np.bincount(of_map[program.confirms(glyphs, said)], minlength=len(sizes)).tolist() for program in programs
    ]
    result: list[FontProgram | None] = []
    for size, agreeing in zip(sizes, zip(*confirmed, strict=True), strict=True):
        most = max(agreeing)
        result.append(programs[agreeing.index(most)] if most and most >= _OWN * size else None)
    return result


def _contradicted(entries: Mapping[int, str], own: FontProgram) -> Iterator[tuple[frozenset[int], frozenset[int]]]:
    """Characters that a map says of glyphs, and what the font says of them, where these are others."""
    known = own.of([*entries])
    for glyph, text in entries.items():
        shown = known.get(glyph, frozenset())
        if shown and text not in map(chr, shown) and _plain(text) not in map(_plain, map(chr, shown)):
            yield frozenset(ordinary_codes(np.array([*map(ord, text)], dtype=np.uint32)).tolist()), shown


def _plain(text: str) -> str:
    """A text without what does not change its meaning: radicals, widths, kinds of hyphens and of spaces."""
    codes = ordinary_codes(np.array([*map(ord, text)], dtype=np.uint32)).tolist()
    plain = unicodedata.normalize("NFKC", "".join(map(chr, codes)))
    return _ALIKE.get(plain, plain)


def _out_of_row(digits: dict[int, int]) -> set[int]:
    """Digits whose glyphs do not follow one another as those of most other digits do."""
    if len(digits) < 3:
        return set()
    (usual, often), *_ = Counter(glyph - code for glyph, code in digits.items()).most_common(1)
    if often <= len(digits) / 2:
        return set()
    return {code for glyph, code in digits.items() if glyph - code != usual}


def _entries(content: bytes) -> dict[int, str]:
    """Give the text of each glyph; of several entries for a glyph the last one counts."""
    return {glyph: text for glyph, text in islice(_pairs(content), _MOST) if text and glyph < _MOST_GLYPHS}


def _pairs(content: bytes) -> Iterator[tuple[int, str]]:
    for block in _BLOCK.finditer(content):
        if block[1] == b"char":
            yield from ((int(glyph, 16), _text(text)) for glyph, text in _PAIR.findall(block[2]))
            continue
        for found in _RANGE.finditer(block[2]):
            glyphs = range(int(found[1], 16), int(found[2], 16) + 1)
            if found[4] is not None:
                yield from zip(glyphs, (_text(text) for text in _HEX.findall(found[4])), strict=False)
            elif len(first := _text(found[3])) == 1:
                yield from zip(glyphs, map(chr, range(ord(first), _END)), strict=False)


def _text(digits: bytes) -> str:
    """The text of an entry, of which PDF engines pass over what does not make a whole unit; '' of one that is none."""
    if not digits.isalnum():
        digits = b"".join(digits.split())
    if len(digits) <= _UNIT:
        return chr(int(digits, 16)) if digits else ""
    whole = bytes.fromhex(digits[: len(digits) // _UNIT * _UNIT].decode("ascii"))
    return whole.decode("utf-16-be", "ignore")
