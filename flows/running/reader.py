"""Reads PDFs in processes of their own, so that all cores work and a PDF that crashes its reader fails alone."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self

from flows.running.isolate import raise_if_systemic

if TYPE_CHECKING:
    from types import TracebackType

    from flows.config.settings import Feed
    from transforms.read import Reading

NOT_HANDLED: Final = "not_handled: the program failed on this document; please report it with the PDF"
MAY_HEAL: Final = ("reader_crashed", "not_handled", "needs_ocr")
"""Codes of failures that a later run may not meet again; those documents are read again when they are given again."""
CRASHED: Final = "reader_crashed: the reading process ended while it read this PDF; try --feed pdfplumber"

_LOOK_SECONDS: Final = 1.0

_ONE_AT_A_TIME: Final = threading.Lock()
"""PDFium may be used by one thread of a process only; several read here when batches are begun at once."""


class Interrupted(RuntimeError):
    """The run was ended while documents were being read; what was read before is in the ledger."""


def unreadable(document_id: str, feed: Feed, reason: str) -> Reading:
    """Make the reading of a document that could not be read: no cells, and why."""
    from transforms.read import READER_VERSION, Reading
    from warehouse.contract import Cells, empty

    return Reading(document_id, None, empty(Cells), feed, READER_VERSION, reason)


class _Batch:
    """What reading a batch gave so far: readings, and errors that reading should not have raised."""

    def __init__(self, on_read: Callable[[], None]) -> None:
        self.readings: dict[str, Reading] = {}
        self.failures: dict[str, Exception] = {}
        self._on_read = on_read

    def add(self, document_id: str, result: Callable[[], Reading]) -> None:
        """Take in one result; that the pool broke, or was ended, is not the document's fault and is raised."""
        try:
            self.readings[document_id] = result()
        except BrokenProcessPool:
            raise
        except Exception as error:
            self.failures[document_id] = error
        self._on_read()


class Reader:
    """Reads documents with `workers` processes, started when first needed; 0 reads in this process (debugging).

    May be used from several threads. Closing it ends the processes at once, in mid-document if need be.
    """

    def __init__(self, workers: int, feed: Feed) -> None:
        self.workers = workers
        self.feed = feed
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._closed = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def read(self, documents: Sequence[tuple[str, Path]], on_read: Callable[[], None]) -> list[Reading]:
        """Read documents, given as (document_id, path); the readings come in the same order.

        Args:
            documents: What to read.
            on_read: Called once for each document that is read.

        Raises:
            Interrupted: `close` was called meanwhile.
        """
        batch = _Batch(on_read)
        if self.workers == 0:
            self._read_here(documents, batch)
        else:
            try:
                with self._lock:  # not while the pool is ended: it would wait for what was given to it just then
                    pool = self._shared_pool()
                    futures = self._submit(pool, documents)
                self._take(pool, futures, batch)
            except BrokenProcessPool:
                self._check_open()
                self._drop(pool)
                self._read_alone([d for d in documents if d[0] not in batch.readings], batch)
        raise_if_systemic(batch.failures, len(documents))
        for document_id, error in batch.failures.items():
            batch.readings[document_id] = unreadable(document_id, self.feed, f"{NOT_HANDLED} ({type(error).__name__})")
        return [batch.readings[document_id] for document_id, _ in documents]

    def close(self) -> None:
        """End the processes, and wait until they have ended; what they were reading is given up."""
        self._closed.set()
        with self._lock:
            self._end_pool()

    def _read_here(self, documents: Iterable[tuple[str, Path]], batch: _Batch) -> None:
        for document_id, path in documents:
            with _ONE_AT_A_TIME:
                self._check_open()
                batch.add(document_id, partial(_read, path, document_id, self.feed))

    def _submit(self, pool: ProcessPoolExecutor, documents: Iterable[tuple[str, Path]]) -> dict[Future[Reading], str]:
        return {pool.submit(_read, path, document_id, self.feed): document_id for document_id, path in documents}

    def _take(self, pool: ProcessPoolExecutor, futures: Mapping[Future[Reading], str], batch: _Batch) -> None:
        pending = set(futures)
        while pending:
            done, pending = wait(pending, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                batch.add(futures[future], future.result)
            if not done and _has_dead(pool):
                raise BrokenProcessPool("a process was killed while it handed over a result")

    def _read_alone(self, documents: Iterable[tuple[str, Path]], batch: _Batch) -> None:
        """Read one document at a time after a crash, to tell the one that crashes its process from the others."""
        pool = _new_pool(1)
        try:
            for document_id, path in documents:
                self._check_open()
                try:
                    self._take(pool, self._submit(pool, [(document_id, path)]), batch)
                except BrokenProcessPool:
                    _end(pool)
                    pool = _new_pool(1)
                    batch.add(document_id, partial(unreadable, document_id, self.feed, CRASHED))
        finally:
            _end(pool)

    def _shared_pool(self) -> ProcessPoolExecutor:
        self._check_open()
        if self._pool is None:
            self._pool = _new_pool(self.workers)
        return self._pool

    def _drop(self, pool: ProcessPoolExecutor) -> None:
        with self._lock:
            if self._pool is pool:  # otherwise another thread met the same crash first
                self._end_pool()

    def _end_pool(self) -> None:
        if self._pool is not None:
            _end(self._pool)
            self._pool = None

    def _check_open(self) -> None:
        if self._closed.is_set():
            raise Interrupted


def _new_pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin_worker)


def _end(pool: ProcessPoolExecutor) -> None:
    """End the processes of a pool at once, then the thread that waits for them.

    No public way does both, even in Python 3.14. A thread that is left behind may still be closing its pipe when the
    interpreter ends, which then prints a traceback; and it never ends by itself when a process was ended in the middle
    of a result, because this process, too, holds the writing end of that pipe.
    """
    private: Any = pool
    thread, processes, results = private._executor_manager_thread, private._processes, private._result_queue
    pool.shutdown(wait=False)  # to cancel what it was given would leave those who wait for it waiting
    if thread is None:  # nothing was begun, or it was ended before
        return
    ended = list(processes.values())
    for process in ended:
        process.terminate()
    for process in ended:
        process.join()
    results._writer.close()
    thread.join()


def _has_dead(pool: ProcessPoolExecutor) -> bool:
    """Tell whether a process of a pool has ended: no pool of ours ends one while there is work.

    A pool finds out by itself, unless the process was killed in the middle of a result: then it waits for the rest.
    """
    private: Any = pool
    return any(process.exitcode is not None for process in list((private._processes or {}).values()))


def _begin_worker() -> None:
    """Leave Ctrl-C to the parent, and end when the parent ends, however that happens."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    assert parent is not None

    def end_with_parent() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=end_with_parent, daemon=True).start()


def _read(path: Path, document_id: str, feed: Feed) -> Reading:
    from transforms.read import read_document

    return read_document(path, document_id, feed=feed)
