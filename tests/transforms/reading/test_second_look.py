"""Tables without ruling lines of their own: shaded cells, rounded boxes, rules that are images."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from tests.transforms.raw_pdf import shown, write_pdf
from transforms.read import read_document
from transforms.reading.ocr import pages as ocr

HEAD = ("三级指标", "年度指标值", "实际完成值", "分值", "得分")
ROWS = [HEAD, *((f"指标第{n}项", f"≥{n}0次", f"{n}1次", "20", "20") for n in (1, 2, 3, 4))]
X = [50, 150, 250, 350, 420, 490]
TOP, HEIGHT = 700, 24
PIXEL = (
    "<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>\n"
    "stream\n\x01\nendstream"
)


def texts() -> str:
    return " ".join(
        shown(text, X[column] + 6, TOP - HEIGHT * row - 16)
        for row, cells in enumerate(ROWS)
        for column, text in enumerate(cells)
    )


def shaded() -> str:
    """Cells that are grey boxes with white between them."""
    boxes = []
    for row in range(len(ROWS)):
        for left, right in pairwise(X):
            grey = 0.8 if row == 0 else 0.92
            boxes.append(f"{grey} g {left + 1} {TOP - HEIGHT * (row + 1) + 1} {right - left - 2} {HEIGHT - 2} re f")
    return " ".join(boxes) + " 0 g "


def rounded() -> str:
    """Each cell a box with round corners."""
    r, paths = 4, ["1 w"]
    for row in range(len(ROWS)):
        for left, right in pairwise(X):
            low, high = TOP - HEIGHT * (row + 1), TOP - HEIGHT * row
            paths.append(
                f"{left + r} {low} m {right - r} {low} l {right} {low} {right} {low} {right} {low + r} c "
                f"{right} {high - r} l {right} {high} {right} {high} {right - r} {high} c {left + r} {high} l "
                f"{left} {high} {left} {high} {left} {high - r} c {left} {low + r} l "
                f"{left} {low} {left} {low} {left + r} {low} c s"
            )
    return " ".join(paths) + " "


def drawn() -> str:
    """Rules that are stretched images of one black pixel."""
    bottom = TOP - HEIGHT * len(ROWS)
    lying = [f"q {X[-1] - X[0]} 0 0 1 {X[0]} {TOP - HEIGHT * row} cm /Dot Do Q" for row in range(len(ROWS) + 1)]
    return " ".join([*lying, *(f"q 1 0 0 {TOP - bottom} {x} {bottom} cm /Dot Do Q" for x in X)]) + " "


@pytest.mark.parametrize("feed", ["pdfium", "pdfplumber"])
@pytest.mark.parametrize("frame", [shaded, rounded, drawn])
def test_read_document_table_without_ruling_lines_is_read(tmp_path: Path, frame: object, feed: str) -> None:
    if frame is drawn and not ocr.is_available():
        pytest.skip("the OCR extra is not installed")
    assert callable(frame)
    path = write_pdf(tmp_path / "a.pdf", frame() + texts(), resources="/XObject<</Dot 10 0 R>>", objects=(PIXEL,))
    cells = read_document(path, "0" * 64, feed=feed).cells
    assert cells.select("row_number", "column_number", "text").rows() == [
        (row, column, text) for row, line in enumerate(ROWS) for column, text in enumerate(line)
    ]


def test_read_document_labels_in_prose_make_no_table(tmp_path: Path) -> None:
    prose = " ".join(shown("三级指标的年度指标值与实际完成值及得分分值见附表", 60, 700 - 20 * n) for n in range(4))
    assert read_document(write_pdf(tmp_path / "a.pdf", prose), "0" * 64).cells.is_empty()


def test_read_document_shaded_cells_of_low_rows_are_not_cut_by_the_edges_of_the_next_row(tmp_path: Path) -> None:
    """Two rows of other columns above the table, as low as a line of text."""
    low, wide = 13, [(50, 150), (150, 490)]
    rows = [(wide, ("项目名称", "采购图书")), ([(50, 250), (250, 490)], ("年度总体目标甲乙丙丁", "一二三四五六七八"))]
    top, content = TOP + low * len(rows), ""
    for row, (columns, printed) in enumerate(rows):
        for (left, right), text in zip(columns, printed, strict=True):
            bottom = top - low * (row + 1)
            content += f"0.9 g {left + 0.75} {bottom + 0.75} {right - left - 1.5} {low - 1.5} re f 0 g "
            content += shown(text, left + 6, bottom + 3)
    path = write_pdf(tmp_path / "a.pdf", shaded() + content + texts())
    cells = read_document(path, "0" * 64).cells.filter(pl.col("row_number") < len(rows))
    assert cells["text"].to_list() == [text for _, texts_ in rows for text in texts_]
