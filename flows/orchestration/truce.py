"""When upkeep may work: while no night runs, and none is due soon."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import StateType

from flows.config.settings import Settings
from flows.orchestration.names import full_name
from flows.orchestration.schedule import NIGHTLY, deployment_named, runs_of
from flows.stopping import Stop

_BEFORE_A_NIGHT: Final = timedelta(minutes=30)
_PATIENCE: Final = timedelta(hours=12)
_LOOK_SECONDS: Final = 30.0
_AT_WORK: Final = [StateType.PENDING, StateType.RUNNING, StateType.CANCELLING]


class Truce:
    """Waits until no night works, or is due soon.

    Args:
        settings: They name the deployment of the nights.
        look_seconds: How often it looks.
        patience: How long it waits.
    """

    def __init__(
        self, settings: Settings, look_seconds: float = _LOOK_SECONDS, patience: timedelta = _PATIENCE
    ) -> None:
        self._name = full_name(NIGHTLY, settings.prefect)
        self._look_seconds = look_seconds
        self._patience = patience

    def wait(
        self,
        stop: Stop,
        log: logging.Logger | logging.LoggerAdapter[logging.Logger],
        in_the_way: Callable[[], str | None] | None = None,
    ) -> str | None:
        """Wait; return null when the way is free, else what stood in it all the time.

        Args:
            stop: Looked at while it waits.
            log: Where it says what it waits for.
            in_the_way: Names what stands in the way; by default the Prefect server is asked.

        Raises:
            Interrupted: It was asked to stop.
        """
        ask = in_the_way or self._in_the_way
        until, said = datetime.now(UTC) + self._patience, None
        while reason := ask():
            if datetime.now(UTC) >= until:
                return reason
            if reason != said:
                log.info("upkeep waits: %s", reason)
                said = reason
            stop.wait(self._look_seconds)
        return None

    def _in_the_way(self) -> str | None:
        at = datetime.now(UTC)
        with get_client(sync_client=True) as client:
            deployment = deployment_named(client, self._name)
            if deployment is None:
                return None
            if runs_of(client, deployment.id, _AT_WORK):
                return "a night runs"
            soon = runs_of(client, deployment.id, [StateType.SCHEDULED], before=at + _BEFORE_A_NIGHT)
        return "a night is due" if soon else None
