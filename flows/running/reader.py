"""Reads PDFs in processes of their own, so that all cores work and a PDF that crashes its reader fails alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self

from flows.running.isolate import raise_if_systemic
from flows.running.workers import Done, Fault, Limits, Workers
from flows.stopping import Stop

if TYPE_CHECKING:
    from flows.config.choices import Feed
    from flows.config.settings import DocumentLimits
    from transforms.read import Reading

NOT_HANDLED: Final = "not_handled: the program failed on this document; please report it with the PDF"
NOT_ARCHIVED: Final = "not_archived"
MAY_HEAL: Final = ("reader_crashed", "not_handled", "needs_ocr", "missing_file", NOT_ARCHIVED)
"""Codes of failures that a later run may not meet again; those documents are read again when they are given again."""

_REASONS: Final[dict[Fault, str]] = {
    "crashed": "reader_crashed: the reading process ended while it read this PDF ({}); try --feed pdfplumber",
    "timeout": "reader_timeout: reading this PDF took longer than {}; where it is a real report, raise [limits] "
    "document_seconds and run `jixiao backfill --document`",
    "memory": "reader_memory: reading this PDF took more memory than {}; where it is a real report, raise [limits] "
    "document_memory_mb and run `jixiao backfill --document`",
}

_ONE_AT_A_TIME: Final = threading.Lock()
"""PDFium may be used by one thread of a process only; several read here when batches are begun at once."""


@dataclass(frozen=True, slots=True)
class Order:
    """One document to read, as it goes to a process."""

    document_id: str
    path: Path
    feed: Feed
    most_pages: int | None


def unreadable(document_id: str, feed: Feed, reason: str) -> Reading:
    """Make the reading of a document that could not be read: no cells, and why."""
    from transforms.read import READER_VERSION, Reading
    from warehouse.contract import Cells, empty

    return Reading(document_id, None, empty(Cells), feed, READER_VERSION, reason)


class Reader:
    """Reads documents with processes that are started when first needed; with none, it reads in this process.

    May be used from several threads and by several runs. In this process neither the limit of time nor that of memory
    holds: that is for debugging, and for Dask workers that may not have processes of their own.

    Args:
        workers: How many processes there are at most; 0: read in this process.
        limits: What one document may take.
    """

    def __init__(self, workers: int, limits: DocumentLimits) -> None:
        self.workers = workers
        self._limits = limits
        self._processes: Workers[Order, Reading] = Workers(
            _read, workers, Limits(limits.document_seconds, limits.document_memory_mb), _prepare
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(
        self, documents: Sequence[tuple[str, Path]], feed: Feed, on_read: Callable[[], None], stop: Stop
    ) -> list[Reading]:
        """Read documents, given as (document_id, path); the readings come in the same order.

        A document that crashes its process or meets a limit fails alone, with the reason reader_crashed,
        reader_timeout or reader_memory.

        Args:
            documents: What to read.
            feed: What reads the pages.
            on_read: Called once for each document that is read.
            stop: Looked at after each document, and ten times a second.

        Raises:
            Interrupted: The work was asked to stop.
            RuntimeError: The program failed on half of the documents or more: then they are not at fault.
        """
        orders = [Order(document_id, path, feed, self._limits.document_pages) for document_id, path in documents]
        readings: dict[str, Reading] = {}
        failures: dict[str, Exception] = {}
        for done in self._processes.map(orders, stop) if self.workers else _here(orders, stop):
            document_id = done.item.document_id
            if done.fault == "error":
                failures[document_id] = RuntimeError(done.detail)
                readings[document_id] = unreadable(
                    document_id, feed, f"{NOT_HANDLED} ({done.detail.partition(':')[0]})"
                )
            elif done.fault is not None:
                readings[document_id] = unreadable(document_id, feed, _REASONS[done.fault].format(done.detail))
            else:
                assert done.result is not None
                readings[document_id] = done.result
            on_read()
        raise_if_systemic(failures, len(orders))
        return [readings[document_id] for document_id, _ in documents]

    def close(self) -> None:
        """End the processes."""
        self._processes.close()


@cache
def reader_of_this_process(workers: int, limits: DocumentLimits) -> Reader:
    """Return the reader of a Dask worker process: all runs whose batches come here share it, and none closes it."""
    return Reader(workers, limits)


def _here(orders: Sequence[Order], stop: Stop) -> Iterator[Done[Order, Reading]]:
    for order in orders:
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

    return read_document(order.path, order.document_id, feed=order.feed, most_pages=order.most_pages)
