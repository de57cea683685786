from __future__ import annotations

from decimal import Decimal
from functools import cache

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.normalising.dates import plain_dates
from transforms.normalising.folding import fold, is_blank
from transforms.normalising.headers import fiscal_year, rating
from transforms.normalising.numbers import chinese_to_digits, decimal
from transforms.normalising.numerals import digits_for_chinese
from transforms.normalising.units import SCALES
from transforms.normalising.value_grammar import read_texts
from transforms.normalising.values import VALUE_SCHEMA, parse_values

UNITS = ["", "个", "(项)", "%", "万元", "台套", "(万台套)", "篇/月", "元/人*月", "人次", "亩", "‰", "个工作日"]
SIGNS = {
    "≥": ">=",
    "≧": ">=",
    ">=": ">=",
    "＞": ">",
    "=": "=",
    "═": "=",
    "<": "<",
    "≤": "<=",
    "不少于": ">=",
    "不超过": "<=",
}


@cache
def known() -> dict[str, dict[str, object]]:
    """Read all texts of this module at once, as a run does."""
    lists: list[list[tuple[object, ...]]] = [[*NUMBERS], [*RANGES], [*RANKS], [*WORDS], [*UNREAD]]
    texts = list({str(case[0]) for cases in lists for case in cases})
    rows = parse_values(pl.DataFrame({"text": texts, "is_ocr": False, "is_dated": False}))
    assert rows.schema == VALUE_SCHEMA
    return {str(row["text"]): row for row in rows.iter_rows(named=True)}


def read(text: str, *, is_ocr: bool = False) -> dict[str, object]:
    if not is_ocr and text in known():
        return known()[text]
    return parse_values(pl.DataFrame({"text": [text], "is_ocr": [is_ocr], "is_dated": False})).row(0, named=True)


def number(text: str) -> tuple[object, object, object, object, object]:
    found = read(text)
    return (
        found["operator"],
        plain(found["value"]),
        found["unit"],
        plain(found["base"]),
        found["unit_base"],
    )


def plain(value: object) -> str | None:
    return format(value.normalize(), "f") if isinstance(value, Decimal) else None


