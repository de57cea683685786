"""The vocabulary of printed labels, and how a printed text is compared with it.

The vocabulary itself is data: `zh.toml`, one list of spellings for each context and field.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

import polars as pl

_FOLDED: Final = {
    **{chr(0xFF01 + i): chr(0x21 + i) for i in range(94)},
    "〔": "(",
    "〕": ")",
    "【": "(",
    "】": ")",
    "﹙": "(",
    "﹚": ")",
    "[": "(",
    "]": ")",
    "［": "(",
    "］": ")",
    "﹕": ":",
    "∶": ":",
    "、": ",",
}
_NUMBERING: Final = (
    r"^(?:\(?[一二三四五六七八九十]{1,3}\)?[,.]|\([一二三四五六七八九十\d]{1,2}\)|\d{1,2}[,.]|[★☆※*▲●◆■]+)"
)

_IN_BRACKETS: Final = r"^\((\p{Han}[^()]*)\)$"


def fold_signs(text: pl.Expr) -> pl.Expr:
    """Make full-width ASCII and the several kinds of brackets, colons and commas one.

    Example:
        >>> pl.select(fold_signs(pl.lit("总分：１００ 【优】"))).item()
        '总分:100 (优)'
    """
    return text.str.replace_many(list(_FOLDED), list(_FOLDED.values()))


def label_key(text: pl.Expr) -> pl.Expr:
    """Fold a printed label to the form in which labels are compared.

    White space goes, full-width ASCII becomes ASCII, leading numbering and stars and trailing colons go, and so do
    brackets around all of it.
    Null stays null; text that is not a label comes out folded all the same.

    Example:
        >>> pl.select(label_key(pl.lit("一、 项目\\n名称 ："))).item()
        '项目名称'
    """
    folded = fold_signs(text.str.replace_all(r"\s+", ""))
    return folded.str.replace(_NUMBERING, "").str.strip_chars(":*.,_-").str.replace(_IN_BRACKETS, "$1")


def bare_key(key: pl.Expr) -> pl.Expr:
    """Drop what stands in brackets from a label key, and the points printed without or with half a bracket.

    Example:
        >>> pl.select(bare_key(pl.lit("执行率(B/A×100%)"))).item()
        '执行率'
        >>> pl.select(bare_key(pl.lit("效益指标30分)"))).item()
        '效益指标'
        >>> pl.select(bare_key(pl.lit("全年执行数B)"))).item()
        '全年执行数'
    """
    return (
        key.str.replace_all(r"\([^()]*\)", "")
        .str.replace(r"\(?\d+(?:\.\d+)?[分%]?\)?$", "")
        .str.replace(r"\([^()]{0,6}$", "")
        .str.replace(r"[A-Z](?:/[A-Z])?\)$", "")
        .str.strip_chars(":*.,_-()")
    )


_MARKS: Final = r"[①-⑳⑴-⒇Ⅰ-Ⅻ]"
_LATIN: Final = r"[A-Za-z][A-Za-z0-9.'’&/-]*"
_TRANSLATED: Final = r"[A-Za-z]*[a-z][A-Za-z.'’&/-]*"
_OTHER_SCRIPTS: Final = r"[\p{Cyrillic}\p{Arabic}\p{Mongolian}\p{Tibetan}\p{Yi}\p{Hangul}]+"
_AND_CODE: Final = r"(?:及|和|与|,|/)(?:代码|编码|编号)$"
_PERIOD: Final = (
    r"^(?:截[至止]到?)?(?:(?:19|20)\d\d年?度?|本年度?|当年度?|全年度?|年度|年末|年终|年底|期末)?"
    r"(?:0?1月?(?:1日)?[-—－–~～至到]+)?(?:12月(?:31日|底|末)?)?的?"
)
_UNIT: Final = r"(?:/[分%元个]|%|/?[百千万亿]元|/元)$"


def core_key(bare: pl.Expr) -> pl.Expr:
    """Drop from a bare label key what says when, in what unit, by what mark or in what other language.

    Only periods that a whole year ends with go: 截至8月底完成值 stays as it is. A code that is named too goes, and 全称
    is 名称. Text without a Chinese character comes out empty.

    Example:
        >>> labels = pl.DataFrame({"t": ["2024年完成值", "④实际完成值", "执行率%", "分值/分", "实际完成值ActualValue"]})
        >>> labels.select(core_key(pl.col("t")))["t"].to_list()
        ['完成值', '实际完成值', '执行率', '分值', '实际完成值']
        >>> pl.select(core_key(pl.lit("项目全称及代码"))).item()
        '项目名称'
    """
    core = bare.str.replace_all(_MARKS, "").str.replace(_UNIT, "").str.replace_all(_LATIN, "")
    core = core.str.replace_all(_OTHER_SCRIPTS, "").str.replace(_PERIOD, "")
    core = core.str.replace(_AND_CODE, "").str.replace("全称$", "名称").str.strip_chars(":*.,_-()/%&'’")
    return pl.when(core.str.contains(r"\p{Han}")).then(core).otherwise(pl.lit(""))


def plain_key(bare: pl.Expr) -> pl.Expr:
    """Drop from a bare label key its translation: words with small letters, and other scripts.

    Abbreviations stay. Text without a Chinese character comes out empty.

    Example:
        >>> labels = pl.DataFrame({"t": ["总分Total", "Нийт总分", "GDP合计", "Total"]})
        >>> labels.select(plain_key(pl.col("t")))["t"].to_list()
        ['总分', '总分', 'GDP合计', '']
    """
    plain = bare.str.replace_all(_TRANSLATED, "").str.replace_all(_OTHER_SCRIPTS, "").str.strip_chars(":*.,_-()/&'’")
    return pl.when(plain.str.contains(r"\p{Han}")).then(plain).otherwise(pl.lit(""))


@dataclass(frozen=True, slots=True)
class Context:
    """The labels of one context: from a label key to its field and to its rank among the field's spellings."""

    name: str
    fields: dict[str, str]
    ranks: dict[str, int]

    def match(self, *keys: str) -> tuple[pl.Expr, pl.Expr]:
        """Return two expressions: the field that a label names (null: none), and its rank (lower is preferred).

        Args:
            keys: Columns with the label as printed and, each tried where those before name nothing, with less of it
                (`bare_key`, `core_key`).
        """
        old, new = list(self.fields), list(self.fields.values())

        def look_up(column: str, values: list[str] | list[int], dtype: pl.DataType) -> pl.Expr:
            return pl.col(column).replace_strict(old, values, default=None, return_dtype=dtype)

        ranks = [self.ranks[k] for k in old]
        return (
            pl.coalesce(look_up(key, new, pl.String()) for key in keys),
            pl.coalesce(look_up(key, ranks, pl.Int32()) + 1000 * place for place, key in enumerate(keys)),
        )

    def labels(self, *fields: str) -> list[str]:
        """Return the label keys that name some fields."""
        return [key for key, field in self.fields.items() if field in fields]


