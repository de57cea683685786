"""Rules on weights and totals (section A of the rule book)."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.expressions import number
from expectations.rounding import FINE, fine
from expectations.rule import Example, Measure, Rule
from expectations.rules.authorities import ARITHMETIC, MOF_2020, MOF_2021, PRINTED_NOTES
from expectations.rules.totals import blank_total, off, row_tolerance
from expectations.settings import RuleSettings

_weights = pl.col("indicator_weights").fill_null(0) + pl.col("unnamed_weight_points").fill_null(0)
_weight_sum = _weights + pl.col("execution_weight_points").fill_null(0)
_whole = pl.col("total_weight_points").fill_null(100)
_ROUNDED: Final = 20
"""The part of a point by which a printed score may be rounded: a twentieth."""


def _r01(_: RuleSettings) -> Measure:
    return Measure(
        not_applicable={
            "total_weight_not_printed": blank_total("total_weight"),
            "total_weight_not_read": pl.col("total_weight_points").is_null(),
        },
        broken=pl.col("total_weight_points") != 100,
        observed=number(pl.col("total_weight_points")),
        expected=pl.lit("100"),
    )


def weight_verdict(settings: RuleSettings) -> tuple[pl.Expr, pl.Expr, dict[str, pl.Expr]]:
    """Return whether the sum is wrong, whether it can be right by its form, and why it is not judged."""
    counted_twice = pl.col("has_execution_indicator") & ~off(_weights, _whole, settings)
    without_bonus = _weight_sum - pl.col("bonus_weights").fill_null(0)
    has_bonus = (pl.col("bonus_weights") > 0).fill_null(False) & ~off(without_bonus, _whole, settings)
    allowed = counted_twice | has_bonus
    wrong = off(_weight_sum, _whole, settings) & ~allowed
    no_execution = pl.col("execution_weight_points").is_null()
    least = _weight_sum + pl.col("weights_blank_least").fill_null(0)
    can_grow = fine(least) <= fine(_whole) + row_tolerance(settings)
    return (
        wrong,
        allowed,
        {
            "no_indicators": pl.col("indicator_rows") == 0,
            "no_weight_column": ~pl.col("has_weight_column"),
            "total_weight_not_read": pl.col("total_weight_points").is_null() & ~blank_total("total_weight"),
            "weight_not_read": (pl.col("weights_unread") > 0)
            | (pl.col("execution_weight_reason").fill_null("blank") != "blank"),
            "total_weight_not_printed": wrong & can_grow & pl.col("total_weight_points").is_null() & no_execution,
            "execution_weight_blank": wrong & can_grow & no_execution & pl.col("has_execution_weight_column"),
            "weight_blank": wrong & can_grow & (pl.col("weights_blank") > 0),
            "execution_weight_not_printed": wrong & no_execution & _is_weight_of_execution(_whole - _weight_sum),
        },
    )


def _is_weight_of_execution(missing: pl.Expr) -> pl.Expr:
    """Whether the points that the weights lack are those of budget execution: × rate they give its printed score."""
    said = fine(pl.col("execution_score_points")) * 100 * FINE
    due = fine(missing) * fine(pl.col("execution_rate_pct"))
    return ((missing > 0) & ((due - said).abs() <= 100 * FINE * FINE // _ROUNDED)).fill_null(False)


def _r02(settings: RuleSettings) -> Measure:
    wrong, _, reasons = weight_verdict(settings)
    return Measure(not_applicable=reasons, broken=wrong, observed=number(_weight_sum), expected=number(_whole))


def _r68(settings: RuleSettings) -> Measure:
    wrong, allowed, reasons = weight_verdict(settings)
    return Measure(
        not_applicable=reasons | {"beyond_tolerance": wrong},
        broken=(_weight_sum != _whole) & ~allowed,
        observed=number(_weight_sum),
        expected=number(_whole),
    )


def _default_split(cost: bool) -> pl.Expr:
    output, benefit, satisfaction, costs = (40, 20, 10, 20) if cost else (50, 30, 10, 0)
    alone = pl.col("satisfaction_rows") == 0
    return (
        (pl.col("execution_weight_points") == 10)
        & (pl.col("output_weights") == output)
        & (pl.col("cost_weights") == costs)
        & pl.when(alone)
        .then(pl.col("benefit_weights") == benefit + satisfaction)
        .otherwise((pl.col("benefit_weights") == benefit) & (pl.col("satisfaction_weights") == satisfaction))
    )


def _split_measure(cost: bool) -> Measure:
    wrong_rule = (
        {"has_cost_level": pl.col("cost_rows") > 0} if not cost else {"no_cost_level": pl.col("cost_rows") == 0}
    )
    columns = ["execution_weight_points", "cost_weights", "output_weights", "benefit_weights", "satisfaction_weights"]
    parts = [number(pl.col(column).fill_null(0)) for column in columns if cost or column != "cost_weights"]
    return Measure(
        not_applicable={
            "no_indicators": pl.col("indicator_rows") == 0,
            "no_weight_column": ~pl.col("has_weight_column"),
            "no_level_column": ~pl.col("has_level_1"),
            "no_execution_weight": pl.col("execution_weight_points").is_null(),
            "unusual_first_levels": (pl.col("level_1_unknown_rows") > 0) | (pl.col("unusual_level_rows") > 0),
            "weight_not_read": pl.col("weights_unread") > 0,
            "unnamed_rows": pl.col("unnamed_weight_points").is_not_null(),
        }
        | wrong_rule,
        broken=~_default_split(cost),
        observed=pl.concat_str(parts, separator="/"),
        expected=pl.lit("10/20/40/20/10" if cost else "10/50/30/10"),
    )


def _captions_measure(level: str, caption: pl.Expr, label: pl.Expr) -> Measure:
    """Hold the points in a level's label against the sum of its rows, in the first row of each block."""
    block, read = pl.col(f"{level}_weights"), pl.col(f"{level}_weights_read")
    bare = label.str.replace_all(r"[\d.()（）\s分]", "") == ""
    wrong = (block != caption) & ~(bare & (block % caption == 0))
    return Measure(
        not_applicable={
            "no_caption_points": caption.is_null() | (caption == 0),
            "not_first_of_block": ~pl.col(f"is_first_of_{level}"),
            "no_weight_column": ~pl.col("has_weight_column"),
            "weight_not_read": pl.col(f"{level}_weights_unread") > 0,
            "weight_blank": wrong & (read == 0),
            "unnamed_rows": wrong & pl.col("unnamed_weight_points").is_not_null(),
        },
        broken=wrong,
        observed=number(block),
        expected=number(caption),
    )


