"""Finds the documents that make a batch fail, so that the others continue without them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, TypeVar

import polars as pl

from warehouse.errors import WarehouseError

T = TypeVar("T")

_SYSTEMIC_SHARE: Final = 0.5
_SYSTEMIC_LEAST: Final = 4
_NOTHING_WORKS: Final = 10
"""Documents that fail one after the other, and none that works: enough to stop trying."""


@dataclass(frozen=True, slots=True)
class Outcome(Generic[T]):
    """Parts of a batch with what the work gave for each, and the documents for which it failed."""

    parts: list[tuple[pl.DataFrame, T]] = field(default_factory=list)
    failures: dict[str, Exception] = field(default_factory=dict)


def isolate(
    batch: pl.DataFrame, work: Callable[[pl.DataFrame], T], raised: tuple[type[Exception], ...] = ()
) -> Outcome[T]:
    """Do the work for a batch; where it fails, halve the batch until the documents that make it fail stand alone.

    Args:
        batch: One row for each document, `document_id` among its columns.
        work: Called with the batch or a slice of it.
        raised: Errors that are not the documents', besides problems with files or the warehouse: they are raised.

    Raises:
        Exception: What the work raised first, when it fails for half of four or more documents: then the program is
            at fault, and to continue would take good documents out of the dataset.

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
    _halve(batch, work, outcome, (OSError, WarehouseError, *raised))
    raise_if_systemic(outcome.failures, batch.height)
    return outcome


def raise_if_systemic(failures: Mapping[str, Exception], of: int) -> None:
    """Raise the first failure when half of four or more documents fail: that is the program's fault, not theirs.

    Args:
        failures: By document_id.
        of: How many documents were tried.
    """
    if failures and of >= _SYSTEMIC_LEAST and len(failures) >= _SYSTEMIC_SHARE * of:
        raise next(iter(failures.values())) from None


def _halve(
    batch: pl.DataFrame,
    work: Callable[[pl.DataFrame], T],
    outcome: Outcome[T],
    raised: tuple[type[Exception], ...],
) -> None:
    try:
        outcome.parts.append((batch, work(batch)))
    except raised:
        raise
    except Exception as error:
        if batch.height == 1:
            outcome.failures[batch["document_id"][0]] = error
            if not outcome.parts and len(outcome.failures) == _NOTHING_WORKS:
                raise error
            return
        half = batch.height // 2
        _halve(batch.slice(0, half), work, outcome, raised)
        _halve(batch.slice(half), work, outcome, raised)
