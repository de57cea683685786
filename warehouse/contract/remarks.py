"""What the reader notes of a form in words, in both languages: how a column was proved, what a picture shows.

The notes stand in text columns of `forms` in English (`REMARK_COLUMNS`), joined by ' | ' and mixed with what is
printed. What makes them and what puts them into Chinese use the words of this list, so neither can lack one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import reduce
from typing import Final

import polars as pl

REMARK_COLUMNS: Final = ("inferred_columns", "witnesses_differ", "doubted_texts")
REMARK_RULES: Final = ("R49", "R51", "R54")
"""Rules that observe one of these columns."""


@dataclass(frozen=True, slots=True)
class Remark:
    """One note: `{}` stands for what is filled in, in the same order in both languages."""

    en: str
    zh: str


ADD_UP: Final = Remark("{} figures and {} of execution add up to {}", "{} 个数字与预算执行 {} 合计为 {}")
LISTED: Final = Remark("{} cells are of the closed list", "{} 格为规定的类别名称")
BETWEEN: Final = Remark("the only column of texts between levels and values", "级别与数值之间仅此一栏为文字")
BEFORE_NAME: Final = Remark("the only column before the name", "指标名称之前仅此一栏")
ASKS_WHY: Final = Remark("the header asks for the reasons", "栏目名称询问原因")
SAYS_WHY: Final = Remark(
    "gives a reason in each of the {} rows that lost points, and in no other", "{} 个失分指标均注明原因，其余均未注明"
)
SCORES_FOLLOW: Final = Remark(
    "{} scores follow from it, {} of them below the weight", "{} 个得分由此得出，其中 {} 个低于分值"
)
ANSWER: Final = Remark("{} of {} values answer each other", "相互对应的有 {} 个，共 {} 个")
RATES_FOLLOW: Final = Remark("{} printed rates follow from it", "{} 个执行率由此得出")
BEFORE_AND_AFTER: Final = Remark(
    "of two labels, one says before and the other after", "两个栏目名称，一个为年初，一个为年末"
)
SAYS_WHEN: Final = Remark("the header says when, the budget stands to the right", "栏目名称注明时间，预算数在其右侧")
PROOFS: Final = (
    ADD_UP,
    LISTED,
    BETWEEN,
    BEFORE_NAME,
    ASKS_WHY,
    SAYS_WHY,
    SCORES_FOLLOW,
    ANSWER,
    RATES_FOLLOW,
    BEFORE_AND_AFTER,
    SAYS_WHEN,
)
"""What proves which column one with an unknown header is."""

UNSEEN: Final = Remark("unseen", "图上没有")
DIGITS: Final = Remark("digits", "图上为其他数字")
MORE: Final = Remark("more", "图上另有内容")
STRUCK: Final = Remark("struck", "数字已划去")
STRUCK_OUT: Final = Remark("struck out", "有划去的文字")
CUT: Final = Remark("cut", "数字显示不全")
CUT_OFF: Final = Remark("cut off", "文字显示不全")
HEAPED: Final = Remark("printed on one another", "文字重叠")
TWO_GLYPHS: Final = Remark("two glyphs", "两个字形对应同一个字")
STRANGE: Final = Remark("strange", "罕用字")
SHOWS: Final = Remark("shows {}", "图上为 {}")
DOUBTS: Final = (UNSEEN, DIGITS, MORE, STRUCK_OUT, STRUCK, CUT_OFF, CUT, HEAPED, TWO_GLYPHS, STRANGE, SHOWS)
"""What is doubted of a text, in brackets behind it."""

FIELDS: Final = {
    "initial_budget": "年初预算数",
    "annual_budget": "全年预算数",
    "executed": "全年执行数",
    "execution_rate": "执行率",
    "expected_goal_text": "预期目标",
    "actual_goal_text": "实际完成情况",
    "level_1_label": "一级指标",
    "level_2_label": "二级指标",
    "indicator_name": "三级指标",
    "target": "指标值",
    "actual": "实际完成值",
    "weight": "分值",
    "score": "得分",
    "deviation": "偏差原因",
}
"""Columns that can be proved."""


def remarks_zh(text: pl.Expr) -> pl.Expr:
    """Put the notes in a text into Chinese; what is printed stays as it is.

    Example:
        >>> noted = ["实得 = score: 5 figures and 9.5 of execution add up to 97.1 | 备注 = deviation: the header asks "
        ...          "for the reasons", "1100.00 (unseen) | 目标 (shows 标)"]
        >>> for text in pl.DataFrame({"noted": noted}).select(remarks_zh(pl.col("noted")))["noted"]:
        ...     print(text)
        实得 = 得分：5 个数字与预算执行 9.5 合计为 97.1 | 备注 = 偏差原因：栏目名称询问原因
        1100.00（图上没有） | 目标（图上为 标）
    """
    return reduce(lambda said, pair: said.str.replace_all(pair[0], re.sub(r"\\(\d)", r"${\1}", pair[1])), _PAIRS, text)


def remarks_zh_sql(column: str) -> str:
    """Return an expression of DuckDB that does the same to a column.

    Example:
        >>> import duckdb
        >>> duckdb.sql(f"SELECT {remarks_zh_sql('noted')} FROM (SELECT '1100.00 (unseen)' AS noted)").fetchall()
        [('1100.00（图上没有）',)]
    """
    return reduce(lambda said, pair: f"regexp_replace({said}, '{pair[0]}', '{pair[1]}', 'g')", _PAIRS, column)


def _pairs() -> list[tuple[str, str]]:
    """Patterns of the notes and what takes their place."""
    fields = [(f" = {name}: ", f" = {zh}：") for name, zh in FIELDS.items()]
    proofs = [_pair("(= [^ ]+：)", remark, "", r"\1", "") for remark in PROOFS]
    doubts = [_pair(r"( \()", remark, r"\)", "（", "）") for remark in DOUBTS]
    return [*fields, *proofs, *doubts]


def _pair(opens: str, remark: Remark, closes: str, opens_zh: str, closes_zh: str) -> tuple[str, str]:
    """Make a pattern of a note that ends there; its groups: what opens it, what is filled in, the end."""
    blanks = remark.en.count("{}")
    english = re.escape(remark.en).replace(r"\{\}", "([^|]+?)")
    chinese = remark.zh.format(*(rf"\{number}" for number in range(2, 2 + blanks)))
    return rf"{opens}{english}{closes}( \||$)", rf"{opens_zh}{chinese}{closes_zh}\{2 + blanks}"


_PAIRS: Final = _pairs()
