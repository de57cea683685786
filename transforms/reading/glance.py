"""A cheap look at a page's text: may it belong to a form, and can its text be read at all?"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Final

import numpy as np

from transforms.reading.ideographs import FREQUENT, is_white, ordinary_codes
from transforms.reading.page import Bools, Codes

_IN_ENGLISH: Final = ("elf-evaluation", "elf-Evaluation", "SELF-EVALUATION", "elfevaluation", "elfEvaluation")
SELF_EVALUATION: Final = ("自评", "自評", *_IN_ENGLISH)
FORM_WORDS: Final = (
    "绩效", "自评", "指标", "得分", "分值", "执行数", "执行率", "总体目标", "績效", "自評", "指標", *_IN_ENGLISH,
)  # fmt: skip
"""Every page on which a form begins prints one of these; other words of forms stand in all kinds of reports.

Forms in traditional characters or in English alone are not read, but they are not passed over either.
"""

FEW_CHARACTERS: Final = 30
OUTLINE_SEGMENTS: Final = 3000
"""Pieces of drawn lines and curves on a page without text from which its text may be drawn as outlines."""

_UNREADABLE_SHARE: Final = 0.3
_LOST_SHARE: Final = 0.01
_LOST_LEAST: Final = 5
_CONTROL_SHARE: Final = 0.05
_CONTROL_LEAST: Final = 20
_RARE_SHARE: Final = 0.1
_GARBLED_SHARE: Final = 0.015
_GARBLED_LEAST: Final = 5
_FEW_IDEOGRAPHS: Final = 0.05
_MUCH_STRANGE: Final = 0.4
_FEW_FREQUENT: Final = 0.4
_IDEOGRAPHS: Final = (0x3400, 0xA000)
_LOST: Final = 0xFFFD
_KNOWN: Final = 0x10000


def may_hold_form(codes: Codes) -> bool:
    """Whether the text of a page names what only forms and texts about them name.

    Spaces and line breaks do not matter: labels are often printed with wide spacing or one character a line.

    Example:
        >>> import numpy as np
        >>> may_hold_form(np.array([ord(c) for c in "三级 指 标"], dtype=np.uint32))
        True
    """
    return _says(codes.astype("<u4", copy=False), FORM_WORDS) or _says(_written(codes), FORM_WORDS)


def says_self_evaluation(codes: Codes) -> bool:
    """Whether the text of a page says 自评, the word that every self-evaluation form has in its title or labels."""
    return _says(codes.astype("<u4", copy=False), SELF_EVALUATION) or _says(_written(codes), SELF_EVALUATION)


def _says(codes: Codes, words: Sequence[str]) -> bool:
    text = codes.tobytes().decode("utf-32-le", "replace")
    return any(word in text for word in words)


def is_unreadable(codes: Codes) -> bool:
    """Whether the text cannot be what is printed: the fonts carry no Unicode map, or a wrong one.

    Recognised by characters without meaning and accented Latin letters that are many or strewn among ideographs, and by
    ideographs that no text uses so often.

    Example:
        >>> is_unreadable(np.array([ord(c) for c in "㩾鍢㬄魌⻒䅖䐚鱩㮢餲" * 3], dtype=np.uint32))
        True
    """
    if not _odd_codes()[np.minimum(codes, _KNOWN - 1)].any():
        return False
    odd = _is_meaningless(codes) & (codes != 13) & (codes != 10) & (codes != 9)
    accented = _is_accented(codes)
    ideographs = codes[(codes >= _IDEOGRAPHS[0]) & (codes < _IDEOGRAPHS[1])]
    rare = ~_common_ideographs()[ideographs - _IDEOGRAPHS[0]]
    if not (odd.any() or accented.any() or rare.any()):
        return False
    written = written_count(codes)
    if written < FEW_CHARACTERS:
        return False
    text = _written(codes)
    garbled = int(np.count_nonzero(accented))
    lost = int(np.count_nonzero(codes == _LOST))
    return bool(
        float((_is_meaningless(text) | _is_accented(text)).mean()) > _UNREADABLE_SHARE
        or lost >= max(_LOST_LEAST, _LOST_SHARE * written)
        or (len(ideographs) < _FEW_IDEOGRAPHS * written and _is_unprintable(text, written))
        or (2 * len(ideographs) > written and int(np.count_nonzero(rare)) > _RARE_SHARE * len(ideographs))
        or (3 * len(ideographs) > written and garbled >= max(_GARBLED_LEAST, _GARBLED_SHARE * written))
    )


def _is_unprintable(text: Codes, written: int) -> bool:
    """Whether so many control codes are in a text that its bytes must have been taken for characters one by one."""
    control = int(np.count_nonzero(((text < 32) & (text != 2)) | ((text >= 0x7F) & (text < 0xA0))))
    return control >= max(_CONTROL_LEAST, _CONTROL_SHARE * written)


def is_outlandish(codes: Codes) -> bool:
    """Whether a text has next to no ideographs, but letters or signs in their place: in a Chinese form it would lie.

    Such a text may be printed as it says, in another language; only a look at the picture decides.

    Example:
        >>> is_outlandish(np.array([ord(c) for c in "qwrtp 10 zxcvb 20 " * 6], dtype=np.uint32))
        True
        >>> is_outlandish(np.array([ord(c) for c in "指标 10 得分 20 " * 6], dtype=np.uint32))
        False
    """
    written = codes[(codes > 32) & (codes != 0xA0) & (codes != 0x3000)]
    if len(written) < FEW_CHARACTERS:
        return False
    ideographs = (written >= _IDEOGRAPHS[0]) & (written < _IDEOGRAPHS[1])
    folded = written | 0x20
    strange = ((folded >= 97) & (folded <= 122)) | ((written >= 0xC0) & ~ideographs & (written < 0xFF00))
    return bool(ideographs.mean() < _FEW_IDEOGRAPHS and strange.mean() > _MUCH_STRANGE)


def lacks_ideographs(codes: Codes) -> bool:
    """Whether a text has next to no ideographs, whatever it has in their place.

    Example:
        >>> lacks_ideographs(np.array([ord(c) for c in "&83125]4 31323@3rmEK9" * 6], dtype=np.uint32))
        True
    """
    written = codes[(codes > 32) & (codes != 0xA0) & (codes != 0x3000)]
    ideographs = (written >= _IDEOGRAPHS[0]) & (written < _IDEOGRAPHS[1])
    return len(written) >= FEW_CHARACTERS and bool(ideographs.mean() < _FEW_IDEOGRAPHS)


def is_shuffled(codes: Codes) -> bool:
    """Whether hardly any ideograph of a text is one of those that make up most of every Chinese text.

    A font whose Unicode map is mixed up gives such a text. In texts of forms two thirds are frequent ones.

    Example:
        >>> is_shuffled(np.array([ord(c) for c in "靛卤迂谗沏辛暇蟹谤雁缠" * 3], dtype=np.uint32))
        True
        >>> is_shuffled(np.array([ord(c) for c in "固定资产名称数量用途" * 3], dtype=np.uint32))
        False
    """
    ideographs = codes[(codes >= _IDEOGRAPHS[0]) & (codes < _IDEOGRAPHS[1])]
    if len(ideographs) < FEW_CHARACTERS:
        return False
    return float(_frequent_ideographs()[ideographs - _IDEOGRAPHS[0]].mean()) < _FEW_FREQUENT


@cache
def _frequent_ideographs() -> Bools:
    """Which ideographs, from U+3400, are frequent."""
    frequent = np.zeros(_IDEOGRAPHS[1] - _IDEOGRAPHS[0], dtype=np.bool_)
    frequent[np.array([ord(char) for char in FREQUENT]) - _IDEOGRAPHS[0]] = True
    return frequent


@cache
def _odd_codes() -> Bools:
    """Which code points a text must have that cannot be read: the last one stands for all beyond."""
    codes = np.arange(_KNOWN, dtype=np.uint32)
    odd = _is_meaningless(codes) | _is_accented(codes)
    odd[[9, 10, 13]] = False
    odd[_IDEOGRAPHS[0] : _IDEOGRAPHS[1]] |= ~_common_ideographs()
    return np.asarray(odd, dtype=np.bool_)


@cache
def _common_ideographs() -> Bools:
    """Which ideographs, from U+3400, the two national character sets of everyday text hold."""
    every = "".join(map(chr, range(*_IDEOGRAPHS)))
    common = np.zeros(len(every), dtype=np.bool_)
    for charset in ("gb2312", "big5"):
        held = every.encode(charset, "ignore").decode(charset)
        common[np.array([ord(char) for char in held]) - _IDEOGRAPHS[0]] = True
    return common


def _is_accented(codes: Codes) -> Bools:
    accented: Bools = (codes >= 0xC0) & (codes < 0x250) & (codes != 0xD7) & (codes != 0xF7)
    return accented


def written_count(codes: Codes) -> int:
    """Characters that are not white space."""
    return len(codes) - int(np.count_nonzero(is_white(codes)))


def _written(codes: Codes) -> Codes:
    codes = ordinary_codes(codes)
    written: Codes = codes[~is_white(codes)].astype("<u4")
    return written


def _is_meaningless(codes: Codes) -> Bools:
    private = ((codes >= 0xE000) & (codes <= 0xF8FF)) | (codes >= 0xF0000)
    lost = (codes == _LOST) | (codes == 0xFFFF)
    control = (codes < 32) & (codes != 2)
    meaningless: Bools = private | lost | control
    return meaningless
