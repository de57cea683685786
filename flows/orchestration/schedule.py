"""When nights are: the moments of a cron line, and the runs that the Prefect server has planned for them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Literal, TypeAlias
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.filters import (
    DeploymentFilter,
    DeploymentFilterId,
    FlowRunFilter,
    FlowRunFilterExpectedStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound

if TYPE_CHECKING:
    from prefect.client.schemas.responses import DeploymentResponse

NIGHTLY: Final = "nightly"
CATCH_UP: Final = "catch-up"
"""Tag of the run that makes up for nights that were missed."""
MOST_RUNS: Final = 200
"""What the Prefect server gives of flow runs in one answer."""

Planned: TypeAlias = datetime | Literal["paused"] | None
"""When a night is planned for; null: none is."""


def deployment_named(client: SyncPrefectClient, name: str) -> DeploymentResponse | None:
    """Return a deployment by its full name, such as `nightly/nightly`; null: the server has none."""
    try:
        return client.read_deployment_by_name(name)
    except ObjectNotFound:
        return None


def next_night(name: str) -> Planned:
    """Return when the server has planned the next night for, `paused` where a person paused the schedule, else null.

    Args:
        name: Full name of the deployment, such as `nightly/nightly`.
    """
    with get_client(sync_client=True) as client:
        deployment = deployment_named(client, name)
        if deployment is None:
            return None
        if is_paused(deployment):
            return "paused"
        planned = _planned(client, deployment.id, after=datetime.now(UTC))
    return planned[0].expected_start_time if planned else None


def newer_night(flow_run_id: UUID, at: datetime | None = None) -> datetime | None:
    """Return whether a later planned night than this one is due by now, which would take in the same.

    Returns:
        When that one was due; null when there is none, or when this run was not planned but asked for.
    """
    with get_client(sync_client=True) as client:
        this = client.read_flow_run(flow_run_id)
        if not this.auto_scheduled or this.deployment_id is None or this.expected_start_time is None:
            return None
        due = [run.expected_start_time for run in _planned(client, this.deployment_id, before=at or datetime.now(UTC))]
    return max((moment for moment in due if moment and moment > this.expected_start_time), default=None)


def moments_due(cron: str, timezone: str, *, after: datetime, at: datetime) -> list[datetime]:
    """Return the moments of a schedule after one moment and not after another, oldest first.

    Example:
        >>> week = {"after": datetime(2026, 1, 5, tzinfo=UTC), "at": datetime(2026, 1, 7, tzinfo=UTC)}
        >>> [str(moment) for moment in moments_due("0 2 * * *", "Asia/Shanghai", **week)]
        ['2026-01-05 18:00:00+00:00', '2026-01-06 18:00:00+00:00']
    """
    from prefect.server.schemas.schedules import CronSchedule

    schedule = CronSchedule(cron=cron, timezone=timezone)
    first = max(after, at - timedelta(days=400))  # a schedule that runs once a year has one in that time
    moments = asyncio.run(schedule.get_dates(n=1_000_000, start=first, end=at))
    return [moment.astimezone(UTC) for moment in moments if first < moment <= at]


def is_paused(deployment: DeploymentResponse) -> bool:
    """Return whether a person paused the schedule of a deployment."""
    return deployment.paused or not any(schedule.active for schedule in deployment.schedules)


def runs_of(
    client: SyncPrefectClient,
    deployment_id: UUID,
    states: list[StateType] | None = None,
    *,
    before: datetime | None = None,
    after: datetime | None = None,
    newest_first: bool = False,
) -> list[FlowRun]:
    """List the runs of a deployment in some states, planned for a time between two moments, by that time.

    Null: in any state, before any time. At most `MOST_RUNS`.
    """
    between = FlowRunFilterExpectedStartTime.model_validate({"before_": before, "after_": after})
    return client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment_id])),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=states)) if states else None,
            expected_start_time=between if before or after else None,
        ),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC if newest_first else FlowRunSort.EXPECTED_START_TIME_ASC,
        limit=MOST_RUNS,
    )


def _planned(
    client: SyncPrefectClient, deployment_id: UUID, *, before: datetime | None = None, after: datetime | None = None
) -> list[FlowRun]:
    """List the runs that the schedule planned for a time before or after a moment and that have not begun, by time."""
    waiting = runs_of(client, deployment_id, [StateType.SCHEDULED], before=before, after=after)
    return [run for run in waiting if run.auto_scheduled]
