from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.make_pdf import Sheet
from transforms.reading.cells import place_characters, to_frame
from transforms.reading.grid import find_tables
from transforms.reading.halves import Whole
from transforms.reading.page import Floats, Page
from transforms.reading.pdfium.feed import PdfiumDocument

LYING = np.array([[0.0, 0.0, 100.0], [40.0, 0.0, 100.0]])
STANDING = np.array([[0.0, 0.0, 40.0], [50.0, 0.0, 40.0], [100.0, 0.0, 40.0]])


def read(lying: Floats, standing: Floats, runs: tuple[tuple[str, float, float], ...]) -> pl.DataFrame:
    """Read a page with ruling lines and runs of characters 8 wide that begin at a place."""
    letters = [(char, x + 8.0 * n, top) for text, x, top in runs for n, char in enumerate(text)]
    box = np.array([[x, top, x + 8.0, top + 8.0] for _, x, top in letters])
    width, height = float(lying[:, 2].max()) + 20.0, float(standing[:, 2].max()) + 20.0
    angle = np.zeros(len(letters), dtype=np.int64)
    page = Page(1, width, height, np.array([c for c, _, _ in letters]), box, angle, lying, standing)
    placed = place_characters(Whole(page, find_tables(lying, standing)))
    return to_frame("d" * 24, [placed])


def texts(*runs: tuple[str, float, float]) -> list[str]:
    """Read a table of two cells, each 50 wide."""
    return read(LYING, STANDING, runs)["text"].to_list()


def test_last_character_of_a_line_beyond_the_edge_stays_in_its_cell() -> None:
    found = texts(("甲乙丙丁戊己", 7.0, 4.0), ("庚", 7.0, 14.0), ("子丑", 60.0, 4.0))
    assert [text.replace("\n", "") for text in found] == ["甲乙丙丁戊己庚", "子丑"]


def test_last_character_beyond_the_outer_border_stays_in_the_table() -> None:
    assert texts(("甲", 7.0, 4.0), ("子丑寅卯辰巳", 57.0, 4.0)) == ["甲", "子丑寅卯辰巳"]


@pytest.mark.parametrize("start", [47.0, 49.0])
def test_text_that_begins_before_its_cell_is_not_taken_for_the_end_of_the_other(start: float) -> None:
    assert texts(("甲乙丙丁戊", start - 41.5, 4.0), ("子丑寅", start, 4.0)) == ["甲乙丙丁戊", "子丑寅"]


THREE = np.array([[0.0, 0.0, 40.0], [50.0, 0.0, 40.0], [100.0, 0.0, 40.0], [150.0, 0.0, 40.0]])
WIDE = np.array([[0.0, 0.0, 150.0], [40.0, 0.0, 150.0]])


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([("二十九公里含支管", 5.0, 4.0)], ["二十九公里含支管", "", ""]),
        ([("二十九公里含支管与阀门井各三", 5.0, 4.0)], ["二十九公里含支管与阀门井各三", "", ""]),
        ([("二十九公里含支管", 30.0, 4.0)], ["", "二十九公里含支管", ""]),  # ends at the right edge
        ([("二十九公里含支管", 43.0, 4.0)], ["", "二十九公里含支管", ""]),  # stands in the middle
        ([("二十九公里含支", 5.0, 4.0), ("与阀门八九十三", 5.0, 14.0)], ["二十九公里含支与阀门八九十三", "", ""]),
        ([("二十九公里含", 2.0, 4.0), ("超出", 102.0, 4.0)], ["二十九公里含", "", "超出"]),  # a rule cuts no character
        (
            [("二十九公里含支", 5.0, 4.0), ("共三", 53.0, 18.0)],
            ["二十九公里含", "支共三", ""],
        ),  # not empty: left as it is
    ],
)
def test_text_that_runs_on_over_empty_cells_is_one(runs: list[tuple[str, float, float]], expected: list[str]) -> None:
    assert read(WIDE, THREE, tuple(runs))["text"].to_list() == expected


@pytest.mark.parametrize(
    ("runs", "doubts"),
    [
        (
            [("二十九公里含支", 5.0, 4.0), ("共三", 53.0, 18.0)],
            ["printed on one another", "printed on one another", None],
        ),
        ([("二十9公里含支", 5.0, 4.0), ("共三", 53.0, 18.0)], ["digits", "digits", None]),
        ([("约12345678", 5.0, 4.0)], ["digits", "digits", None]),  # two numbers as well as one
        ([("共三", 105.0, 4.0), ("二十九公里含支管", 101.0, 24.0)], [None, None, None]),  # beyond the border
        ([("二十九公里", 5.0, 4.0), ("共三", 53.0, 18.0)], [None, None, None]),
    ],
)
def test_text_that_stays_in_several_cells_is_in_doubt(
    runs: list[tuple[str, float, float]], doubts: list[str | None]
) -> None:
    assert read(WIDE, THREE, tuple(runs))["witness"].to_list() == doubts


