from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from transforms.reading.ocr.engine import is_available
from transforms.reading.ocr.tints import Gray, without_tints

pytestmark = pytest.mark.skipif(not is_available(), reason="the extra is not installed: pip install 'jixiao[ocr]'")


def page(tint: int, ink: int) -> Gray:
    """A page of 300 x 200 points at 3 pixels a point: two tinted rows around a white one, ruled, with print in all."""
    image = Image.new("L", (900, 600), 250)
    pen = ImageDraw.Draw(image)
    for number, top in enumerate((150, 195, 240)):
        pen.rectangle((90, top, 810, top + 45), fill=250 if number == 1 else tint, outline=10, width=2)
        for x in range(120, 780, 30):
            pen.rectangle((x, top + 14, x + 4, top + 32), fill=20 if number == 1 else ink)
    return np.asarray(image)


@pytest.mark.parametrize("tint", [100, 150, 185, 200])
def test_without_tints_tinted_rows_turn_white_and_print_and_rules_stay(tint: int) -> None:
    white = without_tints(page(tint, 10), 3.0)
    for top in (150, 240):
        assert white[top + 8, 100:800].min() > 245
        assert white[top + 20, 122] < 40
        assert white[top : top + 2, 300].max() < 40
    assert white[203, 100:800].min() >= 250
    assert white[215, 122] == 20


def test_without_tints_light_print_on_a_tint_is_not_lost() -> None:
    before = page(150, 250)
    assert int(without_tints(before, 3.0)[170, 122]) - int(without_tints(before, 3.0)[158, 140]) == 100


def test_without_tints_shadow_that_reaches_the_edge_stays() -> None:
    shadow = np.full((600, 900), 250, dtype=np.uint8)
    shadow[:, :300] = 160
    assert without_tints(shadow, 3.0) is shadow
