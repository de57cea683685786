"""Units of targets and actuals: which base unit a printed unit is a multiple of, and how many of it.

万台套 is 10 000 台套, 公里 is 1 000 米, 元/人*月 is 元/人·月. Sources: `vocabulary/units.csv`.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import polars as pl

from transforms.normalising.folding import fold
from transforms.normalising.numbers import QUANTITY
from transforms.normalising.vocabulary import words

SCALES: Final = {
    "万亿": "1000000000000",
    "千亿": "100000000000",
    "百亿": "10000000000",
    "十亿": "1000000000",
    "亿": "100000000",
    "千万": "10000000",
    "百万": "1000000",
    "十万": "100000",
    "万": "10000",
    "千": "1000",
    "百": "100",
    "十": "10",
}
"""Powers of ten that stand in front of a unit."""

_SCALE: Final = "万亿|千亿|百亿|十亿|亿|千万|百万|十万|万"
_PER: Final = r"[·*×、.,xX]"


@cache
def known_units() -> pl.DataFrame:
    """Return the units of the list: printed (folded), base, scale (exact), kind; one row for each printed form."""
    listed = words("units").select(
        fold(pl.col("printed")).alias("printed"), "base", pl.col("scale").cast(QUANTITY).alias("scale"), "kind"
    )
    return listed.unique("printed", keep="first", maintain_order=True)


@cache
def unit_pattern() -> str:
    """Return a regular expression of a known unit, the longest first, with its scale and what it is per."""
    names = sorted(known_units()["printed"].to_list(), key=len, reverse=True)
    unit = "(?:" + "|".join(re.escape(n) for n in names) + ")"
    return rf"(?:{_SCALE})?{unit}(?:[/每]{unit}(?:(?:{_PER}|[/每]){unit})*)?"


@cache
def starting_units() -> str:
    """Return a regular expression of the units that may stand before the name of what they count: 次培训, 公里管网.

    All counts and amounts; of other kinds those of two characters and more: 时 of 时段 is not a unit.
    """
    rows = known_units()
    counts = pl.col("kind").is_in(["count", "money", "percent", "mu", "work", "score"])
    free = rows.filter(counts | (pl.col("printed").str.len_chars() > 1) | pl.col("printed").is_in(["米", "吨", "天"]))
    names = sorted(free["printed"].to_list(), key=len, reverse=True)
    return rf"(?:{_SCALE})?(?:{'|'.join(re.escape(n) for n in names)})"


@cache
def not_unit_pattern() -> str:
    """Return a regular expression of words that only begin like a unit: 人份, 方面, 月饼."""
    return "(?:" + "|".join(sorted(words("not_units")["printed"], key=len, reverse=True)) + ")"


def _look_up(frame: pl.DataFrame, key: str, prefix: str) -> pl.DataFrame:
    table = known_units().select(
        pl.col("printed").alias(key), *(pl.col(c).alias(f"{prefix}{c}") for c in ("base", "scale", "kind"))
    )
    return frame.join(table, on=key, how="left", maintain_order="left")


@cache
def _plain_names() -> dict[str, str]:
    """Return for every listed unit the first that is as large of the same base: km is 公里, 名 is 人."""
    units = known_units().with_columns(pl.col("printed").first().over("base", "scale").alias("first"))
    plain = pl.when(pl.col("scale") == 1).then("base").otherwise("first").str.strip_prefix("个")
    return dict(units.select("printed", plain.alias("plain")).iter_rows())


def _denominators(frame: pl.DataFrame) -> pl.DataFrame:
    """Add `per`: the part after the slash with every piece in its plain form (名 is 人), pieces joined by ·."""
    pieces = (
        frame.with_row_index("row")
        .select(
            "row",
            # 人天 below the slash is 人·天
            pl.col("below")
            .str.replace_all("人(天|日|月|年)", "人·${1}")
            .str.replace_all(f"{_PER}|/", "·")
            .str.split("·")
            .alias("piece"),
        )
        .explode("piece")
        .drop_nulls("piece")
    )
    plain = (
        _look_up(pieces, "piece", "piece_")
        .with_columns(
            pl.col("piece").replace(_plain_names()).alias("plain"),
        )
        .group_by("row", maintain_order=True)
        .agg(pl.col("plain").str.join("·").alias("per"), pl.col("piece_base").is_not_null().all().alias("per_known"))
    )
    return (
        frame.with_row_index("row")
        .join(plain, on="row", how="left", maintain_order="left")
        .with_columns(pl.col("per_known").fill_null(True))
        .drop("row")
    )


def resolve(units: pl.Series) -> pl.DataFrame:
    """Resolve distinct unit texts (folded, without brackets).

    One row for each distinct unit, in no set order; null is left out. A unit that is not listed is its own base unit,
    after a 万 or 亿 in front of it is taken as scale.

    Returns:
        unit; unit_base (null for a bare scale such as 万); unit_scale: base units in one unit, Decimal(30, 8);
        unit_kind: percent, money, count, ... null when not listed or compound; unit_known.

    Example:
        >>> resolve(pl.Series(["万台套", "元/人*月", "‰", "粒粒"])).sort("unit").select("unit", "unit_base").rows()
        [('‰', '%'), ('万台套', '台套'), ('元/人*月', '元/人·月'), ('粒粒', '粒粒')]
    """
    frame = units.drop_nulls().unique().to_frame("unit").filter(pl.col("unit") != "")
    # the longest scale first: 千万 before 千; 千米 and 百分点 are units of their own and found before
    split = frame.with_columns(
        pl.col("unit").str.extract(rf"^({_SCALE}|[千百十])").alias("lead"),
        pl.col("unit").str.replace_all("每", "/").str.extract(r"^([^/]*)").alias("above"),
        pl.col("unit").str.replace_all("每", "/").str.extract(r"^[^/]*/(.+)$").alias("below"),
    ).with_columns(
        pl.when(pl.col("lead").is_not_null())
        .then(pl.col("above").str.replace(rf"^(?:{_SCALE}|[千百十])", ""))
        .alias("unscaled")
    )
    found = _look_up(_look_up(_look_up(split, "unit", "whole_"), "above", "above_"), "unscaled", "unscaled_")
    found = _denominators(found)
    small = pl.col("lead").is_in(["千", "百", "十"])
    scaled = pl.col("above_base").is_null() & (
        pl.col("unscaled_base").is_not_null() | (pl.col("lead").is_not_null() & (~small | (pl.col("unscaled") == "")))
    )
    lead = pl.col("lead").replace_strict(SCALES, default=None, return_dtype=pl.String).cast(QUANTITY)
    one = pl.lit("1").cast(QUANTITY)
    top = (
        pl.when(pl.col("above_base").is_not_null())
        .then("above_base")
        .when(scaled)
        .then(pl.coalesce("unscaled_base", "unscaled"))
        .otherwise("above")
    )
    size = (
        pl.when(pl.col("above_base").is_not_null())
        .then("above_scale")
        .when(scaled)
        .then(lead * pl.col("unscaled_scale").fill_null(one))
        .otherwise(one)
        .cast(QUANTITY)
    )
    base = pl.when(pl.col("per").is_not_null()).then(top + "/" + pl.col("per")).otherwise(top)
    listed = pl.col("above_base").is_not_null() | pl.col("unscaled_base").is_not_null()
    bare = scaled & (pl.col("unscaled") == "")
    whole = pl.col("whole_base").is_not_null()
    return found.select(
        "unit",
        pl.when(whole).then("whole_base").when(base != "").then(base).alias("unit_base"),
        pl.when(whole).then("whole_scale").otherwise(size).cast(QUANTITY).alias("unit_scale"),
        pl.when(whole)
        .then("whole_kind")
        .when(pl.col("per").is_null())
        .then(pl.coalesce("above_kind", "unscaled_kind"))
        .alias("unit_kind"),
        (whole | ((listed | bare | (pl.col("above") == "")) & pl.col("per_known"))).alias("unit_known"),
    )
