"""Two warehouses of the same documents: what differs is named, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.differences import differing, report, values


def _warehouse(root: Path, *, part: str = "published", **other: dict[str, list[Any]]) -> pl.DataFrame:
    """Write a warehouse of two forms of one document, with other columns for some tables; return its values."""
    of_form = {"form_id": ["d-1", "d-2"]}
    tables: dict[str, dict[str, list[Any]]] = {
        "documents": {"document_id": ["d"], "file_name": ["one.pdf"], "reader_version": [str(root)]},
        "pages": {"document_id": ["d"], "page_number": [1]},
        "forms": of_form | {"document_id": ["d", "d"], "total_score_points": ["99", "98"]},
        "funding": of_form | {"line_number": [1, 1], "executed_cny": ["10", None]},
        "indicators": of_form | {"indicator_number": [1, 1], "actual_text": ["5次", "是"]},
        "leftovers": of_form | {"kind": ["text", "text"], "label": ["备注", "备注"], "printed_text": ["无", "无"]},
        "checks": {"document_id": ["d"], "form_id": ["d-1"], "rule_id": ["R01"], "record_id": ["d-1"]},
    }
    for name, columns in tables.items():
        path = root / ("published" if name in ("documents", "pages") else part) / name / "all.parquet"
        path.parent.mkdir(parents=True)
        pl.DataFrame(columns | other.get(name, {})).write_parquet(path)
    return values(root)


def _found(here: pl.DataFrame, there: pl.DataFrame) -> list[tuple[Any, ...]]:
    return differing(here, there).select("table_name", "record", "column_name", "here", "there").rows()


def test_same_tables_do_not_differ(tmp_path: Path) -> None:
    one, other = _warehouse(tmp_path / "a"), _warehouse(tmp_path / "b")
    assert _found(one, other) == []
    assert report(one, other, 5) == "1 documents, of which 0 differ\n"


def test_differing_value_is_named_with_its_document(tmp_path: Path) -> None:
    one = _warehouse(tmp_path / "a")
    other = _warehouse(tmp_path / "b", funding={"executed_cny": ["10", "0"]})
    assert _found(one, other) == [("funding", "d-2 1 0", "executed_cny", None, "0")]
    assert "| one.pdf | funding | d-2 1 0 | executed_cny | None | 0 |" in report(one, other, 5)


def test_form_held_by_one_version_differs_in_its_part(tmp_path: Path) -> None:
    one, other = _warehouse(tmp_path / "a"), _warehouse(tmp_path / "b", part="quarantine")
    assert {row[2:] for row in _found(one, other) if row[0] == "forms"} == {("part", "published", "quarantine")}


def test_record_of_one_version_only_differs_in_each_value(tmp_path: Path) -> None:
    one = _warehouse(tmp_path / "a", checks={"rule_id": ["R02"]})
    other = _warehouse(tmp_path / "b")
    assert {row[:2] for row in _found(one, other)} == {("checks", "d-1 R01 d-1 0"), ("checks", "d-1 R02 d-1 0")}


def test_column_of_one_version_only_is_left_out(tmp_path: Path) -> None:
    one, other = _warehouse(tmp_path / "a", forms={"new_column": ["x", "y"]}), _warehouse(tmp_path / "b")
    assert _found(one, other) == []
    assert _found(other, one) == []
