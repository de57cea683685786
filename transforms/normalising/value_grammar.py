"""The grammar of a target or an actual: blank and unfilled text, dates, ranks, grades, numbers with their unit, words.

`values.parse_values` is the way in; it hands each distinct form of text to the grammar once.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.normalising.dates import parse_dates
from transforms.normalising.folding import fold
from transforms.normalising.grades import find_grades
from transforms.normalising.numbers import CHINESE, QUANTITY, chinese_to_digits, decimal
from transforms.normalising.numerals import digits_for_chinese, is_vague
from transforms.normalising.statements import SENSES, statements
from transforms.normalising.subjects import said_year, subjects
from transforms.normalising.two_bounds import one_spelling
from transforms.normalising.units import resolve
from transforms.normalising.value_numbers import find_number
from transforms.normalising.value_text import clean, number_texts, void, zero_words
from transforms.normalising.vocabulary import words
from warehouse.contract.vocabulary import OPERATORS, TARGET_KINDS

READING_SCHEMA: Final = pl.Schema(
    [
        ("text", pl.String()),
        ("is_ocr", pl.Boolean()),
        ("is_dated", pl.Boolean()),
        ("kind", pl.Enum(TARGET_KINDS)),
        ("operator", pl.Enum(OPERATORS)),
        ("bound", pl.Enum(OPERATORS)),
        ("value", QUANTITY),
        ("high", QUANTITY),
        ("is_between", pl.Boolean()),
        ("size", QUANTITY),
        ("unit", pl.String()),
        ("unit_base", pl.String()),
        ("unit_kind", pl.Categorical()),
        ("unit_known", pl.Boolean()),
        ("unit_code", pl.UInt32()),
        ("year", pl.Int32()),
        ("month", pl.Int32()),
        ("day", pl.Int32()),
        ("is_year", pl.Boolean()),
        ("date_operator", pl.Enum(OPERATORS)),
        ("is_rough_date", pl.Boolean()),
        ("is_bare_year", pl.Boolean()),
        ("may_be_sign", pl.Boolean()),
        ("direction", pl.Enum(["up", "down", "to"])),
        ("about", pl.Categorical()),
        ("grade", pl.Categorical()),
        ("band", pl.Int32()),
        ("is_zero_word", pl.Boolean()),
        ("is_known_word", pl.Boolean()),
        ("says_done", pl.Boolean()),
        ("says_in_time", pl.Boolean()),
        ("statement", pl.Enum(SENSES)),
        ("reason", pl.String()),
    ]
)
"""Columns of `read_texts`; size: base units in one `unit`; about: what the number is said of (see `subjects`)."""

_DONE: Final = "完成|达成|达标|达到|实现|符合预期|目标值?一致|同目标值?$"
_IN_TIME: Final = f"{_DONE}|按时|按期|及时|如期|准时|提前|按计划"
_OCR_SIGN: Final = r"^(?:工|乏|[$^])\d+(?:\.\d+)?%$"
OCR_TWO: Final = r"^\s*2\d\d(?:\.\d+)?\s*[%％]\s*$"
"""Regular expression of a percentage whose 2 may be a misread ≥: 290%."""
_YEAR_OR_NUMBER: Final = (
    r"^20[0-4]\d(?:\.[1-9]|(?:0[1-9]|1[0-2]))$|^20\d\d/\d{1,2}$"
    r"|^[≥≤<>=]?(?:0?[1-9]|1[0-2])/(?:1[3-9]|2\d|3[01])(?:[日号前]|之前|以前)*$"
)
"""2023.5, 202312 and 12/31 where no date is asked for: a date or a number."""
_YEARS: Final = r"^(?:19|20)\d\d[-~至到](?:19|20)\d\d$"
_MARK_OR_POINT: Final = r"^\s*(?:1?[1-9]|[12]0)[.．]\s+\d+(?:[.．]\d+)?\s*[^\d\s.．,，%％‰]"
"""1. 30人: the first of a list, or 1.30."""
_SERIAL_DAY: Final = (
    r"^(?:3[6-9]|4\d|5[0-7]),?\d{3}$|^20\d{4}(?:\d\d)?$|^[12]\d{5}$|^20\d\d\.\d{1,2}$"
    r"|^\d{1,2}-\d{1,2}$|^\d{1,2}\.\d{1,2}[-~至到]\d{1,2}\.\d{1,2}$|^[≥≤<>=]\d{1,2}\.(?:0[1-9]|[12]\d|3[01])$"
)
"""Where a date is asked for: a day as a spreadsheet counts it (44,561), one that no calendar has (202313), a span of
days or months (1.1-12.31, 1-12), a day behind a sign (≤12.31)."""


def read_texts(texts: pl.DataFrame) -> pl.DataFrame:
    """Read texts one by one; see `values.parse_values` for what the columns mean.

    Args:
        texts: `text` (String, not null, as printed), `is_ocr`, `is_dated` (Boolean).

    Returns:
        One row for each row of `texts`, in no set order, columns of `READING_SCHEMA`.

    Example:
        >>> texts = pl.DataFrame({"text": ["不少于十二种", "全国前3"], "is_ocr": False, "is_dated": False})
        >>> read_texts(texts).sort("value").select("kind", "operator", "value", "unit").rows()
        [('rank', '<=', Decimal('3.00000000'), None), ('quantitative', '>=', Decimal('12.00000000'), '种')]
    """
    frame = texts.select("text", "is_ocr", "is_dated").with_columns(clean(fold(pl.col("text"))).alias("plain"))
    plain = pl.col("plain")
    frame = frame.with_columns(
        void(plain).alias("void"), statements(plain).alias("statement"), find_grades(plain).alias("grade")
    )
    frame = parse_dates(frame, "plain").with_row_index("row")
    frame = _ranks(frame)
    frame = number_texts(frame)
    frame = frame.with_columns(
        (is_vague(pl.col("number_text")) | pl.col("text").str.contains(_MARK_OR_POINT)).alias("is_vague")
    )
    frame = find_number(one_spelling(_digits_for_numerals(frame)))
    frame = _words(frame)
    frame = frame.join(resolve(frame["unit"]), on="unit", how="left", maintain_order="left")
    return _coded(_finish(_decide(frame))).cast(READING_SCHEMA)


DEGREE_CODES: Final = {"℃": 0, "千瓦时": 1}
"""`unit_code` of 度 where its row tells which it is."""


def _coded(read: pl.DataFrame) -> pl.DataFrame:
    """Number the units, so that rows are compared by small numbers: `unit_code`, null where there is no unit."""
    named = ["unit", "unit_base", "unit_kind"]
    codes = read.select(named).unique(maintain_order=True).with_row_index("unit_code", offset=len(DEGREE_CODES))
    return read.join(codes, on=named, how="left", nulls_equal=True, maintain_order="left").select(
        READING_SCHEMA.names()
    )


def _digits_for_numerals(frame: pl.DataFrame) -> pl.DataFrame:
    """Write Chinese numerals in digits, where there are any: few texts have them and the patterns are slow."""
    once = pl.col("number_text").str.replace("^一年", "每年")
    named = pl.col("number_text").str.contains(f"{CHINESE}|半")
    some = frame.filter(named & ~pl.col("is_vague") & pl.col("grade").is_null())
    if some.height == 0:
        return frame
    written = some.select("row", digits_for_chinese(once).alias("written"))
    return frame.join(written, on="row", how="left", maintain_order="left").with_columns(
        pl.coalesce("written", "number_text").alias("number_text")
    )


def _ranks(frame: pl.DataFrame) -> pl.DataFrame:
    some = frame.filter(pl.col("plain").str.contains("[第前]") & pl.col("date_month").is_null())
    pattern = rf"^[^\d%≥≤<>=每]{{0,10}}?(第|前)(\d+|{CHINESE})(名|位|强|%)?(?:以?内|之列|行列)?$"
    place = pl.col("plain").str.extract(pattern, 2)
    value = pl.when(place.str.contains(r"^\d+$")).then(place).otherwise(chinese_to_digits(place))
    word = pl.col("plain").str.extract(pattern, 1)
    ahead = pl.col("plain").str.contains("提前|超前|之前|以前|第[一二三四]方|倒数")
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
        pl.lit(True).alias("is_exact_word"),
    )
    prefixes = table.filter(pl.col("match") == "prefix").group_by("band", maintain_order=True).agg("printed")
    patterns = {band: "^(?:" + "|".join(printed) + ")" for band, printed in prefixes.iter_rows()}
    begins = {band: pl.col("plain").str.contains(pattern) for band, pattern in patterns.items()}
    band = pl.coalesce(pl.when(fits).then(pl.lit(band, dtype=pl.Int32)) for band, fits in begins.items())
    return frame.join(exact, on="plain", how="left", maintain_order="left").with_columns(
        pl.coalesce("exact_band", band).alias("band"),
        zero_words(pl.col("plain")).alias("is_zero_word"),
        (pl.col("is_exact_word").fill_null(False) | pl.any_horizontal(begins.values())).alias("is_known_word"),
    )


def _decide(frame: pl.DataFrame) -> pl.DataFrame:
    """Choose what the text is: `is_rank`, `is_date`, `is_read` (its number counts), `is_doubtful` (OCR of a sign)."""
    text, filled = pl.col("number_text"), pl.col("void").is_null()
    high, below = pl.col("digits_high").is_not_null(), pl.col("digits_below").is_not_null()
    disordered = high & ~(pl.col("number_high") >= pl.col("number")).fill_null(False)
    no_share = below & (~(pl.col("number_below") != 0).fill_null(False) | pl.col("unit").is_not_null())
    # 20/15 is not a share: which of the two was aimed at is not known
    no_share = no_share | (below & (pl.col("number") > pl.col("number_below")).fill_null(False))
    from_ocr = pl.col("is_ocr") & text.str.contains(OCR_TWO) & (pl.col("number") > 200)
    doubtful = text.str.contains(_OCR_SIGN) | from_ocr.fill_null(False)
    is_rank = pl.col("rank").is_not_null() & filled
    is_date = pl.col("date_month").is_not_null() & filled & ~is_rank
    only_date = is_date & pl.col("date_rest").is_null()
    maybe_date = text.str.contains(_YEAR_OR_NUMBER) | (pl.col("is_dated") & text.str.contains(_SERIAL_DAY))
    is_numeric = pl.col("is_numeric") & filled & ~is_rank & ~only_date & pl.col("grade").is_null()
    settled = ~disordered & ~no_share & ~doubtful & ~maybe_date & ~pl.col("is_vague")
    read = is_numeric & settled & pl.col("is_stated") & pl.col("number").is_not_null()
    # what follows a deadline and is not read leaves the deadline in doubt too
    is_date = is_date & (only_date | read)
    return frame.with_columns(
        is_rank.alias("is_rank"),
        is_date.alias("is_date"),
        is_numeric.alias("is_numeric"),
        read.alias("is_read"),
        (is_numeric & doubtful).alias("is_doubtful"),
        (is_numeric & maybe_date).alias("is_maybe_date"),
        (read & below).alias("is_share"),
    )


def _finish(frame: pl.DataFrame) -> pl.DataFrame:
    void = pl.col("void")
    is_rank, is_date, is_read, is_share = (pl.col(c) for c in ("is_rank", "is_date", "is_read", "is_share"))
    other = void.is_null() & ~is_rank & ~is_date & ~is_read
    share = (pl.col("number") / pl.col("number_below")).cast(QUANTITY, strict=False)
    value = pl.when(is_rank).then("rank").when(is_share).then(share).when(is_read).then("number")
    one_or_all = pl.col("unit").is_null() & is_share
    frame = frame.with_columns(
        value.cast(QUANTITY).alias("value"),
        pl.when(is_read).then("number_high").alias("high"),
        (is_read & pl.col("is_between")).alias("is_between"),
        pl.when(is_rank).then("rank_unit").when(is_read).then("unit").alias("unit"),
        pl.when(one_or_all).then(pl.lit("100").cast(QUANTITY)).when(is_read).then("unit_scale").alias("size"),
    )
    enum = pl.Enum(OPERATORS)
    about = subjects(pl.col("plain"), pl.col("number_text"), is_date, is_rank)
    rank_base = pl.when(pl.col("unit") == "%").then(pl.lit("%"))
    return frame.select(
        "text",
        "is_ocr",
        "is_dated",
        _kind().alias("kind"),
        pl.when(is_rank)
        .then("rank_operator")
        .when(is_date & ~is_read)
        .then("date_operator")
        .when(is_read)
        .then("number_operator")
        .cast(enum)
        .alias("operator"),
        pl.when(is_read).then("number_bound").cast(enum).alias("bound"),
        "value",
        "high",
        "is_between",
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
        pl.when(is_date).then("date_year").when(is_read).then(said_year(pl.col("plain"))).alias("year"),
        *(pl.when(is_date).then(f"date_{c}").alias(c) for c in ("month", "day", "is_year")),
        pl.when(is_date).then("date_operator").cast(enum).alias("date_operator"),
        pl.when(is_date).then("date_is_rough").alias("is_rough_date"),
        pl.col("plain").str.contains(r"^20\d\d$").alias("is_bare_year"),
        pl.col("text").str.contains(OCR_TWO).alias("may_be_sign"),
        pl.when(is_read).then("direction").alias("direction"),
        pl.when(is_date | is_read | is_rank).then(about).alias("about"),
        pl.when(void.is_null()).then("grade").alias("grade"),
        pl.when(other).then("band").cast(pl.Int32).alias("band"),
        (pl.col("is_zero_word").fill_null(False) & void.is_null()).alias("is_zero_word"),
        pl.when(other).then("is_known_word").alias("is_known_word"),
        pl.col("plain").str.contains(_DONE).alias("says_done"),
        pl.col("plain").str.contains(_IN_TIME).alias("says_in_time"),
        pl.when(void.is_null()).then("statement").alias("statement"),
        _reason().alias("reason"),
    )


def _kind() -> pl.Expr:
    kind = (
        pl.when(pl.col("void").is_in(["blank", "template_text", "not_applicable"]))
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
        .when("is_maybe_date")
        .then(pl.lit("date_or_number"))
        .when("is_vague")
        .then(pl.lit("vague_number"))
        .when(pl.col("plain").str.contains(_YEARS))
        .then(pl.lit("span_of_years"))
        .when(~pl.col("number_text").str.contains(r"\d") & ~pl.col("plain").str.contains(r"\d"))
        .then(pl.lit("words"))
        .when((pl.col("is_numeric") & ~pl.col("is_stated")) | ~pl.col("number_text").str.contains(r"\d"))
        .then(pl.lit("number_in_sentence"))
        .when(pl.col("is_numeric") & pl.col("number").is_null())
        .then(pl.lit("too_large"))
        .otherwise(pl.lit("several_numbers"))
    )
