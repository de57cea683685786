"""Was the target reached, and how much of it: target and actual compared in the same unit."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.normalising.vocabulary import words
from warehouse.contract.vocabulary import OPERATORS

RATIO: Final = pl.Decimal(30, 6)
_WIDE: Final = pl.Decimal(38, 8)
_COSTS: Final = ("cost", "economic_cost", "social_cost", "ecological_cost")
_ZERO: Final = pl.lit("0").cast(_WIDE)
_ONE: Final = pl.lit("1").cast(_WIDE)


def is_cost(level_1: pl.Expr, level_2: pl.Expr) -> pl.Expr:
    """Tell whether an indicator is among the costs, where less is better."""
    return level_2.cast(pl.String).is_in(_COSTS).fill_null(False) | (level_1.cast(pl.String) == "cost").fill_null(False)


def _named(name: pl.Expr, operator: str, where: list[str]) -> pl.Expr:
    rows = words("name_directions").filter((pl.col("operator") == operator) & pl.col("where").is_in(where))
    return name.str.contains("|".join(rows["printed"])).fill_null(False)


def assumed_operator(kind: pl.Expr, value: pl.Expr, cost: pl.Expr, name: pl.Expr, direction: pl.Expr) -> pl.Expr:
    """Return the operator of a target that prints none; null for words and where no number was read.

    `<=` for dates, ranks, costs and names in which less is better (故障次数), else `>=`. A cost whose name says that
    more is better (补助发放率) and a printed fall (下降5%) take `>=`. Source: `vocabulary/name_directions.csv`, rules
    R20, R22.
    """
    more = direction.is_not_null() | _named(name, ">=", ["any"]) | (cost & _named(name, ">=", ["cost"]))
    less = cost | _named(name, "<=", ["any"])
    return (
        pl.when(kind.is_in(["date", "rank"]))
        .then(pl.lit("<="))
        .when((kind == "quantitative") & value.is_not_null() & less & ~more)
        .then(pl.lit("<="))
        .when((kind == "quantitative") & value.is_not_null())
        .then(pl.lit(">="))
        .cast(pl.Enum(OPERATORS))
    )


def compare(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `attainment_ratio`, `is_met`, `attainment_reason` and `actual_band` to indicators.

    One row in, one row out, in order. `frame` holds for target (`target_`) and actual (`actual_`) the columns of
    `values.VALUE_SCHEMA` (a text that the form lacks is null) and `target_date`, `actual_date`; `operator`: printed or
    assumed; `is_operator_printed`; `is_cost`.

    attainment_ratio (Decimal(30, 6), 1 is all) is actual / target; where less is better (`<=`, `<`) 1 within the limit
    and limit / actual beyond it. is_met is the comparison itself, strict where the operator is. `=` is met by more
    (rule R24), among costs by less. Of a range the lower end counts where more is better, the upper where less is.
    A side without a unit takes that of the other; not where that makes it a hundredfold off or a share of 1 (0.98 for
    98%). 个 is comparable with any other measure word. Words are met by their band (1) or by the target's own text,
    dates as dates, ranks by place, grades by their order (良好以上).

    attainment_reason says why there is no ratio: words, date, zero_target, negative_target, boundary (a strict limit
    hit exactly: missed, no ratio, rule R23), target_missing, actual_missing, target_not_comparable,
    actual_not_a_number, actual_not_a_date, words_not_known, unit_mismatch, unit_ambiguous, direction_mismatch,
    too_large; null with a ratio.
    """
    return _conclude(_judge(_common_unit(frame)))


