"""Marks that recognisers take for something else, recognised by their shape: lone dashes and slashes, ≥ and ≤."""

from __future__ import annotations

from typing import Final

import numpy as np

from transforms.reading.page import Bools

_FLAT: Final = 0.19
_THICK: Final = 0.26
_FLAT_SHORT: Final = 0.22
_SHORTEST: Final = 0.2
_LONG: Final = 0.62
_DOUBLE: Final = 1.45
_SLIMMEST: Final = 1.35
_SOLID: Final = 0.6
_TALL: Final = 0.5
_SLANT: Final = 0.22
_STEEPEST_OFF: Final = 0.8
_WOBBLE: Final = 0.075
_BAR: Final = 0.7
_BAR_OF_TWO: Final = 0.8
_BETWEEN_BARS: Final = 0.25
_WIDER: Final = 1.1
_ARROW: Final = 0.85
_BARS_FROM: Final = 0.5
_POINTED: Final = 0.12
_TWO_STROKES: Final = 0.3
_FAR: Final = 0.3


def mark_of(ink: Bools, size: float) -> str | None:
    """Tell what a cell's only line holds where it is nothing but a dash or a slash; None where it holds more.

    Recognisers take a lone dash for the numeral 一 or see nothing, and a lone slash for the digit 1. No cell of a form
    holds that numeral alone.

    Args:
        ink: The line's pixels, cut close.
        size: Usual height of a line of ideographs on the page, in pixels.

    Returns:
        `-`, `—`, `——` or `/`.

    Example:
        >>> mark_of(np.ones((2, 26), dtype=np.bool_), 30.0)
        '—'
        >>> mark_of(np.eye(20, 10, dtype=np.bool_), 30.0) is None
        True
    """
    height, width = ink.shape
    if height <= (_FLAT_SHORT if width < _LONG * size else _FLAT) * size:
        return _dash(ink, width / size) if width >= max(_SHORTEST * size, _SLIMMEST * height) else None
    if height >= _TALL * size and width < height:
        return "/" if _is_slash(ink) else None
    return None


def is_thick_dash(ink: Bools, size: float) -> bool:
    """Whether a cell's only line is a level bar that is a little thicker than a dash: two bars may have run together.

    Example:
        >>> is_thick_dash(np.ones((5, 24), dtype=np.bool_), 26.0), is_thick_dash(np.ones((9, 24), dtype=np.bool_), 26.0)
        (True, False)
    """
    height, width = ink.shape
    return bool(height <= _THICK * size and width >= _LONG * size and ink.mean() >= _SOLID)


def _dash(ink: Bools, length: float) -> str | None:
    """A dash is one bar; 二 and = are two."""
    bars = (np.diff(ink.astype(np.int8), axis=0, prepend=0) > 0).sum(axis=0)
    if ink.mean() < _SOLID or (bars > 1).mean() > 0.3:
        return None
    if length < _LONG:
        return "-"
    return "—" if length < _DOUBLE else "——"


def _is_slash(ink: Bools) -> bool:
    """Whether all ink lies along one straight line that leans to the right."""
    height = ink.shape[0]
    y, x = np.nonzero(ink)
    slope, start = np.polyfit(y, x, 1)
    wobble = float(np.std(x - (slope * y + start)))
    return bool(-_STEEPEST_OFF <= slope <= -_SLANT and wobble <= _WOBBLE * height)


def is_equals(ink: Bools) -> bool:
    """Whether a glyph is two level bars of one length; the upper bar of 二 is shorter, and >= has a gap.

    Args:
        ink: One glyph's pixels, cut close.

    Example:
        >>> art = ["#####", ".....", "#####"]
        >>> is_equals(np.array([[c == "#" for c in row] for row in art]))
        True
    """
    height, width = ink.shape
    share = ink.mean(axis=1)
    bars = np.diff((share >= _BAR_OF_TWO).astype(np.int8), prepend=0, append=0)
    starts, ends = np.flatnonzero(bars > 0), np.flatnonzero(bars < 0)
    return bool(
        width >= _WIDER * height
        and ink.any(axis=0).all()
        and len(starts) == 2
        and starts[0] <= height // 4
        and ends[1] >= height - height // 4
        and share[ends[0] : starts[1]].min() <= _BETWEEN_BARS
    )


