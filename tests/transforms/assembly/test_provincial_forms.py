"""Forms as provinces print them: labels over other columns, levels as captions, goals in one cell."""

from __future__ import annotations

import polars as pl
import pytest

from tests.support.assembled import NAMES, names, one, read, texts
from tests.transforms.build_cells import FUNDING, GOALS, HEAD, INDICATOR_HEADER, INDICATORS, TOTAL, grid, lines
from transforms.assemble import read_forms
from transforms.normalise import normalise

SCORES = [INDICATOR_HEADER, *INDICATORS, *TOTAL]
FLAT = ["三级指标", "<", "<", *INDICATOR_HEADER[3:]]


def band(text: str) -> list[str]:
    return [text, *["<"] * 7]


def flat(row: list[str]) -> list[str]:
    return [row[2], "<", "<", *row[3:]]


@pytest.mark.parametrize("label", ["预算资金（万元）", "预算金额"])
def test_name_of_the_money_over_the_labels_of_its_lines_is_not_their_label(label: str) -> None:
    money = [
        [label, "<", "年初预算", "调整后预算", "实际执行数", "标准分", "执行率", "实得分"],
        *[[row[1], "<", *row[2:]] for row in FUNDING[1:]],
    ]
    fields = read(*HEAD, *money, *GOALS, *SCORES).fields
    assert texts(fields, "funding", "source_label") == ["年度资金总额：", "其中：当年财政拨款"]
    assert texts(fields, "funding", "annual_budget") == ["10.00", "10.00"]
    assert texts(fields, "funding", "score") == ["9", "-"]


def test_name_of_an_amount_over_figures_stays_an_amount() -> None:
    money = [
        ["预算资金", "<", "<", "<", "全年执行数", "分值", "执行率", "得分"],
        ["10.00", "<", "<", "<", *FUNDING[1][4:]],
    ]
    fields = read(*HEAD, *money, *GOALS, *SCORES).fields
    assert texts(fields, "funding", "annual_budget") == ["10.00"]


@pytest.mark.parametrize("label", ["绩效指标", "指标"])
def test_second_label_of_the_name_over_first_levels_is_the_first_level(label: str) -> None:
    found = read(*HEAD, *FUNDING, *GOALS, [label, *INDICATOR_HEADER[1:]], *INDICATORS, *TOTAL)
    assert names(found) == NAMES
    assert texts(found.fields, "indicators", "level_1_label") == ["产出指标", "效益指标", "满意度指标"]


def test_second_label_of_the_name_over_other_words_is_reported() -> None:
    rows = [["年度任务", *row[1:]] for row in INDICATORS]
    found = read(*HEAD, *FUNDING, *GOALS, ["绩效指标", *INDICATOR_HEADER[1:]], *rows, *TOTAL)
    assert texts(found.fields, "indicators", "level_1_label") == []
    assert texts(found.fields, "leftovers", "unknown_column") == ["年度任务"] * 3


def test_direction_in_a_column_of_its_own_bounds_the_target() -> None:
    header = [*INDICATOR_HEADER[:3], "指标方向", "指标值", "完成值", "分值", "得分"]
    rows = [[*row[:3], "大于等于", row[3].strip("≥"), *row[4:7]] for row in INDICATORS]
    indicators = normalise(read(*HEAD, *FUNDING, *GOALS, header, *rows, *TOTAL).fields)["indicators"]
    assert indicators["target_operator"].cast(pl.String).to_list() == [">=", ">=", ">="]
    assert indicators["target_text"][0] == "大于等于10条"


