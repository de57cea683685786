"""The grammar of a target or an actual: blank and unfilled text, dates, ranks, numbers with their unit, words.

`values.parse_values` is the way in; it hands each distinct form of text to the grammar once.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.normalising.dates import parse_dates
from transforms.normalising.folding import fold, is_blank
from transforms.normalising.numbers import CHINESE, QUANTITY, chinese_to_digits, decimal
from transforms.normalising.units import resolve
from transforms.normalising.value_numbers import digits_for_chinese, find_number, number_text
from transforms.normalising.vocabulary import words
from warehouse.contract.vocabulary import OPERATORS, TARGET_KINDS

READING_SCHEMA: Final = pl.Schema(
    [
        ("text", pl.String()),
        ("is_ocr", pl.Boolean()),
        ("kind", pl.Enum(TARGET_KINDS)),
        ("operator", pl.Enum(OPERATORS)),
        ("value", QUANTITY),
        ("high", QUANTITY),
        ("size", QUANTITY),
        ("unit", pl.String()),
        ("unit_base", pl.String()),
        ("unit_kind", pl.String()),
        ("unit_known", pl.Boolean()),
        ("year", pl.Int32()),
        ("month", pl.Int32()),
        ("day", pl.Int32()),
        ("is_year", pl.Boolean()),
        ("direction", pl.String()),
        ("band", pl.Int32()),
        ("is_zero_word", pl.Boolean()),
        ("is_known_word", pl.Boolean()),
        ("reason", pl.String()),
    ]
)
"""Columns of `read_texts`; size: base units in one `unit`."""

_UNFILLED: Final = r"\*\*|××|[XxＸ]{2}|…|\.{3,}|_{2,}|字以内\)"
_OCR_SIGN: Final = r"^(?:工|乏|[$^])\d+(?:\.\d+)?%$"
OCR_TWO: Final = r"^\s*2\d\d(?:\.\d+)?\s*[%％]\s*$"
"""Regular expression of a percentage whose 2 may be a misread ≥: 290%."""
_CLAUSE_END: Final = r"[。;；,!、.:]+$"
_LIST_MARK: Final = r"^(?:指标|目标|任务)?(?:\(\d{1,2}\)|\d{1,2}[、:.)])([^\d%‰].*)$"
_NAMED_MARK: Final = r"^(?:(?:指标|目标|任务)(?:\(\d{1,2}\)|\d{1,2}[、:)])|\(\d{1,2}\))(\d.*)$"
_EARNED: Final = r"^(.+)\((?:得|计|满分)?\d{1,3}(?:\.\d+)?分\)$"
_PER_AREA: Final = r"((?:^|[\d./万亿])[kcd]?m)"


def read_texts(texts: pl.DataFrame) -> pl.DataFrame:
    """Read texts one by one; see `values.parse_values` for what the columns mean.

    Args:
        texts: `text` (String, not null, as printed), `is_ocr` (Boolean).

    Returns:
        One row for each row of `texts`, in no set order, columns of `READING_SCHEMA`.

    Example:
        >>> texts = pl.DataFrame({"text": ["不少于十二种", "全国前3"], "is_ocr": [False, False]})
        >>> read_texts(texts).sort("value").select("kind", "operator", "value", "unit").rows()
        [('rank', '<=', Decimal('3.00000000'), None), ('quantitative', '>=', Decimal('12.00000000'), '种')]
    """
    frame = texts.select("text", "is_ocr").with_columns(_clean(fold(pl.col("text"))).alias("plain"))
    frame = parse_dates(_blanks(frame), "plain").with_row_index("row")
    frame = _ranks(frame)
    frame = frame.with_columns(number_text(pl.col("plain"), pl.col("date_rest")).alias("number_text"))
    frame = find_number(_digits_for_numerals(frame))
    frame = _words(frame)
    frame = frame.join(resolve(frame["unit"]), on="unit", how="left", maintain_order="left")
    return _finish(_decide(frame))


def _digits_for_numerals(frame: pl.DataFrame) -> pl.DataFrame:
    """Write Chinese numerals in digits, where there are any: few texts have them and the patterns are slow."""
    some = frame.filter(pl.col("number_text").str.contains(CHINESE))
    if some.height == 0:
        return frame
    written = some.select("row", digits_for_chinese(pl.col("number_text")).alias("written"))
    return frame.join(written, on="row", how="left", maintain_order="left").with_columns(
        pl.coalesce("written", "number_text").alias("number_text")
    )


def _clean(folded: pl.Expr) -> pl.Expr:
    """Leave out what only frames the value: quotes, list marks (指标1:), brackets around all, the end of a clause.

    Digits that belong to a name or a unit are written otherwise: PM2.5, m2.
    """
    plain = folded.str.replace_all("[\"'“”‘’「」]", "").str.replace(_LIST_MARK, "${1}").str.replace(_NAMED_MARK, "${1}")
    plain = plain.str.replace(_EARNED, "${1}").str.replace_all(r"\(含[^()]*\)", "(含)")
    plain = plain.str.replace_all(r"PM(?:2\.5|10)", "PM")
    for digit, power in (("2", "²"), ("3", "³")):
        plain = plain.str.replace_all(rf"{_PER_AREA}{digit}([^\d.]|$)", rf"${{1}}{power}${{2}}")
    plain = plain.str.replace(r"^指标\d{0,2}[:.、]?$", "").str.replace(r"^\(([^()]*)\)$", "${1}")
    trimmed = plain.str.replace(_CLAUSE_END, "").str.replace(r"^(?:指标值|目标值|实际完成值|完成值)[:=]?", "")
    return pl.when(trimmed == "").then(plain).otherwise(trimmed)


def _blanks(frame: pl.DataFrame) -> pl.DataFrame:
    plain = pl.col("plain")
    return frame.with_columns(
        pl.when(is_blank(plain))
        .then(pl.lit("blank"))
        .when(plain.str.contains(_UNFILLED))
        .then(pl.lit("template_text"))
        .when(plain.str.contains(r"^是否|[?吗]$"))
        .then(pl.lit("question"))
        .alias("void")
    )


def _ranks(frame: pl.DataFrame) -> pl.DataFrame:
    some = frame.filter(pl.col("plain").str.contains("[第前]") & pl.col("date_month").is_null())
    pattern = rf"^[^\d%≥≤<>=]{{0,10}}?(第|前)(\d+|{CHINESE})(名|位|强|%)?(?:以?内|之列|行列)?$"
    place = pl.col("plain").str.extract(pattern, 2)
    value = pl.when(place.str.contains(r"^\d+$")).then(place).otherwise(chinese_to_digits(place))
    word = pl.col("plain").str.extract(pattern, 1)
    ahead = pl.col("plain").str.contains("提前|超前|之前|以前|第[一二三四]方")
    is_rank = value.is_not_null() & ~ahead
    ranks = some.select(
        "row",
        pl.when(is_rank).then(decimal(value)).alias("rank"),
        pl.when(is_rank & (word == "前")).then(pl.lit("<=")).alias("rank_operator"),
        pl.when(is_rank).then(pl.col("plain").str.extract(pattern, 3)).alias("rank_unit"),
    )
    return frame.join(ranks, on="row", how="left", maintain_order="left")


def _words(frame: pl.DataFrame) -> pl.DataFrame:
    table = words("words").with_columns(fold(pl.col("printed")).alias("printed"), pl.col("band").cast(pl.Int32))
    exact = table.unique("printed", keep="first").select(
        pl.col("printed").alias("plain"),
        pl.col("band").alias("exact_band"),
        (pl.col("zero") == "yes").fill_null(False).alias("is_zero_word"),
        pl.lit(True).alias("is_exact_word"),
    )
    prefixes = table.filter(pl.col("match") == "prefix").group_by("band", maintain_order=True).agg("printed")
    patterns = {band: "^(?:" + "|".join(printed) + ")" for band, printed in prefixes.iter_rows()}
    begins = {band: pl.col("plain").str.contains(pattern) for band, pattern in patterns.items()}
    band = pl.coalesce(pl.when(fits).then(pl.lit(band, dtype=pl.Int32)) for band, fits in begins.items())
    return frame.join(exact, on="plain", how="left", maintain_order="left").with_columns(
        pl.coalesce("exact_band", band).alias("band"),
        (pl.col("is_exact_word").fill_null(False) | pl.any_horizontal(begins.values())).alias("is_known_word"),
    )


def _decide(frame: pl.DataFrame) -> pl.DataFrame:
    """Choose what the text is: `is_rank`, `is_date`, `is_read` (its number counts), `is_doubtful` (OCR of a sign)."""
    text, filled = pl.col("number_text"), pl.col("void").is_null()
    high, below = pl.col("digits_high").is_not_null(), pl.col("digits_below").is_not_null()
    disordered = high & ~(pl.col("number_high") >= pl.col("number")).fill_null(False)
    no_share = below & (~(pl.col("number_below") != 0).fill_null(False) | pl.col("unit").is_not_null())
    from_ocr = pl.col("is_ocr") & text.str.contains(OCR_TWO) & (pl.col("number") > 200)
    doubtful = text.str.contains(_OCR_SIGN) | from_ocr.fill_null(False)
    is_rank = pl.col("rank").is_not_null() & filled
    is_date = pl.col("date_month").is_not_null() & filled & ~is_rank
    only_date = is_date & pl.col("date_rest").is_null()
    is_numeric = pl.col("is_numeric") & filled & ~is_rank & ~only_date
    read = is_numeric & ~disordered & ~no_share & ~doubtful & pl.col("is_told") & pl.col("number").is_not_null()
    return frame.with_columns(
        is_rank.alias("is_rank"),
        is_date.alias("is_date"),
        is_numeric.alias("is_numeric"),
        read.alias("is_read"),
        (is_numeric & doubtful).alias("is_doubtful"),
        (read & below).alias("is_share"),
    )


def _finish(frame: pl.DataFrame) -> pl.DataFrame:
    void = pl.col("void")
    is_rank, is_date, is_read, is_share = (pl.col(c) for c in ("is_rank", "is_date", "is_read", "is_share"))
    other = void.is_null() & ~is_rank & ~is_date & ~is_read
    share = (pl.col("number") / pl.col("number_below")).cast(QUANTITY, strict=False)
    value = pl.when(is_rank).then("rank").when(is_share).then(share).when(is_read).then("number")
    frame = frame.with_columns(
        value.cast(QUANTITY).alias("value"),
        pl.when(is_read).then("number_high").alias("high"),
        pl.when(is_rank).then("rank_unit").when(is_read).then("unit").alias("unit"),
        pl.when(is_share).then(pl.lit("100").cast(QUANTITY)).when(is_read).then("unit_scale").alias("size"),
    )
    rank_base = pl.when(pl.col("unit") == "%").then(pl.lit("%"))
    return frame.select(
        "text",
        "is_ocr",
        _kind().alias("kind"),
        pl.when(is_rank)
        .then("rank_operator")
        .when(is_date & ~is_read)
        .then("date_operator")
        .when(is_read)
        .then("number_operator")
        .cast(pl.Enum(OPERATORS))
        .alias("operator"),
        "value",
        "high",
        "size",
        "unit",
        pl.when(is_rank)
        .then(rank_base)
        .when(is_share)
        .then(pl.lit("%"))
        .when(is_read)
        .then("unit_base")
        .alias("unit_base"),
        pl.when(is_share).then(pl.lit("percent")).when(is_read).then("unit_kind").alias("unit_kind"),
        pl.when(is_read).then("unit_known").alias("unit_known"),
        *(pl.when(is_date).then(f"date_{c}").alias(c) for c in ("year", "month", "day", "is_year")),
        pl.when(is_read).then("direction").alias("direction"),
        pl.when(other).then("band").cast(pl.Int32).alias("band"),
        (pl.col("is_zero_word").fill_null(False) & void.is_null()).alias("is_zero_word"),
        pl.when(other).then("is_known_word").alias("is_known_word"),
        _reason().alias("reason"),
    ).cast(READING_SCHEMA)


def _kind() -> pl.Expr:
    kind = (
        pl.when(pl.col("void").is_in(["blank", "template_text"]))
        .then(pl.lit("missing"))
        .when("is_rank")
        .then(pl.lit("rank"))
        .when("is_date")
        .then(pl.lit("date"))
        .when(pl.col("is_read") | pl.col("is_doubtful"))
        .then(pl.lit("quantitative"))
        .otherwise(pl.lit("qualitative"))
    )
    return kind.cast(pl.Enum(TARGET_KINDS))


def _reason() -> pl.Expr:
    return (
        pl.when(pl.col("void").is_not_null())
        .then("void")
        .when(pl.col("is_rank") | pl.col("is_read") | pl.col("is_date"))
        .then(None)
        .when("is_doubtful")
        .then(pl.lit("ocr_ambiguous"))
        .when(~pl.col("number_text").str.contains(r"\d"))
        .then(pl.lit("words"))
        .when(pl.col("is_numeric") & ~pl.col("is_told"))
        .then(pl.lit("number_in_sentence"))
        .when(pl.col("is_numeric") & pl.col("number").is_null())
        .then(pl.lit("too_large"))
        .otherwise(pl.lit("several_numbers"))
    )
