from __future__ import annotations

import json
from io import StringIO
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from flows.orchestration.deployments import in_words
from flows.running.summarise import problems_before
from flows.running.summary import Problem, RunSummary, as_markdown, as_text
from tests.support.commands import run as call
from tests.support.ingesting import ingest_plainly
from tests.support.versions import KNOWN, revised

NAME = "2022 澜湾县茶叶技术推广站 高山茶园绿色防控示范"
CHANGED = "示范茶园面积 actual_text 1260 -> 1300"


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunSummary, RunSummary]:
    """A warehouse whose second run found a form published again; and the summaries of both runs."""
    root = tmp_path_factory.mktemp("again")
    (root / "known.pdf").write_bytes(KNOWN)
    (root / "revised.pdf").write_bytes(revised())
    return (
        root / "data",
        ingest_plainly(root / "data", root / "known.pdf"),
        ingest_plainly(root / "data", root / "revised.pdf"),
    )


def test_summary_names_the_form_that_was_published_again_and_what_changed(
    again: tuple[Path, RunSummary, RunSummary],
) -> None:
    warehouse, first, second = again
    assert (first.revised_count, first.revised) == (0, [])
    (form,) = second.revised
    assert (form.name, form.said) == (NAME, f"1 field: {CHANGED}")
    console = Console(width=200, record=True, file=StringIO())
    console.print(as_text(second))
    for text in (console.export_text(), as_markdown(second)):
        assert NAME in text
        assert "1260 -> 1300" in text.replace("\\", "")
    assert f"published again with other content: {NAME}" in in_words(second)
    assert "published again" not in in_words(ingest_plainly(warehouse, warehouse.parent / "revised.pdf"))


def test_diff_shows_a_form_published_again_as_one_line(again: tuple[Path, RunSummary, RunSummary]) -> None:
    warehouse, first, second = again
    asked = ["diff", str(first.release_id), str(second.release_id), "-w", str(warehouse)]
    head, *lines = call(*asked).stdout.splitlines()
    assert head.split("\t") == ["change", "year", "unit", "project", "what", "form"]
    assert [line.split("\t")[:5] for line in lines] == [["revised", *NAME.split(), CHANGED]]
    found = json.loads(call(*asked, "--json").stdout)
    assert [(one["change"], one["field_count"]) for one in found["forms"]] == [("revised", 1)]
    assert len(found["rows"]) == len(call(*asked, "--rows").stdout.splitlines()) - 1 > 50


def test_new_problem_is_named_before_those_that_every_night_has(again: tuple[Path, RunSummary, RunSummary]) -> None:
    _, first, _ = again
    old = [Problem(source=f"{n}.pdf", code="damaged", message="it is") for n in range(4)]
    new = Problem(source="http://a.cn/", code="server_ill", message="it is")
    ended = first.model_copy(update={"problems": [*old, new]})
    known = {(problem.source, problem.code) for problem in old}
    named = "http://a.cn/: server_ill; 0.pdf: damaged; 1.pdf: damaged, and 2 more (1 of 5 new)"
    assert in_words(ended, known).startswith(f"could not be taken or read: {named}. ")
    assert "(0 of 5 new)" in in_words(ended, known | {(new.source, new.code)})
    assert "new)" not in in_words(ended)


def test_problem_is_known_that_a_run_of_late_had() -> None:
    summary = json.dumps({"problems": [{"source": "a.pdf", "code": "not_a_pdf", "message": "it is a page"}]})
    runs = pl.DataFrame({"run_id": ["first", "failed", "second"], "summary": [summary, None, '{"problems": []}']})
    assert problems_before(runs, "third") == frozenset({("a.pdf", "not_a_pdf")})
    assert problems_before(runs.tail(1), "third") == frozenset()
    assert problems_before(runs.head(2), "first") is None
