"""Money without a header row: labels with their amounts beside them, their sources, and what is left unread."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from tests.support.assembled import names, one, read, texts
from tests.transforms.build_cells import GOALS, HEAD, INDICATOR_HEADER, INDICATORS, TOTAL
from transforms.normalise import normalise

BELOW = [
    ["预算执行情况（万元）", "<", "预算数：", "10.00", "<", "执行数：", "9.00", "<"],
    ["^", "^", "其中-财政拨款：", "8.00", "<", "其中-财政拨款：", "8.00", "<"],
    ["^", "^", "其他资金：", "2.00", "<", "其他资金：", "1.00", "<"],
]
BESIDE = [
    ["预算数（万元）", "10.00", "其中：财政拨款", "8.00", "其他资金", "2.00", "<", "<"],
    ["执行数（万元）", "9.00", "其中：财政拨款", "8.00", "其他资金", "1.00", "<", "<"],
]
IN_ONE_CELL = [["项目资金", "<", "预算数：10.00万元", "<", "执行数：9.00万元", "<", "执行率：90%", "<"]]
UNEXPLAINED = ["unexplained_figures", "unexplained_text"]


def with_money(*money: Sequence[str]) -> pl.DataFrame:
    return read(*HEAD, *money, *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL).fields


@pytest.mark.parametrize("money", [BELOW, BESIDE], ids=["below", "beside"])
def test_sources_that_repeat_their_label_for_each_amount_are_lines(money: list[list[str]]) -> None:
    fields = with_money(*money)
    assert texts(fields, "funding", "annual_budget") == ["10.00", "8.00", "2.00"]
    assert texts(fields, "funding", "executed") == ["9.00", "8.00", "1.00"]
    assert [label.strip("：") for label in texts(fields, "funding", "source_label")][-1] == "其他资金"
    assert [one(fields, name) for name in UNEXPLAINED] == [None, None]
    total = normalise(fields)["funding"].row(0, named=True)
    assert (total["source_type"], str(total["annual_budget_cny"])) == ("total", "100000.00")


def test_money_as_labels_and_values_in_several_rows_is_one_line() -> None:
    pairs = [
        ["年初预算数", "<", "10", "<", "全年预算数", "<", "10", "<"],
        ["全年执行数", "<", "9", "<", "执行率", "<", "90%", "<"],
    ]
    fields = with_money(*pairs)
    assert texts(fields, "funding", "executed") == ["9"]
    assert fields.filter(pl.col("table_name") == "funding")["record_number"].unique().to_list() == [1]


def test_source_that_goes_with_one_amount_only_is_reported() -> None:
    lame = [BELOW[0], ["^", "^", "其中-财政拨款：", "8.00", "<", "自筹：", "1.00", "<"]]
    fields = with_money(*lame)
    assert texts(fields, "funding", "annual_budget") == ["10.00"]
    assert one(fields, "unexplained_figures") == "8.00 | 1.00"


def test_label_and_amount_in_one_cell_are_read() -> None:
    fields = with_money(*IN_ONE_CELL)
    assert texts(fields, "funding", "source_label") == ["项目资金"]
    assert texts(fields, "funding", "annual_budget") == ["10.00万元"]
    assert texts(fields, "funding", "executed") == ["9.00万元"]
    assert texts(fields, "funding", "execution_rate") == ["90%"]


def test_rate_and_points_in_a_row_below_the_amounts_belong_to_the_total() -> None:
    money = [
        ["预算数（万元）", "<", "10.00", "<", "执行数（万元）", "<", "9.00", "<"],
        ["执行率", "<", "90%", "<", "执行得分", "<", "9", "<"],
    ]
    fields = with_money(*money)
    assert texts(fields, "funding", "execution_rate") == ["90%"]
    assert texts(fields, "funding", "score") == ["9"]
    assert texts(fields, "funding", "source_label") == []


def test_amounts_of_three_years_are_not_taken_for_one() -> None:
    money = [
        ["年份", "<", "2022", "<", "2023", "<", "2024", "<"],
        ["预算数", "<", "8.00", "<", "9.00", "<", "10.00", "<"],
        ["执行数", "<", "8.00", "<", "9.00", "<", "9.00", "<"],
    ]
    assert one(with_money(*money), "unexplained_figures") is not None


@pytest.mark.parametrize("label", ["预算执行率", "资金执行得分", "预算执行情况"])
def test_budget_execution_in_a_wide_cell_beside_its_points_is_an_indicator(label: str) -> None:
    row = [label, "<", "<", "<", "<", "10", "9", ""]
    found = read(*HEAD, *BELOW, *GOALS, INDICATOR_HEADER, *INDICATORS, row, *TOTAL)
    assert names(found)[-1] == label
    assert texts(found.fields, "indicators", "weight")[-1] == "10"
    assert texts(found.fields, "indicators", "score")[-1] == "9"


def test_points_of_a_whole_level_in_a_wide_cell_are_not_an_indicator() -> None:
    row = ["产出指标（50分）", "<", "<", "<", "<", "50", "45", ""]
    found = read(*HEAD, *BELOW, *GOALS, INDICATOR_HEADER, row, *INDICATORS, *TOTAL)
    assert "产出指标（50分）" not in names(found)


def by_source(total: str, first: str, *, at: int = 0) -> list[list[str]]:
    """Return money whose columns are its sources; the total stands at column `at` of three."""
    columns = [(total, "10.00", "9.00", "90%", "10", "9"), (first, "8.00", "8.00", "100%", "—", "—")]
    columns.append(("其他资金", "2.00", "1.00", "50%", "—", "—"))
    columns.insert(at, columns.pop(0))
    labels = ["", "全年预算数", "全年执行数", "执行率", "分值", "得分"]
    side = ["项目资金（万元）", "^", "^", "^", "^", "^"]
    return [
        [one_side, label, *(text for column in columns for text in (column[row], "<"))]
        for row, (one_side, label) in enumerate(zip(side, labels, strict=True))
    ]


@pytest.mark.parametrize("at", [0, 2], ids=["total first", "total last"])
@pytest.mark.parametrize("total", ["年度资金总额", "合计", "资金总额"])
def test_sources_as_columns_are_lines_and_the_points_are_of_the_total(total: str, at: int) -> None:
    fields = with_money(*by_source(total, "财政拨款", at=at))
    assert texts(fields, "funding", "annual_budget") == ["10.00", "8.00", "2.00"]
    assert texts(fields, "funding", "executed") == ["9.00", "8.00", "1.00"]
    assert texts(fields, "funding", "weight")[0] == "10"
    line = normalise(fields)["funding"].row(0, named=True)
    assert (line["source_type"], str(line["execution_rate_pct"]), str(line["score_points"])) == (
        "total",
        "90.0000",
        "9.0000",
    )


@pytest.mark.parametrize("total", ["丙资金", "小计"])
def test_amounts_of_columns_of_which_none_is_the_total_are_not_taken_for_it(total: str) -> None:
    fields = with_money(*by_source(total, "财政拨款", at=2))
    assert texts(fields, "funding", "annual_budget") == []
    assert "10.00" in one(fields, "unexplained_figures")
