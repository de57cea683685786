"""What changed for forms from one release to the next, as events. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import polars as pl

from warehouse import contract
from warehouse.contract.ledger_tables import Events

OUTCOMES: Final = pl.DataFrame(
    schema=dict.fromkeys(("form_id", "document_id", "outcome", "standing_form_id", "reason"), pl.String)
)
"""The outcomes before the first release: none."""

NO_REASONS: Final = pl.DataFrame(schema={"document_id": pl.String, "because": pl.String})
_NO_REVISIONS: Final = contract.empty(contract.Revisions)
_SHOWN: Final = 3


def release_events(
    before: pl.DataFrame,
    after: pl.DataFrame,
    *,
    at: datetime,
    release_id: str,
    revisions: pl.DataFrame = _NO_REVISIONS,
    reasons: pl.DataFrame = NO_REASONS,
) -> pl.DataFrame:
    """Compare what became of each form in two releases.

    Args:
        before: `Contents.outcomes` of the release before; `OUTCOMES` when there is none.
        after: Those of the release after.
        at: Moment of the release.
        release_id: The release after.
        revisions: `contract.Revisions` of the release after: the message of a revision states what changed.
        reasons: Of `what_changed`: the message of a form that was released or held states the cause.

    Returns:
        `ledger_tables.Events`, sorted by kind and form: one row for each form that is a revision (gave way to another
        one) or a duplicate and was not so before, was released from or put into quarantine, or is no longer there.
        A form that is published or held back for the first time is not an event.
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
        .join(_changes(revisions), left_on="form_id", right_on="old_form_id", how="left")
        .join(reasons, on="document_id", how="left")
        .with_columns(since=pl.concat_str(pl.lit("; since then: "), "because").fill_null(""))
    )
    other = pl.when(pl.col("kind").is_in(["revision", "duplicate"])).then(standing)
    schema = contract.polars_schema(Events)
    return (
        changed.with_columns(
            at=pl.lit(at).cast(schema["at"]),
            release_id=pl.lit(release_id),
            run_id=pl.lit(None, pl.String),
            other_form_id=other,
            message=_message(),
        )
        .select(schema.names())
        .cast(schema)
        .sort("kind", "form_id")
    )


def _message() -> pl.Expr:
    """Say in words what became of a form, by its `kind`."""
    standing, no_reason = pl.col("standing_form_id"), "no reason given"
    return (
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
                "form {} was held back ({}) and is published now{}",
                "form_id",
                pl.col("reason_before").fill_null(no_reason),
                "since",
            )
        )
        .when(kind="held")
        .then(pl.format("form {} is held back now: {}{}", "form_id", pl.col("reason").fill_null(no_reason), "since"))
        .otherwise(pl.format("form {} is no longer there", "form_id"))
    )


def what_changed(
    before: pl.DataFrame, after: pl.DataFrame, derive_version_before: str, derive_version: str
) -> pl.DataFrame:
    """Return for each document what is other than in the release before, so that its forms may be judged otherwise.

    Args:
        before: `document_id` and `reader_version` of the documents of the release before.
        after: Those of the release after.
        derive_version_before: Parts such as `rules 7 c0ffee`, joined by commas, of the release before.
        derive_version: Those of the release after.

    Returns:
        `document_id` and `because`, one row for each document of the release after; null: nothing is.

    Example:
        >>> one = pl.DataFrame({"document_id": ["a"], "reader_version": ["1.0"]})
        >>> two = pl.DataFrame({"document_id": ["a"], "reader_version": ["1.1"]})
        >>> what_changed(one, two, "normalise 1, rules 7", "normalise 1, corrections ab, rules 8")["because"].item()
        'reader 1.0 -> 1.1, rules 7 -> 8, corrections none -> ab'
    """
    was, now = _parts(derive_version_before), _parts(derive_version)
    names = [*was, *(name for name in now if name not in was)]
    parts = [f"{n} {was.get(n, 'none')} -> {now.get(n, 'none')}" for n in names if was.get(n) != now.get(n)]
    reader, reader_before = pl.col("reader_version").cast(pl.String), pl.col("reader_version_before").cast(pl.String)
    return (
        after.select("document_id", "reader_version")
        .join(before.select("document_id", reader_version_before="reader_version"), on="document_id", how="left")
        .with_columns(
            read=pl.when(reader.ne(reader_before)).then(pl.format("reader {} -> {}", reader_before, reader)),
            derived=pl.lit(", ".join(parts) or None, pl.String),
        )
        .select("document_id", because=pl.concat_str("read", "derived", separator=", ", ignore_nulls=True))
        .with_columns(because=pl.when(pl.col("because") != "").then("because"))
    )


def _parts(version: str) -> dict[str, str]:
    return {name: value for name, _, value in (part.strip().partition(" ") for part in version.split(",")) if name}


def _changes(revisions: pl.DataFrame) -> pl.DataFrame:
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
