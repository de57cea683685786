from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.normalising.numbers import QUANTITY, chinese_to_digits, decimal

DIGITS = "零一二三四五六七八九"


def read(text: str, dtype: pl.Decimal = QUANTITY) -> Decimal | None:
    found = pl.DataFrame({"t": [text]}).select(decimal(pl.col("t"), dtype)).item()
    assert found is None or isinstance(found, Decimal)
    return found


def chinese(n: int) -> str:
    """Write a number below ten thousand in the standard way."""
    if n == 0:
        return "零"
    out, gap = "", False
    for size, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = n // size % 10
        if digit:
            out += ("零" if gap else "") + DIGITS[digit] + name
            gap = False
        elif out:
            gap = True
    return out.removeprefix("一") if out.startswith("一十") else out


@settings(deadline=None)
@given(st.decimals(min_value=-(10**15), max_value=10**15, places=4, allow_nan=False))
def test_decimal_plain_number_is_exact(value: Decimal) -> None:
    assert read(format(value, "f")) == value
    assert read(format(value, ",f")) == value


@settings(deadline=None)
@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6, allow_nan=False))
def test_decimal_digits_past_the_scale_round_half_up(value: Decimal) -> None:
    expected = value.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    assert read(format(value, "f"), pl.Decimal(18, 2)) == expected


@pytest.mark.parametrize("text", ["1e5", "1E5", "", "-", "1,23", "12,34.5", "1..2", "0x1F", "NaN", "inf", "٣", "1_000"])
def test_decimal_anything_else_is_null(text: str) -> None:
    assert read(text) is None


def test_decimal_number_that_does_not_fit_is_null() -> None:
    assert read("9" * 23) is None
    assert read("9" * 22) == Decimal("9" * 22)
    assert read("99999999999999999", pl.Decimal(18, 2)) is None


@settings(deadline=None)
@given(st.text(max_size=30))
def test_decimal_any_text_does_not_raise(text: str) -> None:
    read(text)


@settings(deadline=None)
@given(st.integers(0, 9_999))
def test_chinese_to_digits_numeral_is_read_back(n: int) -> None:
    assert pl.DataFrame({"t": [chinese(n)]}).select(chinese_to_digits(pl.col("t"))).item() == str(n)


@pytest.mark.parametrize(
    ("numeral", "digits"),
    [
        ("一万", "10000"),
        ("三万五千", "35000"),
        ("二十万零三百", "200300"),
        ("一亿", "100000000"),
        ("一亿零五", "100000005"),
        ("壹佰贰拾", "120"),
        ("两百", "200"),
        ("二〇二三", "2023"),
        ("〇", "0"),
        ("一百二", None),
        ("三千五", None),
        ("一万二", None),
        ("百", None),
        ("千万", None),
        ("一二百", None),
        ("", None),
        ("一般", None),
    ],
)
def test_chinese_to_digits_spelling_or_null(numeral: str, digits: str | None) -> None:
    assert pl.DataFrame({"t": [numeral]}).select(chinese_to_digits(pl.col("t"))).item() == digits
