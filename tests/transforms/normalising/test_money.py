from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.normalising.clerk import DATA
from transforms.normalising.money import (
    currency_unit,
    parse_amounts,
    parse_points,
    parse_rates,
    rate_from_share,
)
from warehouse.contract.vocabulary import YUAN_PER_UNIT


def amount(text: str, unit: str | None = "万元") -> tuple[Decimal | None, str | None]:
    frame = pl.DataFrame({"text": [text], "unit": [unit]}, schema={"text": pl.String, "unit": pl.String})
    row = parse_amounts(frame).row(0, named=True)
    return row["amount"], row["reason"]


@pytest.mark.parametrize(
    ("text", "unit", "yuan"),
    [
        ("4392.61", "万元", "43926100"),
        ("215,457.6", "元", "215457.60"),
        ("5.8万", "元", "58000"),
        ("300万元", "元", "3000000"),
        ("1200元", "万元", "1200"),
        ("1.2亿元", "万元", "120000000"),
        ("45.00（万元）", "元", "450000"),
        ("89.974万", None, "899740"),
        ("0.00", None, "0"),
        ("１２．５", "万元", "125000"),
        ("￥1,000.00", "元", "1000"),
        ("-12.00", "万元", "-120000"),
        ("－12.00", "元", "-12"),
        ("(12.00)", "元", "-12"),
        ("（12.00）", "元", "-12"),
        ("-0.00", "元", "0"),
        ("0.000001", "万元", "0.01"),
        ("0.00000049", "万元", "0"),
        ("12 000.50", "元", "12000.50"),
        ("3.5", "百万元", "3500000"),
        ("3.5", "千元", "3500"),
        ("3.5（含税）", "万元", "35000"),
    ],
)
def test_parse_amounts_spelling_is_yuan(text: str, unit: str | None, yuan: str) -> None:
    assert amount(text, unit) == (Decimal(yuan), None)


@pytest.mark.parametrize("text", ["", " ", "-", "—", "－", "——", "/", "、", "无", "N/A"])
def test_parse_amounts_blank_mark_is_null(text: str) -> None:
    assert amount(text) == (None, "blank")


@pytest.mark.parametrize(
    "text", ["1e5", "12 3", "1,23", "约12", "预算数", "12.5.1", "(12", "12)", "(-12)", "+-3", "12%"]
)
def test_parse_amounts_anything_else_is_not_a_number(text: str) -> None:
    assert amount(text) == (None, "not_a_number")


def test_parse_amounts_without_any_unit_is_not_guessed() -> None:
    assert amount("89.974", None) == (None, "unit_not_printed")


def test_parse_amounts_what_does_not_fit_is_too_large() -> None:
    assert amount("9999999999999999", "亿元") == (None, "too_large")
    assert amount("9" * 30, "元") == (None, "too_large")


@settings(deadline=None)
@given(
    st.decimals(min_value=0, max_value=10**9, places=6, allow_nan=False),
    st.sampled_from(sorted(YUAN_PER_UNIT)),
)
def test_parse_amounts_printed_amount_is_exact(value: Decimal, unit: str) -> None:
    yuan = (value * Decimal(YUAN_PER_UNIT[unit])).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)
    expected = (yuan, None) if yuan < Decimal(10) ** 16 else (None, "too_large")
    assert amount(f"{value:,f}", unit) == expected
    assert amount(f"{value:f}{unit}", "元") == expected


@settings(deadline=None)
@given(st.lists(st.text(max_size=20), max_size=20, unique=True))
def test_parse_amounts_any_text_has_amount_or_reason(texts: list[str]) -> None:
    rows = parse_amounts(
        pl.DataFrame({"text": texts, "unit": [None] * len(texts)}, schema={"text": pl.String, "unit": pl.String})
    )
    assert rows.height == len(texts)
    assert rows.filter(pl.col("amount").is_null() == pl.col("reason").is_null()).height == 0


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("10", "10"),
        ("10.00", "10"),
        ("12.5", "12.5"),
        ("99分", "99"),
        ("99 分", "99"),
        ("１０", "10"),
        ("0", "0"),
        ("-2", "-2"),
    ],
)
def test_parse_points_spelling_is_points(text: str, points: str) -> None:
    assert parse_points(pl.DataFrame({"text": [text]})).row(0) == (text, Decimal(points), None)


@pytest.mark.parametrize(
    ("text", "reason"),
    [("—", "blank"), ("", "blank"), ("无", "blank"), ("10×95%", "not_a_number"), ("20|20", "not_a_number")],
)
def test_parse_points_what_is_not_read_has_a_reason(text: str, reason: str) -> None:
    assert parse_points(pl.DataFrame({"text": [text]})).row(0) == (text, None, reason)


def test_parse_points_percent_is_a_weight_but_no_score() -> None:
    texts = pl.DataFrame({"text": ["10%"]})
    assert parse_points(texts, percent=True).row(0) == ("10%", Decimal(10), None)
    assert parse_points(texts).row(0) == ("10%", None, "not_a_number")


