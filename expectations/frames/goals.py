"""Numbers of a form's texts held against its targets and its money (rules R85 and R99)."""

from __future__ import annotations

from typing import Final

import polars as pl

from expectations.expressions import money
from expectations.frames.narrative import (
    CALENDAR,
    VALUE,
    known_values,
    numbers_in,
    signature,
    whole_digits,
    with_overlap,
    with_scale,
)
from expectations.frames.numerals import numerals_in

_OTHER_TIME: Final = r"上年|去年|前年|往年|同期|下年|明年|累计|其中|第$|以[^，。；]{0,4}年"
"""Words before a number of a goal that is not the whole of this year."""

_NAMED_PCT: Final = 40
"""Percent of a name's pairs of characters that must stand beside a number before it counts as this indicator's goal."""

_NAMED_LEAST: Final = 3
"""Pairs of characters that must be shared at least; of a short name all."""

_TIMES: Final = 2
"""A goal and a target further apart than this are not taken for the same thing."""

_SLIPS: Final = (1, 2, 4)
"""Unless the one is the other with so many more places: 150 for 1500."""

_PAIR: Final = ("value", "target_scaled")


def missed_targets(forms: pl.DataFrame, indicators: pl.DataFrame) -> pl.DataFrame:
    """Return the targets that a form's text on its goals could speak of.

    Grain: indicator_id; only indicators with a number as target, of forms whose expected goal holds a number.
    `goal_number`: the number of the goal, as printed, that differs from the target; null where none does.

    A number differs from a target when it has the same unit, stands beside words of the indicator's name, lies within
    half and twice the target or is it with places slipped, and the text nowhere states the target itself. Numbers that
    are another target or an actual of the form are left alone.
    """
    numbers = _goal_numbers(forms)
    indicators = indicators.with_columns(with_scale("actual"), with_scale("target"))
    rows = indicators.filter(pl.col("target_scaled") > 0).join(
        numbers.select("form_id").unique(), on="form_id", how="semi"
    )
    rows = rows.select(
        "form_id",
        "indicator_id",
        "indicator_name",
        "target_scaled",
        pl.coalesce("target_unit", "actual_unit", pl.lit(""))
        .str.replace(r"^[(（]?(?:[百千]?万亿?|亿)?", "")
        .str.slice(0, 1)
        .alias("unit_mark"),
    ).filter(pl.col("unit_mark") != "")
    free = numbers.join(known_values(indicators), on=["form_id", "value"], how="anti").with_columns(
        pl.col("after").str.slice(0, 1).alias("unit_mark")
    )
    pairs = free.join(rows, on=["form_id", "unit_mark"])
    near = (pl.col("value") * _TIMES >= pl.col("target_scaled")) & (pl.col("target_scaled") * _TIMES >= pl.col("value"))
    named = (pl.col("shared_pct") >= _NAMED_PCT) & (
        pl.col("common") >= pl.min_horizontal(pl.col("pairs"), pl.lit(_NAMED_LEAST))
    )
    stated = numbers.join(rows, on="form_id").filter(pl.col("value") == pl.col("target_scaled"))
    slips = [pl.lit(10**places, VALUE) for places in _SLIPS]
    slipped = [pl.col(one) * slip == pl.col(other) for slip in slips for one, other in (_PAIR, _PAIR[::-1])]
    near = near | pl.any_horizontal(slipped)
    found = (
        with_overlap(pairs.filter(near))
        .filter(named & (pl.col("pairs") >= 2))
        .join(stated.select("indicator_id").unique(), on="indicator_id", how="anti")
        .sort("indicator_id", pl.col("shared_pct"), "number_id", descending=[False, True, False])
        .unique("indicator_id", keep="first", maintain_order=True)
        .select("indicator_id", pl.concat_str("digits", "scale_text", "after").alias("goal_number"))
    )
    return rows.select("indicator_id").join(found, on="indicator_id", how="left")


def _goal_numbers(forms: pl.DataFrame) -> pl.DataFrame:
    """Return the numbers of the goals, in digits and in Chinese numerals (培训三百人)."""
    columns = ["form_id", "before", "digits", "after", "value", "scale_text"]
    in_digits = numbers_in(
        forms.filter(pl.col("expected_goal_text").str.contains(r"\d")), "expected_goal_text", _OTHER_TIME
    )
    in_words = numerals_in(forms, "expected_goal_text").filter(
        ~pl.col("after").str.contains(CALENDAR) & ~pl.col("before").str.contains(_OTHER_TIME).fill_null(False)
    )
    in_words = in_words.with_columns(pl.col("value").cast(VALUE), pl.lit("").alias("scale_text"))
    return pl.concat([in_digits.select(columns), in_words.select(columns)]).with_row_index("number_id")


