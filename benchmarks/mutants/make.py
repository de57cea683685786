"""Makes mutants: each is recognised by its seed PDF and its number, and is always the same."""

from __future__ import annotations

import base64
import random
import re
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

_STREAM: Final = re.compile(rb"stream\r?\n(.*?)(?:\r?\n)?endstream", re.DOTALL)
_NUMBER: Final = re.compile(rb"(?<![\w.#/<(])-?\d+\.?\d*(?![\w.>])")
_HEX: Final = re.compile(rb"<([0-9A-Fa-f]{4})>")
_WORD: Final = re.compile(rb"/[A-Z][A-Za-z0-9]+")
_LONGEST: Final = 4_000_000
UNTOUCHED: Final = "untouched"


@dataclass(frozen=True, slots=True)
class Mutant:
    """A mutant and how it was made."""

    kind: str
    content: bytes


def mutant(seed: bytes, number: int) -> Mutant:
    """Make a mutant of a PDF.

    Args:
        seed: The PDF.
        number: Which mutant; kinds take turns. The PDF as it is where it is -1.
    """
    kind = kind_of(number)
    if kind == UNTOUCHED:
        return Mutant(kind, seed)
    chance = random.Random(f"{zlib.crc32(seed)}-{number}")
    return Mutant(kind, KINDS[kind](seed, chance)[:_LONGEST])


def kind_of(number: int) -> str:
    """Return the kind of a mutant."""
    return UNTOUCHED if number < 0 else list(KINDS)[number % len(KINDS)]


def _flip(seed: bytes, chance: random.Random) -> bytes:
    content = bytearray(seed)
    for _ in range(chance.choice((1, 1, 3, 10, 50))):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return bytes(content)


