"""The table of sources in a release. Pure."""

from __future__ import annotations

import polars as pl

from warehouse import contract
from warehouse.ledger.sources import JOINT


def sources_table(documents: pl.DataFrame, known: pl.DataFrame) -> pl.DataFrame:
    """Build `contract.Sources`.

    Args:
        documents: `contract.Documents`.
        known: As `sources_known`.
    """
    schema = contract.polars_schema(contract.Sources)
    status = pl.col("status").cast(pl.String)
    counts = (
        documents.select(pl.col("sources").str.split(JOINT).alias("source_name"), status)
        .explode("source_name")
        .group_by("source_name")
        .agg(
            document_count=pl.len(),
            published_count=status.is_in(["published", "partly_published"]).sum(),
            quarantined_count=status.eq("quarantined").sum(),
            no_form_count=status.eq("no_form").sum(),
            failed_count=status.eq("failed").sum(),
        )
    )
    return (
        known.join(counts, on="source_name", how="left")
        .with_columns(pl.col(counts.columns[1:]).fill_null(0))
        .select(schema.names())
        .cast(schema)
        .sort("source_name")
    )
