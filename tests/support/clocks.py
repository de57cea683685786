"""A clock for what must end something, or must not, however slow or busy the machine is."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

HOUR: Final = 3600.0


class HoursPass:
    """Stands for the module `time`: as soon as a file is there, each look at its clock is an hour after the last."""

    def __init__(self, mark: Path) -> None:
        self._mark = mark
        self._ahead = 0.0

    def monotonic(self) -> float:
        if self._mark.exists():
            self._ahead += HOUR
        return time.monotonic() + self._ahead
