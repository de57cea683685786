"""Lone marks by the other cells of their column: a mark has few pixels, but its column says what it can be."""

from __future__ import annotations

from typing import Final

import polars as pl

_COMPARISONS: Final = ("≥", "≤", ">", "<", "≧", "≦", ">=", "<=", "＞", "＜", "=", "＝")
_FLAT: Final = ("—", "-", "——", "一", "－", "＝", "二", "=", "–")
_DASHES: Final = ("—", "-", "——", "－", "–", "/", "／", "无", "")
_STROKES: Final = ("1", "l", "I", "|", "丨", "/", "／", "一")
_ODD: Final = r"^(?:\d|[^\d\p{Han}]{1,2})$"
"""What no column of comparison signs prints: letters and other marks, or a single digit, in place of a sign."""

_LONGEST: Final = 2
_REPAIRED: Final = 0.5
_SEVERAL: Final = 3
_AS_OTHERS: Final = 0.85
"""Certainty of an equals sign in a column of comparison signs, where the signs are not fewer than the flat marks."""


def by_column(frame: pl.DataFrame) -> pl.DataFrame:
    """Read lone marks as what their column holds.

    In a column of comparison signs a flat mark beside a number is an equals sign: `=` and `═` shrink to one bar. In
    a column that otherwise holds blank marks or words only, a lone stroke that was taken for a 1 is the blank mark that
    the column prints. What cannot be a sign, beside a number in a column of signs, is one that was misread.

    Args:
        frame: Cells of one page, with `confidence`.

    Returns:
        The same rows; a text that changed has a confidence of at most 0.5, or 0.85 where it is an equals sign and the
        column holds as many signs that were seen as such. What stands in place of a sign has at most 0.5, too.
    """
    text = pl.col("text").str.replace_all(r"\s", "")
    place = ["table_number", "column_number"]
    inside = frame.with_row_index("cell").filter(pl.col("table_number").is_not_null(), pl.col("column_span") > 0)
    cells = inside.select(
        "cell",
        *place,
        "row_number",
        "row_span",
        "confidence",
        text=text,
        ends=pl.col("column_number") + pl.col("column_span"),
    )
    beside = cells.select(
        "table_number",
        "row_number",
        pl.col("column_number").alias("ends"),
        has_number=pl.col("text").str.contains(r"\d"),
    )
    mark = pl.col("text")
    is_sign = mark.is_in(_COMPARISONS)
    is_short = mark.str.len_chars() <= _LONGEST
    has_digit = mark.str.contains(r"\d")
    is_flat = mark.is_in(_FLAT)
    is_stroke = mark.is_in(_STROKES)
    usual = mark.filter(mark.is_in([d for d in _DASHES if d not in ("", "无")])).mode().first()
    judged = (
        cells.join(beside, on=["table_number", "row_number", "ends"], how="left", maintain_order="left")
        .with_columns(
            signs=(is_sign & is_short).sum().over(place),
            flats=(is_flat & ~is_sign).sum().over(place),
            numbers=(has_digit & ~is_stroke).sum().over(place),
            blanks=mark.is_in([d for d in _DASHES if d]).sum().over(place),
            strokes=(is_stroke & ~mark.is_in(_DASHES)).sum().over(place),
            usual=usual.over(place),
        )
        .with_columns(
            read=pl.when((pl.col("signs") > 0) & is_flat & pl.col("has_number").fill_null(False))
            .then(pl.lit("="))
            .when(is_stroke & ~mark.is_in(_DASHES) & (pl.col("numbers") == 0) & (pl.col("blanks") > pl.col("strokes")))
            .then("usual"),
            is_odd=_is_odd(mark),
        )
        .with_columns(read=pl.when(pl.col("read").is_null() & pl.col("is_odd")).then(mark).otherwise("read"))
        .filter(pl.col("read").is_not_null(), (pl.col("read") != mark) | pl.col("is_odd"))
        .select(
            "cell",
            "read",
            sure=pl.when((pl.col("read") == "=") & (pl.col("flats") <= pl.col("signs"))).then(_AS_OTHERS),
        )
    )
    if judged.is_empty():
        return frame
    return (
        frame.with_row_index("cell")
        .join(judged, on="cell", how="left", maintain_order="left")
        .with_columns(
            text=pl.coalesce("read", "text"),
            confidence=pl.when(pl.col("read").is_not_null())
            .then(pl.coalesce("sure", pl.col("confidence").clip(upper_bound=_REPAIRED)))
            .otherwise("confidence"),
        )
        .drop("cell", "read", "sure")
    )


def _is_odd(mark: pl.Expr) -> pl.Expr:
    """Whether a mark stands beside a number in place of a sign, in a column that holds several and mostly signs."""
    is_known = mark.is_in([*_COMPARISONS, *_FLAT, *_DASHES])
    odd = mark.str.contains(_ODD) & ~is_known
    place = ["table_number", "column_number"]
    mostly = (pl.col("signs") >= _SEVERAL) & (pl.col("signs") >= 2 * odd.sum().over(place))
    return odd & mostly & pl.col("has_number").fill_null(False)
