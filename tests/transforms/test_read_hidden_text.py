"""Scans under somebody else's text: hidden layers that are right, wrong or rubbish, and pictures beside text."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from tests.make_pdf import Sheet
from tests.transforms.embedded_form import EMBEDDED_FORM
from transforms.read import read_document
from transforms.reading.ocr import pages as ocr

needs_ocr = pytest.mark.skipif(not ocr.is_available(), reason="the extra is not installed: pip install 'jixiao[ocr]'")
LAYERS = {
    "right": "项目支出绩效自评表 分值 得分 指标 10 20 30 执行率 年度目标 实际完成值",
    "rubbish": "@@#~ lII1 ;;:: oO0 §§ ¶¶ ^^ `` ~~ {{ }} [[ ]] || \\\\ // ?? !! .. ,, -- __ ++",
}
"""Lines that programs write over a scan, so that it can be searched."""


def scanned(canvas: Canvas) -> None:
    """Put the picture of a form on a page."""
    document = pdfium.PdfDocument(EMBEDDED_FORM)
    picture = BytesIO()
    document[0].render(scale=150 / 72).to_pil().convert("L").save(picture, "PNG")
    document.close()
    canvas.drawImage(ImageReader(picture), 0, 0, 595, 842)


def layered(path: Path, layer: str, mode: int = 3) -> Path:
    sheet = Sheet(path)
    scanned(sheet.canvas)
    for number in range(6):
        sheet.text(40, 100 + 40 * number, layer, mode=mode)
    return sheet.save()


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("feed", ["pdfium", "pdfplumber"])
def test_read_document_hidden_text_over_a_scan_is_not_believed(
    layer: str, feed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocr, "is_available", lambda: False)
    reading = read_document(layered(tmp_path / "a.pdf", LAYERS[layer]), "0" * 64, feed=feed)
    assert reading.pages_without_text == (1,)
    assert reading.cells.is_empty()
    assert (reading.reason or "").startswith("needs_ocr")


@needs_ocr
@pytest.mark.long
def test_read_document_scan_with_a_hidden_layer_is_recognised(tmp_path: Path) -> None:
    reading = read_document(layered(tmp_path / "a.pdf", LAYERS["right"]), "0" * 64)
    assert reading.reader == "ocr"
    assert reading.cells["confidence"].is_not_null().all()
    assert (reading.page_marks or "").startswith("c")
    assert not reading.cells["text"].str.contains("实际完成值 ").any()


@needs_ocr
@pytest.mark.long
def test_read_document_picture_of_a_table_beside_printed_text_is_recognised(tmp_path: Path) -> None:
    reading = read_document(layered(tmp_path / "a.pdf", "本页为扫描件，原件存档备查，经办人签字。", mode=0), "0" * 64)
    assert reading.reader == "ocr"
    assert reading.cells["text"].str.contains("一级指标").any()


@pytest.mark.parametrize("words", ["附件3", "本页附图由承办单位提供，原件存档备查，经办人已在每页签字并注明日期。"])
def test_read_document_small_picture_that_may_be_a_table_is_looked_at(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocr, "is_available", lambda: False)
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.text(40, 60, words)
    sheet.canvas.drawImage(ImageReader(Image.new("L", (60, 40), 200)), 60, 300, 450, 300)
    sheet.canvas.showPage()
    sheet.text(40, 60, words)
    sheet.canvas.drawImage(ImageReader(Image.new("L", (60, 40), 200)), 60, 300, 90, 60)
    assert read_document(sheet.save(), "0" * 64).pages_pictured == (1,)
