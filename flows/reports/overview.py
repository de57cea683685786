"""What the report of a release shows of all its forms: by department, one by one, and against the release before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import polars as pl

from flows.reports import charts
from flows.reports.charts import Drawn
from flows.reports.findings import release_before
from warehouse.releases.release import Release
from warehouse.warehouse import Warehouse

MOST_DEPARTMENTS: Final = 50
MOST_FORMS: Final = 10_000


def views_of(release: Release) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return `all_forms` and `all_indicators` of a release; without rows when it was made before there were views."""
    from warehouse.contract.views import AllForms, AllIndicators

    if not _has_views(release):
        return AllForms.create_empty(), AllIndicators.create_empty()
    return release.scan("all_forms").collect(), release.scan("all_indicators").collect()


def _has_views(release: Release) -> bool:
    return "published/all_forms" in release.manifest["tables"]


def drawn(forms: pl.DataFrame, indicators: pl.DataFrame, t: Mapping[str, str]) -> list[Drawn]:
    """Draw what there is to draw.

    Args:
        forms: Rows of `all_forms`.
        indicators: Rows of `all_indicators`.
        t: The texts of the page, in its language.
    """
    of_forms = (charts.rates, charts.scores, charts.ratings, charts.rate_and_score)
    of_indicators = (charts.weights, charts.over_achievement)
    found = [draw(forms, t) for draw in of_forms] + [draw(indicators, t) for draw in of_indicators]
    return [replace(chart, svg=_SAID.sub("", chart.svg)) for chart in found if chart is not None]


_SAID: Final = re.compile(r' (?:aria-(?:label|roledescription)|role)="[^"]*"')
"""What a drawing says of its parts to a screen reader, in English: the page says what the whole of it shows."""


def by_department(forms: pl.DataFrame) -> list[dict[str, Any]]:
    """Add up the forms of each department of a year, those with most held forms and findings first.

    Keys: `department` and `fiscal_year` as in `all_forms` (null where the form does not say), `forms`, `held`,
    `critical`, `warnings` (findings), `budget`, `executed` (10 000 yuan; null where no form has both), `rate` (percent
    of the two, null where there is no budget).
    """
    both = pl.col("annual_budget_wan").is_not_null() & pl.col("executed_wan").is_not_null()
    budget, executed = (pl.col(name).filter(both).sum() for name in ("annual_budget_wan", "executed_wan"))
    rows = forms.group_by("department", "fiscal_year").agg(
        forms=pl.len(),
        held=(pl.col("status").cast(pl.String) == "held").sum(),
        critical=pl.col("critical_findings").sum(),
        warnings=pl.col("warning_findings").sum(),
        budget=pl.when(both.any()).then(budget),
        executed=pl.when(both.any()).then(executed),
    )
    share = 100 * pl.col("executed").cast(pl.Float64) / pl.col("budget").cast(pl.Float64)
    rows = rows.with_columns(rate=pl.when(pl.col("budget") > 0).then(share))
    order = ["held", "critical", "warnings", "forms", "department", "fiscal_year"]
    return rows.sort(order, descending=[True, True, True, True, False, False], nulls_last=True).to_dicts()


def one_by_one(forms: pl.DataFrame) -> list[dict[str, Any]]:
    """List the forms for a table that can be searched: by year, department and project."""
    return (
        forms.select(
            "form_id",
            "fiscal_year",
            pl.coalesce("implementing_unit", "department").alias("unit"),
            "project_name",
            "annual_budget_wan",
            "execution_rate_pct",
            "total_score_points",
            "rating",
            pl.col("status").cast(pl.String),
            "held_by",
            "file_name",
        )
        .sort("fiscal_year", "unit", "project_name", "form_id", nulls_last=True)
        .to_dicts()
    )


def change(house: Warehouse, release: Release) -> dict[str, Any] | None:
    """Count what became of forms since the release before; null when there is none, or it is not kept, or has no views.

    Keys: `before` (its id), `new` and `gone` (forms that only one of them has), `now_published` and `now_held` (forms
    of both whose status changed).
    """
    before = release_before(house, release)
    if before is None or not (_has_views(before) and _has_views(release)):
        return None
    status = pl.col("status").cast(pl.String)
    then, now = (one.scan("all_forms").select("form_id", status).collect() for one in (before, release))
    both = now.join(then, on="form_id", suffix="_then")
    moved = both.filter(pl.col("status") != pl.col("status_then"))["status"]
    return {
        "before": before.release_id,
        "new": now.join(then, on="form_id", how="anti").height,
        "gone": then.join(now, on="form_id", how="anti").height,
        "now_published": int((moved == "published").sum()),
        "now_held": int((moved == "held").sum()),
    }
