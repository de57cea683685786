from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.warehouse.exporting.conftest import Export
from warehouse.releases.release import Release


def described(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "croissant.json").read_text("utf-8"))
    return found


def test_croissant_has_each_file_with_its_sum_and_each_column(export: Export) -> None:
    folder = export("parquet")
    about = described(folder)
    sums = {one["contentUrl"]: one["sha256"] for one in about["distribution"]}
    assert sums == {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.glob("*.parquet")}
    for records in about["recordSet"]:
        columns = list(pl.read_parquet_schema(folder / f"{records['@id']}.parquet"))
        assert [field["name"] for field in records["field"]] == columns
        assert [field["source"]["extract"]["column"] for field in records["field"]] == columns
        assert {key["@id"].partition("/")[2] for key in records["key"]} <= set(columns)
    assert (about["license"], about["version"]) == ("https://creativecommons.org/licenses/by/4.0/", "1.0.0")


def test_croissant_says_units_labels_and_that_money_is_exact(export: Export) -> None:
    (forms,) = [one for one in described(export("parquet"))["recordSet"] if one["@id"] == "quarantine.forms"]
    assert forms["description"].endswith("Of the forms that were held back. 自评表")
    executed = next(field for field in forms["field"] if field["name"] == "executed_cny")
    assert executed["dataType"] == "sc:Float"
    assert executed["description"] == (
        "全年执行数（元）: executed, total row. Unit: yuan. Exact in the file: decimal(18, 2)."
    )


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of what mlcroissant calls in rdflib and others
def test_croissant_is_valid_and_its_records_are_those_of_the_release(export: Export, release: Release) -> None:
    """Only where mlcroissant is installed: it needs jsonpath-rw, of which there is source only."""
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed: pip install mlcroissant")
    dataset = mlcroissant.Dataset(export("parquet") / "croissant.json")
    assert list(dataset.metadata.ctx.issues.errors) == []
    assert list(dataset.metadata.ctx.issues.warnings) == []
    for name in ("all_forms", "indicators", "funding"):
        rows = release.scan(name).collect()
        read = list(dataset.records(name))
        assert len(read) == rows.height
        assert {one[f"{name}/form_id"].decode() for one in read} == set(rows["form_id"])
    by_id = {one["all_forms/form_id"].decode(): one for one in dataset.records("all_forms")}
    for form in release.scan("all_forms").collect().iter_rows(named=True):
        one = by_id[form["form_id"]]
        assert Decimal(str(one["all_forms/total_score_points"])) == form["total_score_points"]
        assert one["all_forms/project_name"].decode() == form["project_name"]
        assert (one["all_forms/annual_budget_cny"] is None) is (form["annual_budget_cny"] is None)
