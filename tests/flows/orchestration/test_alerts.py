from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from flows.config.settings import Settings, load_settings
from flows.orchestration.alerts import INCOMPLETE, SKIPPED, alert_of, cause_of, is_recovery
from tests.support.ingesting import NOW

SETTINGS = load_settings()
EXITED = "Process exited with status code: 1. The process exited with an error."


def state(type_: str, name: str | None = None, message: str | None = None) -> Any:
    from prefect.client.schemas.objects import State, StateType

    return State(type=StateType(type_), name=name, message=message)


def flow_run(name: str = "magenta-ammonite") -> Any:
    from prefect.client.schemas.objects import FlowRun

    return FlowRun.model_validate({"id": UUID(int=7), "flow_id": UUID(int=8), "name": name, "expected_start_time": NOW})


def night() -> str:
    return f"nightly {NOW.astimezone(SETTINGS.nightly.zone):%Y-%m-%d %H:%M}"


@pytest.mark.parametrize(
    ("ended", "event"),
    [
        (("COMPLETED", "Completed"), "completed"),
        (("COMPLETED", INCOMPLETE), "incomplete"),
        (("FAILED", "TimedOut"), "failed"),
        (("CRASHED", "Crashed"), "crashed"),
        (("CANCELLING", "Cancelling"), "cancelled"),
        (("CANCELLED", "Cancelled"), "cancelled"),
        (("CANCELLED", SKIPPED), "skipped"),
    ],
)
def test_alert_of_names_the_night_what_happened_and_what_to_do(ended: tuple[str, str], event: str) -> None:
    alert = alert_of("nightly", flow_run(), state(*ended, message="what it said"), SETTINGS)
    assert alert.event == event
    assert alert.text.startswith(f"jixiao: {night()} {event}: what it said\n")
    assert "magenta" not in alert.text
    assert len(alert.to_do) > 10


@pytest.mark.parametrize(
    ("on", "event"),
    [
        (("failed", "recovered"), "recovered"),
        (("completed", "recovered"), "recovered"),
        (("completed", "failed"), "completed"),
    ],
)
def test_alert_of_a_recovery_needs_no_action(on: tuple[str, ...], event: str) -> None:
    settings: Settings = load_settings(alerts={"on": on})
    alert = alert_of("nightly", flow_run(), state("COMPLETED", message="2 new documents"), settings, recovered=True)
    assert alert.event == event
    assert alert.text == f"jixiao: {night()} {event}: 2 new documents\nNo action needed." + (
        f"\n{alert.link}" if alert.link else ""
    )


def test_alert_of_a_process_that_ended_by_itself_names_the_cause_of_its_log() -> None:
    cause = "ModuleNotFoundError: No module named 'flows.orchestration'"
    alert = alert_of("nightly", flow_run(), state("CRASHED", message=EXITED), SETTINGS, cause=cause)
    assert alert.happened == cause
    assert "memory" not in alert.to_do


def test_alert_of_a_process_that_was_killed_speaks_of_memory() -> None:
    killed = state("CRASHED", message="Process exited with status code: -9. Killed.")
    assert "memory" in alert_of("nightly", flow_run(), killed, SETTINGS).to_do


def test_cause_is_the_last_line_of_the_last_error_in_the_log_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import nullcontext
    from types import SimpleNamespace

    traceback = "Unexpected exception\nTraceback (most recent call last):\n  ...\nImportError: cannot import name 'x'"
    logs = [SimpleNamespace(message="Process exited"), SimpleNamespace(message=traceback)]
    client = SimpleNamespace(read_logs=lambda *_, **__: logs)
    monkeypatch.setattr("prefect.client.orchestration.get_client", lambda **_: nullcontext(client))
    assert cause_of(flow_run(), state("CRASHED", message=EXITED)) == "ImportError: cannot import name 'x'"
    assert cause_of(flow_run(), state("CRASHED", message="killed")) is None


def test_cause_is_what_failed_in_the_run_before_what_failed_on_the_way_to_the_server(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from contextlib import nullcontext
    from types import SimpleNamespace

    on_the_way = "Execution exited\nprefect.exceptions.PrefectHTTPStatusError: Server error '500' for url"
    full = "Encountered exception\nWarehouseError: the disk is full"
    logs = [SimpleNamespace(message=text) for text in (on_the_way, on_the_way, full)]
    client = SimpleNamespace(read_logs=lambda *_, **__: logs)
    monkeypatch.setattr("prefect.client.orchestration.get_client", lambda **_: nullcontext(client))
    assert cause_of(flow_run(), state("CRASHED", message=EXITED)) == "WarehouseError: the disk is full"
    del logs[2]
    assert (cause_of(flow_run(), state("CRASHED", message=EXITED)) or "").startswith("prefect.exceptions")


@pytest.mark.parametrize(
    ("before", "recovers"),
    [(("CRASHED", "Crashed"), True), (("COMPLETED", INCOMPLETE), True), (("COMPLETED", "Completed"), False)],
)
def test_a_run_recovers_when_the_one_before_it_did_not_complete(
    before: tuple[str, str], recovers: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    from contextlib import nullcontext
    from types import SimpleNamespace

    this = flow_run().model_copy(update={"deployment_id": UUID(int=9)})
    earlier = flow_run().model_copy(update={"id": UUID(int=6), "state": state(*before)})
    client = SimpleNamespace(read_flow_runs=lambda **_: [this, earlier])
    monkeypatch.setattr("prefect.client.orchestration.get_client", lambda **_: nullcontext(client))
    assert is_recovery(this, state("COMPLETED")) is recovers
    assert is_recovery(this, state("FAILED")) is False
