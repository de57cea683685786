"""What `jixiao sources` shows: the state of each source, and whether it could be taken now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from tempfile import TemporaryDirectory
from typing import Any, Final

import polars as pl

from flows.collecting.account import Tally
from flows.collecting.collector import Collector
from flows.collecting.freshness import judge
from flows.config.sources import Source
from flows.progress import Progress
from flows.stopping import Stop
from warehouse.warehouse import Warehouse

_TRIED: Final = 3
"""Addresses of a source whose first bytes are asked for."""


def source_rows(sources: Sequence[Source], warehouse: Warehouse | None, now: datetime) -> list[dict[str, Any]]:
    """Return what the last run counted of each source, what was ever found in it, and its state.

    The state is that of now: a source may have become overdue since its last run. A source that no run has looked at
    has none.

    Args:
        sources: The sources.
        warehouse: Where they were taken to; null: there is none yet.
        now: The present moment.
    """
    counts = ("listed", "fetched", "unchanged", "failed")
    runs = warehouse.ledger.source_runs() if warehouse else pl.DataFrame(schema={"source_name": pl.String})
    members = warehouse.ledger.documents_of_sources() if warehouse else runs
    published = _published(warehouse)
    rows = []
    for source in sources:
        last = runs.filter(source_name=source.name).tail(1).to_dicts()
        run = last[0] if last else None
        found = members.filter(source_name=source.name)
        rows.append(
            {
                "source": source.name,
                "kind": source.kind,
                "region": source.region,
                "state": _state(source, run, runs, members, now) if run else None,
                "last_seen": run["seen_at"] if run else None,
                **{count: run[count] if run else None for count in counts},
                "documents": found.height,
                "published": sum(d in published for d in found["document_id"]) if found.height else 0,
                "last_new": found["first_seen_at"].max() if found.height else None,
                "expected_days": source.expected_days,
                "problem": run["problem"] if run else None,
            }
        )
    return rows


def check_rows(sources: Sequence[Source], now: datetime, stop: Stop | None = None) -> list[dict[str, Any]]:
    """Try sources: list what they have, ask for the first bytes of some files of the web; nothing is kept.

    Raises:
        Interrupted: The work was asked to stop.

    Returns:
        One row for each source, with how many files it lists and its first problem; null: there was none.
    """
    with TemporaryDirectory(prefix="jixiao-") as folder, Collector(Warehouse(folder), now, stop) as collector:
        collector.probe(collector.list_sources(sources, Progress()), _TRIED)
        return [
            {
                "source": tally.source.label,
                "kind": tally.source.kind,
                "listed": tally.listed,
                "problem": tally.problem,
                "place": next((p.source for p in collector.book.problems if p.name == tally.source.name), None),
            }
            for tally in collector.book.tallies.values()
        ]


def _state(source: Source, run: dict[str, Any], runs: pl.DataFrame, members: pl.DataFrame, now: datetime) -> str:
    if run["state"] == "failing":
        return "failing"
    tally = Tally(source, run["listed"], run["fetched"], run["unchanged"], run["failed"])
    return judge([tally], runs, members, run_id="", now=now).states[source.name]


def _published(warehouse: Warehouse | None) -> frozenset[str]:
    release = warehouse.releases.current() if warehouse else None
    if release is None:
        return frozenset()
    status = pl.col("status").cast(pl.String)
    rows = release.scan("documents").filter(status.is_in(["published", "partly_published"])).select("document_id")
    return frozenset(rows.collect()["document_id"])
