"""A real Dask scheduler with real worker processes, one of which dies."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import polars as pl
import pytest
from distributed import Client

from flows.config.settings import SettingsError, load_settings
from flows.orchestration.dask_workers import require_reach
from flows.progress import Progress
from flows.running.cluster import Awaited, ClusterError, connected, on_cluster
from flows.running.pipeline import run_plainly
from flows.running.run import new_plan, open_run
from flows.running.stages import collect
from flows.running.summary import RunSummary
from flows.running.workplace import plainly
from tests.support.ingesting import NOW, ingest_plainly, published_bytes
from tests.support.paths import ROOT, SAMPLES
from tests.support.ports import free_port
from tests.support.service import bare_environment, states
from warehouse.warehouse import Warehouse

DIES_BEFORE = """
import os, signal, sqlite3, time
from flows.running import stages

def read(*_):
    from prefect.context import TaskRunContext
    task_run = TaskRunContext.get().task_run
    database = sqlite3.connect({database!r})
    while not database.execute(
        "SELECT 1 FROM task_run WHERE id = ? AND state_type = 'RUNNING'", [str(task_run.id)]
    ).fetchall():
        time.sleep(0.1)
    os.kill(os.getpid(), signal.SIGKILL)

stages.read = read
"""
DIES_AFTER = """
import os, signal
from flows.running import stages
stages.read = lambda *given, real=stages.read: real(*given) and os.kill(os.getpid(), signal.SIGKILL)
"""
"""What a worker loads that is to be killed: when it has its first batch, and the Prefect server knows of it, or when it
has written the rows of the batch."""


def start(stack: ExitStack, folder: Path, *arguments: str, **environment: str) -> subprocess.Popen[bytes]:
    """Start a Dask process that ends with the test."""
    with (folder / "dask.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__DIAGNOSTICS__NVML": "false", **environment},
            stdout=log,
            stderr=log,
        )
    stack.callback(process.wait, 600)
    stack.callback(process.kill)
    return process


@contextmanager
def cluster(
    folder: Path, workers: int = 2, threads: int = 1, first_loads: str = "", failures: int = 3
) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Give the address of a scheduler on loopback, and its worker processes, when all have come."""
    address = f"tcp://127.0.0.1:{free_port()}"
    allowed = {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": str(failures)}
    (folder / "first.py").write_text(first_loads, encoding="utf-8")
    with ExitStack() as stack:
        start(stack, folder, "distributed.cli.dask_scheduler", "--host", address, "--no-dashboard", **allowed)
        worker = ["distributed.cli.dask_worker", address, "--no-nanny", f"--nthreads={threads}", "--no-dashboard"]
        loads = [("--preload", str(folder / "first.py")) if n == 0 and first_loads else () for n in range(workers)]
        started = [start(stack, folder, *worker, f"--name=w{n}", *loads[n]) for n in range(workers)]
        with Client(address, set_as_default=False, timeout=600) as client:
            client.wait_for_workers(workers, timeout=600)
        yield address, started


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    with cluster(tmp_path_factory.mktemp("dask")) as made:
        yield made


def many_samples(inbox: Path, copies: int = 3) -> Path:
    """Make a folder of the samples, each once more and as many times again with other bytes."""
    shutil.copytree(SAMPLES, inbox)
    for path in sorted(inbox.glob("*.pdf")):
        for number in range(copies):
            path.with_stem(f"{path.stem}-{number}").write_bytes(path.read_bytes() + f"% {number}\n".encode())
    return inbox


def ingest_on(
    address: str, warehouse: Path, source: Path, batch: int = 6, progress: Progress | None = None
) -> RunSummary:
    settings = load_settings(warehouse=str(warehouse), runner="dask", address=address, workers=0, batch=batch)
    with open_run(new_plan(settings, NOW), progress) as run:
        return run_plainly(run, partial(collect, run, [str(source)]))


@pytest.mark.slow
@pytest.mark.long
def test_ingest_on_a_cluster_of_which_a_worker_dies_gives_the_bytes_of_one_machine(tmp_path: Path) -> None:
    inbox = many_samples(tmp_path / "inbox")
    with cluster(tmp_path, first_loads=DIES_AFTER) as (address, workers):
        summary = ingest_on(address, tmp_path / "data", inbox)
        assert workers[0].wait(600) < 0
    assert summary.documents_read == len(list(inbox.glob("*.pdf"))) == 24
    alone = ingest_plainly(tmp_path / "alone", inbox)
    assert alone.documents == summary.documents
    assert published_bytes(tmp_path / "data") == published_bytes(tmp_path / "alone")


def flow_of_which_a_worker_dies(
    inbox: Path, warehouse: str, folder: Path, dies: str, batch: int = 6, failures: int = 3
) -> tuple[RunSummary, str]:
    """Run `jixiao ingest` as a flow on two workers, of which one dies; return summary and log."""
    (folder / "jixiao.toml").write_text(f"batch = {batch}\nworkers = 1\n", encoding="utf-8")
    home = {"HOME": str(folder), "PREFECT_HOME": str(folder / "prefect")}
    with cluster(folder, first_loads=dies, failures=failures) as (address, workers):
        options = [str(inbox), "--runner", "dask", "--address", address, "-w", warehouse, "--json"]
        done = subprocess.run(
            [sys.executable, "-m", "flows", "ingest", *options],
            cwd=folder,
            env={**bare_environment(), "PYTHONPATH": str(ROOT), **home},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert workers[0].wait(600) < 0
    return RunSummary.model_validate_json(done.stdout), done.stderr


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(3000)
def test_flow_on_a_cluster_with_its_warehouse_in_a_bucket_survives_the_death_of_a_worker(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(NOW.timestamp())))
    inbox = many_samples(tmp_path / "inbox")
    summary, _ = flow_of_which_a_worker_dies(inbox, f"{bucket}/data", tmp_path, DIES_AFTER)
    assert summary.documents_read == 24
    alone = ingest_plainly(tmp_path / "alone", inbox)
    assert summary.release_id == alone.release_id  # a digest of the content
    assert summary.documents == alone.documents


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(3000)
def test_task_run_of_a_batch_whose_worker_died_is_reported_as_crashed(tmp_path: Path) -> None:
    database = tmp_path / "prefect" / "prefect.db"
    summary, log = flow_of_which_a_worker_dies(
        many_samples(tmp_path / "inbox"),
        str(tmp_path / "data"),
        tmp_path,
        DIES_BEFORE.format(database=str(database)),
        batch=12,
        failures=0,
    )
    assert summary.documents_read == 24
    assert log.count("ended several Dask workers: it is worked here") == 1
    recorded = states(database, "task_run")
    assert recorded.count(("read 12 documents", "CRASHED")) == 1
    assert {state for _, state in recorded} == {"COMPLETED", "CRASHED"}


@pytest.mark.parametrize(("kind", "priority"), [("ingest", 0), ("backfill", 1)])
def test_batches_of_a_backfill_wait_for_those_of_a_night(
    kind: str, priority: int, scheduler: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    settings = load_settings(warehouse=str(tmp_path), runner="dask", address=scheduler[0])
    with connected(settings) as client, open_run(new_plan(settings, NOW, kind=kind)) as run:
        made: list[Any] = []

        def submit(*_: object) -> Awaited:
            made.append(client.submit(int, 7, pure=False))
            return cast("Awaited", made[0])

        with on_cluster(run, client, submit) as workplace:
            assert workplace.work("read", pl.DataFrame({"document_id": ["d"]}), plainly) == 7
        (future,) = made
        priorities = client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.tasks[future.key].priority)
    assert priorities[0] == priority  # Dask keeps it with the sign turned: what is less comes first


def test_require_reach_of_workers_that_do_not_reach_the_prefect_server_says_what_to_do(
    scheduler: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    settings = load_settings(warehouse=str(tmp_path), runner="dask", address=scheduler[0])
    with connected(settings) as client, pytest.raises(ClusterError, match=r"do not reach the Prefect server.*API_URL"):
        require_reach(client, "http://127.0.0.1:9/api")


def test_connected_without_an_address_says_what_is_missing() -> None:
    with pytest.raises(SettingsError, match="--address"), connected(load_settings(runner="dask")):
        pass


class HeldOnceItReads(Progress):
    """Lets a run have no further batch read, once a few are, until it is let go."""

    def __init__(self) -> None:
        self.reads = threading.Event()
        self.goes_on = threading.Event()

    def advance(self, stage: str, count: int = 1) -> None:
        super().advance(stage, count)
        if stage == "read":
            self.reads.set()
            self.goes_on.wait(600)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("threads", [1, 2])
def test_two_runs_on_one_worker_both_complete(threads: int, tmp_path: Path) -> None:
    inbox = many_samples(tmp_path / "inbox", copies=5)
    held = HeldOnceItReads()
    with cluster(tmp_path, workers=1, threads=threads) as (address, _):
        ended: dict[str, RunSummary] = {}

        def run(name: str, source: Path, progress: Progress | None = None) -> None:
            ended[name] = ingest_on(address, tmp_path / name, source, 5, progress)

        long = threading.Thread(target=run, args=("long", inbox, held))
        long.start()
        assert held.reads.wait(600)
        run("short", SAMPLES / "page-break.pdf")
        assert long.is_alive()
        held.goes_on.set()
        long.join()
    assert {name: summary.documents_read for name, summary in ended.items()} == {"long": 36, "short": 1}
    for name in ended:
        assert Warehouse(tmp_path / name).ledger.runs()["state"].to_list() == ["completed"]
