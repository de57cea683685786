"""Lets whoever limits the time of a page know when the work on one begins."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final


def _nothing() -> None:
    """What is called where nobody wants to know."""


_CALLED: Final[ContextVar[Callable[[], None]]] = ContextVar("called", default=_nothing)


def page_begins() -> None:
    """Say that the work on a page begins: on its text, its picture, or one more look at it."""
    _CALLED.get()()


@contextmanager
def calling(on_page: Callable[[], None]) -> Iterator[None]:
    """Have a function called whenever a page begins.

    Example:
        >>> count = []
        >>> with calling(lambda: count.append(1)):
        ...     page_begins()
        >>> page_begins()
        >>> len(count)
        1
    """
    before = _CALLED.set(on_page)
    try:
        yield
    finally:
        _CALLED.reset(before)
