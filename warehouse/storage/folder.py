"""A warehouse in a local folder."""

from __future__ import annotations

import errno
import os
import shutil
import stat
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

from warehouse.contract.vocabulary import PLACES
from warehouse.errors import WarehouseError, os_errors_explained
from warehouse.storage.base import (
    ASIDE,
    MANIFEST,
    POINTER,
    POINTER_DAMAGED,
    RELEASES,
    TEMPORARY,
    Draft,
    Patience,
    is_left,
)

_LOOK_SECONDS: Final = 0.2
_NOT_THERE: Final = (errno.ENOENT, errno.ENOTDIR, errno.EBADF, errno.ELOOP)


class Folder:
    """A local folder. The pointer is the symbolic link `current`; `published` and `quarantine` lead through it."""

    has_links = True

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        with os_errors_explained("open the warehouse", self.root):
            try:
                for name in (RELEASES, "raw", "ledger"):
                    (self.root / name).mkdir(parents=True, exist_ok=True)
            except FileNotFoundError:
                raise WarehouseError(f"could not make a warehouse at {self.root}: choose another folder") from None
        self._lock = FileLock(self.root / ".publish.lock", thread_local=False)

    def where(self, key: str = "") -> str:
        """See `Storage.where`."""
        return str(self.root / key)

    def folder(self, key: str = "") -> Path:
        """See `Storage.folder`."""
        return self.root / key

    def size(self, key: str) -> int | None:
        """See `Storage.size`."""
        try:
            status = os.stat(f"{self.root}/{key}")  # noqa: PTH116 a night asks for each document: paths take longer
        except OSError as error:
            if error.errno in _NOT_THERE:
                return None
            raise
        return status.st_size if stat.S_ISREG(status.st_mode) else None

    def sizes(self, keys: Sequence[str]) -> list[int | None]:
        """See `Storage.sizes`."""
        return [self.size(key) for key in keys]

    def tags(self, key: str) -> dict[str, str]:  # noqa: ARG002
        """See `Storage.tags`."""
        return {}

    def read(self, key: str) -> bytes:
        """See `Storage.read`."""
        with os_errors_explained("read", self.root / key):
            return (self.root / key).read_bytes()

    def write(self, key: str, content: bytes) -> None:
        """See `Storage.write`."""
        temporary = self.root / f"{TEMPORARY}{uuid.uuid4().hex}"
        with os_errors_explained("write to the warehouse", self.root):
            try:
                _write_synced(temporary, content)
                if (self.root / key).is_file():
                    temporary.chmod((self.root / key).stat().st_mode)
                temporary.replace(self.root / key)
            finally:
                temporary.unlink(missing_ok=True)

    def probe(self) -> None:
        """See `Storage.probe`."""
        temporary = self.root / f"{TEMPORARY}{uuid.uuid4().hex}"
        with os_errors_explained("write to the warehouse", self.root):
            temporary.write_bytes(b"jixiao")
            temporary.unlink()

    def incoming(self) -> Path:
        """See `Storage.incoming`; on the same file system, so that a file is adopted by a rename."""
        return self.root / "raw"

    def adopt(self, file: Path, key: str) -> None:
        """See `Storage.adopt`."""
        kept = self.root / key
        _sync(file)
        file.chmod(0o444)
        kept.parent.mkdir(exist_ok=True)
        file.replace(kept)
        _sync(kept.parent)

    def fetch(self, key: str, into: Path) -> Path:  # noqa: ARG002
        """See `Storage.fetch`."""
        path = self.root / key
        if not path.is_file():
            raise FileNotFoundError(path)
        return path

    def set_aside(self, key: str) -> str:
        """See `Storage.set_aside`."""
        aside = self.root / ASIDE / key
        with os_errors_explained("move a damaged file aside", self.root / key):
            aside.parent.mkdir(parents=True, exist_ok=True)
            if aside.is_dir():
                aside = aside.with_name(f"{aside.name}-{uuid.uuid4().hex[:8]}")
            (self.root / key).replace(aside)
        return str(aside)

    @contextmanager
    def draft(self) -> Iterator[Draft]:
        """See `Storage.draft`."""
        folder = self.root / RELEASES / f"{TEMPORARY}{uuid.uuid4().hex}"
        folder.mkdir()
        try:
            yield FolderDraft(folder, self.root)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def releases(self) -> list[str]:
        """See `Storage.releases`."""
        names = (path.name for path in (self.root / RELEASES).iterdir())
        return sorted(name for name in names if not name.startswith(TEMPORARY))

    def remove_release(self, name: str) -> None:
        """See `Storage.remove_release`."""
        gone = self.root / RELEASES / f"{TEMPORARY}{name}"
        (self.root / RELEASES / name).rename(gone)
        shutil.rmtree(gone, ignore_errors=True)

    def clean(self) -> None:
        """See `Storage.clean`."""
        for folder in (self.root / RELEASES).glob(f"{TEMPORARY}*"):
            shutil.rmtree(folder, ignore_errors=True)
        for left in self.root.glob(f"{TEMPORARY}*"):
            left.unlink(missing_ok=True)
        for left in self.incoming().glob(f"{TEMPORARY}*"):  # young ones may be another run's, still being written
            with suppress(FileNotFoundError):
                if is_left(left, time.time() - left.stat().st_mtime):
                    left.unlink()

    def pointer(self) -> str | None:
        """See `Storage.pointer`."""
        try:
            return (self.root / "current").readlink().name
        except FileNotFoundError:
            return None
        except OSError as error:  # it is not a link
            raise WarehouseError(POINTER_DAMAGED.format(self.root / "current")) from error

    def point(self, name: str) -> None:
        """See `Storage.point`."""
        for fixed in (*PLACES, POINTER):
            link = self.root / fixed
            if link.is_symlink():
                continue
            if link.exists():
                raise WarehouseError(f"{link} is not the link that this warehouse makes: move it away and run again")
            link.symlink_to(f"current/{MANIFEST if fixed == POINTER else fixed}")
        temporary = self.root / f"{TEMPORARY}{uuid.uuid4().hex}"
        temporary.symlink_to(f"{RELEASES}/{name}")
        temporary.replace(self.root / "current")
        _sync(self.root)

    @contextmanager
    def lock(self, patience: Patience) -> Iterator[None]:
        """See `Storage.lock`; it holds over all processes of this machine."""
        if not self._try_lock(0):
            with patience() as check:
                while not self._try_lock(_LOOK_SECONDS):
                    check()
        try:
            yield
        finally:
            self._lock.release()

    def _try_lock(self, seconds: float) -> bool:
        with os_errors_explained("lock the warehouse", self.root), suppress(Timeout):
            self._lock.acquire(timeout=seconds)
            return True
        return False


class FolderDraft:
    """A temporary folder beside the finished ones, which a rename finishes."""

    def __init__(self, folder: Path, root: Path) -> None:
        self.folder = folder
        self._root = root

    def write(self, path: str, content: bytes) -> None:
        """See `Draft.write`."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        _write_synced(target, content)
        target.chmod(0o444)  # releases share the files that did not change: an edit of one would be an edit of all

    def take_over(self, earlier: str, path: str) -> str:
        """See `Draft.take_over`; a second name for the file, where the file system can."""
        source, target = self._root / RELEASES / earlier / path, self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            target.hardlink_to(source)
        except OSError:
            shutil.copyfile(source, target)
        return str(source)

    def finish(self, folder: str) -> None:
        """See `Draft.finish`."""
        for inner in (*self.folder.rglob("*/"), self.folder):
            _sync(inner)
        self.folder.rename(self._root / RELEASES / folder)
        _sync(self._root / RELEASES)


def _write_synced(path: Path, content: bytes) -> None:
    with path.open("xb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())


def _sync(path: Path) -> None:
    """Make sure that the content of a file, or the names in a folder, are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
