"""Rules on the money and its execution (section B of the rule book)."""

from __future__ import annotations

from typing import Any, Final

import polars as pl

from expectations.expressions import hundredths, lacks_unit, listed, money, number
from expectations.rounding import (
    FINE,
    Interval,
    capped_ratio_gives,
    fine,
    last_digit,
    money_interval,
    ratio_gives,
    rounding,
    score_rounding,
)
from expectations.rule import Example, Measure, Native, Rule
from expectations.rules.authorities import ARITHMETIC, MOF_2020, MOF_2021, PRINTED_NOTES
from expectations.settings import RuleSettings

CENTRAL: Final = r"转移支付|中央对地方"
"""Words in the title of a form for central transfers to regions, to which document 101 applies."""

_HUNDRED: Final = pl.lit(100 * FINE, pl.Int128)


def _fraction_places(pct: pl.Expr, text: pl.Expr) -> pl.Expr:
    """Return the decimals that a rate loses when it is printed as a share of one: 0.86 has no decimals in percent."""
    printed = text.str.extract(r"(\d{1,6}(?:\.\d{1,4})?)", 1).cast(pl.Decimal(18, 4), strict=False)
    return pl.when((printed > 0) & (pct > printed * 50)).then(2).otherwise(0)


def rate_gives(executed: Interval, budget: Interval, pct: pl.Expr, text: pl.Expr) -> pl.Expr:
    """Tell whether executed / budget can be printed as the rate that the text prints (rule R65)."""
    slack = rounding(text, _fraction_places(pct, text))
    return ratio_gives(executed, budget, _HUNDRED, fine(pct), slack)


