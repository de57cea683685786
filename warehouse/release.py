"""Releases: immutable folders of Parquet, and the one pointer that says which of them is published.

What readers may rely on:

- `releases/<release_id>/` never changes, and is whole from the moment that it can be seen.
- A file name under it stands for the same bytes for ever: part files are named for the sha256 of their content.
- `current` is one symbolic link, replaced in one step. `published` and `quarantine` lead through it.

A reader that resolves the link once (`Path("published").resolve()`) and reads below the result sees one release,
whole, over as many tables and for as long as that release is kept. A reader that goes through `published` for each
open sees one release per table or, when the pointer moves between its listing and its opening a file, an error that
the file is not there; it never sees rows of two releases.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import polars as pl
from filelock import FileLock

from warehouse import contract
from warehouse.archive import sync_folder
from warehouse.contents import PLACES, Contents
from warehouse.descriptor import data_package, schema_document
from warehouse.errors import ReleaseNotFound, WarehouseError, os_errors_explained
from warehouse.events import NO_REASONS, OUTCOMES, release_events, what_changed
from warehouse.ledger_tables import Events
from warehouse.parts import Written, write_tables

_TEMPORARY: Final = ".tmp-"
_SAME_CONTENT: Final = ".same-content.json"
"""Newest inputs that gave the content of the current release anew: the next run need not build it to find that out."""


@dataclass(frozen=True)
class Release:
    """One release that is kept.

    Attributes:
        release_id: Six digits that count up, a dash, and the first digits of the content's sha256.
        path: Its folder, which never changes.
        is_current: `published` shows it.
    """

    release_id: str
    path: Path
    is_current: bool

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What is in it: row counts, bytes and sha256 of each file, versions, row account."""
        told: dict[str, Any] = json.loads((self.path / "manifest.json").read_text("utf-8"))
        return told

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
            [self.path / file["path"] for file in self.manifest["tables"][f"{place}/{table}"]["files"]]
        )

    def is_made_from(self, inputs_digest: str) -> bool:
        """Tell whether these inputs are known to give the content of this release."""
        if self.manifest["inputs_digest"] == inputs_digest:
            return True
        try:
            seen: dict[str, str] = json.loads((self.path.parent.parent / _SAME_CONTENT).read_text("utf-8"))
        except (FileNotFoundError, ValueError):
            return False
        return seen == {"content_digest": self.manifest["content_digest"], "inputs_digest": inputs_digest}

    def outcomes(self) -> pl.DataFrame:
        """Return what became of each form that was read: see `contents.Contents.outcomes`."""
        return pl.read_parquet(self.path / "outcomes.parquet")

    def events(self) -> pl.DataFrame:
        """Return what changed with this release (`ledger_tables.Events`)."""
        return pl.read_parquet(self.path / "events.parquet")


