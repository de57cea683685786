"""Rules on the lines of money: sums, signs, units (section B of the rule book)."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.expressions import any_of, listed, money, number
from expectations.rounding import money_interval
from expectations.rule import Example, Measure, Rule
from expectations.rules.authorities import ARITHMETIC, PRINTED_NOTES
from expectations.rules.budget import percent_of, rate_gives, unread
from expectations.settings import RuleSettings
from warehouse.contract.vocabulary import AMOUNTS

POVERTY: Final = "without_initial_budget"
"""Template of the funds against poverty, which prints weight and score in every line."""

_rate, _unit = pl.col("execution_rate_pct"), pl.col("currency_unit")


def _r13(_: RuleSettings) -> Measure:
    outcomes = {amount: pl.col(f"{amount}_parts").cast(pl.String) for amount in AMOUNTS}
    labels = {"initial_budget": "年初预算数", "annual_budget": "全年预算数", "executed": "全年执行数"}
    unequal = {amount: (outcome == "unequal").fill_null(False) for amount, outcome in outcomes.items()}
    not_known = ~any_of([outcome.is_in(["equal", "unequal"]) for outcome in outcomes.values()])
    reasons = ("amount_not_read", "nested_parts", "parts_blank", "one_part_named", "amount_blank")
    return Measure(
        not_applicable={
            "no_funding_block": pl.col("funding_lines") == 0,
            **{code: not_known & any_of([outcome == code for outcome in outcomes.values()]) for code in reasons},
            "no_parts": not_known,
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
            "poverty_template": pl.col("template") == POVERTY,
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


_amounts: Final = {amount: pl.col(f"{amount}_cny") for amount in AMOUNTS}
_points: Final = {"weight": pl.col("weight_points"), "execution_rate": _rate, "score": pl.col("score_points")}
_negative: Final = {name: (value < 0).fill_null(False) for name, value in (_amounts | _points).items()}
_is_adjustment: Final = (
    ~_is_total
    & any_of([_negative[amount] for amount in AMOUNTS])
    & ~any_of([_negative[name] for name in _points])
    & pl.all_horizontal(
        [~_negative[amount] | (pl.col(f"{amount}_parts").cast(pl.String) == "equal") for amount in AMOUNTS]
    ).fill_null(False)
)
"""A line below the total with negative amounts, in columns whose sums are right."""


def _negative_measure(*, adjustment: bool) -> Measure:
    numbers = [*_amounts.values(), *_points.values()]
    is_negative = any_of(list(_negative.values()))
    other = (
        {"negative_number": is_negative & ~_is_adjustment} if adjustment else {"negative_adjustment": _is_adjustment}
    )
    return Measure(
        not_applicable={"cell_without_number": pl.all_horizontal([value.is_null() for value in numbers]), **other},
        broken=is_negative,
        observed=listed([pl.when(negative).then(pl.col(f"{name}_text")) for name, negative in _negative.items()]),
        expected=pl.lit("0"),
    )


_base: Final = pl.when("has_annual_column").then("annual_budget_cny").otherwise("initial_budget_cny")
_executed: Final = pl.col("executed_cny")


def _r90(_: RuleSettings) -> Measure:
    text = pl.when("has_annual_column").then("annual_budget_text").otherwise("initial_budget_text")
    follows = rate_gives(
        money_interval(_executed, pl.col("executed_text"), _unit),
        money_interval(_base, text, _unit),
        _rate,
        pl.col("execution_rate_text"),
    )
    return Measure(
        not_applicable={
            "total_line": _is_total,
            "no_rate_column": pl.col("execution_rate_text").is_null(),
            "rate_not_read": unread(_rate, "execution_rate_reason"),
            "rate_blank": _rate.is_null(),
            "amount_blank": _base.is_null() | _executed.is_null(),
            "nothing_budgeted": (_base == 0) & (_executed == 0),
            "negative_adjustment": (_base < 0) | (_executed < 0),
        },
        broken=pl.when(_base == 0).then((_executed > 0) | (_rate > 0)).otherwise(~follows),
        observed=number(_rate) + "%",
        expected=pl.when(_base == 0).then(pl.lit("0")).otherwise(percent_of(_executed, _base) + "%"),
    )


def _r98(_: RuleSettings) -> Measure:
    over = (_executed > _base).fill_null(False) & (_base >= 0)
    rate_over = (_rate > 100).fill_null(False)
    return Measure(
        not_applicable={
            "total_line": _is_total,
            "amount_blank": (_base.is_null() | _executed.is_null()) & _rate.is_null(),
        },
        broken=over | rate_over,
        observed=listed([pl.when(over).then(money(_executed, _unit)), pl.when(rate_over).then(number(_rate) + "%")]),
        expected=listed([pl.when(over).then(money(_base, _unit)), pl.when(rate_over).then(pl.lit("100%"))]),
    )


RULES: Final = (
    Rule(
        id="R13",
        version=2,
        severity="critical",
        table="forms",
        title_en="In each column of amounts the total is the sum of its parts",
        title_zh="各列金额的合计等于各分项之和",
        source=ARITHMETIC,
        why="Money that does not add up cannot be counted. Only the direct parts are added; parallel splits are held "
        "against the total each alone; blank parts count as 0 once one part is read. Tolerance: half a unit of "
        "the last printed digit for each amount, at least {money_tolerance_per_row} of the printed unit. A single line "
        "其中 names a part only: it may be less than the total.",
        why_zh="加不起来的钱无法统计。只加直接分项；并列的两种划分各自与合计比较；有一个分项填了数，其余空白按 0 计。"
        "允许误差为各数末位的半个单位，至少为所印单位的 {money_tolerance_per_row}。只列一项“其中”的，可以小于合计。",
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
        version=2,
        severity="warning",
        table="funding",
        title_en="Weights and scores of the lines below the total are blank",
        title_zh="分项资金行不填分值和得分",
        source="templates of published forms",
        why="Budget execution is scored once, in the total line; a number in a sub-row is easily counted twice. "
        "The form "
        "of the funds against poverty, which prints them in every line, is exempt.",
        why_zh="预算执行只在合计行计分，分项行的数容易被重复计算。各行均印分值和得分的扶贫资金表式除外。",
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
        version=2,
        severity="critical",
        table="funding",
        title_en="No amount, rate, weight or score of the funding block is negative",
        title_zh="资金栏的金额、执行率、分值、得分不为负数",
        source=ARITHMETIC,
        why="Money is spent or not; a minus sign is a slip. A negative adjustment below the total whose sums "
        "are right is "
        "R57's.",
        why_zh="钱花了就是花了，负号多半是笔误。分项行的负数调整且各列合计正确的，由 R57 提醒。",
        inputs=("funding.*",),
        place="executed",
        measure=lambda _: _negative_measure(adjustment=False),
        message_zh="资金行“{name}”不应有负数，表中为 {observed}",
        message_en="funding line “{name}”: no number may be negative; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"funding": {1: {"executed": "-12.00"}}}),
            Example(
                "not_applicable",
                {"funding": {"*": dict.fromkeys((*AMOUNTS, "weight", "execution_rate", "score"), "")}},
            ),
        ),
    ),
    Rule(
        id="R57",
        version=1,
        severity="warning",
        table="funding",
        title_en="A negative adjustment below the total is a question, where the sums are right",
        title_zh="分项资金行的负数调整应予核实",
        source=ARITHMETIC,
        why="A returned or recovered sum may stand as a negative line; the author should confirm it.",
        why_zh="退回、收回的资金可能以负数列示，请填表单位核实。",
        inputs=("funding.*_cny",),
        place="executed",
        measure=lambda _: _negative_measure(adjustment=True),
        message_zh="资金行“{name}”列有负数 {observed}，各列合计相符，请核实",
        message_en="funding line “{name}”: {observed} is negative, though the sums are right: please confirm",
        examples=(
            Example("pass", {}),
            Example(
                "fail",
                {"funding": {2: {"executed": "91.50", "execution_rate": ""}, 4: {"executed": "-12.00"}}},
            ),
            Example(
                "not_applicable",
                {"funding": {"*": dict.fromkeys((*AMOUNTS, "weight", "execution_rate", "score"), "")}},
            ),
        ),
    ),
    Rule(
        id="R90",
        version=2,
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
    Rule(
        id="R98",
        version=1,
        severity="warning",
        table="funding",
        title_en="No line below the total executes more than its budget",
        title_zh="分项资金行的执行数不超过预算数，执行率不超过 100%",
        source=f"{PRINTED_NOTES}; {ARITHMETIC}",
        why="The same as R15 for the other lines, where money may have been moved between sources.",
        why_zh="与 R15 相同，针对分项资金行；不同来源的资金之间可能有调剂。",
        inputs=("funding.executed_cny", "funding.annual_budget_cny", "funding.execution_rate_pct"),
        place="executed",
        measure=_r98,
        message_zh="资金行“{name}”的执行数、执行率不应超过 {expected}，表中为 {observed}",
        message_en="funding line “{name}”: execution should be at most {expected}; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"funding": {2: {"executed": "80.01"}}}),
            Example("not_applicable", {"funding": {2: None, 3: None, 4: None}}),
        ),
    ),
)
