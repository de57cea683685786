"""Ratings and totals whose value is spread over cells, or stands below its label."""

from __future__ import annotations

import pytest

from tests.support.assembled import one, read
from tests.transforms.build_cells import FUNDING, GOALS, HEAD, INDICATOR_HEADER, INDICATORS, TOTAL
from transforms.normalise import normalise

BODY = [*FUNDING, *GOALS, INDICATOR_HEADER, *INDICATORS, *TOTAL]


@pytest.mark.parametrize(
    ("cells", "rating"),
    [
        (["优√", "良", "中", "差"], "优"),
        (["□优", "☑良", "□中", "□差"], "良"),
        (["□优（90分及以上）", "□良（80-90分）", "☑中（60-80分）", "□差（60分以下）"], "中"),
        (["优", "良", "中", "差"], None),
    ],
)
def test_ratings_in_cells_side_by_side_are_choices_of_which_one_is_ticked(cells: list[str], rating: str | None) -> None:
    row = ["评价等级", "<", cells[0], "<", cells[1], "<", *cells[2:]]
    fields = read(*HEAD, *BODY, row).fields
    assert one(fields, "rating") == "  ".join(cells)
    assert normalise(fields)["forms"]["rating"].to_list() == [rating]


def test_rating_and_total_below_their_labels_are_read() -> None:
    labels = ["自评得分", "<", "<", "<", "评价等级", "<", "<", "<"]
    found = read(*HEAD, labels, ["94", "<", "<", "<", "优", "<", "<", "<"], *BODY[:-1])
    assert (one(found.fields, "total_score"), one(found.fields, "rating")) == ("94", "优")


@pytest.mark.parametrize("value", ["见附件", "优秀率95%"])
def test_label_of_a_rating_over_something_else_is_reported(value: str) -> None:
    rows = [["评价等级", "<", "<", "<", "<", "<", "<", "<"], [value, "<", "<", "<", "<", "<", "<", "<"]]
    found = read(*HEAD, *BODY, *rows)
    assert one(found.fields, "rating") is None
    assert one(found.fields, "unexplained_text") == "评价等级"


def test_word_of_rating_beside_an_unknown_label_is_reported() -> None:
    found = read(*HEAD, *BODY, ["评定档次", "<", "<", "<", "优", "<", "<", "<"])
    assert one(found.fields, "unexplained_text") == "优"


def test_sentence_beside_a_conclusion_is_not_reported() -> None:
    found = read(*HEAD, *BODY, ["评价结论", "<", "项目完成良好，资金使用规范。", "<", "<", "<", "<", "<"])
    assert one(found.fields, "unexplained_text") is None


@pytest.mark.parametrize("label", ["评价等级", "自评等级"])
def test_label_of_a_rating_in_the_row_of_totals_is_not_a_total(label: str) -> None:
    row = ["自评总分", "<", "<", "94", "<", label, "优", "<"]
    found = read(*HEAD, *BODY[:-1], row)
    assert (one(found.fields, "total_score"), one(found.fields, "rating")) == ("94", "优")
    assert one(found.fields, "total_weight") is None
