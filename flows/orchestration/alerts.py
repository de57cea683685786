"""Reports how a served run ended: in its log always, and by a command and a webhook where the settings name them.

A message names the run, what happened and what to do. A message that cannot be sent is logged and never changes
how the run ended.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Final

from flows.config.nightly import AlertEvent, AlertSettings, WebhookFormat
from flows.config.settings import SettingsError, load_settings

if TYPE_CHECKING:
    import logging

    from prefect import Flow
    from prefect.client.schemas.objects import FlowRun, State

INCOMPLETE: Final = "Incomplete"
"""Name of the Prefect state of a run that finished, but could not take or read all of its sources."""

_TO_DO: Final[dict[AlertEvent, str]] = {
    "completed": "No action needed.",
    "incomplete": "The rest is published. Look at the artifact not-taken-or-read of the run, or at the end of its log; "
    "docs/operations.md lists for each reason what to do.",
    "failed": "What was published has not changed, and what was read is kept. Look at the end of the run's log, fix "
    "what it names, then start the run again (`jixiao ingest`, or Quick run in the Prefect UI) or leave it to the "
    "next night.",
    "crashed": "What was published has not changed, and what was read is kept. The process was ended from outside: by "
    "the system for want of memory (then set fewer workers), by a restart, or by someone. Start the run again, or "
    "leave it to the next night.",
    "cancelled": "What was published has not changed, and what was read is kept. The next run continues from there.",
}


@dataclass(frozen=True, slots=True)
class Alert:
    """One message: which run ended how, what happened, what to do.

    Example:
        >>> print(Alert("crashed", "nightly", "nightly 2026-01-31", "killed", "Start it again.", None).text)
        jixiao: nightly 2026-01-31 crashed: killed
        Start it again.
    """

    event: AlertEvent
    flow: str
    run: str
    happened: str
    to_do: str
    link: str | None

    @property
    def text(self) -> str:
        """The message in words."""
        said = f": {self.happened}" if self.happened else ""
        return "\n".join(filter(None, [f"jixiao: {self.run} {self.event}{said}", self.to_do, self.link]))


def report_end(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:
    """Report how a flow run ended: the hook of the served flows, for every way to end."""
    from prefect.logging.loggers import flow_run_logger

    notify(alert_of(flow.name, flow_run, state), flow_run_logger(flow_run, flow))


def notify(alert: Alert, logger: logging.Logger | logging.LoggerAdapter[logging.Logger]) -> None:
    """Send a message where the settings say so, and log it there; a failure to send is logged and never raised."""
    try:
        settings = load_settings().alerts
    except SettingsError as error:
        logger.error("no alert can be sent, the settings are wrong: %s", error)
        return
    if alert.event not in settings.on:
        return
    logger.warning(alert.text)
    for problem in send(alert, settings):
        logger.error(problem)


def alert_of(flow: str, flow_run: FlowRun, state: State[Any]) -> Alert:
    """Put the end of a flow run into words."""
    event = _event(state)
    link = f"{ui}/runs/flow-run/{flow_run.id}" if (ui := _ui_url()) else None
    return Alert(event, flow, flow_run.name, state.message or "", _TO_DO[event], link)


def send(alert: Alert, settings: AlertSettings) -> list[str]:
    """Send a message by command and webhook; return what failed, one message each."""
    attempts: list[tuple[str, Callable[[], None]]] = []
    if settings.command:
        attempts.append((f"the alert command {settings.command[0]}", lambda: _call(alert, settings)))
    if settings.webhook is not None:
        attempts.append(("the alert webhook", lambda: _post(alert, settings)))
    problems = []
    for name, attempt in attempts:
        try:
            attempt()
        except Exception as error:
            problems.append(f"{name} failed: {_without_secret(str(error), settings)}; see [alerts] in the settings")
    return problems


def payload(alert: Alert, format_: WebhookFormat) -> Mapping[str, Any]:
    """Give the JSON that a receiver expects.

    Example:
        >>> alert = Alert("failed", "nightly", "night", "disk full", "Free space.", None)
        >>> payload(alert, "feishu")["msg_type"], payload(alert, "slack")["text"].splitlines()[0]
        ('text', 'jixiao: night failed: disk full')
    """
    match format_:
        case "slack":
            return {"text": alert.text}
        case "feishu":
            return {"msg_type": "text", "content": {"text": alert.text}}
        case "dingtalk" | "wecom":
            return {"msgtype": "text", "text": {"content": alert.text}}
        case "json":
            return {**asdict(alert), "text": alert.text}


def _event(state: State[Any]) -> AlertEvent:
    if state.is_completed():
        return "incomplete" if state.name == INCOMPLETE else "completed"
    if state.is_crashed():
        return "crashed"
    return "cancelled" if state.is_cancelled() or state.is_cancelling() else "failed"


def _ui_url() -> str | None:
    from prefect.settings import get_current_settings

    return get_current_settings().ui_url


def _call(alert: Alert, settings: AlertSettings) -> None:
    variables = {f"JIXIAO_ALERT_{name.upper()}": str(value or "") for name, value in asdict(alert).items()}
    subprocess.run(
        settings.command,
        input=alert.text,
        text=True,
        env={**os.environ, **variables},
        timeout=settings.timeout_seconds,
        check=True,
    )


def _post(alert: Alert, settings: AlertSettings) -> None:
    import httpx

    assert settings.webhook is not None
    content = payload(alert, settings.webhook_format)
    answer = httpx.post(settings.webhook.get_secret_value(), json=content, timeout=settings.timeout_seconds)
    if not answer.is_success:
        raise RuntimeError(f"it answered {answer.status_code} {answer.text[:200]}")


def _without_secret(message: str, settings: AlertSettings) -> str:
    secret = settings.webhook.get_secret_value() if settings.webhook else ""
    return message.replace(secret, "(webhook)") if secret else message
