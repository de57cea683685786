"""Target and actual brought to one unit, as far as that can be done without a doubt."""

from __future__ import annotations

from functools import cache
from typing import Final

import polars as pl

from transforms.normalising.vocabulary import any_of, words

WIDE: Final = pl.Decimal(38, 8)
_SPANS: Final = {
    "years": ("months", "12"),
    "quarters": ("months", "3"),
    "months": ("months", "1"),
    "weeks": ("seconds", "604800"),
    "days": ("seconds", "86400"),
    "seconds": ("seconds", "1"),
    "mu": ("land", "10000"),
    "area": ("land", "15"),
}
"""Kinds of units that are whole multiples of a common one: 1 年 is 12 个月, 15 亩 are 10 000 平方米; a month is not."""


@cache
def _kin() -> list[str]:
    rows = words("unit_kin")
    pairs = zip(rows["one"].to_list(), rows["other"].to_list(), strict=True)
    return [f"{a}\x01{b}" for one, other in pairs for a, b in ((one, other), (other, one))]


def _family(kind: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    family = kind.replace_strict({k: f for k, (f, _) in _SPANS.items()}, default=None, return_dtype=pl.String)
    times = kind.replace_strict({k: n for k, (_, n) in _SPANS.items()}, default="1", return_dtype=pl.String)
    return family, times.cast(WIDE)


_RECURRING: Final = (
    r"^(?:次|场|期|回|趟|轮|遍|批|节)/(?:半年|季度|季|月|周|旬|学期|工作日|日|天)$"
    r"|^[^元]+/(?:半年|季度|季|月|周|旬|学期)$"
)
"""What comes again within the year: 2次/月. A bare 12 beside it may be of the month or of the year."""
_SHARE_NAMES: Final = "(?:率|满意度|达标度|完成度|比例|占比|比重|百分比)(?:[（(].*)?$"
_FALL_NAMES: Final = any_of("context_words", "falls")
"""A name that has the fall in it leaves open whether -3% is a fall of 3 % or a rise."""
_UNIT: Final = ("unit", "unit_base", "unit_kind")


def _pairs(frame: pl.DataFrame) -> pl.DataFrame:
    """Compare each pair of units that occurs once: few pairs stand for all rows.

    Returns:
        target_unit_code, actual_unit_code; is_same: the bases are one, or one is not known; is_span: different
        multiples of one unit, with `target_times` and `actual_times`; one_bare: one side alone has no unit; recurs: of
        a part of the year; is_percent, is_share: of the side without a unit (3/4); is_coarse: 9成 against a percentage.
    """
    codes = ["target_unit_code", "actual_unit_code"]
    pairs = frame.unique(codes, keep="any").select(
        *codes, *(f"{side}_{name}" for side in ("target", "actual") for name in _UNIT)
    )
    target_bare, actual_bare = pl.col("target_unit").is_null(), pl.col("actual_unit").is_null()
    # a form is for a year: 4次/年 are 4次
    target_base = pl.col("target_unit_base").str.replace("/年$", "")
    actual_base = pl.col("actual_unit_base").str.replace("/年$", "")
    # a share (3/4) has no printed unit but a known base
    target_share, actual_share = target_bare & target_base.is_not_null(), actual_bare & actual_base.is_not_null()
    target_bare, actual_bare = target_bare & target_base.is_null(), actual_bare & actual_base.is_null()
    target_family, target_times = _family(pl.col("target_unit_kind"))
    actual_family, actual_times = _family(pl.col("actual_unit_kind"))
    spans = (target_family == actual_family).fill_null(False) & (target_base != actual_base).fill_null(False)
    same = (target_base == actual_base) | target_base.is_null() | actual_base.is_null()
    counts = _are_counts(target_base, actual_base)
    one = pl.lit("1").cast(WIDE)
    return pairs.select(
        *codes,
        (same | counts | spans).fill_null(True).alias("is_same"),
        spans.alias("is_span"),
        pl.when(spans).then(target_times).otherwise(one).alias("target_times"),
        pl.when(spans).then(actual_times).otherwise(one).alias("actual_times"),
        (target_bare != actual_bare).alias("one_bare"),
        target_bare.alias("target_is_bare"),
        (target_base.str.contains(_RECURRING) | actual_base.str.contains(_RECURRING)).fill_null(False).alias("recurs"),
        ((target_base == "%") | (actual_base == "%")).fill_null(False).alias("is_percent"),
        ((pl.col("target_unit") == "%") & (pl.col("actual_unit") == "%")).fill_null(False).alias("are_percents"),
        (
            (pl.col("target_unit_kind") == "money")
            & (pl.col("actual_unit_kind") == "money")
            & (target_base == actual_base)
        )
        .fill_null(False)
        .alias("are_money"),
        (target_share | actual_share).alias("is_share"),
        # 9成 may be 88 %: too coarse to be held against 90 %
        ((pl.col("actual_unit") == "成") & (pl.col("target_unit") != "成").fill_null(True))
        .fill_null(False)
        .alias("is_coarse"),
    )


def common_unit(frame: pl.DataFrame) -> pl.DataFrame:
    """Bring both sides to one unit: `t_low`, `t_high`, `a_low`, `a_high`; `unit_reason` says where that fails.

    A side without a unit takes that of the other; not where that makes it thirty times off or a share of 1 (0.98 for
    98%, also 0.98% beside 98%), or where it may be of a month or of the year (12 for 2次/月). Without any unit a rate
    of 0.95 is not held against 90. Of a target that falls (下降10%) an actual below nothing is the fall: -12% are 12%;
    where only the name says so, that is not known. 个 is comparable with any other measure word, 场 with 场次; a form
    is for a year, so that 4次/年 are 4次. Not compared are 1次/季度 with a count, a place with a share of the places
    (前10%), the same number in a unit thousands of times smaller (49.8元 under 50万元), money just ten thousand times
    as much (30000万元, 3万元), and a plain count with a change of one (3起 beside 比上年减少5起).
    """
    codes = ["target_unit_code", "actual_unit_code"]
    frame = frame.join(_pairs(frame), on=codes, how="left", nulls_equal=True, maintain_order="left")
    frame = frame.with_columns(
        _where(frame, pl.col("are_percents") | pl.col("are_money"), _is_far_off()).alias("is_far_off"),
        _where(frame, pl.col("target_direction").is_in(["up", "down"]), _is_beside_change()).alias("is_beside_change"),
    )
    raw = pl.col("one_bare") | _are_ranks()
    falls = (_is_below_nothing() & (pl.col("target_direction") == "down")).fill_null(False)
    spans = pl.col("is_span").any()

    def brought(side: str, plain: str, base: str) -> pl.Expr:
        value = pl.when(raw).then(f"{side}_{plain}").otherwise(f"{side}_{base}").cast(WIDE)
        return pl.when(falls & (side == "actual")).then(-value).otherwise(value).alias(f"{side[0]}_{plain}")

    frame = frame.with_columns(
        *(
            brought(side, plain, base)
            for side in ("target", "actual")
            for plain, base in (("value", "base"), ("high", "high_base"))
        ),
        _unit_reason().alias("unit_reason"),
    ).rename({"t_value": "t_low", "a_value": "a_low"})
    if not frame.select(spans).item():
        return frame
    return frame.with_columns(
        pl.when("is_span")
        .then((pl.col(f"{side[0]}_{end}") * pl.col(f"{side}_times")).cast(WIDE, strict=False))
        .otherwise(f"{side[0]}_{end}")
        .cast(WIDE)
        .alias(f"{side[0]}_{end}")
        for side in ("target", "actual")
        for end in ("low", "high")
    )


def _unit_reason() -> pl.Expr:
    """Say why target and actual are not compared: unit_mismatch, unit_ambiguous, direction_unknown; null: they are."""
    ranks = _are_ranks()
    one_rank = (pl.col("target_kind") == "rank") != (pl.col("actual_kind") == "rank")
    ranked_unit = pl.when(pl.col("target_kind") == "rank").then("actual_unit_base").otherwise("target_unit_base")
    not_a_place = ranked_unit.is_not_null() & ~ranked_unit.is_in(["名", "人", "位"])
    of_all = {side: (pl.col(f"{side}_unit") == "%").fill_null(False) for side in ("target", "actual")}
    of_fall = pl.col("target_direction").is_null() & pl.col("indicator_name").str.contains(_FALL_NAMES)
    of_fall = of_fall | (pl.col("operator").is_in(["<=", "<"]) & (pl.col("target_unit_kind") == "money"))
    ambiguous = _is_slip() | pl.col("is_far_off") | (pl.col("one_bare") & _is_bare_in_doubt()) | _is_share_in_doubt()
    return (
        pl.when(ranks & (of_all["target"] != of_all["actual"]))
        .then(pl.lit("unit_mismatch"))
        .when(ranks & pl.col("is_same"))
        .then(None)
        .when(one_rank & not_a_place)
        .then(pl.lit("unit_mismatch"))
        .when(ambiguous | pl.col("is_coarse"))
        .then(pl.lit("unit_ambiguous"))
        .when((_is_below_nothing() & of_fall).fill_null(False) | pl.col("is_beside_change"))
        .then(pl.lit("direction_unknown"))
        .when(~pl.col("one_bare") & ~one_rank & ~pl.col("is_same"))
        .then(pl.lit("unit_mismatch"))
    )


def _are_ranks() -> pl.Expr:
    return (pl.col("target_kind") == "rank") & (pl.col("actual_kind") == "rank")


def _is_below_nothing() -> pl.Expr:
    """Tell whether the actual is below nothing, without a word for it, and the target is not."""
    return (pl.col("actual_value") < 0) & (pl.col("target_value") >= 0) & pl.col("actual_direction").is_null()


def _is_bare_in_doubt() -> pl.Expr:
    """Tell whether a side without a unit may mean something else than the unit of the other side."""
    target_bare, target, actual = pl.col("target_is_bare"), _wide("target"), _wide("actual")
    bare = pl.when(target_bare).then(target).otherwise(actual)
    other = pl.when(target_bare).then(actual).otherwise(target)
    percent = pl.col("is_percent")
    share = percent & (bare > 0) & (bare <= 1) & (other > 1)
    scaled = (
        pl.when(target_bare)
        .then(pl.col("actual_base") != pl.col("actual_value"))
        .otherwise(pl.col("target_base") != pl.col("target_value"))
    )
    far = scaled & ~percent & _is_far(bare, other, 30) & (bare != 0)
    part = _is_fraction(bare) & (other >= 100)
    recurring = pl.col("recurs") & (target != actual)
    return (share | far | part | recurring | pl.col("is_share")).fill_null(False)


def _is_share_in_doubt() -> pl.Expr:
    """Tell whether a rate without any unit stands as a share of one on one side: 0.95 against 90."""
    target, actual = _wide("target"), _wide("actual")
    bare = pl.col("target_unit").is_null() & pl.col("actual_unit").is_null()
    one_of_one = _is_fraction(target) & actual.is_between(1, 100) | _is_fraction(actual) & target.is_between(1, 100)
    return (bare & pl.col("indicator_name").str.contains(_SHARE_NAMES) & one_of_one).fill_null(False)


def _is_slip() -> pl.Expr:
    """Tell whether the same number stands in a unit that is thousands of times smaller: 49.8元 under 50万元."""
    money = (pl.col("target_unit_kind") == "money") & (pl.col("actual_unit_kind") == "money")
    far = _is_far(pl.col("target_base"), pl.col("actual_base")) & ~_is_far(_wide("target"), _wide("actual"), 10)
    return (money & (pl.col("actual_value") > 0) & far).fill_null(False)


def _where(frame: pl.DataFrame, some: pl.Expr, holds: pl.Expr) -> pl.Series:
    """Tell where a condition holds that can hold on `some` rows only; on those alone it is tried."""
    rows = pl.int_range(pl.len(), dtype=pl.UInt32)
    found = frame.select(*_ASKED, "are_percents", some.fill_null(False).alias("some"), rows.alias("row"))
    found = found.filter("some").filter(holds.fill_null(False))
    return pl.zeros(frame.height, dtype=pl.Boolean, eager=True).scatter(found["row"], True)


_ASKED: Final = (
    *(f"{side}_{name}" for side in ("target", "actual") for name in ("value", "base", "unit_base", "squeezed")),
    "target_direction",
    "actual_direction",
    "name_changes",
)


def _is_far_off() -> pl.Expr:
    """Tell whether one percentage is as good as a hundred times the other, which is at most one (0.95% and 95%).

    Or one sum just ten thousand times the other: 30000万元 and 3万元.
    """
    target, actual = _wide("target"), _wide("actual")
    small, large = pl.min_horizontal(target, actual), pl.max_horizontal(target, actual)
    near = (large >= small * 80) & (large <= small * 125) & (large >= 10) & (small > 0) & (small <= 1)
    one, other = pl.col("target_base").cast(WIDE), pl.col("actual_base").cast(WIDE)
    times = pl.lit("10000").cast(WIDE)
    exact = ((one == other * times) | (other == one * times)) & (pl.col("actual_value") > 0)
    return pl.when(pl.col("are_percents")).then(near).otherwise(exact)


def _is_beside_change() -> pl.Expr:
    """Tell whether the target is a change against another year and the actual says only how many: 3起."""
    share = pl.col("target_unit_base").is_in(["%", "百分点", "个百分点"]).fill_null(False)
    told = pl.col("name_changes").fill_null(False) | pl.col("actual_direction").is_not_null()
    signed = pl.col("actual_squeezed").str.contains(r"^[+＋-]|[少多高低]|超")
    return ~share & ~told & ~signed & pl.col("target_squeezed").str.contains("较|比|上年|去年")


def _wide(side: str) -> pl.Expr:
    return pl.col(f"{side}_value").cast(WIDE)


def _is_far(one: pl.Expr, other: pl.Expr, times: int = 900) -> pl.Expr:
    return (one > other * times) | (other > one * times)


def _is_fraction(value: pl.Expr) -> pl.Expr:
    return (value > 0) & (value < 1)


def _are_counts(target_base: pl.Expr, actual_base: pl.Expr) -> pl.Expr:
    """Tell whether two different base units count the same things: 个 and another measure word, 场 and 场次."""
    generic = (target_base == "个") | (actual_base == "个")
    countable = ["count", "time", "work"]
    counted = pl.col("target_unit_kind").is_in(countable) & pl.col("actual_unit_kind").is_in(countable)
    kin = pl.concat_str(target_base, pl.lit("\x01"), actual_base).is_in(_kin())
    return (counted & generic).fill_null(False) | kin.fill_null(False)
