from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest

from flows.config.settings import load_settings
from flows.progress import Progress
from flows.running.pipeline import Ahead, ingest
from flows.running.run import Run
from flows.running.summary import RunSummary

SAMPLES = Path(__file__).parents[2] / "samples"
NOW = datetime(2026, 1, 31, 18, tzinfo=UTC)

Ingest = Callable[..., RunSummary]


def ingest_plainly(
    warehouse: Path | str, *sources: Path | str, workers: int = 0, config: Path | None = None
) -> RunSummary:
    """Take sources in without Prefect, in this process, at a fixed time."""
    settings = load_settings(config, warehouse=str(warehouse), workers=workers)
    with Run(settings, Progress(), NOW) as run:
        return ingest(run, Ahead(run, [str(source) for source in sources]))


@pytest.fixture(scope="session")
def ingested(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunSummary]:
    """A warehouse with the samples, which tests only look at, and the summary of the run that made it."""
    warehouse = tmp_path_factory.mktemp("ingested") / "data"
    return warehouse, ingest_plainly(warehouse, SAMPLES)


def published_bytes(warehouse: Path, places: Sequence[str] = ("published", "quarantine")) -> dict[str, bytes]:
    """Return the content of every file that readers see, by its path below the warehouse."""
    files = [(place, path) for place in places for path in (warehouse / place).resolve().rglob("*") if path.is_file()]
    return {f"{place}/{p.relative_to((warehouse / place).resolve())}": p.read_bytes() for place, p in sorted(files)}


def small_pdf(password: str | None = None) -> bytes:
    """Make a PDF with one line of text; with a password it cannot be opened without it."""
    from reportlab.lib.pdfencrypt import StandardEncryption
    from reportlab.pdfgen.canvas import Canvas

    buffer = BytesIO()
    encryption = StandardEncryption(password, strength=128) if password else None
    canvas = Canvas(buffer, encrypt=encryption, invariant=True)
    canvas.drawString(72, 720, "a letter, not a form")
    canvas.save()
    return buffer.getvalue()


@pytest.fixture
def bad_inputs(tmp_path: Path) -> dict[str, Path]:
    """One of each kind of input that cannot be taken or read, by the code that it must be told with."""
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
