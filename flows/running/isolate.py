"""Finds the documents that make a batch fail, so that the others continue without them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import polars as pl

from warehouse.errors import WarehouseError

T = TypeVar("T")

_SYSTEMIC_LEAST: Final = 4
_NOTHING_WORKS: Final = 10
"""Documents that fail one after the other, and none that works: enough to doubt the program."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """Parts of a batch with what the work gave for each, and the documents for which it failed."""

    parts: list[tuple[pl.DataFrame, T]] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)


def isolate(
    batch: pl.DataFrame,
    work: Callable[[pl.DataFrame], T],
    raised: tuple[type[Exception], ...] = (),
    is_sound: Callable[[], bool] | None = None,
) -> Outcome[T]:
    """Do the work for a batch; where it fails, halve the batch until the documents that make it fail stand alone.

    Args:
        batch: One row for each document, `document_id` among its columns.
        work: Called with the batch or a slice of it.
        raised: Errors that are not the documents', besides problems with files or the warehouse: they are raised.
        is_sound: Called where no document of four or more works: whether the work can be done for documents that are
            known to be good. Then these documents are at fault, however many they are; null: it cannot.

    Raises:
        Exception: What the work raised first, where nothing works, not even for good documents: then the program is at
            fault, and to continue would take good documents out of the dataset.

    Example:
        >>> batch = pl.DataFrame({"document_id": ["a", "b", "c"]})
        >>> def work(part: pl.DataFrame) -> int:
        ...     if "b" in part["document_id"]:
        ...         raise ValueError("odd")
        ...     return part.height
        >>> outcome = isolate(batch, work)
        >>> [n for _, n in outcome.parts], outcome.failures
        ([1, 1], {'b': ValueError('odd')})
    """
    outcome: Outcome[T] = Outcome()
    doubt = _Doubt(is_sound)
    _halve(batch, work, outcome, (OSError, WarehouseError, *raised), doubt)
    if not outcome.parts and batch.height >= _SYSTEMIC_LEAST:
        doubt.settle(outcome)
    return outcome


@dataclass(slots=True)
class _Doubt:
    """Whether the program or the documents are at fault, asked once at most."""

    is_sound: Callable[[], bool] | None
    is_settled: bool = False

    def settle(self, outcome: Outcome[T]) -> None:
        """Raise the first failure, unless the program is known to work."""
        if not self.is_settled and not (self.is_sound is not None and self.is_sound()):
            raise next(iter(outcome.failures.values())) from None
        self.is_settled = True


def _halve(
    batch: pl.DataFrame,
    work: Callable[[pl.DataFrame], T],
    outcome: Outcome[T],
    raised: tuple[type[Exception], ...],
    doubt: _Doubt,
) -> None:
    try:
        outcome.parts.append((batch, work(batch)))
    except raised:
        raise
    except Exception as error:
        if batch.height == 1:
            outcome.failures[batch["document_id"][0]] = error
            if not outcome.parts and len(outcome.failures) == _NOTHING_WORKS:
                doubt.settle(outcome)
            return
        half = batch.height // 2
        _halve(batch.slice(0, half), work, outcome, raised, doubt)
        _halve(batch.slice(half), work, outcome, raised, doubt)
