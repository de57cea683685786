"""A real Dask scheduler with real worker processes, one of which dies."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from flows.cluster import ClusterRun, new_run
from flows.pipeline import Ahead, ingest
from flows.progress import Progress
from flows.settings import SettingsError, load_settings
from flows.summary import RunSummary
from tests.flows.conftest import NOW, SAMPLES, ingest_plainly, published_bytes

ROOT = Path(__file__).parents[2]


def start(stack: ExitStack, folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start a Dask process that ends with the test."""
    with (folder / "dask.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__DIAGNOSTICS__NVML": "false"},
            stdout=log,
            stderr=log,
        )
    stack.callback(process.wait, 30)
    stack.callback(process.kill)
    return process


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """The address of a scheduler on loopback, and its two worker processes."""
    folder = tmp_path_factory.mktemp("dask")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{probe.getsockname()[1]}"
    with ExitStack() as stack:
        start(stack, folder, "distributed.cli.dask_scheduler", "--host", address, "--no-dashboard")
        workers = [
            start(
                stack,
                folder,
                "distributed.cli.dask_worker",
                address,
                "--no-nanny",
                "--nthreads=1",
                "--no-dashboard",
                f"--name=w{n}",
            )
            for n in range(2)
        ]
        yield address, workers


def wait_for_workers(address: str, count: int) -> None:
    from distributed import Client

    with Client(address, set_as_default=False, timeout=60) as client:
        client.wait_for_workers(count, timeout=60)


def ingest_on(address: str, warehouse: Path, source: Path, batch: int = 6) -> RunSummary:
    settings = load_settings(warehouse=str(warehouse), runner="dask", address=address, workers=0, batch=batch)
    with new_run(settings, Progress(), NOW) as run:
        assert isinstance(run, ClusterRun)
        return ingest(run, Ahead(run, [str(source)]))


@pytest.mark.slow
def test_ingest_on_a_cluster_of_which_a_worker_dies_gives_the_bytes_of_one_machine(
    scheduler: tuple[str, list[subprocess.Popen[bytes]]],
    tmp_path: Path,
) -> None:
    address, workers = scheduler
    inbox = tmp_path / "inbox"
    shutil.copytree(SAMPLES, inbox)
    for path in sorted(inbox.glob("*.pdf")):
        for number in range(3):
            path.with_stem(f"{path.stem}-{number}").write_bytes(path.read_bytes() + f"% {number}\n".encode())
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


def test_new_run_without_an_address_says_what_is_missing() -> None:
    with pytest.raises(SettingsError, match="--address"):
        new_run(load_settings(runner="dask"), Progress(), NOW)
