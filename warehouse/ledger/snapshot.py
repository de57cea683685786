"""A fixed view of the ledger: which reading and which derivation of each document count."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Final

import polars as pl

from warehouse import contract
from warehouse.contract.ledger_tables import BATCH_ID, DERIVED_TABLES
from warehouse.errors import WarehouseError
from warehouse.ledger.delta import LedgerTable
from warehouse.ledger.failed_pages import failed_pages
from warehouse.ledger.sources import source_of_documents, sources_known

OF_READINGS: Final = (
    *map(pl.col, ("document_id", "page_count", "reader", "reader_version", "reason", "modified_at", BATCH_ID)),
    pl.when(pl.col("reason").is_not_null()).then("page_marks").alias("page_marks"),
)
"""What a snapshot needs of readings: marks of pages only of documents that could not be read."""


class Snapshot:
    """What the ledger knew at one moment at one derive_version.

    Attributes:
        documents: One row for each document ever seen, sorted by document_id: `document_id`, `source_uri`, `place` (its
            path below its source; null for an address), `file_name`, `byte_count`, `first_seen_at`, `seen_number`
            (order of first sightings, whatever the clock said), `stated_at` (last change as the PDF states it, else
            its file's time at the source), `page_count`, `reader`, `reader_version`, `form_count`, `reason` (why it
            could not be read or derived), `derivation_id`, `pages_id` (the rows of `pages` have not changed while it
            has not), `number` (0 and more, in the order of first sightings, counting also what was taken out of
            publication), `state`: derived, failed, or pending (not read, or not derived at this version), and
            `sources`, `region`, `default_department`, `withdrawn_at` as in `contract.Documents`.
        sources: What is known of each named source, see `sources_table.sources_known`; empty where only
            tables are asked for.
    """

    table_names: Final = tuple(DERIVED_TABLES)

    def __init__(
        self,
        tables: Mapping[str, LedgerTable],
        documents: pl.DataFrame,
        sources: pl.DataFrame | None = None,
        formless: pl.DataFrame | None = None,
        unread: pl.DataFrame | None = None,
    ) -> None:
        self._tables = tables
        self.documents = documents
        self.sources = pl.DataFrame() if sources is None else sources
        self._derived = documents.filter(state="derived").select("document_id", pl.col("derivation_id").alias(BATCH_ID))
        self._formless = formless
        self._seen = self._derived if formless is None else pl.concat([self._derived, formless])
        self._unread = unread
        self._files: dict[str, pl.DataFrame] = {}  # of each table that was asked for: its log is read once

    @classmethod
    def of(
        cls,
        tables: Mapping[str, LedgerTable],
        *,
        derivations: pl.DataFrame,
        readings: pl.DataFrame,
        sightings: pl.DataFrame,
        members: pl.DataFrame,
        regions: pl.DataFrame,
        source_runs: pl.DataFrame,
    ) -> Snapshot:
        """Join the header rows. A newer reading that is not derived yet leaves the older derivation standing.

        Args:
            tables: The ledger's tables.
            derivations: Newest derivation of each document at the version.
            readings: All readings, of each what `OF_READINGS` takes.
            sightings: First sighting of each document, with its `number`.
            members: Which named sources have which documents, see `sources_table.documents_of_sources`.
            regions: Regions that runs were given, see `sources.regions_given`.
            source_runs: All rows of the ledger's `source_runs`.

        Raises:
            WarehouseError: A document was derived but never seen.
        """
        unseen = derivations.join(sightings, on="document_id", how="anti")["document_id"].sort()
        if unseen.len():
            raise WarehouseError(
                f"{unseen.len()} documents were derived but never seen, such as {unseen[0]}: the ledger has lost "
                "sightings; ingest their sources again, or restore ledger/sightings from a backup"
            )
        sources = sources_known(members, source_runs)
        documents = _with_states(derivations, readings, sightings)
        # Their pages were seen, though no form of theirs counts.
        formless = documents.filter(pl.col("state") == "failed", pl.col("newest_reason").is_null())
        unread = documents.filter(pl.col("newest_reason").is_not_null()).join(
            readings.select("document_id", "page_marks", newest_reading_id=BATCH_ID),
            on=["document_id", "newest_reading_id"],
        )
        documents = (
            documents.with_columns(
                form_count=pl.when(state="derived").then("form_count").otherwise(0),
                derivation_id=pl.when(state="derived").then("derivation_id"),
                pages_id=pl.when(pl.col("newest_reason").is_null())
                .then("derivation_id")
                .otherwise("newest_reading_id"),
            )
            .join(
                readings.select("document_id", "page_count", "reader", "reader_version", reading_id=BATCH_ID),
                on=["document_id", "reading_id"],
                how="left",
            )
            .drop("newest_reading_id", "newest_reason", "derive_reason", "modified_at", "mtime_ns")
            .join(source_of_documents(members, sources), on="document_id", how="left")
            .join(regions, on="document_id", how="left")
            .with_columns(pl.coalesce("region", "given_region").alias("region"))
            .drop("given_region")
            .sort("document_id")
        )
        return cls(
            tables,
            documents,
            sources,
            formless.select("document_id", pl.col("derivation_id").alias(BATCH_ID)),
            unread.select("document_id", "page_marks"),
        )

    def table(self, name: str, documents: pl.Series | None = None) -> pl.LazyFrame:
        """Return a derived table of the documents that count, with the types of its contract, in no given order.

        Only files of the ledger that may have rows of them are opened. `pages` also has those of documents that were
        looked into and gave no form, and those of documents that could not be read, where the reader saw their pages.

        Args:
            name: The table.
            documents: The ids of the documents; null: all that count.
        """
        if documents is not None:
            return self._only(documents).table(name)
        schema = contract.polars_schema(DERIVED_TABLES[name])
        counted = self._seen if name == "pages" else self._derived
        rows = self._scan(f"derived_{name}", counted[BATCH_ID])
        if "document_id" in schema:
            rows = rows.join(counted.lazy(), on=["document_id", BATCH_ID], how="semi")
        else:
            forms = self._scan("derived_forms", self._derived[BATCH_ID])
            forms = forms.join(self._derived.lazy(), on=["document_id", BATCH_ID], how="semi")
            rows = rows.join(forms.select("form_id", BATCH_ID), on=["form_id", BATCH_ID], how="semi")
        rows = rows.select(schema.names()).cast(schema)
        return rows if name != "pages" or self._unread is None else pl.concat([rows, failed_pages(self._unread).lazy()])

    def _scan(self, table: str, batches: pl.Series) -> pl.LazyFrame:
        if table not in self._files:
            self._files[table] = self._tables[table].files()
        return self._tables[table].scan_batches(batches, self._files[table])

    def _only(self, documents: pl.Series) -> Snapshot:
        """Return the snapshot of some documents, for their tables."""
        is_wanted = pl.col("document_id").is_in(documents.implode())
        formless, unread = (rows if rows is None else rows.filter(is_wanted) for rows in (self._formless, self._unread))
        some = Snapshot(self._tables, self.documents.filter(is_wanted), self.sources, formless, unread)
        some._files = self._files
        return some

    def digest(self, versions: Mapping[str, str]) -> str:
        """Return a fingerprint of all that a release is made from: the same one means that nothing changed."""
        settled = self.documents.filter(pl.col("state") != "pending")
        fingerprint = hashlib.sha256(json.dumps(dict(versions), sort_keys=True).encode())
        fingerprint.update(settled.write_csv().encode())
        if "withdrawn_count" in self.sources.columns:
            gone = self.sources.filter(pl.col("withdrawn_count") > 0)
            fingerprint.update(gone.select("source_name", "withdrawn_count", "withdrawn_at").write_csv().encode())
        return fingerprint.hexdigest()


def numbered(first_sightings: pl.LazyFrame) -> pl.LazyFrame:
    """Number documents in the order in which they were first seen, from 0: `number` (Int64)."""
    return first_sightings.sort(BATCH_ID, "document_id").with_row_index("number").cast({"number": pl.Int64})


def _with_states(derivations: pl.DataFrame, readings: pl.DataFrame, sightings: pl.DataFrame) -> pl.DataFrame:
    """Lay the newest reading and the derivation of each document to its first sighting.

    Adds `state`: failed where the reading gave a reason or the derivation another than having no form, derived, or
    pending; `reason` of either; `stated_at`, `reading_id`.
    """
    newest_reading = (
        readings.sort(BATCH_ID)
        .unique("document_id", keep="last")
        .select("document_id", "modified_at", newest_reading_id=BATCH_ID, newest_reason="reason")
    )
    derived = derivations.select(
        "document_id", "form_count", "reading_id", derivation_id=BATCH_ID, derive_reason="reason"
    )
    is_unreadable = pl.col("newest_reason").is_not_null()
    failure = pl.when(~pl.col("derive_reason").str.starts_with("no_form")).then("derive_reason")
    return (
        sightings.select(
            "document_id",
            "number",
            "source_uri",
            "place",
            "file_name",
            "byte_count",
            "mtime_ns",
            first_seen_at="seen_at",
            seen_number=pl.col(BATCH_ID).str.split("-").list.first().cast(pl.Int64),
        )
        .join(newest_reading, on="document_id", how="left")
        .join(derived, on="document_id", how="left")
        .with_columns(
            reading_id=pl.when(is_unreadable).then("newest_reading_id").otherwise("reading_id"),
            reason=pl.coalesce("newest_reason", "derive_reason"),
            stated_at=pl.coalesce("modified_at", (pl.col("mtime_ns") // 1000).cast(pl.Datetime("us", "UTC"))),
            state=pl.when(pl.coalesce("newest_reason", failure).is_not_null())
            .then(pl.lit("failed"))
            .when(pl.col("derivation_id").is_not_null())
            .then(pl.lit("derived"))
            .otherwise(pl.lit("pending")),
        )
    )
