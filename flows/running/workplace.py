"""Where the batches of a run are worked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal, Protocol, TypeVar

import polars as pl

from flows.running import stages
from flows.running.run import Run
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


class Workplace(Protocol):
    """Where batches are worked: in this process and its reading processes, or on a cluster."""

    @property
    def at_once(self) -> int:
        """How many batches are in hand at once."""

    @property
    def is_spread(self) -> bool:
        """Whether batches of all stages are worked elsewhere, many at once, and only when the run has begun."""

    @property
    def cuts(self) -> Mapping[Batch, Cut]:
        """How documents are cut into batches."""

    def work(self, what: Batch, batch: pl.DataFrame, call: Call, number: int = 1, of: int = 1) -> int:
        """Work a batch; return how many of its documents came out well."""


class Here:
    """This machine: PDFs are read in processes of their own, all else is worked in this process."""

    at_once = 2
    """One batch is read while the other is written."""

    is_spread = False
    cuts: Final[Mapping[Batch, Cut]] = {
        "read": Cut(parts=50, least=100, most=200),  # a Prefect task run costs as much as reading two documents
        "judge": Cut(parts=50, least=500, most=2000),  # each costs seconds of Great Expectations
    }

    def __init__(self, run: Run) -> None:
        self._run = run

    def work(self, what: Batch, batch: pl.DataFrame, call: Call, number: int = 1, of: int = 1) -> int:
        """Work a batch here; see `Workplace`."""
        if what == "read":
            return call("read", partial(stages.read, self._run, batch), number, of)
        parts = call("derive", partial(stages.derive, self._run, batch), number, of)
        return call("check", partial(stages.check, self._run, parts), number, of)
