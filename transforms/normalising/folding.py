"""Printed text made plain enough to be read: widths, look-alike glyphs, spaces, blank marks.

Folded text is for reading only. What is published as printed text is never folded.
"""

from __future__ import annotations

from functools import cache
from typing import Final

import polars as pl

from transforms.normalising.vocabulary import mapping
from warehouse.contract.vocabulary import BLANK_MARKS, BLANK_WORDS

CJK: Final = r"⺀-⿟⿰-〿㇀-㇣㐀-䶿一-鿿豈-﫿︰-﹏＀-￯"
"""Ranges of a character class: CJK characters and full-width punctuation, beside which a wrap leaves no space."""

_FULL_WIDTH: Final = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}
_DIGRAPHS: Final = {">=": "≥", "=>": "≥", "≥=": "≥", "<=": "≤", "=<": "≤", "≤=": "≤", "==": "="}
_GAP: Final = "\x01"
_SPACED: Final = r"(\d)\s+(\d)"
_LINES_APART: Final = r"(\d)\s*\u3000\s*(\d)"
"""Two numbers, one below the other in their cell (`reading.text.PARTED`): never groups of one."""


def fold(text: pl.Expr) -> pl.Expr:
    """Return printed text with plain widths and glyphs and without spaces.

    Full-width ASCII becomes ASCII, every glyph of an operator, dash or bracket its plain form
    (`vocabulary/glyphs.csv`), `>=` becomes ≥. Spaces go, also between groups of three digits (`8 980 000`) and around a
    decimal point; a space that parts two other numbers stays as a control character: they are never read as one. Two of
    them stay where each number has a line of its own.

    Example:
        >>> frame = pl.DataFrame({"t": ["＞＝ 90 ％", "8 980 000", "12 3", "1 .5", "60\u3000400"]})
        >>> frame.select(fold(pl.col("t"))).to_series().to_list()
        ['≥90%', '8980000', '12\\x013', '1.5', '60\\x01\\x01400']
    """
    plain = text.str.replace_many(_FULL_WIDTH | mapping("glyphs", "printed", "plain"))
    gapped = plain
    for gap, mark in ((_LINES_APART, 2 * _GAP), (_LINES_APART, 2 * _GAP), (_SPACED, _GAP), (_SPACED, _GAP)):
        gapped = gapped.str.replace_all(gap, f"${{1}}{mark}${{2}}")
    bare = gapped.str.replace_all(r"[\s\u200b-\u200d\u2060\ufeff\u00ad]+", "")
    grouped = bare.str.contains(rf"(?:^|[^\d{_GAP}.,])\d{{1,3}}(?:{_GAP}\d{{3}})+(?:[^\d{_GAP}]|$)")
    joined = pl.when(grouped).then(bare.str.replace_all(_GAP, "", literal=True)).otherwise(bare)
    return joined.str.replace_many(_DIGRAPHS)


def squeeze(text: pl.Expr) -> pl.Expr:
    """Return text without any white space: what two printed texts are compared by."""
    return text.str.replace_all(r"\s+", "")


def is_blank(folded: pl.Expr, *, amount: bool = False) -> pl.Expr:
    """Tell whether folded text stands for nothing: empty, a dash, a slash (`warehouse.contract.vocabulary`).

    Args:
        folded: Text made plain by `fold`.
        amount: The text stands where an amount, a rate or points belong; then 无 is blank too.

    Example:
        >>> frame = pl.DataFrame({"t": ["", "——", "/", "无", "0"]})
        >>> frame.select(is_blank(fold(pl.col("t")), amount=True)).to_series().to_list()
        [True, True, True, True, False]
    """
    return (folded == "") | folded.is_in(_blank_marks(amount))


@cache
def _blank_marks(amount: bool) -> list[str]:
    marks = pl.Series("printed", (*BLANK_MARKS, *BLANK_WORDS) if amount else BLANK_MARKS)
    return marks.to_frame().select(fold(pl.col("printed"))).to_series().unique().sort().to_list()


def join_parts(parts: pl.Expr) -> pl.Expr:
    """Join the parts of a text that page breaks cut, given as a list in order.

    Nothing is put between two parts where either side of the cut is a CJK character or full-width punctuation, one
    space elsewhere; empty parts are left out.

    Example:
        >>> frame = pl.DataFrame({"t": [["质量", "指标"], ["data", "base"], ["", "5"], ["12", "个"]]})
        >>> frame.select(join_parts(pl.col("t"))).to_series().to_list()
        ['质量指标', 'data base', '5', '12个']
    """
    cut = "\x02"
    joined = parts.list.eval(pl.element().filter(pl.element().str.strip_chars() != "")).list.join(cut)
    close = joined.str.replace_all(rf"([{CJK}])\s*{cut}\s*", "${1}").str.replace_all(rf"\s*{cut}\s*([{CJK}])", "${1}")
    return close.str.replace_all(rf"\s*{cut}\s*", " ")
