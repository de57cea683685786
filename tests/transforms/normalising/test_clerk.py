"""Targets and actuals as forms print them, against the reading of a careful clerk."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transforms.build_fields import fields_of, header, indicator, records
from tests.transforms.normalising.clerk import differences, indicators, spellings
from transforms.normalise import normalise

LISTS = ("spellings", "clerk", "adversary")
MOST_UNREAD = 0.05


@pytest.fixture(scope="module", params=LISTS)
def compared(request: pytest.FixtureRequest) -> tuple[list[dict[str, str]], list[dict[str, object]]]:
    rows = spellings(request.param)
    return rows, indicators(rows).to_dicts()


def test_indicators_spelling_is_never_read_wrongly(
    compared: tuple[list[dict[str, str]], list[dict[str, object]]],
) -> None:
    rows, found = compared
    wrong = [(row["target"], row["actual"], differences(row, one)[0]) for row, one in zip(rows, found, strict=True)]
    assert [line for line in wrong if line[2]] == []


def test_indicators_few_spellings_are_unread(compared: tuple[list[dict[str, str]], list[dict[str, object]]]) -> None:
    rows, found = compared
    unread = [(row["target"], row["actual"]) for row, one in zip(rows, found, strict=True) if differences(row, one)[1]]
    assert len(unread) <= MOST_UNREAD * len(rows), unread


def test_indicators_what_is_unread_or_not_judged_has_a_reason(
    compared: tuple[list[dict[str, str]], list[dict[str, object]]],
) -> None:
    for one in compared[1]:
        read = one["target_value"] is not None or one["target_date"] is not None
        assert read or one["target_reason"] is not None
        assert one["is_met"] is not None or one["attainment_reason"] is not None
        assert (one["is_met"] is None) == (one["attainment_basis"] is None)


DENIALS = (
    "未完成{}",
    "{}未完成",
    "未达到{}",
    "没有达到{}",
    "没有完成{}",
    "未能完成{}",
    "尚未完成{}",
    "{}尚未完成",
    "暂未开展{}",
    "未实施{}",
    "{}，未完成",
    "{}（未完成）",
    "未按计划完成{}",
    "未在年底前完成{}",
    "无法完成{}",
    "{}均未开展",
    "不足{}",
    "不到{}",
    "未满{}",
    "低于{}",
    "少于{}",
    "达不到{}",
    "{}没有落实",
    "{}完成不了",
)
amounts = st.tuples(st.integers(1, 5000), st.sampled_from(["次", "%", "个", "万元", "人次", "公里", "(项)", ""]))


@settings(deadline=None, max_examples=15)
@given(st.lists(st.tuples(amounts, st.sampled_from(DENIALS), st.sampled_from(["", "≥", "=", "不少于"])), min_size=20))
def test_compare_denied_number_is_never_met(cases: list[tuple[tuple[int, str], str, str]]) -> None:
    rows = [
        indicator(f"{sign}{number}{unit}", denial.format(f"{number}{unit}"), indicator_name="完成率")
        for (number, unit), denial, sign in cases
    ]
    found = normalise(fields_of(header({"fiscal_year": "2023年度"}) + records("indicators", rows)))["indicators"]
    met = found.filter(pl.col("is_met")).select("target_text", "actual_text")
    assert met.rows() == []


WORDS = ("完善", "健全", "规范", "及时", "合格", "达标", "到位", "明显", "按时完成", "全面覆盖", "显著提升", "有效落实")


@pytest.mark.parametrize("denial", ["不{}", "未{}", "尚未{}", "没有{}", "未能{}", "暂未{}", "不够{}", "未得到{}"])
def test_compare_denied_word_is_never_met(denial: str) -> None:
    targets = [(word, denial.format(word)) for word in WORDS]
    targets += [(goal, denial.format(word)) for word in WORDS for goal in ("≥95%", "12次", "2023年12月底前", "前3名")]
    rows = [indicator(target, actual) for target, actual in targets]
    found = normalise(fields_of(header({"fiscal_year": "2023年度"}) + records("indicators", rows)))["indicators"]
    assert found.filter(pl.col("is_met")).select("target_text", "actual_text").rows() == []


@pytest.mark.parametrize(
    ("limit", "actual"), [("≤5%", "超过5%"), ("≤5%", "高于5%"), ("<5%", "5%以上"), ("≤5%", "突破5%"), ("≤5%", "大于5%")]
)
def test_compare_limit_that_is_passed_is_never_met(limit: str, actual: str) -> None:
    found = normalise(fields_of(records("indicators", [indicator(limit, actual)])))["indicators"]
    assert found["is_met"].to_list() in ([False], [None])


@pytest.mark.parametrize("text", ["不适用", "不涉及", "无此项", "本年度不涉及", "本项目不适用此指标"])
def test_compare_not_applicable_is_no_attainment(text: str) -> None:
    rows = [indicator(target, text) for target in ("12次", "≥95%", "及时", "2023年底", "前3名", text)]
    found = normalise(fields_of(header({"fiscal_year": "2023年度"}) + records("indicators", rows)))["indicators"]
    assert found["is_met"].to_list() == [None] * len(rows)
    assert set(found["attainment_reason"].head(5)) == {"not_applicable"}


@pytest.mark.parametrize(
    ("target", "actual", "basis"),
    [
        ("≥95%", "96%", "measured"),
        ("12月底前", "11月", "measured"),
        ("Ⅲ类", "Ⅱ类", "measured"),
        ("100%", "全部完成", "stated"),
        ("全国前3", "达成指标", "stated"),
        ("12月底前", "未按时完成", "stated"),
        ("完善", "达成指标", "worded"),
        ("完善", "不完善", "worded"),
        ("100%", "待定", None),
    ],
)
def test_compare_attainment_has_its_basis(target: str, actual: str, basis: str | None) -> None:
    fields = fields_of(header({"fiscal_year": "2023年度"}) + records("indicators", [indicator(target, actual)]))
    assert normalise(fields)["indicators"]["attainment_basis"].to_list() == [basis]


def test_compare_deadline_with_a_share_keeps_both() -> None:
    fields = fields_of(
        header({"fiscal_year": "2023年度"}) + records("indicators", [indicator("9月底前完成60%", "65%")])
    )
    row = normalise(fields)["indicators"].row(0, named=True)
    assert (str(row["target_date"]), row["target_date_operator"]) == ("2023-09-30", "<=")
    assert (row["target_operator"], row["target_value"], row["target_unit"]) == (">=", 60, "%")
    assert row["is_met"] is True
