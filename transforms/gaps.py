"""What forms print that the closed lists do not have: the report by which the lists grow."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import polars as pl

from transforms.normalising.folding import fold
from transforms.normalising.levels import funding_types, level_types
from transforms.normalising.values import parse_values

GAPS_SCHEMA: Final = pl.Schema([("kind", pl.String()), ("printed", pl.String()), ("count", pl.UInt32())])
"""kind: level_1, level_2, unit, word, funding_source; printed: as the form has it; count: rows that print it."""

_LONGEST_WORD: Final = 12


def vocabulary_gaps(tables: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """Return what stands in `indicators` and `funding` and is in no list, the most frequent first.

    Args:
        tables: At least `indicators` and `funding`, as `normalise` returns them (published or quarantined).

    Returns:
        `GAPS_SCHEMA`, one row for each kind and printed text. Words are those of targets and actuals without any
        number, up to 12 characters; longer texts are sentences, which no list can hold.
    """
    indicators, funding = tables["indicators"], tables["funding"]
    found = [
        _count("level_1", indicators["level_1_label"], _unknown_level(indicators["level_1_label"], 1)),
        _count("level_2", indicators["level_2_label"], _unknown_level(indicators["level_2_label"], 2)),
        _count("funding_source", funding["source_label"], _unknown_source(funding["source_label"])),
        *(_value_gaps(indicators[c]) for c in ("target_text", "actual_text")),
    ]
    summed = pl.concat(found).group_by("kind", "printed").agg(pl.col("count").sum())
    return summed.cast(GAPS_SCHEMA).sort(["count", "kind", "printed"], descending=[True, False, False])


def _count(kind: str, printed: pl.Series, unknown: pl.Series) -> pl.DataFrame:
    rows = (
        printed.alias("printed")
        .drop_nulls()
        .to_frame()
        .join(unknown.alias("printed").to_frame(), on="printed", how="semi")
    )
    return rows.group_by("printed").agg(pl.len().alias("count")).select(pl.lit(kind).alias("kind"), "printed", "count")


def _unknown_level(labels: pl.Series, level: int) -> pl.Series:
    unknown = level_types(labels, level).filter(pl.col("type").is_null())
    named = unknown.filter(fold(pl.col("label")).str.contains(r"\p{Han}") & (fold(pl.col("label")) != "分"))
    return named.filter(~fold(pl.col("label")).str.contains(r"^[\d().分]*$"))["label"]


def _unknown_source(labels: pl.Series) -> pl.Series:
    return funding_types(labels).filter(~pl.col("known") & (pl.col("label").str.strip_chars() != ""))["label"]


def _value_gaps(texts: pl.Series) -> pl.DataFrame:
    counted = texts.alias("text").drop_nulls().to_frame().group_by("text").agg(pl.len().alias("count"))
    read = parse_values(counted.select("text", pl.lit(False).alias("is_ocr"), pl.lit(False).alias("is_dated"))).join(
        counted, on="text", how="left"
    )
    units = read.filter(pl.col("unit").is_not_null() & ~pl.col("unit_known").fill_null(True)).select(
        pl.lit("unit").alias("kind"), pl.col("unit").alias("printed"), "count"
    )
    words = read.filter(
        (pl.col("reason") == "words")
        & ~pl.col("is_known_word").fill_null(False)
        & pl.col("band").is_null()
        & (pl.col("text").str.len_chars() <= _LONGEST_WORD)
    ).select(pl.lit("word").alias("kind"), pl.col("text").alias("printed"), "count")
    return pl.concat([units, words])
