"""Looks after the nights while the service runs: each is accounted for, the next one is planned, the figures are new.

In a thread, every half minute. What it cannot ask now, it asks the next time.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

import httpx

_EVERY_SECONDS: Final = 30.0
_FIRST_SECONDS: Final = 2.0


class Keeper:
    """Calls each of its looks again and again, from `begin` to `end`.

    Args:
        looks: What is done each time; one that fails is logged, once for each kind of failure in a row.
        every: Seconds between two times.
    """

    def __init__(self, looks: dict[str, Callable[[], None]], every: float = _EVERY_SECONDS) -> None:
        self._looks = looks
        self._every = every
        self._ended = threading.Event()
        self._failed: dict[str, str] = {}
        self._log = logging.getLogger("prefect.jixiao")
        self._thread = threading.Thread(target=self._watch, name="jixiao-keeper", daemon=True)

    def begin(self) -> None:
        """Look until `end` is called, or the process ends."""
        self._thread.start()

    def end(self) -> None:
        """Look no more; a look in progress may still go on for a moment."""
        self._ended.set()
        self._thread.join(_FIRST_SECONDS)

    def look(self) -> None:
        """Do all looks once."""
        for name, look in self._looks.items():
            if self._ended.is_set():
                return
            try:
                look()
            except Exception as error:
                self._say(name, error)
            else:
                self._failed.pop(name, None)

    def _watch(self) -> None:
        wait = _FIRST_SECONDS
        while not self._ended.wait(wait):
            self.look()
            wait = self._every

    def _say(self, name: str, error: Exception) -> None:
        what = f"{type(error).__name__}: {error}"
        if self._ended.is_set() or self._failed.get(name) == type(error).__name__:
            return
        self._failed[name] = type(error).__name__
        level = logging.DEBUG if isinstance(error, httpx.HTTPError) else logging.ERROR
        self._log.log(level, "%s cannot be done now: %s", name, what)
