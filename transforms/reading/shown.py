"""Which printed characters a person can see, and which belong to a watermark: by colour, cover and painting order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from transforms.reading.page import Bools, Codes, Floats, Glyphs, Ints, PageFrame

BLACK: Final = 0x000000FF
WHITE: Final = 0xFFFFFFFF
"""Colours are packed: red, green, blue, alpha, a byte each from the highest."""

_ALIKE: Final = 16
"""Colours that differ no more than this in red, green and blue, of 255, cannot be distinguished in print."""

_OPAQUE: Final = 250
_SEEN: Final = 13
_NEAR: Final = 0.5
_REACH: Final = 0.2
_START: Final = 0.05
_MOST_PAIRS: Final = 8_000_000
_FAINT: Final = 128
_HUGE: Final = 2.5
_INNER: Final = 0.25
_CROSSED_SHARE: Final = 0.15
_CROSSED_LEAST: Final = 2


@dataclass(frozen=True, slots=True)
class Areas:
    """What is painted over more than a line: filled rectangles and images.

    Attributes:
        box: (n, 4) displayed.
        order: (n,) place in painting order, of the same count as that of characters.
        colour: (n,) packed; without meaning where it is not `plain`.
        plain: (n,) of one known colour.
        covers: (n,) hides what lies below.
    """

    box: Floats
    order: Ints
    colour: Codes
    plain: Bools
    covers: Bools

    @staticmethod
    def none() -> Areas:
        """No areas at all."""
        no = np.empty(0, dtype=np.bool_)
        return Areas(np.empty((0, 4)), np.empty(0, dtype=np.int64), np.empty(0, dtype=np.uint32), no, no)


@dataclass(frozen=True, slots=True)
class Texts:
    """Where the text objects of a page stand: `box` (n, 4) displayed, `order` (n,) in painting order."""

    box: Floats
    order: Ints


def joined(parts: Sequence[Areas]) -> Areas:
    """All areas of some parts of a page."""
    return Areas(*(np.concatenate([getattr(part, name) for part in parts]) for name in Areas.__slots__))


def _cover(glyphs: Glyphs, areas: Areas, frame: PageFrame) -> tuple[Bools, Bools]:
    """Which characters have something opaque above them, and which differ from what lies below them.

    What lies below is the last area painted before that holds the character's centre, else white paper. A character
    over an image or a pattern differs.
    """
    paper = np.full(len(glyphs.codes), WHITE, dtype=np.uint32)
    known = np.ones(len(paper), dtype=np.bool_)
    covered = np.zeros(len(paper), dtype=np.bool_)
    if len(areas.order):
        x, y = glyphs.centres(frame)
        step = max(1, _MOST_PAIRS // len(areas.order))
        for first in range(0, len(x), step):
            part = slice(first, first + step)
            x0, top, x1, bottom = areas.box.T[:, None]
            holds = (x[part, None] >= x0) & (x[part, None] <= x1) & (y[part, None] >= top) & (y[part, None] <= bottom)
            later = areas.order > glyphs.order[part, None]
            covered[part] = (holds & later & areas.covers).any(axis=1)
            below = np.where(holds & ~later, areas.order, -1)
            last = below.argmax(axis=1)
            found = below[np.arange(len(last)), last] >= 0
            paper[part] = np.where(found, areas.colour[last], WHITE)
            known[part] = ~found | areas.plain[last]
    differs = ((_contrast(glyphs.colour, paper) > _ALIKE) | ~known) & (_channel(glyphs.colour, 0) > _SEEN)
    return covered, np.asarray(differs, dtype=np.bool_)


def _is_reprinted(glyphs: Glyphs, covered: Bools, texts: Texts, frame: PageFrame) -> Bools:
    """Which covered characters a later text prints again in the same place.

    An engine that leaves out a character that stands twice in one place keeps the first one, though it is covered. So a
    later text around the covered character lacks one there: all of it, or one in a gap of its own line, beside a
    character that it has or lacks likewise.
    """
    box, _ = glyphs.boxes(frame)
    x, y = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
    near = _REACH * glyphs.size
    belongs = glyphs.order.copy()  # to this text: what is found to be printed again belongs to the later one
    result = np.zeros(len(x), dtype=np.bool_)
    open_, found = np.flatnonzero(covered).tolist(), True
    while found:
        found = False
        for i in [i for i in open_ if not result[i]]:
            x0, top, x1, bottom = texts.box.T
            start = _START * glyphs.size[i]  # the box of a text is that of its ink
            meets = (x0 + start <= box[i, 2]) & (box[i, 0] + start <= x1)
            around = meets & (top - _NEAR <= y[i]) & (y[i] <= bottom + _NEAR)
            for order in texts.order[around & (texts.order > glyphs.order[i])].tolist():
                own = belongs == order
                level = own & (np.abs(glyphs.size - glyphs.size[i]) < _NEAR) & (np.abs(y - y[i]) < _NEAR)
                beside = (np.abs(box[:, 0] - box[i, 2]) < near[i]) | (np.abs(box[:, 2] - box[i, 0]) < near[i])
                taken = own & (box[:, 0] < x[i]) & (x[i] < box[:, 2])
                if not own.any() or ((level & beside).any() and not taken.any()):
                    belongs[i], result[i], found = order, True, True
                    break
    return result


def is_watermark(glyphs: Glyphs, horizontal: Floats, vertical: Floats, frame: PageFrame) -> Bools:
    """Which characters belong to a watermark that lies level: faint or very large, across rules or other text.

    Characters of one colour and size are one watermark where a good part of them is crossed. Faint values in a cell
    of their own, and large titles, are not crossed by anything.
    """
    result = np.zeros(len(glyphs.codes), dtype=np.bool_)
    ink = (glyphs.codes > 32) & ~glyphs.hidden
    size = glyphs.size[ink]
    if len(size) < 2:
        return result
    is_black, largest = (glyphs.colour == BLACK).all(), size.max()
    if is_black and largest < _HUGE * size.min():
        return result
    usual = float(np.partition(size, len(size) // 2)[len(size) // 2])
    if is_black and largest < _HUGE * usual:
        return result
    faint = _contrast(glyphs.colour, np.full(len(result), WHITE, dtype=np.uint32)) <= _FAINT
    candidate = ink & (faint | (glyphs.size >= _HUGE * usual))
    if not candidate.any() or faint[ink].all():
        return result
    box, _ = glyphs.boxes(frame)
    at = np.flatnonzero(candidate)
    keys = np.column_stack([glyphs.colour[at].astype(np.int64), np.rint(2 * glyphs.size[at]).astype(np.int64)])
    _, group = np.unique(keys, axis=0, return_inverse=True)
    group = group.reshape(-1)
    crossed = _is_crossed(box[at], box[ink & ~candidate], horizontal, vertical)
    count, hit = np.bincount(group), np.bincount(group, weights=crossed)
    is_mark = (hit >= _CROSSED_LEAST) & (hit >= _CROSSED_SHARE * count)
    result[at] = is_mark[group]
    return result


def _is_crossed(box: Floats, others: Floats, horizontal: Floats, vertical: Floats) -> Bools:
    """Which boxes have a rule or the centre of other text in their middle."""
    width, height = box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]
    x0, x1 = (box[:, 0] + _INNER * width)[:, None], (box[:, 2] - _INNER * width)[:, None]
    top, bottom = (box[:, 1] + _INNER * height)[:, None], (box[:, 3] - _INNER * height)[:, None]
    x, y = (others[:, 0] + others[:, 2]) / 2, (others[:, 1] + others[:, 3]) / 2
    over_text = ((x0 <= x) & (x <= x1) & (top <= y) & (y <= bottom)).any(axis=1)
    by_level = (
        (horizontal[:, 0] >= top) & (horizontal[:, 0] <= bottom) & (horizontal[:, 1] <= x0) & (horizontal[:, 2] >= x1)
    ).any(axis=1)
    by_upright = (
        (vertical[:, 0] >= x0) & (vertical[:, 0] <= x1) & (vertical[:, 1] <= top) & (vertical[:, 2] >= bottom)
    ).any(axis=1)
    return np.asarray(over_text | by_level | by_upright, dtype=np.bool_)


def pack(red: int, green: int, blue: int, alpha: int = 255) -> int:
    """One number for a colour.

    Example:
        >>> hex(pack(255, 0, 16))
        '0xff0010ff'
    """
    return red << 24 | green << 16 | blue << 8 | alpha


def is_opaque(colour: Codes) -> Bools:
    """Which colours let nothing through."""
    return np.asarray(_channel(colour, 0) >= _OPAQUE, dtype=np.bool_)


def _channel(colour: Codes, shift: int) -> Ints:
    return ((colour >> np.uint32(shift)) & np.uint32(255)).astype(np.int64)


def _contrast(colour: Codes, paper: Codes) -> Ints:
    """Largest difference in red, green and blue between a colour, as far as it is opaque, and what lies below."""
    alpha = _channel(colour, 0)
    apart = np.max([np.abs(_channel(colour, shift) - _channel(paper, shift)) for shift in (24, 16, 8)], axis=0)
    return np.asarray(apart * alpha // 255, dtype=np.int64)


def as_seen(
    glyphs: Glyphs,
    areas: Areas,
    horizontal: Floats,
    vertical: Floats,
    frame: PageFrame,
    texts: Callable[[], Texts] | None = None,
) -> Glyphs:
    """Mark what no one can see as hidden, and leave out level watermarks.

    Args:
        glyphs: Printed characters.
        areas: Of the page.
        horizontal: Ruling lines of the page, as in `Page`.
        vertical: Likewise.
        frame: Of the page.
        texts: The text objects of the page, where the engine leaves out characters that stand twice in one place.
    """
    if not len(glyphs.codes):
        return glyphs
    if len(areas.order) or (glyphs.colour != BLACK).any():
        covered, differs = _cover(glyphs, areas, frame)
        if texts is not None and covered.any():
            covered &= ~_is_reprinted(glyphs, covered, texts(), frame)
        glyphs = replace(glyphs, hidden=glyphs.hidden | covered | ~differs)
    is_mark = is_watermark(glyphs, horizontal, vertical, frame)
    return glyphs.where(~is_mark) if is_mark.any() else glyphs
