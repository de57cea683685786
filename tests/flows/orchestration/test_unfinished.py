"""The true state of runs that a service has ended, on a stand-in for the Prefect server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from prefect.exceptions import ObjectNotFound

from flows.orchestration import unfinished
from flows.orchestration.alerts import report_begin, report_end
from flows.orchestration.deployments import SERVED, nightly
from flows.orchestration.flow_runs import await_report, held, hold, is_over, release, reported, unreported
from flows.orchestration.unfinished import ENDED, ended_unreported, settle_ended

NIGHT = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)
RUN = UUID(int=7)
SHUT_DOWN = ("CANCELLED", "Runner is shutting down.")


class Server:
    """One run and the states that it had."""

    def __init__(self, *states: tuple[str, str | None]) -> None:
        from prefect.client.schemas.objects import FlowRun, State, StateType

        self.states = [
            State(type=StateType(type_), message=message, timestamp=NIGHT + timedelta(seconds=number))
            for number, (type_, message) in enumerate(states)
        ]
        self.run = FlowRun.model_validate(
            {"id": RUN, "flow_id": UUID(int=8), "expected_start_time": NIGHT, "start_time": NIGHT}
        )

    def read_flow_run(self, _: UUID) -> Any:
        return self.run.model_copy(update={"state": self.states[-1]})

    def read_flow_run_states(self, _: UUID) -> list[Any]:
        return self.states

    def set_flow_run_state(self, _: UUID, state: Any, *, force: bool) -> None:
        assert force
        self.states.append(state)

    @property
    def state(self) -> tuple[str, str | None]:
        return self.states[-1].type.value, self.states[-1].message


def settled(monkeypatch: pytest.MonkeyPatch, *states: tuple[str, str | None]) -> tuple[Server, list[Any]]:
    server = Server(*states)

    @contextmanager
    def client(**_: Any) -> Iterator[Server]:
        yield server

    monkeypatch.setattr(unfinished, "get_client", client)
    return server, settle_ended(RUN)


@pytest.mark.parametrize(
    "ends",
    [
        [SHUT_DOWN],
        [("CRASHED", "Execution was aborted by a termination signal."), SHUT_DOWN],
        [("CANCELLED", "Runner is shutting down."), ("CRASHED", "Process exited with status code: -15. SIGTERM.")],
    ],
)
def test_a_run_that_its_service_ended_has_crashed(ends: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server, crashed = settled(monkeypatch, ("PENDING", None), ("RUNNING", None), *ends)
    assert server.state == ("CRASHED", ENDED)
    assert [run.id for run in crashed] == [RUN]


@pytest.mark.parametrize("ends", [[], [SHUT_DOWN], [("CRASHED", "Process exited with status code: -15. SIGTERM.")]])
def test_a_run_that_had_not_begun_waits_again(ends: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server, crashed = settled(monkeypatch, ("SCHEDULED", None), ("PENDING", None), *ends)
    assert server.state[0] == "SCHEDULED"
    assert server.states[-1].state_details.scheduled_time == NIGHT
    assert crashed == []


@pytest.mark.parametrize(
    "end", [("COMPLETED", "3 new documents"), ("FAILED", "the disk is full"), ("CANCELLED", "it was cancelled")]
)
def test_a_run_that_ended_by_itself_keeps_its_end(end: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    server, crashed = settled(monkeypatch, ("RUNNING", None), end, SHUT_DOWN)
    assert server.state == end
    assert crashed == []


def test_a_run_that_crashed_by_itself_is_reported_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    end = ("CRASHED", "Process exited with status code: -9. Killed.")
    server, crashed = settled(monkeypatch, ("RUNNING", None), end, SHUT_DOWN)
    assert server.state == end
    assert len(crashed) == 1


def test_hold_outlives_the_service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    other = UUID(int=9)
    hold([RUN], [other])
    assert held() == [RUN, other]
    assert (is_over(RUN), is_over(other)) == (False, True)
    release(RUN)
    assert held() == [other]


@pytest.mark.parametrize("count", [1, 0])
def test_a_run_whose_report_was_lost_is_reported_by_the_next_service(
    count: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    server, _ = settled(monkeypatch, ("PENDING", None), ("RUNNING", None), ("FAILED", "the disk is full"))
    server.states = server.states[: 2 + count]
    assert ended_unreported() == []
    await_report(RUN)
    assert [run.id for run in ended_unreported()] == [RUN] * count
    assert unreported() == [RUN], "until it is reported"
    reported(RUN)
    assert (ended_unreported(), unreported()) == ([], [])


def test_a_run_that_prefect_does_not_know_any_more_is_not_awaited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))

    def gone(*_: Any) -> None:
        raise ObjectNotFound(Exception("404"))

    settled(monkeypatch, ("PENDING", None))
    monkeypatch.setattr(Server, "read_flow_run", gone)
    await_report(RUN)
    assert (ended_unreported(), unreported()) == ([], [])


def test_the_report_of_a_run_takes_it_from_those_that_are_awaited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path))
    run = Server(("RUNNING", None), ("FAILED", "the disk is full")).read_flow_run(RUN)
    report_begin(nightly, run, run.state)
    assert unreported() == [RUN]
    report_end(nightly, run, run.state)
    assert unreported() == []
    assert all(report_begin in flow.on_running_hooks for flow in SERVED)
