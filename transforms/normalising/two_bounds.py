"""Two bounds of one value, however they are printed, brought to one spelling: a lower one, then an upper one.

≤40公里且≥30公里, 30公里以上40公里以下, 至少30公里,最多40公里 and ≥30公里(≤40公里) all become ≥30公里≤40公里. The
grammar of numbers then reads the one spelling, and never keeps one bound of the two.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import polars as pl

from transforms.normalising.numbers import NUMBER
from transforms.normalising.operators import operator_words, reached_words

_JOINED: Final = r"(?:[,;、\x01&]|并且|[并且但及和而又]|同时|and)*"
_PLAIN: Final = r"[^\d\x01≥≤<>=]"
_UNIT: Final = r"([^\d\x01≥≤<>=不]{0,5}?)"
_TWO_NUMBERS: Final = r"\d,?[^\d,.].*\d"
_ABOVE: Final = rf"({NUMBER}){_UNIT}(?:\(含\))?[及或含]?以上"
_BELOW: Final = rf"({NUMBER}){_UNIT}(?:\(含\))?[及或含]?(?:以[下内]|之内)"
_BOTH_BEHIND: Final = r"\d[^\d]*以上[^\d]*\d|\d[^\d]*(?:以[下内]|之内)[^\d]*\d"
_AMID: Final = (
    rf"^(?:控制|保持|维持|稳定|介|处)?[在于]?({NUMBER}){_UNIT}[和与及至到~-]+({NUMBER}){_UNIT}(?:之间|区间内?|范围内?)$"
)
_BOUND: Final = r"[≥≤<>]|不[少低高大小多超]|至[少多]|最[少多高低]|[上下]限|以[上下内]|[大小高低多少]于|超过|控制在"
_BOUND_ALONE: Final = rf"^(?:{_BOUND})(?:于|过|等于)*\d|^\d[\d.,]*[^\d]{{0,5}}以[上下内]"
_IN_BRACKETS: Final = r"^([^()]*\d[^()]*)\((?:[且并但]|并且|同时)?([^()\d]{0,6}\d[^()]*)\)$"


@cache
def _words(operator: str) -> str:
    """Return a regular expression of what is printed before a number that it must not pass, the longest first."""
    printed = [w for w, o in operator_words("before").items() if o == operator and w not in reached_words()]
    return "(?:" + "|".join(re.escape(word) for word in [*printed, *(["控制在"] if operator == "<=" else [])]) + ")"


def both_bounds_kept(text: pl.Expr) -> pl.Expr:
    """Return folded text with a second bound in brackets joined to the first: ≥3次(≤5次) is ≥3次且≤5次.

    A bound in brackets behind a number that has none is a remark (95%(≥90%)) and stays one.

    Example:
        >>> frame = pl.DataFrame({"t": ["≥3次(≤5次)", "95%(≥90%)", "90%以上(含)"]})
        >>> frame.select(both_bounds_kept(pl.col("t"))).to_series().to_list()
        ['≥3次且≤5次', '95%(≥90%)', '90%以上(含)']
    """
    parts = text.str.extract_groups(_IN_BRACKETS).struct
    both = parts.field("1").str.contains(_BOUND) & parts.field("2").str.contains(_BOUND_ALONE)
    return pl.when(both).then(parts.field("1") + pl.lit("且") + parts.field("2")).otherwise(text)


def one_spelling(frame: pl.DataFrame) -> pl.DataFrame:
    """Bring two bounds in `number_text` to the spelling ≥30公里≤40公里, and 介于30和40之间 to 30~40.

    `frame` holds `row`, a number of its own for each row. One row in, one row out, in order; all other text stays.

    Example:
        >>> texts = ["≤40%且≥30%", "30人以上、40人以内", "至少3次,最多5次", "40≥X≥30", "介于3%和5%之间", "≥3次"]
        >>> one_spelling(pl.DataFrame({"row": range(6), "number_text": texts}))["number_text"].to_list()
        ['≥30%≤40%', '≥30人≤40人', '≥3次≤5次', '30≤X≤40', '3%~5%', '≥3次']
    """
    text = pl.col("number_text")
    some = frame.filter(text.str.contains(_TWO_NUMBERS) & text.str.contains(f"{_BOUND}|之间|区间|范围"))
    if some.height == 0:
        return frame
    plain = (
        pl.when(text.str.contains(_BOTH_BEHIND))
        .then(text.str.replace(_ABOVE, "≥${1}${2}").str.replace(_BELOW, "≤${1}${2}"))
        .otherwise(text)
    )
    plain = plain.str.replace(rf"{_words('>=')}({NUMBER})", "≥${1}").str.replace(rf"{_words('<=')}({NUMBER})", "≤${1}")
    plain = plain.str.replace(
        rf"^({_PLAIN}*?)≤({NUMBER}){_UNIT}{_JOINED}≥({NUMBER})({_PLAIN}*)$", "${1}≥${4}${3}≤${2}${5}"
    )
    plain = plain.str.replace(
        rf"^({_PLAIN}*?)≥({NUMBER}){_UNIT}{_JOINED}≤({NUMBER})({_PLAIN}*)$", "${1}≥${2}${3}≤${4}${5}"
    )
    plain = plain.str.replace(rf"^({NUMBER}){_UNIT}≥({_PLAIN}*)≥({NUMBER})({_PLAIN}*)$", "${4}${2}≤${3}≤${1}${5}")
    plain = plain.str.replace(_AMID, "${1}${2}~${3}${4}")
    is_pair = plain.str.contains(rf"≥{NUMBER}{_PLAIN}*≤{NUMBER}|^{NUMBER}{_PLAIN}*(?:~|≤{_PLAIN}*≤){NUMBER}")
    spelled = some.select("row", pl.when(is_pair).then(plain).otherwise(text).alias("spelled"))
    return (
        frame.join(spelled, on="row", how="left", maintain_order="left")
        .with_columns(pl.coalesce("spelled", "number_text").alias("number_text"))
        .drop("spelled")
    )
