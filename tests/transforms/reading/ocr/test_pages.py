from __future__ import annotations

import difflib
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.make_pdf import Cell, Sheet
from tests.transforms.build_scan import CLEAN, WORN, Wear, scan_pdf
from tests.transforms.embedded_form import EMBEDDED_FORM, TITLE, form_cells
from transforms.reading.ocr import engine, slips
from transforms.reading.ocr import pages as ocr
from transforms.reading.ocr.figures import UNWITNESSED
from warehouse import contract

needs_ocr = pytest.mark.skipif(not ocr.is_available(), reason="the extra is not installed: pip install 'jixiao[ocr]'")


@pytest.fixture
def form() -> Path:
    return EMBEDDED_FORM


def printed(text: str) -> str:
    for shown, plain in ("（(", "）)", "：:", "，,", "—-"):
        text = text.replace(shown, plain)
    return re.sub(r"\s", "", text).replace("≥", ">=")


def likeness(pairs: list[tuple[str, str]]) -> float:
    """Share of the characters that were read right."""
    same = sum(
        block.size
        for wanted, got in pairs
        for block in difflib.SequenceMatcher(None, wanted, got, autojunk=False).get_matching_blocks()
    )
    return same / sum(max(len(wanted), len(got)) for wanted, got in pairs)


DOCUMENT = "d" * 64
PLACE = ["row_number", "column_number", "row_span", "column_span"]


def read(path: Path, *pages: int) -> pl.DataFrame:
    return ocr.ocr_pages(path, DOCUMENT, pages or (1,)).cells


def by_place(cells: pl.DataFrame) -> dict[tuple[int, ...], str]:
    inside = cells.filter(pl.col("table_number").is_not_null())
    return dict(zip(inside.select(PLACE).rows(), map(printed, inside["text"]), strict=True))


@needs_ocr
@pytest.mark.slow
@pytest.mark.parametrize("wear", [CLEAN, WORN, Wear(turn=-2.5), Wear(noise=6.0, quality=70)], ids=str)
def test_ocr_pages_scanned_form_gives_its_grid_and_text(form: Path, tmp_path: Path, wear: Wear) -> None:
    page = read(scan_pdf(form, tmp_path / "scan.pdf", wear))
    wanted = {(c.row, c.column, c.row_span, c.column_span): printed(c.text) for c in form_cells()}
    got = by_place(page)
    assert got.keys() == wanted.keys()
    assert likeness([(text, got[place]) for place, text in wanted.items()]) >= 0.98
    numbers = {place for place, text in wanted.items() if re.search(r"\d", text)}
    assert sum(got[place] == wanted[place] for place in numbers) >= 0.9 * len(numbers)
    free = [printed(text) for text in page.filter(pl.col("table_number").is_null())["text"]]
    assert free[:2] == [TITLE, "(2023年度)"]


@needs_ocr
@pytest.mark.slow
@pytest.mark.parametrize("turns", [1, 2, 3])
def test_ocr_pages_page_scanned_lying_is_read_the_right_way_up(form: Path, tmp_path: Path, turns: int) -> None:
    page = read(scan_pdf(form, tmp_path / "scan.pdf", Wear(quarter_turns=turns)))
    assert by_place(page)[(6, 5, 1, 1)] == "100"
    assert by_place(page)[(0, 0, 1, 1)] == "一级指标"
    width, height = (842.0, 595.0) if turns % 2 else (595.0, 842.0)
    assert page.select("page_width", "page_height").row(0) == pytest.approx((width, height), abs=1.0)


@needs_ocr
@pytest.mark.slow
def test_ocr_pages_skewed_page_gives_boxes_on_the_page_as_displayed(form: Path, tmp_path: Path) -> None:
    straight, skewed = (
        read(scan_pdf(form, tmp_path / f"{turn}.pdf", Wear(turn=turn)))
        .filter(pl.col("table_number").is_not_null())
        .select((pl.col("x0") + pl.col("x1")) / 2, (pl.col("top") + pl.col("bottom")) / 2)
        .to_numpy()
        for turn in (0.0, 1.0)
    )
    turn = np.radians(1.0)
    x, y = straight[:, 0] - 297.5, straight[:, 1] - 421.0
    turned = np.column_stack([x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)])
    assert np.abs(skewed - turned - (297.5, 421.0)).max() < 1.5


