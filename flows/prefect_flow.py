"""A run from the command line as a Prefect flow run: a thin layer around the stages, which know nothing of Prefect.

Where a Prefect API is configured (`PREFECT_API_URL`, a profile, `prefect.toml`) the run is told there; else a server
of its own is started for the length of the run, while the run already reads. Its database is kept in
`<warehouse>/prefect`, unless `PREFECT_HOME` or a profile of the user's says otherwise.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from flows.pipeline import Ahead, Runner, ingest
from flows.prefect_runs import prefect_home, tell_crashed
from flows.prefect_server import PREFECT_DEFAULTS, ServerError, TemporaryServer
from flows.run import Run
from flows.summary import RunSummary

if TYPE_CHECKING:
    from flows.prefect_tasks import TaskRunner

A = TypeVar("A")


def ingest_with_prefect(run: Run, sources: Sequence[str]) -> RunSummary:
    """Take in the sources as a Prefect flow run: `pipeline.ingest`, told to a Prefect server.

    Raises:
        ServerError: The configured server does not answer, or the temporary one did not start.
        WarehouseError: As `pipeline.ingest`.
        Interrupted: As `pipeline.ingest`.
    """
    return with_prefect(
        run,
        "ingest",
        {"sources": list(sources)},
        begin=lambda: Ahead(run, sources),
        work=lambda ahead, runner: ingest(run, ahead, runner),
    )


def with_prefect(
    run: Run,
    name: str,
    parameters: Mapping[str, Any],
    *,
    begin: Callable[[], A],
    work: Callable[[A, Runner], RunSummary],
) -> RunSummary:
    """Do a piece of work as a flow run.

    Args:
        run: The run.
        name: Name of the flow.
        parameters: What the Prefect UI shows as its parameters, beside the warehouse; JSON.
        begin: Begins what needs no server, while the server starts.
        work: Given what `begin` returned and the runner of the stages.

    Raises:
        ServerError: The configured server does not answer, or the temporary one did not start.
    """
    set_environment(run.warehouse.root / "prefect")
    with ExitStack() as stack:
        home, keep_days = prefect_home(), run.settings.prefect.keep_days
        server = None if is_perhaps_configured() else stack.enter_context(TemporaryServer(home, keep_days=keep_days))
        begun = begin()
        with run.progress.waiting("Prefect to be imported"):
            from prefect.settings import PREFECT_API_URL, get_current_settings, temporary_settings

            from flows.prefect_tasks import TaskRunner

        url = get_current_settings().api.url
        if url:
            check_answers(url)
        else:
            server = server or stack.enter_context(TemporaryServer(home, keep_days=keep_days))
            with run.progress.waiting("a Prefect server to start (--plain does without)"):
                url = server.wait()
        stack.enter_context(temporary_settings({PREFECT_API_URL: url}))
        tell_crashed()
        runner = TaskRunner()
        if server is not None:
            stack.callback(runner.wait_until_recorded)
        return _flow(run, name, runner, lambda runner: work(begun, runner))(dict(parameters), str(run.warehouse.root))


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


def _flow(
    run: Run, name: str, runner: TaskRunner, work: Callable[[TaskRunner], RunSummary]
) -> Callable[[dict[str, Any], str], RunSummary]:
    from prefect import flow, tags

    from flows.prefect_tasks import within_flow

    @flow(
        name=name,
        flow_run_name=f"{name} {run.started_at:%Y-%m-%d %H:%M:%S}",
        description="From the command line: reads, derives and checks forms, and publishes a release.",
        persist_result=False,
        validate_parameters=False,
    )
    def command(parameters: dict[str, Any], warehouse: str) -> RunSummary:  # noqa: ARG001
        return within_flow(work, runner)

    def tagged(parameters: dict[str, Any], warehouse: str) -> RunSummary:
        with tags("jixiao", "command"):
            return command(parameters, warehouse)

    return tagged
