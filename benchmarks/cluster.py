"""How the throughput of a Dask cluster grows from one worker to two, stage by stage.

    python -m benchmarks.cluster [--documents 600] [--repeat 2]

Documents are the samples, each again and again with other bytes. Both clusters are real: a scheduler and worker
processes of one thread each, on loopback, started before; they take turns. Collecting and publishing are work of the
process that runs the flow and do not grow; as Prefect flow runs only the whole time is printed.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import polars as pl
from distributed import Client

from benchmarks.markdown import table
from benchmarks.orchestration import in_flow, measure, prepared
from flows.running.pipeline import Job, ingest, workplace_of
from flows.running.run import Run
from flows.running.stages import Stage, collect
from flows.running.summary import RunSummary

T = TypeVar("T")

_CLUSTERS: Final = (1, 2)
_PHASES: Final[tuple[Stage, ...]] = ("collect", "read", "derive", "publish")


class Timed:
    """Calls the stages plainly and notes how long it was from the end of one stage to the end of the next."""

    def __init__(self) -> None:
        self.ended: dict[Stage, float] = {}
        self._began = time.perf_counter()

    def __call__(self, stage: Stage, function: Callable[[], T], number: int = 1, of: int = 1) -> T:  # noqa: ARG002
        """Call it."""
        result = function()
        self.ended[stage] = time.perf_counter()
        return result

    def seconds(self) -> dict[str, float]:
        """Give the seconds of each stage."""
        moments = [self._began, *(self.ended[stage] for stage in _PHASES)]
        return {stage: end - begin for stage, begin, end in zip(_PHASES, moments, moments[1:], strict=False)}


def start_cluster(stack: ExitStack, folder: Path, workers: int) -> str:
    """Start a scheduler and its workers, wait for them, and give the scheduler's address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    worker = ["distributed.cli.dask_worker", address, "--no-nanny", "--nthreads=1", "--no-dashboard"]
    commands = [["distributed.cli.dask_scheduler", "--host", address, "--no-dashboard"]]
    for command in commands + [worker] * workers:
        process = subprocess.Popen(
            [sys.executable, "-m", *command], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        stack.callback(process.wait)
        stack.callback(process.kill)
    with Client(address, set_as_default=False, timeout=60) as client:  # type: ignore[no-untyped-call]
        client.wait_for_workers(workers, timeout=60)
    return address


def main() -> None:
    os.environ["PYTHONPATH"] = str(Path(__file__).parents[1])
    with prepared("cluster", __doc__, documents=600, few=60) as (given, folder), ExitStack() as stack:
        addresses = {count: start_cluster(stack, folder, count) for count in _CLUSTERS}

        timed = Timed()

        def plainly(run: Run, inbox: Path) -> RunSummary:
            nonlocal timed
            timed = Timed()
            find = partial(collect, run, [str(inbox)])
            with workplace_of(run) as workplace, Job(run, workplace, find) as job:
                return ingest(job, timed)

        rows: list[dict[str, float]] = []
        for turn in range(given.repeat + 1):  # the first turn warms up: imports on the workers, and the server
            inbox = folder / ("many" if turn else "few")
            for count, address in addresses.items():
                wall, _ = measure(inbox, plainly, runner="dask", address=address, workers=1)
                flow, _ = measure(inbox, in_flow, runner="dask", address=address, workers=1)
                if turn:
                    rows.append({"workers": count, **timed.seconds(), "whole": wall, "as a flow": flow})
        best = pl.DataFrame(rows).group_by("workers", maintain_order=True).min()
        rates = [given.documents / pl.col(name) for name in ("read", "derive", "whole", "as a flow")]
        print("Seconds, the best of each:\n")
        print(table(best.with_columns(pl.exclude("workers").round(1))))
        print("\nDocuments a second:\n")
        print(table(best.select("workers", *(rate.round(1).alias(rate.meta.root_names()[0]) for rate in rates))))


if __name__ == "__main__":
    main()
