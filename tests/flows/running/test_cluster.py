"""A real Dask scheduler with real worker processes, one of which dies."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, cast

import boto3
import polars as pl
import pytest
from distributed import Client

from flows.config.settings import SettingsError, load_settings
from flows.orchestration.dask_workers import require_reach
from flows.running.cluster import Awaited, ClusterError, connected, on_cluster
from flows.running.pipeline import run_plainly
from flows.running.run import new_plan, open_run
from flows.running.stages import collect
from flows.running.summary import RunSummary
from flows.running.workplace import plainly
from tests.support.ingesting import NOW, ingest_plainly, published_bytes
from tests.support.paths import ROOT, SAMPLES
from tests.support.service import bare_environment, states
from warehouse.warehouse import Warehouse


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
    stack.callback(process.wait, 30)
    stack.callback(process.kill)
    return process


@contextmanager
def cluster(
    folder: Path, workers: int = 2, threads: int = 1, **environment: str
) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Give the address of a scheduler on loopback, and its worker processes, when all have come."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    with ExitStack() as stack:
        start(stack, folder, "distributed.cli.dask_scheduler", "--host", address, "--no-dashboard", **environment)
        worker = ["distributed.cli.dask_worker", address, "--no-nanny", f"--nthreads={threads}", "--no-dashboard"]
        started = [start(stack, folder, *worker, f"--name=w{n}") for n in range(workers)]
        with Client(address, set_as_default=False, timeout=60) as client:
            client.wait_for_workers(workers, timeout=60)
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


def ingest_on(address: str, warehouse: Path, source: Path, batch: int = 6) -> RunSummary:
    settings = load_settings(warehouse=str(warehouse), runner="dask", address=address, workers=0, batch=batch)
    with open_run(new_plan(settings, NOW)) as run:
        return run_plainly(run, partial(collect, run, [str(source)]))


@pytest.mark.slow
@pytest.mark.long
def test_ingest_on_a_cluster_of_which_a_worker_dies_gives_the_bytes_of_one_machine(
    scheduler: tuple[str, list[subprocess.Popen[bytes]]],
    tmp_path: Path,
) -> None:
    address, workers = scheduler
    inbox = many_samples(tmp_path / "inbox")

    readings = tmp_path / "data" / "ledger" / "readings"

    def kill_one_in_mid_run() -> None:
        while not list(readings.rglob("*.parquet")):
            time.sleep(0.01)
        workers[0].kill()

    killer = threading.Thread(target=kill_one_in_mid_run)
    killer.start()
    summary = ingest_on(address, tmp_path / "data", inbox)
    killer.join()
    assert workers[0].wait(30) < 0
    assert summary.documents_read == len(list(inbox.glob("*.pdf"))) == 24
    alone = ingest_plainly(tmp_path / "alone", inbox)
    assert alone.documents == summary.documents
    assert published_bytes(tmp_path / "data") == published_bytes(tmp_path / "alone")


def flow_of_which_a_worker_dies(
    inbox: Path, warehouse: str, is_time: Callable[[], bool], folder: Path, batch: int = 6, **scheduler: str
) -> tuple[RunSummary, str]:
    """Run `jixiao ingest` as a flow on two workers, kill one when it is time; return summary and log."""
    (folder / "jixiao.toml").write_text(f"batch = {batch}\nworkers = 1\n", encoding="utf-8")
    home = {"HOME": str(folder), "PREFECT_HOME": str(folder / "prefect")}
    with cluster(folder, 2, 1, **scheduler) as (address, workers):
        options = [str(inbox), "--runner", "dask", "--address", address, "-w", warehouse, "--json"]
        with subprocess.Popen(
            [sys.executable, "-m", "flows", "ingest", *options],
            cwd=folder,
            env={**bare_environment(), "PYTHONPATH": str(ROOT), **home},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            while process.poll() is None and not is_time():
                time.sleep(0.05)
            workers[0].kill()
            printed, log = process.communicate(timeout=300)
    assert process.returncode == 0, log
    return RunSummary.model_validate_json(printed), log


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(400)
def test_flow_on_a_cluster_with_its_warehouse_in_a_bucket_survives_the_death_of_a_worker(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(NOW.timestamp())))
    inbox = many_samples(tmp_path / "inbox")
    store = boto3.client("s3", endpoint_url=os.environ["AWS_ENDPOINT_URL"])

    def readings() -> bool:
        listed = store.list_objects_v2(Bucket=bucket.removeprefix("s3://"), Prefix="data/ledger/readings/")
        return any(item["Key"].endswith(".parquet") for item in listed.get("Contents", ()))

    summary, _ = flow_of_which_a_worker_dies(inbox, f"{bucket}/data", readings, tmp_path)
    assert summary.documents_read == 24
    alone = ingest_plainly(tmp_path / "alone", inbox)
    assert summary.release_id == alone.release_id  # a digest of the content
    assert summary.documents == alone.documents


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(400)
def test_task_run_of_a_batch_whose_worker_died_is_reported_as_crashed(tmp_path: Path) -> None:
    database = tmp_path / "prefect" / "prefect.db"

    def both_workers_read() -> bool:
        try:
            return database.exists() and states(database, "task_run").count(("read 12 documents", "RUNNING")) == 2
        except sqlite3.OperationalError:  # there is no such table yet
            return False

    summary, log = flow_of_which_a_worker_dies(
        many_samples(tmp_path / "inbox"),
        str(tmp_path / "data"),
        both_workers_read,
        tmp_path,
        batch=12,
        DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES="0",
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


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.parametrize("threads", [1, 2])
def test_two_runs_on_one_worker_both_complete(threads: int, tmp_path: Path) -> None:
    inbox = many_samples(tmp_path / "inbox", copies=5)
    with cluster(tmp_path, workers=1, threads=threads) as (address, _):
        ended: dict[str, RunSummary] = {}
        readings = tmp_path / "long" / "ledger" / "readings"

        def run(name: str, source: Path) -> None:
            ended[name] = ingest_on(address, tmp_path / name, source, batch=5)

        long = threading.Thread(target=run, args=("long", inbox))
        long.start()
        while not list(readings.rglob("*.parquet")):
            assert long.is_alive()
            time.sleep(0.01)
        short = threading.Thread(target=run, args=("short", SAMPLES / "page-break.pdf"))
        short.start()
        short.join()
        still_reads = long.is_alive()
        long.join()
    assert still_reads, "the short run is to end while the long one reads"
    assert {name: summary.documents_read for name, summary in ended.items()} == {"long": 36, "short": 1}
    for name in ended:
        assert Warehouse(tmp_path / name).ledger.runs()["state"].to_list() == ["completed"]
