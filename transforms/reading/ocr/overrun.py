"""Lines of text that touch a rule or run over one into the next cell: part of what they print is lost or elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from transforms.reading.ocr.engine import Line
from transforms.reading.ocr.figures import UNWITNESSED
from transforms.reading.ocr.strips import Strip
from transforms.reading.page import Bools, Ints

_ACROSS: Final = 0.36
"""Most white between two pieces of one text that a rule parts, as a share of its height."""

_NEAR_RULE: Final = 0.1
"""How far from the rule the nearer of the two is, at most: cells keep their own text away from it."""

_SAME_LINE: Final = 0.5


def within_rules(
    lines: Sequence[Line], strips: Sequence[Strip], windows: Sequence[tuple[int, int, int, int]], size: float
) -> list[Line]:
    """Lower the certainty of lines that touch a rule or run over one to 0.7 at most.

    Args:
        lines: What was recognised of a page.
        strips: Where each line was cut from.
        windows: What lies within the rules of each cell, in pixels.
        size: Usual height of a line of ideographs, in pixels.
    """
    if not strips:
        return list(lines)
    boxes = np.concatenate([strip.boxes for strip in strips])
    owner = np.repeat(np.arange(len(strips)), [len(strip.boxes) for strip in strips])
    cell = np.array([strip.cell for strip in strips])[owner]
    over = {*owner[runs_over(boxes, cell, np.array(windows, dtype=np.int64).reshape(-1, 4), size)].tolist()}
    return [
        replace(line, confidence=np.minimum(line.confidence, UNWITNESSED)) if i in over else line
        for i, line in enumerate(lines)
    ]


def runs_over(boxes: Ints, cell: Ints, windows: Ints, size: float) -> Bools:
    """(n,) whether a line reaches the edge of its cell, or a line of another cell stands as near as its next character.

    Args:
        boxes: (n, 4) lines of text, tight around their ink, in pixels.
        cell: (n,) number of the cell of each, -1 outside the tables.
        windows: (m, 4) what lies within the rules of each cell, in pixels.
        size: Usual height of a line of ideographs, in pixels.

    Example:
        >>> windows = np.array([[0, 0, 100, 40], [104, 0, 200, 40]])
        >>> lines = np.array([[10, 10, 98, 30], [105, 10, 180, 30], [120, 10, 180, 30]])
        >>> runs_over(lines[:2], np.array([0, 1]), windows, 30.0).tolist()
        [True, True]
        >>> runs_over(lines[[0, 2]], np.array([0, 1]), windows, 30.0).tolist()
        [False, False]
        >>> raised = np.array([[10, 20, 97, 40], [104, 4, 180, 24]])
        >>> runs_over(raised, np.array([0, 1]), windows, 30.0).tolist()
        [True, True]
    """
    found = np.zeros(len(boxes), dtype=np.bool_)
    inside = cell >= 0
    if not inside.any():
        return found
    own = windows[cell[inside]]
    found[inside] = (boxes[inside, :2] <= own[:, :2]).any(axis=1) | (boxes[inside, 2:] >= own[:, 2:]).any(axis=1)
    x0, top, x1, bottom = boxes.T
    shared = np.minimum(bottom[:, None], bottom) - np.maximum(top[:, None], top)
    lowest = np.minimum((bottom - top)[:, None], bottom - top)
    gap = x0[None, :] - x1[:, None]
    within = np.where(inside, windows[cell, 2] - x1, 0)[:, None], np.where(inside, x0 - windows[cell, 0], 0)
    goes_on = (shared > _SAME_LINE * lowest) & (np.minimum(*within) <= _NEAR_RULE * size)
    # What is left of a raised ² beyond the rule may have been put to a line that stands higher.
    goes_on |= (shared > 0) & (found[:, None] | found)
    goes_on &= (gap >= 0) & (gap <= _ACROSS * size)
    goes_on &= (cell[:, None] != cell) & inside[:, None] & inside
    return np.asarray(found | goes_on.any(axis=0) | goes_on.any(axis=1), dtype=np.bool_)
