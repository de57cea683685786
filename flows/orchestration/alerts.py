"""Reports how a served run ended: in its log always, and to the receivers that the settings name.

A message names the night, what happened and what to do. A message that cannot be sent is logged and never changes
how the run ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from flows.config.nightly import AlertEvent
from flows.config.settings import Settings, SettingsError, load_settings
from flows.orchestration.flow_runs import await_report, held, reported
from flows.orchestration.receivers import Alert, send

if TYPE_CHECKING:
    import logging

    from prefect import Flow
    from prefect.client.schemas.objects import FlowRun, State

    Logger: TypeAlias = logging.Logger | logging.LoggerAdapter[logging.Logger]

INCOMPLETE: Final = "Incomplete"
"""Name of the Prefect state of a run that finished, but could not take or read all of its sources."""
SKIPPED: Final = "Skipped"
"""Name of the Prefect state of a planned night that was left out."""

_NOTHING: Final = "No action needed."
_TO_DO: Final[Mapping[AlertEvent, str]] = {
    "completed": _NOTHING,
    "recovered": _NOTHING,
    "skipped": _NOTHING,
    "incomplete": "The rest is published. Look at the artifact not-taken-or-read of the run, or at the end of its log; "
    "docs/operations.md lists for each reason what to do.",
    "failed": "What was published has not changed, and what was read is kept. Look at the end of the run's log, fix "
    "what it names, then start the run again (`jixiao ingest`, or Quick run in the Prefect UI) or leave it to the "
    "next night.",
    "crashed": "What was published has not changed, and what was read is kept. The process was ended from outside: by "
    "the system because memory ran out (then set fewer workers), by a restart, or by someone. Start the run again, or "
    "leave it to the next night.",
    "cancelled": "What was published has not changed, and what was read is kept. The next run continues from there.",
}
_PROGRAM_ENDED: Final = (
    "What was published has not changed, and what was read is kept. The run's process ended by itself: look at the end "
    "of the run's log, and fix what is named above; until then the next night ends in the same way."
)
_EXITED: Final = "Process exited with status code: "
_KILLED: Final = ("-9", "-15", "137", "143")
_FAILED: Final[frozenset[AlertEvent]] = frozenset({"incomplete", "failed", "crashed"})
_ON_THE_WAY: Final = ("prefect.exceptions.PrefectHTTP", "httpx.", "httpcore.")
_LOOKED_AT: Final = 20
_ERROR: Final = 40


def report_begin(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001
    """Note that the end of a flow run is to be reported: the first hook of the served flows."""
    await_report(flow_run.id)


def report_end(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Report how a flow run ended: the hook of the served flows. What the service ends, it reports itself."""
    if flow_run.id not in held() or not (state.is_crashed() or state.is_cancelling() or state.is_cancelled()):
        report(flow, flow_run, state)


