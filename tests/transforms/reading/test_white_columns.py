"""Tables that are ruled across only: read where the white says clearly what is a column, else not at all."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.corpus.model import Cell, Document, Line, Style, Table
from benchmarks.corpus.reportlab import Box, Writer, register_font
from tests.transforms.build_cells import FUNDING, GOALS, HEAD, INDICATOR_HEADER, INDICATORS, LEFT, TOTAL, UP
from transforms.read import read_document

ROWS = [*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL]


def table(rows: list[list[str]]) -> Table:
    """A table of a grid of texts, as in `build_cells.grid`."""

    def span(row: int, column: int) -> Cell:
        rows_down = next((n for n, r in enumerate(rows[row + 1 :], 1) if r[column] != UP), len(rows) - row)
        across = next((n for n, text in enumerate(rows[row][column + 1 :], 1) if text != LEFT), 8 - column)
        return Cell(rows[row][column], rows_down, across)

    cells = [tuple(span(r, c) for c, text in enumerate(row) if text not in (UP, LEFT)) for r, row in enumerate(rows)]
    return Table(tuple(cells), (1.0, 1.2, 1.4, 1, 1, 0.8, 0.8, 1.6))


def page(path: Path, rows: list[list[str]], drawn: str = "across") -> list[str]:
    """Read a form whose rules are drawn in part: the texts of its table, row by row."""

    class Across(Writer):
        def _segments(self, boxes: list[Box], edges: list[float]) -> list[Box]:
            lines = [line for line in super()._segments(boxes, edges) if line[1] == line[3] or drawn == "all"]
            if drawn == "pieces":
                cuts = sorted({x for box in boxes for x in (box[0], box[2])})
                lines = [
                    (x0, y, x1, y1)
                    for left, y, right, y1 in lines
                    for x0, x1 in pairwise([left, *(x for x in cuts if left < x < right), right])
                ]
            return [line for line in lines if line[2] - line[0] > edges[-1] - edges[0] - 1 or drawn != "whole"]

    register_font()
    blocks = (Line("项目支出绩效自评表", 16, "center"), Line("（2023年度）", 10, "center"), table(rows))
    path.write_bytes(Across(Document("a", blocks, Style(size=7, margin=30), (), "", ())).bytes())
    cells = read_document(path, "0" * 64, witness_pct=0).cells.drop_nulls("table_number")
    return [text for text in cells.sort("page_number", "row_number", "x0")["text"].to_list() if text]


def changed(text: str, by: str) -> list[list[str]]:
    return [[cell.replace(text, by) for cell in row] for row in ROWS]


@pytest.mark.parametrize("drawn", ["across", "pieces"])
@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(ROWS, id="a form"),
        pytest.param(changed("清理河道", "清理河道" * 9), id="a name of several lines"),
        pytest.param([*ROWS[:-3], [*ROWS[-3][:-1], "-"], *ROWS[-2:]], id="a mark beside the label of its column"),
        pytest.param([["主管部门", *ROWS[0][1:]], *ROWS[1:]], id="a label that is known below"),
    ],
)
def test_columns_are_read_from_the_white_between_them(tmp_path: Path, rows: list[list[str]], drawn: str) -> None:
    assert page(tmp_path / "a.pdf", rows, drawn) == page(tmp_path / "b.pdf", rows, "all")


@pytest.mark.parametrize("drawn", ["across", "pieces"])
@pytest.mark.parametrize(
    "rows",
    [
        pytest.param(ROWS[:-1], id="without the row of totals, rows may stand on the next page"),
        pytest.param(changed("清理河道", "清 理 河 道" * 9), id="a name as wide as its column, with white in it"),
        pytest.param([["项目名称", "河道       保洁", *ROWS[0][2:]], *ROWS[1:]], id="white within a value"),
        pytest.param(changed("实际完成值", ""), id="a column without a label"),
    ],
)
def test_white_that_leaves_a_doubt_gives_no_table(tmp_path: Path, rows: list[list[str]], drawn: str) -> None:
    found = page(tmp_path / "a.pdf", rows, drawn)
    assert found == [] or found == page(tmp_path / "b.pdf", rows, "all")


def test_rows_that_no_rule_parts_are_not_read_as_one(tmp_path: Path) -> None:
    rows = [["产出指标", *INDICATORS[0][1:]], [UP, *INDICATORS[1][1:]], INDICATORS[2]]
    whole = [*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *rows, *TOTAL]
    assert page(tmp_path / "a.pdf", whole, "whole") == []
