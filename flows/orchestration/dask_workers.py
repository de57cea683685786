"""Batches as Prefect task runs on the workers of a Dask cluster, by prefect-dask."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final
from uuid import UUID

import httpx
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import TaskRunFilter, TaskRunFilterId
from prefect.futures import PrefectFuture
from prefect.settings import get_current_settings
from prefect.states import Crashed
from prefect.task_runners import TaskRunner

from flows.orchestration.environment import PREFECT_DEFAULTS, set_where_missing
from flows.orchestration.stage_tasks import stage_task
from flows.running.cluster import Arguments, Awaited, Client, ClusterError, work_on_worker
from flows.running.stages import Stage

_ANSWER_SECONDS: Final = 30
_WORKERS_DIED: Final = "several workers ended while they had it: the batch is worked where the flow runs"


class TaskRunsOnWorkers:
    """Gives batches to workers as task runs, while the flow run that they belong to continues.

    Args:
        client: Connected to the scheduler.
        address: Of the scheduler.
    """

    def __init__(self, client: Client, address: str) -> None:
        self._client = client
        self._address = address
        self._runner: TaskRunner[Any] | None = None
        self._died: list[UUID] = []

    def __call__(self, arguments: Arguments) -> Awaited:
        """Give a batch to some worker. To be called within `open`."""
        assert self._runner is not None, "the flow run has not begun"
        what, *_, batch = arguments
        stage: Stage = "read" if what == "read" else "derive"
        task = stage_task(stage, work_on_worker).with_options(task_run_name=f"{stage} {batch.height} documents")
        named = dict(zip(("what", "plan", "derive_version", "batch"), arguments, strict=True))
        return _OnWorker(self._runner.submit(task, named), self._died)

    @contextmanager
    def open(self) -> Iterator[None]:
        """Begin in the current flow run; at its end, record the task runs that died with their workers.

        Raises:
            ClusterError: Some workers do not reach the Prefect API.
        """
        from prefect_dask.task_runners import DaskTaskRunner

        url = get_current_settings().api.url
        assert url is not None
        require_reach(self._client, url)
        try:
            with DaskTaskRunner(address=self._address) as runner:
                assert runner.client  # made by its first use: not by several threads at once
                self._runner = runner
                yield
        finally:
            self._record_died()

    def _record_died(self) -> None:
        """Record which task runs died with their workers: Prefect would show them as Running for ever.

        At the end of the flow run: of a task run that has just begun the server may not know yet.
        """
        if not self._died:
            return
        with get_client(sync_client=True) as client:
            known = client.read_task_runs(task_run_filter=TaskRunFilter(id=TaskRunFilterId(any_=self._died)))
            for task_run in known:
                client.set_task_run_state(task_run.id, Crashed(message=_WORKERS_DIED), force=True)


class _OnWorker:
    """A batch's task run on some worker; notes its id where it died with several of them."""

    def __init__(self, future: PrefectFuture[int], died: list[UUID]) -> None:
        self._future = future
        self._died = died

    def result(self) -> int:
        """Wait for it."""
        from distributed import KilledWorker

        try:
            return self._future.result()
        except KilledWorker:
            self._died.append(self._future.task_run_id)
            raise


def require_reach(client: Client, url: str) -> None:
    """Make the workers ready for Prefect tasks, those that join later too.

    Raises:
        ClusterError: Some do not reach the Prefect API at this address.
    """
    client.register_plugin(_quiet_prefect())
    lost = sorted({problem for problem in client.run(_problem_reaching, url).values() if problem})
    if lost:
        raise ClusterError(
            f"the Dask workers do not reach the Prefect server at {url} ({'; '.join(lost)}): set PREFECT_API_URL "
            "to one that they reach, or run with --plain"
        )


def _problem_reaching(url: str) -> str | None:
    """Return why this worker does not reach an address; any answer at all will do."""
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
            set_where_missing(PREFECT_DEFAULTS)

    return QuietPrefect()
