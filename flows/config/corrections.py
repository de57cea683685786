"""The file of corrections: what people decided about known errors at the source."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from flows.config.entries import read_entries
from flows.config.settings import SettingsError
from transforms.corrections import DECISIONS, NOT_WITHHOLDABLE, no_decisions
from transforms.normalising.evidence import PUBLISHED

_Said = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]

_HINTS: Final = {
    "missing": "is missing: add it",
    "extra_forbidden": "is not a key of a correction: remove it or fix the spelling",
    "string_type": "must be text as it is printed: write it in quotes",
    "string_too_short": "is empty: say it",
}


class Correction(BaseModel):
    """One `[[correction]]` of the file.

    The form is named by `form_id`, or by `document_id` and `form_number` (1 where it is not given); the place in it by
    `table`, `record` (line or indicator number; 0 in forms) and `column`. `expected` is what the form prints there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    form_id: str | None = Field(default=None, pattern=r"^[0-9a-f]{24}-\d{3,}$")
    document_id: str | None = Field(default=None, pattern=r"^[0-9a-f]{64}$")
    form_number: int = Field(default=1, ge=1)
    table: Literal["forms", "funding", "indicators"]
    record: int = Field(default=0, ge=0)
    column: str
    expected: str
    action: Literal["replace", "withhold"]
    text: str | None = None
    reason: _Said
    decided_by: _Said
    decided_on: dt.date

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if (self.form_id is None) == (self.document_id is None):
            raise ValueError("name the form by form_id, or by document_id and form_number, not by both")
        if self.form_id is not None and "form_number" in self.model_fields_set:
            raise ValueError("form_id holds the form number already: take form_number out")
        if self.column not in PUBLISHED[self.table]:
            known = ", ".join(PUBLISHED[self.table])
            raise ValueError(f"{self.table} has no column {self.column!r}: one of {known} is meant")
        if (self.record == 0) != (self.table == "forms"):
            raise ValueError("record is 0 for forms, else the line_number or indicator_number, from 1")
        if self.action == "replace" and self.text is None:
            raise ValueError("to replace, say by what: add text (text = '' reads the cell as blank)")
        if self.action == "withhold" and self.text is not None:
            raise ValueError("what is withheld has no text: take text out, or set action = 'replace'")
        if self.action == "withhold" and self.column in NOT_WITHHOLDABLE:
            raise ValueError(f"other values are read by {self.column}, it can only be replaced")
        return self

    def row(self) -> tuple[Any, ...]:
        """Return it as a row of `DECISIONS`."""
        form_id = self.form_id or f"{str(self.document_id)[:24]}-{self.form_number:03d}"
        place = (form_id, self.table, self.record, self.column)
        return (*place, self.action, self.expected, self.text, self.reason, self.decided_by, self.decided_on)


def load_corrections(path: Path | None) -> pl.DataFrame:
    """Read the file of corrections.

    Args:
        path: The TOML file; None: there is none.

    Returns:
        `transforms.corrections.DECISIONS`, one row for each entry, sorted by place.

    Raises:
        SettingsError: The file is missing or no TOML, an entry is not valid, or two entries are for one place. Names
            the file, each entry and its key, and says what to do.
    """
    if path is None:
        return no_decisions()
    found: list[Correction] = []
    problems: list[str] = []
    for number, entry in enumerate(read_entries(path, "correction"), 1):
        try:
            found.append(Correction.model_validate(entry))
        except ValidationError as error:
            problems += [f"{_name(number, entry)}: {_explained(item)}" for item in error.errors()]
    rows = pl.DataFrame([one.row() for one in found], schema=DECISIONS, orient="row")
    place = DECISIONS.names()[:4]
    twice = rows.filter(pl.struct(place).is_duplicated()).select(place).unique().sort(place)
    problems += [
        f"more than one correction for {column} of record {record} in {table} of form {form}: keep one"
        for form, table, record, column in twice.iter_rows()
    ]
    if problems:
        raise SettingsError("\n".join(f"corrections file {path}: {problem}" for problem in problems))
    return rows.sort(place)


def digest(corrections: pl.DataFrame) -> str:
    """Return a short digest of all decisions: the order and the layout of the file do not count.

    Example:
        >>> digest(no_decisions())
        ''
    """
    if corrections.height == 0:
        return ""
    return hashlib.sha256(corrections.write_json().encode()).hexdigest()[:12]


def _name(number: int, entry: object) -> str:
    if not isinstance(entry, Mapping):
        return f"correction {number}"
    form = entry.get("form_id") or entry.get("document_id")
    said = [str(part)[:28] for part in (form, entry.get("table"), entry.get("column")) if part]
    return f"correction {number}" + (f" ({', '.join(said)})" if said else "")


def _explained(item: Any) -> str:
    key = ".".join(str(part) for part in item["loc"])
    if not key:
        return str(item["msg"]).removeprefix("Value error, ")
    hint = _HINTS.get(item["type"])
    return f"{key} {hint}" if hint else f"{key}: {item['msg']}, found {item['input']!r}"
