"""What another version of the program reads differently: `python -m benchmarks.differences CHECKOUT FOLDER...`.

Ingests the PDFs of the folders twice, each time into a new warehouse: with the version in whose folder the command is
run, and with the one checked out in CHECKOUT (such as `git worktree add ../before HEAD~10`). Prints as Markdown how
many documents come out equal, and which values of the others differ. Both run at the same time, each with one process
that reads. Tables and columns that only one of the versions has are left out, and so are times and versions. No truth
is asked for: what differs has to be looked at.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks import markdown
from flows.output import EXIT_SOME_INPUTS

_KEYS: Final = {
    "documents": ("document_id",),
    "pages": ("document_id", "page_number"),
    "forms": ("form_id",),
    "funding": ("form_id", "line_number"),
    "indicators": ("form_id", "indicator_number"),
    "leftovers": ("form_id", "kind", "label", "printed_text"),
    "checks": ("form_id", "rule_id", "record_id"),
}
_OF_THE_RUN: Final = ("run_id", "release_id", "content_id", "reader_version", "normaliser_version", "rules_version")
_PLACE: Final = ("document_id", "table_name", "record", "column_name")


def values(warehouse: Path) -> pl.DataFrame:
    """Return every value of a warehouse, whatever became of its form: document_id, table_name, record (its key),
    column_name, value (as text). Which part of the warehouse a record stands in is a value too (`part`).
    """
    tables = {name: _whole(warehouse, name) for name in _KEYS}
    forms = tables["forms"].select("form_id", "document_id")
    return pl.concat(
        _melted(table if "document_id" in table.columns else table.join(forms, on="form_id", how="left"), name)
        for name, table in tables.items()
    )


def _whole(warehouse: Path, name: str) -> pl.DataFrame:
    return pl.concat(
        [
            pl.read_parquet(path, hive_partitioning=False).with_columns(part=pl.lit(part))
            for part in ("published", "quarantine")
            for path in sorted(warehouse.glob(f"{part}/{name}/**/*.parquet"))
        ],
        how="diagonal_relaxed",
    )


def _melted(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """Return a table's values as one row each."""
    nested = {
        column: pl.col(column).struct.json_encode() if isinstance(kind, pl.Struct) else _joined(column)
        for column, kind in frame.schema.items()
        if isinstance(kind, pl.Struct | pl.List)
    }
    times = [column for column, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    texts = frame.with_columns(**nested).drop(*times, *_OF_THE_RUN, strict=False).with_columns(pl.all().cast(pl.String))
    return (
        texts.with_columns(record=pl.concat_str(_KEYS[name], separator=" ", ignore_nulls=True), table_name=pl.lit(name))
        .with_columns(record=pl.format("{} {}", "record", pl.int_range(pl.len()).over("record")))
        .unpivot(index=_PLACE[:3], variable_name="column_name")
        .select(*_PLACE, "value")
    )


def _joined(column: str) -> pl.Expr:
    return pl.col(column).list.eval(pl.element().cast(pl.String)).list.join(" | ", ignore_nulls=True)


def differing(here: pl.DataFrame, there: pl.DataFrame) -> pl.DataFrame:
    """Return the values (`values`) that differ: their place, `here` and `there`; null: no such record, or no value."""
    of_table = ["table_name", "column_name"]
    known = here.select(of_table).unique().join(there.select(of_table).unique(), on=of_table)
    one = here.join(known, on=of_table, how="semi").rename({"value": "here"})
    other = there.join(known, on=of_table, how="semi").rename({"value": "there"})
    both = one.join(other, on=_PLACE, how="full", coalesce=True)
    return both.filter(pl.col("here").ne_missing(pl.col("there"))).sort(_PLACE)


def report(here: pl.DataFrame, there: pl.DataFrame, most: int) -> str:
    """Return as Markdown how many documents differ, in which columns, and the first values of each document."""
    named = pl.concat([here, there]).filter(table_name="documents", column_name="file_name")
    names = named.select("document_id", file="value").unique("document_id", maintain_order=True)
    found = differing(here, there).join(names, on="document_id", how="left", maintain_order="left")
    counts = found.group_by("table_name", "column_name").agg(
        documents=pl.col("document_id").n_unique(), values=pl.len()
    )
    shown = found.group_by("document_id", maintain_order=True).head(most)
    lines = [f"{names.height} documents, of which {found['document_id'].n_unique()} differ"]
    if found.height:
        order = counts.sort("documents", "values", *counts.columns[:2], descending=[True, True, False, False])
        lines += ["", markdown.table(order), "", markdown.table(shown.select("file", *_PLACE[1:], "here", "there"))]
    return "\n".join(lines) + "\n"


def _ingesting(checkout: Path, folders: Sequence[Path], warehouse: Path) -> subprocess.Popen[bytes]:
    """Begin to ingest the folders with the version of a checkout."""
    command = [sys.executable, "-m", "flows", "ingest", *map(str, folders), "-w", str(warehouse), "--plain"]
    command += ["--workers", "1"]
    environment = {**os.environ, "PYTHONPATH": str(checkout)}
    return subprocess.Popen(command, cwd=checkout, env=environment, stdout=subprocess.DEVNULL)


def compared(checkouts: Sequence[Path], folders: Sequence[Path]) -> list[pl.DataFrame]:
    """Return the `values` that each of some versions reads of the PDFs of the folders."""
    with tempfile.TemporaryDirectory() as scratch:
        warehouses = [Path(scratch, str(number)) for number in range(len(checkouts))]
        begun = [_ingesting(c, folders, w) for c, w in zip(checkouts, warehouses, strict=True)]
        for checkout, process in zip(checkouts, begun, strict=True):
            if process.wait() not in (0, EXIT_SOME_INPUTS):
                raise SystemExit(
                    f"the version in {checkout} ended with {process.returncode}; see what it printed above"
                )
        return [values(warehouse) for warehouse in warehouses]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.differences", description=__doc__)
    parser.add_argument("checkout", type=Path, help="folder of the other version")
    parser.add_argument("folders", type=Path, nargs="+", metavar="FOLDER", help="where PDFs are")
    parser.add_argument("--most", type=int, default=5, help="how many values to show of each document")
    given = parser.parse_args()
    here, there = compared(
        [Path(__file__).parents[1], given.checkout.resolve()], [folder.resolve() for folder in given.folders]
    )
    sys.stdout.write(report(here, there, given.most))


if __name__ == "__main__":
    main()