@pytest.mark.parametrize(
    ("first", "second"), [("一、{}", "（一）{}"), ("{}", "{}")], ids=["with numbers", "without numbers"]
)
def test_captions_of_two_levels_rule_the_rows_below_them(first: str, second: str) -> None:
    rows = [
        band(first.format("产出指标")),
        band(second.format("数量指标")),
        flat(INDICATORS[0]),
        band(second.format("成本指标")),
        flat(INDICATORS[1]),
        band(first.format("满意度指标")),
        band(second.format("服务对象满意度指标")),
        flat(INDICATORS[2]),
    ]
    found = read(*HEAD, *FUNDING, *GOALS, FLAT, *rows, *TOTAL)
    assert names(found) == NAMES
    levels = normalise(found.fields)["indicators"].select("level_1_label", "level_2_label").rows()
    assert levels == [
        (first.format("产出指标"), second.format("数量指标")),
        (first.format("产出指标"), second.format("成本指标")),
        (first.format("满意度指标"), second.format("服务对象满意度指标")),
    ]


def test_costs_as_a_first_level_above_captions_of_their_own_stay_one() -> None:
    rows = [
        band("产出指标"),
        band("数量指标"),
        flat(INDICATORS[0]),
        band("成本指标"),
        band("经济成本指标"),
        flat(INDICATORS[1]),
        band("满意度指标"),
        flat(INDICATORS[2]),
    ]
    found = read(*HEAD, *FUNDING, *GOALS, FLAT, *rows, *TOTAL)
    levels = normalise(found.fields)["indicators"].select("level_1_label", "level_2_label").rows()
    assert levels == [("产出指标", "数量指标"), ("成本指标", "经济成本指标"), ("满意度指标", None)]


@pytest.mark.parametrize("label", ["年度总体目标", "预期目标", "绩效目标（年初设定）"])
def test_goals_behind_their_labels_in_one_cell_are_read(label: str) -> None:
    goals = [band(f"{label}：清理河道十条"), band("实际完成情况：已清理河道九条")]
    found = read(*HEAD, *FUNDING, *goals, *SCORES)
    assert one(found.fields, "expected_goal_text") == "清理河道十条"
    assert one(found.fields, "actual_goal_text") == "已清理河道九条"


def test_two_goals_in_one_cell_are_left_unread_and_reported() -> None:
    both = "预期目标：清理河道十条\n实际完成情况：已清理河道九条"
    found = read(*HEAD, *FUNDING, band(both), *SCORES)
    assert (one(found.fields, "expected_goal_text"), one(found.fields, "actual_goal_text")) == (None, None)
    assert one(found.fields, "unexplained_text") == both


def test_money_without_a_known_budget_is_reported_where_none_is_read() -> None:
    money = [["资金情况", "资金总额", "10.00", "支出总额", "9.00", "执行率", "90%", "<"]]
    fields = read(*HEAD, *money, *GOALS, *SCORES).fields
    assert texts(fields, "funding", "annual_budget") == []
    assert one(fields, "unexplained_figures") == "10.00 | 9.00 | 90%"


def test_points_of_the_execution_named_by_their_header_prove_unknown_columns() -> None:
    money = [
        ["预算执行情况", "<", "年初预算数", "全年预算数", "全年执行数", "<", "执行率", "得分（10分）"],
        ["^", "<", "10.00", "10.00", "9.00", "<", "90%", "9"],
    ]
    header = [*INDICATOR_HEADER[:5], "指标分", "评价分", INDICATOR_HEADER[7]]
    found = read(*HEAD, *money, *GOALS, header, *INDICATORS, ["自评总分", *["<"] * 5, "94", ""])
    assert texts(found.fields, "indicators", "weight") == ["50", "30", "10"]
    assert texts(found.fields, "indicators", "score") == ["45", "30", "10"]
    assert one(found.fields, "total_score") == "94"


@pytest.mark.parametrize(
    "line",
    [
        "填报单位：区水务局 2023年度 单位：元",
        "填报单位：区水务局（2023年度）金额单位：元",
        "填报单位：区水务局 （2023年度）",
        "填报单位：区水务局 填报日期：2024年3月",
    ],
)
def test_what_stands_behind_a_name_in_its_line_is_not_part_of_it(line: str) -> None:
    found = read_forms(pl.concat([lines("项目支出绩效自评表", line), grid([HEAD[0], *FUNDING, *GOALS, *SCORES])]))
    assert one(found.fields, "implementing_unit") == "区水务局"


