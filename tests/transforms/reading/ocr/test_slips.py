from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.reading.ocr.engine import Line
from transforms.reading.ocr.figures import UNWITNESSED
from transforms.reading.ocr.slips import CORRECTED, correct, has_open_bracket, lone


def seen(text: str, confidence: float = 0.99) -> Line:
    ends = np.arange(1, len(text) + 1) / max(len(text), 1)
    return Line(text, ends - 1 / max(len(text), 1), ends, np.full(len(text), confidence))


@pytest.mark.parametrize(
    ("recognised", "printed"),
    [
        ("100 %", "100%"),
        ("12 (期)", "12(期)"),
        ("Open  Data", "OpenData"),
        ("Open Data", "Open Data"),
        ("1O0", "100"),
        ("10O.OO", "100.00"),
        ("1l.5", "11.5"),
        ("250000:00", "250000.00"),
        ("215.457.6", "215,457.6"),
        ("4,661.300.00", "4,661,300.00"),
        ("1.234.567", "1,234.567"),
        ("16,00(篇)", "16.00(篇)"),
        ("1,234", "1,234"),
        ("290%", "290%"),
        ("2023年1O月", "2023年10月"),
        ("5l", "5l"),
        ("12:30", "12:30"),
        ("CO2", "CO2"),
        ("", ""),
    ],
)
def test_correct_known_slip_is_put_right_and_all_else_stays(recognised: str, printed: str) -> None:
    assert correct(seen(recognised)).text == printed


def test_correct_changed_character_is_marked_unsure() -> None:
    assert correct(seen("1O0")).confidence.tolist() == [0.99, CORRECTED, 0.99]


def test_correct_letter_like_a_digit_between_digits_of_a_code_is_unsure() -> None:
    line = correct(seen("R0D09Z3"))
    assert (line.text, line.confidence.tolist()) == (
        "R0D09Z3",
        [0.99, 0.99, UNWITNESSED, 0.99, 0.99, UNWITNESSED, 0.99],
    )


@pytest.mark.parametrize("text", ["z-1", "s3.5", "一0.2万人次", "Z80%"])
def test_correct_letter_like_a_sign_before_a_number_is_unsure(text: str) -> None:
    line = correct(seen(text))
    assert (line.text, line.confidence[0], line.confidence[1:].min()) == (text, UNWITNESSED, 0.99)


@given(st.text(alphabet="0123456789Ool|I.,:% 年≥期A", max_size=12))
def test_correct_any_line_keeps_one_place_and_certainty_a_character(text: str) -> None:
    line = correct(seen(text))
    assert len(line.text) == len(line.start) == len(line.end) == len(line.confidence)
    assert set(line.confidence.tolist()) <= {0.99, CORRECTED, UNWITNESSED}
    assert sum(char.isdigit() for char in line.text) >= sum(char.isdigit() for char in text)


@pytest.mark.parametrize(
    ("recognised", "printed"),
    [("一", "—"), ("二", "="), ("IO", "10"), ("l", "1"), ("2O%", "20%"), ("优", "优"), ("一级", "一级"), ("No", "No")],
)
def test_lone_all_of_a_cell_is_read_as_dash_or_number(recognised: str, printed: str) -> None:
    assert lone(seen(recognised)).text == printed


def test_has_open_bracket_figure_with_a_sign_taken_for_a_bracket() -> None:
    texts = {">42.85°(": True, "12(3)次": False, "1）办班；2）下乡": False, "（注": False, "（2024年度": True}
    got = pl.DataFrame({"text": list(texts)}).select(has_open_bracket(pl.col("text")))["text"].to_list()
    assert got == list(texts.values())