NUMBERS = [
    # operator, number, unit in brackets: Shanghai
    ("≥18.00(项)", (">=", "18", "项", "18", "项")),
    ("=12(期)", ("=", "12", "期", "12", "期")),
    ("<2.00(秒)", ("<", "2", "秒", "2", "秒")),
    ("≥1.50(万台套)", (">=", "1.5", "万台套", "15000", "台套")),
    ("≥10.00(篇/月)", (">=", "10", "篇/月", "10", "篇/月")),
    ("100.00(%)", (None, "100", "%", "100", "%")),
    # unit suffix, ASCII and rare operators
    ("≤90万元", ("<=", "90", "万元", "900000", "元")),
    ("≥11.376万元", (">=", "11.376", "万元", "113760", "元")),
    (">=21933人", (">=", "21933", "人", "21933", "人")),
    ("<=5300元/户", ("<=", "5300", "元/户", "5300", "元/户")),
    (">=530元/人*月", (">=", "530", "元/人*月", "530", "元/人·月")),
    ("≧735人次", (">=", "735", "人次", "735", "人次")),
    ("═100%", ("=", "100", "%", "100", "%")),
    ("≥100百分比", (">=", "100", "百分比", "100", "%")),
    ("≥98%(百分比)", (">=", "98", "%(百分比)", "98", "%")),
    # no operator
    ("29.5亩", (None, "29.5", "亩", "29.5", "亩")),
    ("2.6亿元", (None, "2.6", "亿元", "260000000", "元")),
    ("400元/人、天", (None, "400", "元/人、天", "400", "元/人·天")),
    ("43.2", (None, "43.2", None, "43.2", None)),
    ("0", (None, "0", None, "0", None)),
    ("2万", (None, "2", "万", "20000", None)),
    ("99‰", (None, "99", "‰", "9.9", "%")),
    ("8 980 000", (None, "8980000", None, "8980000", None)),
    ("１，２３４．５元", (None, "1234.5", "元", "1234.5", "元")),
    ("-5℃", (None, "-5", "℃", "-5", "℃")),
    ("（12）", (None, "12", None, "12", None)),
    ("5.", (None, "5", None, "5", None)),
    ("￥1,200", (None, "1200", "元", "1200", "元")),
    # full-width digits before a unit, more or less, digits of units and names
    ("２５个", (None, "25", "个", "25", "个")),
    ("≥８５％", (">=", "85", "%", "85", "%")),
    ("．5", (None, "0.5", None, "0.5", None)),
    ("1.2万余人", (None, "1.2", "万人", "12000", "人")),
    ("3千多户", (None, "3", "千户", "3000", "户")),
    ("1.2万m2", (None, "1.2", "万m²", "12000", "平方米")),
    ("500m3", (None, "500", "m³", "500", "立方米")),
    ("PM2.5浓度≤35微克/立方米", ("<=", "35", "微克/立方米", "35", "微克/立方米")),
    ("2021.13", (None, "2021.13", None, "2021.13", None)),
    # what a unit is per is never left out
    ("300元/人/年", (None, "300", "元/人/年", "300", "元/人·年")),
    ("80件/万人", (None, "80", "件/万人", "80", "件/万人")),
    ("5000人·次", (None, "5000", "人·次", "5000", "人次")),
    ("5人(次)", (None, "5", "人(次)", "5", "人次")),
    ("100kW·h", (None, "100", "kW·h", "100", "千瓦时")),
    # marks and remarks around a value
    ("目标1：≥5次", (">=", "5", "次", "5", "次")),
    ("（1）90%", (None, "90", "%", "90", "%")),
    ("95%以上（含95%）", (">=", "95", "%", "95", "%")),
    ("≥95%（得8.5分）", (">=", "95", "%", "95", "%")),
    ("(10分)", (None, "10", "分", "10", "分")),
    # words for operators
    ("不少于12种", (">=", "12", "种", "12", "种")),
    ("98%以上", (">=", "98", "%", "98", "%")),
    ("90%（含）以上", (">=", "90", "%", "90", "%")),
    ("大于等于95%", (">=", "95", "%", "95", "%")),
    ("低于3次", ("<", "3", "次", "3", "次")),
    ("不超过100万元", ("<=", "100", "万元", "1000000", "元")),
    ("控制在100万元以内", ("<=", "100", "万元", "1000000", "元")),
    ("24小时内", ("<=", "24", "小时", "86400", "秒")),
    ("3个工作日内", ("<=", "3", "个工作日", "3", "工作日")),
    ("每亩300", (None, "300", "/亩", "300", "/亩")),
    ("每亩300元", (None, "300", "元/亩", "300", "元/亩")),
    # Chinese numerals
    ("三个工作日内", ("<=", "3", "个工作日", "3", "工作日")),
    ("一个月内", ("<=", "1", "个月", "1", "个月")),
    ("十五分钟内", ("<=", "15", "分钟", "900", "秒")),
    ("贰拾万元", (None, "200000", "元", "200000", "元")),
    ("每季度一次", (None, "1", "次/季度", "1", "次/季度")),
    ("三", (None, "3", None, "3", None)),
    ("一百二十人", (None, "120", "人", "120", "人")),
    ("不少于十二种", (">=", "12", "种", "12", "种")),
    ("两次", (None, "2", "次", "2", "次")),
    ("百分之九十五", (None, "95", "%", "95", "%")),
    ("百分之九十五点五以上", (">=", "95.5", "%", "95.5", "%")),
    ("百分之95", (None, "95", "%", "95", "%")),
    # sentences with one number
    ("实施乡镇社区基层医疗机构37个。", (None, "37", "个", "37", "个")),
    ("37个基层医疗机构", (None, "37", "个", "37", "个")),
    ("按合同10.5万元。", (None, "10.5", "万元", "105000", "元")),
    ("满意度≥90%", (">=", "90", "%", "90", "%")),
    ("合格率达到95%以上", (">=", "95", "%", "95", "%")),
    ("2022年完成培训12次", (None, "12", "次", "12", "次")),
    ("1、完成30场", (None, "30", "场", "30", "场")),
    ("100余人", (None, "100", "人", "100", "人")),
    ("1年", (None, "1", "年", "1", "年")),
    # shares
    ("3/4", (None, "0.75", None, "75", "%")),
    ("三分之一", (None, "0.33333333", None, "33.333333", "%")),
]


