"""A lock that is an object of a store, and the conditional write that it rests on."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError, PreconditionError
from obstore.store import S3Store

from warehouse.errors import WarehouseError
from warehouse.storage.base import Patience, in_silence

LOCK: Final = "publish.lock"
_FREE: Final = b'{"held_by": null}\n'
REFUSED: Final = (AlreadyExistsError, PreconditionError, FileNotFoundError)
"""What a conditional write raises when the object is not the one that it was to replace."""


@dataclass(frozen=True)
class LeaseTimes:
    """How long a lease lives after its last beat, how often it beats (both in seconds), and the clock they go by."""

    lease: float = 30.0
    beat: float = 5.0
    clock: Callable[[], float] = time.monotonic
    pause: Callable[[float], None] = time.sleep


class Lease:
    """A lock that is an object: whoever wrote it last holds it, as long as they write it anew."""

    def __init__(self, store: S3Store, where: str, times: LeaseTimes) -> None:
        self._store = store
        self._where = where
        self._times = times
        self._owner = f"{socket.gethostname()} {os.getpid()} {uuid.uuid4().hex[:8]}"
        self._tag: str | None = None
        self._beats = 0
        self._guard = threading.Lock()
        self._done = threading.Event()
        self._beating = threading.Thread(target=self._beat, name="jixiao-lease", daemon=True)

    def acquire(self, patience: Patience = in_silence) -> None:
        """Wait until the lock is free or its holder is gone, and take it. See `Storage.lock`."""
        tag, is_free = self._look()
        if not (is_free and self._take(tag)):
            with patience() as check:
                self._wait(check)
        self._beating.start()

    def _wait(self, check: Callable[[], object]) -> None:
        seen, since = None, self._times.clock()
        while True:
            tag, is_free = self._look()
            if tag != seen:
                seen, since = tag, self._times.clock()
            is_over = self._times.clock() - since > self._times.lease
            if (is_free or is_over) and self._take(tag):
                return
            check()
            self._times.pause(0.5)

    def _look(self) -> tuple[str | None, bool]:
        try:
            found = obstore.get(self._store, LOCK)
            return found.meta["e_tag"], found.bytes().to_bytes() == _FREE
        except FileNotFoundError:
            return None, True

    def _take(self, tag: str | None) -> bool:
        try:
            self._tag = put_if(self._store, LOCK, self._next_beat(), tag)
        except REFUSED:
            return False
        return True

    def _next_beat(self) -> bytes:
        self._beats += 1
        return json.dumps({"held_by": self._owner, "beat": self._beats}).encode() + b"\n"

    def renew(self) -> None:
        """Write it anew.

        Raises:
            WarehouseError: Somebody else holds it.
        """
        with self._guard:
            try:
                self._tag = put_if(self._store, LOCK, self._next_beat(), self._tag)
            except REFUSED as error:
                raise WarehouseError(
                    f"another publisher has taken {self._where} over, as this one had not written to it for "
                    f"{self._times.lease:.0f} s; nothing of this run is lost: run again"
                ) from error

    def _beat(self) -> None:
        while not self._done.wait(self._times.beat):
            try:
                self.renew()
            except BaseError:
                continue  # the network may come back before the lease is over
            except WarehouseError:
                return  # the next step that needs the lock fails, and reports it

    def release(self) -> None:
        """Let the next one in. Does nothing when somebody else holds it, or when the server cannot be reached."""
        self._done.set()
        self._beating.join()
        try:
            put_if(self._store, LOCK, _FREE, self._tag)
        except (BaseError, FileNotFoundError):
            return  # it runs out by itself, or somebody has deleted it


def put_if(store: S3Store, key: str, content: bytes, tag: str | None) -> str | None:
    """Write an object if it still has this tag (null: if it is not there), and return its new tag.

    A write that landed although its answer was lost is reported as refused when it is tried again: it counts as done.

    Raises:
        AlreadyExistsError: It is there.
        PreconditionError: It has another tag.
        FileNotFoundError: It is gone.
    """
    mode: Any = "create" if tag is None else {"e_tag": tag}
    try:
        return obstore.put(store, key, content, mode=mode)["e_tag"]
    except (AlreadyExistsError, PreconditionError):
        found = obstore.get(store, key)
        if found.bytes().to_bytes() != content:
            raise
        return found.meta["e_tag"]
