"""The options for the rating, as far as the reader knows what is printed in their cell."""

from __future__ import annotations

import pytest

from tests.expectations.build import outcomes


def _cell(printed: str, rating: str | None) -> dict[str, object]:
    return {
        "forms": {"rating": rating},
        "evidence": [{"column_name": "rating", "printed_text": printed}],
    }


@pytest.mark.parametrize("printed", ["□优 □良 □中 □差", "☑优 ☑良 □中 □差", "优 良 中 差"])
def test_options_of_which_none_or_several_are_marked_fail(printed: str) -> None:
    assert outcomes("R105", _cell(printed, None)) == ["fail"]


def test_option_that_is_marked_and_a_printed_word_pass() -> None:
    assert outcomes("R105", _cell("☑优 □良 □中 □差", "优"), _cell("优秀", "优秀")) == ["pass", "pass"]


@pytest.mark.parametrize("printed", ["", "—", "/"])
def test_blank_cell_for_the_rating_is_not_judged(printed: str) -> None:
    assert outcomes("R105", _cell(printed, None)) == ["rating_not_printed"]
