"""Targets and actuals as forms print them, against the reading of a careful clerk."""

from __future__ import annotations

from random import Random

import polars as pl
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.transforms.build_fields import fields_of, header, indicator, records
from tests.transforms.normalising.clerk import differences, indicators, spellings
from transforms.normalise import normalise

LISTS = ("spellings", "clerk", "adversary", "departments", "silent", "names")
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
NEGATIONS = (
    "未",
    "没有",
    "没",
    "未能",
    "尚未",
    "暂未",
    "仍未",
    "均未",
    "并未",
    "从未",
    "无法",
    "未按时",
    "未全部",
    "不能",
)
DEEDS = ("完成", "达到", "实现", "开展", "举办", "落实", "支付", "覆盖", "建成", "办结", "检测", "培训")
PLACES = (
    "{no}{deed}{amount}",
    "{amount}{no}{deed}",
    "{amount}，{no}{deed}",
    "{amount}（{no}{deed}）",
    "{no}{deed}",
    "截至年底{no}{deed}",
    "{no}{deed}{amount}的目标",
    "{amount}尚{no}{deed}",
    "因故{no}{deed}{amount}",
    "{amount}；{no}{deed}",
    "{amount}以上{no}{deed}",
    "实际{no}{deed}{amount}",
    "{no}在年底前{deed}{amount}",
    "已{deed}部分，其余{no}{deed}",
    "{no}{deed}{sign}{amount}",
)
SIGNS = ("", "≥", "=", "不少于", ">", "不低于", "达到", "＞=")
UNITS = (
    "次",
    "%",
    "个",
    "万元",
    "人次",
    "公里",
    "(项)",
    "",
    "％",
    "场次",
    "平方米",
    "个百分点",
    "户",
    "元/人",
    "次/年",
)


def amount(draw: Random) -> str:
    """Return a number as forms print them, with a unit."""
    number = draw.choice((str(draw.randint(1, 5000)), f"{draw.uniform(0.1, 99):.1f}", f"{draw.randint(1000, 99999):,}"))
    return number + draw.choice(UNITS)


def denial(draw: Random) -> str:
    """Return a pattern that denies what was aimed at, with places for the amount and the sign."""
    made = draw.choice(PLACES).replace("{no}", draw.choice(NEGATIONS)).replace("{deed}", draw.choice(DEEDS))
    return draw.choice((made, made, made, draw.choice(DENIALS).replace("{}", "{amount}")))


def met_among(rows: list[dict[str, str]]) -> list[tuple[str, ...]]:
    """Return target and actual of the rows that count as reached."""
    found = normalise(fields_of(header({"fiscal_year": "2023年度"}) + records("indicators", rows)))["indicators"]
    return found.filter(pl.col("is_met")).select("target_text", "actual_text").rows()


@settings(deadline=None, max_examples=3, phases=[Phase.generate])
@given(st.integers(0, 2**32).map(Random))
def test_compare_denied_number_is_never_met(draw: Random) -> None:
    rows = []
    for _ in range(500):
        wanted, sign = amount(draw), draw.choice(SIGNS)
        actual = denial(draw).replace("{amount}", wanted).replace("{sign}", sign)
        rows.append(indicator(f"{sign}{wanted}", actual, indicator_name="完成率"))
    assert met_among(rows) == []


@settings(deadline=None, max_examples=3, phases=[Phase.generate])
@given(st.integers(0, 2**32).map(Random))
def test_compare_denied_deadline_is_never_met(draw: Random) -> None:
    rows = []
    for _ in range(300):
        until = draw.choice(
            (f"{draw.randint(1, 12)}月底前", f"2023年{draw.randint(1, 12)}月31日前", "年底", "第三季度")
        )
        actual = denial(draw).replace("{amount}", until).replace("{sign}", "")
        rows.append(indicator(f"{until}完成", actual, level_2_label="时效指标"))
    assert met_among(rows) == []


BEYOND = (
    "超过{}",
    "超出{}",
    "突破{}",
    "高于{}",
    "大于{}",
    "不止{}",
    "未控制在{}以内",
    "未能控制在{}以内",
    "没有控制在{}内",
    "超过了{}",
    "已突破{}",
)


@settings(deadline=None, max_examples=3, phases=[Phase.generate])
@given(st.integers(0, 2**32).map(Random))
def test_compare_limit_not_kept_is_never_met(draw: Random) -> None:
    rows = []
    for _ in range(300):
        limit = amount(draw)
        target = draw.choice(("≤", "不超过", "<", "不高于")) + limit
        rows.append(indicator(target, draw.choice(BEYOND).format(limit), indicator_name="差错率"))
    assert met_among(rows) == []


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
def test_compare_not_applicable_is_not_attainment(text: str) -> None:
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
