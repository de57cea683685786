"""Where a value comes from: the record's places on the page, as rows and as a picture."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from flows.reports.page_picture import Mark, mark_pages
from flows.reports.pages import page_texts
from flows.reports.places import suspects
from transforms.reading.pdfium.missing_glyphs import with_missing_glyphs
from warehouse.contract import codes
from warehouse.contract.ids import parse_id
from warehouse.contract.metadata import column_about, table_about
from warehouse.contract.vocabulary import PLACES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from warehouse.releases.release import Release
    from warehouse.warehouse import Warehouse

_WITH_RULE: Final = re.compile(r"(?P<id>[^/:]+)(?:[/:](?P<rule>R[0-9]+\w*))?")


class UnknownId(ValueError):
    """No form, record or failed check of the current release has this id."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What `show` found.

    evidence: one row for each place, in page order: contract `Evidence`, `is_failure`, and where that is so `rules`
        (joined by a space) and `severity` (the gravest).
    findings: the failed checks of the form or record, as rows for people.
    document_id: the archived PDF.
    """

    evidence: pl.DataFrame
    findings: list[dict[str, Any]]
    document_id: str


def find(house: Warehouse, wanted: str) -> Shown:
    """Find the places of a form, a funding line, an indicator, or of what a failed check is about.

    Args:
        house: the warehouse; its current release is searched, published and quarantined forms alike.
        wanted: a form_id, funding_id or indicator_id; or one of these, a slash and a rule: `<form_id>/R07`.

    Raises:
        UnknownId: the id has another shape, or nothing in the release has it; says what to do.
    """
    parts = _WITH_RULE.fullmatch(wanted.strip())
    found = parse_id(parts["id"]) if parts else None
    if parts is None or found is None or found.table == "leftovers":
        raise UnknownId(
            f"{wanted!r} is not an id: expected a form_id, funding_id or indicator_id as in the Parquet files, "
            "or one of them with a rule, such as <form_id>/R07"
        )
    release = house.releases.current()
    form_id, record_id, rule = found.form_id, parts["id"], parts["rule"]
    is_record = found.table != "forms"
    evidence = _evidence(release, form_id) if release else None
    if release is None or evidence is None or evidence.is_empty():
        raise UnknownId(f"no form {form_id} in the current release; `jixiao releases` lists what there is")
    checks = release.scan("checks").filter(pl.col("form_id") == form_id, pl.col("status") == "fail")
    if rule:
        checks = checks.filter(pl.col("rule_id") == rule)
    if is_record:
        checks = checks.filter(pl.col("record_id") == record_id)
    failed = checks.collect()
    if rule and failed.is_empty():
        raise UnknownId(f"{record_id} does not fail rule {rule}; `jixiao show {form_id}` lists what it fails")
    if is_record:
        evidence = evidence.filter(pl.col("record_id") == record_id)
    if evidence.is_empty():
        raise UnknownId(f"form {form_id} has no record {record_id}")
    evidence = _mark_failures(evidence, failed)
    if rule:
        evidence = evidence.filter("is_failure")
    findings = failed.sort("severity", "rule_id", "record_id").select(
        "severity", "rule_id", "record_id", "page_number", "message", "message_en"
    )
    return Shown(
        evidence=evidence.sort("page_number", "top", "x0", "column_name"),
        findings=findings.to_dicts(),
        document_id=document_of(release, form_id),
    )


def _mark_failures(evidence: pl.DataFrame, failed: pl.DataFrame) -> pl.DataFrame:
    """Add `is_failure`: a failed rule compares what stands there; `rules`: which; `severity`: the gravest."""
    about = (
        suspects(evidence, failed)
        .join(failed.with_row_index("finding").select("finding", "rule_id", "severity"), on="finding")
        .group_by("place")
        .agg(rules=pl.col("rule_id").unique().sort().str.join(" "), severity=pl.col("severity").min())
    )
    return (
        evidence.with_row_index("place")
        .join(about, on="place", how="left", maintain_order="left")
        .with_columns(is_failure=pl.col("rules").is_not_null())
        .drop("place")
    )


def document_of(release: Release, form_id: str) -> str:
    """Return the document_id of a form of the release."""
    both = pl.concat([release.scan("forms", place).select("form_id", "document_id") for place in PLACES])
    found: str = both.filter(pl.col("form_id") == form_id).collect()["document_id"][0]
    return found


def _evidence(release: Release, form_id: str) -> pl.DataFrame:
    places = pl.concat([release.scan("evidence", place) for place in PLACES])
    return places.filter(pl.col("form_id") == form_id).collect()


def rows_of(shown: Shown, language: str) -> dict[str, list[dict[str, Any]]]:
    """Return the findings and the places for people, messages in the language (en or zh)."""
    places = shown.evidence.select(
        "page_number",
        pl.col("table_name").alias("table"),
        "record_id",
        pl.col("column_name").alias("column"),
        "printed_text",
        pl.concat_str([pl.col(c).round(1) for c in ("x0", "top", "x1", "bottom")], separator=" ").alias("box"),
        pl.when("is_failure").then(pl.lit("fails")).otherwise(pl.lit("")).alias("judged"),
        pl.col("rules").fill_null(""),
    )
    findings = [
        {key: finding[key] for key in ("severity", "rule_id", "record_id", "page_number")}
        | {"message": finding["message" if language == "zh" else "message_en"]}
        for finding in shown.findings
    ]
    return {"findings": findings, "places": places.to_dicts()}


def places_of(shown: Shown) -> list[dict[str, Any]]:
    """Return the places as data: in points, and whether a check that fails compares what stands there."""
    names = ("page_number", "record_id", "printed_text", "x0", "top", "x1", "bottom", "is_failure")
    return shown.evidence.select(*names, table="table_name", column="column_name").to_dicts()


def in_chinese(places: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows of places with tables and columns called by their Chinese names.

    Example:
        >>> place = {"page_number": 1, "table": "forms", "record_id": "a-001", "column": "executed_cny"}
        >>> row = in_chinese([{**place, "printed_text": "1", "box": "0 0 1 1", "judged": "fails", "rules": "R15"}])[0]
        >>> row["column"], row["judged"]
        ('全年执行数（元）', '违反 R15')
    """
    breaks = page_texts("commands")["zh"]["breaks"]
    return [
        {
            "page_number": place["page_number"],
            "table": table_about(place["table"], "zh").name,
            "record_id": place["record_id"],
            "column": column_about(place["table"], place["column"], "zh").name,
            "printed_text": place["printed_text"],
            "box": place["box"],
            "judged": breaks.format(rules=place["rules"]) if place["judged"] else "",
        }
        for place in places
    ]


def severity_name(severity: str, language: str) -> str:
    """Return what a severity is called.

    Example:
        >>> severity_name("critical", "zh"), severity_name("critical", "en")
        ('关键', 'critical')
    """
    named = codes().filter(list_name="severity", code=severity)
    name: str = named[f"label_{language}"].item()
    return name


def draw(house: Warehouse, shown: Shown, target: Path, *, scale: float = 2.0) -> bool:
    """Write the pages with what matters framed, as a PNG; return whether it has all Chinese characters of the pages.

    Where something fails, only its places are framed, each with its rules; else all places that were found.

    Raises:
        WarehouseError: The archive does not have the document.
    """
    failing = shown.evidence.filter("is_failure")
    framed = shown.evidence if failing.is_empty() else failing
    columns = ("page_number", "x0", "top", "x1", "bottom", "severity", "rules")
    marks = {Mark(*row) for row in framed.select(columns).iter_rows()}
    with house.archive.file(shown.document_id) as document:
        image = mark_pages(document, list(marks), scale=scale)
        lacking = with_missing_glyphs(document, {mark.page_number for mark in marks})
    target.parent.mkdir(parents=True, exist_ok=True)
    image.save(target, format="PNG")
    return not lacking
