from __future__ import annotations

import shutil
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from flows.reports.overview import by_department, change, one_by_one, views_of
from tests.support.ingesting import ingest_plainly
from tests.support.paths import SAMPLES
from warehouse.contract.schemas import polars_schema
from warehouse.contract.views import AllForms
from warehouse.warehouse import Warehouse


def row(**cells: Any) -> dict[str, Any]:
    return {
        **dict.fromkeys(("department", "fiscal_year", "annual_budget_wan", "executed_wan")),
        "status": "published",
        "critical_findings": 0,
        "warning_findings": 0,
        **cells,
    }


def test_by_department_adds_up_forms_that_have_both_amounts_and_puts_held_ones_first() -> None:
    rows = [
        row(department="甲", fiscal_year=2023, annual_budget_wan=Decimal(100), executed_wan=Decimal(80)),
        row(department="甲", fiscal_year=2023, annual_budget_wan=Decimal(50)),
        row(department="乙", fiscal_year=2023, status="held", critical_findings=2, warning_findings=1),
    ]
    schema = {name: polars_schema(AllForms)[name] for name in rows[0]}
    found = by_department(pl.DataFrame(rows, schema=schema))
    assert [(one["department"], one["forms"], one["held"], one["critical"], one["warnings"]) for one in found] == [
        ("乙", 1, 1, 2, 1),
        ("甲", 2, 0, 0, 0),
    ]
    assert [(one["budget"], one["executed"], one["rate"]) for one in found] == [
        (None, None, None),
        (Decimal(100), Decimal(80), 80.0),
    ]


def test_change_counts_forms_that_came_and_none_for_the_first_release(tmp_path: Path) -> None:
    inbox = tmp_path / "in"
    inbox.mkdir()
    samples = sorted(SAMPLES.glob("*.pdf"))
    shutil.copy(samples[0], inbox)
    ingest_plainly(tmp_path / "data", inbox)
    house = Warehouse(tmp_path / "data")
    first = house.releases.current()
    assert first is not None
    assert change(house, first) is None
    shutil.copy(samples[1], inbox)
    ingest_plainly(tmp_path / "data", inbox)
    second = house.releases.current()
    assert second is not None
    forms = [len(one_by_one(views_of(release)[0])) for release in (first, second)]
    assert change(house, second) == {
        "before": first.release_id,
        "new": forms[1] - forms[0],
        "gone": 0,
        "now_published": 0,
        "now_held": 0,
    }
