"""Right forms with unusual indicators: notes, targets, actuals and ways of scoring."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from random import Random
from typing import Final

from benchmarks.corpus.families.base import Family
from benchmarks.corpus.invent import points
from benchmarks.corpus.model import Form, Indicator
from benchmarks.corpus.unusual.tools import unusual
from benchmarks.corpus.violations.tools import (
    REASON,
    actual_of,
    changed,
    is_at_least,
    is_at_most,
    is_share,
    is_word,
    missed,
    part_of,
    printed_number,
    rows_where,
    split_value,
    weighty_rows,
)

NOTES = (
    *(
        "无偏差",
        "无",
        "已完成",
        "已完成年度目标",
        "按计划完成",
        "正常",
        "完成情况良好",
        "达标",
        "无明显偏差",
        "不存在偏差",
    ),
    *("指标完成良好，无需改进", "按时完成全部任务", "与预期一致", "严格按合同执行", "资金按进度拨付", "以验收报告为准"),
    *("数据来源于年度统计报表", "详见绩效报告", "问卷调查结果", "根据实际需求开展", "全年无投诉", "按上级要求执行"),
    *("群众反映良好", "完成目标值", "超额完成", "超额完成任务，受益面扩大", "无未完成事项", "不存在未完成情况"),
    *("因上年未完成部分结转，本年全部完成", "按照实施方案执行", "项目已通过验收", "成本控制在预算内", "全部完成"),
    *("执行情况正常", "同上", "—", "/", "无偏差。", "未发生安全事故", "未出现逾期情况", "工作量增加", "业务量增长"),
    *("节约了经费", "采购价格低于预期", "报名踊跃"),
)
"""What authors write beside rows that are met and owe no reason."""


def _met(row: Indicator) -> bool:
    return row.score == row.weight and row.weight is not None and row.deviation is not None


@unusual("note_on_a_met_row")
def note_on_a_met_row(rng: Random, form: Form, family: Family) -> Form | None:
    rows = rows_where(form, lambda row: _met(row) and is_at_least(row))
    return changed(rng, form, family, rows, deviation=lambda _: rng.choice(NOTES))


@unusual("another_note_on_a_met_row")
def another_note_on_a_met_row(rng: Random, form: Form, family: Family) -> Form | None:
    rows = rows_where(form, lambda row: _met(row) and (is_word(row) or is_at_most(row)))
    return changed(rng, form, family, rows, deviation=lambda _: rng.choice(NOTES))


@unusual("all_or_nothing")
def all_or_nothing(rng: Random, form: Form, family: Family) -> Form | None:
    """A missed row earns nothing."""
    rows = [n for n in weighty_rows(form, is_at_least) if form.indicators[n].deviation is not None]
    zero = points(Decimal(0), family.decimals)
    return changed(
        rng,
        form,
        family,
        rows,
        actual=lambda row: actual_of(row, "0.9"),
        score=lambda _: zero,
        deviation=lambda _: REASON,
    )


@unusual("method_printed", families=("shandong", "beijing"))
def method_printed(rng: Random, form: Form, family: Family) -> Form | None:
    """The form prints how it scores; a missed row loses points by that method."""
    if not any(key == "method" for _, key in family.layout.indicators):
        return None
    rows = [n for n in weighty_rows(form, is_at_least) if form.indicators[n].deviation is not None]
    return changed(
        rng,
        form,
        family,
        rows,
        actual=lambda row: actual_of(row, "0.93"),
        score=lambda row: part_of(row, rng.choice(("0.5", "0.8")), family),
        deviation=lambda _: REASON,
    )


@unusual("target_of_one")
def target_of_one(rng: Random, form: Form, family: Family) -> Form | None:
    """One or two things were asked for, and several done."""
    rows = [n for n in rows_where(form, is_at_least) if not is_share(form.indicators[n])]
    rows = [n for n in rows if form.indicators[n].operator is None]
    goal, done = rng.choice((("1", "13"), ("1", "3"), ("2", "5"), ("2", "24")))
    unit = rng.choice(("篇", "个", "次", "项"))
    return changed(rng, form, family, rows, target=lambda _: f"≥{goal}{unit}", actual=lambda _: f"{done}{unit}")


@unusual("over_with_reason")
def over_with_reason(rng: Random, form: Form, family: Family) -> Form | None:
    """Many times the target, and the row says why."""
    rows = [n for n in rows_where(form, is_at_least) if not is_share(form.indicators[n])]
    rows = [n for n in rows if form.indicators[n].deviation is not None]
    reason = rng.choice(
        ("上级临时增加任务，业务量大幅增长", "年初指标值设定偏低，下年度据实调高", "系统升级后统计口径扩大")
    )
    return changed(rng, form, family, rows, actual=lambda row: actual_of(row, "12"), deviation=lambda _: reason)


@unusual("times_a_year")
def times_a_year(rng: Random, form: Form, family: Family) -> Form | None:
    """Four times, asked for as four times a year."""
    rows = [n for n in rows_where(form, is_at_least) if form.indicators[n].operator is None]
    rows = [n for n in rows if not is_share(form.indicators[n])]
    target, actual = rng.choice((("≥4次/年", "4次"), ("≥12次", "12次/年"), ("≥2次/年", "2次/年")))
    return changed(rng, form, family, rows, target=lambda _: target, actual=lambda _: actual)


@unusual("percent_for_a_word")
def percent_for_a_word(rng: Random, form: Form, family: Family) -> Form | None:
    """In time was asked for, and 100 % answered."""
    rows = rows_where(form, lambda row: is_word(row) and row.operator is None)
    word = rng.choice(("及时", "全部完成", "合格", "按时完成"))
    return changed(rng, form, family, rows, target=lambda _: word, actual=lambda _: rng.choice(("100%", "100.00%")))


@unusual("more_than_planned")
def more_than_planned(rng: Random, form: Form, family: Family) -> Form | None:
    """Growth and completion of a plan may exceed 100 %."""
    rows = [n for n in rows_where(form, is_at_least) if form.indicators[n].operator is None]
    rows = [n for n in rows if is_share(form.indicators[n]) and "满意" not in form.indicators[n].name]
    name = rng.choice(("计划任务完成率", "税收增长率", "招商引资目标完成率", "产值增幅"))
    return changed(
        rng,
        form,
        family,
        rows,
        name=lambda _: name,
        target=lambda _: "≥100%",
        actual=lambda _: rng.choice(("108%", "120%")),
    )


@unusual("same_name_apart")
def same_name_apart(rng: Random, form: Form, family: Family) -> Form | None:
    """Two rows have one name and different targets."""
    rows = [n for n in rows_where(form, is_at_least) if form.indicators[n].operator is None]
    pairs = [(a, b) for a in rows for b in rows if a < b and form.indicators[a].level2 == form.indicators[b].level2]
    pairs = [(a, b) for a, b in pairs if form.indicators[a].target != form.indicators[b].target]
    if not pairs:
        return None
    first, second = rng.choice(pairs)
    return changed(rng, form, family, [second], name=lambda _: form.indicators[first].name)


@unusual("nothing_happened")
def nothing_happened(rng: Random, form: Form, family: Family) -> Form | None:
    """No accident was allowed and none happened, in figures or words."""
    rows = [n for n in rows_where(form, is_at_most) if form.indicators[n].operator is None]
    target, actual = rng.choice((("0起", "0起"), ("=0次", "0次"), ("0", "0"), ("≤0起", "0起"), ("0起", "未发生")))
    name = rng.choice(("安全生产事故数", "重大舆情数", "投诉举报次数"))
    return changed(rng, form, family, rows, name=lambda _: name, target=lambda _: target, actual=lambda _: actual)


@unusual("money_saved")
def money_saved(rng: Random, form: Form, family: Family) -> Form | None:
    """Much less was spent than the limit; the row says why."""
    rows = rows_where(form, is_at_most)
    return changed(
        rng, form, family, rows, actual=lambda row: actual_of(row, "0.45"), deviation=lambda _: "公开招标节约资金"
    )


@unusual("missed_in_proportion")
def missed_in_proportion(rng: Random, form: Form, family: Family) -> Form | None:
    """A missed row loses its share and says why and what comes."""
    if family.decimals != 2:
        return None
    reasons = ("受疫情影响未完成；下一步加强调度", "部分对象外出，今后提前摸底", "供货延迟，已督促厂家加快供货")
    return missed(rng, form, family, lambda _: rng.choice(reasons))


@unusual("over_reduced")
def over_reduced(rng: Random, form: Form, family: Family) -> Form | None:
    """Far above a low target, with a reason and a lower score, as the ministry asks."""
    rows = [n for n in weighty_rows(form, is_at_least) if not is_share(form.indicators[n])]
    rows = [n for n in rows if form.indicators[n].deviation is not None]
    return changed(
        rng,
        form,
        family,
        rows,
        actual=lambda row: actual_of(row, "3"),
        score=lambda row: part_of(row, "0.9", family),
        deviation=lambda _: "年初指标值设定偏低，适度扣分；下年度合理设定指标值",
    )


@unusual("quality_in_counts")
def quality_in_counts(rng: Random, form: Form, family: Family) -> Form | None:
    """A measure of quality that counts."""
    rows = rows_where(form, lambda row: row.level2 == "质量指标" and row.operator is None and row.score == row.weight)
    name, target, actual = rng.choice(
        (("系统故障次数", "≤5次", "3次"), ("获省级以上奖项数", "≥3项", "3项"), ("抽检差错数", "≤3个", "2个"))
    )
    return changed(rng, form, family, rows, name=lambda _: name, target=lambda _: target, actual=lambda _: actual)


@unusual("bare_numbers")
def bare_numbers(rng: Random, form: Form, family: Family) -> Form | None:
    """An actual without its unit."""
    rows = [n for n in rows_where(form, is_at_least) if not is_share(form.indicators[n])]
    rows = [n for n in rows if form.indicators[n].operator is None]

    def bare(row: Indicator) -> str:
        value = split_value(row.actual)
        return f"{value[1].normalize():f}" if value else row.actual

    return changed(rng, form, family, rows, actual=bare)


@unusual("long_name_with_numbers")
def long_name_with_numbers(rng: Random, form: Form, family: Family) -> Form | None:
    """Numbers that belong to an indicator's name."""
    rows = rows_where(form, lambda row: is_share(row) and is_at_least(row))
    name = rng.choice(("65岁以上老年人体检率", "12345热线办结率", "两癌筛查30-64岁妇女覆盖率"))
    return changed(rng, form, family, rows, name=lambda _: name)


