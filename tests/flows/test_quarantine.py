"""Out of quarantine: by a rule's settings, a correction, or a better reader; and the event that says so."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.config.settings import load_settings
from flows.running.pipeline import run_plainly
from flows.running.run import new_plan, open_run
from flows.running.stages import collect
from tests.support.commands import run as call
from tests.support.ingesting import NOW, backfilled, ingest_plainly
from tests.support.paths import SAMPLES
from transforms import read
from warehouse.warehouse import Warehouse

CORRECTION = """
[[correction]]
form_id = "{form}"
table = "funding"
record = {record}
column = "{column}"
expected = "{expected}"
action = "replace"
text = "{text}"
reason = "the final account has 154.40"
decided_by = "Zhang, audit office"
decided_on = 2026-01-05
"""


@pytest.fixture(scope="module")
def over_budget(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A warehouse with one form, in quarantine, which spent more than its budget; tests only look at it."""
    warehouse = tmp_path_factory.mktemp("over_budget") / "data"
    ingest_plainly(warehouse, SAMPLES / "over-budget.pdf")
    return warehouse


@pytest.fixture
def held(over_budget: Path, tmp_path: Path) -> tuple[Path, str]:
    """The same warehouse for one test, which may change it, and the form_id."""
    shutil.copytree(over_budget, tmp_path / "data", symlinks=True)
    release = Warehouse(tmp_path / "data").releases.current()
    assert release is not None
    (form,) = release.scan("forms", "quarantine").collect()["form_id"]
    return tmp_path / "data", form


def released(warehouse: Path, form: str) -> str:
    """Check that the form is published, not held, and that one event says so; return its message."""
    house = Warehouse(warehouse)
    release = house.releases.current()
    assert release is not None
    assert release.scan("forms").collect()["form_id"].to_list() == [form]
    assert release.scan("forms", "quarantine").collect().is_empty()
    (event,) = house.ledger.events().filter(kind="released").to_dicts()
    assert (event["form_id"], event["release_id"]) == (form, release.release_id)
    message = str(event["message"])
    assert message.startswith(f"form {form} was held back (critical_rule: R15)")
    return message


def run_with(warehouse: Path, settings: str) -> None:
    """Run again, without any PDF given, with a settings file."""
    (warehouse.parent / "jixiao.toml").write_text(settings)
    loaded = load_settings(warehouse.parent / "jixiao.toml", warehouse=str(warehouse), workers=0)
    with open_run(new_plan(loaded, NOW)) as run:
        run_plainly(run, partial(collect, run, [str(SAMPLES / "over-budget.pdf")]))


def test_quarantine_rule_that_is_eased_publishes_the_form_by_the_next_run(held: tuple[Path, str]) -> None:
    run_with(held[0], '[rules.severities]\nR15 = "warning"\n')
    assert "; since then: rules" in released(*held)


def test_quarantine_correction_publishes_the_form_by_the_next_run(held: tuple[Path, str]) -> None:
    decided = {"executed": ("158.40", "154.40"), "execution_rate": ("102.59", "100.00")}
    entries = [
        CORRECTION.format(form=held[1], record=record, column=column, expected=expected, text=text)
        for column, (expected, text) in decided.items()
        for record in (1, 2)
    ]
    (held[0].parent / "corrections.toml").write_text("".join(entries))
    run_with(held[0], "")
    assert "; since then: corrections none -> " in released(*held)


def test_quarantine_better_reader_publishes_the_form_by_a_backfill(
    held: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    right = read.read_document

    def better(*arguments: Any, **options: Any) -> read.Reading:
        from dataclasses import replace

        reading = right(*arguments, **options)
        text = pl.col("text").replace({"158.40": "154.40", "102.59": "100.00"})
        return replace(reading, cells=reading.cells.with_columns(text), reader_version="9.0.0")

    monkeypatch.setattr(read, "read_document", better)
    monkeypatch.setattr(read, "READER_VERSION", "9.0.0")
    summary = backfilled(held[0], outdated=True)
    assert summary.documents_read == 1
    assert "; since then: reader " in released(*held)


def test_quarantine_command_lists_what_is_asked_for_and_the_ways_out(held: tuple[Path, str]) -> None:
    warehouse, form = held
    done = call("quarantine", "-w", warehouse)
    assert f"jixiao show {form}/R15" in done.stderr
    rows = json.loads(call("quarantine", "R15", "--json", "-w", warehouse).stdout)
    said = "102.5907%（158.4万元／154.4万元）"
    assert [(row["form_id"], row["page"], row["observed"]) for row in rows] == [(form, 1, said)]
    assert json.loads(call("quarantine", form[:8], "--json", "-w", warehouse).stdout) == rows
    assert json.loads(call("quarantine", "R01", "--json", "-w", warehouse).stdout) == []
