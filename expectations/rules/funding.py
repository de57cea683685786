"""Rules on the lines of money: sums, signs, units (section B of the rule book)."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.expressions import any_of, listed, money, number
from expectations.frames.funding import AMOUNTS
from expectations.rounding import money_interval
from expectations.rule import Example, Measure, Rule
from expectations.rules.authorities import ARITHMETIC
from expectations.rules.budget import percent_of, rate_gives, unread
from expectations.settings import RuleSettings

_rate, _unit = pl.col("execution_rate_pct"), pl.col("currency_unit")


def _r13(_: RuleSettings) -> Measure:
    outcomes = {amount: pl.col(f"{amount}_parts").cast(pl.String) for amount in AMOUNTS}
    labels = {"initial_budget": "年初预算数", "annual_budget": "全年预算数", "executed": "全年执行数"}
    unequal = {amount: (outcome == "unequal").fill_null(False) for amount, outcome in outcomes.items()}
    nothing_told = ~any_of([outcome.is_in(["equal", "unequal"]) for outcome in outcomes.values()])
    reasons = ("amount_not_read", "nested_parts", "parts_blank", "amount_blank")
    return Measure(
        not_applicable={
            "no_funding_block": pl.col("funding_lines") == 0,
            **{code: nothing_told & any_of([outcome == code for outcome in outcomes.values()]) for code in reasons},
            "no_parts": nothing_told,
        },
        broken=any_of(list(unequal.values())),
        observed=listed(
            [
                pl.when(unequal[amount]).then(labels[amount] + pl.lit(" ") + money(pl.col(f"{amount}_cny"), _unit))
                for amount in AMOUNTS
            ]
        ),
        expected=listed(
            [
                pl.when(unequal[amount]).then(
                    labels[amount] + pl.lit(" ") + money(pl.col(f"{amount}_parts_cny"), _unit)
                )
                for amount in AMOUNTS
            ]
        ),
    )


_is_total = pl.col("is_total").fill_null(False)


def _r17(_: RuleSettings) -> Measure:
    return Measure(
        not_applicable={
            "total_line": _is_total,
            "no_weight_column": pl.col("weight_text").is_null() & pl.col("score_text").is_null(),
        },
        broken=pl.col("weight_points").is_not_null() | pl.col("score_points").is_not_null(),
        observed=pl.concat_str([pl.col("weight_text"), pl.col("score_text")], separator="/", ignore_nulls=True),
        expected=pl.lit("—"),
    )


def _r18(_: RuleSettings) -> Measure:
    own = r"(亿元|百万元|万元|千元|元|万|亿)\s*$"
    units = [pl.col(f"{amount}_text").str.extract(own, 1).str.strip_chars_end("元") for amount in AMOUNTS]
    printed_unit = pl.col("currency_unit").str.extract(r"(亿|百万|万|千)?元|^(亿|百万|万|千)$", 0)
    form_unit = printed_unit.str.strip_chars_end("元")
    return Measure(
        not_applicable={
            "form_unit_not_printed": form_unit.is_null(),
            "unit_not_printed": pl.all_horizontal([unit.is_null() for unit in units]),
        },
        broken=any_of([unit != form_unit for unit in units]),
        observed=listed(
            [
                pl.when(unit != form_unit).then(pl.col(f"{amount}_text"))
                for amount, unit in zip(AMOUNTS, units, strict=True)
            ]
        ),
        expected=_unit,
    )


def _r19(_: RuleSettings) -> Measure:
    cells = {
        "initial_budget": pl.col("initial_budget_cny"),
        "annual_budget": pl.col("annual_budget_cny"),
        "executed": pl.col("executed_cny"),
        "weight": pl.col("weight_points"),
        "execution_rate": _rate,
        "score": pl.col("score_points"),
    }
    return Measure(
        not_applicable={"cell_without_number": pl.all_horizontal([value.is_null() for value in cells.values()])},
        broken=any_of([value < 0 for value in cells.values()]),
        observed=listed([pl.when(value < 0).then(pl.col(f"{name}_text")) for name, value in cells.items()]),
        expected=pl.lit("≥ 0"),
    )


def _r90(_: RuleSettings) -> Measure:
    base = pl.when("has_annual_column").then("annual_budget_cny").otherwise("initial_budget_cny")
    text = pl.when("has_annual_column").then("annual_budget_text").otherwise("initial_budget_text")
    executed = pl.col("executed_cny")
    follows = rate_gives(
        money_interval(executed, pl.col("executed_text"), _unit),
        money_interval(base, text, _unit),
        _rate,
        pl.col("execution_rate_text"),
    )
    return Measure(
        not_applicable={
            "total_line": _is_total,
            "no_rate_column": pl.col("execution_rate_text").is_null(),
            "rate_not_read": unread(_rate, "execution_rate_reason"),
            "rate_blank": _rate.is_null(),
            "amount_blank": base.is_null() | executed.is_null(),
        },
        broken=pl.when(base == 0).then((executed > 0) | (_rate > 0)).otherwise(~follows),
        observed=number(_rate) + "%",
        expected=pl.when(base == 0).then(pl.lit("0")).otherwise(percent_of(executed, base) + "%"),
    )


RULES: Final = (
    Rule(
        id="R13",
        version=1,
        severity="critical",
        table="forms",
        title_en="In each column of amounts the total is the sum of its parts",
        title_zh="各列金额的合计等于各分项之和",
        source=ARITHMETIC,
        why="Money that does not add up cannot be counted. Only the direct parts are added; parallel splits are held "
        "against the total each alone; blank parts count as 0 once one part is read. Tolerance: half a unit of "
        "the last printed digit for each amount, at least 0.005 of the printed unit.",
        why_zh="加不起来的钱无法统计。只加直接分项；并列的两种划分各自与合计比较；有一个分项填了数，其余空白按 0 计。"
        "允许误差为各数末位的半个单位，至少 0.005 个印刷单位。",
        inputs=("funding.initial_budget_cny", "funding.annual_budget_cny", "funding.executed_cny"),
        place="executed",
        measure=_r13,
        message_zh="资金合计应等于各分项之和：合计为 {observed}，分项之和为 {expected}",
        message_en="the total of the money should be the sum of its lines: total {observed}, sum {expected}",
        examples=(
            Example("pass", {}),
            Example("fail", {"funding": {3: {"executed": "19.00"}}}),
            Example("not_applicable", {"funding": {2: None, 3: None, 4: None}}),
        ),
    ),
    Rule(
        id="R17",
        version=1,
        severity="warning",
        table="funding",
        title_en="Weights and scores of the lines below the total are blank",
        title_zh="分项资金行不填分值和得分",
        source="templates of published forms",
        why="Budget execution is scored once, in the total line; a number in a sub-row is easily counted twice.",
        why_zh="预算执行只在合计行计分，分项行的数容易被重复计算。",
        inputs=("funding.weight_points", "funding.score_points"),
        place="weight",
        measure=_r17,
        message_zh="资金行“{name}”的分值、得分应为空，表中为 {observed}",
        message_en="funding line “{name}”: weight and score should be blank; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"funding": {2: {"weight": "10", "score": "10"}}}),
            Example("not_applicable", {"funding": {"*": {"weight": None, "score": None}}}),
        ),
    ),
    Rule(
        id="R18",
        version=1,
        severity="warning",
        table="funding",
        title_en="A form uses one unit of money",
        title_zh="同一表内金额单位一致",
        source=ARITHMETIC,
        why="A cell with a unit of its own is read in that unit; that it differs from the form's is easily a slip by "
        "ten thousand.",
        why_zh="单元格自带单位的按该单位读数；与全表单位不同，往往是差了一万倍的笔误。",
        inputs=(
            "forms.currency_unit",
            "funding.initial_budget_text",
            "funding.annual_budget_text",
            "funding.executed_text",
        ),
        place="executed",
        measure=_r18,
        message_zh="资金行“{name}”的金额单位应为 {expected}，表中为 {observed}",
        message_en="funding line “{name}”: the unit of money should be {expected}; the form says {observed}",
        examples=(
            Example("pass", {"funding": {1: {"executed": "99.50万元"}}}),
            Example("fail", {"funding": {1: {"executed": "995000元"}}}),
            Example("not_applicable", {}),
        ),
    ),
    Rule(
        id="R19",
        version=1,
        severity="critical",
        table="funding",
        title_en="No amount, rate, weight or score of the funding block is negative",
        title_zh="资金栏的金额、执行率、分值、得分不为负数",
        source=ARITHMETIC,
        why="Money is spent or not; a minus sign is a slip or a correction entry that does not belong here.",
        why_zh="钱花了就是花了，负号要么是笔误，要么是不该出现在此处的冲账。",
        inputs=("funding.*",),
        place="executed",
        measure=_r19,
        message_zh="资金行“{name}”不应有负数，表中为 {observed}",
        message_en="funding line “{name}”: no number may be negative; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"funding": {4: {"executed": "-12.00"}}}),
            Example(
                "not_applicable",
                {"funding": {"*": dict.fromkeys((*AMOUNTS, "weight", "execution_rate", "score"), "")}},
            ),
        ),
    ),
    Rule(
        id="R90",
        version=1,
        severity="warning",
        table="funding",
        title_en="The rates of the lines below the total follow from their amounts",
        title_zh="分项资金行的执行率等于执行数除以预算数",
        source=ARITHMETIC,
        why="The same as R10 and R14 for the other lines, which nothing else depends on.",
        why_zh="与 R10、R14 相同，针对其他资金行，不影响其他数。",
        inputs=("funding.execution_rate_pct", "funding.annual_budget_cny", "funding.executed_cny"),
        place="execution_rate",
        measure=_r90,
        message_zh="资金行“{name}”的执行率应为 {expected}，表中为 {observed}",
        message_en="funding line “{name}”: the rate should be {expected}; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"funding": {2: {"execution_rate": "90.00"}}}),
            Example("not_applicable", {"funding": {2: {"execution_rate": "-"}, 3: None, 4: None}}),
        ),
    ),
)
