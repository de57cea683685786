"""The views: all forms with what was found about them, published and held back alike. Blank is null in all of them.

A view is a schema and one SELECT in `sql/`, over the tables of a release by their names (`forms` are those that are
published, `quarantine.forms` those that are held back) and over the views before it. That one text is run to publish
the view as Parquet, and is the view in a DuckDB file.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

import dataframely as dy
import polars as pl

from warehouse.contract.columns import DOCUMENT_ID, FORM_ID, PAGE, closed, coordinate, count, meta, text, yes_no
from warehouse.contract.form_tables import Forms, Funding, Indicators
from warehouse.contract.read_from import feeds
from warehouse.contract.schemas import TableType, polars_schema
from warehouse.contract.vocabulary import (
    FORM_STATUSES,
    LEVEL_1_BASES,
    LEVEL_1_TYPES,
    READERS,
    REGION_BASES,
    SEVERITIES,
)

_KEY: Final = (
    "what makes it the same project from year to year: region_code, unit (else department) and name of the project, "
    "joined by '|', without white space, punctuation, leading codes and years; null where the name is blank, or "
    "unit and department both are"
)
_REGION: Final = "full name of the division; the text as given where the list does not know it"
_STATUS: Final = "published, or held: a critical rule is broken, see held_by"
_HELD_BY: Final = "critical rules that the form breaks, joined by ', '; null for a published form"


def _sum(description: str, unit: str = "yuan") -> dy.Decimal:
    return dy.Decimal(38, 2, nullable=True, description=description, metadata=meta(unit, None))


def _difference(description: str) -> dy.Decimal:
    return dy.Decimal(20, 2, nullable=True, description=description, metadata=meta("yuan", None))


def _wan(description: str, *, digits: int = 22) -> dy.Decimal:
    return dy.Decimal(digits, 6, nullable=True, description=description, metadata=meta("10 000 yuan", None))


def _rate(description: str, unit: str = "percent") -> dy.Decimal:
    return dy.Decimal(30, 4, nullable=True, description=description, metadata=meta(unit, None))


def _many(description: str, unit: str) -> dy.Int64:
    return dy.Int64(nullable=False, description=description, metadata=meta(unit, None))


def _same(column: dy.Column) -> dy.Column:
    """A column of a table, with its meaning; blank is null here."""
    meaning, metadata = column.description, column.metadata
    if isinstance(column, dy.String):
        return dy.String(nullable=True, description=meaning, metadata=metadata)
    return column


_forms = Forms.columns()
_funding = Funding.columns()
_indicators = Indicators.columns()


class AllForms(dy.Schema):
    """One row for each form, published or held back: what it states and what was found about it.

    `forms` under `published` holds only what breaks no critical rule. Ask this view when a question is about what was
    printed, right or wrong: which rates cannot be, which departments, how many.
    """

    form_id = text(FORM_ID, key=True)
    document_id = text(DOCUMENT_ID, null=False)
    file_name = text("name of the PDF file")
    source_uri = text("where the file was seen: its path below its source, or its address")
    archive_path = text("the PDF in the archive, below the warehouse", null=False)
    form_number = count("form in the document, from 1")
    page_first = count("page on which the form begins, from 1")
    page_last = count("page on which the form ends")
    reader = closed(READERS, "which feed read the pages")
    template = _same(_forms["template"])
    status = closed(FORM_STATUSES, _STATUS, null=False)
    held_by = text(_HELD_BY)
    critical_findings = _many("records that break a critical rule", "findings")
    warning_findings = _many("records that break a rule of severity warning", "findings")
    info_findings = _many("records that break a rule of severity info", "findings")
    region_code = text("division of GB/T 2260; null where neither source nor printed unit gives one")
    region = text(_REGION)
    region_basis = closed(
        REGION_BASES,
        "source: given in sources.toml or by --region; printed: derived, as the printed department or unit begins with "
        "the name of a division",
    )
    fiscal_year = count("budget year", "year", null=True)
    department = _same(_forms["department"])
    implementing_unit = _same(_forms["implementing_unit"])
    project_name = _same(_forms["project_name"])
    project_key = text(_KEY)
    title = _same(_forms["title"])
    currency_unit = _same(_forms["currency_unit"])
    expected_goal_text = _same(_forms["expected_goal_text"])
    actual_goal_text = _same(_forms["actual_goal_text"])
    initial_budget_cny = _same(_forms["initial_budget_cny"])
    annual_budget_cny = _same(_forms["annual_budget_cny"])
    executed_cny = _same(_forms["executed_cny"])
    adjusted_cny = _difference("full-year budget less initial budget; null where one of them is")
    unspent_cny = _difference("full-year budget less executed; null where one of them is")
    initial_budget_wan = _wan("initial budget")
    annual_budget_wan = _wan("full-year budget")
    executed_wan = _wan("executed")
    adjusted_wan = _wan("full-year budget less initial budget")
    unspent_wan = _wan("full-year budget less executed")
    execution_rate_pct = _same(_forms["execution_rate_pct"])
    recomputed_rate_pct = _rate(
        "executed / full-year budget, rounded to four decimals; null where one of them is or the budget is not above 0"
    )
    rate_difference_pct = _rate("printed rate less recomputed rate", "percentage points")
    execution_weight_points = _same(_forms["execution_weight_points"])
    execution_score_points = _same(_forms["execution_score_points"])
    total_weight_points = _same(_forms["total_weight_points"])
    total_score_points = _same(_forms["total_score_points"])
    rating = _same(_forms["rating"])
    rating_derived = _same(_forms["rating_derived"])
    indicator_count = _same(_forms["indicator_count"])


class AllFunding(dy.Schema):
    """One row for each line of the funding block of all forms, published or held back, with project and department.

    The total is one of them (`source_type` is `total`): do not add it to its parts.
    """

    funding_id = text("form_id, '-f', line_number in two digits", key=True)
    form_id = text(FORM_ID, null=False)
    status = closed(FORM_STATUSES, _STATUS, null=False)
    held_by = text(_HELD_BY)
    line_number = count("line of the block, from 1")
    fiscal_year = count("budget year of the form", "year", null=True)
    region_code = text("division of GB/T 2260, as in all_forms")
    region = text(_REGION)
    department = _same(_forms["department"])
    implementing_unit = _same(_forms["implementing_unit"])
    project_name = _same(_forms["project_name"])
    project_key = text(_KEY)
    source_label = _same(_funding["source_label"])
    source_type = _same(_funding["source_type"])
    initial_budget_cny = _same(_funding["initial_budget_cny"])
    annual_budget_cny = _same(_funding["annual_budget_cny"])
    executed_cny = _same(_funding["executed_cny"])
    weight_points = _same(_funding["weight_points"])
    execution_rate_pct = _same(_funding["execution_rate_pct"])
    recomputed_rate_pct = _rate("executed / full-year budget; null where one of them is or the budget is not above 0")
    score_points = _same(_funding["score_points"])
    initial_budget_text = _same(_funding["initial_budget_text"])
    annual_budget_text = _same(_funding["annual_budget_text"])
    executed_text = _same(_funding["executed_text"])
    execution_rate_text = _same(_funding["execution_rate_text"])
    deviation_text = _same(_funding["deviation_text"])
    initial_budget_reason = _same(_funding["initial_budget_reason"])
    annual_budget_reason = _same(_funding["annual_budget_reason"])
    executed_reason = _same(_funding["executed_reason"])
    execution_rate_reason = _same(_funding["execution_rate_reason"])


class AllIndicators(dy.Schema):
    """One row for each indicator of all forms, published or held back, with its project and department."""

    indicator_id = text("form_id, '-i', indicator_number in three digits", key=True)
    form_id = text(FORM_ID, null=False)
    status = closed(FORM_STATUSES, _STATUS, null=False)
    held_by = text(_HELD_BY)
    indicator_number = count("indicator in the form, from 1")
    fiscal_year = count("budget year of the form", "year", null=True)
    region_code = text("division of GB/T 2260, as in all_forms")
    region = text(_REGION)
    department = _same(_forms["department"])
    implementing_unit = _same(_forms["implementing_unit"])
    project_name = _same(_forms["project_name"])
    project_key = text(_KEY)
    level_1_label = _same(_indicators["level_1_label"])
    level_2_label = _same(_indicators["level_2_label"])
    level_1_type = closed(
        LEVEL_1_TYPES, "first level of the closed list; from the second level where the first tells nothing"
    )
    level_1_basis = closed(LEVEL_1_BASES, "what level_1_type rests on; null without it")
    level_2_type = _same(_indicators["level_2_type"])
    indicator_name = _same(_indicators["indicator_name"])
    target_text = _same(_indicators["target_text"])
    actual_text = _same(_indicators["actual_text"])
    target_kind = _same(_indicators["target_kind"])
    target_operator = _same(_indicators["target_operator"])
    is_operator_printed = _same(_indicators["is_operator_printed"])
    target_value = _same(_indicators["target_value"])
    target_value_high = _same(_indicators["target_value_high"])
    target_unit = _same(_indicators["target_unit"])
    target_date = _same(_indicators["target_date"])
    target_date_operator = _same(_indicators["target_date_operator"])
    target_reason = _same(_indicators["target_reason"])
    target_value_base = _same(_indicators["target_value_base"])
    target_unit_base = _same(_indicators["target_unit_base"])
    actual_operator = _same(_indicators["actual_operator"])
    actual_value = _same(_indicators["actual_value"])
    actual_value_high = _same(_indicators["actual_value_high"])
    actual_unit = _same(_indicators["actual_unit"])
    actual_date = _same(_indicators["actual_date"])
    actual_band = _same(_indicators["actual_band"])
    actual_reason = _same(_indicators["actual_reason"])
    actual_value_base = _same(_indicators["actual_value_base"])
    actual_unit_base = _same(_indicators["actual_unit_base"])
    attainment_ratio = _same(_indicators["attainment_ratio"])
    is_met = _same(_indicators["is_met"])
    attainment_basis = _same(_indicators["attainment_basis"])
    attainment_reason = _same(_indicators["attainment_reason"])
    is_copied_target = yes_no(
        "the actual is the target with its operator, not a measurement (rule R28); null without an actual"
    )
    weight_points = _same(_indicators["weight_points"])
    score_points = _same(_indicators["score_points"])
    is_full_score = yes_no("the score is the weight; null where one of them is missing or the weight is not above 0")
    deviation_text = _same(_indicators["deviation_text"])


class Findings(dy.Schema):
    """One row for each record that breaks a rule, with the rule in words and what the form prints."""

    finding_id = text("ids of document, form, rule, table and record, joined by '/'", key=True)
    rule_id = text("stable id of the rule, such as R07", null=False)
    severity = closed(SEVERITIES, "critical holds the form back", null=False)
    rule_zh = text("the rule in Chinese")
    rule_en = text("the rule in English")
    form_id = text(FORM_ID + "; null for a rule on a document or on the dataset")
    document_id = text(DOCUMENT_ID)
    file_name = text("name of the PDF file")
    page_number = count(PAGE + ", where the record is printed", null=True)
    table_name = text("table of the record")
    record_id = text("id of the record; the form_id where the rule is on the form")
    form_status = closed(FORM_STATUSES, _STATUS + "; null without a form, and for one that stands elsewhere")
    fiscal_year = count("budget year of the form", "year", null=True)
    region_code = text("division of GB/T 2260, as in all_forms")
    region = text(_REGION)
    department = _same(_forms["department"])
    implementing_unit = _same(_forms["implementing_unit"])
    project_name = _same(_forms["project_name"])
    indicator_name = text("name of the indicator, where the record is one")
    printed = text("what the form prints")
    expected = text("what the rule expects")
    message_zh = text("the finding in Chinese, for the form's author")
    message_en = text("the finding in English")


class Projects(dy.Schema):
    """One row for each project and year, the year before beside it.

    A project is known by `project_key`; forms without one, or without a year, are left out. Where several forms state
    the same project and year, published ones count before those that are held back, and their amounts are summed.
    """

    project_year_id = text("project_key, '|', fiscal_year", key=True)
    project_key = text(_KEY, null=False)
    fiscal_year = count("budget year", "year")
    form_count = _many("forms that are counted", "forms")
    form_ids = text("their ids, joined by a space", null=False)
    status = closed(FORM_STATUSES, "held: nothing of this project and year is published", null=False)
    region_code = text("division of GB/T 2260, as in all_forms")
    region = text(_REGION)
    department = text("department in charge, as printed")
    implementing_unit = text("unit that carried the project out, as printed")
    project_name = text("name of the project, as printed")
    initial_budget_cny = _sum("initial budget; null where one of the forms has none")
    annual_budget_cny = _sum("full-year budget; null where one of the forms has none")
    executed_cny = _sum("executed; null where one of the forms has none")
    execution_rate_pct = _rate("printed execution rate; null where several forms are counted")
    total_score_points = _rate("printed total score; null where several forms are counted", "points")
    rating = text("rating as printed; null where several forms are counted")
    recomputed_rate_pct = _rate("executed / full-year budget; null where one of them is or the budget is not above 0")
    year_count = _many("years that the project has rows for", "years")
    previous_form_ids = text("forms of the year before, joined by a space; null: there are none")
    previous_annual_budget_cny = _sum("full-year budget of the year before")
    previous_executed_cny = _sum("executed in the year before")
    previous_execution_rate_pct = _rate("printed execution rate of the year before")
    previous_recomputed_rate_pct = _rate("executed / full-year budget of the year before")
    previous_total_score_points = _rate("printed total score of the year before", "points")
    previous_rating = text("rating of the year before, as printed")
    budget_change_cny = _sum("full-year budget less that of the year before; null where one of them is")
    executed_change_cny = _sum("executed less executed in the year before; null where one of them is")
    score_change_points = _rate("total score less that of the year before; null where one of them is", "points")


class DepartmentYear(dy.Schema):
    """One row for each department (else implementing unit), region and year, over all forms, published or held back."""

    department_year_id = text(
        "region_code, department without white space and punctuation, year, joined by '|'", key=True
    )
    department = text("department in charge as printed, else the implementing unit; null: no form names one")
    region_code = text("division of GB/T 2260, as in all_forms")
    region = text(_REGION)
    fiscal_year = count("budget year", "year", null=True)
    form_count = _many("forms", "forms")
    published_count = _many("of these, published", "forms")
    held_count = _many("of these, held back", "forms")
    amounts_count = _many("of these, with full-year budget and executed amount: sums and rate are over them", "forms")
    annual_budget_cny = _sum("full-year budgets; null where no form has both amounts")
    executed_cny = _sum("executed amounts; null where no form has both amounts")
    unspent_cny = _sum("full-year budgets less executed amounts")
    annual_budget_wan = _wan("full-year budgets", digits=38)
    executed_wan = _wan("executed amounts", digits=38)
    unspent_wan = _wan("full-year budgets less executed amounts", digits=38)
    recomputed_rate_pct = _rate("executed / full-year budgets, of the sums; null where the budgets are not above 0")
    impossible_rate_count = _many("forms whose printed execution rate is below 0 or above 100 %", "forms")
    wrong_rate_count = _many("forms whose printed rate is 0.1 points or more from what their amounts give", "forms")
    scored_count = _many("forms with a printed total score", "forms")
    mean_score_points = _rate("mean of the printed total scores, rounded to four decimals; null without any", "points")
    excellent_count = _many("forms with 90 points and more", "forms")
    good_count = _many("forms with 80 points and more, below 90", "forms")
    fair_count = _many("forms with 60 points and more, below 80", "forms")
    poor_count = _many("forms with less than 60 points", "forms")
    critical_findings = _many("records that break a critical rule", "findings")
    warning_findings = _many("records that break a rule of severity warning", "findings")
    info_findings = _many("records that break a rule of severity info", "findings")


class EvidenceOf(dy.Schema):
    """One row for each printed place that a value of any form comes from, with its PDF.

    `feeds` names all columns that the place feeds, also those that are worked out: the places of `is_met` are the rows
    of its record whose feeds have `is_met` among them.
    """

    form_id = text(FORM_ID, key=True)
    table_name = text("forms, funding or indicators", key=True)
    record_id = text("form_id, funding_id or indicator_id", key=True)
    column_name = text("the column that holds what is printed there", key=True)
    part_number = count("1, or 2 and more where page breaks cut the cell", key=True)
    feeds = text("columns of the table that are read from it, its own first, joined by ' | '", null=False)
    status = closed(FORM_STATUSES, _STATUS, null=False)
    document_id = text(DOCUMENT_ID, null=False)
    file_name = text("name of the PDF file")
    archive_path = text("the PDF in the archive, below the warehouse", null=False)
    page_number = count(PAGE)
    x0 = coordinate("left edge")
    top = coordinate("upper edge")
    x1 = coordinate("right edge")
    bottom = coordinate("lower edge")
    printed_text = text("text of this part, as printed; null: the cell is blank")
    confidence = dy.Float64(nullable=True, description="least certainty of the OCR, 0 to 1; null for a text layer")


VIEWS: Final[dict[str, TableType]] = {
    "all_forms": AllForms,
    "all_funding": AllFunding,
    "all_indicators": AllIndicators,
    "findings": Findings,
    "projects": Projects,
    "department_year": DepartmentYear,
    "evidence_of": EvidenceOf,
}
"""Every view, in the order in which they are made: a view may use those before it."""


def macros() -> str:
    """Return the SQL that defines what the views compute with: statements, each ended by a semicolon."""
    return _sql("macros")


@cache
def select_of(view: str) -> str:
    """Return the SELECT of a view: its columns in order, with the types of its contract, blank texts as null.

    Example:
        >>> select_of("all_forms").splitlines()[0]
        'SELECT'
    """
    columns = [f"  {_cast(name, dtype)} AS {name}" for name, dtype in polars_schema(VIEWS[view]).items()]
    body = _sql(view).strip()
    if view == "evidence_of":
        pairs = [f"('{table}', '{column}', '{' | '.join(fed)}')" for table, column, fed in feeds()]
        body = body.replace("{feeds}", ",\n  ".join(pairs))
    return "SELECT\n" + ",\n".join(columns) + "\nFROM (\n" + body + "\n)"


def _cast(name: str, dtype: pl.DataType) -> str:
    if isinstance(dtype, pl.String | pl.Enum):
        return f"filled({name}::VARCHAR)" if isinstance(dtype, pl.String) else f"{name}::VARCHAR"
    if isinstance(dtype, pl.Decimal):
        return f"{name}::DECIMAL({dtype.precision}, {dtype.scale})"
    named = {pl.Int32: "INTEGER", pl.Int64: "BIGINT", pl.Float64: "DOUBLE", pl.Boolean: "BOOLEAN", pl.Date: "DATE"}
    return f"{name}::{named[dtype.base_type()]}"


def _sql(name: str) -> str:
    return resources.files("warehouse.contract").joinpath("sql", f"{name}.sql").read_text("utf-8")
