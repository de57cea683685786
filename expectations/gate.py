"""The gate: which forms are held back from publication, and why."""

from __future__ import annotations

import polars as pl


def forms_to_hold(checks: pl.DataFrame | pl.LazyFrame) -> pl.DataFrame:
    """Return the forms that break a critical rule.

    Grain: one row for each such form, by form_id. `reason` is a stable code for the first rule that the form breaks and
    all of its broken critical rules after a colon: `critical_rule: R02, R07`.

    Args:
        checks: rows of `contract.Checks`; of a lazy frame only the rows and columns that say so are read.

    Example:
        >>> checks = pl.DataFrame(
        ...     {
        ...         "form_id": ["a", "a", "b"],
        ...         "rule_id": ["R07", "R02", "R30"],
        ...         "severity": ["critical", "critical", "warning"],
        ...         "status": ["fail", "fail", "fail"],
        ...     }
        ... )
        >>> forms_to_hold(checks).rows()
        [('a', 'critical_rule: R02, R07')]
    """
    held = checks.lazy().filter(
        (pl.col("status").cast(pl.String) == "fail")
        & (pl.col("severity").cast(pl.String) == "critical")
        & (pl.col("form_id") != "")
    )
    return (
        held.group_by("form_id")
        .agg(pl.col("rule_id").unique().sort().str.join(", ").alias("rules"))
        .select("form_id", pl.format("critical_rule: {}", "rules").alias("reason"))
        .sort("form_id")
        .collect(engine="streaming")
    )