def _cut(seed: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(len(seed))
    end = min(len(seed), begin + chance.choice((1, 7, 100, 2000, len(seed))))
    return seed[:begin] + seed[end:]


def _double(seed: bytes, chance: random.Random) -> bytes:
    begin = chance.randrange(len(seed))
    end = min(len(seed), begin + chance.choice((1, 7, 100, 2000)))
    at = chance.randrange(len(seed))
    return seed[:at] + seed[begin:end] + seed[at:]


def _number(seed: bytes, chance: random.Random) -> bytes:
    """Another number somewhere between the streams: references, lengths, boxes, counts."""
    return _replaced(seed, list(_NUMBER.finditer(seed)), chance, _other_number)


def _name(seed: bytes, chance: random.Random) -> bytes:
    """Another name somewhere: a filter, an encoding, a type, a key."""
    found = list(_WORD.finditer(seed))
    names = [match[0] for match in found] or [b"/X"]
    return _replaced(seed, found, chance, lambda _, c: c.choice(names))


def _content(seed: bytes, chance: random.Random) -> bytes:
    """A twisted page program."""
    return _in_stream(seed, chance, lambda s: b"Tf" in s or b" re" in s, _twisted_program)


def _colour(seed: bytes, chance: random.Random) -> bytes:
    """Text of another look: white, clear, clipped, marked with another text."""
    return _in_stream(seed, chance, lambda s: b"BT" in s, _other_look)


def _map(seed: bytes, chance: random.Random) -> bytes:
    """A font's Unicode map with other entries."""
    return _in_stream(seed, chance, lambda s: b"beginbf" in s, _other_entries)


def _font(seed: bytes, chance: random.Random) -> bytes:
    """A damaged stream of another kind: fonts, pictures, tables of objects."""
    return _in_stream(seed, chance, lambda s: b"BT" not in s and b"beginbf" not in s, lambda s, c: _flip(s or b" ", c))


def _packed(seed: bytes, chance: random.Random) -> bytes:
    """A stream that is damaged where it is packed."""
    found = list(_STREAM.finditer(seed))
    if not found:
        return _flip(seed, chance)
    begin, end = chance.choice(found).span(1)
    return seed[:begin] + _flip(seed[begin:end] or b" ", chance) + seed[end:]


KINDS: Final[dict[str, Callable[[bytes, random.Random], bytes]]] = {
    "bytes": _flip,
    "cut": _cut,
    "double": _double,
    "number": _number,
    "name": _name,
    "program": _content,
    "look": _colour,
    "map": _map,
    "font": _font,
    "packed": _packed,
}
"""The kinds of mutants, which take turns."""


def _other_number(old: bytes, chance: random.Random) -> bytes:
    value = float(old)
    new = chance.choice(
        (0.0, 1.0, -value, value + 1, value - 1, value * 10, value / 10, float(chance.randrange(1000)), 1e9)
    )
    return b"%d" % int(new) if b"." not in old else b"%.3f" % new


def _replaced(
    content: bytes, found: list[re.Match[bytes]], chance: random.Random, new: Callable[[bytes, random.Random], bytes]
) -> bytes:
    for match in sorted(chance.sample(found, min(len(found), chance.choice((1, 1, 2, 5)))), key=lambda m: -m.start()):
        content = content[: match.start()] + new(match[0], chance) + content[match.end() :]
    return content


def _in_stream(
    seed: bytes,
    chance: random.Random,
    fits: Callable[[bytes], bool],
    twist: Callable[[bytes, random.Random], bytes],
) -> bytes:
    """Twist one unpacked stream, and put it back as it was packed; offsets of objects stay as they were."""
    fitting = [one for one in map(_unpacked, _STREAM.finditer(seed)) if fits(one[2])]
    if not fitting:
        return _flip(seed, chance)
    begin, end, content, pack = chance.choice(fitting)
    stored = pack(twist(content, chance))
    content = seed[:begin] + stored + seed[end:]
    return _with_length(content, begin, end - begin, len(stored))


def _unpacked(match: re.Match[bytes]) -> tuple[int, int, bytes, Callable[[bytes], bytes]]:
    """Where a stream stands, what is in it, and how to pack it again; what is packed in other ways stays as it is."""
    begin, end = match.span(1)
    try:
        return begin, end, zlib.decompress(match[1]), zlib.compress
    except zlib.error:
        pass
    try:
        content = zlib.decompress(base64.a85decode(b"<~" + match[1].strip(), adobe=True))
    except (ValueError, zlib.error):
        return begin, end, match[1], bytes
    return begin, end, content, lambda new: base64.a85encode(zlib.compress(new)) + b"~>"


def _with_length(content: bytes, begin: int, old: int, new: int) -> bytes:
    """Correct the length in the dictionary of a stream, where it stands there itself, so that offsets may shift."""
    head = content.rfind(b"<<", 0, begin)
    return content[:head] + content[head:begin].replace(b"/Length %d" % old, b"/Length %d" % new) + content[begin:]


def _twisted_program(program: bytes, chance: random.Random) -> bytes:
    lines = program.splitlines(keepends=True) or [b""]
    at = chance.randrange(len(lines))
    match chance.randrange(4):
        case 0:
            del lines[at]
        case 1:
            lines.insert(chance.randrange(len(lines)), lines[at])
        case 2:
            other = chance.randrange(len(lines))
            lines[at], lines[other] = lines[other], lines[at]
        case _:
            return _replaced(program, list(_NUMBER.finditer(program)), chance, _other_number)
    return b"".join(lines)


def _other_look(program: bytes, chance: random.Random) -> bytes:
    begins = [match.end() for match in re.finditer(rb"\bBT\b", program)]
    ends = [match.start() for match in re.finditer(rb"\bET\b", program)]
    if not begins or not ends:
        return _twisted_program(program, chance)
    number = chance.randrange(len(begins))
    look = chance.choice(
        (
            b" 1 1 1 rg ",
            b" 3 Tr ",
            b" 7 Tr ",
            b" 0 Tz ",
            b" 300 Tz ",
            b" 0 0 0 0 k ",
            b" /Span <</ActualText (9)>> BDC ",
            b" 0 0 1 1 re W n ",
            b" 5 Tc ",
            b" -4 Ts ",
        )
    )
    whole = program[: begins[number]] + look + program[begins[number] :]
    if chance.random() < 0.3:  # a white box over a part of the page, at the end
        box = b" q 1 1 1 rg %d %d %d %d re f Q" % tuple(chance.randrange(0, 600) for _ in range(4))
        whole += box
    return whole


def _other_entries(table: bytes, chance: random.Random) -> bytes:
    found = list(_HEX.finditer(table))
    codes = [match[1] for match in found] or [b"0031"]
    digits = [b"%04x" % code for code in range(0x30, 0x3A)]
    chosen = [match for match in found if match[1].lower() in digits] if chance.random() < 0.5 else found
    return _replaced(table, chosen or found, chance, lambda _, c: b"<" + c.choice(c.choice((codes, digits))) + b">")
