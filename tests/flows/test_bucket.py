"""Runs and commands on a warehouse in a bucket."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import obstore
import pytest
from obstore.store import S3Store
from typer.testing import CliRunner

from flows.browse.server import served
from flows.cli import app
from flows.config.settings import load_settings
from flows.running.summary import RunSummary
from flows.stopping import Stop
from tests.support.ingesting import ingest_plainly
from tests.support.paths import SAMPLES
from warehouse.warehouse import Warehouse

FORMS = ("operator-columns.pdf", "over-budget.pdf")


def released_bytes(place: str) -> dict[str, bytes]:
    """Return the content of every object below an address, by its path."""
    store = S3Store.from_url(place)
    return {o["path"]: bytes(obstore.get(store, o["path"]).bytes()) for page in obstore.list(store) for o in page}


def printed(*arguments: str) -> str:
    result = CliRunner().invoke(app, [*arguments])
    assert result.exit_code == 0, result.output
    return result.stdout


def pages_for_people(place: str, held: str, folder: Path) -> None:
    """Browse, report, comparison and plain files of a warehouse in a bucket."""
    with (
        served(Warehouse(place), load_settings(None), "zh", Stop(), port=0) as address,
        httpx.Client(timeout=300) as client,
    ):
        assert held in client.get(address, params={"rule": "R15"}).raise_for_status().text
        form = client.get(f"{address}form/{held}").raise_for_status().text
        (picture,) = set(re.findall(r'<img[^>]* src="/?([^"]+)"', form))
        assert client.get(f"{address}{picture}").raise_for_status().content.startswith(b"\x89PNG")
        assert "冬春季道路除雪保障" in client.get(f"{address}changes").raise_for_status().text
    report = folder / "report.html"
    printed("report", "--out", str(report), "--with-forms", "held")
    assert (folder / "report-forms" / f"{held}.html").is_file()
    for kind in ("csv", "duckdb"):
        out = folder / f"export-{kind}"
        printed("export", "--format", kind, "--out", str(out))
        assert out.exists()


@pytest.mark.long
@pytest.mark.slow
def test_ingest_into_a_bucket_gives_the_local_bytes_and_all_commands_work(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = f"{bucket}/jixiao"
    files = [SAMPLES / name for name in FORMS]
    local = ingest_plainly(tmp_path / "data", *files)
    first = ingest_plainly(place, files[0])
    second = ingest_plainly(place, *files)
    again = ingest_plainly(place, *files)
    assert first.release_id is not None
    assert second.release_id is not None
    assert [summary.is_new_release for summary in (first, second, again)] == [True, True, False]
    assert (again.documents_read, again.documents_derived) == (0, 0)
    assert second.published == f"{place}/releases/{second.release_id}/published"
    here = {
        str(path.relative_to(tmp_path / "data" / "current")): path.read_bytes()
        for path in (tmp_path / "data" / "current").rglob("*.parquet")
        if path.parent.parent.name == "published"
    }
    there = {f"published/{name}": content for name, content in released_bytes(second.published).items()}
    assert there == here
    assert local.forms == second.forms

    monkeypatch.setenv("JIXIAO_WAREHOUSE", place)
    assert printed("path", "forms") == f"{second.published}/forms\n"
    assert [r["is_published"] for r in json.loads(printed("releases", "--json"))] == [False, True]
    assert json.loads(printed("diff", first.release_id, second.release_id, "--json"))
    held = json.loads(printed("quarantine", "--json"))
    picture = tmp_path / "held.png"
    shown = json.loads(printed("show", held[0]["form_id"], "--json", "--out", str(picture)))
    assert shown["document"].startswith(f"{place}/raw/")
    assert picture.read_bytes().startswith(b"\x89PNG")
    pages_for_people(place, held[0]["form_id"], tmp_path)
    assert printed("rollback", first.release_id) == f"published now shows {first.release_id}\n"
    assert printed("path") == f"{place}/releases/{first.release_id}/published\n"


def test_commands_on_an_empty_bucket_say_what_to_do(bucket: str) -> None:
    result = CliRunner().invoke(app, ["releases", "--warehouse", f"{bucket}/nothing"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"there is no warehouse at {bucket}/nothing" in result.stderr


def test_path_before_the_first_release_says_what_to_do(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["path", "forms", "--warehouse", str(tmp_path)])
    assert result.exit_code == 1
    assert "there is no warehouse at" in result.stderr


def test_path_leads_to_the_published_release(ingested: tuple[Path, RunSummary]) -> None:
    place, summary = ingested
    assert summary.release_id is not None
    released = place / "releases" / summary.release_id
    assert printed("path", "--warehouse", str(place)) == f"{released}/published\n"
    assert printed("path", "forms", "--quarantine", "--warehouse", str(place)) == f"{released}/quarantine/forms\n"
    result = CliRunner().invoke(app, ["path", "no_table", "--warehouse", str(place)])
    assert result.exit_code == 2
    assert "there is no table no_table; the tables are: forms, funding" in result.stderr
