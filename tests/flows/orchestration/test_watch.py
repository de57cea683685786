from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from flows.config.nightly import NightlySettings
from flows.orchestration.schedule import Planned
from flows.orchestration.watch import PlanWatch

NIGHT = datetime(2026, 1, 31, 18, 0, tzinfo=UTC)
REPORTED = "INFO the next night is planned for 2026-02-01 02:00:00+08:00"


def answering(*answers: Planned | Exception) -> Callable[[], Planned]:
    """Stand in for a Prefect server: give one answer after the other, the last one again and again."""
    left = list(answers)

    def ask() -> Planned:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    return ask


@pytest.fixture
def alerts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings whose alerts are appended to a file; the file."""
    reported = tmp_path / "alerts.txt"
    script = f"import sys; open({str(reported)!r}, 'a', encoding='utf-8').write(sys.stdin.read() + chr(10))"
    config = tmp_path / "jixiao.toml"
    config.write_text(f"[alerts]\ncommand = {json.dumps([sys.executable, '-c', script])}\n", encoding="utf-8")
    monkeypatch.setenv("JIXIAO_CONFIG", str(config))
    return reported


def looked(ask: Callable[[], Planned], times: int, caplog: pytest.LogCaptureFixture, patience: float = 0) -> list[str]:
    watch = PlanWatch(NightlySettings(), ask, patience=patience)
    with caplog.at_level(logging.INFO, "prefect.jixiao"):
        for _ in range(times):
            watch.look()
    return [f"{record.levelname} {record.getMessage()}" for record in caplog.records]


def test_plan_watch_tells_the_next_night_once(alerts: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert looked(answering(NIGHT), 3, caplog) == [REPORTED]
    assert not alerts.exists()


def test_plan_watch_gives_the_server_time_to_plan(alerts: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert looked(answering(None, httpx.ConnectError("refused"), NIGHT), 3, caplog, patience=60) == [REPORTED]
    assert not alerts.exists()


def test_plan_watch_reports_that_nights_are_planned_again(alerts: Path, caplog: pytest.LogCaptureFixture) -> None:
    lines = looked(answering(NIGHT, None, NIGHT), 4, caplog)
    assert [line.split()[0] for line in lines if "jixiao:" not in line] == ["INFO", "ERROR", "INFO"]
    first, second = (line for line in alerts.read_text(encoding="utf-8").splitlines() if line.startswith("jixiao:"))
    assert first.startswith("jixiao: the schedule failed: ")
    assert second == f"jixiao: the schedule recovered: {REPORTED.removeprefix('INFO ')}"
    assert alerts.read_text(encoding="utf-8").splitlines()[-1] == "No action needed."


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        (None, "the Prefect server has planned no night"),
        (httpx.ConnectError("refused"), "the Prefect server does not answer (refused)"),
    ],
)
def test_plan_watch_alerts_once_when_no_night_is_planned(
    answer: Planned | Exception, problem: str, alerts: Path, caplog: pytest.LogCaptureFixture
) -> None:
    reported = [line for line in looked(answering(NIGHT, answer), 3, caplog) if "jixiao:" not in line]
    assert reported[1] == f"ERROR no night is planned: {problem}"
    assert len(reported) == 2
    first, to_do = alerts.read_text(encoding="utf-8").splitlines()
    assert first == f"jixiao: the schedule failed: {problem}"
    assert "jixiao ingest" in to_do


def test_plan_watch_says_that_a_person_paused_the_schedule(alerts: Path, caplog: pytest.LogCaptureFixture) -> None:
    (reported,) = looked(answering("paused"), 2, caplog)
    assert reported.startswith("WARNING the schedule is paused")
    assert not alerts.exists()
