from __future__ import annotations

import numpy as np
import pytest

from transforms.reading.glance import is_unreadable, may_hold_form
from transforms.reading.page import Codes


def codes(text: str) -> Codes:
    return np.array([ord(char) for char in text], dtype=np.uint32)


@pytest.mark.parametrize("text", ["项目支出绩效自评表", "绩\r\n效", "三 级\u3000指 标", "⾃评结果", "预算执行率"])
def test_may_hold_form_form_words_are_seen_through_spacing_and_radicals(text: str) -> None:
    assert may_hold_form(codes(text))


@pytest.mark.parametrize("text", ["", "第 1 页", "一般公共预算财政拨款收入支出决算表", "Annual report"])
def test_may_hold_form_other_text_is_passed_over(text: str) -> None:
    assert not may_hold_form(codes(text))


@pytest.mark.parametrize("lost", ["\ufffd", "\ue001", "\x05", "\U000f0001"])
def test_is_unreadable_characters_without_meaning(lost: str) -> None:
    assert is_unreadable(codes(lost * 20 + "页" * 20))
    assert not is_unreadable(codes(lost * 10 + "页" * 90))
    assert not is_unreadable(codes(lost * 5))
