from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reportlab.lib.colors import Color
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from tests.layouts import Layout, layouts
from tests.make_pdf import CELLS, LINE_STYLES, WHITE, Cell, Sheet, X, Y, filled_grid, song
from tests.support.hostile import pdf
from tests.support.paths import SAMPLES
from tests.transforms.embedded_form import EMBEDDED_FORM, form_cells
from transforms.read import Reading, read_document
from transforms.reading.feed_pdfplumber import PdfplumberDocument
from transforms.reading.feeds import FEEDS
from transforms.reading.ocr import pages as ocr
from warehouse import contract

EXPECTED = [
    (0, 0, 2, 1, "一级指标"),
    (0, 1, 1, 2, "绩效 wide"),
    (1, 1, 1, 1, ""),
    (1, 2, 2, 1, "≥30000.00(人次)"),
    (2, 0, 1, 2, "word one two"),
]
NAMES = (
    "page_number",
    "table_number",
    "row_number",
    "column_number",
    "row_span",
    "column_span",
    "text",
    "line_count",
    "is_open_top",
    "is_open_bottom",
)
COORDINATES = {
    "x0": 0.6,
    "top": 0.6,
    "x1": 2.0,
    "bottom": 0.6,
    "text_top": 2.0,
    "text_bottom": 2.0,
    "page_width": 0.01,
    "page_height": 0.01,
}
"""How far the feeds may be apart, in points: fonts that are not embedded are wider in one than in the other."""


def read_both(path: Path) -> Reading:
    """Read with both feeds, hold the results equal, and give that of PDFium."""
    pdfium, pdfplumber = (read_document(path, "0" * 64, feed=feed) for feed in ("pdfium", "pdfplumber"))
    assert (pdfium.reader, pdfplumber.reader) == ("pdfium", "pdfplumber")
    for name in NAMES:
        assert pdfium.cells[name].to_list() == pdfplumber.cells[name].to_list(), name
    for name, most in COORDINATES.items():
        apart = (pdfium.cells[name] - pdfplumber.cells[name]).abs().fill_null(0)
        assert (apart <= most).all(), name
        assert pdfium.cells[name].is_null().equals(pdfplumber.cells[name].is_null())
    contract.conform(pdfium.cells, contract.Cells)
    return pdfium


def table_cells(reading: Reading) -> list[tuple[int, int, int, int, str]]:
    inside = reading.cells.filter(pl.col("table_number").is_not_null())
    return inside.select("row_number", "column_number", "row_span", "column_span", "text").rows()


def boxes(reading: Reading) -> list[tuple[float, float, float, float]]:
    inside = reading.cells.filter(pl.col("table_number").is_not_null())
    return inside.select(pl.col("x0", "top", "x1", "bottom").round(0)).rows()


@pytest.mark.parametrize("style", LINE_STYLES)
def test_read_document_line_styles_give_the_same_cells(tmp_path: Path, style: str) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.table(X, Y, CELLS, style)
    assert table_cells(read_both(sheet.save())) == EXPECTED


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("crop", [None, (40.0, 60.0, 560.0, 800.0)])
def test_read_document_rotation_and_crop_box_give_the_page_as_displayed(
    tmp_path: Path, rotation: int, crop: tuple[float, float, float, float] | None
) -> None:
    sheet = Sheet(tmp_path / "a.pdf", rotation=rotation, crop=crop)
    sheet.text(-30, 80, "外")
    sheet.table(X, Y, CELLS)
    reading = read_both(sheet.save())
    assert table_cells(reading) == EXPECTED
    assert boxes(reading)[0] == (50.0, 100.0, 150.0, 160.0)
    assert reading.cells["page_height"].unique().to_list() == [sheet.height]


def test_read_document_embedded_font_gives_the_same_text() -> None:
    wanted = [(cell.row, cell.column, cell.row_span, cell.column_span, cell.text) for cell in form_cells()]
    assert table_cells(read_both(EMBEDDED_FORM)) == sorted(wanted)


