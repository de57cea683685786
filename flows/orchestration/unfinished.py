"""Flow runs that a service left behind: handed to a process that is gone, or taken for running though none is.

Prefect cannot know that, and both hold the place of a night: the next one would wait for ever, or be left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.exceptions import ObjectNotFound
from prefect.states import Cancelled, Crashed, Scheduled

from flows.orchestration.flow_runs import CRASHED, reported, running, unreported
from flows.orchestration.schedule import deployment_named, runs_of
from flows.running.alive import living, marked

ENDED: Final = (
    "the service was ended while it ran. What was read is kept, what is published has not changed: a night continues "
    "when the service starts again."
)
_BEFORE_IT_BEGAN: Final = "the service was ended before it began"
_CANCELLED: Final = "it was being cancelled when the service ended; what was read is kept"
_BY_THE_SERVICE: Final = ("Runner is shutting down.", "termination signal", "SIGTERM")
"""What Prefect says of runs that its runner cancels when it ends, or that had not begun to listen for that."""
_JUST: Final = timedelta(minutes=5)
_ENDED: Final = [StateType.COMPLETED, StateType.FAILED, StateType.CRASHED, StateType.CANCELLED]
_UNFINISHED: Final = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]


def at_work(names: Sequence[str]) -> tuple[list[UUID], list[UUID]]:
    """List the runs of some deployments whose processes may live, except those that a person cancels.

    Returns:
        Those that have not ended, and those that have just ended: their processes still report that.
    """
    with get_client(sync_client=True) as client:
        begun = list(_unfinished(client, names))
        over = [run.id for run in _just_ended(client, names)]
    cancelled = {run.id for run in begun if run.state and run.state.is_cancelling()}
    at_it = {*(run.id for run in begun), *(UUID(name) for name in marked(running()))} - cancelled - set(over)
    return sorted(at_it), sorted(over)


def settle_left_behind(names: Sequence[str]) -> list[FlowRun]:
    """Give the runs that an earlier service left behind their true state.

    What had begun has crashed. What had only been handed to a process is waiting again. Runs whose process lives are
    left alone. To be called while no service of these deployments runs.

    Returns:
        Those that have crashed.
    """
    crashed, alive = [], {UUID(name) for name in living(running())}
    with get_client(sync_client=True) as client:
        for run in _unfinished(client, names):
            if run.id not in alive:
                crashed += _settle(client, run, CRASHED)
    return crashed


def settle_ended(flow_run_id: UUID) -> list[FlowRun]:
    """Give a run that the service itself has ended its true state: Prefect took that for a cancellation.

    A run that reached its end by itself meanwhile keeps that: Prefect writes its cancellation over it.

    Returns:
        The run, where it has crashed.
    """
    with get_client(sync_client=True) as client:
        try:
            run = client.read_flow_run(flow_run_id)
        except ObjectNotFound:
            return []
        if (end := _own_end(client, run)) is None:
            return _settle(client, run, ENDED)
        if run.state is None or run.state.timestamp != end.timestamp:
            client.set_flow_run_state(run.id, end, force=True)
        return [client.read_flow_run(run.id)] if end.is_crashed() else []


def ended_unreported() -> list[FlowRun]:
    """List the runs that have ended without a report: the server or the process was lost before that was sent."""
    ended = []
    with get_client(sync_client=True) as client:
        for flow_run_id in unreported():
            try:
                run = client.read_flow_run(flow_run_id)
            except ObjectNotFound:
                reported(flow_run_id)
                continue
            if run.state is not None and run.state.is_final():
                ended.append(run)
    return ended


def _own_end(client: SyncPrefectClient, run: FlowRun) -> State[Any] | None:
    """Return the last state in which a run ended, unless the end of its service made it; null: there is none."""
    ends = [state for state in client.read_flow_run_states(run.id) if state.is_final()]
    own = [state for state in ends if not any(words in (state.message or "") for words in _BY_THE_SERVICE)]
    return max(own, key=lambda state: state.timestamp, default=None)


def _settle(client: SyncPrefectClient, run: FlowRun, message: str) -> list[FlowRun]:
    """Give a run whose process is gone its true state; return it where that is a crash."""
    assert run.state is not None
    if run.state.is_cancelling():
        client.set_flow_run_state(run.id, Cancelled(message=_CANCELLED), force=True)
    elif not any(state.is_running() for state in client.read_flow_run_states(run.id)):
        planned = run.expected_start_time
        client.set_flow_run_state(run.id, Scheduled(scheduled_time=planned, message=_BEFORE_IT_BEGAN), force=True)
    else:
        client.set_flow_run_state(run.id, Crashed(message=message), force=True)
        return [client.read_flow_run(run.id)]
    return []


def _unfinished(client: SyncPrefectClient, names: Sequence[str]) -> Iterator[FlowRun]:
    for name in names:
        if deployment := deployment_named(client, name):
            yield from runs_of(client, deployment.id, _UNFINISHED)


def _just_ended(client: SyncPrefectClient, names: Sequence[str]) -> Iterator[FlowRun]:
    since = datetime.now(UTC) - _JUST
    for name in names:
        if deployment := deployment_named(client, name):
            runs = runs_of(client, deployment.id, _ENDED, newest_first=True)
            yield from (run for run in runs if run.end_time is not None and run.end_time > since)
