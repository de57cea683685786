from __future__ import annotations

from contextlib import closing
from io import BytesIO

import numpy as np
import pypdfium2 as pdfium
import pytest
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from transforms.reading.ocr.engine import Gray, Line
from transforms.reading.ocr.figures import AGAINST, UNWITNESSED, WITNESSED, aligned, witnessed
from transforms.reading.ocr.strips import Strip

pytest.importorskip("cv2")

SCALE, POINTS, STEP = 3.0, 10.0, 24
SIZE = 30.0
OTHERS = ("0123456789", "3141.59", "2718.28", "98.70%", "8.33", "66.05")
"""Lines that stand on every page of these tests: some of each digit."""


def drawn(texts: list[str], apart: float = 0.0, scale: float = SCALE, font: str = "Helvetica") -> Gray:
    """Lines of text, one below the other; characters of the last stand `apart` further than usual, in points."""
    made = BytesIO()
    canvas = Canvas(made, (200, STEP * (len(texts) + 1)))
    for number, text in enumerate(texts):
        line = canvas.beginText(20, STEP * (len(texts) - number))
        line.setFont(font, POINTS)
        line.setCharSpace(apart if number == len(texts) - 1 else 0.0)
        line.textLine(text)
        canvas.drawText(line)
    canvas.save()
    with closing(pdfium.PdfDocument(made.getvalue())) as document:
        return np.array(document[0].render(scale=scale, grayscale=True).to_numpy()).squeeze().astype(np.uint8)


def seen(said: str, widths: list[float], box: tuple[int, int, int, int]) -> tuple[Line, Strip]:
    """A line as the recogniser gives it, cut out without margins."""
    edges = np.concatenate([[0.0], np.cumsum(widths)])
    centre = (edges[1:] + edges[:-1]) / 2 / edges[-1]
    middle = (centre[1:] + centre[:-1]) / 2
    line = Line(said, np.concatenate([[0.0], middle]), np.concatenate([middle, [1.0]]), np.full(len(said), 0.8))
    image = np.zeros((box[3] - box[1], box[2] - box[0]), np.uint8)
    return line, Strip(image, np.array([box]), np.array([0]), 0)


def judged(printed: str, said: str, apart: float = 0.0, bracket: float = 1.0) -> list[float]:
    """Certainty of each character of a line that prints one text and was recognised as another.

    Its opening bracket was seen `bracket` times as wide as it is.
    """
    texts = [*OTHERS, printed]
    gray = drawn(texts, apart)
    ink = gray < 128
    made = []
    for number, text in enumerate(texts):
        bottom = round((STEP * (number + 1) + 3) * SCALE)
        rows, columns = np.nonzero(ink[bottom - round(15 * SCALE) : bottom])
        top = bottom - round(15 * SCALE) + int(rows.min())
        box = (int(columns.min()), top, int(columns.max()) + 1, top + int(np.ptp(rows)) + 1)
        read = said if number == len(OTHERS) else text
        room = apart if number == len(OTHERS) else 0.0
        widths = [stringWidth(char, "Helvetica", POINTS) * (bracket if char == "(" else 1) + room for char in read]
        made.append(seen(read, widths, box))
    lines = witnessed([line for line, _ in made], [strip for _, strip in made], gray, ink, SIZE)
    assert [line.text for line in lines] == [*OTHERS, said]
    return lines[-1].confidence.tolist()


@pytest.mark.parametrize("text", ["1234.56", "100%", "8", "1,056,000.00", "7.5-8.0"])
def test_witnessed_figure_whose_ink_agrees_is_surer(text: str) -> None:
    for char, certainty in zip(text, judged(text, text), strict=True):
        assert certainty == pytest.approx(WITNESSED if char.isdigit() else 0.8)


@pytest.mark.parametrize(("printed", "said"), [("38", "88"), ("156.20", "166.20"), ("1,704", "1,104"), ("9", "0")])
def test_witnessed_digit_taken_for_another_is_unsure(printed: str, said: str) -> None:
    certainty = judged(printed, said)
    assert [c <= AGAINST for c in certainty] == [a != b for a, b in zip(printed, said, strict=True)]


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("98.7", "987"),
        ("1204", "124"),
        ("98.7%", "98.796"),
        ("50", "500"),
        ("3.6%", "3.6%6"),
        ("12", "1"),
        ("91.8%", "91.%"),
        ("100(%)", "10(%)"),
        ("91(%)", "9(%)"),
        ("(15)", "(5)"),
        ("0.8‰", "0.8%"),
        ("0.8‰", "0.8%o"),
        ("(0.8)‰", "(0.8)%"),
        ("(0.8‰)", "(0.8%)"),
    ],
)
def test_witnessed_more_or_fewer_characters_than_ink_make_a_line_unsure(printed: str, said: str) -> None:
    assert min(c for c, char in zip(judged(printed, said), said, strict=True) if char.isdigit()) <= UNWITNESSED


def test_witnessed_per_cent_sign_of_a_column_of_units_is_unsure_where_it_prints_per_mille() -> None:
    assert (judged("%", "%"), judged("‰", "%")) == ([0.8], [UNWITNESSED])


