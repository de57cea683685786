"""How a command ends: its exit code, and whether all that it printed was taken."""

from __future__ import annotations

import os
import sys
from typing import Final

EXIT_FINE: Final = 0
EXIT_FAILED: Final = 1
EXIT_USAGE: Final = 2
EXIT_SOME_INPUTS: Final = 3
EXIT_NOT_READ: Final = 141
"""As a shell gives it for a program that was ended by SIGPIPE."""


def all_written(code: int, *, is_broken: bool = False) -> int:
    """Write what is still waiting to be written; return the exit code of the command.

    Args:
        code: Of the command itself.
        is_broken: Writing met a broken pipe before.

    Returns:
        The same. Where what reads the output has stopped reading, and nothing else went wrong: `EXIT_NOT_READ`. Where
        the output could not be written, as on a full disk: `EXIT_FAILED`, and an error says so.
    """
    if is_broken and code <= EXIT_FAILED:
        code = EXIT_NOT_READ
    for stream in (sys.__stdout__, sys.__stderr__):
        if stream is None or stream.closed:
            continue
        try:
            stream.flush()
        except BrokenPipeError:
            _write_no_more(stream.fileno())
            code = code if code > EXIT_FAILED else EXIT_NOT_READ
        except OSError as error:
            _write_no_more(stream.fileno())
            if stream is sys.__stdout__:
                print(f"error: the output could not be written: {error.strerror}", file=sys.stderr)
                code = EXIT_FAILED
    return code


def _write_no_more(descriptor: int) -> None:
    """Send what a stream still holds to nowhere: Python would try to write it once more, and complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    os.close(nowhere)
