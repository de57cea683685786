"""Real runs on real Prefect servers: slow, and the only proof that the thin layer is thin."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.orchestration import server as prefect_server
from flows.orchestration.environment import PREFECT_DEFAULTS
from flows.orchestration.server import TemporaryServer
from flows.running.summary import RunSummary
from flows.stopping import KEPT, Stop
from tests.support.ingesting import NOW, published_bytes
from tests.support.paths import ROOT, SAMPLES
from tests.support.service import bare_environment, states
from warehouse.warehouse import Warehouse

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3000)]


STAGES = ["check", "collect", "derive", "publish", "read"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment without any Prefect or jixiao setting, with a home of its own and a fixed clock."""
    home = tmp_path_factory.mktemp("home")
    return {
        **bare_environment(),
        "HOME": str(home),
        "USERPROFILE": str(home),
        "SOURCE_DATE_EPOCH": str(int(NOW.timestamp())),
    }


PATIENT = """
from flows.__main__ import main
from flows.stopping import Stop
Stop.gracefully.__wrapped__.__defaults__ = (3000,)
main()
"""
"""jixiao that has all the time it needs to end well, however busy the machine is."""


def begin(environment: dict[str, str], *arguments: str | Path) -> subprocess.Popen[str]:
    """Start `jixiao ingest` on the samples."""
    return subprocess.Popen(
        [sys.executable, "-c", PATIENT, "ingest", str(SAMPLES), "--workers", "1", "--json", *map(str, arguments)],
        env=environment,
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def end(process: subprocess.Popen[str]) -> RunSummary:
    """Wait for a run that must succeed, and return its summary."""
    out, err = process.communicate(timeout=2000)
    assert process.returncode == 0, err
    assert "Traceback" not in err
    return RunSummary.model_validate_json(out)


def descendants(pid: int) -> set[int]:
    """Return the processes below one, by /proc."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found: set[int] = set()
    below = {pid}
    while below:
        below = {child for child, parent in parents.items() if parent in below}
        found |= below
    return found


@pytest.fixture(scope="module")
def flow_run(tmp_path_factory: pytest.TempPathFactory, environment: dict[str, str]) -> tuple[Path, RunSummary]:
    """A warehouse that a run on a temporary server made, and its summary."""
    warehouse = tmp_path_factory.mktemp("flow") / "data"
    return warehouse, end(begin(environment, "-w", warehouse))


def test_ingest_with_prefect_gives_the_same_bytes_as_plain(
    flow_run: tuple[Path, RunSummary], ingested: tuple[Path, RunSummary]
) -> None:
    assert published_bytes(flow_run[0]) == published_bytes(ingested[0])
    assert flow_run[1].documents == ingested[1].documents
    assert flow_run[1].release_id == ingested[1].release_id


def test_ingest_with_prefect_records_every_state(flow_run: tuple[Path, RunSummary]) -> None:
    home = flow_run[0] / "prefect"
    assert states(home / "prefect.db", "flow_run") == [("ingest", "COMPLETED")]
    assert states(home / "prefect.db", "task_run") == [(f"{stage} 1 of 1", "COMPLETED") for stage in STAGES]
    assert (home / "server.log").read_text() == ""


def test_task_runs_ask_for_no_limits_by_their_tags(flow_run: tuple[Path, RunSummary]) -> None:
    connection = sqlite3.connect(flow_run[0] / "prefect" / "prefect.db")
    try:
        assert list(connection.execute("SELECT DISTINCT tags FROM task_run")) == [("[]",)]
        ((tags,),) = connection.execute("SELECT tags FROM flow_run")
        assert set(json.loads(tags)) == {"command", "jixiao"}
    finally:
        connection.close()


def test_ingest_with_prefect_leaves_the_home_clean(
    flow_run: tuple[Path, RunSummary], environment: dict[str, str]
) -> None:
    assert flow_run[1].status == "ok"
    assert not (Path(environment["HOME"]) / ".prefect").exists()


def test_ingest_with_prefect_tells_its_artifacts(flow_run: tuple[Path, RunSummary]) -> None:
    connection = sqlite3.connect(flow_run[0] / "prefect" / "prefect.db")
    try:
        artifacts = dict(connection.execute("SELECT key, data FROM artifact"))
    finally:
        connection.close()
    assert set(artifacts) == {"run-summary", "row-account", "held-back", "documents-read", "published-data"}
    assert "R15" in artifacts["held-back"]
    assert str(flow_run[1].release_id) in artifacts["run-summary"]


@pytest.mark.long
def test_backfill_with_prefect_is_a_flow_of_its_own(
    flow_run: tuple[Path, RunSummary], tmp_path: Path, environment: dict[str, str]
) -> None:
    shutil.copytree(flow_run[0], tmp_path / "data", symlinks=True)
    options = ("--form", "0", "--form", "9", "--from", "derive", "--workers", "1", "--json", "-w", tmp_path / "data")
    done = subprocess.run(
        [sys.executable, "-m", "flows", "backfill", *map(str, options)],
        env=environment,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    summary = RunSummary.model_validate_json(done.stdout)
    assert (summary.kind, summary.documents_read, summary.documents_derived) == ("backfill", 0, 3)
    database = tmp_path / "data" / "prefect" / "prefect.db"
    assert states(database, "flow_run") == [("ingest", "COMPLETED"), ("backfill", "COMPLETED")]
    assert published_bytes(tmp_path / "data") == published_bytes(flow_run[0])


@pytest.mark.long
def test_ingest_twice_at_once_ends_in_one_state(tmp_path: Path, environment: dict[str, str]) -> None:
    both = [begin(environment, "-w", tmp_path / "data") for _ in range(2)]
    summaries = [end(process) for process in both]
    assert [s.documents[0].in_all for s in summaries] == [len(list(SAMPLES.glob("*.pdf")))] * 2
    assert states(tmp_path / "data" / "prefect" / "prefect.db", "flow_run") == [("ingest", "COMPLETED")] * 2
    again = end(begin(environment, "-w", tmp_path / "data", "--plain"))
    assert again.is_new_release is False


@pytest.fixture
def server(
    flow_run: tuple[Path, RunSummary], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[TemporaryServer, str]]:
    """A Prefect server that is there before the run, and knows of an earlier one."""
    for name, value in PREFECT_DEFAULTS.items():
        monkeypatch.setenv(name, value)
    shutil.copytree(flow_run[0] / "prefect", tmp_path / "server")  # its database is made: saves a start-up
    with TemporaryServer(tmp_path / "server") as running:
        yield running, running.wait(Stop())


@pytest.mark.long
def test_ingest_with_configured_server_uses_it(
    server: tuple[TemporaryServer, str], tmp_path: Path, environment: dict[str, str]
) -> None:
    running, url = server
    end(begin({**environment, "PREFECT_API_URL": url}, "-w", tmp_path / "data"))
    assert not (tmp_path / "data" / "prefect" / "prefect.db").exists()
    assert states(running.home / "prefect.db", "flow_run") == [("ingest", "COMPLETED")] * 2


def test_ingest_with_configured_server_that_is_down_says_what_to_do(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    process = begin({**environment, "PREFECT_API_URL": "http://127.0.0.1:9/api"}, "-w", tmp_path / "data")
    out, err = process.communicate(timeout=2000)
    assert (process.returncode, out) == (1, "")
    assert "the Prefect server at http://127.0.0.1:9/api does not answer" in err
    assert "Traceback" not in err


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes through /proc")
@pytest.mark.parametrize(("name", "exit_code"), [("SIGTERM", 143), ("SIGINT", 130), ("SIGKILL", -9)])
def test_ingest_that_is_ended_leaves_no_process(
    name: str, exit_code: int, tmp_path: Path, environment: dict[str, str], flow_run: tuple[Path, RunSummary]
) -> None:
    shutil.copytree(flow_run[0] / "prefect", tmp_path / "data" / "prefect")  # its database is made: saves a start-up
    with Warehouse(tmp_path / "data").releases.lock():  # so that it cannot end by itself before
        process = begin(environment, "-w", tmp_path / "data")
        assert process.stderr is not None
        for line in process.stderr:
            if "check:" in line:
                break
        children = descendants(process.pid)
        process.send_signal(getattr(signal, name))
        err = process.communicate(timeout=2000)[1]
    assert process.returncode == exit_code, err
    assert len(children) >= 2
    deadline = time.monotonic() + 600
    while any(Path(f"/proc/{child}").exists() for child in children) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert [child for child in children if Path(f"/proc/{child}").exists()] == []
    database = tmp_path / "data" / "prefect" / "prefect.db"
    if name == "SIGKILL":  # Prefect learns of it when the next run starts
        assert [state for _, state in states(database, "flow_run")] == ["COMPLETED", "RUNNING"]
        assert end(begin(environment, "-w", tmp_path / "data")).documents[0].in_all == 6
        assert [state for _, state in states(database, "flow_run")] == ["COMPLETED", "CRASHED", "COMPLETED"]
    else:
        assert KEPT in err
        assert [state for _, state in states(database, "flow_run")] == ["COMPLETED", "CRASHED"]
        assert end(begin(environment, "-w", tmp_path / "data", "--plain")).documents[0].in_all == 6


def test_server_that_ends_while_it_starts_is_started_again_and_then_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prefect_server, "_serve", ends_at_once)
    monkeypatch.setattr(prefect_server, "_PAUSE_SECONDS", 0.0)
    server = prefect_server.TemporaryServer(tmp_path / "prefect")
    with server, pytest.raises(prefect_server.ServerError, match="ended 3 times while it started"):
        server.wait(Stop())


@pytest.mark.long
@pytest.mark.skipif(not Path("/proc").exists(), reason="looks at processes through /proc")
def test_server_stopped_while_it_makes_its_database_ends_at_once_and_starts_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in PREFECT_DEFAULTS.items():
        monkeypatch.setenv(name, value)
    home = tmp_path / "prefect"
    home.mkdir()
    database = sqlite3.connect(home / "prefect.db")
    database.execute("BEGIN EXCLUSIVE")  # so that it cannot get ready before
    server = TemporaryServer(home)
    server.start()
    assert server._process is not None
    files = Path(f"/proc/{server._process.pid}/fd")
    while not any(path.resolve().name.startswith("prefect.db") for path in files.iterdir()):
        time.sleep(0.05)
    monkeypatch.setattr(prefect_server, "_STOP_SECONDS", 30)
    monkeypatch.setattr(type(server._process), "kill", lambda _: pytest.fail("continued its start, had to be killed"))
    server.stop()
    database.close()
    monkeypatch.undo()
    with TemporaryServer(home) as again:
        assert again.wait(Stop()).endswith("/api")


def ends_at_once(*_: object) -> None:
    """Stand in for a server whose database another one is making."""
