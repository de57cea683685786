"""The Prefect flow: a thin layer that hands the stages to Prefect as tasks, one for each batch of documents.

Where a Prefect API is configured (`PREFECT_API_URL`, a profile, `prefect.toml`) the run is told there; else a server
of its own is started for the length of the run, while the run already reads. Its database is kept in
`<warehouse>/prefect` (for one in a bucket, in `~/.prefect`), unless `PREFECT_HOME` or a profile of the user's says
otherwise.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from uuid import UUID

from flows.backfill import BackfillAhead
from flows.pipeline import Ahead, Stage, ingest
from flows.prefect_server import PREFECT_DEFAULTS, ServerError, TemporaryServer
from flows.run import Run
from flows.selection import Selection
from flows.summary import RunSummary, as_markdown

if TYPE_CHECKING:
    from prefect import Task
    from prefect.client.schemas.objects import State, TaskRun

T = TypeVar("T")

_RECORDED_SECONDS: Final = 15.0
_DESCRIPTIONS: Final = {
    "ingest": "Takes PDFs in, reads, derives and checks their forms, and publishes a release.",
    "backfill": "Reads, derives or checks documents again that the warehouse has, and publishes a release.",
}
_RETRIES: Final[dict[Stage, int]] = {"collect": 2, "read": 2, "derive": 0, "check": 2, "publish": 2}
"""Stages that touch files are tried again when the disk or the network failed; deriving is pure: it cannot heal."""


def ingest_with_prefect(run: Run, sources: Sequence[str]) -> RunSummary:
    """Take in the sources as a Prefect flow run: `pipeline.ingest`, told to a Prefect server.

    Raises:
        ServerError: The configured server does not answer, or the temporary one did not start.
        WarehouseError: As `pipeline.ingest`.
        Interrupted: As `pipeline.ingest`.
    """
    return _with_prefect(run, partial(Ahead, run, sources), {"sources": list(sources)})


def backfill_with_prefect(run: Run, selection: Selection) -> RunSummary:
    """Do a backfill as a Prefect flow run.

    Raises:
        ServerError: The configured server does not answer, or the temporary one did not start.
        WarehouseError: As `pipeline.ingest`.
        Interrupted: As `pipeline.ingest`.
    """
    return _with_prefect(run, partial(BackfillAhead, run, selection), {"selection": selection.described()})


def _with_prefect(run: Run, look_ahead: Callable[[], Ahead], told: dict[str, Any]) -> RunSummary:
    set_environment(run.warehouse.root / "prefect" if run.warehouse.is_local else prefect_home())
    with ExitStack() as stack:
        server = None if _is_perhaps_configured() else stack.enter_context(TemporaryServer(prefect_home()))
        ahead = look_ahead()
        with run.progress.waiting("Prefect to be imported"):
            from prefect.settings import PREFECT_API_URL, get_current_settings, temporary_settings

        url = get_current_settings().api.url
        if url:
            _check_answers(url)
        else:
            server = server or stack.enter_context(TemporaryServer(prefect_home()))
            with run.progress.waiting("a Prefect server to start (--plain does without)"):
                url = server.wait()
        stack.enter_context(temporary_settings({PREFECT_API_URL: url}))
        runner = TaskRunner(run.kind)
        if server is not None:
            stack.callback(runner.wait_until_recorded)
        return _flow(run, ahead, runner)({**told, "warehouse": run.warehouse.location})


def prefect_home() -> Path:
    """Return the folder where Prefect keeps its database and profiles."""
    home = os.environ.get("PREFECT_HOME")
    return Path(home) if home else Path.home() / ".prefect"


def set_environment(home: Path) -> None:
    """Set what Prefect reads when it is imported, where the user has not: no telemetry, a quiet console, its home.

    Args:
        home: Its home, unless `PREFECT_HOME` names one or the user has Prefect profiles.
    """
    for name, value in PREFECT_DEFAULTS.items():
        os.environ.setdefault(name, value)
    if not (prefect_home() / "profiles.toml").exists():
        os.environ.setdefault("PREFECT_HOME", str(home))


def _is_perhaps_configured() -> bool:
    """Tell whether to ask Prefect for its settings before starting a server; asking takes the time of its import."""
    project = Path("pyproject.toml")
    return (
        any(name in os.environ for name in ("PREFECT_API_URL", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH"))
        or any(path.exists() for path in (prefect_home() / "profiles.toml", Path("prefect.toml"), Path(".env")))
        or (project.exists() and "[tool.prefect" in project.read_text(encoding="utf-8", errors="replace"))
    )


def _check_answers(url: str) -> None:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        error = client.api_healthcheck()
    if error is not None:
        raise ServerError(
            f"the Prefect server at {url} does not answer ({error}). Start it, unset PREFECT_API_URL to use a "
            "temporary one, or run with --plain."
        )


def _flow(run: Run, ahead: Ahead, runner: TaskRunner) -> Callable[[dict[str, Any]], RunSummary]:
    from prefect import flow

    @flow(
        name=run.kind,
        flow_run_name=f"{run.kind} {run.started_at:%Y-%m-%d %H:%M:%S}",
        description=_DESCRIPTIONS[run.kind],
        persist_result=False,
        validate_parameters=False,
    )
    def run_flow(asked: dict[str, Any]) -> RunSummary:  # noqa: ARG001
        from prefect.artifacts import create_markdown_artifact, create_table_artifact

        summary = ingest(run, ahead, runner)
        create_markdown_artifact(as_markdown(summary), key=f"{run.kind}-summary", description="What the run came to")
        create_table_artifact(
            [held.model_dump() for held in summary.held_reasons],
            key=f"{run.kind}-held-back",
            description="Forms in quarantine, by the rule that they break",
        )
        return summary

    return run_flow


class TaskRunner:
    """Runs each call of a stage as a Prefect task run, and tells how far the reading is. Made for one flow run."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._tasks = {stage: _task(stage, retries) for stage, retries in _RETRIES.items()}
        self._calls = 0
        self._flow_run_id: UUID | None = None
        self._artifact_id: UUID | None = None

    def __call__(self, stage: Stage, call: Callable[[], T], number: int = 1, of: int = 1) -> T:
        """Run the call as a task run of the flow run that is going on."""
        from prefect.runtime import flow_run

        self._flow_run_id = UUID(flow_run.id)
        self._calls += 1
        task = self._tasks[stage].with_options(task_run_name=f"{stage} {number} of {of}")
        result = cast(T, task(call))
        if stage == "read":
            self._tell(100 * number / of)
        return result

    def wait_until_recorded(self) -> None:
        """Wait until the server has written the last states of the task runs: it learns of them by events."""
        from prefect.client.orchestration import get_client
        from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId
        from prefect.events.worker import EventsWorker
        from prefect.logging.handlers import APILogHandler

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
        from prefect.artifacts import create_progress_artifact, update_progress_artifact

        if self._artifact_id is None:
            created = create_progress_artifact(percent, key=f"{self._kind}-read", description="Documents read")
            assert isinstance(created, UUID)
            self._artifact_id = created
        else:
            update_progress_artifact(self._artifact_id, percent)


def _task(stage: Stage, retries: int) -> Task[[Callable[[], Any]], Any]:
    from prefect import task
    from prefect.cache_policies import NO_CACHE

    @task(
        name=stage,
        retries=retries,
        retry_delay_seconds=[1, 5],
        retry_condition_fn=_may_heal,
        persist_result=False,
        cache_policy=NO_CACHE,
    )
    def run_stage(call: Callable[[], Any]) -> Any:
        return call()

    return run_stage


def _may_heal(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001
    """Tell whether trying again can help: for trouble with files or the network, not for wrong data or a full disk."""
    return isinstance(state.result(raise_on_failure=False), OSError)
