"""Totals and ratings in lines of text below the tables: read beside their label, or reported."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl
import pytest

from tests.support.assembled import one, read
from tests.transforms.build_cells import FUNDING, GOALS, HEAD, INDICATOR_HEADER, INDICATORS, form, lines
from transforms.assemble import Assembled, read_forms


def beside(*texts: str) -> pl.DataFrame:
    """One line of the second page, near its top, with texts side by side."""
    places = [40.0, 330.0, 450.0, 500.0][: len(texts)]
    return lines(*texts, page=2).with_columns(
        top=pl.lit(40.0), bottom=pl.lit(50.0), x0=pl.Series(places), x1=pl.Series([x + 40.0 for x in places])
    )


def with_page(*texts: str) -> Assembled:
    return read_forms(pl.concat([form(), beside(*texts)]))


@pytest.mark.parametrize("texts", [("评分等级", "优"), ("自评结论", "优"), ("评价等级 优",), ("评级优",)])
def test_last_page_with_a_rating_alone_is_read(texts: tuple[str, ...]) -> None:
    found = with_page(*texts)
    assert one(found.fields, "rating") == "优"
    assert one(found.fields, "unexplained_text") is None
    assert "furniture" not in found.fates.filter(page_number=2)["fate"].to_list()


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (("评级", "见附件"), "评级 | 见附件"),
        (("评价等级", "优", "良"), "评价等级 | 优 | 良"),
        (("总分 100 94 优",), "总分 100 94 优"),
        (("自评得分", "95分"), "95分"),
    ],
)
def test_label_of_a_rating_that_is_not_read_or_another_total_is_reported(texts: tuple[str, ...], said: str) -> None:
    found = with_page(*texts)
    assert one(found.fields, "rating") is None
    assert one(found.fields, "total_score") == "94"
    assert one(found.fields, "unexplained_text") == said


@pytest.mark.parametrize("texts", [("自评得分", "94分"), ("填报人：张三", "联系电话：2345678"), ("总分", "100", "94")])
def test_what_says_nothing_else_is_not_reported(texts: tuple[str, ...]) -> None:
    assert one(with_page(*texts).fields, "unexplained_text") is None


@pytest.mark.parametrize(("texts", "score"), [(("自评得分", "94分"), "94分"), (("总分", "100"), None)])
def test_score_below_is_read_where_its_label_says_that_it_is_one(texts: tuple[str, ...], score: str | None) -> None:
    rows: Sequence[Sequence[str]] = [*HEAD, *FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS]
    without = read(*rows).fields
    assert one(without, "total_score") is None
    whole = form().filter(pl.col("row_number").is_null() | (pl.col("row_number") < len(rows)))
    found = read_forms(pl.concat([whole, beside(*texts)]))
    assert one(found.fields, "total_score") == score


def test_rating_behind_a_sentence_is_of_something_else() -> None:
    prose = lines("以上为各项目自评情况。", page=2, top=20.0)
    found = read_forms(pl.concat([form(), prose, beside("评价等级", "优").with_columns(pl.col("cell_number") + 5)]))
    assert one(found.fields, "rating") is None
