"""The page of figures can be printed, and holds each chapter's own figures."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.accuracy_page import Counts, page
from benchmarks.corpus.make import make
from benchmarks.corpus.plan import plan


@pytest.mark.slow
@pytest.mark.long
def test_page_of_few_forms_has_every_chapter(tmp_path: Path) -> None:
    make(tuple(plan(3, 2, ("reportlab",), 0)), tmp_path)
    counts = Counts(rules=8, unusual=4, narratives=4, unseen=2)
    text = page(tmp_path, 3, "pdfium", 5, 1, counts)
    assert "--seed 3 --count 2 --scans 0 --producers reportlab`\nwrote 2 PDFs." in text
    assert "| forms | 2 |" in text
    assert "8 forms: 4 break no rule" in text
    assert "4 unusual forms" in text
    assert "of 4 right texts" in text or "of 2 right texts" in text
    assert "{" not in text
