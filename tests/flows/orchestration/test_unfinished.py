"""The true state of runs that a service has ended, on a stand-in for the Prefect server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from flows.orchestration import unfinished
from flows.orchestration.flow_runs import held, hold, is_over, release
from flows.orchestration.unfinished import ENDED, settle_ended

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
