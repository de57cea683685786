"""Which family of layouts a form belongs to, recognised from the columns it has."""

from __future__ import annotations

import polars as pl

from transforms.assembly.columns import Block
from transforms.assembly.layout import Layout
from transforms.assembly.places import FORM, PLACE


def _columns_of(block: Block, prefix: str) -> pl.DataFrame:
    return block.columns.group_by(FORM).agg(
        pl.col("field").filter("is_published").unique().alias(f"{prefix}_columns"),
        pl.col("label").filter(pl.col("field") == "unpublished").str.join(" ").alias(f"{prefix}_unpublished"),
        pl.col("field").is_null().any().alias(f"{prefix}_unknown"),
    )


def name_template(layout: Layout, funding: Block, indicators: Block) -> pl.DataFrame:
    """Name the family of each form: one row of `fields` a form, without part number.

    Its place is the form's first cell. unknown means that a header of the form has a label that the vocabulary does
    not know.
    """
    first = layout.cells.sort("row_index", "cell_number").unique(FORM, keep="first", maintain_order=True)
    title = (
        layout.cells.join(layout.rows.filter(pl.col("kind") == "title").select("row_index"), on="row_index", how="semi")
        .group_by(FORM)
        .agg(title=pl.col("text").first())
    )
    forms = (
        first.join(_columns_of(funding, "funding"), on=FORM, how="left")
        .join(_columns_of(indicators, "indicator"), on=FORM, how="left")
        .join(title, on=FORM, how="left")
    )

    def has(block: str, field: str) -> pl.Expr:
        return pl.col(f"{block}_columns").list.contains(field).fill_null(False)

    is_whole = pl.col("title").str.contains("整体").fill_null(False)
    has_levels = has("indicator", "level_1_label") | has("indicator", "level_2_label")
    is_unknown = pl.col("funding_unknown").fill_null(False) | pl.col("indicator_unknown").fill_null(False)
    # The title says so of a whole department, whatever columns it has beside those that are known.
    family = (
        pl.when(~has("indicator", "indicator_name") | (is_unknown & ~is_whole))
        .then(pl.lit("unknown"))
        .when(~has_levels)
        .then(pl.lit("flat_list"))
        .when(is_whole)
        .then(pl.lit("whole_department"))
        .when(~has("indicator", "weight") & ~has("indicator", "score"))
        .then(pl.lit("transfer_unscored"))
        .when(pl.col("indicator_unpublished").str.contains("计算方法|计分|评分").fill_null(False))
        .then(pl.lit("scoring_method"))
        .when(has("indicator", "target_operator") | has("indicator", "target_unit"))
        .then(pl.lit("operator_value_unit"))
        .when(~has("indicator", "weight"))
        .then(pl.lit("score_only"))
        .when(pl.col("indicator_unpublished").fill_null("") != "")
        .then(pl.lit("several_scores"))
        .when(~has("funding", "initial_budget"))
        .then(pl.lit("without_initial_budget"))
        .otherwise(pl.lit("mof_standard"))
    )
    return forms.select(
        *FORM,
        table_name=pl.lit("forms"),
        record_number=pl.lit(0, pl.Int32),
        column_name=pl.lit("template"),
        label=pl.lit(None, pl.String),
        printed_text=family,
        **{c: pl.col(c) for c in PLACE},
        order=pl.lit(0, pl.Int64),
    )
