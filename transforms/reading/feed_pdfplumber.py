"""Pages from pdfplumber and the pdfminer.six under it: the reference feed, slower and independent of PDFium."""

from __future__ import annotations

import io
import logging
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pdfplumber
from pdfminer.pdfinterp import PDFResourceManager
from pdfminer.pdftypes import resolve1

from transforms.reading.bounded_fonts import BoundedFonts
from transforms.reading.grid import Table, find_tables, require_table
from transforms.reading.layers import layers_off
from transforms.reading.limits import NO_LIMITS, Limits
from transforms.reading.page import Bools, Codes, Floats, Glyphs, Page, PageFrame, place
from transforms.reading.paths import CURVE, path_bars
from transforms.reading.pdf_date import pdf_date
from transforms.reading.recorder import NOWHERE, Box, Char, PaintedImage, PaintedPath, Recording, record
from transforms.reading.ruling import THICKEST, Paint, ruling_lines
from transforms.reading.shown import Areas, as_seen
from transforms.reading.source import Source
from transforms.reading.stamps import RING_SEGMENTS, is_stamp

NAME: Final = "pdfplumber"

_BOX_POINTS: Final = 5
_LINE_POINTS: Final = 2
_LEVEL: Final = 0.01

# pdfminer warns of each small fault of a font; the reading says what matters.
logging.getLogger("pdfminer").setLevel(logging.ERROR)


class PdfplumberDocument:
    """A PDF opened with pdfplumber. Close it, or use it in a `with` block.

    Raises:
        pdfplumber.utils.exceptions.PdfminerException: The file cannot be opened.
    """

    name = NAME

    def __init__(self, source: Source, limits: Limits = NO_LIMITS) -> None:
        self._limits = limits
        with ExitStack() as opened:  # pdfplumber itself leaves a file open that it cannot read
            given: io.BytesIO | io.BufferedReader = (
                io.BytesIO(source) if isinstance(source, bytes) else source.open("rb")
            )
            opened.enter_context(given)
            self._document = opened.enter_context(pdfplumber.open(given))
            self._off = layers_off(self._document.doc.catalog)
            self._pages = self._document.pages
            self._fonts = BoundedFonts()
            self._opened = opened.pop_all()
        self.page_count = len(self._pages)
        stated = self._document.metadata
        self.modified_at = pdf_date(stated.get("ModDate")) or pdf_date(stated.get("CreationDate"))

    def __enter__(self) -> PdfplumberDocument:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the document."""
        self._opened.close()

    def open_page(self, number: int) -> PdfplumberPage:
        """Open a page, numbered from 1, and interpret all of it."""
        page = self._pages[number - 1].page_obj
        return PdfplumberPage(self._fonts, page, number, self._off, self._limits)


class PdfplumberPage:
    """An open page: its text for a first look, then all of it. Close it, or use it in a `with` block."""

    def __init__(
        self, resources: PDFResourceManager, page: Any, number: int, off: frozenset[int], limits: Limits = NO_LIMITS
    ) -> None:
        self.number = number
        self._limits = limits
        self._frame = _frame(page)
        self._recorded = record(resources, page, off, limits)

    def __enter__(self) -> PdfplumberPage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the page."""
        self._recorded = Recording([], [], [], 0.0)

    @property
    def codes(self) -> Codes:
        """Code points of the page's text."""
        return np.array([char[0] for char in self._recorded.chars], dtype=np.uint32)

    def has_map_errors(self) -> bool:
        """Always false: pdfminer's unmapped characters are in `codes` as U+FFFD."""
        return False

    @cached_property
    def tables(self) -> list[Table]:
        """The tables that the ruling lines draw."""
        return find_tables(*self._ruling, most_cells=self._limits.cells)

    def require_table(self) -> None:
        """Raise LimitMet where the page draws too many lines to look for a table."""
        require_table(*self._ruling, self._limits.cells)

    def image_share(self) -> float:
        """Share of the page that images cover."""
        width, height = self._frame.size
        return min(1.0, self._recorded.image_area / max(width * height, 1.0))

    def other_figures(self) -> frozenset[int]:
        """None: this engine does not know the shapes of glyphs."""
        return frozenset()

    def has_mute_text(self) -> bool:
        """Always false: pdfminer tells of each printed character, if only that its meaning is not known."""
        return False

    def outline_segments(self) -> int:
        """How many lines and curves the page's paths are drawn of."""
        return sum(len(path.points) for path in self._recorded.paths)

    def is_bare(self) -> bool:
        """Whether the page draws nothing at all."""
        return not (self._recorded.chars or self._recorded.paths or self._recorded.image_area)

    def boxes(self) -> Floats:
        """Rectangles that the page fills, (n, 4) as displayed."""
        areas = _areas(self._recorded.paths, [], self._frame)
        return areas.box[areas.plain]

    def bars(self) -> Floats:
        """Thin bars that are seen, (n, 4) as displayed and painted: rules, piece by piece."""
        paint = _paint(self._recorded.paths, self._frame)
        return paint.box[~paint.is_white]

    def read(self) -> Page:
        """Read characters and ruling lines."""
        image_share = self.image_share()
        glyphs, is_red = _glyphs(self._recorded.chars)
        stamps = _stamps(self._recorded.paths, self._frame)
        if len(stamps):
            glyphs = glyphs.where(glyphs.outside_stamps(stamps, self._frame, is_red))
        areas = _areas(self._recorded.paths, self._recorded.images, self._frame)
        glyphs = as_seen(glyphs, areas, *self._ruling, self._frame)
        text, box, angle, is_ocr = place(glyphs, self._frame, image_share)
        width, height = self._frame.size
        return Page(self.number, width, height, text, box, angle, *self._ruling, image_share, is_ocr)

    @cached_property
    def _ruling(self) -> tuple[Floats, Floats]:
        return ruling_lines(_paint(self._recorded.paths, self._frame), self._frame.size)


