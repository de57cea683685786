"""The published tables: column names, types, meaning, unit and printed Chinese label.

A table is a dataframely schema. A column's `description` is what the value means; its metadata has the `unit`
and the `source_label` (the label that the form prints), where there is one.
"""

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
    instant,
    meta,
    money,
    percent,
    points,
    quantity,
    text,
    yes_no,
)
from warehouse.contract.reference import Codes, Regions, Rules
from warehouse.contract.schemas import TableType
from warehouse.contract.vocabulary import (
    ATTAINMENT_BASES,
    CHECK_STATUSES,
    CORRECTION_ACTIONS,
    CORRECTION_STATUSES,
    DOCUMENT_STATUSES,
    FUNDING_TYPES,
    LEVEL_1_TYPES,
    LEVEL_2_TYPES,
    OPERATORS,
    PAGE_KINDS,
    RATINGS,
    READERS,
    SEVERITIES,
    SOURCE_STATES,
    TARGET_KINDS,
)


class Documents(dy.Schema):
    """One row for each PDF ever seen."""

    document_id = text(DOCUMENT_ID, key=True)
    source_uri = text("where the file was first seen: its path below its source, or its address", null=False)
    file_name = text("name of the file, as the server gives it, else the last part of source_uri", null=False)
    byte_count = dy.Int64(description="size of the file", metadata=meta("bytes", None))
    page_count = count("pages; null when the file could not be opened", "pages", null=True)
    form_count = count("forms found in the document", "forms")
    status = closed(DOCUMENT_STATUSES, "what became of the document", null=False)
    reason = text("stable code for a status other than published, with a sentence after a colon")
    first_seen_at = instant("when the file was first collected")
    reader = closed(READERS, "which feed read the pages; null when nothing could be read")
    reader_version = text("version of the reader; a new one means that the cells may differ")
    sources = text(
        "sources of sources.toml in which the file was seen, sorted, joined by ' | '; "
        "null: it was only given to runs as a path or address"
    )
    region = text(
        "region of the first of these sources to have it, else as given by --region; null where none is given"
    )
    default_department = text(
        "department that this source gives to its documents: given by whoever keeps sources.toml, never printed; "
        "the printed one is in forms"
    )
    withdrawn_at = instant(
        "start of the run that found it gone from the last of these sources, taken away or replaced there; null: it is "
        "still there as far as is known. Its forms stay published",
        null=True,
    )


