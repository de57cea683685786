"""Which way up a picture of a page is, by several witnesses: lines of text, labels, and how surely text is recognised.

No witness is believed alone. Ruling lines do not take part: a grid looks the same from all four sides. The recogniser
reads characters that lie on their side nearly as well as upright ones, so its certainty tells up from down, but not
level from sideways; there the gaps decide: characters stand closer together within a line than lines do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from transforms.reading.ocr.engine import Line
from transforms.reading.ocr.opencv import opencv
from transforms.reading.page import Bools

LABELS: Final = (
    *(
        "绩效",
        "自评",
        "指标",
        "得分",
        "分值",
        "执行",
        "总体目标",
        "项目",
        "单位",
        "部门",
        "预算",
        "资金",
        "年度",
        "完成",
    ),
    *("总分", "合计", "评价", "产出", "效益", "满意度", "说明", "原因", "措施", "情况", "数量", "质量", "时效", "成本"),
)
"""Words of forms and of the texts around them; none of them is likely by chance where characters are misread."""

SAMPLE: Final = 12
"""Lines that are recognised to compare two ways up."""

_REACH: Final = 2.5
_CLEAR: Final = 1.4
_FEW: Final = 20
_SURE: Final = 0.85
_LEAST_TEXT: Final = 10
_LEAST_LABELS: Final = 2
_BETTER: Final = 0.15


def writing(ink: Bools, scale: float) -> int:
    """Tell how the lines of text run: 1 level, -1 upright, 0 where there is too little text to tell.

    Ink is smeared a little along one direction, then along the other: along the lines the characters of a word run
    into one piece, across them most stay apart.

    Args:
        ink: The text's pixels, without rules and specks.
        scale: Pixels a point.
    """
    cv2 = opencv()
    mask = ink.astype(np.uint8)
    reach = 2 * round(_REACH * scale / 2) + 1
    level, upright = (
        cv2.connectedComponents(cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones(shape, dtype=np.uint8)))[0] - 1
        for shape in ((1, reach), (reach, 1))
    )
    if max(level, upright) < _FEW:
        return 0
    if upright >= _CLEAR * level:
        return 1
    return -1 if level >= _CLEAR * upright else 0


def label_count(lines: Sequence[Line]) -> int:
    """How many different labels the lines hold."""
    text = "\n".join(line.text for line in lines)
    return sum(label in text for label in LABELS)


def certainty(lines: Sequence[Line]) -> float:
    """Mean certainty of the characters; 0 where there are none."""
    every = np.concatenate([np.empty(0), *(line.confidence for line in lines)])
    return float(every.mean()) if len(every) else 0.0


def is_right(lines: Sequence[Line]) -> bool:
    """Whether what was recognised shows by itself that the picture is the right way up, its lines of text being level.

    So do labels, if only two of them are seen, and characters that are recognised surely. Where there are nearly none
    there is nothing to be wrong about.
    """
    count = sum(len(line.text) for line in lines)
    return count < _LEAST_TEXT or label_count(lines) >= _LEAST_LABELS or certainty(lines) >= _SURE


def is_better(lines: Sequence[Line], other: Sequence[Line]) -> bool:
    """Whether a way up is clearly more likely than another by what was recognised of each: by labels and certainty."""
    labels = label_count(lines) - label_count(other)
    surer = certainty(lines) - certainty(other)
    return (
        (labels > 0 and surer > 0)
        or (labels == 0 and surer >= _BETTER)
        or (labels >= _LEAST_LABELS and surer > -_BETTER)
    )
