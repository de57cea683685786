"""The audit questions of docs/questions.md, and what their queries answer."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import duckdb

from tests.support.paths import ROOT

_PAGE: Final = (ROOT / "docs" / "questions.md").read_text("utf-8")
QUESTIONS: Final[dict[str, str]] = dict(re.findall(r"^## [^\n]*? ([^ \n]+)\n.*?^```sql\n(.*?)^```", _PAGE, re.M | re.S))


def answer(release: Path, question: str) -> list[tuple[Any, ...]]:
    assert QUESTIONS[question].count("FROM 'data/published/") == 1, "one query, on one view"
    return duckdb.sql(QUESTIONS[question].replace("'data/", f"'{release}/data/")).fetchall()
