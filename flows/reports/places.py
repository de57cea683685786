"""Which places on the pages a finding is about."""

from __future__ import annotations

from typing import Final

import polars as pl

PRINTED_AS: Final = (
    ("target_text", r"^indicators\.(?:target_(?:value|unit|date|operator).*|is_met|attainment.*)$"),
    ("actual_text", r"^indicators\.(?:actual_(?:value|unit|date|band).*|is_met|attainment.*)$"),
    ("level_1_label", r"^indicators\.level_1_.*$"),
    ("level_2_label", r"^indicators\.level_2_.*$"),
    ("score_points", r"^indicators\.score_text$"),
)
"""Where a column that is worked out stands on the page."""


def suspects(evidence: pl.DataFrame, failed: pl.DataFrame) -> pl.DataFrame:
    """Pair findings with the places of what their rules compare, in the record that fails or in its form.

    Args:
        evidence: Rows of `contract.Evidence`, of one form.
        failed: Rows of `contract.Checks` that fail, of that form.

    Returns:
        `finding`, `place`: positions in `failed` and in `evidence`, each pair once, sorted. A finding about what has no
        place on a page, such as a cell that is not there, is in no pair.
    """
    from expectations.catalogue import RULES

    compared = [(rule.id, source) for rule in RULES for source in rule.inputs]
    inputs = pl.DataFrame(compared, schema={"rule_id": pl.String, "input": pl.String}, orient="row")
    printed = [
        inputs.filter(pl.col("input").str.contains(p)).with_columns(input=pl.lit(f"indicators.{c}"))
        for c, p in PRINTED_AS
    ]
    inputs = (
        pl.concat([inputs, *printed])
        .unique()
        .with_columns(pl.col("input").str.split_exact(".", 1).struct.rename_fields(["input_table", "input_column"]))
        .unnest("input")
    )
    return (
        failed.with_row_index("finding")
        .select("finding", "rule_id", "table_name", failed_id="record_id")
        .join(inputs, on="rule_id")
        .join(evidence.with_row_index("place"), left_on="input_table", right_on="table_name")
        .filter(
            (pl.col("column_name") == pl.col("input_column"))
            | (
                pl.col("input_column").str.contains("*", literal=True)
                & pl.col("column_name").str.ends_with(pl.col("input_column").str.strip_prefix("*"))
            ),
            (pl.col("table_name") == "forms")
            | (pl.col("input_table") == "forms")
            | (pl.col("record_id") == pl.col("failed_id")),
        )
        .select("finding", "place")
        .unique()
        .sort("finding", "place")
    )
