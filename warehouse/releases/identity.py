"""Which forms are the same form: pure functions over the tables of forms.

Two forms are the same when fiscal year, department, implementing unit and project agree, all four of them read.
Brackets and digits of either width are the same, white space does not count. A form without one of the four stands
for itself.

Among forms that are the same, those with the same content (money, points, goals, indicators, rating, as printed) are
one form found in several places; those with other content are revisions, of which the newest document's counts: the
one that was seen last; of those seen at once, the one that states the later date. Where one document prints the same
key twice with different content, the key does not distinguish its forms, so none of them is taken for a revision.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import polars as pl

from warehouse.contract import FORM_TABLES

KEY: Final = ("fiscal_year", "department", "implementing_unit", "project_name")

CONTENT: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
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


def stands_for(table: str, name: str) -> list[str]:
    """Return the columns that a name of `CONTENT` stands for: the value's, and the printed text's.

    Example:
        >>> stands_for("funding", "executed"), stands_for("indicators", "actual_text")
        (['executed_cny', 'executed_text'], ['actual_text'])
    """
    known = FORM_TABLES[table].columns()
    return [c for c in (name, f"{name}_cny", f"{name}_points", f"{name}_pct", f"{name}_text") if c in known]


def _content_columns(table: str) -> pl.Expr:
    parts = [pl.coalesce(*map(normalised, stands_for(table, name))).fill_null("∅") for name in CONTENT[table][1]]
    return pl.concat_str(parts, separator="\x1f")


def content_of(tables: Mapping[str, pl.LazyFrame], form_ids: pl.Series) -> pl.DataFrame:
    """Return `form_id` and `content`: one text for each form that is the same exactly when its printed content is.

    Args:
        tables: `forms`, `funding` and `indicators`.
        form_ids: The forms that are asked for.
    """
    wanted = pl.LazyFrame({"form_id": form_ids})
    result = wanted.unique()
    for table, (order, _) in CONTENT.items():
        rows = (
            tables[table]
            .join(wanted, on="form_id", how="semi")
            .sort("form_id", order)
            .select("form_id", _content_columns(table).alias(table))
            .group_by("form_id", maintain_order=True)
            .agg(pl.col(table).str.join("\x1e"))
        )
        result = result.join(rows, on="form_id", how="left")
    content = pl.concat_str([pl.col(t).fill_null("") for t in CONTENT], separator="\x1d")
    return result.select("form_id", content=content).sort("form_id").collect()


@dataclass(frozen=True, slots=True)
class Resolved:
    """Which forms stand, and which followed which.

    Attributes:
        outcomes: One row for each form, sorted: `form_id`, `outcome` (published, duplicate, superseded) and
            `standing_form_id`: the published form that stands for it, itself when it stands. Of forms with the same
            content the one that was seen first stands, so that ids do not change when a copy turns up.
        successions: One row for each time that a form was published again with other content, sorted: `old_form_id`,
            `new_form_id`.
    """

    outcomes: pl.DataFrame
    successions: pl.DataFrame


def resolve(tables: Mapping[str, pl.LazyFrame], documents: pl.DataFrame) -> Resolved:
    """Decide of each form whether it stands, is found elsewhere too, or gave way to a newer one.

    Args:
        tables: `forms`, `funding`, `indicators`: only forms that may be published.
        documents: `document_id`, `seen_number` (greater is newer) and `stated_at` (a moment, later is newer among
            documents of one number; null is oldest). Where both agree, the order is that of document_id.
    """
    forms = tables["forms"].select("form_id", "document_id", "form_number", *KEY).collect()
    keys = (
        forms.with_columns(normalised(part) for part in KEY)
        .drop_nulls(KEY)
        .select("form_id", "document_id", "form_number", key=pl.concat_str(KEY, separator="\x1f"))
        .filter(pl.col("key").is_duplicated())
        .join(documents.select("document_id", "seen_number", "stated_at"), on="document_id", how="left")
    )
    repeated = (
        keys.join(content_of(tables, keys["form_id"]), on="form_id")
        .with_columns(is_ambiguous=(pl.col("content").n_unique().over("key", "document_id") > 1).max().over("key"))
        .with_columns(
            group=pl.when("is_ambiguous").then(pl.concat_str("key", "content", separator="\x1c")).otherwise("key")
        )
        .sort("seen_number", "stated_at", "document_id", "form_number", nulls_last=False)
        .with_columns(is_newest=pl.col("content") == pl.col("content").last().over("group"))
        .with_columns(
            standing_form_id=pl.col("form_id").filter("is_newest").first().over("group"),
            old_form_id=pl.col("form_id").shift(1).over("group"),
            has_other_content=pl.col("content") != pl.col("content").shift(1).over("group"),
        )
    )
    standing = repeated.select(
        "form_id",
        "standing_form_id",
        outcome=pl.when(pl.col("form_id") == pl.col("standing_form_id"))
        .then(pl.lit("published"))
        .when("is_newest")
        .then(pl.lit("duplicate"))
        .otherwise(pl.lit("superseded")),
    )
    outcomes = (
        forms.select("form_id")
        .join(standing, on="form_id", how="left")
        .select(
            "form_id",
            pl.col("outcome").fill_null("published"),
            pl.coalesce("standing_form_id", "form_id").alias("standing_form_id"),
        )
        .sort("form_id")
    )
    successions = repeated.filter("has_other_content").select("old_form_id", new_form_id="form_id")
    return Resolved(outcomes, successions.sort("new_form_id"))
