"""From the printed fields of forms to the typed tables: what each value means.

Pure and vectorised: fields of any number of documents in, all tables of forms out. Nothing is guessed in silence: a
value that cannot be read is null, its printed text stays, and a reason says why.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import polars as pl

from transforms.corrections import as_read, give_reason, settled
from transforms.normalising.evidence import FROM_TOTAL_ROW, evidence_rows
from transforms.normalising.funding import FIELDS as FUNDING_FIELDS
from transforms.normalising.funding import funding_lines
from transforms.normalising.headers import fiscal_year, rating
from transforms.normalising.indicators import FIELDS as INDICATOR_FIELDS
from transforms.normalising.indicators import indicator_rows
from transforms.normalising.leftovers import leftover_rows, unknown_columns, unnamed_rows
from transforms.normalising.money import currency_unit, parse_points
from transforms.normalising.wide import index_forms, join_pages, records
from warehouse import contract
from warehouse.contract.total_lines import with_totals
from warehouse.contract.vocabulary import RATINGS, UNITS_DIFFER

VERSION: Final = "14"
"""Goes up with every change of meaning; a warehouse derives its tables again when it differs."""

_HEADER: Final = (
    "title",
    "fiscal_year",
    "project_name",
    "department",
    "implementing_unit",
    "currency_unit",
    "expected_goal_text",
    "actual_goal_text",
    "total_weight",
    "total_score",
    "rating",
    "template",
    "inferred_columns",
    "unread_columns",
    "unexplained_figures",
    "unexplained_text",
    "unread_pages",
    "witnesses_differ",
    "doubted_texts",
)
_POINTS: Final = pl.Decimal(18, 4)


def normalise(fields: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Return the tables of forms that printed fields stand for.

    Args:
        fields: `contract.Fields`, of any number of documents, in any order; 0 rows are fine. With the corrections that
            `corrections.apply` lays beside them: values are read from the corrected text, evidence is what is printed.

    Returns:
        One frame for each name of `contract.FORM_TABLES`, obeying it, rows in the order of document_id and of the
        page:

        - `forms`: one row for each form; money, rate, weight and score are those of the funding block's total row (its
          only row where none is labelled so; null where that cannot be known).
        - `funding`, `indicators`: one row for each line and indicator, blank ones included.
        - `leftovers`: what no column takes.
        - `evidence`: one row for each printed place that feeds a published column.

        Money is yuan: the unit of the cell, else of the header, else of the form, else the one that the other forms of
        its document agree on. Where none is printed an amount is null (unit_not_printed). Text columns are '' where the
        cell is blank and null where the form has no such cell; `rating` and `currency_unit` are null in both cases.

    Raises:
        polars.exceptions.ColumnNotFoundError: `fields` lacks a column of the contract. No printed text raises.

    Source: rules R10 to R29, R40, R41, R60, R61.
    """
    forms, placed = index_forms(fields)
    by_table = _by_table(join_pages(as_read(placed)))
    header = _header(by_table["forms"], forms)
    forms = header.select(
        "form", "form_id", "document_id", "form_number", "fiscal_year", "unit", unit_of_others=_UNIT_OF_OTHERS
    )
    lines = give_reason(funding_lines(by_table["funding"], forms), placed, "funding")
    rows = give_reason(indicator_rows(by_table["indicators"], forms), placed, "indicators")
    totals = _total_rows(lines)
    found = {
        "forms": _forms(header, placed, lines, totals, rows, by_table["leftovers"]),
        "funding": lines,
        "indicators": rows,
        "leftovers": leftover_rows(by_table["leftovers"], forms),
        "evidence": evidence_rows(
            settled(placed),
            forms,
            totals.select("form", "record_number"),
            header.filter("is_year_of_title").select("form"),
        ),
    }
    return {name: _shaped(frame, contract.FORM_TABLES[name]) for name, frame in found.items()}


_UNIT_OF_OTHERS: Final = pl.when(
    pl.col("unit").min().over("document_id") == pl.col("unit").max().over("document_id")
).then(pl.col("unit").min().over("document_id"))
"""The unit that all forms of the document that print one agree on."""

_KNOWN: Final = {"forms": _HEADER, "funding": FUNDING_FIELDS, "indicators": INDICATOR_FIELDS}


