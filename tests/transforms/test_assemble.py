"""Assembly on grids built by hand: each test shows one habit of the forms."""

from __future__ import annotations

import polars as pl
import pytest

from tests.support.assembled import one, texts
from tests.transforms.build_cells import (
    FUNDING,
    GOALS,
    HEAD,
    INDICATOR_HEADER,
    INDICATORS,
    TOTAL,
    form,
    grid,
    lines,
)
from transforms.assemble import assemble
from transforms.normalise import normalise
from warehouse.contract import Cells, Fields, conform, empty


@pytest.fixture(scope="module")
def standard() -> pl.DataFrame:
    return assemble(form())


def test_assemble_standard_form_obeys_the_contract(standard: pl.DataFrame) -> None:
    assert conform(standard, Fields).height == standard.height > 0


def test_assemble_standard_form_reads_header(standard: pl.DataFrame) -> None:
    assert {
        c: one(standard, c) for c in ("title", "fiscal_year", "project_name", "department", "implementing_unit")
    } == {
        "title": "项目支出绩效自评表",
        "fiscal_year": "（2023年度）",
        "project_name": "河道保洁",
        "department": "区水务局",
        "implementing_unit": "区河道管理所",
    }
    assert one(standard, "currency_unit") == "万元"
    assert one(standard, "template") == "mof_standard"


def test_assemble_standard_form_reads_funding_goals_and_totals(standard: pl.DataFrame) -> None:
    assert texts(standard, "funding", "source_label") == ["年度资金总额：", "其中：当年财政拨款"]
    assert texts(standard, "funding", "executed") == ["9.00", "9.00"]
    assert texts(standard, "funding", "weight") == ["10", "-"]
    assert one(standard, "expected_goal_text") == "清理河道十条"
    assert one(standard, "actual_goal_text") == "已清理河道九条"
    assert one(standard, "total_weight") == "100"
    assert one(standard, "total_score") == "94"


def test_assemble_standard_form_reads_indicators(standard: pl.DataFrame) -> None:
    assert texts(standard, "indicators", "indicator_name") == ["清理河道", "水质达标率", "居民满意度"]
    assert texts(standard, "indicators", "target") == ["≥10条", "≥90%", "≥90%"]
    assert texts(standard, "indicators", "deviation") == ["雨季较长，已调整计划", "", ""]


def test_assemble_every_field_has_its_place(standard: pl.DataFrame) -> None:
    cell = standard.filter(
        pl.col("column_name") == "score", pl.col("record_number") == 2, pl.col("table_name") == "indicators"
    )
    source = form().filter(pl.col("row_number") == 9, pl.col("column_number") == 6)
    assert cell.select("page_number", "x0", "top", "x1", "bottom").equals(
        source.select("page_number", "x0", "top", "x1", "bottom")
    )


def test_assemble_no_cells_gives_no_fields() -> None:
    assert assemble(empty(Cells)).height == 0


def test_assemble_table_that_is_not_a_form_gives_no_fields() -> None:
    cells = pl.concat(
        [lines("固定资产清单"), grid([["序号", "项目名称", "金额"], ["1", "空调", "20"], ["2", "电脑", "30"]])]
    )
    assert assemble(cells).height == 0


def test_assemble_target_declaration_without_actuals_is_not_a_form() -> None:
    header = ["一级指标", "二级指标", "三级指标", "指标值"]
    cells = pl.concat(
        [
            lines("项目支出绩效目标申报表"),
            grid([["项目名称", "道路养护", "<", "<"], header, ["产出指标", "数量指标", "养护里程", "≥20公里"]]),
        ]
    )
    assert assemble(cells).height == 0


def test_assemble_columns_in_another_order_are_read_by_label() -> None:
    header = ["一级指标", "二级指标", "三级指标", "分值", "全年实际值", "年度指标值", "得分", "未完成原因"]
    row = ["产出指标", "数量指标", "清理河道", "90", "9条", "≥10条", "85", ""]
    fields = assemble(pl.concat([lines("绩效目标自评表"), grid([*HEAD, *FUNDING, header, row])]))
    assert texts(fields, "indicators", "target") == ["≥10条"]
    assert texts(fields, "indicators", "actual") == ["9条"]
    assert texts(fields, "indicators", "weight") == ["90"]


