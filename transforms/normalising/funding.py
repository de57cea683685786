"""The table `funding`: each line of the funding block, in yuan."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.normalising.levels import funding_types
from transforms.normalising.money import (
    common_unit,
    currency_unit,
    parse_amounts,
    parse_points,
    parse_rates,
    rate_from_share,
)
from transforms.normalising.wide import records
from warehouse import contract
from warehouse.contract import ids
from warehouse.contract.vocabulary import AMOUNTS, UNITS_DIFFER

FIELDS: Final = ("source_label", *AMOUNTS, "weight", "execution_rate", "score", "deviation")


def funding_lines(joined: pl.DataFrame, forms: pl.DataFrame) -> pl.DataFrame:
    """Return `contract.Funding` plus `form` and `label_unit`.

    Args:
        joined: Fields with their parts joined (`wide.join_pages`), of this table only.
        forms: `form`, `form_id`, `fiscal_year`, `unit` (unit of amounts that the header names, or null) and
            `unit_of_others` (the one that the forms of its document agree on).

    The unit of an amount is the one in its cell, else the one that its column's header, its line's label and the
    form name, else that of its document's other forms; null where none is, or where two differ: `annual_budget_reason`
    and its like are units_differ then. `label_unit` is the unit that headers and labels of the line name.
    A line is kept when it is blank. A score column that states weight × rate may print the rate: the score is worked
    out. Source: funding block, rules R10 to R18.
    """
    wide = records(joined, FIELDS, [(name, "label") for name in (*AMOUNTS, "score")])
    wide = wide.join(
        forms.select("form", "form_id", "fiscal_year", "unit", "unit_of_others"),
        on="form",
        how="left",
        maintain_order="left",
    )
    units = pl.concat([wide[c] for c in ("source_label", *(f"{a}_label" for a in AMOUNTS))]).drop_nulls().unique()
    named = units.to_frame("text").select("text", currency_unit(pl.col("text")).alias("named"))
    for column in ("source_label", *(f"{a}_label" for a in AMOUNTS)):
        wide = wide.join(
            named.rename({"text": column, "named": f"{column}_unit"}), on=column, how="left", maintain_order="left"
        )
    label_unit = pl.coalesce(*(f"{a}_label_unit" for a in AMOUNTS), "source_label_unit")
    wide = wide.with_columns(pl.when(label_unit != UNITS_DIFFER).then(label_unit).alias("label_unit"))
    for name in AMOUNTS:
        unit = pl.coalesce(common_unit(f"{name}_label_unit", "source_label_unit", "unit"), "unit_of_others")
        wide = _amount(wide.with_columns(unit.alias("amount_unit")), name)
    for name, value in (("weight", "weight_points"), ("score", "score_points")):
        wide = _points(wide, name, value)
    wide = _score_of_rate(_rate(wide))
    kinds = funding_types(wide["source_label"]).select(
        pl.col("label").alias("source_label"), pl.col("type").alias("source_type")
    )
    wide = wide.join(kinds, on="source_label", how="left", maintain_order="left")
    return (
        wide.with_columns(source_type=pl.when(_is_whole()).then(pl.lit("total")).otherwise("source_type"))
        .with_columns(
            ids.record_id("funding").alias("funding_id"),
            pl.col("record_number").alias("line_number"),
            pl.col("source_type").fill_null("other"),
            pl.col("deviation").alias("deviation_text"),
            *(pl.col(c).alias(f"{c}_text") for c in (*AMOUNTS, "weight", "execution_rate", "score")),
        )
        .select(*contract.polars_schema(contract.Funding).names(), "form", "label_unit")
    )


def _is_whole() -> pl.Expr:
    """Whether a line names no source, stands first, and no line below it says more than it does."""
    first = pl.col("record_number") == pl.col("record_number").min().over("form")
    unnamed = pl.col("source_label").fill_null("").str.strip_chars() == ""
    amounts = [pl.col(f"{name}_cny") for name in AMOUNTS]
    most = [(amount.max().over("form") <= amount).fill_null(True) for amount in amounts]
    return unnamed & first & pl.any_horizontal(a.is_not_null() for a in amounts) & pl.all_horizontal(most)


def _amount(wide: pl.DataFrame, name: str) -> pl.DataFrame:
    texts = wide.select(pl.col(name).alias("text"), pl.col("amount_unit").alias("unit")).drop_nulls("text").unique()
    read = parse_amounts(texts).select(
        pl.col("text").alias(name),
        pl.col("unit").alias("amount_unit"),
        pl.col("amount").alias(f"{name}_cny"),
        pl.col("reason").alias(f"{name}_reason"),
    )
    return wide.join(read, on=[name, "amount_unit"], how="left", nulls_equal=True, maintain_order="left")


def _points(wide: pl.DataFrame, name: str, value: str) -> pl.DataFrame:
    texts = wide.select(pl.col(name).alias("text")).drop_nulls().unique()
    read = parse_points(texts, percent=name == "weight")
    return wide.join(
        read.select(
            pl.col("text").alias(name), pl.col("points").alias(value), pl.col("reason").alias(f"{name}_reason")
        ),
        on=name,
        how="left",
        maintain_order="left",
    )


def _score_of_rate(wide: pl.DataFrame) -> pl.DataFrame:
    """Work out the score where its column says weight × rate and its cell prints the rate: 得分(20分*执行率)."""
    is_rate = (
        pl.col("score_label").str.contains(r"分\s*[*×xX]\s*执行率")
        & pl.col("score").str.contains(r"^\s*\d+(?:\.\d+)?\s*[%％]\s*$")
        & (pl.col("score") == pl.col("execution_rate"))
        & pl.col("weight_points").is_not_null()
        & pl.col("execution_rate_pct").is_not_null()
    ).fill_null(False)
    hundred = pl.lit(100).cast(pl.Decimal(18, 4))
    points = (pl.col("weight_points") * pl.col("execution_rate_pct") / hundred).cast(wide.schema["score_points"])
    return wide.with_columns(
        pl.when(is_rate).then(points).otherwise("score_points").alias("score_points"),
        pl.when(~is_rate).then("score_reason").alias("score_reason"),
    )


def _rate(wide: pl.DataFrame) -> pl.DataFrame:
    read = parse_rates(wide.select(pl.col("execution_rate").alias("text")).drop_nulls().unique()).select(
        pl.col("text").alias("execution_rate"), "rate", "has_sign", pl.col("reason").alias("execution_rate_reason")
    )
    budget = pl.coalesce("annual_budget_cny", "initial_budget_cny")
    rate = rate_from_share(pl.col("rate"), pl.col("has_sign"), pl.col("execution_rate"), pl.col("executed_cny"), budget)
    return wide.join(read, on="execution_rate", how="left", maintain_order="left").with_columns(
        rate.alias("execution_rate_pct")
    )
