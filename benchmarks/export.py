"""What exports take: `python -m benchmarks.export [FOLDER_OF_PDFS] [--indicators 1000000]`.

Takes the PDFs in once (the samples where none are named), copies the rows of their release under other ids and names of
projects until it has as many indicators, and writes that release in each format, each in a process of its own. Prints
seconds, CPU seconds, peak memory and size. Texts repeat, so that real files are larger where they are compressed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Any, Final

import polars as pl

from benchmarks.markdown import table
from benchmarks.storage import megabytes, peak_mb, plan_for
from flows.commands.export import write_export
from flows.config.choices import ExportFormat
from flows.running import stages
from flows.running.pipeline import run_plainly
from flows.running.run import open_run
from warehouse import contract
from warehouse.errors import WarehouseError
from warehouse.warehouse import Warehouse

SAMPLES: Final = Path(__file__).parents[1] / "samples"
_WRITE: Final = "--write"
"""What the process that writes is called with: FOLDER is a warehouse then."""
_LIKE_ITSELF: Final = {"codes", "regions", "rules", "rule_results", "sources", "department_year"}
"""Tables that do not grow with the forms, or not in proportion."""


def copied(rows: pl.LazyFrame, copies: int) -> pl.LazyFrame:
    """Return rows that many times, the first digits of their ids replaced by the number of the copy."""
    schema = rows.collect_schema()
    ids = [name for name, dtype in schema.items() if name.endswith("_id") and dtype == pl.String and name != "rule_id"]
    names = [name for name in ("project_name", "project_key") if name in schema]
    number = pl.col("copy_number")
    numbered = rows.join(pl.LazyFrame({"copy_number": range(copies)}), how="cross")
    renamed = numbered.with_columns(
        *(_other_id(name, number) for name in ids),
        *(pl.format("{}（{}）", name, number).alias(name) for name in names),
    )
    return renamed.select(pl.col(name).cast(dtype) for name, dtype in schema.items())


def _other_id(name: str, number: pl.Expr) -> pl.Expr:
    other = pl.format("{}{}", number.cast(pl.String).str.zfill(8), pl.col(name).str.slice(8))
    return pl.when(pl.col(name) != "").then(other).otherwise(name).alias(name)


def grow(root: Path, indicators: int) -> dict[str, int]:
    """Replace the files of the release by larger ones; return how many rows some of its tables have then."""
    release = Warehouse(root).releases.current()
    assert release is not None, "nothing was published"
    manifest: dict[str, Any] = {key: value for key, value in release.manifest.items() if key != "manifest_sha256"}
    copies = -(-indicators // manifest["tables"]["published/all_indicators"]["rows"])
    for folder, about in manifest["tables"].items():
        name = folder.rpartition("/")[2]
        if name in _LIKE_ITSELF:
            continue
        for part in about["files"]:
            path = release.path / part["path"]
            grown = path.with_suffix(".new")
            rows = pl.scan_parquet(path)
            schema = contract.arrow_schema(contract.PUBLISHED[name])
            copied(rows, copies).sink_parquet(grown, arrow_schema=schema, row_group_size=100_000)
            grown.replace(path)
            part["rows"] *= copies
            part["bytes"] = path.stat().st_size
        about["rows"] *= copies
    (release.path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    return {
        name: manifest["tables"][f"published/{name}"]["rows"] for name in ("all_forms", "all_indicators", "evidence")
    }


def write(root: Path, format_: ExportFormat) -> dict[str, Any]:
    """Write one format; return seconds, CPU seconds, peak memory of this process in MB, and the size in MB."""
    release = Warehouse(root).releases.current()
    assert release is not None
    target = root / f"export-{format_}"
    began, worked = time.monotonic(), time.process_time()
    try:
        write_export(release, target, format_, "zh", published_only=False)
    except WarehouseError as error:
        return {"format": format_, "seconds": str(error)} | dict.fromkeys(("CPU", "peak MB", "MB"), "")
    took = {"seconds": f"{time.monotonic() - began:.1f}", "CPU": f"{time.process_time() - worked:.1f}"}
    size = megabytes(target) if target.is_dir() else target.stat().st_size / 1e6
    return {"format": format_, **took, "peak MB": f"{peak_mb():.0f}", "MB": f"{size:.0f}"}


def compare(source: Path, indicators: int) -> None:
    """Make the release and print a line for each format."""
    with tempfile.TemporaryDirectory(prefix="jixiao-export-") as folder:
        with open_run(plan_for(Path(folder))) as run:
            run_plainly(run, partial(stages.collect, run, [str(source)]))
        print(", ".join(f"{count} rows of {name}" for name, count in grow(Path(folder), indicators).items()))
        lines = []
        for format_ in ExportFormat:
            command = [sys.executable, "-m", "benchmarks.export", folder, _WRITE, format_.value]
            lines.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout))
        print(table(pl.DataFrame(lines)))


def main() -> None:
    """Measure each format."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.export", description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=SAMPLES, help="of the PDFs (the samples)")
    parser.add_argument("--indicators", type=int, default=1_000_000, help="how many (1000000)")
    parser.add_argument(_WRITE, type=ExportFormat, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.write:
        print(json.dumps(write(given.folder, given.write)))
    else:
        compare(given.folder, given.indicators)


if __name__ == "__main__":
    main()