def _slanted_comparison_of(ink: Bools) -> str | None:
    """Tell ⩾ and ⩽, whose bar lies along the lower arm, from > and <: low down, a row crosses two strokes."""
    runs = (np.diff(ink.astype(np.int8), axis=1, prepend=0) > 0).sum(axis=1)
    height, width = ink.shape
    if (runs[height // 2 :] == 2).mean() < _TWO_STROKES or (runs[: height // 2] > 1).mean() > 0.2:
        return None
    place = np.arange(width) / width
    top, middle = ink[: max(height // 6, 1)], ink[height // 3 : height // 2]
    upper, point = (float((part.sum(axis=0) * place).sum() / max(part.sum(), 1)) for part in (top, middle))
    if point - upper >= _FAR:
        return "≥"
    return "≤" if upper - point >= _FAR else None


def comparison_of(ink: Bools) -> str | None:
    """Tell ≥ and ≤ (also ≧ and ≦) by their shape: a point to the right or left above level bars.

    Args:
        ink: One glyph's pixels, cut close.

    Returns:
        `≥`, `≤`, or None where the glyph is neither.

    Example:
        >>> art = ["#....", ".##..", "...##", ".##..", "#....", ".....", "#####"]
        >>> glyph = np.array([[c == "#" for c in row] for row in art])
        >>> comparison_of(glyph), comparison_of(glyph[:, ::-1]), comparison_of(glyph[::-1])
        ('≥', '≤', None)
    """
    height, width = ink.shape
    if height < 6 or width < 5 or not 0.5 <= width / height <= 2.0 or not ink.any(axis=0).all():
        return None
    bars = np.flatnonzero(ink.mean(axis=1) >= _BAR)
    bars = bars[bars >= _BARS_FROM * height]
    if not len(bars) or bars[-1] < 0.8 * height:
        return _slanted_comparison_of(ink)
    arrow = ink[: bars[0]]
    if not arrow.any(axis=1).mean() > 0.7 or (arrow.mean(axis=1) > _ARROW).any():
        return None
    place = np.arange(width) / width
    thirds = [part for part in np.array_split(arrow[arrow.any(axis=1)], 3) if part.any()]
    if len(thirds) < 3:
        return None
    upper, middle, lower = (float((part.sum(axis=0) * place).sum() / part.sum()) for part in thirds)
    if middle - max(upper, lower) >= _POINTED:
        return "≥"
    return "≤" if min(upper, lower) - middle >= _POINTED else None


def sign_of(ink: Bools) -> str | None:
    """Tell a comparison sign that stands alone by its shape, also one of two characters.

    Args:
        ink: All pixels of the cell's only line, cut close.

    Returns:
        `≥`, `≤`, `=`, `>=`, `<=`, or None where it is neither.

    Example:
        >>> arrow = ["##.....", "..###..", "....###", "....###", "..###..", "##....."]
        >>> bars = ["#######", "#######", ".......", ".......", "#######", "......."]
        >>> ink = np.array([[c == "#" for c in f"{a}..{b}"] for a, b in zip(arrow, bars, strict=True)])
        >>> sign_of(ink), sign_of(ink[:, ::-1]), sign_of(ink[:5, 9:]), sign_of(ink[:, :7]) is None
        ('>=', None, '=', True)
    """
    if is_equals(ink):
        return "="
    if (sign := comparison_of(ink)) is not None:
        return sign
    filled = ink.any(axis=0)
    gaps = np.flatnonzero(~filled)
    if not len(gaps) or gaps[-1] - gaps[0] + 1 != len(gaps):
        return None
    arrow, bars = _close(ink[:, : gaps[0]]), _close(ink[:, gaps[-1] + 1 :])
    pointed = _arrow_of(arrow)
    return f"{pointed}=" if pointed and is_equals(bars) else None


def _close(ink: Bools) -> Bools:
    rows = np.flatnonzero(ink.any(axis=1))
    return ink[rows[0] : rows[-1] + 1]


def _arrow_of(ink: Bools) -> str | None:
    """Tell > and <: two arms of one stroke each, that meet at the height of the middle."""
    height, width = ink.shape
    runs = (np.diff(ink.astype(np.int8), axis=1, prepend=0) > 0).sum(axis=1)
    if height < 5 or not 0.5 <= width / height <= 2.0 or (runs != 1).any():
        return None
    place = (ink * np.arange(width)).sum(axis=1) / ink.sum(axis=1) / width
    ends, middle = (place[0], place[-1]), float(place[height // 3 : height - height // 3].mean())
    if middle - max(ends) >= _FAR and abs(ends[0] - ends[1]) <= _FAR:
        return ">"
    return "<" if min(ends) - middle >= _FAR and abs(ends[0] - ends[1]) <= _FAR else None