def rate(text: str, executed: str | None, budget: str | None) -> Decimal | None:
    frame = parse_rates(pl.DataFrame({"text": [text]})).with_columns(
        pl.lit(executed).cast(pl.Decimal(18, 2)).alias("executed"),
        pl.lit(budget).cast(pl.Decimal(18, 2)).alias("budget"),
    )
    columns = ("rate", "has_sign", "text", "executed", "budget")
    found = frame.select(rate_from_share(*(pl.col(c) for c in columns))).item()
    assert found is None or isinstance(found, Decimal)
    return found


@pytest.mark.parametrize(
    ("text", "executed", "budget", "expected"),
    [
        ("100%", "1", "2", "100"),
        ("100.00", "1", "1", "100"),
        ("86.5％", "865", "1000", "86.5"),
        ("102.59%", None, None, "102.59"),
        ("79.27", None, None, "79.27"),
        ("1", "500", "500", "100"),
        ("1.00", "500", "500", "100"),
        ("1", None, None, "100"),
        ("1", "5", "500", "1"),
        ("1%", "500", "500", "1"),
        ("0.865", "865", "1000", "86.5"),
        ("0.865", "8.65", "1000", "0.865"),
        ("0.865", None, None, "0.865"),
        ("1.0259", "1025.9", "1000", "102.59"),
        ("0", "0", "100", "0"),
        ("0", "0", "0", "0"),
    ],
)
def test_rate_from_share_is_percent(text: str, executed: str | None, budget: str | None, expected: str) -> None:
    assert rate(text, executed, budget) == Decimal(expected)


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("单位:万元", "万元"),
        ("（万元）", "万元"),
        ("项目资金（万元）", "万元"),
        ("元", "元"),
        ("金额单位：亿元", "亿元"),
        ("单位：百万元", "百万元"),
        ("（万）", "万元"),
        ("", None),
        ("预算数", None),
        ("预算数（万美元）", "units_differ"),
        ("单位：欧元", "units_differ"),
        ("多元化投入资金", None),
        ("单元改造（万元）", "万元"),
        ("补助标准（元/人）", None),
        ("人民币元", "元"),
    ],
)
def test_currency_unit_text_names_its_unit(text: str, unit: str | None) -> None:
    assert pl.DataFrame({"t": [text]}).select(currency_unit(pl.col("t"))).item() == unit


@pytest.mark.parametrize(
    ("text", "rate"),
    [
        ("102.59％（超支）", "102.59"),
        ("95.5%(191/200)", "95.5"),
        ("100%（B/A）", "100"),
        ("约98%", None),
        ("1OO%", None),
    ],
)
def test_parse_rates_remark_is_left_out(text: str, rate: str | None) -> None:
    row = parse_rates(pl.DataFrame({"text": [text]})).row(0, named=True)
    assert row["rate"] == (None if rate is None else Decimal(rate))
    assert (row["reason"] is None) == (rate is not None)


@pytest.mark.parametrize(
    ("text", "points"),
    [
        ("100分（优）", "100"),
        ("98.5（良好）", "98.5"),
        ("0.2", "0.2"),
        ("9①", "9"),
        ("13.5分②", "13.5"),
        ("13.5*", "13.5"),
        ("9（①）", "9"),
        ("9²", None),
        ("①9", None),
        ("9①②", None),
        ("9*2", None),
        ("20分以上", None),
        ("1OO", None),
        ("10(8)", None),
        ("9.5（扣0.5）", None),
        ("9+1", None),
    ],
)
def test_parse_points_number_for_a_clerk_is_read(text: str, points: str | None) -> None:
    row = parse_points(pl.DataFrame({"text": [text]})).row(0, named=True)
    assert row["points"] == (None if points is None else Decimal(points))
    assert row["reason"] == (None if points is not None else "not_a_number")


CELLS = pl.read_csv(DATA / "cells.csv", infer_schema=False).fill_null("")
"""Cells of amounts, points, weights and rates with the reading of a careful clerk; a blank value is not read."""


@pytest.mark.parametrize("cell", ["amount", "points", "weight", "rate"])
def test_parse_cell_is_what_a_clerk_reads(cell: str) -> None:
    rows = CELLS.filter(pl.col("cell") == cell).with_columns(pl.when(pl.col("unit") != "").then("unit").alias("unit"))
    texts = rows.select("text")
    read = {
        "amount": lambda: parse_amounts(rows.select("text", "unit"))["amount"],
        "points": lambda: parse_points(texts)["points"],
        "weight": lambda: parse_points(texts, percent=True)["points"],
        "rate": lambda: parse_rates(texts)["rate"],
    }[cell]()
    wanted = [None if value == "" else Decimal(value) for value in rows["value"]]
    wrong = [row for row in zip(texts["text"], read, wanted, strict=True) if row[1] != row[2]]
    assert wrong == []