def percent_of(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Print part / whole in percent with two decimals, rounded half up; both are yuan, whole is not zero."""
    over, under = part.to_physical().cast(pl.Int128), whole.to_physical().cast(pl.Int128)
    return hundredths((over * 20_000 + under) // (under * 2))


def _in_one_unit(cny: pl.Expr, text: pl.Expr) -> pl.Expr:
    """Return an amount of a form that prints no unit as if it were 万元: what is compared with it is so too."""
    printed = text.str.replace_all(r"[,，\s]", "").str.extract(r"^(-?\d{1,12}(?:\.\d{1,6})?)$", 1)
    alike = (printed.cast(pl.Decimal(24, 6), strict=False) * 10_000).cast(pl.Decimal(18, 2), strict=False)
    return pl.when(_without_unit).then(alike).otherwise(cny)


_without_unit = (
    (lacks_unit("base_reason") | (pl.col("base_cny") == 0).fill_null(False))
    & (lacks_unit("total_executed_reason") | (pl.col("executed_cny") == 0).fill_null(False))
    & (pl.col("base_cny").is_null() | pl.col("executed_cny").is_null())
)
_base = _in_one_unit(pl.col("base_cny"), pl.col("base_text"))
_executed = _in_one_unit(pl.col("executed_cny"), pl.col("total_executed_text"))
_rate, _unit = pl.col("execution_rate_pct"), pl.col("currency_unit")
_budget_interval = money_interval(_base, pl.col("base_text"), _unit)
_executed_interval = money_interval(_executed, pl.col("total_executed_text"), _unit)
_amounts_known = _base.is_not_null() & _executed.is_not_null() & (_base > 0)
_rate_follows = rate_gives(_executed_interval, _budget_interval, _rate, pl.col("rate_text"))


def unread(value: pl.Expr, reason: str) -> pl.Expr:
    """Tell whether a cell held something that could not be read."""
    return value.is_null() & (pl.col(reason).fill_null("blank") != "blank")


_AMOUNT_REASONS: Final = {
    "no_funding_block": pl.col("funding_lines") == 0,
    "amount_not_read": unread(_base, "base_reason") | unread(_executed, "total_executed_reason"),
    "amount_blank": _base.is_null() | _executed.is_null(),
}


def _r10(_: RuleSettings) -> Measure:
    return Measure(
        not_applicable=_AMOUNT_REASONS
        | {
            "no_rate_column": ~pl.col("has_rate_column"),
            "rate_not_read": unread(_rate, "rate_reason"),
            "rate_blank": _rate.is_null(),
            "budget_zero": _base == 0,
            "pooled_funds": pl.col("has_pooled_column") & ~_rate_follows,
        },
        broken=~_rate_follows,
        observed=number(_rate) + "%",
        expected=percent_of(_executed, _base) + "%",
    )


def _score_follows(settings: RuleSettings) -> pl.Expr:
    weight, score = fine(pl.col("execution_weight_points")), fine(pl.col("execution_score_points"))
    slack = score_rounding(
        pl.col("execution_score_text"),
        pl.col("execution_weight_points"),
        settings.score_tolerance,
        settings.coarse_score_pct,
    )
    from_amounts = capped_ratio_gives(_executed_interval, _budget_interval, weight, score, slack)
    half = last_digit(pl.col("rate_text"), _fraction_places(_rate, pl.col("rate_text"))) // 2
    stated = Interval((fine(_rate) - half).clip(lower_bound=0), fine(_rate) + half)
    from_rate = capped_ratio_gives(stated, Interval(_HUNDRED, _HUNDRED), weight, score, slack)
    rate_is_right = _rate_follows.fill_null(False) | _amounts_known.not_()
    return (from_amounts & _amounts_known).fill_null(False) | (from_rate & rate_is_right).fill_null(False)


def _by_bands(settings: RuleSettings) -> pl.Expr:
    """Tell whether the score is one that bands give, where it is not weight × rate.

    Either the form says that it scores by bands, or the score is exactly what the bands of the settings give.
    """
    weight, score = pl.col("execution_weight_points"), pl.col("execution_score_points")
    rate = pl.coalesce(pl.when(_amounts_known).then(_computed_pct), _rate.cast(pl.Decimal(38, 4)))
    share: Any = pl.when(rate.is_null()).then(None)
    for lowest, percent in sorted(settings.execution_bands.items(), reverse=True):
        share = share.when(rate >= lowest).then(pl.lit(percent, pl.Decimal(9, 4)))
    due = (fine(weight) * fine(share.otherwise(pl.lit(0, pl.Decimal(9, 4))))) // (100 * FINE)
    in_band = (fine(score) == due) & _rate_follows.fill_null(True)
    says = pl.col("has_execution_bands") & (score >= 0) & (score <= weight)
    return (in_band | says).fill_null(False) & ~_score_follows(settings)


def _score_measure(settings: RuleSettings, central: bool) -> Measure:
    weight, score = pl.col("execution_weight_points"), pl.col("execution_score_points")
    is_central = pl.col("title").str.contains(CENTRAL).fill_null(False) | (pl.col("template") == "transfer_unscored")
    is_central = is_central | _by_bands(settings)
    by_amounts = percent_of(
        (weight.to_physical().cast(pl.Int128) * pl.min_horizontal(_executed, _base).to_physical().cast(pl.Int128))
        .clip(lower_bound=0)
        .cast(pl.Decimal(38, 0)),
        (_base.to_physical().cast(pl.Int128) * 1_000_000).cast(pl.Decimal(38, 0)),
    )
    by_rate = hundredths((fine(weight) * fine(pl.min_horizontal(_rate, pl.lit(100))) + FINE**2 // 2) // FINE**2)
    return Measure(
        not_applicable=({"no_bands": ~is_central} if central else {"scored_by_bands": is_central})
        | {
            "no_funding_block": pl.col("funding_lines") == 0,
            "no_execution_weight": weight.is_null() | (weight == 0),
            "score_not_read": unread(score, "execution_score_reason"),
            "execution_score_blank": score.is_null(),
            "budget_zero": (_base == 0).fill_null(False),
            "pooled_funds": pl.col("has_pooled_column") & ~_score_follows(settings),
            "rate_unknown": ~_amounts_known & _rate.is_null(),
        },
        broken=~_score_follows(settings),
        observed=number(score),
        expected=pl.when(_amounts_known).then(by_amounts).otherwise(by_rate),
    )


def _r14(_: RuleSettings) -> Measure:
    return Measure(
        not_applicable=_AMOUNT_REASONS | {"budget_not_zero": _base != 0},
        broken=(_executed > 0) | (_rate > 0).fill_null(False),
        observed=listed([money(_executed, _unit), number(_rate) + "%"]),
        expected=pl.lit("0"),
    )


_over = (_executed > _base) & (_base > 0)


def percent_at_least(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Return part / whole in percent, cut up to four decimals: above 100 whenever the part is above the whole."""
    over, under = part.to_physical().cast(pl.Int128), whole.to_physical().cast(pl.Int128)
    return ((over * 1_000_000 + under - 1) // under).cast(pl.Decimal(38, 4)) / 10_000


_computed_pct = (_executed.to_physical().cast(pl.Int128) * 1_000_000 // _base.to_physical().cast(pl.Int128)).cast(
    pl.Decimal(38, 4)
) / 10_000
_highest_rate = pl.max_horizontal(
    _rate.cast(pl.Decimal(38, 4)),
    pl.when(_over)
    .then(percent_at_least(_executed, _base))
    .when(_rate.is_null() & _amounts_known)
    .then(pl.lit(0, pl.Decimal(38, 4))),
)


def _r15(_: RuleSettings) -> Measure:
    in_unit = money(_executed, _unit) + pl.lit("／") + money(_base, _unit)
    as_printed = pl.col("total_executed_text") + pl.lit("／") + pl.col("base_text")
    compared = pl.when(_without_unit).then(as_printed).otherwise(in_unit)
    return Measure(
        not_applicable={"no_funding_block": pl.col("funding_lines") == 0, "rate_unknown": _highest_rate.is_null()},
        broken=(_highest_rate > 100) | (_highest_rate < 0),
        observed=pl.when(_over)
        .then(pl.format("{}%（{}）", number(_highest_rate), compared))
        .otherwise(number(_highest_rate) + "%"),
        expected=pl.lit("100%"),
        columns={"r15_rate": _highest_rate},
    )


def _effective_rate() -> pl.Expr:
    return pl.coalesce(_rate.cast(pl.Decimal(38, 4)), pl.when(_amounts_known & (_executed >= 0)).then(_computed_pct))


def _r16(settings: RuleSettings) -> Measure:
    low = _effective_rate() < settings.reason_below_pct
    adjusted = (
        pl.col("has_funding_reason_column")
        & pl.col("has_annual_column")
        & (pl.col("initial_budget_cny") != pl.col("annual_budget_cny")).fill_null(False)
    )
    return Measure(
        not_applicable={
            "no_funding_block": pl.col("funding_lines") == 0,
            "budget_zero": (_base == 0).fill_null(False),
            "rate_unknown": _effective_rate().is_null(),
        },
        broken=(low | adjusted) & ~pl.col("funding_reason_given"),
        observed=pl.when(low)
        .then(number(_effective_rate()) + "%")
        .otherwise(money(pl.col("annual_budget_cny"), _unit)),
        expected=pl.when(low)
        .then(pl.lit(f"{settings.reason_below_pct}%"))
        .otherwise(money(pl.col("initial_budget_cny"), _unit)),
    )


_CENTRAL_FORM: Final = {"forms": {"title": "转移支付区域（项目）绩效自评表"}}

RULES: Final = (
    Rule(
        id="R10",
        version=2,
        severity="critical",
        table="forms",
        title_en="The execution rate is executed ÷ full-year budget",
        title_zh="执行率等于全年执行数除以全年预算数",
        source=f"{PRINTED_NOTES}: 预算执行率=预算执行数/调整后预算数; {MOF_2020}",
        why="The denominator is the adjusted budget; a form whose only budget column is the initial one uses that. "
        "Compared by intervals (R65): 452.20/452.40 may be printed as 99.95 or 99.96.",
        why_zh="分母为调整后的全年预算数；只有年初预算数一栏的表用年初预算数。"
        "按区间比较（R65）：452.20/452.40 写 99.95 或 99.96 均可。",
        inputs=(
            "forms.execution_rate_pct",
            "forms.annual_budget_cny",
            "forms.initial_budget_cny",
            "forms.executed_cny",
        ),
        place="execution_rate",
        measure=_r10,
        message_zh="执行率应为 {expected}，表中为 {observed}",
        message_en="the execution rate should be {expected}; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"funding": {1: {"execution_rate": "98.00"}}}),
            Example("not_applicable", {"funding": {"*": {"execution_rate": None}}}),
        ),
    ),
    Rule(
        id="R11",
        version=4,
        severity="critical",
        table="forms",
        title_en="The score of budget execution is its weight × rate, at most the weight",
        title_zh="预算执行得分等于分值乘以执行率，不高于分值",
        source=f"{PRINTED_NOTES}: 执行率*该指标分值，最高不得超过分值上限",
        why="Compared by intervals (R65), and also right when it follows from a right printed rate. A score rounded to "
        "fewer decimals is accepted while it stays within {coarse_score_pct} % of the weight (R66). Where bands are "
        "used (R12) another score is a question, not an error.",
        why_zh="按区间比较（R65）；由正确的执行率算出的得分也算对。"
        "小数位数较少的得分，偏差在分值的 {coarse_score_pct}% 以内的认可（R66）。按区间赋分的由 R12 提醒。",
        inputs=(
            "forms.execution_score_points",
            "forms.execution_weight_points",
            "forms.executed_cny",
            "forms.annual_budget_cny",
        ),
        place="execution_score",
        measure=lambda settings: _score_measure(settings, central=False),
        message_zh="预算执行得分应为 {expected}，表中为 {observed}",
        message_en="the score of budget execution should be {expected}; the form says {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"funding": {1: {"score": "9.00"}}}),
            Example("not_applicable", {"funding": {1: {"weight": None}}}),
        ),
    ),
    Rule(
        id="R12",
        version=3,
        severity="warning",
        table="forms",
        title_en="The same for central transfers and wherever bands are used",
        title_zh="中央转移支付表和按区间赋分的表，预算执行得分等于分值乘以执行率，或按区间赋分",
        source=f"{MOF_2021}: 预算执行率指标应按区间赋分并设置及格门槛",
        why="Document 101 lets a department score execution by bands, which most forms do not print: a departure is a "
        "question, not an error. Bands are taken to be used where the form says so, and where the score is "
        "exactly that "
        "of the bands in the settings.",
        why_zh="101 号文允许按区间赋分，而表中多不写区间，因此不一致只作提醒。表中写明按区间赋分，或得分正好是设置中的"
        "区间得分的，视为按区间赋分。",
        inputs=("forms.execution_score_points", "forms.execution_weight_points", "forms.title", "forms.template"),
        place="execution_score",
        measure=lambda settings: _score_measure(settings, central=True),
        message_zh="预算执行得分按比例应为 {expected}，表中为 {observed}（若按区间赋分请说明）",
        message_en="by proportion the score of budget execution should be {expected}; the form says {observed}",
        examples=(
            Example("pass", _CENTRAL_FORM),
            Example("fail", _CENTRAL_FORM | {"funding": {1: {"score": "9.00"}}}),
            Example("not_applicable", {}),
        ),
    ),
    Rule(
        id="R14",
        version=2,
        severity="critical",
        table="forms",
        title_en="A budget of 0 has nothing executed and a rate of 0 or none",
        title_zh="预算数为 0 时，执行数为 0，执行率为 0 或空",
        source=ARITHMETIC,
        why="Nothing can be executed out of nothing, and the rate would be a division by zero.",
        why_zh="没有预算就没有执行，执行率等于除以零。",
        inputs=("forms.annual_budget_cny", "forms.executed_cny", "forms.execution_rate_pct"),
        place="annual_budget",
        measure=_r14,
        message_zh="预算数为 0，执行数和执行率应为 {expected}，表中为 {observed}",
        message_en="the budget is 0, so executed and rate should be {expected}; the form says {observed}",
        examples=(
            Example(
                "pass",
                {
                    "funding": {
                        1: {
                            "initial_budget": "0.00",
                            "annual_budget": "0.00",
                            "executed": "0.00",
                            "execution_rate": "0.00",
                        }
                    }
                },
            ),
            Example("fail", {"funding": {1: {"annual_budget": "0"}}}),
            Example("not_applicable", {}),
        ),
    ),
    Rule(
        id="R15",
        version=3,
        severity="critical",
        table="forms",
        title_en="The execution rate lies between 0 and 100 %",
        title_zh="全年执行数不超过全年预算数，执行率在 0 至 100% 之间",
        source=f"{PRINTED_NOTES}; {ARITHMETIC}",
        why="More than the budget cannot be executed, by however little: 100.01 of 100.00 fails. What is printed is "
        "compared; the rounding of R65 is for what is derived. A printed rate above 100 % fails too.",
        why_zh="执行数不能超过预算数，多一分也不行：预算 100.00、执行 100.01 不通过。直接比较表中的数，"
        "R65 的取整只用于推算的数。表中执行率超过 100% 同样不通过。",
        inputs=("forms.execution_rate_pct", "forms.executed_cny", "forms.annual_budget_cny"),
        place="execution_rate",
        measure=_r15,
        message_zh="执行率应在 0 至 {expected} 之间，表中为 {observed}",
        message_en="the execution rate should lie between 0 and {expected}; the form gives {observed}",
        examples=(
            Example("pass", {}),
            Example("fail", {"funding": {1: {"executed": "102.59", "execution_rate": "102.59"}}}),
            Example("not_applicable", {"funding": {"*": {"executed": "", "execution_rate": ""}}}),
        ),
        native=Native("ExpectColumnValuesToBeBetween", {"column": "r15_rate", "min_value": 0, "max_value": 100}),
    ),
    Rule(
        id="R16",
        version=2,
        severity="warning",
        table="forms",
        title_en="An execution rate below {reason_below_pct} % has a reason; so has a budget changed during the year",
        title_zh="执行率低于 {reason_below_pct}% 或年中调整预算的，应说明原因",
        source="Sichuan form text; elsewhere the same threshold as a default",
        why="The change of the budget is asked about only where the funding block has a column for reasons.",
        why_zh="只有资金栏设有“原因”栏时，才检查年中调整是否说明。",
        inputs=("forms.execution_rate_pct", "forms.executed_cny", "forms.annual_budget_cny", "funding.deviation_text"),
        place="execution_rate",
        measure=_r16,
        message_zh="执行率或全年预算为 {observed}（参照数 {expected}），应说明原因",
        message_en="the rate or the full-year budget is {observed} (to be held against {expected}): a reason is "
        "expected",
        examples=(
            Example("pass", {}),
            Example("fail", {"funding": {1: {"executed": "45.17", "execution_rate": "45.17", "score": "4.52"}}}),
            Example("not_applicable", {"funding": {"*": {"executed": "", "execution_rate": ""}}}),
        ),
    ),
)
