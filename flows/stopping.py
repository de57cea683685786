"""Stops work by a flag: when a signal comes, or when its time is up. No signal handler raises an error.

The system writes the number of a signal to a socket (`signal.set_wakeup_fd`), also while the main thread is in
compiled code. A thread reads it and sets the flag. The work looks at the flag at named safe places: after each
document, file and batch, between the stages, before publishing, and in every wait. What has not left after a grace
period is ended hard: a run may be killed at any moment without harm, and the next one continues it.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, NoReturn

GRACE_SECONDS: Final = 2.5
_LOOK_AGAIN: Final = b"\0"
_SHOW_CURSOR: Final = "\x1b[?25h"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why work is to stop.

    Attributes:
        message: For people: what happened.
        exit_code: What the process ends with, as a shell gives it.
    """

    message: str
    exit_code: int


KEPT: Final = "work so far is saved and the published data is unchanged: run again to continue"
INTERRUPTED: Final = Cause(f"interrupted; {KEPT}", 130)
TERMINATED: Final = Cause(f"terminated; {KEPT}", 143)
_CAUSES: Final = {signal.SIGINT: INTERRUPTED, signal.SIGTERM: TERMINATED}


class Interrupted(RuntimeError):
    """The work was asked to stop; what was read before is in the ledger.

    Attributes:
        cause: Why.
    """

    def __init__(self, cause: Cause) -> None:
        super().__init__(cause.message)
        self.cause = cause


class Stop:
    """A flag that asks work to stop, once and for good. May be used from any thread."""

    def __init__(self) -> None:
        self._flag = threading.Event()
        self._lock = threading.Lock()
        self._cause: Cause | None = None
        self._grace: float | None = 0.0
        self._deadline: tuple[float, Cause] | None = None
        self._hard_at: float | None = None
        self._watched: socket.socket | None = None

    @property
    def cause(self) -> Cause | None:
        """Why the work is to stop; null: nobody asked it to."""
        return self._cause

    def ask(self, cause: Cause = INTERRUPTED) -> None:
        """Ask the work to stop. Only the first cause counts."""
        with self._lock:
            if self._cause is None:
                self._cause = cause
                self._hard_at = None if self._grace is None else time.monotonic() + self._grace
        self._flag.set()

    def check(self) -> None:
        """Stop here when the work was asked to: a safe place.

        Raises:
            Interrupted: It was.
        """
        if self._cause is not None:
            raise Interrupted(self._cause)

    def wait(self, seconds: float) -> None:
        """Wait some time, or until the work is asked to stop.

        Raises:
            Interrupted: It was.
        """
        self._flag.wait(seconds)
        self.check()

    @contextmanager
    def gracefully(self, grace: float | None = GRACE_SECONDS) -> Iterator[None]:
        """Let the work in the context look at the flag, and end it hard only after the grace period.

        Outside of such a context a signal ends the process at once: nothing has begun that looks at the flag.

        Args:
            grace: Seconds between the flag and the hard end; null: never end it hard.
        """
        before, self._grace = self._grace, grace
        try:
            yield
        finally:
            self._grace = before

    @contextmanager
    def limit(self, minutes: float | None) -> Iterator[None]:
        """Ask the work in the context to stop when its time is up.

        Args:
            minutes: How long it may take; null: as long as it likes.
        """
        if minutes is not None:
            words = (
                f"the run took longer than {minutes:g} minutes ([nightly] time_limit_minutes) and was stopped. "
                "The next run continues where this one stopped; raise the limit when there is simply more to do."
            )
            self._deadline = time.monotonic() + minutes * 60, Cause(words, 1)
            self._look_again()
        try:
            yield
        finally:
            self._deadline = None

    @contextmanager
    def listen(self) -> Iterator[None]:
        """Have SIGINT and SIGTERM ask the work to stop, and watch over deadline and grace, within the context.

        To be entered in the main thread; elsewhere there are no signals, and only deadline and grace are watched. A
        signal that the process ignores, as Ctrl-C in the background of a shell, stays ignored.
        """
        theirs, ours = socket.socketpair()
        theirs.setblocking(False)
        self._watched = theirs
        watch = threading.Thread(target=self._watch, args=(ours,), name="jixiao-stop", daemon=True)
        watch.start()
        is_main = threading.current_thread() is threading.main_thread()
        before = signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False) if is_main else -1
        try:
            with self.handlers():
                yield
        finally:
            self._watched = None
            if is_main:
                signal.set_wakeup_fd(before)
            theirs.close()
            watch.join()
            ours.close()

    @contextmanager
    def handlers(self) -> Iterator[None]:
        """Put our handlers, which do nothing, in place of those that a library has set since `listen` was entered.

        Polars (Ctrl-C) and Prefect's flow engine (SIGTERM) set handlers whose errors come up wherever the main thread
        is. Where the context is left, theirs are set again.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.getsignal(number) for number in _CAUSES}
        for number, handler in before.items():
            if handler is not signal.SIG_IGN:
                signal.signal(number, _do_nothing)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler if handler is not None else signal.SIG_DFL)

    # ---- the thread that watches

    def _watch(self, signals: socket.socket) -> None:
        while True:
            signals.settimeout(self._seconds_left())
            try:
                numbers = signals.recv(64)
            except TimeoutError:
                numbers = _LOOK_AGAIN
            if not numbers:
                return
            for number in numbers:
                self._signalled(number)
            now = time.monotonic()
            if self._deadline is not None and now >= self._deadline[0]:
                self.ask(self._deadline[1])
            if self._cause is not None and self._hard_at is not None and now >= self._hard_at:
                _end_hard(self._cause)

    def _signalled(self, number: int) -> None:
        cause = _CAUSES.get(number)  # type: ignore[call-overload]
        if cause is None:
            return
        if cause is INTERRUPTED and self._cause is not None and self._grace is not None:
            _end_hard(self._cause)  # whoever presses Ctrl-C at a run that is ending does not want to wait
        self.ask(cause)

    def _seconds_left(self) -> float | None:
        """Return how long there is nothing to do; null: until a signal comes."""
        moments = [self._hard_at] if self._cause is not None else [self._deadline and self._deadline[0]]
        return min((max(0.01, moment - time.monotonic()) for moment in moments if moment is not None), default=None)

    def _look_again(self) -> None:
        if self._watched is not None:
            self._watched.send(_LOOK_AGAIN)


def _do_nothing(*_: object) -> None:
    """Handle a signal: the socket has it already."""


def _end_hard(cause: Cause) -> NoReturn:
    """End the process where it is. Its reading processes and its Prefect server end with it."""
    cursor = _SHOW_CURSOR if sys.stderr.isatty() else ""
    os.write(2, f"{cursor}error: {cause.message}\n".encode())
    os._exit(cause.exit_code)
