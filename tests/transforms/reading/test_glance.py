from __future__ import annotations

import numpy as np
import pytest

from transforms.reading.glance import is_unreadable, may_hold_form, says_self_evaluation, written_count
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
    assert not is_unreadable(codes(lost * 4 + "页" * 90))
    assert not is_unreadable(codes(lost * 5))


@pytest.mark.parametrize(
    "text",
    [
        "全年ÿ调整Ā预算数预算单位名称疾病预¶ç制中心自评得分指标权重ÿ分Ā全年完成值指标得分ÿ分Ā",
        "㩾鍢㬄魌⻒䅖䐚鱩㮢餲" * 4,
        "鈆䐆䣍鰫㨋顝釐顝䍡㡄㞢䇌魮鎱頔㩾䅿頔㩾㹴䅿頔㩾㞢㞐㸝㳑颲醱㩾㧮鏅醱䲕頩䌃",
    ],
)
def test_is_unreadable_wrong_maps_are_recognised_by_what_no_text_says(text: str) -> None:
    assert is_unreadable(codes(text))


def test_is_unreadable_bytes_of_characters_taken_one_by_one() -> None:
    text = "绩效自评得分指标名称及说明，完成率１００" * 5
    assert is_unreadable(codes("".join(map(chr, text.encode("utf-16-be")))))
    assert not is_unreadable(codes("Total\t10\r\nScore\t9\r\n" * 20))


@pytest.mark.parametrize(
    "text",
    [
        "引进Café品牌一家，管径Ø600毫米，项目资金做到专款专用，推动各项任务落到实处。" * 2,
        "濉溪县民政局犇犇养殖专业合作社，项目資金做到專款專用，推動各項任務落到實處，覆蓋全縣各鄉鎮。" * 2,
        "Société générale des eaux et de l'électricité: rapport annuel, dépenses réalisées " * 2,
    ],
)
def test_is_unreadable_rare_words_in_ordinary_text_are_no_problem(text: str) -> None:
    assert not is_unreadable(codes(text))


def test_form_in_traditional_characters_is_not_passed_over() -> None:
    title = codes("項目支出績效自評表")
    assert may_hold_form(title)
    assert says_self_evaluation(title)


def test_written_count_leaves_out_characters_without_ink() -> None:
    assert written_count(codes("分\u200b值\u2003得\ufeff分")) == 4


@pytest.mark.parametrize(
    "title", ["Self-evaluation of Expenditure", "PERFORMANCE SELF-EVALUATION", "self evaluation form"]
)
def test_form_in_english_alone_is_not_passed_over(title: str) -> None:
    assert may_hold_form(codes(title))
    assert says_self_evaluation(codes(title))