@pytest.mark.parametrize(("printed", "said"), [("60.T", "60.7"), ("50D", "500"), ("2Q", "20")])
def test_witnessed_other_sign_taken_for_a_digit_is_unsure_beside_digits_of_the_pages_font(
    printed: str, said: str
) -> None:
    assert judged(printed, said)[-1] == UNWITNESSED
    assert min(judged(said, said)) >= 0.8


def test_witnessed_digit_taken_for_a_colon_makes_a_line_unsure() -> None:
    assert judged("39.3", "39.:")[:2] == [UNWITNESSED, UNWITNESSED]
    assert min(judged("8:30", "8:30")) >= 0.8


def test_witnessed_digits_that_touch_are_cut_apart_where_the_bracket_before_them_was_seen_as_too_wide() -> None:
    assert min(judged("( 20 )", "(20)", apart=-0.9, bracket=2.5)) >= 0.8
    assert min(judged("( 200 )", "(20)", apart=-0.9, bracket=2.5)) <= UNWITNESSED


def test_witnessed_digits_that_touch_are_kept_apart_by_their_width() -> None:
    assert min(judged("2000", "2000", apart=-0.5)) >= WITNESSED
    assert max(judged("2000", "200", apart=-0.5)) <= UNWITNESSED


@pytest.mark.parametrize("text", ["100(%)", "88%", "(50)"])
def test_witnessed_digits_that_touch_a_sign_are_cut_where_it_was_seen(text: str) -> None:
    assert min(judged(text, text, apart=-0.8)) >= 0.8


@pytest.mark.parametrize(
    ("printed", "said"), [("100(%)", "10(%)"), ("(15)", "(5)"), ("88%", "8%"), ("50(%)", "500(%)")]
)
@pytest.mark.parametrize("apart", [-0.3, -0.6, -0.8])
def test_witnessed_digit_lost_beside_a_sign_that_it_touches_makes_the_line_unsure(
    printed: str, said: str, apart: float
) -> None:
    digits = [c for c, char in zip(judged(printed, said, apart), said, strict=True) if char.isdigit()]
    assert min(digits) <= UNWITNESSED


def test_aligned_slash_leans_over_ideographs() -> None:
    pieces = np.array([[0, 6, 7, 24], [10, 6, 22, 23], [23, 6, 34, 23], [44, 0, 77, 25], [80, 0, 102, 24]], np.float64)
    seen_at = np.array([2.0, 18.0, 34.0, 56.0, 76.0, 97.0])
    assert aligned("189元/生", seen_at, pieces, 26.0) == {0: 0, 1: 1, 2: 2}
    assert aligned("19元/生", seen_at[[0, 2, 3, 4, 5]], pieces, 26.0) is None


def test_witnessed_page_without_digits_or_lines_is_left_alone() -> None:
    line, strip = seen("abc", [5.0, 5.0, 5.0], (0, 0, 30, 20))
    blank = np.full((40, 40), 255, np.uint8)
    (same,) = witnessed([line], [strip], blank, blank < 128, SIZE)
    assert same is line
    assert witnessed([], [], blank, blank < 128, SIZE) == []


def test_aligned_sign_that_was_cut_as_if_it_were_digits_that_touch_is_one_character() -> None:
    cut = [(0, 9), (9, 21), (26, 35), (37, 50), (53, 57), (61, 75), (75, 89)]
    pieces = np.array([[x0, 19 if x1 - x0 == 4 else 2, x1, 23] for x0, x1 in cut], dtype=np.float64)
    seen_at = np.array([10.0, 30.0, 43.0, 55.0, 68.0, 82.0])
    assert aligned("≥18.00", seen_at, pieces, 26.0) == {1: 2, 2: 3, 4: 5, 5: 6}
    assert aligned("≥1.00", seen_at[[0, 1, 3, 4, 5]], pieces, 26.0) is None  # the 8 is left over
    assert aligned("18.00", seen_at[1:], pieces, 26.0) is None  # and so is the sign


def test_aligned_ring_of_a_per_cent_sign_is_not_a_digit() -> None:
    pieces = np.array(
        [[0, 0, 21, 19], [25, 0, 38, 19], [41, 0, 50, 19], [52, 8, 61, 21], [57, 9, 71, 29], [66, 16, 76, 29]],
        dtype=np.float64,
    )
    seen_at = np.array([8.0, 32.0, 46.0, 59.0, 75.0])
    assert aligned("≥810%", seen_at, pieces, 26.0) is None
    assert aligned("≥81%", seen_at[[0, 1, 2, 4]], pieces, 26.0) == {1: 1, 2: 2}


@pytest.mark.parametrize(("printed", "said"), [("8 3", "83"), ("2101 96", "210196"), ("66 5 66", "66566")])
def test_witnessed_digits_with_room_for_a_point_between_them_are_unsure(printed: str, said: str) -> None:
    assert max(c for c, char in zip(judged(printed, said), said, strict=True) if char.isdigit()) <= UNWITNESSED


def test_witnessed_figure_that_is_spaced_throughout_is_sure() -> None:
    assert min(judged("2101", "2101", apart=2.5)) >= WITNESSED