def test_assemble_operator_and_unit_columns_are_fields_of_their_own() -> None:
    header = ["三级指标", "指标性质", "指标值", "度量单位", "实际完成值", "分值", "得分", "说明"]
    fields = assemble(
        pl.concat(
            [
                lines("项目支出绩效自评表"),
                grid([*HEAD, *FUNDING, header, ["人数", "≥", "735", "人次", "735", "10", "10", ""]]),
            ]
        )
    )
    assert texts(fields, "indicators", "target_operator") == ["≥"]
    assert texts(fields, "indicators", "target_unit") == ["人次"]
    assert texts(fields, "indicators", "target") == ["735"]


def test_assemble_merged_and_blank_levels_are_carried_down() -> None:
    rows = [
        ["产出指标", "数量指标", "甲", "1", "1", "20", "20", ""],
        ["^", "^", "乙", "2", "2", "20", "20", ""],
        ["", "质量指标", "丙", "3", "3", "20", "20", ""],
        ["效益指标", "", "丁", "4", "4", "30", "30", ""],
    ]
    fields = assemble(pl.concat([lines("项目支出绩效自评表"), grid([*HEAD, *FUNDING, INDICATOR_HEADER, *rows])]))
    assert texts(fields, "indicators", "level_1_label") == ["产出指标"] * 3 + ["效益指标"]
    assert texts(fields, "indicators", "level_2_label") == ["数量指标", "数量指标", "质量指标"]


@pytest.mark.parametrize("text", ["天晓得", "-", "—", "/", "……"])
def test_assemble_unknown_column_is_reported_not_dropped(text: str) -> None:
    header = [*INDICATOR_HEADER[:7], "神秘的一栏"]
    row = ["产出指标", "数量指标", "清理河道", "≥10条", "9条", "50", "45", text]
    fields = assemble(pl.concat([lines("项目支出绩效自评表"), grid([*HEAD, *FUNDING, header, row])]))
    left = fields.filter(pl.col("table_name") == "leftovers")
    assert left.select("column_name", "label", "printed_text").rows() == [("unknown_column", "神秘的一栏", text)]
    assert one(fields, "template") == "unknown"
    assert normalise(fields)["forms"]["unknown_columns"].to_list() == ["神秘的一栏"]


def test_assemble_row_without_name_is_a_leftover() -> None:
    row = ["产出指标", "数量指标", "", "≥10条", "9条", "50", "45", ""]
    fields = assemble(
        pl.concat([lines("项目支出绩效自评表"), grid([*HEAD, *FUNDING, INDICATOR_HEADER, row, *INDICATORS[1:]])])
    )
    assert texts(fields, "indicators", "indicator_name") == ["水质达标率", "居民满意度"]
    left = fields.filter(pl.col("column_name") == "unnamed_row:weight")
    assert left["printed_text"].to_list() == ["50"]


def test_assemble_blank_rows_are_no_indicators() -> None:
    blank = ["", "生态效益指标", "", "", "", "", "", ""]
    fields = assemble(
        pl.concat([lines("项目支出绩效自评表"), grid([*HEAD, *FUNDING, INDICATOR_HEADER, *INDICATORS, blank])])
    )
    assert len(texts(fields, "indicators", "indicator_name")) == 3
    assert fields.filter(pl.col("table_name") == "leftovers").height == 0


def two_pages(last: list[str], first: list[str]) -> pl.DataFrame:
    """A form whose table goes on on the next page."""
    return pl.concat(
        [
            lines("项目支出绩效自评表"),
            grid([*HEAD, *FUNDING, INDICATOR_HEADER, INDICATORS[0], last], lines={"水质": 2}),
            grid([first, INDICATORS[2], *TOTAL], page=2, top=50),
        ]
    )


def test_assemble_table_goes_on_on_next_page() -> None:
    fields = assemble(two_pages(INDICATORS[1], ["", "生态效益指标", "鸟类", "≥5种", "6种", "5", "5", ""]))
    assert texts(fields, "indicators", "indicator_name") == ["清理河道", "水质达标率", "鸟类", "居民满意度"]
    assert texts(fields, "indicators", "level_1_label")[2] == "效益指标"
    assert one(fields, "total_score") == "94"


