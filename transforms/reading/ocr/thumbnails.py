"""A glance at many scanned pages: which of them show a table, recognised from small pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from typing import Final

import numpy as np
import pypdfium2 as pdfium

from transforms.reading.grid import find_tables
from transforms.reading.limits import unwatched
from transforms.reading.ocr import orientation
from transforms.reading.ocr.inverted import with_light_paper
from transforms.reading.ocr.opencv import opencv
from transforms.reading.ocr.picture import (
    Scan,
    is_ink,
    straighten,
    whiten_paper,
    with_dark_ink,
    without_stamps,
)
from transforms.reading.ocr.ruling import find_rules
from transforms.reading.ocr.whole import require_pictures
from transforms.reading.page import Bools
from transforms.reading.source import Source

_PIXELS_PER_POINT: Final = 1.5
_MOST_PIXELS: Final = 2100
_LEAST_CELLS: Final = 4
"""A page that continues a table may show a few cells only."""

_THINNEST_SIGN: Final = 1.8
_SMALLEST_SIGN: Final = 2.4
_LARGEST_SIGN: Final = 80.0
_BAND: Final = 12.0
_APART: Final = 18.0
"""White between two texts side by side from which they stand in different columns, in points."""

_LEAST_TEXTS: Final = 3
_LEAST_BANDS: Final = 4
_LEAST_SHARE: Final = 0.3
_WHITE: Final = 255


def with_tables(
    source: Source,
    page_numbers: Sequence[int],
    page_begins: Callable[[], None] = unwatched,
    *,
    ruled_only: bool = False,
) -> list[int]:
    """Give the pages whose small picture shows or may show a table, and those next to each.

    A title may stand on the page before, and the last rows on the page after. Rules that are pale or dotted are lost in
    a small picture: text that stands in columns may be a table, whatever is drawn between them. A page whose picture
    cannot be made is given too: what reads it says what is wrong. A small picture costs a twentieth of recognising the
    page.

    Args:
        source: The PDF.
        page_numbers: Pages, numbered from 1.
        page_begins: See `Limits`.
        ruled_only: Whether text that stands in columns without ruling lines is not taken for a table.

    Raises:
        pypdfium2.PdfiumError: The document cannot be opened.
    """
    chosen: set[int] = set()
    with closing(pdfium.PdfDocument(source)) as document:
        for number in page_numbers:
            page_begins()
            try:
                shows = _shows_table(document[number - 1], number, ruled_only)
            except Exception:  # engines and libraries for pictures have errors of many kinds
                shows = True
            if shows:
                chosen |= {number - 1, number, number + 1}
    return [number for number in page_numbers if number in chosen]


def _shows_table(page: pdfium.PdfPage, number: int, ruled_only: bool) -> bool:
    width, height = page.get_size()
    scale = min(_PIXELS_PER_POINT, _MOST_PIXELS / max(width, height))
    bitmap = page.render(scale=scale, rev_byteorder=False)
    gray = whiten_paper(with_light_paper(without_stamps(bitmap.to_numpy(), scale)))
    bitmap.close()
    require_pictures(page, gray)
    scan = straighten(Scan(number, gray, scale, width, height, np.eye(2, 3)))
    rules = find_rules(scan.gray, scale)
    cells = sum(len(table.cells) for table in find_tables(rules.horizontal, rules.vertical))
    ink = is_ink(with_dark_ink(np.where(rules.ink, np.uint8(_WHITE), scan.gray)))
    if cells >= _LEAST_CELLS or ruled_only:
        return cells >= _LEAST_CELLS
    direction = orientation.writing(ink, scale)
    return (direction >= 0 and has_columns(ink, scale)) or (direction <= 0 and has_columns(ink.T, scale))


def has_columns(ink: Bools, scale: float) -> bool:
    """Whether the text of a picture stands in three columns or more, in a good part of the bands across it.

    Bands are as high as a line of text. What is as small as a point or as thin as a dash is left out, as dotted lines
    are made of such; so are lines and pictures.

    Args:
        ink: Pixels of text, lying straight, without ruling lines.
        scale: Pixels a point.

    Example:
        >>> page = np.zeros((400, 300), dtype=np.bool_)
        >>> for top in range(20, 380, 30):
        ...     page[top : top + 10, 20:280] = np.arange(260) % 10 < 8
        >>> has_columns(page, 1.0)
        False
        >>> page[:, 90:120] = page[:, 190:220] = False
        >>> has_columns(page, 1.0)
        True
    """
    cv2 = opencv()
    count, label, stats, _ = cv2.connectedComponentsWithStats(np.ascontiguousarray(ink, dtype=np.uint8), connectivity=8)
    sides = stats[:count, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    least, most = sides.min(axis=1) / scale, sides.max(axis=1) / scale
    is_sign = (least >= _THINNEST_SIGN) & (most >= _SMALLEST_SIGN) & (most <= _LARGEST_SIGN)
    is_sign[0] = False
    signs = is_sign[label]
    step = max(round(_BAND * scale), 1)
    bands = [signs[top : top + step].any(axis=0) for top in range(0, len(signs), step)]
    texts = [1 + int((np.diff(np.flatnonzero(band)) > _APART * scale).sum()) for band in bands if band.any()]
    several = sum(number >= _LEAST_TEXTS for number in texts)
    return several >= _LEAST_BANDS and several >= _LEAST_SHARE * len(texts)
