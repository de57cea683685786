"""Rows that a page break tears between label and value."""

from __future__ import annotations

import polars as pl
import pytest

from tests.support.assembled import one, texts
from tests.transforms.build_cells import FUNDING, GOALS, HEAD, INDICATOR_HEADER, INDICATORS, TOTAL, grid, lines
from transforms.assemble import assemble
from transforms.assembly.torn_pages import rejoin

BODY = [*FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL]
EVERY = range(8)


def torn(above: list[list[str]], below: list[list[str]]) -> pl.DataFrame:
    """A form whose page break is open on both sides, in every column."""
    return pl.concat(
        [
            lines("项目支出绩效自评表", "（2023年度）"),
            grid(above, top=740, open_bottom=EVERY),
            grid(below, page=2, top=50, open_top=EVERY),
        ]
    )


def test_assemble_row_torn_between_label_and_value_is_read_and_keeps_its_pages() -> None:
    above = [HEAD[0], ["主管部门", "区水务局", "<", "<", "", "区河道管理所", "<", "<"]]
    below = [["", "", "<", "<", "实施单位", "", "<", "<"], *BODY]
    fields = assemble(torn(above, below))
    assert one(fields, "implementing_unit") == "区河道管理所"
    assert one(fields, "department") == "区水务局"
    unit = fields.filter(pl.col("column_name") == "implementing_unit")
    assert unit.select("page_number", "top").rows() == [(1, 760.0)]
    assert texts(fields, "indicators", "indicator_name") == ["清理河道", "水质达标率", "居民满意度"]


def test_assemble_value_below_the_break_is_reported_where_it_is_printed() -> None:
    above = [HEAD[0], ["主管部门", "区水务局", "<", "<", "实施单位", "", "<", "<"]]
    below = [["", "", "<", "<", "", "区河道管理所", "<", "<"], *BODY]
    fields = assemble(torn(above, below))
    assert one(fields, "implementing_unit") == "区河道管理所"
    unit = fields.filter(pl.col("column_name") == "implementing_unit")
    assert unit.select("page_number", "top").rows() == [(2, 50.0)]


def test_assemble_column_label_cut_in_halves_is_one_label() -> None:
    above = [*HEAD, ["", "", "年初", "全年预算数", "全年执行数", "分值", "执行率", "得分"]]
    below = [["", "", "预算数", "", "", "", "", ""], *[["", *row[1:]] for row in FUNDING[1:]], *BODY[len(FUNDING) :]]
    fields = assemble(torn(above, below))
    assert texts(fields, "funding", "initial_budget") == ["10.00", "10.00"]


def test_rejoin_two_rows_that_both_have_values_stay_two() -> None:
    cells = torn(HEAD, [FUNDING[0], *BODY[1:]])
    assert rejoin(cells).cells.equals(cells)
    assert rejoin(cells).printed.is_empty()


def test_rejoin_rows_that_a_rule_closes_stay_apart() -> None:
    above = [HEAD[0], ["主管部门", "区水务局", "<", "<", "实施单位", "", "<", "<"]]
    below = [["", "", "<", "<", "", "区河道管理所", "<", "<"], *BODY]
    cells = torn(above, below).with_columns(is_open_top=pl.lit(False))
    assert rejoin(cells).cells.equals(cells)


def test_rejoin_padding_cut_off_at_the_head_of_a_page_is_not_a_row() -> None:
    rows = [
        ["", "", "", "3", "3", "", "", ""],
        ["效益指标", "社会效益指标", "供水保障", "^", "^", "有所提升", "完成", "/"],
    ]
    cells = grid(rows, page=2, top=50, open_top=EVERY)
    low = pl.col("row_number") == 0
    sliver = cells.with_columns(bottom=pl.when(low & (pl.col("row_span") == 1)).then(55.0).otherwise("bottom"))
    rejoined = rejoin(sliver).cells
    assert rejoined["text"].to_list() == ["3", "3", "效益指标", "社会效益指标", "供水保障", "有所提升", "完成", "/"]
    assert rejoined["row_number"].unique().to_list() == [1]
    assert rejoined["row_span"].unique().to_list() == [1]


def test_assemble_header_cut_by_a_break_that_rules_close_is_one_header() -> None:
    above = [*HEAD, ["项目资金（万元）", "", "年初", "全年预算数", "全年执", "分值", "执行", "得分"]]
    below = [["", "", "预算数", "（A）", "行数", "", "率", ""], *[["", *row[1:]] for row in FUNDING[1:]]]
    cells = torn(above, [*below, *BODY[len(FUNDING) :]])
    closed = cells.with_columns(is_open_top=pl.lit(False), is_open_bottom=pl.lit(False))
    fields = assemble(closed)
    assert texts(fields, "funding", "initial_budget") == ["10.00", "10.00"]
    assert texts(fields, "funding", "execution_rate") == ["90%", "90%"]


def test_assemble_number_below_a_label_at_a_break_stays_a_value() -> None:
    above = [*HEAD, FUNDING[0]]
    below = [["", *row[1:]] for row in FUNDING[1:]]
    fields = assemble(torn(above, [*below, *BODY[len(FUNDING) :]]))
    assert texts(fields, "funding", "initial_budget") == ["10.00", "10.00"]


def test_assemble_block_label_printed_again_beside_a_level_is_not_a_goal() -> None:
    head = ["年度绩效目标（80分）", *INDICATOR_HEADER[:-1]]
    rows = [["", *row[:-1]] for row in INDICATORS]
    again = [["年度绩效目标（80分）", *row[:-1]] for row in INDICATORS[:1]] + [["", *INDICATORS[1][:-1]]]
    cells = torn([*HEAD, head, *rows], again)
    named = texts(assemble(cells), "indicators", "indicator_name")
    assert named == ["清理河道", "水质达标率", "居民满意度", "清理河道", "水质达标率"]


@pytest.mark.parametrize("reason", ["/", "无"])
def test_row_of_words_below_the_break_is_not_a_header(reason: str) -> None:
    first = [*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, INDICATORS[0]]
    words = ["", "时效指标", "完工", "及时", "完成", "合格", "达标", reason]
    cells = pl.concat(
        [
            lines("项目支出绩效自评表", "（2023年度）"),
            grid(first, top=100),
            grid([words, *INDICATORS[1:], *TOTAL], page=2, top=50),
        ]
    )
    fields = assemble(cells)
    assert "完工" in texts(fields, "indicators", "indicator_name")
    assert texts(fields, "indicators", "target")[1] == "及时"
