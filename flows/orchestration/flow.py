"""A run from the command line as a Prefect flow run: a thin layer around the stages, which know nothing of Prefect.

Where a Prefect API is configured (`PREFECT_API_URL`, a profile, `prefect.toml`) the run is recorded there; else a
server of its own is started for the length of the run, while the run already reads. Its database is kept in
`<warehouse>/prefect`, unless `PREFECT_HOME` or a profile of the user's says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import partial
from typing import Any, Final, NamedTuple

from flows.orchestration.environment import is_perhaps_configured, prefect_home, set_environment
from flows.orchestration.flow_runs import record_crashed
from flows.orchestration.server import ServerError, TemporaryServer
from flows.running.cluster import connected, on_cluster
from flows.running.pipeline import Find, Job
from flows.running.run import Run
from flows.running.stages import Stage
from flows.running.summary import RunSummary
from flows.running.workplace import Workplace, here

_DESCRIPTIONS: Final = {
    "ingest": "Takes PDFs in, reads, derives and checks their forms, and publishes a release.",
    "backfill": "Reads, derives or checks documents again that the warehouse has, and publishes a release.",
}


def run_with_prefect(run: Run, find: Find, asked: Mapping[str, Any]) -> RunSummary:
    """Do a run as a Prefect flow run: `pipeline.ingest`, recorded by a Prefect server.

    Args:
        run: The run.
        find: What it begins with.
        asked: What it was asked to do, as the flow run's parameters.

    Raises:
        ServerError: The configured server does not answer, or the temporary one did not start.
        WarehouseError: As `pipeline.ingest`.
        Interrupted: As `pipeline.ingest`.
    """
    set_environment(run.warehouse.root / "prefect" if run.warehouse.is_local else prefect_home())
    with ExitStack() as stack:
        home, keep_days = prefect_home(), run.settings.prefect.keep_days
        server = None if is_perhaps_configured() else stack.enter_context(TemporaryServer(home, keep_days=keep_days))
        place = stack.enter_context(place_in_flow(run))
        job = stack.enter_context(Job(run, place.workplace, find))
        with run.progress.waiting("Prefect to be imported"):
            from prefect.settings import (
                PREFECT_API_URL,
                PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
                get_current_settings,
                temporary_settings,
            )

            from flows.orchestration.tasks import TaskRuns, within_flow

        url = get_current_settings().api.url
        if url:
            check_answers(url)
        else:
            server = server or stack.enter_context(TemporaryServer(home, keep_days=keep_days))
            with run.progress.waiting("a Prefect server to start (--plain does without)"):
                url = server.wait(run.stop)
        # A server that ends with the run has nobody who listens for a heartbeat; to end it would take up to a second.
        silent = {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None} if server is not None else {}
        stack.enter_context(temporary_settings({PREFECT_API_URL: url, **silent}))
        record_crashed()
        calls = TaskRuns(place.elsewhere)
        summary = _in_flow(run, partial(within_flow, job, calls, place.on_workers), asked)
        if server is not None:
            calls.wait_until_recorded()
        return summary


class Place(NamedTuple):
    """The workplace of a run that is to be a flow run.

    Attributes:
        workplace: The workplace.
        on_workers: To be opened when the flow run has begun; null: nothing.
        elsewhere: Stages whose batches are task runs on workers.
    """

    workplace: Workplace
    on_workers: AbstractContextManager[None] | None = None
    elsewhere: frozenset[Stage] = frozenset()


@contextmanager
def place_in_flow(run: Run) -> Iterator[Place]:
    """Give the workplace of a run that is to be a flow run.

    Raises:
        SettingsError, ClusterError: As `running.cluster.connected`.
    """
    if run.settings.runner == "local":
        with here(run) as workplace:
            yield Place(workplace)
        return
    with connected(run.settings) as client:
        from flows.orchestration.dask_workers import TaskRunsOnWorkers

        assert run.settings.address is not None
        submit = TaskRunsOnWorkers(client, run.settings.address)
        with on_cluster(run, client, submit) as cluster:
            yield Place(cluster, submit.open(), frozenset({"read", "derive"}))


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


def _in_flow(run: Run, work: Callable[[], RunSummary], asked: Mapping[str, Any]) -> RunSummary:
    """Do the work as a flow run."""
    from prefect import Flow, tags

    held = _Held(work)

    def command(asked: dict[str, Any]) -> RunSummary:  # noqa: ARG001
        return held()

    flow = Flow(
        command,
        name=run.plan.kind,
        flow_run_name=f"{run.plan.kind} {run.plan.started_at:%Y-%m-%d %H:%M:%S}",
        description=_DESCRIPTIONS[run.plan.kind],
        persist_result=False,
        validate_parameters=False,
    )
    with tags("jixiao", "command"):
        return flow({**asked, "warehouse": run.warehouse.location})


class _Held:
    """What a flow run is to do, held in this process: the flow travels to the workers of a cluster with each task."""

    def __init__(self, work: Callable[[], RunSummary] | None = None) -> None:
        self._work = work

    def __call__(self) -> RunSummary:
        assert self._work is not None, "a flow run is done where it was begun"
        return self._work()

    def __reduce__(self) -> tuple[type[_Held], tuple[()]]:
        return _Held, ()
