"""Pages whose content cannot be decoded: PDF engines draw nothing for them and say nothing."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterable
from typing import Final

import pdfplumber
from pdfminer.pdfparser import PDFSyntaxError
from pdfminer.pdftypes import PDFObjectNotFound, PDFStream, resolve1
from pdfminer.psparser import PSException
from pdfplumber.utils.exceptions import PdfminerException

from transforms.reading.source import Source

_MOST_PAGES: Final = 200

logging.getLogger("pdfminer").setLevel(logging.ERROR)


def with_lost_content(source: Source, page_numbers: Iterable[int]) -> set[int]:
    """Give the pages, among those that show nothing, whose content is there but cannot be decoded.

    Args:
        source: The PDF.
        page_numbers: Pages without text, paths and images, from 1; at most 200 of them are looked at.
    """
    wanted = sorted(page_numbers)[:_MOST_PAGES]
    if not wanted:
        return set()
    try:
        with pdfplumber.open(io.BytesIO(source) if isinstance(source, bytes) else source) as document:
            pages = document.pages
            return {n for n in wanted if n <= len(pages) and _is_lost(pages[n - 1].page_obj.contents)}
    except (PdfminerException, PDFSyntaxError, PSException, OSError):
        return set()


def _is_lost(contents: Iterable[object]) -> bool:
    for item in contents:
        try:
            stream = resolve1(item)
        except PDFObjectNotFound:
            return True
        if not isinstance(stream, PDFStream):
            return stream is not None
        try:
            if stream.rawdata and not stream.get_data():
                return True
        except Exception:  # each filter has its own errors
            return True
    return False