def test_self_evaluation_with_columns_of_the_office_that_checks_again_is_read() -> None:
    header = [*INDICATOR_HEADER[:5], "分值", "自评得分", "复核得分"]
    rows = [[*row[:7], str(int(row[6]) - 1)] for row in INDICATORS]
    found = read(*HEAD, *FUNDING, *GOALS, header, *rows, *TOTAL, title="项目支出绩效自评及财政复核表")
    assert names(found) == NAMES
    assert texts(found.fields, "indicators", "score") == [row[6] for row in INDICATORS]


def test_costs_of_tasks_are_not_lines_of_the_money() -> None:
    tasks = [
        ["年度主要任务", "任务名称", "主要内容", "<", "预算金额", "<", "执行金额", "<"],
        ["^", "任务一", "保障机构运转", "<", "8.00", "<", "8.00", "<"],
    ]
    fields = read(*HEAD, *tasks, *FUNDING, *GOALS, *SCORES).fields
    assert texts(fields, "funding", "annual_budget") == ["10.00", "10.00"]


@pytest.mark.parametrize(("score", "read_as"), [("94", "94"), ("93", None)])
def test_total_below_money_below_the_indicators_is_read_where_both_sums_agree(score: str, read_as: str | None) -> None:
    money = [["预算执行情况", "<", *FUNDING[0][2:]], ["^", "<", *FUNDING[1][2:]]]
    found = read(*HEAD, *GOALS, INDICATOR_HEADER, *INDICATORS, *money, ["总计", *["<"] * 4, "100", score, ""])
    assert one(found.fields, "total_score") == read_as
    assert texts(found.fields, "funding", "executed") == ["9.00"]
    assert read_as or one(found.fields, "unexplained_figures") == f"100 | {score}"


def test_second_label_of_the_rate_is_the_executed_amount_where_the_rate_follows_from_it() -> None:
    money = [["项目资金（万元）", "<", "年初预算", "调整预算", "预算执行", "分值", "执行率", "得分"]]
    lines_of_money = [[row[1], "<", *row[2:]] for row in FUNDING[1:]]
    fields = read(*HEAD, *money, *lines_of_money, *GOALS, *SCORES).fields
    assert texts(fields, "funding", "executed") == ["9.00", "9.00"]
    wrong = [[*row[:4], "9.50", *row[5:]] for row in lines_of_money]
    fields = read(*HEAD, *money, *wrong, *GOALS, *SCORES).fields
    assert texts(fields, "funding", "executed") == []
    assert texts(fields, "leftovers", "unknown_column")[:2] == ["9.50", "9.50"]


def test_budget_execution_as_the_only_label_of_its_row_is_its_name() -> None:
    row = ["预算执行率", "", "", "100%", "90%", "10", "9", ""]
    found = read(*HEAD, *FUNDING[:2], *GOALS, INDICATOR_HEADER, *INDICATORS, row, *TOTAL)
    assert names(found) == [*NAMES, "预算执行率"]
    assert texts(found.fields, "indicators", "score") == ["45", "30", "10", "9"]


def test_numbered_goals_are_read_and_their_numbers_are_not_an_unknown_column() -> None:
    goals = [
        ["年度总体目标", "序号", "预期目标", "<", "<", "实际完成情况", "<", "<"],
        ["^", "1", "清理河道十条", "<", "<", "已清理河道九条", "<", "<"],
        ["^", "2", "水质达标", "<", "<", "水质已达标", "<", "<"],
    ]
    found = read(*HEAD, *FUNDING, *goals, *SCORES)
    assert one(found.fields, "expected_goal_text") == "清理河道十条水质达标"
    assert one(found.fields, "actual_goal_text") == "已清理河道九条水质已达标"
    assert texts(found.fields, "leftovers", "unknown_column") == []
    assert texts(found.fields, "leftovers", "known_unpublished_column") == ["1", "2"]
