"""Pages whose text says something else than what they print: the picture decides."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.make_pdf import Cell, Sheet
from tests.transforms.embedded_form import EMBEDDED_FORM, TITLE
from transforms.read import read_document
from transforms.reading.ocr import pages as ocr

needs_ocr = pytest.mark.skipif(not ocr.is_available(), reason="the extra is not installed: pip install 'jixiao[ocr]'")


def with_wrong_map(target: Path, wrong: Callable[[int], int]) -> Path:
    """Write the form with a font whose Unicode map leads ideographs to other code points."""
    content = EMBEDDED_FORM.read_bytes()
    out, at = bytearray(), 0
    for match in re.finditer(rb"stream\r?\n", content):
        end = content.find(b"endstream", match.end())
        try:
            stream = zlib.decompress(content[match.end() : end].rstrip(b"\r\n"))
        except zlib.error:
            continue
        if b"beginbfchar" not in stream and b"beginbfrange" not in stream:
            continue
        lying = re.sub(rb"<([4-9][0-9A-Fa-f]{3})>(?=\s)", lambda m: b"<%04X>" % wrong(int(m.group(1), 16)), stream)
        packed = zlib.compress(lying, 9)
        assert len(packed) <= end - match.end()
        out += content[at : match.end()] + packed.ljust(end - match.end(), b"\n")
        at = end
    target.write_bytes(bytes(out + content[at:]))
    return target


@needs_ocr
@pytest.mark.slow
@pytest.mark.parametrize(
    "wrong",
    [
        lambda code: 0x61 + code % 26,
        lambda code: 0x2701 + code % 60,
        lambda code: 0xE000 + code % 200,
    ],
    ids=["letters", "dingbats", "private"],
)
def test_read_document_text_that_lies_is_recognised_from_its_picture(
    tmp_path: Path, wrong: Callable[[int], int]
) -> None:
    reading = read_document(with_wrong_map(tmp_path / "a.pdf", wrong), "0" * 64)
    assert (reading.reader, reading.reason) == ("ocr", None)
    texts = reading.cells["text"].to_list()
    assert TITLE in texts
    assert {"三级指标", "年度指标值", "97.30%", "19.46"} <= set(texts)


@needs_ocr
@pytest.mark.slow
def test_read_document_table_in_another_language_is_not_a_form(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf", font="Helvetica")
    cells = [Cell(row, column, text="Total revenue") for row in range(4) for column in range(3)]
    sheet.table([50.0, 200.0, 350.0, 500.0], [100.0, 140.0, 180.0, 220.0, 260.0], cells)
    reading = read_document(sheet.save(), "0" * 64)
    assert (reading.reader, reading.reason, reading.cells.height) == ("pdfium", None, 0)
    assert reading.pages_outlandish == (1,)


def test_read_document_table_of_ideographs_that_no_text_uses_so_often_is_doubted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ocr, "is_available", lambda: False)
    sheet = Sheet(tmp_path / "a.pdf")
    x, y = [50.0, 200.0, 350.0, 500.0], [100.0, 140.0, 180.0, 220.0, 260.0]
    for word in ("靛卤迂谗", "资产名称"):
        sheet.table(x, y, [Cell(row, column, text=word) for row in range(4) for column in range(3)])
        sheet.next_page()
    reading = read_document(sheet.save(), "0" * 64)
    assert reading.pages_outlandish == (1,)
