"""Which documents were found in each source of `sources.toml`, and what the ledger knows of the sources. Pure."""

from __future__ import annotations

from typing import Final

import polars as pl

from warehouse.contract.ledger_tables import BATCH_ID

JOINT: Final = " | "


def documents_of_sources(sightings: pl.LazyFrame) -> pl.LazyFrame:
    """Return one row for each named source and document in it: `source_name`, `document_id`, `first_seen_at`, `batch`.

    Example:
        >>> from datetime import datetime
        >>> seen = pl.LazyFrame({"source": ["a", None, "a"], "document_id": ["1", "1", "1"]}).with_columns(
        ...     seen_at=pl.Series([datetime(2026, 1, day) for day in (1, 2, 3)]), batch_id=pl.Series(["1", "2", "3"])
        ... )
        >>> documents_of_sources(seen).collect()["first_seen_at"].dt.day().to_list()
        [1]
    """
    return (
        sightings.filter(pl.col("source").is_not_null())
        .group_by(source_name="source", document_id="document_id")
        .agg(first_seen_at=pl.col("seen_at").min(), batch=pl.col(BATCH_ID).min())
    )


def with_absences(members: pl.LazyFrame, absences: pl.LazyFrame) -> pl.LazyFrame:
    """Add `withdrawn_at` to `documents_of_sources`: since when the document is gone from the source; null: it is there.

    Args:
        members: As `documents_of_sources`.
        absences: Rows of the ledger's `absences`, with their `batch_id`.
    """
    on = ["source_name", "document_id"]
    latest = absences.sort(BATCH_ID).unique(on, keep="last", maintain_order=True)
    return members.join(latest.filter("is_absent").select(*on, withdrawn_at="found_at"), on=on, how="left")


def regions_given(sightings: pl.LazyFrame) -> pl.LazyFrame:
    """Return the region that a run was given for each document, where one was: `document_id`, `given_region`.

    The newest counts, so that a wrong one is put right by giving another.
    """
    given = sightings.filter(pl.col("region").is_not_null()).sort(BATCH_ID, "source_uri")
    return given.unique("document_id", keep="last").select("document_id", given_region="region")


def source_of_documents(members: pl.DataFrame, sources: pl.DataFrame) -> pl.DataFrame:
    """Return where each document comes from.

    Args:
        members: As `with_absences`.
        sources: `source_name`, `region`, `default_department`.

    Returns:
        `document_id`, `sources` (joined names), `region` and `default_department` of the source that had it first,
        and `withdrawn_at`: since when it is gone from all of them; null: one has it.
    """
    first = members.sort("batch", "source_name").unique("document_id", keep="first")
    gone = pl.col("withdrawn_at")
    names = members.group_by("document_id").agg(
        sources=pl.col("source_name").unique().sort().str.join(JOINT),
        withdrawn_at=pl.when(gone.is_not_null().all()).then(gone.max()),
    )
    return (
        first.select("document_id", "source_name")
        .join(sources.select("source_name", "region", "default_department"), on="source_name", how="left")
        .join(names, on="document_id")
        .select("document_id", "sources", "region", "default_department", "withdrawn_at")
    )


def sources_known(members: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """Return what is known of each source now, and the counts of the last run that found a new document in it.

    Args:
        members: As `with_absences`.
        runs: Rows of the ledger's `source_runs`, with their `batch_id`.

    Returns:
        One row for each source: those columns of `contract.Sources` that do not count documents by status.
    """
    latest = runs.sort(BATCH_ID).unique("source_name", keep="last")
    last_new = members.group_by("source_name").agg(last_new_at=pl.col("first_seen_at").max())
    gone = members.group_by("source_name").agg(
        withdrawn_count=pl.col("withdrawn_at").count(), withdrawn_at=pl.col("withdrawn_at").max()
    )
    counted = (
        runs.join(last_new, on="source_name")
        .filter(pl.col("seen_at") == pl.col("last_new_at"))
        .sort(BATCH_ID)
        .unique("source_name", keep="first")
        .select(
            "source_name",
            "state",
            listed_count="listed",
            fetched_count="fetched",
            unchanged_count="unchanged",
            missed_count="failed",
        )
    )
    return (
        latest.select("source_name", "kind", "region", "default_department", "expected_days")
        .join(last_new, on="source_name", how="left")
        .join(counted, on="source_name", how="left")
        .join(gone, on="source_name", how="left")
        .with_columns(pl.col("withdrawn_count").fill_null(0))
        .sort("source_name")
    )
