"""Exports as one Excel workbook: forms, funding, indicators, findings, the dictionary and notes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import polars as pl

from warehouse import contract
from warehouse.contract.metadata import list_of
from warehouse.errors import WarehouseError
from warehouse.exporting.content import Content
from warehouse.exporting.words import dictionary_rows, head, in_words, notes

SHEETS: Final = {
    "all_forms": ("forms", "自评表"),
    "all_funding": ("funding", "资金"),
    "all_indicators": ("indicators", "指标"),
    "findings": ("findings", "问题清单"),
}
"""The views of the workbook, and the names of their sheets in English and Chinese."""
_FIRST: Final = ("fiscal_year", "department", "implementing_unit", "project_name", "status", "held_by")
"""Columns that stand at the left end of a sheet: what the form is."""
_LAST: Final = (
    *("file_name", "page_first", "page_last", "form_number", "source_uri", "archive_path", "reader", "template"),
    *(
        "region_code",
        "region_basis",
        "project_key",
        "indicator_id",
        "funding_id",
        "record_id",
        "form_id",
        "document_id",
    ),
)
"""Columns that stand at the right end of a sheet: where it is from."""
MOST_ROWS: Final = 1_048_575
"""Rows that a sheet holds below its head."""
MOST_CHARACTERS: Final = 32_767
"""Characters that a cell holds."""
_HEAD_HEIGHT: Final = 24
"""Points: a line of Chinese is higher than the row that Excel gives Latin script."""
_A3: Final = 8
"""Excel's number of the paper."""
_MOST_DIGITS: Final = 15
"""Digits of a number that Excel keeps; one with more is written as text."""
_CUT: Final = {"en": " … (cut: the whole text is in csv and DuckDB)", "zh": " …（已截断，全文见 csv 或 DuckDB）"}
_DICTIONARY: Final = {
    "en": ("dictionary", ("table", "name", "column", "unit", "printed as", "meaning")),
    "zh": ("数据字典", ("表", "名称", "字段", "单位", "表中标签", "说明")),
}
_NOTES: Final = {"en": "notes", "zh": "说明"}
_COLOURS: Final = {"critical": "#F8CBAD", "warning": "#FFE699", "info": "#DDEBF7", "held": "#F8CBAD"}
_FORMATS: Final = {"yuan": "#,##0.00", "10 000 yuan": "#,##0.00####", "percent": "0.00##", "points": "0.00##"}


def write_xlsx(content: Content, path: Path, language: str) -> None:
    """Write a release as one workbook.

    No cell is ever a formula or a link: texts are written as texts. Numbers of more than 15 digits, which Excel would
    round, are texts too.

    Args:
        content: What is exported.
        path: The file.
        language: `en` or `zh`, of the heads, the values of closed lists and the notes.

    Raises:
        WarehouseError: A table has more rows than a sheet holds; says what to do.
    """
    from xlsxwriter import Workbook

    views = {view: content.view(view) for view in SHEETS}
    for view, rows in views.items():
        if (count := rows.select(pl.len()).collect().item()) > MOST_ROWS:
            raise WarehouseError(
                f"{view} has {count} rows, and a sheet of Excel holds {MOST_ROWS}: export with --format csv, duckdb or "
                "parquet, or with --published"
            )
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with Workbook(str(path), options) as book:
        book.set_properties({"title": "jixiao", "comments": content.release.release_id, "created": _made_at(content)})
        for view, rows in views.items():
            _sheet(book, view, rows, language)
        _dictionary(book, language)
        sheet = book.add_worksheet(_NOTES[language])
        sheet.set_column(0, 0, 120)
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        bold = book.add_format({"bold": True, "font_size": 14})
        lines = notes(language, content.release.release_id, published_only=content.published_only)
        for number, line in enumerate(lines):
            sheet.write_string(number, 0, line, wrapped if number else bold)


def _made_at(content: Content) -> Any:
    from datetime import datetime

    return datetime.fromisoformat(content.release.manifest["created_at"]).replace(tzinfo=None)


