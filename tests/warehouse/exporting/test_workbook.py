from __future__ import annotations

import zipfile
from decimal import Decimal

import polars as pl
import pytest
from openpyxl import load_workbook

from tests.warehouse.exporting.conftest import HOSTILE, Export
from warehouse import contract
from warehouse.contract.metadata import About, column_about
from warehouse.errors import WarehouseError
from warehouse.exporting import workbook


def test_workbook_has_the_sheets_with_heads_filters_and_frozen_rows(export: Export, forms: pl.DataFrame) -> None:
    book = load_workbook(export("xlsx"))
    assert book.sheetnames == ["自评表", "资金", "指标", "问题清单", "数据字典", "说明"]
    sheet = book["自评表"]
    heads = [cell.value for cell in sheet[1]]
    assert heads[:5] == ["年度", "主管部门", "实施单位", "项目名称", "状态"]
    assert heads[-2:] == ["表编号", "文件编号"]
    assert sorted(heads) == sorted(about.name for about in abouts("all_forms"))
    assert (sheet.page_setup.orientation, sheet.print_title_rows) == ("landscape", "$1:$1")
    assert sheet.max_row == forms.height + 1
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref.startswith("A1:")
    assert "暂不发布" in book["说明"]["A4"].value


def abouts(view: str) -> list[About]:
    return [column_about(view, name, "zh") for name in contract.VIEWS[view].columns()]


def test_workbook_in_english_has_column_names_and_codes(export: Export) -> None:
    book = load_workbook(export("xlsx", "en"))
    assert book.sheetnames == ["forms", "funding", "indicators", "findings", "dictionary", "notes"]
    heads = [cell.value for cell in book["findings"][1]]
    assert {row[heads.index("severity")].value for row in book["findings"].iter_rows(min_row=2)} == {"critical"}


def test_no_cell_is_ever_a_formula_or_a_link(export: Export, forms: pl.DataFrame) -> None:
    path = export("xlsx")
    book = load_workbook(path)
    for sheet in book:
        for row in sheet.iter_rows():
            for cell in row:
                assert cell.data_type != "f"
                assert cell.hyperlink is None
    heads = [cell.value for cell in book["自评表"][1]]
    names = {row[heads.index("项目名称")].value for row in book["自评表"].iter_rows(min_row=2)}
    printable = {name for name in HOSTILE if "\x07" not in name}
    assert printable <= names
    assert len(names) == forms["project_name"].n_unique()
    with zipfile.ZipFile(path) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/" in name]
    assert not any("<f>" in text or "hyperlink" in text for text in sheets)


def test_workbook_gives_numbers_as_numbers_and_severity_in_words_and_colour(export: Export) -> None:
    book = load_workbook(export("xlsx"))
    heads = {cell.value: cell.column for cell in book["自评表"][1]}
    held = next(row for row in book["自评表"].iter_rows(min_row=2) if row[heads["状态"] - 1].value == "暂不发布")
    assert held[heads["总分"] - 1].value == 120
    assert held[heads["年度"] - 1].value is None
    assert held[heads["状态"] - 1].fill.start_color.rgb == "FFF8CBAD"
    heads = {cell.value: cell.column for cell in book["问题清单"][1]}
    assert book["问题清单"].cell(2, heads["级别"]).value == "关键"


def test_numbers_that_excel_would_round_are_texts() -> None:
    class Sheet:
        def __init__(self) -> None:
            self.written: list[object] = []

        def write_number(self, _row: int, _column: int, value: object, _format: object) -> None:
            self.written.append(value)

        def write_string(self, _row: int, _column: int, value: str, _format: object) -> None:
            self.written.append(value)

    sheet = Sheet()
    for value in (Decimal("9999999999999999.99"), Decimal("1234567890123.45"), Decimal("1000000000000000000.00")):
        workbook._write_number(sheet, 1, 2, value, None)
    assert sheet.written == [
        "9999999999999999.99",
        Decimal("1234567890123.45"),
        Decimal("1000000000000000000.00"),
    ]


def test_workbook_too_small_for_the_rows_says_what_to_do(export: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_ROWS", 8)
    with pytest.raises(
        WarehouseError, match=r"all_forms has 10 rows, and a sheet of Excel holds 8: export with --format"
    ):
        export("xlsx")


def test_workbook_of_published_forms_has_no_other(export: Export) -> None:
    book = load_workbook(export("xlsx", "en", published=True))
    heads = [cell.value for cell in book["forms"][1]]
    assert {row[heads.index("status")].value for row in book["forms"].iter_rows(min_row=2)} == {"published"}
    assert book["findings"].max_row == 1
    assert "published ones only" in book["notes"]["A3"].value


def test_more_than_a_workbook_holds_is_an_error_that_says_what_to_do(
    export: Export, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10_000)  # 2 GB in truth
    with pytest.raises(WarehouseError, match=r"2 GB.*--format csv"):
        export("xlsx")
