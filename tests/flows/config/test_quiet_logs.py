from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from flows.config.nightly import AlertSettings
from flows.config.quiet_logs import keep_secrets_out_of_logs
from flows.config.settings import SettingsError
from flows.orchestration.json_log import JsonFormatter
from flows.orchestration.receivers import Alert, send
from flows.running.selection import Selection
from tests.support.commands import run
from tests.support.paths import SAMPLES
from tests.support.site import Answer, serving
from warehouse.warehouse import Warehouse

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
"""


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """All that is logged at whatever level, as in a process of ours."""
    made = logging.getLogRecordFactory()
    keep_secrets_out_of_logs()
    caplog.set_level(logging.DEBUG)
    yield caplog
    logging.setLogRecordFactory(made)


def test_secret_in_an_address_is_in_no_log_of_httpx_at_any_level(logged: pytest.LogCaptureFixture) -> None:
    with serving() as site:
        site.put("/a.pdf?access_token=hush1", Answer(b"", 302, {"Location": "/b.pdf?X-Amz-Signature=hush2"}))
        site.put("/b.pdf?X-Amz-Signature=hush2", PDF)
        address = site.url("/a.pdf?access_token=hush1").replace("http://", "http://u:hush3@")
        assert httpx.get(address, follow_redirects=True, timeout=300, trust_env=False).status_code == 200
    assert "access_token=***" in logged.text
    assert {record.name.partition(".")[0] for record in logged.records} >= {"httpx", "httpcore"}
    assert "hush" not in logged.text


def test_secret_in_an_error_is_in_no_traceback_of_a_log(logged: pytest.LogCaptureFixture) -> None:
    record = None
    try:
        raise ValueError("no answer from http://u:hush@x/?token=hush")
    except ValueError:
        logging.getLogger("anybody").exception("it failed: %s", "http://x/?token=hush&page=%d")
        record = logged.records[-1]
    assert "ValueError: no answer from http://x/?token=***" in logged.text
    assert "it failed: http://x/?token=***&page=%d" in logged.text
    reported = json.loads(JsonFormatter().format(record))
    assert "hush" not in f"{logged.text} {reported}"


def test_records_without_a_secret_stay_as_they_are(logged: pytest.LogCaptureFixture) -> None:
    made = logging.getLogRecordFactory()
    keep_secrets_out_of_logs()
    assert logging.getLogRecordFactory() is made
    logging.getLogger("anybody").info("%s of %d", "http://x/?page=2", 7)
    logging.getLogger("anybody").info("%s", ("a", "b"))
    assert [record.args for record in logged.records] == [("http://x/?page=2", 7), (("a", "b"),)]


def test_address_of_a_robot_is_in_no_log(logged: pytest.LogCaptureFixture) -> None:
    with serving() as site:
        site.put("/hook/hush-in-path-1234?key=hush-in-query", b'{"code": 0}')
        address = site.url("/hook/hush-in-path-1234?key=hush-in-query")
        reported = send(
            Alert("failed", "nightly", "a night", "", "", None),
            AlertSettings(webhook=SecretStr(address), webhook_format="feishu"),
        )
    assert "HTTP Request: POST" in logged.text
    assert "hush" not in f"{logged.text} {reported}"


def test_ingest_of_a_source_with_a_password_leaves_no_trace_of_it_anywhere(
    logged: pytest.LogCaptureFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COUNTY_USER", "hush1")
    monkeypatch.setenv("COUNTY_PASSWORD", "hush2")
    with serving() as site:
        site.put("/list", b'<a href="/a.pdf?token=hush3">a</a><a href="/gone.pdf?sign=hush4">b</a>')
        site.put("/a.pdf?token=hush3", PDF)
        monkeypatch.setenv("JIXIAO_SOURCES", str(tmp_path / "sources.toml"))
        (tmp_path / "sources.toml").write_text(SOURCES.format(page=site.url("/list")), encoding="utf-8")
        done = run("ingest", "--plain", "-w", tmp_path / "data", "--json")
        assert {asked.headers.get("Authorization") for asked in site.asked} == {"Basic aHVzaDE6aHVzaDI="}
    assert done.exit_code == 3
    house = Warehouse(tmp_path / "data")
    release = house.releases.current()
    assert release is not None
    kept = [table.scan().collect().rows() for table in house.ledger.tables.values()]
    published = [release.scan(name).collect().rows() for name in ("documents", "sources")]
    everything = f"{done.stdout} {done.stderr} {logged.text} {kept} {published} {release.manifest}"
    assert "token=***" in everything
    assert not [secret for secret in ("hush", "aHVzaDE6aHVzaDI") if secret in everything]


@pytest.mark.parametrize("more", [("--plain",), ()])
def test_address_with_a_secret_given_to_a_run_is_refused_without_it(more: tuple[str, ...], tmp_path: Path) -> None:
    done = run("ingest", "http://u:hush@x.test/a.pdf?token=hush", "-w", tmp_path / "data", *more)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "has a password or token in it" in done.stderr
    assert "hush" not in done.stderr


def test_secret_in_what_a_backfill_is_asked_for_is_not_recorded() -> None:
    asked = Selection(sources=("http://u:hush@x.test/*?token=hush",))
    assert asked.described() == "source http://x.test/*?token=***"
    assert "hush" not in asked.model_dump_json()


def test_secret_in_an_error_is_not_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise SettingsError("the Prefect server at http://u:hush@x/api?token=hush does not answer")

    monkeypatch.setattr("flows.commands.intake.settings_of", fail)
    done = run("ingest", "--plain", "-w", tmp_path)
    assert "the Prefect server at http://x/api?token=*** does not answer" in done.stderr
    assert "hush" not in done.stderr
    monkeypatch.setattr("flows.commands.intake.settings_of", lambda *_, **__: httpx.URL("http://u:hush@x:port/"))
    done = run("ingest", "--plain", "-w", tmp_path)
    assert (done.exit_code, "please report it" in done.stderr, "hush" in done.stderr) == (1, True, False)
