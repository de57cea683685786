"""Repairs a ledger with damaged files: takes out what is not whole and what depends on it, and reports what is lost.

A table's log is made readable first, then data files that are not whole leave it. Then headers go whose rows are not
all there: to the next run these documents were never read, or never derived, and it does so again. Damaged files are
moved aside, never deleted.
"""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import polars as pl

from warehouse import contract
from warehouse.contract.ledger_tables import BATCH_ID, DERIVED_TABLES
from warehouse.errors import WarehouseError
from warehouse.ledger.damage import LOG, Damage, data_damage, log_damage
from warehouse.ledger.delta import LedgerTable
from warehouse.ledger.ledger import Ledger
from warehouse.ledger.sums import forget, noted
from warehouse.releases.release import Release

ASIDE: Final = ".damaged"

REPAIRED: Final = pl.Schema({name: pl.String() for name in ("table", "file", "damage", "moved_to")})


def repair_tables(ledger: Ledger, root: Path) -> tuple[pl.DataFrame, dict[str, set[str]]]:
    """Take out of each table what is not whole.

    Args:
        ledger: The ledger.
        root: Its folder.

    Returns:
        `REPAIRED`, one row for each damaged file; and by table the batches of which rows may be lost.
    """
    aside = root / ASIDE / f"{time.time_ns()}"
    found: list[tuple[str, Damage, Path]] = []
    lost: dict[str, set[str]] = {}
    for name, table in ledger.tables.items():
        folder = root / name
        if not (folder / LOG).is_dir():
            continue
        damaged = log_damage(folder, noted(root, name))
        for damage in damaged:
            found.append((name, damage, _move(damage.path, folder, aside / name)))
            if damage.kind == "commit":
                _write_commit(damage.path, table)
        forget(root, name, [str(damage.path.relative_to(folder)) for damage in damaged])
        if any(damage.kind == "checkpoint" for damage in damaged):
            (folder / LOG / "_last_checkpoint").unlink(missing_ok=True)
        files = table.files()
        gone = list(data_damage(folder, files, noted(root, name)))
        found += [(name, damage, _move(damage.path, folder, aside / name)) for damage in gone]
        if gone:
            table.forget_missing_files()
        paths = [str(damage.path.relative_to(folder)) for damage in gone]
        lost[name] = _between(files.filter(pl.col("path").is_in(paths)), ledger, name) | _unlisted(table, folder)
    rows = [
        (name, str(damage.path), damage.fault, str(place) if place.exists() else None) for name, damage, place in found
    ]
    return pl.DataFrame(rows, schema=REPAIRED, orient="row"), lost


def void_headers(ledger: Ledger, lost: Mapping[str, set[str]]) -> dict[str, int]:
    """Take out headers whose rows are not all there, so that the documents are read or derived again.

    Returns:
        How many `readings` and `derivations` were taken out.
    """
    cells = ledger.tables["cells"].scan().group_by(BATCH_ID, "document_id").agg(there=pl.len())
    forms = ledger.tables["derived_forms"].scan().group_by(BATCH_ID, "document_id").agg(there=pl.len())
    batches = set().union(*(lost.get(f"derived_{name}", set()) for name in DERIVED_TABLES))
    voided = {}
    for name, rows, count in (("readings", cells, "cell_count"), ("derivations", forms, "form_count")):
        table = ledger.tables[name]
        bad = (
            table.scan()
            .join(rows, on=[BATCH_ID, "document_id"], how="left")
            .filter(
                (pl.col("there").fill_null(0) != pl.col(count))
                | (pl.lit(name == "derivations") & pl.col(BATCH_ID).is_in(sorted(batches)))
            )
            .select(BATCH_ID, "document_id")
            .collect()
        )
        for (batch_id,), documents in bad.group_by(BATCH_ID):
            table.delete({BATCH_ID: [str(batch_id)], "document_id": documents["document_id"].to_list()})
        voided[name] = bad.height
    return voided


