"""Rules on what looks wrong in a row whatever its score (sections C and D of the rule book)."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from expectations.expressions import any_of
from expectations.rule import Example, Measure, Rule
from expectations.rules.required_cells import is_unfilled
from expectations.settings import RuleSettings
from warehouse.contract.vocabulary import BLANK_WORDS, YUAN_PER_UNIT

SHARE_NAMES: Final = (
    r"(?:合格|优良|满意|知晓|认知|覆盖|及时|达标|准确|完好|通过|参与|发放|办结|解决|普及|入户|到课|出勤|签约|巩固|正确|有效|兑现|回复|"
    r"接通|处置|受理|公开|规范|合规|入学|毕业|好评|成活|保存|完整|可用|在线|接种|签订|建档|抽检|检测|运行|验收|就业|优秀|到位|整改|"
    r"破案|侦破|化解|调解|修复|治愈|录取|履约|持证|在岗|到岗|受益|绿化|硬化|结案|竣工|交付|开通|登记|归档|公示|采纳|认可|检出|阳性|"
    r"死亡|失业|流失|返贫|投诉|差错|故障|漏损|参保|参训|到场|备案|核查|排查|销号|查处|安置|资助|录入|上报|报告|响应)率|"
    r"满意度|知晓度|认知度|占比$"
)
"""Words in an indicator's name that say that it is a share of a whole, which cannot exceed 100 %."""

_NO_SHARE: Final = r"毛入[学园]率|(?:增长|提升|提高|上升|增加|下降|降低|减少|变化)(?:率|幅度|比例)?$|增[幅速]$|降幅$"
"""Rates of which there may be more than all: of those of age, and changes."""

NOT_DONE: Final = (
    r"^(?:未|没有|没|尚未|暂未|未能|未按[时期]|未全部|不)(?:能|全部|完全|按[时期]|如期|予|曾|有)*"
    r"(?:完成|达成|达标|达到|实现|开展|实施|启动|支付|拨付|落实|执行|及时|合格|完善|到位)"
    r"|(?:未完成|未达成|未达标|未实施|未开展|未启动|未实现|未落实)[。]?$"
    r"|^(?:部分(?:完成|达成|达标|实现)|待|正在|进行中|推进中|实施中|建设中|办理中|筹备)"
    r"|^(?:不适用|不涉及|无此项|无该项|未涉及|未设置|取消|已取消|暂缓|停办|推迟|终止|中止|搁置|流标|废标)"
    r"|^(?:因|由于|受)[^，。]{0,12}(?:取消|停办|终止|搁置|流标|废标|推迟|延期)"
    r"|^(?:因|由于|受)[^，。]{0,12}未(?:能|予)?(?:开展|实施|完成|举办|启动)"
    r"|^(?:原?计划|拟|预计|预期|力争)[^，。实已]*$"
    r"|^(?:上年度?|去年|上一年度?)[^，。；]*$|^[?？]+$"
)
"""What an actual says when there was nothing to score: 未完成, 不适用, 因故取消; a plan; last year's."""

COUNTS: Final = (
    r"^(?:[百千]?万|亿)?(?:个|次|人|场|台|套|件|份|项|家|户|所|处|座|条|辆|篇|期|册|只|头|株|亩|批|"
    r"人次|场次|台套|台次|批次)$"
)
"""Units that count things."""

_QUALITY_NAMES: Final = (
    r"率|度|合格|质量|达标|事故|故障|差错|错误|投诉|问题|漏洞|缺陷|等级|标准|优秀|优良|专利|奖|证书|论文|返工|"
    r"违规|违纪|宕机|停机|中断|响应"
)
"""Words in the name of an indicator that measures quality though it counts."""

_weight, _score = pl.col("weight_points"), pl.col("score_points")
_target, _actual = pl.col("target_text"), pl.col("actual_text")
_name = pl.col("indicator_name").str.replace_all(r"\s", "")
_kind = pl.col("target_kind").cast(pl.String)
_plain_actual = _actual.str.replace_all(r"\s", "")
_says_not_done = (
    _plain_actual.str.contains(NOT_DONE) & ~_plain_actual.str.contains(r"^(?:不|未)[^，。]*0[次起个项]")
).fill_null(False)


