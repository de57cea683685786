from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

import polars as pl

from flows.reports import diff_page as module
from flows.reports.diff_page import diff_counts, diff_page
from flows.running.summary import RunSummary
from tests.support.commands import run as call
from warehouse.releases.diff import DIFF_SCHEMA

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


def test_diff_counts_tells_rows_and_fields() -> None:
    assert diff_counts(CHANGES).rows() == [("published", "forms", 1, 0, 1, 2), ("quarantine", "forms", 0, 1, 0, 0)]


def test_diff_page_shows_each_change_and_takes_no_text_for_markup() -> None:
    page = Page(diff_page(CHANGES, "000001-a", "000002-b"))
    assert "script" not in page.tags
    assert page.addresses == []
    assert {"000001-a → 000002-b", "f1", "added", "removed", "优", "<script>良</script>", "甲"} <= set(page.texts)
    assert (page.tags.count("del"), page.tags.count("ins")) == (1, 2)


def test_diff_page_of_very_many_changes_says_how_many_are_left_out() -> None:
    page = diff_page(pl.concat([CHANGES.head(1)] * (module._MOST_ROWS + 7)), "a", "b")
    assert "and 7 more" in page


def test_diff_page_without_changes_says_so() -> None:
    assert "No difference" in diff_page(CHANGES.clear(), "a", "b")


def test_diff_command_writes_the_page(ingested: tuple[Path, RunSummary], tmp_path: Path) -> None:
    release = str(ingested[1].release_id)
    done = call("diff", release, release, "--html", tmp_path / "diff.html", "-w", ingested[0])
    assert done.exit_code == 0
    assert (tmp_path / "diff.html").read_text("utf-8").startswith("<!doctype html>")
    assert call("diff", release, release, "--html", tmp_path / "no" / "x.html", "-w", ingested[0]).exit_code == 2
