"""Print that is lighter than what it stands on, on a whole page or on dark bands: made dark on light."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from transforms.reading.ocr.opencv import opencv

Gray = NDArray[np.uint8]

_SMALL: Final = 3
_DARK: Final = 0.6
_SOLID: Final = 2.0
_GAP: Final = 4.0
_NARROWEST: Final = 8.0
_SHORTEST: Final = 30.0
_DARK_SHARE: Final = 0.7
_OF_ITS_HULL: Final = 0.85
_LARGEST: Final = 0.4
_FRAME: Final = 1.0
_CONTRAST: Final = 60
_LEAST_PRINT: Final = 0.02
_NIGHT: Final = 100
_MOSTLY: Final = 0.6
_EVEN: Final = 30
_MOST_PRINT: Final = 0.3
_LEAST_LIGHT: Final = 0.002


def with_light_paper(gray: Gray) -> Gray:
    """Turn a negative over: a page that is evenly dark and holds some light print. Any other page stays as it is.

    Example:
        >>> page = np.full((300, 300), 8, dtype=np.uint8)
        >>> page[100:110, 50:250] = 240
        >>> positive = with_light_paper(page)
        >>> int(positive[0, 0]), int(positive[105, 100])
        (247, 15)
    """
    sample = gray[::_SMALL, ::_SMALL]
    paper = int(np.median(sample))
    if paper > _NIGHT:
        return gray
    even = (np.abs(sample.astype(np.int16) - paper) <= _EVEN).mean()
    light = (sample > paper + 2 * _CONTRAST).mean()
    return 255 - gray if even >= _MOSTLY and _LEAST_LIGHT <= light <= _MOST_PRINT else gray


def with_dark_print(gray: Gray, scale: float) -> Gray:
    """Turn dark bands with light print into white ones with dark print; the edge of a band stays, as a line.

    A band has straight sides, is at least 8 by 30 points large, and does not reach the edge of the picture. One in
    which little is lighter than itself, or more is darker, stays as it is.

    Args:
        gray: A page, dark ink on light paper otherwise.
        scale: Pixels a point.

    Example:
        >>> page = np.full((300, 300), 250, dtype=np.uint8)
        >>> page[100:160, 50:250] = 40
        >>> page[125:135, 80:220] = 250
        >>> clean = with_dark_print(page, 3.0)
        >>> int(clean[110, 150]), int(clean[130, 150]), int(clean[101, 150])
        (255, 0, 40)
    """
    cv2 = opencv()
    height, width = gray.shape
    small: Gray = cv2.resize(gray, (max(width // _SMALL, 1), max(height // _SMALL, 1)), interpolation=cv2.INTER_AREA)
    paper = float(np.percentile(small, 75))
    dark = np.asarray(small < _DARK * paper, dtype=np.uint8)

    def kernel(high: float, wide: float) -> Gray:
        return np.ones([2 * round(side * scale / _SMALL / 2) + 1 for side in (high, wide)], dtype=np.uint8)

    solid = cv2.morphologyEx(dark, cv2.MORPH_OPEN, kernel(_SOLID, _SOLID))
    if not solid.any():
        return gray
    around, _ = cv2.findContours(
        cv2.morphologyEx(solid, cv2.MORPH_CLOSE, kernel(_GAP, _GAP)), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE
    )
    filled = cv2.drawContours(np.zeros_like(dark), around, -1, 1, cv2.FILLED)
    lying = cv2.morphologyEx(filled, cv2.MORPH_OPEN, kernel(_NARROWEST, _SHORTEST))
    bands = lying | cv2.morphologyEx(filled, cv2.MORPH_OPEN, kernel(_SHORTEST, _NARROWEST))
    count, label, stats, _ = cv2.connectedComponentsWithStats(bands)
    frame = 2 * round(_FRAME * scale) + 1
    result = gray
    for number in range(1, count):
        x, y, w, h, area = (int(v) for v in stats[number])
        touches = x == 0 or y == 0 or x + w >= bands.shape[1] or y + h >= bands.shape[0]
        part = (slice(y, y + h), slice(x, x + w))
        own = label[part] == number
        if touches or area > _LARGEST * bands.size or dark[part][own].mean() < _DARK_SHARE:
            continue
        y_own, x_own = np.nonzero(own)
        hull = cv2.convexHull(np.column_stack([x_own, y_own]).astype(np.int32))
        whole = cv2.fillConvexPoly(np.zeros((h, w), dtype=np.uint8), hull, 1)
        if area < _OF_ITS_HULL * whole.sum():
            continue
        wide = (slice(_SMALL * y, _SMALL * (y + h)), slice(_SMALL * x, _SMALL * (x + w)))
        band_of = cv2.fillConvexPoly(np.zeros(gray[wide].shape, dtype=np.uint8), _SMALL * hull + _SMALL // 2, 1)
        framed = cv2.copyMakeBorder(band_of, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        chosen = cv2.erode(framed, np.ones((frame, frame), dtype=np.uint8))[1:-1, 1:-1] > 0
        if not chosen.any():
            continue
        values = gray[wide].astype(np.float32)
        band = float(np.median(values[chosen]))
        lighter, darker = ((sign * (values[chosen] - band) > _CONTRAST).mean() for sign in (1, -1))
        if lighter < _LEAST_PRINT or lighter <= darker:
            continue
        lightest = float(np.percentile(values[chosen], 100 * (1 - lighter / 4)))
        turned = 255 - np.clip((values - band) * 255 / max(lightest - band, 1.0), 0, 255)
        result = result.copy() if result is gray else result
        result[wide][chosen] = turned[chosen].astype(np.uint8)
    return result
