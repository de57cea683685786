"""Digits that are printed on other characters, in cells of figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.make_pdf import Sheet
from transforms.reading.cells import place_characters
from transforms.reading.halves import Whole
from transforms.reading.heaped import heaped_digits
from transforms.reading.pdfium.feed import PdfiumDocument


@pytest.mark.parametrize(
    ("texts", "is_heaped"),
    [
        ([("606.39", 60, 120)], False),
        ([("606.39", 60, 120), ("万元", 91, 120)], False),
        ([("606.39", 60, 120), ("11", 73, 117)], True),
        ([("606", 60, 120), ("元", 66, 121)], True),
        ([("606.39", 60, 120), ("11", 73, 131)], False),  # the next line of its cell
        ([("606.39", 60, 120), ("606.39", 60.3, 120)], False),  # to look bold
        ([("改善", 60, 120), ("提高", 62, 120)], False),
    ],
)
def test_heaped_digits_are_found_in_cells(
    tmp_path: Path, texts: list[tuple[str, float, float]], is_heaped: bool
) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.outline(50, 100, 150, 140)
    for text, x, baseline in texts:
        sheet.text(x, baseline, text)
    sheet.outline(150, 100, 250, 140)
    with PdfiumDocument(sheet.save()) as document, document.open_page(1) as page:
        placed = place_characters(Whole(page.read(), page.tables))
    assert bool(len(heaped_digits(placed))) is is_heaped
