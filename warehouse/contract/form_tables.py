"""The published tables that hold what forms say: published or quarantined together. See `tables`."""

from __future__ import annotations

from typing import Final

import dataframely as dy

from warehouse.contract.columns import (
    DOCUMENT_ID,
    FORM_ID,
    PAGE,
    REASON,
    closed,
    coordinate,
    count,
    meta,
    money,
    percent,
    points,
    quantity,
    text,
    yes_no,
)
from warehouse.contract.schemas import TableType
from warehouse.contract.vocabulary import (
    ATTAINMENT_BASES,
    FUNDING_TYPES,
    LEVEL_1_TYPES,
    LEVEL_2_TYPES,
    OPERATORS,
    RATINGS,
    TARGET_KINDS,
)


class Forms(dy.Schema):
    """One row for each form: a project (or a department) and a year."""

    form_id = text(FORM_ID, key=True)
    document_id = text(DOCUMENT_ID, null=False)
    form_number = count("form in the document, from 1")
    page_first = count("page on which the form begins, from 1")
    page_last = count("page on which the form ends")
    template = text(
        "family of the layout, known by its labels, such as mof_standard; unknown when a header has no known label",
        null=False,
    )
    title = text("title above the form, as printed", "标题")
    fiscal_year = count("budget year", "year", null=True)
    project_name = text("name of the project, as printed", "项目名称")
    department = text("department in charge, as printed", "主管部门")
    implementing_unit = text("unit that carried the project out, as printed", "实施单位")
    currency_unit = text(
        "unit of the amounts, as printed: 万元, 元; null when the form names none (its amounts are then in the unit of "
        "its document's other forms where these agree, else null) or names two (its amounts are null)",
        "单位",
    )
    expected_goal_text = text("expected annual goal, as printed", "预期目标")
    actual_goal_text = text("what was done, as printed", "实际完成情况")
    initial_budget_cny = money("initial budget, total row", "年初预算数")
    annual_budget_cny = money("full-year (adjusted) budget, total row", "全年预算数")
    executed_cny = money("executed, total row", "全年执行数")
    execution_rate_pct = percent("printed execution rate, total row", "执行率")
    execution_weight_points = points("weight of budget execution", "分值")
    execution_score_points = points("score of budget execution", "得分")
    total_weight_points = points("printed total of the weights", "总分 (分值)")
    total_score_points = points("printed total score", "总分 (得分)")
    total_weight_text = text("total of the weights as printed", "总分 (分值)")
    total_score_text = text("total score as printed", "总分 (得分)")
    rating = text("rating as printed, never derived", "评分等级")
    rating_derived = closed(
        RATINGS, "rating that the printed total score gives (90, 80, 60); null without a readable total"
    )
    indicator_count = count("indicators of the form", "indicators")
    unknown_columns = text(
        "headers of columns that hold something but that the vocabulary does not know, joined by ' | '; null: none"
    )
    inferred_columns = text(
        "columns with an unknown header that the form's own figures prove: header, what it is and the proof, joined by "
        "' | '; null: none"
    )
    unread_columns = text(
        "what the indicators lack while a column with an unknown header could hold it, and these headers; null: nothing"
    )
    unexplained_figures = text(
        "cells with figures within the money, the goals or the indicators that are neither value nor label, joined by "
        "' | '; null: none"
    )
    unexplained_text = text("other texts there that are neither value nor label, joined by ' | '; null: none")
    unread_pages = text(
        "pages that nothing was read from, between the form's first and last, or next to one of them where the form "
        "may continue; null: none"
    )
    witnesses_differ = text(
        "cells whose figures the picture of the page shows otherwise than its text says, and how; null: none, or the "
        "document was not looked at again"
    )
    doubted_texts = text(
        "values with a character that its font's map, or the picture of the page, leaves in doubt, and what is shown "
        "there; null: none"
    )
    unnamed_row_count = count(
        "rows with a target, actual, weight or score but no name: kept in leftovers, not indicators", "rows"
    )
    unnamed_weight_points = points("sum of the weights of unnamed rows; null when there are none", "分值")
    unnamed_score_points = points("sum of the scores of unnamed rows; null when there are none", "得分")


