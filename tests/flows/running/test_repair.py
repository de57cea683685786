"""A warehouse that is damaged in all its parts, and `jixiao verify`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from flows.running.summary import RunSummary
from tests.support.commands import run
from tests.support.ingesting import ingest_plainly, published_bytes
from tests.support.paths import SAMPLES
from warehouse.contract import FORM_TABLES


def flip(path: Path) -> None:
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def verified(warehouse: Path, *options: str) -> tuple[int, dict[str, Any]]:
    done = run("verify", "--json", "-w", warehouse, *options)
    return done.exit_code, json.loads(done.stdout)


def forms_of(published: dict[str, bytes]) -> dict[str, bytes]:
    """Leave out what tells of readings: that of a document whose cells and PDF are both lost is not known."""
    return {path: content for path, content in published.items() if path.split("/")[1] in FORM_TABLES}


@pytest.mark.long
def test_verify_repairs_what_can_be_and_ingest_fetches_the_rest(
    ingested: tuple[Path, RunSummary], tmp_path: Path
) -> None:
    warehouse = tmp_path / "data"
    shutil.copytree(ingested[0], warehouse, symlinks=True)
    before = published_bytes(warehouse)
    assert verified(warehouse)[0] == 0
    flip(min((warehouse / "raw").glob("*/*.pdf")))
    flip(min((warehouse / "ledger/cells").glob("*.parquet")))
    flip(min((warehouse / "current/published/forms").glob("*.parquet")))
    flip(warehouse / "current" / "outcomes.parquet")
    code, found = verified(warehouse)
    assert (code, [row["part"] for row in found["damage"]]) == (3, ["ledger", "archive", "release", "release"])
    code, left = verified(warehouse, "--repair")
    assert (code, [row["part"] for row in left["damage"]]) == (3, ["archive"])
    assert left["damaged_before"] == 4
    assert forms_of(published_bytes(warehouse)) == forms_of(before)
    assert ingest_plainly(warehouse, SAMPLES).exit_code == 0
    assert verified(warehouse)[0] == 0
    assert published_bytes(warehouse) == before


def test_verify_repair_publishes_anew_where_the_pointer_and_the_manifest_are_damaged(
    ingested: tuple[Path, RunSummary], tmp_path: Path
) -> None:
    warehouse = tmp_path / "data"
    shutil.copytree(ingested[0], warehouse, symlinks=True)
    before = published_bytes(warehouse)
    manifest = (warehouse / "current").resolve() / "manifest.json"
    manifest.chmod(0o644)
    manifest.write_bytes(manifest.read_bytes()[:100])
    (warehouse / "current").unlink()
    (warehouse / "current").write_text("0000")
    done = run("releases", "-w", warehouse)
    assert (done.exit_code, "jixiao verify --repair" in done.stderr) == (1, True)
    code, left = verified(warehouse, "--repair")
    assert (code, left["damage"], left["releases"]) == (0, [], 1)
    assert (warehouse / "current").resolve().name.startswith("000002-")
    assert published_bytes(warehouse) == before
