"""Right forms with unusual titles, texts and years."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from benchmarks.corpus.families.base import Family
from benchmarks.corpus.model import Form
from benchmarks.corpus.unusual.tools import unusual
from benchmarks.corpus.violations.tools import is_date, printed_number, rows_where, with_row


def _with_goal(form: Form, *, expected: str = "", actual: str = "") -> Form | None:
    if form.goal_expected is None or form.goal_actual is None:
        return None
    return replace(form, goal_expected=form.goal_expected + expected, goal_actual=form.goal_actual + actual)


@unusual("several_years_in_title")
def several_years_in_title(rng: Random, form: Form, family: Family) -> Form | None:
    """The title names the years of the whole project."""
    del family
    year = int(form.year or 0)
    first = year - rng.choice((0, 1, 2))
    mark = rng.choice(("-", "—", "至", "年至"))
    return replace(form, title=f"{first}{mark}{max(first + 1, year)}年度项目支出绩效自评表")


@unusual("deadline_of_a_later_year")
def deadline_of_a_later_year(rng: Random, form: Form, family: Family) -> Form | None:
    """A project of several years has deadlines in the next one."""
    del family
    rows = rows_where(form, lambda row: is_date(row) and row.operator is None)
    if not rows or form.project is None:
        return None
    number, year = rng.choice(rows), int(form.year or 0)
    made = with_row(form, number, target=f"{year + 1}年6月底前", actual=f"{year}年12月")
    return replace(made, project=f"{rng.choice(('三年行动计划', '跨年度', '“十四五”'))}{form.project}")


@unusual("other_years_in_goal")
def other_years_in_goal(rng: Random, form: Form, family: Family) -> Form | None:
    """The goal names other years: to compare, to begin, to end."""
    del family
    year = int(form.year or 0)
    text = rng.choice(
        (
            f"参训人数较{year - 1}年有所增长。",
            f"落实{year - 2}-{year + 2}年规划年度任务。",
            f"验收项目以{year - 1}年到期项目为准。",
            f"到{year + 2}年底实现全覆盖。",
            f"按照{year - 1}年印发的实施方案推进。",
        )
    )
    return _with_goal(form, expected=text)


@unusual("parts_of_money_in_text")
def parts_of_money_in_text(rng: Random, form: Form, family: Family) -> Form | None:
    """The text names money that is a part, a standard, or of another year."""
    del family
    text = rng.choice(
        (
            "其中支付设备尾款12.6万元。",
            "每户补助2000元，资金发放到位。",
            "带动农户户均增收1500元。",
            "较上年支出减少35.2万元。",
            "公开招标节约资金8.4万元。",
            "带动社会投资1.2亿元。",
        )
    )
    return _with_goal(form, actual=text)


@unusual("money_in_text")
def money_in_text(rng: Random, form: Form, family: Family) -> Form | None:
    """The text names what was executed, as printed, rounded, or in another unit."""
    del family
    spent = printed_number(form.funding[0].executed)
    if spent is None or form.currency != "万元":
        return None
    text = rng.choice((f"{spent:f}万元", f"{spent:.1f}万元", f"{spent * 10000:.0f}元"))
    return _with_goal(form, actual=f"{rng.choice(('全年执行', '资金支出', '项目实际支出'))}{text}。")


@unusual("rough_numbers_in_goal")
def rough_numbers_in_goal(rng: Random, form: Form, family: Family) -> Form | None:
    """The goal names numbers of other things."""
    del family
    text = rng.choice(
        (
            "服务覆盖约1.2万名群众。",
            "涉及全县15个乡镇、236个村。",
            "由3家第三方机构分5个标段实施。",
            "推进2项改革，形成一批经验做法。",
        )
    )
    return _with_goal(form, expected=text, actual=rng.choice(("", text)))


@unusual("department_alone")
def department_alone(rng: Random, form: Form, family: Family) -> Form | None:
    """The form names a department and no unit."""
    del rng, family
    return replace(form, unit="") if form.department else None


@unusual("title_without_year")
def title_without_year(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    return replace(form, title=rng.choice(("项目支出绩效自评表", "财政项目支出绩效自评表", "绩效目标自评表")))


@unusual("code_before_project")
def code_before_project(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    if not form.project:
        return None
    return replace(form, project=f"{rng.randint(510000, 519999)}22T000000{rng.randint(100000, 999999)}-{form.project}")


@unusual("goals_in_points")
def goals_in_points(rng: Random, form: Form, family: Family) -> Form | None:
    """The goals are numbered, with figures in every point."""
    del family
    marks = rng.choice((("1、", "2、", "3、"), ("（1）", "（2）", "（3）"), ("一是", "二是", "三是")))
    expected = ("保障机构正常运转", "组织开展业务培训", "完成年度考核任务")
    done = ("机构运转正常有序", "业务培训按计划开展", "年度考核任务全部完成")
    if form.goal_expected is None:
        return None
    texts = [
        "；".join(mark + text for mark, text in zip(marks, parts, strict=True)) + "。" for parts in (expected, done)
    ]
    return replace(form, goal_expected=texts[0], goal_actual=texts[1])


@unusual("no_goals")
def no_goals(rng: Random, form: Form, family: Family) -> Form | None:
    """A layout without cells for goals."""
    del rng, family
    return replace(form, goal_expected=None, goal_actual=None) if form.goal_expected is not None else None


@unusual("term_of_several_years")
def term_of_several_years(rng: Random, form: Form, family: Family) -> Form | None:
    """A row states the term of the project, from a year before to a year after."""
    del family
    rows = rows_where(form, lambda row: is_date(row) and row.operator is None)
    if not rows:
        return None
    year = int(form.year or 0)
    term = f"{year - 1}年6月{rng.choice(('-', '至', '—'))}{year + 1}年6月"
    return with_row(form, rng.choice(rows), target=term, actual=term)


@unusual("early_in_words")
def early_in_words(rng: Random, form: Form, family: Family) -> Form | None:
    """A deadline was kept, in words."""
    del family
    rows = rows_where(form, lambda row: is_date(row) and row.operator is None)
    said = rng.choice(("提前10天完成", "按期完工", "提前完成", "已按时完成", "如期完成"))
    return with_row(form, rng.choice(rows), actual=said) if rows else None
