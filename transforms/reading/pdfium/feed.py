"""Pages from PDFium, the default feed: whole arrays of characters and painted paths, no object for each character."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pypdfium2 as pdfium_helpers
import pypdfium2.raw as pdfium

from transforms.reading.grid import Table, find_tables, require_table
from transforms.reading.limits import NO_LIMITS, Limits, require
from transforms.reading.page import Codes, Floats, Glyphs, Ints, Page, PageFrame, boxes_around, columns, place
from transforms.reading.pdf_date import pdf_date
from transforms.reading.pdfium import api
from transforms.reading.pdfium.empty_glyphs import has_empty_glyphs
from transforms.reading.pdfium.font_figures import KnownFigures, other_figures
from transforms.reading.pdfium.marks import without_actual_text
from transforms.reading.pdfium.objects import (
    TEXT,
    Batch,
    batches,
    bounds,
    clips,
    displayed,
    matrix_of,
    multiply,
    pixel_count,
)
from transforms.reading.pdfium.painted import Painted, are_red, painted
from transforms.reading.pdfium.printed import Printed, printed_text
from transforms.reading.pdfium.sign_boxes import displaced_signs
from transforms.reading.pdfium.stand_in import stand_in
from transforms.reading.pdfium.text_colours import text_colours
from transforms.reading.pdfium.veiled import partly_seen, veils
from transforms.reading.ruling import ruling_lines
from transforms.reading.shown import BLACK, Areas, Texts, as_seen
from transforms.reading.source import Source

NAME: Final = "pdfium"

_HYPHENS: Final = (0x02, 0xFFFE)
_CLIPS: Final = 4
"""Mode from which text clips."""

_INSET: Final = 0.25
_SOLID: Final = 250
_MOST_CLEAR: Final = 0.02
_LAST: Final = 1 << 40
_LARGE: Final = 32 * 1024 * 1024
_IDEOGRAPHS: Final = 0x2E80
_LOST: Final = np.uint32(0xFFFD)
_SAMPLE: Final = 64
_MOST_LOST: Final = 0.3
_NO_POINTS: Final = np.empty((0, 2))


TextClips = tuple[Batch, Ints, Floats, Ints]
"""Of a batch which texts are clipped, the boxes they can be seen in, and which of them more than a box clips."""


class PdfiumDocument:
    """A PDF opened with PDFium. Close it, or use it in a `with` block.

    Raises:
        pypdfium2.PdfiumError: The file cannot be opened; `err_code` says why.
    """

    name = NAME

    def __init__(self, source: Source, limits: Limits = NO_LIMITS) -> None:
        self._limits = limits
        with ExitStack() as held:
            held.enter_context(stand_in())
            # In memory PDFium reads faster; a huge file stays on disk.
            if isinstance(source, Path) and source.stat().st_size <= _LARGE:
                source = source.read_bytes()
            self._document = held.enter_context(closing(pdfium_helpers.PdfDocument(source)))
            self.page_count = len(self._document)
            stated = self._document.get_metadata_value
            self.modified_at = pdf_date(stated("ModDate")) or pdf_date(stated("CreationDate"))
            self._known = held.enter_context(closing(KnownFigures(self._document.raw)))
            self._held = held.pop_all()

    def __enter__(self) -> PdfiumDocument:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the document."""
        self._held.close()

    def open_page(self, number: int) -> PdfiumPage:
        """Open a page, numbered from 1.

        Raises:
            pypdfium2.PdfiumError: The page is damaged.
        """
        return PdfiumPage(self._document, number, self._known, self._limits)


