"""The lines of the funding block."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.columns import Block
from transforms.assembly.funding_by_source import POINTS
from transforms.assembly.page_cuts import NEW_FUNDING_LABEL, continues_row, is_filled
from transforms.assembly.places import CELL, FORM, PLACE
from warehouse.contract.vocabulary import AMOUNTS

_FIGURE_OR_MARK: Final = r"\d|^[^\p{Han}()（）%％]+$"


def weight_captions(block: Block) -> pl.DataFrame:
    """Return the weight that a label names instead of a column: one row for each header of the block that has one.

    得分(20分*执行率) in the header, or 预算执行情况(20分) at the side. Columns: document_id, header_index, `text` (the
    points), `label`, place, cell_number, `field`, `is_published`.
    """
    points = r"[(（]\s*(\d+(?:\.\d+)?)\s*分"
    has_weight = (pl.col("field") == "weight").fill_null(False).any().over("document_id", "header_index")
    headers = block.columns.filter(~has_weight)
    at_side = block.sides.join(
        headers.select("document_id", "header_index").unique(), on=["document_id", "header_index"]
    )
    columns = ["document_id", "header_index", "label", *PLACE, "cell_number"]
    return (
        pl.concat(
            [
                headers.filter((pl.col("field") == "score").fill_null(False)).select(columns),
                at_side.rename({"text": "label"}, strict=False).select(columns),
            ]
        )
        .filter(pl.col("label").str.contains(points))
        .unique(["document_id", "header_index"], keep="first", maintain_order=True)
        .with_columns(text=pl.col("label").str.extract(points, 1), field=pl.lit("weight"), is_published=pl.lit(True))
    )


def _with_captions(block: Block, lines: pl.DataFrame) -> pl.DataFrame:
    """Return the weights that labels name, as cells of the first line of their block."""
    first = lines.sort("row_index").unique(["document_id", "header_index"], keep="first", maintain_order=True)
    own = ["text", "label", *PLACE, "cell_number", "field", "is_published"]
    captions = weight_captions(block)
    return first.drop(own).join(captions, on=["document_id", "header_index"]).select(lines.columns)


def read_funding(block: Block, rows: pl.DataFrame) -> pl.DataFrame:
    """Read the funding lines of all forms, as rows of `fields` without part numbers.

    A line is a row with a label left of the amounts; its label is the nearest one. Where the only label is the one at
    the side of the whole block, that is its label. A row whose cell covers three or more columns is not a line.

    Args:
        block: funding block of `read_block`.
        rows: rows of `Layout`.
    """
    entries = _entries(block)
    side = rows.filter(pl.col("kind") == "funding_header").select(
        "document_id", header_index="row_index", side_label="first_text"
    )
    numbered = entries.join(_numbered_lines(entries, side), on="row_index")
    numbered = pl.concat([numbered, _named_at_side(numbered)]).drop("row_number", "line_label", "side_label")
    return pl.concat([numbered, _with_captions(block, numbered)]).select(
        *FORM,
        "is_published",
        "label",
        *PLACE,
        table_name=pl.lit("funding"),
        record_number="record_number",
        column_name="field",
        printed_text="text",
        order=pl.col("row_index").cast(pl.Int64) * 1000 + pl.col("x0").rank("dense").over("row_index"),
    )


def _entries(block: Block) -> pl.DataFrame:
    """Return the cells of the lines: the nearest label left of the first amount, and the values under known headers."""
    values = block.values.filter(pl.col("field").is_not_null(), pl.col("field") != "source_label")
    values = values.filter(pl.col("column_count") < 3)
    first_column = (
        block.columns.filter(pl.col("field").is_null() | (pl.col("field") != "source_label"))
        .group_by("document_id", "header_index")
        .agg(first_x0=pl.col("rel_x0").min())
    )
    # Labels stand left of the first column that has a number in it.
    left = pl.concat(
        [block.others, block.values.filter(pl.col("field") == "source_label").select(block.others.columns)]
    )
    labels = (
        left.join(first_column, on=["document_id", "header_index"])
        .filter(pl.col("rel_x0") < pl.col("first_x0"), pl.col("key") != "")
        .sort("row_index", "rel_x0", descending=[False, True])
        .unique("row_index", keep="first", maintain_order=True)
        .with_columns(field=pl.lit("source_label"), label=pl.lit(None, pl.String), is_published=pl.lit(True))
    )
    wide = block.values.filter(pl.col("column_count") >= 3, pl.col("key") != "").select("row_index").unique()
    aside = pl.col("field") == "unpublished"
    lines = values.group_by("row_index").agg(is_aside=aside.all()).filter(~pl.col("is_aside"))
    lines = lines.select("row_index").join(wide, on="row_index", how="anti")
    columns = [*FORM, *CELL[1:], "row_index", "row_number", "text", *PLACE[1:], "is_open_top", "is_open_bottom"]
    columns += ["header_index", "field", "label", "is_published"]
    return pl.concat([cells.join(lines, on="row_index", how="semi").select(columns) for cells in (labels, values)])


def _numbered_lines(entries: pl.DataFrame, side: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each row of a line: `row_index`, `record_number`, `side_label`, `line_label`.

    A row at the top of a page may be the rest of the last line of the page before, and has its number.
    """
    texts = ("source_label", *AMOUNTS, *POINTS)
    rows = (
        entries.filter("is_published")
        .group_by(*FORM, "header_index", "page_number", "row_index", maintain_order=True)
        .agg(
            *[pl.col("text").filter(pl.col("field") == f).str.join("").alias(f) for f in texts],
            open_top=pl.col("is_open_top").any(),
            open_bottom=pl.col("is_open_bottom").any(),
        )
        .sort("row_index")
        .join(side, on=["document_id", "header_index"], how="left", maintain_order="left")
    )
    rows = rows.with_columns(is_first=pl.col("row_index") == pl.col("row_index").min().over(*FORM, "header_index"))
    before = [pl.col(c).shift(1).over(FORM).alias(f"{c}_before") for c in (*texts, "open_bottom", "page_number")]
    rows = rows.with_columns(before).with_columns(
        is_page_start=pl.col("page_number") == pl.col("page_number_before") + 1,
        is_open=pl.col("open_top") & pl.col("open_bottom_before"),
        is_slack_below=pl.lit(True),
        **{f"{c}_full_before": pl.lit(True) for c in ("source_label", *AMOUNTS)},
    )
    return (
        rows.filter(
            # Words alone below the header are the rest of it that a page break cuts: 项目资金（万 | 元）.
            pl.any_horizontal([is_filled(a) for a in AMOUNTS])
            | pl.any_horizontal([pl.col(c).str.contains(_FIGURE_OR_MARK) for c in POINTS])
            | (
                is_filled("source_label")
                & (~pl.col("is_first") | pl.col("source_label").str.contains(NEW_FUNDING_LABEL))
            )
        )
        .with_columns(
            is_rest=continues_row("source_label", AMOUNTS, POINTS, NEW_FUNDING_LABEL) | _lacks_amounts_alone()
        )
        .select(
            "row_index",
            "side_label",
            record_number=(~pl.col("is_rest")).cum_sum().over(FORM).cast(pl.Int32),
            line_label="source_label",
        )
    )


