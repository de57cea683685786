"""What PDFium says was painted on a page: thin bars, white erasers, and the share of images."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from transforms.reading import pdfium_api as api
from transforms.reading.page import Bools, Floats, PageFrame, columns
from transforms.reading.paths import path_bars
from transforms.reading.pdfium_objects import Batch, Matrix, bounds, clips, displayed, matrix_of, move, multiply
from transforms.reading.ruling import THICKEST, Paint

WHITE: Final = 252
"""Least value of red, green and blue (of 255) that counts as the colour of the page."""

_MOST_SEGMENTS: Final = 40_000


def painted(batches: Sequence[Batch], frame: PageFrame) -> tuple[Paint, float]:
    """Read the painted paths of a page, those in form XObjects included.

    Kept: straight strokes along an axis and filled rectangles that are thin or white, as far as no clip path hides
    them. Left out: curves, slanted lines, coloured areas, shadings, and what is fully transparent.

    Returns:
        The paint in painting order, and the share of the page that images cover.
    """
    boxes, whites, images = [np.empty((0, 4))], [np.empty(0, dtype=np.bool_)], 0.0
    for batch in batches:
        if batch.paths:
            box, is_white = _paths(batch.paths, batch.matrix, frame)
            boxes.append(box)
            whites.append(is_white)
        if batch.images:
            box = displayed(bounds(batch.images), batch.matrix, frame)
            images += float(((box[:, 2] - box[:, 0]) * (box[:, 3] - box[:, 1])).sum())
    width, height = frame.size
    share = min(1.0, images / max(width * height, 1.0))
    return Paint(np.concatenate(boxes), np.concatenate(whites)), share


def _paths(handles: list[int], matrix: Matrix, frame: PageFrame) -> tuple[Floats, Bools]:
    """Boxes and whiteness of the bars and erasers among paths, in painting order."""
    count = len(handles)
    paths = api.handles(handles)
    mode = api.fill(api.draw_mode, "<i4", 2, paths, count=count)
    filled, stroked = mode[:, 0] != 0, mode[:, 1] != 0
    segments = np.fromiter(map(api.count_segments, handles), np.int64, count)
    fill_white, fill_seen = _colors(paths, filled, api.fill_color)
    stroke_white, stroke_seen = _colors(paths, stroked, api.stroke_color)
    filled, stroked = filled & fill_seen, stroked & stroke_seen
    box = displayed(bounds(handles), matrix, frame)
    single = stroked & (segments == 2)
    box[single] = _line_boxes(box[single])
    thin = np.minimum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]) <= THICKEST
    # Most producers draw each line as a path of its own, told by its bounds alone.
    simple = np.where(stroked, single & thin, (segments <= 5) & (thin | fill_white))
    simple &= filled | stroked
    is_white = np.where(stroked, stroke_white, fill_white)
    order = np.flatnonzero(simple).astype(np.float64)
    parts, part_white, part_order = [box[simple]], [is_white[simple]], [order]
    complex_ = np.flatnonzero(~simple & (filled | stroked) & (segments >= 2) & ~(filled & ~stroked & (segments <= 5)))
    total = 0
    for i in complex_.tolist():
        total += int(segments[i])
        if total > _MOST_SEGMENTS:
            break
        strokes, fills = _outline(handles[i], int(segments[i]), matrix, frame, bool(stroked[i]), bool(filled[i]))
        for found, white in ((fills, fill_white[i]), (strokes, stroke_white[i])):
            parts.append(found)
            part_white.append(np.full(len(found), white))
            part_order.append(np.full(len(found), float(i)))
    order = np.concatenate(part_order)
    sort = np.argsort(order, kind="stable")
    box, is_white = np.concatenate(parts)[sort], np.concatenate(part_white)[sort]
    where, limits = clips(handles, matrix, frame)
    if not len(where):
        return box, is_white
    clip = np.tile(np.array([-np.inf, -np.inf, np.inf, np.inf]), (count, 1))
    clip[where] = limits
    clip = clip[order[sort].astype(np.int64)]
    box = np.column_stack([np.maximum(box[:, :2], clip[:, :2]), np.minimum(box[:, 2:], clip[:, 2:])])
    shown = (box[:, 0] <= box[:, 2]) & (box[:, 1] <= box[:, 3])
    return box[shown], is_white[shown]


def _line_boxes(bounds: Floats) -> Floats:
    """Boxes of single straight strokes from their bounds, which PDFium widens by the stroke's width on every side."""
    width, height = bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1]
    thickness = np.minimum(width, height)
    lies = width > height
    in_x, in_y = thickness / np.where(lies, 2, 4), thickness / np.where(lies, 4, 2)
    inset: Floats = columns(in_x, in_y, -in_x, -in_y)
    return bounds + inset


def _colors(paths: list[Any], used: Bools, function: api.Function) -> tuple[Bools, Bools]:
    """Whether each path's colour is that of the page, and whether it can be seen at all."""
    white, seen = np.zeros(len(paths), dtype=np.bool_), np.zeros(len(paths), dtype=np.bool_)
    index = used.nonzero()[0]
    if not len(index):
        return white, seen
    chosen = [paths[i] for i in index.tolist()]
    rgba = api.fill(function, "<u4", 4, chosen, count=len(chosen))
    white[index] = (rgba[:, :3] >= WHITE).all(axis=1)
    # A pattern has no colour and leaves zeros: it is seen.
    seen[index] = (rgba[:, 3] > 0) | ~rgba.any(axis=1)
    return white, seen


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
