"""What became of each page of a document, in one short text: what the account of characters begins with.

Pages that cannot hold a part of a form are left out of `cells`; their characters are counted here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from warehouse.contract.page_marks import SAYS, STATES


@dataclass(frozen=True, slots=True)
class PageMark:
    """One page: its state, its characters (white space aside), those set aside (stamps, watermarks, hidden text), and
    whether it says 自评."""

    state: str
    characters: int
    aside: int
    says_self_evaluation: bool


def write(marks: Iterable[PageMark]) -> str:
    """Write the marks of a document's pages, from page 1 on, as one text.

    Example:
        >>> write([PageMark("read", 812, 4, True), PageMark("blank", 0, 0, False)])
        'r812+4s,b0+0'
    """
    return ",".join(f"{STATES[m.state]}{m.characters}+{m.aside}{SAYS if m.says_self_evaluation else ''}" for m in marks)


def recognised(written: str | None, pages: Iterable[int], glanced: Iterable[int] = ()) -> str | None:
    """Return the marks with some pages, from 1, as recognised by OCR, and others as glanced at.

    Example:
        >>> recognised("r812+4s,p0+0", [2])
        'r812+4s,c0+0'
    """
    if written is None:
        return None
    marks = written.split(",")
    for state, numbers in (("glanced", glanced), ("recognised", pages)):
        for number in numbers:
            marks[number - 1] = STATES[state] + marks[number - 1][1:]
    return ",".join(marks)


def recognised_count(written: str | None) -> int:
    """Return how many pages were recognised by OCR.

    Example:
        >>> recognised_count("r812+4s,c0+0"), recognised_count(None)
        (1, 0)
    """
    return sum(mark.startswith(STATES["recognised"]) for mark in (written or "").split(","))
