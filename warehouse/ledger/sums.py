"""The sha256 of each data file and commit of a local ledger, noted by the next publisher: what `jixiao verify` goes by.

Parquet as the ledger's library writes it has no checksums: a flipped byte in it may be read as another value. A commit
says which files there are and what range of values each has: a flipped digit there may hide rows. In a
bucket the object store keeps checksums of its own, and nothing is noted here.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Final

import polars as pl

from warehouse.errors import os_errors_explained
from warehouse.ledger.damage import LOG, commits_of, sha256_of
from warehouse.ledger.delta import LedgerTable

SUMS: Final = ".sums"


def noted(root: Path, table: str) -> dict[str, str]:
    """Return the sha256 of data files and commits of a table, by their path in it; none where none can be read."""
    try:
        sums = json.loads((root / SUMS / f"{table}.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return sums if isinstance(sums, dict) else {}


def note_all(root: str, tables: Mapping[str, LedgerTable]) -> None:
    """Note the sums of all tables of a local ledger; call it with the lock of publishers held.

    Raises:
        WarehouseError: They cannot be written.
    """
    if "://" not in root:
        with os_errors_explained("write to the ledger", root):
            for name, table in tables.items():
                note(Path(root), name, table.files())


def note(root: Path, table: str, files: pl.DataFrame) -> None:
    """Note the sha256 of data files and commits that have none yet, and leave out those that the table has no more.

    Args:
        root: The ledger's folder.
        table: The table.
        files: `path` and `size_bytes` of the files that make up the table; one of another size is not noted.
    """
    before = noted(root, table)
    sums = {
        path: before.get(path) or sha256_of(root / table / path)
        for path, size in files.select("path", "size_bytes").iter_rows()
        if path in before or _size(root / table / path) == size
    }
    for path in commits_of(root / table).values():
        name = f"{LOG}/{path.name}"
        sums[name] = before.get(name) or sha256_of(path)
    if sums != before:
        _write(root / SUMS / f"{table}.json", sums)


def forget(root: Path, table: str, paths: Collection[str]) -> None:
    """Take out the sums of files that were written anew under the same path."""
    before = noted(root, table)
    if left_out := before.keys() & set(paths):
        _write(root / SUMS / f"{table}.json", {path: sha for path, sha in before.items() if path not in left_out})


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None


def _write(path: Path, sums: Mapping[str, str]) -> None:
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_suffix(f".{uuid.uuid4().hex}")
    temporary.write_text(json.dumps(sums, indent=0), "utf-8")
    temporary.replace(path)
