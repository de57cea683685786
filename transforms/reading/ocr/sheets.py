"""Two pages side by side on one sheet: where the sheet is parted."""

from __future__ import annotations

from typing import Final

import numpy as np

from transforms.reading.page import Bools, Floats

_MIDDLE: Final = 0.06
_LEAST: Final = 12.0


def seam(ink: Bools, horizontal: Floats, scale: float) -> float | None:
    """Give the place between two pages that stand side by side on a picture, in points; None where it is one page.

    The picture is wider than high, and a band of at least 12 points in its middle is white from top to bottom, with
    print on both sides. A title over two tables, or a line that goes across, makes it one page.

    Args:
        ink: The text's pixels, without rules and specks.
        horizontal: (m, 3) y, x0, x1 of the ruling lines, in points.
        scale: Pixels a point.

    Example:
        >>> sheet = np.zeros((200, 300), dtype=np.bool_)
        >>> sheet[20:180, 20:130] = sheet[20:180, 170:280] = True
        >>> seam(sheet, np.empty((0, 3)), 1.0)
        150.0
        >>> seam(sheet, np.array([[10.0, 20.0, 280.0]]), 1.0) is None
        True
    """
    height, width = ink.shape
    if width <= height:
        return None
    filled: Bools = np.array(ink.any(axis=0), dtype=np.bool_)
    for _, x0, x1 in np.rint(horizontal * scale).astype(np.int64).tolist():
        filled[max(x0, 0) : max(x1, 0)] = True
    low, high = round((0.5 - _MIDDLE) * width), round((0.5 + _MIDDLE) * width)
    if not filled[:low].any() or not filled[high:].any():
        return None
    step = np.diff(filled.astype(np.int8), prepend=1, append=1)
    starts, ends = np.flatnonzero(step < 0), np.flatnonzero(step > 0)
    inside = (starts < high) & (ends > low)
    lengths = np.where(inside, ends - starts, 0)
    if not len(lengths) or lengths.max() < _LEAST * scale:
        return None
    best = int(lengths.argmax())
    return float(starts[best] + ends[best]) / 2 / scale
