"""Tables right behind a form that are none of it: lists, budgets and target tables."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.places import TABLE

_WORDS: Final = r"^[^\d≥≤<>=%]{1,12}$"
_NUMBERED: Final = r"^(?:序号|编号|行次|姓名)$"
_FEWEST_WORDS: Final = 4
_FEWEST_OTHERS: Final = 2
_FEWEST_EDGES: Final = 3
_LEAST_SHARED: Final = 0.5
_NEAR: Final = 9.0


def heads_another(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the tables whose first row heads something else: 序号 | 项目名称 | 实施单位 | 金额 | 备注.

    Such a row has only short words, labels of a form's header, money or persons among them, and none of indicators.

    Args:
        cells: `rows.label_cells`.
    """
    first = pl.col("row_number") == pl.col("row_number").min().over(TABLE)
    texts = cells.filter(pl.col("table_number").is_not_null(), pl.col("key") != "").filter(first)
    is_other = pl.any_horizontal(pl.col(f"{name}_field").is_not_null() for name in ("form", "funding", "personal"))
    is_other |= pl.col("key").str.contains(_NUMBERED)
    of_levels = pl.any_horizontal(pl.col(f"{name}_field").is_not_null() for name in ("level_1", "level_2", "total"))
    heads = texts.group_by(TABLE).agg(
        words=(pl.col("key").str.contains(_WORDS) & ~of_levels).all(),
        count=pl.len(),
        others=(is_other & pl.col("indicator_field").is_null()).sum(),
        named=pl.col("indicator_field").is_in(["indicator_name", "level_1_label", "target"]).sum(),
    )
    return heads.filter(
        "words", pl.col("count") >= _FEWEST_WORDS, pl.col("others") >= _FEWEST_OTHERS, pl.col("named") == 0
    ).select(TABLE)


def not_aligned(cells: pl.DataFrame, tables: pl.DataFrame) -> pl.DataFrame:
    """Return the tables that carry another one on, but whose first row has other columns than any row before it.

    Args:
        cells: Of whole documents.
        tables: `layout.find_tables`: table, `carries_on`, `shift`.
    """
    chained = tables.with_columns(chain=(~pl.col("carries_on")).cum_sum())
    placed = cells.join(chained, on=TABLE).with_columns(
        left=pl.col("x0") - pl.col("shift"), right=pl.col("x1") - pl.col("shift")
    )
    is_first = pl.col("row_number") == pl.col("row_number").min().over(TABLE)
    inner = pl.col("left") > pl.col("left").min().over(TABLE) + _NEAR
    firsts = placed.filter("carries_on", is_first).filter(inner).select(*TABLE, "chain", "left").unique()
    firsts = firsts.filter(pl.len().over(TABLE) >= _FEWEST_EDGES)
    if firsts.is_empty():
        return tables.select(TABLE).clear()
    place = pl.struct("page_number", "table_number")
    edges = pl.concat([placed.select("chain", place.alias("of"), edge=side) for side in ("left", "right")]).unique()
    met = (
        firsts.with_columns(place.alias("own"))
        .join(edges, on="chain")
        .filter(
            pl.col("of").struct["page_number"] * 1000 + pl.col("of").struct["table_number"]
            < pl.col("own").struct["page_number"] * 1000 + pl.col("own").struct["table_number"]
        )
        .group_by(*TABLE, "left")
        .agg(is_met=((pl.col("edge") - pl.col("left")).abs() <= _NEAR).any())
    )
    return met.group_by(TABLE).agg(share=pl.col("is_met").mean()).filter(pl.col("share") < _LEAST_SHARED).select(TABLE)