def _common_unit(frame: pl.DataFrame) -> pl.DataFrame:
    """Bring both sides to one unit: `t_low`, `t_high`, `a_low`, `a_high`; `unit_reason` says where that fails."""
    target_bare, actual_bare = pl.col("target_unit").is_null(), pl.col("actual_unit").is_null()
    target_base, actual_base = pl.col("target_unit_base"), pl.col("actual_unit_base")
    # a share (3/4) has no printed unit but a known base
    target_bare, actual_bare = target_bare & target_base.is_null(), actual_bare & actual_base.is_null()
    one_bare = target_bare != actual_bare
    generic = (target_base == "个") | (actual_base == "个")
    counts = (pl.col("target_unit_kind") == "count") & (pl.col("actual_unit_kind") == "count") & generic
    same = (target_base == actual_base) | target_base.is_null() | actual_base.is_null() | counts
    ranks = (pl.col("target_kind") == "rank") & (pl.col("actual_kind") == "rank")
    one_rank = (pl.col("target_kind") == "rank") != (pl.col("actual_kind") == "rank")
    ranked_unit = pl.when(pl.col("target_kind") == "rank").then(actual_base).otherwise(target_base)
    percent = ((target_base == "%") | (actual_base == "%")).fill_null(False)
    target, actual = pl.col("target_value").cast(_WIDE), pl.col("actual_value").cast(_WIDE)
    bare_value = pl.when(target_bare).then(target).otherwise(actual)
    unit_value = pl.when(target_bare).then(actual).otherwise(target)
    share = percent & (bare_value > 0) & (bare_value <= 1) & (unit_value > 1)
    scaled = (
        pl.when(target_bare)
        .then(pl.col("actual_base") != pl.col("actual_value"))
        .otherwise(pl.col("target_base") != pl.col("target_value"))
    )
    far = scaled & ~percent & ((bare_value > unit_value * 100) | (bare_value * 100 < unit_value)) & (bare_value != 0)
    shares = (pl.col("target_unit").is_null() & target_base.is_not_null()) | (
        pl.col("actual_unit").is_null() & actual_base.is_not_null()
    )
    raw = one_bare | ranks
    return frame.with_columns(
        *(
            pl.when(raw).then(f"{side}_{plain}").otherwise(f"{side}_{base}").cast(_WIDE).alias(f"{side[0]}_{name}")
            for side in ("target", "actual")
            for name, plain, base in (("low", "value", "base"), ("high", "high", "high_base"))
        ),
        pl.when(ranks & same.fill_null(True))
        .then(None)
        .when(one_rank & ranked_unit.is_not_null())
        .then(pl.lit("unit_mismatch"))
        .when(one_bare & (share | far | shares).fill_null(False))
        .then(pl.lit("unit_ambiguous"))
        .when(~one_bare & ~same.fill_null(True))
        .then(pl.lit("unit_mismatch"))
        .when(pl.col("target_direction") != pl.col("actual_direction"))
        .then(pl.lit("direction_mismatch"))
        .alias("unit_reason"),
    )


def _judge(frame: pl.DataFrame) -> pl.DataFrame:
    """Compare numbers: `number_met`, `number_ratio`, `number_reason`; and dates: `date_met`."""
    operator = pl.col("operator").cast(pl.String)
    less = operator.is_in(["<=", "<"]) | ((operator == "=") & pl.col("is_cost"))
    limit = pl.when(less).then(pl.coalesce("t_high", "t_low")).otherwise("t_low")
    actual = pl.when(less).then(pl.coalesce("a_high", "a_low")).otherwise("a_low")
    frame = frame.with_columns(limit.alias("limit"), actual.alias("reached"), less.alias("is_less_better"))
    limit, actual, less = pl.col("limit"), pl.col("reached"), pl.col("is_less_better")
    strict = operator.is_in(["<", ">"])
    met = (
        pl.when((limit == 0) & ~pl.col("is_operator_printed") & ~less)
        .then(actual == 0)
        .when((limit == 0) & (operator == "="))
        .then(actual == 0)
        .when(less & strict)
        .then(actual < limit)
        .when(less)
        .then(actual <= limit)
        .when(strict)
        .then(actual > limit)
        .otherwise(actual >= limit)
    )
    boundary = strict & (actual == limit)
    above = pl.when(actual > 0).then(actual)
    divisor = pl.when(less).then(above).otherwise(pl.when(limit > 0).then(limit))
    dividend = pl.when(less).then(limit).otherwise(actual)
    room = pl.lit("1000000000000000000000").cast(_WIDE)
    fits = (dividend.abs() < room) & (divisor < room)
    quotient = pl.when(fits).then(dividend).cast(_WIDE) / pl.when(fits).then(divisor).cast(_WIDE)
    ratio = pl.when(less & (actual <= limit)).then(_ONE).otherwise(quotient)
    target_date, actual_date = pl.col("target_date"), pl.col("actual_date")
    return frame.with_columns(
        met.alias("number_met"),
        pl.when((limit > 0) & ~boundary).then(ratio).alias("number_ratio"),
        pl.when(limit == 0)
        .then(pl.lit("zero_target"))
        .when(limit < 0)
        .then(pl.lit("negative_target"))
        .when(boundary)
        .then(pl.lit("boundary"))
        .alias("number_reason"),
        pl.when(operator == "<")
        .then(actual_date < target_date)
        .when(operator == ">=")
        .then(actual_date >= target_date)
        .when(operator == ">")
        .then(actual_date > target_date)
        .otherwise(actual_date <= target_date)
        .alias("date_met"),
    )


def _grade(text: pl.Expr, *, at_least: bool) -> pl.Expr:
    """Return the rank of the grade that a text is, or that it asks for at least; null for other words.

    Source: `vocabulary/grades.csv`.
    """
    grades = dict(words("grades").select("printed", pl.col("rank").cast(pl.Int32)).iter_rows())
    names = "|".join(sorted(grades, key=len, reverse=True))
    bound = r"(?:[（(]含[）)]|及|或)?以上(?:等次|等级|水平)?" if at_least else ""
    grade = text.str.extract(rf"^(?:达到|评为)?({names})(?:级|等次|等级)?{bound}$", 1)
    return grade.replace_strict(grades, default=None, return_dtype=pl.Int32)


