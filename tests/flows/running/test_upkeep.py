from __future__ import annotations

from pathlib import Path

import pytest

from flows.config.settings import load_settings
from flows.running.run import new_plan, open_run
from flows.running.summarise import run_rows
from flows.running.upkeep import upkeep_of
from flows.stopping import Interrupted, Stop
from tests.support.ingesting import NOW, ingest_plainly, published_bytes
from tests.support.paths import SAMPLES
from warehouse.warehouse import Warehouse


@pytest.mark.long
def test_upkeep_is_a_run_of_the_ledger_and_changes_nothing_that_is_published(tmp_path: Path) -> None:
    warehouse = tmp_path / "data"
    ingest_plainly(warehouse, SAMPLES / "over-budget.pdf")
    ingest_plainly(warehouse, SAMPLES / "no-form.pdf")
    before = published_bytes(warehouse)
    plan = new_plan(load_settings(warehouse=str(warehouse), workers=0), NOW, kind="upkeep")
    with open_run(plan) as run:
        done = upkeep_of(run)
    assert "files joined to" in done
    assert not done.startswith("0 files")
    assert published_bytes(warehouse) == before
    rows = run_rows(Warehouse(str(warehouse)).ledger.runs())
    assert ("upkeep", "completed") in [(row["kind"], row["state"]) for row in rows]


def test_upkeep_that_is_stopped_is_recorded_so(tmp_path: Path) -> None:
    warehouse = str(tmp_path / "data")
    stop = Stop()
    stop.ask()
    plan = new_plan(load_settings(warehouse=warehouse, workers=0), NOW, kind="upkeep")
    with open_run(plan, stop=stop) as run, pytest.raises(Interrupted):
        upkeep_of(run)
    assert Warehouse(warehouse).ledger.runs()["state"].to_list() == ["cancelled"]
