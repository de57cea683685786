"""Where the cells of a skewed page stand: true to the page, but never so that one column reaches into another."""

from __future__ import annotations

from typing import Final

import numpy as np

from transforms.reading.page import Floats, map_boxes

_MOST_DRIFT: Final = 16.0
"""How far a column may lean over the height of a page, in points: narrow columns are half as wide again."""


def placed(boxes: Floats, size: tuple[float, float], to_page: Floats) -> Floats:
    """Boxes of cells on the page as displayed, upright around the slanted cells.

    What is assembled from cells knows a column by its left and right edge. So, where columns lean more than 16 points
    from head to foot, each cell stays in the upright column that goes through the middle of the page; boxes lie up to
    half of that lean beside their cells there.

    Args:
        boxes: (n, 4) x0, top, x1, bottom in points of the straight picture.
        size: Width and height of the picture, in points.
        to_page: Map from the picture to the page, with perspective or without.

    Example:
        >>> steep = np.array([[1.0, 0.1, 0.0], [-0.1, 1.0, 0.0]])
        >>> cells = np.array([[10.0, 0.0, 20.0, 5.0], [10.0, 395.0, 20.0, 400.0]])
        >>> placed(cells, (300.0, 400.0), steep)[:, [0, 2]].tolist()
        [[30.0, 40.0], [30.0, 40.0]]
        >>> placed(cells, (300.0, 400.0), steep * [[1.0, 0.2, 1.0], [0.2, 1.0, 1.0]])[:, 0].round(1).tolist()
        [10.0, 17.9]
    """
    width, height = size
    points = np.array([[width / 2, height / 2], [width / 2, 0.0], [width / 2, height], [width / 2 + 1.0, height / 2]])
    middle, above, below, beside = map_boxes(np.column_stack([points, points]), to_page)[:, 0].tolist()
    mapped = map_boxes(boxes, to_page)
    if abs(above - below) > _MOST_DRIFT:
        mapped[:, [0, 2]] = middle + (boxes[:, [0, 2]] - width / 2) * (beside - middle)
    return mapped
