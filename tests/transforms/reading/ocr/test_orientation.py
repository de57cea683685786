from __future__ import annotations

import numpy as np
import pytest

from transforms.reading.ocr import orientation
from transforms.reading.ocr.engine import Line
from transforms.reading.page import Bools


def line(text: str, confidence: float) -> Line:
    ends = np.arange(1.0, len(text) + 1.0)
    return Line(text, ends - 1.0, ends, np.full(len(text), confidence))


def text_like(rows: int = 12, characters: int = 20) -> Bools:
    """Blocks of 24 pixels, 3 apart within a line and 16 apart from line to line: text of 9 points at 3 pixels each."""
    ink = np.zeros((rows * 40, characters * 27), dtype=np.bool_)
    for row in range(rows):
        for column in range(characters):
            ink[row * 40 : row * 40 + 24, column * 27 : column * 27 + 24] = True
    return ink


def test_writing_level_lines_are_distinguished_from_upright_ones() -> None:
    assert orientation.writing(text_like(), 3.0) == 1
    assert orientation.writing(np.ascontiguousarray(text_like().T), 3.0) == -1


def test_writing_little_text_tells_nothing() -> None:
    assert orientation.writing(text_like(2, 3), 3.0) == 0
    assert orientation.writing(np.zeros((100, 100), dtype=np.bool_), 3.0) == 0


@pytest.mark.parametrize(
    ("lines", "right"),
    [
        ([line("项目名称", 0.3), line("分值", 0.3)], True),  # labels, poorly printed
        ([line("开展科技创新资源研究", 0.95)], True),  # prose without any label
        ([line("100.00", 0.5)], True),  # hardly anything
        ([line("称各目贞ェ丄00鲁妈昌", 0.6)], False),
    ],
)
def test_is_right_labels_or_certainty_suffice(lines: list[Line], right: bool) -> None:
    assert orientation.is_right(lines) == right


def test_is_better_one_slightly_surer_way_up_does_not_win_against_labels() -> None:
    labelled, mute = [line("年度指标值得分", 0.9)], [line("鲁妈妈妈", 0.92)]
    assert not orientation.is_better(mute, labelled)
    assert orientation.is_better(labelled, mute)
    assert not orientation.is_better([line("00.001", 0.92)], [line("100.00", 0.9)])


def test_is_better_needs_both_a_label_and_certainty_or_much_of_one() -> None:
    assert not orientation.is_better([line("项目", 0.4)], [line("妈鲁", 0.6)])
    assert orientation.is_better([line("甲乙丙丁", 0.9)], [line("妈鲁鲁妈", 0.5)])
