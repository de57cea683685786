"""Rows of any number in the order of their key, with only a part of them in memory at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import polars as pl
from polars.io.plugins import register_io_source

AT_A_TIME: Final = 200_000
"""About how many rows are put in order and written at once."""
_PASSED_ON: Final = 10_000
"""Rows that are passed on together: a sink has several such parts as text in memory."""
_ONE_OF: Final = 997
"""Of so many rows one is looked at to find where to divide them."""


def in_order(rows: pl.LazyFrame, key: Sequence[str], at_a_time: int = AT_A_TIME) -> pl.LazyFrame:
    """Return rows sorted by their key, to be written by a sink.

    The rows are divided by the first column of the key, which must not be null, and each part is sorted by itself. Rows
    that are the same there stay together, however many they are.

    Args:
        rows: What is to be written; read once for each part.
        key: The columns to sort by.
        at_a_time: About how many rows a part has.

    Example:
        >>> rows = pl.LazyFrame({"id": [i % 5_000 for i in range(20_000)], "n": range(20_000)})
        >>> in_order(rows, ["id", "n"], 6_000).collect().equals(rows.sort("id", "n").collect())
        True
    """
    first = pl.col(key[0])
    some = rows.select(first.gather_every(_ONE_OF).sort()).collect(engine="streaming").to_series()
    bounds = some.gather_every(max(1, at_a_time // _ONE_OF))[1:].unique(maintain_order=True)
    if bounds.is_empty():
        return rows.sort(key)
    ends = [pl.lit(bound, rows.collect_schema()[key[0]]) for bound in bounds]
    between = [first.is_between(*two, closed="left") for two in pairwise(ends)]
    parts = [first < ends[0], *between, first >= ends[-1]]

    def read(
        columns: list[str] | None, wanted: pl.Expr | None, most: int | None, _batch: int | None
    ) -> Iterator[pl.DataFrame]:
        for part in parts:
            found = rows.filter(part).sort(key)
            found = found if wanted is None else found.filter(wanted)
            frame = (found if columns is None else found.select(columns)).collect(engine="streaming")
            if most is not None:
                frame = frame.head(most)
                most -= frame.height
            yield from frame.iter_slices(_PASSED_ON)

    return register_io_source(read, schema=rows.collect_schema(), is_pure=True)