def _r44(_: RuleSettings) -> Measure:
    wants_some = (
        pl.col("target_operator").cast(pl.String).is_in([">=", ">", "="]) & (pl.col("target_value") > 0)
    ).fill_null(False)
    none_done = wants_some & _plain_actual.is_in(BLANK_WORDS).fill_null(False)
    template = is_unfilled(_target) | is_unfilled(_actual)
    # 完成60% against a deadline: that much was done in time
    share = (pl.col("target_kind") == "date") & (pl.col("actual_unit_base") == "%") & pl.col("target_value").is_null()
    in_part = (share & (pl.col("actual_value") < 100)).fill_null(False)
    # 取消3项 of an indicator 取消收费项目数 is what was asked for
    word = _plain_actual.str.extract("(取消|终止|中止|停办|推迟|搁置|不合格|未完成|未达标|未落实|未开展)", 1)
    asked = _name.str.contains(word, literal=True).fill_null(False)
    said_so = pl.col("attainment_basis").cast(pl.String).is_in(["stated", "worded"])
    said_so = (said_so & ~pl.col("is_met") & (pl.col("actual_band").fill_null(3) == 3)).fill_null(False)
    return Measure(
        not_applicable={
            "weight_and_score_needed": _weight.is_null() | _score.is_null() | (_weight == 0),
            "not_full_score": _score < _weight,
            "nothing_to_compare": _actual.is_null(),
        },
        broken=template
        | none_done
        | in_part
        | said_so
        | (_says_not_done & ~asked & ~_target.str.contains(NOT_DONE).fill_null(False)),
        observed=_actual,
        expected=_target,
    )


_WANTED_NAMES: Final = (
    r"(?:满意度|知晓度|(?:满意|合格|优良|优秀|及时|达标|准确|完好|通过|办结|解决|普及|巩固|好评|成活|到位|公开|覆盖|参与|知晓|"
    r"完成)率)$"
)
_TURNED_NAMES: Final = r"不|未|超|控制|下降|降低|减少|差|投诉|预算|支出|执行|成本|经费|费用"


def _r38(_: RuleSettings) -> Measure:
    bare = _name.str.replace(r"[（(][^（）()]*[）)]$", "")
    at_most = pl.col("target_operator").cast(pl.String).is_in(["<=", "<"]) & pl.col("is_operator_printed")
    return Measure(
        not_applicable={
            "not_quantitative": _kind != "quantitative",
            "other_direction": ~(bare.str.contains(_WANTED_NAMES) & ~bare.str.contains(_TURNED_NAMES)).fill_null(False),
            "nothing_to_compare": pl.col("target_value").is_null(),
        },
        # ≥90%且≤100% says both
        broken=at_most.fill_null(False) & (pl.col("target_value") > 0) & pl.col("target_value_high").is_null(),
        observed=_target,
        expected=pl.lit("≥"),
    )


def _r33(_: RuleSettings) -> Measure:
    scales = [unit.removesuffix("元") for unit in YUAN_PER_UNIT if unit != "元"]
    unit = pl.col("target_unit").str.extract(rf"^[(（]?({'|'.join(scales)})", 1)
    bare = pl.col("actual_unit").is_null() | ~pl.col("actual_unit").str.contains(rf"^[(（]?(?:{'|'.join(scales)})")
    value, goal = pl.col("actual_value"), pl.col("target_value")
    slipped = (value >= goal * 100) & (goal > 0)
    base, goal_base = pl.col("actual_value_base"), pl.col("target_value_base")
    # 118元 under ≤120万元: the number is right, its scale is not
    in_yuan = pl.col("actual_unit").str.contains(r"^[(（]?元") & (base * 1000 <= goal_base)
    in_yuan = in_yuan & (value * 10 >= goal) & (value <= goal * 10) & (value > 0)
    return Measure(
        not_applicable={
            "not_quantitative": _kind != "quantitative",
            "nothing_to_compare": value.is_null() | goal.is_null(),
            "no_limits_of_money": unit.is_null(),
            "same_scale": ~bare,
        },
        broken=(slipped & (pl.col("actual_unit").is_null() | (base >= goal_base * 100))) | in_yuan.fill_null(False),
        observed=_actual,
        expected=_target,
    )


