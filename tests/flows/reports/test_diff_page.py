from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from flows.reports.diff_page import MOST, diff_counts, diff_page, form_change_rows
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


FORMS = pl.DataFrame(schema=FORM_CHANGE_SCHEMA)
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
    ("language", "words"),
    [
        ("en", {"Changes between two releases", "added", "removed", "published: forms (3)", "held back: forms (1)"}),
        ("zh", {"两个发布批次的差异", "新增", "删除", "已发布: forms (3)", "暂不发布: forms (1)"}),
    ],
)
def test_diff_page_shows_each_change_and_takes_no_text_for_markup(language: str, words: set[str]) -> None:
    page = Page(diff_page(CHANGES, FORMS, "000001-a", "000002-b", language))
    assert "script" not in page.tags
    assert page.addresses == []
    assert words | {"000001-a → 000002-b", "f1", "优", "<script>良</script>", "甲"} <= set(page.texts)
    assert (page.tags.count("del"), page.tags.count("ins")) == (1, 2)


@pytest.mark.parametrize("hostile", ["{{7*7}}", "{% raw %}", "</ins><img src=x onerror=y>", "{count}", "\"'&amp;"])
def test_diff_page_hostile_text_stays_text(hostile: str) -> None:
    changes = CHANGES.with_columns(pl.lit(hostile).alias(name) for name in ("key", "column_name", "before", "after"))
    page = Page(diff_page(changes, FORMS, hostile, "b", "en"))
    assert page.texts.count(hostile) == 2 * 1 + 2 * 4  # the keys of two rows alone, and all four cells of two changes
    assert "49" not in page.texts
    assert page.addresses == []


def test_diff_page_blank_before_or_after_is_not_shown_as_none() -> None:
    assert "None" not in diff_page(CHANGES, FORMS, "a", "b", "en")


@pytest.mark.parametrize(("language", "words"), [("en", "and 7 more"), ("zh", "另有 7 项")])
def test_diff_page_of_very_many_changes_says_how_many_are_left_out(language: str, words: str) -> None:
    page = diff_page(pl.concat([CHANGES.head(1)] * (MOST + 7)), FORMS, "a", "b", language)
    assert words in page
    assert page.count('class="added"') == MOST


@pytest.mark.parametrize(("language", "words"), [("en", "No difference."), ("zh", "没有差异。")])
def test_diff_page_without_changes_says_so(language: str, words: str) -> None:
    page = diff_page(CHANGES.clear(), FORMS, "a", "b", language)
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


@pytest.mark.parametrize(("language", "words"), [("en", "published again"), ("zh", "重新公布")])
def test_diff_page_shows_each_form_under_its_name(language: str, words: str) -> None:
    page = Page(diff_page(CHANGES, REVISED, "a", "b", language))
    assert {words, "<b>项目甲</b>", "10", "12"} <= set(page.texts)
    assert "b" not in page.tags


def test_form_change_rows_begin_with_the_columns_that_came_or_went() -> None:
    columns = pl.DataFrame([("schema", "forms", "old", "removed", "old", "string", None)], CHANGES.schema, orient="row")
    assert [(row["change"], row["project"], row["what"]) for row in form_change_rows(columns, REVISED)] == [
        ("schema: removed", "forms.old", "string -> (nothing)"),
        ("revised", "<b>项目甲</b>", "指标1 actual_text 10 -> 12"),
    ]