def test_assemble_name_cut_by_page_break_is_joined_with_two_places() -> None:
    fields = assemble(
        two_pages(
            ["效益指标", "社会效益指标", "水质", "≥90%", "95%", "30", "30", ""], ["", "", "达标率", "", "", "", "", ""]
        )
    )
    assert texts(fields, "indicators", "indicator_name") == ["清理河道", "水质达标率", "居民满意度"]
    name = fields.filter(pl.col("column_name") == "indicator_name", pl.col("record_number") == 2)
    assert name.select("part_number", "page_number").rows() == [(1, 1), (2, 2)]


def test_assemble_label_half_on_each_page_is_joined() -> None:
    fields = assemble(
        two_pages(
            ["效益指标", "社会", "水质达标率", "≥90%", "95%", "30", "30", ""],
            ["", "效益指标", "鸟类", "≥5种", "6种", "5", "5", ""],
        )
    )
    assert texts(fields, "indicators", "level_2_label") == [
        "数量指标",
        "社会效益指标",
        "社会效益指标",
        "服务对象满意度指标",
    ]


def test_assemble_label_printed_again_after_page_break_stays_whole() -> None:
    fields = assemble(two_pages(INDICATORS[1], ["效益指标", "社会效益指标", "鸟类", "≥5种", "6种", "5", "5", ""]))
    assert texts(fields, "indicators", "level_1_label") == ["产出指标", "效益指标", "效益指标", "满意度指标"]


def test_assemble_header_printed_again_on_next_page_is_not_an_indicator() -> None:
    cells = pl.concat(
        [
            lines("项目支出绩效自评表"),
            grid([*HEAD, *FUNDING, INDICATOR_HEADER, *INDICATORS[:2]]),
            grid([INDICATOR_HEADER, INDICATORS[2], *TOTAL], page=2, top=50),
        ]
    )
    assert texts(assemble(cells), "indicators", "indicator_name") == ["清理河道", "水质达标率", "居民满意度"]


def test_assemble_total_alone_on_a_page_is_read() -> None:
    cells = pl.concat(
        [
            lines("项目支出绩效自评表"),
            grid([*HEAD, *FUNDING, INDICATOR_HEADER, *INDICATORS]),
            grid(TOTAL, page=2, top=50),
        ]
    )
    fields = assemble(cells)
    assert (one(fields, "total_weight"), one(fields, "total_score")) == ("100", "94")


def test_assemble_narrative_over_two_pages_is_joined() -> None:
    cells = pl.concat(
        [
            lines("项目支出绩效自评表"),
            grid([*HEAD, *FUNDING, GOALS[0], ["^", "清理河道", "<", "<", "已清理", "<", "<", "<"]], open_bottom=(1, 4)),
            grid(
                [["", "十条", "<", "<", "九条", "<", "<", "<"], INDICATOR_HEADER, *INDICATORS, *TOTAL], page=2, top=50
            ),
        ]
    )
    fields = assemble(cells)
    assert one(fields, "expected_goal_text") == "清理河道十条"
    assert one(fields, "actual_goal_text") == "已清理九条"


def test_assemble_next_form_without_title_begins_at_its_project_row() -> None:
    second = [["项目名称", "道路养护", "<", "<", "<", "<", "<", "<"], *HEAD[1:]]
    cells = pl.concat(
        [
            form(),
            grid([*second, *FUNDING, INDICATOR_HEADER, *INDICATORS, *TOTAL], table=2, top=500, first_cell=300),
        ]
    )
    fields = assemble(cells)
    assert [one(fields, "project_name", n) for n in (1, 2)] == ["河道保洁", "道路养护"]
    assert len(texts(fields, "indicators", "indicator_name", 2)) == 3


def test_assemble_list_page_before_forms_is_not_a_form() -> None:
    listing = grid([["序号", "项目名称", "预算数", "执行数", "执行率"], ["1", "河道保洁", "10", "9", "90%"]], page=1)
    first = form().with_columns(page_number=pl.lit(2, pl.Int32))
    fields = assemble(pl.concat([lines("2023年度项目支出绩效自评表清单"), listing, first]))
    assert fields["form_number"].unique().to_list() == [1]
    assert one(fields, "project_name") == "河道保洁"


