"""Forms printed otherwise than the Ministry's: money by source, fields in one line, twin columns, other judges."""

from __future__ import annotations

import polars as pl
import pytest

from tests.support.assembled import NAMES, names, one, read, texts
from tests.transforms.build_cells import FUNDING, GOALS, HEAD, INDICATOR_HEADER, INDICATORS, TOTAL, grid, lines
from transforms.assemble import read_forms

PROJECT = [["项目名称", "河道保洁", "<", "<", "<", "<", "<", "<"]]
SCORES = [INDICATOR_HEADER, *INDICATORS, *TOTAL]


@pytest.mark.parametrize(
    "title",
    ["项目支出绩效评价专家评分表", "第三方绩效评价打分表", "项目支出绩效自评复核表", "财政评价表", "重点评价评分表"],
)
def test_form_that_others_judged_is_an_evaluation(title: str) -> None:
    found = read(*HEAD, *FUNDING, *GOALS, *SCORES, title=title)
    assert found.fields.is_empty()
    assert found.others["kind"].to_list() == ["evaluation"]


@pytest.mark.parametrize(
    "line",
    [
        "主管部门：区水务局 实施单位：区河道管理所",
        "主管部门（盖章）：区水务局；实施单位：区河道管理所 联系电话：0123",
        "主管部门：区水务局\n实施单位 ：区河道管理所",
    ],
)
def test_fields_behind_each_other_in_one_cell_are_parted(line: str) -> None:
    found = read(*PROJECT, [line, *["<"] * 7], *FUNDING, *GOALS, *SCORES)
    assert (one(found.fields, "department"), one(found.fields, "implementing_unit")) == ("区水务局", "区河道管理所")


def test_two_indicators_side_by_side_are_reported_and_not_mixed() -> None:
    header = ["三级指标", "年度指标值", "实际完成值", "得分"] * 2
    found = read(*HEAD, *FUNDING, *GOALS, header, ["清理河道", "≥10条", "9条", "45", "水质达标率", "≥90%", "95%", "30"])
    assert texts(found.fields, "indicators", "score") == []
    assert (one(found.fields, "unread_columns") or "").startswith("三级指标: 三级指标")


@pytest.mark.parametrize(("other", "scores"), [("部门打分", []), ("自评", ["45", "30", "10"])])
def test_score_that_two_columns_name_alike_is_that_of_the_self_evaluation(other: str, scores: list[str]) -> None:
    top = ["一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值", other, "<", "处室意见"]
    below = ["^", "^", "^", "^", "^", "分值", "得分", "得分"]
    rows = [[*row[:7], str(int(row[6]) - 1)] for row in INDICATORS]
    found = read(*HEAD, *FUNDING, *GOALS, top, below, *rows)
    assert texts(found.fields, "indicators", "score") == scores


def test_money_whose_columns_are_its_sources_has_a_line_for_each() -> None:
    money = [
        ["项目资金", "<", "合计（万元）", "中央", "省级", "其他", "执行率", ""],
        ["年初预算数", "<", "10.00", "6.00", "3.00", "1.00", "", ""],
        ["全年执行数", "<", "9.00", "6.00", "2.50", "0.50", "90%", ""],
    ]
    found = read(*HEAD, *money, *GOALS, *SCORES)
    assert texts(found.fields, "funding", "source_label") == ["合计（万元）", "中央", "省级", "其他"]
    assert texts(found.fields, "funding", "initial_budget") == ["10.00", "6.00", "3.00", "1.00"]
    assert texts(found.fields, "funding", "executed") == ["9.00", "6.00", "2.50", "0.50"]
    assert texts(found.fields, "funding", "execution_rate") == ["90%"]


def test_money_whose_labels_say_something_only_below_their_groups_is_read() -> None:
    money = [
        ["资金情况（万元）", "<", "预算", "<", "执行", "<", "评分", "<"],
        ["^", "^", "年初", "调整后", "金额", "比例", "分值", "得分"],
        ["", *FUNDING[1][1:5], "90%", "10", "9"],
    ]
    found = read(*HEAD, *money, *GOALS, *SCORES)
    assert texts(found.fields, "funding", "annual_budget") == ["10.00"]
    assert texts(found.fields, "funding", "execution_rate") == ["90%"]


def test_amounts_beside_their_labels_with_a_rate_are_no_header() -> None:
    money = [["年初预算（万元）", "10.00", "全年预算（万元）", "10.00", "全年执行（万元）", "9.00", "执行率", "90%"]]
    found = read(*HEAD, *money, *GOALS, *SCORES)
    assert texts(found.fields, "funding", "executed") == ["9.00"]
    assert texts(found.fields, "funding", "source_label") == []


