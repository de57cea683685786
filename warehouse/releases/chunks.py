"""How the documents of a release are divided over its files, so that a night writes little more than what is new.

Documents are numbered in the order in which they were first seen, and a chunk is a run of these numbers: as many chunks
of 2 048 documents as are full, then of 512, then of 128, and what is left over. A new document comes last, so that only
the last chunk changes, until enough of one size are full and become one of the next: a document is written four times
in its life, and a table has few files (at most seven more than one for each 2 048 documents, for each year).
"""

from __future__ import annotations

from typing import Final

import polars as pl

SIZES: Final = (2048, 512, 128)
"""Documents in a full chunk, the largest first; each size is a multiple of the next."""

_DIGITS: Final = 8
FIRST: Final = "0" * _DIGITS
"""The name of the first chunk."""


def chunk_of(number: pl.Expr, count: int) -> pl.Expr:
    """Return the name of the chunk of a document: the number of its first document, in eight digits.

    Args:
        number: The document's number in the order in which documents were first seen, from 0.
        count: How many documents there are.

    Example:
        >>> numbers = pl.DataFrame({"number": [0, 2047, 2048, 2699, 2700]})
        >>> numbers.select(chunk_of(pl.col("number"), 2701)).to_series().to_list()
        ['00000000', '00000000', '00002048', '00002688', '00002688']
    """
    first = number - number % SIZES[-1]
    for size in reversed(SIZES[:-1]):
        first = pl.when(number < count - count % size).then(number - number % size).otherwise(first)
    return first.cast(pl.String).str.zfill(_DIGITS)
