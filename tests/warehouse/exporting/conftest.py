from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.commands.export import write_export
from flows.config.choices import ExportFormat
from tests.support.builders import MadeUpForm, form_id, ingest, publish
from warehouse.releases.release import Release
from warehouse.warehouse import Warehouse

HOSTILE = (
    "=1.00(个)",
    "+cmd|' /C calc'!A0",
    "@SUM(A1)",
    "-5%",
    "https://example.gov.cn/x",
    "<script>{{7*7}}</script>",
    "a\x07b",
)
"""Names of projects that a spreadsheet, a browser or a terminal must take as text."""

Export = Callable[..., Path]


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Forms of two years, hostile ones among them, of which one is held back."""
    warehouse = Warehouse(tmp_path_factory.mktemp("exported") / "data")
    made = {
        "a": [MadeUpForm("2022年某项目", year=2022), MadeUpForm("某项目", indicators=4)],
        "b": [MadeUpForm(name, unit=f"单位{number}") for number, name in enumerate(HOSTILE)],
        "c": [MadeUpForm("暂缓项目", year=None, score="120")],
    }
    ingest(warehouse, made, held={form_id("c"): "总分超过 100"})
    return publish(warehouse).release


@pytest.fixture
def export(release: Release, tmp_path: Path) -> Export:
    def run(format_: str, language: str = "zh", **options: Any) -> Path:
        target = tmp_path / f"{language}.{format_}"
        write_export(release, target, ExportFormat(format_), language, published_only=options.get("published", False))
        return target

    return run


@pytest.fixture(scope="session")
def forms(release: Release) -> pl.DataFrame:
    return release.scan("all_forms").sort("form_id").collect()