def test_assemble_persons_are_not_published() -> None:
    head = [*HEAD, ["项目负责人及电话", "张三 13800000000", "<", "<", "联系人", "李四", "<", "<"]]
    fields = assemble(
        pl.concat(
            [
                lines("项目支出绩效自评表"),
                grid(
                    [
                        *head,
                        *FUNDING,
                        INDICATOR_HEADER,
                        *INDICATORS,
                        ["填表人", "王五", "<", "<", "<", "联系电话", "123456", "<"],
                    ]
                ),
            ]
        )
    )
    assert not fields.filter(pl.col("printed_text").str.contains("张三|李四|王五|13800000000|123456")).height


def test_assemble_total_score_in_the_header_is_read() -> None:
    head = [*HEAD, ["自评得分", "97.5分", "<", "<", "评分等级", "优", "<", "<"]]
    fields = assemble(pl.concat([lines("项目支出绩效自评表"), grid([*head, *FUNDING, INDICATOR_HEADER, *INDICATORS])]))
    assert one(fields, "total_score") == "97.5分"
    assert one(fields, "rating") == "优"


def test_assemble_order_of_documents_does_not_matter() -> None:
    one_, other = form(), form().with_columns(document_id=pl.lit("b" * 64))
    assert assemble(pl.concat([one_, other])).equals(assemble(pl.concat([other, one_])))


def test_assemble_money_beside_its_labels_is_read() -> None:
    money = ["预算执行情况（万元）", "<", "预算数：", "5.8", "<", "执行数：", "5.8", "<"]
    fields = assemble(pl.concat([lines("区域绩效目标自评表"), grid([*HEAD, money, INDICATOR_HEADER, *INDICATORS])]))
    assert texts(fields, "funding", "annual_budget") == ["5.8"]
    assert texts(fields, "funding", "executed") == ["5.8"]
    assert texts(fields, "funding", "source_label") == ["预算执行情况（万元）"]
    assert one(fields, "currency_unit") == "万元"


def test_assemble_weight_named_by_the_score_header_is_read() -> None:
    funding = [
        ["项目资金（万元）", "", "<", "预算数(A)", "执行数(B)", "<", "执行率(B/A)", "得分(20分*执行率)"],
        ["^", "年度财政资金总额", "<", "10.00", "9.00", "<", "90%", "18"],
    ]
    fields = assemble(pl.concat([lines("项目自评表"), grid([*HEAD, *funding, INDICATOR_HEADER, *INDICATORS])]))
    assert texts(fields, "funding", "weight") == ["20"]
    assert texts(fields, "funding", "score") == ["18"]


def test_assemble_other_tables_of_a_report_do_not_reach_the_form() -> None:
    other = [["科目", "预算数", "执行数", "执行率"], ["办公费", "3", "2", "67%"]]
    cells = pl.concat(
        [form(), lines("二、支出明细", top=480, first_cell=400), grid(other, table=2, top=520, first_cell=410)]
    )
    fields = assemble(cells)
    assert texts(fields, "funding", "source_label") == ["年度资金总额：", "其中：当年财政拨款"]


@pytest.mark.parametrize("line", ["（20２3年度）", "（2023年1-12月）"])
def test_assemble_year_in_mixed_widths_or_months_is_kept(line: str) -> None:
    fields = assemble(
        pl.concat([lines("项目支出绩效自评表", line), grid([*HEAD, *FUNDING, INDICATOR_HEADER, *INDICATORS])])
    )
    assert one(fields, "fiscal_year") == line


def test_assemble_office_and_unit_under_labels_of_whole_departments_are_two() -> None:
    head = [
        ["项目名称", "<", "信息化运维", "<", "<", "<", "<", "<"],
        ["部门名称", "<", "某市教育局", "<", "单位名称", "<", "某市第一中学", "<"],
    ]
    fields = assemble(grid([*head, *FUNDING, INDICATOR_HEADER, *INDICATORS]))
    assert (one(fields, "department"), one(fields, "implementing_unit")) == ("某市教育局", "某市第一中学")