def test_read_document_white_lines_merge_cells_and_black_ones_on_top_part_them(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.table(X, Y, filled_grid(3, 3))
    sheet.line(50.5, 130, 149.5, 130, 0.9, WHITE)
    sheet.fill(248, 130.5, 252, 199.5, WHITE)
    sheet.line(150, 160, 250, 160, 0.9, WHITE)
    sheet.line(150, 160, 250, 160)
    assert [cell[:4] for cell in table_cells(read_both(sheet.save()))] == [
        (0, 0, 2, 1),
        (0, 1, 1, 1),
        (0, 2, 1, 1),
        (1, 1, 1, 2),
        (2, 0, 1, 1),
        (2, 1, 1, 2),
    ]


def test_read_document_filled_backgrounds_are_no_lines(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    for top, bottom in pairwise(Y):
        sheet.fill(X[0], top, X[-1], bottom, Color(0.8, 0.9, 1))
    sheet.table(X, Y, CELLS)
    assert table_cells(read_both(sheet.save())) == EXPECTED


@pytest.mark.parametrize(
    ("sides", "is_open_top", "is_open_bottom"),
    [("tb", False, False), ("ltr", False, True), ("lrb", True, False), ("t", False, True)],
)
def test_read_document_outer_borders_missing_keeps_the_cells(
    tmp_path: Path, sides: str, is_open_top: bool, is_open_bottom: bool
) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.table(X, Y, CELLS, sides=sides)
    reading = read_both(sheet.save())
    assert table_cells(reading) == EXPECTED
    assert reading.cells["is_open_top"].to_list() == [is_open_top] * 2 + [False] * 3
    assert reading.cells["is_open_bottom"].to_list() == [False] * 3 + [is_open_bottom] * 2


def test_read_document_text_that_runs_on_beyond_an_open_cell_belongs_to_it(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.table(X, Y, filled_grid(3, 3), sides="lr")
    sheet.text(60, 85, "内部资料")
    sheet.text(60, 101, "上")
    sheet.text(260, 210, "下")
    sheet.text(60, 216, "- 1 -")
    sheet.text(260, 240, "第 1 页")
    cells = read_both(sheet.save()).cells
    assert cells["text"][0] == "内部资料"
    assert cells["text"][1] == "上指标0-0"
    assert cells["text"][7] == "指标2-0"
    assert cells["text"][9] == "指标2-2下"
    assert cells["text"][10:].to_list() == ["- 1 -", "第 1 页"]


def test_read_document_red_words_of_a_drawn_stamp_are_left_out(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.table(X, Y, filled_grid(3, 3))
    red = Color(0.85, 0.1, 0.15)
    sheet.canvas.setStrokeColor(red)
    sheet.canvas.circle(150, sheet.y(150), 40)
    sheet.canvas.setFillColor(red)
    sheet.text(130, 130, "某某局")
    sheet.text(260, 115, "红")
    cells = read_both(sheet.save()).cells
    assert not cells["text"].str.contains("某").any()
    assert cells["text"].str.contains("红").sum() == 1


def test_read_document_form_xobject_is_read_where_it_is_placed(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.canvas.beginForm("table")
    sheet.table(X, Y, CELLS)
    sheet.canvas.endForm()
    sheet.canvas.saveState()
    sheet.canvas.translate(10, -20)
    sheet.canvas.doForm("table")
    sheet.canvas.restoreState()
    sheet.canvas.scale(0.5, 0.5)
    sheet.canvas.doForm("table")
    reading = read_both(sheet.save())
    assert table_cells(reading) == EXPECTED * 2
    assert boxes(reading)[0] == (60.0, 120.0, 160.0, 180.0)
    assert boxes(reading)[5] == (25.0, 471.0, 75.0, 501.0)


def test_read_document_clip_path_hides_text_and_lines(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.table(X, Y, filled_grid(3, 3))
    sheet.canvas.saveState()
    clip = sheet.canvas.beginPath()
    clip.rect(50, sheet.y(130), 100, 30)
    sheet.canvas.clipPath(clip, stroke=0)
    sheet.text(60, 127, "很长很长很长很长很长很长很长很长很长")
    sheet.line(50, 145, 400, 145)
    sheet.canvas.restoreState()
    cells = table_cells(read_both(sheet.save()))
    assert cells[0][4] == "指标0-0很长很长很长很长很长"
    assert cells[1][4] == "指标0-1"
    assert len(cells) == 9


def test_read_document_text_that_no_one_sees_is_dropped(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.table(X, Y, filled_grid(3, 3))
    sheet.text(60, 125, "隐藏", mode=3)
    sheet.text(60, 128, "零", 0.01)
    sheet.text(100, 300, "机密文件", 60, turn=45)
    sheet.text(700, 120, "页外")
    for shift in (0, 0.3, 0.6):
        sheet.text(260 + shift, 190, "重11")
    reading = read_both(sheet.save())
    assert [cell[4] for cell in table_cells(reading)][:2] == ["指标0-0", "指标0-1"]
    assert table_cells(reading)[-1][4] == "指标2-2重11"
    assert reading.cells.height == 9


def test_read_document_turned_text_in_a_cell_reads_along_its_direction(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.table(X, (100, 180, 240), [Cell(0, 0), Cell(0, 1), Cell(0, 2), Cell(1, 0, 1, 3, "指标")])
    sheet.text(100, 170, "产出指标(50分)", turn=90)
    sheet.text(180, 110, "绩效 goal", turn=-90)
    sheet.text(168, 110, "第二行", turn=-90)
    for i, char in enumerate("满意度指标"):
        sheet.text(300, 115 + i * 11, char)
    texts = [cell[4] for cell in table_cells(read_both(sheet.save()))]
    assert texts == ["产出指标(50分)", "绩效 goal第二行", "满意度指标", "指标"]


def test_read_document_lines_outside_tables_stand_in_reading_order(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.text(200, 60, "项目支出绩效自评表", 14)
    sheet.text(60, 90, "部门：某局")
    sheet.text(330, 90, "单位：万元")
    sheet.table(X, Y, [Cell(0, 0, 3, 3, "一格")])
    sheet.text(290, 800, "- 1 -")
    cells = read_both(sheet.save()).cells
    assert cells["text"].to_list() == ["项目支出绩效自评表", "部门：某局", "单位：万元", "一格", "- 1 -"]
    assert cells["table_number"].to_list() == [None, None, None, 1, None]
    assert cells["cell_number"].to_list() == [1, 2, 3, 4, 5]
    assert cells["is_open_top"].to_list() == [None, None, None, False, None]


def test_read_document_inner_table_has_its_own_text(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.outline(20, 20, 575, 820)
    sheet.table((40, 200, 500), (100, 300, 400), filled_grid(2, 2))
    sheet.table((60, 100, 180), (150, 180, 210), [Cell(0, 0, 1, 2, "内"), Cell(1, 0, 1, 2, "里")])
    cells = read_both(sheet.save()).cells
    assert cells.filter(table_number=1)["text"].to_list() == ["指标0-0", "指标0-1", "指标1-0", "指标1-1"]
    assert cells.filter(table_number=2)["text"].to_list() == ["内", "里"]


def test_read_document_long_report_reads_only_form_pages_and_their_neighbours(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    plain = [Cell(r, c, text="叙述") for r in range(3) for c in range(3)]
    for number in range(1, 13):
        if number == 5:
            sheet.text(60, 700, "附表")
        elif number == 6:
            sheet.table(X, Y, filled_grid(3, 3))
        elif number in (7, 8, 11):
            sheet.table(X, Y, plain, sides="lr")
        else:
            sheet.text(60, 100, "正文")
        if number < 12:
            sheet.next_page()
    reading = read_both(sheet.save())
    assert reading.page_count == 12
    assert reading.cells["page_number"].unique().sort().to_list() == [5, 6, 7, 8, 9]


def test_read_document_table_before_the_first_form_word_is_read_too(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.text(60, 100, "正文")
    sheet.next_page()
    sheet.table(X, Y, [Cell(0, 0, 3, 3, "叙述")])
    sheet.next_page()
    sheet.table(X, Y, filled_grid(3, 3))
    assert read_both(sheet.save()).cells["page_number"].unique().sort().to_list() == [1, 2, 3]


def test_read_document_scans_are_named_and_hidden_text_over_them_is_not_believed(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    for hidden in ("", "绩效自评表"):
        sheet.canvas.saveState()
        sheet.canvas.scale(595, 842)
        sheet.canvas._code.append("BI /W 1 /H 1 /CS /G /BPC 8 ID \x7f EI")
        sheet.canvas.restoreState()
        sheet.text(60, 100, hidden, mode=3)
        sheet.next_page()
    sheet.table(X, Y, filled_grid(3, 3))
    reading = read_both(sheet.save())
    assert reading.pages_without_text == (1, 2)
    assert reading.cells.filter(page_number=2).is_empty()


def without_unicode_map(path: Path) -> Path:
    """Write the form with an embedded font without the map from its glyphs to characters."""
    data = EMBEDDED_FORM.read_bytes()
    start = data.index(b"/ToUnicode")
    end = data.index(b"R", start) + 1
    path.write_bytes(data[:start] + b" " * (end - start) + data[end:])
    return path


def test_read_document_font_without_unicode_map_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ocr, "is_available", lambda: False)
    reading = read_document(without_unicode_map(tmp_path / "a.pdf"), "0" * 64)
    assert (reading.reason or "").startswith("unreadable_font: ")
    assert reading.pages_unreadable == (1,)
    assert reading.cells.is_empty()


def test_read_document_actual_text_spans_keep_their_places(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.table(X, Y, [Cell(r, c) for r in range(3) for c in range(3)])
    for row in range(3):
        for column in range(3):
            text = f"绩效指标{row}完成情况说明"
            sheet.canvas._code.append(f"/Span <</ActualText <FEFF{text.encode('utf-16-be').hex()}>>> BDC")
            sheet.text(X[column] + 4, Y[row] + 14, text, 8)
            sheet.canvas._code.append("EMC")
    assert [cell[4] for cell in table_cells(read_both(sheet.save()))] == [
        f"绩效指标{row}完成情况说明" for row in range(3) for _ in range(3)
    ]


def write(content: bytes) -> Callable[[Path], None]:
    def to(path: Path) -> None:
        path.write_bytes(content)

    return to


def locked(path: Path) -> None:
    canvas = Canvas(str(path), encrypt=StandardEncryption("secret", "owner"))
    canvas.drawString(50, 50, "x")
    canvas.save()


@pytest.mark.parametrize("feed", ["pdfium", "pdfplumber"])
@pytest.mark.parametrize(
    ("make", "code"),
    [
        (write(b""), "empty_file: "),
        (write(b"<html>404</html>"), "not_a_pdf: "),
        (write(b"PK\x03\x04, the first member as it is: %PDF-1.7"), "not_a_pdf: the file is an archive"),
        (write(b"%PDF-1.7\nnothing more"), "damaged: "),
        (locked, "encrypted: "),
        (lambda _: None, "missing_file: "),
    ],
)
def test_read_document_bad_file_gives_a_reason(
    tmp_path: Path, make: Callable[[Path], None], code: str, feed: str
) -> None:
    make(tmp_path / "a.pdf")
    reading = read_document(tmp_path / "a.pdf", "0" * 64, feed=feed)
    assert (reading.reason or "").startswith(code)
    assert reading.cells.equals(contract.empty(contract.Cells))


def test_read_document_owner_password_only_is_read(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), encrypt=StandardEncryption("", "owner", canPrint=0))
    canvas.setFont(song(), 9)
    canvas.grid([50, 100, 200], [650, 690, 730])
    canvas.drawString(60, 700, "指标")
    canvas.save()
    assert read_document(tmp_path / "a.pdf", "0" * 64).cells["text"].to_list() == ["指标", "", "", ""]


def test_read_document_one_failing_page_does_not_lose_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    for _ in range(3):
        sheet.table(X, Y, filled_grid(3, 3))
        sheet.next_page()
    path = sheet.save()
    for document in FEEDS.values():
        open_page = document.open_page  # type: ignore[attr-defined]

        def failing(self: object, number: int, open_page: Callable[[object, int], object] = open_page) -> object:
            if number == 2:
                raise OSError("broken")
            return open_page(self, number)

        monkeypatch.setattr(document, "open_page", failing)
    reading = read_document(path, "0" * 64)
    assert reading.reason is None
    assert [mark[0] for mark in (reading.page_marks or "").split(",")] == ["r", "f", "r", "r"]
    assert reading.pages_failed == (2,)
    assert reading.cells["page_number"].unique().sort().to_list() == [1, 3]


def test_read_document_damaged_one_after_an_encrypted_one_is_not_called_encrypted(tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), encrypt=StandardEncryption("secret", "owner"))
    canvas.drawString(60, 700, "text")
    canvas.save()
    (tmp_path / "b.pdf").write_bytes(pdf({1: b"<</Type/Catalog>>", 2: b"<</Type/Page>>"}))
    reasons = [(read_document(tmp_path / name, "0" * 64).reason or "") for name in ("a.pdf", "b.pdf")]
    assert [reason.partition(":")[0] for reason in reasons] == ["encrypted", "damaged"]


@pytest.mark.parametrize("feed", sorted(FEEDS))
def test_read_document_page_whose_content_cannot_be_decoded_is_failed(tmp_path: Path, feed: str) -> None:
    canvas = Canvas(str(tmp_path / "a.pdf"), pageCompression=0, invariant=1)
    for text in ("", "BROKEN"):
        canvas.setFont("Helvetica", 9)
        if text:
            canvas.drawString(60, 700, text)
        canvas.showPage()
    canvas.save()
    content = (tmp_path / "a.pdf").read_bytes()
    start = content.rindex(b"stream\n", 0, content.index(b"BROKEN")) + 7
    end = content.index(b"endstream", start)
    head = content[:start].rindex(b"<<")
    torn = content[head:start].replace(b"/Length", b"/Filter /FlateDecode /Length", 1)
    (tmp_path / "b.pdf").write_bytes(content[:head] + torn + b"\x78\xda" + b"\xff" * (end - start - 2) + content[end:])
    reading = read_document(tmp_path / "b.pdf", "0" * 64, feed=feed)
    assert reading.pages_failed == (2,)
    assert (reading.reason or "").startswith("page_failed: page 2 ")
    assert read_document(tmp_path / "a.pdf", "0" * 64, feed=feed).reason is None


def test_read_document_falls_back_to_pdfplumber_where_pdfium_sees_no_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.table(X, Y, CELLS)
    path = sheet.save()
    monkeypatch.setattr("transforms.reading.pdfium.feed._codes", lambda _, count: np.full(count, 32, dtype=np.uint32))
    reading = read_document(path, "0" * 64)
    assert reading.reader == PdfplumberDocument.name
    assert table_cells(reading) == EXPECTED


def test_read_document_unknown_feed_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected one of pdfium, pdfplumber"):
        read_document(tmp_path / "a.pdf", "0" * 64, feed="acrobat")


def test_read_document_runs_in_a_spawned_worker(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.table(X, Y, CELLS)
    path = sheet.save()
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        reading = pool.submit(read_document, path, "0" * 64).result(timeout=600)
    assert table_cells(reading) == EXPECTED


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(layout=layouts(6, 5), style=st.sampled_from(LINE_STYLES), rotation=st.sampled_from((0, 90, 180, 270)))
def test_read_document_any_drawn_layout_comes_back(tmp_path: Path, layout: Layout, style: str, rotation: int) -> None:
    sheet = Sheet(tmp_path / "layout.pdf", rotation=rotation)
    cells = [Cell(r, c, h, w, f"标{i}") for i, (r, c, h, w) in enumerate(layout.cells)]
    sheet.table(layout.x, layout.y, cells, style, size=4)
    sheet.text(300, 30, "绩效")
    expected = [(*spans, cell.text) for spans, cell in zip(layout.compact().tolist(), cells, strict=True)]
    assert table_cells(read_both(sheet.save())) == expected


@pytest.mark.parametrize("feed", ["pdfium", "pdfplumber"])
def test_read_document_tells_the_date_that_the_pdf_states(feed: str, tmp_path: Path) -> None:
    canvas = Canvas(str(tmp_path / "dated.pdf"), invariant=True)
    canvas.drawString(72, 720, "a letter")
    canvas.save()
    dated = (tmp_path / "dated.pdf").read_bytes()
    assert read_document(tmp_path / "dated.pdf", "x", feed=feed).modified_at == datetime(2000, 1, 1, tzinfo=UTC)
    undated = dated.replace(b"/ModDate", b"/NoDate0").replace(b"/CreationDate", b"/NotADateAtAl")
    (tmp_path / "undated.pdf").write_bytes(undated)
    assert read_document(tmp_path / "undated.pdf", "x", feed=feed).modified_at is None


def test_page_that_is_gone_is_failed_though_another_engine_passes_over_it(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    content = (SAMPLES / "several-forms.pdf").read_bytes()
    path.write_bytes(re.sub(rb"\n\d 0 obj(?=\s+<<\s+/Contents)", b"\nX 0 obj", content, count=1))
    reading = read_document(path, "0" * 64)
    assert (reading.page_count, reading.pages_failed) == (2, (1,))
    assert reading.cells["page_number"].unique().to_list() == [2]
