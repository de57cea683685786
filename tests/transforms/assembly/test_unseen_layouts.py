"""Layouts and labels that the vocabulary does not know: understood by shape and sums, or reported, never left out."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from benchmarks.corpus.unseen import WORDS
from tests.support.assembled import NAMES, names, one, read, texts
from tests.transforms.build_cells import FUNDING, GOALS, HEAD, INDICATOR_HEADER, INDICATORS, TOTAL, grid, lines
from transforms.assemble import read_forms
from transforms.assembly.labels import bare_key, core_key, label_key, vocabulary

Rows = Sequence[Sequence[str]]


def with_label(old: str, new: str) -> list[str]:
    return [new if text == old else text for text in INDICATOR_HEADER]


@pytest.mark.parametrize(
    "label",
    [
        "本年完成值",
        "2024年完成值",
        "全年实际完成数",
        "自评值",
        "指标完成情况",
        "④实际完成值",
        "实际完成值\nActual value",
        "B实际完成值",
        "截至12月底完成值",
    ],
)
def test_actual_label_with_period_mark_or_translation_is_read(label: str) -> None:
    found = read(*HEAD, *FUNDING, *GOALS, with_label("实际完成值", label), *INDICATORS, *TOTAL)
    assert texts(found.fields, "indicators", "actual") == ["9条", "95%", "95%"]
    assert one(found.fields, "unread_columns") is None


def test_actual_label_until_august_is_not_the_actual_value() -> None:
    found = read(*HEAD, *FUNDING, *GOALS, with_label("实际完成值", "截至8月底完成值"), *INDICATORS, *TOTAL)
    assert texts(found.fields, "indicators", "actual") == []
    assert one(found.fields, "unread_columns") == "实际完成值: 截至8月底完成值"


def test_unknown_actual_label_leaves_goals_alone_and_is_reported() -> None:
    rows = [[*row[:6], row[5], row[7]] for row in INDICATORS]  # full marks prove no actual value
    found = read(*HEAD, *FUNDING, *GOALS, with_label("实际完成值", "年末情形"), *rows, *TOTAL)
    assert names(found) == NAMES
    assert one(found.fields, "expected_goal_text") == "清理河道十条"
    assert one(found.fields, "unread_columns") == "实际完成值: 年末情形"
    assert one(found.fields, "total_score") == "94"


def test_unknown_actual_from_which_the_scores_follow_is_read_with_the_proof() -> None:
    found = read(*HEAD, *FUNDING, *GOALS, with_label("实际完成值", "年末情形"), *INDICATORS, *TOTAL)
    assert texts(found.fields, "indicators", "actual") == ["9条", "95%", "95%"]
    assert one(found.fields, "inferred_columns") == (
        "年末情形 = actual: 3 scores follow from it, 1 of them below the weight"
    )


def test_header_of_two_rows_is_read() -> None:
    top = ["一级指标", "二级指标", "三级指标", "指标完成情况", "<", "分值", "得分", "偏差原因分析及改进措施"]
    below = ["^", "^", "^", "年度指标值", "实际完成值", "^", "^", "^"]
    found = read(*HEAD, *FUNDING, *GOALS, top, below, *INDICATORS, *TOTAL)
    assert names(found) == NAMES
    assert texts(found.fields, "indicators", "target") == ["≥10条", "≥90%", "≥90%"]


def test_figure_and_unit_below_target_and_actual_value_are_parts_of_them() -> None:
    top = ["一级指标", "二级指标", "三级指标", "年度指标值", "<", "<", "实际完成值", "<", "分值", "得分"]
    below = ["^", "^", "^", "符号", "数值", "单位", "数值", "单位", "^", "^"]
    rows = [
        [*row[:3], "≥", row[3].strip("≥条%"), row[3][-1], row[4].strip("条%"), row[4][-1], *row[5:7]]
        for row in INDICATORS
    ]
    wide = [[*row, "<", "<"] for row in (*HEAD, *FUNDING, *GOALS)]
    found = read(*wide, top, below, *rows, ["总分", *["<"] * 7, "100", "94"])
    assert texts(found.fields, "indicators", "target") == ["10", "90", "90"]
    assert texts(found.fields, "indicators", "target_unit") == ["条", "%", "%"]
    assert texts(found.fields, "indicators", "actual") == ["9", "95", "95"]
    assert one(found.fields, "unread_columns") is None


def test_row_that_only_groups_the_columns_belongs_to_the_header() -> None:
    top = ["绩效指标", "<", "<", "指标完成情况", "<", "评分情况", "<", ""]
    found = read(*HEAD, *FUNDING, *GOALS, top, INDICATOR_HEADER, *INDICATORS, *TOTAL)
    assert names(found) == NAMES
    assert one(found.fields, "actual_goal_text") == "已清理河道九条"


def test_score_of_a_group_is_the_self_evaluation_and_not_the_review() -> None:
    top = ["一级指标", "二级指标", "三级指标", "年度指标值", "实际完成值", "分值", "得分", "<"]
    below = ["^", "^", "^", "^", "^", "^", "自评", "复核"]
    rows = [
        ["产出指标", "数量指标", "清理河道", "≥10条", "9条", "40", "38", "36"],
        ["满意度指标", "满意度指标", "居民满意度", "≥90%", "93%", "50", "50", "49"],
    ]
    found = read(*HEAD, *FUNDING, *GOALS, top, below, *rows)
    assert texts(found.fields, "indicators", "score") == ["38", "50"]


@pytest.mark.parametrize("numbers", ["1 2 3 4 5 6 7 8", "A B C D E F G H", "① ② ③ ④ ⑤ ⑥ ⑦ ⑧", "1 2 3 4 5 6 7=6*5/4 8"])
def test_row_that_numbers_the_columns_is_not_an_indicator(numbers: str) -> None:
    found = read(*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, numbers.split(), *INDICATORS, *TOTAL)
    assert names(found) == NAMES
    assert texts(found.fields, "indicators", "weight") == [row[5] for row in INDICATORS]


@pytest.mark.parametrize("label", ["小计", "合计"])
def test_subtotal_within_the_indicators_is_a_leftover(label: str) -> None:
    subtotal = [label, "<", "<", "<", "<", "60", "58", ""]
    found = read(*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS[:2], subtotal, *INDICATORS[2:], *TOTAL)
    assert names(found) == NAMES
    assert one(found.fields, "total_score") == "94"
    assert texts(found.fields, "leftovers", "subtotal_row") == [label, "60", "58"]
    assert one(found.fields, "unexplained_figures") is None


@pytest.mark.parametrize("name", ["绩效目标", "总体目标", "目标完成情况"])
def test_level_or_name_that_is_also_a_label_of_goals_stays_an_indicator(name: str) -> None:
    rows = [[*INDICATORS[0]], ["决策", name, name, "是", "是", "10", "10", ""], *INDICATORS[1:]]
    found = read(*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *rows, *TOTAL)
    assert names(found) == [NAMES[0], name, *NAMES[1:]]


def test_goals_of_unknown_labels_are_null_and_reported() -> None:
    goals = [["年度总体目标", "事项甲", "<", "<", "事项乙", "<", "<", "<"], GOALS[1]]
    found = read(*HEAD, *FUNDING, *goals, INDICATOR_HEADER, *INDICATORS, *TOTAL)
    assert one(found.fields, "expected_goal_text") is None
    assert one(found.fields, "actual_goal_text") is None
    assert texts(found.fields, "leftovers", "unknown_column") == ["清理河道十条", "已清理河道九条"]


@pytest.mark.parametrize(
    ("before", "after"),
    [("承诺事项", "履行结果"), ("预期产出", "实际产出"), ("目标内容", "完成概况")],
)
def test_goals_of_labels_that_say_before_and_after_are_read_with_the_proof(before: str, after: str) -> None:
    goals = [["年度总体目标", before, "<", "<", after, "<", "<", "<"], GOALS[1]]
    found = read(*HEAD, *FUNDING, *goals, INDICATOR_HEADER, *INDICATORS, *TOTAL)
    assert one(found.fields, "expected_goal_text") == "清理河道十条"
    assert one(found.fields, "actual_goal_text") == "已清理河道九条"
    assert f"{after} = actual_goal_text" in (one(found.fields, "inferred_columns") or "")


@pytest.mark.parametrize("label", ["责任科室", "实施单位名单", "佐证材料编号"])
def test_office_beside_the_levels_is_neither_name_nor_level(label: str) -> None:
    rows = [[row[0], "采编部", *row[2:]] for row in INDICATORS]
    found = read(*HEAD, *FUNDING, *GOALS, with_label("二级指标", label), *rows, *TOTAL)
    assert texts(found.fields, "indicators", "level_2_label") == []
    rows = [[*row[:2], f"采编{n}部", *row[3:]] for n, row in zip("一二三", INDICATORS, strict=True)]
    found = read(*HEAD, *FUNDING, *GOALS, with_label("三级指标", label), *rows, *TOTAL)
    assert names(found) == []
    assert one(found.fields, "unread_columns") == f"三级指标: {label}"


REACHED = [[*row[:3], row[3], row[4].replace("9条", "12条"), row[5], row[5], ""] for row in INDICATORS]
"""Indicators that all reach their targets: no score says which column is the actual value."""


@pytest.mark.parametrize(("old", "new"), [("实际完成值", "年末落实"), ("年度指标值", "承诺的数")])
def test_values_that_answer_each_other_are_read_with_the_proof(old: str, new: str) -> None:
    found = read(*HEAD, *FUNDING, *GOALS, with_label(old, new), *REACHED)
    assert texts(found.fields, "indicators", "target") == ["≥10条", "≥90%", "≥90%"]
    assert texts(found.fields, "indicators", "actual") == ["12条", "95%", "95%"]
    assert "3 of 3 values answer each other" in (one(found.fields, "inferred_columns") or "")


@pytest.mark.parametrize(
    "label", ["基期完成值", "上年完成情况说明", "第三方核实完成", "累计完成总数", "预计完成的数", "行业平均完成"]
)
def test_values_of_another_time_or_judge_are_not_taken_for_the_actual_ones(label: str) -> None:
    found = read(*HEAD, *FUNDING, *GOALS, with_label("实际完成值", label), *REACHED)
    assert texts(found.fields, "indicators", "actual") == []
    assert one(found.fields, "unread_columns") == f"实际完成值: {label}"


def test_two_columns_that_could_be_the_actual_values_leave_them_unread() -> None:
    header = [*with_label("实际完成值", "年末落实")[:7], "办结情况"]
    found = read(*HEAD, *FUNDING, *GOALS, header, *[[*row[:7], row[4]] for row in REACHED])
    assert texts(found.fields, "indicators", "actual") == []


def test_points_taken_off_are_not_the_score_though_they_add_up() -> None:
    rows = [[*row[:6], off, ""] for row, off in zip(INDICATORS, ["5", "0", "0"], strict=True)]
    total = [[*TOTAL[0][:6], "5", ""]]
    for label in ("扣分", "打掉"):
        found = read(*HEAD, *FUNDING, *GOALS, with_label("得分", label), *rows, *total)
        assert texts(found.fields, "indicators", "score") == []
        assert one(found.fields, "total_score") is None


def test_unknown_score_is_proved_by_the_total_in_the_head() -> None:
    head = [*HEAD, ["自评得分", "94", "<", "<", "自评等级", "优", "<", "<"]]
    found = read(*head, *FUNDING, *GOALS, with_label("得分", "实得"), *INDICATORS)
    assert texts(found.fields, "indicators", "score") == [row[6] for row in INDICATORS]


def test_unknown_name_and_second_level_are_recognised_by_their_place() -> None:
    header = ["一级指标", "子维度", "考核要点", *INDICATOR_HEADER[3:]]
    rows = [[row[0], f"类别{n}", *row[2:]] for n, row in enumerate(INDICATORS)]
    found = read(*HEAD, *FUNDING, *GOALS, header, *rows, *TOTAL)
    assert names(found) == []  # two columns could be the name
    found = read(*HEAD, *FUNDING, *GOALS, with_label("三级指标", "考核要点"), *INDICATORS, *TOTAL)
    assert names(found) == NAMES
    found = read(*HEAD, *FUNDING, *GOALS, with_label("二级指标", "子维度"), *rows, *TOTAL)
    assert texts(found.fields, "indicators", "level_2_label") == ["类别0", "类别1", "类别2"]


@pytest.mark.parametrize(
    "labels",
    [
        ("年初盘子", "全年预算数", "全年执行数"),
        ("年初预算数", "可用的钱", "全年执行数"),
        ("年初预算数", "全年预算数", "花掉的钱"),
        ("年初盘子", "可用的钱", "花掉的钱"),
    ],
)
def test_amounts_of_unknown_labels_are_proved_by_the_rates(labels: tuple[str, str, str]) -> None:
    header = ["项目资金（万元）", "", *labels, *FUNDING[0][5:]]
    found = read(*HEAD, header, *FUNDING[1:], *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL)
    assert texts(found.fields, "funding", "source_label") == ["年度资金总额：", "其中：当年财政拨款"]
    assert texts(found.fields, "funding", "initial_budget") == ["10.00", "10.00"]
    assert texts(found.fields, "funding", "annual_budget") == ["10.00", "10.00"]
    assert texts(found.fields, "funding", "executed") == ["9.00", "9.00"]


def test_amounts_that_the_rates_do_not_prove_are_not_read() -> None:
    header = ["项目资金（万元）", "", "年初预算数", "全年预算数", "花掉的钱", *FUNDING[0][5:]]
    lines = [[*row[:4], "8.00", *row[5:]] for row in FUNDING[1:]]
    found = read(*HEAD, header, *lines, *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL)
    assert texts(found.fields, "funding", "executed") == []
    assert texts(found.fields, "funding", "source_label") == ["年度资金总额：", "其中：当年财政拨款"]


@pytest.mark.parametrize("total", ["见说明", "1OO", "97。1", "？？"])
def test_total_that_is_not_a_number_is_handed_on_as_printed(total: str) -> None:
    rows = [[*TOTAL[0][:6], total, ""]]
    found = read(*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS, *rows)
    assert one(found.fields, "total_score") == total
    assert one(found.fields, "total_weight") == "100"


def test_unknown_score_that_adds_up_is_read_with_the_proof() -> None:
    found = read(*HEAD, *FUNDING, *GOALS, with_label("得分", "实得"), *INDICATORS, *TOTAL)
    assert texts(found.fields, "indicators", "score") == [row[6] for row in INDICATORS]
    assert "实得 = score" in (one(found.fields, "inferred_columns") or "")


def test_unknown_score_that_does_not_add_up_is_reported_and_not_read() -> None:
    total = [[*TOTAL[0][:6], "93", *TOTAL[0][7:]]]
    found = read(*HEAD, *FUNDING, *GOALS, with_label("得分", "实得"), *INDICATORS, *total)
    assert texts(found.fields, "indicators", "score") == []
    assert one(found.fields, "unread_columns") == "得分: 实得"


def test_two_columns_that_could_be_the_score_leave_it_unread() -> None:
    header = [*with_label("得分", "实得")[:7], "终核"]
    rows = [[*row[:7], row[6]] for row in INDICATORS]
    total = [[*TOTAL[0][:7], TOTAL[0][6]]]
    found = read(*HEAD, *FUNDING, *GOALS, header, *rows, *total)
    assert texts(found.fields, "indicators", "score") == []
    assert one(found.fields, "unread_columns") == "得分: 实得 | 终核"


def test_indicators_under_a_header_that_nobody_knows_do_not_become_money_or_goals() -> None:
    header = ["维度", "子维度", "要点", "任务数", "落实值", "权数", "实得", "成因"]
    found = read(*HEAD, *FUNDING, header, *INDICATORS, *TOTAL)
    assert texts(found.fields, "funding", "source_label") == ["年度资金总额：", "其中：当年财政拨款"]
    assert one(found.fields, "unread_columns") is not None


def test_text_within_the_indicators_that_nothing_explains_is_reported() -> None:
    strange = ["12100册 20 18.0", "<", "<", "<", "<", "<", "<", "<"]
    found = read(*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS[:1], strange, *INDICATORS[1:], *TOTAL)
    assert texts(found.fields, "leftovers", "unexplained_text") == ["12100册 20 18.0"]
    assert one(found.fields, "unexplained_figures") == "12100册 20 18.0"


@pytest.mark.parametrize("mark", ["（续）", "（续表）", "(续1)"])
def test_second_page_that_repeats_title_and_project_is_the_same_form(mark: str) -> None:
    first = pl.concat([lines("项目支出绩效自评表"), grid([*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS[:1]])])
    second = pl.concat(
        [
            lines("项目支出绩效自评表" + mark, page=2),
            grid([HEAD[0], INDICATOR_HEADER, *INDICATORS[1:], *TOTAL], page=2),
        ]
    )
    found = read_forms(pl.concat([first, second]))
    assert found.fields["form_number"].unique().to_list() == [1]
    assert names(found) == NAMES


@pytest.mark.parametrize(
    ("title", "header", "kind"),
    [
        (
            "项目绩效运行监控表",
            ["一级指标", "二级指标", "三级指标", "年度指标值", "1-8月执行情况", "全年预计完成情况"],
            "monitoring_form",
        ),
        ("项目支出绩效目标申报表", ["一级指标", "二级指标", "三级指标", "指标值", "说明", "备注"], "target_table"),
        ("项目支出绩效专家评分表", ["一级指标", "二级指标", "三级指标", "分值", "实际完成值", "得分"], "evaluation"),
    ],
)
def test_other_documents_are_not_forms_and_their_kind_is_reported(title: str, header: list[str], kind: str) -> None:
    rows = [
        ["项目名称", "河道保洁", "<", "<", "<", "<"],
        header,
        ["产出指标", "数量指标", "清理河道", "≥10条", "5条", "10条"],
    ]
    found = read(*rows, title=title)
    assert found.fields.is_empty()
    assert found.others["kind"].to_list() == [kind]


def test_every_text_of_a_form_has_exactly_one_fate() -> None:
    cells = pl.concat(
        [lines("项目支出绩效自评表", "- 1 -"), grid([*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL])]
    )
    found = read_forms(cells)
    filled = cells.filter(pl.col("text").str.strip_chars() != "")
    assert found.fates.height == filled.height
    assert found.fates["fate"].null_count() == 0
    assert found.fates.filter(pl.col("fate") == "leftover").is_empty()


def test_total_and_rating_in_one_cell_are_parted() -> None:
    found = read(
        *HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS, ["总分：94分（优）", "<", "<", "<", "<", "<", "<", "<"]
    )
    assert (one(found.fields, "total_score"), one(found.fields, "rating")) == ("94分", "优")


@pytest.mark.parametrize("block", ["indicators", "funding", "goals"])
def test_unseen_labels_of_the_corpus_are_in_no_vocabulary(block: str) -> None:
    context = vocabulary()[{"indicators": "indicator", "funding": "funding", "goals": "form"}[block]]
    labels = pl.DataFrame({"text": [label for labels in WORDS[block].values() for label in labels]})
    keys = labels.with_columns(key=label_key(pl.col("text"))).with_columns(bare=bare_key(pl.col("key")))
    field, _ = context.match("key", "bare", "core")
    known = keys.with_columns(core=core_key(pl.col("bare"))).with_columns(field=field).drop_nulls("field")
    assert known["text"].to_list() == []


@pytest.mark.parametrize("order", ["before the total", "after the total"])
def test_money_below_the_indicators_is_read(order: str) -> None:
    below = [*FUNDING, *TOTAL] if order == "before the total" else [*TOTAL, *FUNDING]
    found = read(*HEAD, *GOALS, INDICATOR_HEADER, *INDICATORS, *below)
    assert names(found) == NAMES
    assert texts(found.fields, "funding", "executed") == ["9.00", "9.00"]
    assert one(found.fields, "total_score") == "94"


def test_goals_below_the_indicators_are_read() -> None:
    found = read(*HEAD, *FUNDING, INDICATOR_HEADER, *INDICATORS, *TOTAL, *GOALS)
    assert one(found.fields, "expected_goal_text") == "清理河道十条"
    assert names(found) == NAMES


def test_header_of_three_rows_is_read() -> None:
    header = [
        ["绩效指标", "<", "<", "自评情况", "<", "<", "<", "备注"],
        ["一级指标", "二级指标", "三级指标", "指标值", "<", "分值", "得分", "^"],
        ["^", "^", "^", "年度目标", "实际完成", "^", "^", "^"],
    ]
    found = read(*HEAD, *FUNDING, *GOALS, *header, *INDICATORS, *TOTAL)
    assert texts(found.fields, "indicators", "target") == ["≥10条", "≥90%", "≥90%"]
    assert texts(found.fields, "indicators", "actual") == ["9条", "95%", "95%"]


def test_second_form_without_known_head_is_not_joined_to_the_first() -> None:
    body = [*FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL]
    first = pl.concat([lines("项目支出绩效自评表"), grid([*HEAD, *body])])
    found = read_forms(pl.concat([first, grid([["事项", "道路养护", "<", "<", "<", "<", "<", "<"], *body], page=2)]))
    assert names(found) == NAMES
    assert texts(found.fields, "indicators", "indicator_name", 2) == NAMES


def test_change_of_the_budget_is_not_the_budget() -> None:
    money = [
        ["项目资金（万元）", "", "年初预算数", "预算调整数", "调整后的预算", "全年执行数", "执行率", "得分"],
        ["^", "总预算", "10.00", "2.00", "12.00", "9.00", "75%", "9"],
    ]
    found = read(*HEAD, *money, *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL)
    assert texts(found.fields, "funding", "annual_budget") == ["12.00"]
    assert texts(found.fields, "leftovers", "known_unpublished_column") == ["2.00"]


def test_ticked_rating_with_ranges_of_scores_is_read() -> None:
    boxes = "☑优（90分及以上） □良（80-90分） □中 □差"
    rating = ["自评等级", boxes, "<", "<", "<", "<", "<", "<"]
    found = read(*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL, rating)
    assert one(found.fields, "rating") == boxes


def test_unknown_executed_column_is_proved_by_the_rates() -> None:
    money = [[text.replace("全年执行数", "已用资金") for text in FUNDING[0]], *FUNDING[1:]]
    found = read(*HEAD, *money, *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL)
    assert texts(found.fields, "funding", "executed") == ["9.00", "9.00"]
    assert one(found.fields, "inferred_columns") == "已用资金 = executed: 2 printed rates follow from it"


def test_columns_of_the_year_before_are_not_the_form_s_own() -> None:
    header = ["一级指标", "二级指标", "三级指标", "2022年完成值", "2023年目标值", "2023年完成值", "分值", "得分"]
    rows = [[*row[:3], "1条", *row[3:7]] for row in INDICATORS]
    found = read(*HEAD, *FUNDING, *GOALS, header, *rows)
    assert texts(found.fields, "indicators", "actual") == ["9条", "95%", "95%"]
    assert texts(found.fields, "indicators", "target") == ["≥10条", "≥90%", "≥90%"]


def test_lone_column_of_the_year_before_the_form_is_not_read() -> None:
    cells = [lines("项目支出绩效自评表", "（2023年度）")]
    cells.append(grid([*HEAD, *FUNDING, *GOALS, with_label("实际完成值", "2022年完成值"), *INDICATORS, *TOTAL]))
    found = read_forms(pl.concat(cells))
    assert texts(found.fields, "indicators", "actual") == []
    assert texts(found.fields, "funding", "executed") == ["9.00", "9.00"]


@pytest.mark.parametrize("label", ["2023年1-12月实际完成值", "1月—12月完成值", "2023年1月1日至12月31日完成值"])
def test_actual_label_of_all_months_of_a_year_is_read(label: str) -> None:
    found = read(*HEAD, *FUNDING, *GOALS, with_label("实际完成值", label), *INDICATORS, *TOTAL)
    assert texts(found.fields, "indicators", "actual") == ["9条", "95%", "95%"]


def test_fourth_level_is_the_indicator() -> None:
    header = ["一级指标", "二级指标", "三级指标", "四级指标", "年度指标值", "实际完成值", "分值", "得分"]
    rows = [[*row[:2], f"类别{n}", *row[2:7]] for n, row in enumerate(INDICATORS)]
    found = read(*HEAD, *FUNDING, *GOALS, header, *rows)
    assert names(found) == NAMES


def test_weights_of_levels_are_not_those_of_the_indicators() -> None:
    header = ["一级指标", "分值", "三级指标", "分值", "年度指标值", "实际完成值", "得分", "偏差原因"]
    rows = [[row[0], "99", row[2], row[5], row[3], row[4], row[6], row[7]] for row in INDICATORS]
    found = read(*HEAD, *FUNDING, *GOALS, header, *rows)
    assert texts(found.fields, "indicators", "weight") == [row[5] for row in INDICATORS]


@pytest.mark.parametrize("label", ["产出指标小计", "数量指标合计", "产出指标（60分）小计"])
def test_row_that_adds_up_a_named_level_is_a_leftover(label: str) -> None:
    subtotal = [label, "<", "<", "<", "<", "50", "45", ""]
    found = read(*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS[:1], subtotal, *INDICATORS[1:], *TOTAL)
    assert texts(found.fields, "indicators", "score") == [row[6] for row in INDICATORS]
    assert texts(found.fields, "leftovers", "subtotal_row") == [label, "50", "45"]


def test_row_that_numbers_the_columns_of_the_money_is_not_a_line() -> None:
    numbers = ["^", "甲", "1", "2", "3", "4", "5=3/2", "6"]
    found = read(*HEAD, FUNDING[0], numbers, *FUNDING[1:], *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL)
    assert texts(found.fields, "funding", "source_label") == ["年度资金总额：", "其中：当年财政拨款"]


def test_goals_below_each_other_are_read_and_an_unknown_one_is_reported() -> None:
    wide = ["<"] * 5
    known = [["年度目标", "<", "清理河道十条", *wide], ["完成情况", "<", "已清理九条", *wide]]
    found = read(*HEAD, *FUNDING, *known, INDICATOR_HEADER, *INDICATORS, *TOTAL)
    assert one(found.fields, "actual_goal_text") == "已清理九条"
    unknown = [known[0], ["年末的样子", "<", "已清理九条", *wide]]
    found = read(*HEAD, *FUNDING, *unknown, INDICATOR_HEADER, *INDICATORS, *TOTAL)
    assert one(found.fields, "actual_goal_text") is None
    assert one(found.fields, "unexplained_text") == "年末的样子 | 已清理九条"


def test_note_in_a_row_below_the_goals_is_part_of_neither() -> None:
    note = ["注：以上目标按季度考核，每季度10分。", *["<"] * 7]
    found = read(*HEAD, *FUNDING, *GOALS, note, INDICATOR_HEADER, *INDICATORS, *TOTAL)
    assert one(found.fields, "expected_goal_text") == "清理河道十条"
    assert [one(found.fields, name) for name in ("unexplained_figures", "unexplained_text")] == [None, None]
    assert names(found) == NAMES


def _with_scores_before_names(row: Sequence[str]) -> list[str]:
    return [*row[:2], row[6], *row[2:6], row[7]]


def test_scores_left_of_the_names_are_read_where_a_sum_proves_them() -> None:
    rows = [_with_scores_before_names(row) for row in (INDICATOR_HEADER, *INDICATORS)]
    found = read(*HEAD, *FUNDING, *GOALS, *rows, ["总分", "<", "94", "", "", "", "100", ""])
    assert texts(found.fields, "indicators", "score") == ["45", "30", "10"]


def test_scores_left_of_the_names_that_nothing_proves_are_unread_with_a_word() -> None:
    rows = [_with_scores_before_names(row) for row in (INDICATOR_HEADER, *INDICATORS)]
    found = read(*HEAD, *FUNDING, *GOALS, *rows)
    assert texts(found.fields, "indicators", "score") == []
    assert one(found.fields, "unread_columns") == "得分: 得分"
