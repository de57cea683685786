"""The nightly service as an operator meets it: a real process, a real Prefect server, real kills."""

from __future__ import annotations

import shutil
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.orchestration.nights import STILL_RAN
from flows.running.summary import RunSummary
from tests.support.ingesting import published_bytes
from tests.support.paths import SAMPLES
from tests.support.service import Service, prefect_server, service_in
from warehouse.warehouse import Warehouse

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(3000)]


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with service_in(tmp_path) as made:
        yield made


def test_serve_begins_a_night_when_it_is_due(tmp_path: Path) -> None:
    with service_in(tmp_path, cron="* * * * *") as service:
        shutil.copy(SAMPLES / "over-budget.pdf", service.folder / "inbox")
        service.start()
        service.wait(lambda: "the next night is planned for" in service.logged(), "a night to be planned")
        night = service.wait(lambda: [run for run in service.runs() if run["auto_scheduled"]], "a night to begin")[0]
        assert service.ended(night["id"]) == "COMPLETED"
        assert {"nightly", "jixiao"} <= set(night["tags"])
        assert (service.warehouse / "published").exists()
        assert service.stop(signal.SIGTERM) == 0


def test_serve_nights_with_cancellation_outage_and_catch_up(service: Service) -> None:
    shutil.copy(SAMPLES / "over-budget.pdf", service.folder / "inbox")
    shutil.copy(SAMPLES / "no-form.pdf", service.folder / "inbox")
    service.start()

    # a night
    first = service.ask()
    assert service.ended(first) == "COMPLETED"
    published = published_bytes(service.warehouse)
    assert any("forms" in name for name in published)
    assert service.artifacts(first) == {"run-summary", "row-account", "held-back", "documents-read", "published-data"}

    # a second one while one goes on is left out; the one that goes on is cancelled in the middle of reading
    service.write_settings("pdfplumber")
    service.put("new", 150)
    second = service.ask()
    service.wait(lambda: "read: 150 documents" in service.logged(), "reading to begin")
    third = service.ask()
    assert service.ended(third) == "CANCELLED"
    service.post(f"/flow_runs/{second}/set_state", state={"type": "CANCELLING"})
    assert service.ended(second) == "CANCELLED"
    assert published_bytes(service.warehouse) == published
    assert service.ledger_states() == ["completed", "cancelled"]

    # an outage: everything is killed in the middle of a run, and three nights pass
    fourth = service.ask()
    service.wait(lambda: service.logged().count("to read") == 3, "the next run to begin")
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
    # each of the missed nights has its reason, also where the Prefect server was quicker and left it out by itself:
    # its words become ours when the service looks next
    asked, planned = (
        [run for run in service.runs() if run["auto_scheduled"] is by_plan and "nightly" in run["tags"]]
        for by_plan in (False, True)
    )
    assert len(asked) == 5
    assert {run["state"]["type"] for run in planned} == {"CANCELLED"}
    assert all(run["state"]["message"].startswith(("missed: ", "Deployment concurrency", STILL_RAN)) for run in planned)
    summary = RunSummary.model_validate_json(Warehouse(service.warehouse).ledger.runs()["summary"].drop_nulls()[-1])
    assert summary.documents[0].in_all == 152
    # the one that was left out never began, and so reported nothing
    alerts = ["completed", "cancelled", "crashed", "completed"]
    service.wait(lambda: service.alerts() == alerts, "the last alert")
    assert service.stop(signal.SIGTERM) == 0


def test_serve_on_a_prefect_server_that_was_there_before(service: Service) -> None:
    shutil.copy(SAMPLES / "over-budget.pdf", service.folder / "inbox")
    with prefect_server(service):
        service.start(PREFECT_API_URL=str(service.api.base_url).rstrip("/"))
        night = service.ask()
        assert service.ended(night) == "COMPLETED"
        backfill = service.ask("backfill/backfill", selection={"everything": True, "start": "read"})
        assert service.ended(backfill) == "COMPLETED"
        assert service.artifacts(backfill) >= {"run-summary", "row-account", "published-data"}
        task_runs = service.post("/task_runs/filter", flow_runs={"id": {"any_": [backfill]}})
        assert {run["name"].split()[0] for run in task_runs} == {"collect", "read", "derive", "check", "publish"}
        assert service.stop(signal.SIGTERM) == 0

        # the server goes on, and none of the service's own was started
        assert service.state(night) == "COMPLETED"
        assert not list(service.warehouse.rglob("prefect.db"))


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
