"""Which pages of a PDF something holds of that PDFium alone can say, whatever engine reads it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing

import pypdfium2 as pdfium

from transforms.reading.pdfium.stand_in import stand_in
from transforms.reading.source import Source


def pages_that(holds: Callable[[pdfium.PdfPage], bool], source: Source, page_numbers: Iterable[int]) -> set[int]:
    """Give the pages of which something holds; none where the document opens with another engine only.

    Args:
        holds: Says it of an open page, which is closed afterwards.
        source: The PDF.
        page_numbers: Pages to look at, from 1; those that the document does not have are left out.
    """
    wanted = sorted(page_numbers)
    if not wanted:
        return set()

    def check(page: pdfium.PdfPage) -> bool:
        with closing(page):
            return holds(page)

    try:
        with stand_in(), closing(pdfium.PdfDocument(source)) as document:
            return {number for number in wanted if number <= len(document) and check(document[number - 1])}
    except pdfium.PdfiumError:
        return set()
