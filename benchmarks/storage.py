"""How much disk and memory a warehouse takes: `python -m benchmarks.storage FOLDER_OF_PDFS [documents ...]`.

Reads the PDFs once, then fills a warehouse with copies of what was read and derived, each with ids and project names
of its own, in batches of 200 as a run does, and publishes; then it adds the PDFs once more and publishes again. What
publishes is a process of its own. The texts of copies repeat, so that real documents take more: the line for the PDFs
themselves, which has no copies, shows how much.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl

from flows.config.settings import load_settings
from flows.running import stages
from flows.running.pipeline import run_plainly
from flows.running.run import RunPlan, new_plan, open_run
from warehouse.warehouse import Warehouse

NOW = datetime(2026, 1, 31, 18, tzinfo=UTC)
BATCH = 200
_PUBLISH = "--publish"
"""What the process that publishes is called with: FOLDER is a warehouse then."""


def plan_for(root: Path, workers: int = 0) -> RunPlan:
    """Return the plan of a run on a warehouse, whose version all copies are derived at."""
    return new_plan(load_settings(warehouse=str(root), workers=workers), NOW)


def pattern(warehouse: Warehouse, version: str) -> dict[str, pl.DataFrame]:
    """Return readings, cells and derived tables of a warehouse that a run has filled."""
    pending = warehouse.ledger.underived("none")
    documents = pending.select("document_id")
    snapshot = warehouse.ledger.snapshot(version)
    tables = {name: snapshot.table(name).collect() for name in snapshot.table_names}
    return {"documents": documents, "cells": warehouse.ledger.cells(pending), **tables}


def copy_of(tables: dict[str, pl.DataFrame], number: int) -> dict[str, pl.DataFrame]:
    """Return the pattern with other ids and project names."""
    old = tables["documents"]["document_id"]
    ids = pl.DataFrame({"old": old, "new": [sha256(f"{i} {number}".encode()).hexdigest() for i in old]})
    heads = dict(zip(ids["old"].str.head(24), ids["new"].str.head(24), strict=True))
    copied = {}
    for name, table in tables.items():
        keys = [c for c in table.columns if c.endswith("_id") and c != "rule_id" and table.schema[c] == pl.String]
        moved = [
            (
                pl.col(c).str.head(24).replace_strict(heads, default=pl.col(c).str.head(24)) + pl.col(c).str.slice(24)
            ).alias(c)
            for c in keys
        ]
        renamed = (
            [pl.format("{}（{}）", "project_name", pl.lit(number)).alias("project_name")] if name == "forms" else []
        )
        copied[name] = table.with_columns(*moved, *renamed)
    return copied


def batches(tables: dict[str, pl.DataFrame], documents: int) -> Iterator[dict[str, pl.DataFrame]]:
    """Give the copies, so many documents in all, about `BATCH` at a time."""
    of_pattern = tables["documents"].height
    copies = max(1, documents // of_pattern)
    at_once = max(1, BATCH // of_pattern)
    for first in range(0, copies, at_once):
        parts = [copy_of(tables, number) for number in range(first, min(first + at_once, copies))]
        yield {name: pl.concat([part[name] for part in parts]) for name in parts[0]}


def fill(root: Path, tables: dict[str, pl.DataFrame], documents: int) -> int:
    """Put copies into a warehouse; return how many documents."""
    warehouse, version = Warehouse(root), plan_for(root).derive_version
    count = 0
    for batch in batches(tables, documents):
        ids = batch["documents"]["document_id"]
        count += ids.len()
        warehouse.ledger.add_sightings(
            pl.DataFrame({"document_id": ids}).with_columns(
                source_uri=pl.format("file:///in/{}.pdf", "document_id"),
                file_name=pl.format("{}.pdf", "document_id"),
                byte_count=pl.lit(50_000, pl.Int64),
                mtime_ns=pl.lit(1, pl.Int64),
            ),
            seen_at=NOW,
        )
        readings = pl.DataFrame({"document_id": ids}).with_columns(
            page_count=pl.lit(3, pl.Int32),
            reader=pl.lit("pdfium"),
            reader_version=pl.lit("1"),
            reason=pl.lit(None, pl.String),
        )
        warehouse.ledger.add_readings(readings, batch["cells"], read_at=NOW)
        pending = warehouse.ledger.underived(version, ids)
        rest = {n: t for n, t in batch.items() if n not in ("documents", "cells", "checks", "rule_counts")}
        warehouse.ledger.add_derived(version, pending, rest, batch["checks"], batch["rule_counts"], derived_at=NOW)
    return count


def publish(root: Path) -> dict[str, float]:
    """Publish; return seconds and peak memory of this process in MB."""
    with open_run(plan_for(root)) as run:
        _ = run.plan.derive_version  # imports the rules, which is not what is measured
        began = time.monotonic()
        published = stages.publish(run)
        seconds = time.monotonic() - began
    assert published.is_new, "nothing was published"
    return {"seconds": seconds, "peak_mb": peak_mb()}


def peak_mb() -> float:
    """Return the peak memory of this process alone: `ru_maxrss` begins with that of the process that started it."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM:")).split()[1]) / 1024


