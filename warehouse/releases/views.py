"""The views of a release, worked out by DuckDB from the tables of the release: `warehouse.contract.views`.

A row of most views depends on one form (or, in `findings`, one document) and nothing else, so that they may be made of
some documents at a time. Those of `OVER_FORMS` count over all forms: they are made of a few columns of `all_forms`.
"""

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

OVER_FORMS: Final = ("projects", "department_year")
"""Views of the whole dataset, each made of `all_forms` alone."""

COUNTED: Final = (
    *("form_id", "status", "region_code", "region", "fiscal_year", "department", "implementing_unit", "project_name"),
    *("project_key", "initial_budget_cny", "annual_budget_cny", "executed_cny", "unspent_cny", "execution_rate_pct"),
    *("rate_difference_pct", "total_score_points", "rating", "rating_derived"),
    *("critical_findings", "warning_findings", "info_findings"),
)
"""The columns of `all_forms` that the views of `OVER_FORMS` look at."""

USED: Final[Mapping[str, tuple[str, ...] | None]] = {
    "documents": ("document_id", "file_name", "source_uri", "reader", "region"),
    "checks": None,
    "rules": ("rule_id", "title_zh", "title_en"),
    "regions": None,
}
"""Tables of the whole dataset that views use, and the columns of them; None: all."""


class Views:
    """Works out views over the tables of a release; a context manager.

    Args:
        tables: The tables by place and name, as in `contents.Contents`. Those of `BY_YEAR` may come and go: each is
            needed only while a view of it is made, `indicators` also for `of_dataset`.
    """

    def __init__(self, tables: Mapping[tuple[str, str], pl.LazyFrame]) -> None:
        self._tables = tables
        self._database = _database()

    def __enter__(self) -> Self:
        run = self._database.execute
        run("CREATE SCHEMA quarantine")
        for name, columns in USED.items():
            rows = self._tables["published", name]
            self._put(name, (rows if columns is None else rows.select(columns)).collect())
        for place in PLACES:
            self._put("forms", self._tables[place, "forms"].collect(), place)
        run(f"CREATE TABLE all_forms AS {select_of('all_forms')}")
        return self

    def __exit__(self, *about: Any) -> None:
        self._database.close()

    def of_dataset(self, *, over_forms: bool = True) -> Iterator[tuple[str, pl.DataFrame]]:
        """Give each view that is made as a whole, `all_forms` first, with its rows in no given order.

        Args:
            over_forms: Those of `OVER_FORMS` too.
        """
        failing = pl.col("status").cast(pl.String) == "fail"
        failed = self._tables["published", "checks"].filter(failing).select(indicator_id="record_id").unique()
        with self._having("indicators", failed, ["indicator_id", "indicator_name"]):
            for view in contract.VIEWS:
                if view not in BY_YEAR and (over_forms or view not in OVER_FORMS):
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
        _put(self._database, _named(name, place), rows)

    def _rows(self, view: str, select: str) -> pl.DataFrame:
        return _rows(self._database, view, select)


def views_over(all_forms: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Give the views of `OVER_FORMS`, with their rows in no given order.

    Args:
        all_forms: That view of all forms, of which only the columns of `COUNTED` are needed.
    """
    with _database() as database:
        _put(database, "all_forms", all_forms)
        for view in OVER_FORMS:
            yield view, _rows(database, view, select_of(view))


def _database() -> duckdb.DuckDBPyConnection:
    database = duckdb.connect(config={"autoinstall_known_extensions": False})
    database.execute(macros())
    return database


def _put(database: duckdb.DuckDBPyConnection, name: str, rows: pl.DataFrame) -> None:
    """Make a table of rows; closed lists are texts in it."""
    closed = [column for column, dtype in rows.schema.items() if isinstance(dtype, pl.Enum)]
    database.register("incoming", rows.with_columns(pl.col(closed).cast(pl.String)).to_arrow())
    database.execute(f"CREATE TABLE {name} AS FROM incoming")
    database.unregister("incoming")


def _rows(database: duckdb.DuckDBPyConnection, view: str, select: str) -> pl.DataFrame:
    found = pl.DataFrame(database.sql(select).to_arrow_table())
    return found.cast(contract.polars_schema(contract.VIEWS[view]))


def _named(name: str, place: str) -> str:
    return f"quarantine.{name}" if place == "quarantine" else name
