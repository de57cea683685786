"""Full-width or half-width: the same mark of punctuation, recognised by the white beside it and by its shape.

A recogniser sees a mark alone and cannot know. A full-width mark fills a square like an ideograph, and its ink stands
at one side of it: a bracket at the side of what it encloses, all others at the side of what they follow.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from transforms.reading.ocr.engine import Line
from transforms.reading.ocr.strips import Strip
from transforms.reading.page import Bools

_FULL: Final = dict(zip("()[]:;,!?", "（）［］：；，！？", strict=True))
_SEEN_FULL: Final = frozenset(_FULL.values())
_BRACKETS: Final = "()（）"
_OPEN: Final = "([（［【《〈「『〔“‘"
_CLOSED: Final = ")]:;,!?）］：；，！？】》〉」』〕”’。、"
_WIDE_FROM: Final = 0.52
_NARROW_TO: Final = 0.4
"""White beside a mark as a share of an ideograph: a full-width mark has two thirds, a half-width one up to a third."""

_NEARLY_ALL: Final = 5
"""So many full-width marks of a page for one that is not, and those that cannot be measured are taken for such."""

_OF_TWO_WIDTHS: Final = re.compile(r"[()（）;；%％]|(?<!\d)[:：，]|[:：，](?!\d)")
_SURE: Final = 0.9
_PALEST: Final = 215
_WIDEST: Final = 0.45
_FEWEST_ROWS: Final = 6
_SPREAD_SLIMNESS: Final = 0.07
_SPREAD_HEIGHT: Final = 0.035
_UNLIKE: Final = 3.5
"""How far the brackets of a page stray from one another in their shape, in units of the spread of those of one kind."""


@dataclass(frozen=True, slots=True)
class _Mark:
    """A mark of punctuation: its line and place there, what was seen, the white beside it, and the shape of a bracket.

    White is a share of an ideograph, NaN at the ends of lines and where it may belong to another mark. A shape is the
    logarithm of a bracket's width as a share of its height, and that of its height; None where it touches something.
    """

    line: int
    place: int
    char: str
    white: float
    shape: tuple[float, float] | None

    @property
    def kind(self) -> str:
        """Marks of one kind are of one width mostly: brackets, or one mark of punctuation."""
        return _BRACKETS if self.char in _BRACKETS else _FULL.get(self.char, self.char)

    @property
    def is_full(self) -> bool | None:
        """Whether the mark is full-width; None where its white does not say so."""
        if self.char in _SEEN_FULL or self.white >= _WIDE_FROM:
            return True
        return False if self.white <= _NARROW_TO else None


def sure_of_marks(line: Line) -> Line:
    """A line whose marks are sure: a recogniser wavers only about their width.

    Example:
        >>> ends = np.arange(1.0, 4.0)
        >>> sure_of_marks(Line("12%", ends - 1.0, ends, np.array([0.8, 0.8, 0.6]))).confidence.tolist()
        [0.8, 0.8, 0.9]
    """
    marks = [match.start() for match in _OF_TWO_WIDTHS.finditer(line.text)]
    confidence = line.confidence.copy()
    confidence[marks] = np.maximum(confidence[marks], _SURE)
    return replace(line, confidence=confidence)


def full_width(lines: Sequence[Line], strips: Sequence[Strip], ink: Bools, size: float) -> list[Line]:
    """Put the full-width mark where one that was recognised as half-width has the white of one beside it.

    A bracket whose white is the end of its line has the width of those that it is most like in shape; other such marks
    are full-width where nearly all others of their kind are. Marks that were recognised as full-width stay: printers
    set them closer where two meet.

    Args:
        lines: What was recognised of a page.
        strips: Where each line was cut from.
        ink: The text's pixels on the picture of the page.
        size: Usual height of a line of ideographs, in pixels.
    """
    marks = [
        mark
        for number, (line, strip) in enumerate(zip(lines, strips, strict=True))
        if len(strip.boxes) == 1
        for mark in _marks(number, line, strip, ink, size)
    ]
    known = {
        is_full: [m.shape for m in marks if m.shape and m.is_full is is_full and not math.isnan(m.white)]
        for is_full in (True, False)
    }
    mostly_full = {kind: _are_full([m for m in marks if m.kind == kind]) for kind in {m.kind for m in marks}}
    wide: dict[int, set[int]] = {}
    for mark in marks:
        is_full = mark.is_full
        if is_full is None and mark.shape and (known[True] or known[False]):
            is_full = _is_like_full(mark.shape, known[True], known[False])
        elif is_full is None:
            is_full = mostly_full[mark.kind] and not _may_go_on(lines[mark.line].text, mark)
        if is_full and mark.char in _FULL:
            wide.setdefault(mark.line, set()).add(mark.place)
    return [_widened(line, wide.get(number, set())) for number, line in enumerate(lines)]


def _are_full(marks: Sequence[_Mark]) -> bool:
    full, half = (sum(mark.is_full is kind for mark in marks) for kind in (True, False))
    return full >= max(1, _NEARLY_ALL * half)


def _may_go_on(text: str, mark: _Mark) -> bool:
    """Whether a number that ends with a comma may go on in the next line."""
    return mark.char == "," and text[:-1][-1:].isdigit()


def _widened(line: Line, places: set[int]) -> Line:
    if not places:
        return line
    return replace(line, text="".join(_FULL[c] if i in places else c for i, c in enumerate(line.text)))


def _is_like_full(
    shape: tuple[float, float], full: Sequence[tuple[float, float]], half: Sequence[tuple[float, float]]
) -> bool:
    """Whether a bracket is most like full-width ones; where only one kind is known, whether it is like that or not."""
    from_full, from_half = _distance(shape, full), _distance(shape, half)
    if full and half:
        return from_full < from_half
    return from_full <= _UNLIKE if full else from_half > _UNLIKE


def _distance(shape: tuple[float, float], others: Sequence[tuple[float, float]]) -> float:
    return min(
        (
            ((shape[0] - slim) / _SPREAD_SLIMNESS) ** 2 + ((shape[1] - high) / _SPREAD_HEIGHT) ** 2
            for slim, high in others
        ),
        default=math.inf,
    )


def _marks(number: int, line: Line, strip: Strip, ink: Bools, size: float) -> list[_Mark]:
    places = [i for i, char in enumerate(line.text) if char in _FULL or char in _SEEN_FULL]
    if not places:
        return []
    x0, y0, x1, y1 = strip.boxes[0].tolist()
    filled = np.concatenate([[False], ink[y0:y1, x0:x1].any(axis=0), [False]])
    edges = np.flatnonzero(filled[1:] != filled[:-1])
    begin, end = edges[::2], edges[1::2]
    if not len(begin):
        return []
    found = []
    for i in places:
        char, centre = line.text[i], (line.start[i] + line.end[i]) / 2 * strip.image.shape[1] - strip.starts[0]
        own = int(np.abs((begin + end) / 2 - centre).argmin())
        beside = own - 1 if char in _OPEN else own + 1
        white = math.nan
        if 0 <= beside < len(begin) and not _is_shared(line.text, i):
            white = float(max(begin[own] - end[beside], begin[beside] - end[own])) / size
        shape = None
        if char in _BRACKETS and end[own] - begin[own] <= _WIDEST * size:
            at = int(strip.starts[0])
            shape = _shape(strip, at + int(begin[own]), at + int(end[own]))
        found.append(_Mark(number, i, char, white, shape))
    return found


def _is_shared(text: str, place: int) -> bool:
    """Whether the white beside a mark may be that of its neighbour: `）（`."""
    if text[place] in _OPEN:
        return text[place - 1 : place] in _CLOSED
    return text[place + 1 : place + 2] in _OPEN


def _shape(strip: Strip, begin: int, end: int) -> tuple[float, float] | None:
    """Spread of a bracket's ink: how slim it is, and how high, of which fractions of a pixel are known."""
    dark = 255.0 - strip.image[:, max(begin - 1, 0) : end + 1]
    dark[dark < 255 - _PALEST] = 0.0
    if (dark.sum(axis=1) > 0).sum() < _FEWEST_ROWS:
        return None
    spread = []
    for profile in (dark.sum(axis=0), dark.sum(axis=1)):
        at = np.arange(len(profile))
        mean = (profile * at).sum() / profile.sum()
        spread.append(math.log(max(float((profile * (at - mean) ** 2).sum() / profile.sum()), 1e-6)) / 2)
    return spread[0] - spread[1], spread[1]
