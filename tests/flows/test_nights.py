"""Some nights with a site of the web: a revision, an outage, its end, and a backfill; all of it real processes."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import polars as pl
import pytest

from flows.running.summary import RunSummary
from tests.support.ingesting import published_bytes
from tests.support.paths import SAMPLES
from tests.support.service import Service, service_in
from tests.support.site import Answer, Site, serving
from tests.support.versions import KNOWN, revised
from warehouse.warehouse import Warehouse

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(3000)]

SOURCES = """
[[source]]
name = "tea-county"
kind = "index"
pages = ["{page}"]
requests_per_second = 100
retries = 0
"""
OTHER = (SAMPLES / "weight-first.pdf").read_bytes()


def show(site: Site, known: bytes, tag: str) -> None:
    site.put("/index.html", b'<a href="tea.pdf">a</a> <a href="goats.pdf">b</a>')
    site.put("/tea.pdf", known, headers={"ETag": f'"{tag}"'})
    site.put("/goats.pdf", OTHER, headers={"ETag": '"goats"'})


def tea_areas(warehouse: Path) -> list[str]:
    """Return what readers see of the tea gardens' area: the text of each current row."""
    rows = pl.read_parquet(warehouse / "published" / "indicators" / "**" / "*.parquet")
    return rows.filter(indicator_name="示范茶园面积")["actual_text"].to_list()


def last_summary(service: Service) -> RunSummary:
    reported = Warehouse(service.warehouse).ledger.runs()["summary"].drop_nulls()[-1]
    return RunSummary.model_validate_json(reported)


def state_name(service: Service, run: str) -> str:
    return str(service.api.get(f"/flow_runs/{run}").json()["state"]["name"])


def test_nights_with_revision_outage_return_and_backfill(tmp_path: Path) -> None:
    with serving() as site, service_in(tmp_path, sources=()) as service:
        (tmp_path / "sources.toml").write_text(SOURCES.format(page=site.url("/index.html")), encoding="utf-8")
        warehouse = service.warehouse
        show(site, KNOWN, "1")
        service.start()

        # night 1: the page's PDFs are published
        assert service.ended(night := service.ask()) == "COMPLETED"
        assert state_name(service, night) == "Completed"
        assert tea_areas(warehouse) == ["1260"]
        assert [(s.name, s.listed, s.fetched, s.state) for s in last_summary(service).sources] == [
            ("tea-county", 2, 2, "fresh")
        ]

        # night 2: one form was published again with another figure
        show(site, revised(), "2")
        assert service.ended(service.ask()) == "COMPLETED"
        summary = last_summary(service)
        assert (summary.documents_new, summary.documents_read, summary.is_new_release) == (1, 1, True)
        assert [(s.fetched, s.unchanged) for s in summary.sources] == [(1, 1)]
        assert "1300" in tea_areas(warehouse)
        changes = Warehouse(warehouse).releases.current().scan("revisions").collect()
        assert changes.select("record_name", "before", "after").rows() == [("示范茶园面积", "1260", "1300")]
        (message,) = Warehouse(warehouse).ledger.events().filter(kind="revision")["message"]
        assert "1260 -> 1300" in message
        assert [form.field_count for form in summary.revised] == [1]

        # night 3: an outage; what readers have stays
        published = published_bytes(warehouse)
        site.put("/index.html", Answer(b"", 500))
        assert service.ended(outage := service.ask()) == "COMPLETED"
        assert state_name(service, outage) == "Incomplete"
        assert published_bytes(warehouse) == published
        summary = last_summary(service)
        assert (summary.status, [s.state for s in summary.sources]) == ("some_inputs_failed", ["failing"])
        assert [p.source for p in summary.problems] == [site.url("/index.html")]
        assert Warehouse(warehouse).ledger.events().filter(kind="source_failing").height == 1
        assert "not-taken-or-read" in service.artifacts(outage)

        # night 4: the site lists again, but a file breaks off; it is not lost either
        show(site, revised(), "2")
        site.put("/tea.pdf", Answer(revised(), cut_after=100))
        assert service.ended(cut := service.ask()) == "COMPLETED"
        assert state_name(service, cut) == "Incomplete"
        assert published_bytes(warehouse) == published

        # night 5: all is back and nothing has changed
        show(site, revised(), "2")
        assert service.ended(service.ask()) == "COMPLETED"
        summary = last_summary(service)
        assert (summary.documents_read, summary.is_new_release) == (0, False)
        assert [(s.unchanged, s.failed, s.state) for s in summary.sources] == [(2, 0, "fresh")]
        assert published_bytes(warehouse) == published

        # a backfill with typed parameters
        selection = {"sources": ["tea.pdf"], "start": "read"}
        again = service.ask("backfill/backfill", selection=selection)
        assert service.ended(again) == "COMPLETED"
        assert {"run-summary", "row-account", "documents-read", "published-data"} <= service.artifacts(again)
        summary = last_summary(service)
        assert (summary.kind, summary.documents_read, summary.is_new_release) == ("backfill", 2, False)
        request = json.loads(Warehouse(warehouse).ledger.runs()["request"][-1])
        assert request == selection
        assert published_bytes(warehouse) == published

        assert [run["state_name"] for run in service.runs()] == [
            *("Completed", "Completed", "Incomplete", "Incomplete", "Completed", "Completed")
        ]
        ends = ["completed", "completed", "incomplete", "incomplete", "completed", "completed"]
        service.wait(lambda: service.alerts() == ends, "the last alert")
        assert service.stop(signal.SIGTERM) == 0
