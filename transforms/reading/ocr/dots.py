"""Dotted and dashed ruling lines: drawn through, so that the finder of rules sees them."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from transforms.reading.ocr.opencv import opencv

Gray = NDArray[np.uint8]
Mask = NDArray[np.uint8]

_DARK: Final = 190
_THICKEST: Final = 1.8
_LONGEST: Final = 6.0
_GAP: Final = 3.0
_SHORTEST: Final = 8.0
_SAME_PLACE: Final = 0.8
_FEWEST_PIECES: Final = 8
_LEAST_IN_LINE: Final = 40.0
_MOST_FILLED: Final = 0.92
_LEAST_LYING: Final = 200.0
_LEAST_STANDING: Final = 60.0
_INK: Final = 0


def with_dots_joined(gray: Gray, scale: float) -> Gray:
    """Draw dotted and dashed lines through, where a page has them both along and across.

    Dots and dashes are at most 1.8 points thick and 6 long, with gaps of at most 3. Chains of them that lie in one line
    have at least 8 pieces and 40 points together; crossings may part them. A page with chains in one direction only,
    such as a list of contents, stays as it is.

    Args:
        gray: Dark ink on white paper, lying straight.
        scale: Pixels a point.

    Example:
        >>> page = np.full((600, 600), 255, dtype=np.uint8)
        >>> for place in range(60, 540, 12):
        ...     page[[100, 101, 500, 501], place : place + 6] = 0
        ...     page[place : place + 6, [60, 61, 540, 541]] = 0
        >>> joined = with_dots_joined(page, 2.0)
        >>> bool((joined[100, 70:530] == 0).all()), bool((joined[70:500, 60] == 0).all())
        (True, True)
    """
    dark = np.asarray(gray < _DARK, dtype=np.uint8)
    lying, along = _chains(dark, scale)
    if along < _LEAST_LYING * scale:
        return gray
    standing, across = _chains(np.ascontiguousarray(dark.T), scale)
    if across < _LEAST_STANDING * scale:
        return gray
    return np.where((lying | standing.T) > 0, np.uint8(_INK), gray)


def _chains(dark: Mask, scale: float) -> tuple[Mask, float]:
    """Level chains of dots or dashes, filled as far as the gap after their ends; their length together, in pixels."""
    cv2 = opencv()
    _, label, stats, centre = cv2.connectedComponentsWithStats(dark, connectivity=8)
    small = (stats[:, cv2.CC_STAT_HEIGHT] <= _THICKEST * scale) & (stats[:, cv2.CC_STAT_WIDTH] <= _LONGEST * scale)
    small[0] = False
    dots = np.asarray(small[label], dtype=np.uint8)
    gap, run = (np.ones((1, 2 * round(size * scale / 2) + 1), dtype=np.uint8) for size in (_GAP, _SHORTEST))
    joined = cv2.morphologyEx(cv2.morphologyEx(dots, cv2.MORPH_CLOSE, gap), cv2.MORPH_OPEN, run)
    count, chain_of, chains, middle = cv2.connectedComponentsWithStats(joined, connectivity=8)
    x, y = np.rint(centre[small]).astype(np.int64).T
    owner, width = chain_of[y, x], stats[small, cv2.CC_STAT_WIDTH]
    pieces, filled = np.bincount(owner, minlength=count), np.bincount(owner, weights=width, minlength=count)
    length = chains[:, cv2.CC_STAT_WIDTH].astype(np.float64)
    good = (chains[:, cv2.CC_STAT_HEIGHT] <= 2 * _THICKEST * scale) & (pieces > 1) & (filled <= _MOST_FILLED * length)
    good[0] = False
    place = np.where(good, np.nan_to_num(middle[:, 1]) / (_SAME_PLACE * scale) + 1, 0).astype(np.int64)
    in_line = [
        np.convolve(np.bincount(place, weights=np.where(good, of, 0)), np.ones(3), mode="same")[place]
        for of in (length, pieces)
    ]
    good &= (in_line[0] >= _LEAST_IN_LINE * scale) & (in_line[1] >= _FEWEST_PIECES)
    ends = np.ones((1, 2 * round(_GAP * scale) + 1), dtype=np.uint8)
    return cv2.dilate(good.astype(np.uint8)[chain_of], ends), float(length[good].sum())
