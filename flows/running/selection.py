"""Which documents a backfill is for: what the user asked for, and one pure function that finds them."""

from __future__ import annotations

import re
from datetime import date
from functools import reduce
from operator import and_, or_
from typing import Any, Final, Self

import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from flows.config.addresses import without_secrets
from flows.config.choices import DocumentStatus, WorkStage
from flows.config.settings import SettingsError
from flows.config.validation import problems_of
from warehouse.inventory import Inventory

_GLOB: Final = re.compile(r"[*?\[]")


class Selection(BaseModel):
    """What a backfill is asked to do again: the criteria all hold, of the values of one criterion any.

    Example:
        >>> Selection(years=(2023,), statuses=("failed",)).described()
        'year 2023, status failed'
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    years: tuple[int, ...] = Field(default=(), description="fiscal years of the forms")
    sources: tuple[str, ...] = Field(
        default=(), description="globs on the whole source address; without *, ?, [ a part of it"
    )
    regions: tuple[str, ...] = Field(
        default=(), description="regions that `sources.toml` gives the documents' sources, or a part of their name"
    )
    documents: tuple[str, ...] = Field(default=(), description="document ids, or what they begin with")
    forms: tuple[str, ...] = Field(default=(), description="form ids, or what they begin with")
    seen_since: date | None = Field(default=None, description="seen new or changed on this day (UTC) or later")
    seen_until: date | None = Field(default=None, description="seen new or changed on this day (UTC) or before")
    statuses: tuple[DocumentStatus, ...] = Field(default=(), description="status in the published release")
    outdated: bool = Field(default=False, description="read by an older reader, or derived by older rules")
    everything: bool = Field(default=False, description="all documents that were ever seen")
    start: WorkStage | None = Field(
        default=None, description="stage to begin at; null: read, and where only rules are older, derive"
    )

    @field_validator("sources")
    @classmethod
    def _without_secrets(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """Take passwords and tokens out: what is asked for is recorded, and addresses are recorded without them."""
        return tuple(without_secrets(one) for one in value)

    @model_validator(mode="after")
    def _selects(self) -> Self:
        if self.seen_since and self.seen_until and self.seen_since > self.seen_until:
            raise ValueError(f"seen since {self.seen_since} and until {self.seen_until}: no day is in between")
        if not self.described():
            raise ValueError(
                "say what to do again: a year, region, source, document, form, day, status, outdated, or all"
            )
        if self.everything and self != Selection.model_construct(everything=True, start=self.start):
            raise ValueError("all is everything: leave the other criteria out, or leave all out")
        return self

    def described(self) -> str:
        """Return in words what is selected."""
        several = (
            ("year", self.years),
            ("region", self.regions),
            ("source", self.sources),
            ("document", self.documents),
            ("form", self.forms),
            ("status", self.statuses),
        )
        parts = [f"{name} {' or '.join(map(str, values))}" for name, values in several if values]
        parts += [f"seen since {self.seen_since}"] if self.seen_since else []
        parts += [f"seen until {self.seen_until}"] if self.seen_until else []
        parts += ["outdated"] if self.outdated else []
        parts += ["all documents"] if self.everything else []
        return ", ".join(parts)


def selection_of(**criteria: Any) -> Selection:
    """Make a selection of what the command line was given; None counts as not given.

    Raises:
        SettingsError: Nothing is selected, or the criteria contradict each other.
    """
    try:
        return Selection(**{name: value for name, value in criteria.items() if value})
    except ValidationError as error:
        raise SettingsError("; ".join(problems_of(error, "a selection"))) from None


def select(inventory: Inventory, selection: Selection, *, reader_version: str, derive_version: str) -> pl.DataFrame:
    """Find the documents that a selection is for.

    Args:
        inventory: What is known of each document.
        selection: What is asked for. A document with one form of the year is selected whole; `quarantined` is also a
            document of which only some forms are held back; `pending` one that is in no release yet.
        reader_version: The present one; readings by another are outdated.
        derive_version: The present one; rows by another, or of an older reading, are outdated.

    Returns:
        The selected rows of `inventory.documents`, in their order.
    """
    forms, sightings = inventory.forms.lazy(), inventory.sightings.lazy()
    members: list[pl.LazyFrame] = []
    if selection.years:
        members.append(forms.filter(pl.col("fiscal_year").is_in(selection.years)))
    if selection.forms:
        members.append(forms.filter(_begins("form_id", selection.forms)))
    if selection.regions:
        named = reduce(or_, (pl.col("region").str.contains(part, literal=True) for part in selection.regions))
        members.append(inventory.regions.lazy().filter(named))
    if selection.sources:
        pattern = "|".join(f"(?:{_pattern(source)})" for source in selection.sources)
        members.append(sightings.filter(pl.col("source_uri").str.contains(pattern)))
    if selection.seen_since or selection.seen_until:
        first, last = selection.seen_since or date.min, selection.seen_until or date.max
        members.append(sightings.filter(pl.col("seen_at").dt.date().is_between(first, last)))
    holds: list[pl.Expr] = [pl.lit(True)]
    if selection.documents:
        holds.append(_begins("document_id", selection.documents))
    if selection.statuses:
        wanted = set(selection.statuses) | ({"partly_published"} if "quarantined" in selection.statuses else set())
        holds.append(pl.col("status").fill_null("pending").is_in(sorted(map(str, wanted))))
    if selection.outdated:
        holds.append(is_outdated(reader_version, derive_version))
    found = inventory.documents.lazy().filter(reduce(and_, holds))
    for rows in members:
        found = found.join(rows, on="document_id", how="semi", maintain_order="left")
    return found.collect()


def require_known(inventory: Inventory, selection: Selection) -> None:
    """Refuse ids of documents and forms that nothing has.

    Raises:
        SettingsError: The message names the first.
    """
    for what, starts, known in (
        ("document", selection.documents, inventory.documents["document_id"]),
        ("form", selection.forms, inventory.forms["form_id"]),
    ):
        unknown = [start for start in starts if not known.str.starts_with(start).any()]
        if unknown:
            raise SettingsError(
                f"no {what} of this warehouse has an id that begins with {unknown[0]!r}: correct --{what}"
            )


def has_older_reader(reader_version: str) -> pl.Expr:
    """Return whether a document of the inventory was never read, or last read by another version."""
    return pl.col("reader_version").ne_missing(pl.lit(reader_version))


def is_outdated(reader_version: str, derive_version: str) -> pl.Expr:
    """Return whether a document of the inventory was read by another reader, or has no rows at this version.

    A document that cannot be read rightly has no rows.
    """
    has_rows = pl.col("derive_version").eq_missing(pl.lit(derive_version)) & pl.col("derived_reading_id").eq_missing(
        pl.col("reading_id")
    )
    return has_older_reader(reader_version) | (~has_rows & pl.col("read_reason").is_null())


def _begins(column: str, starts: tuple[str, ...]) -> pl.Expr:
    return reduce(or_, (pl.col(column).str.starts_with(start) for start in starts))


def _pattern(source: str) -> str:
    """Turn a glob into a regular expression; `*` also stands for slashes."""
    if not _GLOB.search(source):
        return re.escape(source)
    parts = re.split(r"(\*+|\?|\[!?[^\]]+\])", source)
    signs = {"*": ".*", "?": ".", "[": ""}
    translated = [
        (part.replace("[!", "[^", 1) if part[0] == "[" else signs[part[0]]) if number % 2 else re.escape(part)
        for number, part in enumerate(parts)
    ]
    return f"^{''.join(translated)}$"
