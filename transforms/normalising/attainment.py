"""Was the target reached, and how much of it: target and actual compared in the same unit."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.normalising.attainment_cases import BAND, CASES, HAS_RATIO
from transforms.normalising.comparability import WIDE, common_unit
from transforms.normalising.directions import head_noun
from transforms.normalising.grades import grade_met, rank_grades
from transforms.normalising.subjects import of_another
from transforms.normalising.vocabulary import any_of, words
from warehouse.contract.vocabulary import ATTAINMENT_BASES, OPERATORS

RATIO: Final = pl.Decimal(30, 6)
_COSTS: Final = ("cost", "economic_cost", "social_cost", "ecological_cost")
_ONE: Final = pl.lit("1").cast(WIDE)
_DENIALS: Final = ("未", "不", "没有", "没", "未能", "尚未", "暂未", "未得到")
"""Before the target's own words they say that it was not reached: 未公开 for 公开."""
_DONE: Final = r"^(?:计划|拟|全年|年内)?(?:完成|实现|达成|开展|举办|举行|召开|组织|新增|新建|建成|培训|培养|引进)\d"
"""A deed and how much of it, as a whole target: more is better unless the name says otherwise."""
_DURATIONS: Final = ("seconds", "days", "workdays", "weeks", "months", "quarters", "years")


def is_cost(level_1: pl.Expr, level_2: pl.Expr) -> pl.Expr:
    """Tell whether an indicator is among the costs, where less is better."""
    return level_2.cast(pl.String).is_in(_COSTS).fill_null(False) | (level_1.cast(pl.String) == "cost").fill_null(False)


def name_directions(frame: pl.DataFrame) -> pl.DataFrame:
    """Add to indicators what their names tell, null without a name.

    name_way: up, down or null, by the head noun (see `directions`); name_lasts: the name is of a span of time;
    name_saves: among the costs more of it is better: a rate, or what is saved; name_rate: the word it is the rate of
    (合格率), which states all of it; name_own_rate: it is of a rate; name_changes: how much more or less; name_change:
    up or down, which of the two; name_is_open: a standard of payment or control, of which either way may be better.
    """
    name = pl.col("indicator_name")
    rises, falls = any_of("context_words", "rises"), any_of("context_words", "falls")
    more, fewer = name.str.contains(f"{rises}|涨"), name.str.contains(falls)
    ways = (
        frame.select(name)
        .drop_nulls()
        .unique()
        .with_columns(
            head_noun(name).cast(pl.Enum(["up", "down"])).alias("name_way"),
            name.str.contains("时长|时间|年限|寿命|期$|期限|天数").alias("name_lasts"),
            name.str.contains(f"[率度]$|比例$|节[约省支]|{falls}").alias("name_saves"),
            name.str.contains("补[助贴]标准|发放标准|奖励标准|控制率$").alias("name_is_open"),
            name.str.contains(f"{rises}|{falls}|涨|节约|节省|变化").alias("name_changes"),
            name.str.contains(r"\p{Han}率|满意度").alias("name_own_rate"),
            pl.when(more & ~fewer).then(pl.lit("up")).when(fewer & ~more).then(pl.lit("down")).alias("name_change"),
            name.str.extract("(合格|及时|准时|按时)(?:发放|支付|拨付|完成|办结)?率").alias("name_rate"),
        )
    )
    return frame.join(ways, on="indicator_name", how="left", maintain_order="left")


def assumed_operator() -> pl.Expr:
    """Return the operator of a target that prints none; null for words and where it cannot be known.

    `<=` for dates and ranks. A printed change (增长5%, 下降5%) takes `>=`, and so does what is to be done
    (完成12次). Else the head noun of the indicator's name
    decides (故障次数 `<=`, 处理率 `>=`), among the costs `<=` where the name does not say otherwise. A count that is
    better the more says nothing of a span of time: 30天 takes no operator from 完成数量. Source: rules R20, R22.
    """
    kind, way = pl.col("target_kind"), pl.col("name_way")
    lasting = pl.col("target_unit_kind").is_in(_DURATIONS).fill_null(False) & ~pl.col("name_lasts").fill_null(False)
    saves = pl.col("name_saves").fill_null(False)
    in_money = pl.col("target_unit_base").str.starts_with("元").fill_null(False)
    unnamed = pl.col("target_unit").is_null() | way.is_null()
    spent = pl.col("is_cost") & (in_money | unnamed) & ~pl.col("name_is_open").fill_null(False) & ~saves
    return (
        pl.when(kind.is_in(["date", "rank"]) & pl.col("target_value").is_null())
        .then(pl.lit("<="))
        .when(kind == "rank")
        .then(pl.lit("<="))
        .when(pl.col("target_value").is_null() | (kind == "qualitative"))
        .then(None)
        .when(pl.col("target_direction").is_not_null() | (kind == "date"))
        .then(pl.lit(">="))
        .when((way == "down") | spent)
        .then(pl.lit("<="))
        .when(pl.col("target_squeezed").str.contains(_DONE) & ~pl.col("is_cost"))
        .then(pl.lit(">="))
        .when((way == "up") & ~lasting & (~pl.col("is_cost") | saves))
        .then(pl.lit(">="))
        .cast(pl.Enum(OPERATORS))
    )