@pytest.mark.parametrize(("text", "expected"), NUMBERS)
def test_parse_values_number_has_operator_value_and_unit(text: str, expected: tuple[object, ...]) -> None:
    assert number(text) == expected
    assert read(text)["kind"] == "quantitative"


RANGES = [
    ("80-90%", "80", "90", "%"),
    ("80%～90%", "80", "90", "%"),
    ("1-2篇", "1", "2", "篇"),
    ("5至10次", "5", "10", "次"),
    ("18—22℃", "18", "22", "℃"),
]


@pytest.mark.parametrize(("text", "low", "high", "unit"), RANGES)
def test_parse_values_range_has_both_ends(text: str, low: str, high: str, unit: str) -> None:
    found = read(text)
    assert (plain(found["value"]), plain(found["high"]), found["unit"]) == (low, high, unit)


RANKS = [
    ("全国前3", "<=", "3"),
    ("前三名", "<=", "3"),
    ("全省第一", None, "1"),
    ("第3名", None, "3"),
    ("前10%", "<=", "10"),
]


@pytest.mark.parametrize(("text", "operator", "place"), RANKS)
def test_parse_values_place_is_a_rank(text: str, operator: str | None, place: str) -> None:
    found = read(text)
    assert (found["kind"], found["operator"], plain(found["value"])) == ("rank", operator, place)


WORDS = [
    ("达成指标", 1),
    ("达成预期指标", 1),
    ("及时", 1),
    ("是", 1),
    ("部分达成", 2),
    ("部分达成并具有一定效果", 2),
    ("基本达到", 2),
    ("较好", 2),
    ("未完成", 3),
    ("否", 3),
    ("显著提升", None),
    ("从来没有见过的说法", None),
]


@pytest.mark.parametrize(("text", "band"), WORDS)
def test_parse_values_words_have_their_band(text: str, band: int | None) -> None:
    found = read(text)
    assert (found["kind"], found["band"], found["reason"]) == ("qualitative", band, "words")


UNREAD = [
    ("", "missing", "blank"),
    ("—", "missing", "blank"),
    ("一", "missing", "blank"),
    ("指标1:/", "missing", "blank"),
    ("……", "missing", "blank"),
    ("(≥**人)", "missing", "template_text"),
    ("XX%", "missing", "template_text"),
    ("是否利于企业走出去", "qualitative", "question"),
    ("180只+12头", "qualitative", "several_numbers"),
    ("12 3", "qualitative", "several_numbers"),
    ("1e5", "qualitative", "several_numbers"),
    ("90-80%", "qualitative", "several_numbers"),
    ("5=50%", "qualitative", "several_numbers"),
    ("1/0", "qualitative", "several_numbers"),
    ("每月10日前", "qualitative", "number_in_sentence"),
    ("第3方认可", "qualitative", "number_in_sentence"),
    ("次年3月底前", "qualitative", "number_in_sentence"),
    ("l00%", "qualitative", "number_in_sentence"),
    ("1、2次", "qualitative", "several_numbers"),
    ("9" * 30, "qualitative", "too_large"),
    ("工5%", "quantitative", "ocr_ambiguous"),
    ("^80%", "quantitative", "ocr_ambiguous"),
]


@pytest.mark.parametrize(("text", "kind", "reason"), UNREAD)
def test_parse_values_what_is_not_read_has_a_reason(text: str, kind: str, reason: str) -> None:
    found = read(text)
    assert (found["kind"], found["reason"], found["value"]) == (kind, reason, None)


def test_parse_values_percent_above_200_is_doubted_only_in_ocr() -> None:
    assert read("290%", is_ocr=True)["reason"] == "ocr_ambiguous"
    assert plain(read("290%")["value"]) == "290"
    assert plain(read("190%", is_ocr=True)["value"]) == "190"


def test_parse_values_deadline_with_a_number_keeps_both() -> None:
    found = read("11月底完成100%")
    assert (found["kind"], found["month"], plain(found["value"]), found["unit"]) == ("date", 11, "100", "%")


