"""Runs that only collect, one day after the other."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from flows.collecting.book import Tally
from flows.collecting.collector import Collector
from flows.collecting.web import Web
from flows.config.sources import Source
from flows.progress import Progress
from flows.stopping import Stop
from tests.support.ingesting import NOW
from warehouse.warehouse import Warehouse


class Folder:
    """A warehouse, and runs over sources, one day after the other."""

    def __init__(self, root: Path) -> None:
        self.warehouse = Warehouse(root)
        self.runs = 0
        self.problems: list[tuple[str, str]] = []
        self.stop = Stop()

    def collect(self, *sources: Source) -> list[tuple[int, int, int, int]]:
        """Run once; return listed, fetched, unchanged and failed of each source."""
        return [(t.listed, t.fetched, t.unchanged, t.failed) for t in self.tallies(*sources)]

    def tallies(self, *sources: Source) -> list[Tally]:
        now = NOW + timedelta(days=self.runs)
        self.runs += 1
        with Collector(self.warehouse, now, self.stop, lambda: Web(sleep=_no_sleep)) as collector:
            collector.take(collector.list_sources(sources, _Counting()), _Counting())
            self.problems = [(problem.source, problem.code) for problem in collector.book.problems]
            return list(collector.book.tallies.values())

    def sightings(self) -> list[tuple[str, str, str | None]]:
        rows = self.warehouse.ledger.tables["sightings"].scan().sort("batch_id", "source_uri").collect()
        return list(rows.select("source_uri", "file_name", "source").iter_rows())


class _Counting(Progress):
    def advance(self, stage: str, count: int = 1) -> None:
        assert (stage, count) == ("collect", 1)


async def _no_sleep(seconds: float) -> None:
    assert seconds >= 0
