"""Watches that nights are planned: a schedule that plans nothing fails silently, for no run is there to fail."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Final

import httpx

from flows.config.nightly import NightlySettings
from flows.orchestration.alerts import notify
from flows.orchestration.receivers import Alert
from flows.orchestration.schedule import NIGHTLY, Planned

_TO_DO: Final = (
    "No night begins by itself until one is planned. Look at the log of the Prefect server (server.log beside its "
    "database, where jixiao started it), start the service again, and take in what is new meanwhile: `jixiao ingest`."
)
_PATIENCE_SECONDS: Final = 120.0


class PlanWatch:
    """Asks the Prefect server when the next night is; logs, and alerts, when it has planned none for some time.

    Args:
        settings: Of the schedule.
        ask: Gives the next night.
        patience: Seconds that the server is given to plan one, or to answer again.

    Attributes:
        planned: When the next night is; `paused`; null: not known, or none is planned.
    """

    def __init__(
        self, settings: NightlySettings, ask: Callable[[], Planned], patience: float = _PATIENCE_SECONDS
    ) -> None:
        self.planned: Planned = None
        self._settings = settings
        self._ask = ask
        self._patience = patience
        self._log = logging.getLogger("prefect.jixiao")
        self._was_planned: bool | None = None
        self._without_since: float | None = None

    def look(self) -> None:
        """Look once; report what is new since the last look."""
        self.planned, problem = self._answer()
        if self.planned is None:
            self._without_since = time.monotonic() if self._without_since is None else self._without_since
            if time.monotonic() - self._without_since >= self._patience and self._was_planned is not False:
                self._was_planned = False
                self._log.error("no night is planned: %s", problem)
                notify(Alert("failed", NIGHTLY, "the schedule", problem, _TO_DO, None), self._log)
            return
        self._without_since = None
        if not self._was_planned:
            self._say(self.planned, is_new=self._was_planned is None)
        self._was_planned = True

    def _say(self, planned: Planned, *, is_new: bool) -> None:
        if planned == "paused":
            self._log.warning("the schedule is paused: no night begins by itself until somebody resumes it")
            return
        assert planned is not None
        message = f"the next night is planned for {planned.astimezone(self._settings.zone)}"
        self._log.info(message)
        if not is_new:
            notify(Alert("recovered", NIGHTLY, "the schedule", message, "No action needed.", None), self._log)

    def _answer(self) -> tuple[Planned, str]:
        try:
            return self._ask(), "the Prefect server has planned no night"
        except httpx.HTTPError as error:
            return None, f"the Prefect server does not answer ({error or type(error).__name__})"
