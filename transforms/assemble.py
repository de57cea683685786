"""From the cells of pages to the printed fields of forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from transforms.assembly.below_tables import read_below
from transforms.assembly.beyond_page import running_over
from transforms.assembly.columns import Block, read_block
from transforms.assembly.fates import fates, unexplained, unread_columns
from transforms.assembly.form_fields import read_goals, read_pairs, read_titles, read_totals, split_totals
from transforms.assembly.funding_lines import read_funding
from transforms.assembly.funding_pairs import read_funding_pairs
from transforms.assembly.funding_years import of_own_year
from transforms.assembly.indicator_rows import read_indicators
from transforms.assembly.inferred_funding import execution_points, infer_funding
from transforms.assembly.inferred_goals import infer_goals
from transforms.assembly.inferred_indicators import infer_indicators
from transforms.assembly.labels import fold_signs
from transforms.assembly.layout import Layout, lay_out
from transforms.assembly.parted_names import part_names
from transforms.assembly.places import FORM, PLACE
from transforms.assembly.proofs import FIGURE, number
from transforms.assembly.proved_sums import settle_sums
from transforms.assembly.stated_totals import read_stated
from transforms.assembly.templates import name_template
from transforms.assembly.torn_pages import Rejoined, rejoin
from transforms.assembly.turned_pages import at_displayed_place
from warehouse.contract import Fields, polars_schema
from warehouse.contract.remarks import DIGITS, MORE
from warehouse.contract.stages import FIGURE_DOUBTS

VERSION: Final = "14"
RECORD: Final = [*FORM, "table_name", "record_number", "column_name"]
COLUMNS: Final = [*RECORD, "label", "printed_text", *PLACE, "order"]
LEFTOVER: Final = [*FORM, "column_name", "label", "printed_text", *PLACE, "order"]


@dataclass(frozen=True, slots=True)
class Assembled:
    """What the cells of documents hold.

    Attributes:
        fields: Contract `Fields`: see `assemble`.
        fates: One row for each filled cell or line that belongs to a form, where it is printed: document_id,
            page_number, x0, top, x1, bottom, form_number, `fate` (`fates.FATES`).
        others: One row for each table that looks like a form and is something else: document_id, page_number, `kind`.
    """

    fields: pl.DataFrame
    fates: pl.DataFrame
    others: pl.DataFrame


def _resolve_units(pairs: pl.DataFrame) -> pl.DataFrame:
    """Use the name of a whole department or unit where no project form says who it is."""
    whole = pairs.filter(pl.col("column_name") == "whole_unit")
    fallback = pl.concat([whole.with_columns(column_name=pl.lit(c)) for c in ("department", "implementing_unit")])
    return pl.concat([pairs.filter(pl.col("column_name") != "whole_unit"), fallback]).unique(
        [*FORM, "column_name"], keep="first", maintain_order=True
    )


def _other_columns(block: Block) -> pl.DataFrame:
    """The filled cells under headers that no published column takes, each with its header."""
    is_unpublished = pl.col("field").is_in(["unpublished", "adjusted_goal_text"])
    kind = pl.when(is_unpublished).then(pl.lit("known_unpublished_column")).otherwise(pl.lit("unknown_column"))
    return block.values.filter(
        ~pl.col("is_published").fill_null(True) | is_unpublished,
        pl.col("column_count") == 1,
        pl.col("text").str.strip_chars() != "",
        ~pl.col("is_total"),
    ).select(
        *FORM,
        column_name=kind,
        label="label",
        printed_text="text",
        **{c: pl.col(c) for c in PLACE},
        order=pl.col("row_index").cast(pl.Int64) * 1000 + pl.col("column_number"),
    )


def _subtotals(layout: Layout) -> pl.DataFrame:
    """The texts of rows that add up others within the indicators."""
    cells = layout.cells.filter("is_subtotal", pl.col("text").str.strip_chars() != "")
    return cells.select(
        *FORM,
        column_name=pl.lit("subtotal_row"),
        label=pl.lit(None, pl.String),
        printed_text="text",
        **{c: pl.col(c) for c in PLACE},
        order=pl.col("row_index").cast(pl.Int64) * 1000 + pl.col("column_number"),
    )


def _about_form(rows: pl.DataFrame, column: str) -> pl.DataFrame:
    """Say something of the whole form: rows of `fields` in the place that `rows` (form, printed_text, place) give."""
    return rows.select(
        *FORM,
        table_name=pl.lit("forms"),
        record_number=pl.lit(0, pl.Int32),
        column_name=pl.lit(column),
        label=pl.lit(None, pl.String),
        printed_text="printed_text",
        **{c: pl.col(c) for c in PLACE},
        order=pl.lit(0, pl.Int64),
    )


def _joined(rows: pl.DataFrame) -> pl.DataFrame:
    """Join the texts of each form, in the place of the first."""
    return rows.group_by(FORM, maintain_order=True).agg(
        pl.col("printed_text").str.join(" | "), *(pl.col(c).first() for c in PLACE)
    )


def assemble(cells: pl.DataFrame) -> pl.DataFrame:
    """Read the forms out of the cells of documents: `read_forms(cells).fields`."""
    return read_forms(cells).fields


def read_forms(cells: pl.DataFrame) -> Assembled:
    """Read the forms out of the cells of documents, and account for every text in them.

    Grain: any number of whole documents in; one row for each place of a printed field out (contract `Fields`).
    Nothing is parsed; text is as printed. What belongs to no form has no field; what belongs to a form's blocks but to
    no published field comes out under `leftovers`. Names and phone numbers of persons do not come out. A column whose
    header is not known is read where the form's own sums prove what it is; `inferred_columns` says which and how.

    Args:
        cells: contract `Cells`.

    Returns:
        See `Assembled`; `fields` are sorted by key, and empty when no document holds a form.

    Source: the Ministry's form of 2020 and its local variants; labels in `transforms/assembly/labels`.
    """
    rejoined = rejoin(cells)
    layout = lay_out(rejoined.cells)
    pairs, titles = read_pairs(layout.cells), read_titles(layout.cells, layout.rows)
    years = _years(titles, pairs)
    funding, goals, indicators = (read_block(layout.cells, s, years) for s in ("funding", "goals", "indicators"))
    proved = infer_funding(of_own_year(funding, years))
    funding, money = proved.block, proved.proofs
    proved = infer_goals(goals)
    goals, aims = proved.block, proved.proofs
    execution = execution_points(funding)
    layout, indicators = settle_sums(layout, part_names(indicators), execution)
    proved = infer_indicators(indicators, execution, _stated_totals(pairs))
    indicators = proved.block
    proofs = pl.concat([money, aims, proved.proofs]).with_columns(
        printed_text=pl.format("{} = {}: {}", "label", "field", "proof")
    )
    stated = read_stated(layout, indicators, execution, pairs)
    totals = _with_stated(stated, read_totals(indicators), pairs)
    forms = _settled(pl.concat([read_goals(goals), totals, titles]), pairs, read_below(layout.cells))
    template = name_template(layout, funding, indicators)
    lines = read_funding(funding, layout.rows)
    rows, unnamed = read_indicators(indicators, layout.rows)
    published = pl.concat([forms, template])
    others = pl.concat([*(_other_columns(b) for b in (funding, goals, indicators)), _subtotals(layout)])
    others = others.join(stated, on=[*FORM, *PLACE], how="anti", nulls_equal=True)
    read = pl.concat(
        [
            f.select(COLUMNS)
            for f in (
                published,
                lines.filter("is_published"),
                read_funding_pairs(layout.cells, layout.rows),
                # A cell across name and values holds none of them.
                rows.filter(pl.col("is_published").fill_null(False), pl.col("column_name") != "other_cell"),
            )
        ]
    )
    kept = pl.concat([others, unnamed.select(LEFTOVER)]).with_columns(table_name=pl.lit("leftovers"))
    heads = pl.concat([b.columns.select("document_id", *PLACE) for b in (funding, goals, indicators)])
    seen = [*FORM, "table_name", "column_name", "printed_text", *PLACE]
    fated = fates(layout, pl.concat([read.select(seen), kept.select(seen)]), heads)
    strange = unexplained(fated)
    unknown = unread_columns(indicators.columns, indicators.values.filter(pl.col("column_count") == 1))
    lacking = _joined(
        pl.concat([f.select(*FORM, "printed_text", *PLACE) for f in (unknown, running_over(cells, layout.cells))])
    )
    # What stands in the place of a name without being one stands under the header of another column.
    no_name = pl.col("is_cut") | pl.col("printed_text").str.contains(r"\d")
    misplaced = (pl.col("column_name") == "unnamed_row:indicator_name") & no_name
    figures = (strange.filter("is_figure"), unnamed.filter(misplaced))
    leftovers = _number_leftovers(unnamed, pl.concat([others, strange.select(LEFTOVER)]))
    is_figure = pl.col("witness").is_in(FIGURE_DOUBTS)
    about = (
        (_joined(proofs.sort("row_index")), "inferred_columns"),
        (lacking, "unread_columns"),
        (_joined(pl.concat([f.select(*FORM, "printed_text", *PLACE) for f in figures])), "unexplained_figures"),
        (_joined(strange.filter(~pl.col("is_figure"))), "unexplained_text"),
        (_pages_between(read), "unread_pages"),
        (_joined(pl.concat([_differing(fated, is_figure), _blank_with_ink(layout, read)])), "witnesses_differ"),
        (_joined(_differing(fated, ~is_figure)), "doubted_texts"),
    )
    fields = pl.concat([read, leftovers.select(COLUMNS), *(_about_form(*said).select(COLUMNS) for said in about)])
    return Assembled(_shaped(fields, rejoined, cells), _printed(fated, rejoined), layout.others)


def _settled(in_columns: pl.DataFrame, pairs: pl.DataFrame, below: pl.DataFrame) -> pl.DataFrame:
    """Return the fields of the table forms: what stands in columns or titles, beside its label, or below the tables."""
    beside = _resolve_units(pairs).join(in_columns, on=[*FORM, "column_name"], how="anti", nulls_equal=True)
    forms = split_totals(pl.concat([in_columns, beside])).filter(pl.col("column_name") != "adjusted_goal_text")
    return pl.concat([forms, below.join(forms, on=[*FORM, "column_name"], how="anti")])


def _with_stated(stated: pl.DataFrame, totals: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the totals of the row below the indicators, and those stated otherwise before them; their ratings last."""
    is_rating = pl.col("column_name") == "rating"
    column = [*FORM, "column_name"]
    figures = totals.filter(~is_rating).join(stated.filter(~is_rating), on=FORM, how="anti")
    ratings = stated.filter(is_rating).join(pl.concat([totals, pairs]), on=column, how="anti")
    return pl.concat([stated.filter(~is_rating), figures, totals.filter(is_rating), ratings])