class PdfiumPage:
    """An open page: its text for a first look, then all of it. Close it, or use it in a `with` block."""

    def __init__(
        self, document: pdfium_helpers.PdfDocument, number: int, known: KnownFigures, limits: Limits = NO_LIMITS
    ) -> None:
        self.number = number
        self._known = known
        self._document = document
        self._limits = limits
        with ExitStack() as held:
            self._page = held.enter_context(closing(document[number - 1]))
            # Text that marks say in place of what is printed is not the page's: they go before its text is loaded.
            without_actual_text(self._objects)
            self._text_page = pdfium.FPDFText_LoadPage(self._page.raw)
            if not self._text_page:
                raise pdfium_helpers.PdfiumError(f"page {self.number}: its text cannot be loaded")
            held.callback(pdfium.FPDFText_ClosePage, self._text_page)
            self._text = api.handle(int(ctypes.cast(self._text_page, ctypes.c_void_p).value or 0))
            self._count = max(int(pdfium.FPDFText_CountChars(self._text_page)), 0)
            require("too_many_characters", "a page prints {} characters", self._count, limits.characters)
            self._held = held.pop_all()
        self._codes = _codes(self._text, self._count)

    def __enter__(self) -> PdfiumPage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the page."""
        self._held.close()

    @property
    def codes(self) -> Codes:
        """Code points of the page's text, made-up spaces and line breaks included."""
        return self._codes

    def has_map_errors(self) -> bool:
        """Whether most of a sample of the characters have no Unicode map: PDFium then tells glyph numbers."""
        sample = np.flatnonzero(self._codes > 32)
        sample = sample[:: max(1, len(sample) // _SAMPLE)].tolist()
        lost = sum(map(api.has_map_error, api.same(self._text), sample))
        return len(sample) > 0 and lost > _MOST_LOST * len(sample)

    @cached_property
    def tables(self) -> list[Table]:
        """The tables that the ruling lines draw."""
        return find_tables(*self._ruling, most_cells=self._limits.cells)

    def require_table(self) -> None:
        """Raise LimitMet where the page draws too many lines to look for a table."""
        require_table(*self._ruling, self._limits.cells)

    def image_share(self) -> float:
        """Share of the page that images cover."""
        return self._painted.image_share

    def other_figures(self) -> frozenset[int]:
        """Digits, units and signs of the page of which a font has another shape: see `font_figures`, `sign_boxes`."""
        printed = self._printed
        shapes = other_figures(self._codes[printed.index], printed.run, printed.texts, self._known)
        return shapes | displaced_signs(self._text, self._codes, printed)

    def has_mute_text(self) -> bool:
        """Whether the page prints more texts than PDFium tells characters of."""
        boxes = np.concatenate([np.empty((0, 4)), *(bounds(batch.texts) for batch in self._objects)])
        has_ink = (boxes[:, 0] < boxes[:, 2]) & (boxes[:, 1] < boxes[:, 3])
        return int(has_ink.sum()) > int((self._codes > 32).sum())

    def outline_segments(self) -> int:
        """How many lines and curves the page's paths are drawn of."""
        return sum(sum(map(api.count_segments, batch.paths)) for batch in self._objects)

    def is_bare(self) -> bool:
        """Whether the page draws nothing at all."""
        return not any(batch.texts or batch.paths or batch.images for batch in self._objects)

    def boxes(self) -> Floats:
        """Rectangles that the page fills, (n, 4) as displayed."""
        areas = self._painted.areas
        return areas.box[areas.plain]

    def bars(self) -> Floats:
        """Thin bars that are seen, (n, 4) as displayed and painted: rules, piece by piece."""
        paint = self._painted.paint
        return paint.box[~paint.is_white]

    def read(self) -> Page:
        """Read characters and ruling lines."""
        horizontal, vertical = self._ruling
        printed, paint = self._printed, self._painted
        glyphs, cut = _glyphs(self._text, self._codes, printed, self._objects, self._text_clips, self._frame, paint)
        drawn = np.concatenate([paint.drawn, glyphs.unpainted(self._frame)]) if glyphs.hidden.any() else paint.drawn
        glyphs = as_seen(glyphs, self._areas(glyphs), horizontal, vertical, self._frame, self._texts)
        text, box, angle, is_ocr = place(glyphs, self._frame, paint.image_share)
        width, height = self._frame.size
        return Page(
            number=self.number,
            width=width,
            height=height,
            char_text=text,
            char_box=box,
            char_angle=angle,
            horizontal=horizontal,
            vertical=vertical,
            image_share=paint.image_share,
            has_hidden_text=is_ocr,
            has_empty_glyphs=has_empty_glyphs(self._text, self._codes),
            cut=boxes_around(cut, box),
            drawn=drawn,
            hiding=np.concatenate([paint.hiding, self._oddly_clipped()]),
        )

    def _oddly_clipped(self) -> Floats:
        """(n, 4) a part of each text that more than a box clips, of which less may be seen than its box."""
        found = [np.empty((0, 4))]
        for batch, _, _, odd in self._text_clips:
            if len(odd):
                box = displayed(bounds([batch.texts[i] for i in odd.tolist()]), batch.matrix, self._frame)
                inset = _INSET * (box[:, 2:] - box[:, :2])
                found.append(np.concatenate([box[:, :2] + inset, box[:, 2:] - inset], axis=1))
        return np.concatenate(found)

    def _texts(self) -> Texts:
        boxes = [displayed(bounds(batch.texts), batch.matrix, self._frame) for batch in self._objects if batch.texts]
        orders = [batch.order(TEXT) for batch in self._objects if batch.texts]
        return Texts(np.concatenate(boxes), np.concatenate(orders))

    def _areas(self, glyphs: Glyphs) -> Areas:
        """The areas of the page; images over text are looked at: one with a mask covers nothing.

        What is painted after text that clips may be clipped by its outlines, which nothing says: it covers nothing.
        """
        areas = self._painted.areas
        if areas.covers.any() and len(clipping := self._clipping_texts()):
            areas = replace(areas, covers=areas.covers & (areas.order < clipping.min()))
        chosen = [i for i in np.flatnonzero(areas.covers).tolist() if int(areas.order[i]) in self._painted.images]
        if not chosen:
            return areas
        x, y = glyphs.centres(self._frame)
        covers = areas.covers.copy()
        for i in chosen:
            x0, top, x1, bottom = areas.box[i].tolist()
            below = (glyphs.order < areas.order[i]) & (x >= x0) & (x <= x1) & (y >= top) & (y <= bottom)
            covers[i] = below.any() and not self._is_masked(self._painted.images[int(areas.order[i])])
        return replace(areas, covers=covers)

    def _clipping_texts(self) -> Ints:
        """Place in painting order of the texts that clip what is painted after them."""
        found = [
            batch.order(TEXT)[[api.render_mode(text) >= _CLIPS for text in batch.texts]]
            for batch in self._objects
            if batch.texts
        ]
        return np.concatenate([np.empty(0, dtype=np.int64), *found])

    def _is_masked(self, image: int) -> bool:
        """Whether an image lets what lies below it shine through somewhere; true where it cannot be drawn."""
        handle = ctypes.cast(image, pdfium.FPDF_PAGEOBJECT)
        bitmap = pdfium.FPDFImageObj_GetRenderedBitmap(self._document.raw, self._page.raw, handle)
        if not bitmap:
            return True
        try:
            if pdfium.FPDFBitmap_GetFormat(bitmap) not in (pdfium.FPDFBitmap_BGRA, pdfium.FPDFBitmap_BGRA_Premul):
                return False
            size = pdfium.FPDFBitmap_GetStride(bitmap) * pdfium.FPDFBitmap_GetHeight(bitmap)
            pixels = np.frombuffer(ctypes.string_at(pdfium.FPDFBitmap_GetBuffer(bitmap), size), dtype=np.uint8)
            return bool((pixels[3::4] < _SOLID).mean() > _MOST_CLEAR)
        finally:
            pdfium.FPDFBitmap_Destroy(bitmap)

    @cached_property
    def _frame(self) -> PageFrame:
        left, bottom, right, top = self._page.get_bbox()
        return PageFrame(left, bottom, right, top, self._page.get_rotation())

    @cached_property
    def _objects(self) -> list[Batch]:
        found = batches(int(ctypes.cast(self._page.raw, ctypes.c_void_p).value or 0), self._limits.objects)
        pixels = sum(pixel_count(image) for batch in found for image in batch.images)
        require("too_many_pixels", "the images of a page have {} pixels", pixels, self._limits.pixels)
        return found

    @cached_property
    def _printed(self) -> Printed:
        """The printed characters."""
        return printed_text(self._text, self._codes)

    @cached_property
    def _text_clips(self) -> list[TextClips]:
        return [(batch, *clips(batch, batch.texts, self._frame)) for batch in self._objects]

    @cached_property
    def _painted(self) -> Painted:
        return painted(self._objects, self._frame)

    @cached_property
    def _ruling(self) -> tuple[Floats, Floats]:
        return ruling_lines(self._painted.paint, self._frame.size)


def pages(path: Path) -> Iterator[Page]:
    """Read all pages of a document.

    Raises:
        pypdfium2.PdfiumError: The document or a page cannot be opened.
    """
    with PdfiumDocument(path) as document:
        for number in range(1, document.page_count + 1):
            with document.open_page(number) as page:
                yield page.read()


def _codes(text: Any, count: int) -> Codes:
    """Code points of a text page, one for each of PDFium's character indexes."""
    buffer = np.zeros(count + 1, dtype="<u2")
    written = api.text_of(text, 0, count, api.handle(buffer.ctypes.data)) if count else 1
    codes = buffer[:count].astype(np.uint32)
    if written - 1 != count or ((codes >= 0xD800) & (codes < 0xE000)).any():
        codes = np.fromiter(map(api.unicode_of, api.same(text), range(count)), np.uint32, count)
    return codes


def _glyphs(
    text: Any,
    codes: Codes,
    printed: Printed,
    objects: Sequence[Batch],
    clipped: Sequence[TextClips],
    frame: PageFrame,
    paint: Painted,
) -> tuple[Glyphs, Floats]:
    """Read origin, size, direction, advance, colour and painting order of the printed characters.

    With them come the displayed middles (n, 2) of those at which a clip path cuts their text off, or that are seen in
    part only.
    """
    items, owners, first, run = printed.items, printed.texts, printed.first, printed.run
    count = len(items)
    run_size, run_angle = _size_and_angle(printed.matrix, printed.points)
    mode = np.fromiter(map(api.render_mode, owners), np.int64, len(owners))
    rgba = api.fill(api.fill_color, "<u4", 4, api.handles(owners), count=len(owners))
    colour = text_colours(owners, mode, rgba)
    order = np.zeros(len(owners), dtype=np.int64)
    veil, veil_order = veils(objects, owners, colour, frame)
    if len(paint.areas.order) or len(veil):
        place = {h: at for batch in objects for h, at in zip(batch.texts, batch.order(TEXT).tolist(), strict=True)}
        order = np.array([place.get(owner, 0) for owner in owners], dtype=np.int64)
    chars = _mapped(text, codes[printed.index], items, first)
    glyphs = Glyphs(
        codes=chars,
        x=printed.origin[:, 0],
        y=printed.origin[:, 1],
        size=run_size[run],
        angle=run_angle[run],
        advance=np.zeros(count),
        hidden=((mode == api.NOT_PAINTED) | (mode == api.ONLY_CLIPS) | printed.are_lines)[run],
        colour=colour[run],
        order=order[run],
    )
    glyphs = _measured(text, items, glyphs, run)
    if len(paint.stamps):
        outside = glyphs.outside_stamps(paint.stamps, frame, are_red(rgba)[run])
        glyphs, run = glyphs.where(outside), run[outside]
    glyphs, cut = _clipped(glyphs, owners, run, clipped, frame)
    cut = np.concatenate([cut, partly_seen(glyphs, veil, veil_order, frame)])
    return _with_lone_spaces(glyphs, set(owners), objects), cut


def _mapped(text: Any, codes: Codes, items: list[int], first: Ints) -> Codes:
    """Code points with hyphens restored; U+FFFD where a font has no map: PDFium then tells the glyph's number.

    A text object has one font: where the first characters of all objects are mapped, the others are not asked.
    Nor are ideographs: the numbers of glyphs lie lower.
    """
    codes = np.where((codes == _HYPHENS[0]) | (codes == _HYPHENS[1]), np.uint32(45), codes)
    ideographs = ((codes >= 0x4E00) & (codes < 0xA000))[first]
    asked = [items[i] for i in first[~ideographs].tolist()]
    if 1 in map(api.has_map_error, api.same(text), asked):
        lost = np.fromiter(map(api.has_map_error, api.same(text), items), np.int64, len(items)) == 1
        codes = np.where(lost, _LOST, codes)
    return codes


def _size_and_angle(matrix: Floats, font_size: Floats) -> tuple[Floats, Floats]:
    """Font size and direction of the baseline in user space; a mirrored font still reads along its direction."""
    a, b, c, d = np.where(font_size < 0, -1.0, 1.0) * matrix[:, :4].T  # a negative size turns the text round
    mirrored = (a * d - b * c < 0) & (np.abs(b) < np.abs(a))
    angle = np.degrees(np.arctan2(b, np.where(mirrored, np.abs(a), a)))
    return np.abs(font_size) * np.hypot(c, d), angle


def _clipped(
    glyphs: Glyphs, owners: list[int], run: Ints, clipped: Sequence[TextClips], frame: PageFrame
) -> tuple[Glyphs, Floats]:
    """Drop the characters whose centre a clip path hides; `run` is each character's text object in `owners`.

    Also returns the middles (n, 2) of what is left right beside a character that is dropped and printed: they stand at
    the end of a text that is cut off.
    """
    hidden_by: dict[int, Floats] = {}
    for batch, where, box, _ in clipped:
        hidden_by |= {batch.texts[i]: box[k] for k, i in enumerate(where.tolist())}
    if not hidden_by:
        return glyphs, _NO_POINTS
    nowhere = np.array([-np.inf, -np.inf, np.inf, np.inf])
    clip = np.array([hidden_by.get(owner, nowhere) for owner in owners]).reshape(-1, 4)[run]
    x, y = glyphs.centres(frame)
    shown = (x >= clip[:, 0]) & (x <= clip[:, 2]) & (y >= clip[:, 1]) & (y <= clip[:, 3])
    if shown.all():
        return glyphs, _NO_POINTS
    missing = ~shown & ~glyphs.hidden & (glyphs.codes != 32) & (glyphs.codes != 0x3000)
    neighbours = run[1:] == run[:-1]
    cut = np.zeros(len(shown), dtype=np.bool_)
    cut[:-1] = shown[:-1] & missing[1:] & neighbours
    cut[1:] |= shown[1:] & missing[:-1] & neighbours
    return glyphs.where(shown), columns(x[cut], y[cut])


def _with_lone_spaces(glyphs: Glyphs, owners: set[int], objects: Sequence[Batch]) -> Glyphs:
    """Add the printed spaces that stand in a text object of their own: PDFium's text leaves those out."""
    x, y, size = [], [], []
    for batch in objects:
        if owners.issuperset(batch.texts):
            continue
        lone = [handle for handle in batch.texts if handle not in owners]
        box = bounds(lone)
        lone = [lone[i] for i in np.flatnonzero((box[:, 0] == box[:, 2]) | (box[:, 1] == box[:, 3])).tolist()]
        font_size = api.fill(api.object_font_size, "<f4", 1, api.handles(lone), count=len(lone))[:, 0].tolist()
        for handle, points in zip(lone, font_size, strict=True):
            _, _, c, d, e, f = multiply(matrix_of(handle), batch.matrix)
            x.append(e)
            y.append(f)
            size.append(abs(points) * math.hypot(c, d))
    if not x:
        return glyphs
    count = len(x)
    none = np.zeros(count)
    return Glyphs(
        codes=np.concatenate([glyphs.codes, np.full(count, 32, dtype=np.uint32)]),
        x=np.concatenate([glyphs.x, x]),
        y=np.concatenate([glyphs.y, y]),
        size=np.concatenate([glyphs.size, size]),
        angle=np.concatenate([glyphs.angle, none]),
        advance=np.concatenate([glyphs.advance, none]),
        hidden=np.concatenate([glyphs.hidden, none > 0]),
        colour=np.concatenate([glyphs.colour, np.full(count, BLACK, dtype=np.uint32)]),
        order=np.concatenate([glyphs.order, np.full(count, _LAST, dtype=np.int64)]),
    )


def _measured(text: Any, items: list[int], glyphs: Glyphs, run: Ints) -> Glyphs:
    """Set how far the text moves on after each character, along its direction.

    PDFium's loose box (left, top, right, bottom) runs from the origin to the advance. It falls back to the ink for
    characters that PDFium itself replaced (ligatures): these count as wide as their kind. Ideographs are one font
    size wide and not asked. The characters that one glyph stands for all have its origin and its box: they share it.
    """
    x, y, size = glyphs.x, glyphs.y, glyphs.size
    advance = np.where(glyphs.codes >= _IDEOGRAPHS, 1.0, 0.5) * size
    heaped = np.zeros(len(x), dtype=np.bool_)
    heaped[1:] = (x[1:] == x[:-1]) & (y[1:] == y[:-1]) & (run[1:] == run[:-1])
    shares = heaped.copy()
    shares[:-1] |= heaped[1:]
    asked = ((glyphs.codes < _IDEOGRAPHS) | shares).nonzero()[0]
    chosen = [items[i] for i in asked.tolist()]
    loose = api.fill(api.char_loose_box, "<f4", 4, api.same(text), chosen, count=len(chosen), apart=False)
    left, top, right, bottom = loose.T
    angle, ax, of_size = glyphs.angle[asked], x[asked], size[asked]
    ahead = right - ax
    if angle.any():
        turns, ay = np.rint(angle / 90.0).astype(np.int64) % 4, y[asked]
        ahead = np.choose(turns, [ahead, top - ay, ax - left, ay - bottom])
    plausible = (ahead > 0.05 * of_size) & (ahead < 3.0 * of_size)
    advance[asked[plausible]] = ahead[plausible]
    if not heaped.any():
        return replace(glyphs, advance=advance)
    glyph = np.cumsum(~heaped) - 1
    count = np.bincount(glyph)[glyph]
    place = np.arange(len(x)) - np.flatnonzero(~heaped)[glyph]
    advance = advance / count
    angle = np.radians(glyphs.angle)
    x, y = x + place * advance * np.cos(angle), y + place * advance * np.sin(angle)
    return replace(glyphs, x=x, y=y, advance=advance)
