"""Violations of what targets, actuals and scores of indicators must be."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from benchmarks.corpus import words
from benchmarks.corpus.families.base import Family
from benchmarks.corpus.model import Form, Indicator
from benchmarks.corpus.violations.tools import (
    REASON,
    actual_of,
    breaks,
    changed,
    is_at_least,
    is_at_most,
    is_date,
    is_equal,
    is_share,
    is_word,
    missed,
    part_of,
    printed_number,
    rows_where,
    split_value,
    weighty_rows,
)


@breaks("met_but_docked", "R20")
def met_but_docked(rng: Random, form: Form, family: Family) -> Form | None:
    rows = weighty_rows(form, is_at_least)
    return changed(rng, form, family, rows, score=lambda row: part_of(row, "0.7", family), deviation=lambda _: REASON)


@breaks("missed_full_score", "R21")
def missed_full_score(rng: Random, form: Form, family: Family) -> Form | None:
    rows = weighty_rows(form, is_at_least)
    return changed(rng, form, family, rows, actual=lambda row: actual_of(row, "0.75"), deviation=lambda _: REASON)


@breaks("limit_missed_full_score", "R22")
def limit_missed_full_score(rng: Random, form: Form, family: Family) -> Form | None:
    rows = weighty_rows(form, is_at_most)
    return changed(rng, form, family, rows, actual=lambda row: actual_of(row, "1.4"), deviation=lambda _: REASON)


@breaks("missed_without_reason", "R50")
def missed_without_reason(rng: Random, form: Form, family: Family) -> Form | None:
    return missed(rng, form, family, lambda _: rng.choice(("", "-", "无")))


CAUSES = (
    "连续阴雨",
    "特困人员实行动态管理",
    "物价上涨，供货方产能不足",
    "部门之间协调不到位，推进缓慢",
    "项目调整，实施较晚",
)


@breaks("reason_without_measure", "R52")
def reason_without_measure(rng: Random, form: Form, family: Family) -> Form | None:
    if not any("措施" in text for text, key in family.layout.indicators if key == "deviation"):
        return None
    return missed(rng, form, family, lambda _: rng.choice(CAUSES))


@breaks("over_achieved", "R30")
def over_achieved(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [number for number in rows_where(form, is_at_least) if not is_share(form.indicators[number])]
    rows = [n for n in rows if (split_value(form.indicators[n].target) or ("", Decimal(0), ""))[1] > 2]
    return changed(rng, form, family, rows, actual=lambda row: actual_of(row, "5"), deviation=lambda _: "")


@breaks("copied_target", "R28")
def copied_target(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in rows_where(form, is_at_least) if form.indicators[n].operator is None]
    return changed(rng, form, family, rows, actual=lambda row: row.target, deviation=lambda _: "")


@breaks("units_differ", "R27")
def units_differ(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in rows_where(form, is_at_least) if re.search("[个处座台家场人]", form.indicators[n].target)]
    return changed(rng, form, family, rows, actual=lambda _: "100%", deviation=lambda _: "")


@breaks("strict_boundary", "R23")
def strict_boundary(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in rows_where(form, is_at_most) if form.indicators[n].operator is None]
    return changed(
        rng,
        form,
        family,
        rows,
        actual=lambda row: row.target.lstrip("≤<="),
        target=lambda row: row.target.replace("≤", "<").replace("<=", "<"),
    )


@breaks("zero_exceeded", "R26")
def zero_exceeded(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in rows_where(form, is_at_most) if form.indicators[n].operator is None]
    return changed(
        rng, form, family, rows, name=lambda _: "安全责任事故", target=lambda _: "0起", actual=lambda _: "2起"
    )


@breaks("deadline_missed", "R29")
def deadline_missed(rng: Random, form: Form, family: Family) -> Form | None:
    rows = rows_where(form, lambda row: is_date(row) and not row.target.startswith("当年"))
    return changed(rng, form, family, rows, actual=lambda _: "12月", deviation=lambda _: "")


PARTLY = ("基本完成", "基本达到", "部分完成", "部分达成")


@breaks("partly_reached_full_score", "R40")
def partly_reached_full_score(rng: Random, form: Form, family: Family) -> Form | None:
    rows = weighty_rows(form, is_word)
    return changed(rng, form, family, rows, actual=lambda _: rng.choice(PARTLY), deviation=lambda _: "")


@breaks("partly_reached_explained", "R94")
def partly_reached_explained(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in weighty_rows(form, is_word) if form.indicators[n].deviation is not None]
    return changed(rng, form, family, rows, actual=lambda _: rng.choice(PARTLY), deviation=lambda _: REASON)


@breaks("reached_but_docked", "R42")
def reached_but_docked(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in weighty_rows(form, is_word) if form.indicators[n].deviation is not None]
    return changed(rng, form, family, rows, score=lambda row: part_of(row, "0.9", family), deviation=lambda _: "")


@breaks("equal_missed_full_score", "R24")
def equal_missed_full_score(rng: Random, form: Form, family: Family) -> Form | None:
    rows = weighty_rows(form, is_equal)
    return changed(rng, form, family, rows, actual=lambda row: actual_of(row, "0.5"), deviation=lambda _: REASON)


@breaks("percent_unclear", "R25")
def percent_unclear(rng: Random, form: Form, family: Family) -> Form | None:
    """98 % is asked for and 0.98 written."""
    rows = [n for n in rows_where(form, is_at_least) if is_share(form.indicators[n])]

    def share(row: Indicator) -> str:
        value = split_value(row.actual)
        assert value is not None
        return str((value[1] / 100).quantize(Decimal("0.01")))

    return changed(rng, form, family, rows, actual=share)


@breaks("over_achieved_explained", "R31")
def over_achieved_explained(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in rows_where(form, is_at_least) if not is_share(form.indicators[n])]
    rows = [n for n in rows if form.indicators[n].deviation is not None]
    return changed(
        rng,
        form,
        family,
        rows,
        actual=lambda row: actual_of(row, "2"),
        deviation=lambda _: rng.choice(words.OVER_REASONS),
    )


@breaks("magnitudes_over", "R93")
def magnitudes_over(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in rows_where(form, is_at_least) if not is_share(form.indicators[n])]
    times = rng.choice(("10", "250", "10000"))
    rows = [n for n in rows if (split_value(form.indicators[n].target) or ("", Decimal(0), ""))[1] > 2]
    # 58万元 with a bare 580000 is a slip of the unit (R33)
    rows = [n for n in rows if times == "10" or "万" not in f"{form.indicators[n].target}{form.indicators[n].unit}"]
    return changed(rng, form, family, rows, actual=lambda row: actual_of(row, times), deviation=lambda _: "")


@breaks("word_for_number", "R92")
def word_for_number(rng: Random, form: Form, family: Family) -> Form | None:
    rows = rows_where(form, is_at_least)
    return changed(rng, form, family, rows, actual=lambda _: rng.choice(("达成指标", "完成", "已完成")))


@breaks("word_unknown", "R41")
def word_unknown(rng: Random, form: Form, family: Family) -> Form | None:
    rows = rows_where(form, is_word)
    return changed(rng, form, family, rows, actual=lambda _: rng.choice(("详见工作总结", "见附件材料", "结合实际推进")))


@breaks("yes_but_docked", "R43")
def yes_but_docked(rng: Random, form: Form, family: Family) -> Form | None:
    rows = weighty_rows(form, is_word)
    return changed(
        rng,
        form,
        family,
        rows,
        target=lambda _: "是",
        actual=lambda _: "是",
        score=lambda row: part_of(row, "0.9", family),
        deviation=lambda _: REASON,
    )


@breaks("met_but_called_missed", "R53")
def met_but_called_missed(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in rows_where(form, is_at_least) if form.indicators[n].deviation is not None]
    return changed(
        rng,
        form,
        family,
        rows,
        deviation=lambda _: rng.choice(("受雨季影响未完成，下年加快进度", "尚未达标，继续推进")),
    )


@breaks("score_rounded", "R66")
def score_rounded(rng: Random, form: Form, family: Family) -> Form | None:
    """A missed target earns whole points, a little beside its share; the other scores have decimals."""
    if family.decimals < 2:
        return None
    rows = [n for n in weighty_rows(form, is_at_least) if not is_share(form.indicators[n])]
    rows = [n for n in rows if (split_value(form.indicators[n].target) or ("", Decimal(0), ""))[1] >= 100]

    def kept(row: Indicator) -> Decimal:
        return ((printed_number(row.weight) or Decimal(0)) * Decimal("0.8")).quantize(Decimal(1), ROUND_HALF_UP)

    def actual(row: Indicator) -> str:
        weight = printed_number(row.weight) or Decimal(1)
        return actual_of(row, str(kept(row) / weight + Decimal("0.005")))

    return changed(rng, form, family, rows, score=lambda row: str(kept(row)), actual=actual, deviation=lambda _: REASON)


@breaks("reason_says_nothing", "R50")
def reason_says_nothing(rng: Random, form: Form, family: Family) -> Form | None:
    """A missed row whose note says that all is well."""
    return missed(rng, form, family, lambda _: rng.choice(("无偏差", "已完成", "正常", "无明显偏差", "按计划完成")))


@breaks("full_score_though_undone", "R44")
def full_score_though_undone(rng: Random, form: Form, family: Family) -> Form | None:
    rows = rows_where(form, lambda row: row.score == row.weight and row.weight is not None and row.operator is None)
    said = rng.choice(
        (
            "未完成",
            "尚未完成",
            "未按时完成",
            "未开展",
            "不适用",
            "不涉及",
            "未达到目标",
            "尚未落实",
            "未能全部完成",
            "仍未建成",
        )
    )
    return changed(rng, form, family, rows, actual=lambda _: said, deviation=lambda _: "")


@breaks("full_score_though_cancelled", "R44")
def full_score_though_cancelled(rng: Random, form: Form, family: Family) -> Form | None:
    """The actual says that it was cancelled, what was planned, or what last year was."""
    rows = [n for n in rows_where(form, is_at_least) if form.indicators[n].operator is None]
    said = rng.choice(("因故取消", "已取消", "流标", "因疫情影响停办", "由于资金未到位未开展", "计划", "上年"))

    def actual(row: Indicator) -> str:
        return said + row.target.lstrip("≥>=") if said in ("计划", "上年") else said

    return changed(rng, form, family, rows, actual=actual, deviation=lambda _: "")


@breaks("part_of_a_deadline", "R44")
def part_of_a_deadline(rng: Random, form: Form, family: Family) -> Form | None:
    """A deadline is answered by the part that was done."""
    rows = rows_where(form, is_date)
    said = rng.choice(("60%", "完成80%", "95.5%"))
    return changed(rng, form, family, rows, actual=lambda _: said, deviation=lambda _: "")


@breaks("satisfaction_at_most", "R38")
def satisfaction_at_most(rng: Random, form: Form, family: Family) -> Form | None:
    """The sign of a rate that should be high is turned round."""
    rows = [n for n in rows_where(form, is_at_least) if is_share(form.indicators[n])]
    rows = [n for n in rows if form.indicators[n].operator is None]
    name = rng.choice(("服务对象满意度", "验收合格率", "资金拨付及时率", "群众知晓率"))
    return changed(
        rng,
        form,
        family,
        rows,
        name=lambda _: name,
        target=lambda row: "≤" + row.target.lstrip("≥>="),
        actual=lambda row: row.target.lstrip("≥>="),
    )


@breaks("template_with_full_score", "R44")
def template_with_full_score(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in rows_where(form, is_at_least) if form.indicators[n].operator is None]
    return changed(rng, form, family, rows, target=lambda _: rng.choice(("≥XX场", "≥**人", "≥xxx个", "≥__场", "≥○○人")))


@breaks("unit_slipped", "R33")
def unit_slipped(rng: Random, form: Form, family: Family) -> Form | None:
    """The target is in 万元 and the actual a bare number of yuan."""
    rows = [n for n in rows_where(form, is_at_most) if "万元" in form.indicators[n].target]

    def in_yuan(row: Indicator) -> str:
        value = split_value(row.target)
        assert value is not None
        return f"{value[1] * 10000:.0f}"

    rows = [n for n in rows if form.indicators[n].operator is None]
    return changed(rng, form, family, rows, actual=in_yuan, deviation=lambda _: "")


@breaks("share_over_100", "R34")
def share_over_100(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in rows_where(form, is_at_least) if is_share(form.indicators[n])]
    rows = [n for n in rows if "满意" in form.indicators[n].name]
    return changed(rng, form, family, rows, actual=lambda _: rng.choice(("102%", "120%", "100.5%")))


@breaks("indicator_twice", "R35")
def indicator_twice(rng: Random, form: Form, family: Family) -> Form | None:
    """A row is printed twice; its weight is parted between the two."""
    rows = rows_where(form, lambda row: (printed_number(row.weight) or 0) >= 4 and row.score == row.weight)
    if not rows or family.decimals != 2:
        return None
    number = rng.choice(rows)
    half = part_of(form.indicators[number], "0.5", family)
    if Decimal(half) * 2 != printed_number(form.indicators[number].weight):
        return None
    row = replace(form.indicators[number], weight=half, score=half)
    made = (*form.indicators[:number], row, row, *form.indicators[number + 1 :])
    return replace(form, indicators=made)


@breaks("other_share_over_100", "R34")
def other_share_over_100(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in rows_where(form, is_at_least) if is_share(form.indicators[n])]
    rows = [n for n in rows if form.indicators[n].operator is None and "满意" not in form.indicators[n].name]
    name = rng.choice(("隐患整改率", "资金到位率", "学员就业率", "课程优秀率", "命案破案率", "线上办理占比"))
    over = rng.choice(("101%", "130%", "100.2%"))
    return changed(rng, form, family, rows, name=lambda _: name, actual=lambda _: over)


@breaks("indicator_twice_in_other_words", "R35")
def indicator_twice_in_other_words(rng: Random, form: Form, family: Family) -> Form | None:
    """As `indicator_twice`; the second row says 以上 for ≥."""
    made = indicator_twice(rng, form, family)
    if made is None:
        return None
    pairs = zip(made.indicators, made.indicators[1:], strict=False)
    second = next(number for number, (one, other) in enumerate(pairs, 1) if one == other)
    row = made.indicators[second]
    if row.operator is not None or not row.target.startswith("≥") or split_value(row.target) is None:
        return None
    rows = list(made.indicators)
    rows[second] = replace(row, target=f"{row.target.removeprefix('≥')}以上")
    return replace(made, indicators=tuple(rows))


@breaks("count_under_quality", "R36")
def count_under_quality(rng: Random, form: Form, family: Family) -> Form | None:
    rows = [n for n in rows_where(form, is_at_least) if re.search("[个处座台家场]$", form.indicators[n].target)]
    rows = [
        n
        for n in rows
        if form.indicators[n].level2 == "数量指标" and not re.search("[率度奖]", form.indicators[n].name)
    ]
    return changed(rng, form, family, rows, level2=lambda _: "质量指标")


@breaks("limit_too_wide", "R32")
def limit_too_wide(rng: Random, form: Form, family: Family) -> Form | None:
    rows = rows_where(form, is_at_most)
    return changed(rng, form, family, rows, actual=lambda row: actual_of(row, "0.12"))


@breaks("no_indicators", "R86")
def no_indicators(rng: Random, form: Form, family: Family) -> Form | None:
    del rng, family
    return replace(form, indicators=())
