"""Pages without text to copy: pictures of pages, and text that is drawn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.make_pdf import CELLS, Sheet, X, Y
from tests.transforms.build_scan import WORN, scan_pdf
from transforms.assemble import assemble
from transforms.normalise import normalise
from transforms.read import read_document
from transforms.reading.ocr import pages as ocr

FORM = Path(__file__).parents[1] / "data" / "mof_standard" / "sources" / "single-libreoffice.pdf"


def test_read_document_scan_without_the_extra_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocr, "is_available", lambda: False)
    reading = read_document(scan_pdf(FORM, tmp_path / "scan.pdf"), "0" * 64)
    assert reading.reason == ocr.MISSING
    assert reading.cells.is_empty()


def test_read_document_text_drawn_as_outlines_is_a_picture(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_available", lambda: False)
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.table(X, Y, [replace(cell, text="") for cell in CELLS])
    for number in range(100):
        path = sheet.canvas.beginPath()
        path.moveTo(60 + number, 400)
        for step in range(40):
            path.curveTo(60 + number, 400 + step, 61 + number, 401 + step, 62 + number, 400)
        sheet.canvas.drawPath(path, stroke=0, fill=1)
    path = sheet.save()
    for feed in ("pdfium", "pdfplumber"):
        reading = read_document(path, "0" * 64, feed=feed)
        assert reading.pages_without_text == (1,)
        assert reading.reason == ocr.MISSING


@pytest.mark.slow
def test_read_document_worn_scan_gives_the_numbers_of_the_form(tmp_path: Path) -> None:
    if not ocr.is_available():
        pytest.skip("the OCR extra is not installed")
    reading = read_document(scan_pdf(FORM, tmp_path / "scan.pdf", WORN), "0" * 64)
    assert (reading.reader, reading.reason) == ("ocr", None)
    assert reading.cells["confidence"].is_not_null().all()
    scanned = normalise(assemble(reading.cells))
    printed = normalise(assemble(read_document(FORM, "0" * 64).cells))
    for table, columns in {
        "forms": ["fiscal_year", "project_name", "total_score_points"],
        "funding": ["source_type", "annual_budget_cny", "executed_cny", "score_points"],
        "indicators": ["level_1_type", "weight_points", "score_points"],
    }.items():
        assert scanned[table].select(columns).equals(printed[table].select(columns)), table
    names = printed["indicators"]["indicator_name"], scanned["indicators"]["indicator_name"]
    assert (names[0] == names[1]).mean() > 0.9
