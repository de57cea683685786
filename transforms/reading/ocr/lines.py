"""Where the lines of text stand in a straight picture: inside the cells of the tables, and outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from transforms.reading.ocr.opencv import connected, opencv
from transforms.reading.page import Bools, Floats, Ints

_SPECK: Final = 0.45
"""Largest area of ink, in square points, that is dirt: a decimal point is at least twice as large."""

_LEAST_STROKE: Final = 1.6
_USUAL_SIZE: Final = 10.0
_SMALLEST_SIZE: Final = 4.0
_LARGEST_SIZE: Final = 40.0
_ONE_LINE: Final = 1.25
_TWO_LINES: Final = 1.7
_VALLEY: Final = 0.08
_WIDE_GAP: Final = 1.5
_INSET: Final = 0.7
_SOLID: Final = 0.5
_LARGER: Final = 1.15


@dataclass(frozen=True, slots=True)
class TextLines:
    """Lines of text of a picture.

    Attributes:
        box: (n, 4) x0, y0, x1, y1 in pixels, tight around the ink.
        cell: (n,) number of the cell, -1 outside the tables; sorted by cell, then from top to bottom.
        size: Usual height of a line of ideographs on the page, in pixels.
    """

    box: Ints
    cell: Ints
    size: float


def without_specks(ink: Bools, scale: float) -> Bools:
    """Leave out dirt: patches of ink smaller than any decimal point."""
    count, label, stats, _ = connected(ink.astype(np.uint8))
    keep = stats[:count, opencv().CC_STAT_AREA] > _SPECK * scale * scale
    keep[0] = False
    return np.asarray(keep[label], dtype=np.bool_)


def find_blots(ink: Bools, size: float) -> Ints:
    """(n, 4) boxes of solid patches that are larger than a character, in pixels: what they cover cannot be read.

    No stroke of a character is half as thick as the character is high; marks such as ■ are no larger than one.

    Args:
        ink: The text's pixels, without rules.
        size: Usual height of a line of ideographs, in pixels.

    Example:
        >>> ink = np.zeros((100, 200), dtype=np.bool_)
        >>> ink[10:30, 10:30] = ink[50:53, 20:180] = True
        >>> len(find_blots(ink, 20.0))
        0
        >>> ink[60:84, 100:130] = True
        >>> find_blots(ink, 20.0).tolist()
        [[100, 60, 130, 84]]
    """
    cv2 = opencv()
    square = np.ones((2 * round(_SOLID * size / 2) + 1,) * 2, dtype=np.uint8)
    core = cv2.erode(ink.astype(np.uint8), square)
    if not cv2.countNonZero(core):
        return np.empty((0, 4), dtype=np.int64)
    solid = cv2.dilate(core, square)
    count, _, stats, _ = connected(solid)
    x, y, width, height = stats[1:count, :4].T.astype(np.int64)
    is_large = np.maximum(width, height) > _LARGER * size
    boxes: Ints = np.column_stack([x, y, x + width, y + height])[is_large]
    return boxes


def find_lines(ink: Bools, cells: Floats, scale: float) -> TextLines:
    """Find the lines of text in each cell, and those outside of all cells.

    Lines are recognised by rows of pixels without ink. Pieces that make up one character (the bars of 二 or =) stay
    together; lines that touch are parted where ink is scarcest. A line outside the tables is parted at wide gaps.

    Args:
        ink: (height, width) the text's pixels, without rules and specks.
        cells: (n, 4) x0, top, x1, bottom of the cells in points.
        scale: Pixels a point.
    """
    windows = windows_of(cells, scale, ink.shape)
    pieces = [_runs(ink[y0:y1, x0:x1]) for x0, y0, x1, y1 in windows]
    outside = ink.copy()
    for x0, y0, x1, y1 in windows_of(cells + np.array([-1.0, -1.0, 1.0, 1.0]) * (_INSET + 1.0), scale, ink.shape):
        outside[y0:y1, x0:x1] = False
    size = _usual_size(ink, windows, pieces, scale)
    boxes: list[tuple[int, int, int, int]] = []
    owner: list[int] = []
    for number, ((x0, y0, x1, y1), runs) in enumerate(zip(windows, pieces, strict=True)):
        found = _boxes(ink[y0:y1, x0:x1], runs, size, scale)
        boxes += [(x0 + a, y0 + b, x0 + c, y0 + d) for a, b, c, d in found]
        owner += [number] * len(found)
    free = [part for box in _boxes(outside, _runs(outside), size, scale) for part in _parted(outside, box, scale)]
    boxes += free
    owner += [-1] * len(free)
    return TextLines(np.array(boxes, dtype=np.int64).reshape(-1, 4), np.array(owner, dtype=np.int64), size)


def windows_of(cells: Floats, scale: float, shape: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    """The cells in pixels, a little smaller, so that no rule gets in: x0, y0, x1, y1.

    Args:
        cells: (n, 4) x0, top, x1, bottom in points.
        scale: Pixels a point.
        shape: Height and width of the picture.
    """
    inner = cells + np.array([1.0, 1.0, -1.0, -1.0]) * _INSET
    pixels = np.rint(inner * scale).astype(np.int64)
    pixels[:, [0, 2]] = pixels[:, [0, 2]].clip(0, shape[1])
    pixels[:, [1, 3]] = pixels[:, [1, 3]].clip(0, shape[0])
    return [(a, b, max(c, a), max(d, b)) for a, b, c, d in pixels.tolist()]


def _runs(ink: Bools) -> list[tuple[int, int]]:
    """Begin and end of the runs of rows that hold ink."""
    if not ink.size:
        return []
    rows = np.concatenate([[False], ink.any(axis=1), [False]])
    step = np.flatnonzero(rows[1:] != rows[:-1]).tolist()
    return list(zip(step[::2], step[1::2], strict=True))


def _usual_size(
    ink: Bools, windows: Sequence[tuple[int, int, int, int]], pieces: Sequence[list[tuple[int, int]]], scale: float
) -> float:
    """Height of most lines of several characters; digits alone are lower than ideographs, so an upper quantile."""
    heights = []
    for (x0, y0, x1, _), runs in zip(windows, pieces, strict=True):
        for top, bottom in runs:
            height = bottom - top
            if _SMALLEST_SIZE * scale <= height <= _LARGEST_SIZE * scale:
                columns = np.flatnonzero(ink[y0 + top : y0 + bottom, x0:x1].any(axis=0))
                if columns[-1] - columns[0] >= 2 * height:
                    heights.append(height)
    return float(np.percentile(heights, 60)) if heights else _USUAL_SIZE * scale


def _boxes(ink: Bools, runs: list[tuple[int, int]], size: float, scale: float) -> list[tuple[int, int, int, int]]:
    """Boxes of the lines of one window."""
    boxes = []
    for top, bottom in (part for run in _merged(runs, size) for part in _split(ink, run, size)):
        strip = ink[top:bottom]
        columns = np.flatnonzero(strip.any(axis=0))
        if not len(columns):
            continue
        rows = np.flatnonzero(strip.any(axis=1))
        box = (int(columns[0]), top + int(rows[0]), int(columns[-1]) + 1, top + int(rows[-1]) + 1)
        if max(box[2] - box[0], box[3] - box[1]) >= _LEAST_STROKE * scale:
            boxes.append(box)
    return boxes


def _merged(runs: list[tuple[int, int]], size: float) -> list[tuple[int, int]]:
    """Join runs that together are no higher than one line."""
    lines: list[tuple[int, int]] = []
    for top, bottom in runs:
        if lines and bottom - lines[-1][0] <= _ONE_LINE * size:
            lines[-1] = (lines[-1][0], bottom)
        else:
            lines.append((top, bottom))
    return lines


def _split(ink: Bools, run: tuple[int, int], size: float) -> list[tuple[int, int]]:
    """Part lines that touch, at the row with the least ink near where a line should end."""
    top, bottom = run
    if bottom - top < _TWO_LINES * size:
        return [run]
    profile = ink[top:bottom].sum(axis=1)
    low, high = round(0.7 * size), min(round(1.5 * size), bottom - top - round(0.5 * size))
    if high <= low:
        return [run]
    cut = low + int(profile[low:high].argmin())
    if profile[cut] > _VALLEY * float(profile.max()) * 3:
        return [run]
    return [(top, top + cut), *_split(ink, (top + cut, bottom), size)]


def _parted(ink: Bools, box: tuple[int, int, int, int], scale: float) -> list[tuple[int, int, int, int]]:
    """Part a line at wide gaps."""
    x0, top, x1, bottom = box
    columns = np.flatnonzero(ink[top:bottom, x0:x1].any(axis=0)) + x0
    wide = np.flatnonzero(np.diff(columns) > _WIDE_GAP * max(bottom - top, _SMALLEST_SIZE * scale))
    starts = [int(columns[0]), *(int(columns[i + 1]) for i in wide)]
    ends = [*(int(columns[i]) + 1 for i in wide), int(columns[-1]) + 1]
    parts = []
    for start, end in zip(starts, ends, strict=True):
        rows = np.flatnonzero(ink[top:bottom, start:end].any(axis=1))
        part = (start, top + int(rows[0]), end, top + int(rows[-1]) + 1)
        if max(part[2] - part[0], part[3] - part[1]) >= _LEAST_STROKE * scale:
            parts.append(part)
    return parts
