"""Prefect's runner, ended as a service is: by SIGTERM, with its runs ended in order and waited for."""

from __future__ import annotations

import asyncio
from typing import Any, Final
from uuid import UUID

from prefect.client.orchestration import get_client
from prefect.runner import Runner
from prefect.states import Crashed

from flows.orchestration.flow_runs import running
from flows.running.alive import marked
from flows.stopping import Stop

_LOOK_SECONDS: Final = 0.2
_ENDED: Final = (
    "the service was ended while it ran. What was read is kept, what is published has not changed: a night continues "
    "when the service starts again."
)


class ServiceRunner(Runner):
    """Runs the served deployments until the process is asked to end.

    Prefect 3.8's own handler of SIGTERM waits for a coroutine from within its own loop, which never runs: the runs
    in progress would be left as they are, and show Running for ever.
    """

    def run_until(self, stop: Stop) -> None:
        """Serve until the flag is set; runs in progress are ended then, and are recorded as crashed."""
        asyncio.run(self._serve(stop))

    def handle_sigterm(self, *_: Any) -> None:
        """Leave the signal to the flag, which has it already; `start` makes this the handler of SIGTERM."""

    async def _serve(self, stop: Stop) -> None:
        serving = asyncio.create_task(self.start())
        while not (await asyncio.wait({serving}, timeout=_LOOK_SECONDS))[0]:
            if stop.cause is not None:
                await self._end(serving)
                break
        try:
            await serving
        except asyncio.CancelledError:
            self._logger.info("ended")

    async def _end(self, serving: asyncio.Task[None]) -> None:
        """End the runs as if they were cancelled, which lets them close what they hold, then record the true state."""
        self._logger.info("asked to end: ending the runs in progress first")
        async with get_client() as client:
            in_progress = [await client.read_flow_run(UUID(name)) for name in marked(running())]
            await self.cancel_all()
            for run in in_progress:
                state = (await client.read_flow_run(run.id)).state
                if run.deployment_id is not None and state is not None and not state.is_completed():
                    await client.set_flow_run_state(run.id, Crashed(message=_ENDED), force=True)
        serving.cancel()
