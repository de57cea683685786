from __future__ import annotations

import numpy as np
import pytest

from transforms.reading.ocr import pages as ocr
from transforms.reading.ocr.picture import Gray, Scan
from transforms.reading.page import map_boxes

pytestmark = pytest.mark.skipif(not ocr.is_available(), reason="the extra is not installed: pip install 'jixiao[ocr]'")
SCALE = 3.0


def grid() -> Gray:
    """A picture of a table of 6 columns and 8 rows."""
    gray = np.full((900, 700), 255, dtype=np.uint8)
    for y in range(150, 791, 80):
        gray[y : y + 3, 80:623] = 0
    for x in range(80, 621, 90):
        gray[150:793, x : x + 3] = 0
    return gray


def scan(gray: Gray) -> Scan:
    return Scan(1, gray, SCALE, gray.shape[1] / SCALE, gray.shape[0] / SCALE, np.eye(2, 3))


def seen_from_a_side(gray: Gray, corners: list[list[float]]) -> Gray:
    import cv2

    height, width = gray.shape
    whole = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    there = cv2.getPerspectiveTransform(whole, np.array(corners, np.float32))
    return np.asarray(cv2.warpPerspective(gray, there, (width, height), borderValue=(255.0,)), dtype=np.uint8)


def test_flattened_photo_of_a_table_has_level_rules_again_and_knows_where_they_were() -> None:
    from transforms.reading.ocr.perspective import flattened
    from transforms.reading.ocr.ruling import find_rules

    photo = scan(seen_from_a_side(grid(), [[30, 10], [690, 50], [660, 880], [10, 840]]))
    flat = flattened(photo)
    rules = find_rules(flat.gray, SCALE)
    assert (len(rules.horizontal), len(rules.vertical)) == (9, 7)
    assert len(find_rules(photo.gray, SCALE).horizontal) != 9
    left, top = rules.vertical[0, 0], rules.horizontal[0, 0]
    x, y = map_boxes(np.array([[left, top, left, top]]), flat.to_page)[0, :2] * SCALE
    assert photo.gray[round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4].min() < 100


def test_flattened_scan_with_parallel_sides_comes_back_as_it_is() -> None:
    from transforms.reading.ocr.perspective import flattened

    flat = scan(grid())
    assert flattened(flat) is flat
    empty = scan(np.full((900, 700), 255, dtype=np.uint8))
    assert flattened(empty) is empty
