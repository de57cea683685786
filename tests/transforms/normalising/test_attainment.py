"""Compared through the table itself: each case is one indicator of a form of 2021."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.build_fields import fields_of, header, indicator, records
from transforms.normalise import normalise

COST = {"level_2_label": "成本指标"}
# target, actual, is_met, attainment_ratio, attainment_reason, further fields
CASES: list[tuple[str, str, bool | None, str | None, str | None, dict[str, str]]] = [
    # more is better: printed operator, none, words
    ("≥4754个", "4604个", False, "0.968448", None, {}),
    ("≥3.00(项)", "5.00(项)", True, "1.666667", None, {}),
    ("735人次", "735", True, "1", None, {}),
    (">10次", "10次", False, None, "boundary", {}),
    (">10次", "11次", True, "1.1", None, {}),
    ("100%", "97.30%", False, "0.973", None, {}),
    ("═100%", "98%", False, "0.98", None, {}),
    ("=12(期)", "96.00(期)", True, "8", None, {}),
    ("=12(期)", "6(期)", False, "0.5", None, {}),
    ("80-90%", "85%", True, "1", None, {}),
    ("80-90%", "79%", False, "0.9875", None, {}),
    # less is better: limit, strict limit, costs, names
    ("≤5300元/户", "5830元/户", False, "0.909091", None, {}),
    ("≤5300元/户", "180元/户", True, "1", None, {}),
    ("<8(个)", "5.00(个)", True, "1", None, {}),
    ("<8(个)", "8(个)", False, None, "boundary", {}),
    ("<8(个)", "16(个)", False, "0.5", None, {}),
    ("<10(次)", "0.00(次)", True, "1", None, {}),
    ("90万元", "80万元", True, "1", None, COST),
    ("90万元", "100万元", False, "0.9", None, COST),
    ("=90万元", "80万元", True, "1", None, COST),
    ("100%", "90%", False, "0.9", None, COST | {"indicator_name": "补助资金发放率"}),
    ("5次", "7次", False, "0.714286", None, {"indicator_name": "设备故障次数"}),
    ("0.9%", "0", True, "1", None, {"indicator_name": "森林火灾受害率"}),
    # units and scales
    ("1.5万台套", "15000台套", True, "1", None, {}),
    ("30万元", "280000元", False, "0.933333", None, {}),
    ("100百分比", "100%", True, "1", None, {}),
    ("100", "100%", True, "1", None, {}),
    ("≥95%", "98.5", True, "1.036842", None, {}),
    ("95%", "950‰", True, "1", None, {}),
    ("3个", "4家", True, "1.333333", None, {}),
    ("1公里", "900米", False, "0.9", None, {}),
    ("2小时", "90分钟", None, None, "direction_unknown", {}),
    ("2小时", "90分钟", True, "1", None, {"indicator_name": "故障响应时间"}),
    ("300元/人/年", "300元/人", None, None, "unit_mismatch", {}),
    ("２５个", "２４个", False, "0.96", None, {}),
    ("2021.12", "2021.11", True, None, "date", {}),
    ("37个基层医疗机构", "100%", None, None, "unit_mismatch", {}),
    ("3家", "4场", None, None, "unit_mismatch", {}),
    ("≥95%", "0.98", None, None, "unit_ambiguous", {}),
    ("≥2万人次", "25000", None, None, "unit_ambiguous", {}),
    ("≥30万元", "28", False, "0.933333", None, {}),
    ("12", "12/12", None, None, "unit_ambiguous", {}),
    ("100%", "12/12", True, "1", None, {}),
    ("增长5%", "下降3%", False, None, "direction_mismatch", {}),
    ("下降5%", "下降8%", True, "1.6", None, {}),
    # zero
    ("0起", "0起", True, None, "zero_target", {}),
    ("0起", "2起", False, None, "zero_target", {}),
    ("0-5次", "3次", True, None, "zero_target", {}),
    ("0-5次", "6次", None, None, "zero_target", {}),
    ("≤0次", "1次", False, None, "zero_target", {}),
    ("≥0次", "1次", True, None, "zero_target", {}),
    ("0次", "无", True, None, "zero_target", {}),
    ("无", "0次", True, None, "zero_target", {}),
    ("无", "3次", False, None, "zero_target", {}),
    ("无", "达成指标", True, None, "words", {}),
    ("100%", "无", None, None, "actual_not_a_number", {}),
    # words
    ("及时", "达成指标", True, None, "words", {}),
    ("完善", "部分达成", False, None, "words", {}),
    ("良好以上", "优秀", True, None, "words", {}),
    ("良好及以上", "良好", True, None, "words", {}),
    ("良好以上", "合格", False, None, "words", {}),
    ("合格以上", "合格", True, None, "words", {}),
    ("及时", "未完成", False, None, "words", {}),
    ("逐步提高", "逐步提高", True, None, "words", {}),
    ("经济 效益好", "经济效益好", True, None, "words", {}),
    ("否", "否", True, None, "words", {}),
    ("有所提升", "养老服务提升", None, None, "words_not_known", {}),
    ("≤30 万元", "完成", True, None, "words", {}),
    ("及时", "100%", True, None, "words", {}),
    ("是否利于企业走出去", "是否利于企业走出去", None, None, "target_not_comparable", {}),
    # dates
    ("2021年12月31日", "2021年12月31日", True, None, "date", {}),
    ("2021年底", "2022年1月5日", False, None, "date", {}),
    ("9月前", "7月", True, None, "date", {}),
    ("9月前", "9月", False, None, "date", {}),
    ("9月底前", "9月", True, None, "date", {}),
    ("年底前", "2020年11月", True, None, "date", {}),
    ("11月底完成100%", "100%", True, "1", None, {}),
    ("2021年底", "完成", True, None, "words", {}),
    ("2021年底", "1次", None, None, "actual_not_a_date", {}),
    # ranks
    ("全国前3", "第2名", True, "1", None, {}),
    ("全国前3", "第6名", False, "0.5", None, {}),
    ("全国前3", "95%", None, None, "unit_mismatch", {}),
    # nothing to compare
    ("", "5", None, None, "target_missing", {}),
    ("—", "5", None, None, "target_missing", {}),
    ("5个", "", None, None, "actual_missing", {}),
    ("工5%", "5%", None, None, "target_not_comparable", {}),
    ("290%", "100%", None, None, "target_not_comparable", {"indicator_name": "市民满意度"}),
    ("5个", "180只+12头", None, None, "actual_not_a_number", {}),
]


@pytest.fixture(scope="module")
def compared() -> pl.DataFrame:
    rows = [indicator(target, actual, **other) for target, actual, *_, other in CASES]
    fields = fields_of(header({"fiscal_year": "2021年度"}) + records("indicators", rows))
    return normalise(fields)["indicators"]


@pytest.mark.parametrize("number", range(len(CASES)), ids=[f"{c[0]}|{c[1]}" for c in CASES])
def test_compare_target_with_actual_is_judged(compared: pl.DataFrame, number: int) -> None:
    _, _, met, ratio, reason, _ = CASES[number]
    row = compared.row(number, named=True)
    assert row["is_met"] is met
    assert row["attainment_ratio"] == (None if ratio is None else Decimal(ratio))
    assert row["attainment_reason"] == reason


def test_compare_ratio_is_null_exactly_where_a_reason_stands(compared: pl.DataFrame) -> None:
    assert (compared["attainment_ratio"].is_null() == compared["attainment_reason"].is_not_null()).all()


def one(target: str, actual: str, **other: str) -> dict[str, object]:
    fields = fields_of(
        header({"fiscal_year": "2021年度"}) + records("indicators", [indicator(target, actual, **other)])
    )
    return normalise(fields)["indicators"].row(0, named=True)


def test_compare_equal_words_are_band_one() -> None:
    assert one("逐步提高", "逐步提高")["actual_band"] == 1
    assert one("逐步提高", "基本达到")["actual_band"] == 2


def test_assumed_operator_is_marked_and_depends_on_the_level() -> None:
    output, cost = one("90万元", "90万元"), one("90万元", "90万元", **COST)
    printed, words = one("≥90万元", "90万元", **COST), one("及时", "及时")
    assert (output["target_operator"], output["is_operator_printed"]) == (">=", False)
    assert (cost["target_operator"], cost["is_operator_printed"]) == ("<=", False)
    assert (printed["target_operator"], printed["is_operator_printed"]) == (">=", True)
    assert (words["target_operator"], words["is_operator_printed"]) == (None, None)


def test_compare_month_without_day_is_over_before_it_begins() -> None:
    row = one("9月前", "7月")
    assert (row["target_kind"], row["target_operator"], row["target_date"]) == ("date", "<", date(2021, 9, 1))
    assert row["actual_date"] == date(2021, 7, 31)


counts = st.integers(1, 10**6)


@settings(deadline=None, max_examples=8)
@given(st.lists(st.tuples(counts, counts), min_size=10, max_size=30))
def test_compare_ratio_is_the_exact_quotient(pairs: list[tuple[int, int]]) -> None:
    rows = [indicator(f"≥{target}个", f"{actual}个") for target, actual in pairs]
    rows += [indicator(f"≤{target}个", f"{actual}个") for target, actual in pairs]
    found = normalise(fields_of(records("indicators", rows)))["indicators"].select("is_met", "attainment_ratio").rows()
    for (target, actual), (met, ratio) in zip(pairs, found[: len(pairs)], strict=True):
        assert met is (actual >= target)
        assert abs(ratio - Decimal(actual) / Decimal(target)) <= Decimal("0.000001")
    for (target, actual), (met, ratio) in zip(pairs, found[len(pairs) :], strict=True):
        assert met is (actual <= target)
        assert abs(ratio - min(Decimal(1), Decimal(target) / Decimal(actual))) <= Decimal("0.000001")
