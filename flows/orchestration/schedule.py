"""Nights that were missed: after a time without service, one run makes up for all of them.

Every run takes in all that is new, so a second one right after would find nothing. Prefect plans runs ahead and would
start each planned one late; those are forgotten, and one is started in their place.
"""

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
    FlowRunFilterStartTime,
    FlowRunFilterState,
    FlowRunFilterStateType,
)
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.client.schemas.sorting import FlowRunSort
from prefect.exceptions import ObjectNotFound

from flows.config.nightly import NightlySettings

if TYPE_CHECKING:
    from prefect.client.schemas.responses import DeploymentResponse

NIGHTLY: Final = "nightly"
CATCH_UP: Final = "catch-up"

Planned: TypeAlias = datetime | Literal["paused"] | None
"""When a night is planned for; null: none is."""


def forget_missed(settings: NightlySettings, at: datetime | None = None) -> datetime | None:
    """Forget the planned nights whose time has passed, and return the last that was missed.

    A night counts as missed when it was due since the last one that began, or since the schedule was made, and when the
    last one crashed: the machine or the service was ended under it. A schedule that a person paused misses nothing.

    Returns:
        When the last missed night was due; null when none was missed.
    """
    at = at or datetime.now(UTC)
    with get_client(sync_client=True) as client:
        try:
            deployment = client.read_deployment_by_name(f"{NIGHTLY}/{NIGHTLY}")
        except ObjectNotFound:
            return None
        overdue = _planned(client, deployment.id, before=at)
        for run in overdue:
            client.delete_flow_run(run.id)
        if _is_paused(deployment):
            return None
        due = [run.expected_start_time for run in overdue if run.expected_start_time]
        last = _last_begun(client, deployment)
        begun = (last and last.start_time) or deployment.created or at
        missed = max(due, default=None) or last_due(settings, after=begun, at=at)
        return missed or (begun if last and last.state_type == StateType.CRASHED else None)


def next_night() -> Planned:
    """Return when the server has planned the next night for, `paused` where a person paused the schedule, else null."""
    with get_client(sync_client=True) as client:
        try:
            deployment = client.read_deployment_by_name(f"{NIGHTLY}/{NIGHTLY}")
        except ObjectNotFound:
            return None
        if _is_paused(deployment):
            return "paused"
        planned = _planned(client, deployment.id, after=datetime.now(UTC))
    return planned[0].expected_start_time if planned else None


def catch_up() -> FlowRun:
    """Start one night now, in place of those that were missed."""
    with get_client(sync_client=True) as client:
        deployment = client.read_deployment_by_name(f"{NIGHTLY}/{NIGHTLY}")
        return client.create_flow_run_from_deployment(deployment.id, tags=[CATCH_UP])


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


def last_due(settings: NightlySettings, *, after: datetime, at: datetime) -> datetime | None:
    """Return the last moment of the schedule after one moment and not after another; null when there is none.

    Example:
        >>> week = {"after": datetime(2026, 1, 1, tzinfo=UTC), "at": datetime(2026, 1, 8, tzinfo=UTC)}
        >>> str(last_due(NightlySettings(), **week))
        '2026-01-07 18:00:00+00:00'
    """
    from prefect.server.schemas.schedules import CronSchedule

    schedule = CronSchedule(cron=settings.cron, timezone=settings.timezone)
    first = max(after, at - timedelta(days=400))  # a schedule that runs once a year has one in that time
    moments = asyncio.run(schedule.get_dates(n=1_000_000, start=first, end=at))
    late = [moment.astimezone(UTC) for moment in moments if first < moment <= at]
    return max(late, default=None)


def _planned(
    client: SyncPrefectClient, deployment_id: UUID, *, before: datetime | None = None, after: datetime | None = None
) -> list[FlowRun]:
    """List the runs that the schedule planned for a time before or after a moment and that have not begun, by time."""
    found = client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment_id])),
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
            expected_start_time=FlowRunFilterExpectedStartTime.model_validate({"before_": before, "after_": after}),
        ),
        sort=FlowRunSort.EXPECTED_START_TIME_ASC,
        limit=200,
    )
    return [run for run in found if run.auto_scheduled]


def _is_paused(deployment: DeploymentResponse) -> bool:
    return deployment.paused or not any(schedule.active for schedule in deployment.schedules)


def _last_begun(client: SyncPrefectClient, deployment: DeploymentResponse) -> FlowRun | None:
    found = client.read_flow_runs(
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id])),
        flow_run_filter=FlowRunFilter(start_time=FlowRunFilterStartTime(is_null_=False)),
        sort=FlowRunSort.START_TIME_DESC,
        limit=1,
    )
    return found[0] if found else None