def report(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Report how a flow run ended."""
    from prefect.logging.loggers import flow_run_logger

    logger = flow_run_logger(flow_run, flow)
    if (settings := _settings(logger)) is None:
        return
    alert = alert_of(
        flow.name, flow_run, state, settings, recovered=is_recovery(flow_run, state), cause=cause_of(flow_run, state)
    )
    _notify(alert, settings, logger)
    reported(flow_run.id)


def _settings(logger: Logger) -> Settings | None:
    try:
        return load_settings()
    except SettingsError as error:
        logger.error("no alert can be sent, the settings are wrong: %s", error)
        return None


def notify(alert: Alert, logger: Logger) -> None:
    """Send a message where the settings say so, and log it there; a failure to send is logged and never raised."""
    if (settings := _settings(logger)) is not None:
        _notify(alert, settings, logger)


def alert_of(
    flow: str,
    flow_run: FlowRun,
    state: State[Any],
    settings: Settings,
    *,
    recovered: bool = False,
    cause: str | None = None,
) -> Alert:
    """Put the end of a flow run into words.

    Args:
        flow: Name of the flow.
        flow_run: The flow run.
        state: How it ended.
        settings: For its zone, its environment, and which events are wanted.
        recovered: It completed after one that did not.
        cause: What its log names as the cause, where its state only has an exit code; null: nothing.
    """
    event = event_of(state)
    if (
        event == "completed"
        and recovered
        and ("recovered" in settings.alerts.on or "completed" not in settings.alerts.on)
    ):
        event = "recovered"
    happened, to_do = state.message or "", _TO_DO[event]
    if event == "crashed" and _exit_code(state) not in (None, *_KILLED):
        happened, to_do = cause or happened, _PROGRAM_ENDED
    link = f"{ui}/runs/flow-run/{flow_run.id}" if (ui := _ui_url()) else None
    return Alert(event, flow, name_of(flow, flow_run, settings), happened, to_do, link, settings.prefect.environment)


def name_of(flow: str, flow_run: FlowRun, settings: Settings) -> str:
    """Name a flow run by its flow and the moment that it was planned for; Prefect's own name is random at first."""
    planned = flow_run.expected_start_time
    return f"{flow} {planned.astimezone(settings.nightly.zone):%Y-%m-%d %H:%M}" if planned else flow_run.name


def _notify(alert: Alert, settings: Settings, logger: Logger) -> None:
    if alert.event not in settings.alerts.on:
        return
    log = logger.warning if alert.event in _FAILED else logger.info
    log(alert.text)
    for problem in send(alert, settings.alerts):
        logger.error(problem)


def event_of(state: State[Any]) -> AlertEvent:
    """Name how a flow run ended, by its last state or one that leads to it."""
    if state.is_completed():
        return "incomplete" if state.name == INCOMPLETE else "completed"
    if state.is_crashed():
        return "crashed"
    if state.name == SKIPPED:
        return "skipped"
    return "cancelled" if state.is_cancelled() or state.is_cancelling() else "failed"


def _exit_code(state: State[Any]) -> str | None:
    """Return the exit code that Prefect gives as the whole cause; null: it says something else."""
    message = state.message or ""
    return message.removeprefix(_EXITED).partition(".")[0] if message.startswith(_EXITED) else None


def cause_of(flow_run: FlowRun, state: State[Any]) -> str | None:
    """Return the last line of the last error in the log of a run that ended by itself; null: there is none.

    What failed on the way to the Prefect server counts only where nothing else failed: a full disk ends the run with
    its own error first, and then the server, which cannot record that.
    """
    if _exit_code(state) is None:
        return None
    import httpx
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import LogFilter, LogFilterFlowRunId, LogFilterLevel
    from prefect.client.schemas.sorting import LogSort

    only = LogFilter(flow_run_id=LogFilterFlowRunId(any_=[flow_run.id]), level=LogFilterLevel(ge_=_ERROR))
    try:
        with get_client(sync_client=True) as client:
            logs = client.read_logs(only, limit=20, sort=LogSort.TIMESTAMP_DESC)
    except httpx.HTTPError:
        return None
    errors = [lines[-1].strip() for log in logs if len(lines := log.message.strip().splitlines()) > 1]
    return next((error for error in errors if not error.startswith(_ON_THE_WAY)), errors[0] if errors else None)


def is_recovery(flow_run: FlowRun, state: State[Any]) -> bool:
    """Return whether the run before this one, of the same deployment, did not complete as this one did."""
    if event_of(state) != "completed" or flow_run.deployment_id is None:
        return False
    import httpx
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        DeploymentFilterId,
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateType,
    )
    from prefect.client.schemas.objects import StateType
    from prefect.client.schemas.sorting import FlowRunSort

    ended = [StateType.COMPLETED, StateType.FAILED, StateType.CRASHED]
    try:
        with get_client(sync_client=True) as client:
            runs = client.read_flow_runs(
                deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[flow_run.deployment_id])),
                flow_run_filter=FlowRunFilter(state=FlowRunFilterState(type=FlowRunFilterStateType(any_=ended))),
                sort=FlowRunSort.END_TIME_DESC,
                limit=_LOOKED_AT,
            )
    except httpx.HTTPError:
        return False
    before = [run.state for run in runs if run.id != flow_run.id and run.state is not None]
    return bool(before) and event_of(before[0]) in _FAILED


def _ui_url() -> str | None:
    from prefect.settings import get_current_settings

    return get_current_settings().ui_url
