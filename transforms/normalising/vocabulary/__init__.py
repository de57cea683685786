"""Closed lists as data: what the forms print, and what it means.

Each list is a CSV file beside this module with its sources in comments at the top. The files are read once.
A printed word that no list holds is never guessed: it is reported by `transforms.gaps.vocabulary_gaps`.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import polars as pl


@cache
def words(name: str) -> pl.DataFrame:
    """Return the list `name` (`levels`, `units`, ...) with one row for each entry, all columns text; blank is null.

    Raises:
        FileNotFoundError: There is no such list.

    Example:
        >>> words("ratings").columns
        ['printed']
    """
    data = (files(__package__) / f"{name}.csv").read_bytes()
    return pl.read_csv(data, comment_prefix="#", infer_schema=False)


@cache
def any_of(name: str, role: str) -> str:
    """Return a regular expression of the words of one role of the list `name`, the longest first.

    Example:
        >>> any_of("context_words", "each_deed").startswith("(?:")
        True
    """
    printed = words(name).filter(pl.col("role") == role)["printed"].unique().to_list()
    return "(?:" + "|".join(sorted(printed, key=lambda word: (-len(word), word))) + ")"


@cache
def mapping(name: str, key: str, value: str) -> dict[str, str]:
    """Return one list as a dictionary from its column `key` to its column `value`; rows without a value are left out.

    Example:
        >>> mapping("units", "printed", "base")["公斤"]
        '千克'
    """
    rows = words(name).drop_nulls([key, value])
    return dict(zip(rows[key].to_list(), rows[value].to_list(), strict=True))
