"""Pages whose embedded font lost its shapes: a viewer shows dots, nothing, or other characters than the text says."""

from __future__ import annotations

import ctypes
from collections.abc import Iterable
from contextlib import closing
from typing import Any, Final

import numpy as np
import pypdfium2 as pdfium_helpers

from transforms.reading.page import Bools, Codes
from transforms.reading.pdfium import api
from transforms.reading.pdfium.fonts import is_painted_with_own_font
from transforms.reading.pdfium.pages_that import pages_that
from transforms.reading.source import Source

_IDEOGRAPHS: Final = (0x4E00, 0xA000)
_SAMPLE: Final = 16
_FEWEST: Final = 4
_DOT, _LINE = 0.15, 0.02
"""Ink no larger than the one part of its advance, both ways, or no higher than the other, is not that of an ideograph.

PDFium gives a glyph without ink the width of its advance. 一 is higher than a fiftieth of it.
"""

_MOST: Final = 0.5


def has_empty_glyphs(text: Any, codes: Codes) -> bool:
    """Say whether half or more of a sample of a page's ideographs are painted by an embedded font without shapes.

    Args:
        text: Handle of PDFium's text page.
        codes: Code points of the page's text, by PDFium's index.
    """
    found = ((codes >= _IDEOGRAPHS[0]) & (codes < _IDEOGRAPHS[1])).nonzero()[0]
    sample = found[:: max(1, len(found) // _SAMPLE)].tolist()
    if len(sample) < _FEWEST:
        return False
    if not _are_empty(text, sample[: len(sample) // 2 + 1]).any():
        return False  # the others are fewer than half
    is_empty = _are_empty(text, sample)
    if int(is_empty.sum()) < _MOST * len(sample):
        return False
    owners = [api.char_object(text, sample[i]) for i in np.flatnonzero(is_empty).tolist()]
    return sum(map(is_painted_with_own_font, owners)) >= _MOST * len(sample)


def _are_empty(text: Any, sample: list[int]) -> Bools:
    """Which of some characters have no ink, or a dot or a line of it."""
    left, right, bottom, top = api.fill(api.char_box, "<f8", 4, api.same(text), sample, count=len(sample)).T
    loose = api.fill(api.char_loose_box, "<f4", 4, api.same(text), sample, count=len(sample), apart=False)
    advance = np.maximum(np.abs(loose[:, 2] - loose[:, 0]), np.abs(loose[:, 1] - loose[:, 3]))
    width, height = np.abs(right - left), np.abs(top - bottom)
    is_empty = (np.maximum(width, height) < _DOT * advance) | (np.minimum(width, height) < _LINE * advance)
    return np.asarray(is_empty, dtype=np.bool_)


def with_empty_glyphs(source: Source, page_numbers: Iterable[int]) -> set[int]:
    """Give the pages of a PDF of which `has_empty_glyphs` is true, for an engine that does not know the shapes.

    Args:
        source: The PDF.
        page_numbers: Pages to look at, from 1.
    """
    return pages_that(_is_empty, source, page_numbers)


def _is_empty(page: pdfium_helpers.PdfPage) -> bool:
    with closing(page.get_textpage()) as opened:
        text = api.handle(int(ctypes.cast(opened.raw, ctypes.c_void_p).value or 0))
        count = opened.count_chars()
        return has_empty_glyphs(text, np.fromiter(map(api.unicode_of, api.same(text), range(count)), np.uint32, count))
