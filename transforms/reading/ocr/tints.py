"""Tinted cells and rows: made white, up to their edges, so that neither the tint nor its edge is taken for a rule."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from transforms.reading.ocr.opencv import opencv
from transforms.reading.page import Bools

Gray = NDArray[np.uint8]

_SMALL: Final = 3
_STROKE: Final = 6.0
_SPECK: Final = 4.0
_WORD: Final = 4.0
_DARKEST: Final = 0.3
_LIGHTEST: Final = 0.82
_LEAST: Final = 0.002
_WHITE: Final = 255.0
_CONTRAST: Final = 25
_LEAST_PRINT: Final = 0.02
_GOOD_PART: Final = 0.3


def without_tints(gray: Gray, scale: float) -> Gray:
    """Turn tinted areas white that are from a third to four fifths as light as the paper; paler tints do no harm.

    A tint is what is left of a picture without strokes thinner than 6 points. An area with light print stays, as does
    what reaches the edge of the picture: shadows and the desk under a photo are left to what compares a picture with
    its surroundings.

    Args:
        gray: A page, dark ink on light paper.
        scale: Pixels a point.

    Example:
        >>> page = np.full((300, 300), 250, dtype=np.uint8)
        >>> page[100:160, 50:250] = 180
        >>> page[125:130, 80:220] = 20
        >>> white = without_tints(page, 3.0)
        >>> int(white[105, 60]), int(white[127, 150]), int(white[50, 50])
        (255, 28, 250)
    """
    cv2 = opencv()
    height, width = gray.shape
    small: Gray = cv2.resize(gray, (max(width // _SMALL, 1), max(height // _SMALL, 1)), interpolation=cv2.INTER_AREA)

    def kernel(side: float) -> Gray:
        return np.ones((2 * round(side * scale / _SMALL / 2) + 1,) * 2, dtype=np.uint8)

    paper = float(np.percentile(small, 75))
    ground: Gray = cv2.morphologyEx(cv2.medianBlur(small, 3), cv2.MORPH_CLOSE, kernel(_STROKE))
    tinted = np.asarray((ground >= _DARKEST * paper) & (ground < _LIGHTEST * paper), dtype=np.uint8)
    tinted = cv2.morphologyEx(tinted, cv2.MORPH_OPEN, kernel(_SPECK))
    # Strokes of print may part a tint; together its parts say how its print is.
    areas = cv2.morphologyEx(tinted, cv2.MORPH_CLOSE, kernel(_WORD))
    _, label, stats, _ = cv2.connectedComponentsWithStats(areas, connectivity=8)
    x, y, across, down = stats[:, :4].T
    inside = (x > 0) & (y > 0) & (x + across < tinted.shape[1]) & (y + down < tinted.shape[0])
    inside[0] = False
    strokes = np.asarray(cv2.morphologyEx(small, cv2.MORPH_TOPHAT, kernel(_STROKE)) > _CONTRAST, dtype=np.bool_)
    for number in np.flatnonzero(inside).tolist():
        part = slice(y[number], y[number] + down[number]), slice(x[number], x[number] + across[number])
        area = label[part] == number
        tint = float(np.median(ground[part][area & (tinted[part] > 0)]))
        inside[number] = not _has_light_print(small[part][area], strokes[part][area], tint)
    chosen = inside[label] & (tinted > 0)
    if chosen.mean() < _LEAST:
        return gray
    divisor = np.where(chosen, ground, np.uint8(_WHITE))
    # The edge of a tint is as sharp as the small picture shows it: a pixel more on each side belongs to it.
    divisor = cv2.erode(divisor, np.ones((3, 3), dtype=np.uint8))
    whole: Gray = cv2.resize(divisor, (width, height), interpolation=cv2.INTER_NEAREST)
    result: Gray = cv2.divide(gray, whole, scale=_WHITE)
    return result


def _has_light_print(shades: Gray, strokes: Bools, tint: float) -> bool:
    """Whether strokes that are lighter than an area's tint make up a good part of what is printed on it."""
    lighter = float((strokes & (shades > tint + _CONTRAST)).mean())
    return lighter >= max(_LEAST_PRINT, _GOOD_PART * float((shades < tint - _CONTRAST).mean()))