def _ranks(frame: pl.DataFrame, column: str, *, at_least: bool) -> pl.Expr:
    """Return the grade's rank of each text of a column, looked up: few texts of wordy targets name one."""
    wordy = frame.filter(pl.col("target_kind").cast(pl.String) == "qualitative").select(text=column).unique()
    named = wordy.select("text", rank=_grade(pl.col("text"), at_least=at_least)).drop_nulls()
    if named.is_empty():
        return pl.lit(None, dtype=pl.Int32)
    return pl.col(column).replace_strict(named["text"], named["rank"], default=None, return_dtype=pl.Int32)


def _conclude(frame: pl.DataFrame) -> pl.DataFrame:
    """Choose by the kinds of target and actual which comparison counts."""
    kind, actual_kind = pl.col("target_kind").cast(pl.String), pl.col("actual_kind").cast(pl.String)
    target_gone = kind.is_null() | (kind == "missing")
    actual_gone = actual_kind.is_null() | (actual_kind == "missing")
    measured = pl.col("actual_value").is_not_null()
    numeric = kind.is_in(["quantitative", "rank", "date"]) & pl.col("target_value").is_not_null() & measured
    dated = (kind == "date") & pl.col("actual_date").is_not_null() & pl.col("target_date").is_not_null()
    wordy = kind == "qualitative"
    question = pl.col("target_reason") == "question"
    equal = pl.col("target_squeezed") == pl.col("actual_squeezed")
    nothing = pl.col("target_is_zero_word").fill_null(False)
    none_found = pl.col("actual_is_zero_word").fill_null(False)
    none_wanted = none_found & (pl.col("target_value") == 0).fill_null(False)
    wanted = _ranks(frame, "target_squeezed", at_least=True)
    graded = _ranks(frame, "actual_squeezed", at_least=False) >= wanted
    band = (
        pl.when(wordy & (equal & ~question | graded))
        .then(1)
        .when(wordy & ~graded)
        .then(3)
        .otherwise(pl.col("actual_band"))
    )
    compared = numeric & pl.col("unit_reason").is_null()
    cases: list[tuple[pl.Expr, pl.Expr | None, pl.Expr | str]] = [
        (target_gone, None, "target_missing"),
        (actual_gone, None, "actual_missing"),
        (dated, pl.col("date_met"), "date"),
        (compared, pl.col("number_met"), pl.col("number_reason")),
        (numeric, None, pl.col("unit_reason")),
        (none_wanted, pl.lit(True), "zero_target"),
        (
            (kind == "date") & equal & pl.col("actual_date").is_null() & pl.col("target_date").is_null(),
            pl.lit(True),
            "date",
        ),
        ((kind == "date") & ~dated, None, "actual_not_a_date"),
        (kind.is_in(["quantitative", "rank"]) & pl.col("target_value").is_null(), None, "target_not_comparable"),
        (kind.is_in(["quantitative", "rank"]), None, "actual_not_a_number"),
        (wordy & question, None, "target_not_comparable"),
        (wordy & nothing & measured, pl.col("actual_value") == 0, "zero_target"),
        (wordy & nothing & none_found, pl.lit(True), "words"),
        (wordy & (band == 1), pl.lit(True), "words"),
        (wordy & band.is_not_null(), pl.lit(False), "words"),
        (wordy & (actual_kind != "qualitative"), None, "target_not_comparable"),
    ]
    met: pl.Expr = pl.lit(None, dtype=pl.Boolean)
    reason: pl.Expr = pl.lit("words_not_known")
    for condition, outcome, code in reversed(cases):
        is_case = condition.fill_null(False)
        met = pl.when(is_case).then(pl.lit(None, dtype=pl.Boolean) if outcome is None else outcome).otherwise(met)
        reason = pl.when(is_case).then(pl.lit(code) if isinstance(code, str) else code).otherwise(reason)
    is_number = compared & ~target_gone & ~actual_gone & ~dated.fill_null(False)
    ratio = pl.when(is_number.fill_null(False)).then(pl.col("number_ratio").round(6, mode="half_away_from_zero"))
    frame = frame.with_columns(
        met.alias("is_met"),
        reason.alias("attainment_reason"),
        ratio.cast(RATIO, strict=False).alias("attainment_ratio"),
        band.cast(pl.Int32).alias("actual_band"),
    )
    lost = pl.col("attainment_ratio").is_null() & pl.col("attainment_reason").is_null()
    return frame.with_columns(
        pl.when(lost).then(pl.lit("too_large")).otherwise("attainment_reason").alias("attainment_reason")
    )
