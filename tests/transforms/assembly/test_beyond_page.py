"""A table that runs over the edge of its page says so: nobody can see what stands beyond."""

from __future__ import annotations

import polars as pl
import pytest

from tests.support.assembled import one
from tests.transforms.build_cells import FUNDING, GOALS, HEAD, INDICATOR_HEADER, INDICATORS, TOTAL, grid, lines
from transforms.assemble import read_forms

ROWS = [*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL]


def unread(table: pl.DataFrame) -> str | None:
    return one(read_forms(pl.concat([lines("项目支出绩效自评表"), table])).fields, "unread_columns")


@pytest.mark.parametrize(
    ("edge", "width", "turn", "expected"),
    [
        ("x1", 543.0, None, "表格超出页面右边，以外的内容未显示"),
        ("x1", 545.0, None, None),
        ("x1", 543.0, 180, "表格超出页面右边，以外的内容未显示"),
        ("x1", 543.0, 90, None),
    ],
)
def test_table_over_the_edge_is_reported(edge: str, width: float, turn: int | None, expected: str | None) -> None:
    table = grid(ROWS).with_columns(page_width=pl.lit(width), page_turn=pl.lit(turn, pl.Int32))
    assert table[edge].max() == 545.0
    assert unread(table) == expected


def test_table_over_left_and_bottom_edge_names_both() -> None:
    table = grid(ROWS, left=-5.0).with_columns(page_height=pl.lit(300.0))
    assert unread(table) == "表格超出页面左边下边，以外的内容未显示"


def test_other_table_over_the_edge_does_not_matter() -> None:
    other = grid([["年度", "收入"], ["2024", "12"]], page=2, left=-20.0, table=2, first_cell=900)
    narrower = other.with_columns(x1=pl.col("x1") - 100)
    assert unread(pl.concat([grid(ROWS), narrower])) is None