def test_assemble_name_of_the_project_comes_before_that_of_its_part() -> None:
    head = [["子项目名称", "<", "机房", "<", "项目名称", "<", "信息化运维", "<"], *HEAD[1:]]
    fields = assemble(grid([*head, *FUNDING, INDICATOR_HEADER, *INDICATORS]))
    assert one(fields, "project_name") == "信息化运维"


@pytest.mark.parametrize(
    ("line", "block", "column", "units"),
    [
        ("单位：元", "项目资金（万元）", "全年预算数", "元万元"),
        ("单位：万元", "项目资金（万元）", "全年预算数", "万元"),
        ("单位：万元", "项目资金", "全年预算数（元）", "万元"),
        ("", "项目资金", "全年预算数（元）", "元"),
        ("", "项目资金（万元）", "全年预算数（元）", "万元"),
        ("", "资金（万元）总额", "全年预算数", "万元"),
        ("", "项目资金万元）", "全年预算数", "万元"),
        ("", "项目资金（万元", "全年预算数", "万元"),
        ("", "项目资金美元）", "全年预算数", None),
        ("", "项目资金/万元", "全年预算数", "万元"),
        ("", "项目资金（以元为单位）", "全年预算数", "元"),
        ("", "项目资金（万）", "全年预算数", "万"),
        ("单位：个、万元", "项目资金", "全年预算数", "万元"),
        ("单位：元氏县教育局", "项目资金", "全年预算数", None),
        (
            "填报单位：甲 填表人：乙 联系电话：0123-12345678 填报日期：2024年3月15日 单位：万元",
            "项目资金",
            "全年预算数",
            "万元",
        ),
        ("单位：元江县财政局 金额单位：万元", "项目资金", "全年预算数", "万元"),
    ],
)
def test_assemble_two_units_of_all_amounts_are_both_kept(line: str, block: str, column: str, units: str | None) -> None:
    money = [[{"项目资金（万元）": block, "全年预算数": column}.get(text, text) for text in row] for row in FUNDING]
    top = lines("2022年度项目支出绩效自评表", line)
    fields = assemble(pl.concat([top, grid([*HEAD, *money, INDICATOR_HEADER, *INDICATORS])]))
    assert (one(fields, "currency_unit") if units else texts(fields, "forms", "currency_unit")) == (units or [])


@pytest.mark.parametrize(
    ("headers", "of_first_level"),
    [
        (["指标类别", "指标类型"], "指标类别"),
        (["指标类型", "指标类别"], "指标类型"),
        (["二级指标", "一级指标"], "一级指标"),
    ],
)
def test_assemble_levels_that_no_header_counts_are_known_by_their_labels(
    headers: list[str], of_first_level: str
) -> None:
    is_turned = headers.index(of_first_level) == 1
    rows = [[two, one, *rest] if is_turned else [one, two, *rest] for one, two, *rest in INDICATORS]
    fields = assemble(grid([*HEAD, *FUNDING, [*headers, *INDICATOR_HEADER[2:]], *rows]))
    first = fields.filter(pl.col("column_name") == "level_1_label")
    assert first["label"].unique().to_list() == [of_first_level]
    assert texts(fields, "indicators", "level_1_label") == ["产出指标", "效益指标", "满意度指标"]
    assert texts(fields, "indicators", "level_2_label") == ["数量指标", "社会效益指标", "服务对象满意度指标"]


def test_assemble_of_two_targets_the_adjusted_one_counts() -> None:
    header = [*INDICATOR_HEADER[:2], "指标名称", "年初目标值", "调整后目标值", *INDICATOR_HEADER[4:7]]
    rows = [[*row[:3], "≥12条", *row[3:7]] for row in INDICATORS]
    fields = assemble(grid([*HEAD, *FUNDING, header, *rows]))
    assert texts(fields, "indicators", "target") == ["≥10条", "≥90%", "≥90%"]


def test_assemble_title_of_two_lines_and_unit_above_it_are_read() -> None:
    top = lines("单位：元", "2022年度某某县老旧小区改造", "项目支出绩效自评表").with_columns(
        bottom=pl.col("top") + 14, text_bottom=pl.col("top") + 14
    )
    head = [["项目名称", "甲", "<", "<", "<", "<", "<", "<"], *HEAD[1:]]
    funding = [["资金", *FUNDING[0][1:]], *FUNDING[1:]]
    fields = assemble(pl.concat([top, grid([*head, *funding, INDICATOR_HEADER, *INDICATORS])]))
    assert one(fields, "title") == "2022年度某某县老旧小区改造项目支出绩效自评表"
    assert one(fields, "currency_unit") == "元"
    assert one(fields, "fiscal_year") == "2022年度某某县老旧小区改造"


