"""Whole documents against what they say: by producers and layouts, with both feeds.

`tests/data/<layout>/sources` holds PDFs of the corpus generator (`benchmarks/corpus`); `groundtruth/<name>.json` is
what the generator printed into them, and `tests/data/golden` what the stages made of them when it was last looked at.
Set JIXIAO_REGENERATE_GOLDEN=1 to write the golden files anew; a test fails as long as it is set.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.support.project import REGENERATE
from transforms.assemble import assemble
from transforms.normalise import normalise
from transforms.read import read_document

ROOT = Path(__file__).parent
PDFS = sorted([*ROOT.glob("data/*/sources/*.pdf"), *ROOT.parent.glob("samples/*.pdf")])
LEFT_OUT = {"x0", "top", "x1", "bottom", "confidence"}


def name_of(pdf: Path) -> str:
    return pdf.stem if pdf.parent.name == "samples" else f"{pdf.parent.parent.name}/{pdf.stem}"


def truth_of(pdf: Path) -> Path:
    if pdf.parent.name == "samples":
        return pdf.parent / "truth" / f"{pdf.stem}.json"
    return pdf.parent.parent / "groundtruth" / f"{pdf.stem}.json"


@cache
def tables_of(pdf: Path, feed: str = "pdfium") -> dict[str, pl.DataFrame]:
    document_id = hashlib.sha256(pdf.read_bytes()).hexdigest()
    reading = read_document(pdf, document_id, feed=feed)
    assert reading.reason is None
    return normalise(assemble(reading.cells))


def folded(text: str | None) -> str:
    return re.sub(r"\s+", "", text or "")


def printed_number(text: str | None) -> str:
    """A number as printed, without its sign for percent, points or money and without commas."""
    return folded(text).replace(",", "")


@pytest.fixture(params=PDFS, ids=name_of)
def pdf(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_regenerate_flag_is_off() -> None:
    assert REGENERATE not in os.environ, "golden files have been written anew: look at the change, then unset the flag"


def test_stages_find_what_the_document_says(pdf: Path) -> None:
    truth: list[dict[str, Any]] = json.loads(truth_of(pdf).read_text("utf-8"))
    tables = tables_of(pdf)
    forms = tables["forms"].sort("form_number")
    assert forms.height == len(truth)
    for form, said in zip(forms.iter_rows(named=True), truth, strict=True):
        for column, key in {
            "project_name": "project",
            "department": "department",
            "implementing_unit": "unit",
            "expected_goal_text": "goal_expected",
            "actual_goal_text": "goal_actual",
            "rating": "rating",
        }.items():
            if said.get(key) is not None:
                assert folded(form[column]) == folded(said[key]), column
        if said.get("year"):
            assert str(form["fiscal_year"]) == said["year"]
        mine = pl.col("form_id") == form["form_id"]
        lines = tables["funding"].filter(mine).sort("line_number")
        for column, key in {
            "source_label": "source",
            "initial_budget_text": "initial",
            "annual_budget_text": "budget",
            "executed_text": "executed",
            "score_text": "score",
        }.items():
            said_texts = [printed_number(line.get(key)) for line in said["funding"]]
            assert [printed_number(text) for text in lines[column]] == said_texts, column
        indicators = tables["indicators"].filter(mine).sort("indicator_number")
        named = [row for row in said["indicators"] if folded(row.get("name"))]
        for column, key in {
            "level_1_label": "level1",
            "level_2_label": "level2",
            "indicator_name": "name",
            "actual_text": "actual",
            "weight_text": "weight",
            "score_text": "score",
            "deviation_text": "deviation",
        }.items():
            assert [folded(text) for text in indicators[column]] == [folded(row.get(key)) for row in named], column


def test_stages_give_the_golden_tables(pdf: Path) -> None:
    golden = ROOT / "data" / "golden" / f"{name_of(pdf).replace('/', '-')}.json"
    tables = {
        name: [
            {column: str(value) for column, value in row.items() if value is not None and column not in LEFT_OUT}
            for row in frame.iter_rows(named=True)
        ]
        for name, frame in tables_of(pdf).items()
        if name != "evidence"
    }
    text = json.dumps(tables, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if REGENERATE in os.environ:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text(text, "utf-8")
    assert text == golden.read_text("utf-8")


def test_feeds_give_the_same_tables(pdf: Path) -> None:
    ours, reference = tables_of(pdf), tables_of(pdf, "pdfplumber")
    for name, frame in ours.items():
        places = [column for column in LEFT_OUT if column in frame.columns]
        assert frame.drop(places).equals(reference[name].drop(places)), name


def test_evidence_of_every_value_is_on_its_page(pdf: Path) -> None:
    """Each number published has a place, and the place lies on a page of the document."""
    tables = tables_of(pdf)
    evidence = tables["evidence"]
    for table, record, column in (
        ("indicators", "indicator_id", "score_points"),
        ("indicators", "indicator_id", "target_value"),
        ("funding", "funding_id", "executed_cny"),
        ("forms", "form_id", "total_score_points"),
    ):
        published = tables[table].filter(pl.col(column).is_not_null()).select(record_id=record)
        column_name = {"target_value": "target_text"}.get(column, column)
        places = evidence.filter(pl.col("table_name") == table, pl.col("column_name") == column_name)
        assert published.join(places, on="record_id", how="anti").is_empty(), column
    assert evidence.filter((pl.col("x1") <= pl.col("x0")) | (pl.col("bottom") <= pl.col("top"))).is_empty()
