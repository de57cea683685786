"""The ledger: what was seen, read and derived, by which version. Only ever appended to.

Cells and derived rows count only through a header row (`readings`, `derivations`) that is written after them: a kill
between the two leaves rows that nobody reads. Reading or deriving again appends again; the newest header wins.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Final

import polars as pl

from warehouse import contract
from warehouse.contract.ledger_tables import BATCH_ID, DERIVED_TABLES, LEDGER_TABLES, events_of
from warehouse.errors import WarehouseError
from warehouse.ledger.delta import LedgerTable
from warehouse.ledger.snapshot import OF_READINGS, Snapshot, numbered
from warehouse.ledger.sources import documents_of_sources, regions_given, with_absences
from warehouse.ledger.tries import has_another_try, known_good

PINNED: Final = "pinned"
UNPINNED: Final = "unpinned"
_OPTIONAL: Final = pl.DataFrame(schema={"modified_at": pl.Datetime("us", "UTC"), "page_marks": pl.String})
_NOT_GIVEN: Final = pl.DataFrame(schema=dict.fromkeys(("source", "place", "region"), pl.String))
SETTLED_NS: Final = 2_000_000_000
"""A file younger than this when it was hashed could change again without a change of its time."""


class Ledger:
    """The Delta tables under one folder or address. Safe to use from many processes at once."""

    def __init__(self, root: str) -> None:
        self.tables = {name: LedgerTable(root, name) for name in LEDGER_TABLES}
        self.root = root

    # ---- sightings

    def known(self, files: pl.DataFrame) -> pl.DataFrame:
        """Return which files were seen before and have not changed since, by size and time; nothing is opened.

        Args:
            files: One row for each file: `source_uri` (String, unique), `byte_count` (Int64), `mtime_ns` (Int64, null
                when the source gives none); other columns are kept.

        Returns:
            `files` in the same order with `document_id` (String): null means new, changed, or in doubt (no time, or
            written within two seconds of the last look): archive it.
        """
        seen = (
            newest(self.tables["sightings"].scan(), "source_uri")
            .filter("is_settled")
            .select("source_uri", "byte_count", "mtime_ns", "document_id")
            .collect()
        )
        return files.join(seen, on=["source_uri", "byte_count", "mtime_ns"], how="left", maintain_order="left")

    def add_sightings(self, sightings: pl.DataFrame, *, seen_at: datetime) -> int:
        """Record where archived documents were seen. A sighting that the ledger has already is not written again.

        Args:
            sightings: One row for each place: `document_id`, `source_uri`, `file_name` (String), `byte_count` (Int64),
                `mtime_ns` (Int64, may be null) and, where wanted, `source` (String; the named source that has it, null:
                none), `place` and `region` (as in `Sightings`). All places are kept, also many of one document, and one
                place in many sources.
            seen_at: Aware moment of the look.

        Returns:
            How many rows were new.
        """
        table = self.tables["sightings"]
        place = ["source", "source_uri"]
        columns = [*place, "document_id", "file_name", "byte_count", "mtime_ns", "is_settled", "region"]
        sightings = pl.concat([sightings, _NOT_GIVEN], how="diagonal")
        new = (
            sightings.unique(place, keep="last", maintain_order=True)
            .with_columns(is_settled=(time.time_ns() - pl.col("mtime_ns") > SETTLED_NS).fill_null(False))
            .select(*columns, "place")
            .join(newest(table.scan(), *place).select(columns).collect(), on=columns, how="anti", nulls_equal=True)
        )
        table.append(new.with_columns(instant(seen_at, "seen_at")), table.next_batch_id())
        return new.height

    def restore_sightings(self, sightings: pl.DataFrame, seen_at: datetime | None) -> None:
        """Append sightings that were lost; the file is hashed again when it is given again."""
        table = self.tables["sightings"]
        moment = seen_at or datetime.now(UTC)
        table.append(
            pl.concat([sightings, _NOT_GIVEN], how="diagonal").with_columns(
                instant(moment, "seen_at"), is_settled=pl.lit(False)
            ),
            table.next_batch_id(),
        )

    def first_sightings(self) -> pl.LazyFrame:
        """Return the first sighting of each document."""
        return self.tables["sightings"].scan().sort(BATCH_ID, "source_uri").unique("document_id", keep="first")

    # ---- sources

    def documents_at(self, uris: Collection[str]) -> pl.DataFrame:
        """Return what was last seen at some places.

        Returns:
            `source_uri`, `document_id`, `file_name`, `byte_count`, `mtime_ns`; a place that was never seen has no row.
        """
        seen = newest(self.tables["sightings"].scan().filter(pl.col("source_uri").is_in(list(uris))), "source_uri")
        return seen.select("source_uri", "document_id", "file_name", "byte_count", "mtime_ns").collect()

    def fetches(self) -> pl.DataFrame:
        """Return the newest fetch of each address, object and ZIP archive (`ledger_tables.Fetches`)."""
        return newest(self.tables["fetches"].scan(), "source_uri").drop(BATCH_ID).sort("source_uri").collect()

    def add_fetches(self, fetches: pl.DataFrame) -> None:
        """Record fetches (`ledger_tables.Fetches`), after the sightings of what was fetched."""
        table = self.tables["fetches"]
        table.append(contract.conform(fetches, LEDGER_TABLES["fetches"]), table.next_batch_id())

    def add_source_runs(self, source_runs: pl.DataFrame) -> None:
        """Record what a run counted in its named sources (`ledger_tables.SourceRuns`)."""
        table = self.tables["source_runs"]
        table.append(contract.conform(source_runs, LEDGER_TABLES["source_runs"]), table.next_batch_id())

    def source_runs(self) -> pl.DataFrame:
        """Return the counts of all runs and named sources, oldest first (`ledger_tables.SourceRuns`)."""
        return self.tables["source_runs"].scan().sort(BATCH_ID, "source_name").drop(BATCH_ID).collect()

    def documents_of_sources(self) -> pl.DataFrame:
        """Return `sources.documents_of_sources`: which documents were ever found in each named source."""
        return documents_of_sources(self.tables["sightings"].scan()).sort("source_name", "document_id").collect()

    def members(self) -> pl.DataFrame:
        """Return the same with `withdrawn_at`, without what a person took out of publication."""
        found = documents_of_sources(self._counting(self.tables["sightings"].scan()))
        return with_absences(found, self.tables["absences"].scan()).collect()

    def add_absences(self, absences: pl.DataFrame) -> None:
        """Record what is gone from a named source, or back in it (`ledger_tables.Absences`)."""
        self.tables["absences"].append(absences, self.tables["absences"].next_batch_id())

    # ---- what people took out

    def forgotten(self) -> pl.DataFrame:
        """Return the documents that are out of publication: `document_id`, `reason`, `decided_at`."""
        return self._forgotten().drop("is_forgotten", BATCH_ID).sort("decided_at", "document_id").collect()

    def _forgotten(self) -> pl.LazyFrame:
        return newest(self.tables["forgotten"].scan(), "document_id").filter("is_forgotten")

    def _counting(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Leave out rows of documents that are out of publication."""
        return rows.join(self._forgotten(), on="document_id", how="anti", maintain_order="left")

    # ---- readings

    def unread(
        self,
        document_ids: Iterable[str] | None = None,
        *,
        retry: Collection[str] = (),
        given: Iterable[str] | None = None,
        once_more: Mapping[str, str] | None = None,
        now: str | None = None,
    ) -> pl.DataFrame:
        """List documents that were seen but have no reading.

        Args:
            document_ids: Only among these; null means all that were ever seen.
            retry: Also those whose newest reading failed with one of these codes, as what failed may heal.
            given: The only documents that `retry` and `once_more` are for; null means all of them.
            once_more: Also those whose newest reading failed with one of these codes, until two readings by the version
                `now` did so for a reason that holds the text beside the code.
            now: The version of the reader that would read them.

        Returns:
            One row for each document, sorted: `document_id`, `source_uri` and `file_name` of its first sighting,
            `byte_count`, `reader_version` of the newest reading (null: never read). The PDF is at
            `archive.file(document_id)`.
        """
        code = pl.col("reason").str.extract(r"^(\w+)", 1)
        may_heal = code.is_in(list(retry)).fill_null(False) | has_another_try(code, once_more or {}, now)
        if given is not None:
            may_heal &= pl.col("document_id").is_in(list(given))
        tried = self.tables["readings"].scan().with_columns(may_heal=may_heal)
        read = newest(tried, "document_id").select("document_id", "reader_version", is_read=~pl.col("may_heal"))
        wanted = ~pl.col("is_read").fill_null(False)
        return (
            _among(self._counting(self.first_sightings()), document_ids)
            .select("document_id", "source_uri", "file_name", "byte_count")
            .join(read, on="document_id", how="left")
            .filter(wanted)
            .drop("is_read")
            .sort("document_id")
            .collect()
        )

    def readable(self, document_ids: Iterable[str]) -> set[str]:
        """Return those of the documents whose newest reading has cells."""
        read = _among(newest(self.tables["readings"].scan(), "document_id"), document_ids)
        return set(read.filter(pl.col("reason").is_null()).select("document_id").collect()["document_id"])

    def known_good(self, most: int, without: Iterable[str] = ()) -> pl.DataFrame:
        """Return some documents that gave forms, as `underived` does; those that were derived last."""
        readings, derivations = (newest(self.tables[n].scan(), "document_id") for n in ("readings", "derivations"))
        return known_good(readings, derivations, most, without).collect()

    def add_readings(
        self, readings: pl.DataFrame, cells: pl.DataFrame, *, read_at: datetime, run_id: str | None = None
    ) -> str:
        """Record a batch of readings with their cells. A newer reading of a document replaces the older one.

        Args:
            readings: One row for each document of the batch: `document_id`, `page_count` (Int32, null when it could
                not be opened), `reader`, `reader_version` (String), `reason` (String; null when it was read), and, if
                known, `modified_at` (UTC; when the PDF says that it was last changed).
            cells: `contract.Cells` of these documents; a document may have none.
            read_at: Aware moment of the reading.
            run_id: The run that read them, so that it can recognise what it has done already.

        Returns:
            The reading_id of the batch.

        Raises:
            ValueError: A document twice in the batch, cells of a document that is not in it, or frames that do not
                obey their contract.
        """
        _require_unique(readings)
        _require_members(cells, readings, "cells")
        counts = cells.group_by("document_id").agg(cell_count=pl.len().cast(pl.Int32))
        columns = ["document_id", "page_count", "reader", "reader_version", "reason", "modified_at", "page_marks"]
        headers = (
            pl.concat([readings, _OPTIONAL], how="diagonal")
            .select(columns)
            .join(counts, on="document_id", how="left", maintain_order="left")
        )
        reading_id = self.tables["readings"].next_batch_id()
        self.tables["cells"].append(contract.conform(cells, contract.Cells), reading_id)
        self.tables["readings"].append(
            headers.with_columns(
                pl.col("cell_count").fill_null(0), instant(read_at, "read_at"), run_id=pl.lit(run_id, pl.String)
            ),
            reading_id,
        )
        return reading_id

    def read_by(self, run_id: str) -> pl.Series:
        """Return the ids of the documents that a run read, well or not."""
        read = self.tables["readings"].scan().filter(pl.col("run_id") == run_id)
        return read.select("document_id").unique().collect()["document_id"]

    def cells(self, documents: pl.DataFrame) -> pl.DataFrame:
        """Return `contract.Cells` of the given readings.

        Args:
            documents: `document_id` and `reading_id`, such as a slice of `underived`.
        """
        wanted = documents.select("document_id", pl.col("reading_id").alias(BATCH_ID))
        cells = (
            self.tables["cells"]
            .scan_batches(wanted[BATCH_ID])
            .join(wanted.lazy(), on=["document_id", BATCH_ID], how="semi")
            .select(contract.polars_schema(contract.Cells).names())
            .collect()
        )
        if "cell_count" in documents.columns and cells.height != (expected := int(documents["cell_count"].sum())):
            raise WarehouseError(
                f"the ledger has lost cells: {documents.height} documents have {cells.height}, expected {expected}. "
                "Stop other runs and call `jixiao repair`; the next ingest or backfill reads them again"
            )
        return cells

    # ---- derivations

    def underived(
        self,
        derive_version: str,
        document_ids: Iterable[str] | None = None,
        *,
        again: Iterable[str] = (),
        tables_version: str | None = None,
    ) -> pl.DataFrame:
        """List documents whose newest reading has no derived rows at this version. Unreadable ones are left out.

        Args:
            derive_version: As given to `add_derived`.
            document_ids: Only among these; null means all that were ever read.
            again: Also these, though they have rows at this version.
            tables_version: What the version of rows begins with whose tables are still good, as only rules changed.

        Returns:
            `document_id`, `reading_id`, `cell_count` and `derivation_id` (the rows in the ledger that need only be
            judged again, see `stored`; null: derive them from the cells), in the order in which they were read, so
            that slices of it are read from few files.
        """
        derivations = self.tables["derivations"].scan()
        on = ["document_id", "reading_id"]
        derived = newest(derivations.filter(derive_version=derive_version), "document_id").select(on)
        is_good = pl.col("derive_version").str.starts_with(tables_version or "\x00") & pl.col("reason").is_null()
        stored = newest(derivations, "document_id").filter(is_good).select(*on, derivation_id=BATCH_ID)
        wanted = pl.LazyFrame({"document_id": list(again)}, schema={"document_id": pl.String})
        return (
            _among(self._counting(newest(self.tables["readings"].scan(), "document_id")), document_ids)
            .filter(pl.col("reason").is_null())
            .select("document_id", pl.col(BATCH_ID).alias("reading_id"), "cell_count", "reader", "page_marks")
            .join(derived.join(wanted, on="document_id", how="anti"), on=on, how="anti")
            .join(stored, on=on, how="left")
            .sort("reading_id", "document_id")
            .collect()
        )

    def derived_at(self, derive_version: str) -> pl.Series:
        """Return the ids of the documents that have rows of this version, whatever became of their readings."""
        rows = newest(self.tables["derivations"].scan().filter(derive_version=derive_version), "document_id")
        return rows.filter(pl.col("reason").is_null()).select("document_id").collect()["document_id"]

    def stored(self, documents: pl.DataFrame) -> Mapping[str, pl.DataFrame]:
        """Return the tables of `contract.FORM_TABLES` as the ledger has them.

        Args:
            documents: `document_id` and `derivation_id`, such as a slice of `underived`.
        """
        rows = Snapshot(self.tables, documents.with_columns(state=pl.lit("derived")))
        return {name: rows.table(name).collect() for name in (*contract.FORM_TABLES, "pages")}

    def add_derived(
        self,
        derive_version: str,
        documents: pl.DataFrame,
        tables: Mapping[str, pl.DataFrame],
        checks: pl.DataFrame,
        rule_counts: pl.DataFrame,
        *,
        derived_at: datetime,
        run_id: str | None = None,
    ) -> str:
        """Record what was derived from a batch of readings. A newer derivation of a document replaces the older one.

        Args:
            derive_version: Version of all that turns cells into rows: assembly, normalising, rules, settings.
            documents: The whole batch: `document_id`, `reading_id`; documents without any form too. An optional column
                `reason` (String) says why nothing could be derived from a document: it is then listed as failed.
            tables: The tables of `contract.FORM_TABLES`, and `pages` where the pages are accounted for.
            checks: `contract.Checks` of these documents.
            rule_counts: `contract.RuleCounts` of these documents.
            derived_at: Aware moment.
            run_id: The run that derived them.

        Returns:
            The derivation_id of the batch.

        Raises:
            ValueError: Rows of a document that is not in the batch, or frames that do not obey their contract.
        """
        _require_unique(documents)
        no_pages = {"pages": contract.empty(contract.Pages)}
        frames = {**no_pages, **tables, "checks": checks, "rule_counts": rule_counts}
        if set(frames) != set(DERIVED_TABLES):
            raise ValueError(f"expected exactly the tables {', '.join(DERIVED_TABLES)}; got {', '.join(frames)}")
        checked = {name: contract.conform(frame, DERIVED_TABLES[name]) for name, frame in frames.items()}
        for name in ("forms", "pages", "checks", "rule_counts"):
            _require_members(checked[name], documents, name)
        for name in ("funding", "indicators", "leftovers", "evidence"):
            strangers = checked[name].join(checked["forms"], on="form_id", how="anti")["form_id"].unique().sort()
            if strangers.len():
                raise ValueError(
                    f"{name} has rows of {strangers.len()} forms that are not in forms, such as {strangers[0]}"
                )
        counts = checked["forms"].group_by("document_id").agg(form_count=pl.len().cast(pl.Int32))
        reason = pl.col("reason") if "reason" in documents.columns else pl.lit(None, pl.String).alias("reason")
        headers = documents.select("document_id", "reading_id", reason).join(
            counts, on="document_id", how="left", maintain_order="left"
        )
        derivation_id = self.tables["derivations"].next_batch_id()
        for name, frame in checked.items():
            self.tables[f"derived_{name}"].append(frame, derivation_id)
        self.tables["derivations"].append(
            headers.with_columns(
                pl.col("form_count").fill_null(0),
                instant(derived_at, "derived_at"),
                derive_version=pl.lit(derive_version),
                run_id=pl.lit(run_id, pl.String),
            ),
            derivation_id,
        )
        return derivation_id

    def snapshot(self, derive_version: str) -> Snapshot:
        """Return what the ledger knows now at this version: later appends do not change it."""
        derivations = newest(self.tables["derivations"].scan().filter(derive_version=derive_version), "document_id")
        sources = self.tables["source_runs"].scan().collect()
        # headers are read before their rows are scanned: whatever they name has landed already
        return Snapshot.of(
            self.tables,
            derivations=self._counting(derivations).collect(),
            readings=self.tables["readings"].scan().select(OF_READINGS).collect(),
            sightings=self._counting(numbered(self.first_sightings())).collect(),
            members=self.members(),
            regions=regions_given(self.tables["sightings"].scan()).collect(),
            source_runs=sources,
        )

    # ---- runs and events

    def add_run(self, run: Mapping[str, object]) -> None:
        """Record the state of a run: once when it starts, once when it ends; the newest row of a run_id counts.

        Keys: run_id, kind, state (String), started_at, finished_at (aware datetime or None), release_id, summary,
        request (String or None).
        """
        table = self.tables["runs"]
        schema = contract.polars_schema(LEDGER_TABLES["runs"])
        row = {"finished_at": None, "release_id": None, "summary": None, "request": None, **run}
        table.append(pl.DataFrame([row], schema=dict(schema), strict=True), table.next_batch_id())

    def runs(self) -> pl.DataFrame:
        """Return the newest row of each run, oldest first; a resumed run has one for each time that it began."""
        rows = newest(self.tables["runs"].scan(), "run_id", "started_at")
        return rows.sort("started_at", BATCH_ID).drop(BATCH_ID).collect()

    def add_events(self, events: pl.DataFrame) -> None:
        """Append events (`ledger_tables.Events`): what a person may want to know later."""
        table = self.tables["events"]
        table.append(contract.conform(events, LEDGER_TABLES["events"]), table.next_batch_id())

    def events(self) -> pl.DataFrame:
        """Return all events in the order in which they were recorded."""
        return self.tables["events"].scan().sort(BATCH_ID, maintain_order=True).drop(BATCH_ID).collect()

    def releases_with_events(self) -> set[str]:
        """Return the releases whose events are recorded."""
        changes = self.tables["events"].scan().filter(~pl.col("kind").is_in([PINNED, UNPINNED]))
        return set(changes.select("release_id").drop_nulls().unique().collect()["release_id"])

    def pin(self, release_id: str | None, shown_id: str) -> None:
        """Record that a rollback pins a release (null: none any more), and which release is shown from now on."""
        message = (
            f"rolled back: release {release_id} is shown until another one is asked for"
            if release_id
            else f"release {shown_id} is shown, and from now on what each run makes"
        )
        kind = PINNED if release_id else UNPINNED
        row = {"at": datetime.now(UTC), "kind": kind, "release_id": shown_id, "message": message}
        self.add_events(events_of([row]))

    def pinned(self) -> str | None:
        """Return the release that is pinned; null: none."""
        newest_first = self.tables["events"].scan().filter(pl.col("kind").is_in([PINNED, UNPINNED])).sort(BATCH_ID)
        last = newest_first.select("kind", "release_id").tail(1).collect()
        return last["release_id"][0] if last.height and last["kind"][0] == PINNED else None


