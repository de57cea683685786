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

import hashlib
import io
import json
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import polars as pl

from warehouse import contract
from warehouse.contract.ledger_tables import Events
from warehouse.errors import ReleaseNotFound, WarehouseError, os_errors_explained
from warehouse.releases import whole
from warehouse.releases.contents import Contents
from warehouse.releases.datapackage import data_package, schema_document
from warehouse.releases.events import NO_REASONS, OUTCOMES, release_events, what_changed
from warehouse.releases.parquet import Written
from warehouse.releases.writing import write_tables
from warehouse.storage.base import MANIFEST, RELEASES, Patience, Storage, in_silence

_SAME_CONTENT: Final = ".same-content.json"
"""Newest inputs that gave the content of the current release anew: the next run need not build it to find that out."""

_SUM: Final = "manifest_sha256"
"""Of the manifest as written, without this key. Releases of before have none."""

_DOCUMENTS: Final = "published/documents/"
_DEPTH: Final = 2
"""How many slashes the path of a file of a table has: place, table, file."""

_DAMAGED: Final = (
    "the manifest of release {} {}: run `jixiao verify --repair`, which publishes the state of the ledger anew"
)
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
        return self._storage.where(self.key())

    @property
    def path(self) -> Path:
        """Its folder, where the warehouse is a local one.

        Raises:
            WarehouseError: The warehouse is in a bucket; `location` and `scan` work there too.
        """
        return self._storage.folder(self.key())

    def key(self, path: str = "") -> str:
        """Return the key of a file of it in the storage; of its folder where none is named."""
        return f"{RELEASES}/{self.release_id}/{path}".rstrip("/")

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What is in it: row counts, bytes and sha256 of each file, versions, row account.

        Raises:
            WarehouseError: It is missing or damaged.
        """
        try:
            manifest: dict[str, Any] = json.loads(self._storage.read(self.key(MANIFEST)))
            noted = manifest.get(_SUM)
        except (FileNotFoundError, ValueError, AttributeError) as error:
            raise WarehouseError(_DAMAGED.format(self.release_id, "is missing or cut off")) from error
        if noted is not None and noted != _sum_of(manifest):
            raise WarehouseError(_DAMAGED.format(self.release_id, "has changed"))
        return manifest

    @property
    def is_readable(self) -> bool:
        """Whether its manifest is whole."""
        try:
            return bool(self.manifest)
        except WarehouseError:
            return False

    def files(self) -> dict[str, tuple[int, str]]:
        """Return bytes and sha256 of each file that the manifest names, by its path below the release."""
        tables: dict[str, Any] = self.manifest["tables"]
        parts = [part for table in tables.values() for part in table["files"]]
        papers = [{"path": name, **about} for name, about in self.manifest.get("papers", {}).items()]
        return {part["path"]: (part["bytes"], part["sha256"]) for part in [*parts, *papers]}

    def damage(self, only: str = "", known: Collection[str] = ()) -> dict[str, str]:
        """Return what is wrong with its files, by their paths; each is read whole.

        Args:
            only: Look at no other files than those whose path begins so.
            known: Files that need not be read, see `whole`.
        """
        if not self.is_readable:
            return {MANIFEST: "it is missing or damaged"}
        named = {path: about for path, about in self.files().items() if path.startswith(only) and path not in known}
        found = {path: self._fault(path, *about) for path, about in named.items()}
        return {path: fault for path, fault in found.items() if fault}

    def _fault(self, path: str, size: int, sha256: str) -> str | None:
        try:
            content = self._storage.read(self.key(path))
        except FileNotFoundError:
            return "it is gone"
        if len(content) != size:
            return f"it has {len(content)} bytes, {size} are expected"
        return None if hashlib.sha256(content).hexdigest() == sha256 else "its bytes have changed"

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

    @property
    def contract_version(self) -> str | None:
        """The version of the contract that its tables obey; null: made before there was one."""
        version: str | None = self.manifest.get("contract_version")
        return version

    def schema(self) -> dict[str, dict[str, str]]:
        """Return the type of each column of each table, as its `schema.json` has it."""
        found = json.loads(self._storage.read(self.key("schema.json")))
        return {table: {one["name"]: _type_of(one) for one in about["fields"]} for table, about in found.items()}

    def outcomes(self) -> pl.DataFrame:
        """Return what became of each form that was read: see `contents.Contents.outcomes`."""
        return pl.read_parquet(self._storage.read(self.key("outcomes.parquet")))

    def events(self) -> pl.DataFrame:
        """Return what changed with this release (`ledger_tables.Events`)."""
        return pl.read_parquet(self._storage.read(self.key("events.parquet")))


class Releases:
    """The releases of a warehouse, and the pointer to the one that is published.

    Args:
        storage: Where they are kept.
        patience: What happens while another publisher is awaited.
    """

    def __init__(self, storage: Storage, patience: Patience = in_silence) -> None:
        self._storage = storage
        self._patience = patience

    def lock(self) -> AbstractContextManager[None]:
        """Let one publisher in at a time; see `Storage.lock`."""
        return self._storage.lock(self._patience)

    def current(self) -> Release | None:
        """Return the release that is published; null before the first one."""
        release_id = self._storage.pointer()
        return Release(release_id, True, self._storage) if release_id else None

    def kept(self) -> list[Release]:
        """Return all releases that are kept, oldest first."""
        try:
            current = self._storage.pointer()
        except WarehouseError:  # it is damaged: the next publisher moves it
            current = None
        return [Release(name, name == current, self._storage) for name in self._storage.releases()]

    def newest(self) -> Release | None:
        """Return the release that was made last, shown or not, and has a whole manifest; null before the first one."""
        return next((release for release in reversed(self.kept()) if release.is_readable), None)

    def documents(self) -> pl.Series:
        """Return the ids of the documents of the newest release whose table of documents is whole; else none."""
        for release in reversed(self.kept()):
            if release.is_readable and not self.damage(release, _DOCUMENTS):
                return release.scan("documents").select("document_id").collect()["document_id"]
        return pl.Series(dtype=pl.String)

    def damage(self, release: Release, only: str = "") -> dict[str, str]:
        """Return `Release.damage`, without reading again what a bucket says is as it was found whole: see `whole`."""
        return whole.damage(self._storage, release, only)

    def heal(self) -> list[str]:
        """Put whole copies in place of damaged files, where another release has one. Call it with the lock held.

        Returns:
            The paths of the files that are whole again.
        """
        damaged = {release: release.damage() for release in self.kept()}
        whole = {
            about: release.key(path)
            for release, damage in damaged.items()
            if release.is_readable
            for path, about in release.files().items()
            if path not in damage
        }
        healed = []
        for release, damage in damaged.items():
            for path in damage if release.is_readable else ():
                if source := whole.get(release.files()[path]):
                    self._storage.write(release.key(path), self._storage.read(source))
                    healed.append(self._storage.where(release.key(path)))
        return healed

    def set_aside(self, release: Release) -> str:
        """Move a release that is damaged for good out of the way; return where it is. Call it with the lock held."""
        return self._storage.set_aside(release.key())

    def get(self, release_id: str) -> Release:
        """Return one release, by its id or by what only its id begins with.

        Raises:
            ReleaseNotFound: It is not kept, or several begin so.
        """
        kept = self.kept()
        found = [release for release in kept if release_id and release.release_id.startswith(release_id)]
        exact = [release for release in found if release.release_id == release_id]
        if len(one := exact or found) == 1:
            return one[0]
        if found:
            some = ", ".join(release.release_id for release in found[-5:])
            raise ReleaseNotFound(f"{len(found)} releases begin with {release_id}, such as {some}: give more of the id")
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
        damage = self.damage(newest) if newest else {}
        with os_errors_explained("write a release", self._storage.where(RELEASES)):
            self._storage.clean()
            with self._storage.draft() as draft:
                earlier = Written.of_manifest(newest.manifest) if newest else Written()
                written = write_tables(contents, draft, earlier.without([p for p in damage if p.count("/") == _DEPTH]))
                digest = written.content_digest()
                if newest is not None and not damage and self._is_last(newest, digest):
                    self._note_same_content(digest, inputs_digest)
                    is_settled = newest.is_current or not show
                    return (newest, False) if is_settled else (self.move_pointer(newest.release_id), True)
                release_id = f"{self._next_number():06d}-{digest[:8]}"
                previous = newest.outcomes() if newest and "outcomes.parquet" not in damage else OUTCOMES
                revised = contents.tables["published", "revisions"].collect()
                events = release_events(
                    previous,
                    contents.outcomes,
                    at=now,
                    release_id=release_id,
                    revisions=revised,
                    reasons=_what_changed(newest, contents, versions)
                    if newest and not any(path.startswith(_DOCUMENTS) for path in damage)
                    else NO_REASONS,
                )
                papers = {
                    "events.parquet": _frame_bytes(contract.conform(events, Events)),
                    "outcomes.parquet": _frame_bytes(contents.outcomes),
                    "schema.json": _json_bytes(schema_document()),
                    "datapackage.json": _json_bytes(data_package(release_id, now, written.tables)),
                }
                for name, content in papers.items():
                    draft.write(name, content)
                manifest = _manifest(release_id, now, newest, contents, written, inputs_digest, versions)
                manifest["papers"] = {
                    name: {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
                    for name, content in papers.items()
                }
                draft.write(MANIFEST, _json_bytes({**manifest, _SUM: _sum_of(manifest)}))
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

    def _is_last(self, newest: Release, digest: str) -> bool:
        """Return whether the newest release has this content, and none was made after it."""
        return bool(newest.manifest["content_digest"] == digest) and newest.release_id == self.kept()[-1].release_id

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
        "contract_version": contract.CONTRACT_VERSION,
        "created_at": now.isoformat(),
        "previous_release_id": current.release_id if current else None,
        "content_digest": written.content_digest(),
        "inputs_digest": inputs_digest,
        "versions": dict(sorted(versions.items())),
        "account": dict(contents.account.iter_rows()),
        **written.to_manifest(),
    }


def _type_of(field: Mapping[str, Any]) -> str:
    allowed = field.get("constraints", {})
    parts = [field["type"], "required" if allowed.get("required") else "", field.get("unit") or ""]
    parts.append(f"one of {', '.join(allowed['enum'])}" if "enum" in allowed else "")
    return "; ".join(part for part in parts if part)


def _sum_of(manifest: Mapping[str, Any]) -> str:
    return hashlib.sha256(_json_bytes({key: value for key, value in manifest.items() if key != _SUM})).hexdigest()


def _json_bytes(value: Mapping[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=1) + "\n").encode()


def _frame_bytes(frame: pl.DataFrame) -> bytes:
    out = io.BytesIO()
    frame.write_parquet(out, compression="zstd")
    return out.getvalue()
