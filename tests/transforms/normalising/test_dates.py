from __future__ import annotations

from datetime import date, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.normalising.dates import deadline, parse_dates, plain_dates
from transforms.normalising.folding import fold


def read(text: str, fiscal_year: int = 2021) -> tuple[date | None, str | None]:
    frame = parse_dates(pl.DataFrame({"t": [text]}).select(fold(pl.col("t")), is_dated=pl.lit(False)), "t")
    day = deadline(
        pl.col("date_year").fill_null(fiscal_year),
        pl.col("date_month"),
        pl.col("date_day"),
        pl.col("date_operator"),
        pl.col("date_is_year"),
    )
    found = frame.with_columns(pl.when(pl.col("date_month").is_not_null()).then(day).alias("day")).row(0, named=True)
    return found["day"], found["date_operator"]


@pytest.mark.parametrize(
    ("text", "day", "operator"),
    [
        ("2021年12月31日", date(2021, 12, 31), None),
        ("2021年12月31日前", date(2021, 12, 31), "<="),
        ("2020-06-30", date(2020, 6, 30), None),
        ("2020.6.30", date(2020, 6, 30), None),
        ("20200630", date(2020, 6, 30), None),
        ("2021年底", date(2021, 12, 31), None),
        ("2021年年底前", date(2021, 12, 31), "<="),
        ("2021年12月完成", date(2021, 12, 31), None),
        ("2020年2月", date(2020, 2, 29), None),
        ("2020年全年", date(2020, 12, 31), None),
        ("2022年度", date(2022, 12, 31), None),
        ("9月前", date(2021, 9, 1), "<"),
        ("9月底前", date(2021, 9, 30), "<="),
        ("12月底", date(2021, 12, 31), None),
        ("11月底前完成验收", date(2021, 11, 30), "<="),
        ("于2021年11月30日前完成资金支付", date(2021, 11, 30), "<="),
        ("不晚于6月30日", date(2021, 6, 30), "<="),
        ("6月中旬", date(2021, 6, 20), None),
        ("年底前", date(2021, 12, 31), "<="),
        ("年内", date(2021, 12, 31), "<="),
        ("当年", date(2021, 12, 31), None),
        ("全年", date(2021, 12, 31), None),
        ("第四季度", date(2021, 12, 31), None),
        ("一季度末", date(2021, 3, 31), None),
        ("2022年前三季度", date(2022, 9, 30), None),
        ("上半年", date(2021, 6, 30), None),
        ("2023上半年", date(2023, 6, 30), None),
        ("二〇二一年十二月三十一日前", date(2021, 12, 31), "<="),
        ("十二月底", date(2021, 12, 31), None),
        ("2022年1-12月", date(2022, 12, 31), None),
        ("2021年1月至2021年11月", date(2021, 11, 30), None),
        ("1月1日至12月31日", date(2021, 12, 31), None),
        ("2021-2022年", date(2022, 12, 31), None),
        ("2021年2月30日", None, None),
    ],
)
def test_parse_dates_spelling_is_a_deadline(text: str, day: date | None, operator: str | None) -> None:
    assert read(text) == (day, operator)


@pytest.mark.parametrize(
    "text",
    ["1年", "12个月", "3年", "≥12次", "2022年12次", "每月10日前", "100", "2021.12万元", "30日", "及时", "13月", ""],
)
def test_parse_dates_no_date_is_null(text: str) -> None:
    assert read(text) == (None, None)


@settings(deadline=None, max_examples=25)
@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_parse_dates_printed_date_is_read_back(day: date) -> None:
    assert read(f"{day.year}年{day.month}月{day.day}日") == (day, None)
    assert read(f"{day.month}月{day.day}日前", day.year) == (day, "<=")
    last = (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    assert read(f"{day.year}年{day.month}月底前") == (last, "<=")


@settings(deadline=None)
@given(st.text(alphabet="0123456789年月日底前第季度上下半全-./至 完成", max_size=20))
def test_parse_dates_any_text_keeps_its_row(text: str) -> None:
    assert parse_dates(pl.DataFrame({"t": [text]}).with_columns(is_dated=pl.lit(False)), "t").height == 1
    read(text)


def test_plain_dates_other_chinese_numerals_stay() -> None:
    frame = pl.DataFrame({"t": ["一般", "三级", "十一月二十日"]})
    assert frame.select(plain_dates(pl.col("t"))).to_series().to_list() == ["一般", "三级", "11月20日"]
