"""First and second level of an indicator, and the source of a line of money, put into the closed lists."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.normalising.folding import fold
from transforms.normalising.money import MOST_POINTS
from transforms.normalising.numbers import decimal
from transforms.normalising.vocabulary import words
from warehouse.contract.vocabulary import FUNDING_TYPES, LEVEL_1_TYPES, LEVEL_2_TYPES

POINTS: Final = pl.Decimal(18, 4)
_OF_POINTS: Final = r"\d分"


def caption_points(label: pl.Expr) -> pl.Expr:
    """Return the points printed in a level's label, Decimal(18, 4); null when there are none.

    A number counts when 分 or a bracket stands with it, broken brackets included: `(50分)`, `(50)`, `30分)`, ` 40 分`.
    What was earned (实得48分) is not the weight, and of two numbers with 分 neither is known to be it.

    Example:
        >>> frame = pl.DataFrame({"t": ["产出指标（50分）", "效益指标30分)", "指标1", "成本(0-20)分", "产出(50/48)"]})
        >>> [str(v) for v in frame.select(caption_points(pl.col("t"))).to_series()]
        ['50.0000', '30.0000', 'None', 'None', 'None']
    """
    number, before = r"(0(?:\.\d+)?|[1-9]\d*(?:\.\d+)?)", r"[^\d.\-~+/*×≥≤<>=()\x01]"
    folded = fold(label)
    found = pl.coalesce(
        folded.str.extract(rf"^(?:[^()]*{before})?{number}分\)?$"),
        folded.str.extract(rf"\((?:满分|分值|权重|共|计)?:?{number}(?:分)?\)?分?$"),
        folded.str.extract(rf"^[^()]*{before}{number}\)$"),
    )
    unclear = folded.str.contains(rf"{_OF_POINTS}.*{_OF_POINTS}|得:?\d|扣:?\d")
    points = decimal(pl.when(~unclear).then(found), POINTS)
    return pl.when(points <= MOST_POINTS).then(points)


def level_key(label: pl.Expr) -> pl.Expr:
    """Return the bare word of a level's label: without spaces, points, brackets, numbering, and 指标 or 等 at its end.

    Example:
        >>> frame = pl.DataFrame({"t": ["产 出 指 标 (50分)", "满意度指标等", "一、成本", "质量指标 12 分", "(50分)"]})
        >>> frame.select(level_key(pl.col("t"))).to_series().to_list()
        ['产出', '满意度', '成本', '质量', '']
    """
    folded = fold(label)
    return (
        folded.str.replace(r"[\[(]?[\d.\-~%]+分?[\])]?分?[)\]]?$", "")
        .str.replace(r"^(?:[(]?[一二三四五六七八九十\d]+[)]?[、.:)]?|[★☆*]+)", "")
        .str.replace_all(r"[()\[\]:、,.。★☆*\x01]", "")
        .str.replace(r"等$", "")
        .str.replace(r"指标(?:完成情况)?$", "")
        .str.replace(r"(?:及)?指标$", "")
    )


def _sorted_characters(text: pl.Expr) -> pl.Expr:
    return text.str.split("").list.sort().list.join("")


def level_types(labels: pl.Series, level: int) -> pl.DataFrame:
    """Look distinct labels of a level up in the closed list.

    Returns:
        `label`, `type` (null when the label is not known) and `points` (`caption_points`), one row for each distinct
        label that is not null. A label whose characters came out of a vertical cell in another order (出标产指) is
        known by its characters.

    Example:
        >>> level_types(pl.Series(["可持续性", "满意度指标", "出标产指", "别的"]), 2).sort("label")["type"].to_list()
        [None, None, 'sustainable_impact', 'satisfaction']
    """
    dtype = pl.Enum(LEVEL_1_TYPES if level == 1 else LEVEL_2_TYPES)
    listed = words("levels").filter(pl.col("level") == str(level)).select(pl.col("printed").alias("key"), "type")
    mixed = listed.select(
        _sorted_characters(pl.col("key") + "指标").alias("mixed"), pl.col("type").alias("mixed_type")
    ).unique("mixed", keep="none")
    frame = labels.drop_nulls().unique().to_frame("label").with_columns(level_key(pl.col("label")).alias("key"))
    bare = fold(pl.col("label")).str.replace_all(r"[\d.()分]", "")
    return (
        frame.with_columns(_sorted_characters(bare).alias("mixed"))
        .join(listed, on="key", how="left")
        .join(mixed, on="mixed", how="left")
        .select(
            "label",
            pl.coalesce("type", "mixed_type").cast(dtype).alias("type"),
            caption_points(pl.col("label")).alias("points"),
        )
    )


def funding_types(labels: pl.Series) -> pl.DataFrame:
    """Tell what distinct labels of funding lines are: `label`, `type`, `known`; an unknown source is `other`.

    Example:
        >>> labels = pl.Series(["其中：当年财政拨款", "年度资金总额：", "上年结转 资金", "其他"])
        >>> funding_types(labels).sort("label")["type"].to_list()
        ['carried_over', 'current_appropriation', 'other', 'total']
    """
    key = fold(pl.col("label")).str.replace(r"^其中:?", "").str.replace_all(r"[:、.。()]|万元|^\d+", "")
    frame = labels.drop_nulls().unique().to_frame("label").with_columns(key.alias("key"))
    rows = words("funding_sources").rows()
    first = pl.coalesce(
        *(pl.when(pl.col("key").str.contains(pattern)).then(pl.lit(kind)) for pattern, kind in rows),
        pl.lit(None, dtype=pl.String),
    )
    return frame.with_columns(first.alias("found")).select(
        "label",
        pl.col("found").fill_null("other").cast(pl.Enum(FUNDING_TYPES)).alias("type"),
        pl.col("found").is_not_null().alias("known"),
    )
