"""The frames that the rules measure: each table with what its rules need to know of the rest of the form."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from expectations.expressions import decimals, is_blank
from expectations.frames import funding as funding_frame
from expectations.frames.narrative import contradictions
from expectations.rule import Table
from expectations.settings import RuleSettings

POOLED: Final = r"整合|统筹"


def _unread(name: str, reason: str) -> pl.Expr:
    return pl.col(name).is_null() & pl.col(reason).is_not_null() & (pl.col(reason) != "blank")


def _points_of_indicators(indicators: pl.DataFrame) -> pl.DataFrame:
    """Return what the forms' indicators add up to, one row for each form that has any."""
    weight, score = pl.col("weight_points"), pl.col("score_points")
    return indicators.group_by("form_id").agg(
        pl.len().alias("indicator_rows"),
        pl.col("weight_text").is_not_null().any().alias("has_weight_column"),
        pl.col("score_text").is_not_null().any().alias("has_score_column"),
        pl.col("deviation_text").is_not_null().any().alias("has_reason_column"),
        weight.sum().alias("indicator_weights"),
        score.sum().alias("indicator_scores"),
        weight.is_not_null().sum().alias("weights_read"),
        score.is_not_null().sum().alias("scores_read"),
        _unread("weight_points", "weight_reason").sum().alias("weights_unread"),
        _unread("score_points", "score_reason").sum().alias("scores_unread"),
        (weight.is_null() & score.is_not_null()).sum().alias("weights_blank"),
        (score.is_null() & (weight > 0)).sum().alias("scores_blank"),
        decimals(pl.col("score_text").filter(score.is_not_null())).max().alias("score_decimals"),
        *(
            weight.filter(pl.col("level_1_type") == level).sum().alias(f"{level}_weights")
            for level in ("output", "benefit", "satisfaction", "cost")
        ),
        *(
            (pl.col("level_1_type") == level).sum().alias(f"{level}_rows")
            for level in ("output", "benefit", "satisfaction", "cost")
        ),
        pl.col("level_1_type").is_null().sum().alias("level_1_unknown_rows"),
        pl.col("level_1_type").is_in(["decision", "management", "execution"]).sum().alias("unusual_level_rows"),
        pl.col("level_1_label").is_not_null().any().alias("has_level_1"),
        pl.col("level_2_label").is_not_null().any().alias("has_level_2"),
        pl.col("target_date").dt.year().drop_nulls().mode().min().alias("target_year"),
    )


def _blocks() -> list[pl.Expr]:
    """Return what the rows under one first-level label add up to, on each of them."""
    weight, score, block = pl.col("weight_points"), pl.col("score_points"), ["form_id", "level_1_label"]
    return [
        weight.sum().over(block).alias("block_weights"),
        weight.is_not_null().sum().over(block).alias("block_weights_read"),
        _unread("weight_points", "weight_reason").sum().over(block).alias("block_weights_unread"),
        score.sum().over(block).alias("block_scores"),
        _unread("score_points", "score_reason").sum().over(block).alias("block_scores_unread"),
        (pl.col("indicator_number") == pl.col("indicator_number").min().over(block)).alias("is_first_of_block"),
    ]


def prepare(tables: Mapping[str, pl.DataFrame], settings: RuleSettings) -> dict[Table, pl.DataFrame]:
    """Return the three frames that the rules measure.

    Same rows as the tables `forms`, `funding` and `indicators`, none dropped, in the order of their keys. To the
    columns of the contract come: to each form what its funding lines and indicators add up to; to each line and
    indicator its form's document, template, unit and the like. Rows whose form is not in `forms` are an error of the
    caller, they would have no document.

    Raises:
        ValueError: A line or an indicator belongs to no form of `forms`.
    """
    forms, indicators = tables["forms"], tables["indicators"]
    for name in ("funding", "indicators"):
        strangers = tables[name].join(forms, on="form_id", how="anti").height
        if strangers:
            raise ValueError(f"{strangers} rows of {name} belong to no form: give the forms of the same documents")
    lines = funding_frame.marked_lines(tables["funding"], forms.select("form_id", "currency_unit"))
    pooled = (
        tables["leftovers"]
        .group_by("form_id")
        .agg(pl.col("label").str.contains(POOLED).fill_null(False).any().alias("has_pooled_column"))
    )
    form = (
        forms.join(_points_of_indicators(indicators), on="form_id", how="left")
        .join(funding_frame.of_forms(lines, settings), on="form_id", how="left")
        .join(pooled, on="form_id", how="left")
        .with_columns(
            pl.col("has_pooled_column").fill_null(False),
            *(
                pl.col(name).fill_null(False)
                for name in (
                    "has_weight_column",
                    "has_score_column",
                    "has_reason_column",
                    "has_annual_column",
                    "has_initial_column",
                    "has_rate_column",
                    "has_execution_weight_column",
                    "has_execution_score_column",
                    "has_funding_reason_column",
                    "funding_reason_given",
                )
            ),
            pl.col("funding_lines").fill_null(0),
            pl.col("indicator_rows").fill_null(0),
        )
        .with_columns(
            *(
                pl.when("has_annual_column").then(pl.col(annual)).otherwise(pl.col(initial)).alias(f"base_{suffix}")
                for suffix, annual, initial in (
                    ("cny", "annual_budget_cny", "initial_budget_cny"),
                    ("text", "total_annual_budget_text", "total_initial_budget_text"),
                    ("reason", "total_annual_budget_reason", "total_initial_budget_reason"),
                )
            )
        )
        .sort("form_id")
    )
    about_form = form.select(
        "form_id",
        "document_id",
        "template",
        "title",
        "department",
        "implementing_unit",
        "currency_unit",
        "has_weight_column",
        "has_score_column",
        "has_reason_column",
        "has_annual_column",
        "score_decimals",
        "execution_weight_points",
        "unnamed_weight_points",
        "unnamed_score_points",
    )
    return {
        "forms": form,
        "funding": lines.join(about_form.drop("currency_unit"), on="form_id", how="left", maintain_order="left").sort(
            "funding_id"
        ),
        "indicators": indicators.join(about_form, on="form_id", how="left")
        .join(
            contradictions(forms, indicators, settings).with_columns(pl.lit(True).alias("is_spoken_of")),
            on="indicator_id",
            how="left",
        )
        .with_columns(
            is_blank(pl.col("deviation_text")).not_().alias("has_reason"),
            pl.col("is_spoken_of").fill_null(False),
            *_blocks(),
        )
        .sort("indicator_id"),
    }
