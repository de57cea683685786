from __future__ import annotations

import json
import shutil
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from typer.main import get_command

from flows.cli import app
from flows.commands.results import JSON_VERSION, RESULTS, as_json, json_schema, page
from flows.running.summary import RunSummary
from tests.support.commands import run
from tests.support.paths import DOCS, SAMPLES

SOURCES = '[[source]]\nname = "inbox"\nkind = "files"\npaths = ["{inbox}"]\n'


@pytest.fixture(scope="module")
def warehouse(ingested: tuple[Path, RunSummary], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse whose second run took in a named source."""
    root = tmp_path_factory.mktemp("results")
    shutil.copytree(ingested[0], root / "data", symlinks=True)
    (root / "inbox").mkdir()
    shutil.copy(SAMPLES / "no-form.pdf", root / "inbox" / "more.pdf")
    (root / "sources.toml").write_text(SOURCES.format(inbox=root / "inbox"), encoding="utf-8")
    (root / "jixiao.toml").write_text(f'sources = "{root / "sources.toml"}"\n[rules.severities]\nR16 = "info"\n')
    return root / "data"


def _printed(command: str, *options: str | Path, warehouse: Path, code: int = 0) -> Any:
    """Run a command and check what it prints against the JSON Schema; return it."""
    name, *words = command.split()
    where: list[str | Path] = [] if name == "rules" else ["-w", warehouse]
    given = [one for one in words if one.startswith("--")]
    done = run(name, *given, *options, "--json", "--config", warehouse.parent / "jixiao.toml", *where)
    assert done.exit_code == code, done.output
    TypeAdapter(RESULTS[command]).validate_json(done.stdout, strict=True)
    return json.loads(done.stdout)


@pytest.mark.long
def test_what_every_command_prints_is_as_its_schema_says(warehouse: Path, tmp_path: Path) -> None:
    printed_by = partial(_printed, warehouse=warehouse)
    printed: dict[str, Any] = {"ingest": printed_by("ingest", "--plain", "-q")}
    assert printed["ingest"]["is_new_release"] is True
    printed |= {name: printed_by(name) for name in ("sources", "sources --check", "releases", "quarantine", "rules")}
    first, second = (row["release"] for row in printed["releases"])
    printed["diff"] = printed_by("diff", first, second)
    printed["show"] = printed_by("show", f"{printed['quarantine'][0]['form_id']}/R15", "-o", tmp_path / "x.png")
    printed["backfill --dry-run"] = printed_by("backfill --dry-run", "--all", "--from", "check")
    printed["backfill"] = printed_by("backfill", "--plain", "-q", "--status", "no_form", "--from", "check")
    document = printed["show"]["document"].rpartition("/")[2].removesuffix(".pdf")
    printed["forget ID"] = printed_by("forget ID", document, "--reason", "a test")
    printed |= {n: printed_by(n) for n in ("forget", "runs", "events", "maintain", "verify", "repair", "gaps")}
    elsewhere = {"verify --store", "catalog"}  # with a bucket, and with another warehouse
    assert set(printed) == set(RESULTS) - elsewhere, "a command without a test"
    assert [name for name, found in printed.items() if not found] == []
    assert [row["request"] is None for row in printed["runs"]] == [True, True, False, True]
    assert [datetime.fromisoformat(row["at"]).utcoffset() is None for row in printed["events"]].count(True) == 0
    assert isinstance(printed["show"]["places"][0]["x0"], float)


def test_every_command_with_json_has_a_schema() -> None:
    commands = get_command(app).commands  # type: ignore[attr-defined]
    with_json = {name for name, one in commands.items() if any(option.name == "json" for option in one.params)}
    assert with_json == {name.split()[0] for name in RESULTS}


def test_json_schema_has_each_command_and_says_what_may_be_null() -> None:
    schema = json_schema()
    assert (set(schema["properties"]), schema["version"]) == (set(RESULTS), JSON_VERSION)
    assert {one["type"] for one in schema["$defs"]["RunRow"]["properties"]["finished"]["anyOf"]} == {"string", "null"}


def test_page_is_what_docs_hold() -> None:
    assert (DOCS / "json.md").read_text("utf-8") == page(), "run: python -m flows.commands.results > docs/json.md"
    assert f"Version {JSON_VERSION}." in page()


def test_what_a_schema_does_not_say_is_a_fault_of_the_program() -> None:
    with pytest.raises(ValidationError):
        as_json("gaps", [{"kind": "unit", "printed": "台套", "count": 2, "more": 1}])
    with pytest.raises(ValidationError):
        as_json("forget", [{"document_id": "a", "file_name": "b", "decided_at": datetime(2026, 1, 1), "reason": "c"}])
