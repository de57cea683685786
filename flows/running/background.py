"""Calls that run in other threads while the run does something else."""

from __future__ import annotations

import importlib
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import partial
from types import TracebackType
from typing import Final, Generic, Self, TypeVar

from flows.stopping import Stop

T = TypeVar("T")

_LOOK_SECONDS: Final = 0.2


class Begun(Generic[T]):
    """A call that runs in the background. Asked for its result again after a failure, it is made again."""

    def __init__(self, future: Future[T], function: Callable[[], T], stop: Stop) -> None:
        self._future: Future[T] | None = future
        self._function = function
        self._stop = stop

    def result(self) -> T:
        """Wait for the result and return it; raise what the call raised.

        Raises:
            Interrupted: The work was asked to stop.
        """
        future, self._future = self._future, None
        if future is None:
            return self._function()
        while not wait([future], timeout=_LOOK_SECONDS).done:
            self._stop.check()
        return future.result()


class Background:
    """Threads for a run; a context manager that waits until they have ended.

    Args:
        threads: How many calls run at once at most.
        stop: Looked at while a result is awaited.
    """

    def __init__(self, threads: int, stop: Stop) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="jixiao")
        self._stop = stop

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def begin(self, function: Callable[[], T]) -> Begun[T]:
        """Begin a call, in the context of the caller."""
        inside = partial(copy_context().run, function)
        return Begun(self._pool.submit(inside), inside, self._stop)


def import_ahead(module: str) -> threading.Thread:
    """Begin to import a module that takes seconds, in a thread that the end of the process does not wait for."""
    thread = threading.Thread(target=importlib.import_module, args=(module,), name="jixiao-imports", daemon=True)
    thread.start()
    return thread
