"""A table of a release as Parquet files: the same rows give the same bytes and the same names.

What belongs to documents is split by fiscal year and by chunks of documents (see `chunks`), so that a reader of one
year opens few files and what has no news stays as it is; the year is a column of the files too. Files are named
<year>-<number of the first document of the chunk>-<first digits of sha256>.parquet; instead of the year `unknown` for
forms whose year could not be read, and `all` for what is of no form that is shown. Tables that are not split have one
file all-<first digits of sha256>.parquet, and so has a table without rows.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import polars as pl

from warehouse import contract
from warehouse.contract.ids import is_of_document
from warehouse.contract.metadata import table_metadata

ROW_GROUP: Final = 100_000


@dataclass(frozen=True, slots=True)
class Part:
    """A Parquet file of a table.

    Attributes:
        path: Below the release's folder.
        rows: How many rows it has.
        bytes: Its size.
        sha256: Of its bytes, hex.
    """

    path: str
    rows: int
    bytes: int
    sha256: str

    @property
    def label(self) -> str:
        """What is in it, as the name of the file says: year and chunk."""
        return _label(self.path)


def _label(path: str) -> str:
    return path.rpartition("/")[2].rpartition("-")[0]


@dataclass(frozen=True, slots=True)
class Written:
    """What a release holds.

    Attributes:
        release_id: Its name; empty while it is being made.
        tables: The files of each table, by "<place>/<table>".
        inputs: By label, a fingerprint of what the files of that label, of all tables, were made from.
    """

    release_id: str = ""
    tables: dict[str, list[Part]] = field(default_factory=dict)
    inputs: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of_manifest(cls, manifest: Mapping[str, Any]) -> Written:
        """Read it from the manifest of a release."""
        tables = {name: [Part(**part) for part in table["files"]] for name, table in manifest["tables"].items()}
        return cls(manifest["release_id"], tables, dict(manifest["inputs"]))

    def without(self, paths: Collection[str]) -> Written:
        """Leave out some files, and the fingerprints of what they were made from: they are written anew."""
        tables = {name: [part for part in parts if part.path not in paths] for name, parts in self.tables.items()}
        lost = set(map(_label, paths))
        return Written(self.release_id, tables, {key: value for key, value in self.inputs.items() if key not in lost})

    def to_manifest(self) -> dict[str, Any]:
        """Write it for the manifest."""
        return {
            "tables": {
                name: {
                    "rows": sum(part.rows for part in parts),
                    "bytes": sum(part.bytes for part in parts),
                    "files": [asdict(part) for part in parts],
                }
                for name, parts in self.tables.items()
            },
            "inputs": self.inputs,
        }

    def content_digest(self) -> str:
        """Return a fingerprint of all files by their paths, which hold the digest of their bytes.

        Example:
            >>> Written().content_digest()[:8]
            '4f53cda1'
        """
        paths = sorted(part.path for parts in self.tables.values() for part in parts)
        return hashlib.sha256(repr(paths).encode()).hexdigest()


def parquet_bytes(frame: pl.DataFrame, name: str, place: str = "published") -> bytes:
    """Return a table as Parquet: sorted by its key, row groups of a fixed size, the contract's field metadata.

    Occurrences of a form have its own document first.

    Args:
        frame: Obeys the contract of the table.
        name: Its name in `contract.PUBLISHED`.
        place: Whether its forms are published or held back, for the metadata of the file.
    """
    table = contract.PUBLISHED[name]
    out = io.BytesIO()
    key: list[str | pl.Expr] = [*table.primary_key()]
    if name == "occurrences":
        key.insert(1, ~is_of_document())
    frame.sort(key, maintain_order=True).write_parquet(
        out,
        compression="zstd",
        statistics=True,
        row_group_size=ROW_GROUP,
        arrow_schema=contract.arrow_schema(table),
        metadata=table_metadata(name, place),
    )
    return out.getvalue()
