"""The packed streams of a PDF that may print text: whether each is whole, and the Unicode maps among them."""

from __future__ import annotations

import mmap
import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from transforms.reading.font_programs import SFNT, FontProgram, font_program
from transforms.reading.source import Content

_STREAM: Final = re.compile(rb"stream\r?\n")
_END: Final = b"endstream"
_LONGEST_HEAD: Final = 400
_OTHER_STREAMS: Final = frozenset((b"/Image", b"/Type1C", b"/CIDFontType0C", b"/Metadata"))
_FONT: Final = frozenset((b"/Length1", b"/OpenType"))
"""Names in the heads of streams that print no text by themselves: pictures, notes about the document, font programs."""

_FILTER: Final = frozenset((b"/Filter", b"/F"))
_FLATE: Final = frozenset((b"/FlateDecode", b"/Fl"))
_ASCII85: Final = frozenset((b"/ASCII85Decode", b"/A85"))
_NAMES: Final = re.compile(
    rb"(?:%b)\b" % b"|".join(sorted(_OTHER_STREAMS | _FONT | _FILTER | _FLATE | _ASCII85, reverse=True))
)
_OTHER_FILTERS: Final = re.compile(
    rb"/(?:ASCIIHexDecode|AHx|ASCII85Decode|A85|LZWDecode|LZW|RunLengthDecode|RL|CCITTFaxDecode|CCF|JBIG2Decode"
    rb"|DCTDecode|DCT|JPXDecode|Crypt)\b|/(?:Filter|F)\s*(?:null\b|\[\s*\]|\d|\()"
)
"""Other ways to pack a stream, none at all, and what says of it in another place, or is a file outside."""

_CODED: Final = re.compile(rb"/Encoding\s*/(?:Uni(?:GB|CNS|JIS|KS)-(?:UCS2|UTF16)|(GBK?p?-EUC|GBK2K))-[HV]\b")
_MAP_OF: Final = re.compile(rb"/ToUnicode\s+(\d{1,9})\s+\d+\s+R\b")
_NUMBER: Final = re.compile(rb"(\d{1,9})\s+\d+$")
_MAP: Final = b"beginbf"
_MOST_FONTS: Final = 64
_SPACES: Final = b" \t\r\n\f\0"
_CHECKSUM: Final = 4
_MOST_BYTES: Final = 64 * 1024 * 1024
_LONGEST_MAP: Final = 4 * 1024 * 1024
_MAP_HEAD: Final = b"begincmap"
_STEP: Final = 1024

LONGEST_ASCII: Final = 4 * 1024 * 1024
"""Streams in ASCII base 85 that are longer are not looked at: decoding takes forty times their size."""


@dataclass(frozen=True, slots=True)
class Streams:
    """What is known of the streams of a file.

    Attributes:
        is_damaged: One that may print text does not unpack as its checksum says; so are encrypted ones.
        maps: The Unicode maps of its fonts, unpacked.
        coded_maps: Those of fonts whose codes are characters themselves, with the name of the encoding.
        damaged_maps: Likewise those that are damaged, as far as they can be unpacked.
        programs: The fonts that say themselves what their glyphs are; none where there are no maps.
    """

    is_damaged: bool
    maps: tuple[bytes, ...] = ()
    coded_maps: tuple[tuple[str, bytes], ...] = ()
    damaged_maps: tuple[bytes, ...] = ()
    programs: tuple[FontProgram, ...] = ()


def scan(content: Content) -> Streams:
    """Look through the streams of a PDF."""
    is_damaged, maps, damaged = False, [], []
    encodings, coded = _encodings(content), []
    fonts: list[tuple[bytes, bool]] = []
    for before, head, stored in _streams(content.data):
        names = frozenset(_NAMES.findall(head))
        if names & _OTHER_STREAMS:
            continue
        if names & _FONT:
            fonts.append((stored, not names.isdisjoint(_FLATE)))
            continue
        if not names & _FILTER:
            begin = stored
        elif names & _FLATE:
            is_ascii = not names.isdisjoint(_ASCII85)
            if is_ascii and len(stored) > LONGEST_ASCII:
                continue
            packed = from_ascii85(stored) if is_ascii else stored
            whole, begin = _unpacked(packed)
            is_damaged |= not whole
            if not whole and _MAP in begin:
                damaged.append(begin)
                continue
        else:
            is_damaged |= not _OTHER_FILTERS.search(head)
            continue
        if _MAP in begin:
            maps.append(begin)
            number = _NUMBER.search(before) if encodings else None
            if number and (name := encodings.get(int(number[1]))) is not None:
                coded.append((name, begin))
        elif begin.startswith(SFNT):
            fonts.append((begin, False))
    programs = (font_program(*font) for font in fonts[:_MOST_FONTS]) if maps or damaged else ()
    known = tuple(program for program in programs if program is not None)
    return Streams(is_damaged, tuple(maps), tuple(coded), tuple(damaged), known)


