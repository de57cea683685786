"""The views of a release, worked out by DuckDB from the tables of the release: `warehouse.contract.views`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final, Self

import duckdb
import polars as pl

from warehouse import contract
from warehouse.contract.views import macros, select_of
from warehouse.contract.vocabulary import PLACES

BY_YEAR: Final = {"all_funding": "funding", "all_indicators": "indicators", "evidence_of": "evidence"}
"""Views that are made of one year at a time, and the table that each is of: the rows of a form depend on that form, and
on its row in all_forms."""

_USED: Final[Mapping[str, tuple[str, ...] | None]] = {
    "documents": ("document_id", "file_name", "source_uri", "reader", "region"),
    "checks": None,
    "rules": ("rule_id", "title_zh", "title_en"),
    "regions": None,
}
"""Tables of the whole dataset that views use, and the columns of them; None: all."""


class Views:
    """Works out views over the tables of a release; a context manager.

    Args:
        tables: The tables by place and name, as in `contents.Contents`.
    """

    def __init__(self, tables: Mapping[tuple[str, str], pl.LazyFrame]) -> None:
        self._tables = tables
        self._database = duckdb.connect(config={"autoinstall_known_extensions": False})

    def __enter__(self) -> Self:
        run = self._database.execute
        run(macros())
        run("CREATE SCHEMA quarantine")
        for name, columns in _USED.items():
            rows = self._tables["published", name]
            self._put(name, (rows if columns is None else rows.select(columns)).collect())
        for place in PLACES:
            self._put("forms", self._tables[place, "forms"].collect(), place)
        run(f"CREATE TABLE all_forms AS {select_of('all_forms')}")
        return self

    def __exit__(self, *about: Any) -> None:
        self._database.close()

    def of_dataset(self) -> Iterator[tuple[str, pl.DataFrame]]:
        """Give each view that is made as a whole, `all_forms` first, with its rows in no given order."""
        failing = pl.col("status").cast(pl.String) == "fail"
        failed = self._tables["published", "checks"].filter(failing).select(indicator_id="record_id").unique()
        with self._having("indicators", failed, ["indicator_id", "indicator_name"]):
            for view in contract.VIEWS:
                if view not in BY_YEAR:
                    yield view, self._rows(view, select_of(view) if view != "all_forms" else "FROM all_forms")

    def of_forms(self, view: str, forms: pl.LazyFrame) -> pl.DataFrame:
        """Return the rows of one of `BY_YEAR` for some forms, in no given order.

        Args:
            view: The view.
            forms: `form_id`.
        """
        with self._having(BY_YEAR[view], forms):
            return self._rows(view, select_of(view))

    @contextmanager
    def _having(self, name: str, wanted: pl.LazyFrame, columns: list[str] | None = None) -> Iterator[None]:
        """Have rows of a table of forms in the database: those of some forms or ids."""
        key = wanted.collect_schema().names()
        for place in PLACES:
            rows = self._tables[place, name].join(wanted, on=key, how="semi")
            self._put(name, (rows if columns is None else rows.select(columns)).collect(), place)
        yield
        for place in PLACES:
            self._database.execute(f"DROP TABLE {_named(name, place)}")

    def _put(self, name: str, rows: pl.DataFrame, place: str = "published") -> None:
        """Make a table of rows; closed lists are texts in it."""
        closed = [column for column, dtype in rows.schema.items() if isinstance(dtype, pl.Enum)]
        self._database.register("incoming", rows.with_columns(pl.col(closed).cast(pl.String)).to_arrow())
        self._database.execute(f"CREATE TABLE {_named(name, place)} AS FROM incoming")
        self._database.unregister("incoming")

    def _rows(self, view: str, select: str) -> pl.DataFrame:
        found = pl.DataFrame(self._database.sql(select).to_arrow_table())
        return found.cast(contract.polars_schema(contract.VIEWS[view]))


def _named(name: str, place: str) -> str:
    return f"quarantine.{name}" if place == "quarantine" else name
