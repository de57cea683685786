from __future__ import annotations

import itertools

import numpy as np
import pytest
from PIL import Image, ImageDraw

from transforms.reading.ocr.engine import Line
from transforms.reading.ocr.strips import Strip
from transforms.reading.ocr.widths import full_width

SIZE = 40
WIDE = dict(zip("(:;,)", "（：；，）", strict=True))


def set_in(printed: str, seen: str) -> tuple[Line, Image.Image]:
    """A line as it is printed, and what the recogniser says of it: full-width marks stand at one side of a square."""
    picture = Image.new("L", (SIZE * len(printed) + SIZE, SIZE + 8), 255)
    pen = ImageDraw.Draw(picture)
    x, centres = 4.0, []
    for char in printed:
        is_full = char in WIDE.values()
        advance = SIZE * (1.0 if is_full or char >= "\u3400" else 0.55 if char.isdigit() else 0.35)
        is_mark = is_full or char in WIDE
        width = SIZE * (0.26 if is_full else 0.18) if is_mark else advance - 3
        left = x + (advance - width - 2 if char in "（" else 2)
        if is_mark and char in "（()）":
            lean = (90, 270) if char in "（(" else (270, 90)
            pen.arc(
                (left - (0 if char in "（(" else width), 4, left + (2 if char in "（(" else 1) * width, 40), *lean, 0, 3
            )
        elif is_mark:
            pen.rectangle((left, 34, left + 5, 40), fill=0)
        else:
            pen.rectangle((left, 6, left + width, 38), fill=0)
        centres.append(left + width / 2)
        x += advance
    ends = np.array([0.0, *[(a + b) / 2 for a, b in itertools.pairwise(centres)], picture.width])
    return Line(seen, ends[:-1] / picture.width, ends[1:] / picture.width, np.ones(len(seen))), picture


def read(*lines: tuple[str, str]) -> list[str]:
    """What becomes of lines, each printed and seen so; they stand one below the other."""
    made = [set_in(*line) for line in lines]
    page = np.full((sum(p.height for _, p in made), max(p.width for _, p in made)), 255, dtype=np.uint8)
    strips: list[Strip] = []
    top = 0
    for _, picture in made:
        gray = np.asarray(picture)
        page[top : top + gray.shape[0], : gray.shape[1]] = gray
        box = np.array([[0, top, gray.shape[1], top + gray.shape[0]]])
        strips.append(Strip(gray, box, np.array([0]), len(strips)))
        top += gray.shape[0]
    return [line.text for line in full_width([line for line, _ in made], strips, page < 128, SIZE)]


def narrow(text: str) -> str:
    return text.translate({ord(wide): mark for mark, wide in WIDE.items()})


@pytest.mark.parametrize(
    "printed",
    ["把成果用到课堂上；项目资金", "指标1：更换课桌椅", "按学期拨付，到园", "产出（五十）指标", "数量（50）个"],
)
def test_full_width_mark_with_the_white_of_a_square_is_wide_and_one_without_it_is_not(printed: str) -> None:
    assert read((printed, narrow(printed))) == [printed]
    assert read((narrow(printed), narrow(printed))) == [narrow(printed)]


def test_full_width_mark_seen_as_wide_stays_where_it_is_set_closer() -> None:
    assert read(("产出指标(五十分", "产出指标（五十分")) == ["产出指标（五十分"]


@pytest.mark.parametrize("printed", ["（50分）", "(50分)"])
@pytest.mark.parametrize("others", [["产出（五十）指标"], ["满意(五十)度"], ["产出（五十）指标", "满意(五十)度"]])
def test_full_width_bracket_at_an_end_is_as_wide_as_those_of_its_shape(printed: str, others: list[str]) -> None:
    lines = [(other, narrow(other)) for other in others]
    assert read(*lines, (printed, narrow(printed)))[-1] == printed


def test_full_width_bracket_at_an_end_without_others_stays_as_it_was_seen() -> None:
    assert read(("（50分）", "(50分)")) == ["(50分)"]


@pytest.mark.parametrize(
    ("other", "last", "is_wide"),
    [("按学期，拨付，到园", "培训，", True), ("按学期,拨付", "培训,", False), ("按学期，拨付", "12，", False)],
)
def test_full_width_comma_at_an_end_is_as_wide_as_the_others_but_not_within_a_number(
    other: str, last: str, *, is_wide: bool
) -> None:
    assert read((other, narrow(other)), (last, narrow(last)))[-1] == (last if is_wide else narrow(last))


def test_full_width_white_between_two_brackets_says_nothing() -> None:
    assert read(("指标(五)（十）分", "指标(五)(十)分"))[0] == "指标(五)（十）分"
