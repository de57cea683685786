"""Finds files of a ledger table in a local folder that are cut off, unreadable or gone."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

LOG: Final = "_delta_log"
CHANGED: Final = "its bytes have changed: the sha256 is not that which was noted"
_COMMIT: Final = re.compile(r"\d{20}\.json")

Kind = Literal["commit", "checkpoint", "data"]


@dataclass(frozen=True, slots=True)
class Damage:
    """A file that is not whole.

    Attributes:
        kind: commit (of the log), checkpoint (of the log; only a short cut), data.
        path: The file; it may be gone.
        fault: What is wrong with it.
    """

    kind: Kind
    path: Path
    fault: str


def commits_of(folder: Path) -> dict[int, Path]:
    """Return the commits of a table's log by their number."""
    return {int(path.stem): path for path in (folder / LOG).glob("*.json") if _COMMIT.fullmatch(path.name)}


def log_damage(folder: Path, sums: Mapping[str, str] | None = None) -> list[Damage]:
    """Return the files of a table's log that are not whole: checkpoints and commits, missing commits too.

    Args:
        folder: The table's folder.
        sums: The sha256 of commits, by their path in it; one without it must only be readable.
    """
    noted = sums or {}
    log = folder / LOG
    found: list[Damage] = []
    for path in sorted(log.glob("*.checkpoint*.parquet")):
        if fault := _parquet_fault(path):
            found.append(Damage("checkpoint", path, fault))
    pointer = log / "_last_checkpoint"
    if pointer.exists() and _lines(pointer) is None:
        found.append(Damage("checkpoint", pointer, "it is cut off"))
    commits = commits_of(folder)
    for number in range(min(commits, default=0), max(commits, default=-1) + 1):
        path = commits.get(number, log / f"{number:020d}.json")
        if number not in commits:
            found.append(Damage("commit", path, "it is gone"))
        elif not _lines(path):
            found.append(Damage("commit", path, "it is cut off" if path.stat().st_size else "it is empty"))
        elif noted.get(f"{LOG}/{path.name}") not in (None, sha256_of(path)):
            found.append(Damage("commit", path, CHANGED))
    return found


def size_damage(folder: Path, files: pl.DataFrame) -> Iterator[Damage]:
    """Give the data files that are gone or have another size than the log records; none is opened.

    Args:
        folder: The table's folder.
        files: `path` and `size_bytes` of the files that make up the table.
    """
    for name, size in files.select("path", "size_bytes").iter_rows():
        path = folder / name
        try:
            there = path.stat().st_size
        except FileNotFoundError:
            yield Damage("data", path, "it is gone")
            continue
        if there != size:
            yield Damage("data", path, f"it has {there} bytes, {size} are expected")


def data_damage(folder: Path, files: pl.DataFrame, sums: Mapping[str, str]) -> Iterator[Damage]:
    """Give the data files that are gone, cut off, changed or cannot be read; each of them is read whole.

    Args:
        folder: The table's folder.
        files: As for `size_damage`.
        sums: The sha256 of files, by `path`; one without it must only be readable.
    """
    wrong = {damage.path: damage for damage in size_damage(folder, files)}
    for name in files["path"]:
        path = folder / name
        if path in wrong:
            yield wrong[path]
        elif name in sums:
            if sha256_of(path) != sums[name]:
                yield Damage("data", path, CHANGED)
        elif fault := _parquet_fault(path):
            yield Damage("data", path, fault)


def sha256_of(path: Path) -> str:
    """Return the sha256 of a file, hex."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def advice(table: str, damage: list[Damage]) -> str:
    """Return a message: what is damaged and what to do."""
    more = f", and {len(damage) - 1} more" if len(damage) > 1 else ""
    return (
        f"ledger table {table} is damaged: {damage[0].path}: {damage[0].fault}{more}. Stop other runs and call "
        "`jixiao repair`: it takes out what is damaged and reports what is lost; the next ingest or backfill reads "
        "that again from the archive. What is published has not changed"
    )


def _parquet_fault(path: Path) -> str | None:
    try:
        for _ in pq.ParquetFile(path).iter_batches():
            pass
    except (OSError, pa.ArrowException) as error:
        return f"it cannot be read ({str(error).splitlines()[0]})"
    return None


def _lines(path: Path) -> list[Any] | None:
    """Return the JSON lines of a file; null when one of them is cut off."""
    try:
        return [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    except ValueError:
        return None
