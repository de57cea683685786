"""Words and signs that bound a value: 不少于, 以上, ≤, 不超过."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import polars as pl

from transforms.normalising.folding import fold
from transforms.normalising.vocabulary import words

FILLER: Final = (
    "(?:大约|约为|大概|约|近|共计|累计|共|总计|合计|计|实际完成|实际|已完成了?|完成了?|已|全年|年度|每年|年均|平均|合同|预计|"
    "达到了?|达|仅完成了?|只完成了?|仅为|仅|只有|只|已|为|是|均)"
)
"""Words before a number that change nothing of it."""


@cache
def operator_words(where: str) -> dict[str, str]:
    """Return the words that stand `before` a number, `after` its unit, or in a `column` of their own, longest first.

    Example:
        >>> operator_words("after")["以上"]
        '>='
    """
    rows = words("operators").filter(pl.col("where") == where).with_columns(fold(pl.col("printed")).alias("printed"))
    pairs = zip(rows["printed"].to_list(), rows["operator"].to_list(), strict=True)
    return dict(sorted(pairs, key=lambda pair: -len(pair[0])))


@cache
def reached_words() -> frozenset[str]:
    """Return the words before a number by which an actual states just that number: 达到95% is 95 % of an actual."""
    rows = words("operators").filter(pl.col("actual") == "exact").select(fold(pl.col("printed")).alias("printed"))
    return frozenset(rows["printed"])


def operator_pattern(where: str) -> str:
    """Return a regular expression of these words, the longest first."""
    return "(?:" + "|".join(re.escape(word) for word in operator_words(where)) + ")"
