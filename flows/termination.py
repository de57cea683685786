"""Ends a process by a signal, wherever it is: what a signal raises is not lost, and leaves no lock behind."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

_PAUSE_SECONDS: Final = 0.05
_IMPORT_SYSTEM: Final = "<frozen importlib._bootstrap>"


class Terminated(SystemExit):
    """The process was told to end by a signal; its exit code says by which, as a shell does.

    Attributes:
        signal: The number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(128 + number)
        self.signal = number


_TOLD: Final[dict[int, Callable[[int], BaseException]]] = {}
"""Signals that came, and what makes their errors."""


@contextmanager
def ended_by(number: int, error: Callable[[int], BaseException]) -> Iterator[None]:
    """End what goes on in the context, in the main thread, by an error when a signal comes.

    While a module is looked up the signal is put off: Python's import system takes its lock by a call, and an error
    that comes up just after it leaves it locked: other threads that import would wait for ever, and who waits for them.

    Args:
        number: The signal. Where the process ignores it, as Ctrl-C in the background of a shell, it does so still.
        error: Makes the error from the number.
    """
    before = signal.getsignal(number)
    if before is signal.SIG_IGN:
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        if frame is not None and frame.f_code.co_filename == _IMPORT_SYSTEM:
            _send_soon(number)
        else:
            _TOLD[number] = error
            raise error(number)

    signal.signal(number, handle)
    try:
        yield
    finally:
        signal.signal(number, before)
        _TOLD.pop(number, None)


def end_if_told() -> None:
    """Raise the error of a signal that came: what went on since may have taken it for an error of its own.

    To be called where work that a signal disturbed would be told or published.
    """
    for number, error in _TOLD.items():
        raise error(number)


@contextmanager
def signals_come_again() -> Iterator[None]:
    """Within the context, raise again what a signal raised where nothing can be raised.

    A signal's error comes up wherever the main thread is. In a finaliser, a callback of the garbage collector, or
    Python code that compiled code calls for a message, it would be printed and forgotten, and the run would go on.
    Only errors that carry the number of their `signal` come again, as Prefect's and ours do, and Ctrl-C's.
    """
    before = sys.unraisablehook

    def hook(lost: UnraisableHookArgs) -> None:
        number = (
            signal.SIGINT if isinstance(lost.exc_value, KeyboardInterrupt) else getattr(lost.exc_value, "signal", None)
        )
        if number is None:
            before(lost)
        else:
            _send_soon(number)

    sys.unraisablehook = hook
    try:
        yield
    finally:
        sys.unraisablehook = before


def _send_soon(number: int) -> None:
    """Send this process a signal again, when the main thread is elsewhere."""
    if hasattr(signal, "SIGALRM") and number == signal.SIGALRM:
        signal.setitimer(signal.ITIMER_REAL, _PAUSE_SECONDS)  # is taken back by the time limit that it belongs to
    else:
        threading.Timer(_PAUSE_SECONDS, os.kill, (os.getpid(), number)).start()
