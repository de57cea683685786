"""Totals above the indicators or run together in a cell: read where the form decides them, else known to be unread."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from tests.support.assembled import one, read, texts
from tests.transforms.build_cells import FUNDING, GOALS, HEAD, INDICATOR_HEADER, INDICATORS, TOTAL, grid, lines
from transforms.assemble import Assembled, read_forms

Row = Sequence[str]
TABLE = [INDICATOR_HEADER, *INDICATORS]
UNSCORED = [[*row[:6], "", row[7]] for row in INDICATORS]


def across(text: str) -> Row:
    return [text, *["<"] * 7]


def beside(text: str, label: str = "总分") -> Row:
    return [label, *["<"] * 4, text, "<", "<"]


def totals(found: Assembled) -> tuple[str | None, str | None, str | None]:
    return one(found.fields, "total_weight"), one(found.fields, "total_score"), one(found.fields, "rating")


ABOVE = [
    *TOTAL,
    ["总分", "100", "<", "<", "自评得分", "94", "<", "<"],
    ["自评总分", "94", "<", "<", "总分值", "100", "<", "<"],
    ["总分", "<", "<", "94", "<", "100", "<", "<"],
    beside("满分100分，得分94分"),
]


@pytest.mark.parametrize(
    ("row", "place"),
    [
        *[(row, place) for row in ABOVE for place in range(4)],
        (["合计", "<", "<", "<", "<", "100", "94", ""], 3),
        (["满分", "100", "<", "<", "自评分", "94", "<", "<"], 1),
    ],
)
def test_total_row_above_the_indicators_is_read(row: Row, place: int) -> None:
    blocks: list[list[list[str]]] = [HEAD, FUNDING, GOALS]
    blocks.insert(place, [list(row)])
    found = read(*[one_row for block in blocks for one_row in block], *TABLE)
    assert totals(found)[:2] == ("100", "94")
    assert one(found.fields, "expected_goal_text") == "清理河道十条"
    assert one(found.fields, "actual_goal_text") == "已清理河道九条"
    assert len(texts(found.fields, "funding", "source_label")) == 2


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (["总分值", "100", "<", "自评总得分", "94", "<", "自评等级", "优"], ("100", "94", "优")),
        (["总分", "100", "<", "得分", "94", "<", "等级", "优"], ("100", "94", "优")),
        (["总分", "<", "<", "<", "<", "<", "得分：94", "<"], (None, "94", None)),
        (["总分", "<", "<", "<", "<", "<", "扣6分", "<"], (None, "扣6分", None)),
    ],
)
def test_figures_behind_labels_of_their_own_below_the_indicators_are_read(
    row: Row, expected: tuple[str | None, str | None, str | None]
) -> None:
    assert totals(read(*HEAD, *FUNDING, *GOALS, *TABLE, row)) == expected


@pytest.mark.parametrize(
    "row",
    [
        across("总分10094优"),
        across("总分 100 94 优"),
        across("总分：100分，自评得分：94分，等级：优"),
        beside("10094（优）"),
        beside("100/94 优"),
        beside("94分（满分100分）优"),
        beside("100.0094.00优"),
    ],
)
def test_totals_run_together_are_parted_where_both_sums_agree(row: Row) -> None:
    found = read(*HEAD, *FUNDING, *GOALS, *TABLE, row)
    weight, score, rating = totals(found)
    assert ((weight or "").removesuffix(".00"), (score or "").removesuffix(".00"), rating) == ("100", "94", "优")
    assert one(found.fields, "unexplained_figures") is None


@pytest.mark.parametrize(
    "row",
    [
        across("总分10093优"),
        beside("10093"),
        beside("100 93 5"),
        across("合计 10093"),
        ["总分", "<", "<", "<", "<", "100", "93/94", "<"],
    ],
)
def test_totals_that_no_sum_parts_are_known_to_be_unread(row: Row) -> None:
    found = read(*HEAD, *FUNDING, *GOALS, *TABLE, row)
    assert totals(found)[0] is None
    assert totals(found)[1] == " ".join(text for text in row if text != "<")


def test_weight_alone_decides_two_figures_and_the_rules_judge_the_score() -> None:
    found = read(*HEAD, *FUNDING, *GOALS, *TABLE, across("总分 100 93"))
    assert totals(found)[:2] == ("100", "93")


def test_columns_decide_where_the_rows_have_no_scores() -> None:
    found = read(*HEAD, *TOTAL, *FUNDING, *GOALS, INDICATOR_HEADER, *UNSCORED)
    assert totals(found)[:2] == ("100", "94")


def test_total_row_right_below_the_header_is_not_a_subtotal_where_the_sums_say_so() -> None:
    found = read(*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *TOTAL, *INDICATORS)
    assert totals(found)[:2] == ("100", "94")
    assert texts(found.fields, "leftovers", "subtotal_row") == ["总分"]


def test_sum_of_something_else_above_the_indicators_is_not_a_total() -> None:
    other = ["合计", "12", "<", "<", "30", "<", "<", "<"]
    assert totals(read(*HEAD, *FUNDING, *GOALS, other, *TABLE)) == (None, None, None)
    assert totals(read(*HEAD, other, *FUNDING, *GOALS, *TABLE, *TOTAL)) == ("100", "94", None)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("总分 100 94 优", ("100", "94", "优")),
        ("自评总分94分", (None, "94", None)),
        ("总分值为100分，得分94分", ("100", "94", None)),
        ("总分为100分以下的项目应当说明原因", (None, None, None)),
    ],
)
def test_line_below_the_table_is_read_where_it_is_nothing_but_totals(
    line: str, expected: tuple[str | None, str | None, str | None]
) -> None:
    rows = [*HEAD, *FUNDING, *GOALS, *TABLE]
    table = grid(rows)
    bottom = table["bottom"].cast(pl.Float64).max()
    assert isinstance(bottom, float)
    below = lines(line, top=bottom + 10, first_cell=9000)
    found = read_forms(pl.concat([lines("项目支出绩效自评表"), table, below]))
    assert totals(found) == expected


def test_target_and_actual_value_run_together_are_not_a_target() -> None:
    rows = [[*row[:3], row[3] + row[4], "<", *row[5:]] for row in INDICATORS]
    found = read(*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *rows, *TOTAL)
    assert texts(found.fields, "indicators", "target") == []
    assert one(found.fields, "unexplained_figures") == "≥10条9条 | ≥90%95% | ≥90%95%"


def test_target_and_actual_value_in_one_word_stay_the_target() -> None:
    rows = [[*row[:3], "全部完成", "<", *row[5:]] for row in INDICATORS]
    found = read(*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *rows, *TOTAL)
    assert texts(found.fields, "indicators", "target") == ["全部完成"] * 3


@pytest.mark.parametrize(
    "row",
    [
        ["自评得分", "94", "财政复核得分", "<", "93", "最终得分", "<", "93"],
        ["自评总分", "94", "<", "填报人", "王五", "<", "联系电话", "87654321"],
        ["总分", "94", "<", "<", "<", "<", "填报日期", "2025.3"],
    ],
)
def test_score_beside_those_of_other_judges_and_who_filled_it_in_is_read(row: Row) -> None:
    found = read(*HEAD, *FUNDING, *GOALS, *TABLE, row)
    assert totals(found) == (None, "94", None)