def pages(path: Path) -> Iterator[Page]:
    """Read all pages of a document.

    Raises:
        pdfplumber.utils.exceptions.PdfminerException: The document cannot be opened.
    """
    with PdfplumberDocument(path) as document:
        for number in range(1, document.page_count + 1):
            with document.open_page(number) as page:
                yield page.read()


def _frame(page: Any) -> PageFrame:
    left, bottom, right, top = _sorted_box(page.mediabox)
    crop = resolve1(page.attrs.get("CropBox"))
    if crop:
        a, b, c, d = _sorted_box([resolve1(value) for value in crop])
        shared = (max(left, a), max(bottom, b), min(right, c), min(top, d))
        if shared[0] < shared[2] and shared[1] < shared[3]:
            left, bottom, right, top = shared
    return PageFrame(left, bottom, right, top, int(page.rotate or 0) % 360)


def _sorted_box(box: Sequence[float]) -> Box:
    x0, y0, x1, y1 = (float(value) for value in box)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _glyphs(chars: list[Char]) -> tuple[Glyphs, Bools]:
    """The characters, and which of them are red."""
    values = np.array(chars, dtype=np.float64).reshape(-1, 10)
    code, x, y, size, angle, advance, hidden, red, colour, order = values.T
    glyphs = Glyphs(
        codes=code.astype(np.uint32),
        x=x,
        y=y,
        size=size,
        angle=angle,
        advance=advance,
        hidden=hidden > 0,
        colour=colour.astype(np.uint32),
        order=order.astype(np.int64),
    )
    return glyphs, red > 0


