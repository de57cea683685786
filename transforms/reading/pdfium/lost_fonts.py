"""Pages that print with a font which the PDF brings along, but damaged: other glyphs are drawn in place of its own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import pypdfium2 as pdfium

from transforms.reading.pdfium.pages_that import pages_that
from transforms.reading.source import Source, opened

_SUBSET: Final = re.compile(r"[A-Z]{6}\+")
_SUBSET_NAME: Final = re.compile(rb"/[A-Z]{6}(?:\+|#2B)")
"""The names of fonts of which a PDF brings only the glyphs that it prints."""


def with_lost_fonts(source: Source, page_numbers: Iterable[int]) -> set[int]:
    """Give the pages that print with a font of which the PDF says that it brings it, while PDFium cannot use it.

    What such a page shows depends on the viewer, and is not what its text says.

    Args:
        source: The PDF.
        page_numbers: Pages to look at, from 1.
    """
    wanted = list(page_numbers)
    if not wanted:
        return set()
    with opened(source) as content:
        has_subsets = content.holds(_SUBSET_NAME)
    return pages_that(_has_lost_font, source, wanted) if has_subsets else set()


def _has_lost_font(page: pdfium.PdfPage) -> bool:
    texts = page.get_objects(filter=[pdfium.raw.FPDF_PAGEOBJ_TEXT])
    fonts = (text.get_font() for text in texts)
    return any(not font.is_embedded and _is_of_a_subset(font.get_base_name()) for font in fonts if font)


def _is_of_a_subset(name: str) -> bool:
    """Whether a font has the name of a subset, or has lost its name, which viewers find others by."""
    return not name or _SUBSET.match(name) is not None
