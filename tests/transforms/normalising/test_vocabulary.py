from __future__ import annotations

from decimal import Decimal

import polars as pl
import pytest

from transforms.normalising.levels import level_key
from transforms.normalising.operators import operator_words
from transforms.normalising.statements import SENSES
from transforms.normalising.vocabulary import mapping, words
from warehouse.contract.vocabulary import FUNDING_TYPES, LEVEL_1_TYPES, LEVEL_2_TYPES, OPERATORS

LISTS = {
    "levels": ["level", "printed"],
    "units": ["printed"],
    "words": ["printed"],
    "operators": ["printed", "where"],
    "glyphs": ["printed"],
    "head_nouns": ["printed", "role"],
    "statements": ["pattern"],
    "grades": ["printed"],
    "not_units": ["printed"],
    "unit_kin": ["one", "other"],
    "word_pairs": ["target", "actual"],
    "capped_names": ["printed"],
    "funding_sources": ["pattern"],
    "ratings": ["printed"],
}


@pytest.mark.parametrize(("name", "key"), LISTS.items())
def test_words_list_has_no_entry_twice(name: str, key: list[str]) -> None:
    rows = words(name)
    assert rows.height > 0
    assert rows.filter(rows.select(key).is_duplicated()).height == 0


@pytest.mark.parametrize("name", LISTS)
def test_words_list_names_its_source(name: str) -> None:
    from importlib.resources import files

    text = (files("transforms.normalising.vocabulary") / f"{name}.csv").read_text(encoding="utf-8")
    comment = "".join(line for line in text.splitlines() if line.startswith("#"))
    assert "ource" in comment


def test_words_types_are_in_the_closed_lists() -> None:
    levels = words("levels")
    assert set(levels.filter(pl.col("level") == "1")["type"]) <= set(LEVEL_1_TYPES)
    assert set(levels.filter(pl.col("level") == "2")["type"]) <= set(LEVEL_2_TYPES)
    assert set(words("funding_sources")["type"]) <= set(FUNDING_TYPES)
    assert set(words("operators")["operator"]) <= set(OPERATORS)
    assert set(words("head_nouns")["role"]) == {
        "up",
        "down",
        "open",
        "event",
        "deed",
        "count",
        "plain_count",
        "unclear",
    }
    assert set(words("statements")["sense"]) == {"allowed", *SENSES}


def test_words_every_level_type_has_a_label() -> None:
    levels = words("levels")
    assert set(levels.filter(pl.col("level") == "1")["type"]) == set(LEVEL_1_TYPES)
    assert set(levels.filter(pl.col("level") == "2")["type"]) == set(LEVEL_2_TYPES)


def test_words_level_labels_are_their_own_key() -> None:
    levels = words("levels")
    assert levels.filter(level_key(pl.col("printed")) != pl.col("printed")).height == 0


def test_words_units_have_exact_positive_scale() -> None:
    scales = [Decimal(s) for s in words("units")["scale"]]
    assert min(scales) > 0
    assert words("units")["base"].null_count() == 0


def test_words_base_units_are_their_own_base() -> None:
    units = words("units")
    based = units.join(units.select(pl.col("printed").alias("base"), pl.col("base").alias("base_of_base")), on="base")
    assert based.filter(pl.col("base") != pl.col("base_of_base")).height == 0
    assert (
        based.join(units, left_on="base", right_on="printed")
        .filter((pl.col("base") == pl.col("base_of_base")) & (pl.col("scale_right") != "1"))
        .height
        == 0
    )


def test_words_bands_are_one_to_three() -> None:
    assert set(words("words")["band"].drop_nulls()) == {"1", "2", "3"}


def test_mapping_leaves_out_rows_without_value() -> None:
    assert "完善" not in mapping("words", "printed", "band")


def test_operator_words_longest_first() -> None:
    lengths = [len(word) for word in operator_words("before")]
    assert lengths == sorted(lengths, reverse=True)
