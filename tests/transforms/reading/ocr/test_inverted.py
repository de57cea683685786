from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from transforms.reading.ocr.engine import is_available
from transforms.reading.ocr.inverted import Gray, with_dark_print

pytestmark = pytest.mark.skipif(not is_available(), reason="the extra is not installed: pip install 'jixiao[ocr]'")


def page(band: int, ink: int) -> Image.Image:
    """A page of 300 x 200 points at 3 pixels a point: a band with print in it, and bold print below it."""
    image = Image.new("L", (900, 600), 245)
    pen = ImageDraw.Draw(image)
    pen.rectangle((90, 150, 810, 210), fill=band)
    for x in range(120, 780, 30):
        pen.rectangle((x, 165, x + 4, 195), fill=ink)
        pen.rectangle((x + 10, 165, x + 20, 171), fill=ink)
        pen.rectangle((x, 225, x + 4, 260), fill=20)
    return image


def pixels(image: Image.Image) -> Gray:
    return np.asarray(image)


@pytest.mark.parametrize("turn", [0.0, 3.0])
def test_with_dark_print_light_print_on_a_band_becomes_dark_and_the_rest_stays(turn: float) -> None:
    before = pixels(page(40, 250).rotate(turn, resample=Image.Resampling.BICUBIC, fillcolor=245))
    after = with_dark_print(before, 3.0)
    upright = pixels(Image.fromarray(after).rotate(-turn, resample=Image.Resampling.BICUBIC, fillcolor=245))
    assert upright[170:190, 242].max() < 60
    assert upright[170:190, 237].min() > 190
    assert upright[148:154, 300:600].min(axis=0).max() < 80
    assert upright[230:255, 242].max() < 40


def test_with_dark_print_dark_print_on_a_dark_band_stands_on_white() -> None:
    after = with_dark_print(pixels(page(110, 10)), 3.0)
    assert after[170:190, 242].max() < 60
    assert after[170:190, 237].min() > 240
    assert after[150:153, 300:600].max() <= 110


@pytest.mark.parametrize("box", [(0, 0, 60, 600), (90, 150, 810, 210), (100, 100, 130, 130)], ids=str)
def test_with_dark_print_margins_bars_and_holes_without_print_stay(box: tuple[int, int, int, int]) -> None:
    image = Image.new("L", (900, 600), 245)
    ImageDraw.Draw(image).rectangle(box, fill=30)
    assert np.array_equal(with_dark_print(pixels(image), 3.0), pixels(image))
