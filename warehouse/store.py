"""The warehouse as the flows see it: one object over the archive, the ledger and the releases.

A folder, or a prefix of a bucket, holds::

    raw/<aa>/<sha256>.pdf     the archive: every PDF once, never changed
    ledger/<table>/           Delta tables, see `ledger_tables`
    releases/<release_id>/    immutable: published/, quarantine/, manifest.json, datapackage.json, schema.json
    current.json              manifest of the published release; moves in one atomic step

and a local folder also links: `current`, which moves to the published release, and `published` and `quarantine` in it.

How a run uses it::

    warehouse = Warehouse(location)
    listed = warehouse.known(files)                            # collect: document_id is null for new or changed files
    archived = warehouse.archive.put(path)                     # ... archive those, then add_sightings
    todo = warehouse.unread(READER_VERSION, listed_ids)        # read
    warehouse.add_readings(readings, cells, read_at=now)
    cells = warehouse.cells(warehouse.underived(derive_version))  # derive
    warehouse.add_derived(derive_version, pending, tables, checks, rule_counts, derived_at=now)
    published = warehouse.publish(derive_version, gate, now=now, versions=...)

Each step may be killed at any moment: rows count only when the header row that is written last has landed, and a
release is visible only when the pointer has moved.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from warehouse.account import require_covered
from warehouse.archive import Archive
from warehouse.contents import Verdict, release_contents
from warehouse.diff import diff_releases
from warehouse.errors import WarehouseError
from warehouse.inventory import Inventory
from warehouse.ledger import Ledger
from warehouse.release import Release, Releases
from warehouse.repair import repair_tables, require_local, restore_sightings, void_headers
from warehouse.storage import open_storage

__all__ = ["Gate", "Published", "Verdict", "Warehouse", "WarehouseError"]

Gate = Callable[[Mapping[str, pl.LazyFrame]], Verdict]
"""Decides what is held back, from the derived tables of exactly the documents that are about to be published.

It is given a lazy frame for every table of `contract.FORM_TABLES`, and `checks` and `rule_counts`. Such as::

    def gate(tables: Mapping[str, pl.LazyFrame]) -> Verdict:
        return Verdict(held=held_forms(tables["checks"].collect()))
