"""Logs without secrets: what httpx, Prefect and others write of an address, at whatever level."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from flows.config.addresses import without_secrets

_Factory = Callable[..., logging.LogRecord]
_FORMATTER = logging.Formatter()


def keep_secrets_out_of_logs() -> None:
    """Have every log record of this process made without the passwords and tokens of addresses.

    httpx writes each address that it asks for, with the query, and a traceback says what an error says. A handler or a
    level that somebody sets later changes nothing about it. Calling it again does nothing.
    """
    made = logging.getLogRecordFactory()
    if not (isinstance(made, partial) and made.func is _cleaned and made.args[1] is without_secrets):
        logging.setLogRecordFactory(partial(_cleaned, made, without_secrets))


@contextmanager
def logs_cleaned_by(clean: Callable[[str], str]) -> Iterator[None]:
    """Have every log record that is made meanwhile pass through a function, for secrets that are none of an address."""
    made = logging.getLogRecordFactory()
    logging.setLogRecordFactory(partial(_cleaned, made, clean))
    try:
        yield
    finally:
        logging.setLogRecordFactory(made)


def _cleaned(made: _Factory, clean: Callable[[str], str], *args: Any, **more: Any) -> logging.LogRecord:
    record = made(*args, **more)
    try:
        message = record.getMessage()
    except Exception:  # its own fault: logging reports it where the record is written
        return record
    if (cleaned := clean(message)) != message:
        record.msg, record.args = cleaned, None
    if record.exc_info and record.exc_info[1] is not None:
        trace = record.exc_text or _FORMATTER.formatException(record.exc_info)
        if (cleaned := clean(trace)) != trace:
            record.exc_text = cleaned  # what a formatter writes in place of the traceback
    return record
