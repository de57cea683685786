"""How the ids of forms and of their records are made, taken apart and recognised.

A form is called by its document and its number there, `<first 24 hex digits of document_id>-001`; a record by its form,
a mark and its number: `-f01` a funding line, `-i001` an indicator, `-x001` a leftover, each with more digits where the
number has more. A page that no form is read from is `<first 24 hex digits of document_id>-p001`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import polars as pl

_HEAD: Final = 24
FORM_ID_PATTERN: Final = rf"[0-9a-f]{{{_HEAD}}}-[0-9]{{3,}}"
"""A form_id, to be matched in full."""
RECORD_MARKS: Final = {"funding": ("-f", 2), "indicators": ("-i", 3), "leftovers": ("-x", 3)}
"""By table: the mark between the form's id and the record's number, and the least digits of the number."""
_ID: Final = re.compile(rf"(?P<form>{FORM_ID_PATTERN})(?:-(?P<mark>[a-z])(?P<number>[0-9]+))?")
_TABLES: Final = {mark.strip("-"): table for table, (mark, _) in RECORD_MARKS.items()}


@dataclass(frozen=True, slots=True)
class RecordId:
    """An id taken apart. `table` is `forms` and `number` 0 for the form itself."""

    form_id: str
    table: str
    number: int


def parse_id(text: str) -> RecordId | None:
    """Take the id of a form or of one of its records apart; None where the text is not such an id.

    Example:
        >>> parse_id("0123456789abcdef01234567-001-f02")
        RecordId(form_id='0123456789abcdef01234567-001', table='funding', number=2)
        >>> parse_id("0123456789abcdef01234567-001").table
        'forms'
        >>> parse_id("0123456789abcdef01234567-001-q1") is None
        True
    """
    parts = _ID.fullmatch(text)
    if parts is None or (parts["mark"] is not None and parts["mark"] not in _TABLES):
        return None
    return RecordId(parts["form"], _TABLES[parts["mark"]] if parts["mark"] else "forms", int(parts["number"] or 0))


def make_form_id(document_id: str, form_number: int) -> str:
    """Return the id of a form.

    Example:
        >>> make_form_id("0123456789abcdef" * 4, 1)
        '0123456789abcdef01234567-001'
    """
    return f"{document_id[:_HEAD]}-{form_number:03d}"


def make_record_id(form_id: str, table: str, number: int) -> str:
    """Return the id of a record of `funding`, `indicators` or `leftovers`.

    Example:
        >>> make_record_id("0123456789abcdef01234567-001", "funding", 2)
        '0123456789abcdef01234567-001-f02'
    """
    mark, width = RECORD_MARKS[table]
    return f"{form_id}{mark}{number:0{width}d}"


def form_id() -> pl.Expr:
    """Return the expression that makes `form_id` from the columns `document_id` and `form_number`.

    Example:
        >>> pl.select(document_id=pl.lit("0123456789abcdef" * 4), form_number=12).select(form_id()).item()
        '0123456789abcdef01234567-012'
    """
    return pl.concat_str(_head(), pl.lit("-"), _digits(pl.col("form_number"), 3)).alias("form_id")


def record_id(table: str, number: str = "record_number") -> pl.Expr:
    """Return the expression that makes the id of a record from `form_id` and its number; of `forms`, `form_id` itself.

    Example:
        >>> pl.select(form_id=pl.lit("a-001"), record_number=7).select(record_id("indicators")).item()
        'a-001-i007'
    """
    if table == "forms":
        return pl.col("form_id")
    mark, width = RECORD_MARKS[table]
    return pl.concat_str("form_id", pl.lit(mark), _digits(pl.col(number), width))


def page_id() -> pl.Expr:
    """Return the expression that makes the id of a page from the columns `document_id` and `page_number`."""
    return pl.concat_str(_head(), pl.lit("-p"), _digits(pl.col("page_number"), 3))


def is_of_document() -> pl.Expr:
    """Tell whether `form_id` is a form of the document in `document_id` (else it occurs there as a copy)."""
    return pl.col("document_id").str.starts_with(pl.col("form_id").str.head(_HEAD))


def _head() -> pl.Expr:
    return pl.col("document_id").str.slice(0, _HEAD)


def _digits(number: pl.Expr, width: int) -> pl.Expr:
    return number.cast(pl.String).str.zfill(width)
