"""What a text says beside its number or word: that something was not reached, or that its number is another one."""

from __future__ import annotations

from functools import cache
from typing import Final

import polars as pl

from transforms.normalising.numbers import CHINESE
from transforms.normalising.vocabulary import words

_SHORT_OF: Final = rf"(?:不足|不到|不满|不及|未满|超出)(\d|{CHINESE})"
_SHORT_AFTER: Final = r"(\d[^\d,;]{0,4})(?:不到|不足)$"
"""Less than a number, or more: an operator, not a denial."""
SENSES: Final = (
    "beyond",
    "unmeasured",
    "other",
    "late",
    "denied",
    "befell",
    "early",
    "all",
    "change",
    "better",
    "worse",
    "above_goal",
    "below_goal",
    "unsure",
)
"""What a text may say, in the order in which it is looked for."""


@cache
def _pattern(sense: str) -> str:
    return "|".join(f"(?:{row})" for row in words("statements").filter(pl.col("sense") == sense)["pattern"])


def statements(plain: pl.Expr) -> pl.Expr:
    """Return what a folded text says beside its number, one of `SENSES`; null for a plain statement.

    denied: 未完成12次; unsure: 取消, 还差2次; late: 延期完成; all: 全部到位. An operator written with a
    negation (不少于, 未超过) and what did not befall (未发生事故) deny nothing. Source: `vocabulary/statements.csv`.

    Example:
        >>> frame = pl.DataFrame({"t": ["未完成12次", "不少于12次", "未发生事故", "还差2次", "延期完成", "应发尽发"]})
        >>> frame.select(statements(pl.col("t"))).to_series().to_list()
        ['denied', None, None, 'unsure', 'late', 'all']
    """
    bare = plain.str.replace_all(_pattern("allowed"), "")
    bare = bare.str.replace_all(_SHORT_OF, "${1}").str.replace(_SHORT_AFTER, "${1}")
    return pl.coalesce(pl.when(bare.str.contains(_pattern(sense))).then(pl.lit(sense)) for sense in SENSES)