def test_assemble_name_that_falls_on_the_second_page_is_joined() -> None:
    fields = assemble(
        two_pages(
            ["效益指标", "社会效益指标", "", "≥90%", "95%", "30", "30", ""],
            ["", "", "指标2：水质达标率", "", "", "", "", ""],
        )
    )
    assert texts(fields, "indicators", "indicator_name") == ["清理河道", "指标2：水质达标率", "居民满意度"]
    assert texts(fields, "indicators", "weight") == ["50", "30", "10"]


def test_assemble_label_that_falls_on_the_second_page_rules_the_rows_before_it() -> None:
    rows = [
        ["效益指标", "", "水质达标率", "≥90%", "95%", "20", "20", ""],
        ["^", "^", "水质公开率", "≥90%", "95%", "10", "10", ""],
    ]
    cells = pl.concat(
        [
            lines("项目支出绩效自评表"),
            grid([*HEAD, *FUNDING, INDICATOR_HEADER, INDICATORS[0], *rows]),
            grid([["", "社会效益指标", "鸟类", "≥5种", "6种", "5", "5", ""], INDICATORS[2], *TOTAL], page=2, top=50),
        ]
    )
    assert texts(assemble(cells), "indicators", "level_2_label")[1:4] == ["社会效益指标"] * 3


def test_assemble_table_without_its_side_column_on_the_next_page_goes_on() -> None:
    header = ["绩效指标", *INDICATOR_HEADER[:7]]
    first = ["^", *INDICATORS[0][:7]]
    cells = pl.concat(
        [
            lines("项目支出绩效自评表"),
            grid([*HEAD, *FUNDING, header, first]),
            grid([INDICATORS[1][:7], INDICATORS[2][:7]], page=2, top=50, left=50 + 495 / 8).with_columns(
                x0=50 + 495 / 8 + pl.col("column_number") * 495 / 8, x1=50 + 495 / 8 * (pl.col("column_number") + 2)
            ),
        ]
    )
    fields = assemble(cells)
    assert texts(fields, "indicators", "indicator_name") == ["清理河道", "水质达标率", "居民满意度"]
    assert texts(fields, "indicators", "score") == ["45", "30", "10"]


def test_assemble_conclusion_in_words_is_not_a_rating() -> None:
    rows = [["评价结论", "项目实施总体顺利，目标基本实现。", "<", "<", "<", "<", "<", "<"]]
    fields = assemble(
        pl.concat([lines("项目支出绩效自评表"), grid([*HEAD, *FUNDING, INDICATOR_HEADER, *INDICATORS, *TOTAL, *rows])])
    )
    assert one(fields, "rating") is None


def test_assemble_title_wrapped_within_its_last_word_is_whole() -> None:
    title = lines("2023年度大型科学仪器开放共享平台运维项目支出绩效自", "评表").with_columns(
        bottom=pl.col("top") + 14, text_bottom=pl.col("text_top") + 14
    )
    body = form().filter(pl.col("table_number").is_not_null())
    fields = assemble(pl.concat([title, body]))
    assert one(fields, "title") == "2023年度大型科学仪器开放共享平台运维项目支出绩效自评表"


def test_assemble_table_after_a_sentence_belongs_to_no_form() -> None:
    other = [["科目", "名称", "预算数", "决算数"], ["2010101", "办公费", "6701.24", "554.45"]]
    reported = lines("各单位按要求开展了自评，主管部门进行了抽查。", page=1, top=700, first_cell=900)
    cells = pl.concat([form(), reported, grid(other, page=2, top=50)])
    named = texts(assemble(cells), "indicators", "indicator_name")
    assert named == ["清理河道", "水质达标率", "居民满意度"]
    headless = form().filter(pl.col("text") != "总分")
    assert "办公费" not in texts(
        assemble(pl.concat([headless, reported, grid(other, page=2, top=50)])), "indicators", "level_2_label"
    )