SAID_OTHERWISE: Final = (
    ("技能竞赛次数", "≥20场", "计划20场，实际22场"),
    ("技能竞赛次数", "不少于二十场", "二十二场"),
    ("技能竞赛次数", "12次", "每月1次，共12次"),
    ("全省考核排名", "前3名", "第2名"),
    ("考核等次", "良好以上", "优秀"),
    ("水质类别", "Ⅲ类及以上", "Ⅱ类"),
    ("故障响应时间", "≤2小时", "30分钟"),
    ("产值增长率", "≥5%", "增长8%"),
    ("能耗下降率", "≥3%", "下降5%"),
    ("取消收费项目数", "≥3项", "取消3项"),
    ("终止合同数", "≤3份", "终止1份"),
    ("不合格率", "≤2%", "不合格率1%"),
    ("日均服务人次", "≥100人次", "日均120人次"),
    ("人均培训成本", "≤500元", "人均480元"),
    ("节约资金", "≥10万元", "节约12万元"),
    ("预算完成率", "≤100%", "98.5%"),
    ("群众不满意率", "≤5%", "2%"),
    ("合格率", "≥90%且≤100%", "98%"),
    ("覆盖率", "100%", "全覆盖"),
    ("安全生产事故数", "0起", "未发生"),
    ("合同签订时间", "6月底前", "6月签订合同"),
    ("开工时间", "3月底前开工", "3月开工"),
    ("减少排放量", "≥20吨", "减少22吨"),
)
"""Name, target and actual of rows that are met, in words that elsewhere say otherwise: 取消3项, 不合格率1%."""


