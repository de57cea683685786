"""What a flow run tells Prefect: a task run for each call of a stage, artifacts, log lines, and its last states.

Imports Prefect, which takes two seconds: to be imported by what needs it only.

Results and caches: none. What a stage makes is in the ledger, by document and version, and stays there when Prefect's
database is lost; a cache beside it could only disagree. Retries: only for stages that touch files or the network, and
only for errors that such trouble brings. Tags: on flow runs only. For a task run that has tags Prefect asks the server
whether a limit holds for them, which waits until the server has written what came before: up to two seconds each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TextIO, TypeVar, cast
from uuid import UUID

import polars as pl
from prefect import Task, get_run_logger
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import NO_CACHE
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId, TaskRunFilter, TaskRunFilterId
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TagsContext
from prefect.events.worker import EventsWorker
from prefect.futures import PrefectFuture
from prefect.logging.handlers import APILogHandler
from prefect.runtime import flow_run
from prefect.settings import get_current_settings
from prefect.states import Crashed
from prefect.task_runners import TaskRunner as PrefectTaskRunner

from flows.orchestration.flow_runs import running
from flows.progress import Lines
from flows.running.alive import alive
from flows.running.cluster import Awaited, ClusterRun, Order, Submit, Work
from flows.running.pipeline import Ahead, Stage, ingest
from flows.running.run import Run
from flows.running.summary import RunSummary, as_markdown

T = TypeVar("T")

_RECORDED_SECONDS: Final = 15.0
_RETRIES: Final[dict[Stage, int]] = {"collect": 2, "read": 2, "derive": 0, "check": 2, "publish": 2}
"""Stages that touch files are tried again when the disk or the network failed; deriving is pure: it cannot heal."""

_SPREAD: Final[tuple[Stage, ...]] = ("read", "derive")
"""Stages whose batches a cluster works; there `derive` also checks."""


_WORKERS_DIED: Final = "several workers ended while they had it: the batch is worked where the flow runs"


class TaskRunner:
    """Runs each call of a stage as a Prefect task run, and tells how far the reading is. Made for one flow run."""

    def __init__(self) -> None:
        self._tasks = {stage: _task(stage, _call) for stage in _RETRIES}
        self._is_elsewhere = False
        self._calls = 0
        self._died: list[UUID] = []
        self._flow_run_id: UUID | None = None
        self._artifact_id: UUID | None = None

    def __call__(self, stage: Stage, call: Callable[[], T], number: int = 1, of: int = 1) -> T:
        """Run the call as a task run of the flow run that is going on, unless it awaits one on a worker."""
        self._flow_run_id = UUID(flow_run.id)
        if self._is_elsewhere and stage in _SPREAD:
            result = call()
        else:
            self._calls += 1
            named = self._tasks[stage].with_options(task_run_name=f"{stage} {number} of {of}")
            result = cast(T, named(call))
        if stage == "read":
            self._tell(100 * number / of)
        return result

    def elsewhere(self, workers: PrefectTaskRunner[Any]) -> Submit:
        """From now on the batches are task runs on workers; return what gives them one."""
        self._is_elsewhere = True

        def submit(stage: Stage, work: Work, order: Order, batch: pl.DataFrame) -> Awaited:
            self._calls += 1
            batches = _task(stage, work).with_options(task_run_name=f"{stage} {batch.height} documents")
            return _OnWorker(workers.submit(batches, {"order": order, "batch": batch}), self._died)

        return submit

    def tell_died(self) -> None:
        """Tell Prefect which task runs died with their workers: it would show them as Running for ever.

        To be called when the flow run ends: of a task run that has just begun the server may not know yet.
        """
        if not self._died:
            return
        with get_client(sync_client=True) as client:
            known = client.read_task_runs(task_run_filter=TaskRunFilter(id=TaskRunFilterId(any_=self._died)))
            for task_run in known:
                client.set_task_run_state(task_run.id, Crashed(message=_WORKERS_DIED), force=True)

    def wait_until_recorded(self) -> None:
        """Wait until the server has written the last states of the task runs: it learns of them by events."""
        if self._flow_run_id is None:
            return
        deadline = time.monotonic() + _RECORDED_SECONDS
        EventsWorker.drain_all(timeout=_RECORDED_SECONDS)
        APILogHandler().flush()
        only = FlowRunFilter(id=FlowRunFilterId(any_=[self._flow_run_id]))
        with get_client(sync_client=True) as client:
            while time.monotonic() < deadline:
                states = [task_run.state for task_run in client.read_task_runs(flow_run_filter=only)]
                if len(states) >= min(self._calls, 200) and all(s is not None and s.is_final() for s in states):
                    return
                time.sleep(0.1)

    def _tell(self, percent: float) -> None:
        if self._artifact_id is None:
            created = create_progress_artifact(percent, key="documents-read", description="Documents read")
            assert isinstance(created, UUID)
            self._artifact_id = created
        else:
            update_progress_artifact(self._artifact_id, percent)


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


class LoggedLines(Lines):
    """Progress as lines of the flow run's log, which the Prefect UI shows. Made within the flow run."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self._logger = get_run_logger()

    def warn(self, message: str) -> None:
        """Log the trouble as a warning."""
        self._logger.warning(message)

    def _say(self, message: str) -> None:
        self._last = time.monotonic()
        self._logger.info(message)


