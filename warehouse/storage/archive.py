"""The archive: every PDF kept once under its sha256, never changed."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import Final

from warehouse.errors import WarehouseError, os_errors_explained
from warehouse.storage.base import Storage, temporary_file

_CHUNK: Final = 1 << 20
_FETCHED_AT_ONCE: Final = 8
_DOCUMENT_ID: Final = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Archived:
    """A file in the archive.

    Attributes:
        document_id: sha256 of its bytes, hex.
        byte_count: Size in bytes.
        is_new: False when the archive had it already.
    """

    document_id: str
    byte_count: int
    is_new: bool


class Archive:
    """Files `raw/<aa>/<sha256>.pdf` that never change.

    A file appears under its name only when all of its bytes are kept, so that a kill at any moment leaves either the
    whole file or none; what such a kill leaves behind is a `.tmp-*` file that a later publish removes.
    """

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    def key_of(self, document_id: str) -> str:
        """Return the key under which a document is, or would be, kept.

        Raises:
            ValueError: It is not a sha256 in lower-case hex.
        """
        if not _DOCUMENT_ID.fullmatch(document_id):
            raise ValueError(f"{document_id!r} is not a document_id: expected 64 lower-case hex digits")
        return f"raw/{document_id[:2]}/{document_id}.pdf"

    def location_of(self, document_id: str) -> str:
        """Return the path or address where a document is, or would be, kept."""
        return self._storage.where(self.key_of(document_id))

    def put(self, source: Path) -> Archived:
        """Keep a file, whatever is in it, and return its id.

        A file that the archive has already is only read, to hash it. The id is that of the bytes which were kept,
        also when the source is being written to meanwhile.

        Raises:
            FileNotFoundError: The source is not there.
            OSError: The source cannot be read, or is not a regular file.
            WarehouseError: The archive cannot be written to: disk full, read-only, not allowed.
        """
        with _regular(source) as stream:
            known = hashlib.file_digest(stream, "sha256").hexdigest()
            byte_count = stream.tell()
            if self._storage.size(self.key_of(known)) == byte_count:
                return Archived(known, byte_count, False)
            stream.seek(0)
            return self._store(iter(lambda: stream.read(_CHUNK), b""))

    def put_bytes(self, content: bytes) -> Archived:
        """Keep bytes that were fetched from elsewhere; as `put`."""
        known = hashlib.sha256(content).hexdigest()
        if self._storage.size(self.key_of(known)) == len(content):
            return Archived(known, len(content), False)
        return self._store(iter((content,)))

    def _store(self, chunks: Iterator[bytes]) -> Archived:
        digest = hashlib.sha256()
        byte_count = 0
        with os_errors_explained("write to the archive", self._storage.where("raw")):
            temporary = temporary_file(self._storage.incoming())
            try:
                with temporary.open("wb") as out:
                    for chunk in chunks:
                        digest.update(chunk)
                        byte_count += len(chunk)
                        out.write(chunk)
                document_id = digest.hexdigest()
                key = self.key_of(document_id)
                if self._storage.size(key) == byte_count:
                    return Archived(document_id, byte_count, False)
                try:
                    self._storage.adopt(temporary, key)
                except IsADirectoryError:  # which somebody put in its place
                    self._storage.set_aside(key)
                    self._storage.adopt(temporary, key)
                return Archived(document_id, byte_count, True)
            finally:
                temporary.unlink(missing_ok=True)

    def damaged(self, document_ids: Iterable[str]) -> list[str]:
        """Return those of the documents whose file is missing or no longer has the bytes of its name; all are read."""
        ids, lost = list(document_ids), list[str]()
        for start in range(0, len(ids), _FETCHED_AT_ONCE):
            with self.files(some := ids[start : start + _FETCHED_AT_ONCE]) as paths:
                lost += [document_id for document_id, path in zip(some, paths, strict=True) if not path.is_file()]
        return lost

    def lost(self, byte_counts: Mapping[str, int]) -> set[str]:
        """Return those of the documents whose file is missing or has another size; none is opened.

        Args:
            byte_counts: How many bytes each document has.
        """
        sizes = self._storage.sizes([self.key_of(document_id) for document_id in byte_counts])
        return {d for (d, expected), size in zip(byte_counts.items(), sizes, strict=True) if size != expected}

    def missing(self, document_ids: Sequence[str]) -> list[str]:
        """Return those of the documents of which there is no file."""
        sizes = self._storage.sizes([self.key_of(document_id) for document_id in document_ids])
        return [document_id for document_id, size in zip(document_ids, sizes, strict=True) if size is None]

    def set_aside(self, document_ids: Iterable[str]) -> None:
        """Move damaged files out of the way: the documents are missing then, until their source is ingested again."""
        for document_id in document_ids:
            with suppress(FileNotFoundError):
                self._storage.set_aside(self.key_of(document_id))

    @contextmanager
    def files(self, document_ids: Sequence[str]) -> Iterator[list[Path]]:
        """Give local files with the documents' bytes, in the same order.

        The path of a document whose file is missing, or does not have the bytes of its name, leads to no file. From a
        bucket files are fetched, several at a time, and removed when the context ends.

        Raises:
            WarehouseError: The archive cannot be read.
        """
        with tempfile.TemporaryDirectory(prefix="jixiao-") as folder, ThreadPoolExecutor(_FETCHED_AT_ONCE) as pool:

            def fetch(document_id: str) -> Path:
                try:
                    path = self._storage.fetch(self.key_of(document_id), Path(folder))
                except FileNotFoundError:
                    return Path(folder, f"{document_id}.pdf")
                return path if _sha256(path) == document_id else Path(folder, f"{document_id}.damaged")

            yield list(pool.map(fetch, document_ids))

    @contextmanager
    def file(self, document_id: str) -> Iterator[Path]:
        """Give a local file with a document's bytes; as `files`, but it must be there.

        Raises:
            WarehouseError: The archive does not have it, or it is damaged.
        """
        with self.files([document_id]) as (path,):
            if not path.is_file():
                raise WarehouseError(
                    f"the archive has no whole file for document {document_id} (expected "
                    f"{self.location_of(document_id)}, with the sha256 of its name): ingest its source again with "
                    "--verify, or restore the file from a backup"
                )
            yield path


def _regular(path: Path) -> BufferedReader:
    """Open a file for reading; a pipe or device, put there since the path was looked at, would keep its reader."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file")
    return os.fdopen(descriptor, "rb")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
