"""The audit questions of docs/questions.md, and what their queries answer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import duckdb

from tests.support.paths import ROOT

_QUERY: Final = re.compile(r"^## (?:[^\n]*? )?([^ \n：]+)(?:：[^\n]*)?\n.*?^```sql\n(.*?)^```", re.M | re.S)


def questions(page: str) -> dict[str, str]:
    """Return the questions of a page, by their Chinese names, and the query of each."""
    return dict(_QUERY.findall((ROOT / "docs" / page).read_text("utf-8")))


QUESTIONS: Final = questions("questions.md")


def answer(release: Path, question: str) -> list[tuple[Any, ...]]:
    assert QUESTIONS[question].count("FROM 'data/published/") == 1, "one query, on one view"
    return duckdb.sql(QUESTIONS[question].replace("'data/", f"'{release}/data/")).fetchall()
