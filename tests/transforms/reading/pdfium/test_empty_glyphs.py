"""Pages whose embedded font lost its shapes."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.mutants.make import mutant
from tests.support.paths import ROOT
from transforms.read import read_document

FORMS = {path.stem: path for path in sorted((ROOT / "tests" / "data").rglob("*.pdf"))}


@pytest.mark.parametrize("feed", ["pdfium", "pdfplumber"])
@pytest.mark.parametrize(("name", "number"), [("label_again-weasyprint", 131), ("landscape-libreoffice", 178)])
def test_page_whose_font_lost_its_shapes_is_failed(tmp_path: Path, name: str, number: int, feed: str) -> None:
    path = tmp_path / "a.pdf"
    path.write_bytes(mutant(FORMS[name].read_bytes(), number).content)
    reading = read_document(path, "0" * 64, feed=feed)
    assert (reading.cells.height, reading.reason is None) == (0, False)
    if feed == "pdfium":
        assert "a font that it prints with is damaged" in (reading.reason or "")
