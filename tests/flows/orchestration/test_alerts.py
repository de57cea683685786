from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from flows.config.nightly import AlertSettings
from flows.orchestration.alerts import INCOMPLETE, Alert, alert_of, payload, send
from tests.support.ingesting import NOW

ALERT = Alert("failed", "nightly", "nightly 2026-01-31 02:00", "the disk is full", "Free space.", "http://ui/run")


class Receiver(HTTPServer):
    """A webhook on loopback that keeps what it is sent."""

    def __init__(self, status: int) -> None:
        self.received: list[Any] = []
        self.status = status
        super().__init__(("127.0.0.1", 0), _Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook/secret-key"


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        self.server.received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def receiver(request: pytest.FixtureRequest) -> Iterator[Receiver]:
    with Receiver(getattr(request, "param", 200)) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def settings(**told: Any) -> AlertSettings:
    return AlertSettings.model_validate(told)


def state(type_: str, name: str | None = None, message: str | None = None) -> Any:
    from prefect.client.schemas.objects import State, StateType

    return State(type=StateType(type_), name=name, message=message)


def flow_run() -> Any:
    from prefect.client.schemas.objects import FlowRun

    return FlowRun.model_validate(
        {"id": UUID(int=7), "flow_id": UUID(int=8), "name": "nightly 2026-01-31", "expected_start_time": NOW}
    )


def test_send_by_command_gives_the_message_and_what_it_is_about(tmp_path: Path) -> None:
    script = "import os, sys; open(sys.argv[1], 'w').write(os.environ['JIXIAO_ALERT_EVENT'] + '|' + sys.stdin.read())"
    out = tmp_path / "told.txt"
    assert send(ALERT, settings(command=[sys.executable, "-c", script, str(out)])) == []
    assert out.read_text() == f"failed|{ALERT.text}"


def test_send_by_command_that_fails_is_a_trouble_that_is_told() -> None:
    troubles = send(ALERT, settings(command=[sys.executable, "-c", "raise SystemExit(9)"]))
    assert len(troubles) == 1
    assert "exit status 9" in troubles[0]
    assert "[alerts]" in troubles[0]


def test_send_by_webhook_posts_what_the_receiver_expects(receiver: Receiver) -> None:
    assert send(ALERT, settings(webhook=receiver.address)) == []
    assert send(ALERT, settings(webhook=receiver.address, webhook_format="feishu")) == []
    assert receiver.received[0]["event"] == "failed"
    assert receiver.received[0]["to_do"] == "Free space."
    assert receiver.received[1] == {"msg_type": "text", "content": {"text": ALERT.text}}


@pytest.mark.parametrize("receiver", [500], indirect=True)
def test_send_by_webhook_that_refuses_is_told_without_its_address(receiver: Receiver) -> None:
    (trouble,) = send(ALERT, settings(webhook=receiver.address))
    assert "answered 500" in trouble
    assert "secret-key" not in trouble


def test_send_by_webhook_that_is_not_there_does_not_keep_the_command_from_being_called(tmp_path: Path) -> None:
    out = tmp_path / "told.txt"
    command = [sys.executable, "-c", f"open({str(out)!r}, 'w').close()"]
    (trouble,) = send(ALERT, settings(webhook="http://127.0.0.1:9/hook", command=command, timeout_seconds=10))
    assert "the alert webhook failed" in trouble
    assert out.exists()


@pytest.mark.parametrize("format_", ["json", "slack", "feishu", "dingtalk", "wecom"])
def test_payload_always_holds_the_whole_message(format_: Any) -> None:
    told = json.dumps(payload(ALERT, format_))
    assert all(part in told for part in ("the disk is full", "Free space.", "http://ui/run"))


@pytest.mark.parametrize(
    ("ended", "event"),
    [
        (("COMPLETED", "Completed"), "completed"),
        (("COMPLETED", INCOMPLETE), "incomplete"),
        (("FAILED", "TimedOut"), "failed"),
        (("CRASHED", "Crashed"), "crashed"),
        (("CANCELLING", "Cancelling"), "cancelled"),
        (("CANCELLED", "Cancelled"), "cancelled"),
    ],
)
def test_alert_of_names_the_run_what_happened_and_what_to_do(ended: tuple[str, str], event: str) -> None:
    alert = alert_of("nightly", flow_run(), state(*ended, message="what it said"))
    assert alert.event == event
    assert alert.text.startswith(f"jixiao: nightly 2026-01-31 {event}: what it said\n")
    assert len(alert.to_do) > 10
