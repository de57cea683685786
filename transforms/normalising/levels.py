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
_TWO_LEVELS: Final = (
    r"^(.+?)[-~/:>→·,、]+(.+)$",
    r"^([^()]+)\(([^()]+)\)$",
    r"^(\p{Han}{2,5}指标)(\p{Han}{2,9}指标)$",
)
"""产出指标-数量指标, 产出指标(数量): both levels in one cell."""


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
    """Return the bare word of a level's label.

    Without spaces, points, brackets, numbering, translation, and 指标 or 等 at its end.

    Example:
        >>> labels = ["产 出 指 标 (50分)", "满意度指标等", "一、成本", "质量指标 12 分", "(50分)", "A1 数量Quantity"]
        >>> frame = pl.DataFrame({"t": labels})
        >>> frame.select(level_key(pl.col("t"))).to_series().to_list()
        ['产出', '满意度', '成本', '质量', '', '数量']
    """
    folded = fold(label)
    return (
        folded.str.replace(r"[\[(]?[\d.\-~%]+分?[\])]?分?[)\]]?$", "")
        .str.replace_all(r"[A-Za-z][A-Za-z.]*(?:\d{1,3}[.]?)*", "")
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
    listed = _listed(level)
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


def types_of_one_column(labels: pl.Series) -> pl.DataFrame:
    """Tell what labels say of both levels, for forms that print one column for the two.

    Returns:
        `label`, `type_1`, `type_2`, one row for each distinct label that is not null: both types of a label that names
        both levels, the first of a word of the first level (产出指标) in the column of the second; else null.

    Example:
        >>> types_of_one_column(pl.Series(["产出指标（数量）", "效益指标", "数量指标"])).sort("label").rows()
        [('产出指标（数量）', 'output', 'quantity'), ('效益指标', 'benefit', None), ('数量指标', None, None)]
    """
    alone = _listed(1).join(_listed(2), on="key", how="anti").rename({"type": "alone"})
    found = _of_both(labels.drop_nulls().unique()).join(alone, on="key", how="left")
    return found.select(
        "label",
        pl.coalesce("type_1", "alone").cast(pl.Enum(LEVEL_1_TYPES)).alias("type_1"),
        pl.col("type_2").cast(pl.Enum(LEVEL_2_TYPES)),
    )


def _listed(level: int) -> pl.DataFrame:
    return words("levels").filter(pl.col("level") == str(level)).select(pl.col("printed").alias("key"), "type")


def _of_both(labels: pl.Series) -> pl.DataFrame:
    """Part labels that name a word of the first level and one of the second: `label`, `key`, `type_1`, `type_2`.

    A word that is on both lists (经济效益) is not the first part: 经济效益/社会效益 are two of the second level.
    满意度 and 成本 are, before their own kind: 成本-经济成本.
    """
    folded = fold(pl.col("label"))
    parts = [folded.str.extract_groups(pattern).struct for pattern in _TWO_LEVELS]
    frame = labels.to_frame("label").with_columns(
        level_key(pl.col("label")).alias("key"),
        *(level_key(pl.coalesce(p.field(str(n)) for p in parts)).alias(f"key_{n}") for n in (1, 2)),
    )
    first, second = _listed(1).rename({"key": "key_1", "type": "type_1"}), _listed(2)
    first = first.join(second.select(key_1="key", is_on_both=pl.lit(True)), on="key_1", how="left")
    frame = frame.join(first, on="key_1", how="left")
    frame = frame.join(second.rename({"key": "key_2", "type": "type_2"}), on="key_2", how="left")
    own_kind = pl.col("key_1").is_in(["满意度", "成本"]) & (
        pl.col("type_2").str.extract("(satisfaction|cost)$") == pl.col("type_1")
    )
    both = pl.col("type_1").is_not_null() & pl.col("type_2").is_not_null()
    both = both & (pl.col("is_on_both").is_null() | own_kind)
    return frame.select("label", "key", *(pl.when(both).then(c).alias(c) for c in ("type_1", "type_2")))


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
