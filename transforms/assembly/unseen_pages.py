"""Forms that may continue on a page of which nothing is known: one that does not open, or that was not recognised."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.places import FORM, PLACE

_KEY: Final = ["document_id", "page_number"]
_UNREAD: Final = "unread_pages"
_TOTALS: Final = ("total_score", "total_weight")


def with_unseen_neighbours(fields: pl.DataFrame, unseen: pl.DataFrame) -> pl.DataFrame:
    """Add to the unread pages of each form those right before and after it, as far as the form may stand there too.

    A form ends for sure where its totals stand below its last indicator, and begins for sure with its title.

    Args:
        fields: Contract `Fields`.
        unseen: `document_id` and `page_number` of pages of which nothing is known.

    Returns:
        The fields, sorted as before.
    """
    if unseen.is_empty() or fields.is_empty():
        return fields
    pages = fields.filter(pl.col("column_name") != "template")
    ends = pages.group_by(FORM).agg(first=pl.col("page_number").min(), last=pl.col("page_number").max())
    placed = pages.join(ends, on=FORM)
    at_end = placed.filter(pl.col("page_number") == pl.col("last"))
    of_form = pl.col("table_name") == "forms"
    total = of_form & pl.col("column_name").is_in(_TOTALS)
    closed = at_end.group_by(FORM).agg(
        is_closed=(pl.col("top").filter(total).max() >= pl.col("top").filter(table_name="indicators").max()).fill_null(
            total.any()
        )
    )
    titled = placed.filter(of_form, pl.col("column_name") == "title", pl.col("page_number") == pl.col("first"))
    known = ends.join(closed, on=FORM, how="left").join(
        titled.select(FORM).unique().with_columns(has_title=pl.lit(True)), on=FORM, how="left"
    )
    after = known.filter(~pl.col("is_closed").fill_null(False)).select(*FORM, page_number=pl.col("last") + 1)
    before = known.filter(pl.col("has_title").is_null()).select(*FORM, page_number=pl.col("first") - 1)
    touching = pl.concat([before, after]).join(unseen.select(_KEY).unique(), on=_KEY, how="semi")
    if touching.is_empty():
        return fields
    said = (
        touching.sort(*FORM, "page_number")
        .group_by(FORM, maintain_order=True)
        .agg(pages=pl.col("page_number").cast(pl.String).str.join(" | "))
    )
    is_unread = of_form & (pl.col("column_name") == _UNREAD)
    stated = fields.filter(is_unread).select(*FORM, stated="printed_text")
    place = (
        pages.sort(*FORM, "page_number", "top").unique(FORM, keep="first", maintain_order=True).select(*FORM, *PLACE)
    )
    rows = (
        said.join(place, on=FORM)
        .join(stated, on=FORM, how="left")
        .select(
            *FORM,
            pl.lit("forms").alias("table_name"),
            pl.lit(0, pl.Int32).alias("record_number"),
            pl.lit(_UNREAD).alias("column_name"),
            pl.lit(1, pl.Int32).alias("part_number"),
            pl.lit(None, pl.String).alias("label"),
            pl.concat_str("stated", "pages", separator=" | ", ignore_nulls=True).alias("printed_text"),
            *PLACE,
        )
        .select(pl.col(c).cast(t) for c, t in fields.schema.items())
    )
    others = fields.join(
        rows.select(*FORM, "column_name"), on=[*FORM, "column_name"], how="anti", maintain_order="left"
    )
    key = [*FORM, "table_name", "record_number", "column_name", "part_number"]
    return pl.concat([others, rows]).sort(key)
