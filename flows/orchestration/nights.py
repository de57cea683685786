"""Accounts for every planned night: each is done, left out with its reason, or alerted.

Prefect plans runs ahead, and loses some of them. A run that is due while a service ends or starts is left with a
process that is gone, or is deleted with the old plan and not planned again. So the moments of the schedule are laid
beside the runs that there are: when a service starts, and then every half minute. Every run takes in all that is new,
so one run makes up for all nights that were missed; the others are recorded as left out, each with its reason.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.objects import FlowRun, StateType
from prefect.states import Cancelled, Scheduled

from flows.config.nightly import NightlySettings
from flows.orchestration.alerts import SKIPPED
from flows.orchestration.schedule import CATCH_UP, NIGHTLY, deployment_named, is_paused, moments_due, runs_of

if TYPE_CHECKING:
    from prefect.client.schemas.responses import DeploymentResponse

MISSED: Final = "missed"
"""Tag of a night that nobody planned a run for, recorded so that every night has one."""
_LET_PREFECT: Final = timedelta(seconds=90)
"""What Prefect is given to begin a night, or to plan it, before it counts as missed."""
_MOST_RECORDED: Final = 100
_COLLISION: Final = "Deployment concurrency limit reached."
STILL_RAN: Final = 'the night before still ran ([nightly] overlap = "skip"); the next one takes in the same'

Report = Callable[[FlowRun], None]


@dataclass(frozen=True, slots=True)
class Due:
    """What the account of the nights up to a moment found.

    Attributes:
        missed: Moments of nights that no run began for, oldest first.
        waiting: Their runs that wait, by moment; a night that nobody planned a run for has none.
        made_up: A run that makes up for missed nights waits already.
        crashed: When the newest night began that crashed; null: the newest one did not.
    """

    missed: list[datetime]
    waiting: dict[datetime, FlowRun] = field(default_factory=dict)
    made_up: bool = False
    crashed: datetime | None = None


class Nights:
    """The nights of one deployment.

    Args:
        settings: The schedule that the service serves.
        name: Full name of the deployment, such as `nightly/nightly`.
        report: Called with each run of a night that was left out.
        mark: File that says up to when nights are accounted for, for the next service; null: none is kept.
    """

    def __init__(self, settings: NightlySettings, name: str, report: Report, mark: Path | None = None) -> None:
        self._settings = settings
        self._name = name
        self._report = report
        self._log = logging.getLogger("prefect.jixiao")
        self._mark = mark
        self._accounted = datetime.now(UTC)

    def begin(self, at: datetime | None = None) -> None:
        """Account for the nights before the service started. Called before the deployment is written anew.

        The schedule of that time counts, which the deployment on the server still has. A schedule that a person
        paused misses nothing.
        """
        before = self._marked()
        now = at or datetime.now(UTC)
        self._account(now, lambda deployment, runs: due_at_start(deployment, runs, before, now))

    def look(self, at: datetime | None = None) -> None:
        """Account for the nights since the last look, while the service runs."""
        until = (at or datetime.now(UTC)) - _LET_PREFECT
        if until <= self._accounted:
            return
        self._account(until, lambda _, runs: due_since(self._settings, runs, self._accounted, until))

    def _account(self, at: datetime, find: Callable[[DeploymentResponse, list[FlowRun]], Due]) -> None:
        """Account for the nights up to a moment; `find` tells of the runs until then what is due."""
        with get_client(sync_client=True) as client:
            deployment = deployment_named(client, self._name)
            if deployment is not None and not is_paused(deployment):
                runs = _runs_until(client, deployment, at)
                self._name_reasons(client, runs)
                self._make_up(client, deployment, find(deployment, runs), at)
        self._accounted = at
        self._write_mark()

    def _marked(self) -> datetime | None:
        """Return up to when an earlier service accounted for nights; null: that is not known."""
        if self._mark is None:
            return None
        with suppress(OSError, ValueError):
            return datetime.fromisoformat(self._mark.read_text(encoding="utf-8")).astimezone(UTC)
        return None

    def _write_mark(self) -> None:
        if self._mark is not None:
            new = self._mark.with_suffix(".new")
            new.write_text(self._accounted.isoformat(), encoding="utf-8")
            new.replace(self._mark)

    def _make_up(self, client: SyncPrefectClient, deployment: DeploymentResponse, due: Due, at: datetime) -> None:
        """Let one run make up for the missed nights and for a crashed one, and record the others as left out."""
        if not due.missed and due.crashed is None:
            return
        *left_out, newest = due.missed or [due.crashed or at]
        if not self._settings.catch_up:
            reason = "missed: the service was not there when it was due, and [nightly] catch_up is false"
            left_out = due.missed
        elif due.made_up:
            reason, left_out = "missed: a run that makes up for it waits already", due.missed
        else:
            reason = f"missed: the run of {self._local(newest)} makes up for it"
            if planned := due.waiting.get(newest):
                client.delete_flow_run(planned.id)
            self._log.info("the night of %s was missed: one run makes up for it", self._local(newest))
            self._catch_up(client, deployment, newest if due.missed else at)
        for moment in left_out[: -_MOST_RECORDED or None]:
            if planned := due.waiting.get(moment):
                client.delete_flow_run(planned.id)
        for moment in left_out[-_MOST_RECORDED:]:
            self._leave_out(client, deployment, moment, due.waiting.get(moment), reason)

    def _catch_up(self, client: SyncPrefectClient, deployment: DeploymentResponse, moment: datetime) -> None:
        """Let one run begin now, for the newest of the nights that were missed."""
        client.create_flow_run_from_deployment(
            deployment.id,
            name=f"{NIGHTLY} {self._local(moment)}",
            state=Scheduled(scheduled_time=moment),
            tags=[*deployment.tags, CATCH_UP],
        )

    def _leave_out(
        self,
        client: SyncPrefectClient,
        deployment: DeploymentResponse,
        moment: datetime,
        run: FlowRun | None,
        reason: str,
    ) -> None:
        """Record that a night was left out, and why; one that nobody planned a run for gets one."""
        recorded = run or client.create_flow_run_from_deployment(
            deployment.id,
            name=f"{NIGHTLY} {self._local(moment)}",
            state=Scheduled(scheduled_time=moment),
            tags=[*deployment.tags, MISSED],
            idempotency_key=f"missed {deployment.id} {moment.isoformat()}",
        )
        self._skip(client, recorded, reason)

    def _name_reasons(self, client: SyncPrefectClient, runs: Sequence[FlowRun]) -> None:
        """Give nights that Prefect left out since the last look their reason in words."""
        for run in runs:
            state = run.state
            if state is not None and state.is_cancelled() and state.message == _COLLISION:
                self._skip(client, run, STILL_RAN)

    def _skip(self, client: SyncPrefectClient, run: FlowRun, reason: str) -> None:
        client.set_flow_run_state(run.id, Cancelled(name=SKIPPED, message=reason), force=True)
        self._report(client.read_flow_run(run.id))

    def _local(self, moment: datetime) -> str:
        return f"{moment.astimezone(self._settings.zone):%Y-%m-%d %H:%M}"


def due_at_start(deployment: DeploymentResponse, runs: Sequence[FlowRun], marked: datetime | None, at: datetime) -> Due:
    """Find what is due when a service starts.

    Args:
        deployment: As the earlier service left it.
        runs: Its runs that were planned for before `at`.
        marked: Up to when the earlier service accounted for nights; null: up to the newest night that has an end.
        at: The present moment.
    """
    nights = [run for run in runs if _is_night(run)]
    done = [run for run in nights if run.state is not None and run.state.is_final()]
    newest_done = max((m for run in done if (m := run.expected_start_time)), default=deployment.created or at)
    accounted = newest_done if marked is None else min(marked, at)
    moments = [
        moment
        for one in deployment.schedules
        if one.active and (cron := getattr(one.schedule, "cron", None))
        for moment in moments_due(cron, getattr(one.schedule, "timezone", None) or "UTC", after=accounted, at=at)
    ]
    begun = {_began(run): run for run in runs if _has_begun(run)}
    newest = max((moment for moment in begun if moment), default=None)
    crashed = newest if newest and begun[newest].state_type == StateType.CRASHED else None
    return _due(moments, nights, crashed)


def due_since(settings: NightlySettings, runs: Sequence[FlowRun], after: datetime, at: datetime) -> Due:
    """Find the nights between two moments that have no run: Prefect had not planned them. What waits is Prefect's."""
    nights = [run for run in runs if _is_night(run)]
    known = {_minute(run.expected_start_time) for run in nights if run.expected_start_time}
    moments = moments_due(settings.cron, settings.timezone, after=after, at=at)
    return Due([moment for moment in moments if _minute(moment) not in known], made_up=_has_catch_up(nights))


