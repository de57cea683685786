"""PDFs that are made to stop, stall or fill their reader, beside good ones: those are published, the run ends."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import polars as pl
import pytest

from flows.output import EXIT_SOME_INPUTS
from tests.support.hostile import KINDS
from tests.support.ingesting import ingest_plainly
from tests.support.paths import SAMPLES
from transforms.read import read_document
from transforms.reading.limits import Limits
from warehouse.warehouse import Warehouse

GOOD = ("operator-columns.pdf", "page-break.pdf", "several-forms.pdf")
QUICK = (
    "grid",
    "drawing",
    "wide_font",
    "pixels",
    "no_pages",
    "lost_stream",
    "lost_picture",
    "cut_picture",
    "blank_picture",
    "without_key",
    "strange_filter",
    "only_header",
    "noise",
    "portfolio",
    "xfa",
    "shared_pages",
)


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "jixiao.toml"
    path.write_text(
        "[limits]\ndocument_seconds = 300\npage_seconds = 12\ndocument_memory_mb = 500\npage_objects = 200000\n"
        "page_characters = 100000\n"
    )
    return path


@pytest.mark.parametrize("kind", QUICK)
def test_read_hostile_document_has_its_reason(kind: str, tmp_path: Path) -> None:
    make, codes = KINDS[kind]
    (tmp_path / "a.pdf").write_bytes(make())
    reading = read_document(tmp_path / "a.pdf", "a" * 64, limits=Limits(objects=200_000, characters=100_000))
    assert (reading.reason or "no_form").partition(":")[0] in codes
    assert reading.cells.is_empty()


@pytest.mark.parametrize("kind", ["pixels", "wide_font"])
def test_read_by_the_other_feed_it_has_one_too(kind: str, tmp_path: Path) -> None:
    make, codes = KINDS[kind]
    (tmp_path / "a.pdf").write_bytes(make())
    reading = read_document(tmp_path / "a.pdf", "a" * 64, feed="pdfplumber")
    assert (reading.reason or "no_form").partition(":")[0] in codes


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.timeout(3000)
def test_good_documents_are_published_beside_all_kinds_of_hostile_ones(tmp_path: Path, settings: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    for name in GOOD:
        shutil.copy(SAMPLES / name, inbox)
    for kind, (make, _) in KINDS.items():
        (inbox / f"{kind}.pdf").write_bytes(make())
    summary = ingest_plainly(tmp_path / "data", inbox, workers=1, config=settings)
    assert summary.exit_code == EXIT_SOME_INPUTS
    release = Warehouse(str(tmp_path / "data")).releases.current()
    assert release is not None
    documents = release.scan("documents").select("file_name", pl.col("status").cast(pl.String), "reason").collect()
    became = {name: (status, reason) for name, status, reason in documents.iter_rows()}
    assert {became[name][0] for name in GOOD} <= {"published", "partly_published"}
    codes = {kind: re.split("[: ]", became[f"{kind}.pdf"][1] or "no_form")[0] for kind in KINDS}
    assert {kind: code for kind, code in codes.items() if code not in KINDS[kind][1]} == {}
