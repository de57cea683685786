"""Which way an indicator is better where its target prints no operator: recognised by the head noun of its name."""

from __future__ import annotations

from functools import cache
from typing import Final

import polars as pl

from transforms.normalising.folding import fold
from transforms.normalising.vocabulary import any_of

_MORE_OF_IT: Final = "(?:(?:增长|上升|增加)(?:率|幅度|数|数量)?)?"
_SPOILED: Final = (
    "(?:违规|违法|违反规定|重复|超标准?|超范围|虚假|错误|无效|擅自|拖欠)"
    "(?:发放|使用|支付|拨付|支出|采购|建设|申报|领取|占用|收费|配备|安装|签订|招标)"
)


def _any_of(role: str) -> str:
    return any_of("head_nouns", role)


@cache
def _endings() -> dict[str, str]:
    around, after = any_of("context_words", "around_event"), any_of("context_words", "after_deed")
    event, deed, count = _any_of("event"), _any_of("deed"), _any_of("count")
    return {
        "down": rf"((?:(?:不|未|非){deed}{count}?|{_SPOILED}{count}?|{event}{around}*{count}?{_MORE_OF_IT}"
        rf"|{_any_of('down')}))$",
        "up": rf"((?:{deed}{after}*{count}?|{_any_of('up')}))$",
        "open": rf"({_any_of('open')})$",
        "plain": rf"({_any_of('plain_count')})$",
    }


def head_noun(name: pl.Expr) -> pl.Expr:
    """Return which way is better by the end of an indicator's name: `up`, `down`; null where it cannot be known.

    The ending that reaches furthest to the left counts: 事故处理率 ends in 处理率, not in a count of 事故. A plain
    count (数量) is better the more, unless the name holds what nobody wants. What is to be lessened (减少洪涝损失) may
    be recognised by how much is left or by how much less it is: that is null. Source: `vocabulary/head_nouns.csv`.

    Example:
        >>> names = ["设备故障次数", "事故应急演练次数", "城镇登记失业率", "死亡病例报告率", "减少洪涝损失"]
        >>> frame = pl.DataFrame({"n": names})
        >>> frame.select(head_noun(pl.col("n"))).to_series().to_list()
        ['down', 'up', 'down', 'up', None]
    """
    folded = fold(name).str.replace_all(r"\([^()]*\)|[★☆*\"“”‘’]", "")
    bare = folded.str.replace(r"[:,;。、≥≤<>=].*$", "").str.replace(r"(?:指标|情况|\d+(?:\.\d+)?%?)+$", "")
    bare = pl.when(bare == "").then(folded).otherwise(bare)
    length = {way: bare.str.extract(pattern, 1).str.len_chars().fill_null(0) for way, pattern in _endings().items()}
    unwanted = bare.str.contains(f"{_any_of('event')}|{_any_of('unclear')}")
    listed = pl.max_horizontal(length["up"], length["down"], length["open"])
    lessened = bare.str.contains(any_of("context_words", "lessening"))
    return (
        pl.when(listed > 0)
        .then(
            pl.when((length["down"] == listed) & lessened)
            .then(None)
            .when((length["down"] == listed) & (length["up"] < listed))
            .then(pl.lit("down"))
            .when((length["up"] == listed) & (length["down"] < listed) & (length["open"] < listed))
            .then(pl.lit("up"))
            .when((length["plain"] > length["open"]) & ~unwanted & (length["plain"] > length["down"]))
            .then(pl.lit("up"))
        )
        .when((length["plain"] > 0) & ~unwanted)
        .then(pl.lit("up"))
    )