@needs_ocr
@pytest.mark.slow
def test_ocr_pages_recognised_page_obeys_the_contract_with_confidence(form: Path, tmp_path: Path) -> None:
    frame = contract.conform(read(scan_pdf(form, tmp_path / "scan.pdf")), contract.Cells)
    assert frame["document_id"].unique().to_list() == [DOCUMENT]
    assert frame["confidence"].null_count() == 0
    assert frame["confidence"].is_between(0.0, 1.0).all()
    assert frame.filter(pl.col("confidence") > 0.9).height > 0.8 * frame.height


@needs_ocr
@pytest.mark.slow
def test_ocr_pages_title_alone_before_the_table_is_read(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "two.pdf", font="Helvetica")
    sheet.text(100, 400, "Report 2023", 20)
    sheet.next_page()
    sheet.text(100, 400, "Title 2024", 20)
    sheet.next_page()
    sheet.table([50.0, 250.0, 450.0], [100.0, 150.0, 200.0], [Cell(r, c, text="100") for r in (0, 1) for c in (0, 1)])
    frame = read(scan_pdf(sheet.save(), tmp_path / "scan.pdf"), 1, 2, 3)
    assert frame.filter(pl.col("page_number") == 1).height == 0
    assert frame.filter(pl.col("page_number") == 2)["text"].to_list() == ["Title 2024"]
    assert frame.filter(pl.col("page_number") == 3)["text"].to_list() == ["100"] * 4


@needs_ocr
def test_ocr_pages_page_that_is_not_there_is_named_and_costs_no_other(tmp_path: Path) -> None:
    sheet = Sheet(tmp_path / "one.pdf", font="Helvetica")
    sheet.table([50.0, 250.0, 450.0], [100.0, 150.0, 200.0], [Cell(r, c, text="100") for r in (0, 1) for c in (0, 1)])
    reading = ocr.ocr_pages(scan_pdf(sheet.save(), tmp_path / "scan.pdf"), DOCUMENT, [1, 2])
    assert reading.pages_failed == (2,)
    assert reading.cells["text"].to_list() == ["100"] * 4


def test_ocr_pages_extra_missing_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PACKAGES", ("no_such_package",))
    engine.recogniser.cache_clear()
    assert not ocr.is_available()
    with pytest.raises(ocr.OcrUnavailableError, match=r"^needs_ocr: .*jixiao\[ocr\]"):
        ocr.ocr_pages(Path("scan.pdf"), DOCUMENT, [1])


class Recorder:
    """A recogniser that reads nothing but counts."""

    def __init__(self) -> None:
        self.seen: list[int] = []

    def batch(self, images: list[engine.Gray]) -> list[engine.Line]:
        self.seen.append(len(images))
        ends = np.arange(1.0, 2.0)
        return [engine.Line(str(int(image[0, 0])), ends - 1.0, ends, ends) for image in images]


