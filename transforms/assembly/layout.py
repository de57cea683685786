"""Cells and rows of documents with form, block and label: what everything else of assembly reads from.

Works on `cells` of many documents at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from transforms.assembly.forms import find_forms
from transforms.assembly.places import EDGE, TABLE
from transforms.assembly.rows import find_rows, label_cells
from transforms.assembly.sections import find_sections
from transforms.assembly.strangers import heads_another, not_aligned


@dataclass(frozen=True, slots=True)
class Layout:
    """Cells with their labels and place, and rows with their form and section.

    Attributes:
        cells: The cells of forms with `row_index` (row in which the cell begins), `form_number`, `section`, labels, and
            `rel_x0`, `rel_x1` as if no page were shifted sideways.
        rows: The rows of forms: one for each grid row of a table in which a cell begins, and for each line of text.
        others: Tables that look like forms and are something else: `document_id`, `page_number`, `kind`.
    """

    cells: pl.DataFrame
    rows: pl.DataFrame
    others: pl.DataFrame


def find_tables(cells: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each table: whether it carries the table before it on, and how far it is shifted sideways.

    A table carries on when it is the first of a page and the other the last of the page before, or when it follows on
    the same page with no gap to speak of; when no sentence stands between them; and when the two share an edge or are
    as wide. `shift` adds up the sideways
    steps of tables that are as wide but share no edge, as where odd and even pages have other margins.
    """
    sentence = pl.col("table_number").is_null() & pl.col("text").str.contains("。", literal=True)
    tables = (
        cells.with_columns(sentences=sentence.cum_sum().over("document_id"))
        .filter(pl.col("table_number").is_not_null())
        .group_by(TABLE)
        .agg(
            sentences_above=pl.col("sentences").min(),
            table_x0=pl.col("x0").min(),
            table_x1=pl.col("x1").max(),
            table_top=pl.col("top").min(),
            table_bottom=pl.col("bottom").max(),
        )
        .sort(TABLE)
    )
    before = [
        pl.col(c).shift(1).over("document_id").alias(f"{c}_before")
        for c in ("page_number", "table_x0", "table_x1", "table_bottom", "sentences_above")
    ]
    step = pl.col("table_x0") - pl.col("table_x0_before")
    end_step = pl.col("table_x1") - pl.col("table_x1_before")
    width = pl.col("table_x1_before") - pl.col("table_x0_before")
    shares_edge = (step.abs() < EDGE) | (end_step.abs() < EDGE)
    as_wide = (step - end_step).abs() <= 0.03 * width
    same_page = pl.col("page_number") == pl.col("page_number_before")
    next_page = pl.col("page_number") == pl.col("page_number_before") + 1
    touches = (pl.col("table_top") - pl.col("table_bottom_before")).abs() < 2 * EDGE
    nothing_said = pl.col("sentences_above") == pl.col("sentences_above_before")
    carries_on = (shares_edge | as_wide) & nothing_said & (next_page | (same_page & touches))
    return (
        tables.with_columns(before)
        .with_columns(
            carries_on=carries_on.fill_null(False),
            step=pl.when(carries_on & ~shares_edge).then(step).fill_null(0.0),
        )
        .select(*TABLE, "carries_on", shift=pl.col("step").cum_sum().over("document_id"))
    )


def lay_out(cells: pl.DataFrame) -> Layout:
    """Find the forms, blocks and rows of documents.

    Args:
        cells: contract `Cells`, whole documents, any number of them, any order.

    Returns:
        See `Layout`; cells and rows of no form are dropped.
    """
    # Sides of a merged cell that no rule crosses come as a table of their own, without text.
    has_text = pl.col("table_number").is_null() | (pl.col("text") != "").any().over(TABLE)
    cells = label_cells(cells.sort("document_id", "page_number", "cell_number").filter(has_text))
    tables = find_tables(cells)
    strange = heads_another(cells).with_columns(is_strange=pl.lit(True))
    askew = not_aligned(cells, tables).with_columns(is_askew=pl.lit(True))
    tables = (
        tables.join(strange, on=TABLE, how="left", maintain_order="left")
        .join(askew, on=TABLE, how="left", maintain_order="left")
        .with_columns(
            carries_on=pl.col("carries_on") & pl.col("is_strange").is_null(), is_askew=pl.col("is_askew").is_not_null()
        )
        .drop("is_strange")
    )
    every = find_rows(cells).join(
        tables.select(*TABLE, "carries_on", "is_askew"), on=TABLE, how="left", maintain_order="left"
    )
    numbered, others = find_forms(every)
    rows = find_sections(numbered).filter(pl.col("form_number").is_not_null())
    place = ["document_id", "page_number", "table_number", "row_number", "line_number"]
    placed = (
        cells.with_columns(line_number=pl.when(pl.col("table_number").is_null()).then(pl.col("cell_number")))
        .join(
            rows.select(
                *place,
                "row_index",
                "form_number",
                "section",
                "header_index",
                "is_header",
                "in_header",
                "is_numbering",
                "is_total",
                "is_subtotal",
            ),
            on=place,
            nulls_equal=True,
            maintain_order="left",
        )
        .join(tables.drop("is_askew"), on=TABLE, how="left", maintain_order="left")
        .with_columns(rel_x0=pl.col("x0") - pl.col("shift"), rel_x1=pl.col("x1") - pl.col("shift"))
    )
    return Layout(placed, rows, others)
