"""What Prefect deals with by itself, as lines of a log that people read."""

from __future__ import annotations

import logging
from typing import Final

_LISTENERS: Final = ("prefect.FlowRunCancellingObserver", "prefect.FlowRunSuspendingObserver")
"""Loggers of what listens for runs to be cancelled: where its connection is lost it asks every 10 s instead."""


def shorten_listeners() -> None:
    """Have Prefect's listeners log a lost connection as one line, in this process."""
    for name in _LISTENERS:
        logging.getLogger(name).addFilter(without_traceback)


def without_traceback(record: logging.LogRecord) -> bool:
    """Put the error of a warning into its sentence: what Prefect deals with by itself needs no traceback.

    An error keeps its traceback.

    Example:
        >>> lost = (EOFError, EOFError("stream ends"), None)
        >>> record = logging.LogRecord("prefect", logging.WARNING, "", 0, "connection %s", ("lost",), lost)
        >>> without_traceback(record), record.getMessage(), record.exc_info
        (True, 'connection lost (stream ends)', None)
    """
    if record.levelno < logging.ERROR and record.exc_info and record.exc_info[1] is not None:
        record.msg, record.args = f"{record.getMessage()} ({in_a_line(record.exc_info[1])})", ()
        record.exc_info = record.exc_text = None
    return True


def in_a_line(error: BaseException) -> str:
    """Put an error in one line: of a group, its first one."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return " ".join(str(error).split()) or type(error).__name__
