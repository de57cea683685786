"""Words and signs that bound a value: 不少于, 以上, ≤, 不超过."""

from __future__ import annotations

import re
from functools import cache

import polars as pl

from transforms.normalising.folding import fold
from transforms.normalising.vocabulary import words


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


def operator_pattern(where: str) -> str:
    """Return a regular expression of these words, the longest first."""
    return "(?:" + "|".join(re.escape(word) for word in operator_words(where)) + ")"
