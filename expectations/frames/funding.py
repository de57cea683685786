"""What the rules on money need to know of a form's funding block, one row for each form."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.expressions import is_blank, yuan_per_unit
from expectations.rounding import half_unit
from expectations.settings import RuleSettings
from warehouse.contract.total_lines import with_totals
from warehouse.contract.vocabulary import AMOUNTS

PARENT: Final = r"财政拨款|财政资金|当年财政|本年财政|年初财政"
GOVERNMENT: Final = r"中央|省|市|县|区|上级|本级|地方"
CHILD: Final = rf"一般公共预算|政府性基金|国有资本|社会保险基金|{GOVERNMENT}"
STANDS_ALONE: Final = r"结转|其他|其它|单位资金|自有|财政专户"


def marked_lines(funding: pl.DataFrame, units: pl.DataFrame) -> pl.DataFrame:
    """Add to each line its part in the block.

    One row in, one row out. `is_total` is the form's total line (`with_totals`), or the only line there is.
    `split` counts parallel splits of the same money (按收入性质分, 按支出性质分). `is_nested` marks lines that are
    parts of a part, as far as their labels tell, and `is_ambiguous` forms in which that cannot be said for sure.
    `is_only_part` marks the one line of a block that names one part of the money (其中：中央资金) and not the rest.
    """
    label = pl.col("source_label").fill_null("").str.replace_all(r"\s", "")
    lines = (
        funding.join(units, on="form_id", how="left", maintain_order="left")
        .sort("form_id", "line_number")
        .with_columns(label.alias("label"), pl.len().over("form_id").alias("line_count"))
        .with_columns(
            (pl.col("source_type") == "total").fill_null(False).alias("typed_total"),
            pl.col("label").str.contains(r"^其中").alias("is_of_which"),
            pl.col("label").str.contains(r"基本支出|按支出性质分").cum_sum().over("form_id").alias("split"),
        )
        .with_columns((pl.col("typed_total").cum_sum().over("form_id")).alias("totals_so_far"))
        .pipe(with_totals, pl.col("label"), "form_id")
        .with_columns(
            (
                (pl.col("may_be_total") & (pl.col("may_be_total").cum_sum().over("form_id") == 1))
                | ((pl.col("line_count") == 1) & ~pl.col("typed_total"))
            ).alias("is_total")
        )
        .with_columns((~pl.col("is_total")).cum_sum().over("form_id").alias("part_number"))
    )
    is_parent = pl.col("label").str.contains(PARENT) & ~pl.col("label").str.contains(CHILD)
    later_of_which = pl.col("is_of_which") & (pl.col("part_number") > 1)
    return (
        lines.with_columns(later_of_which.alias("starts_nested"))
        .with_columns(
            (
                (pl.col("starts_nested").cum_sum().over("form_id") > 0)
                & ~(pl.col("label").str.contains(STANDS_ALONE) & ~pl.col("starts_nested"))
                & ~pl.col("is_total")
            ).alias("is_nested"),
            (
                pl.col("starts_nested").any().over("form_id")
                | (pl.col("totals_so_far").max().over("form_id") > 1)
                | (
                    (is_parent & ~pl.col("is_total")).any().over("form_id")
                    & (pl.col("label").str.contains(CHILD) & ~is_parent & ~pl.col("is_total")).any().over("form_id")
                )
            ).alias("is_ambiguous"),
        )
        .with_columns(
            (pl.col("is_of_which") & ~pl.col("is_total") & ((~pl.col("is_total")).sum().over("form_id") == 1)).alias(
                "is_only_part"
            )
        )
        .drop("typed_total", "is_of_which", "totals_so_far", "starts_nested", "line_count", "may_be_total")
    )


def _column_sums(lines: pl.DataFrame, amount: str, settings: RuleSettings) -> pl.DataFrame:
    """Hold one amount column's total against its parts, one row for each form.

    `<amount>_parts`: `equal`, `unequal`, or why it cannot be said; `<amount>_parts_cny`: the sum of the parts.
    """
    value, text, reason = (f"{amount}_{suffix}" for suffix in ("cny", "text", "reason"))
    mills = pl.col(value).to_physical().cast(pl.Int128) * 10
    floor = (
        yuan_per_unit(pl.col(text), pl.col("currency_unit")).cast(pl.Int128)
        * int(settings.money_tolerance_per_row * 10**6)
        // 1000
    )
    half = pl.max_horizontal(half_unit(pl.col(text), pl.col("currency_unit")), floor)
    cells = lines.with_columns(
        mills.alias("mills"),
        half.alias("half"),
        (pl.col(value).is_null() & pl.col(reason).is_not_null() & (pl.col(reason) != "blank")).alias("unread"),
        (pl.col(value) != 0).fill_null(False).alias("counts"),
    )
    total = cells.filter("is_total").select(
        "form_id",
        pl.col("mills").alias("total"),
        pl.col("half").alias("total_half"),
        pl.col("unread").alias("total_unread"),
    )
    parts = pl.col("is_total").not_()
    flat = parts & pl.col("is_nested").not_()
    splits = (
        cells.filter(parts)
        .group_by("form_id", "split")
        .agg(
            pl.col("mills").sum().alias("all"),
            pl.col("mills").filter(flat).sum().alias("flat"),
            pl.col("half").filter(pl.col("counts")).sum().alias("halves"),
            pl.col("half").filter(pl.col("counts")).max().fill_null(0).alias("half_most"),
            pl.col("counts").sum().alias("count"),
            pl.col("mills").is_not_null().sum().alias("read"),
            pl.col("unread").any(),
            pl.col("is_ambiguous").any(),
            pl.col("is_only_part").any(),
        )
        .join(total, on="form_id", how="left")
    )
    tolerance = (
        pl.when(pl.col("count") == 1)
        .then(pl.max_horizontal("total_half", "half_most"))
        .otherwise(pl.col("total_half") + pl.col("halves"))
    )
    equal = (pl.col("all") - pl.col("total")).abs() <= tolerance
    equal_flat = (pl.col("flat") - pl.col("total")).abs() <= tolerance
    outcome = (
        pl.when(pl.col("total_unread").fill_null(False) | pl.col("unread"))
        .then(pl.lit("amount_not_read"))
        .when(pl.col("total").is_null())
        .then(pl.lit("amount_blank"))
        .when(pl.col("read") == 0)
        .then(pl.lit("parts_blank"))
        .when(equal)
        .then(pl.lit("equal"))
        .when(pl.col("is_only_part") & (pl.col("all") >= 0) & (pl.col("all") <= pl.col("total")))
        .then(pl.lit("one_part_named"))
        .when(pl.col("is_ambiguous") & equal_flat)
        .then(pl.lit("equal"))
        .when(pl.col("is_ambiguous"))
        .then(pl.lit("nested_parts"))
        .otherwise(pl.lit("unequal"))
    )
    worst = pl.Enum(
        ["unequal", "amount_not_read", "nested_parts", "amount_blank", "parts_blank", "one_part_named", "equal"]
    )
    return (
        splits.with_columns(outcome.cast(worst).alias("outcome"), (pl.col("all") // 10).alias("cents"))
        .sort("form_id", "outcome", "split")
        .group_by("form_id", maintain_order=True)
        .agg(
            pl.col("outcome").first().alias(f"{amount}_parts"),
            (pl.col("cents").first().cast(pl.Decimal(38, 2)) / 100).alias(f"{amount}_parts_cny"),
        )
    )


def of_forms(lines: pl.DataFrame, settings: RuleSettings) -> pl.DataFrame:
    """Return one row for each form with a funding block: texts and reasons of its total line, sums of its lines.

    Grain: form_id. Columns that the total line lacks are null.
    """
    total = lines.filter("is_total").select(
        "form_id",
        pl.col("funding_id").alias("total_line_id"),
        *(pl.col(f"{name}_text").alias(f"total_{name}_text") for name in AMOUNTS),
        *(pl.col(f"{name}_reason").alias(f"total_{name}_reason") for name in AMOUNTS),
        pl.col("execution_rate_text").alias("rate_text"),
        pl.col("execution_rate_reason").alias("rate_reason"),
        pl.col("weight_text").alias("execution_weight_text"),
        pl.col("weight_reason").alias("execution_weight_reason"),
        pl.col("score_text").alias("execution_score_text"),
        pl.col("score_reason").alias("execution_score_reason"),
    )
    block = lines.group_by("form_id").agg(
        pl.len().alias("funding_lines"),
        pl.col("annual_budget_text").is_not_null().any().alias("has_annual_column"),
        pl.col("initial_budget_text").is_not_null().any().alias("has_initial_column"),
        pl.col("execution_rate_text").is_not_null().any().alias("has_rate_column"),
        pl.col("weight_text").is_not_null().any().alias("has_execution_weight_column"),
        pl.col("score_text").is_not_null().any().alias("has_execution_score_column"),
        pl.col("deviation_text").is_not_null().any().alias("has_funding_reason_column"),
        is_blank(pl.col("deviation_text")).not_().any().alias("funding_reason_given"),
    )
    found = block.join(total, on="form_id", how="left")
    for amount in AMOUNTS:
        found = found.join(_column_sums(lines, amount, settings), on="form_id", how="left")
    return found
