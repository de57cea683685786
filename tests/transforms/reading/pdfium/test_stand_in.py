from __future__ import annotations

from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest

from tests.transforms.reading.pdfium.stand_in_font import stand_in_font
from tests.transforms.unembedded import ENCODINGS, Encoding, write_unembedded
from transforms.reading import feed_pdfplumber
from transforms.reading.pdfium import feed as feed_pdfium
from transforms.reading.pdfium.stand_in import FONT_FILE, stand_in

CHINESE_NAME = "#CB#CE#CC#E5"
CASES = [
    (encoding, font)
    for encoding in ENCODINGS
    for font in ("SimSun", "ABCDEF+FangSong_GB2312", CHINESE_NAME)
    if encoding.cmap or font != CHINESE_NAME  # PDFium takes the codes of such a simple font for GBK
]


@pytest.mark.parametrize(("encoding", "font"), CASES, ids=str)
def test_pages_lone_characters_of_a_font_that_is_not_embedded_are_read(
    tmp_path: Path, encoding: Encoding, font: str
) -> None:
    path = write_unembedded(tmp_path / "a.pdf", encoding, font, ["绩效指标", "率", "优", "1"])
    (page,) = feed_pdfium.pages(path)
    assert "".join(page.char_text) == "绩效指标率优1"
    (other,) = feed_pdfplumber.pages(path)
    assert "".join(other.char_text) == "绩效指标率优1"
    assert np.abs(page.char_box - other.char_box).max() < 3.0


def test_stand_in_font_is_the_one_that_the_script_writes() -> None:
    assert FONT_FILE.read_bytes() == stand_in_font()


def test_stand_in_is_left_to_documents_that_are_read(tmp_path: Path) -> None:
    path = write_unembedded(tmp_path / "a.pdf", ENCODINGS[0], "SimSun", ["率"])

    def characters() -> int:
        with pdfium.PdfDocument(path) as document:
            return int(document[0].get_textpage().count_chars())

    alone = characters()
    with stand_in(), stand_in():
        assert characters() == 1
    assert characters() == alone
