"""Photos of pages: a table that is seen from a side is made rectangular again, by its outer frame."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from transforms.reading.ocr.opencv import opencv
from transforms.reading.ocr.picture import Gray, Scan, compose
from transforms.reading.page import Floats

_SMALL: Final = 2
_WINDOW: Final = 15.0
_DARKER: Final = 14
_LEAST_CELL: Final = 40.0
_LEAST_CELLS: Final = 6
_LEAST_SHARE: Final = 0.02
_FOUR_SIDED: Final = 0.965
_NEAR_SIDE: Final = 0.012
_INNER: Final = 0.06
_FEW: Final = 12
_STEEPEST: Final = 20.0
_SKEWED_FROM: Final = 0.3
"""Degrees between opposite sides of a frame from which it is not seen from straight above."""


def flattened(scan: Scan) -> Scan:
    """Warp a picture so that the frame of its largest table becomes a rectangle that lies level.

    A scan, whose frame has parallel sides, comes back as it is; so does a picture without a frame of four sides.
    """
    corners = _frame(scan.gray, scan.scale)
    if corners is None or _convergence(corners) < _SKEWED_FROM:
        return scan
    cv2 = opencv()
    level = _level(corners)
    there = cv2.getPerspectiveTransform(corners.astype(np.float32), level.astype(np.float32))
    height, width = scan.gray.shape
    edges = cv2.perspectiveTransform(np.array([[[0, 0]], [[width, 0]], [[width, height]], [[0, height]]], float), there)
    low, high = edges.min(axis=(0, 1)), edges.max(axis=(0, 1))
    if (high - low > 2 * np.array([width, height])).any():
        return scan
    there = np.array([[1, 0, -low[0]], [0, 1, -low[1]], [0, 0, 1]]) @ there
    size = (int(np.ceil(high[0] - low[0])), int(np.ceil(high[1] - low[1])))
    gray: Gray = cv2.warpPerspective(
        scan.gray, there, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=255
    )
    to_pixels = np.diag([scan.scale, scan.scale, 1.0])
    to_points = np.diag([1 / scan.scale, 1 / scan.scale, 1.0])
    back = to_points @ np.linalg.inv(there) @ to_pixels
    return replace(scan, gray=gray, to_page=compose(scan.to_page, back / back[2, 2]))


def _frame(gray: Gray, scale: float) -> Floats | None:
    """Corners of the outer frame with the most cells in it: upper left, upper right, lower right, lower left."""
    cv2 = opencv()
    height, width = gray.shape
    small = cv2.resize(gray, (width // _SMALL, height // _SMALL), interpolation=cv2.INTER_AREA)
    window = 2 * round(_WINDOW * scale / _SMALL / 2) + 1
    dark = cv2.adaptiveThreshold(small, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, window, _DARKER)
    contours, hierarchy = cv2.findContours(dark, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
    if hierarchy is None:
        return None
    parents = hierarchy[0, :, 3]
    least = _LEAST_CELL * (scale / _SMALL) ** 2
    cells = np.zeros(len(contours), dtype=np.int64)
    for number in np.flatnonzero(parents >= 0).tolist():
        if len(contours[number]) > 4 * np.sqrt(least) and cv2.contourArea(contours[number]) >= least:
            cells[parents[number]] += 1
    best = int(cells.argmax())
    if cells[best] < _LEAST_CELLS:
        return None
    hull = cv2.convexHull(contours[best])[:, 0].astype(np.float64)
    area = float(cv2.contourArea(hull.astype(np.float32)))
    if area < _LEAST_SHARE * small.size:
        return None
    rough = _extremes(hull)
    if float(cv2.contourArea(rough.astype(np.float32))) < _FOUR_SIDED * area:
        return None
    return _refined(rough, contours[best][:, 0].astype(np.float64), float(np.sqrt(area)))


def _extremes(points: Floats) -> Floats:
    total, difference = points.sum(axis=1), points[:, 0] - points[:, 1]
    return points[[total.argmin(), difference.argmax(), total.argmax(), difference.argmin()]]


def _refined(rough: Floats, points: Floats, size: float) -> Floats | None:
    """Corners where the straight lines through the points along each side meet, in pixels of the whole picture."""
    sides = []
    for begin, end in zip(rough, np.roll(rough, -1, axis=0), strict=True):
        along = (end - begin) / max(float(np.hypot(*(end - begin))), 1.0)
        across = np.array([-along[1], along[0]])
        share = (points - begin) @ along / max(float(np.hypot(*(end - begin))), 1.0)
        near = np.abs((points - begin) @ across) <= _NEAR_SIDE * size
        mine = points[near & (share > _INNER) & (share < 1 - _INNER)]
        if len(mine) < _FEW:
            return None
        # The outer edge of the line, by the points farthest out at each step.
        out = (mine - begin) @ across
        mine = mine[out <= np.median(out)]
        middle = mine.mean(axis=0)
        direction = np.linalg.svd(mine - middle, full_matrices=False)[2][0]
        sides.append((middle, direction))
    corners = []
    for (p, d), (q, e) in zip([sides[-1], *sides[:-1]], sides, strict=True):
        matrix = np.column_stack([d, -e])
        if abs(np.linalg.det(matrix)) < 1e-6:
            return None
        corners.append(p + d * np.linalg.solve(matrix, q - p)[0])
    return np.array(corners) * _SMALL


def _angles(corners: Floats) -> Floats:
    """Angles of the sides to level or upright, in degrees: upper, right, lower, left."""
    upper, right, lower, left = np.roll(corners, -1, axis=0) - corners
    lying = [np.degrees(np.arctan2(s[1], s[0])) for s in (upper, -lower)]
    standing = [np.degrees(np.arctan2(-s[0], s[1])) for s in (right, -left)]
    return np.array([lying[0], standing[0], lying[1], standing[1]])


def _convergence(corners: Floats) -> float:
    """By how many degrees opposite sides are off parallel, and neighbours off a right angle; 0 where it is too odd."""
    angles = _angles(corners)
    if np.abs(angles).max() > _STEEPEST:
        return 0.0
    return float(np.ptp(angles))


def _level(corners: Floats) -> Floats:
    """The level rectangle that stands in the middle of four corners, as wide and high as they are on average."""
    upper, right, lower, left = (float(np.hypot(*side)) for side in np.roll(corners, -1, axis=0) - corners)
    half = np.array([(upper + lower) / 4, (right + left) / 4])
    around = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
    return np.asarray(corners.mean(axis=0) + around, dtype=np.float64)
