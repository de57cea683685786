"""A run from the command line as a Prefect flow run: a thin layer around the stages, which know nothing of Prefect.

Where a Prefect API is configured (`PREFECT_API_URL`, a profile, `prefect.toml`) the run is told there; else a server
of its own is started for the length of the run, while the run already reads. Its database is kept in
`<warehouse>/prefect`, unless `PREFECT_HOME` or a profile of the user's says otherwise.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flows.orchestration.flow_runs import prefect_home, tell_crashed
from flows.orchestration.server import PREFECT_DEFAULTS, ServerError, TemporaryServer
from flows.running.backfill import BackfillAhead
from flows.running.pipeline import Ahead
from flows.running.run import Run
from flows.running.selection import Selection
from flows.running.summary import RunSummary

if TYPE_CHECKING:
    from flows.orchestration.tasks import TaskRunner

_DESCRIPTIONS: Final = {
    "ingest": "Takes PDFs in, reads, derives and checks their forms, and publishes a release.",
    "backfill": "Reads, derives or checks documents again that the warehouse has, and publishes a release.",
}


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


def _with_prefect(run: Run, look_ahead: Callable[[], Ahead], told: Mapping[str, Any]) -> RunSummary:
    set_environment(run.warehouse.root / "prefect" if run.warehouse.is_local else prefect_home())
    with ExitStack() as stack:
        home, keep_days = prefect_home(), run.settings.prefect.keep_days
        server = None if is_perhaps_configured() else stack.enter_context(TemporaryServer(home, keep_days=keep_days))
        ahead = look_ahead()
        with run.progress.waiting("Prefect to be imported"):
            from prefect.settings import (
                PREFECT_API_URL,
                PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
                get_current_settings,
                temporary_settings,
            )

            from flows.orchestration.tasks import TaskRunner

        url = get_current_settings().api.url
        if url:
            check_answers(url)
        else:
            server = server or stack.enter_context(TemporaryServer(home, keep_days=keep_days))
            with run.progress.waiting("a Prefect server to start (--plain does without)"):
                url = server.wait()
        # A server that ends with the run has nobody who listens for a heartbeat; to end it would take up to a second.
        silent = {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None} if server is not None else {}
        stack.enter_context(temporary_settings({PREFECT_API_URL: url, **silent}))
        tell_crashed()
        runner = TaskRunner()
        if server is not None:
            stack.callback(runner.wait_until_recorded)
        return _flow(run, ahead, runner)({**told, "warehouse": run.warehouse.location})


def set_environment(home: Path) -> None:
    """Set what Prefect reads when it is imported, where the user has not: no telemetry, a quiet console, its home.

    Args:
        home: Its home, unless `PREFECT_HOME` names one or the user has Prefect profiles.
    """
    for name, value in PREFECT_DEFAULTS.items():
        os.environ.setdefault(name, value)
    if not (prefect_home() / "profiles.toml").exists():
        os.environ.setdefault("PREFECT_HOME", str(home))


def is_perhaps_configured() -> bool:
    """Tell whether to ask Prefect for its settings before starting a server; asking takes the time of its import."""
    project = Path("pyproject.toml")
    return (
        any(name in os.environ for name in ("PREFECT_API_URL", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH"))
        or any(path.exists() for path in (prefect_home() / "profiles.toml", Path("prefect.toml"), Path(".env")))
        or (project.exists() and "[tool.prefect" in project.read_text(encoding="utf-8", errors="replace"))
    )


def check_answers(url: str) -> None:
    """Ask a configured server whether it is there.

    Raises:
        ServerError: It does not answer.
    """
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        error = client.api_healthcheck()
    if error is not None:
        raise ServerError(
            f"the Prefect server at {url} does not answer ({error}). Start it, unset PREFECT_API_URL to use a "
            "temporary one, or run with --plain."
        )


def _flow(run: Run, ahead: Ahead, runner: TaskRunner) -> Callable[[dict[str, Any]], RunSummary]:
    from prefect import Flow, tags

    command = Flow(
        _command,
        name=run.kind,
        flow_run_name=f"{run.kind} {run.started_at:%Y-%m-%d %H:%M:%S}",
        description=_DESCRIPTIONS[run.kind],
        persist_result=False,
        validate_parameters=False,
    )

    def tagged(asked: dict[str, Any]) -> RunSummary:
        from flows.orchestration.tasks import within_flow

        token = _WORK.set(partial(within_flow, run, ahead, runner))
        try:
            with tags("jixiao", "command"):
                return command(asked)
        finally:
            _WORK.reset(token)

    return tagged


_WORK: Final[ContextVar[Callable[[], RunSummary]]] = ContextVar("work")
"""What the flow run is to do. Not held by the flow itself: that travels to the workers of a cluster with each task."""


def _command(asked: dict[str, Any]) -> RunSummary:  # noqa: ARG001
    return _WORK.get()()
