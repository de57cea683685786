"""What a release finds wrong: the forms that it holds back, and what sets it apart from the one before."""

from __future__ import annotations

from typing import Any

import polars as pl

from expectations.settings import RuleSettings
from warehouse.releases.release import Release
from warehouse.warehouse import Warehouse


def rule_titles(release: Release) -> dict[str, dict[str, str]]:
    """Return the titles of all rules, by rule and by language, with the thresholds that the release was made with.

    A release of before it had the table `rules` has the titles of the defaults.
    """
    from expectations.listing import rules_table

    listed_there = "published/rules" in release.manifest["tables"]
    listed = [rules_table(RuleSettings()), *([release.scan("rules").collect()] if listed_there else [])]
    return {row["rule_id"]: {"zh": row["title_zh"], "en": row["title_en"]} for t in listed for row in t.to_dicts()}


def release_before(house: Warehouse, release: Release) -> Release | None:
    """Return the release that another one follows; null: there is none, or it is not kept any more."""
    name = release.manifest["previous_release_id"]
    return next((kept for kept in house.releases.kept() if kept.release_id == name), None)


def between_releases(house: Warehouse, release: Release, rules: RuleSettings) -> list[dict[str, Any]]:
    """List what sets a release apart from the one before it: rows that are lost, shares that moved (D03, D05).

    Rows of `contract.Checks`. Nothing where there is no earlier release, or it is not kept any more, or damaged.
    """
    from expectations.dataset import BETWEEN_RELEASES, COMPARED, check_dataset

    earlier = release_before(house, release)
    if earlier is None or any(house.releases.damage(earlier, f"published/{name}/") for name in COMPARED):
        return []
    now, then = ({n: r.scan(n).select(c).collect() for n, c in COMPARED.items()} for r in (release, earlier))
    checks = check_dataset(now, then, rules, BETWEEN_RELEASES).checks
    return checks.filter(pl.col("status").cast(pl.String) == "fail").to_dicts()


def held_forms(release: Release, language: str, only: str = "") -> list[dict[str, Any]]:
    """List the forms in quarantine with the findings that hold them back, one row for each finding.

    Args:
        release: The release to look at.
        language: `en` or `zh`, of the findings.
        only: What form_id or rule_id begins with; all of them when it is empty.
    """
    forms = release.scan("forms", "quarantine").select("form_id", "document_id")
    documents = release.scan("documents").select("document_id", "file_name")
    finding = pl.col("message" if language == "zh" else "message_en")
    rows = (
        forms.join(documents, on="document_id")
        .join(critical_failures(release).drop("document_id"), on="form_id", how="left")
        .sort("file_name", "form_id", "rule_id", "record_id")
        .select(
            "form_id",
            "file_name",
            pl.col("rule_id").alias("rule"),
            pl.col("page_number").alias("page"),
            finding.alias("finding"),
            pl.col("observed"),
            pl.col("expected"),
        )
        .filter(pl.any_horizontal(pl.col("form_id", "rule").str.starts_with(only)))
    )
    return rows.collect().to_dicts()


def critical_failures(release: Release) -> pl.LazyFrame:
    """Return the rows of `checks` that hold the forms of a release back."""
    held = release.scan("forms", "quarantine").select("form_id")
    failed = release.scan("checks").filter((pl.col("severity") == "critical") & (pl.col("status") == "fail"))
    return failed.join(held, on="form_id", how="semi")
