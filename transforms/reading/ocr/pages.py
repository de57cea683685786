"""Scanned pages -> cells: the same rows that a text layer gives, with a certainty for each.

The picture of a page is made straight and clean, its ruling lines give the grid, and each line of each cell goes
through the recogniser alone, so that neighbouring cells can never run into one another. What comes out is a `Page`
like that of the other feeds; everything after it is shared.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl
import pypdfium2 as pdfium

from transforms.reading import cells
from transforms.reading.grid import find_tables
from transforms.reading.halves import Whole
from transforms.reading.ocr.engine import MISSING, Line, OcrUnavailableError, Recogniser, is_available, recogniser
from transforms.reading.ocr.glyphs import mark_of
from transforms.reading.ocr.lines import find_lines, without_specks
from transforms.reading.ocr.picture import Scan, is_ink, is_perhaps_ink, map_boxes, quarter_turn, scan_page
from transforms.reading.ocr.ruling import find_rules
from transforms.reading.ocr.slips import lone, mend
from transforms.reading.ocr.strips import Strip, compared, make_strips, place_characters
from transforms.reading.page import Bools, Floats, Page
from warehouse import contract

__all__ = ["MISSING", "NAME", "OcrReading", "OcrUnavailableError", "is_available", "ocr_pages"]

NAME: Final = "ocr"

_READABLE: Final = 0.75
"""A page that is recognised with less certainty on average may lie on its side."""

_PER_LINE: Final = 1.5
_STACKED: Final = 0.3
_PERHAPS: Final = 2.0
"""Area of faint ink, in square points, from which an empty cell may hold something after all."""

_PERHAPS_EMPTY: Final = 0.5
_WITHIN: Final = np.array([1.5, 1.5, -1.5, -1.5])
_SURE: Final = 0.95
_WHITE: Final = 255
_BOX: Final = ["x0", "top", "x1", "bottom"]


@dataclass(frozen=True, slots=True)
class OcrReading:
    """What recognising pages of one document gave.

    Attributes:
        cells: `contract.Cells` with `confidence` filled: that of the cell's least certain character, 1 for an empty
            cell, 0.5 for an empty cell with faint ink in it.
        pages_failed: Pages that could not be opened or rendered, from 1.
    """

    cells: pl.DataFrame
    pages_failed: tuple[int, ...] = ()


def ocr_pages(path: Path, document_id: str, page_numbers: Sequence[int]) -> OcrReading:
    """Read pages of a PDF from their pictures.

    A page without ruled tables gives rows only where the page after it, also asked for, has tables: a title may stand
    there alone. Other prose is not recognised for nothing. Boxes lie on the page as displayed; where a page was
    skewed they are the upright boxes around the slanted cells. A page that fails costs that page only.

    Args:
        path: The PDF.
        document_id: Goes into the cells as it is.
        page_numbers: Pages, numbered from 1.

    Raises:
        OcrUnavailableError: The extra `ocr` is not installed; the message is a reason with the code `needs_ocr`.
        pypdfium2.PdfiumError: The document cannot be opened.

    Source: scans of any form; the columns of `contract.Cells`.
    """
    engine = recogniser()
    frames: list[pl.DataFrame] = []
    failed: list[int] = []
    document = pdfium.PdfDocument(path)
    try:
        waiting: Scan | None = None
        for number in sorted(set(page_numbers)):
            try:
                scan = scan_page(document[number - 1], number)
            except (pdfium.PdfiumError, IndexError):
                failed.append(number)
                continue
            frame = _read_scan(scan, document_id, engine)
            if frame.height and waiting is not None and waiting.number == number - 1:
                frames.append(_read_upright(waiting, document_id, engine, prose=True))
            waiting = None if frame.height else scan
            frames.append(frame)
    finally:
        document.close()
    return OcrReading(pl.concat([contract.empty(contract.Cells), *frames]), tuple(failed))


def _read_scan(scan: Scan, document_id: str, engine: Recogniser) -> pl.DataFrame:
    """Read one picture, turned the right way up if need be."""
    best = _read_upright(scan, document_id, engine)
    if best.height and (_certainty(best) < _READABLE or _is_stacked(best)):
        turned = [_read_upright(quarter_turn(scan, turns), document_id, engine) for turns in (1, 3, 2)]
        best = max([best, *turned], key=_certainty)
    return best


def _is_stacked(frame: pl.DataFrame) -> bool:
    """Whether much of the text stands one character below the other: the page may lie on its side."""
    length, lines = pl.col("text").str.len_chars(), pl.col("line_count")
    share = frame.filter(length > 1).select((length < _PER_LINE * lines).mean()).item()
    return share is not None and float(share) > _STACKED


def _certainty(frame: pl.DataFrame) -> float:
    """Mean certainty, each cell weighted by its length."""
    length = frame["text"].str.len_chars()
    total = int(length.sum())
    return float((frame["confidence"] * length).sum()) / total if total else 0.0


def _read_upright(scan: Scan, document_id: str, engine: Recogniser, *, prose: bool = False) -> pl.DataFrame:
    """Read a picture as it lies; one without tables only where `prose` is asked for."""
    rules = find_rules(scan.gray, scan.scale)
    tables = find_tables(rules.horizontal, rules.vertical)
    if not (tables or prose):
        return contract.empty(contract.Cells)
    gray = np.where(rules.ink, np.uint8(_WHITE), scan.gray)
    ink = without_specks(is_ink(gray), scan.scale)
    lines = find_lines(ink, np.concatenate([np.empty((0, 4)), *[t.boxes for t in tables]]), scan.scale)
    strips = make_strips(gray, lines)
    text, boxes, certainty = place_characters(strips, _recognise(strips, ink, lines.size, engine), lines.size)
    width, height = scan.size
    page = Page(
        number=scan.number,
        width=width,
        height=height,
        char_text=np.array(list(text), dtype="<U1"),
        char_box=boxes / scan.scale,
        char_angle=np.zeros(len(text), dtype=np.int64),
        horizontal=rules.horizontal,
        vertical=rules.vertical,
        image_share=1.0,
    )
    frame = cells.to_frame(document_id, [cells.place_characters(Whole(page, tables))])
    confidence = _confidence(frame, page.char_box, certainty, is_perhaps_ink(gray), scan.scale)
    return _on_page(frame, confidence, scan)


def _recognise(strips: Sequence[Strip], ink: Bools, size: float, engine: Recogniser) -> list[Line]:
    """Recognise the strips; a cell's only line that is a dash or slash by its shape needs no recogniser."""
    per_cell = np.bincount([strip.cell + 1 for strip in strips] or [0])
    alone = [s.cell >= 0 and per_cell[s.cell + 1] == 1 and len(s.boxes) == 1 for s in strips]
    marks = [_mark(strip, ink, size) if single else None for strip, single in zip(strips, alone, strict=True)]
    recognised = iter(engine.read([s.image for s, mark in zip(strips, marks, strict=True) if mark is None]))
    lines = []
    for strip, mark, single in zip(strips, marks, alone, strict=True):
        line = mark or compared(mend(next(recognised)), ink, strip)
        lines.append(lone(line) if single else line)
    return lines


