from __future__ import annotations

from pathlib import Path

import pytest

from flows.config.choices import WorkStage
from flows.running.pace import ASSUMED, Timer, rates
from flows.running.summary import RunSummary, Work


def test_timer_sums_work_by_stage_and_leaves_out_what_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([0.0, 2.0, 2.0, 5.0, 9.0])
    monkeypatch.setattr("flows.running.pace.time.monotonic", lambda: next(clock))
    timer = Timer()
    for pages in (10, 20):
        with timer.measured(WorkStage.read) as measured:
            measured.count = pages
    with pytest.raises(OSError, match="away"), timer.measured(WorkStage.check, 5):
        raise OSError("away")
    assert timer.work() == [Work(stage="read", count=30, unit="pages", seconds=5.0)]


def test_rates_are_those_of_the_runs_and_assumed_without_any(ingested: tuple[Path, RunSummary]) -> None:
    summary = ingested[1]
    assert {work.stage for work in summary.work} == {"read", "derive", "check"}
    reported = [
        summary.model_copy(update={"work": [Work(stage="read", count=count, unit="pages", seconds=2.0)]})
        for count in (100, 300)
    ]
    found = rates(["no summary", *(one.model_dump_json() for one in reported)])
    assert (found[WorkStage.read].per_second, found[WorkStage.read].units) == (100.0, 400)
    assert (found[WorkStage.check].per_second, found[WorkStage.check].units) == (ASSUMED[WorkStage.check], 0)
