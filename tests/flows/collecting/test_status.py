from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest

from flows.collecting.status import check_rows, source_rows
from flows.config.settings import load_settings
from flows.config.sources import load_sources
from flows.running.summary import as_markdown
from tests.support.ingesting import NOW, ingest_plainly, published_bytes
from tests.support.paths import SAMPLES
from tests.support.site import Answer, Site, serving
from warehouse.warehouse import Warehouse

FORM = (SAMPLES / "operator-columns.pdf").read_bytes()
NO_FORM = (SAMPLES / "no-form.pdf").read_bytes()


def write_sources(folder: Path, site: Site) -> Path:
    """Two sources: a page of the site, and a folder that is not there."""
    path = folder / "sources.toml"
    path.write_text(
        f"""
        [[source]]
        name = "hubei"
        kind = "index"
        pages = ["{site.url("/index.html")}"]
        region = "湖北省"
        default_department = "省财政厅"
        expected_days = 31
        requests_per_second = 100
        retries = 0

        [[source]]
        name = "inbox"
        kind = "files"
        paths = ["inbox"]
        """,
        "utf-8",
    )
    return path


@pytest.mark.long
def test_ingest_named_sources_are_counted_published_and_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse = tmp_path / "data"
    with serving() as site:
        monkeypatch.setenv("JIXIAO_SOURCES", str(write_sources(tmp_path, site)))
        site.put("/index.html", b"<a href='a.pdf'><a href='b.pdf'><a href='c.pdf'>")
        site.put("/a.pdf", Answer(FORM, headers={"ETag": '"1"'}))
        site.put("/b.pdf", Answer(NO_FORM, headers={"ETag": '"1"'}))

        summary = ingest_plainly(warehouse)
        first, second = summary.sources
        assert (first.name, first.listed, first.fetched, first.failed) == ("hubei", 3, 2, 1)
        assert (first.read, first.published, first.state) == (2, 1, "fresh")
        assert (second.name, second.listed, second.state) == ("inbox", 0, "failing")
        assert [(p.source, p.code) for p in summary.problems] == [
            (str(tmp_path / "inbox"), "not_found"),
            (site.url("/c.pdf"), "not_found"),
        ]
        assert summary.warnings[0].startswith("source inbox is failing: not_found")
        assert "| hubei | 3 | 2 | 0 | 1 | 2 | 1 | fresh |" in as_markdown(summary)

        before = published_bytes(warehouse)
        again = ingest_plainly(warehouse)
        assert (again.sources[0].fetched, again.sources[0].unchanged) == (0, 2)
        assert not again.is_new_release
        assert published_bytes(warehouse) == before
        assert ingest_plainly(warehouse, "hubei").sources[0].unchanged == 2

    published = pl.read_parquet(warehouse / "published/sources/**/*.parquet").sort("source_name")
    columns = ["source_name", "region", "document_count", "published_count", "no_form_count", "missed_count"]
    assert published.select(columns).rows() == [("hubei", "湖北省", 2, 1, 1, 1), ("inbox", None, 0, 0, 0, None)]
    documents = pl.read_parquet(warehouse / "published/documents/**/*.parquet")
    assert documents.select("sources", "region", "default_department").unique().rows() == [
        ("hubei", "湖北省", "省财政厅")
    ]
    events = Warehouse(warehouse).ledger.events().filter(pl.col("kind").str.starts_with("source_"))
    assert events["kind"].to_list() == ["source_failing"]

    rows = source_rows(load_sources(load_settings().sources), Warehouse(warehouse), NOW + timedelta(days=40))
    reported = [(row["source"], row["state"], row["documents"], row["published"], row["listed"]) for row in rows]
    assert reported == [("hubei", "overdue", 2, 1, 3), ("inbox", "failing", 0, 0, 0)]


def test_ingest_without_source_and_without_file_is_reported(tmp_path: Path) -> None:
    from flows.config.settings import SettingsError

    with pytest.raises(SettingsError, match="nothing to take in"):
        ingest_plainly(tmp_path / "data")


def test_source_rows_before_any_run_have_no_state(tmp_path: Path, site: Site) -> None:
    rows = source_rows(load_sources(write_sources(tmp_path, site)), None, NOW)
    assert [(row["source"], row["state"], row["listed"]) for row in rows] == [
        ("hubei", None, None),
        ("inbox", None, None),
    ]


def test_check_rows_tries_and_takes_nothing(tmp_path: Path, site: Site) -> None:
    site.put("/index.html", b"<a href='a.pdf'><a href='b.pdf'>")
    site.put("/a.pdf", FORM)
    path = write_sources(tmp_path, site)
    (tmp_path / "inbox").mkdir()
    shutil.copy(SAMPLES / "no-form.pdf", tmp_path / "inbox")
    hubei, inbox = check_rows(load_sources(path), NOW)
    assert (hubei["listed"], hubei["place"], inbox["listed"], inbox["problem"]) == (2, site.url("/b.pdf"), 1, None)
    assert hubei["problem"].startswith("not_found")
    assert site.asked[-1].headers["Range"] == "bytes=0-1023"


@pytest.fixture
def site() -> Site:  # type: ignore[misc]
    with serving() as running:
        yield running
