from __future__ import annotations

import numpy as np
import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageDraw

from tests.support.hostile import page, stream
from tests.transforms.build_scan import stamped
from transforms.reading.ocr.engine import is_available
from transforms.reading.ocr.picture import (
    Gray,
    Scan,
    compose,
    is_ink,
    quarter_turn,
    scan_page,
    skew,
    straighten,
    whiten_paper,
    without_stamps,
)
from transforms.reading.page import map_boxes

needs_ocr = pytest.mark.skipif(not is_available(), reason="the extra is not installed: pip install 'jixiao[ocr]'")


def ruled(width: int = 900, height: int = 1200) -> Image.Image:
    image = Image.new("RGB", (width, height), "white")
    pen = ImageDraw.Draw(image)
    for y in range(200, 1001, 80):
        pen.line((100, y, 800, y), fill="black", width=3)
    for x in (100, 400, 800):
        pen.line((x, 200, x, 1000), fill="black", width=3)
    return image


def gray_of(image: Image.Image) -> Gray:
    return np.asarray(image.convert("L"))


@needs_ocr
@pytest.mark.parametrize("turn", [-11.0, -4.6, -1.0, -0.3, 0.0, 0.7, 3.2, 6.3])
def test_skew_turned_page_is_measured(turn: float) -> None:
    image = ruled().rotate(turn, resample=Image.Resampling.BICUBIC, fillcolor="white")
    assert skew(gray_of(image)) == pytest.approx(-turn, abs=0.06)


@needs_ocr
def test_skew_blank_page_is_zero() -> None:
    assert skew(np.full((600, 400), 255, dtype=np.uint8)) == 0.0


@needs_ocr
def test_straighten_map_leads_back_to_the_page_as_displayed() -> None:
    image = ruled().rotate(2.0, resample=Image.Resampling.BICUBIC, fillcolor="white")
    scan = straighten(Scan(1, gray_of(image), 3.0, 300.0, 400.0, np.eye(2, 3)))
    ys, xs = np.nonzero(is_ink(scan.gray))
    first = np.array([[xs.min() / 3, ys.min() / 3, xs.min() / 3, ys.min() / 3]])
    turn = np.radians(2.0)
    x, y = 100 / 3 - 150, 200 / 3 - 200
    wanted = (x * np.cos(turn) + y * np.sin(turn) + 150, y * np.cos(turn) - x * np.sin(turn) + 200)
    assert map_boxes(first, scan.to_page)[0, :2] == pytest.approx(wanted, abs=1.0)


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_quarter_turn_mark_maps_back_to_its_place(turns: int) -> None:
    gray = np.full((40, 60), 255, dtype=np.uint8)
    gray[10:14, 20:28] = 0
    turned = quarter_turn(Scan(1, gray, 2.0, 30.0, 20.0, np.eye(2, 3)), turns)
    ys, xs = np.nonzero(turned.gray == 0)
    box = np.array([[xs.min(), ys.min(), xs.max() + 1, ys.max() + 1]]) / 2.0
    assert map_boxes(box, turned.to_page).tolist() == [[10.0, 5.0, 14.0, 7.0]]


def test_compose_inner_map_comes_first() -> None:
    double = np.array([[2.0, 0.0, 0.0], [0.0, 2.0, 0.0]])
    shift = np.array([[1.0, 0.0, 5.0], [0.0, 1.0, 7.0]])
    assert compose(double, shift).tolist() == [[2.0, 0.0, 10.0], [0.0, 2.0, 14.0]]


@needs_ocr
def test_without_stamps_red_goes_and_black_below_it_stays() -> None:
    image = ruled(1200, 1600)
    before = gray_of(image)
    after = without_stamps(np.asarray(stamped(image))[:, :, ::-1], 2.0)
    assert int(after[before > 250].min()) > 230
    assert int(after[before < 20].max()) < 60


