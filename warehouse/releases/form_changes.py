"""Two releases compared form by form: what became of each, under its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from warehouse import contract
from warehouse.contract.ids import FORM_ID_PATTERN
from warehouse.contract.vocabulary import PLACES
from warehouse.releases.identity import CONTENT, KEY
from warehouse.releases.release import Release
from warehouse.releases.revisions import FIELD, changed_fields

FORM_CHANGES: Final = ("added", "removed", "revised", "held", "released", "changed")
"""What can become of a form between two releases."""

FORM_CHANGE_SCHEMA: Final = pl.Schema(
    {
        "change": pl.Enum(FORM_CHANGES),
        "form_id": pl.String(),
        "old_form_id": pl.String(),
        "fiscal_year": pl.Int32(),
        "department": pl.String(),
        "implementing_unit": pl.String(),
        "project_name": pl.String(),
        "reason": pl.String(),
        "field_count": pl.UInt32(),
        "fields": pl.List(pl.Struct(dict.fromkeys(FIELD, pl.String()))),
    }
)


def form_changes(before: Release, after: Release, rows: pl.DataFrame) -> pl.DataFrame:
    """Say what became of each form that two releases do not show alike.

    A form that was published again has another id in the newer release; it is one row here, not a form removed and
    one added.

    Args:
        before: The older release.
        after: The newer one.
        rows: `diff.diff_releases` of the two.

    Returns:
        One row for each form, sorted by change, year and names: `change` (`FORM_CHANGES`: revised is published again
        in another document; held and released went into and out of quarantine; changed is the same printed form read,
        corrected or normalised otherwise), `form_id` (of the newer release; of the older one when it was removed),
        `old_form_id` (of a revised form; else null), year and names, `reason` (why it is held now; null: it is not),
        `field_count` and `fields` (structs of `revisions.FIELD`; of a form that was added or removed none). Of a form
        that is revised, held or released these are the fields that `revisions` compares, with records by their names;
        of one that changed every field, with records by their ids. A record that only one release has is a field
        without a column, with the record's id on its side.
    """
    then, now = _shown(before), _shown(after)
    outcomes = after.outcomes().select("form_id", "standing_form_id", "reason")
    left = then.join(now, on="form_id", how="anti").join(outcomes, on="form_id", how="left")
    arrived = now.join(then, on="form_id", how="anti")
    pairs = left.join(arrived, left_on="standing_form_id", right_on="form_id", how="semi").select(
        old_form_id="form_id", new_form_id="standing_form_id"
    )
    both = now.join(then.select("form_id", place_before="place"), on="form_id")
    moved = pl.col("place") != pl.col("place_before")
    compared = pl.concat([pairs, both.filter(moved).select(old_form_id="form_id", new_form_id="form_id")])
    stayed = both.filter(~moved)["form_id"]
    changed = pl.concat([_paired_fields(before, after, compared), _fields_of(rows, stayed)])
    held = pl.when(moved & pl.col("place").eq("quarantine")).then(pl.lit("held")).when(moved).then(pl.lit("released"))
    revised = arrived.join(pairs.rename({"new_form_id": "form_id"}), on="form_id")
    parts = [
        arrived.join(pairs, left_on="form_id", right_on="new_form_id", how="anti").with_columns(change=pl.lit("added")),
        left.join(pairs, left_on="form_id", right_on="old_form_id", how="anti").with_columns(change=pl.lit("removed")),
        revised.with_columns(change=pl.lit("revised")),
        both.with_columns(change=held.otherwise(pl.lit("changed"))),
    ]
    found = (
        pl.concat([part.select("change", "form_id", *KEY) for part in parts])
        .join(pairs.rename({"new_form_id": "form_id"}), on="form_id", how="left")
        .join(outcomes.select("form_id", "reason"), on="form_id", how="left")
        .join(changed, on="form_id", how="left")
        .with_columns(field_count=pl.col("fields").list.len().fill_null(0), fields=pl.col("fields").fill_null([]))
        .filter((pl.col("change") != "changed") | (pl.col("field_count") > 0))
    )
    return (
        found.select(FORM_CHANGE_SCHEMA.names())
        .cast(FORM_CHANGE_SCHEMA)
        .sort("change", *KEY, "form_id", nulls_last=True)
    )


def _shown(release: Release) -> pl.DataFrame:
    """Return `form_id`, `place` and the names of the forms that a release publishes or holds back."""
    return pl.concat(
        [
            release.scan("forms", place).select(
                "form_id", pl.lit(place).alias("place"), pl.col("fiscal_year").cast(pl.Int32), *map(pl.col, KEY[1:])
            )
            for place in PLACES
        ]
    ).collect()


def _paired_fields(before: Release, after: Release, pairs: pl.DataFrame) -> pl.DataFrame:
    """Return `form_id` and `fields` of forms that have another id or another place in the newer release."""
    fields = changed_fields(_tables(before), _tables(after), pairs).sort(FIELD[:3]).collect()
    return _gathered(fields.rename({"new_form_id": "form_id"}))


def _tables(release: Release) -> Mapping[str, pl.LazyFrame]:
    """Return the tables of forms of both places, with every column of today's contract; null: it was not there."""
    found = {}
    for name in CONTENT:
        parts = [release.scan(name, place) for place in PLACES]
        whole = pl.concat([part.with_columns(pl.col(pl.Enum, pl.Categorical).cast(pl.String)) for part in parts])
        missing = set(contract.FORM_TABLES[name].columns()) - set(whole.collect_schema().names())
        found[name] = whole.with_columns(pl.lit(None, pl.String).alias(column) for column in sorted(missing))
    return found


def _fields_of(rows: pl.DataFrame, form_ids: pl.Series) -> pl.DataFrame:
    """Return `form_id` and `fields` of forms that both releases show in one place, from the comparison row by row."""
    named = (
        rows.filter(pl.col("table_name").is_in(list(CONTENT)) & pl.col("place").is_in(PLACES))
        .with_columns(form_id=pl.col("key").str.extract(FORM_ID_PATTERN, 0))
        .filter(pl.col("form_id").is_in(form_ids.implode()))
    )
    fields = named.with_columns(
        record_name="key",
        before=pl.when(change="removed").then("key").otherwise("before"),
        after=pl.when(change="added").then("key").otherwise("after"),
    )
    return _gathered(fields.sort("form_id", "table_name", "key", maintain_order=True))


def _gathered(fields: pl.DataFrame) -> pl.DataFrame:
    return fields.group_by("form_id", maintain_order=True).agg(fields=pl.struct(pl.col(FIELD).cast(pl.String)))
