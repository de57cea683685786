"""Characters with a line drawn through them, and texts that are cut off."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.make_pdf import Sheet
from transforms.reading.cells import place_characters, to_frame
from transforms.reading.halves import Whole
from transforms.reading.pdfium.feed import PdfiumDocument

Line = tuple[float, float, float]
"""x0, x1 and y of a line, from the top left."""


def doubts(tmp_path: Path, text: str, *lines: Line, x: float = 60) -> list[str | None]:
    """What is in doubt of a cell (50 to 150, 100 to 140) with a text on the baseline 120, and of an empty one."""
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.outline(50, 100, 150, 140)
    sheet.text(x, 120, text)
    sheet.outline(150, 100, 250, 140)
    for x0, x1, y in lines:
        sheet.line(x0, y, x1, y)
    with PdfiumDocument(sheet.save()) as document, document.open_page(1) as page:
        placed = place_characters(Whole(page.read(), page.tables))
    return to_frame("d" * 24, [placed])["witness"].to_list()


@pytest.mark.parametrize(
    ("text", "line", "doubt"),
    [
        ("606.39", (60, 84, 117), "struck"),
        ("606.39", (60, 84, 121.5), None),  # underlined
        ("606.39", (60, 84, 108), None),  # drawn above
        ("606.39", (52, 130, 117), "struck"),  # a rule of the table, but through the middle
        ("606.39", (52, 130, 119), None),  # a rule that the text stands on
        ("改善环境", (60, 96, 117), "struck out"),
        ("改善5处", (60, 90, 117), "struck"),
        ("改善5处", (60, 78, 117), "struck out"),  # the words before the figure
    ],
)
def test_line_through_characters_leaves_them_in_doubt(tmp_path: Path, text: str, line: Line, doubt: str | None) -> None:
    assert doubts(tmp_path, text, line)[0] == doubt


def test_figure_in_doubt_stays_so_beside_words_that_are_struck_out(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.outline(50, 100, 150, 140)
    sheet.text(60, 112, "606.39")
    sheet.text(73, 109, "11")
    sheet.text(60, 130, "改善环境")
    sheet.line(60, 127, 96, 127)
    with PdfiumDocument(sheet.save()) as document, document.open_page(1) as page:
        placed = place_characters(Whole(page.read(), page.tables))
    assert to_frame("d" * 24, [placed])["witness"].to_list() == ["digits"]


def test_line_of_text_outside_tables_that_is_struck_out_is_in_doubt(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.outline(50, 100, 150, 140)
    sheet.text(60, 80, "2023年度")
    sheet.text(60, 60, "2024年度")
    sheet.line(60, 77, 80, 77)
    with PdfiumDocument(sheet.save()) as document, document.open_page(1) as page:
        placed = place_characters(Whole(page.read(), page.tables))
    cells = to_frame("d" * 24, [placed])
    assert dict(zip(cells["text"], cells["witness"], strict=True)) == {"2024年度": None, "2023年度": "struck", "": None}


@pytest.mark.parametrize(
    ("text", "seen", "doubt"),
    [("606.39", 70, "cut"), ("改善环境", 77, "cut off"), ("606.39", 90, None), ("606.39", 56, None)],
    ids=["figure", "words", "whole", "nothing"],
)
def test_text_that_a_clip_path_cuts_off_is_in_doubt(tmp_path: Path, text: str, seen: float, doubt: str | None) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.outline(50, 100, 150, 140)
    sheet.outline(150, 100, 250, 140)
    canvas = sheet.canvas
    canvas.saveState()
    window = canvas.beginPath()
    window.rect(52, sheet.y(130), seen - 52, 20)
    canvas.clipPath(window, stroke=0)
    sheet.text(60, 120, text)
    canvas.restoreState()
    with PdfiumDocument(sheet.save()) as document, document.open_page(1) as page:
        placed = place_characters(Whole(page.read(), page.tables))
    assert to_frame("d" * 24, [placed])["witness"].to_list() == [doubt, None]
