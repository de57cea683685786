"""`jixiao serve` with a source that needs a password, everything logged: no trace of it is kept anywhere."""

from __future__ import annotations

import base64
import signal
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tests.support.paths import SAMPLES
from tests.support.service import Service, service_in
from tests.support.site import Answer, serving
from warehouse.warehouse import Warehouse

pytestmark = [pytest.mark.slow, pytest.mark.long, pytest.mark.timeout(3000)]

PDF = (SAMPLES / "no-form.pdf").read_bytes()
SOURCES = """
[[source]]
name = "county"
kind = "index"
pages = ["{page}"]
requests_per_second = 100
robots = false
retries = 0
user_env = "COUNTY_USER"
password_env = "COUNTY_PASSWORD"

[[source]]
name = "town"
kind = "urls"
urls = ["{town}"]
requests_per_second = 100
robots = false
retries = 0
token_env = "TOWN_TOKEN"
"""
SECRETS = {"COUNTY_USER": "hush-1-user", "COUNTY_PASSWORD": "hush-2-password", "TOWN_TOKEN": "hush-3-token"}
WEBHOOK = "hush-6-hook"
EVERYTHING = {
    "PREFECT_LOGGING_LEVEL": "DEBUG",
    "PREFECT_LOGGING_ROOT_LEVEL": "DEBUG",
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "DEBUG",
    "PREFECT_LOGGING_SERVER_LEVEL": "DEBUG",
}


def kept(service: Service) -> Iterator[tuple[str, str]]:
    """Give name and text of all that was kept: files, tables as their rows, artifacts, log lines."""
    for path in (path for path in service.folder.rglob("*") if path.is_file() and not path.is_symlink()):
        content = path.read_bytes()
        yield str(path), content.decode("utf-8", "replace") + content.decode("utf-16-le", "replace")
        if path.suffix == ".parquet":
            yield str(path), str(pl.read_parquet(path).to_dicts())
    for kind in ("artifacts", "logs", "flow_runs", "task_runs", "deployments"):
        yield kind, str(service.post(f"/{kind}/filter"))


def test_no_secret_of_a_source_is_kept_by_a_served_run(tmp_path: Path) -> None:
    with serving() as site, service_in(tmp_path, sources=()) as service:
        written = SOURCES.format(page=site.url("/list"), town=site.url("/town.pdf"))
        (tmp_path / "sources.toml").write_text(written, encoding="utf-8")
        site.put("/list", b'<a href="/a.pdf?token=hush-4-query">a</a><a href="/gone.pdf?sign=hush-4-sign">b</a>')
        site.put("/a.pdf?token=hush-4-query", PDF)
        site.put("/town.pdf", Answer(b"", 302, {"Location": "/moved.pdf?X-Amz-Signature=hush-5-location"}))
        site.put("/moved.pdf?X-Amz-Signature=hush-5-location", PDF)
        hook = f"{site.url('/hook')}/{WEBHOOK}?key={WEBHOOK}"
        service.start(**SECRETS, **EVERYTHING, JIXIAO_ALERTS__WEBHOOK=hook)
        assert service.ended(service.ask()) == "COMPLETED"
        service.wait(service.messages, "the alert of the night")
        sent = {asked.headers.get("Authorization") for asked in site.asked}
        basic = base64.b64encode(f"{SECRETS['COUNTY_USER']}:{SECRETS['COUNTY_PASSWORD']}".encode()).decode()
        assert sent >= {f"Basic {basic}", f"Bearer {SECRETS['TOWN_TOKEN']}"}
        assert Warehouse(service.warehouse).ledger.runs()["state"].to_list() == ["completed"]
        assert "DEBUG" in service.logged()
        everything = list(kept(service))
        assert len(everything) > 50
        assert {name for name, text in everything if "hush-" in text or basic in text} == set()
        assert any("token=***" in text for _, text in everything)
        assert service.stop(signal.SIGTERM) == 0
        assert "hush-" not in service.logged()
