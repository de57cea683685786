"""The judge of mutants: a form that nobody touched has no fault, and a value that its page does not show is found."""

from __future__ import annotations

import zlib
from collections import Counter
from contextlib import closing
from pathlib import Path

import pypdfium2 as pdfium
import pytest

from benchmarks.mutants.make import KINDS, mutant
from benchmarks.mutants.run import Order, judge
from benchmarks.mutants.seen import Pictures, figures, same_ink, shows
from tests.make_pdf import Cell, Sheet
from tests.support.paths import SAMPLES
from transforms.reading.ocr.engine import is_available

SEED = SAMPLES / "operator-columns.pdf"
needs_ocr = pytest.mark.skipif(not is_available(), reason="the extra is not installed: pip install 'jixiao[ocr]'")


@pytest.mark.slow
@pytest.mark.long
def test_untouched_form_is_judged_without_a_fault() -> None:
    tally = judge([Order(SEED, -1)])
    assert (tally.forms, tally.unknown) == (Counter(published=1), 0)
    assert [*tally.figures, *tally.texts, *tally.silent] == []


@pytest.mark.parametrize(("text", "found"), [("预算 １,000.50 万元", "1000.50"), ("共3人.", "3"), ("改善", "")])
def test_figures_are_the_digits_of_a_text(text: str, found: str) -> None:
    assert figures(text) == found


@needs_ocr
@pytest.mark.slow
@pytest.mark.parametrize(("said", "sees"), [("465,000.00", True), ("465，000.00元", True), ("465,008.00", False)])
def test_shows_reads_the_figures_of_a_place(said: str, sees: bool, tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf", font="Helvetica")
    sheet.table([50.0, 150.0], [100.0, 130.0], [Cell(0, 0, 1, 1, "465,000.00")])
    pictures = Pictures(sheet.save().read_bytes())
    assert shows(pictures, (1, 50.0, 100.0, 150.0, 130.0), said) is sees
    assert shows(pictures, (1, 200.0, 300.0, 300.0, 330.0), said) is False  # nothing is printed there


@needs_ocr
@pytest.mark.slow
@pytest.mark.parametrize("turn", [90, 270])
def test_shows_reads_figures_that_lie_on_their_side(turn: int, tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf", font="Helvetica")
    sheet.table([50.0, 150.0], [100.0, 130.0], [Cell(0, 0, 1, 1, "31.00")])
    with closing(pdfium.PdfDocument(sheet.save())) as document:
        width, height = document[0].get_size()
        document[0].set_rotation(turn)
        document.save(tmp_path / "turned.pdf")
    pictures = Pictures((tmp_path / "turned.pdf").read_bytes())
    place = (height - 130.0, 50.0, height - 100.0, 150.0) if turn == 90 else (100.0, width - 150.0, 130.0, width - 50.0)
    assert shows(pictures, (1, *place), "31.00") is True
    assert shows(pictures, (1, *place), "38.00") is not True


@needs_ocr
@pytest.mark.slow
def test_figures_that_the_side_of_their_cell_cuts_cannot_be_known(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "a.pdf", font="Helvetica")
    sheet.table([50.0, 84.0, 150.0], [100.0, 130.0], [Cell(0, 0, 1, 1, "465000.00")])
    pictures = Pictures(sheet.save().read_bytes())
    assert shows(pictures, (1, 50.0, 100.0, 84.0, 130.0), "465000.00") is None


def test_same_ink_is_seen_where_it_stands_elsewhere_and_no_other(tmp_path: Path) -> None:
    drawn = []
    for number, (text, top) in enumerate([("465,000.00", 100.0), ("465,000.00", 190.0), ("465,008.00", 190.0)]):
        sheet = Sheet(tmp_path / f"{number}.pdf", font="Helvetica")
        sheet.table([50.0, 150.0], [top, top + 30.0], [Cell(0, 0, 1, 1, text)])
        drawn.append((Pictures(sheet.save().read_bytes()), (1, 50.0, top, 150.0, top + 30.0)))
    assert same_ink(*drawn[0], *drawn[1])
    assert not same_ink(*drawn[1], *drawn[2])
    assert not same_ink(*drawn[0], drawn[1][0], (1, 300.0, 300.0, 400.0, 330.0))


def test_mutants_are_always_the_same_and_twist_packed_programs_too() -> None:
    seed = SEED.read_bytes()
    kinds = [mutant(seed, number) for number in range(2 * len(KINDS))]
    assert [m.kind for m in kinds] == [*KINDS, *KINDS]
    assert kinds == [mutant(seed, number) for number in range(2 * len(KINDS))]
    assert len({zlib.crc32(m.content) for m in kinds} - {zlib.crc32(seed)}) > len(KINDS)
