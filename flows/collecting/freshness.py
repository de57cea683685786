"""Whether sources deliver what they should: fresh, overdue, shrinking or failing. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

import polars as pl

from flows.collecting.book import Tally
from warehouse import contract
from warehouse.contract.ledger_tables import Events, SourceRuns

State = Literal["fresh", "overdue", "shrinking", "failing"]

_LOOK_BACK: Final = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Judged:
    """What a run says of its named sources.

    Attributes:
        source_runs: `ledger_tables.SourceRuns`, one row for each source.
        events: `ledger_tables.Events`: sources that came into another state than after the run before.
        states: The state of each source, by name.
        warnings: One sentence for each source that is not fresh.
    """

    source_runs: pl.DataFrame
    events: pl.DataFrame
    states: Mapping[str, State]
    warnings: tuple[str, ...]


def judge(
    tallies: Iterable[Tally], runs_before: pl.DataFrame, members: pl.DataFrame, *, run_id: str, now: datetime
) -> Judged:
    """Judge the named sources of a run.

    failing: what it names cannot all be listed, or half of what it lists or more cannot be fetched. shrinking: it lists
    fewer, by more than its shrink_pct, than the most of the last 30 days. overdue: no new document for more than its
    expected_days, counted from the first run when there never was one. The first of these that holds is its state.

    Args:
        tallies: What the run counted; those without a name are left out.
        runs_before: `ledger_tables.SourceRuns` of earlier runs, oldest first.
        members: `Warehouse.documents_of_sources`, with those of this run.
        run_id: The run.
        now: Its start.
    """
    last_new = dict(members.group_by("source_name").agg(pl.col("first_seen_at").max()).iter_rows())
    rows, events, warnings = [], [], []
    states: dict[str, State] = {}
    for tally in tallies:
        source = tally.source
        if not source.name:
            continue
        before = runs_before.filter(source_name=source.name)
        most = before.filter(pl.col("seen_at") >= now - _LOOK_BACK)["listed"].max()
        since = last_new.get(source.name) or (before["seen_at"][0] if before.height else now)
        state, why = _state(tally, most if isinstance(most, int) else 0, since, now)
        states[source.name] = state
        if why:
            warnings.append(f"source {source.name} is {state}: {why}")
        was = before["state"][-1] if before.height else "fresh"
        if state != was:
            message = f"source {source.name} was {was}, is {state} now" + (f": {why}" if why else "")
            events.append({"at": now, "kind": f"source_{state}", "run_id": run_id, "message": message})
        rows.append(
            {
                "run_id": run_id,
                "source_name": source.name,
                "kind": source.kind,
                "region": source.region,
                "default_department": source.default_department,
                "expected_days": source.expected_days,
                "listed": tally.listed,
                "fetched": tally.fetched,
                "unchanged": tally.unchanged,
                "failed": tally.failed,
                "state": state,
                "problem": tally.problem,
                "seen_at": now,
            }
        )
    return Judged(
        pl.DataFrame(rows, schema=dict(contract.polars_schema(SourceRuns))),
        pl.DataFrame(events, schema=dict(contract.polars_schema(Events))),
        states,
        tuple(warnings),
    )


def _state(tally: Tally, most: int, since: datetime, now: datetime) -> tuple[State, str | None]:
    source = tally.source
    if not tally.is_whole or (tally.failed and 2 * tally.failed >= tally.listed):
        return "failing", tally.problem or "it cannot be listed whole"
    if 100 * tally.listed < (100 - source.shrink_pct) * most:
        return "shrinking", (
            f"it lists {tally.listed} documents, {most} were listed within the last {_LOOK_BACK.days} days: "
            "check whether its pages have moved"
        )
    if source.expected_days is not None and now - since > timedelta(days=source.expected_days):
        return "overdue", (
            f"nothing new since {since:%Y-%m-%d}, something is expected every {source.expected_days} days: "
            "check whether its pages have moved"
        )
    return "fresh", None
