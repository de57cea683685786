"""Where the batches of a run are worked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, Protocol, TypeVar

import polars as pl

from flows.running import stages
from flows.running.background import Background, Begun, import_ahead
from flows.running.run import Collected, Run
from flows.running.stages import Stage

T = TypeVar("T")

Batch = Literal["read", "judge"]
"""What is done with a batch: read its documents, or derive and check them."""

MOST_CELLS: Final = 1_000_000
"""Cells of a batch that is derived: about five thousand forms, half a gigabyte."""


class Call(Protocol):
    """Calls one stage for one batch; it may record, time and retry the call."""

    def __call__(self, stage: Stage, function: Callable[[], T], number: int = 1, of: int = 1) -> T:
        """Return what `function` returns: `number` of `of` calls of this stage."""


def plainly(stage: Stage, function: Callable[[], T], number: int = 1, of: int = 1) -> T:  # noqa: ARG001
    """Call the stage: what --plain does.

    Example:
        >>> plainly("read", lambda: 3)
        3
    """
    return function()


@dataclass(frozen=True, slots=True)
class Cut:
    """How documents are cut into batches.

    Attributes:
        parts: How many batches there shall be, as far as the next two allow.
        least: Documents of a batch, where there are so many.
        most: Documents of a batch.
    """

    parts: int
    least: int
    most: int

    def batches(self, documents: pl.DataFrame, size: int | None = None) -> list[pl.DataFrame]:
        """Cut documents into batches, none very small or very large.

        Args:
            documents: Their order is kept. With `cell_count`, a batch is small enough to be derived in memory.
            size: Documents of a batch, in place of what the cut gives.
        """
        size = size or min(max(-(-documents.height // self.parts), self.least), self.most)
        if "cell_count" not in documents.columns:
            return list(documents.iter_slices(size))
        cut = documents.with_columns(
            slice=pl.int_range(pl.len()) // size, cells=(pl.col("cell_count").cum_sum() - 1) // MOST_CELLS
        )
        return cut.partition_by("slice", "cells", maintain_order=True, include_key=False)


_READ: Final = Cut(parts=50, least=100, most=200)
"""A Prefect task run costs as much as reading two documents."""

_JUDGED: Final = Cut(parts=50, least=500, most=2000)
"""Each batch costs seconds of Great Expectations."""

_CHECKER: Final = "great_expectations.expectations"
"""What takes seconds to import and is needed only when there is something to check."""

_LOOK_SECONDS: Final = 0.2


class Workplace(Protocol):
    """Where documents are read and judged: in this process and its reading processes, or on a cluster."""

    def prepare(self, collected: Collected) -> None:
        """Begin what may begin before the run is recorded anywhere; called once, in a thread of its own."""

    def work(self, what: Batch, documents: pl.DataFrame, call: Call) -> int:
        """Work documents, batch by batch; return how many of them came out well."""


class Here:
    """This machine: PDFs are read in processes of their own, all else is worked in this process.

    Args:
        run: The run.
        background: Its threads read ahead, `AT_ONCE` batches at once.
    """

    AT_ONCE: Final = 2
    """One batch is read while the other is written."""

    def __init__(self, run: Run, background: Background) -> None:
        self._run = run
        self._background = background
        self._reads: list[Begun[int]] | None = None
        self._checker: threading.Thread | None = None

    def prepare(self, collected: Collected) -> None:
        """Begin to read, and to import what checks; see `Workplace`."""
        if collected.has_work:
            self._checker = import_ahead(_CHECKER)
        self._reads = self._begin_reads(collected.unread)

    def work(self, what: Batch, documents: pl.DataFrame, call: Call) -> int:
        """Work documents here; see `Workplace`."""
        if what == "read":
            reads = self._begin_reads(documents) if self._reads is None else self._reads
            return sum(call("read", begun.result, number, len(reads)) for number, begun in enumerate(reads, 1))
        if documents.height:
            self._await_checker()
        judged = 0
        batches = _JUDGED.batches(documents, self._run.settings.batch)
        for number, batch in enumerate(batches, 1):
            self._run.stop.check()
            judged += judge(self._run, batch, call, number, len(batches))
        return judged

    def _begin_reads(self, documents: pl.DataFrame) -> list[Begun[int]]:
        self._run.progress.begin("read", documents.height, "documents")
        batches = _READ.batches(documents, self._run.settings.batch)
        return [self._background.begin(partial(stages.read, self._run, batch)) for batch in batches]

    def _await_checker(self) -> None:
        checker = self._checker or import_ahead(_CHECKER)
        if checker.is_alive():
            with self._run.progress.waiting("Great Expectations to be imported"):
                while checker.is_alive():
                    checker.join(_LOOK_SECONDS)
                    self._run.stop.check()


@contextmanager
def here(run: Run) -> Iterator[Here]:
    """Give this machine as the workplace of a run; at the end, batches that nobody waits for are given up."""
    with Background(Here.AT_ONCE, run.stop) as background:
        yield Here(run, background)


def judge(run: Run, batch: pl.DataFrame, call: Call = plainly, number: int = 1, of: int = 1) -> int:
    """Derive and check a batch in this process; return how many documents were."""
    parts = call("derive", partial(stages.derive, run, batch), number, of)
    return call("check", partial(stages.check, run, parts), number, of)
