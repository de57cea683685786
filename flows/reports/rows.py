"""Rows for the terminal: releases, runs, rules, and what the closed lists lack."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import polars as pl

from expectations.settings import RuleSettings
from warehouse.releases.release import Release


def vocabulary_gap_rows(release: Release) -> list[dict[str, Any]]:
    """List what the forms of a release print that the closed lists do not have, most frequent first.

    One row for each kind and printed text, with how many rows of `indicators` and `funding` print it; forms that were
    held back count too.
    """
    from transforms.gaps import vocabulary_gaps

    return vocabulary_gaps(
        {
            name: pl.concat([release.scan(name, place) for place in ("published", "quarantine")]).collect()
            for name in ("indicators", "funding")
        }
    ).to_dicts()


def release_rows(releases: Sequence[Release], pinned: Release | None) -> list[dict[str, Any]]:
    """List releases with when they were made and what they hold; the published one is marked."""
    rows = []
    for release in releases:
        account = release.manifest["account"]
        rows.append(
            {
                "release": release.release_id,
                "made": release.manifest["created_at"],
                "documents": account["documents_seen"],
                "forms_published": account["forms_published"],
                "forms_quarantined": account["forms_quarantined"],
                "contract": release.contract_version,
                "is_published": release.is_current,
                "is_pinned": pinned is not None and release.release_id == pinned.release_id,
            }
        )
    return rows


def catalogue_rows(settings: RuleSettings, language: str) -> list[dict[str, Any]]:
    """List the rules of the catalogue with the severity and the thresholds that the settings give them.

    Args:
        settings: The `[rules]` table.
        language: `en` or `zh`, of the titles.
    """
    from expectations.catalogue import RULES
    from expectations.wording import wording

    return [
        {
            "rule": rule.id,
            "version": rule.version,
            "severity": settings.severities.get(rule.id, rule.severity),
            "table": rule.table,
            "title": wording(rule, settings).title(language),
        }
        for rule in RULES
    ]
