"""What pages cost: `python -m benchmarks.browse [FOLDER] [forms ...]`.

The samples are ingested once; the rows of their release are then multiplied under new ids, with the PDFs of the samples
in the archive for the first copies only. For each number of forms: seconds until `jixiao browse` answers, and for each
page the time of the first request and of the middle and slowest of many (milliseconds, over loopback, PDF page drawn
once), and the most memory of its process; then time and size of `jixiao report`.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import polars as pl

from benchmarks.markdown import table
from warehouse.warehouse import Warehouse

SAMPLES: Final = Path(__file__).parents[1] / "samples"
TIMES: Final = 25
_HEAD: Final = 24
_ROW_GROUP: Final = 100_000
_IDS: Final = ("document_id", "form_id", "funding_id", "indicator_id", "record_id", "leftover_id", "finding_id")


def multiplied(rows: pl.DataFrame, ids: pl.Series, copies: int) -> pl.DataFrame:
    """Return rows as often as asked for, each time of other documents; the first copy is as it was.

    Args:
        rows: Of any table or view.
        ids: The document_ids of the release.
        copies: How often.
    """
    columns = [name for name in _IDS if name in rows.columns]
    if not columns or rows.is_empty():
        return rows
    parts = [rows]
    for number in range(1, copies):
        new = [hashlib.sha256(f"{one} {number}".encode()).hexdigest() for one in ids]
        whole = dict(zip(ids, new, strict=True))
        heads = {one[:_HEAD]: other[:_HEAD] for one, other in whole.items()}
        parts.append(
            rows.with_columns(
                pl.col(name).replace(whole)
                if name == "document_id"
                else pl.col(name).str.head(_HEAD).replace(heads) + pl.col(name).str.slice(_HEAD)
                for name in columns
            )
        )
    return pl.concat(parts)


def large_house(folder: Path, forms: int) -> Path:
    """Make a warehouse whose release has about so many forms, from one with the samples; return its path."""
    small, large = folder / "samples", folder / f"forms-{forms}"
    if not small.exists():
        command = [sys.executable, "-m", "flows", "ingest", str(SAMPLES), "--plain", "-q", "-w", str(small)]
        subprocess.run(command, check=True)
    shutil.rmtree(large, ignore_errors=True)
    shutil.copytree(small, large, symlinks=True)
    release = Warehouse(large).releases.current()
    assert release is not None
    documents = release.scan("documents").select("document_id").collect()["document_id"]
    have = release.scan("all_forms").select(pl.len()).collect().item()
    copies = max(1, round(forms / have))
    manifest = json.loads((release.path / "manifest.json").read_text("utf-8"))
    for about in manifest["tables"].values():
        for file in about["files"]:
            path = release.path / file["path"]
            rows = pl.read_parquet(path)
            more = multiplied(rows, documents, copies)
            if more.height > rows.height:
                key = [name for name in ("form_id", "document_id") if name in more.columns][:1]
                more.sort(key, maintain_order=True).write_parquet(path, row_group_size=_ROW_GROUP)
                file["rows"], file["bytes"] = more.height, path.stat().st_size
    del manifest["manifest_sha256"]
    (release.path / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return large


@contextmanager
def browsing(house: Path) -> Iterator[tuple[str, float, int]]:
    """Run `jixiao browse` for the context; gives its address, the seconds until it answered, and its process."""
    command = [sys.executable, "-m", "flows", "browse", "-w", str(house), "--no-open", "--port", "0"]
    began = time.monotonic()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().strip()
            httpx.get(address).raise_for_status()
            yield address, time.monotonic() - began, process.pid
        finally:
            process.terminate()


def _milliseconds(client: httpx.Client, path: str) -> str:
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        client.get(path).raise_for_status()
        times.append(1000 * (time.perf_counter() - began))
    return f"{times[0]:.0f}, {statistics.median(times):.0f}, {max(times):.0f}"


def measure(folder: Path, forms: int) -> dict[str, str]:
    """Measure the pages of one warehouse."""
    house = large_house(folder, forms)
    release = Warehouse(house).releases.current()
    assert release is not None
    names = release.scan("all_forms").select("form_id", "status").sort("form_id").collect()
    ids, held = names["form_id"], names.filter(pl.col("status").cast(pl.String) == "held")["form_id"]
    found = {"forms": f"{ids.len():,}"}
    with browsing(house) as (address, seconds, pid), httpx.Client(base_url=address, timeout=60) as client:
        found["until it answers, s"] = f"{seconds:.1f}"
        pages = {
            "first page": "/",
            "search by words": "/?words=道路 保障",
            "search that fits nothing": "/?words=nothing of the kind",
            "filters": "/?year=2023&status=held&rule=R15&sort=score",
            "last page of the list": "/?page=999999",
            "a form": f"/form/{ids[len(ids) // 2]}",
            "a held form in its list": f"/form/{held[-1]}?rule=R15",
            "rule book": "/rules",
            "dictionary": "/dictionary",
        }
        found |= {name: _milliseconds(client, path) for name, path in pages.items()}
        status = Path(f"/proc/{pid}/status")
        if status.exists():
            (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
            found["most memory, MB"] = f"{int(line.split()[1]) / 1000:.0f}"
    page, began = folder / f"report-{forms}.html", time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "flows", "report", "-w", str(house), "-o", str(page)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    found["report, s"] = f"{time.monotonic() - began:.1f}"
    found["report, MB"] = f"{page.stat().st_size / 1e6:.2f}"
    return found


def main() -> None:
    """Measure each number of forms."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.browse", description=__doc__)
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path("scratch-browse"), help="of the warehouses (scratch-browse)"
    )
    parser.add_argument("forms", type=int, nargs="*", default=[10, 1000, 10_000], help="sizes (10, 1000 and 10000)")
    given = parser.parse_args()
    given.folder.mkdir(parents=True, exist_ok=True)
    rows = pl.DataFrame([measure(given.folder, forms) for forms in given.forms])
    print(table(rows.transpose(include_header=True, header_name="what", column_names="forms")))


if __name__ == "__main__":
    main()
