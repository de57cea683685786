from __future__ import annotations

import io
import json
import shutil
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path

import pytest

from flows.config.settings import load_settings
from flows.output import EXIT_FAILED
from flows.progress import Lines, Waits
from flows.running.pipeline import run_plainly
from flows.running.run import Run, new_plan, open_run
from flows.running.stages import collect
from flows.running.summary import RunSummary
from flows.stopping import INTERRUPTED, Interrupted, Stop
from tests.support.commands import run as call
from tests.support.ingesting import NOW
from tests.support.paths import SAMPLES
from warehouse.releases.release import Release
from warehouse.warehouse import Warehouse


class Held:
    """A publisher that holds the lock until it is let go; `seen` is set when somebody else is shown to wait."""

    def __init__(self, warehouse: Path) -> None:
        self.lock = Warehouse(warehouse).releases.lock()
        self.lock.__enter__()

    def let_go(self) -> None:
        self.lock.__exit__(None, None, None)


class Watched(io.StringIO):
    """What a run prints; does something as soon as it says that it waits for a publisher."""

    def __init__(self, then: Callable[[], object]) -> None:
        super().__init__()
        self.then = then

    def write(self, text: str) -> int:
        if "waiting for another run of this warehouse" in text:
            self.then()
        return super().write(text)


def _publish(warehouse: Path, shown: io.StringIO, stop: Stop) -> Run:
    with open_run(new_plan(load_settings(None, warehouse=str(warehouse)), NOW), Lines(shown), stop) as run:
        run_plainly(run, partial(collect, run, [str(SAMPLES / "no-form.pdf")]))
    return run


def test_run_shows_that_it_waits_for_another_publisher_and_publishes_after_it(tmp_path: Path) -> None:
    held = Held(tmp_path)
    shown = Watched(lambda: threading.Timer(0.3, held.let_go).start())
    _publish(tmp_path, shown, Stop())
    assert shown.getvalue().count("waiting for another run of this warehouse, which publishes") == 1
    assert "s for another run of this warehouse" in shown.getvalue()
    assert isinstance(Warehouse(tmp_path).releases.current(), Release)


def test_run_that_waits_for_another_publisher_can_be_stopped(tmp_path: Path) -> None:
    held, stop = Held(tmp_path), Stop()
    shown = Watched(lambda: stop.ask(INTERRUPTED))
    with pytest.raises(Interrupted):
        _publish(tmp_path, shown, stop)
    held.let_go()
    assert Warehouse(tmp_path).releases.current() is None


def test_command_that_waits_for_a_publisher_says_so(
    ingested: tuple[Path, RunSummary], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = tmp_path / "data"
    shutil.copytree(ingested[0], warehouse, symlinks=True)
    held = Held(warehouse)
    real = Waits.waiting

    def let_go_when_it_waits(waits: Waits, what: str) -> AbstractContextManager[None]:
        threading.Timer(0.3, held.let_go).start()
        return real(waits, what)

    monkeypatch.setattr(Waits, "waiting", let_go_when_it_waits)
    done = call("maintain", "-w", warehouse)
    assert (done.exit_code, done.stderr) == (0, "waiting for another run of this warehouse, which publishes\n")


@pytest.mark.parametrize("command", [["ingest", "--plain", str(SAMPLES / "no-form.pdf")], ["serve"]])
@pytest.mark.parametrize("is_there", [False, True])
def test_require_existing_begins_no_warehouse_on_a_disk_that_is_not_mounted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: list[str], is_there: bool
) -> None:
    place = tmp_path / "mounted" / "data"
    if is_there:
        place.mkdir(parents=True)
    monkeypatch.setenv("JIXIAO_REQUIRE_EXISTING", "true")
    monkeypatch.setenv("JIXIAO_NIGHTLY__SOURCES", json.dumps([str(SAMPLES)]))
    result = call(*command, "--warehouse", place)
    assert result.exit_code == EXIT_FAILED
    assert "is its disk mounted?" in result.stderr
    assert [path for path in tmp_path.rglob("*") if path not in (place, place.parent)] == []


def test_require_existing_takes_a_warehouse_that_was_never_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Warehouse(tmp_path)
    monkeypatch.setenv("JIXIAO_REQUIRE_EXISTING", "true")
    with open_run(new_plan(load_settings(None, warehouse=str(tmp_path)), NOW)) as opened:
        assert opened.warehouse.releases.current() is None