def _sheet(book: Any, view: str, rows: pl.LazyFrame, language: str) -> None:
    english, chinese = SHEETS[view]
    sheet = book.add_worksheet(chinese if language == "zh" else english)
    schema = contract.polars_schema(contract.VIEWS[view])
    columns = contract.VIEWS[view].columns()
    names = sorted(schema, key=_rank)
    shown = in_words(rows, language).select(names).collect(engine="streaming")
    heads = [head(view, name, language) for name in names]
    _head(book, sheet, heads, shown.height)
    sheet.set_landscape()
    sheet.set_paper(_A3)
    sheet.repeat_rows(0)
    writers = []
    for number, name in enumerate(names):
        unit = (columns[name].metadata or {}).get("unit", "")
        cell_format = book.add_format({"num_format": _FORMATS.get(unit, "General"), "valign": "top"})
        sheet.set_column(number, number, _width(shown[name], heads[number]), cell_format)
        writers.append(_writer(book, sheet, schema[name], cell_format, language))
    for row_number, row in enumerate(shown.iter_rows(), 1):
        for column_number, value in enumerate(row):
            if value is not None:
                writers[column_number](row_number, column_number, value)


def _rank(column: str) -> int:
    """Return where a column stands in its sheet: below 0 first, above 0 last, 0 in the order of the view between."""
    if column in _FIRST:
        return _FIRST.index(column) - len(_FIRST)
    return _LAST.index(column) + 1 if column in _LAST else 0


def _head(book: Any, sheet: Any, heads: list[str], height: int) -> None:
    bold = book.add_format({"bold": True, "bg_color": "#D9E1F2", "text_wrap": True, "valign": "vcenter", "bottom": 1})
    sheet.set_row(0, _HEAD_HEIGHT)
    for number, text in enumerate(heads):
        sheet.write_string(0, number, text, bold)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(height, 1), len(heads) - 1)


def _writer(book: Any, sheet: Any, dtype: pl.DataType, plain: Any, language: str) -> Callable[[int, int, Any], None]:
    """Return what writes the values of a column."""
    if isinstance(dtype, pl.Boolean):
        return lambda row, column, value: sheet.write_boolean(row, column, value, plain)
    if isinstance(dtype, pl.Date):
        dated = book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"})
        return lambda row, column, value: _write_date(sheet, row, column, value, dated)
    if dtype.is_numeric():
        return lambda row, column, value: _write_number(sheet, row, column, value, plain)
    coloured = {}
    if (name := list_of(dtype)) in ("severity", "form_status"):
        for code, label in contract.codes().filter(list_name=name).select("code", "label_zh").iter_rows():
            if code in _COLOURS:
                colour = book.add_format({"bg_color": _COLOURS[code], "valign": "top"})
                coloured[label if language == "zh" else code] = colour

    def write(row: int, column: int, value: str) -> None:
        text = value if len(value) <= MOST_CHARACTERS else value[: MOST_CHARACTERS - 60] + _CUT[language]
        sheet.write_string(row, column, text, coloured.get(value, plain))

    return write


def _write_number(sheet: Any, row: int, column: int, value: Decimal | float, cell_format: Any) -> None:
    if isinstance(value, Decimal) and len(value.normalize().as_tuple().digits) > _MOST_DIGITS:
        sheet.write_string(row, column, format(value, "f"), cell_format)
    else:
        sheet.write_number(row, column, value, cell_format)


def _write_date(sheet: Any, row: int, column: int, value: date, cell_format: Any) -> None:
    if value.year >= 1900:
        sheet.write_datetime(row, column, value, cell_format)
    else:
        sheet.write_string(row, column, value.isoformat(), cell_format)


def _width(values: pl.Series, title: str) -> float:
    """Return a width for a column, in characters of Latin script: a Chinese character takes two."""
    texts = values.head(200).cast(pl.String).drop_nulls()
    longest = max([len(title.encode("gb18030")) + 3, *(len(text.encode("gb18030", "replace")) for text in texts)])
    return float(min(max(longest + 1, 8), 48))


def _dictionary(book: Any, language: str) -> None:
    name, heads = _DICTIONARY[language]
    sheet = book.add_worksheet(name)
    rows = dictionary_rows(list(SHEETS), language)
    _head(book, sheet, list(heads), len(rows))
    wrapped = book.add_format({"text_wrap": True, "valign": "top"})
    for number, width in enumerate((14, 24, 26, 14, 18, 90)):
        sheet.set_column(number, number, width)
    for row_number, row in enumerate(rows, 1):
        for column_number, text in enumerate(row):
            sheet.write_string(row_number, column_number, text, wrapped)
