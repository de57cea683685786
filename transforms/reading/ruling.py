"""Ruling lines from what was painted: bars and erasers in painting order -> joined horizontal and vertical lines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from operator import itemgetter
from typing import Final

import numpy as np

from transforms.reading.page import Bools, Floats, Ints, columns

THICKEST: Final = 4.0
"""A painted bar up to this thick is a line, in points; anything thicker is a background."""

_EDGE: Final = 2.0
"""A border may lie on the page's very edge."""

_SAME_LINE: Final = 1.0
_JOINT: Final = 3.0
_DASH: Final = 8.0
_DASH_GAP: Final = 6.0
_SHORTEST: Final = 5.0
_COVER: Final = 0.15
_MOST_PAIRS: Final = 4_000_000
_TURNED: Final = [1, 0, 3, 2]


@dataclass(frozen=True, slots=True)
class Paint:
    """What was painted on a page, in painting order.

    `box` is (n, 4) x0, top, x1, bottom as displayed, stroke width included; `is_white` marks paint in the colour of
    the page: it shows nothing itself and hides what lies under it.
    """

    box: Floats
    is_white: Bools


def ruling_lines(paint: Paint, size: tuple[float, float] | None = None) -> tuple[Floats, Floats]:
    """Find the lines that a reader sees.

    What is painted beyond the page (`size`: its width and height as displayed) is not seen.

    Thin bars are lines, whether stroked or filled. White paint takes away what it covers of the lines painted
    before it (ReportLab merges cells that way). Pieces of one line (borders drawn cell by cell, dashes, dots) are
    joined; what stays shorter than 5 points is dropped.

    Returns:
        `horizontal` (m, 3) y, x0, x1 and `vertical` (k, 3) x, top, bottom, each sorted by its first column.

    Example:
        >>> bars = np.array([[0, 9.8, 40, 10.2], [40, 9.8, 90, 10.2], [0, 0, 90, 50]], dtype=float)
        >>> horizontal, vertical = ruling_lines(Paint(bars, np.array([False, False, False])))
        >>> horizontal.tolist(), vertical.tolist()
        ([[10.0, 0.0, 90.0]], [])
    """
    box, is_white = paint.box, paint.is_white
    if size is not None:
        box, is_white = _on_page(box, is_white, size)
    width, height = box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]
    dot = (width <= 2.0) & (height <= 2.0)
    lies = ~is_white & (height <= THICKEST) & ((width > height) | dot)
    stands = ~is_white & (width <= THICKEST) & ((height > width) | dot)
    white = is_white.nonzero()[0]
    flat = lies.nonzero()[0]
    upright = stands.nonzero()[0]
    erasers = box.take(white, axis=0)
    horizontal = _visible(box.take(flat, axis=0), flat, erasers, white)
    vertical = _visible(box.take(upright, axis=0)[:, _TURNED], upright, erasers[:, _TURNED], white)
    return _joined(horizontal, vertical)


def _on_page(box: Floats, is_white: Bools, size: tuple[float, float]) -> tuple[Floats, Bools]:
    if not len(box) or (box[:, :2].min() >= 0.0 and box[:, 2].max() <= size[0] and box[:, 3].max() <= size[1]):
        return box, is_white
    low, high = np.array([-_EDGE, -_EDGE]), np.array([size[0] + _EDGE, size[1] + _EDGE])
    box = np.concatenate([np.maximum(box[:, :2], low), np.minimum(box[:, 2:], high)], axis=1)
    shown = (box[:, 0] <= box[:, 2]) & (box[:, 1] <= box[:, 3])
    return box[shown], is_white[shown]