class Funding(dy.Schema):
    """One row for each line of the funding block, blank lines included. Do not add the total to its parts."""

    funding_id = text("form_id, '-f', line_number in two digits", key=True)
    form_id = text(FORM_ID, null=False)
    fiscal_year = count("budget year of the form", "year", null=True)
    line_number = count("line of the block, from 1")
    source_label = text("source of the money, as printed", "项目资金")
    source_type = closed(FUNDING_TYPES, "what the line is", null=False)
    initial_budget_cny = money("initial budget", "年初预算数")
    annual_budget_cny = money("full-year (adjusted) budget", "全年预算数")
    executed_cny = money("executed", "全年执行数")
    weight_points = points("weight", "分值")
    execution_rate_pct = percent("printed execution rate", "执行率")
    score_points = points("score", "得分")
    initial_budget_text = text("initial budget as printed; null when the form has no such column", "年初预算数")
    annual_budget_text = text("full-year budget as printed", "全年预算数")
    executed_text = text("executed as printed", "全年执行数")
    weight_text = text("weight as printed", "分值")
    execution_rate_text = text("execution rate as printed", "执行率")
    score_text = text("score as printed", "得分")
    deviation_text = text("reason given for the money, as printed", "原因")
    initial_budget_reason = text(REASON.format("initial_budget_cny"))
    annual_budget_reason = text(REASON.format("annual_budget_cny"))
    executed_reason = text(REASON.format("executed_cny"))
    weight_reason = text(REASON.format("weight_points"))
    execution_rate_reason = text(REASON.format("execution_rate_pct"))
    score_reason = text(REASON.format("score_points"))


