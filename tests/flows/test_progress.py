from __future__ import annotations

import io
import re

import pytest

from flows import progress
from flows.progress import Bars, Lines, Progress, Waits, choose


def test_lines_tell_begin_finish_waiting_and_warning() -> None:
    stream = io.StringIO()
    with Lines(stream) as lines:
        lines.begin("read", 3, "documents")
        lines.advance("read")
        with lines.waiting("a server"):
            pass
        lines.warn("careful")
        lines.finish("read", "3 documents read")
    reported = [line.partition("] ")[2] for line in stream.getvalue().splitlines()]
    assert reported[:2] == ["read: 3 documents", "waiting for a server"]
    assert reported[2].endswith("s for a server")
    assert reported[3:] == ["warning: careful", "read: 3 documents read"]


def test_lines_advance_tells_again_after_some_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN_LINES", 0.0)
    stream = io.StringIO()
    lines = Lines(stream)
    lines.begin("read", 2, "documents")
    lines.advance("read")
    lines.advance("read")
    (reported,) = [line for line in stream.getvalue().splitlines() if "read: 1 of 2 documents" in line]
    assert re.search(r"documents, [\d.]+/s, \d+ s left$", reported)


def test_bars_show_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console
    from rich.progress import Progress as RichProgress

    bars = Bars()
    clock = iter(range(1000))
    rich: RichProgress = bars._bars
    monkeypatch.setattr(rich, "get_time", lambda: float(next(clock)))
    bars.begin("read", 100, "documents")
    for _ in range(5):
        bars.advance("read", 10)
    console = Console(width=200)
    with console.capture() as captured:
        console.print(rich)
    shown = captured.get()
    assert re.search(r"50/100\s+documents\s+[\d.]+/s\s+\d\d:\d\d", shown), shown


def test_progress_quiet_tells_problems_only() -> None:
    stream = io.StringIO()
    quiet = Progress(stream)
    quiet.begin("read", 3, "documents")
    quiet.advance("read")
    quiet.finish("read")
    with quiet.waiting("a server"):
        quiet.warn("careful")
    assert stream.getvalue() == "warning: careful\n"


def test_bars_show_stages_and_notes_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with Bars() as bars:
        bars.begin("read", 2, "documents")
        bars.advance("read", 2)
        bars.finish("read", "2 documents read")
        with bars.waiting("a server"):
            bars.warn("[careful]")
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "2 documents read" in shown.err
    assert "[careful]" in shown.err


@pytest.mark.parametrize(
    ("is_terminal", "quiet", "json", "expected"),
    [
        (True, False, False, Bars),
        (True, False, True, Lines),
        (False, False, False, Lines),
        (True, True, False, Progress),
    ],
)
def test_choose_by_terminal_and_options(
    is_terminal: bool, quiet: bool, json: bool, expected: type[Progress], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: is_terminal)
    assert type(choose(quiet=quiet, json=json)) is expected


def test_waits_tells_problems_and_what_is_awaited() -> None:
    stream = io.StringIO()
    with Waits(stream) as shown:
        shown.begin("read", 3, "documents")
        with shown.waiting("another run"):
            shown.warn("careful")
        shown.finish("read")
    assert stream.getvalue() == "waiting for another run\nwarning: careful\n"
