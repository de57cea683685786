"""What PDFium says was painted on a page: thin bars, white erasers, areas, and the share of images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from transforms.reading.page import Bools, Codes, Floats, Ints, PageFrame, columns
from transforms.reading.paths import path_bars
from transforms.reading.pdfium import api
from transforms.reading.pdfium.objects import (
    IMAGE,
    PATH,
    Batch,
    Matrix,
    bounds,
    bounds_of,
    clips,
    displayed,
    matrix_of,
    move,
    multiply,
    within,
)
from transforms.reading.ruling import THICKEST, Paint
from transforms.reading.shown import Areas, is_opaque, joined
from transforms.reading.stamps import RED_EXCESS, REDDEST, RING_SEGMENTS, is_stamp

WHITE: Final = 252
"""Least value of red, green and blue (of 255) that counts as the colour of the page."""

_MOST_SEGMENTS: Final = 40_000
_BOX_SEGMENTS: Final = 5
_WIDEST, _HIGHEST = 200.0, 40.0
"""Width and height of the largest drawing that may be a figure, in points."""

_LONG: Final = 12.0
"""A thin bar of this length is not a sign of a figure any more."""

_LEVEL: Final = 0.01


@dataclass(frozen=True, slots=True)
class Painted:
    """What a page's paths and images paint.

    Attributes:
        paint: Thin bars and erasers, in painting order.
        image_share: Share of the page that images cover.
        stamps: (n, 4) displayed boxes of the rings of red stamps.
        areas: Filled rectangles and images.
        images: Handles of the images by their places in painting order.
        drawn: (n, 4) displayed boxes of small paths, images and shadings that may be seen; no long lines, no stamps.
    """

    paint: Paint
    image_share: float
    stamps: Floats
    areas: Areas
    images: dict[int, int]
    drawn: Floats

    @property
    def hiding(self) -> Floats:
        """(n, 4) displayed boxes of what hides what lies below it: opaque areas, bars in the colour of the page."""
        return np.concatenate([self.areas.box[self.areas.covers], self.paint.box[self.paint.is_white]])


def painted(batches: Sequence[Batch], frame: PageFrame) -> Painted:
    """Read the painted paths of a page, those in form XObjects included.

    Kept: straight strokes along an axis and filled rectangles, as far as no clip path hides them, and images. Left
    out: curves, slanted lines, shadings, and what is fully transparent.
    """
    boxes, whites, stamps, images = [np.empty((0, 4))], [np.empty(0, dtype=np.bool_)], [np.empty((0, 4))], 0.0
    areas, drawn = [Areas.none()], [np.empty((0, 4))]
    handles: dict[int, int] = {}
    for batch in batches:
        if batch.paths:
            found = _paths(batch, frame)
            boxes.append(found.box)
            whites.append(found.is_white)
            stamps.append(found.stamps)
            areas.append(found.areas)
            drawn.append(found.drawn)
        if batch.images:
            box = displayed(bounds(batch.images), batch.matrix, frame)
            images += float(((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])).sum())
            areas.append(_images(batch, box, frame))
            drawn.append(_small(areas[-1].box, np.inf))
            handles |= zip(batch.order(IMAGE).tolist(), batch.images, strict=True)
        if batch.shadings:
            drawn.append(_small(_shadings(batch, frame), np.inf))
    width, height = frame.size
    share = min(1.0, images / max(width * height, 1.0))
    paint = Paint(np.concatenate(boxes), np.concatenate(whites))
    rings = np.concatenate(stamps)
    return Painted(paint, share, rings, joined(areas), handles, _outside(np.concatenate(drawn), rings))


def _small(box: Floats, longest: float = _LONG) -> Floats:
    """Of boxes those that may be figures or signs of figures, by their size; thin ones of `longest` may be rules."""
    width, height = box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]
    is_small = (np.minimum(width, height) > THICKEST) | (np.maximum(width, height) < longest)
    if not is_small.any():
        return box[:0]
    is_small &= (width > 0) & (height > 0) & (width <= _WIDEST) & (height <= _HIGHEST)
    small: Floats = box.compress(is_small, axis=0)
    return small


def _outside(box: Floats, stamps: Floats) -> Floats:
    """Boxes that do not lie in one of the stamps."""
    if not len(box) or not len(stamps):
        return box
    x, y = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
    x0, top, x1, bottom = stamps.T[:, :, None]
    outside: Floats = box[~((x >= x0) & (x <= x1) & (y >= top) & (y <= bottom)).any(axis=0)]
    return outside


def _shadings(batch: Batch, frame: PageFrame) -> Floats:
    """The displayed boxes of shadings, as far as a clip path lets them be seen: alone they fill the page."""
    box = displayed(bounds(batch.shadings), batch.matrix, frame)
    where, limits, _ = clips(batch, batch.shadings, frame)
    box[where] = limits
    return box


def _images(batch: Batch, box: Floats, frame: PageFrame) -> Areas:
    """Images, as far as they are not clipped; a mask is seen by `is_masked` alone."""
    count = len(batch.images)
    clear = np.fromiter(map(api.has_transparency, batch.images), np.int64, count) != 0
    where, limits, _ = clips(batch, batch.images, frame)
    if len(where):
        box = box.copy()
        box[where] = within(box[where], limits)
    no = np.zeros(count, dtype=np.bool_)
    return Areas(box, batch.order(IMAGE), np.zeros(count, dtype=np.uint32), no, ~clear)


@dataclass(frozen=True, slots=True)
class _Paths:
    """What paths paint: bars and erasers in painting order, rings of stamps, areas, and what is small."""

    box: Floats
    is_white: Bools
    stamps: Floats
    areas: Areas
    drawn: Floats


def _paths(batch: Batch, frame: PageFrame) -> _Paths:
    """Tell bars, erasers, rings of stamps and areas among the paths of a batch."""
    handles, matrix = batch.paths, batch.matrix
    count = len(handles)
    paths = api.handles(handles)
    mode = api.fill(api.draw_mode, "<i4", 2, paths, count=count)
    filled, stroked = mode[:, 0] != 0, mode[:, 1] != 0
    segments = np.fromiter(map(api.count_segments, handles), np.int64, count)
    fill, fill_white, fill_seen, fill_red = _colors(paths, filled, api.fill_color)
    stroke, stroke_white, stroke_seen, stroke_red = _colors(paths, stroked, api.stroke_color)
    filled, stroked = filled & fill_seen, stroked & stroke_seen
    box = displayed(bounds_of(paths), matrix, frame)
    red = filled & fill_red | stroked & stroke_red
    stamps = box[red & (segments >= RING_SEGMENTS)] if red.any() else box[:0]
    stamps = stamps[is_stamp(stamps)] if len(stamps) else stamps
    outline = box.copy()
    single = stroked & (segments == 2)
    if single.any():
        box[single] = _line_boxes(box[single])
    thin = np.minimum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]) <= THICKEST
    broad = _along_an_axis(handles, (single & ~filled & ~thin).nonzero()[0])
    outline[broad], fill[broad] = box[broad], stroke[broad]
    # Most producers draw each line as a path of its own, recognised by its bounds alone.
    simple = np.where(stroked, single & thin, (segments <= _BOX_SEGMENTS) & (thin | fill_white))
    simple &= filled | stroked
    is_white = np.where(stroked, stroke_white, fill_white)
    owner = simple.nonzero()[0]
    parts, part_white, part_order = [box.take(owner, axis=0)], [is_white[owner]], [owner]
    complex_ = np.flatnonzero(
        ~simple & (filled | stroked) & (segments >= 2) & ~(filled & ~stroked & (segments <= _BOX_SEGMENTS))
    )
    total = 0
    for i in complex_.tolist():
        total += int(segments[i])
        if total > _MOST_SEGMENTS:
            break
        strokes, fills = _outline(handles[i], int(segments[i]), matrix, frame, bool(stroked[i]), bool(filled[i]))
        for found, white in ((fills, fill_white[i]), (strokes, stroke_white[i])):
            parts.append(found)
            part_white.append(np.full(len(found), white))
            part_order.append(np.full(len(found), i))
    box, is_white = parts[0], part_white[0]
    if len(parts) > 1:
        owner = np.concatenate(part_order)
        sort = owner.argsort(kind="stable")
        owner, box, is_white = owner[sort], np.concatenate(parts).take(sort, axis=0), np.concatenate(part_white)[sort]
    large = np.union1d((filled & (segments <= _BOX_SEGMENTS) & ~thin).nonzero()[0], broad)
    area = outline[large]
    has_ink = filled & ~fill_white | stroked & ~stroke_white
    drawn = outline.compress(has_ink, axis=0)
    where, limits, _ = clips(batch, handles, frame)
    if len(where):
        clip = np.tile(np.array([-np.inf, -np.inf, np.inf, np.inf]), (count, 1))
        clip[where] = limits
        area, box, drawn = within(area, clip[large]), within(box, clip[owner]), within(drawn, clip[has_ink])
        shown = (box[:, 0] <= box[:, 2]) & (box[:, 1] <= box[:, 3])
        box, is_white, owner = box[shown], is_white[shown], owner[shown]
    drawn = _small(np.concatenate([drawn, box[~is_white & np.isin(owner, complex_)]]) if len(complex_) else drawn)
    if not len(large):
        return _Paths(box, is_white, stamps, Areas.none(), drawn)
    clear = np.fromiter(map(api.has_transparency, [handles[i] for i in large.tolist()]), np.int64, len(large)) != 0
    colour = packed(fill[large])
    plain = colour > 0  # a pattern has no colour and leaves zeros
    covers = plain & is_opaque(colour) & ~clear
    areas = Areas(area, batch.order(PATH)[large], colour, plain & is_opaque(colour), covers)
    return _Paths(box, is_white, stamps, areas, drawn)


def _along_an_axis(handles: list[int], lines: Ints) -> Ints:
    """Which of some lines of two points are level or upright: these cover what lies in their boxes."""
    if not len(lines):
        return lines
    ends = [api.path_segment(api.handle(handles[i]), end) for i in lines.tolist() for end in (0, 1)]
    points = api.fill(api.segment_point, "<f4", 2, api.handles(ends), count=len(ends)).reshape(-1, 2, 2)
    found: Ints = lines[(np.abs(points[:, 0] - points[:, 1]) < _LEVEL).any(axis=1)]
    return found


def packed(rgba: NDArray[np.uint32]) -> Codes:
    """Colours as one number each."""
    red, green, blue, alpha = rgba.T
    colour: Codes = red << np.uint32(24) | green << np.uint32(16) | blue << np.uint32(8) | alpha
    return colour


def _line_boxes(bounds: Floats) -> Floats:
    """Boxes of single straight strokes from their bounds, which PDFium widens by the stroke's width on every side."""
    width, height = bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]
    thickness = np.minimum(width, height)
    lies = width > height
    in_x, in_y = thickness / np.where(lies, 2, 4), thickness / np.where(lies, 4, 2)
    inset: Floats = columns(in_x, in_y, -in_x, -in_y)
    return bounds + inset


