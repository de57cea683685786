"""Whether the configured Prefect server is there: Prefect itself finds that out after minutes, loop by loop.

A server that is slow is there. Only one at whose address nobody listens, for longer than a moment, is lost: then runs
cannot be recorded any more, and what listens for cancellations in the UI has given up.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import httpx

LOST_SECONDS: Final = 10.0


def is_refused() -> bool:
    """Return whether nobody listens at the address of the Prefect API that is set."""
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        return isinstance(client.api_healthcheck(), httpx.ConnectError)


class Pulse:
    """Looks whether the server is there; `look` is called every few seconds.

    Args:
        refused: Whether nobody listens.
        clock: Seconds that only grow.
    """

    def __init__(self, refused: Callable[[], bool] = is_refused, clock: Callable[[], float] = time.monotonic) -> None:
        self._refused = refused
        self._clock = clock
        self._since: float | None = None

    def look(self) -> None:
        """Look once."""
        if not self._refused():
            self._since = None
        elif self._since is None:
            self._since = self._clock()

    def is_lost(self) -> bool:
        """Return whether the server was away at each look for ten seconds.

        Example:
            >>> moments = iter([0.0, 4.0, 11.0])
            >>> pulse = Pulse(lambda: True, lambda: next(moments))
            >>> pulse.look(), pulse.is_lost(), pulse.is_lost()
            (None, False, True)
        """
        return self._since is not None and self._clock() - self._since > LOST_SECONDS
