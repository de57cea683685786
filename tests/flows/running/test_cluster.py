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
from pathlib import Path
from typing import cast

import boto3
import polars as pl
import pytest
from distributed import Client

from flows.config.settings import SettingsError, load_settings
from flows.progress import Progress
from flows.running.cluster import Awaited, ClusterError, ClusterRun, new_run
from flows.running.pipeline import Ahead, ingest
from flows.running.summary import RunSummary
from tests.support.ingesting import NOW, ingest_plainly, published_bytes
from tests.support.paths import ROOT, SAMPLES
from tests.support.service import states, untold


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
def cluster(folder: Path, **environment: str) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Give the address of a scheduler on loopback, and its two worker processes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    with ExitStack() as stack:
        start(stack, folder, "distributed.cli.dask_scheduler", "--host", address, "--no-dashboard", **environment)
        worker = ["distributed.cli.dask_worker", address, "--no-nanny", "--nthreads=1", "--no-dashboard"]
        yield address, [start(stack, folder, *worker, f"--name=w{n}") for n in range(2)]


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    with cluster(tmp_path_factory.mktemp("dask")) as made:
        yield made


def many_samples(inbox: Path) -> Path:
    """Make a folder of the samples, each four times with other bytes."""
    shutil.copytree(SAMPLES, inbox)
    for path in sorted(inbox.glob("*.pdf")):
        for number in range(3):
            path.with_stem(f"{path.stem}-{number}").write_bytes(path.read_bytes() + f"% {number}\n".encode())
    return inbox


def wait_for_workers(address: str, count: int) -> None:
    with Client(address, set_as_default=False, timeout=60) as client:
        client.wait_for_workers(count, timeout=60)


def ingest_on(address: str, warehouse: Path, source: Path, batch: int = 6) -> RunSummary:
    settings = load_settings(warehouse=str(warehouse), runner="dask", address=address, workers=0, batch=batch)
    with new_run(settings, Progress(), NOW) as run:
        assert isinstance(run, ClusterRun)
        return ingest(run, Ahead(run, [str(source)]))


@pytest.mark.slow
@pytest.mark.long
def test_ingest_on_a_cluster_of_which_a_worker_dies_gives_the_bytes_of_one_machine(
    scheduler: tuple[str, list[subprocess.Popen[bytes]]],
    tmp_path: Path,
) -> None:
    address, workers = scheduler
    inbox = many_samples(tmp_path / "inbox")
    wait_for_workers(address, 2)

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
    with cluster(folder, **scheduler) as (address, workers):
        wait_for_workers(address, 2)
        options = [str(inbox), "--runner", "dask", "--address", address, "-w", warehouse, "--json"]
        with subprocess.Popen(
            [sys.executable, "-m", "flows.cli", "ingest", *options],
            cwd=folder,
            env={**untold(), "PYTHONPATH": str(ROOT), **home},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            while process.poll() is None and not is_time():
                time.sleep(0.05)
            workers[0].kill()
            told, log = process.communicate(timeout=300)
    assert process.returncode == 0, log
    return RunSummary.model_validate_json(told), log


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
def test_task_run_of_a_batch_whose_worker_died_is_told_as_crashed(tmp_path: Path) -> None:
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
    told = states(database, "task_run")
    assert told.count(("read 12 documents", "CRASHED")) == 1
    assert {state for _, state in told} == {"COMPLETED", "CRASHED"}


@pytest.mark.parametrize(("kind", "priority"), [("ingest", 0), ("backfill", 1)])
def test_batches_of_a_backfill_wait_for_those_of_a_night(
    kind: str, priority: int, scheduler: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    settings = load_settings(warehouse=str(tmp_path), runner="dask", address=scheduler[0])
    with (
        Client(scheduler[0], set_as_default=False) as client,
        new_run(settings, Progress(), NOW, kind=kind) as run,
    ):
        assert isinstance(run, ClusterRun)
        made = []

        def submit(*_: object) -> Awaited:
            made.append(client.submit(int, 7, pure=False))
            return cast("Awaited", made[0])

        run.submit = submit
        assert run.read(pl.DataFrame({"document_id": ["d"]})) == 7
        (future,) = made
        told = client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.tasks[future.key].priority)
    assert told[0] == priority  # Dask keeps it with the sign turned: what is less comes first


def test_ask_workers_that_do_not_reach_the_prefect_server_says_what_to_do(
    scheduler: tuple[str, list[subprocess.Popen[bytes]]], tmp_path: Path
) -> None:
    settings = load_settings(warehouse=str(tmp_path), runner="dask", address=scheduler[0])
    with new_run(settings, Progress(), NOW) as run:
        assert isinstance(run, ClusterRun)
        with pytest.raises(ClusterError, match=r"do not reach the Prefect server.*PREFECT_API_URL"):
            run.ask_workers("http://127.0.0.1:9/api")


def test_new_run_without_an_address_says_what_is_missing() -> None:
    with pytest.raises(SettingsError, match="--address"):
        new_run(load_settings(runner="dask"), Progress(), NOW)
