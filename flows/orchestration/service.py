"""Prefect's runner, ended as a service is: by SIGTERM, with its runs ended in order and waited for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

from prefect.logging import get_logger
from prefect.runner import Runner

from flows.orchestration.flow_runs import hold
from flows.orchestration.log_lines import in_a_line
from flows.orchestration.unfinished import at_work
from flows.stopping import Stop

_LOOK_SECONDS: Final = 0.2
_GONE: Final = "nobody listens at its address any more"


class ServerLostError(RuntimeError):
    """The Prefect server no longer answers."""


class ServiceRunner(Runner):
    """Runs the served deployments until the process is asked to end, or the Prefect server is lost.

    Prefect 3.8's own handler of SIGTERM waits for a coroutine from within its own loop, which never runs: the runs
    in progress would be left as they are, and show Running for ever.
    """

    def run_until(self, stop: Stop, names: Sequence[str], is_lost: Callable[[], bool]) -> None:
        """Serve until the flag is set; the runs in progress are ended then, and noted by `hold`.

        Args:
            stop: The flag.
            names: Full names of the served deployments.
            is_lost: Whether the Prefect server is gone.

        Raises:
            ServerLostError: The server is lost; the processes of the runs in progress were ended.
        """
        asyncio.run(self._serve(stop, names, is_lost))

    def handle_sigterm(self, *_: Any) -> None:
        """Leave the signal to the flag, which has it already; `start` makes this the handler of SIGTERM."""

    async def _serve(self, stop: Stop, names: Sequence[str], is_lost: Callable[[], bool]) -> None:
        asyncio.get_running_loop().set_exception_handler(_report_unless_cancelled)
        serving = asyncio.create_task(self.start())
        lost = False
        while not (await asyncio.wait({serving}, timeout=_LOOK_SECONDS))[0]:
            if stop.cause is not None:
                await self._end(names)
                serving.cancel()
                break
            if lost := is_lost():
                serving.cancel()
                break
        try:
            await serving
        except asyncio.CancelledError:
            get_logger("runner").info("ended")
        except Exception as error:  # of its task group: the server did not answer several times, or while it ended
            if stop.cause is None and not lost:
                raise ServerLostError(in_a_line(error)) from error
        if lost:
            raise ServerLostError(_GONE)

    async def _end(self, names: Sequence[str]) -> None:
        """End the runs as if they were cancelled, which lets them close what they hold."""
        get_logger("runner").info("asked to end: ending the runs in progress first")
        try:
            in_progress, over = await asyncio.to_thread(at_work, names)
        except Exception as error:
            logging.getLogger("prefect.jixiao").error("the Prefect server does not answer: %s", in_a_line(error))
            return
        hold(in_progress, over)
        await self.cancel_all()


def _report_unless_cancelled(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Report what went wrong in a callback of the loop; Prefect's own fail when what they wait for is cancelled."""
    if not isinstance(context.get("exception"), asyncio.CancelledError):
        loop.default_exception_handler(context)
