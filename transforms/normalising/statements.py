"""What a text says beside its number or word: that something was not reached, or that its number is another one."""

from __future__ import annotations

from functools import cache
from typing import Final

import polars as pl

from transforms.normalising.numbers import CHINESE
from transforms.normalising.vocabulary import words

_SHORT_OF: Final = rf"(?:不足|不到|不满|不及|未满)(\d|{CHINESE})"
"""Less than a number: an operator, not a denial."""


@cache
def _pattern(sense: str) -> str:
    return "|".join(f"(?:{row})" for row in words("statements").filter(pl.col("sense") == sense)["pattern"])


def statements(plain: pl.Expr) -> pl.Expr:
    """Return what a folded text says: `denied` (未完成12次), `unsure` (取消, 还差2次), null for a plain statement.

    An operator that is written with a negation (不少于, 未超过) and what did not befall (未发生事故) deny nothing.
    Source: `vocabulary/statements.csv`.

    Example:
        >>> frame = pl.DataFrame({"t": ["未完成12次", "不少于12次", "未发生事故", "还差2次", "不足12次", "不完善"]})
        >>> frame.select(statements(pl.col("t"))).to_series().to_list()
        ['denied', None, None, 'unsure', None, 'denied']
    """
    bare = plain.str.replace_all(_SHORT_OF, "${1}").str.replace_all(_pattern("allowed"), "")
    return (
        pl.when(bare.str.contains(_pattern("denied")))
        .then(pl.lit("denied"))
        .when(bare.str.contains(_pattern("unsure")))
        .then(pl.lit("unsure"))
    )
