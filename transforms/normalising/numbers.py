"""Numbers as people print them, exact: digits with commas, Chinese numerals, shares in words.

The pattern is always checked before anything is cast: a lenient cast reads `1e5` as 100000 and rounds in silence.
"""

from __future__ import annotations

from typing import Final

import polars as pl

NUMBER: Final = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
"""Regular expression of an unsigned number: thousands commas must stand at thousands."""

QUANTITY: Final = pl.Decimal(30, 8)
"""Type of every measured value."""

_DIGITS: Final = {
    "零": "0", "〇": "0", "一": "1", "二": "2", "两": "2", "三": "3", "四": "4", "五": "5", "六": "6", "七": "7",
    "八": "8", "九": "9",
}  # fmt: skip
_FORMAL: Final = {
    "壹": "一", "贰": "二", "叁": "三", "肆": "四", "伍": "五", "陆": "六", "柒": "七", "捌": "八", "玖": "九",
    "拾": "十", "佰": "百", "仟": "千", "萬": "万", "億": "亿",
}  # fmt: skip
CHINESE: Final = r"[零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟]+"
"""Regular expression of a run of Chinese numerals."""

_DIGIT: Final = "[一二两三四五六七八九]"
_SECTION: Final = rf"(?:{_DIGIT}千)?(?:零?{_DIGIT}百)?(?:零?{_DIGIT}?十)?(?:零?{_DIGIT})?"
_WHOLE: Final = rf"^(?:({_SECTION})亿)?零?(?:({_SECTION})万)?零?({_SECTION})$"


def decimal(text: pl.Expr, dtype: pl.Decimal = QUANTITY) -> pl.Expr:
    """Read a printed number exactly; null where the text is not one or does not fit.

    Args:
        text: Folded text: digits, an optional sign, thousands commas, a decimal point; nothing else.
        dtype: Type of the result; digits past its scale are rounded half up.

    Example:
        >>> frame = pl.DataFrame({"t": ["1,234.5", "-3", "1e5", "1,23", "", ".5"]})
        >>> frame.select(decimal(pl.col("t"), pl.Decimal(18, 2))).to_series().to_list()
        [Decimal('1234.50'), Decimal('-3.00'), None, None, None, Decimal('0.50')]
    """
    checked = pl.when(text.str.contains(rf"^[+-]?{NUMBER}$")).then(
        text.str.replace_all(",", "", literal=True).str.strip_prefix("+")
    )
    short = pl.when(checked.str.replace(r"\..*$", "").str.len_chars() <= 22).then(checked)
    # 14 digits after the point are room enough to round half up from; more are cut off before
    exact = short.str.replace(r"(\.\d{14})\d+$", "${1}").cast(pl.Decimal(38, 14), strict=False)
    return exact.round(dtype.scale, mode="half_away_from_zero").cast(dtype, strict=False)


def _section_value(section: pl.Expr) -> pl.Expr:
    def place(unit: str, size: int) -> pl.Expr:
        digit = section.str.extract(rf"({_DIGIT}){unit}").replace_strict(_DIGITS, default="0").cast(pl.Int64)
        return digit.fill_null(0) * size

    bare_ten = section.str.contains(r"(?:^|[^一二两三四五六七八九])十").fill_null(False).cast(pl.Int64) * 10
    last = section.str.extract(rf"({_DIGIT})$").replace_strict(_DIGITS, default="0").cast(pl.Int64).fill_null(0)
    return place("千", 1000) + place("百", 100) + place("十", 10) + bare_ten + last


def chinese_to_digits(text: pl.Expr) -> pl.Expr:
    """Return a Chinese numeral in Arabic digits; null where the text is not one whole numeral.

    Read are numerals with places (一百二十, 两千零三, 十二, 三亿五千万), four digits in a row (二〇二二) and the formal
    characters (壹佰). A shortened tail (一百二 for 120) is not read: it is too easily 102; nor are two digits in a row:
    七八 is seven or eight.

    Example:
        >>> frame = pl.DataFrame({"t": ["十二", "一百二十", "两千零三", "二〇二二", "一百二", "一般"]})
        >>> frame.select(chinese_to_digits(pl.col("t"))).to_series().to_list()
        ['12', '120', '2003', '2022', None, None]
    """
    plain = text.str.replace_many(_FORMAL)
    in_a_row = plain.str.contains(
        r"^(?:[一二三四五六七八九][零〇一二三四五六七八九]{3,}|[零〇][一二三四五六七八九]|[一二三四五六七八九][零〇])$"
    )
    shortened = plain.str.contains(rf"(?:[百千万亿]{_DIGIT}|千{_DIGIT}?十)$|[千]{_DIGIT}?十")
    sections = plain.str.extract_groups(_WHOLE)
    high, middle, low = (sections.struct.field(str(k)).fill_null("") for k in (1, 2, 3))
    value = _section_value(high) * 100_000_000 + _section_value(middle) * 10_000 + _section_value(low)
    readable = plain.str.contains(_WHOLE) & ~shortened & (plain != "") & ~plain.str.contains("^[万亿]|^零.")
    return (
        pl.when(in_a_row)
        .then(plain.str.replace_many(_DIGITS))
        .when(plain.is_in(["零", "〇"]))
        .then(pl.lit("0"))
        .when(readable)
        .then(value.cast(pl.String))
    )
