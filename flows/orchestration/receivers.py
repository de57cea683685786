"""Sends an alert to its receivers: a command, a webhook, and whatever else apprise knows.

The robots of DingTalk, WeCom and Feishu answer 200 also when they refuse a message, and say so in the answer's text.
apprise 1.13 takes that for success, so their webhooks are called here and the answer is read.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import os
import re
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, Final

from flows.config.nightly import AlertEvent, AlertSettings, WebhookFormat
from flows.config.quiet_logs import logs_cleaned_by
from flows.orchestration.safe_path import environment_of_commands

_CODES: Final[Mapping[WebhookFormat, tuple[str, ...]]] = {
    "dingtalk": ("errcode",),
    "wecom": ("errcode",),
    "feishu": ("code", "StatusCode"),
}
"""Where a robot's answer says whether it took the message: 0 is yes."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One message: which run ended how, what happened, what to do.

    Attributes:
        event: How the run ended.
        flow: Its flow.
        run: Its name for people: the flow and the moment that it was planned for.
        happened: What happened; empty: the event says all.
        to_do: What to do.
        link: Its page in the Prefect UI; null: there is none.
        environment: Of the warehouse; null: it has no name.

    Example:
        >>> print(Alert("crashed", "nightly", "nightly 2026-01-31 02:00", "killed", "Start it again.", None).text)
        jixiao: nightly 2026-01-31 02:00 crashed: killed
        Start it again.
    """

    event: AlertEvent
    flow: str
    run: str
    happened: str
    to_do: str
    link: str | None
    environment: str | None = None

    @property
    def text(self) -> str:
        """The message in words."""
        happened = f": {self.happened}" if self.happened else ""
        sender = f"jixiao {self.environment}" if self.environment else "jixiao"
        return "\n".join(filter(None, [f"{sender}: {self.run} {self.event}{happened}", self.to_do, self.link]))


class NotTakenError(RuntimeError):
    """A receiver answered, but did not take the message."""


def test_alert(environment: str | None) -> Alert:
    """Give the message of `jixiao alert --test`.

    Example:
        >>> print(test_alert(None).text)
        jixiao: a test completed: this is how an alert arrives
        No action needed.
    """
    return Alert("completed", "test", "a test", "this is how an alert arrives", "No action needed.", None, environment)


def send(alert: Alert, settings: AlertSettings) -> list[str]:
    """Send a message to all receivers; return what failed, one message each."""
    return [problem for _, problem in attempts(alert, settings) if problem]


def attempts(alert: Alert, settings: AlertSettings) -> Iterator[tuple[str, str | None]]:
    """Send a message to one receiver after the other.

    Returns:
        The receiver in words, and why it failed; null: it took the message. No secret stands in either.
    """
    for name, attempt in _receivers(alert, settings):
        try:
            with logs_cleaned_by(partial(_without_secrets, settings=settings)):
                attempt()
        except Exception as error:
            reason = _without_secrets(str(error) or type(error).__name__, settings)
            yield name, f"{name} failed: {reason}; see [alerts] in the settings"
        else:
            yield name, None


def payload(alert: Alert, format_: WebhookFormat) -> dict[str, Any]:
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


def signature(format_: WebhookFormat, secret: str, at: float) -> dict[str, str]:
    """Give `timestamp` and `sign` of a signed robot: for DingTalk in the address, for Feishu in the message.

    Both sign the moment and the secret by HMAC-SHA256: DingTalk with the secret as key, in milliseconds; Feishu with
    all of it as key and nothing as message, in seconds.

    Example:
        >>> signature("dingtalk", "SECabc", 1700000000.0)["timestamp"]
        '1700000000000'
    """
    timestamp = str(round(at * 1000)) if format_ == "dingtalk" else str(int(at))
    signed = f"{timestamp}\n{secret}".encode()
    digest = (
        hmac.new(secret.encode(), signed, hashlib.sha256)
        if format_ == "dingtalk"
        else hmac.new(signed, digestmod=hashlib.sha256)
    )
    return {"timestamp": timestamp, "sign": base64.b64encode(digest.digest()).decode()}


def _receivers(alert: Alert, settings: AlertSettings) -> Iterator[tuple[str, Callable[[], None]]]:
    if settings.command:
        yield f"the alert command {settings.command[0]}", lambda: _call(alert, settings)
    if settings.webhook is not None:
        yield f"the alert webhook ({settings.webhook_format})", lambda: _post(alert, settings)
    for number, url in enumerate(settings.urls, 1):
        address = url.get_secret_value()
        yield f"alert address {number} ({address.partition('://')[0]}://...)", partial(_by_apprise, alert, address)


def _call(alert: Alert, settings: AlertSettings) -> None:
    variables = {f"JIXIAO_ALERT_{name.upper()}": str(value or "") for name, value in asdict(alert).items()}
    subprocess.run(
        settings.command,
        input=alert.text,
        text=True,
        encoding="utf-8",
        env={**environment_of_commands(os.environ), **variables},
        timeout=settings.timeout_seconds,
        check=True,
    )


def _post(alert: Alert, settings: AlertSettings) -> None:
    import httpx

    assert settings.webhook is not None
    url, format_ = httpx.URL(settings.webhook.get_secret_value()), settings.webhook_format
    content = payload(alert, format_)
    if settings.webhook_secret is not None:
        signed = signature(format_, settings.webhook_secret.get_secret_value(), time.time())
        if format_ == "dingtalk":
            url = url.copy_merge_params(signed)
        else:
            content |= signed
    answer = httpx.post(url, json=content, timeout=settings.timeout_seconds)
    if not answer.is_success:
        raise NotTakenError(f"it answered {answer.status_code} {answer.text[:200]}")
    if format_ in _CODES:
        _require_taken(answer, _CODES[format_])


def _require_taken(answer: Any, names: tuple[str, ...]) -> None:
    """Read in a robot's answer whether it took the message.

    Raises:
        NotTakenError: It did not, or the answer is not one of such a robot.
    """
    try:
        content = answer.json()
    except ValueError:
        content = None
    codes = [content[name] for name in names if name in content] if isinstance(content, dict) else []
    if not codes or codes[0] != 0:
        raise NotTakenError(f"it answered {answer.status_code}, but did not take the message: {answer.text[:200]}")


def _by_apprise(alert: Alert, address: str) -> None:
    from apprise import Apprise, LogCapture

    receiver = Apprise()
    if not receiver.add(address):
        raise NotTakenError("apprise does not know such an address")
    title, _, body = alert.text.partition("\n")
    with LogCapture(level=logging.WARNING, fmt="%(message)s") as log:  # type: ignore[no-untyped-call]
        is_taken = receiver.notify(title=title, body=body or title)
    if not is_taken:
        raise NotTakenError(" ".join(log.getvalue().split()) or "apprise says that it was not sent")


def _without_secrets(message: str, settings: AlertSettings) -> str:
    """Take every secret out of a message, also where a library has written an address in another way."""
    secrets = [settings.webhook, settings.webhook_secret, *settings.urls]
    for secret in (one.get_secret_value() for one in secrets if one is not None):
        parts = [part for part in re.split(r"[/?&=@:]", secret) if len(part) >= 8]
        for hidden in (secret, *sorted(parts, key=len, reverse=True)):
            if hidden:
                message = message.replace(hidden, "(secret)")
    return message