def test_read_pictures_that_are_the_same_are_recognised_once(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("cv2")
    recorder = Recorder()
    reader = object.__new__(engine.Recogniser)
    monkeypatch.setattr(reader, "_read_different", recorder.batch, raising=False)
    images = [np.full((48, width), value, dtype=np.uint8) for width, value in ((90, 1), (80, 2), (90, 1), (80, 3))]
    assert [line.text for line in reader.read(images)] == ["1", "2", "1", "3"]
    assert sum(recorder.seen) == 3


class Blind:
    """A recogniser that sees nothing in the lines that say some word."""

    def __init__(self, word: str) -> None:
        self.word, self.engine = word, engine.recogniser()

    def read(self, images: list[engine.Gray]) -> list[engine.Line]:
        none = np.empty(0)
        lines = self.engine.read(images)
        return [engine.Line("", none, none, none) if self.word in line.text else line for line in lines]


@needs_ocr
def test_ocr_pages_line_in_which_nothing_was_recognised_puts_its_cell_in_doubt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = Sheet(tmp_path / "one.pdf", font="Helvetica")
    texts = [*["Total"] * 23, "Apple\nyes"]
    grid = [50.0 + 80.0 * i for i in range(7)], [100.0 + 50.0 * i for i in range(5)]
    sheet.table(*grid, [Cell(i // 6, i % 6, text=text) for i, text in enumerate(texts)])
    scan = scan_pdf(sheet.save(), tmp_path / "scan.pdf")
    assert read(scan)["confidence"].min() > UNWITNESSED
    monkeypatch.setattr(ocr, "recogniser", lambda: Blind("yes"))
    assert read(scan).filter(pl.col("confidence") <= UNWITNESSED)["text"].to_list() == ["Apple"]


@needs_ocr
@pytest.mark.slow
@pytest.mark.parametrize("is_whole", [True, False])
def test_ocr_pages_table_beyond_its_picture_is_in_doubt(tmp_path: Path, is_whole: bool) -> None:
    sheet = Sheet(tmp_path / "table.pdf", font="Helvetica")
    texts = (("Weight", "Score"), ("20", "18.5"), ("30", "29"))
    cells = [Cell(row, column, text=text) for row, line in enumerate(texts) for column, text in enumerate(line)]
    right = 560.0 if is_whole else 700.0  # the page is 595 points wide
    sheet.table([60.0, 300.0, right], [100.0, 130.0, 160.0, 190.0], cells)
    reading = ocr.ocr_pages(scan_pdf(sheet.save(), tmp_path / "scan.pdf", CLEAN, dpi=120), DOCUMENT, [1])
    sure = reading.cells.filter(pl.col("table_number").is_not_null())["confidence"].max()
    assert reading.pages_in_doubt == (() if is_whole else (1,))
    assert sure == pytest.approx(1.0 if is_whole else 0.4, abs=0.1)


@needs_ocr
@pytest.mark.slow
def test_ocr_pages_page_of_dense_prose_stays_upright(tmp_path: Path) -> None:
    """Lines that nearly touch are recognised poorly; the page must not be turned for that."""
    sheet = Sheet(tmp_path / "prose.pdf", font="Helvetica")
    words = "the work of the year was done as planned and is to be continued next year "
    sheet.table(
        [50.0, 90.0, 545.0], [100.0, 600.0, 620.0], [Cell(0, 0), Cell(0, 1), Cell(1, 0), Cell(1, 1, text="100")]
    )
    for number in range(45):
        sheet.text(95, 110 + number * 10.2, words + words[: 20 + number], 9)
    path = scan_pdf(sheet.save(), tmp_path / "scan.pdf", CLEAN, dpi=150)
    reading = ocr.ocr_pages(path, DOCUMENT, [1])
    assert reading.pages_in_doubt == ()
    places = reading.cells.filter(pl.col("table_number").is_not_null()).select(PLACE[:2]).rows()
    assert places == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert by_place(reading.cells)[(1, 1, 1, 1)] == "100"


def test_paired_brackets_close_as_wide_as_they_open() -> None:
    seen = pl.Series("text", ["产出指标（40分)", "(人次）", "≥3(次)", "（A)与（B)", "第1)项"])
    reported = seen.to_frame().select(slips.paired_brackets(pl.col("text")))["text"].to_list()
    assert reported == ["产出指标（40分）", "(人次)", "≥3(次)", "（A）与（B）", "第1)项"]


def test_grouped_amount_over_two_lines_gets_its_commas() -> None:
    seen = pl.Series("text", ["4,661.\n300.00", "4,661,300.00", "12.345", "1.234.567.80", "2023.10.12", "17.2.345.67"])
    got = seen.to_frame().select(slips.grouped_amount(pl.col("text")))["text"].to_list()
    assert got == ["4,661,\n300.00", None, None, "1,234,567.80", None, None]