class Indicators(dy.Schema):
    """One row for each indicator of a form."""

    indicator_id = text("form_id, '-i', indicator_number in three digits", key=True)
    form_id = text(FORM_ID, null=False)
    fiscal_year = count("budget year of the form", "year", null=True)
    indicator_number = count("indicator in the form, from 1")
    level_1_label = text("first level, as printed", "一级指标")
    level_2_label = text("second level, as printed", "二级指标")
    level_1_type = closed(LEVEL_1_TYPES, "first level of the closed list; null when the label is not known")
    level_2_type = closed(LEVEL_2_TYPES, "second level of the closed list; null when the label is not known")
    level_1_caption_points = points("points printed in the first-level label: 产出指标(50分)", "一级指标")
    indicator_name = text("name of the indicator, as printed", "三级指标")
    target_text = text(
        "target as printed; operator, value and unit joined where they stand in columns of their own",
        "年度指标值",
    )
    actual_text = text("actual as printed", "实际完成值")
    target_kind = closed(TARGET_KINDS, "kind of target", null=False)
    target_operator = closed(
        OPERATORS, "operator; null for words, and where none is printed and the name does not show which way is better"
    )
    is_operator_printed = yes_no(
        "the operator is printed (not taken from the name and kind of the indicator); null without an operator"
    )
    target_value = quantity("target, in target_unit", "年度指标值")
    target_value_high = quantity("upper end when the target is a range: 80-90%", "年度指标值")
    target_unit = text("unit of the target as printed", "度量单位")
    target_date = dy.Date(
        nullable=True,
        description="deadline when the target is a date: its last day",
        metadata=meta(None, "年度指标值"),
    )
    target_date_operator = closed(
        OPERATORS,
        "how target_date bounds the actual: < for 9月前 (the date is then 1 September), else <=; beside a share "
        "(9月底前完成60%) target_operator and target_value are those of the share; null without a date",
    )
    target_reason = text(REASON.format("target_value"))
    target_value_base = quantity("target in the base unit: 1.5 万台套 is 15000")
    target_unit_base = text("base unit: 台套 for 万台套, 元 for 万元")
    actual_operator = closed(
        OPERATORS,
        "how what is printed bounds the actual: < for 不足12次, >= for 5次以上 and 50余人; null for a plain number "
        "(达到95% is one too) and without actual_value",
    )
    actual_value = quantity("actual, in actual_unit; its lower end when it is a range", "实际完成值")
    actual_value_high = quantity("upper end when the actual is a range: 5-12次", "实际完成值")
    actual_unit = text("unit of the actual as printed")
    actual_date = dy.Date(
        nullable=True,
        description="date when the actual is a date: its last day",
        metadata=meta(None, "实际完成值"),
    )
    actual_band = dy.Int32(
        nullable=True,
        description="band of a qualitative actual: 1 reached, 2 partly, 3 not reached (rule R41)",
    )
    actual_reason = text(REASON.format("actual_value"))
    actual_value_base = quantity("actual in the base unit")
    actual_unit_base = text("base unit of the actual")
    attainment_ratio = dy.Decimal(
        30,
        6,
        nullable=True,
        description="share of the target reached, 1 is all: actual / target, or target / actual where less is better",
    )
    is_met = yes_no("the actual meets the target; null when it cannot be compared, or where two readings are possible")
    attainment_basis = closed(
        ATTAINMENT_BASES,
        "what is_met rests on: measured (numbers, dates, ranks, grades), stated (words against a number, date or rank: "
        "全部完成 against 100%), worded (words against words); null without is_met",
    )
    attainment_reason = text(
        "why attainment_ratio is null (null: it was worked out): a code of the list attainment_reason, such as "
        "actual_missing or unit_mismatch; with words or date is_met can be known all the same"
    )
    weight_points = points("weight", "分值")
    score_points = points("score", "得分")
    weight_text = text("weight as printed", "分值")
    score_text = text("score as printed", "得分")
    weight_reason = text(REASON.format("weight_points"))
    score_reason = text(REASON.format("score_points"))
    deviation_text = text("reason for a deviation and measures, as printed", "偏差原因分析及改进措施")
    deviation_label = text("header of the column of reasons, as printed: whether it asks for measures too")


class Leftovers(dy.Schema):
    """One row for each printed thing of a form that no published column takes: nothing is dropped in silence."""

    leftover_id = text("form_id, '-x', leftover_number in three digits", key=True)
    form_id = text(FORM_ID, null=False)
    leftover_number = count("leftover in the form, from 1")
    kind = text(
        "unknown_column, unnamed_row, known_unpublished_column (score of a second review, scoring method), "
        "subtotal_row (of the indicators), unexplained_text (within a block, neither value nor label), other_cell",
        null=False,
    )
    label = text("the header or label that it stood under, as printed")
    printed_text = text("text as printed; the cells of a row are joined by ' | '", null=False)
    page_number = count(PAGE, null=True)


class Evidence(dy.Schema):
    """One row for each place that a published value was read from."""

    form_id = text(FORM_ID, key=True)
    table_name = text("forms, funding or indicators", key=True)
    record_id = text("form_id, funding_id or indicator_id", key=True)
    column_name = text("the column that holds the value", key=True)
    part_number = count("1, or 2 and more where page breaks cut the cell", key=True)
    page_number = count(PAGE)
    x0 = coordinate("left edge")
    top = coordinate("upper edge")
    x1 = coordinate("right edge")
    bottom = coordinate("lower edge")
    printed_text = text("text of this part, as printed", null=False)
    confidence = dy.Float64(nullable=True, description="least certainty of the OCR, 0 to 1; null for a text layer")


FORM_TABLES: Final[dict[str, TableType]] = {
    "forms": Forms,
    "funding": Funding,
    "indicators": Indicators,
    "leftovers": Leftovers,
    "evidence": Evidence,
}
"""Tables that a form's rows go through the gate with: published or quarantined together."""