def _lacks_amounts_alone() -> pl.Expr:
    """Whether the first row of a page has neither amounts nor figures, while all other lines of the form have amounts.

    So it is with the rest of a line that a word processor cuts within: 上年 | 15 above, 结转资金 | % below the break.
    """
    lacks = ~pl.any_horizontal([is_filled(a) for a in AMOUNTS])
    others = (lacks & ~pl.col("is_page_start").fill_null(False)).sum().over(FORM) == 0
    had_amounts = pl.any_horizontal([is_filled(f"{a}_before") for a in AMOUNTS])
    has_figure = pl.any_horizontal([pl.col(p).str.contains(r"\d") for p in POINTS])
    begins = pl.col("source_label").str.contains(NEW_FUNDING_LABEL)
    return (pl.col("is_page_start") & lacks & others & had_amounts & ~has_figure & ~begins).fill_null(False)


def _named_at_side(numbered: pl.DataFrame) -> pl.DataFrame:
    """Return the labels at the side of the block, as cells of the lines that have no label of their own."""
    return (
        numbered.filter(
            (pl.col("line_label") == "").any().over(*FORM, "record_number"), pl.col("side_label").is_not_null()
        )
        .filter(pl.col("field") != "source_label")
        .sort("row_index", "x0")
        .unique([*FORM, "record_number"], keep="first", maintain_order=True)
        .filter(pl.col("line_label") == "")
        .with_columns(field=pl.lit("source_label"), text=pl.col("side_label"), is_published=pl.lit(True))
    )
