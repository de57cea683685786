"""Signs of fonts that draw them smaller than most keep to the limits."""

from __future__ import annotations

from pathlib import Path

import pytest

from transforms.reading.pdfium.feed import PdfiumDocument

SIGNS = "0123456789 .,:·-–—−+=<>≤≥≠%/"


@pytest.mark.parametrize("font", ["Libertinus Serif", "New Computer Modern", "DejaVu Sans Mono"])
def test_signs_of_the_fonts_that_typst_brings_are_themselves(tmp_path: Path, font: str) -> None:
    typst = pytest.importorskip("typst")
    text = SIGNS.replace("<", "\\<").replace("/", "\\/").replace("-", "\\-").replace("=", "\\=").replace("+", "\\+")
    (tmp_path / "a.typ").write_text(f'#set text(font: "{font}", fallback: false)\na {text}', encoding="utf-8")
    path = tmp_path / "a.pdf"
    path.write_bytes(typst.compile(str(tmp_path / "a.typ")))
    with PdfiumDocument(path) as document, document.open_page(1) as page:
        assert not page.other_figures()
