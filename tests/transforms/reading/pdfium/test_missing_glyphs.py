from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fonts import no_fonts
from tests.support.hostile import page, stream
from tests.support.paths import ROOT
from tests.support.pdfs import small_pdf
from tests.transforms.unembedded import ENCODINGS, Encoding, write_unembedded
from transforms.reading.pdfium.missing_glyphs import with_missing_glyphs
from transforms.reading.pdfium.stand_in import stand_in

TEXTS = ["绩效指标", "率", "优", "1"]


@pytest.fixture(autouse=True)
def machine() -> Iterator[None]:
    with no_fonts():
        yield


@pytest.mark.parametrize("texts", [TEXTS, list("率优")], ids=["words", "characters"])
@pytest.mark.parametrize("encoding", ENCODINGS, ids=str)
def test_pages_of_fonts_that_nobody_has_lack_glyphs(tmp_path: Path, encoding: Encoding, texts: list[str]) -> None:
    path = write_unembedded(tmp_path / "a.pdf", encoding, "SimSun", texts)
    assert with_missing_glyphs(path, [1, 2]) == {1}


@pytest.mark.parametrize("encoding", [one for one in ENCODINGS if one.cmap], ids=str)
def test_pages_lack_nothing_where_the_machine_has_a_font(tmp_path: Path, encoding: Encoding) -> None:
    path = write_unembedded(tmp_path / "a.pdf", encoding, "SimSun", TEXTS)
    with stand_in():  # as a font of the machine
        assert with_missing_glyphs(path, [1]) == set()


def test_pages_of_other_scripts_and_without_text_lack_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.pdf"
    for content in (small_pdf(), page(stream(b"0 0 m 9 9 l S"))):
        path.write_bytes(content)
        assert with_missing_glyphs(path, [1]) == set()


def test_pages_with_an_embedded_font_lack_nothing() -> None:
    assert with_missing_glyphs(ROOT / "tests" / "data" / "embedded_form.pdf", [1]) == set()


def test_invisible_text_of_a_scan_is_not_missed(tmp_path: Path) -> None:
    path = write_unembedded(tmp_path / "a.pdf", ENCODINGS[0], "SimSun", TEXTS)
    path.write_bytes(path.read_bytes().replace(b" Tf 50", b" Tf 3 Tr 50", 1).replace(b" Tf 50", b" Tf 3 Tr 50"))
    assert with_missing_glyphs(path, [1]) == set()


def test_only_pages_that_are_asked_for_are_looked_at() -> None:
    path = ROOT / "samples" / "page-break.pdf"
    assert with_missing_glyphs(path, [2]) == {2}
    assert with_missing_glyphs(path, [1, 2, 3]) == {1, 2}
    assert with_missing_glyphs(path, []) == set()
