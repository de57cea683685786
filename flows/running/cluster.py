"""Reads and derives on the workers of a Dask cluster, with the same stages and the same result as one machine.

What travels: to a worker the settings and the ids of a batch's documents, back a number. Workers read PDFs from the
archive and append to the ledger themselves: Delta takes many writers, and rows count only when the header that is
written last has landed. So a worker may die at any moment; the scheduler gives its batch to another, and where both
have written, the newer header counts. Archive and ledger must be where all workers reach them under one address.

In a Prefect flow a batch is a task run on its worker, by prefect-dask; without Prefect it is a plain function.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

import polars as pl

from flows.config.settings import Settings, SettingsError
from flows.orchestration.server import PREFECT_DEFAULTS
from flows.progress import Progress
from flows.running.run import Run

if TYPE_CHECKING:
    from flows.running.pipeline import Stage

Client: TypeAlias = Any
"""`distributed.Client`, whose methods carry no types."""


class Awaited(Protocol):
    """What a worker will give."""

    def result(self) -> int:
        """Wait for it; raise what went wrong there."""


Work: TypeAlias = "Callable[[Order, pl.DataFrame], int]"
Submit: TypeAlias = "Callable[[Stage, Work, Order, pl.DataFrame], Awaited]"

_ANSWER_SECONDS: Final = 30
_PRIORITIES: Final = {"backfill": -1}
"""By kind of run, where not 0: the batches of a night are worked before those that wait for a backfill."""


class ClusterError(RuntimeError):
    """The cluster cannot be used; the message says why and what to do."""


def new_run(
    settings: Settings,
    progress: Progress,
    started_at: datetime,
    *,
    kind: str = "ingest",
    request: str | None = None,
    verify: bool = False,
) -> Run:
    """Make the run that the settings ask for: on this machine, or on a Dask cluster. See `Run` for the rest.

    Raises:
        SettingsError: `runner` is dask, without an address or without Dask being installed.
        ClusterError: The scheduler does not answer, or has no workers.
    """
    if settings.runner == "local":
        return Run(settings, progress, started_at, kind, request, verify)
    return ClusterRun(settings, progress, started_at, kind, request, verify, client=_connect(settings))


class ClusterRun(Run):
    """A run whose documents are read, derived and checked by the workers of a Dask cluster.

    Collecting and publishing stay here. Every worker thread has a batch in hand, and one more is on its way.

    Attributes:
        submit: Gives a batch to some worker. Where a flow run has its own way, it sets that here.
    """

    is_spread = True

    def __init__(self, *told: Any, client: Client) -> None:
        super().__init__(*told)
        self._client = client
        self.submit: Submit = lambda _, work, order, batch: client.submit(work, order, batch, pure=False)
        self._threads = sum(client.nthreads().values())
        self._background = ThreadPoolExecutor(2 * self._threads, thread_name_prefix="jixiao-cluster")

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._client.run(_forget)
        self._client.close()  # batches that are awaited still are given up
        super().__exit__(kind, error, trace)

    def read_batches(self, documents: pl.DataFrame) -> list[pl.DataFrame]:
        """Cut documents into batches to be read: some for each worker, so that none waits long for the last."""
        return self.batches(documents, parts=4 * self._threads, least=20, most=200)

    def check_batches(self, documents: pl.DataFrame) -> list[pl.DataFrame]:
        """Cut documents into batches to be derived and checked: what they cost by themselves, workers share."""
        return self.batches(documents, parts=self._threads, least=20, most=1000)

    def read(self, batch: pl.DataFrame) -> int:
        """Have a batch read; return how many of its documents could be read."""
        count = self._work("read", _read, batch, super().read)
        self.progress.advance("read", batch.height)
        return count

    def judge(self, batch: pl.DataFrame) -> int:
        """Have a batch derived and checked; return how many documents were."""
        count = self._work("derive", _judge, batch, super().judge)
        self.progress.advance("check", batch.height)
        return count

    def ask_workers(self, url: str) -> None:
        """Have the workers made ready for Prefect tasks, those that join later too.

        Raises:
            ClusterError: Some do not reach the Prefect API at this address.
        """
        self._client.register_plugin(_quiet_prefect())
        lost = sorted({trouble for trouble in self._client.run(_trouble_reaching, url).values() if trouble})
        if lost:
            raise ClusterError(
                f"the Dask workers do not reach the Prefect server at {url} ({'; '.join(lost)}): set PREFECT_API_URL "
                "to one that they reach, or run with --plain"
            )

    def _work(self, stage: Stage, work: Work, batch: pl.DataFrame, here: Callable[[pl.DataFrame], int]) -> int:
        """Have a batch worked by some worker; here, when it was with three workers that died.

        Here PDFs are read in a process of their own, where one that ends its process fails alone.
        """
        from dask.base import annotate
        from distributed import KilledWorker

        try:
            with annotate(priority=_PRIORITIES.get(self.kind, 0)):
                awaited = self.submit(stage, work, self._order, batch)
            return int(awaited.result())
        except KilledWorker:
            self.progress.warn(f"a batch of {batch.height} documents ended several Dask workers: it is worked here")
            return here(batch)

    @cached_property
    def _order(self) -> Order:
        root = self.settings.warehouse
        warehouse = root if "://" in root else str(Path(root).absolute())
        settings = self.settings.model_copy(update={"warehouse": warehouse, "corrections": None, "sources": None})
        return Order(self.run_id, settings, self.started_at, self.corrections, self.derive_version)


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker needs to know of the run that a batch belongs to."""

    run_id: str
    settings: Settings
    started_at: datetime
    corrections: pl.DataFrame
    derive_version: str


