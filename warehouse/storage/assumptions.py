"""What a warehouse assumes of an object store, as checks to run against any: MinIO, OSS, COS, SeaweedFS, S3 itself."""

from __future__ import annotations

import os
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

import obstore
from obstore.exceptions import BaseError
from obstore.store import ObjectStore

from warehouse.errors import server_advice
from warehouse.storage.lease import REFUSED

_LARGE: Final = 6_000_000
_AT_ONCE: Final = 8


@dataclass(frozen=True, slots=True)
class Assumption:
    """One thing that a warehouse assumes, and what was found; `problem` null: it holds."""

    assumption: str
    needed_for: str
    problem: str | None


def check_assumptions(store: ObjectStore, folder: str) -> list[Assumption]:
    """Try a store. What is written for that is deleted again.

    Args:
        store: The store.
        folder: Below it the objects are written; a name of its own is added.

    Returns:
        All assumptions, in the order in which they were tried. One that cannot be tried is a problem too.
    """
    place = f"{folder}/{uuid.uuid4().hex}"
    found = []
    try:
        for assumption, (needed_for, check) in _CHECKS.items():
            try:
                problem = check(store, place)
            except (BaseError, OSError) as error:
                problem = server_advice(str(error))
            found.append(Assumption(assumption, needed_for, problem))
    finally:
        _clear(store, place)
    return found


def _clear(store: ObjectStore, place: str) -> None:
    try:
        if keys := _listed(store, place):
            obstore.delete(store, sorted(keys))
    except (BaseError, OSError):
        return  # who may not delete learns it from a check


def _listed(store: ObjectStore, place: str) -> set[str]:
    return {str(one["path"]) for page in obstore.list(store, f"{place}/") for one in page}


def _content(store: ObjectStore, key: str) -> bytes | None:
    try:
        return obstore.get(store, key).bytes().to_bytes()
    except FileNotFoundError:
        return None


def _is_not_found(store: ObjectStore, place: str) -> str | None:
    return None if _content(store, f"{place}/nothing") is None else "an object that nobody wrote was found"


def _is_read_at_once(store: ObjectStore, place: str) -> str | None:
    key = f"{place}/at-once"
    for content in (b"one", b"two"):
        obstore.put(store, key, content)
        if _content(store, key) != content:
            return "what was written is not what is read"
    return None if key in _listed(store, place) else "what was written is not listed"


def _is_large_whole(store: ObjectStore, place: str) -> str | None:
    content = os.urandom(_LARGE)
    obstore.put(store, f"{place}/large", content)
    return None if _content(store, f"{place}/large") == content else f"{_LARGE} bytes came back otherwise"


def _is_created_once(store: ObjectStore, place: str) -> str | None:
    key = f"{place}/once"
    obstore.put(store, key, b"first", mode="create")
    if _is_refused(lambda: obstore.put(store, key, b"second", mode="create")) and _content(store, key) == b"first":
        return None
    return "If-None-Match: * is not obeyed: an object that was there was written over"


def _one_of_many_creates(store: ObjectStore, place: str) -> str | None:
    def create(number: int) -> bool:
        return not _is_refused(lambda: obstore.put(store, f"{place}/race", str(number).encode(), mode="create"))

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        winners = [number for number, won in enumerate(pool.map(create, range(_AT_ONCE))) if won]
    if len(winners) != 1:
        return f"{len(winners)} of {_AT_ONCE} writers at once created the same object"
    return None if _content(store, f"{place}/race") == str(winners[0]).encode() else "another writer's bytes are there"


def _is_replaced_if_it_matches(store: ObjectStore, place: str) -> str | None:
    key = f"{place}/tagged"
    first = obstore.put(store, key, b"first")["e_tag"]
    if not first:
        return "a write gives no ETag"
    obstore.put(store, key, b"second", mode={"e_tag": first})
    if (
        _is_refused(lambda: obstore.put(store, key, b"third", mode={"e_tag": first}))
        and _content(store, key) == b"second"
    ):
        return None
    return "If-Match is not obeyed: an object that had changed was written over"


def _is_copied(store: ObjectStore, place: str) -> str | None:
    obstore.put(store, f"{place}/from", b"copied")
    obstore.copy(store, f"{place}/from", f"{place}/to")
    return None if _content(store, f"{place}/to") == b"copied" else "the copy has other bytes"


def _is_deleted(store: ObjectStore, place: str) -> str | None:
    keys = [f"{place}/gone-{number}" for number in range(3)]
    for key in keys:
        obstore.put(store, key, b"x")
    obstore.delete(store, keys)
    if any(_content(store, key) is not None for key in keys):
        return "a deleted object can still be read"
    return "a deleted object is still listed" if _listed(store, place) & set(keys) else None


def _is_refused(write: Callable[[], object]) -> bool:
    try:
        write()
    except REFUSED:
        return True
    return False


_CHECKS: Final[dict[str, tuple[str, Callable[[ObjectStore, str], str | None]]]] = {
    "an object that is not there is not found": ("everything", _is_not_found),
    "what was written is read and listed at once": ("runs that follow one another", _is_read_at_once),
    "an object of some megabytes comes back whole": ("the archive of PDFs", _is_large_whole),
    "If-None-Match: * refuses to write over an object": ("appends to the ledger", _is_created_once),
    "of many who create an object at once, one succeeds": ("two runs at once", _one_of_many_creates),
    "If-Match refuses to replace an object that has changed": ("one publisher at a time", _is_replaced_if_it_matches),
    "an object is copied on the server": ("releases that share what did not change", _is_copied),
    "a deleted object is neither read nor listed": ("releases that are removed", _is_deleted),
}
"""Each assumption: what needs it, and how it is tried."""
