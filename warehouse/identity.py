"""Which forms are the same form: pure functions over the tables of forms.

Two forms are the same when fiscal year, department, implementing unit and project agree, all four of them read.
Brackets and digits of either width are the same, white space does not count. A form without one of the four stands
for itself.

Among forms that are the same, those with the same content (money, points, goals, indicators, rating, as printed) are
one form found in several places; those with other content are revisions, of which the newest document's counts. Where
one document prints the same key twice with different content, the key does not tell its forms apart, so none of them
is taken for a revision.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from warehouse.contract import FORM_TABLES

KEY: Final = ("fiscal_year", "department", "implementing_unit", "project_name")

_CONTENT: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "forms": (
        "form_id",
        ("total_weight", "total_score", "rating", "expected_goal_text", "actual_goal_text"),
    ),
    "funding": (
        "line_number",
        ("source_label", "initial_budget", "annual_budget", "executed", "weight", "execution_rate", "score"),
    ),
    "indicators": (
        "indicator_number",
        ("indicator_name", "target_text", "actual_text", "weight", "score", "deviation_text"),
    ),
}
"""Order of a form's rows in each table, and what of them must agree. A name without a column of its own stands for the
read value (executed_cny) and, where that could not be read, the printed text (executed_text)."""


def normalised(column: str | pl.Expr) -> pl.Expr:
    """Return text for comparing: one width, no white space, null for nothing.

    Example:
        >>> pl.select(normalised(pl.lit("专项 （之二）"))).item()
        '专项(之二)'
    """
    text = (pl.col(column) if isinstance(column, str) else column).cast(pl.String)
    text = text.str.normalize("NFKC").str.replace_all(r"\s+", "")
    return pl.when(text != "").then(text)


def _content_columns(table: str) -> pl.Expr:
    known = FORM_TABLES[table].columns()
    parts = []
    for name in _CONTENT[table][1]:
        values = [
            normalised(candidate)
            for candidate in (name, f"{name}_cny", f"{name}_points", f"{name}_pct", f"{name}_text")
            if candidate in known
        ]
        parts.append(pl.coalesce(*values).fill_null("∅"))
    return pl.concat_str(parts, separator="\x1f")


def content_of(tables: Mapping[str, pl.LazyFrame], form_ids: pl.Series) -> pl.DataFrame:
    """Return `form_id` and `content`: one text for each form that is the same exactly when its printed content is.

    Args:
        tables: `forms`, `funding` and `indicators`.
        form_ids: The forms that are asked for.
    """
    wanted = pl.LazyFrame({"form_id": form_ids})
    result = wanted.unique()
    for table, (order, _) in _CONTENT.items():
        rows = (
            tables[table]
            .join(wanted, on="form_id", how="semi")
            .sort("form_id", order)
            .select("form_id", _content_columns(table).alias(table))
            .group_by("form_id", maintain_order=True)
            .agg(pl.col(table).str.join("\x1e"))
        )
        result = result.join(rows, on="form_id", how="left")
    content = pl.concat_str([pl.col(t).fill_null("") for t in _CONTENT], separator="\x1d")
    return result.select("form_id", content=content).sort("form_id").collect()


def resolve(tables: Mapping[str, pl.LazyFrame], documents: pl.DataFrame) -> pl.DataFrame:
    """Tell of each form whether it stands, is found elsewhere too, or gave way to a newer one.

    Args:
        tables: `forms`, `funding`, `indicators`: only forms that may be published.
        documents: `document_id`, `seen_number` (greater is newer).

    Returns:
        One row for each form, sorted: `form_id`, `outcome` (published, duplicate, superseded) and `standing_form_id`:
        the published form that stands for it, itself when it stands. Of forms with the same content the one that was
        seen first stands, so that ids do not change when a copy turns up.
    """
    forms = tables["forms"].select("form_id", "document_id", "form_number", *KEY).collect()
    keys = (
        forms.with_columns(normalised(part) for part in KEY)
        .drop_nulls(KEY)
        .select("form_id", "document_id", "form_number", key=pl.concat_str(KEY, separator="\x1f"))
        .filter(pl.col("key").is_duplicated())
        .join(documents.select("document_id", "seen_number"), on="document_id", how="left")
    )
    repeated = (
        keys.join(content_of(tables, keys["form_id"]), on="form_id")
        .with_columns(is_ambiguous=(pl.col("content").n_unique().over("key", "document_id") > 1).max().over("key"))
        .with_columns(
            group=pl.when("is_ambiguous").then(pl.concat_str("key", "content", separator="\x1c")).otherwise("key")
        )
        .sort("seen_number", "document_id", "form_number")
        .with_columns(is_newest=pl.col("content") == pl.col("content").last().over("group"))
        .with_columns(standing_form_id=pl.col("form_id").filter("is_newest").first().over("group"))
        .select(
            "form_id",
            "standing_form_id",
            outcome=pl.when(pl.col("form_id") == pl.col("standing_form_id"))
            .then(pl.lit("published"))
            .when("is_newest")
            .then(pl.lit("duplicate"))
            .otherwise(pl.lit("superseded")),
        )
    )
    return (
        forms.select("form_id")
        .join(repeated, on="form_id", how="left")
        .select(
            "form_id",
            pl.col("outcome").fill_null("published"),
            pl.coalesce("standing_form_id", "form_id").alias("standing_form_id"),
        )
        .sort("form_id")
    )