def test_name_over_the_level_columns_has_no_other_level_above_it() -> None:
    row = ["预算执行率", "<", "<", "≥95%", "90%", "10", "9", ""]
    found = read(*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS, row, *TOTAL)
    assert names(found) == [*NAMES, "预算执行率"]
    assert texts(found.fields, "indicators", "level_1_label")[-1] == "预算执行率"


def test_points_taken_off_in_a_row_of_their_own_do_not_join_the_last_score() -> None:
    row = ["扣分项", "<", "<", "<", "<", "", "-2", "迟报"]
    found = read(*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS, row, *TOTAL)
    assert texts(found.fields, "indicators", "score") == ["45", "30", "10"]
    assert texts(found.fields, "leftovers", "unnamed_row:score") == ["-2"]


@pytest.mark.parametrize(
    ("row", "rating"),
    [
        ("总分：94分 优", "优"),
        ("自评得分合计：94分，评价等级：优", "优"),
        ("自评总分：94", None),
    ],
)
def test_total_behind_its_label_in_one_wide_cell_is_read(row: str, rating: str | None) -> None:
    found = read(*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS, [row, *["<"] * 7])
    assert (one(found.fields, "total_score") or "").startswith("94")
    assert one(found.fields, "rating") == rating
    assert names(found) == NAMES


def test_goal_alone_beside_the_label_at_the_side_is_the_expected_one() -> None:
    goals = [["年度总体目标", "清理河道十条", *["<"] * 6], ["目标完成情况", "已清理河道九条", *["<"] * 6]]
    found = read(*HEAD, *FUNDING, *goals, *SCORES)
    assert one(found.fields, "expected_goal_text") == "清理河道十条"
    assert one(found.fields, "actual_goal_text") == "已清理河道九条"


def test_labels_in_brackets_below_unknown_ones_are_read() -> None:
    header = [
        ["绩效指标", "<", "<", "完成情况对比", "<", "自评计分", "<", "备注"],
        ["一级指标", "二级指标", "三级指标", "年初所定", "年末所得", "标准", "自评", "^"],
        ["^", "^", "^", "（目标值）", "（实际值）", "（分值）", "（得分）", "^"],
    ]
    found = read(*HEAD, *FUNDING, *GOALS, *header, *INDICATORS, *TOTAL)
    assert texts(found.fields, "indicators", "actual") == ["9条", "95%", "95%"]
    assert one(found.fields, "actual_goal_text") == "已清理河道九条"


@pytest.mark.parametrize(
    "line",
    [
        "（2023年1月1日至2023年12月31日）",
        "2023年1月—12月",
        "(2023 年 1 月 至 12 月底)",
        "（评价期间：2023年1月1日至2023年12月31日）",
        "（２０２３年度）",
        "（2 0 2 3 年度）",
    ],
)
def test_year_that_stands_alone_as_a_range_is_read(line: str) -> None:
    cells = [lines("项目支出绩效自评表", line), grid([*HEAD, *FUNDING, *GOALS, *SCORES])]
    assert one(read_forms(pl.concat(cells)).fields, "fiscal_year") == line


def test_figures_in_a_cell_that_begins_beside_the_header_are_reported() -> None:
    """A column whose rules were not found comes out as one cell, from the header down to the last row."""
    lost = ["分值得分50 45 30 30 10 10", "<"]
    header = [*INDICATOR_HEADER[:5], *lost, INDICATOR_HEADER[7]]
    rows = [[*row[:5], "^", "^", row[7]] for row in INDICATORS]
    found = read(*HEAD, *FUNDING, *GOALS, header, *rows)
    assert one(found.fields, "unexplained_figures") == lost[0]


def test_right_part_of_a_table_on_another_page_is_not_read_as_names() -> None:
    left = [[*INDICATOR_HEADER[:4]], *(row[:4] for row in INDICATORS)]
    right = [[*INDICATOR_HEADER[4:]], *(row[4:] for row in INDICATORS)]
    cells = pl.concat(
        [
            lines("项目支出绩效自评表", "（2023年度）"),
            grid([*HEAD, *FUNDING, *GOALS]),
            grid(left, table=2, top=300.0, first_cell=200),
            grid(right, page=2, top=300.0),
        ]
    )
    found = read_forms(cells)
    assert names(found) == NAMES
    assert one(found.fields, "unread_columns") == "三级指标: 实际完成值 | 分值 | 得分 | 偏差原因分析及改进措施"


def test_figure_in_the_place_of_a_name_is_reported() -> None:
    astray = ["产出指标", "数量指标", "7.5", "≥10条", "9条", "", "", ""]
    found = read(*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS, astray, *TOTAL)
    assert names(found) == NAMES
    assert one(found.fields, "unexplained_figures") == "7.5"


