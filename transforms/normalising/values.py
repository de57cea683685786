"""What the text of a target or an actual means: operator, number, range, unit, date, rank or words.

Most texts are one number between the same few operators and units: they are read as a pattern with any number in it
(≥8个 for ≥12个 and ≥30.5个), each pattern once, so that a million rows cost no more than their patterns.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.normalising.folding import squeeze
from transforms.normalising.numbers import NUMBER, QUANTITY, decimal
from transforms.normalising.value_grammar import READING_SCHEMA, read_texts
from transforms.normalising.value_numbers import GROUPED_BY_A_POINT
from transforms.normalising.vocabulary import mapping
from warehouse.contract.vocabulary import TARGET_KINDS

VALUE_SCHEMA: Final = pl.Schema(
    [(name, dtype) for name, dtype in READING_SCHEMA.items() if name != "size"]
    + [("base", QUANTITY), ("high_base", QUANTITY), ("squeezed", pl.String())]
)
"""Columns of `parse_values`."""

_ONE_NUMBER: Final = rf"^(?P<lead>[^\d０-９]*?)(?P<digits>{NUMBER})(?P<rest>[^\d０-９]*)$"
_ANY_NUMBER: Final = "8"
_DASHES: Final = "".join(c for c, plain in mapping("glyphs", "printed", "plain").items() if plain in "-~")
_NOT_ONLY_A_NUMBER: Final = rf"[年月日季度第前周期．，.,]$|[年月季第前－～~{_DASHES}\-]"
"""Before a number these make it a date, a place, the end of a range or negative: then the number itself matters."""
_NAMED: Final = r"^(?:1(?:10|19|20|22|2[1-3]\d\d)|9(?:8[58]|[56]\d{3})|211|863|973)$"
"""Numbers that are also names: 120急救, 12345热线, 985高校."""
_MAY_BE_A_DAY: Final = rf"^0\d|^20\d{{6}}$|^20[0-4]\d(?:\.(?:0?[1-9]|1[0-2])|0[1-9]|1[0-2])$|{GROUPED_BY_A_POINT}"
_PLAIN_DIGITS: Final = dict(zip("０１２３４５６７８９", "0123456789", strict=True))
_MAY_BE_A_SIGN: Final = r"^2\d\d(?:\.\d+)?$"
_NOT_ONLY_A_NUMBER_AFTER: Final = (
    r"^\s*(?:[年月日号季级类等星型版款届ADG热警底]|[上下]半年)|^\s*[个]?(?:年|月|天|小时)半|^\s*个半"
    r"|^\s*[、:：)）.．].|^\s*[.．]"
)


def parse_values(texts: pl.DataFrame) -> pl.DataFrame:
    """Read distinct texts of targets or actuals.

    Args:
        texts: `text` (String, not null, as printed), `is_ocr` (Boolean: the text comes from OCR), `is_dated` (Boolean:
            the row asks for a date and the text looks like one, 2023.5 or 12.31); distinct rows.

    Returns:
        One row for each row of `texts`, in no set order, columns of `VALUE_SCHEMA`:
        kind; operator as printed by sign or word, null when none is; value (of a rank: the place; of a range: its
        lower end, with the upper in `high`), null for dates and words; unit as printed, brackets left out; the same
        in the base unit (`base`, `high_base`, `unit_base`, see `units.resolve`); year, month, day of a date (see
        `dates.parse_dates`); direction of a change (up: 增长, down: 下降); band of words (rule R41); is_zero_word:
        无 and its kin, none at all.
        squeezed: the text without white space, by which a target and an actual in the same words are known.
        reason: why nothing was read as a number or date: blank, template_text, question, words, several_numbers,
        number_in_sentence, ocr_ambiguous, too_large.

    Example:
        >>> texts = pl.DataFrame({"text": ["≥1.50(万台套)", "98%以上", "三"], "is_ocr": False, "is_dated": False})
        >>> parse_values(texts).sort("base").select("operator", "value", "unit", "base").rows()
        [(None, Decimal('3.00000000'), None, Decimal('3.00000000')), \
('>=', Decimal('98.00000000'), '%', Decimal('98.00000000')), \
('>=', Decimal('1.50000000'), '万台套', Decimal('15000.00000000'))]
    """
    frame = texts.select("text", "is_ocr", "is_dated")
    parts = pl.col("text").str.extract_groups(_ONE_NUMBER)
    frame = frame.with_columns(parts.alias("parts")).unnest("parts")
    depends = (
        pl.col("lead").str.contains(_NOT_ONLY_A_NUMBER)
        | pl.col("rest").str.contains(_NOT_ONLY_A_NUMBER_AFTER)
        | pl.col("digits").str.contains(f"{_MAY_BE_A_DAY}|{_NAMED}")
        | (pl.col("digits").str.contains(_MAY_BE_A_SIGN) & pl.col("rest").str.contains("^\\s*[%％]"))
        | pl.col("is_ocr")
        | pl.col("is_dated")
    )
    simple = pl.col("digits").is_not_null() & ~depends
    pattern = pl.concat_str("lead", pl.lit(_ANY_NUMBER), "rest")
    frame = frame.with_columns(
        pl.when(simple).then(pattern).otherwise("text").alias("pattern"), pl.when(simple).then("digits").alias("digits")
    )
    frame = frame.with_columns(text_key("pattern").alias("key"))
    distinct = frame.select(pl.col("pattern").alias("text"), "is_ocr", "is_dated", "key").unique("key")
    read = (
        read_texts(distinct.drop("key")).with_columns(text_key("text").alias("key")).drop("text", "is_ocr", "is_dated")
    )
    return _with_number(frame.join(read, on="key", how="left", maintain_order="left"))


def text_key(text: str, is_ocr: str = "is_ocr", is_dated: str = "is_dated") -> pl.Expr:
    """Return one text that stands for a text and how it is to be read; joins on one column are the quicker ones."""
    flags = pl.concat_str(pl.col(is_ocr).cast(pl.UInt8), pl.col(is_dated).cast(pl.UInt8))
    return pl.when(pl.col(is_ocr) | pl.col(is_dated)).then(pl.concat_str(text, pl.lit("\x04"), flags)).otherwise(text)


def _with_number(frame: pl.DataFrame) -> pl.DataFrame:
    """Put each text's own number into what its pattern means, and scale to the base unit."""
    has_own = pl.col("digits").is_not_null() & pl.col("value").is_not_null()
    own = decimal(pl.col("digits").str.replace_many(_PLAIN_DIGITS))
    frame = frame.with_columns(pl.when(has_own).then(own).otherwise("value").alias("value"), has_own.alias("has_own"))
    lost = pl.col("has_own") & pl.col("value").is_null()
    of_number = ("operator", "bound", "unit", "unit_base", "unit_kind", "unit_known", "direction")
    return frame.with_columns(
        *(pl.when(~lost).then(c).alias(c) for c in of_number),
        pl.when(lost).then(pl.lit("qualitative", dtype=pl.Enum(TARGET_KINDS))).otherwise("kind").alias("kind"),
        pl.when(lost).then(pl.lit("too_large")).otherwise("reason").alias("reason"),
        _scaled(pl.col("value")).alias("base"),
        _scaled(pl.col("high")).alias("high_base"),
        squeeze(pl.col("text")).alias("squeezed"),
    ).select(VALUE_SCHEMA.names())


def _scaled(value: pl.Expr) -> pl.Expr:
    """Multiply exactly with the size of the unit; null where the product would not fit a quantity."""
    one, room = pl.lit("1").cast(QUANTITY), pl.lit("1000000000000000000").cast(QUANTITY)
    size = pl.col("size").fill_null(one)
    fits = (value.abs() < room) & ((size <= one) | (value.abs() < room / size))
    return pl.when(fits).then(value * size).when(size == one).then(value).cast(QUANTITY, strict=False)