def _areas(paths: list[PaintedPath], images: list[PaintedImage], frame: PageFrame) -> Areas:
    """Filled rectangles that are more than lines, and images."""
    boxes: list[Floats] = [np.empty((0, 4))]
    painted: list[tuple[int, int, bool, bool]] = []
    for path in paths:
        corners = [(x, y) for x, y, _, _ in path.points] if path.filled else _broad_line(path)
        if not corners or len(path.points) > _BOX_POINTS:
            continue
        box = _box_around(corners, path.clip, frame)
        box = box[np.minimum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]) > THICKEST]
        boxes.append(box)
        is_plain = path.colour is not None and path.colour & 255 == 255
        painted += [(path.order, path.colour or 0, is_plain, path.covers)] * len(box)
    for image in images:
        box = _box_around(image.points, image.clip, frame)
        boxes.append(box)
        painted += [(image.order, 0, False, image.covers)] * len(box)
    if not painted:
        return Areas.none()
    order, colour, plain, covers = np.array(painted, dtype=np.int64).T
    return Areas(np.concatenate(boxes), order, colour.astype(np.uint32), plain > 0, covers > 0)


def _broad_line(path: PaintedPath) -> list[tuple[float, float]]:
    """Corners of what a level or upright line of two points covers; none of another path."""
    if path.half is None or len(path.points) != _LINE_POINTS:
        return []
    (x0, y0, _, _), (x1, y1, _, _) = path.points
    across, up = (path.half if abs(x1 - x0) < _LEVEL else 0.0), (path.half if abs(y1 - y0) < _LEVEL else 0.0)
    if not across and not up:
        return []
    return [(min(x0, x1) - across, min(y0, y1) - up), (max(x0, x1) + across, max(y0, y1) + up)]


def _box_around(points: list[tuple[float, float]], clip: Box | None, frame: PageFrame) -> Floats:
    x, y = np.array(points, dtype=np.float64).T
    return clipped(frame.boxes(*(np.array([value]) for value in (x.min(), y.min(), x.max(), y.max()))), clip, frame)


def _stamps(paths: list[PaintedPath], frame: PageFrame) -> Floats:
    """Displayed boxes (n, 4) of the rings of red stamps."""
    found = [np.empty((0, 4))]
    for path in paths:
        points = path.points
        if path.is_red and 1 + 3 * sum(point[2] == CURVE for point in points) >= RING_SEGMENTS:
            x, y = np.array(points, dtype=np.float64)[:, :2].T
            found.append(frame.boxes(*(np.array([value]) for value in (x.min(), y.min(), x.max(), y.max()))))
    box = np.concatenate(found)
    return box[is_stamp(box)]


def _paint(paths: list[PaintedPath], frame: PageFrame) -> Paint:
    boxes: list[Floats] = []
    whites: list[bool] = []
    for path in paths:
        points, half, filled, clip = path.points, path.half, path.filled, path.clip
        values = np.array(points, dtype=np.float64)
        x, y = frame.points(values[:, 0], values[:, 1])
        strokes, fills = path_bars(x, y, values[:, 2].astype(np.int64), values[:, 3] > 0, half, filled)
        for found, white in ((fills, path.fill_white), (strokes, path.stroke_white)):
            seen = clipped(found, clip, frame)
            seen = seen[(np.minimum(seen[:, 2] - seen[:, 0], seen[:, 3] - seen[:, 1]) <= THICKEST) | white]
            boxes.append(seen)
            whites += [white] * len(seen)
    return Paint(np.concatenate([np.empty((0, 4)), *boxes]), np.array(whites, dtype=np.bool_))


def clipped(box: Floats, clip: Box | None, frame: PageFrame) -> Floats:
    """Cut boxes to a clip box given in user space; what lies outside is dropped."""
    if clip is None or not len(box):
        return box
    if clip == NOWHERE:
        return box[:0]
    corner = frame.boxes(*(np.array([value]) for value in clip))[0]
    box = np.column_stack([np.maximum(box[:, :2], corner[:2]), np.minimum(box[:, 2:], corner[2:])])
    return box[(box[:, 0] <= box[:, 2]) & (box[:, 1] <= box[:, 3])]
