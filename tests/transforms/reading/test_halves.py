"""Forms wider than their paper, printed in two halves."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from tests.make_pdf import Cell, Sheet
from tests.transforms.build_cells import GOALS, HEAD, INDICATOR_HEADER, INDICATORS, TOTAL, UP
from transforms.assemble import assemble
from transforms.read import read_document

ROWS = [*HEAD, *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL]
X = [40.0 + 100 * column for column in range(5)]
RIGHT = [40.0, 125.0, 185.0, 260.0, 480.0]
Y = [100.0 + 30 * row for row in range(len(ROWS) + 1)]


def half(columns: range) -> list[Cell]:
    """The cells of some columns; a merged cell is cut at the seam, and its text stands in its first part."""
    cells = []
    for r, row in enumerate(ROWS):
        for c in columns:
            if row[c] == UP or (row[c] == "<" and c > columns.start):
                continue
            wide = 1
            while c + wide <= columns[-1] and row[c + wide] == "<":
                wide += 1
            high = 1
            while r + high < len(ROWS) and ROWS[r + high][c] == UP:
                high += 1
            text = "" if row[c] == "<" else row[c]
            cells.append(Cell(r, c - columns.start, high, wide, text))
    return cells


@pytest.fixture
def wide(tmp_path: Path) -> Path:
    sheet = Sheet(tmp_path / "wide.pdf")
    sheet.text(60, 80, "项目支出绩效自评表（2023年度）")
    sheet.table(X, Y, half(range(4)))
    sheet.next_page()
    sheet.table(RIGHT, Y, half(range(4, 8)))
    return sheet.save()


@pytest.mark.parametrize("feed", ["pdfium", "pdfplumber"])
def test_join_halves_form_printed_on_two_pages_is_one_form(wide: Path, feed: str) -> None:
    cells = read_document(wide, "0" * 64, feed=feed).cells
    assert cells["page_number"].unique().to_list() == [1]
    fields = assemble(cells)
    names = fields.filter(pl.col("column_name") == "indicator_name")
    scores = fields.filter(pl.col("table_name") == "indicators", pl.col("column_name") == "score")
    assert names["printed_text"].to_list() == ["清理河道", "水质达标率", "居民满意度"]
    assert scores["printed_text"].to_list() == ["45", "30", "10"]
    assert names["page_number"].unique().to_list() == [1]
    assert scores.select("page_number", "x0", "x1").unique().rows() == [(2, 185.0, 260.0)]


def test_join_halves_two_forms_of_one_layout_stay_two(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "two.pdf")
    for _ in range(2):
        sheet.text(60, 80, "项目支出绩效自评表（2023年度）")
        sheet.table(X, Y, half(range(4)))
        sheet.next_page()
    cells = read_document(sheet.save(), "0" * 64).cells
    assert cells["page_number"].unique().sort().to_list() == [1, 2]
    assert cells["seam_page"].is_null().all()


def test_join_halves_next_page_with_the_same_columns_is_not_a_half(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "long.pdf")
    sheet.text(60, 80, "项目支出绩效自评表（2023年度）")
    sheet.table(X, Y, half(range(4)))
    sheet.next_page()
    sheet.table(X, Y, [Cell(r, c, text=f"指标{r}{c}") for r in range(len(ROWS)) for c in range(4)])
    assert read_document(sheet.save(), "0" * 64).cells["seam_page"].is_null().all()
