"""Processes that do one thing after another, each with a pipe of its own.

A process that ends or gets stuck costs the item that it has in hand, and nothing else: the end of its pipe says which
one that was. Processes that share a queue, as in every pool of a library, cannot know which. A process says when it has
taken an item: one that ends before it has, as when the system kills it while it is idle, costs no item.
"""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from typing import Any, Final, Generic, Literal, TypeVar

from flows.stopping import Stop

T = TypeVar("T")
R = TypeVar("R")

_LOOK_SECONDS: Final = 0.1
_MB: Final = 1_000_000
_PROCESSOR: Final = getattr(signal, "SIGXCPU", 0)
_READY: Final = "ready"
_TAKEN: Final = "taken"
_SPAWN: Final = multiprocessing.get_context("spawn")

Fault = Literal["error", "crashed", "timeout", "memory", "processor"]


class WorkersUnavailableError(RuntimeError):
    """The processes end as they start: no item is at fault."""


@dataclass(frozen=True, slots=True)
class ProcessLimits:
    """What one item may take.

    Attributes:
        seconds: Time; null: no limit.
        memory_mb: Memory of its process, in millions of bytes that are resident; null: no limit.
    """

    seconds: float | None = None
    memory_mb: int | None = None


@dataclass(frozen=True, slots=True)
class Done(Generic[T, R]):
    """What came of one item: a result, or a fault.

    Attributes:
        item: As given.
        result: What the function returned; null where there is a fault.
        fault: error: the function raised; crashed: its process ended; timeout, memory: it met a limit and was ended;
            processor: the system ended it, for it took more processor time than it allows itself.
        detail: What is known of the fault: the error, the exit code, the limit.
    """

    item: T
    result: R | None = None
    fault: Fault | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Task:
    """What a process does."""

    function: Callable[[Any], Any]
    prepare: Callable[[], None] | None
    memory_mb: int | None


class _Worker:
    """A process, and this end of its pipe."""

    def __init__(self, task: _Task) -> None:
        self.pipe, theirs = _SPAWN.Pipe()
        self.process = _SPAWN.Process(target=_serve, args=(theirs, task), daemon=True)
        self.is_ready = False
        self.process.start()
        theirs.close()  # only the process holds it now: end of file means that it ended

    def begin(self) -> None:
        """Take in that it has imported what it needs: that time counts against no item.

        Raises:
            WorkersUnavailableError: It ended instead.
        """
        try:
            said = self.pipe.recv()
        except (EOFError, OSError):
            self.process.join()
            code = _exit_in_words(self.process.exitcode)
            raise WorkersUnavailableError(
                f"a reading process ended as it started ({code}); its error stands above"
            ) from None
        assert said == _READY
        self.is_ready = True

    def kill(self) -> None:
        """End it at once, and wait until it has ended."""
        self.process.kill()
        self.process.join()
        self.pipe.close()


@dataclass(slots=True)
class _Busy(Generic[T]):
    """An item, and the process that it was given to.

    Attributes:
        began: When it was given; later, when it was taken.
        is_taken: Whether the process has said that it has it.
        is_second: Whether an earlier process ended before it took it.
    """

    worker: _Worker
    item: T
    began: float
    is_taken: bool = False
    is_second: bool = False


