"""From the cells of pages to the printed fields of forms."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.columns import Block, read_block
from transforms.assembly.form_fields import read_goals, read_pairs, read_titles, read_totals
from transforms.assembly.funding_lines import read_funding, read_funding_pairs
from transforms.assembly.indicator_rows import read_indicators
from transforms.assembly.layout import FORM, PLACE, lay_out
from transforms.assembly.templates import name_template
from transforms.assembly.torn_pages import mend
from transforms.assembly.turned_pages import at_displayed_place
from warehouse.contract import Fields, polars_schema

VERSION: Final = "3"
RECORD: Final = [*FORM, "table_name", "record_number", "column_name"]
COLUMNS: Final = [*RECORD, "label", "printed_text", *PLACE, "order"]
LEFTOVER: Final = [*FORM, "column_name", "label", "printed_text", *PLACE, "order"]


def _resolve_units(pairs: pl.DataFrame) -> pl.DataFrame:
    """Use the name of a whole department or unit where no project form says who it is."""
    whole = pairs.filter(pl.col("column_name") == "whole_unit")
    fallback = pl.concat([whole.with_columns(column_name=pl.lit(c)) for c in ("department", "implementing_unit")])
    return pl.concat([pairs.filter(pl.col("column_name") != "whole_unit"), fallback]).unique(
        [*FORM, "column_name"], keep="first", maintain_order=True
    )


def _other_columns(block: Block) -> pl.DataFrame:
    """The filled cells under headers that no published column takes, each with its header."""
    kind = (
        pl.when(pl.col("field") == "unpublished")
        .then(pl.lit("known_unpublished_column"))
        .otherwise(pl.lit("unknown_column"))
    )
    return block.values.filter(
        ~pl.col("is_published").fill_null(True), pl.col("column_count") == 1, pl.col("key") != "", ~pl.col("is_total")
    ).select(
        *FORM,
        column_name=kind,
        label="label",
        printed_text="text",
        **{c: pl.col(c) for c in PLACE},
        order=pl.col("row_index").cast(pl.Int64) * 1000 + pl.col("column_number"),
    )


def assemble(cells: pl.DataFrame) -> pl.DataFrame:
    """Read the forms out of the cells of documents.

    Grain: any number of whole documents in; one row for each place of a printed field out (contract `Fields`).
    Nothing is parsed; text is as printed. What belongs to no form is dropped; what belongs to a form's columns or rows
    but to no published field comes out under `leftovers`. Names and phone numbers of persons do not come out.

    Args:
        cells: contract `Cells`.

    Returns:
        Contract `Fields`, sorted by key; empty when no document holds a form.

    Source: the Ministry's form of 2020 and its local variants; labels in `transforms/assembly/labels`.
    """
    mended = mend(cells)
    layout = lay_out(mended.cells)
    funding, goals, indicators = (read_block(layout.cells, s) for s in ("funding", "goals", "indicators"))
    pairs = read_pairs(layout.cells)
    columns_win = pl.concat([read_goals(goals), read_totals(indicators), read_titles(layout.cells, layout.rows)])
    forms = pl.concat(
        [
            columns_win,
            _resolve_units(pairs).join(columns_win, on=[*FORM, "column_name"], how="anti", nulls_equal=True),
        ]
    )
    template = name_template(layout, funding, indicators)
    lines = read_funding(funding, layout.rows)
    rows, unnamed = read_indicators(indicators, layout.rows)
    published = pl.concat([forms, template]).filter(pl.col("column_name") != "adjusted_goal_text")
    leftovers = _number_leftovers(unnamed, pl.concat([_other_columns(b) for b in (funding, indicators)]))
    fields = pl.concat(
        [
            f.select(COLUMNS)
            for f in (
                published,
                lines.filter("is_published"),
                read_funding_pairs(layout.cells, layout.rows),
                rows.filter(pl.col("is_published").fill_null(False)),
                leftovers,
            )
        ]
    )
    part = pl.col("order").rank("ordinal").over(RECORD).cast(pl.Int32)
    return (
        at_displayed_place(mended.at_printed_place(fields.with_columns(part_number=part)), cells)
        .select(
            pl.col(c).cast(t) if c != "label" else pl.col(c).cast(pl.String) for c, t in polars_schema(Fields).items()
        )
        .sort(*RECORD, "part_number")
    )


def _number_leftovers(unnamed: pl.DataFrame, columns: pl.DataFrame) -> pl.DataFrame:
    """Number what is left of each form: a row without a name is one leftover, a cell of another column one."""
    rows = unnamed.with_columns(start=pl.col("order").min().over(*FORM, "record")).select(*LEFTOVER, "start")
    cells = columns.with_columns(start=pl.col("order")).select(*LEFTOVER, "start")
    both = pl.concat([rows, cells]).with_columns(is_row=pl.col("column_name").str.starts_with("unnamed_row"))
    return both.with_columns(
        table_name=pl.lit("leftovers"),
        record_number=pl.struct("start", ~pl.col("is_row")).rank("dense").over(FORM).cast(pl.Int32),
    )
