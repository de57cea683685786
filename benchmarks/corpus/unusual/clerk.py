"""Right forms whose rows, notes, texts and names a clerk reads without a doubt, though few forms print them so."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from benchmarks.corpus.families.base import Family
from benchmarks.corpus.model import Form
from benchmarks.corpus.unusual.tools import unusual
from benchmarks.corpus.violations.tools import is_share, rows_where, with_row

ROWS = {
    "数量指标": (
        ("培训人次", "≥500人次", "528人次"),
        ("巡查频次", "每月1次", "每月1次"),
        ("巡查频次", "每月1次", "12次"),
        ("发表论文", "3篇", "SCI论文3篇"),
        ("建设标准厂房", "2栋", "2栋"),
        ("党员学时", "每名党员不少于32学时", "36学时"),
        ("采购家具", "1批", "1批"),
        ("慰问老党员", "50人左右", "52人"),
        ("编制规划", "1套", "已完成1套"),
        ("新增床位", "20张", "20个"),
        ("贫困户帮扶", "326户、1042人", "326户、1042人"),
        ("维修路灯", "1200盏", "1,206盏"),
        ("110千伏变电站建设", "新建110千伏变电站1座", "1座"),
    ),
    "质量指标": (
        ("出水水质", "Ⅲ类及以上", "Ⅱ类"),
        ("行政村覆盖率", "全覆盖", "100%"),
        ("安全事故", "0起", "未发生"),
        ("安全事故发生数", "零事故", "0"),
        ("管网漏损率", "≤9%", "8.9%"),
        ("工程等级", "二级以上", "一级"),
        ("设备合格率", "100%", "全部合格"),
        ("群众投诉", "无有效投诉", "无"),
        ("考核排名", "前3名", "第2名"),
        ("能耗下降率", "下降5%", "下降5.6%"),
        ("小学毛入学率", "≥100%", "104%"),
        ("收入任务完成率", "100%", "112%"),
        ("人均公园面积", "1.2㎡/人", "1.2平方米/人"),
        ("抽检合格率", "≥98%", "99.2%（496/500）"),
        ("差错率", "≤1‰", "0.05%"),
        ("排放量", "削减120吨", "削减126吨"),
    ),
    "时效指标": (
        ("竣工时间", "12月底前", "提前1个月完成"),
        ("资金拨付及时性", "及时", "及时完成"),
        ("值守时间", "7×24小时", "7×24小时"),
        ("工期", "≤180天", "176天"),
        ("应急响应时间", "30分钟内", "0.4小时"),
        ("运维期限", "1年", "12个月"),
        ("资料报送", "每月5日前", "每月5日前"),
    ),
    "成本指标": (
        ("项目总成本", "≤120万元", "118.6万元"),
        ("项目总成本", "≤1200000元", "118.6万元"),
        ("补贴标准", "1000元/人", "1000元/人"),
    ),
}
NOTES = ("—", "无", "无偏差", "/", "受益于天气条件，超额完成", "按计划完成，无偏差", "已完成，下年继续保持", "无需整改")
TEXTS = (
    "预算执行率达60%以上。",
    "截至6月底，预算执行率为52.3%。",
    "上年预算执行率为71.2%。",
    "较上年同期资金支付率提高3.2%。",
    "受益群众满意度达到80%以上。",
    "预算执行率高于全市平均水平5个百分点。",
    "确保预算执行率达到98%。",
    "三季度末资金支付进度72%。",
    "一期项目资金支付率为60%。",
    "群众满意度较上年提高2.3%。",
    "上年度自评得分88分。",
)
NAMES = ("X光机购置", "LXX型号设备购置", "“XXI世纪”青少年科普", "5G+工业互联网", "×光透视设备", "一〇一医院改造")


@unusual("row_of_a_clerk")
def row_of_a_clerk(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    rows = rows_where(
        form,
        lambda row: row.operator is None and row.unit is None and row.score == row.weight and row.level2 in ROWS,
    )
    if not rows:
        return None
    number = rng.choice(rows)
    name, target, actual = rng.choice(ROWS[form.indicators[number].level2 or ""])
    return with_row(form, number, name=name, target=target, actual=actual)


@unusual("note_of_a_clerk")
def note_of_a_clerk(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    rows = rows_where(form, lambda row: row.deviation is not None and row.score == row.weight and not is_share(row))
    return with_row(form, rng.choice(rows), deviation=rng.choice(NOTES)) if rows else None


@unusual("other_rates_in_text")
def other_rates_in_text(rng: Random, form: Form, family: Family) -> Form | None:
    """The text names a rate of part of the year, of a plan or of another year."""
    del family
    return None if form.goal_actual is None else replace(form, goal_actual=form.goal_actual + rng.choice(TEXTS))


@unusual("rate_said_again")
def rate_said_again(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    rate = form.funding[0].rate if form.funding else None
    if form.goal_actual is None or not rate or "%" not in rate:
        return None
    return replace(form, goal_actual=f"{form.goal_actual}{rng.choice(('预算执行率', '全年预算执行率为'))}{rate}。")


@unusual("letters_in_the_name")
def letters_in_the_name(rng: Random, form: Form, family: Family) -> Form | None:
    del family
    return None if form.project is None else replace(form, project=rng.choice(NAMES) + "项目")