def _years(titles: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the last year that each form says it is about: form, `year`."""
    said = pl.concat(
        [f.filter(pl.col("column_name") == "fiscal_year").select(*FORM, "printed_text") for f in (titles, pairs)]
    )
    plain = fold_signs(pl.col("printed_text").str.replace_all(r"\s", ""))
    year = plain.str.extract_all("(?:19|20)[0-9]{2}").list.last()
    return (
        said.select(*FORM, year=year.cast(pl.Int32)).drop_nulls("year").unique(FORM, keep="first", maintain_order=True)
    )


def _differing(fated: pl.DataFrame, of_kind: pl.Expr) -> pl.DataFrame:
    """Return the cells and lines of forms, as far as they are values, that the picture of the page shows otherwise.

    So are labels with another figure: 二级指标 and 三级指标 name other columns.
    """
    counts = pl.col("fate").eq("value") | pl.col("fate").is_null()
    counts |= (pl.col("fate") == "label") & (pl.col("witness") == DIGITS.en)
    doubted = fated.filter(of_kind, counts, pl.col("witness").is_not_null())
    return doubted.sort(*FORM, "page_number", "top", "x0").select(
        *FORM, *PLACE, printed_text=pl.format("{} ({})", "text", "witness")
    )


def _blank_with_ink(layout: Layout, read: pl.DataFrame) -> pl.DataFrame:
    """Return the blank cells of fields in which the page shows something all the same."""
    shows = layout.cells.filter(pl.col("witness") == MORE.en, pl.col("text").str.strip_chars() == "")
    fields = read.filter(pl.col("column_name") != "template")
    doubted = shows.join(fields, on=["document_id", *PLACE[:-1]], how="semi", maintain_order="left")
    return doubted.select(*FORM, *PLACE, printed_text=pl.format("– ({})", "witness"))


def _stated_totals(pairs: pl.DataFrame) -> pl.DataFrame:
    """Return the total score that each form states beside its label: form, `stated`."""
    stated = pairs.filter(pl.col("column_name") == "total_score")
    return stated.select(*FORM, stated=number(pl.col("printed_text"), FIGURE)).unique(FORM, keep="first")


def _pages_between(read: pl.DataFrame) -> pl.DataFrame:
    """Return the forms with pages between their first and their last one that nothing was read from."""
    pages = read.filter(pl.col("column_name") != "template")
    ends = pages.group_by(FORM, maintain_order=True).agg(
        *(pl.col(c).first() for c in PLACE[1:]), first=pl.col("page_number").min(), last=pl.col("page_number").max()
    )
    ends = ends.filter(pl.col("last") > pl.col("first") + 1)
    between = ends.with_columns(page_number=pl.int_ranges(pl.col("first") + 1, "last", dtype=pl.Int32))
    missing = between.explode("page_number").join(pages, on=[*FORM, "page_number"], how="anti")
    return (
        missing.sort(*FORM, "page_number")
        .with_columns(printed_text=pl.col("page_number").cast(pl.String))
        .pipe(_joined)
    )


def _shaped(fields: pl.DataFrame, rejoined: Rejoined, cells: pl.DataFrame) -> pl.DataFrame:
    part = pl.col("order").rank("ordinal").over(RECORD).cast(pl.Int32)
    return (
        at_displayed_place(rejoined.at_printed_place(fields.with_columns(part_number=part)), cells)
        .select(
            pl.col(c).cast(t) if c != "label" else pl.col(c).cast(pl.String) for c, t in polars_schema(Fields).items()
        )
        .sort(*RECORD, "part_number")
    )


def _printed(fated: pl.DataFrame, rejoined: Rejoined) -> pl.DataFrame:
    """The fates where the texts are printed; a text that was put to another shares its fate."""
    fate_of = fated.select("document_id", *PLACE[:-1], "form_number", fate=pl.col("fate").fill_null("leftover"))
    joined = rejoined.joined.join(fate_of, on=["document_id", *PLACE[:-1]])
    shared = joined.select("document_id", *[pl.col(f"printed_{c}").alias(c) for c in PLACE[:-1]], "form_number", "fate")
    return pl.concat([rejoined.at_printed_place(fate_of), shared])


def _number_leftovers(unnamed: pl.DataFrame, columns: pl.DataFrame) -> pl.DataFrame:
    """Number what is left of each form: a row without a name is one leftover, a cell of another column one."""
    rows = unnamed.with_columns(start=pl.col("order").min().over(*FORM, "record")).select(*LEFTOVER, "start")
    cells = columns.with_columns(start=pl.col("order")).select(*LEFTOVER, "start")
    both = pl.concat([rows, cells]).with_columns(is_row=pl.col("column_name").str.starts_with("unnamed_row"))
    return both.with_columns(
        table_name=pl.lit("leftovers"),
        record_number=pl.struct("start", ~pl.col("is_row")).rank("dense").over(FORM).cast(pl.Int32),
    )
