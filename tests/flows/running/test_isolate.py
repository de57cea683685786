from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.running.isolate import isolate, raise_if_systemic


def _batch(size: int) -> pl.DataFrame:
    return pl.DataFrame({"document_id": [f"d{i}" for i in range(size)]}, schema={"document_id": pl.String})


@given(size=st.integers(9, 60), bad=st.sets(st.integers(0, 59), max_size=3))
def test_isolate_some_bad_documents_are_the_only_failures(size: int, bad: set[int]) -> None:
    bad_ids = {f"d{i}" for i in bad if i < size}

    def work(part: pl.DataFrame) -> list[str]:
        if bad_ids & set(part["document_id"]):
            raise ValueError("odd form")
        return part["document_id"].to_list()

    outcome = isolate(_batch(size), work)
    assert set(outcome.failures) == bad_ids
    good = [d for _, ids in outcome.parts for d in ids]
    assert good == [f"d{i}" for i in range(size) if f"d{i}" not in bad_ids]


def test_isolate_nothing_fails_calls_once() -> None:
    calls = []
    isolate(_batch(7), lambda part: calls.append(part.height))
    assert calls == [7]


def test_isolate_error_in_every_document_is_raised() -> None:
    calls = []

    def work(part: pl.DataFrame) -> None:
        calls.append(part.height)
        raise KeyError("a name that the program lost")

    with pytest.raises(KeyError, match="lost"):
        isolate(_batch(64), work)
    assert calls.count(1) == 10, "ten documents are enough to tell"


@pytest.mark.parametrize("error", [OSError("disk"), ArithmeticError("counts differ")])
def test_isolate_error_that_is_not_the_documents_is_raised_at_once(error: Exception) -> None:
    calls = []

    def work(part: pl.DataFrame) -> None:
        calls.append(part.height)
        raise error

    with pytest.raises(type(error)):
        isolate(_batch(3), work, raised=(ArithmeticError,))
    assert calls == [3]


def test_raise_if_systemic_few_documents_are_not_enough() -> None:
    raise_if_systemic({"a": ValueError(), "b": ValueError()}, 3)
    with pytest.raises(ValueError, match="first"):
        raise_if_systemic({"a": ValueError("first"), "b": ValueError("second")}, 4)