def _by_table(joined: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Part the fields by table; one that no table knows goes to the leftovers, after the form's own."""
    parted = {name: joined.filter(pl.col("table_name") == name) for name in (*_KNOWN, "leftovers")}
    known = {name: parted[name].filter(pl.col("column_name").is_in(columns)) for name, columns in _KNOWN.items()}
    strange = pl.concat(
        [
            *(parted[name].filter(~pl.col("column_name").is_in(columns)) for name, columns in _KNOWN.items()),
            joined.filter(~pl.col("table_name").is_in(list(parted))),
        ]
    )
    if strange.height == 0:
        return known | {"leftovers": parted["leftovers"]}
    last = parted["leftovers"].group_by("form").agg(pl.col("record_number").max().alias("last"))
    place = pl.int_range(1, pl.len() + 1, dtype=pl.Int32).over("form")
    moved = (
        strange.sort("form", "table_name", "record_number", "column_name")
        .join(last, on="form", how="left", maintain_order="left")
        .with_columns(
            (place + pl.col("last").fill_null(0)).alias("record_number"),
            pl.coalesce("label", pl.concat_str("table_name", pl.lit("."), "column_name")).alias("label"),
            pl.lit("leftovers").alias("table_name"),
            pl.lit("other_cell").alias("column_name"),
        )
    )
    return known | {"leftovers": pl.concat([parted["leftovers"], moved.select(joined.columns)])}


def _shaped(frame: pl.DataFrame, table: contract.TableType) -> pl.DataFrame:
    schema = contract.polars_schema(table)
    return frame.select(schema.names()).cast(schema)


def _header(joined: pl.DataFrame, forms: pl.DataFrame) -> pl.DataFrame:
    """One row for each form, also for one without a header field."""
    wide = forms.join(records(joined, _HEADER).drop("record_number"), on="form", how="left", maintain_order="left")
    wide = _once(wide, "fiscal_year", "field_year", fiscal_year)
    wide = _once(wide, "title", "title_year", fiscal_year)
    wide = _once(wide, "currency_unit", "unit", currency_unit)
    wide = _once(wide, "rating", "grade", rating)
    return wide.with_columns(
        pl.coalesce("field_year", "title_year").alias("fiscal_year"),
        (pl.col("field_year").is_null() & pl.col("title_year").is_not_null()).alias("is_year_of_title"),
        pl.col("grade").alias("rating"),
        pl.when(pl.col("template").str.strip_chars() != "")
        .then("template")
        .otherwise(pl.lit("unknown"))
        .alias("template"),
    )


def _once(wide: pl.DataFrame, column: str, name: str, read: Callable[[pl.Expr], pl.Expr]) -> pl.DataFrame:
    """Read each distinct text of a column once."""
    texts = wide.select(column).drop_nulls().unique().with_columns(read(pl.col(column)).alias(name))
    return wide.join(texts, on=column, how="left", maintain_order="left")


def _total_rows(lines: pl.DataFrame) -> pl.DataFrame:
    """The line of each form's funding block that stands for the whole, none where that cannot be known."""
    marked = with_totals(lines, pl.col("source_label"), "form")
    is_whole = pl.col("may_be_total") | (pl.len().over("form") == 1)
    chosen = marked.filter(is_whole).drop("may_be_total").sort("form", "line_number")
    chosen = chosen.unique("form", keep="first", maintain_order=True)
    return chosen.with_columns(pl.col("line_number").alias("record_number"))


def _forms(
    header: pl.DataFrame,
    placed: pl.DataFrame,
    lines: pl.DataFrame,
    totals: pl.DataFrame,
    rows: pl.DataFrame,
    leftovers: pl.DataFrame,
) -> pl.DataFrame:
    pages = placed.group_by("form").agg(
        pl.col("page_number").min().alias("page_first"), pl.col("page_number").max().alias("page_last")
    )
    copied = {
        "initial_budget": "initial_budget_cny",
        "annual_budget": "annual_budget_cny",
        "executed": "executed_cny",
        "execution_rate": "execution_rate_pct",
        "weight": "weight_points",
        "score": "score_points",
    }
    money = totals.select("form", *(pl.col(source).alias(FROM_TOTAL_ROW[field]) for field, source in copied.items()))
    units = lines.sort("form", "line_number").group_by("form").agg(pl.col("label_unit").drop_nulls().first())
    counts = rows.group_by("form").agg(pl.len().cast(pl.Int32).alias("indicator_count"))
    wide = header
    for extra in (pages, money, units, counts, unnamed_rows(leftovers), unknown_columns(leftovers)):
        wide = wide.join(extra, on="form", how="left", maintain_order="left")
    for name in ("total_weight", "total_score"):
        texts = header[name].drop_nulls().unique().to_frame("text")
        read = parse_points(texts, percent=name == "total_weight")
        points = read.select(pl.col("text").alias(name), pl.col("points").alias(f"{name}_points"))
        wide = wide.join(points, on=name, how="left", maintain_order="left")
    score = pl.col("total_score_points")
    best, good, fair, poor = (pl.lit(r) for r in RATINGS)
    derived = (
        pl.when(score >= 90)
        .then(best)
        .when(score >= 80)
        .then(good)
        .when(score >= 60)
        .then(fair)
        .when(score < 60)
        .then(poor)
    )
    return wide.with_columns(
        derived.alias("rating_derived"),
        pl.when((pl.col("unit") != UNITS_DIFFER).fill_null(True))
        .then(pl.coalesce("unit", "label_unit"))
        .alias("currency_unit"),
        pl.col("total_weight").alias("total_weight_text"),
        pl.col("total_score").alias("total_score_text"),
        pl.col("indicator_count").fill_null(0),
        pl.col("unnamed_row_count").fill_null(0),
    )
