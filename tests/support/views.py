"""Releases of a few rows, and their views."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from tests.support.builders import document_id, form_id, frame
from warehouse import contract
from warehouse.releases.views import BY_YEAR, Views

Row = Mapping[str, Any]


def form(name: str, **values: Any) -> Row:
    """A form of the document with that name; what is not given is null."""
    given = {
        "form_id": form_id(name),
        "document_id": document_id(name),
        "form_number": 1,
        "page_first": 1,
        "page_last": 1,
        "template": "mof_standard",
        "fiscal_year": 2023,
        "project_name": "项目甲",
        "department": "某某局",
        "implementing_unit": "某某中心",
        "indicator_count": 0,
        "unnamed_row_count": 0,
    }
    return given | values


def indicator(name: str, number: int = 1, **values: Any) -> Row:
    given = {
        "indicator_id": f"{form_id(name)}-i{number:03d}",
        "form_id": form_id(name),
        "indicator_number": number,
        "target_kind": "quantitative",
    }
    return given | values


def finding(name: str, rule: str, severity: str, record: str | None = None, **values: Any) -> Row:
    given = {
        "document_id": document_id(name),
        "form_id": form_id(name),
        "rule_id": rule,
        "table_name": "indicators" if record else "forms",
        "record_id": record or form_id(name),
        "rule_version": 1,
        "severity": severity,
        "status": "fail",
    }
    return given | values


def tables(
    published: Sequence[Row] = (),
    held: Sequence[Row] = (),
    *,
    funding: Sequence[Row] = (),
    indicators: Sequence[Row] = (),
    evidence: Sequence[Row] = (),
    checks: Sequence[Row] = (),
    regions: Mapping[str, str] | None = None,
) -> dict[tuple[str, str], pl.LazyFrame]:
    """The tables of a release with these rows; `regions` are what sources give, by name of document."""
    rows: dict[str, Sequence[Row]] = {"funding": funding, "indicators": indicators, "evidence": evidence}
    made: dict[tuple[str, str], pl.LazyFrame] = {}
    for place, forms in (("published", published), ("quarantine", held)):
        ids = {row["form_id"] for row in forms}
        made[place, "forms"] = frame(contract.Forms, forms).lazy()
        for table, some in rows.items():
            here = [row for row in some if row["form_id"] in ids]
            made[place, table] = frame(contract.FORM_TABLES[table], here).lazy()
    given = {document_id(name): region for name, region in (regions or {}).items()}
    documents = [
        {
            "document_id": document,
            "source_uri": "a.pdf",
            "file_name": "a.pdf",
            "reader": "pdfium",
            "region": given.get(document),
        }
        for document in sorted({row["document_id"] for row in (*published, *held)})
    ]
    rules = [
        {"rule_id": rule, "title_zh": f"规则{rule}", "title_en": f"rule {rule}"}
        for rule in sorted({row["rule_id"] for row in checks})
    ]
    made["published", "documents"] = frame(contract.Documents, documents).lazy()
    made["published", "checks"] = frame(contract.Checks, checks).lazy()
    made["published", "rules"] = frame(contract.Rules, rules).lazy()
    made["published", "regions"] = contract.regions().lazy()
    return made


def views_of(made: Mapping[tuple[str, str], pl.LazyFrame]) -> dict[str, pl.DataFrame]:
    """All views, each checked by its contract, rows sorted by key."""
    with Views(made) as views:
        found = dict(views.of_dataset())
        ids = found["all_forms"].lazy().select("form_id")
        found |= {view: views.of_forms(view, ids) for view in BY_YEAR}
    return {
        name: contract.conform(rows, contract.VIEWS[name]).sort(contract.VIEWS[name].primary_key())
        for name, rows in found.items()
    }
