"""Releases: immutable folders of Parquet, and the one pointer that names the published one.

What readers may rely on, in a local folder and in a bucket:

- `releases/<release_id>/` never changes, and is whole from the moment that it has a `manifest.json`.
- A file name under it stands for the same bytes for ever: part files are named for the sha256 of their content.
- `current.json` is the manifest of the published release; it is replaced in one step.

A reader that learns the release once (from `current.json`, `jixiao path` or `Path("published").resolve()`) and reads
below it sees one release, whole, over as many tables and for as long as that release is kept.

A local folder has the links `published` and `quarantine` too. A reader that goes through them for each open sees one
release per table, never rows of two. When the pointer moves between its listing and its opening a file, that file is
not there: Polars then fails; DuckDB and pyarrow, which look at what they have listed, leave it out silently. No
layout can spare them that: a file that still opens under the pattern after the move would also be listed there, and
its rows counted beside the new ones.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import polars as pl

from warehouse import contract
from warehouse.contract.ledger_tables import Events
from warehouse.errors import ReleaseNotFound, os_errors_explained
from warehouse.releases.contents import Contents
from warehouse.releases.datapackage import data_package, schema_document
from warehouse.releases.events import NO_REASONS, OUTCOMES, release_events, what_changed
from warehouse.releases.parquet import Written, write_tables
from warehouse.storage.base import MANIFEST, RELEASES, Storage

_SAME_CONTENT: Final = ".same-content.json"
"""Newest inputs that gave the content of the current release anew: the next run need not build it to find that out."""

_PIN: Final = "pinned.json"
"""Which release a rollback holds. The ledger has it too, as an event; one of the two survives a damaged file."""


@dataclass(frozen=True)
class Release:
    """One release that is kept.

    Attributes:
        release_id: Six digits that count up, a dash, and the first digits of the content's sha256.
        is_current: It is the published one.
    """

    release_id: str
    is_current: bool
    _storage: Storage = field(repr=False, compare=False)

    @property
    def location(self) -> str:
        """The path or address of its folder, which never changes."""
        return self._storage.where(self._key())

    @property
    def path(self) -> Path:
        """Its folder, where the warehouse is a local one.

        Raises:
            WarehouseError: The warehouse is in a bucket; `location` and `scan` work there too.
        """
        return self._storage.folder(self._key())

    def _key(self, path: str = "") -> str:
        return f"{RELEASES}/{self.release_id}/{path}".rstrip("/")

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What is in it: row counts, bytes and sha256 of each file, versions, row account."""
        manifest: dict[str, Any] = json.loads(self._storage.read(self._key(MANIFEST)))
        return manifest

    @property
    def account(self) -> pl.DataFrame:
        """The row account: `item`, `count`."""
        counts: dict[str, int] = self.manifest["account"]
        return pl.DataFrame(
            {"item": list(counts), "count": list(counts.values())}, schema={"item": pl.String, "count": pl.Int64}
        )

    def scan(self, table: str, place: str = "published") -> pl.LazyFrame:
        """Return a table of this release, with the columns that the contract had when it was made."""
        return pl.scan_parquet(
            [f"{self.location}/{file['path']}" for file in self.manifest["tables"][f"{place}/{table}"]["files"]]
        )

    def is_made_from(self, inputs_digest: str) -> bool:
        """Return whether these inputs are known to give the content of this release."""
        if self.manifest["inputs_digest"] == inputs_digest:
            return True
        try:
            seen: dict[str, str] = json.loads(self._storage.read(_SAME_CONTENT))
        except (FileNotFoundError, ValueError):
            return False
        return seen == {"content_digest": self.manifest["content_digest"], "inputs_digest": inputs_digest}

    def outcomes(self) -> pl.DataFrame:
        """Return what became of each form that was read: see `contents.Contents.outcomes`."""
        return pl.read_parquet(self._storage.read(self._key("outcomes.parquet")))

    def events(self) -> pl.DataFrame:
        """Return what changed with this release (`ledger_tables.Events`)."""
        return pl.read_parquet(self._storage.read(self._key("events.parquet")))


