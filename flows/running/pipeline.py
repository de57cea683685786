"""A run from its beginning to its end: the stages in their order, wherever their batches are worked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Self

from flows.running import stages
from flows.running.background import Background
from flows.running.cluster import connected, on_cluster
from flows.running.lineage import Lineage
from flows.running.run import Collected, Run, marked_as_alive, record
from flows.running.summarise import summarise
from flows.running.summary import RunSummary
from flows.running.workplace import Call, Workplace, here, plainly

Find = Callable[[], Collected]
"""Finds out what a run is about: collects its sources, or selects what the warehouse has."""


class Job:
    """A run that has begun: what needs no server (collecting, and what its workplace prepares) is in the background.

    A context manager that waits for it.

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
        self._background = Background(1, run.stop)
        self.collected = self._background.begin(self._collect)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._background.__exit__(kind, error, trace)

    def _collect(self) -> Collected:
        collected = self._find()
        self.workplace.prepare(collected)
        return collected


@contextmanager
def workplace_of(run: Run) -> Iterator[Workplace]:
    """Give the workplace that the settings ask for: this machine, or a Dask cluster.

    Raises:
        SettingsError: `runner` is dask, without an address or without Dask being installed.
        ClusterError: The scheduler does not answer, or has no workers.
    """
    if run.settings.runner == "local":
        with here(run) as workplace:
            yield workplace
        return
    with connected(run.settings) as client, on_cluster(run, client) as workplace:
        yield workplace


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
        WarehouseError: The warehouse cannot be written, the account does not balance, or there is nothing that a first
            release could hold; what was published stays.
        Interrupted: The run was asked to stop.
    """
    run = job.run
    with marked_as_alive(run), Lineage(run) as lineage:
        record(run, "running")
        try:
            summary = _stages(job, call, lineage)
        except BaseException as error:
            with suppress(Exception):  # the error itself is what counts
                is_failure = isinstance(error, Exception) and run.stop.cause is None
                record(run, "failed" if is_failure else "cancelled")
            raise
        record(run, "completed", summary.release_id, summary.model_dump_json())
        lineage.completed(summary)
    return summary


def _stages(job: Job, call: Call, lineage: Lineage) -> RunSummary:
    run, progress = job.run, job.run.progress
    collected = call("collect", job.collected.result)
    lineage.collected(collected.tallies)
    read = job.workplace.work("read", collected.unread, call)
    progress.finish("read", f"{read} documents read")
    collected = replace(collected, problems=(*collected.problems, *stages.not_archived(run, collected)))

    run.stop.check()
    pending = stages.pending(run, collected)
    stages.require_something(run, collected, pending)
    progress.begin("check", pending.height, "documents")
    checked = job.workplace.work("judge", pending, call)
    progress.finish("check", f"{checked} documents checked")

    progress.begin("publish", 1, "release")
    published = call("publish", partial(stages.publish, run, collected.document_ids))
    progress.finish("publish", published.release.release_id + ("" if published.is_new else ", unchanged"))
    return summarise(run, collected, read, checked, published, job.began)
