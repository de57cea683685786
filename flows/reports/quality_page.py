"""The report of a release as one HTML file: what was taken in, how each rule fared, what is held back and why.

The file holds all that it shows and loads nothing from elsewhere, so that it can be sent and kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from expectations.settings import RuleSettings
from flows.reports.findings import between_releases, rule_titles
from flows.reports.labels import code_label
from flows.reports.overview import (
    MOST_DEPARTMENTS,
    MOST_FORMS,
    by_department,
    change,
    drawn,
    one_by_one,
    views_of,
)
from flows.reports.pages import page_texts, render_page
from flows.reports.table_library import forms_table, source_of
from warehouse.contract.vocabulary import DOCUMENT_STATUSES
from warehouse.releases.release import Release
from warehouse.releases.row_account import FORM_OUTCOMES
from warehouse.warehouse import Warehouse

if TYPE_CHECKING:
    from expectations.dataset import DatasetRule
    from expectations.rule import Rule

MOST: Final = 500
"""Held forms, failed documents and findings on the dataset that are listed; the rest is counted."""


def write_report(
    house: Warehouse,
    release: Release,
    out: Path,
    language: str,
    rules: RuleSettings,
    form_pages: Mapping[str, str] = MappingProxyType({}),
) -> Path:
    """Write the report of a release.

    Args:
        house: The warehouse of the release; its ledger knows what the last run could not take.
        release: The release that the report is about.
        out: The HTML file; its folder is made, an older file replaced.
        language: `en` or `zh`. Titles of rules are given in both.
        rules: Thresholds of the comparison with the release before.
        form_pages: Where the pages of forms are that the report leads to, by form_id.

    Returns:
        The path written.
    """
    shown = facts(house, release, language, rules)
    script = forms_table()
    library = {"script": script, "script_source": source_of(script), "table_words": page_texts("forms_table")[language]}
    text = render_page("quality_page", language, most=MOST, form_pages=form_pages, **library, **shown)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(text, encoding="utf-8")
    return out


def facts(house: Warehouse, release: Release, language: str, rules: RuleSettings) -> dict[str, Any]:
    """Gather what the report shows; every list is whole, the template cuts it."""
    documents = release.scan("documents").collect()
    outcomes = release.outcomes()
    all_forms, all_indicators = views_of(release)
    t = page_texts("quality_page")[language]
    failed = documents.filter(pl.col("status") == "failed").sort("file_name").select("file_name", "reason").to_dicts()
    listed = {row["file_name"] for row in failed}
    failed = [{**row, "reason": _named(row["reason"], language)} for row in failed]
    return {
        "release": release.release_id,
        "made": release.manifest["created_at"][:16].replace("T", " "),
        "versions": {t.get(f"version_{name}", name): said for name, said in release.manifest["versions"].items()},
        "documents": _shares(documents["status"], DOCUMENT_STATUSES),
        "forms": _shares(outcomes["outcome"], FORM_OUTCOMES),
        "indicator_count": int(release.scan("indicators").select(pl.len()).collect().item()),
        "change": change(house, release),
        "charts": drawn(all_forms, all_indicators, t),
        "departments": by_department(all_forms),
        "most_departments": MOST_DEPARTMENTS,
        "all_forms": one_by_one(all_forms),
        "most_forms": MOST_FORMS,
        "rules": rule_tallies(release, language),
        "held": held(release, language),
        "failed": failed,
        "problems": [
            {**problem, "code": _named(problem["code"], language)}
            for problem in problems_of_last_run(house)
            if problem["source"] not in listed
        ],
        "dataset": on_dataset(house, release, language, rules),
    }


def _named(reason: str | None, language: str) -> str:
    """Return a reason with its code, before the colon, by its name."""
    code, colon, rest = (reason or "").partition(":")
    return code_label("document_reason", code, language) + colon + rest


def _shares(values: pl.Series, names: Iterable[str]) -> dict[str, Any]:
    total = values.len()
    counts = {name: int((values == name).sum()) for name in names}
    parts = [{"name": name, "count": n, "share": 100 * n / total} for name, n in counts.items() if n]
    return {"total": total, "parts": parts}


def rule_tallies(release: Release, language: str) -> list[dict[str, Any]]:
    """Count for each rule of the catalogue how many records of the release passed, failed and were not judged.

    `forms` is the number of forms with a record that fails. `share_*` are percent of all records of the rule.
    """
    from expectations.catalogue import RULES
    from expectations.dataset import WITHIN

    counts = {row["rule_id"]: row for row in release.scan("rule_results").collect().iter_rows(named=True)}
    failing = release.scan("checks").filter(pl.col("status") == "fail").group_by("rule_id")
    broken = dict(failing.agg(pl.col("form_id").n_unique()).collect().iter_rows())
    titles = rule_titles(release)
    rows = []
    rules: list[Rule | DatasetRule] = [*RULES, *WITHIN]
    for rule in rules:
        count = counts.get(rule.id, {"severity": rule.severity, "passed": 0, "failed": 0, "not_applicable": 0})
        whole = sum(count[key] for key in ("passed", "failed", "not_applicable")) or 1
        rows.append(
            {
                "id": rule.id,
                "severity": count["severity"],
                "title": titles[rule.id][language],
                "title_zh": titles[rule.id]["zh"],
                "passed": count["passed"],
                "failed": count["failed"],
                "not_applicable": count["not_applicable"],
                "forms": broken.get(rule.id, 0),
                "share_passed": 100 * count["passed"] / whole,
                "share_failed": 100 * count["failed"] / whole,
            }
        )
    return rows


def held(release: Release, language: str) -> list[dict[str, Any]]:
    """List the forms in quarantine, each with its findings: the critical ones first.

    The messages are whole sentences that begin with page and project; what the heading says already is left out.
    """
    message = pl.col("message" if language == "zh" else "message_en").str.replace(r"^[^：:]*[：:]\s*", "")
    forms = release.scan("forms", "quarantine").select(
        "form_id",
        "document_id",
        "project_name",
        "fiscal_year",
        pl.coalesce("implementing_unit", "department").alias("unit"),
    )
    documents = release.scan("documents").select("document_id", "file_name")
    findings = (
        release.scan("checks")
        .filter(pl.col("status") == "fail")
        .join(forms, on="form_id", how="semi")
        .select("form_id", "rule_id", pl.col("severity").cast(pl.String), "page_number", message.alias("message"))
        .sort("form_id", pl.col("severity") != "critical", "rule_id")
        .group_by("form_id", maintain_order=True)
        .agg(pl.struct("rule_id", "severity", "page_number", "message").alias("findings"))
    )
    rows = forms.join(documents, on="document_id").join(findings, on="form_id", how="left").sort("file_name", "form_id")
    return rows.collect().to_dicts()


def problems_of_last_run(house: Warehouse) -> list[dict[str, str]]:
    """List what the newest finished run could not take or read: source, code, message."""
    ended = house.ledger.runs().filter(pl.col("summary").is_not_null())
    if ended.is_empty():
        return []
    problems: list[dict[str, str]] = json.loads(ended["summary"][-1]).get("problems", [])
    return problems


def on_dataset(house: Warehouse, release: Release, language: str, rules: RuleSettings) -> list[dict[str, Any]]:
    """List the findings of the rules on the dataset, and between it and the release before: rule, title, message."""
    from expectations.dataset import RULES

    titles = rule_titles(release)
    is_of_dataset = pl.col("rule_id").is_in([rule.id for rule in RULES])
    failed = release.scan("checks").filter(pl.col("status") == "fail", is_of_dataset)
    found = failed.sort("rule_id", "record_id").collect().to_dicts() + between_releases(house, release, rules)
    return [
        {
            **{key: row[key] for key in ("rule_id", "severity")},
            "record_id": row["record_id"] if row["document_id"] else "",
            "message": row["message" if language == "zh" else "message_en"],
            "title": titles[row["rule_id"]][language],
        }
        for row in found
    ]
