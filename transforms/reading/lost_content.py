"""Pages whose content cannot be decoded, or only in part: PDF engines draw what they can and say nothing."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from typing import Final

import pdfplumber
from pdfminer.pdftypes import PDFObjectNotFound, PDFStream, resolve1

from transforms.reading.source import Source, may_be_encrypted
from transforms.reading.streams import LONGEST_ASCII, from_ascii85, is_whole

_MOST_PAGES: Final = 200
_NAMES: Final = {"FlateDecode": "flate", "Fl": "flate", "ASCII85Decode": "ascii85", "A85": "ascii85"}

logging.getLogger("pdfminer").setLevel(logging.ERROR)


def with_lost_content(source: Source, bare: Iterable[int], others: Iterable[int], is_damaged: bool) -> set[int]:
    """Give the pages whose content is there but cannot be decoded as a whole.

    Where the file has such a stream, and it cannot be found out whose it is, each page counts; so does each bare page
    of a file that says that it is encrypted but cannot be decrypted.

    Args:
        source: The PDF.
        bare: Pages without text, paths and images, from 1; at most 200 of them are looked at.
        others: Other pages; at most 200 of them are looked at, and only where the file is damaged.
        is_damaged: Some stream of the file does not unpack as its checksum says (`streams.scan`).
    """
    wanted = sorted(bare)[:_MOST_PAGES]
    doubted = sorted({*others} - {*wanted})[:_MOST_PAGES] if is_damaged else []
    if not wanted and not doubted:
        return set()
    try:
        file = io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
        with file, pdfplumber.open(file) as document:
            pages = document.pages
            return {n for n in (*wanted, *doubted) if n <= len(pages) and _is_lost(pages[n - 1].page_obj.contents)}
    except Exception:  # the document opens with another engine only; bad files find new errors
        return {*doubted, *(wanted if is_damaged or may_be_encrypted(source) else ())}


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
        return len(packed) <= LONGEST_ASCII and not is_whole(from_ascii85(packed))
    return filters == ["flate"] and not is_whole(packed)
