"""Prefect's runner, ended as a service is: by SIGTERM, with its runs ended in order and waited for."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final

from prefect.logging import get_logger
from prefect.runner import Runner

from flows.orchestration.flow_runs import hold
from flows.orchestration.unfinished import at_work
from flows.stopping import Stop

_LOOK_SECONDS: Final = 0.2
_LISTENER: Final = "prefect.FlowRunCancellingObserver"
"""Logger of what listens for cancellations: where its connection is lost it asks every 10 s instead."""


class ServerLostError(RuntimeError):
    """The Prefect server does not answer any more."""


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
            is_lost: Whether the Prefect server has ended.

        Raises:
            ServerLostError: The server is lost; the processes of the runs in progress were ended.
        """
        listener = logging.getLogger(_LISTENER)
        listener.addFilter(without_traceback)
        try:
            asyncio.run(self._serve(stop, names, is_lost))
        finally:
            listener.removeFilter(without_traceback)

    def handle_sigterm(self, *_: Any) -> None:
        """Leave the signal to the flag, which has it already; `start` makes this the handler of SIGTERM."""

    async def _serve(self, stop: Stop, names: Sequence[str], is_lost: Callable[[], bool]) -> None:
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
                raise ServerLostError(_in_a_line(error)) from error
        if lost:
            raise ServerLostError("its process ended")

    async def _end(self, names: Sequence[str]) -> None:
        """End the runs as if they were cancelled, which lets them close what they hold."""
        get_logger("runner").info("asked to end: ending the runs in progress first")
        try:
            in_progress, over = await asyncio.to_thread(at_work, names)
        except Exception as error:
            logging.getLogger("prefect.jixiao").error("the Prefect server does not answer: %s", _in_a_line(error))
            return
        hold(in_progress, over)
        await self.cancel_all()


def without_traceback(record: logging.LogRecord) -> bool:
    """Put the error of a warning into its sentence: what Prefect deals with by itself needs no traceback.

    An error keeps its traceback.

    Example:
        >>> lost = (EOFError, EOFError("stream ends"), None)
        >>> record = logging.LogRecord("prefect", logging.WARNING, "", 0, "connection %s", ("lost",), lost)
        >>> without_traceback(record), record.getMessage(), record.exc_info
        (True, 'connection lost (stream ends)', None)
    """
    if record.levelno < logging.ERROR and record.exc_info and record.exc_info[1] is not None:
        record.msg, record.args = f"{record.getMessage()} ({_in_a_line(record.exc_info[1])})", ()
        record.exc_info = record.exc_text = None
    return True


def _in_a_line(error: BaseException) -> str:
    """Put an error in one line: of a group, its first one."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return " ".join(str(error).split()) or type(error).__name__
