"""The served flows: what `jixiao serve`, or a Prefect worker by `prefect.yaml`, runs in a process of its own.

Settings come as for every other command: `jixiao.toml` in the working directory or `JIXIAO_CONFIG`, and `JIXIAO_*`.
They are read when a run starts, so that a change is felt by the next night without a restart.
"""

from __future__ import annotations

import logging
import signal
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID

from prefect import Flow, flow, get_run_logger
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import TerminationSignal
from prefect.runtime import flow_run
from prefect.states import Cancelled, Completed

from flows.config.quiet_logs import keep_secrets_out_of_logs
from flows.config.settings import Settings, load_settings, now
from flows.orchestration.alerts import INCOMPLETE, SKIPPED, report, report_begin, report_end
from flows.orchestration.flow import place_in_flow
from flows.orchestration.flow_runs import running
from flows.orchestration.log_lines import shorten_listeners
from flows.orchestration.names import TAG, Owner, deployment_name, owner_tag, require_same
from flows.orchestration.schedule import NIGHTLY, newer_night
from flows.orchestration.tasks import LoggedLines, TaskRuns, within_flow
from flows.orchestration.truce import Truce
from flows.printable import printable
from flows.running.alive import alive
from flows.running.backfill import backfill_plan, find_selected, give_way
from flows.running.pipeline import Job
from flows.running.run import Collected, Run, RunPlan, new_plan, open_run
from flows.running.selection import Selection
from flows.running.stages import collect
from flows.running.summarise import problems_before
from flows.running.summary import RunSummary
from flows.running.upkeep import upkeep_of
from flows.stopping import Interrupted, Stop

if TYPE_CHECKING:
    from prefect.deployments.runner import RunnerDeployment

BACKFILL: Final = "backfill"
UPKEEP: Final = "upkeep"
_GRACE_SECONDS: Final = 20.0
"""Nobody waits at a terminal: Prefect is to learn how a run ended, also on a busy machine."""


def _run_name() -> str:
    """Name a flow run by its flow and the moment that it was planned for."""
    planned = flow_run.get_scheduled_start_time()
    moment = planned.astimezone(load_settings().nightly.zone) if isinstance(planned, datetime) else now()
    return f"{flow_run.get_flow_name()} {moment:%Y-%m-%d %H:%M}"


@flow(name=NIGHTLY, flow_run_name=_run_name, persist_result=False)
def nightly(sources: list[str] | None = None) -> State[Any]:
    """Take in what is new at the sources, check it, and publish a release.

    What is known and unchanged is not read again. A run that was cancelled or ended leaves what was published as it
    is; the next one continues from there.

    Args:
        sources: Files, folders or globs; empty: those of `[nightly] sources` in the settings.
    """
    with alive(running(), flow_run.id):
        if newer := newer_night(UUID(flow_run.id)):
            return Cancelled(
                name=SKIPPED, message=f"a newer night is due, {newer}, and takes in the same: this one is left out"
            )
        settings = load_settings()
        wanted = sources or settings.nightly.sources
        return served(
            new_plan(settings, now()), lambda run: collect(run, wanted), minutes=settings.nightly.time_limit_minutes
        )


@flow(name=BACKFILL, flow_run_name=_run_name, persist_result=False)
def backfill(selection: Selection, restart: bool = False) -> State[Any]:
    """Read, derive or check documents again that the warehouse has, and publish the result.

    An unfinished backfill is resumed when the same selection is requested again.

    Args:
        selection: Which documents, and from which stage; what is given must hold all together.
        restart: Begin anew where the same backfill was begun before and did not end.
    """
    give_way()
    with alive(running(), flow_run.id):
        settings = load_settings()
        plan = backfill_plan(settings, now(), selection, restart=restart)
        return served(plan, lambda run: find_selected(run, selection), minutes=None)


