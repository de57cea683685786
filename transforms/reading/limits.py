"""What reading one document may take beyond time and memory: bounds that no real form comes near."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def unwatched() -> None:
    """Do nothing: what is called where nobody wants to know that a page begins."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of one document; null: none.

    Attributes:
        pages: Pages of the document.
        objects: Texts, paths and images that one page draws, those within forms included.
        characters: Characters of one page.
        cells: Boxes of the grid that the ruling lines of one page make, before they are joined to cells.
        recognised_pages: Pages without text that are recognised from their pictures.
        run_pages: Of these, how many the run has left.
        pixels: Of the images of one page, as they are stored.
        page_begins: Called whenever the work on a page begins, on its text, its picture, or one more look at it:
            for whoever limits the time of a page.
    """

    pages: int | None = 5000
    objects: int | None = 1_000_000
    characters: int | None = 200_000
    cells: int | None = 100_000
    recognised_pages: int | None = 300
    run_pages: int | None = None
    pixels: int | None = 500_000_000
    page_begins: Callable[[], None] = unwatched


DEFAULT = Limits()
NO_LIMITS = Limits(pages=None, objects=None, characters=None, cells=None, recognised_pages=None, pixels=None)
"""For what is known to be well."""


class LimitMet(ValueError):
    """A page or document takes more than it may.

    Attributes:
        code: Of the reason.
        message: The reason without its code: what was found, what is allowed, which setting says so.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


SETTINGS = {
    "too_many_pages": "document_pages",
    "too_many_objects": "page_objects",
    "too_many_characters": "page_characters",
    "too_many_cells": "page_cells",
    "too_many_scans": "document_scans",
    "too_many_pixels": "page_pixels",
}
"""Code of a limit that was met -> the setting of `[limits]` that says how much is allowed."""


def require(code: str, what: str, count: int, most: int | None) -> None:
    """Refuse what is more than is allowed.

    Args:
        code: Of the reason, one of `SETTINGS`.
        what: What is counted, in words.
        count: How many there are.
        most: How many are allowed.

    Raises:
        LimitMet: There are more.

    Example:
        >>> require("too_many_pages", "the document says that it has {} pages", 9, 5)  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        transforms.reading.limits.LimitMet: too_many_pages: the document says that it has 9 pages, 5 are allowed; ...
    """
    if most is not None and count > most:
        raise LimitMet(code, reason(code, what.format(count), most).partition(": ")[2])


def reason(code: str, found: str, most: int) -> str:
    """Return the reason of a document that meets a limit; it ends with what to do."""
    return f"{code}: {found}, {allowed(most)}; where it is a real report, raise [limits] {SETTINGS[code]}"


def allowed(most: int | None) -> str:
    """Return how a reason says what is allowed: it shows later whether the limit has changed."""
    return f"{most} are allowed"


def scans_refused(count: int, limits: Limits) -> str | None:
    """Return why so many pages of a document are not recognised; null where they may be."""
    found = f"the document has {count} scanned pages with tables"
    if limits.recognised_pages is not None and count > limits.recognised_pages:
        return reason("too_many_scans", found, limits.recognised_pages)
    if limits.run_pages is not None and count > limits.run_pages:
        return (
            f"scans_postponed: {found}, the run has {limits.run_pages} left of those that it may recognise; the next "
            "run reads it ([limits] run_scans)"
        )
    return None
