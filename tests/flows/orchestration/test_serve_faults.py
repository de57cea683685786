"""`jixiao serve` beside what gets in its way: another package of our name, a server that dies, another warehouse."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from tests.support.paths import ROOT, SAMPLES
from tests.support.ports import free_port
from tests.support.service import Service, bare_environment, prefect_server, service_in
from warehouse.warehouse import Warehouse

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(3000)]


def own_server(service: Service) -> int:
    """Return the process id of the Prefect server that a service has started (Linux)."""
    assert service.process is not None
    process = Path("/proc") / str(service.process.pid)
    children = [int(pid) for task in process.glob("task/*/children") for pid in task.read_text().split()]
    (found,) = [pid for pid in children if b"spawn_main" in (Path("/proc") / str(pid) / "cmdline").read_bytes()]
    return found


def test_serve_beside_a_folder_flows_and_with_a_server_that_dies(tmp_path: Path) -> None:
    with service_in(tmp_path) as service:
        shutil.copy(SAMPLES / "over-budget.pdf", tmp_path / "inbox")
        (tmp_path / "flows").mkdir()
        (tmp_path / "flows" / "__init__.py").write_text("raise RuntimeError('these are the flows of another project')")
        monitoring = free_port()
        wanted = '["completed", "failed", "crashed", "recovered"]'
        monitored = {"JIXIAO_MONITORING__PORT": str(monitoring), "JIXIAO_MONITORING__LOG_FORMAT": "json"}
        service.start(JIXIAO_ALERTS__ON=wanted, **monitored)
        assert service.ended(service.ask()) == "COMPLETED"

        # the address that others watch
        watched = httpx.Client(base_url=f"http://127.0.0.1:{monitoring}", timeout=300, trust_env=False)
        assert watched.get("/health").status_code == 200
        service.wait(
            lambda: 'jixiao_last_night_state{state="completed"} 1.0' in watched.get("/metrics").text,
            "the figures of the night",
        )
        figures = watched.get("/metrics").text
        assert "jixiao_up 1.0" in figures
        assert 'jixiao_documents{status="quarantined"} 1.0' in figures
        assert "jixiao_held_share 1.0" in figures
        service.wait(lambda: "jixiao_next_night_timestamp_seconds" in watched.get("/metrics").text, "the plan")
        watched.close()

        # upkeep is a run of its own
        assert service.ended(service.ask("upkeep/upkeep")) == "COMPLETED"
        assert Warehouse(service.warehouse).ledger.runs()["kind"].to_list() == ["ingest", "upkeep"]

        service.wait(lambda: len(service.alerts()) == 2, "the alerts of both")

        # the Prefect server dies and is started again
        os.kill(own_server(service), signal.SIGKILL)
        service.wait(lambda: service.logged().count("serving nightly/nightly") == 2, "the service to serve again")
        assert service.ended(service.ask()) == "COMPLETED"
        ends = ["completed", "completed", "failed", "recovered", "completed"]
        service.wait(lambda: service.alerts() == ends, "the last alert")
        (lost,) = [text for event, run, text in service.messages() if (event, run) == ("failed", "the service")]
        assert "its Prefect server is lost" in lost
        assert service.stop(signal.SIGTERM) == 0

    lines = service.logged().splitlines()
    assert [line for line in lines if not isinstance(json.loads(line), dict)] == []
    assert "Traceback" not in service.logged()


def test_night_during_which_the_configured_server_dies_is_accounted_for(tmp_path: Path) -> None:
    with service_in(tmp_path) as service:
        service.put("a", 12)
        service.overlap = "wait"
        service.write_settings("pdfium")
        wanted = '["completed", "incomplete", "failed", "crashed", "recovered"]'
        with prefect_server(service):
            service.start(PREFECT_API_URL=str(service.api.base_url).rstrip("/"), JIXIAO_ALERTS__ON=wanted)
            night = service.ask()
            service.wait(lambda: service.state(night) == "RUNNING", "the night to run")
        service.wait(lambda: ("failed", "the service") in said(service), "the alert of the loss")
        assert "Start the Prefect server again" in service.messages()[-1][2]
        with prefect_server(service):
            service.wait(lambda: ("recovered", "the service") in said(service), "the alert that it is back")
            service.wait(lambda: service.logged().count("serving nightly/nightly") == 2, "the service to serve again")
            end = service.ended(night)
            assert end in ("COMPLETED", "CRASHED", "FAILED")
            service.wait(lambda: end.lower() in service.alerts()[1:], "what became of the night")
            assert service.ended(service.ask()) == "COMPLETED"
            release = Warehouse(service.warehouse).releases.current()
            assert release is not None
            assert release.scan("documents").collect().height == 12
            assert service.stop(signal.SIGTERM) == 0


def said(service: Service) -> list[tuple[str, str]]:
    """Return event and run of each alert."""
    return [(event, run) for event, run, _ in service.messages()]


def refused(service: Service, **more: str) -> str:
    """Start a service that is to end at once with 1; return what it says."""
    home = {"HOME": str(service.folder), "PYTHONPATH": str(ROOT)}
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "flows", "serve"],
        cwd=service.folder,
        env={**bare_environment(), **home, **more},
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert ended.returncode == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    return ended.stderr


def test_two_warehouses_on_one_prefect_server(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    (tmp_path / "second").mkdir()
    with service_in(tmp_path / "first") as first, service_in(tmp_path / "second") as second, prefect_server(first):
        api = {"PREFECT_API_URL": str(first.api.base_url).rstrip("/")}
        second.api = first.api
        for service in (first, second):
            shutil.copy(SAMPLES / "over-budget.pdf", service.folder / "inbox")
        first.start(**api)

        # the second of the same name is refused, and says what to do
        message = refused(second, **api)
        assert f"the deployment nightly/nightly on the Prefect server {api['PREFECT_API_URL']}" in message
        assert f"of the warehouse {first.warehouse}" in message
        assert "`environment = " in message
        assert "prefect deployment delete nightly/nightly" in message
        # one warehouse is served once
        assert "one is enough" in refused(first, **api)
        # its own server cannot have the port
        message = refused(second, JIXIAO_PREFECT__PORT=str(first.port))
        assert "another Prefect server has it" in message

        # with a name of its own each runs its nights
        second.start(**api, JIXIAO_PREFECT__ENVIRONMENT="second")
        nights = {"nightly/nightly": first.ask(), "nightly/second": second.ask("nightly/second")}
        assert {name: first.ended(night) for name, night in nights.items()} == dict.fromkeys(nights, "COMPLETED")
        for service in (first, second):
            assert Warehouse(service.warehouse).ledger.runs()["state"].to_list() == ["completed"]
            service.wait(service.messages, "the alert of its night")
            assert len(service.messages()) == 1
        assert second.messages()[0][2].startswith("jixiao second: nightly ")

        # one that is named later takes its old deployments with it
        assert first.stop(signal.SIGTERM) == 0
        first.starts = 2
        first.start(**api, JIXIAO_PREFECT__ENVIRONMENT="first")
        there = {d["name"] for d in first.post("/deployments/filter")}
        assert there == {"first", "second"}
        assert (first.stop(signal.SIGTERM), second.stop(signal.SIGTERM)) == (0, 0)
