"""Full-width or half-width: the same mark of punctuation, recognised by the room that it takes on the line.

A recogniser sees a mark alone and cannot know. A full-width mark fills a square like an ideograph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from transforms.reading.ocr.engine import Line
from transforms.reading.ocr.strips import Strip

_FULL: Final = dict(zip("()[]:;,!?", "（）［］：；，！？", strict=True))
_BRACKETS: Final = "()"
_WIDE_FROM: Final = 0.74
_NARROW_TO: Final = 0.6
_NEARLY_ALL: Final = 5
"""So many full-width brackets of a page for one that is not, and those that cannot be measured are taken for such."""

_IDEOGRAPH: Final = 0.5
_LETTER: Final = 0.26


def full_width(lines: Sequence[Line], strips: Sequence[Strip], size: float) -> list[Line]:
    """Put the full-width mark where one that was recognised as half-width takes the room of an ideograph.

    The room is what lies between the middles of its neighbours. A bracket at an end of its line has only one; it is
    taken for full-width where nearly all others of the page are. Marks that were recognised as full-width stay:
    printers set them closer where two meet.

    Args:
        lines: What was recognised of a page.
        strips: Where each line was cut from.
        size: Usual height of a line of ideographs, in pixels.
    """
    wide: list[set[int]] = []
    open_ends: list[list[int]] = []
    full = half = 0
    for line, strip in zip(lines, strips, strict=True):
        decided: set[int] = set()
        undecided: list[int] = []
        full += sum(char in "（）" for char in line.text)
        if any(char in _FULL for char in line.text):
            room = _room(line, strip.image.shape[1], size)
            for i, char in enumerate(line.text):
                if char not in _FULL:
                    continue
                if len(strip.boxes) == 1 and not np.isnan(room[i]):
                    if room[i] >= _WIDE_FROM:
                        decided.add(i)
                        full += char in _BRACKETS
                    elif room[i] <= _NARROW_TO:
                        half += char in _BRACKETS
                    elif char in _BRACKETS:
                        undecided.append(i)
                elif char in _BRACKETS:
                    undecided.append(i)
        wide.append(decided)
        open_ends.append(undecided)
    are_full = full >= max(1, _NEARLY_ALL * half)
    return [
        _widened(line, here | {*rest} if are_full else here)
        for line, here, rest in zip(lines, wide, open_ends, strict=True)
    ]


def _widened(line: Line, places: set[int]) -> Line:
    if not places:
        return line
    return replace(line, text="".join(_FULL[c] if i in places else c for i, c in enumerate(line.text)))


def _room(line: Line, width: int, size: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Width of each character in squares, by the middles of its neighbours; NaN at the ends, and beside other marks."""
    half = np.array([_half(char) for char in line.text])
    span = (line.end - line.start) * width
    room = np.full(len(half), np.nan)
    if len(half) < 3:
        return room
    is_ideograph = half == _IDEOGRAPH
    between = is_ideograph[1:-1] & is_ideograph[:-2] & is_ideograph[2:]
    square = float(np.median(span[1:-1][between])) if between.any() else size
    room[1:-1] = 2 * span[1:-1] / square - half[:-2] - half[2:]
    return room


def _half(char: str) -> float:
    """Half the width of a character in squares; NaN for marks, which may be either."""
    if "\u3400" <= char < "\ua000":
        return _IDEOGRAPH
    return _LETTER if char.isascii() and char.isalnum() else np.nan
