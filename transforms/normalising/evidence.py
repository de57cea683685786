"""The table `evidence`: for each published value the place on the page that it was read from."""

from __future__ import annotations

from typing import Final

import polars as pl

from warehouse import contract
from warehouse.contract import ids

PUBLISHED: Final = {
    "forms": {
        "title": "title",
        "fiscal_year": "fiscal_year",
        "project_name": "project_name",
        "department": "department",
        "implementing_unit": "implementing_unit",
        "currency_unit": "currency_unit",
        "expected_goal_text": "expected_goal_text",
        "actual_goal_text": "actual_goal_text",
        "total_weight": "total_weight_points",
        "total_score": "total_score_points",
        "rating": "rating",
    },
    "funding": {
        "source_label": "source_label",
        "initial_budget": "initial_budget_cny",
        "annual_budget": "annual_budget_cny",
        "executed": "executed_cny",
        "weight": "weight_points",
        "execution_rate": "execution_rate_pct",
        "score": "score_points",
        "deviation": "deviation_text",
    },
    "indicators": {
        "level_1_label": "level_1_label",
        "level_2_label": "level_2_label",
        "indicator_name": "indicator_name",
        "target_operator": "target_operator",
        "target": "target_text",
        "target_unit": "target_unit",
        "actual": "actual_text",
        "weight": "weight_points",
        "score": "score_points",
        "deviation": "deviation_text",
    },
}
"""Published column that each field feeds; `template` is recognised from many labels and has no place of its own."""

FROM_TOTAL_ROW: Final = {
    "initial_budget": "initial_budget_cny",
    "annual_budget": "annual_budget_cny",
    "executed": "executed_cny",
    "execution_rate": "execution_rate_pct",
    "weight": "execution_weight_points",
    "score": "execution_score_points",
}
"""Columns of `forms` that are copied from the total row of the funding block."""


def evidence_rows(
    fields: pl.DataFrame, forms: pl.DataFrame, total_rows: pl.DataFrame, titled: pl.DataFrame
) -> pl.DataFrame:
    """Return `contract.Evidence`: one row for each part of each field that feeds a published column.

    Args:
        fields: `contract.Fields` plus `form`.
        forms: `form`, `form_id`.
        total_rows: `form`, `record_number` of the funding line that `forms` copies its money from.
        titled: `form` of the forms whose year was read from the title.

    An operator or unit in a column of its own is evidence of `target_operator` or `target_unit`.
    """
    places = ["form", "part_number", "page_number", "x0", "top", "x1", "bottom", "printed_text", "confidence"]
    form_ids = forms.select("form", "form_id")
    tables = []
    for table, names in PUBLISHED.items():
        own = fields.filter(pl.col("table_name") == table).select("record_number", "column_name", *places)
        own = own.join(form_ids, on="form", how="left", maintain_order="left")
        column = pl.col("column_name").replace_strict(names, default=None, return_dtype=pl.String)
        mapped = own.with_columns(
            pl.lit(table).alias("table_name"), ids.record_id(table).alias("record_id"), column.alias("published")
        ).drop_nulls("published")
        if table == "forms":
            # a cell for the year that holds none is not where the year was read
            mapped = pl.concat(
                [
                    mapped.filter(pl.col("published") != "fiscal_year"),
                    mapped.filter(pl.col("published") == "fiscal_year").join(titled, on="form", how="anti"),
                    _year_of_title(mapped, titled),
                ]
            )
        tables.append(mapped)
        if table == "funding":
            copied = mapped.join(total_rows, on=["form", "record_number"], how="semi")
            as_form = pl.col("column_name").replace_strict(FROM_TOTAL_ROW, default=None, return_dtype=pl.String)
            tables.append(
                copied.with_columns(
                    pl.lit("forms").alias("table_name"),
                    pl.col("form_id").alias("record_id"),
                    as_form.alias("published"),
                ).drop_nulls("published")
            )
    columns = contract.polars_schema(contract.Evidence).names()
    rows = [t.drop("column_name").rename({"published": "column_name"}).select(columns) for t in tables]
    return pl.concat(rows)


def _year_of_title(forms: pl.DataFrame, titled: pl.DataFrame) -> pl.DataFrame:
    return (
        forms.filter(pl.col("column_name") == "title")
        .join(titled, on="form", how="semi")
        .with_columns(pl.lit("fiscal_year").alias("published"))
    )
