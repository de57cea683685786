"""The served flows: what `jixiao serve`, or a Prefect worker by `prefect.yaml`, runs in a process of its own.

Settings come as for every other command: `jixiao.toml` in the working directory or `JIXIAO_CONFIG`, and `JIXIAO_*`.
They are read when a run starts, so that a change is felt by the next night without a restart.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NoReturn, cast
from uuid import UUID

from prefect import Flow, flow
from prefect.client.schemas.objects import FlowRun, State
from prefect.runtime import flow_run
from prefect.states import Cancelled, Completed

from flows.config.settings import Settings, load_settings, now
from flows.orchestration.alerts import INCOMPLETE, tell_end
from flows.orchestration.schedule import NIGHTLY, newer_night
from flows.orchestration.tasks import LoggedLines, TaskRunner, within_flow
from flows.running.backfill import BackfillAhead, give_way, new_backfill
from flows.running.cluster import new_run
from flows.running.pipeline import Ahead
from flows.running.run import Run
from flows.running.selection import Selection
from flows.running.summary import RunSummary
from flows.termination import signals_come_again
from flows.time_limit import TooLong, time_limit

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

BACKFILL: Final = "backfill"
TAG: Final = "jixiao"


def _run_name() -> str:
    """Name a flow run by its flow and the moment that it was planned for."""
    planned = flow_run.get_scheduled_start_time()
    told = planned.astimezone(load_settings().nightly.zone) if isinstance(planned, datetime) else now()
    return f"{flow_run.get_flow_name()} {told:%Y-%m-%d %H:%M}"


@flow(name=NIGHTLY, flow_run_name=_run_name, persist_result=False)
def nightly(sources: list[str] | None = None) -> State[Any]:
    """Take in what is new at the sources, check it, and publish a release.

    What is known and unchanged is not read again. A run that was cancelled or ended leaves what was published as it
    is; the next one goes on from there.

    Args:
        sources: Files, folders or globs; empty: those of `[nightly] sources` in the settings.
    """
    if newer := newer_night(UUID(flow_run.id)):
        return Cancelled(message=f"a newer night is due, {newer}, and takes in the same: this one is left out")
    settings = load_settings()
    return served(
        lambda: new_run(settings, LoggedLines(), now()),
        lambda run: Ahead(run, sources or settings.nightly.sources),
        minutes=settings.nightly.time_limit_minutes,
    )


@flow(name=BACKFILL, flow_run_name=_run_name, persist_result=False)
def backfill(selection: Selection, restart: bool = False) -> State[Any]:
    """Read, derive or check documents again that the warehouse has, and publish what comes of it.

    A backfill that did not end goes on where it was when the same is asked for again.

    Args:
        selection: Which documents, and from which stage; what is given must hold all together.
        restart: Begin anew where the same backfill was begun before and did not end.
    """
    give_way()
    settings = load_settings()
    return served(
        lambda: new_backfill(settings, LoggedLines(), now(), selection, restart=restart),
        lambda run: BackfillAhead(run, selection),
        minutes=None,
    )


SERVED: Final[tuple[Flow[..., Any], ...]] = (nightly, backfill)

for _flow in SERVED:
    for _when_ended in (_flow.on_completion, _flow.on_failure, _flow.on_crashed, _flow.on_cancellation):
        _when_ended(tell_end)


def nightly_deployment(settings: Settings) -> RunnerDeployment:
    """Describe the deployment `nightly/nightly`: its schedule, and that one night at a time goes on.

    Raises:
        ValueError: The cron line is none.
    """
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    waits = settings.nightly.overlap == "wait"
    described = nightly.to_deployment(
        NIGHTLY,
        schedule=Cron(settings.nightly.cron, timezone=settings.nightly.timezone),
        concurrency_limit=ConcurrencyLimitConfig(
            limit=1,
            collision_strategy=ConcurrencyLimitStrategy.ENQUEUE if waits else ConcurrencyLimitStrategy.CANCEL_NEW,
        ),
        description="Takes in what is new at the sources every night.",
        tags=[TAG, NIGHTLY],
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return cast("RunnerDeployment", described)  # in async code it would be a coroutine


def backfill_deployment() -> RunnerDeployment:
    """Describe the deployment `backfill/backfill`: asked for by people, one after the other."""
    from prefect.types.entrypoint import EntrypointType

    described = backfill.to_deployment(
        BACKFILL,
        concurrency_limit=1,
        description="Reads, derives or checks documents again that the warehouse has; beside a night it gives way.",
        tags=[TAG, BACKFILL],
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    return cast("RunnerDeployment", described)


def alert_of_crash(flow_run: FlowRun) -> None:
    """Tell of a served run that was found dead: the process that would have told is no more."""
    for known in SERVED:
        if flow_run.deployment_id and flow_run.state and flow_run.name.startswith(known.name):
            tell_end(known, flow_run, flow_run.state)


def served(make: Callable[[], Run], look_ahead: Callable[[Run], Ahead], minutes: float | None) -> State[Any]:
    """Do a run within the flow run that is going on.

    Args:
        make: Makes the run.
        look_ahead: Begins it.
        minutes: How long it may take; null: as long as it likes.

    Returns:
        Completed, or the same named Incomplete when some sources or documents could not be taken or read.

    Raises:
        TimeoutError: It took too long; Prefect names the state TimedOut.
    """
    logging.getLogger("great_expectations").propagate = False  # it tells of its temporary folders; warnings stay
    try:
        with signals_come_again(), time_limit(minutes), make() as run:
            runner = TaskRunner()
            ahead = look_ahead(run)
            summary = within_flow(run, ahead, runner)
    except TooLong as error:
        _time_out(error)
    return Completed(message=_told(summary), name=INCOMPLETE if summary.exit_code else "Completed")


def _time_out(error: TooLong) -> NoReturn:
    raise TimeoutError(str(error)) from error


def _told(summary: RunSummary) -> str:
    counts = {count.what: count.in_all for count in (*summary.documents, *summary.forms)}
    problems = [f"{p.source}: {p.code}" for p in summary.problems]
    rest = f", and {len(problems) - 3} more" if len(problems) > 3 else ""
    told = f"could not be taken or read: {'; '.join(problems[:3])}{rest}. " if problems else ""
    release = f"release {summary.release_id}{'' if summary.is_new_release else ' stays: nothing changed'}"
    return (
        f"{told}{summary.documents_new} new documents, {summary.documents_read} read; {release}: "
        f"{counts['documents']} documents, {counts['forms']} forms"
    )
