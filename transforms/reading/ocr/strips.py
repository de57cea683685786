"""Pictures of single lines for the recogniser, and its characters put back on the page."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from transforms.reading.ocr.engine import Line
from transforms.reading.ocr.glyphs import comparison_of, is_equals
from transforms.reading.ocr.lines import TextLines
from transforms.reading.page import Bools, Floats, Ints

Gray = NDArray[np.uint8]

_PAD: Final = 0.14
_SIDE: Final = 0.3
_NARROW: Final = 1.4
_IDEOGRAPH: Final = 0.6
_UNSURE: Final = 0.9
_BY_SHAPE: Final = 0.9
_NUMBER: Final = re.compile(r"$|\d")
_STOP: Final = re.compile(r"(?:^|[\u3400-\u9fff])[0Oo]$")
_LOW: Final = 0.4
_SMALL: Final = 0.5
_LOWEST, _NARROWEST = 0.4, 0.12
_UNSEEN: Final = Line("?", np.zeros(1), np.ones(1), np.zeros(1))
"""Stands for ink in which the recogniser saw no character."""


@dataclass(frozen=True, slots=True)
class Strip:
    """One picture for the recogniser: a line, or the characters of an upright label side by side.

    Attributes:
        image: Dark on white.
        boxes: (n, 4) places on the picture of the page that its parts were cut from, in pixels.
        starts: (n,) left ends of the parts in `image`; each is as wide as its box.
        cell: Number of the cell, -1 outside the tables.
    """

    image: Gray
    boxes: Ints
    starts: Ints
    cell: int


def make_strips(gray: Gray, lines: TextLines) -> list[Strip]:
    """Cut the lines out; characters that stand one below the other in a narrow cell make one strip."""
    strips: list[Strip] = []
    begin = 0
    count = len(lines.cell)
    width = lines.box[:, 2] - lines.box[:, 0]
    single = (width <= _NARROW * lines.size) & (width >= _IDEOGRAPH * lines.size) & (lines.cell >= 0)
    while begin < count:
        end = begin + 1
        while end < count and single[begin] and single[end] and lines.cell[end] == lines.cell[begin]:
            end += 1
        strips.append(_strip(gray, lines.box[begin:end], lines.size, int(lines.cell[begin])))
        begin = end
    return strips


def _strip(gray: Gray, boxes: Ints, size: float, cell: int) -> Strip:
    height = max(int((boxes[:, 3] - boxes[:, 1]).max()), round(size))
    pad, side = round(_PAD * height), round(_SIDE * size)
    gap = round(0.12 * size)
    widths = boxes[:, 2] - boxes[:, 0]
    starts = side + np.concatenate([[0], np.cumsum(widths[:-1] + gap)]).astype(np.int64)
    image = np.full((height + 2 * pad, int(starts[-1] + widths[-1]) + side), 255, dtype=np.uint8)
    for (x0, y0, x1, y1), start in zip(boxes.tolist(), starts.tolist(), strict=True):
        # The faint edge of the ink belongs to it: a pixel more on each side.
        above, below = max(y0 - 1, 0), min(y1 + 1, gray.shape[0])
        left, right = max(x0 - 1, 0), min(x1 + 1, gray.shape[1])
        top = pad + (height - (y1 - y0)) // 2 - (y0 - above)
        at = start - (x0 - left)
        image[top : top + below - above, at : at + right - left] = gray[above:below, left:right]
    return Strip(image, boxes, starts, cell)


def compared(line: Line, ink: Bools, strip: Strip) -> Line:
    """Put ≥, ≤ or = where a line's first character is unsure but has that shape, and a number or nothing follows it.

    Args:
        line: What was recognised.
        ink: (height, width) the text's pixels on the picture.
        strip: Where the line was cut from.
    """
    if len(strip.boxes) > 1:
        return line
    if not line.text:
        guess = compared(_UNSEEN, ink, strip)
        return line if guess is _UNSEEN else guess
    if line.confidence[0] >= _UNSURE or not _NUMBER.match(line.text[1:]):
        return line
    x0, y0, x1, y1 = strip.boxes[0].tolist()
    columns = ink[y0:y1, x0:x1].any(axis=0)
    gaps = np.flatnonzero(~columns)
    # The glyph ends at the gap that is nearest to where the recogniser saw the next character begin.
    end = line.end[0] * strip.image.shape[1] - float(strip.starts[0]) if len(line.text) > 1 else float(x1 - x0)
    cut = int(gaps[np.abs(gaps - end).argmin()]) if len(line.text) > 1 and len(gaps) else round(end)
    glyph = ink[y0:y1, x0 : x0 + max(cut, 1)]
    rows, across = np.flatnonzero(glyph.any(axis=1)), np.flatnonzero(glyph.any(axis=0))
    if not len(rows):
        return line
    glyph = glyph[rows[0] : rows[-1] + 1, across[0] : across[-1] + 1]
    sign = "=" if is_equals(glyph) else comparison_of(glyph)
    if sign is None:
        return line
    confidence = line.confidence.copy()
    confidence[0] = _BY_SHAPE
    return replace(line, text=sign + line.text[1:], confidence=confidence)


def stopped(line: Line, ink: Bools, strip: Strip, size: float) -> Line:
    """Put 。 where a line ends with a low round mark that was taken for a 0, after an ideograph or alone.

    A digit is twice as high.

    Args:
        line: What was recognised.
        ink: (height, width) the text's pixels on the picture.
        strip: Where the line was cut from.
        size: Usual height of a line of ideographs, in pixels.
    """
    if len(strip.boxes) > 1 or not _STOP.search(line.text):
        return line
    x0, y0, x1, y1 = strip.boxes[0].tolist()
    last = ink[y0:y1, x0:x1]
    if len(line.text) == 1:
        is_low = max(last.shape) <= _SMALL * size
        return replace(line, text="。") if is_low else line
    filled = np.flatnonzero(last.any(axis=0))
    begin = filled[np.flatnonzero(np.diff(filled, prepend=-2) > 1)[-1]]
    rows = np.flatnonzero(last[:, begin:].any(axis=1))
    is_low = rows[0] >= _LOW * (y1 - y0) and rows[-1] - rows[0] <= _SMALL * size
    return replace(line, text=line.text[:-1] + "。") if is_low else line


def unread_boxes(strips: Sequence[Strip], lines: Sequence[Line], size: float) -> Ints:
    """(n, 4) places, in pixels, of ink of a character's size in which nothing was recognised.

    Args:
        strips: Where each line was cut from.
        lines: What was recognised.
        size: Usual height of a line of ideographs, in pixels.
    """
    none = [strip.boxes for strip, line in zip(strips, lines, strict=True) if not line.text]
    boxes: Ints = np.concatenate([np.empty((0, 4), dtype=np.int64), *none])
    sides = boxes[:, 2:] - boxes[:, :2]
    return boxes[(sides[:, 1] >= _LOWEST * size) & (sides[:, 0] >= _NARROWEST * size)]


def place_characters(strips: Sequence[Strip], lines: Sequence[Line], size: float) -> tuple[str, Floats, Floats]:
    """Boxes of the recognised characters on the picture.

    The characters of a line share its upper and lower edge, at least `size` apart, and fill it from end to end.

    Returns:
        The characters of all strips in order, their boxes (n, 4) in pixels, and their certainties.
    """
    boxes, certainties = [np.empty((0, 4))], [np.empty(0)]
    for strip, line in zip(strips, lines, strict=True):
        if not line.text:
            continue
        width = strip.image.shape[1]
        start, end = line.start * width, line.end * width
        centre = (start + end) / 2
        widths = strip.boxes[:, 2] - strip.boxes[:, 0]
        part = np.clip(np.searchsorted(strip.starts, centre, side="right") - 1, 0, len(strip.starts) - 1)
        shift = strip.boxes[part, 0] - strip.starts[part]
        low, high = strip.boxes[part, 0], strip.boxes[part, 0] + widths[part]
        x0, x1 = np.clip(start + shift, low, high), np.clip(end + shift, low, high)
        top, bottom = strip.boxes[part, 1], strip.boxes[part, 3]
        more = np.maximum(size - (bottom - top), 0.0) / 2
        boxes.append(np.column_stack([x0, top - more, x1, bottom + more]))
        certainties.append(line.confidence)
    text = "".join(line.text for line in lines)
    return text, np.concatenate(boxes), np.concatenate(certainties)
