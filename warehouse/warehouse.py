"""The warehouse as the flows see it: one object over the archive, the ledger and the releases.

A folder, or a prefix of a bucket, holds::

    raw/<aa>/<sha256>.pdf     the archive: every PDF once, never changed
    ledger/<table>/           Delta tables, see `ledger_tables`
    releases/<release_id>/    immutable: published/, quarantine/, manifest.json, datapackage.json, schema.json
    current.json              manifest of the published release; moves in one atomic step

and a local folder also links: `current`, which moves to the published release, and `published` and `quarantine` in it.

How a run uses it::

    warehouse = Warehouse(location)
    ledger = warehouse.ledger
    listed = ledger.known(files)                            # collect: document_id is null for new or changed files
    archived = warehouse.archive.put(path)                  # ... archive those, then add_sightings
    todo = ledger.unread(listed_ids)                        # read
    ledger.add_readings(readings, cells, read_at=now)
    cells = ledger.cells(ledger.underived(derive_version))  # derive
    ledger.add_derived(derive_version, pending, tables, checks, rule_counts, derived_at=now)
    with warehouse.publishing.begin(derive_version) as publication:  # publish
        publication.publish(gate(publication.tables), now=now)

Each step may be killed at any moment: rows count only when the header row that is written last has landed, and a
release is visible only when the pointer has moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import polars as pl

from warehouse.inventory import Inventory
from warehouse.ledger.ledger import Ledger
from warehouse.ledger.purge import purge
from warehouse.ledger.sums import note_all
from warehouse.publishing import Publishing
from warehouse.releases.release import Releases
from warehouse.repair import repair_tables, require_local, restore_sightings, void_headers
from warehouse.storage.archive import Archive
from warehouse.storage.base import Patience, in_silence
from warehouse.storage.opening import open_storage
from warehouse.verify import Verified, verify


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
        patience: What happens while another publisher is awaited; see `Storage.lock`.

    Raises:
        WarehouseError: The place cannot be opened; the message says what to do.
    """

    def __init__(self, location: Path | str, patience: Patience = in_silence) -> None:
        self._storage = open_storage(location)
        self.archive = Archive(self._storage)
        self.ledger = Ledger(self._storage.where("ledger"))
        self.releases = Releases(self._storage, patience)
        self.publishing = Publishing(self.ledger, self.releases)

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

    def require_writable(self) -> None:
        """Make sure that a run can begin here: before anything is read, not after hours.

        Raises:
            WarehouseError: It cannot be written; the message says what to do.
        """
        self._storage.probe()

    @property
    def is_local(self) -> bool:
        """Whether it is a local folder, with `published` and `quarantine` as links."""
        return self._storage.has_links

    def maintain(self, keep: timedelta = timedelta(days=7), purge_before: datetime | None = None) -> pl.DataFrame:
        """Compact the ledger: join the small files of many appends, delete files that nothing reads any more.

        Nothing that a run or a release is made from changes. Runs may continue meanwhile; publishing waits.

        Args:
            keep: How long replaced files are kept for what still reads them: longer than the longest run.
            purge_before: Also delete rows of readings and derivations of before this moment that newer ones have
                taken the place of, batch by batch; null: keep them.

        Returns:
            `table`, `rows_purged`, `files_joined`, `files_made`, `files_deleted`.
        """
        with self.releases.lock():
            purged = {} if purge_before is None else purge(self.ledger.tables, purge_before)
            done = [
                {"table": name, "rows_purged": purged.get(name, 0), **table.compact(keep)}
                for name, table in self.ledger.tables.items()
            ]
            note_all(self.ledger.root, self.ledger.tables)
        return pl.DataFrame(done)

    def inventory(self) -> Inventory:
        """Return what the ledger and the published release know of each document: see `warehouse.inventory`."""
        return Inventory.of(self.ledger, self.releases.current())

    def verify(self) -> Verified:
        """Read all that is kept, and compare it with its sums; see `warehouse.verify`."""
        return verify(self.ledger, self.archive, self.releases, self._storage)

    def heal_releases(self) -> list[str]:
        """Put whole copies in place of damaged files of releases; move older releases aside that stay damaged.

        Of the newest release, and of the one that is shown, what has no whole copy stays damaged until the state of
        the ledger is published anew.

        Returns:
            The files that are whole again, and where releases have been moved to.
        """
        with self.releases.lock():
            healed = self.releases.heal()
            kept, pinned = self.releases.kept(), self.publishing.pinned()
            needed = {kept[-1].release_id} if kept else set()
            needed |= {pinned.release_id} if pinned else set()
            for release in kept:
                if release.release_id not in needed and not release.is_current and release.damage():
                    healed.append(self.releases.set_aside(release))
        return healed

    def repair(self) -> Repaired:
        """Take out of the ledger what is damaged, and all that depends on it; see `warehouse.repair`.

        No other run may work meanwhile. What is published does not change.

        Raises:
            WarehouseError: The warehouse is in a bucket.
        """
        root = require_local(self._storage.where("ledger"))
        with self.releases.lock():
            files, lost = repair_tables(self.ledger, root)
            voided = void_headers(self.ledger, lost)
            restored = restore_sightings(self.ledger, self.releases.newest(), self._storage.where("raw"))
            self.publishing.settle_events()
        return Repaired(files, voided["readings"], voided["derivations"], restored)
