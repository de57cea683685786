"""A cheap look at a page's text: may it belong to a form, and can its text be read at all?"""

from __future__ import annotations

from typing import Final

import numpy as np

from transforms.reading.ideographs import ordinary_codes
from transforms.reading.page import Bools, Codes

FORM_WORDS: Final = ("绩效", "自评", "指标", "得分", "分值", "执行数", "执行率", "总体目标")
"""Every page on which a form begins prints one of these; other words of forms stand in all kinds of reports."""

FEW_CHARACTERS: Final = 30
_UNREADABLE_SHARE: Final = 0.3


def may_hold_form(codes: Codes) -> bool:
    """Whether the text of a page names what only forms and texts about them name.

    Spaces and line breaks do not matter: labels are often printed with wide spacing or one character a line.

    Example:
        >>> import numpy as np
        >>> may_hold_form(np.array([ord(c) for c in "三级 指 标"], dtype=np.uint32))
        True
    """
    return _names_form(codes.astype("<u4", copy=False)) or _names_form(_written(codes))


def _names_form(codes: Codes) -> bool:
    text = codes.tobytes().decode("utf-32-le", "replace")
    return any(word in text for word in FORM_WORDS)


def is_unreadable(codes: Codes) -> bool:
    """Whether too many characters have no meaning: the fonts carry no usable Unicode map."""
    if not (_is_meaningless(codes) & (codes != 13) & (codes != 10) & (codes != 9)).any():
        return False
    written = _written(codes)
    return len(written) >= FEW_CHARACTERS and float(_is_meaningless(written).mean()) > _UNREADABLE_SHARE


def written_count(codes: Codes) -> int:
    """Characters that are not white space."""
    return len(codes) - int(np.count_nonzero(_is_white(codes)))


def _written(codes: Codes) -> Codes:
    codes = ordinary_codes(codes)
    written: Codes = codes[~_is_white(codes)].astype("<u4")
    return written


def _is_white(codes: Codes) -> Bools:
    white: Bools = (codes == 32) | (codes == 13) | (codes == 10) | (codes == 9) | (codes == 0xA0) | (codes == 0x3000)
    return white


def _is_meaningless(codes: Codes) -> Bools:
    private = ((codes >= 0xE000) & (codes <= 0xF8FF)) | (codes >= 0xF0000)
    lost = (codes == 0xFFFD) | (codes == 0xFFFF)
    control = (codes < 32) & (codes != 2)
    meaningless: Bools = private | lost | control
    return meaningless
