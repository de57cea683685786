from __future__ import annotations

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.reading.ideographs import ordinary_codes


def ordinary(text: str) -> str:
    return "".join(map(chr, ordinary_codes(np.array([ord(char) for char in text], dtype=np.uint32))))


@pytest.mark.parametrize(
    ("printed", "expected"),
    [
        ("⼈⼤⽬⽀", "人大目支"),
        ("⻔⻓⻛⻅⻋⻢⻜⻚", "门长风见车马飞页"),
        ("⼾⾭", "户青"),
        ("\uf98e\uf9db", "年率"),
        ("", ""),
    ],
)
def test_ordinary_codes_radicals_and_compatibility_ideographs_are_mapped(printed: str, expected: str) -> None:
    assert ordinary(printed) == expected


def test_ordinary_codes_full_width_and_other_characters_stay_as_printed() -> None:
    text = "（１２．５％）：≥①㎡Ａ—"
    assert ordinary(text) == text


def test_ordinary_codes_every_kangxi_radical_becomes_an_ideograph() -> None:
    for code in range(0x2F00, 0x2FD6):
        assert unicodedata.name(ordinary(chr(code))).startswith("CJK UNIFIED IDEOGRAPH")


@given(st.text())
def test_ordinary_codes_twice_is_once(text: str) -> None:
    text = text.encode("utf-32", "ignore").decode("utf-32")
    assert ordinary(ordinary(text)) == ordinary(text)
    assert len(ordinary(text)) == len(text)