def _due(moments: Sequence[datetime], nights: Sequence[FlowRun], crashed: datetime | None) -> Due:
    planned = [run for run in nights if run.auto_scheduled and run.state_type == StateType.SCHEDULED]
    waiting: dict[datetime, FlowRun] = {run.expected_start_time: run for run in planned if run.expected_start_time}
    known = {_minute(run.expected_start_time) for run in nights if run.expected_start_time}
    unknown = [moment for moment in moments if _minute(moment) not in known]
    return Due(sorted({*unknown, *waiting}), waiting, _has_catch_up(nights), crashed)


def _has_catch_up(nights: Sequence[FlowRun]) -> bool:
    return any(CATCH_UP in run.tags and run.state_type == StateType.SCHEDULED for run in nights)


def _is_night(run: FlowRun) -> bool:
    return run.auto_scheduled or CATCH_UP in run.tags or MISSED in run.tags


def _has_begun(run: FlowRun) -> bool:
    """Return whether a run has begun, or crashed before. Prefect gives a start also to those that it leaves out."""
    state = run.state
    is_left_out = state is not None and state.is_cancelled() and (state.name == SKIPPED or state.message == _COLLISION)
    return not is_left_out and (run.start_time is not None or run.state_type == StateType.CRASHED)


def _began(run: FlowRun) -> datetime | None:
    """Give when a run began; of one that crashed before that, when it should have."""
    return run.start_time or run.expected_start_time


def _minute(moment: datetime) -> datetime:
    """Give the minute of a moment, by which a night is known: a schedule has no seconds."""
    return moment.astimezone(UTC).replace(second=0, microsecond=0)


def _runs_until(client: SyncPrefectClient, deployment: DeploymentResponse, at: datetime) -> list[FlowRun]:
    return runs_of(client, deployment.id, before=at, newest_first=True)
