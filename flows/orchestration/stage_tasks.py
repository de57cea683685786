"""The stages of a run as Prefect tasks: what is tried again, and what is kept of a result (nothing).

What a stage makes is in the ledger, by document and version, and stays there when Prefect's database is lost; a cache
beside it could only disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from prefect import Task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun

from flows.running.stages import Stage

RETRIES: Final[dict[Stage, int]] = {"collect": 2, "read": 2, "derive": 0, "check": 2, "publish": 2}
"""Stages that touch files are tried again when the disk or the network failed; deriving is pure: it cannot heal."""


def stage_task(stage: Stage, work: Callable[..., Any]) -> Task[..., Any]:
    """Make the task of a stage."""
    return Task(
        work,
        name=stage,
        retries=RETRIES[stage],
        retry_delay_seconds=[1, 5],
        retry_condition_fn=_may_heal,
        persist_result=False,
        cache_policy=NO_CACHE,
    )


def _may_heal(task: Task[..., Any], task_run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001
    """Return whether trying again can help: for files and the network it may, for wrong data or a full disk not."""
    return isinstance(state.result(raise_on_failure=False), OSError)
