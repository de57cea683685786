"""Looks at every byte that a warehouse keeps: the archive, the ledger and the releases against their sums."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.errors import WarehouseError
from warehouse.ledger.damage import LOG, data_damage, log_damage
from warehouse.ledger.delta import LedgerTable
from warehouse.ledger.ledger import Ledger
from warehouse.ledger.sums import noted
from warehouse.releases.release import Releases
from warehouse.storage.archive import Archive
from warehouse.storage.base import Storage

DAMAGE: Final = pl.Schema({name: pl.String() for name in ("part", "item", "file", "damage", "help")})

_ARCHIVE: Final = (
    "the rows stay published; `jixiao ingest` of its source fetches it again (with --verify, or after --repair)"
)
_LEDGER: Final = "`jixiao verify --repair` takes it out, and reads or derives again what is lost with it"
_PUBLISHED: Final = "`jixiao verify --repair` takes a whole copy from another release, or publishes the ledger anew"
_OLDER: Final = "`jixiao verify --repair` takes a whole copy from another release, or moves this release aside"


@dataclass(frozen=True, slots=True)
class Verified:
    """What was looked at, and what is wrong.

    Attributes:
        damage: One row for each file that is not as it was written (`DAMAGE`): `part` (archive, ledger, release,
            pointer), `item` (document_id, table or release_id), `file`, `damage`, and what helps.
        documents: How many documents the archive should have.
        ledger_files: How many data files the ledger has.
        releases: How many releases are kept.
    """

    damage: pl.DataFrame
    documents: int
    ledger_files: int
    releases: int

    @property
    def is_whole(self) -> bool:
        """Whether nothing is damaged."""
        return self.damage.is_empty()

    def has(self, part: str) -> bool:
        """Return whether something of a part is damaged."""
        return self.damage.filter(part=part).height > 0


def verify(ledger: Ledger, archive: Archive, releases: Releases, storage: Storage) -> Verified:
    """Read all that the warehouse keeps, and compare it with its sums; nothing is changed.

    The archive goes by the names of its files, releases by their manifests. Files of a local ledger go by the sums that
    publishers note (`ledger.sums`); those of a bucket, whose store has checksums, must be readable and have their size.

    Raises:
        WarehouseError: The warehouse cannot be read.
    """
    rows: list[tuple[str, str, str, str, str]] = []
    files = 0
    for table in ledger.tables.values():
        found, count = _ledger_damage(storage, table)
        files += count
        rows += [("ledger", table.name, file, damage, _LEDGER) for file, damage in found]
    is_known = not any(item == "sightings" for _, item, *_ in rows)  # else nobody knows what the archive should have
    documents: list[str] = []
    if is_known:
        documents = ledger.first_sightings().select("document_id").collect()["document_id"].to_list()
    rows += [
        ("archive", d, archive.location_of(d), "it is missing, or does not have the sha256 of its name", _ARCHIVE)
        for d in archive.damaged(documents)
    ]
    kept = releases.kept()
    shown = {kept[-1].release_id if kept else None, *(release.release_id for release in kept if release.is_current)}
    rows += list(_pointer_damage(releases, storage.where("current")))
    for release in kept:
        advice = _PUBLISHED if release.release_id in shown else _OLDER
        rows += [
            ("release", release.release_id, f"{release.location}/{path}", damage, advice)
            for path, damage in sorted(release.damage().items())
        ]
    return Verified(pl.DataFrame(rows, schema=DAMAGE, orient="row"), len(documents), files, len(kept))


def _pointer_damage(releases: Releases, place: str) -> Iterator[tuple[str, str, str, str, str]]:
    try:
        current = releases.current()
    except WarehouseError as error:
        yield "pointer", "current", place, str(error).partition(":")[0], _PUBLISHED
        return
    names = [release.release_id for release in releases.kept()]
    if current is None and names:
        yield "pointer", "current", place, "it is gone", _PUBLISHED
    if current is not None and current.release_id not in names:
        damage = f"it leads to release {current.release_id}, which is gone"
        yield "pointer", "current", place, damage, _PUBLISHED


def _ledger_damage(storage: Storage, table: LedgerTable) -> tuple[list[tuple[str, str]], int]:
    """Return file and fault of what is damaged in a table, and how many data files it has."""
    name = table.name
    if not storage.has_links:
        files = table.files()
        return list(_object_damage(storage, name, files)), files.height
    root = storage.folder("ledger")
    folder = root / name
    if not (folder / LOG).is_dir():
        return [], 0
    sums = noted(Path(root), name)
    if damaged := log_damage(folder, sums):
        return [(str(one.path), one.fault) for one in damaged], 0
    files = table.files()
    return [(str(one.path), one.fault) for one in data_damage(folder, files, sums)], files.height


def _object_damage(storage: Storage, name: str, files: pl.DataFrame) -> Iterator[tuple[str, str]]:
    for path, size in files.select("path", "size_bytes").iter_rows():
        key = f"ledger/{name}/{path}"
        try:
            content = storage.read(key)
            if len(content) != size:
                yield storage.where(key), f"it has {len(content)} bytes, {size} are expected"
                continue
            for _ in pq.ParquetFile(io.BytesIO(content)).iter_batches():
                pass
        except FileNotFoundError:
            yield storage.where(key), "it is gone"
        except (OSError, pa.ArrowException) as error:
            yield storage.where(key), f"it cannot be read ({str(error).splitlines()[0]})"
