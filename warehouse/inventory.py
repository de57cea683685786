"""What the ledger and the published release know of each document: what to do again is chosen from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from warehouse.contract.ledger_tables import BATCH_ID
from warehouse.ledger.ledger import Ledger, newest
from warehouse.releases.release import Release

DOCUMENTS: Final = pl.Schema(
    {
        "document_id": pl.String(),
        "file_name": pl.String(),
        "page_count": pl.Int32(),
        "reading_id": pl.String(),
        "reader_version": pl.String(),
        "read_reason": pl.String(),
        "read_run_id": pl.String(),
        "derive_version": pl.String(),
        "derived_reading_id": pl.String(),
        "derive_reason": pl.String(),
        "derive_run_id": pl.String(),
        "status": pl.String(),
    }
)
SIGHTINGS: Final = pl.Schema(
    {"document_id": pl.String(), "source_uri": pl.String(), "seen_at": pl.Datetime("us", "UTC")}
)
REGIONS: Final = pl.Schema({"document_id": pl.String(), "region": pl.String()})
FORMS: Final = pl.Schema({"document_id": pl.String(), "form_id": pl.String(), "fiscal_year": pl.Int32()})


@dataclass(frozen=True, slots=True)
class Inventory:
    """Every document that was ever seen, but those that a person took out of publication.

    Attributes:
        documents: One row for each, sorted by document_id (`DOCUMENTS`): its newest reading (null: never read) and why
            that failed, its newest derivation (null: none) and why that failed, the runs that made them, and the
            document's `status` in the published release (null: it is not in it).
        sightings: One row for each time that a document was seen new or changed at a place (`SIGHTINGS`).
        forms: One row for each form of the newest derivation of a document, published or not (`FORMS`).
        regions: One row for each document and each named source that has it and is for a region (`REGIONS`).
    """

    documents: pl.DataFrame
    sightings: pl.DataFrame
    forms: pl.DataFrame
    regions: pl.DataFrame

    @classmethod
    def of(cls, ledger: Ledger, release: Release | None) -> Inventory:
        """Take stock of a warehouse.

        Args:
            ledger: Its ledger.
            release: The published release; null: none yet.
        """
        sightings = ledger.tables["sightings"].scan().select(SIGHTINGS.names()).collect()
        readings = newest(ledger.tables["readings"].scan(), "document_id").select(
            "document_id",
            "page_count",
            "reader_version",
            reading_id=BATCH_ID,
            read_reason="reason",
            read_run_id="run_id",
        )
        derivations = newest(ledger.tables["derivations"].scan(), "document_id")
        status = (
            pl.LazyFrame(schema={"document_id": pl.String, "status": pl.String})
            if release is None
            else release.scan("documents").select("document_id", pl.col("status").cast(pl.String))
        )
        documents = (
            ledger.first_sightings()
            .select("document_id", "file_name")
            .join(readings, on="document_id", how="left")
            .join(
                derivations.select(
                    "document_id",
                    "derive_version",
                    derived_reading_id="reading_id",
                    derive_reason="reason",
                    derive_run_id="run_id",
                ),
                on="document_id",
                how="left",
            )
            .join(status, on="document_id", how="left")
            .join(ledger.forgotten().lazy(), on="document_id", how="anti")
            .select(DOCUMENTS.names())
            .sort("document_id")
            .collect()
        )
        forms = (
            ledger.tables["derived_forms"]
            .scan()
            .join(derivations.select("document_id", BATCH_ID), on=["document_id", BATCH_ID], how="semi")
            .select(FORMS.names())
            .collect()
        )
        sources = ledger.source_runs().unique("source_name", keep="last", maintain_order=True)
        regions = (
            ledger.documents_of_sources()
            .join(sources.filter(pl.col("region").is_not_null()), on="source_name")
            .select(REGIONS.names())
        )
        return cls(documents, sightings, forms, regions)
