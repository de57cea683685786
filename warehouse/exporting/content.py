"""What an export has: the tables and views of a release, of all forms or of the published ones only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any, Final, Self

import polars as pl

from warehouse import contract
from warehouse.contract.vocabulary import PLACES
from warehouse.exporting.ordered import in_order
from warehouse.releases.release import Release
from warehouse.releases.views import BY_YEAR, Views

_OF_FORMS: Final = {"checks": "form_id", "occurrences": "form_id"}
"""Tables of the dataset with rows that belong to a form, which an export of the published forms leaves out."""


class Content:
    """The tables and views of a release; a context manager.

    Args:
        release: The release. Views that an older one lacks are worked out.
        published_only: Leave out the forms that are held back, and what is about them.
    """

    def __init__(self, release: Release, *, published_only: bool) -> None:
        self.release = release
        self.published_only = published_only
        self._has = set(release.manifest["tables"])
        self._stack = ExitStack()
        self._views: Views | None = None
        self._made: dict[str, pl.DataFrame] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *about: Any) -> None:
        self._stack.close()

    def tables(self) -> Iterator[tuple[str, str, pl.LazyFrame]]:
        """Give place, name and rows of each table, views last, sorted by key."""
        for place in PLACES if not self.published_only else PLACES[:1]:
            for name in contract.TABLES if place == "published" else contract.FORM_TABLES:
                yield place, name, in_order(self.table(name, place), contract.TABLES[name].primary_key())
        for name in contract.VIEWS:
            yield "published", name, self.view(name)

    def table(self, name: str, place: str = "published") -> pl.LazyFrame:
        """Return the rows of a table, in no given order; empty where an older release does not have it."""
        table = contract.TABLES[name]
        held_back = place == "quarantine" and self.published_only
        if held_back or f"{place}/{name}" not in self._has:
            known = {"regions": contract.regions, "codes": contract.codes}
            return known[name]().lazy() if name in known else contract.empty(table).lazy()
        rows = self.release.scan(name, place)
        if self.published_only and name in _OF_FORMS:
            published = self.release.scan("forms").select("form_id")
            rows = rows.filter(
                pl.col("form_id").is_in(published.collect()["form_id"].implode()) | pl.col("form_id").eq("")
            )
        schema = contract.polars_schema(table)
        there = rows.collect_schema()
        return rows.select(
            (pl.col(c) if c in there else pl.lit(None, dtype).alias(c)).cast(dtype) for c, dtype in schema.items()
        )

    def view(self, name: str) -> pl.LazyFrame:
        """Return the rows of a view, sorted by key."""
        if not self.published_only and f"published/{name}" in self._has:
            rows = self.release.scan(name)
        else:
            rows = self._worked_out(name).lazy()
        schema = contract.polars_schema(contract.VIEWS[name])
        return in_order(rows.select(schema.names()), contract.VIEWS[name].primary_key())

    def _worked_out(self, name: str) -> pl.DataFrame:
        if self._views is None:
            every = {(place, table): self.table(table, place) for place in PLACES for table in contract.FORM_TABLES}
            dataset = {("published", table): self.table(table) for table in contract.DATASET_TABLES}
            self._views = self._stack.enter_context(Views({**every, **dataset}))
            self._made = dict(self._views.of_dataset())
        if name in BY_YEAR:
            return self._views.of_forms(name, self._made["all_forms"].lazy().select("form_id"))
        return self._made[name]