@pytest.mark.parametrize("form", ["{}", "（{}）", "({})"])
def test_row_that_numbers_the_columns_is_not_an_indicator(form: str) -> None:
    numbers = [form.format(n) for n in range(1, 9)]
    found = read(*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, numbers, *INDICATORS, *TOTAL)
    assert names(found) == NAMES
    assert one(found.fields, "unexplained_figures") is None


def test_translations_beside_labels_change_nothing() -> None:
    header = [f"{label}\nItem" for label in INDICATOR_HEADER[:5]] + ["Оноо\n分值", "得分 نومۇر", INDICATOR_HEADER[7]]
    total = [["总分\nTotal", *TOTAL[0][1:]]]
    found = read(*HEAD, *FUNDING, *GOALS, header, *INDICATORS, *total)
    assert texts(found.fields, "indicators", "score") == ["45", "30", "10"]
    assert one(found.fields, "total_score") == "94"


def test_project_name_that_is_named_with_its_code_is_read() -> None:
    found = read(["项目（政策）全称及代码", *HEAD[0][1:]], HEAD[1], *FUNDING, *GOALS, *SCORES)
    assert one(found.fields, "project_name") == "河道保洁"


def test_note_over_the_whole_table_is_not_an_unread_figure() -> None:
    note = ["注：以上数据截至2023年12月31日。", *["<"] * 7]
    found = read(*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, INDICATORS[0], note, *INDICATORS[1:], *TOTAL)
    assert names(found) == NAMES
    assert one(found.fields, "unexplained_figures") is None


def test_unknown_header_beside_a_label_of_all_rows_is_one() -> None:
    """Its columns cover several edges of the grid, which other blocks of the table have."""
    labels = ["绩效指标", "一级指标", "二级指标", "三级指标", "核定工作量", "<", "规定分", "本次打分"]
    rows = [["^", *row[:4], "<", *row[5:7]] for row in INDICATORS]
    found = read(*HEAD, *FUNDING, *GOALS, labels, *rows, ["总分", *["<"] * 5, "100", "94"])
    assert texts(found.fields, "indicators", "score") == ["45", "30", "10"]
    assert one(found.fields, "unread_columns") == "实际完成值: 核定工作量"


@pytest.mark.parametrize("title", ["项目支出绩效自评表填报说明", "项目支出绩效自评表"])
def test_project_of_a_table_of_instructions_is_not_that_of_the_form_behind_it(title: str) -> None:
    help_table = [
        ["栏目", "填报要求", "示例"],
        ["项目名称", "填写预算项目全称", "校舍维修"],
        ["总分", "各项之和", "98"],
    ]
    cells = [
        lines(title),
        grid(help_table, first_cell=20),
        lines("项目支出绩效自评表", page=2),
        grid([*HEAD, *FUNDING, *GOALS, *SCORES], page=2, first_cell=60),
    ]
    found = read_forms(pl.concat(cells))
    assert found.fields["form_number"].unique().to_list() == [1]
    assert one(found.fields, "project_name") == HEAD[0][1]


@pytest.mark.parametrize(
    ("line", "unit"),
    [
        ("单位：万元（港币）", "万元（港币）万元"),
        ("单位：万元（保留两位小数）", "万元"),
        ("单位：万元（人民币）", "万元"),
    ],
)
def test_currency_in_brackets_behind_the_unit_is_a_part_of_it(line: str, unit: str) -> None:
    cells = [lines("项目支出绩效自评表", line), grid([*HEAD, *FUNDING, *GOALS, *SCORES])]
    assert one(read_forms(pl.concat(cells)).fields, "currency_unit") == unit


@pytest.mark.parametrize(("last", "unit"), [("单位：万元", "万元"), ("单位：元", None)])
def test_unit_of_the_form_before_holds_only_where_no_form_of_the_document_has_another(
    last: str, unit: str | None
) -> None:
    pages = [("单位：万元", 1), ("", 2), (last, 3)]
    funding = [["项目资金", *FUNDING[0][1:]], *FUNDING[1:]]
    cells = [
        cell
        for line, page in pages
        for cell in (
            lines("项目支出绩效自评表", *([line] if line else []), page=page),
            grid([*HEAD, *funding, *GOALS, *SCORES], page=page, first_cell=20),
        )
    ]
    fields = read_forms(pl.concat(cells)).fields.filter(column_name="currency_unit")
    found = dict(fields.select("form_number", "printed_text").iter_rows())
    assert (found.get(1), found.get(2), found.get(3)) == ("万元", unit, last.removeprefix("单位："))
