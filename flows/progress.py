"""What a person sees during a run: bars on a terminal, lines without one, only problems with --quiet.

All of it goes to stderr; results go to stdout and are not this module's matter.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from types import TracebackType
from typing import TYPE_CHECKING, Final, Self, TextIO

from flows.printable import printable, printable_json

if TYPE_CHECKING:
    from rich.progress import TaskID

_SECONDS_BETWEEN_LINES: Final = 5.0


class Progress:
    """Where the stages report how far they are; this base prints only problems, one a line.

    Every method may be called from any thread. Used as a context manager around a run.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def begin(self, stage: str, total: int, unit: str) -> None:
        """A stage begins that has `total` things to do (0: nothing)."""

    def advance(self, stage: str, count: int = 1) -> None:
        """`count` more things of the stage are done."""

    def finish(self, stage: str, note: str = "") -> None:
        """The stage is over; `note` is its result in words."""

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:  # noqa: ARG002
        """Show what the run waits for, until the context is left."""
        yield

    def warn(self, message: str) -> None:
        """Report a problem that does not stop the run."""
        self._print(printable(f"warning: {message}"))

    def _print(self, line: str) -> None:
        """Print a line; a run goes on when nobody reads it any more, or the disk that takes it is full."""
        with suppress(OSError):
            print(line, file=self._stream, flush=True)


class Waits(Progress):
    """Problems, and what is awaited: for commands that are quick otherwise."""

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Print what is awaited."""
        self._print(printable(f"waiting for {what}"))
        yield


class Lines(Progress):
    """Plain lines for log files: one at each stage's begin and end, and one every few seconds between."""

    def __init__(self, stream: TextIO | None = None) -> None:
        super().__init__(stream)
        self._start = self._last = time.monotonic()
        self._lock = threading.Lock()
        self._stages: dict[str, tuple[int, int, str, float]] = {}

    def begin(self, stage: str, total: int, unit: str) -> None:
        """Print how much there is to do."""
        with self._lock:
            self._stages[stage] = (0, total, unit, time.monotonic())
            if total:
                self._say(f"{stage}: {total} {unit}")

    def advance(self, stage: str, count: int = 1) -> None:
        """Print how much is done, at most every few seconds."""
        with self._lock:
            done, total, unit, began = self._stages[stage]
            done += count
            self._stages[stage] = (done, total, unit, began)
            if done < total and time.monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
                pace = _pace(done, total, time.monotonic() - began)
                self._say(f"{stage}: {done} of {total} {unit}{pace}")

    def finish(self, stage: str, note: str = "") -> None:
        """Print the result of the stage."""
        with self._lock:
            self._say(f"{stage}: {note or 'done'}")

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Print what is awaited, and how long it took."""
        start = time.monotonic()
        with self._lock:
            self._say(f"waiting for {what}")
        yield
        with self._lock:
            self._say(f"waited {time.monotonic() - start:.1f} s for {what}")

    def warn(self, message: str) -> None:
        """Print the problem."""
        with self._lock:
            self._say(f"warning: {message}")

    def _say(self, message: str) -> None:
        self._last = time.monotonic()
        self._print(printable(f"[{self._last - self._start:6.1f} s] {message}"))


class JsonLines(Lines):
    """The same lines as JSON, one object a line, for what collects logs."""

    def _say(self, message: str) -> None:
        self._last = time.monotonic()
        level, warning, rest = message.rpartition("warning: ")
        entry = {
            "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds"),
            "level": "WARNING" if warning and not level else "INFO",
            "logger": "jixiao",
            "message": rest if warning and not level else message,
        }
        self._print(printable_json(json.dumps(entry, ensure_ascii=False)))


def _pace(done: int, total: int, seconds: float) -> str:
    """Format how fast a stage is, and how long the rest may take.

    Example:
        >>> _pace(50, 200, 10.0)
        ', 5.0/s, 30 s left'
        >>> _pace(100, 90_100, 10.0)
        ', 10.0/s, 2 h 30 min left'
        >>> _pace(0, 10, 3.0)
        ''
    """
    if not done or seconds <= 0:
        return ""
    left = round((total - done) * seconds / done)
    hours, minutes = divmod(left // 60, 60)
    span = f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes >= 2 else f"{left} s"
    return f", {done / seconds:.1f}/s, {span} left"


class Bars(Progress):
    """One bar for each stage on a terminal, with rate and time left, and a line for what is awaited."""

    def __init__(self) -> None:
        super().__init__()
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            MofNCompleteColumn,
            ProgressColumn,
            SpinnerColumn,
            Task,
            TextColumn,
            TimeRemainingColumn,
        )
        from rich.progress import Progress as RichProgress
        from rich.text import Text

        class Counts(MofNCompleteColumn):
            def render(self, task: Task) -> Text:
                return Text("") if task.total is None else super().render(task)

        class Rate(ProgressColumn):
            def render(self, task: Task) -> Text:
                speed = task.finished_speed or task.speed
                return Text(f"{speed:.1f}/s" if speed else "", style="progress.data.speed")

        self._bars = RichProgress(
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description:<8}"),
            BarColumn(bar_width=24),
            Counts(),
            TextColumn("{task.fields[unit]:<9}"),
            Rate(),
            TimeRemainingColumn(compact=True, elapsed_when_finished=True),
            TextColumn("[dim]{task.fields[note]}"),
            console=Console(stderr=True),
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def begin(self, stage: str, total: int, unit: str) -> None:
        """Show the stage's bar; one that has nothing to do stands full."""
        self._tasks[stage] = self._bars.add_task(stage, total=total, unit=unit, note="")

    def advance(self, stage: str, count: int = 1) -> None:
        """Move the bar."""
        self._bars.advance(self._tasks[stage], count)

    def finish(self, stage: str, note: str = "") -> None:
        """Stop the bar's clock and show the note beside it."""
        task = self._tasks[stage]
        total = next(t.total for t in self._bars.tasks if t.id == task)
        self._bars.update(task, completed=total, note=note)

    @contextmanager
    def waiting(self, what: str) -> Iterator[None]:
        """Show a turning mark with what is awaited."""
        task = self._bars.add_task("wait", total=None, unit="", note=printable(f"for {what}"))
        yield
        self._bars.remove_task(task)

    def warn(self, message: str) -> None:
        """Print the problem above the bars."""
        from rich.markup import escape

        self._bars.console.print(f"[yellow]warning:[/] {escape(printable(message))}", highlight=False)


def choose(*, quiet: bool = False, json: bool = False) -> Progress:
    """Choose by what stderr is: bars on a terminal, lines elsewhere; --quiet prints problems only.

    With --json the lines stay (they go to stderr), the bars do not: a script asked.
    """
    if quiet:
        return Progress()
    return Bars() if sys.stderr.isatty() and not json else Lines()
