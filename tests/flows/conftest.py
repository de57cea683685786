from __future__ import annotations

from pathlib import Path

import pytest

from flows.running.summary import RunSummary
from tests.support.ingesting import ingest_plainly
from tests.support.paths import SAMPLES
from tests.support.pdfs import small_pdf


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunSummary]:
    """A warehouse with the samples, which tests only look at, and the summary of the run that made it."""
    warehouse = tmp_path_factory.mktemp("ingested") / "data"
    return warehouse, ingest_plainly(warehouse, SAMPLES)


@pytest.fixture
def bad_inputs(tmp_path: Path) -> dict[str, Path]:
    """One of each kind of input that cannot be taken or read, by the code that it must be reported with."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    inputs = {
        "not_found": folder / "missing.pdf",
        "no_pdf": folder / "empty",
        "not_a_pdf": folder / "text.pdf",
        "encrypted": folder / "encrypted.pdf",
        "empty_file": folder / "zero.pdf",
        "damaged": folder / "cut.pdf",
    }
    inputs["no_pdf"].mkdir()
    inputs["not_a_pdf"].write_text("this is a letter, saved with the wrong name\n" * 20)
    inputs["encrypted"].write_bytes(small_pdf("secret"))
    inputs["empty_file"].write_bytes(b"")
    inputs["damaged"].write_bytes(small_pdf()[:60])
    return inputs
