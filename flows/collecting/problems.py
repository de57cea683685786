"""What keeps a source, or a file in it, from being taken. It is reported at the end of the run; the rest continues."""

from __future__ import annotations

from dataclasses import dataclass


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


class Unavailable(Exception):
    """Something could not be fetched or opened.

    Attributes:
        code: As in `SourceProblem`.
        message: As in `SourceProblem`.
        may_heal: Trying again in a moment may help.
        pause: Seconds that the server asks to wait before that; null: it says nothing.
    """

    def __init__(self, code: str, message: str, *, may_heal: bool = False, pause: float | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
        self.may_heal = may_heal
        self.pause = pause
