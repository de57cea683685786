"""What keeps a source, or a file in it, from being taken. It is reported at the end of the run; the rest continues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from flows.stopping import Interrupted
from warehouse.errors import WarehouseError


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """A source, or a file in it, that could not be taken.

    Attributes:
        source: The path or address.
        code: Stable; docs/sources.md lists all of them.
        message: What was found, what was expected, what to do.
        name: The named source that it belongs to; empty: it was given to the run.
    """

    source: str
    code: str
    message: str
    name: str = ""


POSTPONED: Final = "postponed"
"""Code of what a run did not get to, because its time for the host was over."""


class Unavailable(Exception):
    """Something could not be fetched or opened.

    Attributes:
        code: As in `SourceProblem`.
        message: As in `SourceProblem`.
        may_heal: Trying again in a moment may help.
        pause: Seconds that the server asks to wait before that; null: it says nothing.
        is_of_server: The server is at fault, not the one file: all of its files may fail so. Null: where it may heal.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        may_heal: bool = False,
        pause: float | None = None,
        is_of_server: bool | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.may_heal = may_heal
        self.pause = pause
        self.is_of_server = may_heal if is_of_server is None else is_of_server


def not_handled(error: Exception) -> Unavailable:
    """Return a problem as it is; of an error that nobody foresaw, that it costs what raised it.

    Raises:
        Interrupted: The run was asked to stop.
        WarehouseError: The warehouse is at fault, and all that follows would fail too.
    """
    if isinstance(error, Unavailable):
        return error
    if isinstance(error, (Interrupted, WarehouseError)):
        raise error
    return Unavailable("not_handled", f"the program failed on it ({type(error).__name__}); please report it")
