"""What a flow run shows in Prefect: a task run for each call of a stage, artifacts, log lines, and its last states.

Imports Prefect, which takes two seconds: to be imported by what needs it only.

Tags are on flow runs only: for a task run that has tags Prefect asks the server whether a limit holds for them, which
waits until the server has written what came before: up to two seconds each.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, Final, TextIO, TypeVar, cast
from uuid import UUID

from prefect import get_run_logger
from prefect.artifacts import (
    create_link_artifact,
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
from prefect.context import TagsContext
from prefect.events.worker import EventsWorker
from prefect.exceptions import TerminationSignal
from prefect.logging.handlers import APILogHandler
from prefect.runtime import flow_run

from flows.orchestration.flow_runs import running
from flows.orchestration.stage_tasks import RETRIES, stage_task
from flows.progress import Lines
from flows.running.alive import alive
from flows.running.pipeline import Job, ingest
from flows.running.stages import Stage
from flows.running.summary import RunSummary, as_markdown
from flows.stopping import Interrupted

T = TypeVar("T")

_RECORDED_SECONDS: Final = 15.0


class TaskRuns:
    """Makes each call of a stage a task run of the flow run, and shows how far the reading is. For one flow run.

    Args:
        elsewhere: Stages whose batches are task runs on workers: here they are only awaited.
    """

    def __init__(self, elsewhere: frozenset[Stage] = frozenset()) -> None:
        self._tasks = {stage: stage_task(stage, _call) for stage in RETRIES}
        self._elsewhere = elsewhere
        self._calls = 0
        self._flow_run_id: UUID | None = None
        self._artifact_id: UUID | None = None

    def __call__(self, stage: Stage, function: Callable[[], T], number: int = 1, of: int = 1) -> T:
        """Make the call as a task run of the current flow run; see `running.workplace.Call`."""
        self._flow_run_id = UUID(flow_run.id)
        self._calls += 1
        if stage in self._elsewhere:
            result = function()
        else:
            named = self._tasks[stage].with_options(task_run_name=f"{stage} {number} of {of}")
            result = cast(T, named(function))
        if stage == "read":
            self._show(100 * number / of)
        return result

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

    def _show(self, percent: float) -> None:
        if self._artifact_id is None:
            created = create_progress_artifact(percent, key="documents-read", description="Documents read")
            assert isinstance(created, UUID)
            self._artifact_id = created
        else:
            update_progress_artifact(self._artifact_id, percent)


class LoggedLines(Lines):
    """Progress as lines of the flow run's log, which the Prefect UI shows. Made within the flow run."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self._logger = get_run_logger()

    def warn(self, message: str) -> None:
        """Log the problem as a warning."""
        self._logger.warning(message)

    def _say(self, message: str) -> None:
        self._last = time.monotonic()
        self._logger.info(message)


def within_flow(job: Job, call: TaskRuns, on_workers: AbstractContextManager[None] | None = None) -> RunSummary:
    """Do a run within the current flow run: leave its artifacts, and a mark that its process is alive.

    During the stages, Prefect's handler of SIGTERM is set aside: its error would come up wherever the main thread
    is. When the run was asked to stop, what Prefect's handler would have raised is raised here, at a safe place, so
    that Prefect records the flow run as crashed or, where somebody cancelled it, as cancelled.

    Args:
        job: The run, begun.
        call: Makes task runs.
        on_workers: What is open while batches are task runs on workers.

    Raises:
        TerminationSignal: A signal asked the run to stop.
        Interrupted: Its time was up.
    """
    stop = job.run.stop
    try:
        with (
            stop.handlers(),
            TagsContext(current_tags=set()),
            alive(running(), flow_run.id),
            on_workers or nullcontext(),
        ):
            summary = ingest(job, call)
            leave_artifacts(summary)
            return summary
    except Interrupted as error:
        if error.cause.exit_code <= 128:
            raise
        raise TerminationSignal(signal.SIGTERM) from error


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


def _call(function: Callable[[], T]) -> T:
    return function()