def any_of(words: Iterable[str], between: str = "") -> str:
    """Return a regular expression of words, the longest first; `between` is one of what may stand within each.

    Example:
        >>> any_of(["总分", "总得分"])
        '总得分|总分'
    """
    return "|".join(between.join(map(re.escape, word)) for word in sorted(words, key=len, reverse=True))


@cache
def vocabulary(language: str = "zh") -> dict[str, Context]:
    """Read the vocabulary of a language: context name to labels.

    Raises:
        FileNotFoundError: No vocabulary of that language.
        ValueError: A spelling stands twice in one context.
    """
    raw = tomllib.loads(files(__package__).joinpath(f"{language}.toml").read_text(encoding="utf-8"))
    contexts = {}
    for name, by_field in raw.items():
        spellings = [(field, rank, label) for field, labels in by_field.items() for rank, label in enumerate(labels)]
        keys = pl.DataFrame({"label": [s[2] for s in spellings]}).select(label_key(pl.col("label")))["label"].to_list()
        fields: dict[str, str] = {}
        ranks: dict[str, int] = {}
        for (field, rank, label), key in zip(spellings, keys, strict=True):
            if key in fields and fields[key] != field:
                raise ValueError(f"{language}.toml: {label} names both {fields[key]} and {field} in [{name}]")
            fields.setdefault(key, field)
            ranks.setdefault(key, rank)
        contexts[name] = Context(name, fields, ranks)
    return contexts