def _r05(_: RuleSettings) -> Measure:
    return _captions_measure("block", pl.col("level_1_caption_points"), pl.col("level_1_label"))


def _r88(_: RuleSettings) -> Measure:
    label = pl.col("level_2_label").str.replace_many(list("（）０１２３４５６７８９．"), list("()0123456789."))
    printed = pl.coalesce(
        label.str.extract(r"\(\s*(\d{1,3}(?:\.\d{1,2})?)\s*分?\s*\)", 1),
        label.str.extract(r"\D(\d{1,3}(?:\.\d{1,2})?)\s*分", 1),
    )
    return _captions_measure("sub_block", printed.cast(pl.Decimal(18, 4), strict=False), label)


def _r08(settings: RuleSettings) -> Measure:
    weight = pl.col("weight_points")
    return Measure(
        not_applicable={"weight_blank": weight.is_null()},
        broken=weight > settings.single_weight_most,
        observed=number(weight),
        expected=pl.lit(str(settings.single_weight_most)),
    )


def _r09(_: RuleSettings) -> Measure:
    caption = pl.col("level_1_caption_points")
    return Measure(
        not_applicable={
            "has_weight_column": pl.col("has_weight_column"),
            "no_score_column": ~pl.col("has_score_column"),
            "no_caption_points": caption.is_null(),
            "not_first_of_block": ~pl.col("is_first_of_block"),
            "score_not_read": pl.col("block_scores_unread") > 0,
        },
        broken=pl.col("block_scores") > caption,
        observed=number(pl.col("block_scores")),
        expected=number(caption),
    )


_CAPTIONED: Final = {1: {"level_1_label": "产出指标(50分)", "level_1_caption_points": 50}} | {
    number: {"level_1_label": "产出指标(50分)", "level_1_caption_points": 50} for number in (2, 3)
}
_UNWEIGHTED: Final = {"weight": None}

