from __future__ import annotations

import numpy as np
import pytest
from PIL import Image, ImageDraw

from transforms.reading.ocr.engine import is_available
from transforms.reading.ocr.inverted import Gray, with_dark_print, with_light_paper

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


def test_with_dark_print_dark_print_on_a_dark_band_is_left_to_tints() -> None:
    assert np.array_equal(with_dark_print(pixels(page(110, 10)), 3.0), pixels(page(110, 10)))


def test_with_dark_print_light_row_between_dark_ones_keeps_its_dark_print() -> None:
    image = Image.new("L", (900, 600), 245)
    pen = ImageDraw.Draw(image)
    pen.rectangle((90, 100, 810, 300), fill=110)
    pen.rectangle((200, 180, 810, 220), fill=245)
    pen.rectangle((300, 195, 500, 205), fill=20)
    assert np.array_equal(with_dark_print(pixels(image), 3.0), pixels(image))


@pytest.mark.parametrize(("paper", "expected"), [(8, True), (90, True), (140, False), (245, False)])
def test_with_light_paper_evenly_dark_page_with_light_print_is_turned_over(paper: int, expected: bool) -> None:
    image = Image.new("L", (900, 600), paper)
    ImageDraw.Draw(image).rectangle((100, 100, 800, 120), fill=255)
    assert np.array_equal(with_light_paper(pixels(image)), 255 - pixels(image)) is expected


def test_with_light_paper_dark_photo_and_black_page_stay() -> None:
    black = np.zeros((300, 300), dtype=np.uint8)
    shades = np.tile(np.linspace(0, 180, 300).astype(np.uint8), (300, 1))
    assert with_light_paper(black) is black
    assert with_light_paper(shades) is shades


@pytest.mark.parametrize("box", [(0, 0, 60, 600), (90, 150, 810, 210), (100, 100, 130, 130)], ids=str)
def test_with_dark_print_margins_bars_and_holes_without_print_stay(box: tuple[int, int, int, int]) -> None:
    image = Image.new("L", (900, 600), 245)
    ImageDraw.Draw(image).rectangle(box, fill=30)
    assert np.array_equal(with_dark_print(pixels(image), 3.0), pixels(image))
