"""One painted path -> the bars that it leaves on the page: straight strokes and filled rectangles."""

from __future__ import annotations

from typing import Final

import numpy as np

from transforms.reading.page import Bools, Floats, Ints
from transforms.reading.ruling import THICKEST

LINE: Final = 0
CURVE: Final = 1
MOVE: Final = 2

_CORNER: Final = 0.2
_STRAIGHT: Final = 0.5
_SKEW: Final = 0.005
_GLYPH: Final = 40.0
_BOX_LINES: Final = 4


def path_bars(
    x: Floats, y: Floats, kind: Ints, close: Bools, half: float | None, filled: bool
) -> tuple[Floats, Floats]:
    """Split a path into the bars that its strokes and its filled rectangles paint.

    Args:
        x: Displayed points, one for each segment.
        y: Displayed points.
        kind: 0 line, 1 curve, 2 move.
        close: The segment closes its subpath.
        half: Half of the stroke's width; None where the path is not stroked.
        filled: The path is filled.

    Returns:
        Boxes (n, 4) of the straight strokes along an axis, and of the filled rectangles. A rectangle within
        another, a little smaller, is a frame: its four bars. The strokes of a small path that is not a box are those of
        a character drawn as an outline (fake bold): they are left out.
    """
    none = np.empty((0, 4))
    start = np.flatnonzero(kind == MOVE)
    strokes = none
    if half is not None and len(start):
        sub = np.cumsum(kind == MOVE) - 1
        line = np.flatnonzero(kind == LINE)
        line = line[line > 0]
        shut = np.flatnonzero(close & (sub >= 0))
        ax, ay = np.concatenate([x[line - 1], x[shut]]), np.concatenate([y[line - 1], y[shut]])
        bx = np.concatenate([x[line], x[start[sub[shut]]]])
        by = np.concatenate([y[line], y[start[sub[shut]]]])
        slack = _STRAIGHT + _SKEW * np.maximum(np.abs(ax - bx), np.abs(ay - by))
        lies, stands = np.abs(ay - by) <= slack, np.abs(ax - bx) <= slack
        straight = (lies | stands) & ~(lies & stands & (half == 0))
        glyph = _glyphs(x[start[0] :], y[start[0] :], kind[start[0] :], start - start[0])
        if glyph.any():
            straight &= ~glyph[sub[np.concatenate([line, shut])]]
        grow_x, grow_y = np.where(stands, half, 0.0), np.where(lies, half, 0.0)
        strokes = np.column_stack(
            [
                np.minimum(ax, bx) - grow_x,
                np.minimum(ay, by) - grow_y,
                np.maximum(ax, bx) + grow_x,
                np.maximum(ay, by) + grow_y,
            ]
        )[straight]
    fills = _filled_rectangles(x, y, kind, start) if filled and len(start) else none
    return strokes, fills


def _glyphs(x: Floats, y: Floats, kind: Ints, start: Ints) -> Bools:
    """Which subpaths draw characters: small, with curves, slanted lines or many corners; small boxes beside them.

    A box with rounded corners is not a character.
    """
    count = np.diff([*start, len(x)])
    if count.max() < _BOX_LINES:
        return np.zeros(len(start), dtype=np.bool_)
    wide = np.maximum.reduceat(x, start) - np.minimum.reduceat(x, start)
    high = np.maximum.reduceat(y, start) - np.minimum.reduceat(y, start)
    bent = kind == CURVE
    bent[1:] |= (kind[1:] == LINE) & (np.abs(x[1:] - x[:-1]) > _STRAIGHT) & (np.abs(y[1:] - y[:-1]) > _STRAIGHT)
    small = (np.maximum(wide, high) < _GLYPH) & ~_rounded_boxes(x, y, kind, start)
    cornered = (count >= _BOX_LINES) & np.logical_or.reduceat(bent, start)
    shaped = small & (cornered | (count > _BOX_LINES + 2))
    return np.asarray(shaped | (small & (count >= _BOX_LINES)) if shaped.any() else shaped, dtype=np.bool_)


def _rounded_boxes(x: Floats, y: Floats, kind: Ints, start: Ints) -> Bools:
    """Which subpaths have four lines, one along most of each side, and curves between them."""
    sub = np.cumsum(kind == MOVE) - 1
    line = np.flatnonzero(kind == LINE)
    of = sub[line]
    low, high = (np.column_stack([f.reduceat(v, start) for v in (x, y)]) for f in (np.minimum, np.maximum))
    here, before = (np.column_stack([x[at], y[at]]) for at in (line, line - 1))
    sides = np.zeros((len(start), 4), dtype=np.bool_)
    for axis in (0, 1):
        long = 2 * np.abs(here - before)[:, 1 - axis] > (high - low)[of, 1 - axis]
        level = np.abs(here - before)[:, axis] <= _CORNER
        for side, edge in enumerate((low, high)):
            lies_on = long & level & (np.abs(here[:, axis] - edge[of, axis]) <= _CORNER)
            sides[of[lies_on], 2 * axis + side] = True
    lines = np.bincount(of, minlength=len(start))
    rounded: Bools = sides.all(axis=1) & (lines == _BOX_LINES)
    return rounded


def _filled_rectangles(x: Floats, y: Floats, kind: Ints, start: Ints) -> Floats:
    """Boxes of the subpaths that are rectangles along the axes; two that make a frame give its four bars."""
    sub = np.cumsum(kind == MOVE) - 1
    x, y, kind, sub, start = x[start[0] :], y[start[0] :], kind[start[0] :], sub[start[0] :], start - start[0]
    x0, y0 = np.minimum.reduceat(x, start), np.minimum.reduceat(y, start)
    x1, y1 = np.maximum.reduceat(x, start), np.maximum.reduceat(y, start)
    right, low = x1[sub] - x < _CORNER, y1[sub] - y < _CORNER
    off = ((x - x0[sub] >= _CORNER) & ~right) | ((y - y0[sub] >= _CORNER) & ~low) | (kind == CURVE)
    corners = np.bitwise_or.reduceat(1 << (2 * right + low).astype(np.int64), start)
    is_thin = np.minimum(x1 - x0, y1 - y0) < 2 * _CORNER
    is_box = ~np.logical_or.reduceat(off, start) & ((corners == 15) | is_thin)
    boxes: Floats = np.column_stack([x0, y0, x1, y1])[is_box]
    if len(boxes) < 2:
        return boxes
    around = _frames(boxes[:-1], boxes[1:])
    within = _frames(boxes[1:], boxes[:-1])
    if not (around | within).any():
        return boxes
    outer = np.flatnonzero(np.concatenate([around, [False]]) | np.concatenate([[False], within]))
    inner = np.where(np.concatenate([around, [False]])[outer], outer + 1, outer - 1)
    (a, b, c, d), (e, f, g, h) = boxes[outer].T, boxes[inner].T
    bars = [np.column_stack(sides) for sides in ((a, b, c, f), (a, h, c, d), (a, b, e, d), (g, b, c, d))]
    alone = np.setdiff1d(np.arange(len(boxes)), np.concatenate([outer, inner]))
    return np.concatenate([boxes[alone], *bars])


def _frames(outer: Floats, inner: Floats) -> Bools:
    """Whether each outer box lies around its inner box by the thickness of a line."""
    gaps = (inner - outer) * np.array([1.0, 1.0, -1.0, -1.0])
    return np.asarray((gaps >= 0).all(axis=1) & (gaps <= THICKEST).all(axis=1) & (gaps > 0).any(axis=1), dtype=np.bool_)