class Releases:
    """The releases under a warehouse's root, and the pointer to the one that is published."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.folder = root / "releases"
        with os_errors_explained("open the warehouse", root):
            self.folder.mkdir(parents=True, exist_ok=True)
        self._lock = FileLock(root / ".publish.lock", thread_local=False)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Let one publisher in at a time, over all processes of this machine; others wait. A dead one holds no lock."""
        with os_errors_explained("lock the warehouse", self.root):
            self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    def current(self) -> Release | None:
        """Return the release that `published` shows; null before the first one."""
        try:
            release_id = (self.root / "current").readlink().name
        except FileNotFoundError:
            return None
        return Release(release_id, self.folder / release_id, True)

    def kept(self) -> list[Release]:
        """Return all releases that are kept, oldest first."""
        current = self.current()
        return [
            Release(path.name, path, current is not None and path.name == current.release_id)
            for path in sorted(self.folder.iterdir())
            if not path.name.startswith(_TEMPORARY)
        ]

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
        unshown_after: Release | None = None,
    ) -> tuple[Release, bool]:
        """Write a release and show it. Call it with the lock held.

        Args:
            contents: What is in it.
            now: Moment of the release.
            inputs_digest: Fingerprint of what it is made from.
            versions: For the manifest.
            unshown_after: The newest release, when another one is pinned: the new one follows it, and is not shown.

        Returns:
            The release with this content, and whether it was made or the pointer moved to it. When the content is
            that of the release before, nothing is made and no published byte or time changes. When it is that of
            another one that is kept (after a kill just before the pointer moved), that one is shown again.

        Raises:
            WarehouseError: It could not be written; the pointer has not moved.
        """
        current = unshown_after or self.current()
        with os_errors_explained("write a release", self.folder):
            self._clean()
            temporary = self.folder / f"{_TEMPORARY}{uuid.uuid4().hex}"
            temporary.mkdir()
            try:
                earlier = Written.of_manifest(current.path, current.manifest) if current else Written(temporary)
                written = write_tables(contents, temporary, earlier)
                digest = written.content_digest()
                same = self._with_content(digest, current, current_only=unshown_after is not None)
                if same is not None:
                    self._note_same_content(digest, inputs_digest)
                    is_shown = same.is_current or unshown_after is not None
                    return (same, False) if is_shown else (self.move_pointer(same.release_id), True)
                release_id = f"{self._next_number():06d}-{digest[:8]}"
                previous = current.outcomes() if current else OUTCOMES
                revised = contents.tables["published", "revisions"].collect()
                events = release_events(
                    previous,
                    contents.outcomes,
                    at=now,
                    release_id=release_id,
                    revisions=revised,
                    reasons=_what_changed(current, contents, versions) if current else NO_REASONS,
                )
                _write_frame(contract.conform(events, Events), temporary / "events.parquet")
                _write_frame(contents.outcomes, temporary / "outcomes.parquet")
                _write_json(schema_document(), temporary / "schema.json")
                _write_json(data_package(release_id, now, written.tables), temporary / "datapackage.json")
                _write_json(
                    _manifest(release_id, now, current, contents, written, inputs_digest, versions),
                    temporary / "manifest.json",
                )
                for folder in (*temporary.rglob("*/"), temporary):
                    sync_folder(folder)
                temporary.rename(self.folder / release_id)
                sync_folder(self.folder)
            finally:
                shutil.rmtree(temporary, ignore_errors=True)
            return (self.get(release_id) if unshown_after else self.move_pointer(release_id)), True

    def move_pointer(self, release_id: str) -> Release:
        """Show a release, in one step. Call it with the lock held.

        Raises:
            ReleaseNotFound: It is not kept.
        """
        release = self.get(release_id)
        with os_errors_explained("move the pointer to the new release", self.root):
            for place in PLACES:
                link = self.root / place
                if not link.is_symlink():
                    if link.exists():
                        raise WarehouseError(
                            f"{link} is not the link that this warehouse makes: move it away and run again"
                        )
                    link.symlink_to(f"current/{place}")
            temporary = self.root / f"{_TEMPORARY}{uuid.uuid4().hex}"
            temporary.symlink_to(f"releases/{release_id}")
            temporary.replace(self.root / "current")
            sync_folder(self.root)
        return Release(release_id, release.path, True)

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
            gone = self.folder / f"{_TEMPORARY}{release.release_id}"
            release.path.rename(gone)
            shutil.rmtree(gone, ignore_errors=True)
        return [release.release_id for release in old]

    def _with_content(self, digest: str, current: Release | None, *, current_only: bool) -> Release | None:
        """Return the kept release with this content, the current one first."""
        candidates = ([current] if current else []) + ([] if current_only else self.kept()[::-1])
        return next((release for release in candidates if release.manifest["content_digest"] == digest), None)

    def _note_same_content(self, content_digest: str, inputs_digest: str) -> None:
        temporary = self.root / f"{_TEMPORARY}{uuid.uuid4().hex}"
        _write_json({"content_digest": content_digest, "inputs_digest": inputs_digest}, temporary)
        temporary.replace(self.root / _SAME_CONTENT)

    def _next_number(self) -> int:
        kept = self.kept()
        return int(kept[-1].release_id.split("-")[0]) + 1 if kept else 1

    def _clean(self) -> None:
        """Remove what runs that were killed have left behind."""
        for folder in self.folder.glob(f"{_TEMPORARY}*"):
            shutil.rmtree(folder, ignore_errors=True)
        for link in self.root.glob(f"{_TEMPORARY}*"):
            link.unlink(missing_ok=True)


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


def _write_json(value: Mapping[str, Any], path: Path) -> None:
    with path.open("w", encoding="utf-8") as out:
        json.dump(value, out, ensure_ascii=False, indent=1)
        out.write("\n")
        out.flush()
        os.fsync(out.fileno())


def _write_frame(frame: pl.DataFrame, path: Path) -> None:
    with path.open("wb") as out:
        frame.write_parquet(out, compression="zstd")
        out.flush()
        os.fsync(out.fileno())
