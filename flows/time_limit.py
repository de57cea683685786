"""Ends a run that takes too long, wherever it is."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flows.termination import ended_by


class TooLong(RuntimeError):
    """A run took longer than its limit and was ended; what was read before is kept."""


class _TimeIsUp(BaseException):
    """Passes through all that handles errors of documents, files and tasks: nothing of those is at fault.

    Attributes:
        signal: What brings it, so that it comes again where it was lost.
    """

    signal = getattr(signal, "SIGALRM", None)


@contextmanager
def time_limit(minutes: float | None) -> Iterator[None]:
    """End what goes on in the context when its time is up.

    The alarm reaches the main thread only; elsewhere, and where the system has none, there is no limit.

    Args:
        minutes: How long it may take; null: as long as it likes.

    Raises:
        TooLong: The time was up.
    """
    if minutes is None or not hasattr(signal, "SIGALRM") or threading.current_thread() is not threading.main_thread():
        yield
        return

    try:
        with ended_by(signal.SIGALRM, _TimeIsUp):
            signal.setitimer(signal.ITIMER_REAL, minutes * 60)
            try:
                yield
            finally:
                signal.setitimer(signal.ITIMER_REAL, 0)
    except _TimeIsUp:
        raise TooLong(
            f"the run took longer than {minutes:g} minutes ([nightly] time_limit_minutes) and was ended. "
            "The next run goes on where this one stopped; raise the limit when there is simply more to do."
        ) from None
