"""What Prefect adds to the bare functions, and how reading grows with processes.

    python -m benchmarks.orchestration [--documents 1000] [--repeat 2]

Documents are the samples, each again and again with other bytes (a comment line at the end), so that each is read.
Plain runs and flow runs take turns, so that other load on the machine strikes both; the Prefect server is started
before and warmed by a small run, as its start is not what is measured. CPU seconds are those of the process that runs
the stages, without its readers and the server; wall seconds have all.
"""

from __future__ import annotations

import argparse
import itertools
import os
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.markdown import table
from flows.config.settings import load_settings
from flows.orchestration.environment import PREFECT_DEFAULTS
from flows.orchestration.flow import run_with_prefect
from flows.orchestration.server import TemporaryServer
from flows.running.pipeline import run_plainly
from flows.running.run import Run, new_plan, open_run
from flows.running.stages import collect
from flows.running.summary import RunSummary
from flows.stopping import Stop

SAMPLES = Path(__file__).parents[1] / "samples"
NOW = datetime(2026, 1, 31, 18, tzinfo=UTC)


def fill(folder: Path, count: int) -> None:
    """Write `count` different documents."""
    folder.mkdir()
    contents = [path.read_bytes() for path in sorted(SAMPLES.glob("*.pdf"))]
    for number, content in zip(range(count), itertools.cycle(contents), strict=False):
        (folder / f"{number}.pdf").write_bytes(content + f"\n% {number}\n".encode())


def cpu_seconds() -> float:
    """CPU seconds of this process and of its children that ended."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in used)


def plainly(run: Run, inbox: Path) -> RunSummary:
    """Take the documents in without Prefect."""
    return run_plainly(run, partial(collect, run, [str(inbox)]))


def in_flow(run: Run, inbox: Path) -> RunSummary:
    """Take the documents in as a Prefect flow run."""
    return run_with_prefect(run, partial(collect, run, [str(inbox)]), {"sources": [str(inbox)]})


def measure(inbox: Path, way: Callable[[Run, Path], RunSummary], **settings: Any) -> tuple[float, float]:
    """Take the documents in to a new warehouse; return wall and CPU seconds."""
    with tempfile.TemporaryDirectory() as folder:
        began, used = time.perf_counter(), cpu_seconds()
        with open_run(new_plan(load_settings(warehouse=folder, **settings), NOW)) as run:
            summary = way(run, inbox)
        assert summary.documents_read == len(list(inbox.glob("*.pdf"))), summary
        return time.perf_counter() - began, cpu_seconds() - used


@contextmanager
def prepared(name: str, description: str | None, documents: int, few: int) -> Iterator[tuple[argparse.Namespace, Path]]:
    """Read the command line, make folders of `few` and of `many` documents, and start the Prefect server.

    Args:
        name: What the benchmark is called.
        description: What --help says.
        documents: How many many are, where the command line does not say.
        few: How many few are.
    """
    parser = argparse.ArgumentParser(
        prog=f"python -m benchmarks.{name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--documents", type=int, default=documents, help=f"how many are read each time ({documents})")
    parser.add_argument("--repeat", type=int, default=2, help="how often each way has its turn (2)")
    given = parser.parse_args()
    os.environ.update(PREFECT_DEFAULTS)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        os.environ["PREFECT_HOME"] = str(folder / "prefect")
        fill(folder / "few", few)
        fill(folder / "many", given.documents)
        with TemporaryServer(folder / "prefect") as server:
            os.environ["PREFECT_API_URL"] = server.wait(Stop(), 600)
            yield given, folder
            from prefect.logging.handlers import APILogHandler

            APILogHandler().flush()  # the last lines of the last flow run, before their server ends


def main() -> None:
    with prepared("orchestration", __doc__, documents=1000, few=6) as (given, folder):
        ways = {
            "plain, 1 reader": (1, plainly),
            "flow, 1 reader": (1, in_flow),
            "plain, 2 readers": (2, plainly),
        }
        for workers, way in ways.values():
            measure(folder / "few", way, workers=workers)
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
        for _ in range(given.repeat):
            for name, (workers, way) in ways.items():
                found[name].append(measure(folder / "many", way, workers=workers))
        base = min(wall for wall, _ in found["plain, 1 reader"]), min(cpu for _, cpu in found["plain, 1 reader"])
        rows = []
        for name, both in found.items():
            wall, cpu = min(w for w, _ in both), min(c for _, c in both)
            rows.append(
                {
                    "way": name,
                    "wall, s": round(wall, 1),
                    "x plain": round(wall / base[0], 3),
                    "CPU, s": round(cpu, 1),
                    "x plain, CPU": round(cpu / base[1], 3),
                    "documents a second": round(given.documents / wall, 1),
                }
            )
        print(table(pl.DataFrame(rows)))


if __name__ == "__main__":
    main()