RULES: Final = (
    Rule(
        id="R01",
        version=1,
        severity="critical",
        table="forms",
        title_en="The printed total of the weights is 100",
        title_zh="分值合计为 100",
        source=f"{MOF_2020}; {ARITHMETIC}",
        why="The form is scored out of 100 points; another total makes its score incomparable.",
        why_zh="绩效自评实行百分制，合计不是 100 分的表无法与其他表比较。",
        inputs=("forms.total_weight_points",),
        place="total_weight",
        measure=_r01,
        message_zh="分值合计应为 {expected}，表中为 {observed}",
        message_en="the weights should total {expected}; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"forms": {"total_weight": "110.00"}}),
            Example("not_applicable", {"forms": {"total_weight": None}}),
        ),
    ),
    Rule(
        id="R02",
        version=3,
        severity="critical",
        table="forms",
        title_en="The weights of the indicators and of budget execution sum to the printed total, else to 100",
        title_zh="各项指标分值与预算执行分值之和应等于分值合计",
        source=ARITHMETIC,
        why="A sum that differs means that a row is missing, counted twice or misprinted. Only the total line of the "
        "funding block counts; a number in a sub-row does not. Where weights are blank the form is judged with what is "
        "there: it fails when no filling of the blanks makes the sum right. Where no weight of budget execution is "
        "printed, and the missing points × rate are its score, they are its weight. Rows of extra points (加分项) may "
        "come on top; weights printed as shares (0.2) are taken as points.",
        why_zh="相加不等，说明有行缺失、重复计算或写错。资金栏只计合计行，分项行即使填了数也不计。有分值未填的，按已填的判定："
        "无论填多少都凑不成合计的，不通过。未列预算执行分值，而所差分值乘以执行率恰为其得分的，视为预算执行分值。加分项可以另计；以小数表示的权重（0.2）折算为百分制。",
        inputs=("indicators.weight_points", "forms.execution_weight_points", "forms.total_weight_points"),
        place="total_weight",
        measure=_r02,
        message_zh="各项分值之和应为 {expected}，表中各项相加为 {observed}",
        message_en="the weights should sum to {expected}; they sum to {observed}",
        examples=(
            Example("pass", {"funding": {2: {"weight": "10.00"}}}),
            Example("fail", {"indicators": {1: {"weight": "30.00"}}}),
            Example("not_applicable", {"indicators": {"*": _UNWEIGHTED}}),
        ),
    ),
    Rule(
        id="R68",
        version=2,
        severity="warning",
        table="forms",
        title_en="The weights sum exactly to the printed total, else to 100",
        title_zh="各项分值之和与分值合计完全一致",
        source=ARITHMETIC,
        why="Weights that sum to 99.99 may lie within a tolerance and are still not what the total says.",
        why_zh="各项分值相加为 99.99，即使在允许误差以内，仍与合计不一致。",
        inputs=("indicators.weight_points", "forms.execution_weight_points", "forms.total_weight_points"),
        place="total_weight",
        measure=_r68,
        message_zh="各项分值之和 {observed} 与分值合计 {expected} 略有出入",
        message_en="the weights sum to {observed}, which differs slightly from {expected}",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {1: {"weight": "20.01"}}}),
            Example("not_applicable", {"indicators": {1: {"weight": "30.00"}}}),
        ),
    ),
    Rule(
        id="R88",
        version=1,
        severity="warning",
        table="indicators",
        title_en="The points in a second-level label are the sum of its rows: 数量指标(20分)",
        title_zh="二级指标标注的分值等于其下各指标分值之和",
        source=ARITHMETIC,
        why="The same as R05, for the second level.",
        why_zh="与 R05 相同，针对二级指标。",
        inputs=("indicators.level_2_label", "indicators.weight_points"),
        place="level_2",
        measure=_r88,
        message_zh="该二级指标标注 {expected} 分，其下各指标分值之和为 {observed}",
        message_en="the second-level label says {expected} points; its rows sum to {observed}",
        examples=(
            Example("pass", {"indicators": {1: {"level_2_label": "数量指标（20分）"}}}),
            Example("fail", {"indicators": {1: {"level_2_label": "数量指标（25分）"}}}),
            Example("not_applicable", {}),
        ),
    ),
    Rule(
        id="R03",
        version=1,
        severity="info",
        table="forms",
        title_en="First-level weights are the defaults: execution 10, output 50, benefit 30, satisfaction 10",
        title_zh="一级指标分值采用通行设置：预算执行 10、产出 50、效益 30、满意度 10",
        source=f"{MOF_2020}; {PRINTED_NOTES}",
        why="The defaults may be changed with cause, so a departure is information only. Without a satisfaction level "
        "its 10 points go to benefit.",
        why_zh="通行设置可视情况调整，因此只作提示。没有满意度指标时，其 10 分计入效益指标。",
        inputs=("indicators.weight_points", "indicators.level_1_type", "forms.execution_weight_points"),
        place="total_weight",
        measure=lambda _: _split_measure(cost=False),
        message_zh="预算执行/产出/效益/满意度的分值通常为 {expected}，表中为 {observed}",
        message_en="execution/output/benefit/satisfaction usually weigh {expected}; the form has {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {1: {"weight": "25.00"}, 4: {"weight": "25.00"}}}),
            Example("not_applicable", {"indicators": {"*": _UNWEIGHTED}}),
        ),
    ),
    Rule(
        id="R04",
        version=1,
        severity="info",
        table="forms",
        title_en="With a level of costs the weights are execution 10, cost 20, output 40, benefit 20, satisfaction 10",
        title_zh="设成本指标时，一级指标分值为预算执行 10、成本 20、产出 40、效益 20、满意度 10",
        source=MOF_2021,
        why="Since 2021 costs may be a first level of their own; a departure needs a cause.",
        why_zh="2021 年起成本可单列为一级指标；与通行设置不同的应有理由。",
        inputs=("indicators.weight_points", "indicators.level_1_type", "forms.execution_weight_points"),
        place="total_weight",
        measure=lambda _: _split_measure(cost=True),
        message_zh="预算执行/成本/产出/效益/满意度的分值通常为 {expected}，表中为 {observed}",
        message_en="execution/cost/output/benefit/satisfaction usually weigh {expected}; the form has {observed}",
        examples=(
            Example(
                "pass",
                {
                    "indicators": {
                        1: {"weight": "10.00"},
                        4: {"weight": "20.00"},
                        6: {
                            "level_1_label": "成本指标",
                            "level_1_type": "cost",
                            "indicator_name": "总成本",
                            "weight": "20",
                        },
                    }
                },
            ),
            Example(
                "fail",
                {
                    "indicators": {
                        6: {
                            "level_1_label": "成本指标",
                            "level_1_type": "cost",
                            "indicator_name": "总成本",
                            "weight": "20",
                        }
                    }
                },
            ),
            Example("not_applicable", {}),
        ),
    ),
    Rule(
        id="R05",
        version=1,
        severity="warning",
        table="indicators",
        title_en="The points in a first-level label are the sum of its rows: 产出指标(50分)",
        title_zh="一级指标标注的分值等于其下各指标分值之和",
        source=ARITHMETIC,
        why="Label and rows state the same thing twice; where they differ one of them is wrong.",
        why_zh="标注的分值与各行分值说的是同一件事，不一致必有一处写错。",
        inputs=("indicators.level_1_caption_points", "indicators.weight_points"),
        place="level_1",
        measure=_r05,
        message_zh="该一级指标标注 {expected} 分，其下各指标分值之和为 {observed}",
        message_en="the first-level label says {expected} points; its rows sum to {observed}",
        examples=(
            Example("pass", {"indicators": _CAPTIONED}),
            Example("fail", {"indicators": {**_CAPTIONED, 1: {**_CAPTIONED[1], "weight": "30.00"}}}),
            Example("not_applicable", {}),
        ),
    ),
    Rule(
        id="R08",
        version=1,
        severity="warning",
        table="indicators",
        title_en="No single indicator carries more than {single_weight_most} points",
        title_zh="单个指标分值不高于 {single_weight_most}",
        source="own rule",
        why="One row of 60 or 90 points decides the form alone and hides what was done.",
        why_zh="一个指标占 60 分、90 分，等于由它一项决定全表，看不出做了什么。",
        inputs=("indicators.weight_points",),
        place="weight",
        measure=_r08,
        message_zh="指标“{name}”的分值不宜超过 {expected}，表中为 {observed}",
        message_en="indicator “{name}”: the weight should be at most {expected}; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"indicators": {1: {"weight": "60.00"}}}),
            Example("not_applicable", {"indicators": {"*": _UNWEIGHTED}}),
        ),
    ),
    Rule(
        id="R09",
        version=1,
        severity="info",
        table="indicators",
        title_en="In a form without weights the scores of a first level stay within the points in its label",
        title_zh="没有分值栏的表，同一级指标得分之和不高于其标注的分值",
        source=ARITHMETIC,
        why="Without weights this is the only bound that the form prints for its scores.",
        why_zh="没有分值栏时，这是表中对得分的唯一约束。",
        inputs=("indicators.score_points", "indicators.level_1_caption_points"),
        place="level_1",
        measure=_r09,
        message_zh="该一级指标各行得分之和不应超过 {expected}，表中为 {observed}",
        message_en="the scores under this first level should sum to at most {expected}; they sum to {observed}",
        examples=(
            Example("pass", {"indicators": {"*": _UNWEIGHTED, **_CAPTIONED}}),
            Example("fail", {"indicators": {"*": _UNWEIGHTED, **_CAPTIONED, 1: {**_CAPTIONED[1], "score": "30.00"}}}),
            Example("not_applicable", {}),
        ),
    ),
)
