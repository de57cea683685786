"""What changed when a form was published again: a pure function over the tables of forms."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from warehouse import contract
from warehouse.releases.identity import CONTENT, KEY, normalised, stands_for

_NAMES: Final = {"forms": "", "funding": "source_label", "indicators": "indicator_name"}
"""The column by which the records of two versions are paired; a form is one record."""

_FIELDS: Final = ("form_id", "table_name", "record_name", "column_name")

FIELD: Final = ("table_name", "record_name", "column_name", "before", "after")
"""What is said of a field that changed, as in `contract.Revisions`."""


def revisions(tables: Mapping[str, pl.LazyFrame], successions: pl.DataFrame, documents: pl.DataFrame) -> pl.DataFrame:
    """List the fields that changed, for each time that a form was published again with other content.

    Records are paired by what they are called and how often that was there before, not by their number: a line that
    was put in between does not make all lines after it changed. Spaces and the width of digits do not count. Where
    only the order of records differs, there is no row.

    Args:
        tables: `forms`, `funding` and `indicators`.
        successions: `identity.Resolved.successions`.
        documents: `document_id` and `first_seen_at`.

    Returns:
        `contract.Revisions`, sorted by its key.
    """
    schema = contract.polars_schema(contract.Revisions)
    if successions.is_empty():
        return contract.empty(contract.Revisions)
    changed = changed_fields(tables, tables, successions)
    forms = tables["forms"].select("form_id", "document_id", *KEY)
    return (
        changed.join(forms.rename({"document_id": "new_document_id"}), left_on="new_form_id", right_on="form_id")
        .join(
            forms.select("form_id", old_document_id="document_id"),
            left_on="old_form_id",
            right_on="form_id",
        )
        .join(
            documents.lazy().select("document_id", seen_at="first_seen_at"),
            left_on="new_document_id",
            right_on="document_id",
        )
        .select(schema.names())
        .cast(schema)
        .sort("new_form_id", *_FIELDS[1:])
        .collect()
    )


def changed_fields(
    before: Mapping[str, pl.LazyFrame], after: Mapping[str, pl.LazyFrame], pairs: pl.DataFrame
) -> pl.LazyFrame:
    """List the fields that differ between two forms, for several pairs of forms; records are paired as in `revisions`.

    Args:
        before: `forms`, `funding` and `indicators` with the older forms.
        after: Those with the newer ones.
        pairs: `old_form_id`, `new_form_id`.

    Returns:
        `old_form_id`, `new_form_id` and the columns of `FIELD`; in no given order.
    """
    old = _fields(before, pairs["old_form_id"]).rename({"form_id": "old_form_id", "value": "before"})
    new = _fields(after, pairs["new_form_id"]).rename({"form_id": "new_form_id", "value": "after"})
    on = ["old_form_id", "new_form_id", *_FIELDS[1:]]
    return (
        pairs.lazy()
        .join(old, on="old_form_id")
        .join(pairs.lazy().join(new, on="new_form_id"), on=on, how="full", coalesce=True)
        .filter(normalised("before").ne_missing(normalised("after")))
        .select("old_form_id", "new_form_id", *FIELD)
    )


def revised_forms(events: pl.DataFrame, revised: pl.DataFrame, names: pl.DataFrame) -> pl.DataFrame:
    """List the forms that were published again with other content, each with its name and what changed.

    Args:
        events: `ledger_tables.Events` of one release.
        revised: `contract.Revisions` of that release.
        names: `form_id` and the columns of `identity.KEY` of the forms that the release shows.

    Returns:
        One row for each older form that gave way: `old_form_id`, `form_id` (the newer one), `identity.KEY`,
        `field_count` and `fields` (a list of structs of `FIELD`; empty where only the order of records differs). By
        name.
    """
    pairs = events.filter(kind="revision").select(old_form_id="form_id", standing_form_id="other_form_id")
    fields = (
        revised.join(pairs, on="old_form_id", how="semi")
        .group_by("old_form_id", maintain_order=True)
        .agg(form_id=pl.col("new_form_id").first(), fields=pl.struct(pl.col(FIELD).cast(pl.String)))
    )
    return (
        pairs.join(fields, on="old_form_id", how="left")
        .with_columns(form_id=pl.coalesce("form_id", "standing_form_id"))
        .join(names.select(pl.col("form_id").alias("standing_form_id"), *KEY), on="standing_form_id", how="left")
        .with_columns(field_count=pl.col("fields").list.len().fill_null(0), fields=pl.col("fields").fill_null([]))
        .select("old_form_id", "form_id", *KEY, "field_count", "fields")
        .sort(*KEY, "form_id", "old_form_id", nulls_last=True)
    )


def _fields(tables: Mapping[str, pl.LazyFrame], form_ids: pl.Series) -> pl.LazyFrame:
    """Return every field that counts of some forms: `form_id`, `table_name`, `record_name`, `column_name`, `value`."""
    wanted = pl.LazyFrame({"form_id": form_ids.unique()})
    parts = []
    for table, (order, names) in CONTENT.items():
        columns = {name: stands_for(table, name) for name in names}
        label = normalised(_NAMES[table]).fill_null("") if _NAMES[table] else pl.lit("")
        parts.append(
            tables[table]
            .join(wanted, on="form_id", how="semi")
            .sort("form_id", order)
            .with_columns(label=label)
            .with_columns(number=pl.int_range(1, pl.len() + 1).over("form_id", "label"))
            .select(
                "form_id",
                pl.lit(table).alias("table_name"),
                pl.when(pl.col("number") > 1)
                .then(pl.format("{} #{}", "label", "number"))
                .otherwise("label")
                .alias("record_name"),
                *(pl.coalesce(pl.col(c).cast(pl.String) for c in known).alias(known[0]) for known in columns.values()),
            )
            .unpivot(index=_FIELDS[:3], variable_name="column_name", value_name="value")
        )
    return pl.concat(parts)
