"""Documents taken out of publication, and put back."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.running.summary import RunSummary
from tests.support.commands import run
from tests.support.ingesting import ingest_plainly, published_bytes
from tests.support.paths import SAMPLES
from warehouse.warehouse import Warehouse


@pytest.fixture
def warehouse(ingested: tuple[Path, RunSummary], tmp_path: Path) -> Path:
    shutil.copytree(ingested[0], tmp_path / "data", symlinks=True)
    return tmp_path / "data"


def forget(warehouse: Path, *arguments: str) -> Any:
    done = run("forget", *arguments, "--json", "-w", warehouse)
    assert done.exit_code == 0, done.stderr
    return json.loads(done.stdout)


def document_named(warehouse: Path, name: str) -> str:
    found = Warehouse(warehouse).ledger.first_sightings().filter(file_name=name).collect()["document_id"]
    return str(found.item())


def shown(warehouse: Path) -> list[str]:
    return sorted(pl.read_parquet(warehouse / "published/documents/*.parquet")["file_name"])


def test_forget_takes_a_document_out_until_it_is_put_back(warehouse: Path) -> None:
    before, names = published_bytes(warehouse), shown(warehouse)
    document = document_named(warehouse, "over-budget.pdf")
    out = RunSummary.model_validate(forget(warehouse, document[:8], "--reason", "a mistake"))
    assert (out.is_new_release, out.kind) == (True, "forget")
    assert shown(warehouse) == [name for name in names if name != "over-budget.pdf"]
    assert [row["reason"] for row in forget(warehouse)] == ["a mistake"]
    again = ingest_plainly(warehouse, SAMPLES)
    assert (again.is_new_release, again.documents_read) == (False, 0)
    assert any("out of publication" in warning for warning in again.warnings)
    back = RunSummary.model_validate(forget(warehouse, document, "--undo", "--reason", "right after all"))
    assert back.is_new_release
    assert published_bytes(warehouse) == before
    events = Warehouse(warehouse).ledger.events()
    assert events.filter(pl.col("kind").is_in(["forgotten", "restored"]))["message"].to_list() == [
        f"document {document} is taken out of publication: a mistake",
        f"document {document} is put back: right after all",
    ]


def test_forget_that_was_ended_before_it_published_is_done_by_the_same_call(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, names = published_bytes(warehouse), shown(warehouse)
    document = document_named(warehouse, "over-budget.pdf")

    def ended(*_: object) -> None:
        raise KeyboardInterrupt

    others = [name for name in names if name != "over-budget.pdf"]
    for undo, left, then in (([], names, others), (["--undo"], others, names)):
        asked = [document, *undo, "--reason", "a mistake"]
        with monkeypatch.context() as patched:
            patched.setattr("flows.running.stages.publish", ended)
            assert run("forget", *asked, "-w", warehouse).exit_code == 130
        assert shown(warehouse) == left
        forget(warehouse, *asked)
        assert shown(warehouse) == then
        assert run("forget", *asked, "-w", warehouse).exit_code == 2
    assert published_bytes(warehouse) == before


def test_forget_takes_a_cancelled_mistaken_ingest_back(
    warehouse: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = published_bytes(warehouse)
    wrong = tmp_path / "wrong.pdf"
    wrong.write_bytes((SAMPLES / "over-budget.pdf").read_bytes() + b"\n% another\n")

    def cancelled(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("flows.running.stages.read", cancelled)
        done = run("ingest", wrong, "--plain", "--workers", "0", "-w", warehouse)
    assert done.exit_code == 130
    newest = json.loads(run("runs", "--json", "-w", warehouse).stdout)[-1]
    forget(warehouse, "--run", newest["run"], "--reason", "the wrong folder")
    assert ingest_plainly(warehouse, SAMPLES).documents_read == 0
    assert published_bytes(warehouse) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["abc", "--reason", "x"], "too short"),
        (["abcdef0123", "--reason", "x"], "0 documents have an id"),
        (["abcdef0123"], "say why"),
        (["--run", "abcdef0123", "--reason", "x"], "0 ingests have an id"),
    ],
)
def test_forget_of_what_is_not_there_is_a_wrong_call(arguments: list[str], said: str, warehouse: Path) -> None:
    done = run("forget", *arguments, "-w", warehouse)
    assert done.exit_code == 2
    assert said in done.stderr
