"""Pages whose content cannot be decoded, or only in part: PDF engines draw what they can and say nothing."""

from __future__ import annotations

import io
import logging
import mmap
import re
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import closing
from typing import Final

import numpy as np
import pdfplumber
from pdfminer.pdftypes import PDFObjectNotFound, PDFStream, resolve1

from transforms.reading.source import Source

_MOST_PAGES: Final = 200
_STREAM: Final = re.compile(rb"(?<!end)stream\r?\n")
_LONGEST_HEAD: Final = 400
_OTHER_STREAMS: Final = re.compile(rb"/Image\b|/Length1\b|/Type1C\b|/CIDFontType0C\b|/OpenType\b|/Metadata\b")
"""Names in the heads of streams that print no text by themselves: pictures, font programs, notes about the document."""

_NAMES: Final = {"FlateDecode": "flate", "Fl": "flate", "ASCII85Decode": "ascii85", "A85": "ascii85"}
_FLATE: Final = re.compile(rb"/FlateDecode\b|/Fl\b")
_ASCII85: Final = re.compile(rb"/ASCII85Decode\b|/A85\b")
_SPACES: Final = b" \t\r\n\f\0"
_CHECKSUM: Final = 4
_MOST_BYTES: Final = 64 * 1024 * 1024

logging.getLogger("pdfminer").setLevel(logging.ERROR)


def with_lost_content(source: Source, bare: Iterable[int], others: Iterable[int]) -> set[int]:
    """Give the pages whose content is there but cannot be decoded as a whole.

    Where the file has such a stream, and it cannot be found out whose it is, each of the others counts.

    Args:
        source: The PDF.
        bare: Pages without text, paths and images, from 1; at most 200 of them are looked at.
        others: Other pages; they are looked at where some stream of the file does not unpack as its checksum says, at
            most 200 of them.
    """
    wanted = sorted(bare)[:_MOST_PAGES]
    doubted = sorted({*others} - {*wanted})[:_MOST_PAGES] if _has_damaged_stream(source) else []
    if not wanted and not doubted:
        return set()
    try:
        file = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
        with file, pdfplumber.open(file) as document:
            pages = document.pages
            return {n for n in (*wanted, *doubted) if n <= len(pages) and _is_lost(pages[n - 1].page_obj.contents)}
    except Exception:  # the document opens with another engine only; bad files find new errors
        return {*doubted}


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


def _has_damaged_stream(source: Source) -> bool:
    """Whether a stream of a file that may print text does not unpack as a whole; true for encrypted ones, too."""
    if isinstance(source, bytes):
        return not all(map(_unpacks, _streams(source)))
    try:
        with source.open("rb") as file, closing(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) as content:
            return not all(map(_unpacks, _streams(content)))
    except (OSError, ValueError):
        return False


def _streams(content: bytes | mmap.mmap) -> Iterator[tuple[bytes, bytes]]:
    """Give head and packed content of each stream that may print text and says that it is packed."""
    at = 0
    while match := _STREAM.search(content, at):
        end = content.find(b"endstream", match.end())
        at = match.end() if end < 0 else end
        head = content[max(0, match.start() - _LONGEST_HEAD) : match.start()].rpartition(b" obj")[2]
        if _FLATE.search(head) and not _OTHER_STREAMS.search(head):
            yield head, content[match.end() : end if end >= 0 else len(content)]


def _unpacks(stream: tuple[bytes, bytes]) -> bool:
    head, packed = stream
    return is_whole(from_ascii85(packed) if _ASCII85.search(head) else packed)


def _is_lost(contents: Iterable[object]) -> bool:
    for item in contents:
        try:
            stream = resolve1(item)
        except PDFObjectNotFound:
            return True
        if not isinstance(stream, PDFStream):
            return stream is not None
        try:
            if stream.rawdata and (_is_damaged(stream) or not stream.get_data()):
                return True
        except Exception:  # each filter has its own errors
            return True
    return False


def _is_damaged(stream: PDFStream) -> bool:
    packed = stream.rawdata or b""
    if stream.decipher and stream.objid is not None and stream.genno is not None:
        packed = stream.decipher(stream.objid, stream.genno, packed, stream.attrs)
    filters = [_NAMES.get(getattr(name, "name", ""), "other") for name, _ in stream.get_filters()]
    if filters == ["ascii85", "flate"]:
        return not is_whole(from_ascii85(packed))
    return filters == ["flate"] and not is_whole(packed)