def within_flow(run: Run, ahead: Ahead, runner: TaskRunner) -> RunSummary:
    """Do a run within the flow run that is going on: leave its artifacts, and a mark that its process is alive."""
    with TagsContext(current_tags=set()), alive(running(), flow_run.id), _on_workers(run, runner):
        summary = ingest(run, ahead, runner)
        leave_artifacts(summary)
    return summary


@contextmanager
def _on_workers(run: Run, runner: TaskRunner) -> Iterator[None]:
    """Let the batches of a run on a cluster be task runs on its workers, as long as the context is not left."""
    if not isinstance(run, ClusterRun):
        yield
        return
    from prefect_dask.task_runners import DaskTaskRunner

    url = get_current_settings().api.url
    assert url is not None
    run.ask_workers(url)
    try:
        with DaskTaskRunner(address=run.settings.address) as dask:
            assert dask.client  # made by its first use: not by several threads at once
            run.submit = runner.elsewhere(dask)
            yield
    finally:
        runner.tell_died()


def leave_artifacts(summary: RunSummary) -> None:
    """Leave what the run came to where the Prefect UI shows it: summary, counts, reasons, where the data is."""
    create_markdown_artifact(as_markdown(summary), key="run-summary", description="What the run came to")
    create_table_artifact(
        [{"of": title, **count.model_dump()} for title, lines in _accounts(summary).items() for count in lines],
        key="row-account",
        description="Documents and forms by where they ended: of this run, and of the whole warehouse",
    )
    create_table_artifact(
        [held.model_dump() for held in summary.held_reasons],
        key="held-back",
        description="Forms in quarantine, by the rule that they break",
    )
    if summary.problems:
        create_table_artifact(
            [problem.model_dump() for problem in summary.problems],
            key="not-taken-or-read",
            description="Sources and documents that could not be taken or read",
        )
    for key, (link, text) in _links(summary).items():
        create_link_artifact(link, link_text=text, key=key, description=text)


def _accounts(summary: RunSummary) -> dict[str, Any]:
    return {"documents": summary.documents, "forms": summary.forms}


def _links(summary: RunSummary) -> dict[str, tuple[str, str]]:
    """Give the pages about the data that are there: a link to what nobody built would only annoy."""
    if summary.release_id is None:
        return {}
    if "://" in summary.published:
        return {"published-data": (summary.published, f"release {summary.release_id}")}
    release = Path(summary.published).resolve().parent
    pages = {
        "published-data": (Path(summary.published), f"release {summary.release_id}"),
        "release-report": (release / "report.html", "what is new in this release"),
        "data-docs": (release / "data_docs" / "index.html", "Data Docs: what Great Expectations found"),
    }
    return {key: (page.absolute().as_uri(), text) for key, (page, text) in pages.items() if page.exists()}


def _task(stage: Stage, work: Callable[..., Any]) -> Task[..., Any]:
    return Task(
        work,
        name=stage,
        retries=_RETRIES[stage],
        retry_delay_seconds=[1, 5],
        retry_condition_fn=_may_heal,
        persist_result=False,
        cache_policy=NO_CACHE,
    )


def _call(call: Callable[[], T]) -> T:
    return call()


def _may_heal(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001
    """Tell whether trying again can help: for trouble with files or the network, not for wrong data or a full disk."""
    return isinstance(state.result(raise_on_failure=False), OSError)
