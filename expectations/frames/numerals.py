"""Chinese numerals in a form's texts: 培训三百人, 举办讲座一百二十场."""

from __future__ import annotations

from typing import Final

import polars as pl

_ONES: Final = dict(zip("一二两三四五六七八九", "1223456789", strict=True))
_ONE: Final = "[一二两三四五六七八九]"
_NUMERAL: Final = "[零〇一二两三四五六七八九十百千万]{2,}"
_UP_TO_9999: Final = rf"(?:{_ONE}千)?(?:[零〇]?{_ONE}百)?(?:[零〇]?{_ONE}?十)?(?:[零〇]?{_ONE})?"
_WHOLE: Final = rf"^(?:(?<high>{_UP_TO_9999})万)?(?<low>[零〇]?{_UP_TO_9999})$"
_SHORTENED: Final = rf"[百千万]{_ONE}$|^{_ONE}{{2,}}$"
"""三百五 is 350 or 305 to a reader; 七八 is about as many."""

PIECE: Final = rf"[^，。；;、,：:！!？?\n]{{0,24}}?{_NUMERAL}[^0-9，。；;、,：:\s]{{0,6}}"
"""A numeral with up to 24 characters before it, within its clause, and up to six after it."""

_PARTS: Final = rf"^(?<before>.*?)(?<digits>{_NUMERAL})(?:余|多)?(?<after>.*)$"


def numerals_in(forms: pl.DataFrame, column: str) -> pl.DataFrame:
    """Return one row for each Chinese numeral of two characters and more in the texts of a column.

    Returns:
        form_id, before, digits (the numeral as printed), after, value (Int64). Left out are words that are no numeral
        (十四五), and numerals whose value is not sure (三百五, 七八).

    Example:
        >>> forms = pl.DataFrame({"form_id": ["a"], "goal": ["培训三百人，举办十四五讲座一百二十场"]})
        >>> numerals_in(forms, "goal").select("digits", "value", "after").rows()
        [('三百', 300, '人'), ('一百二十', 120, '场')]
    """
    # 十四五 is a name
    text = pl.col(column).str.replace_all("十[二三四五]五", "")
    return (
        forms.select("form_id", text.str.extract_all(PIECE).alias("piece"))
        .explode("piece")
        .drop_nulls("piece")
        .with_columns(pl.col("piece").str.extract_groups(_PARTS))
        .unnest("piece")
        .drop_nulls("digits")
        .filter(pl.col("digits").str.contains(_WHOLE) & ~pl.col("digits").str.contains(_SHORTENED))
        .with_columns(pl.col("digits").str.extract_groups(_WHOLE).alias("parts"))
        .unnest("parts")
        .with_columns((_section("high") * 10_000 + _section("low")).alias("value"))
        .filter(pl.col("value") > 0)
        .select("form_id", "before", "digits", "after", "value")
    )


def _section(name: str) -> pl.Expr:
    text = pl.col(name).fill_null("")

    def place(mark: str, size: int) -> pl.Expr:
        digit = text.str.extract(rf"({_ONE}){mark}", 1).replace_strict(_ONES, default="0").cast(pl.Int64)
        return digit.fill_null(0) * size

    ten = text.str.contains(r"(?:^|[零〇百千])十").cast(pl.Int64) * 10
    last = text.str.extract(rf"({_ONE})$", 1).replace_strict(_ONES, default="0").cast(pl.Int64).fill_null(0)
    return place("千", 1000) + place("百", 100) + place("十", 10) + ten + last