class Workers(Generic[T, R]):
    """Up to `count` processes that call a function, started when they are first needed. Several threads may call `map`.

    Args:
        function: What each process calls with an item; it, the items and the results must pickle.
        count: How many processes there are at most, over all calls of `map`.
        limits: Of each item.
        prepare: Called in each process before its first item, and not counted against that: for slow imports.
    """

    def __init__(
        self,
        function: Callable[[T], R],
        count: int,
        limits: ProcessLimits,
        prepare: Callable[[], None] | None = None,
    ) -> None:
        self._task = _Task(function, prepare, limits.memory_mb)
        self._count = count
        self._limits = limits
        self._lock = threading.Lock()
        self._idle: list[_Worker] = []
        self._started = 0

    def map(self, items: Iterable[T], stop: Stop, on_look: Callable[[], None] | None = None) -> Iterator[Done[T, R]]:
        """Give what came of each item, as it comes.

        Args:
            items: What to call the function with.
            stop: Looked at ten times a second.
            on_look: Called as often, also while nothing comes.

        Raises:
            Interrupted: The work was asked to stop; what is in hand is given up.
            WorkersUnavailableError: The processes end as they start.
        """
        waiting = iter(items)
        busy: dict[connection.Connection, _Busy[T]] = {}
        exhausted = False
        try:
            while True:
                while not exhausted and (worker := self._take()) is not None:
                    try:
                        item = next(waiting)
                    except StopIteration:
                        exhausted = True
                        self._put(worker)
                        break
                    except BaseException:
                        self._put(worker)
                        raise
                    busy[worker.pipe] = self._given(worker, item)
                if exhausted and not busy:
                    return
                stop.check()
                if on_look is not None:
                    on_look()
                if not busy:
                    stop.wait(_LOOK_SECONDS)  # other calls have all the processes
                    continue
                for pipe in connection.wait(list(busy), timeout=_LOOK_SECONDS):
                    assert isinstance(pipe, connection.Connection)
                    if not busy[pipe].worker.is_ready:
                        busy[pipe].worker.begin()
                        busy[pipe].began = time.monotonic()
                    elif busy[pipe].is_taken:
                        yield self._received(busy.pop(pipe))
                    elif self._is_taken(busy[pipe]):
                        busy[pipe].is_taken, busy[pipe].began = True, time.monotonic()
                    else:
                        one = self._again(busy.pop(pipe))
                        busy[one.worker.pipe] = one
                for pipe in [pipe for pipe, one in busy.items() if self._over(one)]:
                    yield self._ended(busy.pop(pipe))
        finally:
            for one in busy.values():
                self._drop(one.worker)

    def close(self) -> None:
        """End the processes that have nothing in hand."""
        with self._lock:
            idle, self._idle = self._idle, []
            self._started -= len(idle)
        for worker in idle:
            worker.kill()

    # ---- one item

    def _given(self, worker: _Worker, item: T, *, is_second: bool = False) -> _Busy[T]:
        """Hand an item to a process; where that one has ended, this is noticed when its pipe is looked at."""
        try:
            with suppress(ConnectionError):
                worker.pipe.send(item)
        except BaseException:
            self._drop(worker)
            raise
        return _Busy(worker, item, time.monotonic(), is_second=is_second)

    def _is_taken(self, one: _Busy[T]) -> bool:
        """Take in that a process has the item; false: it ended before it took it, and the item is not at fault.

        Where it is the second one, the item counts as taken, lest it be given for ever: what comes next is its end.
        """
        try:
            said = one.worker.pipe.recv()
        except (EOFError, OSError):
            return one.is_second
        assert said == _TAKEN
        return True

    def _again(self, one: _Busy[T]) -> _Busy[T]:
        """Hand an item that was not taken to another process."""
        one.worker.kill()
        return self._given(self._start(), one.item, is_second=True)

    def _received(self, one: _Busy[T]) -> Done[T, R]:
        try:
            result, error = one.worker.pipe.recv()
        except (EOFError, OSError):
            one.worker.process.join()
            code = one.worker.process.exitcode
            self._drop(one.worker)
            if code == -_PROCESSOR:
                return Done(one.item, fault="processor")
            return Done(one.item, fault="crashed", detail=_exit_in_words(code))
        except BaseException:  # what came cannot be unpickled
            self._drop(one.worker)
            raise
        self._put(one.worker)
        if error is None:
            return Done(one.item, result)
        if error.startswith("MemoryError") and self._limits.memory_mb is not None:
            return Done(one.item, fault="memory", detail=f"{self._limits.memory_mb} MB")
        return Done(one.item, fault="error", detail=error)

    def _over(self, one: _Busy[T]) -> bool:
        return self._is_late(one) or self._is_large(one)

    def _is_late(self, one: _Busy[T]) -> bool:
        if not one.worker.is_ready:
            return False
        return self._limits.seconds is not None and time.monotonic() - one.began > self._limits.seconds

    def _is_large(self, one: _Busy[T]) -> bool:
        if self._limits.memory_mb is None or one.worker.process.pid is None:
            return False
        return resident_bytes(one.worker.process.pid) > self._limits.memory_mb * _MB

    def _ended(self, one: _Busy[T]) -> Done[T, R]:
        is_late = self._is_late(one)
        self._drop(one.worker)
        if is_late:
            return Done(one.item, fault="timeout", detail=f"{self._limits.seconds:g} s")
        return Done(one.item, fault="memory", detail=f"{self._limits.memory_mb} MB")

    # ---- the processes

    def _take(self) -> _Worker | None:
        """Return a process with nothing in hand; null: as many as may be are busy."""
        with self._lock:
            if self._idle:
                return self._idle.pop()
            if self._started >= self._count:
                return None
            self._started += 1
        return self._start()

    def _start(self) -> _Worker:
        """Start a process that is counted already."""
        try:
            return _Worker(self._task)
        except BaseException:
            with self._lock:
                self._started -= 1
            raise

    def _put(self, worker: _Worker) -> None:
        with self._lock:
            self._idle.append(worker)

    def _drop(self, worker: _Worker) -> None:
        worker.kill()
        with self._lock:
            self._started -= 1


def resident_bytes(pid: int) -> int:
    """Return the resident memory of a process; 0 where the system does not show it, or the process is gone."""
    with suppress(OSError, ValueError, IndexError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0


def _exit_in_words(code: int | None) -> str:
    if code is None or code >= 0:
        return f"exit code {code}"
    try:
        return f"ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"ended by signal {-code}"


# ---- in the process


def _serve(pipe: connection.Connection, task: _Task) -> None:
    """Call the function for what comes, until the pipe is closed. Ctrl-C is left to the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _limit_memory(task.memory_mb)
    if task.prepare is not None:
        task.prepare()
    pipe.send(_READY)
    while True:
        try:
            item = pipe.recv_bytes()
        except (EOFError, OSError):
            return
        pipe.send(_TAKEN)
        try:
            answer: tuple[Any, str | None] = (task.function(pickle.loads(item)), None)
        except Exception as error:  # by its words: not every error pickles
            answer = None, f"{type(error).__name__}: {error}"
        pipe.send(answer)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _limit_memory(memory_mb: int | None) -> None:
    """Let allocations fail that go far over the limit: the parent looks ten times a second, which may be too late."""
    if memory_mb is None or sys.platform != "linux":
        return
    import resource

    most = 2 * memory_mb * _MB
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (most if hard == resource.RLIM_INFINITY else min(most, hard), hard))
