"""Watches that nights are planned: a schedule that plans nothing fails silently, for no run is there to fail."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Final

import httpx

from flows.config.nightly import NightlySettings
from flows.orchestration.alerts import Alert, notify
from flows.orchestration.schedule import NIGHTLY, Planned, next_night

_TO_DO: Final = (
    "No night begins by itself until one is planned. Look at the log of the Prefect server (server.log beside its "
    "database, where jixiao started it), start the service again, and take in what is new meanwhile: `jixiao ingest`."
)
_PATIENCE_SECONDS: Final = 120.0
_EVERY_SECONDS: Final = 3600.0
_POLL_SECONDS: Final = 2.0


class PlanWatch:
    """Asks the Prefect server again and again when the next night is; logs, and alerts, when it has planned none.

    Args:
        settings: Of the schedule.
        ask: Gives the next night.
        patience: Seconds that the server is given to plan one.
    """

    def __init__(
        self,
        settings: NightlySettings,
        ask: Callable[[], Planned] = next_night,
        patience: float = _PATIENCE_SECONDS,
    ) -> None:
        self._settings = settings
        self._ask = ask
        self._patience = patience
        self._log = logging.getLogger("prefect.jixiao")
        self._was_planned: bool | None = None

    def begin(self) -> None:
        """Watch until the process ends."""
        threading.Thread(target=self._watch, name="jixiao-plan-watch", daemon=True).start()

    def look(self) -> None:
        """Look once, with patience; report what is new since the last look."""
        planned, problem = self._awaited()
        is_planned = planned is not None
        if is_planned != self._was_planned:
            if planned == "paused":
                self._log.warning("the schedule is paused: no night begins by itself until somebody resumes it")
            elif planned is not None:
                self._log.info("the next night is planned for %s", planned.astimezone(self._settings.zone))
            else:
                self._log.error("no night is planned: %s", problem)
                notify(Alert("failed", NIGHTLY, "the schedule", problem, _TO_DO, None), self._log)
        self._was_planned = is_planned

    def _watch(self) -> None:
        while True:
            self.look()
            time.sleep(_EVERY_SECONDS)

    def _awaited(self) -> tuple[Planned, str]:
        deadline = time.monotonic() + self._patience
        while True:
            try:
                planned, problem = self._ask(), "the Prefect server has planned no night"
            except httpx.HTTPError as error:
                planned, problem = None, f"the Prefect server does not answer ({error or type(error).__name__})"
            if planned is not None or time.monotonic() >= deadline:
                return planned, problem
            time.sleep(_POLL_SECONDS)
