"""Watches that there is room on the disk: without it Prefect records no run, so that no night begins and none fails."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from flows.orchestration.alerts import notify
from flows.orchestration.monitoring import Figures
from flows.orchestration.receivers import Alert
from flows.orchestration.schedule import NIGHTLY
from warehouse.errors import WarehouseError

_MB: Final = 1_000_000
_TO_DO: Final = (
    "What was published has not changed. Free space there, or bring the folder back: a night that has no room fails, "
    "and once nothing is left the Prefect server can record no run, so that none begins."
)


def free_bytes(place: Path) -> int:
    """Return how many bytes can still be written at a folder."""
    return shutil.disk_usage(place).free


class RoomWatch:
    """Looks how much room there is; logs, and alerts, when it becomes little and when there is enough again.

    Args:
        places: What is written by the service, each with its name.
        least_mb: What must be free at each, in MB.
        figures: Written here.
        require: Raises a WarehouseError where another warehouse, or none, is in its folder: what is not there any more
            may be made again by Prefect, empty.
        free: Gives the free bytes of a place.
    """

    def __init__(
        self,
        places: Mapping[str, Path],
        least_mb: int,
        figures: Figures,
        require: Callable[[], None],
        free: Callable[[Path], int] = free_bytes,
    ) -> None:
        self._places = places
        self._least = least_mb * _MB
        self._figures = figures
        self._require = require
        self._free = free
        self._log = logging.getLogger("prefect.jixiao")

    def look(self) -> None:
        """Look once; report what is new since the last look."""
        before = self._figures.no_room
        problems = [problem for name, place in self._places.items() if (problem := self._problem(name, place))]
        try:
            self._require()
        except WarehouseError as error:
            problems.append(str(error))
        self._figures.no_room = problems[0] if problems else None
        if problems and before is None:
            self._log.error(problems[0])
            notify(Alert("failed", NIGHTLY, "the disk", problems[0], _TO_DO, None), self._log)
        elif before is not None and not problems:
            message = "there is room on the disk again"
            self._log.info(message)
            notify(Alert("recovered", NIGHTLY, "the disk", message, "No action needed.", None), self._log)

    def _problem(self, name: str, place: Path) -> str | None:
        try:
            free = self._free(place)
        except OSError as error:
            self._figures.free.pop(name, None)
            return f"the folder of the {name}, {place}, is gone or cannot be looked at ({error.strerror or error})"
        self._figures.free[name] = free
        if free >= self._least:
            return None
        return (
            f"{free // _MB} MB are free for the {name} at {place}: less than the {self._least // _MB} MB of min_free_mb"
        )