def _r34(_: RuleSettings) -> Measure:
    percent = (pl.col("target_unit_base") == "%").fill_null(False) | (pl.col("actual_unit_base") == "%").fill_null(
        False
    )
    bare = pl.col("target_unit").is_null() & pl.col("actual_unit").is_null()
    named = _name.str.contains(SHARE_NAMES).fill_null(False) & ~_name.str.contains(_NO_SHARE).fill_null(False)
    satisfaction = (pl.col("level_1_type").cast(pl.String) == "satisfaction").fill_null(False) | (
        pl.col("level_2_type").cast(pl.String) == "satisfaction"
    ).fill_null(False)
    is_share = (percent & (named | satisfaction)) | (bare & named)
    over = [(pl.col(f"{side}_value") > 100).fill_null(False) for side in ("target", "actual")]
    return Measure(
        not_applicable={
            "not_quantitative": _kind != "quantitative",
            "not_a_share": ~is_share,
            "nothing_to_compare": pl.col("target_value").is_null() & pl.col("actual_value").is_null(),
        },
        broken=any_of(over),
        observed=pl.when(over[1]).then(_actual).otherwise(_target),
        expected=pl.lit("100%"),
    )


def _r35(_: RuleSettings) -> Measure:
    # 20场以上 is ≥20场 too
    parts = ("target_operator", "target_value_base", "target_value_high", "target_unit_base")
    read = pl.concat_str(*(pl.col(part).cast(pl.String).fill_null("") for part in parts), separator="|")
    wanted = pl.when((_kind == "quantitative") & pl.col("target_value_base").is_not_null()).then(read)
    same = ["form_id", "level_1_label", "level_2_label", "plain_name", pl.coalesce(wanted, _target)]
    return Measure(
        not_applicable={
            "nothing_to_compare": (pl.col("plain_name") == "") | _target.is_null() | (_target.str.strip_chars() == "")
        },
        broken=pl.col("indicator_number") > pl.col("indicator_number").min().over(same),
        observed=_target,
        expected=pl.lit("1"),
    )


def _r36(_: RuleSettings) -> Measure:
    level = pl.col("level_2_type").cast(pl.String)
    unit = pl.col("target_unit").str.replace_all(r"[()（）\s]", "")
    counted = (level == "quality") & unit.str.contains(COUNTS) & ~_name.str.contains(_QUALITY_NAMES)
    pleased = (pl.col("level_1_type").cast(pl.String) == "output") & _name.str.contains("满意[度率]$")
    priced = (level == "quantity") & (pl.col("target_unit_base") == "元") & _name.str.contains("成本|单价|造价")
    return Measure(
        not_applicable={
            "level_unknown": level.is_null(),
            "not_quantitative": _kind != "quantitative",
            "unit_missing": unit.is_null(),
        },
        broken=counted.fill_null(False) | priced.fill_null(False) | pleased.fill_null(False),
        observed=pl.col("level_2_label"),
        expected=pl.when(counted.fill_null(False))
        .then(pl.lit("数量指标"))
        .when(priced.fill_null(False))
        .then(pl.lit("成本指标"))
        .otherwise(pl.lit("满意度指标")),
    )


def _first(**row: Any) -> dict[str, Any]:
    return {"indicators": {1: row}}


