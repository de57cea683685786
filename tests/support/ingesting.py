"""Runs over the samples, and what readers see of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from flows.config.settings import load_settings
from flows.running.pipeline import run_plainly
from flows.running.run import new_plan, open_run
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
