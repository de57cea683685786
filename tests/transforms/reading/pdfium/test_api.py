"""Many calls of one C function: every answer in its place, whatever the number of items."""

from __future__ import annotations

import ctypes
import struct
from typing import Any

import numpy as np
import pytest

from transforms.reading.pdfium import api


def _write_apart(item: int, first: Any, second: Any) -> None:
    ctypes.memmove(first, struct.pack("<f", item), 4)
    ctypes.memmove(second, struct.pack("<f", -item), 4)


def _write_together(_: str, item: int, answer: Any) -> None:
    ctypes.memmove(answer, struct.pack("<6f", *range(item, item + 6)), 24)


def _write_nothing(*_: Any) -> None:
    return


@pytest.mark.parametrize("count", [0, 1, 300, 4096, 4097, 9000])
def test_fill_pointer_for_each_value_gives_every_answer_in_order(count: int) -> None:
    found = api.fill(_write_apart, "<f4", 2, range(count), count=count)
    assert found.shape == (count, 2)
    assert (found[:, 0] == np.arange(count)).all()
    assert (found[:, 1] == -np.arange(count)).all()


@pytest.mark.parametrize("count", [1, 5000])
def test_fill_one_pointer_for_all_values_gives_every_answer_in_order(count: int) -> None:
    found = api.fill(_write_together, "<f4", 6, api.same("page"), range(count), count=count, apart=False)
    assert (found == np.arange(count)[:, None] + np.arange(6)).all()


def test_fill_function_that_writes_nothing_gives_zeros_after_another_call() -> None:
    api.fill(_write_apart, "<f4", 2, range(1, 50), count=49)
    assert not api.fill(_write_nothing, "<f8", 4, range(50), count=50).any()


def test_fill_later_call_leaves_earlier_answers_alone() -> None:
    earlier = api.fill(_write_apart, "<f4", 2, range(10), count=10)
    api.fill(_write_nothing, "<f4", 2, range(10), count=10)
    assert earlier[:, 0].tolist() == list(range(10))