def publish_in_own_process(root: Path) -> dict[str, float]:
    """Call `publish` in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.storage", _PUBLISH, str(root)]
    figures: dict[str, float] = json.loads(
        subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    )
    return figures


def megabytes(folder: Path) -> float:
    """Return what a folder takes on the disk; files with several names count once."""
    found = {p.stat().st_ino: p.stat().st_size for p in folder.rglob("*") if p.is_file() and not p.is_symlink()}
    return sum(found.values()) / 1e6


def measure(tables: dict[str, pl.DataFrame], documents: int) -> dict[str, Any]:
    """Fill and publish a warehouse of so many documents, then one of its pattern more; return what each takes."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        count = fill(root, tables, documents)
        first = publish_in_own_process(root)
        ledger, release = megabytes(root / "ledger"), megabytes(root / "releases")
        fill(root, copy_of(tables, -1), 1)
        again = publish_in_own_process(root)
        return {
            "documents": count,
            "ledger MB": ledger,
            "release MB": release,
            "publish s": first["seconds"],
            "publish peak MB": first["peak_mb"],
            "next release, new MB": megabytes(root / "releases") - release,
            "next publish s": again["seconds"],
        }


def compare(source: Path, sizes: list[int]) -> None:
    """Read the PDFs and print a table, one line for each size."""
    with tempfile.TemporaryDirectory() as folder:
        with open_run(plan_for(Path(folder), workers=2)) as run:
            run_plainly(run, partial(stages.collect, run, [str(source)]))
            tables = pattern(run.warehouse, run.plan.derive_version)
        raw = megabytes(Path(folder, "raw"))
    count = tables["documents"].height
    print(
        f"{count} PDFs of {raw / count * 1000:.0f} kB, {tables['forms'].height} forms, {tables['cells'].height} cells"
    )
    for number, size in enumerate((count, *sizes)):
        line = measure(tables, size)
        if not number:
            print("| " + " | ".join(line) + " |")
        print(
            "| "
            + " | ".join(f"{value:.1f}" if isinstance(value, float) else str(value) for value in line.values())
            + " |"
        )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.storage", description=__doc__)
    parser.add_argument("folder", type=Path, help="of the PDFs")
    parser.add_argument("documents", type=int, nargs="*", default=[1000, 10_000], help="sizes (1000 and 10000)")
    parser.add_argument(_PUBLISH, action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.publish:
        print(json.dumps(publish(given.folder)))
        return
    if not given.folder.is_dir():
        parser.error(f"there is no folder {given.folder}")
    compare(given.folder, given.documents)


if __name__ == "__main__":
    main()