def _visible(bars: Floats, order: Ints, white: Floats, white_order: Ints) -> Floats:
    """Turn lying bars into (y, x0, x1) and cut out what later white paint covers."""
    lines: Floats = columns((bars[:, 1] + bars[:, 3]) / 2, bars[:, 0], bars[:, 2])
    if not len(bars) or not len(white) or len(bars) * len(white) > _MOST_PAIRS:
        return lines
    over = (
        (white_order[None, :] > order[:, None])
        & (white[None, :, 1] <= bars[:, None, 1] + _COVER)
        & (white[None, :, 3] >= bars[:, None, 3] - _COVER)
        & (white[None, :, 0] < bars[:, None, 2])
        & (white[None, :, 2] > bars[:, None, 0])
    )
    hit = over.any(axis=1)
    if not hit.any():
        return lines
    kept = [lines[~hit]]
    for i in np.flatnonzero(hit).tolist():
        y, x0, x1 = lines[i].tolist()
        pieces = []
        for start, end in sorted(white[over[i]][:, [0, 2]].tolist(), key=itemgetter(0)):
            if start - x0 > 0.0:
                pieces.append((y, x0, start))
            x0 = max(x0, end)
        if x1 - x0 > 0.0:
            pieces.append((y, x0, x1))
        kept.append(np.array(pieces).reshape(-1, 3))
    return np.concatenate(kept)


def join_pieces(lines: Floats) -> Floats:
    """Join the pieces of lines that lie on one another or follow one another.

    Args:
        lines: (n, 3) position across, start, end.

    Returns:
        (m, 3), sorted by position, then start; the position is that of the longest piece.
    """
    return _joined(lines, np.empty((0, 3)))[0]


def _joined(horizontal: Floats, vertical: Floats) -> tuple[Floats, Floats]:
    """What `join_pieces` gives of the lines of both directions, at the cost of one."""
    lines = np.concatenate([horizontal, vertical])
    if not len(lines):
        return horizontal, vertical
    direction = np.repeat(np.arange(2), [len(horizontal), len(vertical)])
    across, start, end = lines.T
    order = np.lexsort((across, direction))
    across, start, end, direction = across[order], start[order], end[order], direction[order]
    parts = across[: len(horizontal)], across[len(horizontal) :]
    track = 2 * np.concatenate([cluster(part, _SAME_LINE, _SAME_LINE * 1.5) for part in parts]) + direction
    by_start = np.lexsort((start, track))
    across, start, end, track = across[by_start], start[by_start], end[by_start], track[by_start]
    # The reach so far within a track: tracks are pushed apart so that one running maximum serves them all.
    ends = lines[:, 1:]
    shift = track * (ends.max() - ends.min() + 100.0)
    reach = np.maximum.accumulate(end + shift)
    length = end - start
    short = np.maximum(length[1:], length[:-1]) < _DASH
    gap = (start[1:] + shift[1:]) - reach[:-1]
    new = np.ones(len(start), dtype=np.bool_)
    new[1:] = (track[1:] != track[:-1]) | (gap > np.where(short, _DASH_GAP, _JOINT))
    first = new.nonzero()[0]
    if len(first) < len(new):
        group = new.cumsum() - 1
        by_length = np.lexsort((-length, group))
        across, track = across[by_length[first]], track[first]
        start, end = start[first], np.maximum.reduceat(end, first)
    kept = end - start >= _SHORTEST
    across, start, end, direction = across[kept], start[kept], end[kept], track[kept] % 2
    order = np.lexsort((start, across, direction))
    joined: Floats = columns(across, start, end)[order]
    count = int(np.count_nonzero(direction))
    return joined[: len(joined) - count], joined[len(joined) - count :]


def cluster(values: Floats, gap: float, span: float) -> Ints:
    """Number the groups of sorted values that lie close together.

    A new group starts after a step of more than `gap`, or where a group would grow wider than `span`.

    Example:
        >>> cluster(np.array([1.0, 1.5, 9.0]), 1.0, 3.0).tolist()
        [0, 0, 1]
    """
    labels: list[int] = []
    label, before, first = -1, -math.inf, -math.inf
    for value in values.tolist():
        if value - before > gap or value - first > span:
            label, first = label + 1, value
        before = value
        labels.append(label)
    return np.array(labels, dtype=np.int64)
