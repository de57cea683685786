"""Reads PDFs in processes of their own, so that all cores work and a PDF that crashes its reader fails alone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from flows.running.processor_time import limited
from flows.stopping import Interrupted, Stop
from flows.workers import Done, Fault, ProcessLimits, Workers
from transforms.reading.limits import Limits as PageLimits
from transforms.reading.limits import allowed
from transforms.reading.page_marks import recognised_count

if TYPE_CHECKING:
    from flows.config.choices import Feed
    from flows.config.settings import DocumentLimits
    from transforms.read import Reading

NOT_HANDLED: Final = "not_handled: the program failed on this document; please report it with the PDF"
NOT_ARCHIVED: Final = "not_archived"
MAY_HEAL: Final = ("needs_ocr", "scans_postponed", "missing_file", NOT_ARCHIVED)
"""Codes of failures that a later run may not meet again; those documents are read again when they are given again."""

_KEEP_SECONDS: Final = 10.0
"""What was read is handed on after so long at the latest, also while a document of its batch is not read yet."""

_REASONS: Final[dict[Fault, str]] = {
    "crashed": "reader_crashed: the reading process ended while it read this PDF ({}); try --feed pdfplumber",
    "timeout": "reader_timeout: reading this PDF took longer than {}; where it is a real report, raise [limits] "
    "document_seconds and run `jixiao backfill --document`",
    "memory": "reader_memory: reading this PDF took more memory than {}; where it is a real report, raise [limits] "
    "document_memory_mb and run `jixiao backfill --document`",
}

_PAGE_REASON: Final = (
    "page_timeout: one page took more than {:g} s of processor time; where it is a real report, raise [limits] "
    "page_seconds and run `jixiao backfill --document`"
)

_ONE_AT_A_TIME: Final = threading.Lock()
"""PDFium may be used by one thread of a process only; several read here when batches are begun at once."""


@dataclass(frozen=True, slots=True)
class Order:
    """One document to read, as it goes to a process."""

    document_id: str
    path: Path
    feed: Feed
    limits: PageLimits
    witness_pct: int
    page_seconds: float | None = None


def once_more(limits: DocumentLimits) -> dict[str, str]:
    """Return the codes of failures that are tried once more, each with what its reason says of the present limit.

    A reason that says something else was given under another limit.
    """
    present = {
        "too_many_pages": limits.document_pages,
        "too_many_objects": limits.page_objects,
        "too_many_characters": limits.page_characters,
        "too_many_cells": limits.page_cells,
        "too_many_scans": limits.document_scans,
        "too_many_pixels": limits.page_pixels,
    }
    return {
        "reader_crashed": "",
        "not_handled": "",
        "reader_timeout": f"longer than {limits.document_seconds or 0:g} s",
        "page_timeout": f"more than {limits.page_seconds or 0:g} s",
        "reader_memory": f"more memory than {limits.document_memory_mb} MB",
        **{code: f" {allowed(most)}" for code, most in present.items()},
    }


def unreadable(document_id: str, feed: Feed, reason: str) -> Reading:
    """Make the reading of a document that could not be read: no cells, and why."""
    from transforms.read import READER_VERSION, Reading
    from warehouse.contract import Cells, empty

    return Reading(document_id, None, empty(Cells), feed, READER_VERSION, reason)


class Reader:
    """Reads documents with processes that are started when first needed; with none, it reads in this process.

    May be used from several threads and by several runs. In this process no limit of time or memory
    holds: that is for debugging, and for Dask workers that may not have processes of their own.

    Args:
        workers: How many processes there are at most; 0: read in this process.
        limits: What one document may take.
    """

    def __init__(self, workers: int, limits: DocumentLimits) -> None:
        self.workers = workers
        self._limits = limits
        self._recognised = 0
        self._processes: Workers[Order, Reading] = Workers(
            _read, workers, ProcessLimits(limits.document_seconds, limits.document_memory_mb), _prepare
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(
        self,
        documents: Sequence[tuple[str, Path]],
        feed: Feed,
        on_read: Callable[[], None],
        stop: Stop,
        keep: Callable[[Sequence[Reading]], None] | None = None,
    ) -> list[Reading]:
        """Read documents, given as (document_id, path); the readings come in the same order.

        A document that crashes its process or meets a limit fails alone, with the reason reader_crashed,
        reader_timeout, page_timeout or reader_memory; one on which the program failed, with not_handled.

        Args:
            documents: What to read.
            feed: What reads the pages.
            on_read: Called once for each document that is read.
            stop: Looked at after each document, and ten times a second.
            keep: Called with readings that it was not called with before: some seconds after the first of them came,
                so that a document which takes long costs its neighbours nothing, at the end, and when the work stops.

        Raises:
            Interrupted: The work was asked to stop.
        """
        page_seconds = self._limits.page_seconds if self.workers else None  # it ends the process
        orders = (
            Order(document_id, path, feed, self._page_limits(), self._limits.witness_pct, page_seconds)
            for document_id, path in documents
        )
        readings: dict[str, Reading] = {}
        kept = _Kept(keep)
        try:
            for done in self._done(orders, stop, kept):
                reading = self._reading(done)
                readings[reading.document_id] = reading
                kept.add(reading)
                on_read()
        except Interrupted:
            kept.flush()
            raise
        kept.flush()
        return [readings[document_id] for document_id, _ in documents]

    def _done(self, orders: Iterator[Order], stop: Stop, kept: _Kept) -> Iterator[Done[Order, Reading]]:
        return self._processes.map(orders, stop, kept.look) if self.workers else _here(orders, stop, kept.look)

    def _page_limits(self) -> PageLimits:
        """Return what a document that is read next may take."""
        limits, most = self._limits, self._limits.run_scans
        left = None if most is None else max(0, most - self._recognised)
        return PageLimits(
            limits.document_pages,
            limits.page_objects,
            limits.page_characters,
            limits.page_cells,
            limits.document_scans,
            left,
            limits.page_pixels,
        )

    def _reading(self, done: Done[Order, Reading]) -> Reading:
        order = done.item
        if done.fault == "error":
            reason = f"{NOT_HANDLED} ({done.detail.partition(':')[0]})"
            return unreadable(order.document_id, order.feed, reason)
        if done.fault == "processor":
            assert order.page_seconds is not None, "only a page that has a limit meets it"
            return unreadable(order.document_id, order.feed, _PAGE_REASON.format(order.page_seconds))
        if done.fault is not None:
            return unreadable(order.document_id, order.feed, _REASONS[done.fault].format(done.detail))
        assert done.result is not None
        self._recognised += recognised_count(done.result.page_marks)
        return done.result

    def close(self) -> None:
        """End the processes."""
        self._processes.close()


@cache
def reader_of_this_process(workers: int, limits: DocumentLimits) -> Reader:
    """Return the reader of a Dask worker process: all runs whose batches come here share it, and none closes it."""
    return Reader(workers, limits)


class _Kept:
    """Readings that are to be handed on: not each alone, which would make many small files, and none late."""

    def __init__(self, keep: Callable[[Sequence[Reading]], None] | None) -> None:
        self._keep = keep
        self._waiting: list[Reading] = []
        self._since = 0.0

    def add(self, reading: Reading) -> None:
        """Take a reading."""
        if not self._waiting:
            self._since = time.monotonic()
        self._waiting.append(reading)
        self.look()

    def look(self) -> None:
        """Hand on what has waited long enough."""
        if self._waiting and time.monotonic() - self._since > _KEEP_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Hand on what waits."""
        waiting, self._waiting = self._waiting, []
        if waiting and self._keep is not None:
            self._keep(waiting)


def _here(orders: Iterable[Order], stop: Stop, on_look: Callable[[], None]) -> Iterator[Done[Order, Reading]]:
    for order in orders:
        on_look()
        with _ONE_AT_A_TIME:
            stop.check()
            try:
                yield Done(order, _read(order))
            except Exception as error:
                yield Done(order, fault="error", detail=f"{type(error).__name__}: {error}")


def _prepare() -> None:
    import transforms.read  # noqa: F401 takes most of a second


def _read(order: Order) -> Reading:
    from transforms.read import read_document

    with limited(order.page_seconds) as page_begins:
        limits = replace(order.limits, page_begins=page_begins)
        return read_document(
            order.path, order.document_id, feed=order.feed, limits=limits, witness_pct=order.witness_pct
        )
