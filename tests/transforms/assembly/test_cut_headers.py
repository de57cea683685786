"""A header of the money that a page break cuts: 执行率 | （%）."""

from __future__ import annotations

import polars as pl

from tests.support.assembled import texts
from tests.transforms.build_cells import FUNDING, HEAD, INDICATOR_HEADER, INDICATORS, TOTAL, grid, lines
from transforms.assemble import read_forms


def test_rest_of_a_header_on_the_next_page_is_not_a_line_of_the_money() -> None:
    first = grid([*HEAD, INDICATOR_HEADER, *INDICATORS, *TOTAL, FUNDING[0]])
    rest = grid([["", "", "", "", "", "", "（%）", ""], ["", *FUNDING[1][1:]], ["", *FUNDING[2][1:]]], page=2)
    fields = read_forms(pl.concat([lines("项目支出绩效自评表"), first, rest])).fields
    assert texts(fields, "funding", "source_label") == ["年度资金总额：", "其中：当年财政拨款"]
    assert texts(fields, "funding", "annual_budget") == ["10.00", "10.00"]