class Releases:
    """The releases of a warehouse, and the pointer to the one that is published."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def lock(self) -> AbstractContextManager[None]:
        """Let one publisher in at a time; see `Storage.lock`."""
        return self._storage.lock()

    def current(self) -> Release | None:
        """Return the release that is published; null before the first one."""
        release_id = self._storage.pointer()
        return Release(release_id, True, self._storage) if release_id else None

    def kept(self) -> list[Release]:
        """Return all releases that are kept, oldest first."""
        current = self._storage.pointer()
        return [Release(name, name == current, self._storage) for name in self._storage.releases()]

    def newest(self) -> Release | None:
        """Return the release that was made last, shown or not; null before the first one."""
        kept = self.kept()
        return kept[-1] if kept else None

    def get(self, release_id: str) -> Release:
        """Return one release.

        Raises:
            ReleaseNotFound: It is not kept.
        """
        kept = self.kept()
        for release in kept:
            if release.release_id == release_id:
                return release
        newest = ", ".join(r.release_id for r in kept[-5:]) or "none"
        raise ReleaseNotFound(f"there is no release {release_id}; the newest ones kept are: {newest}")

    def build(
        self,
        contents: Contents,
        *,
        now: datetime,
        inputs_digest: str,
        versions: Mapping[str, str],
        show: bool = True,
    ) -> tuple[Release, bool]:
        """Write a release that follows the newest one, and show it. Call it with the lock held.

        Args:
            contents: What is in it.
            now: Moment of the release.
            inputs_digest: Fingerprint of what it is made from.
            versions: For the manifest.
            show: Move the pointer to it; false when another release is pinned.

        Returns:
            The release with this content, and whether it was made or the pointer moved to it. When the content is
            that of the newest release, nothing is made and no published byte or time changes; after a kill just
            before the pointer moved, it moves now. Content that only an older release has is a new release with a
            new number: the newest release is always the state that was made last.

        Raises:
            WarehouseError: It could not be written; the pointer has not moved.
        """
        newest = self.newest()
        with os_errors_explained("write a release", self._storage.where(RELEASES)):
            self._storage.clean()
            with self._storage.draft() as draft:
                written = write_tables(contents, draft, Written.of_manifest(newest.manifest) if newest else Written())
                digest = written.content_digest()
                if newest is not None and newest.manifest["content_digest"] == digest:
                    self._note_same_content(digest, inputs_digest)
                    is_settled = newest.is_current or not show
                    return (newest, False) if is_settled else (self.move_pointer(newest.release_id), True)
                release_id = f"{self._next_number():06d}-{digest[:8]}"
                previous = newest.outcomes() if newest else OUTCOMES
                revised = contents.tables["published", "revisions"].collect()
                events = release_events(
                    previous,
                    contents.outcomes,
                    at=now,
                    release_id=release_id,
                    revisions=revised,
                    reasons=_what_changed(newest, contents, versions) if newest else NO_REASONS,
                )
                draft.write("events.parquet", _frame_bytes(contract.conform(events, Events)))
                draft.write("outcomes.parquet", _frame_bytes(contents.outcomes))
                draft.write("schema.json", _json_bytes(schema_document()))
                draft.write("datapackage.json", _json_bytes(data_package(release_id, now, written.tables)))
                manifest = _manifest(release_id, now, newest, contents, written, inputs_digest, versions)
                draft.write(MANIFEST, _json_bytes(manifest))
                draft.finish(release_id)
            return (self.move_pointer(release_id) if show else self.get(release_id)), True

    def move_pointer(self, release_id: str) -> Release:
        """Show a release, in one step. Call it with the lock held.

        Raises:
            ReleaseNotFound: It is not kept.
        """
        self.get(release_id)
        with os_errors_explained("move the pointer to the new release", self._storage.where()):
            self._storage.point(release_id)
        return Release(release_id, True, self._storage)

    def pin(self, release_id: str | None) -> None:
        """Note beside the pointer which release a rollback holds; null: none. Call it with the lock held."""
        self._storage.write(_PIN, _json_bytes({"release_id": release_id}))

    def pinned_id(self) -> str | None:
        """Return the release that a rollback holds; null: none.

        Raises:
            FileNotFoundError: It was never noted here.
            ValueError: The note is damaged.
        """
        noted = json.loads(self._storage.read(_PIN))
        if not isinstance(noted, dict) or "release_id" not in noted:
            raise ValueError("the note has no release_id")
        release_id: str | None = noted["release_id"]
        return release_id

    def prune(self, keep: int) -> list[str]:
        """Delete all but the newest releases, never the one that is shown. Call it with the lock held.

        Args:
            keep: How many to keep, at least 1.

        Returns:
            What was deleted.
        """
        if keep < 1:
            raise ValueError(f"at least one release must be kept, not {keep}")
        old = [release for release in self.kept()[:-keep] if not release.is_current]
        for release in old:
            self._storage.remove_release(release.release_id)
        return [release.release_id for release in old]

    def _note_same_content(self, content_digest: str, inputs_digest: str) -> None:
        self._storage.write(
            _SAME_CONTENT, _json_bytes({"content_digest": content_digest, "inputs_digest": inputs_digest})
        )

    def _next_number(self) -> int:
        kept = self.kept()
        return int(kept[-1].release_id.split("-")[0]) + 1 if kept else 1


def _what_changed(current: Release, contents: Contents, versions: Mapping[str, str]) -> pl.DataFrame:
    columns = ["document_id", "reader_version"]
    return what_changed(
        current.scan("documents").select(columns).collect(),
        contents.tables["published", "documents"].select(columns).collect(),
        current.manifest["versions"].get("derive_version", ""),
        versions.get("derive_version", ""),
    )


def _manifest(
    release_id: str,
    now: datetime,
    current: Release | None,
    contents: Contents,
    written: Written,
    inputs_digest: str,
    versions: Mapping[str, str],
) -> dict[str, Any]:
    return {
        "release_id": release_id,
        "created_at": now.isoformat(),
        "previous_release_id": current.release_id if current else None,
        "content_digest": written.content_digest(),
        "inputs_digest": inputs_digest,
        "versions": dict(sorted(versions.items())),
        "account": dict(contents.account.iter_rows()),
        **written.to_manifest(),
    }


def _json_bytes(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _frame_bytes(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out, compression="zstd")
    return out.getvalue()
