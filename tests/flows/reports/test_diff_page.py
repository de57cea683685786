from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from flows.reports.diff_page import diff_counts, diff_page, form_change_rows
from flows.reports.differences import Differences, FormChange
from flows.running.summary import RunSummary
from tests.support.commands import run as call
from warehouse.releases.diff import DIFF_SCHEMA
from warehouse.releases.form_changes import FORM_CHANGE_SCHEMA
from warehouse.releases.revisions import FIELD

CHANGES = pl.DataFrame(
    [
        ("published", "forms", "f1", "added", None, None, None),
        ("published", "forms", "f2", "changed", "rating", "优", "<script>良</script>"),
        ("published", "forms", "f2", "changed", "title", None, "甲"),
        ("quarantine", "forms", "f1", "removed", None, None, None),
    ],
    schema=DIFF_SCHEMA,
    orient="row",
)


REVISED = pl.DataFrame(
    [
        {
            "change": "revised",
            "form_id": "f2",
            "old_form_id": "f1",
            "project_name": "<b>项目甲</b>",
            "field_count": 1,
            "fields": [dict(zip(FIELD, ("indicators", "指标1", "actual_text", "10", "12"), strict=True))],
        }
    ],
    schema=FORM_CHANGE_SCHEMA,
)


class Page(HTMLParser):
    """Collects texts, tags and addresses of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data: str) -> None:
        self.texts += [data.strip()] if data.strip() else []


def test_diff_counts_has_rows_and_fields() -> None:
    assert diff_counts(CHANGES).rows() == [("published", "forms", 1, 0, 1, 2), ("quarantine", "forms", 0, 1, 0, 0)]


@pytest.mark.parametrize(
    ("change", "words"), [("released", "its values are the same"), ("revised", "only the order of its rows")]
)
def test_form_change_without_a_changed_field_says_so(change: str, words: str) -> None:
    one = REVISED.with_columns(change=pl.lit(change, pl.String), field_count=0, fields=pl.col("fields").list.head(0))
    (row,) = form_change_rows(CHANGES.clear(), one)
    assert (row["change"], row["what"]) == (change, words)


HOSTILE = ["{{7*7}}", "{% raw %}", "</ins><img src=x onerror=y>", "{count}", "\"'&amp;", "<script>x</script>"]


def _found(text: str, count: int = 1) -> Differences:
    """Differences in which every text that comes from a form is the same."""
    finding = {"rule_id": "R15", "severity": "critical", "message": text}
    field = {"record": f"indicator {text}", "column": text, "before": text, "after": None}
    forms = [
        FormChange("f1", "revised", text, text, [{"is_added": True, "name": text}], [field], 3, [finding], [finding])
        for _ in range(count)
    ]
    return Differences(
        forms=forms,
        documents=[{"file_name": text, "before": None, "after": "failed"}],
        columns=[{"name": "forms.old", "before": "string", "after": None}],
    )


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("hostile", HOSTILE)
def test_diff_page_hostile_text_stays_text(hostile: str, language: str) -> None:
    page = Page(diff_page(CHANGES, _found(hostile), hostile, "b", language))
    assert not {"script", "img"} & set(page.tags)
    assert page.addresses == []
    assert hostile in page.texts
    assert not {"49", "None"} & set(page.texts)


def test_diff_page_says_what_became_of_each_form_in_words() -> None:
    page = Page(diff_page(CHANGES, _found("甲"), "a", "b", "zh"))
    words = {
        "重新公布",
        "新发现：",
        "不再存在：",
        "关键",
        "R15",
        "新增：",
        "（空）",
        "另有 3 处变更",
        "没有自评表的文件",
    }
    assert words <= set(page.texts)
    assert "f2" not in page.texts  # keys of rows are for --rows


def test_diff_page_of_very_many_changes_says_how_many_are_left_out() -> None:
    page = diff_page(CHANGES, _found("甲", 9), "a", "b", "en", most=2)
    assert ("and 7 more" in page, page.count("<article")) == (True, 2)


@pytest.mark.parametrize(("language", "words"), [("en", "No form differs."), ("zh", "没有差异。")])
def test_diff_page_without_changes_says_so(language: str, words: str) -> None:
    page = diff_page(CHANGES.clear(), Differences([], [], []), "a", "b", language)
    assert words in page
    assert "<table" not in page


def test_diff_command_writes_the_page_in_the_language_that_was_asked_for(
    ingested: tuple[Path, RunSummary], tmp_path: Path
) -> None:
    release = str(ingested[1].release_id)
    done = call("diff", release, release, "--html", tmp_path / "zh.html", "--language", "zh", "-w", ingested[0])
    assert done.exit_code == 0
    page = (tmp_path / "zh.html").read_text("utf-8")
    assert '<html lang="zh-CN">' in page
    assert "没有差异。" in page


def test_diff_command_writes_the_page(ingested: tuple[Path, RunSummary], tmp_path: Path) -> None:
    release = str(ingested[1].release_id)
    done = call("diff", release, release, "--html", tmp_path / "diff.html", "-w", ingested[0])
    assert done.exit_code == 0
    assert (tmp_path / "diff.html").read_text("utf-8").startswith("<!doctype html>")
    assert call("diff", release, release, "--html", tmp_path / "new" / "x.html", "-w", ingested[0]).exit_code == 0
    assert (tmp_path / "new" / "x.html").is_file()  # its folder is made, as for the report


def test_form_change_rows_begin_with_the_columns_that_came_or_went() -> None:
    columns = pl.DataFrame([("schema", "forms", "old", "removed", "old", "string", None)], CHANGES.schema, orient="row")
    assert [(row["change"], row["project"], row["what"]) for row in form_change_rows(columns, REVISED)] == [
        ("schema: removed", "forms.old", "string -> (nothing)"),
        ("revised", "<b>项目甲</b>", "指标1 actual_text 10 -> 12"),
    ]
