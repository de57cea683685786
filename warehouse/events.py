"""What changed for forms from one release to the next, told as events. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import polars as pl

from warehouse import contract
from warehouse.ledger_tables import Events

OUTCOMES: Final = pl.DataFrame(
    schema=dict.fromkeys(("form_id", "document_id", "outcome", "standing_form_id", "reason"), pl.String)
)
"""The outcomes before the first release: none."""

_NO_REVISIONS: Final = contract.empty(contract.Revisions)
_SHOWN: Final = 3


def release_events(
    before: pl.DataFrame, after: pl.DataFrame, *, at: datetime, release_id: str, revisions: pl.DataFrame = _NO_REVISIONS
) -> pl.DataFrame:
    """Compare what became of each form in two releases.

    Args:
        before: `Contents.outcomes` of the release before; `OUTCOMES` when there is none.
        after: Those of the release after.
        at: Moment of the release.
        release_id: The release after.
        revisions: `contract.Revisions` of the release after: the message of a revision tells what changed.

    Returns:
        `ledger_tables.Events`, sorted by kind and form: one row for each form that is a revision (gave way to another
        one) or a duplicate and was not so before, was released from or put into quarantine, or is no longer there.
        A form that is published or held back for the first time is no event.
    """
    was, now, standing = pl.col("outcome_before"), pl.col("outcome"), pl.col("standing_form_id")
    changed = (
        after.join(before, on="form_id", how="full", suffix="_before", coalesce=True)
        .filter(now.ne_missing(was) | standing.ne_missing(pl.col("standing_form_id_before")))
        .with_columns(
            kind=pl.when(now.is_null())
            .then(pl.lit("withdrawn"))
            .when(outcome="superseded")
            .then(pl.lit("revision"))
            .when(outcome="duplicate")
            .then(pl.lit("duplicate"))
            .when(now.eq("published") & was.eq("quarantined"))
            .then(pl.lit("released"))
            .when(now.eq("quarantined") & was.is_not_null())
            .then(pl.lit("held"))
        )
        .filter(pl.col("kind").is_not_null())
        .with_columns(document_id=pl.coalesce("document_id", "document_id_before"))
        .join(_told(revisions), left_on="form_id", right_on="old_form_id", how="left")
    )
    other = pl.when(pl.col("kind").is_in(["revision", "duplicate"])).then(standing)
    message = (
        pl.when(kind="revision")
        .then(
            pl.format(
                "form {} gave way to form {}: published again with other content{}",
                "form_id",
                standing,
                pl.col("changes").fill_null(""),
            )
        )
        .when(kind="duplicate")
        .then(pl.format("form {} is form {} found again", "form_id", standing))
        .when(kind="released")
        .then(
            pl.format(
                "form {} was held back ({}) and is published now",
                "form_id",
                pl.col("reason_before").fill_null("no reason given"),
            )
        )
        .when(kind="held")
        .then(pl.format("form {} is held back now: {}", "form_id", pl.col("reason").fill_null("no reason given")))
        .otherwise(pl.format("form {} is no longer there", "form_id"))
    )
    schema = contract.polars_schema(Events)
    return (
        changed.with_columns(
            at=pl.lit(at).cast(schema["at"]),
            release_id=pl.lit(release_id),
            run_id=pl.lit(None, pl.String),
            other_form_id=other,
            message=message,
        )
        .select(schema.names())
        .cast(schema)
        .sort("kind", "form_id")
    )


def _told(revisions: pl.DataFrame) -> pl.DataFrame:
    """Return `old_form_id` and `changes`: how many fields changed, and the first of them in words."""
    nothing = pl.lit("nothing")
    change = pl.format(
        "{}{} {} -> {}",
        pl.when(pl.col("record_name") != "").then(pl.format("{}: ", "record_name")).otherwise(pl.lit("")),
        "column_name",
        pl.col("before").fill_null(nothing),
        pl.col("after").fill_null(nothing),
    )
    order = ("table_name", "record_name", "column_name")
    return (
        revisions.sort(order)
        .group_by("old_form_id", maintain_order=True)
        .agg(count=pl.len(), first=change.head(_SHOWN).str.join("; "))
        .select(
            "old_form_id",
            changes=pl.format(
                " ({} fields: {}{})",
                "count",
                "first",
                pl.when(pl.col("count") > _SHOWN).then(pl.lit("; ...")).otherwise(pl.lit("")),
            ),
        )
    )
