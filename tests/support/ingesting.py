"""Runs in this process, and what readers see of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from flows.config.settings import load_settings
from flows.running.backfill import backfill_plan, find_selected
from flows.running.pipeline import run_plainly
from flows.running.run import Run, new_plan, open_run
from flows.running.selection import Selection
from flows.running.stages import collect
from flows.running.summary import RunSummary

NOW: Final = datetime(2026, 1, 31, 18, tzinfo=UTC)


def ingest_plainly(
    warehouse: Path | str, *sources: Path | str, workers: int = 0, config: Path | None = None
) -> RunSummary:
    """Take sources in without Prefect, in this process, at a fixed time."""
    settings = load_settings(config, warehouse=str(warehouse), workers=workers)
    with open_run(new_plan(settings, NOW)) as run:
        return run_plainly(run, partial(collect, run, [str(source) for source in sources]))


def published_bytes(warehouse: Path, places: Sequence[str] = ("published", "quarantine")) -> dict[str, bytes]:
    """Return the content of every file that readers see, by its path below the warehouse."""
    files = [(place, path) for place in places for path in (warehouse / place).resolve().rglob("*") if path.is_file()]
    return {f"{place}/{p.relative_to((warehouse / place).resolve())}": p.read_bytes() for place, p in sorted(files)}


def begun(warehouse: Path, selection: Selection, **options: Any) -> AbstractContextManager[Run]:
    """Open a backfill of what is selected, without Prefect, in this process."""
    settings = load_settings(warehouse=str(warehouse), workers=0, **options)
    return open_run(backfill_plan(settings, NOW, selection))


def backfilled(warehouse: Path, batch: int | None = None, **criteria: Any) -> RunSummary:
    """Do a backfill, in this process; the criteria are those of `Selection`."""
    selection = Selection(**criteria)
    with begun(warehouse, selection, batch=batch) as run:
        return run_plainly(run, partial(find_selected, run, selection))
