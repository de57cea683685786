"""The nightly service as an operator meets it: a real process, a real Prefect server, real kills."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from flows.summary import RunSummary
from tests.flows.conftest import SAMPLES, published_bytes
from warehouse.store import Warehouse

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(900)]

ROOT = Path(__file__).parents[2]
SETTINGS = """
warehouse = "data"
workers = 1
feed = "{feed}"

[nightly]
cron = "0 2 * * *"
sources = ["inbox"]
overlap = "skip"

[prefect]
port = {port}

[alerts]
on = ["completed", "incomplete", "failed", "crashed", "cancelled"]
command = ["{python}", "-c", "{alert}"]
"""
ALERT = "import os; open('alerts.txt', 'a').write(os.environ['JIXIAO_ALERT_EVENT'] + chr(10))"


class Service:
    """A folder with settings and an inbox, and `jixiao serve` in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.warehouse = folder / "data"
        self.log = folder / "serve.log"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.api = httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api", timeout=60, trust_env=False)
        self.process: subprocess.Popen[bytes] | None = None
        (folder / "inbox").mkdir()
        self.write_settings("pdfium")

    def write_settings(self, feed: str) -> None:
        told = SETTINGS.format(feed=feed, port=self.port, python=sys.executable, alert=ALERT)
        (self.folder / "jixiao.toml").write_text(told, encoding="utf-8")

    def start(self) -> None:
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "JIXIAO_"))}
        environment = {**kept, "HOME": str(self.folder), "USERPROFILE": str(self.folder), "PYTHONPATH": str(ROOT)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "flows.cli", "serve"],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait(lambda: self.told().count("serving nightly/nightly") == self.starts, "the service to start")

    starts = 1

    def stop(self, number: signal.Signals, everything: bool = False) -> int:
        assert self.process is not None
        (os.killpg if everything else os.kill)(self.process.pid, number)
        return self.process.wait(120)

    def told(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def wait(self, condition: Callable[[], Any], what: str, seconds: float = 180) -> Any:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if result := condition():
                return result
            assert self.process is None or self.process.poll() is None, self.told()[-4000:]
            time.sleep(0.2)
        raise AssertionError(f"waited {seconds} s for {what}\n{self.told()[-4000:]}")

    def post(self, path: str, **content: Any) -> Any:
        answer = self.wait(lambda: (a := self.api.post(path, json=content)).status_code != 503 and a, f"POST {path}")
        answer.raise_for_status()
        return answer.json()

    def ask(self) -> str:
        """Ask for a nightly run now, as the Quick run of the UI does."""
        deployment = self.api.get("/deployments/name/nightly/nightly").json()["id"]
        return str(self.post(f"/deployments/{deployment}/create_flow_run", state={"type": "SCHEDULED"})["id"])

    def runs(self) -> list[dict[str, Any]]:
        begun = {"state": {"type": {"not_any_": ["SCHEDULED"]}}}
        found = self.post("/flow_runs/filter", flow_runs=begun, sort="EXPECTED_START_TIME_ASC")
        assert isinstance(found, list)
        return found

    def state(self, run: str) -> str:
        return str(self.api.get(f"/flow_runs/{run}").json()["state"]["type"])

    def ended(self, run: str) -> str:
        """Wait until a run has ended and return its state."""
        final = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
        return str(self.wait(lambda: (s := self.state(run)) in final and s, f"flow run {run} to end"))

    def ledger_states(self) -> list[str]:
        return Warehouse(self.warehouse).runs()["state"].to_list()

    def put(self, prefix: str, count: int) -> None:
        """Put different documents of the same form into the inbox."""
        one = (SAMPLES / "operator-columns.pdf").read_bytes()
        for number in range(count):
            (self.folder / "inbox" / f"{prefix}{number}.pdf").write_bytes(one + f"% {prefix}{number}\n".encode())


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    made = Service(tmp_path)
    yield made
    if made.process is not None and made.process.poll() is None:
        made.stop(signal.SIGKILL, everything=True)
    made.api.close()


def test_serve_nights_with_cancellation_outage_and_catch_up(service: Service) -> None:
    shutil.copy(SAMPLES / "over-budget.pdf", service.folder / "inbox")
    shutil.copy(SAMPLES / "no-form.pdf", service.folder / "inbox")
    service.start()

    # a night
    first = service.ask()
    assert service.ended(first) == "COMPLETED"
    published = published_bytes(service.warehouse)
    assert any("forms" in name for name in published)
    artifacts = {a["key"] for a in service.post("/artifacts/filter") if a["flow_run_id"] == first}
    assert artifacts == {"run-summary", "row-account", "held-back", "documents-read", "published-data"}

    # a second one while one goes on is left out; the one that goes on is cancelled in the middle of reading
    service.write_settings("pdfplumber")
    service.put("new", 150)
    second = service.ask()
    service.wait(lambda: "read: 150 documents" in service.told(), "reading to begin")
    third = service.ask()
    assert service.ended(third) == "CANCELLED"
    service.post(f"/flow_runs/{second}/set_state", state={"type": "CANCELLING"})
    assert service.ended(second) == "CANCELLED"
    assert published_bytes(service.warehouse) == published
    assert service.ledger_states() == ["completed", "cancelled"]

    # an outage: everything is killed in the middle of a run, and three nights pass
    fourth = service.ask()
    service.wait(lambda: service.told().count("to read") == 3, "the next run to begin")
    service.stop(signal.SIGKILL, everything=True)
    assert published_bytes(service.warehouse) == published
    let_nights_pass(service.warehouse / "prefect" / "prefect.db", 3)

    # the next start tells of the crash, forgets the missed nights and runs once
    service.write_settings("pdfium")
    service.starts = 2
    service.start()
    caught_up = service.wait(lambda: [run for run in service.runs() if "catch-up" in run["tags"]], "the catch-up")
    assert service.ended(caught_up[0]["id"]) == "COMPLETED"
    assert service.state(fourth) == "CRASHED"
    assert [run["state_type"] for run in service.runs()].count("COMPLETED") == 2
    assert len(service.runs()) == 5
    summary = RunSummary.model_validate_json(Warehouse(service.warehouse).runs()["summary"].drop_nulls()[-1])
    assert summary.documents[0].in_all == 152
    # the one that was left out never began, and so told nothing
    alerts = ["completed", "cancelled", "crashed", "completed"]
    service.wait(lambda: (service.folder / "alerts.txt").read_text().split() == alerts, "the last alert")
    assert service.stop(signal.SIGTERM) == 0


def let_nights_pass(database: Path, nights: int) -> None:
    """Make the database that of a service that was away for some nights: all that was planned was planned earlier."""
    connection = sqlite3.connect(database)
    with connection:
        for table, columns in {
            "flow_run": ("expected_start_time", "next_scheduled_start_time", "start_time"),
            "deployment": ("created",),
        }.items():
            for column in columns:
                connection.execute(
                    f"UPDATE {table} SET {column} = strftime('%Y-%m-%d %H:%M:%f', {column}, '-{nights} days') "
                    f"WHERE {column} IS NOT NULL"
                )
    connection.close()