def are_red(rgba: NDArray[np.uint32]) -> Bools:
    """Whether each colour (red, green, blue, alpha of 255) is a stamp's red."""
    red, other = rgba[:, 0].astype(np.int64), rgba[:, 1:3].max(axis=1).astype(np.int64)
    return np.asarray((red >= REDDEST * 255) & (red - other >= RED_EXCESS * 255), dtype=np.bool_)


def _colors(paths: list[Any], used: Bools, function: api.Function) -> tuple[NDArray[np.uint32], Bools, Bools, Bools]:
    """Each path's colour, whether it is that of the page, whether it can be seen at all, and whether it is red."""
    white, seen, red = (np.zeros(len(paths), dtype=np.bool_) for _ in range(3))
    every = np.zeros((len(paths), 4), dtype=np.uint32)
    index = used.nonzero()[0]
    if not len(index):
        return every, white, seen, red
    chosen = [paths[i] for i in index.tolist()] if len(index) < len(paths) else paths
    rgba = api.fill(function, "<u4", 4, chosen, count=len(chosen))
    white[index] = (rgba[:, :3] >= WHITE).all(axis=1)
    # A pattern has no colour and leaves zeros: it is seen.
    seen[index] = (rgba[:, 3] > 0) | ~rgba.any(axis=1)
    red[index] = are_red(rgba)
    every[index] = rgba
    return every, white, seen, red


def _outline(
    handle: int, count: int, matrix: Matrix, frame: PageFrame, stroked: bool, filled: bool
) -> tuple[Floats, Floats]:
    """Boxes of the straight strokes and of the filled rectangles of one path of several segments."""
    segments = list(map(api.path_segment, api.same(api.handle(handle)), range(count)))
    kind = np.fromiter(map(api.segment_type, segments), np.int64, count)
    close = np.fromiter(map(api.segment_close, segments), np.int64, count) == 1
    point = api.fill(api.segment_point, "<f4", 2, api.handles(segments), count=count).astype(np.float64)
    full = multiply(matrix_of(handle), matrix)
    x, y = frame.points(*move(point[:, 0], point[:, 1], full))
    width = float(api.fill(api.stroke_width, "<f4", 1, [api.handle(handle)], count=1)[0, 0])
    a, b, c, d = full[:4]
    half = width * abs(a * d - b * c) ** 0.5 / 2
    return path_bars(x, y, kind, close, half if stroked else None, filled)