_AMOUNT: Final = r"[^，。；;、\n]{0,24}?[0-9][0-9,]*(?:\.[0-9]+)?\s*(?:亿元|万元|元)"
_AMOUNT_PARTS: Final = r"^(?<before>.*?)(?<digits>[0-9][0-9,]*(?:\.[0-9]+)?)\s*(?<unit>亿元|万元|元)$"
_WHOLE: Final = (
    r"(?:全年|年度|项目|本年|实际|总|共计?|合计|资金)[^，。；]{0,6}(?:执行|支出|支付|使用)(?:数|额|资金|金额)?(?:为|共|共计|合计|达|达到|：|:)*$"
    r"|^(?:预算)?执行(?:数|资金|金额)(?:为|共计?|：|:)*$"
    r"|(?:全年|年度|项目|本年|调整后)[^，。；]{0,4}预算(?:数|资金|总额|金额|安排)?(?:为|共|共计|：|:)*$"
)
"""Words right before an amount that is the whole of what was budgeted or executed."""

_PART: Final = r"其中|上年|去年|人均|户均|每|结余|结转|节约|增加|减少|新增|收入|产值|销售|补助标准|贷款|奖金|单价"
_TOUCHES_MONEY: Final = r"预算|执行|支出|支付|拨付|到位|资金|投入|使用"
_NEAR_PCT: Final = 10
_DIGITS_LEAST: Final = 3


def money_in_texts(forms: pl.DataFrame, lines: pl.DataFrame, indicators: pl.DataFrame) -> pl.DataFrame:
    """Return the forms whose text on what was done names money.

    Grain: form_id; forms with an amount of 元, 万元 or 亿元 in the text. `money_text`: the amount, as printed, that
    contradicts the funding block; null where none does; `money_expected`: what the block says.

    An amount contradicts when it is none of the form's amounts (within half a unit of its last digit) and either is
    called the whole of the budget or of what was executed, or speaks of money and has the digits of the executed total
    in another order, or lies within a tenth of it.
    """
    text = pl.col("actual_goal_text").str.replace_many(list("０１２３４５６７８９．"), list("0123456789."))
    amounts = (
        forms.filter(text.str.contains(r"\d\s*(?:亿|万)?元"))
        .select("form_id", "currency_unit", text.str.extract_all(_AMOUNT).alias("piece"))
        .explode("piece")
        .drop_nulls("piece")
        .with_columns(pl.col("piece").str.extract_groups(_AMOUNT_PARTS))
        .unnest("piece")
        .drop_nulls("digits")
        .with_columns(pl.col("digits").str.replace_all(",", ""))
        .filter(pl.col("digits").str.contains(r"^[0-9]{1,13}(?:\.[0-9]{1,6})?$"))
        .with_row_index("amount_id")
    )
    factor = pl.col("unit").replace_strict({"亿元": 10**8, "万元": 10**4, "元": 1}, return_dtype=pl.Int64)
    places = pl.col("digits").str.extract(r"\.(\d+)$", 1).str.len_chars().fill_null(0)
    amounts = amounts.with_columns(
        (pl.col("digits").cast(VALUE) * factor).cast(VALUE).alias("value"),
        (factor.cast(VALUE) / (2 * pl.lit(10, pl.Int64).pow(places))).alias("half"),
    )
    columns = ("initial_budget_cny", "annual_budget_cny", "executed_cny")
    known = pl.concat(
        [lines.select("form_id", pl.col(name).cast(VALUE).alias("known")) for name in columns]
        + [
            indicators.filter(pl.col(unit) == "元").select(
                "form_id", pl.col(name).cast(VALUE, strict=False).alias("known")
            )
            for unit, name in (
                ("actual_unit_base", "actual_value_base"),
                ("target_unit_base", "target_value_base"),
            )
        ]
    ).drop_nulls()
    stated = amounts.join(known.unique(), on="form_id").filter(
        (pl.col("value") - pl.col("known")).abs() <= pl.col("half")
    )
    total = lines.filter("is_total").select("form_id", pl.col("executed_cny").cast(VALUE).alias("executed"))
    free = amounts.join(stated.select("amount_id").unique(), on="amount_id", how="anti").join(total, on="form_id")
    digits = free.with_columns(
        signature(whole_digits((pl.col("value") * 100).cast(VALUE)).str.strip_chars_end("0")).alias("key"),
        signature(whole_digits((pl.col("executed") * 100).cast(VALUE)).str.strip_chars_end("0")).alias("executed_key"),
    )
    is_part = pl.col("before").str.contains(_PART)
    permuted = (pl.col("key") == pl.col("executed_key")) & (pl.col("key").str.len_chars() >= _DIGITS_LEAST)
    near = (pl.col("value") - pl.col("executed")).abs() * 100 <= pl.col("executed") * _NEAR_PCT
    wrong = digits.filter(
        (pl.col("executed") > 0)
        & ~is_part
        & (pl.col("before").str.contains(_WHOLE) | (pl.col("before").str.contains(_TOUCHES_MONEY) & (permuted | near)))
    )
    found = (
        wrong.sort("form_id", "amount_id")
        .unique("form_id", keep="first", maintain_order=True)
        .select(
            "form_id",
            pl.concat_str("digits", "unit").alias("money_text"),
            money(pl.col("executed").cast(pl.Decimal(38, 2)), pl.col("currency_unit")).alias("money_expected"),
        )
    )
    return amounts.select("form_id").unique().join(found, on="form_id", how="left")