def newest(rows: pl.LazyFrame, *key: str) -> pl.LazyFrame:
    """Return the row of the newest batch for each key of one column or more.

    Example:
        >>> rows = pl.LazyFrame({"k": ["a", "b", "a"], "v": [1, 2, 3], "batch_id": ["1", "1", "2"]})
        >>> newest(rows, "k").sort("k").collect()["v"].to_list()
        [3, 2]
    """
    return rows.sort(BATCH_ID, maintain_order=True).unique(list(key), keep="last", maintain_order=True)


def instant(moment: datetime, name: str) -> pl.Expr:
    """Return a column with one moment.

    Raises:
        ValueError: It has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{name} needs a time zone: {moment}")
    return pl.lit(moment).cast(pl.Datetime("us", "UTC")).alias(name)


def _among(rows: pl.LazyFrame, document_ids: Iterable[str] | None) -> pl.LazyFrame:
    if document_ids is None:
        return rows
    wanted = pl.LazyFrame({"document_id": list(document_ids)}, schema={"document_id": pl.String})
    return rows.join(wanted, on="document_id", how="semi")


def _require_unique(documents: pl.DataFrame) -> None:
    repeated = documents.filter(pl.col("document_id").is_duplicated())["document_id"]
    if repeated.len():
        raise ValueError(
            f"a document can be in a batch only once: {repeated[0]} is there {repeated.eq(repeated[0]).sum()} times"
        )


def _require_members(rows: pl.DataFrame, documents: pl.DataFrame, name: str) -> None:
    strangers = rows.join(documents, on="document_id", how="anti")["document_id"].unique().sort()
    if strangers.len():
        raise ValueError(
            f"{name} has rows of {strangers.len()} documents that are not in the batch, such as {strangers[0]}"
        )