class Sources(dy.Schema):
    """One row for each source of sources.toml that a run has looked at.

    What can change from night to night without a new document (last look, overdue) is not here, so that a night
    without news changes no published byte: `jixiao sources` and the ledger's `source_runs` have it.
    """

    source_name = text("name in sources.toml", key=True)
    kind = text("files, urls, index or s3", null=False)
    region = text("region that the source is for")
    default_department = text("department that it gives to its documents")
    expected_days = count("something new is expected at least this often; null: not given", "days", null=True)
    document_count = count("documents ever seen in it", "documents")
    published_count = count("of these, published, in part or whole", "documents")
    quarantined_count = count("of these, held back whole", "documents")
    no_form_count = count("of these, without any form", "documents")
    failed_count = count("of these, that could not be read", "documents")
    last_new_at = instant("start of the run that last found a new document in it; null: none yet", null=True)
    listed_count = count("PDFs that it listed in that run; null when that run ended early", "documents", null=True)
    fetched_count = count("of these, fetched and archived in that run", "documents", null=True)
    unchanged_count = count("of these, known already and not changed", "documents", null=True)
    missed_count = count("of these, those that could not be fetched in that run", "documents", null=True)
    state = closed(SOURCE_STATES, "state of the source after that run; null when it ended early")
    withdrawn_count = count("of the documents ever seen in it, those that are gone from it", "documents")
    withdrawn_at = instant(
        "start of the run that last found one of them gone; null: all are still there as far as is known", null=True
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


class Pages(dy.Schema):
    """One row for each page of a document that was opened, also where no form was read of it: what the page shows.

    Each character (white space aside) has exactly one fate: it leads to a published value, is part of a label, is in
    `leftovers`, is furniture of the page, or stands outside. The five sum to character_count.
    """

    document_id = text(DOCUMENT_ID, key=True)
    page_number = count(PAGE, key=True)
    kind = closed(
        PAGE_KINDS,
        "form: a form begins on it; continuation: it belongs to one that began before; outside: to none; blank: it "
        "shows no text; unreadable: a picture or a font without a map that was not recognised, or a page that fails",
        null=False,
    )
    form_ids = text("forms that it prints something of, joined by a space; null: none")
    reader = closed(READERS, "which feed read it; null when it was not looked into: it cannot hold a part of a form")
    character_count = count("characters that the page shows, white space aside", "characters")
    value_characters = count("of these, in cells and lines that lead to a published value", "characters")
    label_characters = count("of these, in labels and headers", "characters")
    leftover_characters = count("of these, in leftovers", "characters")
    furniture_characters = count(
        "of these, page numbers, running heads, stamps, watermarks and text that nobody sees", "characters"
    )
    outside_characters = count(
        "of these, of no form, or of a part of one that is not published: names and phone numbers, notes", "characters"
    )
    lowest_confidence = dy.Float64(
        nullable=True, description="least certainty of the OCR on the page, 0 to 1; null for a text layer"
    )
    rotation = count(
        "direction of the text on the page as displayed, counter-clockwise: 0 upright, 90, 180, 270 (it was turned "
        "upright to be read); null when it was not looked into",
        "degrees",
        null=True,
    )
    has_lost_form = yes_no("it prints a table that looks like a form, of which none was read")


class Checks(dy.Schema):
    """One row for each record that fails a rule, and for each form to which a rule could not be applied."""

    document_id = text(DOCUMENT_ID, key=True)
    form_id = text(FORM_ID + "; empty for a rule on a document or on the dataset", key=True, null=False)
    rule_id = text("stable id of the rule, such as R07", key=True)
    table_name = text("table of the record", key=True)
    record_id = text("id of the record; the form_id where the rule is on the form", key=True)
    rule_version = count("goes up when the meaning of the rule changes")
    severity = closed(SEVERITIES, "critical holds the form back", null=False)
    status = closed(CHECK_STATUSES, "fail, or not_applicable with its reason", null=False)
    page_number = count(PAGE + ", where the record is printed", null=True)
    observed = text("what the form prints")
    expected = text("what the rule expects")
    message = text("the finding in Chinese, for the form's author")
    message_en = text("the finding in English")
    reason = text("why the rule could not be applied; null for fail")


class RuleResults(dy.Schema):
    """One row for each rule: how often it passed, failed and could not be applied."""

    rule_id = text("stable id of the rule", key=True)
    rule_version = count("version of the rule", key=True)
    severity = closed(SEVERITIES, "severity in this run", null=False)
    table_name = text("table whose records are judged", null=False)
    passed = dy.Int64(description="records that obey")
    failed = dy.Int64(description="records that break the rule: as many rows as in checks")
    not_applicable = dy.Int64(description="records to which the rule could not be applied")


class RuleCounts(dy.Schema):
    """One row for each document and rule: the counts that `rule_results` sums over the documents of a release."""

    document_id = text(DOCUMENT_ID, key=True)
    rule_id = text("stable id of the rule", key=True)
    rule_version = count("version of the rule", key=True)
    severity = closed(SEVERITIES, "severity in this run", null=False)
    table_name = text("table whose records are judged", null=False)
    passed = dy.Int64(description="records that obey")
    failed = dy.Int64(description="records that break the rule")
    not_applicable = dy.Int64(description="records to which the rule could not be applied")


class Occurrences(dy.Schema):
    """One row for each place where a published form was found, its own document first."""

    form_id = text(FORM_ID, key=True)
    document_id = text(DOCUMENT_ID, key=True)
    form_number = count("form in that document, from 1", key=True)
    page_first = count("page on which it begins")
    page_last = count("page on which it ends")


class Revisions(dy.Schema):
    """One row for each field that changed when a form was published again with other figures or words.

    A record that is in one version only gives a row for each of its fields. The forms are compared by their figures
    as `identity` compares them; a form that was revised several times has each step.
    """

    new_form_id = text("the form that was published again", key=True)
    table_name = text("forms, funding or indicators", key=True)
    record_name = text(
        "what identifies the record in both forms: source or name of the indicator as printed, with ' #2' where it is "
        "there again; empty in forms",
        key=True,
    )
    column_name = text("the field; its value, or the printed text where that could not be read", key=True)
    old_form_id = text("the form before it; in the ledger, and not in this release unless it stands again", null=False)
    new_document_id = text("document of the new form: " + DOCUMENT_ID, null=False)
    old_document_id = text("document of the old form", null=False)
    fiscal_year = count("budget year: these four say that it is the same form", "year")
    department = text("department in charge, as the new form prints it", "主管部门", null=False)
    implementing_unit = text("unit that carried the project out, as the new form prints it", "实施单位", null=False)
    project_name = text("name of the project, as the new form prints it", "项目名称", null=False)
    before = text("what the old form prints; null: nothing, or it has no such record")
    after = text("what the new form prints; null: nothing, or it has no such record")
    seen_at = instant("when the new form's document was first collected")


class Corrections(dy.Schema):
    """One row for each correction that a person decided on, applied or not.

    A corrected value is read from `corrected_text`, and so are the text columns beside it; `evidence` keeps what is
    printed.
    """

    form_id = text(FORM_ID, key=True)
    table_name = text("forms, funding or indicators", key=True)
    record_number = count("0 for forms; line_number or indicator_number else", key=True)
    column_name = text("the field, such as executed, target, score", key=True)
    record_id = text("form_id, funding_id or indicator_id", null=False)
    action = closed(CORRECTION_ACTIONS, "replace the text, or withhold the value", null=False)
    status = closed(
        CORRECTION_STATUSES,
        "applied; refused: the form prints another text than expected; not_found: no such form, record or field",
        null=False,
    )
    expected_text = text("the printed text that the correction is for", null=False)
    observed_text = text("what the form prints there; null when it was not found")
    corrected_text = text("what is read instead; null where the value is withheld")
    reason = text("why", null=False)
    decided_by = text("who decided", null=False)
    decided_on = dy.Date(nullable=False, description="when it was decided")


FORM_TABLES: Final[dict[str, TableType]] = {
    "forms": Forms,
    "funding": Funding,
    "indicators": Indicators,
    "leftovers": Leftovers,
    "evidence": Evidence,
}
"""Tables that a form's rows go through the gate with: published or quarantined together."""

DATASET_TABLES: Final[dict[str, TableType]] = {
    "documents": Documents,
    "pages": Pages,
    "sources": Sources,
    "checks": Checks,
    "rule_results": RuleResults,
    "occurrences": Occurrences,
    "revisions": Revisions,
    "corrections": Corrections,
    "rules": Rules,
    "codes": Codes,
    "regions": Regions,
}
"""Tables about everything seen, published or not."""

TABLES: Final[dict[str, TableType]] = {**FORM_TABLES, **DATASET_TABLES}
"""Every table of a release; `views.VIEWS` has the views that are published beside them."""