@pytest.mark.parametrize(
    ("text", "direction"), [("增长5%", "up"), ("同比下降3%", "down"), ("降低到3%", "to"), ("5%", None)]
)
def test_parse_values_change_has_a_direction(text: str, direction: str | None) -> None:
    assert read(text)["direction"] == direction


@pytest.mark.parametrize(("text", "expected"), [("无", True), ("零投诉", True), ("无障碍", False), ("0", False)])
def test_parse_values_none_at_all_is_a_zero_word(text: str, expected: bool) -> None:
    assert read(text)["is_zero_word"] is expected


quantities = st.decimals(min_value=0, max_value=10**9, places=2, allow_nan=False)


@settings(deadline=None, max_examples=12)
@given(
    st.lists(st.tuples(st.sampled_from(sorted(SIGNS)), quantities, st.sampled_from(UNITS)), min_size=20, max_size=40)
)
def test_parse_values_printed_value_is_read_back(printed: list[tuple[str, Decimal, str]]) -> None:
    texts = {f"{sign}{value:f}{unit}": (SIGNS[sign], value, unit.strip("()") or None) for sign, value, unit in printed}
    rows = parse_values(pl.DataFrame({"text": list(texts), "is_ocr": False, "is_dated": False}))
    assert {r["text"]: (r["operator"], r["value"], r["unit"]) for r in rows.iter_rows(named=True)} == texts


@settings(deadline=None, max_examples=12)
@given(st.lists(quantities, min_size=10, max_size=40), st.sampled_from(["万", "亿", "百万", "千万"]))
def test_parse_values_scaling_is_exact(values: list[Decimal], scale: str) -> None:
    texts = {f"{value:,f}{scale}元": value * Decimal(SCALES[scale]) for value in values}
    rows = parse_values(pl.DataFrame({"text": list(texts), "is_ocr": False, "is_dated": False}))
    assert {r["text"]: r["base"] for r in rows.iter_rows(named=True)} == texts


shapes = st.one_of(
    st.text(max_size=25),
    st.text(
        alphabet="0123456789０５．，％.,%≥≤<>=-~至年月日底前第季度万亿元个次人/()（）一二三十百分之达到不少于以上内每含余lO",
        max_size=18,
    ),
)


@settings(deadline=None, max_examples=12)
@given(st.lists(shapes, min_size=20, max_size=60, unique=True))
def test_parse_values_any_text_is_read_or_has_a_reason(texts: list[str]) -> None:
    rows = parse_values(pl.DataFrame({"text": texts, "is_ocr": False, "is_dated": False}))
    assert sorted(rows["text"]) == sorted(texts)
    silent = rows.filter(pl.col("value").is_null() & pl.col("month").is_null() & pl.col("reason").is_null())
    assert silent.height == 0


@pytest.mark.long
@settings(deadline=None, max_examples=12)
@given(st.lists(shapes, min_size=20, max_size=60, unique=True))
def test_parse_values_pattern_reading_agrees_with_the_grammar(texts: list[str]) -> None:
    frame = pl.DataFrame({"text": texts, "is_ocr": False, "is_dated": False})
    common = [
        "text",
        "kind",
        "operator",
        "value",
        "high",
        "unit",
        "unit_base",
        "year",
        "month",
        "day",
        "band",
        "reason",
    ]
    quick, slow = parse_values(frame).select(common).sort("text"), read_texts(frame).select(common).sort("text")
    assert quick.equals(slow)


@settings(deadline=None, max_examples=5)
@given(st.lists(shapes, min_size=20, max_size=60))
def test_expressions_lazy_and_eager_agree(texts: list[str]) -> None:
    """The stages use no other way to read a text than these expressions and joins on distinct texts."""
    folded = fold(pl.col("t"))
    read = [
        folded.alias("folded"),
        is_blank(folded).alias("blank"),
        decimal(folded).alias("decimal"),
        chinese_to_digits(folded).alias("chinese"),
        digits_for_chinese(folded).alias("digits"),
        plain_dates(folded).alias("dates"),
        fiscal_year(pl.col("t")).alias("year"),
        rating(pl.col("t")).alias("rating"),
    ]
    frame = pl.DataFrame({"t": texts})
    eager = frame.select(read)
    assert eager.equals(frame.lazy().select(read).collect())
    assert eager.equals(frame.lazy().select(read).collect(engine="streaming"))