@flow(name=UPKEEP, flow_run_name=_run_name, persist_result=False)
def upkeep() -> State[Any]:
    """Keep the ledger small and quick, as `jixiao maintain` does: join small files, delete what nothing reads.

    It waits until no night runs or is due soon; when none of that comes, it is left out until the next time.
    """
    give_way()
    stop = Stop()
    with alive(running(), flow_run.id), stop.listen(), stop.gracefully(_GRACE_SECONDS), stop.handlers():
        if newer := newer_night(UUID(flow_run.id)):
            return Cancelled(name=SKIPPED, message=f"upkeep that was planned later, for {newer}, is due too")
        settings = load_settings()
        try:
            if reason := Truce(settings).wait(stop, get_run_logger()):
                return Cancelled(name=SKIPPED, message=f"{reason}; upkeep is left out until the next time")
            require_same(settings.warehouse, owner_tag(list(flow_run.tags or [])))
            with open_run(new_plan(settings, now(), kind=UPKEEP), LoggedLines(), stop) as run:
                return Completed(message=upkeep_of(run))
        except Interrupted as error:
            raise TerminationSignal(signal.SIGTERM) from error


SERVED: Final[tuple[Flow[..., Any], ...]] = (nightly, backfill, upkeep)

keep_secrets_out_of_logs()  # this module is imported by the process of each run, before anything is asked for
for _flow in SERVED:
    _flow.on_running(report_begin)
    for _when_ended in (_flow.on_completion, _flow.on_failure, _flow.on_crashed, _flow.on_cancellation):
        _when_ended(report_end)
shorten_listeners()  # of the service, and of the process of each run


def deployments(settings: Settings, owner: Owner) -> list[RunnerDeployment]:
    """Describe what is served: nights on their schedule, one at a time; backfills that people ask for; upkeep.

    Raises:
        ValueError: A cron line is not one.
    """
    return [
        nightly_deployment(settings, owner),
        backfill_deployment(settings, owner),
        upkeep_deployment(settings, owner),
    ]


def nightly_deployment(settings: Settings, owner: Owner | None = None) -> RunnerDeployment:
    """Describe the deployment of nights: its schedule, and that one night runs at a time.

    Raises:
        ValueError: The cron line is not one.
    """
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.schedules import Cron

    waits = settings.nightly.overlap == "wait"
    return _deployment(
        nightly,
        settings,
        owner,
        "Takes in what is new at the sources every night.",
        schedule=Cron(settings.nightly.cron, timezone=settings.nightly.timezone),
        concurrency_limit=ConcurrencyLimitConfig(
            limit=1,
            collision_strategy=ConcurrencyLimitStrategy.ENQUEUE if waits else ConcurrencyLimitStrategy.CANCEL_NEW,
        ),
    )


def backfill_deployment(settings: Settings, owner: Owner | None = None) -> RunnerDeployment:
    """Describe the deployment of backfills: asked for by people, one after the other."""
    about = "Reads, derives or checks documents again that the warehouse has; beside a night it gives way."
    return _deployment(backfill, settings, owner, about, concurrency_limit=1)


def upkeep_deployment(settings: Settings, owner: Owner | None = None) -> RunnerDeployment:
    """Describe the deployment of upkeep: its schedule, where it has one.

    Raises:
        ValueError: The cron line is not one.
    """
    from prefect.schedules import Cron

    cron = settings.upkeep.cron
    schedule = Cron(cron, timezone=settings.nightly.timezone) if cron else None
    about = "Keeps the ledger small and quick; waits while a night runs or is due."
    return _deployment(upkeep, settings, owner, about, schedule=schedule, concurrency_limit=1)


def _deployment(
    of: Flow[..., Any], settings: Settings, owner: Owner | None, about: str, **more: Any
) -> RunnerDeployment:
    from prefect.types.entrypoint import EntrypointType

    described = of.to_deployment(
        deployment_name(of.name, settings.prefect),
        description=f"{about} Warehouse: {owner.described}." if owner else about,
        tags=[TAG, of.name, *([owner.tag] if owner else [])],
        entrypoint_type=EntrypointType.MODULE_PATH,
        **more,
    )
    return cast("RunnerDeployment", described)  # in async code it would be a coroutine