def compare(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `attainment_ratio`, `is_met`, `attainment_basis`, `attainment_reason` and `actual_band` to indicators.

    One row in, one row out, in order. `frame` holds for target (`target_`) and actual (`actual_`) the columns of
    `values.VALUE_SCHEMA` (a text that the form lacks is null) and `target_date`, `actual_date`; `operator`: printed or
    assumed; `is_operator_printed`; `is_cost`; `indicator_name` and what it tells (`name_directions`); `fiscal_year`.

    attainment_ratio (Decimal(30, 6), 1 is all) is actual / target; where less is better (`<=`, `<`) 1 within the limit
    and limit / actual beyond it. is_met is the comparison itself, strict where the operator is. `=` is met by more
    (rule R24), where less is better by less. Of a range the lower end counts where more is better, the upper where less
    is; two printed bounds (≥60%且≤80%) and a range behind `=` count both. What lies within the range is all (1), what
    is beyond it is held against its upper end. Without an operator equality is met, all else is not judged.
    An actual with a bound of its own (不足12次, 超过5%) or two ends (5-12次) is judged where every value within it says
    the same; its own number then says nothing of how much was reached (actual_is_a_bound). Units: see
    `comparability.common_unit`. A deadline with a share (9月底前完成60%) is met where what the actual states of the two
    is. Words are met by their band (1) or by the target's own text, dates as dates, ranks by place, grades by order.
    What says that it was not reached (未完成12次) is never met.

    attainment_basis says what is_met rests on: measured (numbers, dates, ranks, grades), stated (words against a
    number, date or rank: 达成指标, 未完成), worded (words against words); null without is_met.

    attainment_reason says why there is no ratio: words, date, zero_target, negative_target, boundary (a strict limit
    hit exactly: missed, no ratio, rule R23), target_missing, actual_missing, not_applicable (the actual says 不涉及),
    target_not_comparable, actual_not_a_number, actual_not_a_date, words_not_known, unit_mismatch, unit_ambiguous,
    direction_mismatch, direction_unknown, actual_is_a_bound, denied (the actual says that it was not reached),
    not_the_attainment (取消, 还差2次, 上年96%, 不合格率4%), rough_date, too_large; null with a ratio.
    """
    return _conclude(_judge(common_unit(of_another(_bands(frame.with_row_index("row")))))).drop("row")


def _judge(frame: pl.DataFrame) -> pl.DataFrame:
    """Compare numbers: `number_met`, `number_ratio`, `number_reason`; and dates: `date_met`."""
    operator = pl.col("operator")
    less = operator.is_in(["<=", "<"]) | ((operator == "=") & (pl.col("is_cost") | (pl.col("name_way") == "down")))
    # =20~30 has two ends, and both count
    between = pl.col("target_is_between").fill_null(False) | ((operator == "=") & pl.col("t_high").is_not_null())
    between = between.fill_null(False)
    less = less.fill_null(False) & ~between
    limit = pl.when(less).then(pl.coalesce("t_high", "t_low")).otherwise("t_low")
    actual = pl.when(less).then(pl.coalesce("a_high", "a_low")).otherwise("a_low")
    frame = frame.with_columns(limit.alias("limit"), actual.alias("reached"), less.alias("is_less_better"))
    limit, actual, less = pl.col("limit"), pl.col("reached"), pl.col("is_less_better")
    strict = operator.is_in(["<", ">"]).fill_null(False)
    unknown = operator.is_null()
    met = (
        pl.when(unknown)
        .then(
            pl.when((actual == limit) & (pl.col("a_high").is_null() | (pl.col("a_high") == pl.col("t_high")))).then(
                True
            )
        )
        .when(less & strict)
        .then(actual < limit)
        .when(less)
        .then(actual <= limit)
        .when(strict)
        .then(actual > limit)
        .otherwise(actual >= limit)
    )
    # a target of nothing is not reached by more than nothing, whichever way is better; 0-5次 is reached within its ends
    bare = (limit == 0) & ~pl.col("is_operator_printed").fill_null(False) & ~less
    within = pl.when(actual.is_between(0, pl.col("t_high"))).then(True)
    of_nothing = pl.when(pl.col("t_high") > 0).then(within).otherwise(actual == 0)
    met = pl.when(bare).then(of_nothing).otherwise(met)
    met = pl.when((limit == 0) & (operator == "=")).then(actual == 0).otherwise(met)
    over = between & (pl.coalesce("a_high", "a_low") > pl.col("t_high"))
    met = pl.when(over.fill_null(False)).then(False).otherwise(met)
    met, from_bound = _bounded(met, limit, actual, less, strict, between)
    if frame["a_high"].null_count() < frame.height:
        crosses, says_little = _two_ended(limit, less)
        met = pl.when(crosses & ~unknown & ~met).then(None).otherwise(met)
        from_bound = from_bound | says_little
    boundary = strict & (actual == limit)
    divisor = pl.when(less).then(pl.when(actual > 0).then(actual)).otherwise(pl.when(limit > 0).then(limit))
    # within a range all is reached; beyond it the upper end is what was asked for
    top = pl.when(actual > pl.col("t_high")).then("t_high").when(actual >= limit).then(actual).otherwise(limit)
    divisor = pl.when(pl.col("t_high").is_not_null() & ~less & (limit > 0)).then(top).otherwise(divisor)
    dividend = pl.when(less).then(limit).otherwise(actual)
    room = pl.lit("1000000000000000000000").cast(WIDE)
    fits = (dividend.abs() < room) & (divisor < room)
    quotient = pl.when(fits).then(dividend).cast(WIDE) / pl.when(fits).then(divisor).cast(WIDE)
    ratio = pl.when(less & (actual <= limit)).then(_ONE).otherwise(quotient)
    ratio = pl.when(unknown & (actual != limit)).then(None).otherwise(ratio)
    return frame.with_columns(
        met.alias("number_met"),
        pl.when((limit > 0) & ~boundary & ~from_bound & ~over.fill_null(False)).then(ratio).alias("number_ratio"),
        pl.when(limit == 0)
        .then(pl.lit("zero_target"))
        .when(limit < 0)
        .then(pl.lit("negative_target"))
        .when(from_bound)
        .then(pl.lit("actual_is_a_bound"))
        .when(unknown & (actual != limit))
        .then(pl.lit("direction_unknown"))
        .when(boundary | over.fill_null(False))
        .then(pl.lit("boundary"))
        .alias("number_reason"),
        *_by_date(),
    )


def _by_date() -> tuple[pl.Expr, pl.Expr]:
    """Compare dates: `date_met`, null where one of them is rough; and `is_rough`."""
    target_date, actual_date, until = pl.col("target_date"), pl.col("actual_date"), pl.col("target_date_operator")
    rough = pl.col("target_is_rough_date").fill_null(False) | pl.col("actual_is_rough_date").fill_null(False)
    met = (
        pl.when(rough)
        .then(None)
        .when(until == "<")
        .then(actual_date < target_date)
        .when(until == ">=")
        .then(actual_date >= target_date)
        .when(until == ">")
        .then(actual_date > target_date)
        .otherwise(actual_date <= target_date)
    )
    return met.alias("date_met"), rough.alias("is_rough")


def _two_ended(limit: pl.Expr, less: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Tell of an actual with two ends whether only one reaches the target (5~12次 beside 10次).

    Returns:
        That, and whether its lower end says nothing about how much was reached: always, unless the target is the same
        range.
    """
    low, high = pl.col("a_low"), pl.col("a_high")
    reaches = (high >= limit) & (low <= pl.coalesce("t_high", "a_low"))
    crosses = pl.when(less).then(low <= limit).otherwise(reaches)
    same_range = (low == pl.col("t_low")) & (high == pl.col("t_high"))
    return (high.is_not_null() & crosses).fill_null(False), ((high != low) & ~same_range.fill_null(False)).fill_null(
        False
    )


def _bounded(
    met: pl.Expr, limit: pl.Expr, actual: pl.Expr, less: pl.Expr, strict: pl.Expr, between: pl.Expr
) -> tuple[pl.Expr, pl.Expr]:
    """Judge an actual that is a bound itself, by what all values within it say; null where they differ.

    Returns:
        is_met; and whether the actual's own number says nothing about how much was reached.
    """
    bound = pl.col("actual_bound")
    below, above = bound.is_in(["<", "<="]), bound.is_in([">", ">="])
    open_end = bound.is_in(["<", ">"])
    no_direction = pl.col("operator").is_null()
    judged = (
        pl.when(no_direction)
        .then(pl.when(~open_end).then(met))
        .when(less & below)
        .then(pl.when((actual < limit) | ((actual == limit) & (open_end | ~strict))).then(True))
        .when(less & above)
        .then(pl.when((actual > limit) | ((actual == limit) & open_end)).then(False))
        .when(above)
        .then(pl.when((actual > limit) | ((actual == limit) & (open_end | ~strict))).then(True))
        .when(below)
        .then(pl.when((actual < limit) | ((actual == limit) & open_end)).then(False))
    )
    between = between & (below | above).fill_null(False)
    is_bound = (below | above).fill_null(False)
    result = pl.when(between).then(None).when(is_bound).then(judged).otherwise(met)
    opposed = (less & above) | (~less & below)
    return result, is_bound & (open_end | opposed | result.is_null()).fill_null(True)


def _bands(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `graded` (the actual's grade is as good as the target's), `word_band` and `restated` to wordy targets.

    The band of the list, or that of the target's own words: 已建立健全 for 建立健全 is 1, 基本及时 for 及时 is 2.
    Looked up once for each pair of texts.
    """
    keys = ["target_squeezed", "actual_squeezed", "indicator_name"]
    wordy = frame.filter((pl.col("target_kind") == "qualitative") & pl.col("actual_squeezed").is_not_null())
    pairs = wordy.select(*keys, "target_grade", "actual_grade", "target_reason", "actual_band").unique(keys)
    target, actual = pl.col("target_squeezed"), pl.col("actual_squeezed")
    core = actual.str.replace("^(?:已经|已|均已|均|全部|全面|持续|有所|都)+", "")
    restated = (core == target.str.replace("^(?:已经|已|均已|均|全部|全面)+", "")) & (core.str.len_chars() > 1)
    # 合格 says nothing of 优良
    passed = actual.str.contains("^(?:验收)?(?:合格|及格)$") & target.str.contains("优|良好|精品|样板")
    listed = words("word_pairs")
    same = pl.concat_str(target, pl.lit("\x01"), actual).is_in((listed["target"] + "\x01" + listed["actual"]).to_list())
    equal = (target == actual) & (pl.col("target_reason") != "question").fill_null(True)
    graded = grade_met(
        rank_grades(pl.col("target_grade")), rank_grades(pl.col("actual_grade")), pl.col("indicator_name")
    )
    judged = pairs.with_columns(graded.alias("graded")).select(
        *keys,
        "graded",
        pl.when(actual == pl.lit("基本") + target)
        .then(2)
        .when(equal | pl.col("graded") | restated | same)
        .then(1)
        .when(~pl.col("graded") | pl.any_horizontal(actual == pl.lit(word) + target for word in _DENIALS))
        .then(3)
        .when(passed)
        .then(None)
        .otherwise("actual_band")
        .alias("word_band"),
        restated.alias("restated"),
    )
    found = wordy.select("row", *keys).join(judged, on=keys, how="left", nulls_equal=True, maintain_order="left")
    return frame.join(
        found.select("row", "graded", "word_band", "restated"), on="row", how="left", maintain_order="left"
    )


def _conclude(frame: pl.DataFrame) -> pl.DataFrame:
    """Choose by the kinds of target and actual which comparison counts: see `attainment_cases`."""
    case: pl.Expr = pl.lit(len(CASES), dtype=pl.UInt8)
    for number, one in reversed(list(enumerate(CASES))):
        case = pl.when(one.when.fill_null(False)).then(pl.lit(number, dtype=pl.UInt8)).otherwise(case)
    met: pl.Expr = pl.lit(None, dtype=pl.Boolean)
    reason: pl.Expr = pl.col("fixed_reason")
    for number, one in enumerate(CASES):
        if one.is_met is not None:
            met = pl.when(pl.col("case") == number).then(one.is_met).otherwise(met)
        if not isinstance(one.reason, str):
            reason = pl.when(pl.col("case") == number).then(one.reason).otherwise(reason)
    chosen = frame.select(case.alias("case"))["case"]
    codes = [one.reason if isinstance(one.reason, str) else None for one in CASES] + ["words_not_known"]
    bases = [one.basis for one in CASES] + [None]
    ratio = pl.when(HAS_RATIO).then(pl.col("number_ratio").round(6, mode="half_away_from_zero"))
    frame = frame.with_columns(
        chosen,
        pl.Series("fixed_reason", codes, dtype=pl.String).gather(chosen),
        pl.Series("basis", bases, dtype=pl.Enum(ATTAINMENT_BASES)).gather(chosen),
    ).with_columns(
        met.alias("is_met"),
        reason.alias("attainment_reason"),
        ratio.cast(RATIO, strict=False).alias("attainment_ratio"),
        BAND.cast(pl.Int32).alias("actual_band"),
    )
    lost = pl.col("attainment_ratio").is_null() & pl.col("attainment_reason").is_null()
    return frame.with_columns(
        pl.when(lost).then(pl.lit("too_large")).otherwise("attainment_reason").alias("attainment_reason"),
        pl.when(pl.col("is_met").is_not_null()).then("basis").alias("attainment_basis"),
    )
