"""Rules on the reasons for deviations (section F of the rule book)."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from expectations.expressions import number
from expectations.rule import Example, Measure, Rule
from expectations.rules.authorities import MOF_2020, PRINTED_NOTES
from expectations.settings import RuleSettings

_AHEAD: Final = (
    r"将|下一步|下步|下一年|下年|次年|来年|明年|下阶段|下一阶段|下季度|下学期|今后|后续|拟(?:[^定]|$)|措施|对策|举措|整改|力争|争取|"
    r"确保|建议"
)
"""Words of what comes, or of a measure by its name."""

_ACTION: Final = (
    r"加强|加大|加快|加派|改进|改善|改为|完善|提高|提升|优化|督促|督导|推进|推动|落实|调整|提前|继续|做好|规范|强化|健全|建立|制定|"
    r"制订|修订|细化|严格|严控|压减|压缩|统筹|协调|沟通|跟进|跟踪|催办|催促|催收|补充|补齐|补足|补办|抓紧|尽快|增加|追加|更换|重新|"
    r"延长|明确|预留|上调|下调|科学|合理|引进|引入|储备|约谈|协商|纠正|清退|收回|退回"
)
_EAGER: Final = r"(?:进一步|及时|积极|切实|不断|持续|认真|同时|并|再|要|需|应|须|需要|应当)*"
_CLAUSE: Final = r"(?:^|[，。；;,、：:.．）)])"
_NO_FAULT: Final = r"[^不未难慢晚缓滞偏欠差少变限，。；;,]*(?:$|[，。；;,])"
"""The rest of a clause that finds no fault: 落实到人, not 落实不到位."""

MEASURE: Final = "|".join(
    (
        _AHEAD,
        f"{_CLAUSE}{_EAGER}(?:{_ACTION}){_NO_FAULT}",
        f"(?:需|应|须|需要|应当){_EAGER}(?:{_ACTION})",
        f"(?:已|正|现|均)(?:已|经|在|由|向|对|与|从)*[^，。；;,不未]{{0,8}}?(?:{_ACTION}|解决|安排|要求|责令|采取|恢复|处置){_NO_FAULT}",
    )
)
"""What shows a measure, not only a cause: what will be done, a clause that begins with an action, a duty, and what has
been done about it already (已增加备选供货方)."""

SAYS_MISSED: Final = (
    r"(?:^|[，。；;、\s])(?:因|由于|受)?[^，。；;、]{0,12}?(?:未|没有|没能|未能|尚未)(?:能|全部|完全|按[期时]|如期)*"
    r"(?:完成|达标|达到|实现|开展|实施|落实|启动)"
    r"|(?:仅|只)(?:完成|实现|开展|达到)了?(?:\d|部分|一半|少)|(?:^|[，。；;、\s])扣(?:减|除)?了?\d+(?:\.\d+)?分"
)
"""Words that say that the row was missed, or lost points."""

SAYS_NONE_MISSED: Final = (
    r"(?:无|没有|不存在|未发生|未出现)[^，。；;、]{0,6}(?:未|没有)[^，。；;、]*"
    r"|(?:上年|去年|往年|上年度|年初|前期|原计划|曾)[^，。；;]*"
    r"|未(?:达到|达|完成)[^，。；;、]{0,6}(?:的情况|的现象)?(?:为零|为0|0[起个次项])"
)
"""Words that only look so: none was missed, or something was missed before."""

_weight, _score, _met = pl.col("weight_points"), pl.col("score_points"), pl.col("is_met")
_has_reason, _reason = pl.col("has_reason"), pl.col("deviation_text")
_short = (_score < _weight).fill_null(False)


def _r50(_: RuleSettings) -> Measure:
    missed = (~_met).fill_null(False)
    return Measure(
        not_applicable={
            "no_reason_column": ~pl.col("has_reason_column"),
            "bonus_row": pl.col("is_bonus") | pl.col("is_deduction"),
            "not_comparable": _met.is_null() & (_score.is_null() | _weight.is_null()),
        },
        broken=(missed | _short) & ~_has_reason,
        observed=pl.when(_short)
        .then(pl.format("{}/{}", number(_score), number(_weight)))
        .otherwise(pl.format("{} / {}", pl.col("actual_text").fill_null(""), pl.col("target_text").fill_null(""))),
        expected=pl.lit("原因及改进措施"),
    )


def _r52(_: RuleSettings) -> Measure:
    return Measure(
        not_applicable={
            "no_measure_asked": ~pl.col("deviation_label").str.contains("措施").fill_null(False),
            "no_reason_owed": ~((~_met).fill_null(False) | _short),
            "no_reason_given": ~_has_reason,
        },
        broken=~_reason.str.replace_all(r"\s", "").str.contains(MEASURE),
        observed=_reason,
        expected=pl.lit("改进措施"),
    )


def _r53(_: RuleSettings) -> Measure:
    return Measure(
        not_applicable={
            "no_reason_given": ~_has_reason,
            "not_fully_met": ~_met.fill_null(False) | _short,
        },
        broken=_reason.str.replace_all(SAYS_NONE_MISSED, "").str.contains(SAYS_MISSED),
        observed=_reason,
        expected=pl.lit(""),
    )


def _only(**row: Any) -> dict[str, Any]:
    return {"indicators": {1: row, **dict.fromkeys((2, 3, 4, 5))}}


def _missed(reason: str) -> dict[str, Any]:
    return _only(actual="9.00场", score="18.00", deviation_text=reason)


RULES: Final = (
    Rule(
        id="R50",
        version=3,
        severity="warning",
        table="indicators",
        title_en="A missed target or a lost point has a reason",
        title_zh="未完成或被扣分的指标应说明原因",
        source=f"{MOF_2020}: 对未完成绩效目标或偏离绩效目标较大的项目要分析并说明原因，研究提出改进措施",
        why="Blank are also -, —, /, 无, 0, 暂无 (R51), and 无偏差, 已完成, 正常, 无需整改, 客观原因, or the actual "
        "written once more are no reason. "
        "Over-achievement and a low execution rate ask for their "
        "reasons in R30 and R16.",
        why_zh="空白、-、—、/、无、0、暂无都算未填（R51）；“无偏差”“已完成”“正常”“无需整改”“客观原因”，"
        "或照抄完成值，都不算原因。"
        "超额完成和执行率低的原因由 R30、R16 检查。",
        inputs=(
            "indicators.is_met",
            "indicators.score_points",
            "indicators.weight_points",
            "indicators.deviation_text",
        ),
        place="deviation",
        measure=_r50,
        message_zh="指标“{name}”未完成或被扣分（{observed}），应填写{expected}",
        message_en="indicator “{name}” was missed or lost points ({observed}): a reason and a measure should be given",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {2: {"actual": "88%", "score": "19.00", "deviation_text": "0"}}}),
            Example("not_applicable", {"indicators": {"*": {"deviation_text": None}}}),
        ),
    ),
    Rule(
        id="R52",
        version=3,
        severity="warning",
        table="indicators",
        title_en="A reason names a measure where the column asks for both",
        title_zh="偏差说明应包括改进措施",
        source=f"{MOF_2020}; {PRINTED_NOTES}",
        why="Judged where the column's header asks for measures (偏差原因分析及改进措施), on rows that were "
        "missed or lost "
        "points: no other row owes a reason. A measure is what will "
        "be done, what has to be done, or what was done about it already.",
        why_zh="只判栏名要求写改进措施的表（“偏差原因分析及改进措施”）中未完成或被扣分的指标，其他指标不必说明。写明将做、应做或已补救的，都算改进措施。",
        inputs=("indicators.deviation_text", "indicators.deviation_label"),
        place="deviation",
        measure=_r52,
        message_zh="指标“{name}”说明了原因（{observed}），未写{expected}",
        message_en="indicator “{name}” has a reason ({observed}) but no measure",
        examples=(
            Example("pass", _missed("招标较晚，下年提前启动")),
            Example("fail", _missed("特困人员实行动态管理")),
            Example("not_applicable", _only(deviation_text="特困人员实行动态管理")),
        ),
    ),
    Rule(
        id="R53",
        version=3,
        severity="info",
        table="indicators",
        title_en="The text beside a fully met row does not say that it was missed",
        title_zh="已完成的指标，说明不写未完成",
        source="own rule",
        why="A note on a met row is allowed; one that says 未完成, 仅完成 50% or 扣 2 分 contradicts it.",
        why_zh="已完成的行可以写说明，但写“未完成”“仅完成 50%”“扣 2 分”就自相矛盾。",
        inputs=("indicators.deviation_text", "indicators.is_met", "indicators.score_points"),
        place="deviation",
        measure=_r53,
        message_zh="指标“{name}”已完成并得满分，说明却写“{observed}”",
        message_en="indicator “{name}” is met and scored in full, yet the text says “{observed}”",
        examples=(
            Example("pass", _only(deviation_text="年初指标值偏低，下年提高")),
            Example("fail", _only(deviation_text="因疫情未完成")),
            Example("not_applicable", {}),
        ),
    ),
)
