"""How the ledger writes what became of each page of a document: `readings.page_marks`."""

from __future__ import annotations

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

SAYS: Final = "s"
"""Mark of a page that says 自评."""

_PATTERN: Final = r"^([a-z])(\d+)\+(\d+)(s?)$"


def read_page_marks(documents: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each page of documents (`document_id`, `page_marks`; null: no pages are known).

    Columns: document_id, page_number, `state`, `characters`, `aside`, `says_self_evaluation`.

    Example:
        >>> read_page_marks(pl.DataFrame({"document_id": ["d"], "page_marks": ["r812+4s,b0+0"]})).rows()
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
        says_self_evaluation=part[3] == SAYS,
    )
