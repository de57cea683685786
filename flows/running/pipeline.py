"""`ingest`: the stages in their order. The same code for plain calls and for Prefect tasks: only the runner differs."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from types import ModuleType
from typing import Final, Literal, Protocol, TypeVar

import polars as pl

from flows.running.reader import Interrupted
from flows.running.run import Begun, Collected, Run
from flows.running.summarise import summarise
from flows.running.summary import RunSummary

T = TypeVar("T")

CHECKER: Final = "great_expectations.expectations"
"""What takes seconds to import and is needed only when there is something to check."""

Stage = Literal["collect", "read", "derive", "check", "publish"]


class Runner(Protocol):
    """Calls one stage for one batch; it may record, time and retry the call."""

    def __call__(self, stage: Stage, call: Callable[[], T], number: int = 1, of: int = 1) -> T:
        """Return what `call` returns: `number` of `of` calls of this stage."""
        ...


def plain(stage: Stage, call: Callable[[], T], number: int = 1, of: int = 1) -> T:  # noqa: ARG001
    """Call the stage: the runner of --plain.

    Example:
        >>> plain("read", lambda: 3)
        3
    """
    return call()


class Ahead:
    """The stages that need no server, begun in the background: collecting, reading, and slow imports."""

    def __init__(self, run: Run, sources: Sequence[str]) -> None:
        self._run = run
        self._sources = sources
        self.began = time.monotonic()
        self.reads: list[Begun[int]] = []
        self.checker: Begun[ModuleType] | None = None
        self.collected = run.begin(self._collect)

    def find(self) -> Collected:
        """Find out what there is to do."""
        return self._run.collect(self._sources)

    def _collect(self) -> Collected:
        run = self._run
        collected = self.find()
        if not run.is_spread:
            if collected.unread.height or collected.derive_again or collected.check_again:
                self.checker = run.begin_import(CHECKER)
            self.begin_reads(collected)
        return collected

    def begin_reads(self, collected: Collected) -> None:
        """Begin to read; batches that go to a cluster wait for that until its tasks have a flow run to belong to."""
        run = self._run
        run.progress.begin("read", collected.unread.height, "documents")
        self.reads = [run.begin(partial(run.read, batch)) for batch in run.read_batches(collected.unread)]


def ingest(run: Run, ahead: Ahead, runner: Runner = plain) -> RunSummary:
    """Do what is to be done, such as to take in sources: collect, read, derive, check, publish.

    What the ledger has already is not done again. A document or source that fails is counted and named in the
    summary, and the rest goes on. The ledger's `runs` tells that the run began and how it ended; that a run was killed
    is told by the next one.

    Raises:
        WarehouseError: The warehouse cannot be written, or the account does not balance; what was published stays.
        Interrupted: The run was ended from outside.
    """
    with run.alive():
        run.record("running")
        try:
            summary = _stages(run, ahead, runner)
        except BaseException as error:
            with suppress(Exception):  # the error itself is what is told
                run.record("failed" if _is_failure(error) else "cancelled")
            raise
        run.record("completed", summary.release_id, summary.model_dump_json())
    return summary


def _is_failure(error: BaseException) -> bool:
    """Tell a failure from Ctrl-C, a signal, and what they bring about."""
    return isinstance(error, Exception) and not isinstance(error, Interrupted)


def _stages(run: Run, ahead: Ahead, runner: Runner) -> RunSummary:
    progress = run.progress
    collected = runner("collect", ahead.collected.result)
    if run.is_spread:
        ahead.begin_reads(collected)
    reads = ahead.reads
    read = sum(runner("read", begun.result, n, len(reads)) for n, begun in enumerate(reads, 1))
    progress.finish("read", f"{read} documents read")

    pending = run.pending(collected)
    progress.begin("check", pending.height, "documents")
    if pending.height and not run.is_spread:
        checker = ahead.checker or run.begin_import(CHECKER)
        if not checker.is_done():
            with progress.waiting("Great Expectations to be imported"):
                checker.result()
    checked = _derive_and_check(run, run.check_batches(pending), runner)
    progress.finish("check", f"{checked} documents checked")

    progress.begin("publish", 1, "release")
    published = runner("publish", partial(run.publish, collected.document_ids))
    progress.finish("publish", published.release.release_id + ("" if published.is_new else ", unchanged"))
    return summarise(run, collected, read, checked, published, ahead.began)


def _derive_and_check(run: Run, batches: Sequence[pl.DataFrame], runner: Runner) -> int:
    """Turn cells into checked rows, batch by batch, or all of them at once where others work them."""
    if run.is_spread:
        begun = [run.begin(partial(run.judge, batch)) for batch in batches]
        return sum(runner("derive", b.result, n, len(begun)) for n, b in enumerate(begun, 1))
    checked = 0
    for n, batch in enumerate(batches, 1):
        derived = runner("derive", partial(run.derive, batch), n, len(batches))
        checked += runner("check", partial(run.check, derived), n, len(batches))
    return checked
