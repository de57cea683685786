"""Batches worked on the workers of a Dask cluster, with the same stages and the same result as on one machine.

What travels: to a worker the plan of the run and the ids of a batch's documents, back a number. Workers read PDFs from
the archive and append to the ledger themselves: Delta takes many writers, and rows count only when the header that is
written last has landed. So a worker may die at any moment; the scheduler gives its batch to another, and where both
have written, the newer header counts. Archive and ledger must be where all workers reach them under one address.

Several runs may use one cluster at once: a worker keeps nothing of a run but the reader, which belongs to its process.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Final, Protocol, TypeAlias

import polars as pl

from flows.config.settings import Settings, SettingsError
from flows.running import stages
from flows.running.background import Background
from flows.running.reader import reader_of_this_process
from flows.running.run import Collected, Run, RunPlan
from flows.running.stages import Stage
from flows.running.workplace import Batch, Call, Cut, judge
from warehouse.warehouse import Warehouse

Client: TypeAlias = Any
"""`distributed.Client`, whose methods carry no types."""

_ANSWER_SECONDS: Final = 30
_PRIORITIES: Final = {"backfill": -1}
"""By kind of run, where not 0: the batches of a night are worked before those that wait for a backfill."""


class Awaited(Protocol):
    """What a worker will give."""

    def result(self) -> int:
        """Wait for it; raise what went wrong there."""


Arguments: TypeAlias = tuple[Batch, RunPlan, str, pl.DataFrame]
"""What travels with a batch: what to do, the plan, the version of the run's tables and rules, its documents."""

Submit: TypeAlias = Callable[[Arguments], Awaited]
"""Gives a batch to some worker."""


class ClusterError(RuntimeError):
    """The cluster cannot be used; the message says why and what to do."""


@contextmanager
def connected(settings: Settings) -> Iterator[Client]:
    """Connect to the scheduler of the settings; batches that are awaited when the context ends are given up.

    Raises:
        SettingsError: There is no address, or Dask is not installed.
        ClusterError: The scheduler does not answer, or has no workers.
    """
    if not settings.address:
        raise SettingsError("runner dask needs the address of its scheduler: --address tcp://HOST:8786")
    try:
        import distributed
    except ImportError:
        raise SettingsError("runner dask needs Dask: install jixiao[dask] here and on the workers") from None
    try:
        client: Client = distributed.Client(  # type: ignore[no-untyped-call]
            settings.address, timeout=_ANSWER_SECONDS, set_as_default=False
        )
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"the Dask scheduler at {settings.address} does not answer ({error}): start it with `dask scheduler`, or "
            "leave --runner out to work on this machine"
        ) from None
    try:
        if not client.nthreads():
            raise ClusterError(
                f"the Dask scheduler at {settings.address} has no workers: start some with "
                f"`dask worker {settings.address}`"
            )
        yield client
    finally:
        client.close()


class Dask:
    """A Dask cluster. Collecting and publishing stay here. Every worker thread has a batch in hand, and one more waits.

    Batches are given to it only when the run has begun: as task runs they belong to its flow run.

    Args:
        run: The run.
        background: Its threads wait for the batches.
        threads: Threads of all workers.
        submit: Gives a batch to some worker.
    """

    def __init__(self, run: Run, background: Background, threads: int, submit: Submit) -> None:
        self._run = run
        self._background = background
        self._submit = submit
        self._plan = _for_workers(run.plan)
        # Some batches for each worker, so that none waits long for the last; what they cost, workers share.
        self._cuts: Mapping[Batch, Cut] = {"read": Cut(4 * threads, 20, 200), "judge": Cut(threads, 20, 1000)}

    def prepare(self, collected: Collected) -> None:
        """Do nothing yet; see `Workplace`."""

    def work(self, what: Batch, documents: pl.DataFrame, call: Call) -> int:
        """Have documents worked by the workers, all batches at once; see `Workplace`."""
        if what == "read":
            self._run.progress.begin("read", documents.height, "documents")
        stage: Stage = "read" if what == "read" else "derive"  # there the same call also checks
        batches = self._cuts[what].batches(documents, self._run.settings.batch)
        begun = [self._background.begin(partial(self._work, what, batch)) for batch in batches]
        return sum(call(stage, one.result, number, len(begun)) for number, one in enumerate(begun, 1))

    def _work(self, what: Batch, batch: pl.DataFrame) -> int:
        """Have a batch worked by some worker; here, when it was with several workers that died.

        Here PDFs are read in a process of their own, where one that ends its process fails alone.
        """
        from dask.base import annotate
        from distributed import KilledWorker

        try:
            with annotate(priority=_PRIORITIES.get(self._plan.kind, 0)):
                awaited = self._submit((what, self._plan, self._run.plan.derive_version, batch))
            count = int(awaited.result())
        except KilledWorker:
            self._run.progress.warn(
                f"a batch of {batch.height} documents ended several Dask workers: it is worked here"
            )
            return stages.read(self._run, batch) if what == "read" else judge(self._run, batch)
        self._run.progress.advance("read" if what == "read" else "check", batch.height)
        return count


@contextmanager
def on_cluster(run: Run, client: Client, submit: Submit | None = None) -> Iterator[Dask]:
    """Give a cluster as the workplace of a run; at the end, batches that nobody waits for are given up.

    Args:
        run: The run.
        client: Connected to its scheduler.
        submit: Gives a batch to some worker; null: as a plain task of Dask.
    """
    threads: int = sum(client.nthreads().values())
    with Background(2 * threads, run.stop) as background:
        yield Dask(run, background, threads, submit or partial(_submit_plainly, client))


def _submit_plainly(client: Client, arguments: Arguments) -> Awaited:
    awaited: Awaited = client.submit(work_on_worker, *arguments, pure=False)
    return awaited


def _for_workers(plan: RunPlan) -> RunPlan:
    """Return the plan as workers need it: with the warehouse's whole path, and without files that only we have."""
    place = plan.settings.warehouse
    warehouse = place if "://" in place else str(Path(place).absolute())
    settings = plan.settings.model_copy(update={"warehouse": warehouse, "corrections": None, "sources": None})
    return replace(plan, settings=settings)


# ---- what runs on a worker


def work_on_worker(what: Batch, plan: RunPlan, derive_version: str, batch: pl.DataFrame) -> int:
    """Read the documents of a batch on this worker, or derive and check them; return how many came out well."""
    run = _run_on_worker(plan, derive_version)
    return stages.read(run, batch) if what == "read" else judge(run, batch)


def _run_on_worker(plan: RunPlan, derive_version: str) -> Run:
    """Return this worker's part of a run: all of it is cheap to make but the reader, which the process keeps.

    Raises:
        ClusterError: The worker does not see the warehouse, or has another version of jixiao.
    """
    place = plan.settings.warehouse
    if "://" not in place and not Path(place).is_dir():
        raise ClusterError(
            f"this Dask worker does not see the warehouse {place}: put it where all workers reach it under one address "
            "(S3, or a shared file system)"
        )
    if plan.derive_version != derive_version:
        raise ClusterError(
            f"this Dask worker has another version of jixiao ({plan.derive_version}; the run has {derive_version}): "
            "install the same on all machines"
        )
    # A worker under a nanny may not have processes of its own: there a PDF that ends its process ends the worker.
    workers = 0 if multiprocessing.current_process().daemon else 1
    return Run(plan, Warehouse(place), reader_of_this_process(workers, plan.settings.limits))
