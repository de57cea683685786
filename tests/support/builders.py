"""Made-up documents for the warehouse's tests: as small as the contract allows, with values that differ."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl

from warehouse import contract
from warehouse.publishing import Published
from warehouse.releases.contents import Verdict
from warehouse.releases.release import Release
from warehouse.warehouse import Warehouse

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
VERSION = "derive-1"
READER = "reader-1"


@dataclass(frozen=True)
class MadeUpForm:
    """What a made-up form says: two forms with the same fields are the same form."""

    project: str = "项目甲"
    year: int | None = 2023
    unit: str | None = "单位乙"
    score: str = "99.5"
    indicators: int = 3
    goal: str = "完成"


def document_id(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


def form_id(name: str, number: int = 1) -> str:
    return f"{document_id(name)[:24]}-{number:03d}"


def frame(table: Any, rows: Iterable[Mapping[str, object]]) -> pl.DataFrame:
    """Rows of a contract; columns that are not given are null, or the first value of a closed list that needs one."""
    schema = contract.polars_schema(table)
    filled = [dict.fromkeys(schema) | dict(row) for row in rows]
    return pl.DataFrame(filled, schema=dict(schema))


def cells(name: str, count: int = 4) -> pl.DataFrame:
    return frame(
        contract.Cells,
        (
            {
                "document_id": document_id(name),
                "page_number": 1,
                "cell_number": i + 1,
                "text": f"{name} {i}",
                "line_count": 1,
            }
            for i in range(count)
        ),
    )


def tables(documents: Mapping[str, Sequence[MadeUpForm]]) -> dict[str, pl.DataFrame]:
    forms, funding, indicators, leftovers, evidence = [], [], [], [], []
    for name, made in documents.items():
        for number, form in enumerate(made, start=1):
            key = form_id(name, number)
            forms.append(
                {
                    "form_id": key,
                    "document_id": document_id(name),
                    "form_number": number,
                    "page_first": number,
                    "page_last": number,
                    "template": "mof_standard",
                    "fiscal_year": form.year,
                    "project_name": form.project,
                    "department": "主管部门",
                    "implementing_unit": form.unit,
                    "total_score_points": Decimal(form.score),
                    "total_score_text": form.score,
                    "actual_goal_text": form.goal,
                    "indicator_count": form.indicators,
                    "unnamed_row_count": 0,
                }
            )
            funding.append(
                {
                    "funding_id": f"{key}-f01",
                    "form_id": key,
                    "fiscal_year": form.year,
                    "line_number": 1,
                    "source_type": "total",
                    "executed_cny": Decimal("12.34"),
                }
            )
            for i in range(1, form.indicators + 1):
                indicators.append(
                    {
                        "indicator_id": f"{key}-i{i:03d}",
                        "form_id": key,
                        "fiscal_year": form.year,
                        "indicator_number": i,
                        "indicator_name": f"指标{i}",
                        "target_text": "≥10",
                        "actual_text": "12",
                        "target_kind": "quantitative",
                        "weight_points": Decimal(5),
                    }
                )
            leftovers.append(
                {
                    "leftover_id": f"{key}-x001",
                    "form_id": key,
                    "leftover_number": 1,
                    "kind": "other_cell",
                    "printed_text": "备注",
                }
            )
            evidence.append(
                {
                    "form_id": key,
                    "table_name": "forms",
                    "record_id": key,
                    "column_name": "project_name",
                    "part_number": 1,
                    "page_number": number,
                    "x0": 1.0,
                    "top": 2.0,
                    "x1": 3.0,
                    "bottom": 4.0,
                    "printed_text": form.project,
                }
            )
    found: tuple[list[dict[str, Any]], ...] = (forms, funding, indicators, leftovers, evidence)
    return {name: frame(table, rows) for (name, table), rows in zip(contract.FORM_TABLES.items(), found, strict=True)}


def checks(held: Mapping[str, str], documents: Mapping[str, str] | None = None) -> pl.DataFrame:
    """One critical finding for each form_id -> message."""
    return frame(
        contract.Checks,
        (
            {
                "document_id": (documents or {}).get(form, "0" * 64),
                "form_id": form,
                "rule_id": "R06",
                "table_name": "forms",
                "record_id": form,
                "rule_version": 1,
                "severity": "critical",
                "status": "fail",
                "message": message,
            }
            for form, message in held.items()
        ),
    )


def rule_counts(names: Iterable[str]) -> pl.DataFrame:
    return frame(
        contract.RuleCounts,
        (
            {
                "document_id": document_id(name),
                "rule_id": "R06",
                "rule_version": 1,
                "severity": "critical",
                "table_name": "forms",
                "passed": 1,
                "failed": 0,
                "not_applicable": 0,
            }
            for name in names
        ),
    )


def nothing_held(derived: Mapping[str, pl.LazyFrame]) -> Verdict:  # noqa: ARG001
    return Verdict(held=pl.DataFrame(schema={"form_id": pl.String, "reason": pl.String}))


def critical_held(derived: Mapping[str, pl.LazyFrame]) -> Verdict:
    held = derived["checks"].filter(severity="critical").select("form_id", reason="rule_id").collect()
    return Verdict(held=held)


def see(warehouse: Warehouse, names: Iterable[str], now: datetime = NOW) -> None:
    rows = [
        {
            "document_id": document_id(n),
            "source_uri": f"/in/{n}.pdf",
            "file_name": f"{n}.pdf",
            "byte_count": 9,
            "mtime_ns": 1,
        }
        for n in names
    ]
    warehouse.ledger.add_sightings(pl.DataFrame(rows, schema_overrides={"mtime_ns": pl.Int64}), seen_at=now)


def read(
    warehouse: Warehouse,
    names: Sequence[str],
    version: str = READER,
    reason: str | None = None,
    cell_count: int = 4,
    page_marks: str | None = None,
) -> str:
    readings = pl.DataFrame(
        [
            {
                "document_id": document_id(name),
                "page_count": None if reason else 3,
                "reader": None if reason else "pdfium",
                "reader_version": version,
                "reason": reason,
                "page_marks": page_marks,
            }
            for name in names
        ],
        schema={
            "document_id": pl.String,
            "page_count": pl.Int32,
            "reader": pl.String,
            "reader_version": pl.String,
            "reason": pl.String,
            "page_marks": pl.String,
        },
    )
    found = contract.empty(contract.Cells) if reason else pl.concat([cells(name, cell_count) for name in names])
    return warehouse.ledger.add_readings(readings, found, read_at=NOW)


def derive(
    warehouse: Warehouse,
    documents: Mapping[str, Sequence[MadeUpForm]],
    version: str = VERSION,
    held: Mapping[str, str] | None = None,
) -> str:
    pending = warehouse.ledger.underived(version, [document_id(name) for name in documents])
    owner = {form_id(n, i): document_id(n) for n, made in documents.items() for i in range(1, len(made) + 1)}
    return warehouse.ledger.add_derived(
        version, pending, tables(documents), checks(held or {}, owner), rule_counts(documents), derived_at=NOW
    )


def ingest(
    warehouse: Warehouse,
    documents: Mapping[str, Sequence[MadeUpForm]],
    held: Mapping[str, str] | None = None,
    version: str = VERSION,
) -> None:
    see(warehouse, documents)
    read(warehouse, list(documents))
    derive(warehouse, documents, version, held)


def publish(
    warehouse: Warehouse,
    derive_version: str = VERSION,
    gate: Callable[[Mapping[str, pl.LazyFrame]], Verdict] | None = None,
    *,
    now: datetime = NOW,
    keep: int = 30,
    **options: Any,
) -> Published:
    """Publish what is derived, as a run does: what is held back is asked only where something has changed."""
    with warehouse.publishing.begin(derive_version, **options) as publication:
        if publication.unchanged is not None:
            return publication.unchanged
        return publication.publish((gate or critical_held)(publication.tables), now=now, keep=keep)


def whole_release(root: Path) -> Release:
    """Check that what is published is whole and return it."""
    release = Warehouse(root).releases.current()
    assert release is not None
    for table in release.manifest["tables"].values():
        for file in table["files"]:
            assert pl.read_parquet(release.path / file["path"]).height == file["rows"]
    return release