def _mark(strip: Strip, ink: Bools, size: float) -> Line | None:
    x0, y0, x1, y1 = strip.boxes[0].tolist()
    mark = mark_of(ink[y0:y1, x0:x1], size)
    if mark is None:
        return None
    ends = np.arange(1, len(mark) + 1) / len(mark)
    return Line(mark, ends - 1 / len(mark), ends, np.full(len(mark), _SURE))


def _confidence(frame: pl.DataFrame, boxes: Floats, certainty: Floats, perhaps: Bools, scale: float) -> Floats:
    """Certainty of each cell: of its least certain character, or that it is empty."""
    left, top, right, bottom = frame.select("x0", "text_top", "x1", "text_bottom").to_numpy().T[:, :, None]
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    within = (left <= x) & (x <= right) & (top <= y) & (y <= bottom)
    confidence = np.where(within, certainty[None, :], 1.0).min(axis=1, initial=1.0)
    empty = (frame["text"] == "").to_numpy()
    inner = np.rint((frame.select(_BOX).to_numpy() + _WITHIN) * scale).astype(np.int64).clip(0)
    for number in np.flatnonzero(empty).tolist():
        x0, y0, x1, y1 = inner[number].tolist()
        if perhaps[y0:y1, x0:x1].sum() >= _PERHAPS * scale * scale:
            confidence[number] = _PERHAPS_EMPTY
    return np.asarray(confidence, dtype=np.float64)


def _paired_brackets(text: pl.Expr) -> pl.Expr:
    """Let a bracket close as wide as it opens: a recogniser sees each half alone."""
    return text.str.replace_all(r"（([^（()）]*)\)", "（${1}）").str.replace_all(r"\(([^（()）]*)）", "(${1})")


def _on_page(frame: pl.DataFrame, confidence: Floats, scan: Scan) -> pl.DataFrame:
    """Add the certainty of each cell, and move the cells to their places on the page as displayed."""
    limits = np.array([scan.width, scan.height, scan.width, scan.height])
    box = np.clip(map_boxes(frame.select(_BOX).to_numpy(), scan.to_page), 0.0, limits)
    # The ink's height is taken in the middle of the cell: around a slanted line it would be that of several lines.
    middle = frame.select(x0=(pl.col("x0") + pl.col("x1")) / 2, top="text_top", bottom="text_bottom")
    ink = map_boxes(middle.select("x0", "top", pl.col("x0").alias("x1"), "bottom").to_numpy(), scan.to_page)
    ink = np.clip(ink, 0.0, limits)
    return frame.with_columns(
        _paired_brackets(pl.col("text")),
        *[pl.Series(name, box[:, i]) for i, name in enumerate(_BOX)],
        pl.Series("text_top", ink[:, 1], nan_to_null=True),
        pl.Series("text_bottom", ink[:, 3], nan_to_null=True),
        pl.lit(scan.width).alias("page_width"),
        pl.lit(scan.height).alias("page_height"),
        pl.Series("confidence", confidence),
    )
