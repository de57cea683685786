"""`jixiao serve` as a process of its own, and its Prefect API as a test asks it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.support.paths import ROOT, SAMPLES
from tests.support.ports import free_port
from warehouse.warehouse import Warehouse

SETTINGS = """
warehouse = "data"
workers = 1
feed = "{feed}"

[nightly]
cron = "{cron}"
sources = {sources}
overlap = "{overlap}"

[prefect]
port = {port}

[alerts]
on = ["completed", "incomplete", "failed", "crashed", "cancelled"]
command = ["{python}", "-c", "{alert}"]
"""
ALERT = (
    "import os, sys, json; e = os.environ['JIXIAO_ALERT_EVENT']; open('alerts.txt', 'a').write(e + chr(10)); "
    "open('messages.txt', 'a').write(json.dumps([e, os.environ['JIXIAO_ALERT_RUN'], sys.stdin.read()]) + chr(10))"
)


def bare_environment() -> dict[str, str]:
    """Return the environment without what it tells Prefect and jixiao."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("PREFECT_", "JIXIAO_"))}


class Service:
    """A folder with settings and an inbox, and `jixiao serve` in it."""

    def __init__(self, folder: Path, sources: Sequence[str] = ("inbox",), cron: str = "0 2 * * *") -> None:
        self.folder = folder
        self.cron = cron
        self.sources = sources
        self.warehouse = folder / "data"
        self.log = folder / "serve.log"
        self.port = free_port()
        self.api = httpx.Client(base_url=f"http://127.0.0.1:{self.port}/api", timeout=300, trust_env=False)
        self.process: subprocess.Popen[bytes] | None = None
        (folder / "inbox").mkdir()
        self.write_settings("pdfium")

    def write_settings(self, feed: str) -> None:
        sources = json.dumps(list(self.sources))
        settings = SETTINGS.format(
            feed=feed,
            sources=sources,
            cron=self.cron,
            overlap=self.overlap,
            port=self.port,
            python=sys.executable,
            alert=ALERT,
        )
        (self.folder / "jixiao.toml").write_text(settings, encoding="utf-8")

    def start(self, **more: str) -> None:
        """Start the service and wait until it serves, with more environment variables."""
        home = {"HOME": str(self.folder), "USERPROFILE": str(self.folder), "PYTHONPATH": str(ROOT)}
        environment = {**bare_environment(), **home, **more}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-P", "-m", "flows", "serve"],
                cwd=self.folder,
                env=environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.wait(lambda: self.logged().count("serving nightly/") == self.starts, "the service to start")

    starts = 1
    overlap = "skip"

    def stop(self, number: signal.Signals, everything: bool = False) -> int:
        assert self.process is not None
        (os.killpg if everything else os.kill)(self.process.pid, number)
        return self.process.wait(600)

    def logged(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def wait(self, condition: Callable[[], Any], what: str, seconds: float = 900) -> Any:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if result := condition():
                return result
            assert self.process is None or self.process.poll() is None, self.logged()[-4000:]
            time.sleep(0.2)
        raise AssertionError(f"waited {seconds} s for {what}\n{self.logged()[-4000:]}")

    def api_answers(self) -> bool:
        try:
            return self.api.get("/health").is_success
        except httpx.TransportError:
            return False

    def post(self, path: str, **content: Any) -> Any:
        answer = self.wait(lambda: (a := self.api.post(path, json=content)).status_code != 503 and a, f"POST {path}")
        answer.raise_for_status()
        return answer.json()

    def ask(self, name: str = "nightly/nightly", **parameters: Any) -> str:
        """Ask for a run of a deployment now, as the Quick run of the UI does."""
        deployment = self.api.get(f"/deployments/name/{name}").json()["id"]
        asked = {"state": {"type": "SCHEDULED"}, "parameters": parameters}
        return str(self.post(f"/deployments/{deployment}/create_flow_run", **asked)["id"])

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

    def artifacts(self, run: str) -> set[str]:
        """Return the keys of the artifacts of a run."""
        return {a["key"] for a in self.post("/artifacts/filter") if a["flow_run_id"] == run}

    def alerts(self) -> list[str]:
        """Return the events that the alert command was called with."""
        path = self.folder / "alerts.txt"
        return path.read_text().split() if path.exists() else []

    def messages(self) -> list[tuple[str, str, str]]:
        """Return event, run and text of each alert."""
        path = self.folder / "messages.txt"
        return [tuple(json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []

    def ledger_states(self) -> list[str]:
        return Warehouse(self.warehouse).ledger.runs()["state"].to_list()

    def put(self, prefix: str, count: int) -> None:
        """Put different documents of the same form into the inbox."""
        one = (SAMPLES / "operator-columns.pdf").read_bytes()
        for number in range(count):
            (self.folder / "inbox" / f"{prefix}{number}.pdf").write_bytes(one + f"% {prefix}{number}\n".encode())


@contextmanager
def service_in(folder: Path, sources: Sequence[str] = ("inbox",), cron: str = "0 2 * * *") -> Iterator[Service]:
    """Give a service that is not started yet; at the end it and all its runs are ended."""
    made = Service(folder, sources, cron)
    try:
        yield made
    finally:
        if made.process is not None and made.process.poll() is None:
            made.stop(signal.SIGKILL, everything=True)
        made.api.close()


@contextmanager
def prefect_server(service: Service) -> Iterator[None]:
    """Start `prefect server start` at the address that the service is asked at."""
    home = {"PREFECT_HOME": str(service.folder / "server"), "PREFECT_SERVER_ANALYTICS_ENABLED": "false"}
    command = ["server", "start", "--host", "127.0.0.1", "--port", str(service.port)]
    with (service.folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "prefect", *command],
            env={**bare_environment(), **home, "DO_NOT_TRACK": "1"},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    try:
        deadline = time.monotonic() + 900
        while not service.api_answers():
            assert process.poll() is None, (service.folder / "server.log").read_text()
            assert time.monotonic() < deadline, "the Prefect server does not answer"
            time.sleep(0.5)
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def states(database: Path, table: str) -> list[tuple[str, str]]:
    """Read names and states of flow or task runs from a Prefect database."""
    query = {
        "flow_run": "SELECT f.name, r.state_type FROM flow_run r JOIN flow f ON f.id = r.flow_id ORDER BY r.created",
        "task_run": "SELECT name, state_type FROM task_run ORDER BY name",
    }[table]
    connection = sqlite3.connect(database)
    try:
        return list(connection.execute(query))
    finally:
        connection.close()
