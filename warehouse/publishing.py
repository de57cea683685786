"""Publishing: one publisher at a time makes a release of what the ledger holds, and moves the pointer to it.

In two steps, so that whoever publishes decides what is held back::

    with warehouse.publishing.begin(derive_version) as publication:
        if publication.unchanged is None:
            publication.publish(gate(publication.tables), now=now)

All that is published comes from one snapshot of the ledger, taken when the lock is held: overlapping runs can neither
lose each other's documents nor publish a form that the gate has not seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

import polars as pl

from warehouse.errors import ReleaseNotFound
from warehouse.ledger.ledger import Ledger
from warehouse.ledger.snapshot import Snapshot
from warehouse.ledger.sums import note_all
from warehouse.releases.contents import Verdict, release_contents
from warehouse.releases.release import Release, Releases
from warehouse.releases.row_account import require_covered


@dataclass(frozen=True, slots=True)
class Published:
    """What publishing did.

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


class Publication:
    """A release in the making, while the lock is held.

    Attributes:
        unchanged: What is published already, where nothing has changed since; null: there is something to publish.
        tables: A lazy frame for every table of `contract.FORM_TABLES`, and `checks` and `rule_counts`, of exactly the
            documents that are about to be published.
    """

    def __init__(
        self,
        publishing: Publishing,
        snapshot: Snapshot,
        versions: Mapping[str, str],
        newest: Release | None,
        pinned: Release | None,
        force: bool,
    ) -> None:
        self._publishing = publishing
        self._snapshot = snapshot
        self._versions = versions
        self._digest = snapshot.digest(versions)
        self._pinned = pinned
        is_shown = newest is not None and (newest.is_current or pinned is not None)
        is_same = newest is not None and is_shown and not force and newest.is_made_from(self._digest)
        self.unchanged = Published(newest, False, newest.account, pinned) if newest and is_same else None
        self.tables = {name: snapshot.table(name) for name in snapshot.table_names}

    def publish(self, verdict: Verdict, *, now: datetime, keep: int = 30) -> Published:
        """Write the release and move the pointer to it. When its content is what is published, nothing is written.

        After a rollback the release is made, but not shown: `published` stays at the one that was rolled back to.

        Args:
            verdict: Which forms are held back, and why.
            now: Aware moment of the release.
            keep: How many releases are kept; the published one always is.

        Raises:
            AccountDoesNotBalance: Documents or forms are missing from the account. Nothing is published.
            WarehouseError: Disk full, read-only, ...; nothing is published.
        """
        releases = self._publishing.releases
        snapshot = self._snapshot
        contents = release_contents(snapshot.documents, snapshot.sources, self.tables, verdict, snapshot.table)
        release, is_new = releases.build(
            contents,
            now=now,
            inputs_digest=self._digest,
            versions=self._versions,
            show=self._pinned is None,
        )
        self._publishing.settle_events()
        releases.prune(keep)
        return Published(release, is_new, contents.account, self._pinned)


class Publishing:
    """Makes releases of a ledger, and lets `published` show another one.

    Args:
        ledger: What is published.
        releases: Where it is published.
    """

    def __init__(self, ledger: Ledger, releases: Releases) -> None:
        self.ledger = ledger
        self.releases = releases
        self._without_news: set[str] = set()  # releases without events: there is nothing to copy, ever

    @contextmanager
    def begin(
        self,
        derive_version: str,
        *,
        versions: Mapping[str, str] | None = None,
        must_cover: Iterable[str] = (),
        force: bool = False,
    ) -> Iterator[Publication]:
        """Begin to publish everything derived at this version; others wait until the context is left.

        Args:
            derive_version: As given to `Ledger.add_derived`.
            versions: What else the release depends on (package, reader, rules, settings), for the manifest. A
                changed value makes a new release only when the content changes too.
            must_cover: Documents of this run: each must be in the release, whatever its status. Those of the newest
                release must be too, always. Others that are not derived yet, because another run works on them,
                are left out and counted as pending. What a person took out of publication is never in it.
            force: Publish even when the ledger has not changed since the newest release.

        Raises:
            AccountDoesNotBalance: Documents that must be covered are read but not derived at this version.
            WarehouseError: The lock cannot be taken, or the ledger cannot be read.
        """
        with self.releases.lock():
            self.settle_events()
            snapshot = self.ledger.snapshot(derive_version)
            pinned = self._show_pinned()
            newest = self.releases.newest()
            covered = pl.Series([*must_cover], dtype=pl.String)
            covered.append(self.releases.documents())
            forgotten = self.ledger.forgotten()["document_id"]
            require_covered(snapshot.documents, covered.filter(~covered.is_in(forgotten.implode())))
            named = {"derive_version": derive_version, **(versions or {})}
            yield Publication(self, snapshot, named, newest, pinned, force)
            note_all(self.ledger.root, self.ledger.tables)

    def rollback(self, release_id: str | None = None) -> Release:
        """Show another release. Any but the newest one is pinned: it stays shown until another one is asked for.

        Runs continue to make releases meanwhile, and do not show them.

        Args:
            release_id: The release; null: the newest one, so that runs show what they make again.

        Raises:
            ReleaseNotFound: It is not kept; the message lists those that are.
        """
        with self.releases.lock():
            self.settle_events()
            kept = self.releases.kept()
            if not kept:
                raise ReleaseNotFound("nothing is published yet: run `jixiao ingest` first")
            release = kept[-1] if release_id is None else self.releases.get(release_id)
            was = self._pinned_id()
            pinned = release.release_id if release.release_id != kept[-1].release_id else None
            if pinned != was:  # before the pointer moves: a kill between the two is put right by the next publish
                self.releases.pin(pinned)
                self.ledger.pin(pinned, release.release_id)
            return self.releases.move_pointer(release.release_id)

    def pinned(self) -> Release | None:
        """Return the release that a rollback has pinned; null when `published` follows the newest state."""
        pinned = self._pinned_id()
        return self.releases.get(pinned) if pinned else None

    def _pinned_id(self) -> str | None:
        try:
            return self.releases.pinned_id()
        except (FileNotFoundError, ValueError):  # made by an older version, or damaged
            return self.ledger.pinned()

    def _show_pinned(self) -> Release | None:
        """Return the pinned release, and make sure that it is shown. Call it with the lock held."""
        pinned = self.pinned()
        return pinned if pinned is None or pinned.is_current else self.releases.move_pointer(pinned.release_id)

    def settle_events(self) -> None:
        """Copy the events of releases to the ledger, where a run that was killed has not."""
        settled = self.ledger.releases_with_events() | self._without_news
        for release in self.releases.kept():
            if release.release_id in settled or release.damage("events.parquet"):
                continue
            if (events := release.events()).height:
                self.ledger.add_events(events)
            else:
                self._without_news.add(release.release_id)
