from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from flows.collecting.book import Tally
from flows.collecting.freshness import Judged, judge
from flows.config.sources import FilesSource
from warehouse import contract
from warehouse.contract.ledger_tables import Events, SourceRuns

NOW = datetime(2026, 6, 1, 18, tzinfo=UTC)


def before(*runs: tuple[int, int, str]) -> pl.DataFrame:
    """Runs of source `hubei`: so many days ago, listed so many, state."""
    rows = [
        {"source_name": "hubei", "listed": listed, "state": state, "seen_at": NOW - timedelta(days=days)}
        for days, listed, state in runs
    ]
    return pl.DataFrame(rows, schema=dict(contract.polars_schema(SourceRuns)))


def brought(*days: int) -> pl.DataFrame:
    rows = [{"source_name": "hubei", "first_seen_at": NOW - timedelta(days=d)} for d in days]
    return pl.DataFrame(rows, schema={"source_name": pl.String, "first_seen_at": pl.Datetime("us", "UTC")})


def judged(runs: pl.DataFrame, members: pl.DataFrame, listed: int = 10, failed: int = 0, whole: bool = True) -> Judged:
    source = FilesSource(name="hubei", paths=["x"], expected_days=31, region="湖北")
    problem = "not_found: gone" if failed or not whole else None
    tally = Tally(source, listed, 0, listed - failed, failed, whole, problem)
    return judge([tally, Tally(FilesSource(paths=["y"]), 3)], runs, members, run_id="r", now=NOW)


@pytest.mark.parametrize(
    ("runs", "days", "listed", "failed", "whole", "state"),
    [
        ([], [0], 10, 0, True, "fresh"),
        ([], [], 0, 0, True, "fresh"),
        ([(40, 0, "fresh")], [], 0, 0, True, "overdue"),
        ([(40, 10, "fresh")], [90, 32], 10, 0, True, "overdue"),
        ([(40, 10, "fresh")], [90, 30], 10, 0, True, "fresh"),
        ([(9, 10, "fresh"), (1, 8, "fresh")], [5], 8, 0, True, "fresh"),
        ([(9, 10, "fresh"), (1, 8, "fresh")], [5], 7, 0, True, "shrinking"),
        ([(31, 10, "fresh"), (1, 8, "fresh")], [5], 7, 0, True, "fresh"),
        ([(9, 10, "fresh")], [90], 7, 0, True, "shrinking"),
        ([], [0], 10, 4, True, "fresh"),
        ([], [0], 10, 5, True, "failing"),
        ([(9, 10, "fresh")], [90], 0, 0, False, "failing"),
    ],
)
def test_judge_gives_the_first_state_that_holds(
    runs: list[tuple[int, int, str]], days: list[int], listed: int, failed: int, whole: bool, state: str
) -> None:
    got = judged(before(*runs), brought(*days), listed, failed, whole)
    assert got.states == {"hubei": state}
    assert got.source_runs.select("source_name", "listed", "failed", "state").rows() == [
        ("hubei", listed, failed, state)
    ]
    assert contract.conform(got.source_runs, SourceRuns).height == 1
    assert len(got.warnings) == (state != "fresh")


def test_judge_warning_says_what_and_what_to_do() -> None:
    assert judged(before((40, 10, "fresh")), brought(60)).warnings == (
        "source hubei is overdue: nothing new since 2026-04-02, something is expected every 31 days: "
        "check whether its pages have moved",
    )
    assert judged(before(), brought(1), 2, 2).warnings == ("source hubei is failing: not_found: gone",)


def test_judge_event_comes_when_the_state_changes_only() -> None:
    first = judged(before((1, 10, "fresh")), brought(1), listed=3)
    assert first.events.select("kind", "run_id").rows() == [("source_shrinking", "r")]
    assert contract.conform(first.events, Events).height == 1
    assert judged(before((1, 10, "shrinking")), brought(1), listed=3).events.is_empty()
    again = judged(before((1, 10, "shrinking")), brought(1))
    assert again.events["message"].to_list() == ["source hubei was shrinking, is fresh now"]
    assert judged(before(), brought(0)).events.is_empty()