@needs_ocr
def test_without_stamps_star_far_within_the_ring_goes_too() -> None:
    image = Image.new("RGB", (600, 600), "white")
    pen = ImageDraw.Draw(image)
    pen.ellipse((100, 100, 500, 500), outline=(215, 30, 40), width=6)
    pen.rectangle((280, 280, 320, 320), fill=(215, 30, 40))
    pen.line((0, 300, 600, 300), fill=(0, 0, 0), width=15)
    after = without_stamps(np.asarray(image)[:, :, ::-1], 3.0)
    assert int(after[310, 300]) > 230
    assert int(after[300, 300]) < 60


@needs_ocr
def test_without_stamps_small_red_words_stay() -> None:
    image = Image.new("RGB", (600, 600), "white")
    ImageDraw.Draw(image).rectangle((100, 100, 160, 120), fill=(200, 20, 20))
    assert int(without_stamps(np.asarray(image)[:, :, ::-1], 3.0)[110, 130]) < 110


@needs_ocr
def test_whiten_paper_shadow_turns_white_and_ink_stays_dark() -> None:
    gray = np.tile(np.linspace(150, 250, 900).astype(np.uint8), (600, 1))
    gray[300:304, 100:800] = 20
    white = whiten_paper(gray)
    assert int(np.percentile(white[:250], 5)) > 235
    assert int(white[301, 120:780].max()) < 60


def test_whiten_paper_desk_around_a_page_turns_white_and_a_dark_cell_stays() -> None:
    gray = np.full((800, 600), 60, dtype=np.uint8)
    gray[60:740, 60:540] = 220
    gray[300:304, 100:500] = 20
    white = whiten_paper(gray)
    assert white[:40].min() == 255
    assert white[300:304, 100:500].max() < 80


@needs_ocr
def test_whiten_paper_print_in_a_shadow_that_reaches_the_desk_stays() -> None:
    gray = np.full((800, 600), 60, dtype=np.uint8)
    gray[60:740, 60:540] = 220
    gray[400:800, 200:380] = np.minimum(gray[400:800, 200:380], 100)
    gray[600:604, 100:500] = 20
    white = whiten_paper(gray)
    assert white[:40].min() == 255
    assert white[600:604, 240:340].max() < 110
    assert white[560:580, 240:340].min() > 200


@needs_ocr
def test_whiten_paper_what_covers_a_corner_is_not_known_to_be_the_desk() -> None:
    gray = np.full((800, 600), 60, dtype=np.uint8)
    gray[60:740, 60:540] = 220
    for row in range(500, 800):
        gray[row, 540 - (row - 500) : 600] = np.minimum(gray[row, 540 - (row - 500) : 600], 100)
    gray[700:704, 100:500] = 20
    assert whiten_paper(gray)[700:704, 400:480].max() < 110


@needs_ocr
@pytest.mark.parametrize("side", [(0, 0, 900, 900), (20, 20, 880, 880)], ids=["all of the page", "most of it"])
def test_without_stamps_red_of_most_of_a_page_stays(side: tuple[int, int, int, int]) -> None:
    image = Image.new("RGB", (900, 900), "white")
    ImageDraw.Draw(image).rectangle(side, outline=(215, 30, 40), width=40)
    after = without_stamps(np.asarray(image)[:, :, ::-1], 2.0)
    assert int(after[30, 450]) < 110


def drawn(picture: bytes, entries: str) -> Scan:
    described = f"/Type/XObject/Subtype/Image/Width 20/Height 20/ColorSpace/DeviceGray{entries}"
    content = page(
        stream(b"q 595 0 0 842 0 0 cm /I Do Q"), "/XObject<</I 5 0 R>>", more={5: stream(picture, described)}
    )
    document = pdfium.PdfDocument(content)
    try:
        return scan_page(document[0], 1)
    finally:
        document.close()


@needs_ocr
@pytest.mark.parametrize("coder", ["JBIG2Decode", "DCTDecode", "JPXDecode"])
def test_scan_page_picture_that_cannot_be_unpacked_is_not_a_blank_page(coder: str) -> None:
    with pytest.raises(pdfium.PdfiumError, match="cannot be unpacked"):
        drawn(b"\x00\x00\x00\x01damaged", f"/BitsPerComponent 1/Filter/{coder}")
    assert drawn(b"\xff" * 400, "/BitsPerComponent 8").gray.min() == 255
