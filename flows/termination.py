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


def end_when_told() -> None:
    """From now on SIGTERM raises `Terminated` and Ctrl-C `KeyboardInterrupt` in the main thread.

    A process that was begun with Ctrl-C ignored, as in the background of a shell, ignores it still.
    """
    signal.signal(signal.SIGTERM, raising(Terminated))
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, raising(lambda _: KeyboardInterrupt()))


def raising(error: Callable[[int], BaseException]) -> Callable[[int, FrameType | None], None]:
    """Make a handler that raises an error, but not while a module is looked up.

    Python's import system takes its lock by a call, and an error that comes up just after it leaves it locked: every
    other thread that imports would wait for ever, and who waits for those threads too. There the signal is put off.

    Args:
        error: Makes the error from the number of the signal.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        if frame is not None and frame.f_code.co_filename == _IMPORT_SYSTEM:
            _send_soon(number)
        else:
            raise error(number)

    return handle


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