RULES: Final = (
    Rule(
        id="R33",
        version=3,
        severity="warning",
        table="indicators",
        title_en="An actual is written in the target's scale: no 1000000 against ≤100万元",
        title_zh="完成值与指标值的数位单位一致",
        source="own rule",
        why="A target in 万元 and a bare actual a hundred times as large and more is most likely an amount in 元; "
        "so is 118元 against ≤120万元 one in 万元.",
        why_zh="指标值以万元计，完成值不写单位而大出 100 倍以上，多半是按元填写的；"
        "指标值不超过 120 万元，完成值写 118 元，多半漏了“万”字。",
        inputs=("indicators.target_unit", "indicators.actual_unit", "indicators.actual_value"),
        place="actual",
        measure=_r33,
        message_zh="指标“{name}”的指标值为 {expected}，完成值 {observed} 的单位可能有误",
        message_en="indicator “{name}”: the target is {expected}; the unit of {observed} is probably another one",
        examples=(
            Example("pass", _first(target="≤100万元", actual="98")),
            Example("fail", _first(target="≤100万元", actual="1000000")),
            Example("not_applicable", {}),
        ),
    ),
    Rule(
        id="R34",
        version=2,
        severity="warning",
        table="indicators",
        title_en="A share of a whole does not exceed 100 %: 合格率, 满意度",
        title_zh="合格率、满意度等比率不超过 100%",
        source="own rule",
        why="No more than all can be satisfied; growth and completion of a plan may exceed 100 % and are not judged.",
        why_zh="满意的人不会比全部还多；增长率、计划完成率可以超过 100%，不判。",
        inputs=("indicators.indicator_name", "indicators.target_unit_base", "indicators.actual_value"),
        place="actual",
        measure=_r34,
        message_zh="指标“{name}”不应超过 {expected}，表中为 {observed}",
        message_en="indicator “{name}”: it cannot exceed {expected}; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {2: {"actual": "120%"}}}),
            Example("not_applicable", {"indicators": {2: None, 5: None}}),
        ),
    ),
    Rule(
        id="R35",
        version=2,
        severity="warning",
        table="indicators",
        title_en="An indicator stands in the form once",
        title_zh="同一指标不重复设置",
        source="own rule",
        why="The same name with the same target under the same level counts its points twice.",
        why_zh="同一类别下名称、指标值都相同的指标，分值被重复计算。",
        inputs=("indicators.indicator_name", "indicators.target_text", "indicators.level_2_label"),
        place="indicator_name",
        measure=_r35,
        message_zh="指标“{name}”（指标值 {observed}）重复设置",
        message_en="indicator “{name}” (target {observed}) stands in the form more than once",
        examples=(
            Example("pass", {}),
            Example(
                "fail",
                {"indicators": {6: {"indicator_name": "开展培训场次", "target": "≥10.00场", "actual": "10.00场"}}},
            ),
            Example("not_applicable", {"indicators": {"*": {"target": ""}}}),
        ),
    ),
    Rule(
        id="R36",
        version=2,
        severity="info",
        table="indicators",
        title_en="Counts stand under quantity, prices under costs, satisfaction under satisfaction",
        title_zh="计数的指标归入数量指标，计价的指标归入成本指标，满意度归入满意度指标",
        source="own rule",
        why="A count filed under quality says how much was done, not how well.",
        why_zh="质量指标下只计个数，说明的是做了多少，而不是做得好不好。",
        inputs=("indicators.level_2_type", "indicators.target_unit", "indicators.indicator_name"),
        place="level_2",
        measure=_r36,
        message_zh="指标“{name}”列在“{observed}”下，宜归入{expected}",
        message_en="indicator “{name}” stands under “{observed}”; it belongs under {expected}",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {2: {"indicator_name": "培训人数", "target": "≥90人", "actual": "95人"}}}),
            Example("not_applicable", {"indicators": {"*": {"level_2_type": None, "level_2_label": None}}}),
        ),
    ),
    Rule(
        id="R44",
        version=3,
        severity="warning",
        table="indicators",
        title_en="A row whose actual says 未完成, 取消 or 不适用, or that was never filled in, does not earn all its "
        "points",
        title_zh="完成值写“未完成”“取消”“不适用”或未填的指标不得满分",
        source="own rule",
        why="The actual says that nothing was achieved, gives a plan or last year's figure, or a part of what "
        "a deadline asks for; or the row still holds the template's text (≥XX场).",
        why_zh="完成值已说明没有完成、取消或不适用，只写计划数或上年数，或按期只完成一部分，或仍是模板文字（≥XX场），"
        "却得了满分。",
        inputs=(
            "indicators.actual_text",
            "indicators.target_text",
            "indicators.score_points",
            "indicators.weight_points",
        ),
        place="score",
        measure=_r44,
        message_zh="指标“{name}”指标值“{expected}”，完成值“{observed}”，却得满分",
        message_en="indicator “{name}”: target “{expected}”, actual “{observed}”, and yet the full score",
        examples=(
            Example("pass", {}),
            Example("fail", _first(actual="未完成")),
            Example("not_applicable", {"indicators": {"*": {"weight": None}}}),
        ),
    ),
    Rule(
        id="R38",
        version=1,
        severity="warning",
        table="indicators",
        title_en="满意度, 合格率 and the like are asked for at least, not at most",
        title_zh="满意度、合格率等正向指标的指标值不以上限表示",
        source="own rule",
        why="满意度≤95% is met by nobody being satisfied: the sign is most likely turned round.",
        why_zh="满意度写成“≤95%”，没有人满意也算完成，多半是符号写反了。",
        inputs=("indicators.indicator_name", "indicators.target_operator", "indicators.target_text"),
        place="target",
        measure=_r38,
        message_zh="指标“{name}”为正向指标，指标值“{observed}”的符号可能写反",
        message_en="indicator “{name}”: more of it is better; the sign of “{observed}” is probably turned round",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {5: {"target": "≤90%", "actual": "85%"}}}),
            Example("not_applicable", {"indicators": {5: None, 2: None}}),
        ),
    ),
)
