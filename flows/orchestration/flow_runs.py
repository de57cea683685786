"""Flow runs that are alive, dead or overdue, as Prefect's database and this machine show together.

Prefect cannot know that a process was killed: its run shows Running for ever, and holds its place in the schedule. So
every run of ours is marked as alive in `<PREFECT_HOME>/running`; the next start reports to Prefect those that are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from flows.orchestration.environment import prefect_home
from flows.running.alive import dead

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

_OVER: Final = "over"
CRASHED: Final = (
    "its process ended unexpectedly: killed, out of memory, or the machine was restarted. "
    "What was read is kept; the next run continues from there."
)


def running() -> Path:
    """Return the folder of the marks of this machine's flow runs, each named by its id."""
    return prefect_home() / "running"


def hold(flow_run_ids: Sequence[UUID], over: Sequence[UUID] = ()) -> None:
    """Note which runs the service ends itself: it reports them when their true state is known, and nobody else does.

    Also their own processes do not, and a service that is killed meanwhile leaves that to the next one.

    Args:
        flow_run_ids: The runs.
        over: Runs that have ended and reported that, but whose processes may live: only their state is set right.
    """
    _held().mkdir(parents=True, exist_ok=True)
    for flow_run_id in (*flow_run_ids, *over):
        (_held() / str(flow_run_id)).write_text(_OVER if flow_run_id in over else "", encoding="utf-8")


def is_over(flow_run_id: UUID) -> bool:
    """Return whether a run that is noted by `hold` had ended, and reported that, before."""
    return (_held() / str(flow_run_id)).read_text(encoding="utf-8") == _OVER


def held() -> list[UUID]:
    """List the runs that are noted by `hold`."""
    return [UUID(mark.name) for mark in sorted(_held().glob("*-*"))]


def release(flow_run_id: UUID) -> None:
    """Take a run from those that are noted by `hold`."""
    (_held() / str(flow_run_id)).unlink(missing_ok=True)


def await_report(flow_run_id: UUID) -> None:
    """Note that a run has begun, whose end is to be reported: also when its process or its server is gone by then."""
    _unreported().mkdir(parents=True, exist_ok=True)
    (_unreported() / str(flow_run_id)).touch()


def unreported() -> list[UUID]:
    """List the runs that have begun and whose end was not reported yet."""
    return [UUID(mark.name) for mark in sorted(_unreported().glob("*-*"))]


def reported(flow_run_id: UUID) -> None:
    """Take a run from those whose end is to be reported."""
    (_unreported() / str(flow_run_id)).unlink(missing_ok=True)


def _unreported() -> Path:
    return prefect_home() / "unreported"


def _held() -> Path:
    return prefect_home() / "ended"


def record_crashed() -> list[FlowRun]:
    """Report to the server that is set which runs of this machine died; return those that it took for running."""
    gone = [UUID(name) for name in dead(running())]
    if not gone:
        return []
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound
    from prefect.states import Crashed

    recorded = []
    with get_client(sync_client=True) as client:
        for flow_run_id in gone:
            try:
                run = client.read_flow_run(flow_run_id)
            except ObjectNotFound:
                continue
            if run.state is not None and not run.state.is_final():
                client.set_flow_run_state(flow_run_id, Crashed(message=CRASHED), force=True)
                recorded.append(client.read_flow_run(flow_run_id))
    return recorded
