"""The account of nights, on a stand-in for the Prefect server: what it finds and what it does about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.config.nightly import NightlySettings
from flows.orchestration import nights
from flows.orchestration.nights import MISSED, Nights
from flows.orchestration.schedule import CATCH_UP

MIDNIGHT = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)  # 02:00 in Shanghai
NIGHT = timedelta(days=1)
FINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


class Server:
    """What the account asks of a Prefect server, in memory."""

    def __init__(self, created: datetime, cron: str = "0 2 * * *") -> None:
        from prefect.client.schemas.schedules import CronSchedule

        schedule = SimpleNamespace(active=True, schedule=CronSchedule(cron=cron, timezone="Asia/Shanghai"))
        self.deployment = SimpleNamespace(
            id=UUID(int=1), created=created, paused=False, schedules=[schedule], tags=["jixiao", "nightly"]
        )
        self.runs: dict[UUID, Any] = {}

    def put(
        self, planned: datetime, state: str, *, auto: bool = True, message: str | None = None, tag: str = ""
    ) -> Any:
        from prefect.client.schemas.objects import FlowRun, State, StateType

        began = state in ("COMPLETED", "FAILED", "CRASHED", "RUNNING")
        run = FlowRun.model_validate(
            {
                "id": uuid4(),
                "flow_id": UUID(int=2),
                "deployment_id": self.deployment.id,
                "expected_start_time": planned,
                "start_time": planned + timedelta(seconds=5) if began else None,
                "auto_scheduled": auto,
                "tags": ["nightly", *([tag] if tag else [])],
                "state": State(type=StateType(state), message=message),
                "state_type": state,
            }
        )
        self.runs[run.id] = run
        return run

    def read_deployment_by_name(self, name: str) -> Any:
        from prefect.exceptions import ObjectNotFound

        if name != "nightly/nightly":
            raise ObjectNotFound(Exception(name))
        return self.deployment

    def read_flow_run(self, flow_run_id: UUID) -> Any:
        return self.runs[flow_run_id]

    def delete_flow_run(self, flow_run_id: UUID) -> None:
        del self.runs[flow_run_id]

    def create_flow_run_from_deployment(self, _: UUID, *, state: Any, tags: list[str], **__: Any) -> Any:
        tag = next((tag for tag in tags if tag in (CATCH_UP, MISSED)), "")
        return self.put(state.state_details.scheduled_time, "SCHEDULED", auto=False, tag=tag)

    def set_flow_run_state(self, flow_run_id: UUID, state: Any, *, force: bool) -> None:
        assert force
        self.runs[flow_run_id].state = state
        self.runs[flow_run_id].state_type = state.type

    def fates(self) -> dict[datetime, list[str]]:
        """Give what became of each night, by its moment."""
        found: dict[datetime, list[str]] = {}
        for run in self.runs.values():
            words = run.state.message if run.state.name == "Skipped" else run.state.type.value
            found.setdefault(run.expected_start_time, []).append(words)
        return dict(sorted(found.items()))


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    made = Server(created=MIDNIGHT - 10 * NIGHT)
    stand_in(monkeypatch, made)
    return made


def stand_in(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    @contextmanager
    def client(**_: Any) -> Iterator[Server]:
        yield server

    def runs_of(there: Server, _: UUID, states: Any = None, *, before: datetime, newest_first: bool) -> list[Any]:
        assert newest_first
        assert states is None
        found = [run for run in there.runs.values() if run.expected_start_time <= before]
        return sorted(found, key=lambda run: run.expected_start_time, reverse=True)

    monkeypatch.setattr(nights, "get_client", client)
    monkeypatch.setattr(nights, "runs_of", runs_of)


def account(**values: Any) -> tuple[Nights, list[Any]]:
    left_out: list[Any] = []
    return Nights(NightlySettings(**values), "nightly/nightly", left_out.append), left_out


def test_begin_lets_one_run_make_up_for_missed_nights_and_gives_the_others_their_reason(server: Server) -> None:
    server.put(MIDNIGHT, "COMPLETED")
    for number in (1, 2, 3):
        server.put(MIDNIGHT + number * NIGHT, "SCHEDULED")
    of_nights, left_out = account()
    of_nights.begin(MIDNIGHT + 3.2 * NIGHT)
    reason = "missed: the run of 2026-02-04 02:00 makes up for it"
    assert server.fates() == {
        MIDNIGHT: ["COMPLETED"],
        MIDNIGHT + NIGHT: [reason],
        MIDNIGHT + 2 * NIGHT: [reason],
        MIDNIGHT + 3 * NIGHT: ["SCHEDULED"],
    }
    (made_up,) = [run for run in server.runs.values() if CATCH_UP in run.tags]
    assert not made_up.auto_scheduled
    assert [run.expected_start_time for run in left_out] == [MIDNIGHT + NIGHT, MIDNIGHT + 2 * NIGHT]


def test_begin_finds_a_night_that_nobody_planned(server: Server) -> None:
    server.put(MIDNIGHT, "COMPLETED")
    of_nights, _ = account()
    of_nights.begin(MIDNIGHT + 1.1 * NIGHT)
    assert server.fates() == {MIDNIGHT: ["COMPLETED"], MIDNIGHT + NIGHT: ["SCHEDULED"]}


def test_begin_goes_by_the_schedule_that_was_in_force(server: Server) -> None:
    server.put(MIDNIGHT, "COMPLETED")
    of_nights, _ = account(cron="0 12 * * *")
    of_nights.begin(MIDNIGHT + timedelta(hours=12))
    assert server.fates() == {MIDNIGHT: ["COMPLETED"]}


def test_begin_makes_up_for_a_crashed_night_once(server: Server) -> None:
    server.put(MIDNIGHT, "CRASHED")
    at = MIDNIGHT + timedelta(hours=1)
    for _ in range(3):
        of_nights, left_out = account()
        of_nights.begin(at)
        at += timedelta(minutes=1)
    assert [run.tags[-1] for run in server.runs.values() if run.state_type == "SCHEDULED"] == [CATCH_UP]
    assert left_out == []


def test_begin_makes_up_for_a_crashed_night_after_which_prefect_left_one_out(server: Server) -> None:
    server.put(MIDNIGHT, "CRASHED")
    left = server.put(MIDNIGHT + NIGHT, "CANCELLED", message="Deployment concurrency limit reached.")
    left.start_time = MIDNIGHT + NIGHT  # Prefect gives one to what it leaves out
    of_nights, left_out = account(overlap="skip")
    of_nights.begin(MIDNIGHT + 1.1 * NIGHT)
    assert [run.tags[-1] for run in server.runs.values() if run.state_type == "SCHEDULED"] == [CATCH_UP]
    assert left_out == [left]


def test_begin_without_catch_up_gives_every_missed_night_its_reason(server: Server) -> None:
    server.put(MIDNIGHT, "CRASHED")
    server.put(MIDNIGHT + NIGHT, "SCHEDULED")
    of_nights, left_out = account(catch_up=False)
    of_nights.begin(MIDNIGHT + 2.5 * NIGHT)
    reason = "missed: the service was not there when it was due, and [nightly] catch_up is false"
    assert server.fates() == {
        MIDNIGHT: ["CRASHED"],
        MIDNIGHT + NIGHT: [reason],
        MIDNIGHT + 2 * NIGHT: [reason],
    }
    assert len(left_out) == 2


def test_begin_leaves_a_paused_schedule_and_a_first_start_alone(server: Server) -> None:
    server.put(MIDNIGHT, "SCHEDULED")
    server.deployment.paused = True
    of_nights, _ = account()
    of_nights.begin(MIDNIGHT + 5 * NIGHT)
    Nights(NightlySettings(), "nightly/new", print).begin(MIDNIGHT + 5 * NIGHT)
    assert server.fates() == {MIDNIGHT: ["SCHEDULED"]}


def test_begin_bounds_what_it_records_of_a_long_time_away(server: Server) -> None:
    server.deployment.created = MIDNIGHT - 300 * NIGHT
    of_nights, left_out = account()
    of_nights.begin(MIDNIGHT)
    assert len(left_out) == 100
    assert [run.expected_start_time for run in server.runs.values() if CATCH_UP in run.tags] == [MIDNIGHT]


def test_begin_finds_a_night_that_vanished_before_one_that_is_done(server: Server, tmp_path: Path) -> None:
    server.put(MIDNIGHT, "COMPLETED")
    first = Nights(NightlySettings(), "nightly/nightly", print, tmp_path / "mark")
    first.begin(MIDNIGHT + NIGHT / 2)
    server.put(MIDNIGHT + 2 * NIGHT, "COMPLETED")  # the night before it vanished, and the service was ended
    Nights(NightlySettings(), "nightly/nightly", print, tmp_path / "mark").begin(MIDNIGHT + 2.1 * NIGHT)
    assert server.fates()[MIDNIGHT + NIGHT] == ["SCHEDULED"]
    (tmp_path / "mark").write_text("damaged")
    Nights(NightlySettings(), "nightly/nightly", print, tmp_path / "mark").begin(MIDNIGHT + 2.2 * NIGHT)
    assert datetime.fromisoformat((tmp_path / "mark").read_text()) == MIDNIGHT + 2.2 * NIGHT


def test_look_finds_a_night_that_vanished_while_the_service_started(server: Server) -> None:
    server.put(MIDNIGHT, "COMPLETED")
    of_nights, _ = account()
    of_nights.begin(MIDNIGHT + NIGHT - timedelta(seconds=3))
    of_nights.look(MIDNIGHT + NIGHT + timedelta(seconds=60))  # Prefect may still plan it
    assert server.fates() == {MIDNIGHT: ["COMPLETED"]}
    for seconds in (95, 125, 155):
        of_nights.look(MIDNIGHT + NIGHT + timedelta(seconds=seconds))
    assert server.fates() == {MIDNIGHT: ["COMPLETED"], MIDNIGHT + NIGHT: ["SCHEDULED"]}


def test_look_leaves_alone_what_prefect_has_planned(server: Server) -> None:
    of_nights, left_out = account()
    of_nights.begin(MIDNIGHT - NIGHT / 2)
    before = len(server.runs)
    server.put(MIDNIGHT, "SCHEDULED")
    of_nights.look(MIDNIGHT + timedelta(minutes=5))
    assert len(server.runs) == before + 1
    assert server.fates()[MIDNIGHT] == ["SCHEDULED"]
    assert left_out == [run for run in left_out if run.expected_start_time < MIDNIGHT]


def test_look_says_in_words_why_prefect_left_a_night_out(server: Server) -> None:
    server.put(MIDNIGHT - NIGHT, "COMPLETED")
    server.put(MIDNIGHT, "RUNNING")
    of_nights, left_out = account(overlap="skip")
    of_nights.begin(MIDNIGHT + timedelta(hours=1))
    server.put(MIDNIGHT + NIGHT, "CANCELLED", message="Deployment concurrency limit reached.")
    for minutes in (2, 3):
        of_nights.look(MIDNIGHT + NIGHT + timedelta(minutes=minutes))
    assert [fate for fate in server.fates()[MIDNIGHT + NIGHT] if "still ran" in fate]
    assert len(left_out) == 1


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["done", "crash", "skip", "away", "lost", "waiting"]), st.booleans()),
        min_size=1,
        max_size=12,
    )
)
def test_every_night_is_accounted_for_whatever_happens(steps: list[tuple[str, bool]]) -> None:
    """Nights end, crash, or are lost in any order, with restarts between: none is left without a fate."""
    server = Server(created=MIDNIGHT - NIGHT / 2)
    with pytest.MonkeyPatch.context() as patch:
        stand_in(patch, server)
        of_nights, _ = account()
        of_nights.begin(MIDNIGHT - NIGHT / 3)
        for number, (what, restarts) in enumerate(steps):
            moment = MIDNIGHT + number * NIGHT
            state = {"done": "COMPLETED", "crash": "CRASHED", "skip": "CANCELLED", "waiting": "SCHEDULED"}.get(what)
            if state or what == "away":
                server.put(moment, state or "SCHEDULED")
            later = moment + timedelta(hours=1)
            if restarts or what in ("away", "waiting"):
                of_nights, _ = account()
                of_nights.begin(later)
            of_nights.look(later + timedelta(minutes=5))
            for run in list(server.runs.values()):  # what waits begins, and completes
                if run.state_type == "SCHEDULED":
                    run.start_time, run.state_type = later + timedelta(minutes=6), "COMPLETED"
                    run.state = server.put(moment + timedelta(minutes=7), "COMPLETED", auto=False).state
    fates = server.fates()
    for number in range(len(steps)):
        words = fates.get(MIDNIGHT + number * NIGHT, [])
        assert words, f"nothing is known of night {number}"
        assert all(word in FINAL or word.startswith("missed: ") for word in words)
