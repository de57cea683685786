"""What the recogniser was unsure of: the figures of a form that rest on a low certainty, by what could confirm them."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.settings import RuleSettings

GROUPS: Final = (
    "weights",
    "scores",
    "execution_score",
    "rate",
    "initial_budget",
    "annual_budget",
    "executed",
    "others",
)
"""Figures that the same arithmetic confirms, or, last, that none does."""

_GROUP: Final = {
    ("forms", "total_weight_points"): "weights",
    ("forms", "execution_weight_points"): "weights",
    ("indicators", "weight_points"): "weights",
    ("forms", "total_score_points"): "scores",
    ("indicators", "score_points"): "scores",
    ("forms", "execution_score_points"): "execution_score",
    ("forms", "execution_rate_pct"): "rate",
    ("funding", "initial_budget_cny"): "initial_budget",
    ("funding", "annual_budget_cny"): "annual_budget",
    ("funding", "executed_cny"): "executed",
    ("funding", "weight_points"): "others",
    ("funding", "execution_rate_pct"): "others",
    ("funding", "score_points"): "others",
    ("forms", "fiscal_year"): "others",
    ("forms", "currency_unit"): "others",
    ("indicators", "target_operator"): "others",
    ("indicators", "target_unit"): "others",
    ("indicators", "target_text"): "others",
    ("indicators", "actual_text"): "others",
}
TEXTS: Final = (
    ("forms", "project_name"),
    ("forms", "department"),
    ("forms", "implementing_unit"),
    ("forms", "rating"),
    ("funding", "source_label"),
    ("indicators", "level_1_label"),
    ("indicators", "level_2_label"),
    ("indicators", "indicator_name"),
    ("indicators", "target_text"),
    ("indicators", "actual_text"),
)
"""Names and short texts: what is said of their certainty. Of long texts one sign is often unsure."""

LONG_TEXTS: Final = (
    ("forms", "expected_goal_text"),
    ("forms", "actual_goal_text"),
    ("funding", "deviation_text"),
    ("indicators", "deviation_text"),
)
"""Long texts: named only where something dark covers a part of them."""

_COVERED: Final = 0.15
"""Highest certainty of a cell that something dark covers in part."""

_FIGURE: Final = r"[0-9０-９]"
_IDEOGRAPH: Final = r"[\x{3400}-\x{9FFF}]"
_LISTED: Final = 8
_POOR: Final = 0.06
"""Share of the names and short texts of a form from which so many illegible ones show a picture too poor for any."""

_ILLEGIBLE: Final = 0.7
"""Certainty below which a recogniser itself is at a loss: figures that the ink does not bear out keep this much."""

_SEVERAL: Final = 3


def of_forms(evidence: pl.DataFrame, settings: RuleSettings) -> pl.DataFrame:
    """Return one row for each form of which any place was recognised from a picture.

    Grain: form_id. `is_recognised` is true; `unsure_<group>` lists the figures of the group (`GROUPS`) whose certainty
    is below the setting, each with its certainty; null where there are none. A cell that looks empty, but has faint
    ink in it, counts as a figure where the column holds numbers only. `unsure_texts` lists the names and short texts
    (`TEXTS`) that are below it and hold an ideograph, and long texts that something dark covers in part;
    `unsure_names` is the same where three or more, and more than 6 % of all with an ideograph, have a certainty below
    0.7, or where one that is unsure has a bracket that nothing closes, else null.

    Args:
        evidence: `contract.Evidence`.
        settings: `ocr_certainty`.
    """
    seen = evidence.filter(pl.col("confidence").is_not_null())
    key = pl.DataFrame(
        [(table, column, group) for (table, column), group in _GROUP.items()],
        schema=["table_name", "column_name", "group"],
        orient="row",
    )
    # The total line's own figures stand in `forms` and in `funding`: once is enough.
    copied = seen.filter(pl.col("table_name") == "forms").select("form_id", "page_number", "x0", "top", "column_name")
    own = seen.join(
        copied.with_columns(
            pl.col("column_name").replace(
                {"execution_weight_points": "weight_points", "execution_score_points": "score_points"}
            ),
            table_name=pl.lit("funding"),
        ).filter(pl.col("column_name").is_in(["weight_points", "score_points", "execution_rate_pct"])),
        on=["form_id", "table_name", "page_number", "x0", "top", "column_name"],
        how="anti",
    )
    holds_numbers = ~pl.col("column_name").is_in(["target_text", "actual_text", "fiscal_year"])
    text = pl.col("printed_text").str.strip_chars()
    is_part = pl.col("column_name").is_in(["target_operator", "target_unit", "currency_unit"])
    is_figure = is_part | text.str.contains(_FIGURE) | ((text == "") & holds_numbers)
    shown = pl.format(
        "{} ({})",
        pl.when(text == "").then(pl.lit("□")).otherwise(text.str.slice(0, 30)),
        pl.col("confidence").round(2),
    )
    unsure = (
        own.join(key, on=["table_name", "column_name"])
        .filter(pl.col("confidence") < float(settings.ocr_certainty), is_figure)
        .sort("form_id", "page_number", "top", "x0")
        .with_columns(shown=shown)
        .group_by("form_id", "group")
        .agg(pl.col("shown").unique(maintain_order=True).head(_LISTED).str.join("、"))
    )
    texts = _unsure_texts(seen, shown, float(settings.ocr_certainty))
    wide = seen.select("form_id").unique().join(texts, on="form_id", how="left")
    for group in GROUPS:
        one = unsure.filter(pl.col("group") == group).select("form_id", pl.col("shown").alias(f"unsure_{group}"))
        wide = wide.join(one, on="form_id", how="left")
    return wide.with_columns(is_recognised=pl.lit(True))


def _unsure_texts(seen: pl.DataFrame, shown: pl.Expr, certainty: float) -> pl.DataFrame:
    """Return the forms with unsure names or texts: form_id, `unsure_texts`, `unsure_names` (see `of_forms`)."""
    text = pl.col("printed_text").str.strip_chars()
    names, long_texts = (
        pl.DataFrame(list(columns), schema=["table_name", "column_name"], orient="row")
        for columns in (TEXTS, LONG_TEXTS)
    )
    covered = seen.filter(pl.col("confidence") <= _COVERED).join(
        long_texts, on=["table_name", "column_name"], how="semi"
    )
    is_torn = text.str.count_matches(r"[(（]") > text.str.count_matches(r"[)）]")
    is_unsure, is_illegible = (pl.col("confidence") < least for least in (certainty, _ILLEGIBLE))
    # A level or a source stands for all its rows, but a name that several rows share may be theirs, run together where
    # the lines between them were not seen: it counts for each.
    own_name = pl.when(pl.col("column_name") == "indicator_name").then("record_id").otherwise(pl.lit(""))
    return (
        pl.concat([seen.join(names, on=["table_name", "column_name"], how="semi"), covered])
        .filter(text.str.contains(_IDEOGRAPH))
        .with_columns(shown=shown, of=own_name)
        .sort("form_id", "page_number", "top", "x0")
        .unique(["form_id", "page_number", "x0", "top", "printed_text", "of"], keep="first", maintain_order=True)
        .group_by("form_id")
        .agg(
            is_poor=((is_illegible.sum() >= _SEVERAL) & (is_illegible.mean() > _POOR)) | (is_unsure & is_torn).any(),
            unsure_texts=pl.col("shown").filter(is_unsure).unique(maintain_order=True).head(_LISTED).str.join("、"),
        )
        .filter(pl.col("unsure_texts") != "")
        .with_columns(unsure_names=pl.when("is_poor").then("unsure_texts"))
        .drop("is_poor")
    )
