"""What PDFium says of pages that another engine read: the shapes of their glyphs, and what they draw beside text."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import replace

import pypdfium2 as pdfium_helpers

from transforms.reading.grid import Table
from transforms.reading.limits import LimitMet, Limits
from transforms.reading.page import Page
from transforms.reading.pdfium.feed import PdfiumDocument
from transforms.reading.source import Source

Pages = Mapping[int, tuple[Page, list[Table]]]


def looked_at_beside(
    source: Source, pages: Pages, turned: Collection[int], limits: Limits, *, shapes: bool
) -> tuple[dict[int, tuple[Page, list[Table]]], frozenset[int]]:
    """Look at pages with PDFium that an engine read which knows neither shapes nor drawings.

    Args:
        source: The PDF.
        pages: By their number, with their tables.
        turned: Those of them that were turned: their drawings stand elsewhere.
        limits: How much a page may hold; of one that holds more nothing is said.
        shapes: Whether the fonts do not say themselves what all their glyphs are.

    Returns:
        The pages, with what they draw; and the figures of which a font has another shape, as `SourcePage` says. Of
        pages that PDFium cannot open nothing is said.
    """
    found, others = dict(pages), frozenset[int]()
    with suppress(pdfium_helpers.PdfiumError), PdfiumDocument(source, limits) as document:
        for number, (read, tables) in pages.items():
            limits.page_begins()
            with suppress(pdfium_helpers.PdfiumError, LimitMet, IndexError), document.open_page(number) as page:
                others |= page.other_figures() if shapes else others
                seen = page.read()
                is_same = abs(seen.width - read.width) <= 1 and abs(seen.height - read.height) <= 1
                if is_same and number not in turned:
                    found[number] = replace(read, drawn=seen.drawn, hiding=seen.hiding), tables
    return found, others