def restore_sightings(ledger: Ledger, release: Release | None, archived: str) -> int:
    """See documents again that were read but whose sightings are lost, where the release records them.

    The next ingest of their sources hashes them and notes the place anew.

    Args:
        ledger: The ledger.
        release: The published release; null: none.
        archived: Where the archive is: the place of documents that the release does not know.

    Returns:
        How many documents.
    """
    seen = ledger.first_sightings().select("document_id").collect()
    read = ledger.tables["readings"].scan().select("document_id").unique().collect()
    unseen = read.join(seen, on="document_id", how="anti").sort("document_id")
    if unseen.is_empty():
        return 0
    columns = ["document_id", "source_uri", "file_name", "byte_count", "first_seen_at", "region"]
    known = contract.empty(contract.Documents) if release is None else release.scan("documents").collect()
    place = pl.format("{}/{}/{}.pdf", pl.lit(archived), pl.col("document_id").str.head(2), "document_id")
    rows = unseen.join(known.select(columns), on="document_id", how="left").select(
        "document_id",
        pl.coalesce("source_uri", place).alias("source_uri"),
        pl.coalesce("file_name", pl.format("{}.pdf", "document_id")).alias("file_name"),
        pl.col("byte_count").fill_null(0),
        "first_seen_at",
        place="source_uri",
        mtime_ns=pl.lit(None, pl.Int64),
        region="region",
    )
    for (moment,), some in rows.group_by("first_seen_at", maintain_order=True):
        ledger.restore_sightings(some.drop("first_seen_at"), moment)
    return rows.height


def require_local(root: Path | str) -> Path:
    """Return the ledger's folder.

    Raises:
        WarehouseError: It is in a bucket, where no file can be cut off by a crash, and versions are the way back.
    """
    if "://" in str(root):
        raise WarehouseError(
            f"{root} is in a bucket: an object is whole or not there. The bucket's versions lead back to an older state"
        )
    return Path(root)


def _move(path: Path, folder: Path, aside: Path) -> Path:
    target = aside / path.relative_to(folder)
    if path.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        path.rename(target)
    return target


def _write_commit(path: Path, table: LedgerTable) -> None:
    """Put a commit without any change in place of a damaged one; the first one makes the table."""
    if int(path.stem) == 0:
        with tempfile.TemporaryDirectory() as folder:
            made = LedgerTable(Path(folder), table.name).log_folder() / path.name
            path.write_text(made.read_text("utf-8"), "utf-8")
        return
    commit = {"commitInfo": {"timestamp": time.time_ns() // 1_000_000, "operation": "REPAIR"}}
    path.write_text(json.dumps(commit) + "\n", "utf-8")


def _between(files: pl.DataFrame, ledger: Ledger, name: str) -> set[str]:
    """Return the batches that some files may have held, by the least and greatest that the log notes of each."""
    if files.is_empty() or not name.startswith("derived_"):
        return set()
    batches = ledger.tables["derivations"].scan().select(BATCH_ID).unique().collect()
    span = files.select(low=f"min.{BATCH_ID}", high=f"max.{BATCH_ID}")
    inside = batches.join_where(span, pl.col(BATCH_ID) >= pl.col("low"), pl.col(BATCH_ID) <= pl.col("high"))
    return set((batches if span["low"].null_count() else inside)[BATCH_ID])


def _unlisted(table: LedgerTable, folder: Path) -> set[str]:
    """Return the batches of data files that the log does not list and that no listed file has."""
    listed = set(table.files()["path"])
    others = [path for path in folder.glob("*.parquet") if path.name not in listed]
    batches: set[str] = set()
    for path in others:
        try:
            batches |= set(pl.read_parquet(path, columns=[BATCH_ID])[BATCH_ID])
        except (OSError, pl.exceptions.PolarsError):
            continue  # what a killed writer left
    return batches - set(table.scan().select(BATCH_ID).unique().collect()[BATCH_ID]) if batches else set()
