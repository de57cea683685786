"""Many nights in one process: `python -m benchmarks.nights [--nights 50] [--documents 100]`. Prints Markdown.

Each night finds new generated documents of one page or two in the inbox beside all that it found before, and every
seventh is followed by the upkeep of the ledger. The files of its logs grow a day older between two nights, for upkeep
deletes them by their age; replaced data files it deletes at once. What must stay flat: memory of the process (after a
night, and the most in it), its open handles, the time for each new document, the files of the ledger. A row is printed
as soon as its night is over.

With `--workers 0` the nights read in their own process, each in a new thread. glibc gives each new thread the next of
its arenas (eight for each core) and gives the memory on top of an arena back only from a size that it raises itself,
so that memory grows until a night's reading has been in every arena.
"""

from __future__ import annotations

import argparse
import gc
import os
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks.corpus import reportlab
from benchmarks.corpus.plan import plan
from flows.config.settings import Settings, load_settings
from flows.output import EXIT_SOME_INPUTS
from flows.running.pipeline import run_plainly
from flows.running.run import new_plan, open_run
from flows.running.stages import collect
from flows.workers import resident_bytes

FIRST: Final = datetime(2026, 1, 1, 18, tzinfo=UTC)
_WEEK: Final = 7
_DAY_SECONDS: Final = 86_400
_MB: Final = 1_000_000
_HEADS: Final = (
    "night",
    "documents",
    "forms",
    "seconds",
    "ms of processor a new document",
    "MB",
    "most MB",
    "handles",
    "data files of the ledger",
    "files of its logs",
)


@dataclass(frozen=True, slots=True)
class Night:
    """What one night took: seconds of the clock and of the processor, most memory, and what there was after it."""

    night: int
    documents: int
    forms: int
    seconds: float
    ms_a_document: float
    memory_mb: int
    most_mb: int
    handles: int
    data_files: int
    log_files: int

    def cells(self) -> Iterator[str]:
        """Return the cells of its row, in the order of `_HEADS`."""
        for value in astuple(self):
            yield f"{value:.1f}" if isinstance(value, float) else str(value)


def nights(root: Path, count: int, documents: int, seed: int, workers: int) -> Iterator[Night]:
    """Run nights, one after the other; the inbox and the warehouse are below `root`."""
    inbox = root / "inbox"
    inbox.mkdir()
    settings = load_settings(warehouse=str(root / "data"), workers=workers)
    made = plan(seed, count * documents, ("reportlab",))
    for night in range(1, count + 1):
        for document in islice(made, documents):
            (inbox / f"{night:03}-{document.name}.pdf").write_bytes(reportlab.render(document))
        day = FIRST + timedelta(days=night)
        _forget_most_memory()
        began, busy = time.monotonic(), _busy_seconds()
        forms = _run(settings, day, inbox)
        yield Night(
            night,
            night * documents,
            forms,
            time.monotonic() - began,
            1000 * (_busy_seconds() - busy) / documents,
            _memory(),
            _most_memory(),
            len(os.listdir("/proc/self/fd")),  # noqa: PTH208 names alone
            *_files(root / "data" / "ledger"),
        )
        if night % _WEEK == 0:
            with open_run(new_plan(settings, day + timedelta(hours=10))) as run:
                run.warehouse.maintain(timedelta(0), day - timedelta(days=90))
        _let_a_day_pass(root / "data" / "ledger")


def _run(settings: Settings, day: datetime, inbox: Path) -> int:
    with open_run(new_plan(settings, day)) as run:
        summary = run_plainly(run, partial(collect, run, [str(inbox)]))
    assert summary.exit_code in (0, EXIT_SOME_INPUTS), summary
    release = run.warehouse.releases.current()
    assert release is not None
    return int(release.scan("forms").select(pl.len()).collect().item())


def _files(ledger: Path) -> tuple[int, int]:
    """How many files hold rows, and how many are of the logs of the tables."""
    files = [path for path in ledger.rglob("*") if path.is_file()]
    of_logs = sum("_delta_log" in path.parts for path in files)
    return len(files) - of_logs, of_logs


def _let_a_day_pass(ledger: Path) -> None:
    for path in ledger.rglob("*"):
        written = path.stat().st_mtime - _DAY_SECONDS
        os.utime(path, (written, written))


def _busy_seconds() -> float:
    """Return the processor's time of this process and of those that it started and that have ended."""
    return sum(os.times()[:4])


def _memory() -> int:
    gc.collect()
    return resident_bytes(os.getpid()) // _MB


def _forget_most_memory() -> None:
    Path("/proc/self/clear_refs").write_text("5", "ascii")


def _most_memory() -> int:
    (line,) = (line for line in Path("/proc/self/status").read_text("utf-8").splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 // _MB


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nights", description=__doc__)
    parser.add_argument("--nights", type=int, default=50)
    parser.add_argument("--documents", type=int, default=100, help="new ones a night")
    parser.add_argument("--seed", type=int, default=41)
    parser.add_argument("--workers", type=int, default=1, help="processes that read; 0: read in this one")
    parser.add_argument("--every", type=int, default=1, help="which nights are shown beside the first")
    given = parser.parse_args()
    print(_row(_HEADS), _row("---:" for _ in _HEADS), sep="\n", flush=True)
    with tempfile.TemporaryDirectory(prefix="jixiao-nights-") as scratch:
        for one in nights(Path(scratch), given.nights, given.documents, given.seed, given.workers):
            if one.night in (1, given.nights) or one.night % given.every == 0:
                print(_row(one.cells()), flush=True)
