from __future__ import annotations

import polars as pl
import pytest

from transforms.reading.ocr.columns import by_column


def page(*columns: tuple[str, ...], confidence: float = 0.95) -> pl.DataFrame:
    """Cells of one table, column by column; every text is equally sure."""
    rows = [
        {"table_number": 1, "row_number": r, "column_number": c, "row_span": 1, "column_span": 1, "text": text}
        for c, column in enumerate(columns)
        for r, text in enumerate(column)
    ]
    return pl.DataFrame(rows).with_columns(confidence=pl.lit(confidence))


@pytest.mark.parametrize("mark", ["—", "一", "-", "二", "＝"])
def test_by_column_flat_mark_among_comparisons_beside_a_number_is_an_equals_sign(mark: str) -> None:
    read = by_column(page(("符号", "≥", mark, "≤"), ("指标值", "59", "19993", "3")))
    assert read["text"].to_list()[2] == "="
    assert read["confidence"].to_list()[2] == 0.85
    assert read.filter(pl.col("confidence") < 0.95).height == 1


def test_by_column_more_flat_marks_than_comparisons_stay_in_doubt() -> None:
    read = by_column(page(("符号", "≥", "—", "—"), ("指标值", "59", "19993", "3")))
    assert read["text"].to_list()[2:4] == ["=", "="]
    assert read["confidence"].to_list()[2:4] == [0.5, 0.5]


def test_by_column_flat_mark_beside_words_or_without_comparisons_stays() -> None:
    words = page(("符号", "≥", "—"), ("指标值", "59", "有所提升"))
    assert by_column(words)["text"].to_list() == words["text"].to_list()
    amounts = page(("权重", "—", "—"), ("得分", "10", "9"))
    assert by_column(amounts)["text"].to_list() == amounts["text"].to_list()


def test_by_column_lone_stroke_in_a_column_of_blank_marks_is_the_mark_of_the_column() -> None:
    read = by_column(page(("偏差原因", "/", "1", "/", "无"), ("得分", "1", "1", "2", "3")))
    assert read["text"].to_list() == ["偏差原因", "/", "/", "/", "无", "得分", "1", "1", "2", "3"]


def test_by_column_stroke_in_a_column_with_numbers_stays_a_digit() -> None:
    cells = page(("得分", "1", "—", "—", "10"))
    assert by_column(cells)["text"].to_list() == cells["text"].to_list()


def test_by_column_lines_outside_tables_are_left_alone() -> None:
    lines = page(("—", "1")).with_columns(table_number=pl.lit(None, pl.Int64))
    assert by_column(lines).equals(lines)


@pytest.mark.parametrize("mark", ["M", "2", "N"])
def test_by_column_what_stands_in_place_of_a_sign_is_in_doubt(mark: str) -> None:
    read = by_column(page(("符号", "≥", "≥", "≤", mark), ("指标值", "59", "19993", "3", "62")))
    assert read["text"].to_list()[4] == mark
    assert read["confidence"].to_list()[:5] == [0.95, 0.95, 0.95, 0.95, 0.5]


def test_by_column_letters_beside_words_or_among_few_signs_stay_sure() -> None:
    words = page(("符号", "≥", "≥", "≤", "M"), ("指标值", "59", "19", "3", "提升"))
    few = page(("符号", "≥", "M"), ("指标值", "59", "19"))
    assert [by_column(cells)["confidence"].min() for cells in (words, few)] == [0.95, 0.95]
