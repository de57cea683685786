"""The recipes of the pages for those who use the data run on the samples, each alone."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

from flows.running.summary import RunSummary
from tests.support.paths import ROOT
from tests.support.project import REGENERATE
from tests.support.questions import QUESTIONS, answer
from tests.support.spark import printed_by_spark

NOTEBOOK: Final = ROOT / "docs" / "notebooks" / "three-questions.ipynb"


def _python_of(page: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / page).read_text("utf-8"), re.DOTALL)


def _examples() -> list[Any]:
    pages = [f"{page}{twin}.md" for page in ("README", "docs/tools", "docs/trace") for twin in ("", ".zh-CN")]
    found = [(page, number, example) for page in pages for number, example in enumerate(_python_of(page))]
    assert {page for page, _, _ in found} == set(pages)
    return [pytest.param(example, id=f"{page}-{number}") for page, number, example in found]


def _printed_by(example: str, data: Path, folder: Path) -> str:
    (folder / "data").symlink_to(data)
    command = [sys.executable, "-W", "error", "-c", example]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("example", _examples())
def test_example_of_a_page_runs_alone_on_the_samples(
    example: str, ingested: tuple[Path, RunSummary], tmp_path: Path
) -> None:
    assert _printed_by(example, ingested[0], tmp_path).strip()


@pytest.mark.slow
@pytest.mark.long
def test_recipe_for_spark_counts_the_forms_that_are_held(ingested: tuple[Path, RunSummary], tmp_path: Path) -> None:
    (tmp_path / "data").symlink_to(ingested[0])
    (recipe,) = _python_of("docs/spark.md")
    rows = [line.split("|") for line in printed_by_spark(recipe, tmp_path).splitlines() if "交通" in line]
    assert [[cell.strip() for cell in row[2:5]] for row in rows] == [["1", "1", "1584000.00"]]


def test_notebook_runs_and_has_the_outputs_that_it_shows(ingested: tuple[Path, RunSummary], tmp_path: Path) -> None:
    """With the flag of the golden files the notebook is written anew with its outputs."""
    (tmp_path / "data").symlink_to(ingested[0])
    notebook = json.loads(NOTEBOOK.read_text("utf-8"))
    command = [sys.executable, "-W", "error", "-m", "tests.support.notebook", str(NOTEBOOK)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, encoding="utf-8", check=True
    )
    outputs = json.loads(done.stdout)
    cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
    if REGENERATE in os.environ:
        for number, (cell, made) in enumerate(zip(cells, outputs, strict=True), 1):
            cell["execution_count"] = number
            cell["outputs"] = [one | ({"execution_count": number} if "data" in one else {}) for one in made]
        NOTEBOOK.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", "utf-8")
    assert [_kept(cell["outputs"]) for cell in cells] == [_kept(made) for made in outputs]


def _kept(outputs: list[dict[str, Any]]) -> list[Any]:
    """What must be the same: texts. The letters of a chart are as wide as the machine's fonts."""
    return [one.get("text") or sorted(one["data"]) for one in outputs]


COUNTED_BY_HAND = {
    "执行率与金额不符": [("冬春季道路除雪保障", "held", "R15", Decimal("102.5900"), Decimal("102.5907"))],
    "超额完成十倍以上": [],
    "各级指标满分比例": [
        ("benefit", "ecological_benefit", 2, 100.0),
        ("benefit", "economic_benefit", 3, 100.0),
        ("benefit", "social_benefit", 5, 100.0),
        ("benefit", "sustainable_impact", 3, 100.0),
        ("output", "cost", 1, 100.0),
        ("output", "quality", 11, 100.0),
        ("output", "quantity", 17, 88.2),
        ("output", "timeliness", 7, 85.7),
        ("satisfaction", "satisfaction", 7, 100.0),
    ],
    "执行率与总分": [
        ("60 to 90", 1, 96.8, Decimal("96.8")),
        ("90 to 100", 5, 99.41, Decimal("98.46")),
        ("above 100", 1, 100.0, 100),
    ],
    "分值分布": [
        ("benefit", 13, 6, 15, 20, 7, 4),
        ("output", 36, 5, 10, 20, 7, 0),
        ("satisfaction", 7, 10, 10, 10, 7, 0),
    ],
    "照抄指标值": [],
    "项目各年变化": [],
    "各区划未执行金额": [("not known", None, 7, Decimal("155.92"), Decimal("2446.75"))],
}
"""What the pages of the samples print, by question."""


def test_answers_on_the_samples_are_those_counted_by_hand(ingested: tuple[Path, RunSummary]) -> None:
    answers = {question: answer(ingested[0].parent, question) for question in QUESTIONS}
    kept = {"执行率与金额不符": (2, 4, 5, 8, 9)}
    picked = {
        question: [tuple(row[i] for i in kept[question]) if question in kept else row for row in rows]
        for question, rows in answers.items()
    }
    assert picked == COUNTED_BY_HAND
