"""What is known of a recogniser's slips: corrected where the line shows what was printed, and marked as unsure."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from transforms.reading.ocr.engine import Line
from transforms.reading.ocr.figures import UNWITNESSED

CORRECTED: Final = 0.5
"""Certainty of a character that was put right by rule."""

_SPACE_IN_WORDS: Final = re.compile(r"(?<=[A-Za-z,.;:!?]) (?=[A-Za-z])")
_NUMBER: Final = re.compile(r"(?<![A-Za-z])(?:\d|O(?=[.]\d))[\dOolI.,]*(?![A-Za-z])")
_ONE: Final = re.compile(r"[lI](?=[\dlI.,]*\d)")
_ZERO: Final = str.maketrans("Oo", "00")
_DOUBTFUL: Final = re.compile(r"(?<=\d)[BDGIOQSZlo](?=\d)|^[SsZz一](?=[-－]?\d)")
"""A letter like a digit between digits, which a code may print; what ≤, ≥ and a minus are taken for before a number."""

_POINT: Final = re.compile(r"(?<=^\d\d\d)[:：](?=\d\d$)|(?<=\d\d\d\d)[:：](?=\d\d$)|(?<=\d),(?=\d\d(?:$|[(（%]))")
_AMOUNT: Final = re.compile(r"(?<![\d.,])\d{1,3}(?:[.,]\d{3})+(?=\.\d+(?![\d.,]))")
_DIGITS_OR_ALIKE: Final = re.compile(r"^[IlOo|\d]+(?:[.,][IlOo|\d]+)*%?$")
_ALIKE_WORDS: Final = str.maketrans("兀", "元")
"""No form prints the left one; its shape is that of the right one without a stroke."""

_BARS: Final = {"一": "—", "二": "="}
_ALIKE: Final = str.maketrans("IlOo|", "11001")


def correct(line: Line) -> Line:
    """Put a recognised line right where only one reading makes sense.

    Spaces go, but for those between Latin words: the recogniser sees them in any gap. A letter O or l among the
    digits of a number becomes the digit; `250000:00`, `16,00`, `215.457.6` and `4,661.300.00` get the point and the
    commas that an amount has. What was corrected has a low certainty, and so have a letter like a digit between two
    (`R0D09`), and one like a sign before a number (`z-1`). Everything else stays as seen: a `2` that may have been a
    `≥` is left to normalising, which knows the column.

    Example:
        >>> ends = np.arange(1.0, 7.0)
        >>> correct(Line("1O0 %个", ends - 1.0, ends, np.full(6, 0.9))).text
        '100%个'
    """
    text = line.text
    spaces = {match.start() for match in _SPACE_IN_WORDS.finditer(text)}
    kept = [i for i, char in enumerate(text) if not char.isspace() or i in spaces]
    corrected = "".join(text[i] for i in kept).translate(_ALIKE_WORDS)
    fixed = _AMOUNT.sub(_in_thousands, _POINT.sub(".", _NUMBER.sub(_digits, corrected)))
    index = np.array(kept, dtype=np.int64)
    changed = np.array([a != b for a, b in zip(corrected, fixed, strict=True)], dtype=np.bool_)
    confidence = np.where(changed, np.minimum(line.confidence[index], CORRECTED), line.confidence[index])
    alike = [match.start() for match in _DOUBTFUL.finditer(fixed)]
    confidence[alike] = np.minimum(confidence[alike], UNWITNESSED)
    return Line(fixed, line.start[index], line.end[index], confidence)


def _digits(number: re.Match[str]) -> str:
    return _ONE.sub("1", number.group().translate(_ZERO))


def _in_thousands(number: re.Match[str]) -> str:
    return number.group().replace(".", ",")


def lone(line: Line) -> Line:
    """Correct a line that is all of a cell: 一 was a dash, 二 an equals sign, letters shaped like digits were digits.

    Example:
        >>> ends = np.arange(1.0, 3.0)
        >>> lone(Line("IO", ends - 1.0, ends, np.full(2, 0.9))).text
        '10'
    """
    if line.text in _BARS:
        return replace(line, text=_BARS[line.text])
    if not _DIGITS_OR_ALIKE.match(line.text) or line.text.isdigit():
        return line
    text = line.text.translate(_ALIKE)
    changed = np.array([a != b for a, b in zip(line.text, text, strict=True)], dtype=np.bool_)
    return replace(
        line, text=text, confidence=np.where(changed, np.minimum(line.confidence, CORRECTED), line.confidence)
    )


def paired_brackets(text: pl.Expr) -> pl.Expr:
    """Let a bracket close as wide as it opens: a recogniser sees each half alone."""
    return text.str.replace_all(r"（([^（()）]*)\)", "（${1}）").str.replace_all(r"\(([^（()）]*)）", "(${1})")


def has_open_bracket(text: pl.Expr) -> pl.Expr:
    """Whether a text with figures has a bracket that nothing closes: a sign was taken for one, as `°(` for ℃."""
    return text.str.contains(r"\d") & (text.str.count_matches(r"[(（]") > text.str.count_matches(r"[)）]"))


def grouped_amount(text: pl.Expr) -> pl.Expr:
    """Give an amount that goes on over lines its commas, where a point was seen for one; null for all other texts."""
    groups = text.str.extract(r"^(\d{1,3}(?:[.,]\s*\d{3})+)\s*\.\s*\d+$")
    decimals = text.str.extract(r"^\d{1,3}(?:[.,]\s*\d{3})+(\s*\.\s*\d+)$")
    return pl.when(groups.str.contains(".", literal=True)).then(
        groups.str.replace_all(".", ",", literal=True) + decimals
    )