def report_run(flow_run: FlowRun) -> None:
    """Report how a served run ended whose own process cannot: it is gone, or never was."""
    for known in SERVED:
        if flow_run.state and known.name in flow_run.tags:
            report(known, flow_run, flow_run.state)
            return


def served(plan: RunPlan, find: Callable[[Run], Collected], minutes: float | None) -> State[Any]:
    """Do a run within the current flow run.

    Args:
        plan: What it is asked to do.
        find: What it begins with.
        minutes: How long it may take; null: as long as it likes.

    Returns:
        Completed, or the same named Incomplete when some sources or documents could not be taken or read.

    Raises:
        TimeoutError: It took too long; Prefect names the state TimedOut.
        WarehouseError: The warehouse is not where it was when the run was planned.
    """
    logging.getLogger("great_expectations").propagate = False  # it logs its temporary folders; warnings stay
    require_same(plan.settings.warehouse, owner_tag(list(flow_run.tags or [])))
    stop = Stop()
    try:
        with (
            stop.listen(),
            stop.gracefully(_GRACE_SECONDS),
            stop.limit(minutes),
            open_run(plan, LoggedLines(), stop) as run,
            place_in_flow(run) as place,
            Job(run, place.workplace, partial(find, run)) as job,
        ):
            summary = within_flow(job, TaskRuns(place.elsewhere), place.on_workers)
            known = problems_before(run.warehouse.ledger.runs(), plan.run_id)
    except TerminationSignal:
        if not _is_being_cancelled():
            raise
        return Cancelled(message="it was cancelled; what was read is kept, and the next run continues from there")
    except Interrupted as error:  # no signal: within_flow turns those into Prefect's own error
        raise TimeoutError(str(error)) from error
    return Completed(message=in_words(summary, known), name=INCOMPLETE if summary.exit_code else "Completed")


def _is_being_cancelled() -> bool:
    """Tell whether somebody cancelled this flow run: Prefect's own way to know needs its handler of SIGTERM."""
    with get_client(sync_client=True) as client:
        state = client.read_flow_run(UUID(flow_run.id)).state
    return state is not None and (state.is_cancelling() or state.is_cancelled())


def in_words(summary: RunSummary, known: Collection[tuple[str, str]] | None = None) -> str:
    """Say in a line what a run came to: the message of its last state, which alerts send on.

    Args:
        summary: What it came to.
        known: Source and code of the problems that runs before it had too: the others are named first, so that a new
            one is seen among those that come every night; null: not known.
    """
    counts = {count.what: count.in_all for count in (*summary.documents, *summary.forms)}
    is_known = {(p.source, p.code): (p.source, p.code) in (known or ()) for p in summary.problems}
    problems = [f"{source}: {code}" for source, code in sorted(is_known, key=is_known.__getitem__)]
    rest = f", and {len(problems) - 3} more" if len(problems) > 3 else ""
    if known is not None:
        rest += f" ({list(is_known.values()).count(False)} of {len(problems)} new)"
    failed = f"could not be taken or read: {'; '.join(problems[:3])}{rest}. " if problems else ""
    release = f"release {summary.release_id}{'' if summary.is_new_release else ' stays: nothing changed'}"
    named = "; ".join(printable(form.name) for form in summary.revised[:3])
    others = f" and {summary.revised_count - 3} more" if summary.revised_count > 3 else ""
    revised = f"; published again with other content: {named}{others}" if summary.revised else ""
    return (
        f"{failed}{summary.documents_new} new documents, {summary.documents_read} read; {release}: "
        f"{counts['documents']} documents, {counts['forms']} forms{revised}"
    )
