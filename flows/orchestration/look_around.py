"""Collects the figures of the service: its nights from the Prefect server, its counts from the ledger."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, StateType

from flows.orchestration.alerts import event_of
from flows.orchestration.monitoring import Figures
from flows.orchestration.schedule import Planned, deployment_named, runs_of
from flows.running.summary import RunSummary
from warehouse.warehouse import Warehouse

_STATES = {
    StateType.RUNNING: "running",
    StateType.CANCELLING: "running",
    StateType.PENDING: "waiting",
    StateType.SCHEDULED: "waiting",
}


class LookAround:
    """Brings the figures up to date.

    Args:
        figures: Written here.
        name: Full name of the deployment of nights.
        house: The warehouse.
        planned: Gives when the next night is.
    """

    def __init__(self, figures: Figures, name: str, house: Warehouse, planned: Callable[[], Planned]) -> None:
        self._figures = figures
        self._name = name
        self._house = house
        self._planned = planned
        self._counted: tuple[datetime | None, str | None] | None = None

    def look(self) -> None:
        """Look once."""
        with get_client(sync_client=True) as client:
            deployment = deployment_named(client, self._name)
            runs = runs_of(client, deployment.id, before=datetime.now(UTC), newest_first=True) if deployment else []
        self._figures.seen = time.monotonic()
        planned = self._planned()
        self._figures.next_night = planned if isinstance(planned, datetime) else None
        if runs:
            self._figures.last_night = runs[0].expected_start_time
            self._figures.last_state = state_in_a_word(runs[0])
        self._count()

    def _count(self) -> None:
        """Read what the last run came to, once after each night."""
        night = (self._figures.last_night, self._figures.last_state)
        if night == self._counted:
            return
        summaries = self._house.ledger.runs()["summary"].drop_nulls()
        if summaries.len():
            summary = RunSummary.model_validate_json(summaries[-1])
            self._figures.documents = {c.what: c.in_all for c in summary.documents if c.what != "documents"}
            self._figures.forms = {c.what: c.in_all for c in summary.forms if c.what != "forms"}
            self._figures.release = summary.release_id
        self._counted = night


def state_in_a_word(run: FlowRun) -> str:
    """Return how a night ended, or stands, as alerts name it."""
    state = run.state
    if state is None:
        return "waiting"
    return event_of(state) if state.is_final() else _STATES.get(state.type, "waiting")
