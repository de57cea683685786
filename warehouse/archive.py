"""The archive: every PDF kept once under its sha256, never changed."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from warehouse.errors import WarehouseError, os_errors_explained

_CHUNK: Final = 1 << 20
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
    """A folder `<root>/<aa>/<sha256>.pdf` of files that never change.

    A file appears under its name only when all of its bytes are on the disk, so that a kill at any moment leaves
    either the whole file or none; what such a kill leaves behind is a `.tmp-*` file that `clean` removes.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        with os_errors_explained("open the archive", root):
            root.mkdir(parents=True, exist_ok=True)

    def path_of(self, document_id: str) -> Path:
        """Return where a document is, or would be, kept.

        Raises:
            ValueError: It is not a sha256 in lower-case hex.
        """
        if not _DOCUMENT_ID.fullmatch(document_id):
            raise ValueError(f"{document_id!r} is not a document_id: expected 64 lower-case hex digits")
        return self.root / document_id[:2] / f"{document_id}.pdf"

    def put(self, source: Path) -> Archived:
        """Keep a file, whatever is in it, and say under which id.

        A file that the archive has already is only read, to hash it. The id is that of the bytes which were kept,
        also when the source is being written to meanwhile.

        Raises:
            FileNotFoundError: The source is not there.
            OSError: The source cannot be read.
            WarehouseError: The archive cannot be written to: disk full, read-only, not allowed.
        """
        with source.open("rb") as stream:
            known = hashlib.file_digest(stream, "sha256").hexdigest()
            byte_count = stream.tell()
            kept = self.path_of(known)
            if kept.is_file() and kept.stat().st_size == byte_count:
                return Archived(known, byte_count, False)
            stream.seek(0)
            with os_errors_explained("write to the archive", self.root):
                return self._store(iter(lambda: stream.read(_CHUNK), b""))

    def put_bytes(self, content: bytes) -> Archived:
        """Keep bytes that were fetched from elsewhere; as `put`."""
        kept = self.path_of(hashlib.sha256(content).hexdigest())
        if kept.is_file() and kept.stat().st_size == len(content):
            return Archived(kept.stem, len(content), False)
        with os_errors_explained("write to the archive", self.root):
            return self._store(iter((content,)))

    def _store(self, chunks: Iterator[bytes]) -> Archived:
        digest = hashlib.sha256()
        byte_count = 0
        descriptor, name = tempfile.mkstemp(prefix=".tmp-", dir=self.root)
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as out:
                for chunk in chunks:
                    digest.update(chunk)
                    byte_count += len(chunk)
                    out.write(chunk)
                out.flush()
                os.fsync(out.fileno())
            document_id = digest.hexdigest()
            kept = self.path_of(document_id)
            if kept.is_file() and kept.stat().st_size == byte_count:
                return Archived(document_id, byte_count, False)
            temporary.chmod(0o444)
            kept.parent.mkdir(exist_ok=True)
            temporary.replace(kept)
            sync_folder(kept.parent)
            return Archived(document_id, byte_count, True)
        finally:
            temporary.unlink(missing_ok=True)

    def verify(self, document_ids: Iterator[str] | list[str]) -> list[str]:
        """Return those of the documents whose file is missing or no longer has the bytes of its name."""
        return [document_id for document_id in document_ids if not self._is_whole(self.path_of(document_id))]

    def _is_whole(self, path: Path) -> bool:
        try:
            with path.open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest() == path.stem
        except FileNotFoundError:
            return False

    def missing(self, document_ids: Iterable[str]) -> list[str]:
        """Return those of the documents of which there is no file."""
        return [document_id for document_id in document_ids if not self.path_of(document_id).is_file()]

    def open_path(self, document_id: str) -> Path:
        """Return where a document is kept, making sure that it is there.

        Raises:
            WarehouseError: It is not.
        """
        path = self.path_of(document_id)
        if not path.is_file():
            raise WarehouseError(
                f"the archive has no file for document {document_id} (expected {path}): "
                "ingest its source again, or restore the archive from a backup"
            )
        return path


def sync_folder(folder: Path) -> None:
    """Make sure that names made or moved in a folder are on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
