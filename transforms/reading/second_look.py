"""Tables that a page shows although no ruling lines draw them: shaded cells, rounded boxes, rules that are images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Final

import numpy as np
import pypdfium2 as pdfium

from transforms.reading.grid import Table, find_tables
from transforms.reading.ocr import pages as ocr
from transforms.reading.page import Codes, Floats, Page
from transforms.reading.ruling import join_pieces
from transforms.reading.source import Source
from transforms.reading.white_columns import find_columns

LABELS: Final = (
    ("指标",),
    ("分值", "权重", "得分"),
    ("一级指标", "三级指标", "指标名称", "年度指标值", "目标值"),
    ("实际", "完成"),
)
"""A page that prints one word of each set prints the head of a table of indicators."""

_PIXELS_PER_POINT: Final = 3.0
_MOST_PIXELS: Final = 4200
_CORNER: Final = 6.0
_LEAST_CELLS: Final = 12
_LEAST_COLUMNS: Final = 3
_LEAST_INSIDE: Final = 0.6


def is_wanted(tables: list[Table], codes: Codes) -> bool:
    """Whether a page prints the labels of a table of indicators, but has no ruled table that could be one."""
    if is_grid(tables):
        return False
    text = "".join(codes.astype("<u4").tobytes().decode("utf-32-le", "replace").split())
    return all(any(word in text for word in words) for words in LABELS)


def is_grid(tables: list[Table]) -> bool:
    """Whether tables have cells and columns enough for a form."""
    return sum(len(table.cells) for table in tables if len(table.x) > _LEAST_COLUMNS) >= _LEAST_CELLS


def find_again(page: Page, boxes: Floats, bars: Floats, source: Source) -> tuple[Floats, Floats] | None:
    """Look for the lines of a page whose ruling lines draw no table that holds its text.

    Tried in turn: the page's lines across with the white between its texts (`white_columns`); its own lines with the
    edges of its boxes; and lines in its picture (needs the extra `ocr`).
    Lines of boxes and pictures are let reach round rounded corners. What is found counts only where it makes a table of
    a dozen cells around most of the text.

    Args:
        page: With its text.
        boxes: (n, 4) filled or drawn rectangles of the page as displayed.
        bars: (n, 4) thin ones, rules as they are painted piece by piece.
        source: The document, for the picture.

    Returns:
        Horizontal and vertical lines as in `Page`, or None where there is no such table.
    """
    for lines in _candidates(page, boxes, bars, source):
        if _holds(find_tables(*lines), page):
            return lines
    return None


def _candidates(page: Page, boxes: Floats, bars: Floats, source: Source) -> Iterator[tuple[Floats, Floats]]:
    if (found := find_columns(page, bars)) is not None:
        yield found
    if len(boxes):
        x0, top, x1, bottom = boxes.T
        lying = np.concatenate([np.column_stack([top, x0, x1]), np.column_stack([bottom, x0, x1])])
        standing = np.concatenate([np.column_stack([x0, top, bottom]), np.column_stack([x1, top, bottom])])
        yield _meeting(
            join_pieces(np.concatenate([page.horizontal, lying])),
            join_pieces(np.concatenate([page.vertical, standing])),
        )
    if ocr.is_available():
        yield _meeting(*_seen(page.number, source))


def _seen(number: int, source: Source) -> tuple[Floats, Floats]:
    """Lines in the picture of a page."""
    from transforms.reading.ocr.ruling import find_rules

    with closing(pdfium.PdfDocument(source)) as document:
        page = document[number - 1]
        scale = min(_PIXELS_PER_POINT, _MOST_PIXELS / max(page.get_size()))
        bitmap = page.render(scale=scale, grayscale=True)
        gray = np.ascontiguousarray(bitmap.to_numpy()).reshape(bitmap.height, bitmap.width).copy()
        bitmap.close()
    rules = find_rules(gray, scale)
    return rules.horizontal, rules.vertical


def _meeting(horizontal: Floats, vertical: Floats) -> tuple[Floats, Floats]:
    return _reaching(horizontal, vertical), _reaching(vertical, horizontal)


def _reaching(lines: Floats, across: Floats) -> Floats:
    """Lines that go on round a corner to the nearest line across, where one is near enough."""
    if not len(lines) or not len(across):
        return lines
    at, start, end = lines.T[:, :, None]
    place, low, high = across.T[:, None, :]
    passes = (at >= low - _CORNER) & (at <= high + _CORNER)
    before = np.where(passes & (place <= start) & (place >= start - _CORNER), place, -np.inf).max(axis=1)
    after = np.where(passes & (place >= end) & (place <= end + _CORNER), place, np.inf).min(axis=1)
    return np.column_stack(
        [
            lines[:, 0],
            np.where(np.isfinite(before), before, lines[:, 1]),
            np.where(np.isfinite(after), after, lines[:, 2]),
        ]
    )


def _holds(tables: list[Table], page: Page) -> bool:
    ink = page.codes > 32
    if not is_grid(tables) or not ink.any():
        return False
    box = page.char_box[ink]
    x, y = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
    inside = np.zeros(len(x), dtype=np.bool_)
    for table in tables:
        inside |= (x >= table.x[0]) & (x <= table.x[-1]) & (y >= table.y[0]) & (y <= table.y[-1])
    return bool(inside.mean() >= _LEAST_INSIDE)
