"""A glance at many scanned pages: which of them show a table, recognised from small pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Final

import numpy as np
import pypdfium2 as pdfium

from transforms.reading.grid import find_tables
from transforms.reading.limits import unwatched
from transforms.reading.ocr.inverted import with_light_paper
from transforms.reading.ocr.picture import Scan, straighten, whiten_paper, without_stamps
from transforms.reading.ocr.ruling import find_rules
from transforms.reading.ocr.whole import require_pictures
from transforms.reading.source import Source

_PIXELS_PER_POINT: Final = 1.5
_MOST_PIXELS: Final = 2100
_LEAST_CELLS: Final = 4
"""A page that continues a table may show a few cells only."""


def with_tables(source: Source, page_numbers: Sequence[int], page_begins: Callable[[], None] = unwatched) -> list[int]:
    """Give the pages whose small picture shows a table, and the page before each: a title may stand there.

    A page whose picture cannot be made is given too: what reads it says what is wrong. A small picture costs a
    twentieth of recognising the page.

    Args:
        source: The PDF.
        page_numbers: Pages, numbered from 1.
        page_begins: See `Limits`.

    Raises:
        pypdfium2.PdfiumError: The document cannot be opened.
    """
    chosen: set[int] = set()
    with closing(pdfium.PdfDocument(source)) as document:
        for number in page_numbers:
            page_begins()
            try:
                shows = _shows_table(document[number - 1], number)
            except Exception:  # engines and libraries for pictures have errors of many kinds
                shows = True
            if shows:
                chosen |= {number, number - 1}
    return [number for number in page_numbers if number in chosen]


def _shows_table(page: pdfium.PdfPage, number: int) -> bool:
    width, height = page.get_size()
    scale = min(_PIXELS_PER_POINT, _MOST_PIXELS / max(width, height))
    bitmap = page.render(scale=scale, rev_byteorder=False)
    gray = whiten_paper(with_light_paper(without_stamps(bitmap.to_numpy(), scale)))
    bitmap.close()
    require_pictures(page, gray)
    scan = straighten(Scan(number, gray, scale, width, height, np.eye(2, 3)))
    rules = find_rules(scan.gray, scale)
    return sum(len(table.cells) for table in find_tables(rules.horizontal, rules.vertical)) >= _LEAST_CELLS
