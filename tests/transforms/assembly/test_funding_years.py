"""Money of several years in one form, or said to be in two units: the form's own, or none."""

from __future__ import annotations

import pytest

from tests.support.assembled import one, read, texts
from tests.transforms.build_cells import FUNDING, GOALS, HEAD, INDICATOR_HEADER, INDICATORS, TOTAL

REST = (*GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL)
TITLE = "2024年度项目支出绩效自评表"
BY_ROW = ["项目资金（万元）", "年度", "预算数", "<", "执行数", "<", "执行率", "<"]
LAST, OWN, SUM = (
    ["^", "2023", "90.00", "<", "88.20", "<", "98%", "<"],
    ["^", "2024年", "76.00", "<", "72.20", "<", "95%", "<"],
    ["^", "合计", "166.00", "<", "160.40", "<", "96.63%", "<"],
)


@pytest.mark.parametrize(
    "rows", [[LAST, OWN], [OWN, LAST], [LAST, OWN, SUM]], ids=["last first", "own first", "with their sum"]
)
@pytest.mark.parametrize("label", ["年度", ""])
def test_row_of_the_form_s_own_year_is_its_money(rows: list[list[str]], label: str) -> None:
    found = read(*HEAD, [*BY_ROW[:1], label, *BY_ROW[2:]], *rows, *REST, title=TITLE)
    assert texts(found.fields, "funding", "annual_budget") == ["76.00"]
    assert texts(found.fields, "funding", "executed") == ["72.20"]
    assert texts(found.fields, "funding", "source_label") == ["项目资金（万元）"]
    kept = found.fields.filter(found.fields["table_name"] == "leftovers")["printed_text"].to_list()
    assert {"90.00", "88.20"} <= set(kept)


def test_money_of_years_of_which_none_is_the_form_s_is_not_read() -> None:
    found = read(*HEAD, BY_ROW, LAST, OWN, *REST, title="2022年度项目支出绩效自评表")
    assert texts(found.fields, "funding", "annual_budget") == []


@pytest.mark.parametrize("own_first", [False, True])
def test_years_above_the_columns_of_the_money_are_theirs(own_first: bool) -> None:
    years = ["2024年度", "2023年度"] if own_first else ["2023年度", "2024年度"]
    amounts = ["76.00", "72.20", "90.00", "88.20"] if own_first else ["90.00", "88.20", "76.00", "72.20"]
    money = [
        ["项目资金（万元）", "", years[0], "<", years[1], "<", "执行率", ""],
        ["^", "", "预算数", "执行数", "预算数", "执行数", "^", ""],
        ["^", "年度资金总额", *amounts, "95%", ""],
    ]
    found = read(*HEAD, *money, *REST, title=TITLE)
    assert texts(found.fields, "funding", "annual_budget") == ["76.00"]
    assert texts(found.fields, "funding", "executed") == ["72.20"]


def test_side_label_below_years_above_the_columns_changes_nothing() -> None:
    money = [
        ["项目资金（万元）", "", "2023年", "<", "2024年", "<", "<", "<"],
        ["^", "", "预算数", "执行数", "预算数", "执行数", "执行率", "得分"],
        ["^", "年度资金总额", "90.00", "88.20", "76.00", "72.20", "95%", "9.5"],
    ]
    found = read(*HEAD, *money, *REST, title=TITLE)
    assert texts(found.fields, "funding", "annual_budget") == ["76.00"]
    assert texts(found.fields, "funding", "executed") == ["72.20"]
    assert texts(found.fields, "funding", "score") == ["9.5"]


@pytest.mark.parametrize(
    "row",
    [
        ["项目起止时间", "2023年1月至2025年12月", "<", "<", "预算年度", "2024年", "<", "<"],
        ["评价年度", "2023年", "<", "<", "预算年度", "2024年", "<", "<"],
    ],
)
def test_year_of_a_field_above_the_money_is_not_a_year_of_its_columns(row: list[str]) -> None:
    plain, found = (read(*HEAD, *above, *FUNDING, *REST, title=TITLE) for above in ([], [row]))
    for column in ("annual_budget", "executed", "execution_rate", "score"):
        assert texts(found.fields, "funding", column) == texts(plain.fields, "funding", column)


@pytest.mark.parametrize("units", ["元、万元", "万元/元", "元或万元"])
def test_two_units_in_one_line_are_not_the_first_of_them(units: str) -> None:
    found = read([f"单位：{units}", *["<"] * 7], *HEAD, BY_ROW, OWN, *REST, title=TITLE)
    assert (one(found.fields, "currency_unit") or "").startswith(units)
