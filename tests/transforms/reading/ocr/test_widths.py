from __future__ import annotations

import numpy as np
import pytest

from transforms.reading.ocr.engine import Line
from transforms.reading.ocr.strips import Strip
from transforms.reading.ocr.widths import full_width

SIZE = 20.0
IDEOGRAPH, LETTER = 1.0, 0.5


def set_in(text: str, mark: float) -> tuple[Line, Strip]:
    """A line as the recogniser gives it: characters reach half-way to their neighbours; marks are `mark` squares."""
    widths = np.array([IDEOGRAPH if c >= "\u3400" else LETTER if c.isalnum() else mark for c in text]) * SIZE
    edges = np.concatenate([[0.0], np.cumsum(widths)])
    centre = (edges[1:] + edges[:-1]) / 2 / edges[-1]
    middle = (centre[1:] + centre[:-1]) / 2
    line = Line(text, np.concatenate([[0.0], middle]), np.concatenate([middle, [1.0]]), np.ones(len(text)))
    box = np.array([[0, 0, round(edges[-1]), 20]])
    return line, Strip(np.zeros((20, round(edges[-1])), np.uint8), box, np.array([0]), 0)


def read(*lines: tuple[str, float]) -> list[str]:
    made = [set_in(*line) for line in lines]
    return [line.text for line in full_width([m[0] for m in made], [m[1] for m in made], SIZE)]


@pytest.mark.parametrize(
    ("text", "wide"),
    [
        ("把成果用到课堂上;项目资金", "把成果用到课堂上；项目资金"),
        ("指标1:更换课桌椅", "指标1：更换课桌椅"),
        ("按学期拨付,到园", "按学期拨付，到园"),
    ],
)
def test_full_width_mark_that_takes_a_square_is_wide_and_one_that_does_not_is_not(text: str, wide: str) -> None:
    assert read((text, 1.0)) == [wide]
    assert read((text, 0.3)) == [text]


def test_full_width_mark_seen_as_wide_stays_where_it_is_set_closer() -> None:
    assert read(("产出指标（五十分", 0.5)) == ["产出指标（五十分"]


@pytest.mark.parametrize(
    ("wide", "narrow", "is_wide"),
    [(0, 0, False), (1, 0, True), (4, 0, True), (4, 1, False), (5, 1, True), (0, 1, False)],
)
def test_full_width_bracket_at_an_end_is_wide_only_where_nearly_all_others_are(
    wide: int, narrow: int, is_wide: bool
) -> None:
    others = [("产出指标（五十分", 1.0)] * wide + [("满意度(五十分", 0.3)] * narrow
    assert read(*others, ("(50分)", 1.0))[-1] == ("（50分）" if is_wide else "(50分)")