def _unpacked(packed: bytes) -> tuple[bool, bytes]:
    """Say whether a packed stream is whole, and unpack as much of it as a map may be long."""
    unpacker = zlib.decompressobj()
    try:
        begin = unpacker.decompress(packed, _LONGEST_MAP)
    except zlib.error:
        return is_whole(packed), _before_damage(packed)
    return unpacker.eof or is_whole(packed), begin  # at its end the checksum has been compared


def _before_damage(packed: bytes) -> bytes:
    """Unpack a Unicode map as far as it goes, to the byte; nothing of other streams."""
    unpacker, begin = zlib.decompressobj(-zlib.MAX_WBITS), bytearray()
    step, at = _STEP, 2
    while at < len(packed) and len(begin) <= _LONGEST_MAP:
        before = unpacker.copy()
        try:
            begin += unpacker.decompress(packed[at : at + step])
            at += step
        except zlib.error:
            if step == 1:
                break
            unpacker, step = before, 1
        if at == 2 + _STEP and _MAP_HEAD not in begin:
            return b""
    return bytes(begin) if _MAP in begin else b""


def is_whole(packed: bytes) -> bool:
    """Whether a packed stream unpacks to its end, to what its checksum says; a checksum that is left out is not missed.

    Example:
        >>> packed = zlib.compress(b"text")
        >>> is_whole(packed), is_whole(packed[:-4]), is_whole(packed[:-5])
        (True, True, False)
    """
    unpacker, checksum, count = zlib.decompressobj(-zlib.MAX_WBITS), 1, 0
    waiting = packed[2:]
    try:
        while waiting and not unpacker.eof:
            part = unpacker.decompress(waiting, 1 << 20)
            checksum, count, waiting = zlib.adler32(part, checksum), count + len(part), unpacker.unconsumed_tail
            if count > _MOST_BYTES:
                return True  # limits of memory and time are for such streams
    except zlib.error:
        return False
    said = unpacker.unused_data[:_CHECKSUM]
    return unpacker.eof and (len(said) < _CHECKSUM or struct.unpack(">I", said)[0] == checksum)


def from_ascii85(content: bytes) -> bytes:
    """Decode ASCII base 85 up to its end mark, or to the first character that is none of it.

    Example:
        >>> from_ascii85(b"87cURD]i,\\n\\"Ebo80~>")
        b'Hello World!'
        >>> from_ascii85(b"z~>")
        b'\\x00\\x00\\x00\\x00'
    """
    text = content.removeprefix(b"<~").translate(None, _SPACES)
    text = text.partition(b"~")[0].replace(b"z", b"!!!!!")
    digits = np.frombuffer(text, dtype=np.uint8).astype(np.int64) - ord("!")
    wrong = np.flatnonzero((digits < 0) | (digits > 84))
    digits = digits[: wrong[0]] if len(wrong) else digits
    missing = -len(digits) % 5
    groups = np.append(digits, np.full(missing, 84)).reshape(-1, 5)
    values = groups @ np.array([85**4, 85**3, 85**2, 85, 1])
    decoded: bytes = (values & 0xFFFFFFFF).astype(">u4").tobytes()
    return decoded[: 4 * len(groups) - missing]


def _encodings(content: Content) -> dict[int, str]:
    """Give the encodings of fonts whose codes are characters, by the number of their Unicode map's object.

    Fonts in compressed objects are passed over: hardly any such font has a map.
    """
    found: dict[int, str] = {}
    if b"/ToUnicode" not in content.words or not any(word.startswith((b"/Uni", b"/GB")) for word in content.words):
        return found
    for match in _CODED.finditer(data := content.data):
        begin = data.rfind(b" obj", max(0, match.start() - _LONGEST_HEAD), match.start())
        end = data.find(b"endobj", match.end(), match.end() + _LONGEST_HEAD)
        if begin >= 0 and end >= 0 and (map_of := _MAP_OF.search(data[begin:end])):
            found[int(map_of[1])] = "gbk" if match[1] else "ucs2"
    return found


def _streams(content: bytes | mmap.mmap) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Give of each stream what stands before its object, its head, and its stored content."""
    at = 0
    while match := _STREAM.search(content, at):
        end = content.find(_END, match.end())
        stop = end if end >= 0 else len(content)
        at = stop + len(_END)  # without an end there is no other stream: looking for one costs the square of time
        before, _, head = content[max(0, match.start() - _LONGEST_HEAD) : match.start()].rpartition(b" obj")
        yield before, head, content[match.end() : stop]
