"""Flow runs that are alive, dead or overdue, as Prefect's database and this machine tell together.

Prefect cannot know that a process was killed: its run shows Running for ever, and holds its place in the schedule. So
every run of ours holds a locked file in `<PREFECT_HOME>/running` while its process lives. The system drops the lock
when the process ends, however that happens, and the next start tells Prefect.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import UUID

from filelock import FileLock, Timeout

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

_LOCK: Final = ".lock"
CRASHED: Final = (
    "its process ended without a word: killed, out of memory, or the machine was restarted. "
    "What was read is kept; the next run goes on from there."
)


def prefect_home() -> Path:
    """Return the folder where Prefect keeps its database and profiles."""
    home = os.environ.get("PREFECT_HOME")
    return Path(home) if home else Path.home() / ".prefect"


@contextmanager
def alive(flow_run_id: str) -> Iterator[None]:
    """Show that the process of a flow run lives, as long as the context is not left."""
    folder = prefect_home() / "running"
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / f"{flow_run_id}{_LOCK}"
    with FileLock(mark):
        try:
            yield
        finally:
            mark.unlink(missing_ok=True)


def marks() -> list[UUID]:
    """List the flow runs of this machine that have not left `alive`, whether their process lives or not."""
    return [UUID(mark.name.removesuffix(_LOCK)) for mark in sorted((prefect_home() / "running").glob(f"*{_LOCK}"))]


def dead() -> list[UUID]:
    """List the flow runs of this machine whose process ended without leaving `alive`; their marks are removed."""
    found = []
    for mark in sorted((prefect_home() / "running").glob(f"*{_LOCK}")):
        try:
            with FileLock(mark, timeout=0):
                found.append(UUID(mark.name.removesuffix(_LOCK)))
                mark.unlink(missing_ok=True)
        except Timeout:
            continue
    return found


def tell_crashed() -> list[FlowRun]:
    """Tell the server that is set which runs of this machine died; return those that it took for running."""
    gone = dead()
    if not gone:
        return []
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound
    from prefect.states import Crashed

    told = []
    with get_client(sync_client=True) as client:
        for flow_run_id in gone:
            try:
                run = client.read_flow_run(flow_run_id)
            except ObjectNotFound:
                continue
            if run.state is not None and not run.state.is_final():
                client.set_flow_run_state(flow_run_id, Crashed(message=CRASHED), force=True)
                told.append(client.read_flow_run(flow_run_id))
    return told
