"""What a perfect reader would hand on for forms: `contract.Fields` without a PDF."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import polars as pl

from benchmarks.corpus.layouts import Layout
from benchmarks.corpus.model import Form
from warehouse import contract

FUNDING = {
    "initial": "initial_budget",
    "budget": "annual_budget",
    "executed": "executed",
    "weight": "weight",
    "rate": "execution_rate",
    "score": "score",
    "deviation": "deviation",
}
INDICATOR = {
    "level1": "level_1_label",
    "level2": "level_2_label",
    "name": "indicator_name",
    "operator": "target_operator",
    "target": "target",
    "unit": "target_unit",
    "actual": "actual",
    "weight": "weight",
    "score": "score",
    "deviation": "deviation",
}
HEADER = {
    "title": "title",
    "project": "project_name",
    "department": "department",
    "unit": "implementing_unit",
    "currency": "currency_unit",
    "goal_expected": "expected_goal_text",
    "goal_actual": "actual_goal_text",
    "total_weight": "total_weight",
    "total_score": "total_score",
    "rating": "rating",
}
UNPUBLISHED = ("method", "second_score", "converted", "share")
"""Columns that are known and not published."""
TEMPLATES = {
    "shanghai": "mof_standard",
    "mof_standard": "mof_standard",
    "decision_management": "mof_standard",
    "yunnan": "operator_value_unit",
    "sichuan": "operator_value_unit",
    "poverty_fund": "without_initial_budget",
    "transfer_unscored": "transfer_unscored",
    "transfer_managed": "transfer_unscored",
    "transfer_header_total": "score_only",
    "hubei": "score_only",
    "shandong": "scoring_method",
    "beijing": "scoring_method",
    "second_score": "several_scores",
    "department_levels": "whole_department",
    "department_flat": "flat_list",
}
"""What assembly calls each layout."""


def document_id(number: int) -> str:
    """Return the id of the document that stands for the form of that number."""
    return hashlib.sha256(str(number).encode()).hexdigest()


def _leftovers(form: Form, layout: Layout) -> list[tuple[list[str], str | None, list[str]]]:
    """Return kinds, header and texts of what is printed among the indicators and no field takes.

    A row without a name is one leftover, a cell under an unknown header one.
    """
    found: list[tuple[list[str], str | None, list[str]]] = []
    unknown = [(text, key) for text, key in layout.indicators if key not in INDICATOR and key not in UNPUBLISHED]
    for row in form.indicators:
        filled = {name: getattr(row, key) for key, name in INDICATOR.items() if getattr(row, key)}
        if not row.name and filled.keys() - {"level_1_label", "level_2_label"}:
            found.append(([f"unnamed_row:{name}" for name in filled], None, list(filled.values())))
        found += [(["unknown_column"], text, [row.extra[key]]) for text, key in unknown if row.extra.get(key)]
        found += [
            (["known_unpublished_column"], text, [row.extra[key]])
            for text, key in layout.indicators
            if key in UNPUBLISHED and row.extra.get(key)
        ]
    return found


def fields_of(forms: Sequence[tuple[Form, Layout]]) -> pl.DataFrame:
    """Return the printed fields of forms, one form in each document, each field in a place of its own on page 1."""
    rows: list[tuple[str, str, int, str, str | None, str]] = []
    for number, (form, layout) in enumerate(forms):
        here = document_id(number)
        funding = {key: text for text, key in layout.funding}
        columns = {key: text for text, key in layout.indicators}
        header = {key: text for row in layout.header for text, key in row} | {key: text for text, key in layout.goals}
        for key, name in HEADER.items():
            if getattr(form, key) is not None:
                rows.append((here, "forms", 0, name, header.get(key), getattr(form, key)))
        rows.append((here, "forms", 0, "fiscal_year", None, f"（{form.year}年度）"))
        rows.append((here, "forms", 0, "template", None, TEMPLATES[layout.name]))
        for line, money in enumerate(form.funding, 1):
            rows.append((here, "funding", line, "source_label", None, money.source))
            for key, name in FUNDING.items():
                if getattr(money, key) is not None:
                    rows.append((here, "funding", line, name, funding.get(key), getattr(money, key)))
        for order, row in enumerate((row for row in form.indicators if row.name), 1):
            for key, name in INDICATOR.items():
                if getattr(row, key) is not None:
                    rows.append((here, "indicators", order, name, columns.get(key), getattr(row, key)))
        for order, (kind, label, text) in enumerate(_leftovers(form, layout), 1):
            rows += [
                (here, "leftovers", order, kind_of, label, printed) for kind_of, printed in zip(kind, text, strict=True)
            ]
    names = ("document_id", "table_name", "record_number", "column_name", "label", "printed_text")
    frame = pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String) | {"record_number": pl.Int32}, orient="row")
    place = pl.int_range(pl.len()).over("document_id").cast(pl.Float64)
    schema = contract.polars_schema(contract.Fields)
    return frame.with_columns(
        form_number=pl.lit(1),
        part_number=pl.lit(1),
        page_number=pl.lit(1),
        x0=pl.lit(50.0),
        x1=pl.lit(90.0),
        top=place,
        bottom=place + 1,
        confidence=pl.lit(None, pl.Float64),
    ).select(pl.col(name).cast(dtype) for name, dtype in schema.items())
