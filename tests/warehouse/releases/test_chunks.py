from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from warehouse.releases.chunks import SIZES, chunk_of


def chunks(count: int) -> list[str]:
    return pl.DataFrame({"number": range(count)}).select(chunk_of(pl.col("number"), count)).to_series().to_list()


@given(st.integers(1, 9_000))
def test_chunk_of_makes_few_chunks_each_of_documents_that_follow_each_other(count: int) -> None:
    found = chunks(count)
    assert found == sorted(found)
    starts = list(dict.fromkeys(found))
    assert all(found.index(start) == int(start) for start in starts)
    assert len(starts) <= count // SIZES[0] + 7
    assert max(found.count(start) for start in starts) <= SIZES[0]


def test_chunk_of_a_document_changes_four_times_at_most() -> None:
    counts = range(1, 2 * SIZES[0] + 2, 8)
    kept = [(found[0], found.count(found[0])) for found in map(chunks, counts)]
    full = [size for _, size in dict.fromkeys(kept) if size in SIZES]
    assert full == sorted(SIZES)
