from __future__ import annotations

import numpy as np
import pytest

from transforms.reading.text import FIGURES_HEAPED, NOT_HEAPED, Characters, Texts, cell_texts, free_lines

SIZE = 10.0
Piece = tuple[float, float, str]


def printed(*pieces: Piece, angle: int = 0) -> Characters:
    """Strings printed from x at a top edge: Latin half an em wide, the others one."""
    text, box = [], []
    for x, top, string in pieces:
        for char in string:
            wide = SIZE / 2 if ord(char) < 0x2E80 else SIZE
            text.append(char)
            box.append([x, top, x + wide, top + SIZE])
            x += wide
    codes = np.array([ord(char) for char in text], dtype=np.uint32)
    return Characters(codes, np.array(box, dtype=np.float64).reshape(-1, 4), np.full(len(text), angle))


def one_cell(*pieces: Piece, width: float = 60.0, angle: int = 0) -> Texts:
    characters = printed(*pieces, angle=angle)
    return cell_texts(characters, np.zeros(len(characters.codes), dtype=np.int64), np.array([width]))


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        ([(0, 0, "年度指标"), (0, 12, "值")], "年度指标值"),
        ([(0, 0, "≥30000.00"), (0, 12, "(人次)")], "≥30000.00(人次)"),
        ([(0, 0, "12345678"), (0, 12, "90")], "1234567890"),
        ([(0, 0, "60"), (0, 12, "40")], "60\u300040"),
        ([(0, 0, "10"), (0, 12, "9.5")], "10\u30009.5"),
        ([(0, 0, "12345"), (0, 12, "67")], "12345\u300067"),
        ([(0, 0, "12345"), (0, 12, "67,890")], "1234567,890"),
        ([(0, 0, "10"), (0, 12, "9")], "10\u30009"),
        ([(0, 0, "1,200,"), (0, 12, "000")], "1,200,000"),
        ([(0, 0, "1"), (0, 12, "0"), (0, 24, "0")], "100"),
        ([(0, 0, "open"), (0, 12, "data")], "open data"),
        ([(0, 0, "internationa"), (0, 12, "lization")], "internationalization"),
        ([(0, 0, "open "), (0, 12, "data")], "open data"),
        ([(0, 0, "a b")], "a b"),
        ([(0, 0, "ab"), (14, 0, "cd")], "ab cd"),
        ([(0, 0, "2021"), (22.5, 0, "年")], "2021年"),
        ([(0, 0, "3 万人次")], "3 万人次"),
        ([(0, 0, "项"), (30, 0, "目")], "项目"),
        ([(0, 0, "张三 李四 ")], "张三 李四"),
        ([(0, 0, "甲\u3000\u3000乙")], "甲 乙"),
        ([(0, 0, "重"), (0.4, 0, "重"), (0.8, 0.2, "重"), (10.4, 0, "要")], "重要"),
        ([(0, 0, "11")], "11"),
        ([(0, 0, "年\u200b度\ufeff")], "年度"),
        ([(0, 12, "下"), (0, 0, "上")], "上下"),
        ([(10, 0, "乙"), (0, 0.4, "甲")], "甲乙"),
    ],
)
def test_cell_texts_joins_lines_and_keeps_printed_spaces(pieces: list[Piece], expected: str) -> None:
    assert one_cell(*pieces).text == [expected]


@pytest.mark.parametrize(("width", "text"), [(45.0, "100.00"), (60.0, "100.0\u30000")])
def test_cell_texts_digit_that_wide_padding_pushed_over_belongs_to_its_number(width: float, text: str) -> None:
    assert one_cell((0, 0, "100.0"), (0, 12, "0"), width=width).text == [text]


@pytest.mark.parametrize(("raised", "two"), [(-3.6, "²"), (-2.0, "²"), (0.0, "2"), (2.5, "2")])
def test_small_raised_or_lowered_character_stays_in_its_line(raised: float, two: str) -> None:
    base = printed((0, 12, "≥300m"), (30, 12, "以上"))
    small = Characters(
        np.array([ord("2")], dtype=np.uint32),
        np.array([[25.0, 13.0 + raised, 29.0, 20.0 + raised]]),
        np.zeros(1, dtype=np.int64),
    )
    above = printed((0, 0, "绿地"))
    parts = (base, small, above)
    joined = Characters(*(np.concatenate([getattr(part, name) for part in parts]) for name in Characters.__slots__))
    texts = cell_texts(joined, np.zeros(len(joined.codes), dtype=np.int64), np.array([80.0]))
    assert texts.text == [f"绿地≥300m{two}以上"]


