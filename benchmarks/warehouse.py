"""What documents cost once they are read: `python -m benchmarks.warehouse [FOLDER] [documents ...]`.

The samples are read once; their cells are then copied under new ids and project names, so that ten thousand documents
cost no reading. Each number of documents gets a warehouse of its own in FOLDER. Prints seconds for collecting and
archiving, the readings' way into the ledger, the first run (derive, check, publish), a night without news, one more
document, and deriving or judging everything again; then sizes and the peak memory.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import polars as pl

from benchmarks.markdown import table
from flows.config.settings import Settings, load_settings, now
from flows.running import stages
from flows.running.backfill import backfill_plan, find_selected
from flows.running.pipeline import run_plainly
from flows.running.run import new_plan, open_run
from flows.running.selection import Selection
from flows.running.summary import RunSummary
from transforms.assemble import assemble
from transforms.normalise import normalise
from transforms.read import READER_VERSION, read_document

SAMPLES = Path(__file__).parents[1] / "samples"
BATCH = 200


class Patterns:
    """The cells of the samples, to be copied."""

    def __init__(self) -> None:
        paths = sorted(SAMPLES.glob("*.pdf"))
        self._readings = [read_document(path, f"{number}") for number, path in enumerate(paths)]
        cells = pl.concat([reading.cells for reading in self._readings])
        self._names = normalise(assemble(cells))["forms"]["project_name"].drop_nulls().unique()

    def copies(self, document_ids: list[str]) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Return readings and cells, each document with projects of its own."""
        headers, cells = [], []
        for number, document_id in enumerate(document_ids):
            reading = self._readings[number % len(self._readings)]
            headers.append((document_id, reading.page_count, reading.reader, READER_VERSION, None))
            is_name = pl.col("text").is_in(self._names.implode())
            named = pl.when(is_name).then(pl.col("text") + document_id[:8]).otherwise("text")
            cells.append(reading.cells.with_columns(document_id=pl.lit(document_id), text=named))
        columns = ("document_id", "page_count", "reader", "reader_version", "reason")
        schema = dict(zip(columns, (pl.String, pl.Int32, pl.String, pl.String, pl.String), strict=True))
        return pl.DataFrame(headers, schema=schema, orient="row"), pl.concat(cells)


class House:
    """A warehouse of some documents, and how long each thing took."""

    def __init__(self, folder: Path, documents: int) -> None:
        self.root, self.inputs = folder / f"data-{documents}", folder / f"in-{documents}"
        self.times: dict[str, object] = {"documents": documents}
        for path in (self.root, self.inputs):
            shutil.rmtree(path, ignore_errors=True)
        for number in range(documents):
            self.add(number)

    def add(self, number: int) -> None:
        path = self.inputs / f"{number // 1000}" / f"{number}.pdf"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%%PDF-1.4 stands for document %d\n" % number)

    @property
    def settings(self) -> Settings:
        return load_settings(warehouse=str(self.root), workers=0)

    def timed(self, what: str, call: Callable[[], RunSummary]) -> RunSummary:
        began = time.monotonic()
        summary = call()
        self.times[what] = round(time.monotonic() - began, 1)
        return summary

    def collect(self, patterns: Patterns) -> None:
        """Archive what is new and give it readings; not what reading costs, but all around it."""
        with open_run(new_plan(self.settings, now())) as run:
            began = time.monotonic()
            unread = stages.collect(run, [str(self.inputs)]).unread["document_id"].to_list()
            self.times.setdefault("collect", round(time.monotonic() - began, 1))
            seconds = 0.0
            for start in range(0, len(unread), BATCH):
                header, cells = patterns.copies(unread[start : start + BATCH])
                began = time.monotonic()
                run.warehouse.ledger.add_readings(header, cells, read_at=run.plan.started_at, run_id=run.plan.run_id)
                seconds += time.monotonic() - began
            self.times.setdefault("readings", round(seconds, 1))

    def ingest(self) -> RunSummary:
        with open_run(new_plan(self.settings, now())) as run:
            return run_plainly(run, partial(stages.collect, run, [str(self.inputs)]))

    def backfill(self, start: str) -> RunSummary:
        selection = Selection.model_validate({"everything": True, "start": start})
        with open_run(backfill_plan(self.settings, now(), selection)) as run:
            return run_plainly(run, partial(find_selected, run, selection))

    def published(self) -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in (self.root / "published").resolve().rglob("*.parquet")}

    def megabytes(self, name: str) -> float:
        return round(sum(path.stat().st_size for path in (self.root / name).rglob("*") if path.is_file()) / 1e6, 1)


def measure(folder: Path, documents: int, patterns: Patterns) -> dict[str, object]:
    """Measure all of it for some documents."""
    house = House(folder, documents)
    house.collect(patterns)
    first = house.timed("first run", house.ingest)
    for work in first.work:
        house.times[f"of it {work.stage}"] = round(work.seconds, 1)
    before = house.published()
    night = house.timed("night without news", house.ingest)
    assert not night.is_new_release
    assert house.published() == before, "a night without news changed a published file"
    house.add(documents)
    house.collect(patterns)
    house.timed("one more", house.ingest)
    for start in ("derive", "check"):
        house.timed(f"{start} all again", partial(house.backfill, start))
    house.times |= {f"{name} MB": house.megabytes(name) for name in ("ledger", "releases")}
    house.times["forms"] = first.forms[0].in_all
    house.times["peak GB"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2)
    return house.times


def main() -> None:
    """Measure each number of documents."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.warehouse", description=__doc__)
    parser.add_argument(
        "folder", type=Path, nargs="?", default=Path("scratch-warehouse"), help="of the warehouses (scratch-warehouse)"
    )
    parser.add_argument("documents", type=int, nargs="*", default=[1000, 10_000], help="sizes (1000 and 10000)")
    given = parser.parse_args()
    import great_expectations.expectations  # noqa: F401 its import is not what is measured

    patterns = Patterns()
    rows = pl.DataFrame([measure(given.folder, documents, patterns) for documents in given.documents])
    print(table(rows.cast(pl.String).transpose(include_header=True, header_name="what", column_names="documents")))


if __name__ == "__main__":
    main()
