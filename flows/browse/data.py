"""What the pages show of a release: kept in memory what searches need, read from its files what one form needs."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import polars as pl

from flows.reports.findings import rule_titles
from flows.reports.places import suspects
from warehouse.contract.vocabulary import PLACES
from warehouse.errors import WarehouseError
from warehouse.releases.release import Release
from warehouse.warehouse import Warehouse

MOST_RELEASES: Final = 3
"""Releases that are kept in memory."""

_LISTED: Final = (
    "form_id",
    "fiscal_year",
    "region_code",
    "region",
    "department",
    "implementing_unit",
    "project_name",
    "file_name",
    "annual_budget_wan",
    "execution_rate_pct",
    "total_score_points",
    "rating",
    "status",
    "held_by",
    "critical_findings",
    "warning_findings",
    "info_findings",
)
_SEARCHED: Final = ("project_name", "implementing_unit", "department", "region", "title", "file_name", "form_id")


class NoViews(WarehouseError):
    """The release was made before there were views over all forms."""


@dataclass(frozen=True)
class OneForm:
    """A form with all that its page shows.

    Attributes:
        about: Its row of `all_forms`.
        funding: Its rows of `all_funding`, in their order.
        indicators: Its rows of `all_indicators`, in their order.
        evidence: Its rows of `contract.Evidence`, in page order.
        findings: Its rows of `findings`, the gravest first.
        pairs: `finding`, `place`: which finding is about which row of `evidence`, by their positions.
    """

    about: dict[str, Any]
    funding: pl.DataFrame
    indicators: pl.DataFrame
    evidence: pl.DataFrame
    findings: pl.DataFrame
    pairs: pl.DataFrame


class ReleaseData:
    """One release, for reading. Safe to use from many threads.

    Args:
        release: The release. Its files never change.

    Raises:
        NoViews: It has no view over all forms.
    """

    def __init__(self, release: Release) -> None:
        if "published/all_forms" not in release.manifest["tables"]:
            raise NoViews(
                f"release {release.release_id} was made by a version of jixiao without views over all forms: "
                "run `jixiao backfill --outdated` to make one that has them"
            )
        self.release = release
        self.release_id = release.release_id

    @cached_property
    def forms(self) -> pl.DataFrame:
        """All forms: what lists show of them, and `words`, the texts that are searched, in lower case."""
        goals = ("expected_goal_text", "actual_goal_text")
        named = (
            self.release.scan("all_indicators")
            .select("form_id", "indicator_name")
            .group_by("form_id")
            .agg(pl.col("indicator_name").str.join(" "))
        )
        words = pl.concat_str([*_SEARCHED, *goals, "indicator_name"], separator="\n", ignore_nulls=True)
        return (
            self.release.scan("all_forms")
            .select({*_LISTED, *_SEARCHED, *goals})
            .join(named, on="form_id", how="left")
            .select(*_LISTED, words=words.str.to_lowercase())
            .sort("fiscal_year", "department", "implementing_unit", "project_name", "form_id", nulls_last=True)
            .with_columns(pl.col("status").cast(pl.String))
            .collect()
        )

    @cached_property
    def failing(self) -> pl.DataFrame:
        """Which form fails which rule: `form_id`, `rule_id`, `severity`, each pair once."""
        found = self.release.scan("findings").filter(pl.col("form_id") != "")
        return found.select("form_id", "rule_id", pl.col("severity").cast(pl.String)).unique().collect()

    @cached_property
    def rule_titles(self) -> dict[str, dict[str, str]]:
        """Titles of rules, by rule and language, with the thresholds that the release was made with."""
        return rule_titles(self.release)

    def form(self, form_id: str) -> OneForm | None:
        """Return one form; null: the release does not have it."""
        known = self.release.scan("all_forms").filter(form_id=form_id).collect()
        if known.is_empty():
            return None
        evidence = pl.concat([self.release.scan("evidence", place).filter(form_id=form_id) for place in PLACES])
        found = self.release.scan("findings").filter(form_id=form_id).sort("severity", "rule_id", "record_id").collect()
        placed = evidence.sort("page_number", "top", "x0", "column_name", "record_id", "part_number").collect()
        return OneForm(
            about=known.row(0, named=True),
            funding=self.release.scan("all_funding").filter(form_id=form_id).sort("line_number").collect(),
            indicators=self.release.scan("all_indicators").filter(form_id=form_id).sort("indicator_number").collect(),
            evidence=placed,
            findings=found,
            pairs=suspects(placed, found),
        )

    def rule_counts(self) -> dict[str, int]:
        """Return how many forms fail each rule that any form fails."""
        return dict(self.failing.group_by("rule_id").agg(pl.col("form_id").n_unique()).sort("rule_id").iter_rows())

    def warm(self) -> None:
        """Read what searches need."""
        _ = self.forms.height, self.failing.height, self.rule_titles


class Shelf:
    """The releases of a warehouse, the last ones asked for kept open. Safe to use from many threads.

    Args:
        house: The warehouse.
        only: Show this release and no newer one; null: follow the published one.
    """

    def __init__(self, house: Warehouse, only: str | None = None) -> None:
        self.house = house
        self._only = only
        self._open: OrderedDict[str, ReleaseData] = OrderedDict()
        self._lock = threading.Lock()

    def current(self) -> ReleaseData:
        """Return the release to show now: what a request asks here it keeps to its end.

        Raises:
            WarehouseError: There is none, or it cannot be read.
        """
        if self._only is not None:
            return self.get(self._only)
        release = self.house.releases.current()
        if release is None:
            raise WarehouseError(f"nothing is published yet in {self.house.location}: ingest first")
        return self._opened(release)

    def get(self, release_id: str) -> ReleaseData:
        """Return a release by its id.

        Raises:
            ReleaseNotFound: It is not kept.
        """
        with self._lock:
            known = self._open.get(release_id)
        return known or self._opened(self.house.releases.get(release_id))

    def _opened(self, release: Release) -> ReleaseData:
        with self._lock:
            if release.release_id not in self._open:
                self._open[release.release_id] = ReleaseData(release)
            self._open.move_to_end(release.release_id)
            while len(self._open) > MOST_RELEASES:
                self._open.popitem(last=False)
            return self._open[release.release_id]