@unusual("said_otherwise")
def said_otherwise(rng: Random, form: Form, family: Family) -> Form | None:
    """A met row in words that are seldom used, or that elsewhere say that something was missed."""
    rows = [n for n in rows_where(form, is_at_least) if form.indicators[n].operator is None]
    name, target, actual = rng.choice(SAID_OTHERWISE)
    return changed(
        rng,
        form,
        family,
        rows,
        name=lambda _: name,
        target=lambda _: target,
        actual=lambda _: actual,
        deviation=lambda _: rng.choice(("", "无", "前期未完成部分已全部完成", "不存在未开展情况")),
    )


@unusual("points_of_half")
def points_of_half(rng: Random, form: Form, family: Family) -> Form | None:
    """Weights of 12.5 and 7.5 points."""
    rows = rows_where(form, lambda row: (printed_number(row.weight) or 0) >= 2 and row.score == row.weight)
    pairs = [(a, b) for a in rows for b in rows if a < b and form.indicators[a].level1 == form.indicators[b].level1]
    if not pairs:
        return None
    found = list(form.indicators)
    for number, step in zip(rng.choice(pairs), (Decimal("0.5"), Decimal("-0.5")), strict=True):
        text = points((printed_number(found[number].weight) or Decimal(0)) + step, max(family.decimals, 1))
        found[number] = replace(found[number], weight=text, score=text)
    return replace(form, indicators=tuple(found))


@unusual("starred_names")
def starred_names(rng: Random, form: Form, family: Family) -> Form | None:
    del rng, family
    rows = tuple(
        replace(row, name=re.sub(r"^(指标\d+.)?", "★", row.name)) if row.name and n % 2 else row
        for n, row in enumerate(form.indicators)
    )
    return replace(form, indicators=rows)


@unusual("all_in_words")
def all_in_words(rng: Random, form: Form, family: Family) -> Form | None:
    """All of it was asked for, and words say that it was done."""
    rows = [n for n in rows_where(form, is_at_least) if is_share(form.indicators[n])]
    rows = [n for n in rows if form.indicators[n].operator is None and "满意" not in form.indicators[n].name]
    said = rng.choice(("全部完成", "应发尽发", "全部发放到位", "全部达标", "均已完成", "全覆盖"))
    return changed(rng, form, family, rows, target=lambda _: "100%", actual=lambda _: said)


@unusual("number_with_a_comparison")
def number_with_a_comparison(rng: Random, form: Form, family: Family) -> Form | None:
    """The actual also says how much more that is than last year, or what a part of it is."""
    rows = [n for n in rows_where(form, is_at_least) if is_share(form.indicators[n])]
    rows = [n for n in rows if form.indicators[n].operator is None and "%" in form.indicators[n].actual]
    said = rng.choice(("，较上年提高2%", "，同比提高1.5个百分点", "（较上年提高2个百分点）"))
    return changed(rng, form, family, rows, actual=lambda row: row.actual + said)
