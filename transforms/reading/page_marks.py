"""What became of each page of a document, in one short text: what the account of characters begins with.

Pages that cannot hold a part of a form are left out of `cells`; their characters are counted here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import polars as pl

STATES: Final = {
    "read": "r",
    "recognised": "c",
    "glanced": "g",
    "outside": "o",
    "blank": "b",
    "picture": "p",
    "unreadable": "u",
    "failed": "f",
}
"""State of a page -> its letter.

read: its cells are there; recognised: they are there by OCR; glanced: a scan of which a sample was recognised, or one
of many that shows no table, enough to see that it holds no part of a form; outside: it cannot hold a part of a form;
blank: it shows no text; picture: a scan that was not recognised; unreadable: its fonts carry no usable map; failed: it
does not open.
"""

_SAYS: Final = "s"
_PATTERN: Final = r"^([a-z])(\d+)\+(\d+)(s?)$"


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
    return ",".join(
        f"{STATES[m.state]}{m.characters}+{m.aside}{_SAYS if m.says_self_evaluation else ''}" for m in marks
    )


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


def read(documents: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each page of documents (`document_id`, `page_marks`; null: no pages are known).

    Columns: document_id, page_number, `state`, `characters`, `aside`, `says_self_evaluation`.

    Example:
        >>> read(pl.DataFrame({"document_id": ["d"], "page_marks": ["r812+4s,b0+0"]})).rows()
        [('d', 1, 'read', 812, 4, True), ('d', 2, 'blank', 0, 0, False)]
    """
    marks = documents.select("document_id", mark=pl.col("page_marks").cast(pl.String).str.split(",")).drop_nulls()
    pages = marks.with_columns(page_number=pl.int_ranges(1, pl.col("mark").list.len() + 1, dtype=pl.Int32)).explode(
        "mark", "page_number"
    )
    part = [pl.col("mark").str.extract(_PATTERN, group) for group in range(1, 5)]
    return pages.filter(pl.col("mark") != "").select(
        "document_id",
        "page_number",
        state=part[0].replace_strict({v: k for k, v in STATES.items()}, return_dtype=pl.String),
        characters=part[1].cast(pl.Int32),
        aside=part[2].cast(pl.Int32),
        says_self_evaluation=part[3] == _SAYS,
    )
