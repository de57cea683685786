"""The search over all forms: filters as they stand in the address of the page, and what fits them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final
from urllib.parse import urlencode

import polars as pl

from flows.browse.data import ReleaseData

PAGE_SIZE: Final = 50
MOST_CHOICES: Final = 300
"""Departments and regions that are offered, those with most forms; any other can be typed."""

_LONGEST: Final = 200
"""Characters of a filter that count."""

STATUSES: Final = ("published", "held", "findings", "clean")
SORTS: Final[Mapping[str, tuple[tuple[str, ...], bool]]] = {
    "": ((), False),
    "project": (("project_name",), False),
    "budget": (("annual_budget_wan",), True),
    "rate": (("execution_rate_pct",), True),
    "score": (("total_score_points",), True),
    "findings": (("critical_findings", "warning_findings", "info_findings"), True),
}
"""By what the list may be sorted: columns, and whether the greatest comes first; '' is by year, department, unit."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What a search asks for; '' asks for nothing.

    Attributes:
        words: All of these words occur in the texts of the form.
        year: Fiscal year; `none`: the form has none.
        department: Part of the name of the department or of the implementing unit.
        region: Beginning of a region's code, or a part of its name.
        status: One of `STATUSES`.
        rule: The form fails this rule.
        sort: A key of `SORTS`.
    """

    words: str = ""
    year: str = ""
    department: str = ""
    region: str = ""
    status: str = ""
    rule: str = ""
    sort: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> Filters:
        """Take the filters from the query of an address; what is none of them, or cannot be, is left out."""
        given = {field.name: asked.get(field.name, "").strip()[:_LONGEST] for field in fields(cls)}
        if given["status"] not in STATUSES:
            given["status"] = ""
        if given["sort"] not in SORTS:
            given["sort"] = ""
        return cls(**given)

    def query(self, **others: str | int) -> str:
        """Return them as the query of an address, with `?`; '' where there is nothing to say.

        Example:
            >>> Filters(year="2023", rule="R15").query(page=2)
            '?year=2023&rule=R15&page=2'
        """
        said = {field.name: getattr(self, field.name) for field in fields(self)} | others
        query = urlencode({key: value for key, value in said.items() if value})
        return f"?{query}" if query else ""

    @property
    def is_empty(self) -> bool:
        """Whether all forms fit."""
        return self == Filters(sort=self.sort)


def search(data: ReleaseData, filters: Filters) -> pl.DataFrame:
    """Return the forms that fit, in the order asked for: columns of `ReleaseData.forms` without the texts."""
    found = data.forms
    for word in filters.words.lower().split():
        found = found.filter(pl.col("words").str.contains(word, literal=True))
    if filters.year:
        is_year = pl.col("fiscal_year").cast(pl.String) == filters.year
        found = found.filter(pl.col("fiscal_year").is_null() if filters.year == "none" else is_year)
    if filters.department:
        names = pl.col("department", "implementing_unit").str.contains(filters.department, literal=True)
        found = found.filter(pl.any_horizontal(names))
    if filters.region:
        is_code = pl.col("region_code").str.starts_with(filters.region)
        found = found.filter(is_code | pl.col("region").str.contains(filters.region, literal=True))
    findings = pl.sum_horizontal("critical_findings", "warning_findings", "info_findings")
    if filters.status:
        fits = {"findings": findings > 0, "clean": findings == 0}
        found = found.filter(fits.get(filters.status, pl.col("status") == filters.status))
    if filters.rule:
        found = found.join(data.failing.filter(rule_id=filters.rule), on="form_id", how="semi", maintain_order="left")
    columns, is_descending = SORTS[filters.sort]
    if columns:
        found = found.sort(*columns, descending=is_descending, nulls_last=True, maintain_order=True)
    return found.drop("words")


@dataclass(frozen=True, slots=True)
class Choices:
    """What filters offer."""

    years: list[str]
    departments: list[str]
    regions: list[str]
    rules: list[tuple[str, int]]


def choices(data: ReleaseData) -> Choices:
    """Return what filters offer for a release: the values that its forms have."""
    forms = data.forms
    years = [str(year) for year in forms["fiscal_year"].drop_nulls().unique().sort(descending=True)]
    return Choices(
        years=[*years, *(["none"] if forms["fiscal_year"].has_nulls() else [])],
        departments=_most_frequent(forms["department"]),
        regions=_most_frequent(forms["region"]),
        rules=list(data.rule_counts().items()),
    )


def _most_frequent(values: pl.Series) -> list[str]:
    counted = values.drop_nulls().value_counts(sort=True).head(MOST_CHOICES)
    return counted[values.name].sort().to_list()


def neighbours(found: pl.DataFrame, form_id: str) -> tuple[int | None, str | None, str | None]:
    """Return where a form stands in a list, from 1, with the forms before and after it; nulls where it is not in it."""
    ids = found["form_id"]
    here = ids.index_of(form_id)
    if here is None:
        return None, None, None
    before = ids[here - 1] if here > 0 else None
    after = ids[here + 1] if here + 1 < ids.len() else None
    return here + 1, before, after
