"""A run from its beginning to its end: the stages in their order, wherever their batches are worked."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Final, Self

import polars as pl

from flows.running import stages
from flows.running.background import Background, Begun, import_ahead
from flows.running.cluster import Dask, connected
from flows.running.run import Collected, Run, marked_as_alive, record
from flows.running.summarise import summarise
from flows.running.summary import RunSummary
from flows.running.workplace import Batch, Call, Here, Workplace, plainly

CHECKER: Final = "great_expectations.expectations"
"""What takes seconds to import and is needed only when there is something to check."""

_LOOK_SECONDS: Final = 0.2

Find = Callable[[], Collected]
"""Finds out what a run is about: collects its sources, or selects what the warehouse has."""


class Job:
    """A run that has begun: what needs no server (collecting, reading, slow imports) runs in the background.

    A context manager that waits for the calls in the background.

    Args:
        run: The run.
        workplace: Where its batches are worked.
        find: What it begins with.
    """

    def __init__(self, run: Run, workplace: Workplace, find: Find) -> None:
        self.run = run
        self.workplace = workplace
        self.began = time.monotonic()
        self._find = find
        self._reads: list[Begun[int]] = []
        self._checker: threading.Thread | None = None
        self._background = Background(workplace.at_once, run.stop)
        self.collected = self._background.begin(self._collect)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._background.__exit__(kind, error, trace)

    def _collect(self) -> Collected:
        collected = self._find()
        if not self.workplace.is_spread:
            if collected.has_work:
                self._checker = import_ahead(CHECKER)
            self._begin_reads(collected)
        return collected

    def _begin_reads(self, collected: Collected) -> None:
        """Begin to read; batches that go to a cluster wait for that until its tasks have a flow run to belong to."""
        self.run.progress.begin("read", collected.unread.height, "documents")
        self._reads = self._begin("read", collected.unread)

    def _begin(self, what: Batch, documents: pl.DataFrame) -> list[Begun[int]]:
        work = self.workplace.work
        return [
            self._background.begin(partial(work, what, batch, plainly, n, of))
            for n, batch, of in self._batches(what, documents)
        ]

    def _batches(self, what: Batch, documents: pl.DataFrame) -> list[tuple[int, pl.DataFrame, int]]:
        batches = self.workplace.cuts[what].batches(documents, self.run.settings.batch)
        return [(number, batch, len(batches)) for number, batch in enumerate(batches, 1)]

    # ---- the stages that follow one another

    def read(self, collected: Collected, call: Call) -> int:
        """Wait until all is read; return how many documents could be."""
        if self.workplace.is_spread:
            self._begin_reads(collected)
        of = len(self._reads)
        return sum(call("read", begun.result, number, of) for number, begun in enumerate(self._reads, 1))

    def judge(self, pending: pl.DataFrame, call: Call) -> int:
        """Turn cells into checked rows; return how many documents were.

        Batch by batch, or all batches at once where others work them.
        """
        if self.workplace.is_spread:
            begun = self._begin("judge", pending)
            return sum(call("derive", one.result, number, len(begun)) for number, one in enumerate(begun, 1))
        if pending.height:
            self._await_checker()
        checked = 0
        for number, batch, of in self._batches("judge", pending):
            self.run.stop.check()
            checked += self.workplace.work("judge", batch, call, number, of)
        return checked

    def _await_checker(self) -> None:
        checker = self._checker or import_ahead(CHECKER)
        if checker.is_alive():
            with self.run.progress.waiting("Great Expectations to be imported"):
                while checker.is_alive():
                    checker.join(_LOOK_SECONDS)
                    self.run.stop.check()


@contextmanager
def workplace_of(run: Run) -> Iterator[Workplace]:
    """Give the workplace that the settings ask for: this machine, or a Dask cluster.

    Raises:
        SettingsError: `runner` is dask, without an address or without Dask being installed.
        ClusterError: The scheduler does not answer, or has no workers.
    """
    if run.settings.runner == "local":
        yield Here(run)
        return
    with connected(run.settings) as client:
        yield Dask(run, client)


def run_plainly(run: Run, find: Find) -> RunSummary:
    """Do a run without Prefect. See `ingest`."""
    with workplace_of(run) as workplace, Job(run, workplace, find) as job:
        return ingest(job)


def ingest(job: Job, call: Call = plainly) -> RunSummary:
    """Do what is to be done, such as to take in sources: collect, read, derive, check, publish.

    What the ledger has already is not done again. A document or source that fails is counted and named in the
    summary, and the rest continues. The ledger's `runs` has that the run began and how it ended; that a run was killed
    is recorded by the next one.

    Raises:
        WarehouseError: The warehouse cannot be written, or the account does not balance; what was published stays.
        Interrupted: The run was asked to stop.
    """
    run = job.run
    with marked_as_alive(run):
        record(run, "running")
        try:
            summary = _stages(job, call)
        except BaseException as error:
            with suppress(Exception):  # the error itself is what counts
                is_failure = isinstance(error, Exception) and run.stop.cause is None
                record(run, "failed" if is_failure else "cancelled")
            raise
        record(run, "completed", summary.release_id, summary.model_dump_json())
    return summary


def _stages(job: Job, call: Call) -> RunSummary:
    run, progress = job.run, job.run.progress
    collected = call("collect", job.collected.result)
    read = job.read(collected, call)
    progress.finish("read", f"{read} documents read")
    collected = replace(collected, problems=(*collected.problems, *stages.not_archived(run, collected)))

    run.stop.check()
    pending = stages.pending(run, collected)
    progress.begin("check", pending.height, "documents")
    checked = job.judge(pending, call)
    progress.finish("check", f"{checked} documents checked")

    progress.begin("publish", 1, "release")
    published = call("publish", partial(stages.publish, run, collected.document_ids))
    progress.finish("publish", published.release.release_id + ("" if published.is_new else ", unchanged"))
    return summarise(run, collected, read, checked, published, job.began)
