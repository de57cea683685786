"""Chinese numerals inside a text, written in digits where the whole text is one number."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.normalising.numbers import CHINESE, NUMBER, chinese_to_digits
from transforms.normalising.operators import FILLER, operator_pattern
from transforms.normalising.units import unit_pattern

_CHINESE_DIGITS: Final = dict(zip("零〇一二三四五六七八九", "00123456789", strict=True))
_FIGURES: Final = ("十分", "万分", "百分", "千分", "一点", "五一", "十一", "三八", "六一", "七一", "八一", "〇")
"""Words that look like a numeral with a unit, and holidays; a circle alone (○) is a mark."""
_VAGUE: Final = (
    "(?:[一二两三四五六七八][二两三四五六七八九])(?:十|百|千|万|个|次|人|名|场|户|家|项|件|份|期|年|月|天|条|处|座|间|台|套|起)"
    "|^(?:一批(?:[^次]|$)|一系列|一些|一定|若干|多[个次项家场种]|数[十百千万个次家])|±"
    r"|^(?:各|分别)(?:不少于|不低于|至少|达到?|≥|>=)?(?:\d+(?:\.\d+)?(?:[^%‰\d.]|$)|[一二两三四五六七八九十]+(?:[^成分]|$))"
)
"""About so many: 七八次, 一批, ±3天; or so many of each: 各5场; never read as one number."""


def is_vague(text: pl.Expr) -> pl.Expr:
    """Tell whether a folded text gives only about how many: 七八次, 三五个, 一批, ±3天; or how many of each: 各5场.

    Example:
        >>> frame = pl.DataFrame({"t": ["七八次", "三四百户", "十七八人", "二十八次", "一批", "十二个", "各5场"]})
        >>> frame.select(is_vague(pl.col("t"))).to_series().to_list()
        [True, True, True, False, True, False, True]
    """
    return text.str.contains(_VAGUE)


def digits_for_chinese(text: pl.Expr) -> pl.Expr:
    """Write Chinese numerals in digits where the whole text is a number; all other text stays.

    Example:
        >>> frame = pl.DataFrame({"t": ["百分之九十五以上", "不少于十二种", "三分之二", "一般", "十余次", "百分百"]})
        >>> frame.select(digits_for_chinese(pl.col("t"))).to_series().to_list()
        ['95%以上', '不少于12种', '2/3', '一般', '10余次', '100%']
    """
    share = text.str.extract_groups(
        rf"^((?:[^\d]*?[^\d十百千万亿])?)(百|千|万)分之({CHINESE})(?:点({CHINESE}))?([^\d]*)$"
    ).struct
    share_digits = text.str.extract_groups(rf"^((?:[^\d]*?[^\d十百千万亿])?)(百|千|万)分之({NUMBER})([^\d]*)$").struct
    tail = share.field("4").str.replace_many(_CHINESE_DIGITS)
    share_value = chinese_to_digits(share.field("3")) + pl.when(tail.is_null()).then(pl.lit("")).otherwise("." + tail)
    fraction = text.str.extract_groups(rf"^([^\d百千万]*?)({CHINESE})分之({CHINESE})([^\d]*)$").struct
    bound = rf"[余多来]?(?:{unit_pattern()})?(?:\((?:不?含)\))?(?:{operator_pattern('after')}|以?内)?整?"
    before = rf"(?:每{unit_pattern()})?{FILLER}*{operator_pattern('before')}?{FILLER}*"
    counted = text.str.extract_groups(rf"^({before})({CHINESE})({bound})$").struct
    count = chinese_to_digits(counted.field("2"))

    def sign(of: pl.Expr) -> pl.Expr:
        return of.replace_strict({"百": "%", "千": "‰", "万": "‱"}, default=None, return_dtype=pl.String)

    top, bottom = chinese_to_digits(fraction.field("3")), chinese_to_digits(fraction.field("2"))
    return (
        pl.when(text.str.contains("^百分(?:之)?百"))
        .then(text.str.replace("^百分(?:之)?百", "100%"))
        .when(text.str.contains("^(?:半数|一半|过半)"))
        .then(text.str.replace("^(?:半数|一半)", "50%").str.replace("^过半", "超过50%"))
        .when(share_value.is_not_null())
        .then(pl.concat_str(share.field("1"), share_value, sign(share.field("2")), share.field("5")))
        .when(share_digits.field("3").is_not_null())
        .then(
            pl.concat_str(
                share_digits.field("1"),
                share_digits.field("3"),
                sign(share_digits.field("2")),
                share_digits.field("4"),
            )
        )
        .when(top.is_not_null() & bottom.is_not_null())
        .then(pl.concat_str(fraction.field("1"), top, pl.lit("/"), bottom, fraction.field("4")))
        .when(count.is_not_null() & ~text.is_in(_FIGURES))
        .then(pl.concat_str(counted.field("1"), count, counted.field("3")))
        .otherwise(text)
    )