"""


@dataclass(frozen=True, slots=True)
class Published:
    """What `publish` did.

    Attributes:
        release: The release of the newest state; `published` shows it, unless another one is pinned.
        is_new: False when nothing had changed: no file was written, the published bytes are those of before.
        account: The row account (columns item, count); for an unchanged release, that of its manifest.
        pinned: What `published` shows instead, since a rollback; null: nothing is pinned.
    """

    release: Release
    is_new: bool
    account: pl.DataFrame = field(repr=False)
    pinned: Release | None = None


@dataclass(frozen=True, slots=True)
class Repaired:
    """What `repair` did.

    Attributes:
        files: `table`, `file`, `damage`, `moved_to` of each damaged file; null: it was gone.
        unread: How many readings are lost: the next run reads their documents again.
        underived: How many derivations are lost: the next run derives them again.
        unseen: How many documents had lost where they were seen; it was taken from the release.
    """

    files: pl.DataFrame
    unread: int
    underived: int
    unseen: int


class Warehouse:
    """Archive, ledger and releases in one local folder or below one `s3://bucket/prefix`.

    Safe to use from many processes at once. Opening makes the folders that are missing.

    Args:
        location: The folder, or the address.
        verify: Trust no file's size and time: `known` knows none, so that all are hashed.

    Raises:
        WarehouseError: The place cannot be opened; the message says what to do.
    """

    def __init__(self, location: Path | str, *, verify: bool = False) -> None:
        self._verify = verify
        self._storage = open_storage(location)
        self.archive = Archive(self._storage)
        self.ledger = Ledger(self._storage.where("ledger"))
        self.releases = Releases(self._storage)

    @property
    def location(self) -> str:
        """The path or address of the warehouse."""
        return self._storage.where()

    @property
    def root(self) -> Path:
        """Its folder, where it is a local one.

        Raises:
            WarehouseError: The warehouse is in a bucket.
        """
        return self._storage.folder()

    @property
    def is_local(self) -> bool:
        """Whether it is a local folder, with `published` and `quarantine` as links."""
        return self._storage.has_links

    # ---- collect

    def known(self, files: pl.DataFrame) -> pl.DataFrame:
        """Tell which files were seen before and have not changed since, by size and time; nothing is opened.

        Args:
            files: One row for each file: `source_uri` (String, unique), `byte_count` (Int64), `mtime_ns` (Int64, null
                when the source gives none); other columns are kept.

        Returns:
            `files` in the same order with `document_id` (String): null means new, changed, or in doubt (no time, or
            written within two seconds of the last look): archive it.
        """
        if self._verify:
            return files.with_columns(document_id=pl.lit(None, pl.String))
        return self.ledger.known(files)

    def add_sightings(self, sightings: pl.DataFrame, *, seen_at: datetime) -> int:
        """Record where archived documents were seen. A sighting that the ledger has already is not written again.

        Args:
            sightings: One row for each place: `document_id`, `source_uri`, `file_name` (String), `byte_count` (Int64),
                `mtime_ns` (Int64, may be null) and, where wanted, `source` (String; the named source that has it, null:
                none). All places are kept, also many of one document, and one place in many sources.
            seen_at: Aware moment of the look.

        Returns:
            How many rows were new.
        """
        return self.ledger.add_sightings(sightings, seen_at=seen_at)

    def documents_at(self, uris: Collection[str]) -> pl.DataFrame:
        """Return what was last seen at some places.

        Returns:
            `source_uri`, `document_id`, `file_name`, `byte_count`, `mtime_ns`; a place that was never seen has no row.
        """
        return self.ledger.documents_at(uris)

    def fetches(self) -> pl.DataFrame:
        """Return the newest fetch of each address, object and ZIP archive (`ledger_tables.Fetches`)."""
        return self.ledger.fetches()

    def add_fetches(self, fetches: pl.DataFrame) -> None:
        """Record fetches (`ledger_tables.Fetches`), after the sightings of what was fetched."""
        self.ledger.add_fetches(fetches)

    def add_source_runs(self, source_runs: pl.DataFrame) -> None:
        """Record what a run counted in its named sources (`ledger_tables.SourceRuns`)."""
        self.ledger.add_source_runs(source_runs)

    def source_runs(self) -> pl.DataFrame:
        """Return the counts of all runs and named sources, oldest first (`ledger_tables.SourceRuns`)."""
        return self.ledger.source_runs()

    def documents_of_sources(self) -> pl.DataFrame:
        """Return which documents each named source has brought.

        Returns:
            One row for each: `source_name`, `document_id`, `first_seen_at`, `batch` (order of first sightings).
        """
        return self.ledger.documents_of_sources()

    # ---- read

    def unread(
        self,
        reader_version: str | None = None,
        document_ids: Iterable[str] | None = None,
        retry: Collection[str] = (),
        given: Iterable[str] | None = None,
    ) -> pl.DataFrame:
        """List documents that were seen but have no reading.

        Args:
            reader_version: Also those whose newest reading was made by another version than this.
            document_ids: Only among these; null means all that were ever seen.
            retry: Also those whose newest reading failed with one of these codes, as what failed may heal.
            given: The only documents that `retry` is for; null means all of them.

        Returns:
            One row for each document, sorted: `document_id`, `source_uri` and `file_name` of its first sighting,
            `byte_count`, `reader_version` of the newest reading (null: never read). The PDF is at
            `archive.file(document_id)`.
        """
        return self.ledger.unread(reader_version, document_ids, retry, given)

    def add_readings(
        self, readings: pl.DataFrame, cells: pl.DataFrame, *, read_at: datetime, run_id: str | None = None
    ) -> str:
        """Record a batch of readings with their cells. A newer reading of a document replaces the older one.

        Args:
            readings: One row for each document of the batch: `document_id`, `page_count` (Int32, null when it could
                not be opened), `reader`, `reader_version` (String), `reason` (String; null when it was read), and, if
                told, `modified_at` (UTC; when the PDF says that it was last changed).
            cells: `contract.Cells` of these documents; a document may have none.
            read_at: Aware moment of the reading.
            run_id: The run that read them, so that it can tell what it has done already.

        Returns:
            The reading_id of the batch.

        Raises:
            ValueError: A document twice in the batch, cells of a document that is not in it, or frames that do not
                obey their contract.
        """
        return self.ledger.add_readings(readings, cells, read_at=read_at, run_id=run_id)

    # ---- derive

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
        return self.ledger.underived(derive_version, document_ids, again=again, tables_version=tables_version)

    def stored(self, documents: pl.DataFrame) -> Mapping[str, pl.DataFrame]:
        """Return the tables of `contract.FORM_TABLES` as the ledger has them.

        Args:
            documents: `document_id` and `derivation_id`, such as a slice of `underived`.
        """
        return self.ledger.stored(documents)

    def cells(self, documents: pl.DataFrame) -> pl.DataFrame:
        """Return `contract.Cells` of the given readings.

        Args:
            documents: `document_id` and `reading_id`, such as a slice of `underived`.
        """
        return self.ledger.cells(documents)

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
        return self.ledger.add_derived(
            derive_version, documents, tables, checks, rule_counts, derived_at=derived_at, run_id=run_id
        )

    def derived(self, table: str, derive_version: str) -> pl.LazyFrame:
        """Return a derived table over the newest derivation of each document, with the types of its contract.

        Args:
            table: A name of `contract.FORM_TABLES`, or `checks`, or `rule_counts`.
            derive_version: Documents that have no derivation at this version are left out.
        """
        return self.ledger.snapshot(derive_version).table(table)

    # ---- publish

    def publish(
        self,
        derive_version: str,
        gate: Gate,
        *,
        now: datetime,
        versions: Mapping[str, str] | None = None,
        must_cover: Iterable[str] = (),
        keep: int = 30,
        force: bool = False,
    ) -> Published:
        """Publish everything derived at this version as a new release and move the pointer to it.

        One publisher works at a time: others wait. All that is published comes from one snapshot of the ledger, taken
        when the lock is held, so that overlapping runs can neither lose each other's documents nor publish a form
        that the gate has not seen. When nothing changed, nothing is written. After a rollback the release is made,
        but not shown: `published` stays at the one that was rolled back to.

        Args:
            derive_version: As given to `add_derived`.
            gate: Called with the tables of the snapshot; says which forms are held back and why.
            now: Aware moment of the release.
            versions: What else the release depends on (package, reader, rules, settings), for the manifest. A
                changed value makes a new release only when the content changes too.
            must_cover: Documents of this run: each must be in the release, whatever its status. Those of the current
                release must be too, always. Others that are not derived yet, because another run works on them,
                are left out and counted as pending.
            keep: How many releases are kept; the published one always is.
            force: Ask the gate and write even when the ledger has not changed since the current release.

        Raises:
            AccountDoesNotBalance: Documents or forms are missing from the account, such as documents that are read
                but not derived at this version. Nothing is published.
            WarehouseError: Disk full, read-only, ...; nothing is published.
        """
        with self.releases.lock():
            self._settle_events()
            told = {"derive_version": derive_version, **(versions or {})}
            snapshot = self.ledger.snapshot(derive_version)
            digest = snapshot.digest(told)
            pinned = self._pinned()
            current = self.releases.kept()[-1] if pinned else self.releases.current()
            covered = pl.Series([*must_cover], dtype=pl.String)
            if current is not None:
                covered.append(current.scan("documents").select("document_id").collect()["document_id"])
            require_covered(snapshot.documents, covered)
            if current is not None and current.is_made_from(digest) and not force:
                return Published(current, False, current.account, pinned)
            tables = {name: snapshot.table(name) for name in snapshot.table_names}
            contents = release_contents(snapshot.documents, snapshot.sources, tables, gate(tables))
            release, is_new = self.releases.build(
                contents,
                now=now,
                inputs_digest=digest,
                versions=told,
                unshown_after=current if pinned else None,
            )
            self._settle_events()
            self.releases.prune(keep)
            return Published(release, is_new, contents.account, pinned)

    def _settle_events(self) -> None:
        """Copy the events of releases to the ledger, where a run that was killed has not."""
        told = self.ledger.releases_with_events()
        for release in self.releases.kept():
            if release.release_id not in told and (events := release.events()).height:
                self.ledger.add_events(events)

    def list_releases(self) -> list[Release]:
        """Return the releases that are kept, oldest first; the current one has `is_current`."""
        return self.releases.kept()

    def diff(self, before: str, after: str) -> pl.DataFrame:
        """Compare two releases by key; see `warehouse.diff.diff_releases`."""
        return diff_releases(self.releases.get(before), self.releases.get(after))

    def rollback(self, release_id: str | None = None) -> Release:
        """Show another release. Any but the newest one is pinned: it stays shown until another one is asked for.

        Runs go on to make releases meanwhile, and do not show them.

        Args:
            release_id: The release; null: the newest one, so that runs show what they make again.

        Raises:
            ReleaseNotFound: It is not kept; says which ones are.
        """
        with self.releases.lock():
            self._settle_events()
            kept = self.releases.kept()
            release = kept[-1] if release_id is None and kept else self.releases.get(release_id or "yet")
            was = self.ledger.pinned()
            pinned = release.release_id if release.release_id != kept[-1].release_id else None
            if pinned != was:  # before the pointer moves: a kill between the two is put right by the next publish
                self.ledger.pin(pinned, release.release_id)
            return self.releases.move_pointer(release.release_id)

    def pinned(self) -> Release | None:
        """Return the release that a rollback has pinned; null when `published` follows the newest state."""
        pinned = self.ledger.pinned()
        return self.releases.get(pinned) if pinned else None

    def _pinned(self) -> Release | None:
        """Return the pinned release, and make sure that it is shown. Call it with the lock held."""
        pinned = self.pinned()
        return pinned if pinned is None or pinned.is_current else self.releases.move_pointer(pinned.release_id)

    def maintain(self, keep: timedelta = timedelta(days=7), purge_before: datetime | None = None) -> pl.DataFrame:
        """Compact the ledger: join the small files of many appends, delete files that nothing reads any more.

        Nothing that a run or a release is made from changes. Runs may go on meanwhile; publishing waits.

        Args:
            keep: How long replaced files are kept for what still reads them: longer than the longest run.
            purge_before: Also delete rows of readings and derivations of before this moment that newer ones have
                taken the place of, batch by batch; null: keep them.

        Returns:
            `table`, `rows_purged`, `files_joined`, `files_made`, `files_deleted`.
        """
        with self.releases.lock():
            purged = {} if purge_before is None else self.ledger.purge(purge_before)
            done = [
                {"table": name, "rows_purged": purged.get(name, 0), **table.compact(keep)}
                for name, table in self.ledger.tables.items()
            ]
        return pl.DataFrame(done)

    def inventory(self) -> Inventory:
        """Return what the ledger and the published release know of each document: see `warehouse.inventory`."""
        return Inventory.of(self.ledger, self.releases.current())

    def repair(self) -> Repaired:
        """Take out of the ledger what is damaged, and all that depends on it; see `warehouse.repair`.

        No other run may go on meanwhile. What is published does not change.

        Raises:
            WarehouseError: The warehouse is in a bucket.
        """
        root = require_local(self._storage.where("ledger"))
        with self.releases.lock():
            files, lost = repair_tables(self.ledger, root)
            voided = void_headers(self.ledger, lost)
            current = self.releases.current()
            restored = restore_sightings(self.ledger, current, self._storage.where("raw"))
            self._settle_events()
            kept = self.releases.kept()
            if current and current.release_id != kept[-1].release_id and self.ledger.pinned() is None:
                self.ledger.pin(current.release_id, current.release_id)
        return Repaired(files, voided["readings"], voided["derivations"], restored)

    # ---- runs and events

    def add_run(self, run: Mapping[str, object]) -> None:
        """Record the state of a run: once when it starts, once when it ends; the newest row of a run_id counts.

        Keys: run_id, kind, state (String), started_at, finished_at (aware datetime or None), release_id, summary,
        request (String or None).
        """
        self.ledger.add_run(run)

    def runs(self) -> pl.DataFrame:
        """Return the newest row of each run, oldest run first."""
        return self.ledger.runs()

    def add_events(self, events: pl.DataFrame) -> None:
        """Append events (`ledger_tables.Events`): what a person may want to know later."""
        self.ledger.add_events(events)

    def events(self) -> pl.DataFrame:
        """Return all events in the order in which they were recorded."""
        return self.ledger.events()
