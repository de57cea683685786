from __future__ import annotations

import io
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.collecting.book import Tally
from flows.config.settings import load_settings
from flows.config.sources import FilesSource, IndexSource, S3Source, UrlsSource
from flows.progress import Lines
from flows.running import lineage
from flows.running.lineage import Lineage, is_asked_for
from flows.running.run import Run, new_plan, open_run
from flows.running.summary import RunSummary
from flows.stopping import INTERRUPTED, Interrupted
from tests.support.commands import run as call
from tests.support.ingesting import NOW
from tests.support.webhook import receiving
from warehouse import contract

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment without what it says of OpenLineage; the library adds to it, which goes with the test."""
    monkeypatch.setattr(os, "environ", os.environ.copy())
    for name in [name for name in os.environ if name.startswith("OPENLINEAGE")]:
        del os.environ[name]


@pytest.fixture
def shown() -> io.StringIO:
    """What the run says."""
    return io.StringIO()


@pytest.fixture
def run(ingested: tuple[Path, RunSummary], shown: io.StringIO) -> Iterator[Run]:
    plan = new_plan(load_settings(None, warehouse=str(ingested[0])), NOW)
    with open_run(plan, Lines(shown), only_looks=True) as opened:
        yield opened


def to(address: str) -> None:
    os.environ.update({"OPENLINEAGE__TRANSPORT__TYPE": "http", "OPENLINEAGE__TRANSPORT__URL": address})


def said(event: dict[str, Any]) -> tuple[str, str, list[str], int]:
    return (
        event["eventType"],
        f"{event['job']['namespace']}/{event['job']['name']}",
        [f"{one['namespace']} {one['name']}" for one in event["inputs"]],
        len(event["outputs"]),
    )


def test_events_say_where_it_came_from_and_what_tables_were_written(
    run: Run, ingested: tuple[Path, RunSummary]
) -> None:
    os.environ["OPENLINEAGE_NAMESPACE"] = "hubei"
    sources = [
        FilesSource(paths=["/srv/inbox"]),
        IndexSource(name="county", pages=["https://a.example.gov.cn/list_{1..2}.html"]),
        UrlsSource(urls=["https://b.example.gov.cn/2024/a.pdf", "https://b.example.gov.cn/2024/b.pdf"]),
        S3Source(prefixes=["s3://reports/2024/"]),
    ]
    with receiving() as receiver:
        to(receiver.address)
        with Lineage(run) as reported:
            reported.collected([Tally(source, listed=7) for source in sources])
            reported.completed(ingested[1])
    begun, ended = receiver.received
    inputs = [
        "file /srv/inbox",
        "https://a.example.gov.cn /list_{1..2}.html",
        "https://b.example.gov.cn /2024",
        "s3://reports 2024",
    ]
    tables = run.warehouse.releases.kept()[-1].manifest["tables"]
    assert [said(begun), said(ended)] == [
        ("START", "hubei/ingest", [], 0),
        ("COMPLETE", "hubei/ingest", inputs, len(tables)),
    ]
    assert begun["run"]["runId"] == ended["run"]["runId"]
    assert ended["inputs"][0]["inputFacets"]["inputStatistics"]["fileCount"] == 7
    written = {one["name"].removeprefix(f"{ingested[0]}/"): one for one in ended["outputs"]}
    forms = written["published/forms"]
    assert {one["namespace"] for one in ended["outputs"]} == {"file"}
    assert forms["facets"]["version"]["datasetVersion"] == ingested[1].release_id
    assert forms["outputFacets"]["outputStatistics"]["rowCount"] == tables["published/forms"]["rows"]
    columns = {one["name"]: (one["type"], one["description"]) for one in forms["facets"]["schema"]["fields"]}
    assert list(columns) == list(contract.PUBLISHED["forms"].columns())
    assert columns["executed_cny"][0] == "number"
    assert columns["form_id"][1].startswith("the form: ")


def test_release_that_stays_has_no_outputs(run: Run, ingested: tuple[Path, RunSummary]) -> None:
    with receiving() as receiver:
        to(receiver.address)
        with Lineage(run) as reported:
            reported.completed(ingested[1].model_copy(update={"is_new_release": False}))
    assert [said(event)[::3] for event in receiver.received] == [("START", 0), ("COMPLETE", 0)]


def test_failure_is_an_event_without_its_secrets_and_a_stop_another_one(run: Run) -> None:
    with receiving() as receiver:
        to(receiver.address)
        with pytest.raises(ValueError, match="no answer"), Lineage(run):
            raise ValueError("no answer from http://u:hush@x/?token=hush")
        run.stop.ask(INTERRUPTED)
        with pytest.raises(Interrupted), Lineage(run):
            run.stop.check()
    assert [event["eventType"] for event in receiver.received] == ["START", "FAIL", "START", "ABORT"]
    failed = receiver.received[1]["run"]["facets"]["errorMessage"]["message"]
    assert failed == "ValueError: no answer from http://x/?token=***"
    assert "errorMessage" not in receiver.received[3]["run"]["facets"]


def test_run_that_fails_reports_it_from_the_command_line(tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    os.environ["OPENLINEAGE_CONFIG"] = str(tmp_path / "openlineage.yml")
    (tmp_path / "openlineage.yml").write_text(
        f"transport: {{type: file, log_file_path: {events}, append: true}}", encoding="utf-8"
    )
    done = call("ingest", "--plain", "-q", tmp_path / "missing", "-w", tmp_path / "data")
    assert done.exit_code == 1
    found = [json.loads(line) for line in events.read_text("utf-8").splitlines()]
    assert [said(one)[0] for one in found] == ["START", "FAIL"]
    assert said(found[1])[2] == [f"file {tmp_path}/missing"]


@pytest.mark.parametrize(("status", "word"), [(500, "500"), (401, "401")])
def test_receiver_that_refuses_is_a_warning(
    status: int, word: str, run: Run, ingested: tuple[Path, RunSummary], shown: io.StringIO
) -> None:
    with receiving(status) as receiver:
        to(f"{receiver.address}&token=hush")
        os.environ["OPENLINEAGE__TRANSPORT__RETRY"] = '{"total": 0}'
        with Lineage(run) as reported:
            reported.completed(ingested[1])
    assert "warning: lineage events did not reach their receiver: " in shown.getvalue()
    assert word in shown.getvalue()
    assert "hush" not in shown.getvalue()


def test_receiver_that_does_not_answer_holds_nothing_up(
    run: Run, ingested: tuple[Path, RunSummary], monkeypatch: pytest.MonkeyPatch, shown: io.StringIO
) -> None:
    monkeypatch.setattr(lineage, "_WAIT_SECONDS", 0.2)
    answers = threading.Event()
    monkeypatch.setattr("openlineage.client.OpenLineageClient.emit", lambda *_: answers.wait(600))
    to("http://127.0.0.1:9")
    with Lineage(run) as reported:
        reported.completed(ingested[1])
    assert "no answer within" in shown.getvalue()  # and the run has ended, though none has come
    answers.set()


def test_wrong_configuration_is_a_warning(run: Run, ingested: tuple[Path, RunSummary], shown: io.StringIO) -> None:
    os.environ["OPENLINEAGE__TRANSPORT__TYPE"] = "pigeon"
    with Lineage(run) as reported:
        reported.completed(ingested[1])
    assert "warning: lineage events did not reach their receiver: " in shown.getvalue()


def test_nothing_is_sent_unless_it_is_asked_for(
    run: Run, ingested: tuple[Path, RunSummary], monkeypatch: pytest.MonkeyPatch, shown: io.StringIO
) -> None:
    monkeypatch.setattr("openlineage.client.OpenLineageClient.emit", lambda *_: pytest.fail("sent"))
    os.environ["OPENLINEAGE_NAMESPACE"] = "hubei"
    assert not is_asked_for()
    to("http://127.0.0.1:9")
    assert is_asked_for()
    os.environ["OPENLINEAGE_DISABLED"] = "true"
    assert not is_asked_for()
    with Lineage(run) as reported:
        reported.completed(ingested[1])
    del os.environ["OPENLINEAGE_DISABLED"]
    monkeypatch.setattr(lineage, "find_spec", lambda _: None)
    with Lineage(run) as reported:
        reported.completed(ingested[1])
    assert shown.getvalue().endswith("warning: no lineage events are sent: install jixiao[lineage]\n")
    assert shown.getvalue().count("\n") == 1