def test_raised_figure_is_not_a_part_of_the_number_before_it() -> None:
    small = printed((20, 0, "12"))
    box = np.array([[20.0, -1.0, 23.0, 5.0], [23.0, -1.0, 26.0, 5.0]])
    parts = (printed((0, 0, "48.3")), Characters(small.codes, box, small.angle))
    joined = Characters(*(np.concatenate([getattr(part, name) for part in parts]) for name in Characters.__slots__))
    texts = cell_texts(joined, np.zeros(len(joined.codes), dtype=np.int64), np.array([60.0]))
    assert texts.text == ["48.3¹²"]


@pytest.mark.parametrize(
    ("raised", "size", "is_doubted"),
    [(-2.0, 5.0, True), (5.0, 5.0, True), (7.0, 5.0, True), (0.0, 9.0, False), (14.0, 5.0, False)],
    ids=["far above", "in line", "lowered", "of one size", "on a line of its own"],
)
@pytest.mark.parametrize("before", ["97.70", "产出面"])
def test_small_digit_beside_a_larger_one_is_in_doubt(raised: float, size: float, is_doubted: bool, before: str) -> None:
    base = printed((0, 10, before), (60, 10, "10"))
    small = Characters(
        np.array([ord("1")], dtype=np.uint32),
        np.array([[25.5, 10.0 + raised, 25.5 + size / 2, 10.0 + raised + size]]),
        np.zeros(1, dtype=np.int64),
    )
    joined = Characters(*(np.concatenate([getattr(part, name) for part in (base, small)]) for name in small.__slots__))
    texts = cell_texts(joined, np.zeros(len(joined.codes), dtype=np.int64), np.array([80.0]))
    assert texts.heaped.tolist() == [FIGURES_HEAPED if is_doubted and before[-1] == "0" else NOT_HEAPED]


def test_cell_texts_one_character_a_line_reads_downwards() -> None:
    texts = one_cell(*[(20.0, 11.0 * i, char) for i, char in enumerate("产出指标")])
    assert texts.text == ["产出指标"]
    assert texts.line_count.tolist() == [4]


def test_cell_texts_two_vertical_columns_read_from_the_right() -> None:
    right = [(40.0, 11.0 * i, char) for i, char in enumerate("年度总体")]
    left = [(20.0, 11.0 * i, char) for i, char in enumerate("目标完成")]
    assert one_cell(*right, *left).text == ["年度总体目标完成"]


@pytest.mark.parametrize(("angle", "order"), [(90, "标指出产"), (270, "产出指标"), (180, "产出指标")])
def test_cell_texts_turned_text_reads_along_its_direction(angle: int, order: str) -> None:
    pieces = [(20.0, 10.0 * i, char) for i, char in enumerate(order)]
    if angle == 180:
        pieces = [(100.0 - 10.0 * i, 0.0, char) for i, char in enumerate(order)]
    texts = one_cell(*pieces, angle=angle)
    assert texts.text == ["产出指标"]
    assert texts.line_count.tolist() == [1]


def test_cell_texts_groups_stay_apart_and_empty_ones_are_empty() -> None:
    characters = printed((0, 0, "甲乙"), (50, 0, "丙"))
    texts = cell_texts(characters, np.array([0, 0, 2]), np.array([40.0, 40.0, 40.0]))
    assert texts.text == ["甲乙", "", "丙"]
    assert texts.line_count.tolist() == [1, 0, 1]
    assert texts.ink[0].tolist() == [0.0, 0.0, 20.0, 10.0]
    assert np.isnan(texts.ink[1]).all()


def test_free_lines_wide_gap_divides_a_line() -> None:
    characters = printed((0, 0, "部门：某局"), (300, 0, "单位：万元"), (0, 20, "一 二"))
    lines, page = free_lines(characters, np.zeros(len(characters.codes), dtype=np.int64))
    assert lines.text == ["部门：某局", "单位：万元", "一 二"]
    assert lines.ink[1].tolist() == [300.0, 0.0, 350.0, 10.0]
    assert page.tolist() == [0, 0, 0]


def test_free_lines_of_two_pages_stay_apart() -> None:
    characters = printed((0, 0, "一"), (10, 0, "二"), (10, 0, "三"))
    lines, page = free_lines(characters, np.array([0, 0, 2]))
    assert lines.text == ["一二", "三"]
    assert page.tolist() == [0, 2]


def test_free_lines_no_characters_no_lines() -> None:
    lines, page = free_lines(printed(), np.empty(0, dtype=np.int64))
    assert lines.text == []
    assert page.tolist() == []