def _connect(settings: Settings) -> Client:
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
    if not client.nthreads():
        client.close()
        raise ClusterError(
            f"the Dask scheduler at {settings.address} has no workers: start some with `dask worker {settings.address}`"
        )
    return client


# ---- what runs on a worker

_lock: Final = threading.Lock()
_runs: Final[dict[str, Run]] = {}


def _read(order: Order, batch: pl.DataFrame) -> int:
    return _run_of(order).read(batch)


def _judge(order: Order, batch: pl.DataFrame) -> int:
    return _run_of(order).judge(batch)


def _run_of(order: Order) -> Run:
    """Return this worker's part of a run, made when its first batch comes; that of an earlier run is ended."""
    with _lock:
        if order.run_id not in _runs:
            _end_all()
            _runs[order.run_id] = _new_run(order)
        return _runs[order.run_id]


def _new_run(order: Order) -> Run:
    root = order.settings.warehouse
    if "://" not in root and not Path(root).is_dir():
        raise ClusterError(
            f"this Dask worker does not see the warehouse {root}: put it where all workers reach it under one address "
            "(S3, or a shared file system)"
        )
    # A worker under a nanny may not have processes of its own: there a PDF that ends its process ends the worker.
    workers = 0 if multiprocessing.current_process().daemon else 1
    run = Run(order.settings.model_copy(update={"workers": workers}), Progress(), order.started_at)
    run.run_id = order.run_id
    run.corrections = order.corrections
    if run.derive_version != order.derive_version:
        raise ClusterError(
            f"this Dask worker has another version of jixiao ({run.derive_version}; the run has "
            f"{order.derive_version}): install the same on all machines"
        )
    return run


def _trouble_reaching(url: str) -> str | None:
    """Say why this worker does not reach an address; any answer at all will do."""
    import httpx

    try:
        httpx.get(f"{url}/health", timeout=_ANSWER_SECONDS)
    except httpx.HTTPError as error:
        return str(error) or type(error).__name__
    return None


def _quiet_prefect() -> Any:
    """Make what sets a worker's environment before it imports Prefect: no telemetry, a quiet console."""
    from distributed import WorkerPlugin

    class QuietPrefect(WorkerPlugin):
        name = "jixiao-quiet-prefect"

        def setup(self, worker: Any) -> None:  # noqa: ARG002
            for name, value in PREFECT_DEFAULTS.items():
                os.environ.setdefault(name, value)

    return QuietPrefect()


def _forget() -> None:
    """End what the worker holds of runs that are over."""
    with _lock:
        _end_all()


def _end_all() -> None:
    while _runs:
        _, run = _runs.popitem()
        run.__exit__(None, None, None)
