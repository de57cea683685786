from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.running.isolate import isolate


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


def test_isolate_documents_are_at_fault_where_the_program_works_for_good_ones() -> None:
    asked = []

    def work(part: pl.DataFrame) -> None:
        raise KeyError(part["document_id"][0])

    def is_sound() -> bool:
        asked.append(1)
        return True

    outcome = isolate(_batch(40), work, is_sound=is_sound)
    assert len(outcome.failures) == 40
    assert asked == [1], "it is asked once"
    with pytest.raises(KeyError):
        isolate(_batch(40), work, is_sound=lambda: False)


def test_isolate_three_documents_are_too_few_to_doubt_the_program() -> None:
    def work(_: pl.DataFrame) -> None:
        raise KeyError

    assert len(isolate(_batch(3), work).failures) == 3


def test_isolate_half_of_the_documents_are_at_fault_where_the_others_work() -> None:
    def work(part: pl.DataFrame) -> None:
        if any(int(name[1:]) % 2 for name in part["document_id"]):
            raise KeyError

    outcome = isolate(_batch(12), work)
    assert (len(outcome.failures), len(outcome.parts)) == (6, 6)