def test_text_that_runs_on_beyond_the_border_of_the_table_is_one() -> None:
    found = read(WIDE, THREE, (("二十九公里含支管等", 102.0, 4.0),))["text"].to_list()
    assert found == ["", "", "二十九公里含支管等"]


def test_texts_that_fill_their_cells_to_the_rules_stay_apart() -> None:
    standing = np.array([[0.0, 0.0, 40.0], [48.0, 0.0, 40.0], [96.0, 0.0, 40.0]])
    lying = np.array([[0.0, 0.0, 96.0], [40.0, 0.0, 96.0]])
    runs = (("甲乙丙丁戊己", 0.0, 4.0), ("子丑寅卯辰巳", 48.0, 4.0))
    assert read(lying, standing, runs)["text"].to_list() == ["甲乙丙丁戊己", "子丑寅卯辰巳"]


def test_text_that_goes_on_at_the_rule_is_one_where_others_keep_their_distance() -> None:
    lying = np.concatenate([WIDE, [[80.0, 0.0, 150.0]]])
    standing = THREE * [1.0, 1.0, 2.0]
    others = (("甲", 4.0, 44.0), ("乙", 54.0, 44.0), ("丙", 104.0, 44.0))
    found = read(lying, standing, (("二十九公里含支管", 2.0, 4.0), *others))["text"].to_list()
    assert found == ["二十九公里含支管", "", "", "甲", "乙", "丙"]


@pytest.mark.parametrize(("down", "is_beside"), [(0.0, True), (20.0, True), (60.0, False)])
def test_what_is_left_of_the_white_between_tables_comes_first(down: float, is_beside: bool) -> None:
    other = 150.0
    lying = np.concatenate([np.add(LYING, [30.0, 0.0, 0.0]), np.add(LYING, [30.0 + down, other, other])])
    beside = np.add(STANDING, [other, 30.0 + down, 30.0 + down])
    standing = np.concatenate([np.add(STANDING, [0.0, 30.0, 30.0]), beside])
    lines = (("题乙", other + 20.0, 10.0), ("题甲", 20.0, 10.0), ("尾甲", 20.0, 140.0))
    top = 34.0 + down
    cells = (("一", 10.0, 34.0), ("二", 60.0, 34.0), ("三", other + 10.0, top), ("四", other + 60.0, top))
    in_columns = ["题甲", "一", "二", "尾甲", "题乙", "三", "四"]
    by_height = ["题甲", "题乙", "一", "二", "三", "四", "尾甲"]
    found = read(lying, standing, (*lines, *cells))["text"].to_list()
    assert found == (in_columns if is_beside else by_height)


@pytest.mark.parametrize(
    ("first", "second", "doubt"),
    [
        ("改造路灯三百盏更换", "电缆五公里", "printed on one another"),  # runs on over the text of the next cell
        ("改造路灯", "电缆五公里", None),
        ("改造路灯三十", "（5）个", None),
        ("改造三千零一十盏", "300", "digits"),
    ],
)
def test_text_on_which_another_is_printed_is_in_doubt(first: str, second: str, doubt: str | None) -> None:
    cells = read(LYING, STANDING, ((first, 3.0, 4.0), (second, 54.0, 4.0)))
    # What runs on is in doubt too: a part of it stands in the other cell.
    assert cells["witness"].to_list() == [doubt and "printed on one another", doubt]


@pytest.mark.parametrize(
    ("texts", "doubt"),
    [
        ([("606.39", 60, 120)], None),
        ([("606.39", 60, 120), ("万元", 91, 120)], None),
        ([("606.39", 60, 120), ("11", 73, 117)], "digits"),
        ([("606", 60, 120), ("元", 66, 121)], "digits"),
        ([("606.39", 60, 120), ("11", 73, 131)], None),  # the next line of its cell
        ([("606.39", 60, 120), ("606.39", 60.3, 120)], None),  # to look bold
        ([("改善", 60, 120), ("提高", 62, 120)], "printed on one another"),
    ],
)
def test_digits_on_which_others_are_printed_are_in_doubt(
    tmp_path: Path, texts: list[tuple[str, float, float]], doubt: str | None
) -> None:
    sheet = Sheet(tmp_path / "a.pdf")
    sheet.outline(50, 100, 150, 140)
    for text, x, baseline in texts:
        sheet.text(x, baseline, text)
    sheet.outline(150, 100, 250, 140)
    with PdfiumDocument(sheet.save()) as document, document.open_page(1) as page:
        placed = place_characters(Whole(page.read(), page.tables))
    assert to_frame("d" * 24, [placed])["witness"].to_list() == [doubt, None]
