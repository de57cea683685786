"""The kinds of columns that tables are made of: their type, and their unit and printed label as metadata."""

from __future__ import annotations

import dataframely as dy


def meta(unit: str | None, label: str | None) -> dict[str, str]:
    """Unit and printed label of a column, as far as there are any."""
    return {k: v for k, v in (("unit", unit), ("source_label", label)) if v}


def text(description: str, label: str | None = None, *, null: bool = True, key: bool = False) -> dy.String:
    """A text column."""
    return dy.String(nullable=null and not key, primary_key=key, description=description, metadata=meta(None, label))


def count(description: str, unit: str | None = None, *, null: bool = False, key: bool = False) -> dy.Int32:
    """A count or ordinal."""
    return dy.Int32(nullable=null and not key, primary_key=key, description=description, metadata=meta(unit, None))


def closed(values: tuple[str, ...], description: str, label: str | None = None, *, null: bool = True) -> dy.Enum:
    """A value of a closed list."""
    return dy.Enum(values, nullable=null, description=description, metadata=meta(None, label))


def money(description: str, label: str) -> dy.Decimal:
    """An amount in yuan, exact to the cent."""
    return dy.Decimal(18, 2, nullable=True, description=description, metadata=meta("yuan", label))


def points(description: str, label: str) -> dy.Decimal:
    """Points of the form's 100."""
    return dy.Decimal(18, 4, nullable=True, description=description, metadata=meta("points", label))


def percent(description: str, label: str) -> dy.Decimal:
    """A rate in percent: 100 % is 100."""
    return dy.Decimal(18, 4, nullable=True, description=description, metadata=meta("percent", label))


def quantity(description: str, label: str | None = None) -> dy.Decimal:
    """A measured or targeted value, in the unit that a sibling column names."""
    return dy.Decimal(30, 8, nullable=True, description=description, metadata=meta(None, label))


def coordinate(description: str) -> dy.Float64:
    """A place on the page as displayed, in points from its top left corner."""
    return dy.Float64(nullable=True, description=description, metadata=meta("points (1/72 inch)", None))


def yes_no(description: str) -> dy.Bool:
    """Yes, no, or null where it is not known."""
    return dy.Bool(nullable=True, description=description)


def instant(description: str, *, null: bool = False) -> dy.Datetime:
    """A moment, UTC."""
    return dy.Datetime(time_unit="us", time_zone="UTC", nullable=null, description=description)


DOCUMENT_ID = "sha256 of the PDF file, hex: the same file is one document wherever it was seen"
FORM_ID = "the form: the first 24 hex digits of document_id, a dash, form_number in three digits"
REASON = (
    "why {} is null though the form has a place for it (null: it was read, or the form has no such place): "
    "a code of the list value_reason, such as blank or not_a_number"
)
PAGE = "page of the PDF, from 1"
