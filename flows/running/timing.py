"""How long the stages of a run worked, from which the next one's length is estimated."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, Literal

from pydantic import ValidationError

from flows.config.choices import WorkStage
from flows.running.summary import RunSummary, Work

UNITS: Final[dict[WorkStage, Literal["pages", "documents"]]] = {
    WorkStage.read: "pages",
    WorkStage.derive: "documents",
    WorkStage.check: "documents",
}
ASSUMED: Final[dict[WorkStage, float]] = dict.fromkeys(WorkStage, 40.0)
"""Units a second where nothing was measured yet: what two slow cores do."""

OVERHEAD_SECONDS: Final = 15.0
"""What a run takes beside its stages: imports, a Prefect server, publishing."""

_RUNS: Final = 20
_ENOUGH: Final = 20
"""Units below which a measurement means nothing."""


@dataclass(slots=True)
class Measured:
    """One measurement; `count` is how many units were worked through."""

    count: int = 0


class Timer:
    """Sums work by stage. May be used from several threads: what happens at once counts once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done: dict[WorkStage, list[tuple[float, float, int]]] = {stage: [] for stage in UNITS}

    @contextmanager
    def measured(self, stage: WorkStage, count: int = 0) -> Iterator[Measured]:
        """Measure what is done until the context is left; nothing when an error is raised."""
        measured = Measured(count)
        began = time.monotonic()
        yield measured
        with self._lock:
            self._done[stage].append((began, time.monotonic(), measured.count))

    def work(self) -> list[Work]:
        """Return the sums of the stages that did something."""
        return [
            Work(stage=stage, count=sum(n for *_, n in done), unit=UNITS[stage], seconds=round(_length(done), 3))
            for stage, done in self._done.items()
            if done
        ]


def _length(spans: Iterable[tuple[float, float, int]]) -> float:
    """Return the time that some spans cover together.

    Example:
        >>> _length([(0.0, 2.0, 1), (1.0, 3.0, 1), (5.0, 6.0, 1)])
        4.0
    """
    total, until = 0.0, float("-inf")
    for began, ended, _ in sorted(spans):
        total += max(0.0, ended - max(began, until))
        until = max(until, ended)
    return total


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast a stage works: units a second, and from how many units that was measured (0: it is assumed)."""

    per_second: float
    units: int


def rates(summaries: Iterable[str]) -> Mapping[WorkStage, Rate]:
    """Work out how fast each stage was in the newest runs.

    Args:
        summaries: `RunSummary` as JSON, newest first; others are passed over.
    """
    done: dict[WorkStage, list[Work]] = {stage: [] for stage in UNITS}
    for stored in summaries:
        try:
            works = RunSummary.model_validate_json(stored).work
        except ValidationError:
            continue
        for work in works:
            for stage in UNITS:
                if work.stage == stage and len(done[stage]) < _RUNS:
                    done[stage].append(work)
    return {stage: _rate(stage, works) for stage, works in done.items()}


def _rate(stage: WorkStage, works: list[Work]) -> Rate:
    units, seconds = sum(work.count for work in works), sum(work.seconds for work in works)
    return Rate(units / seconds, units) if units >= _ENOUGH and seconds > 0 else Rate(ASSUMED[stage], 0)
