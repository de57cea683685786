"""Marks of what is alive: a locked file while its process lives, whose lock the system drops however that ends.

A process that was killed reports nothing. Its file stays, unlocked, and the next one that looks knows.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from filelock import FileLock, Timeout

_LOCK: Final = ".lock"


@contextmanager
def alive(folder: Path, name: str) -> Iterator[None]:
    """Show in a folder that what bears this name lives, as long as the context is not left.

    Where another process shows the same already, that one's mark stays and this one has none.
    """
    folder.mkdir(parents=True, exist_ok=True)
    mark = folder / f"{name}{_LOCK}"
    lock = FileLock(mark)
    with suppress(Timeout):
        lock.acquire(timeout=0)
    try:
        yield
    finally:
        if lock.is_locked:
            mark.unlink(missing_ok=True)
            lock.release()


def marked(folder: Path) -> list[str]:
    """List the names that have not left `alive`, whether their process lives or not."""
    return [mark.name.removesuffix(_LOCK) for mark in sorted(folder.glob(f"*{_LOCK}"))]


def living(folder: Path) -> list[str]:
    """List the names whose process lives and has not left `alive`."""
    return [name for name in marked(folder) if _is_locked(folder / f"{name}{_LOCK}")]


def dead(folder: Path) -> list[str]:
    """List the names whose process ended without leaving `alive`; their marks are removed."""
    found = []
    for name in marked(folder):
        mark = folder / f"{name}{_LOCK}"
        try:
            with FileLock(mark, timeout=0):
                found.append(name)
                mark.unlink(missing_ok=True)
        except Timeout:
            continue
    return found


def _is_locked(mark: Path) -> bool:
    try:
        with FileLock(mark, timeout=0):
            return False
    except Timeout:
        return True
