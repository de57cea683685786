"""Which characters a PDF's own Unicode maps leave in doubt: a font that says one character of two of its glyphs.

A wrong entry of a map says of a glyph what another glyph of the font stands for already. Every map of a file is looked
at, which costs next to nothing; pictures of pages are drawn only where it leaves a doubt.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import count, islice
from typing import Final

_BLOCK: Final = re.compile(rb"beginbf(char|range)(.*?)endbf", re.DOTALL)
_PAIR: Final = re.compile(rb"<\s*([0-9A-Fa-f]+)\s*>\s*<\s*([0-9A-Fa-f\s]+)>")
_RANGE: Final = re.compile(rb"<\s*([0-9A-Fa-f]+)\s*>\s*<\s*([0-9A-Fa-f]+)\s*>\s*(?:<\s*([0-9A-Fa-f\s]+)>|\[([^\]]*)\])")
_HEX: Final = re.compile(rb"<\s*([0-9A-Fa-f\s]+)>")
_MOST: Final = 200_000
_IDEOGRAPHS: Final = range(0x4E00, 0xA000)
_DIGITS: Final = range(0x30, 0x3A)


def doubted(maps: Iterable[bytes]) -> frozenset[int]:
    """Give the digits and ideographs that a map says of more than one glyph, or of a glyph out of its row.

    Args:
        maps: Unicode maps (`ToUnicode`), unpacked.

    Example:
        >>> doubted([b"2 beginbfchar <01> <5F3A> <02> <5F3A> endbfchar 1 beginbfrange <11> <1A> <0030> endbfrange"])
        frozenset({24378})
        >>> doubted([b"1 beginbfrange <11> <1A> <0030> endbfrange 1 beginbfchar <15> <0038> endbfchar"])
        frozenset({56})
    """
    found: set[int] = set()
    for content in maps:
        entries = _entries(content)
        times = Counter(entries.values())
        found |= {code for code, often in times.items() if often > 1 and _counts(code)}
        found |= _out_of_row({glyph: code for glyph, code in entries.items() if code in _DIGITS})
    return frozenset(found)


def _counts(code: int) -> bool:
    return code in _IDEOGRAPHS or code in _DIGITS


def _out_of_row(digits: dict[int, int]) -> set[int]:
    """Digits whose glyphs do not follow one another as those of most other digits do."""
    if len(digits) < 3:
        return set()
    (usual, often), *_ = Counter(glyph - code for glyph, code in digits.items()).most_common(1)
    if often <= len(digits) / 2:
        return set()
    return {code for glyph, code in digits.items() if glyph - code != usual}


def _entries(content: bytes) -> dict[int, int]:
    """Give the character of each glyph that has exactly one; of several entries for a glyph the last one counts."""
    return dict(islice(_pairs(content), _MOST))


def _pairs(content: bytes) -> Iterator[tuple[int, int]]:
    for block in _BLOCK.finditer(content):
        if block[1] == b"char":
            yield from ((int(pair[1], 16), _character(pair[2])) for pair in _PAIR.finditer(block[2]))
            continue
        for found in _RANGE.finditer(block[2]):
            glyphs = range(int(found[1], 16), int(found[2], 16) + 1)
            if found[4] is not None:
                yield from zip(glyphs, (_character(text) for text in _HEX.findall(found[4])), strict=False)
            elif (code := _character(found[3])) >= 0:
                yield from zip(glyphs, count(code), strict=False)


def _character(text: bytes) -> int:
    """The code point of a text of one character; -1 of others."""
    digits = b"".join(text.split())
    return int(digits, 16) if len(digits) in (2, 4) else -1
