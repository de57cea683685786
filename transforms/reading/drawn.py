"""Ink in the cells of figures without any text: a minus drawn as a line, a point as a dot, digits as outlines.

What is drawn has no text, so that a figure would be read without it. Such a page is looked at as a picture. So is one
with figures that something is drawn over, dark or white.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from transforms.reading.cells import PlacedPage
from transforms.reading.page import Bools, Floats, Ints, columns
from transforms.reading.text import is_digit, is_digit_or_point

_MARGIN: Final = 1.0
"""What lies nearer to the edge of its cell belongs to the rules, in points."""

_INNER_LINE: Final = 3.0
"""How far the inner one of two rules lies from the edge of its cell at most."""

_ALONG: Final = 0.6
"""Share of a cell's side from which a thing beside it runs along it."""

_FRAME: Final = 1.5
"""What is larger than six times this may be a frame: its outer part of this width, in points, is not looked at."""

_SHORT: Final = 16
"""Most characters of a cell with a figure beside other words."""

_OF_FIGURES: Final = np.array(
    [ord(char) for char in "0123456789.,%‰-+=<>≤≥≦≧＜＞＝％．，－—/()（）万亿元分 "], dtype=np.uint32
)
_OVER_TEXT: Final = 0.5
"""Share of what is drawn that lies in the boxes of characters, from which it is a line or a ground of theirs."""

_BELOW: Final = 0.3
"""How far above and below a character a line may lie that belongs to it, in its heights."""

_POINT: Final = ord(".")
_OF_INK: Final = np.array([[0.72, 0.9], [0.2, 0.85]])
"""Where the ink of a point, and of a digit, begins and ends in the box of its character, from above."""

_TOUCH: Final = 0.15
_THIN: Final = 0.3
_GROUND: Final = 0.15
"""What reaches around a character to so much of its size lies below it, or covers it."""

_ENDS: Final = np.array([-np.inf, np.inf])
_MOST: Final = 500
_INK: Final = 90
_NEAR: Final = 4
_COLOURS: Final = 3


def has_drawn_figures(placed: PlacedPage) -> bool:
    """Whether `drawn_in_figures` or `over_figures` finds anything."""
    lines = _inner_lines(placed)
    return len(_in_figures(placed, lines)[0]) > 0 or len(_over_figures(placed, lines)[0]) > 0


def drawn_in_figures(placed: PlacedPage) -> tuple[Ints, Floats]:
    """Find what is drawn within cells that are empty or hold a figure, and not under or through their characters.

    Returns:
        (n,) the cells of 500 drawings at most, as in `PlacedPage.cell`, and (n, 4) their displayed boxes.
    """
    return _in_figures(placed, _inner_lines(placed))


def _in_figures(placed: PlacedPage, lines: Floats) -> tuple[Ints, Floats]:
    box = np.concatenate([placed.page.drawn, lines])
    cell = _cells_around(placed, box) if len(box) else np.empty(0, dtype=np.int64)
    at = (cell >= 0).nonzero()[0]
    if not len(at):
        return cell[:0], box[:0]
    codes, place = placed.page.codes, placed.cell
    inside = (place >= 0) & (codes > 32)
    size = int(max(place.max(initial=0), cell.max())) + 1
    count = np.bincount(place[inside], minlength=size)
    others = np.bincount(place[inside & ~np.isin(codes, _OF_FIGURES)], minlength=size)
    digits = np.bincount(place[inside & is_digit(codes)], minlength=size)
    is_figure = (others == 0) | ((digits > 0) & (count <= _SHORT))
    at = at[is_figure[cell[at]]][:_MOST]
    at = at[[not _is_over_text(box[i], placed.page.char_box[place == cell[i]]) for i in at.tolist()]]
    return cell[at], box[at]


def over_figures(placed: PlacedPage) -> tuple[Ints, Floats]:
    """Find the digits and points in cells that something is drawn over, in part: neither a ground nor an underline.

    Returns:
        (n,) the characters, and (n, 4) where the ink of each would be.
    """
    return _over_figures(placed, _inner_lines(placed))


def _over_figures(placed: PlacedPage, lines: Floats) -> tuple[Ints, Floats]:
    page = placed.page
    drawn, hiding = page.drawn, page.hiding
    if len(drawn):
        drawn = drawn[_cells_around(placed, drawn) >= 0]
    drawn = np.concatenate([drawn, lines])
    things = np.concatenate([drawn, hiding])
    if not len(things):
        return np.empty(0, dtype=np.int64), things
    codes = page.codes
    at = (is_digit_or_point(codes) & (placed.cell >= 0) & (page.char_angle == 0)).nonzero()[0]
    if not len(at):
        return at, things[:0]
    box = page.char_box[at]
    ink = box.copy()
    ink[:, 1::2] = box[:, 1:2] + np.where((codes[at] == _POINT)[:, None], *_OF_INK) * (box[:, 3:] - box[:, 1:2])
    one, thing = _meeting(ink, things)
    edge = _GROUND * (box[one, 2:] - box[one, :2])
    around = (things[thing, :2] <= box[one, :2] + edge) & (things[thing, 2:] >= box[one, 2:] - edge)
    is_ground = around.all(axis=1) & (thing >= len(drawn))
    found = np.unique(one[~is_ground])
    return at[found], ink[found]


def _meeting(boxes: Floats, things: Floats) -> tuple[Ints, Ints]:
    """Pairs of a box and of a thing that reaches into it; boxes are about as high as one another."""
    order = np.argsort(boxes[:, 1], kind="stable")
    tops, highest = boxes[order, 1], float((boxes[:, 3] - boxes[:, 1]).max())
    first = np.searchsorted(tops, things[:, 1] - highest)
    count = np.maximum(np.searchsorted(tops, things[:, 3]) - first, 0)
    thing = np.repeat(np.arange(len(things)), count)
    one = order[np.arange(len(thing)) - np.repeat(np.cumsum(count) - count, count) + first[thing]]
    meets = (things[thing, :2] <= boxes[one, 2:] - _TOUCH) & (things[thing, 2:] >= boxes[one, :2] + _TOUCH)
    kept = meets.all(axis=1)
    return one[kept], thing[kept]


def _inner_lines(placed: PlacedPage) -> Floats:
    """(n, 4) thin boxes of the lines of a page that are not edges of its tables."""
    page, tables = placed.page, placed.tables
    y, x0, x1 = page.horizontal[_apart(page.horizontal[:, 0], [table.y for table in tables])].T
    x, top, bottom = page.vertical[_apart(page.vertical[:, 0], [table.x for table in tables])].T
    lying, standing = columns(x0, y - _THIN, x1, y + _THIN), columns(x - _THIN, top, x + _THIN, bottom)
    return np.concatenate([lying, standing])


def _apart(places: Floats, edges: Sequence[Floats]) -> Bools:
    known = np.sort(np.concatenate([_ENDS, *edges]))
    after = known.searchsorted(places)
    return np.asarray(np.minimum(places - known[after - 1], known[after] - places) > _MARGIN, dtype=np.bool_)


def has_ink(pixels: NDArray[np.uint8], boxes: Floats, characters: Floats, scale: float) -> Bools:
    """Say in which boxes the picture of a page shows ink beside the characters.

    Args:
        pixels: (height, width, channels) the page, light paper.
        boxes: (n, 4) displayed, in points.
        characters: (m, 4) displayed boxes of all characters.
        scale: Pixels a point.
    """
    found = np.zeros(len(boxes), dtype=np.bool_)
    for i, box in enumerate(boxes):
        x0, y0, x1, y1 = _pixels(_within_frame(box), scale)
        around = pixels[max(y0 - _NEAR, 0) : y1 + _NEAR, max(x0 - _NEAR, 0) : x1 + _NEAR, :_COLOURS].min(axis=2)
        top, left = min(y0, _NEAR), min(x0, _NEAR)
        part = around[top : top + y1 - y0, left : left + x1 - x0]
        if not part.size:
            continue
        ink = part < int(around.max()) - _INK
        meets = (characters[:, :2] < box[2:]).all(axis=1) & (characters[:, 2:] > box[:2]).all(axis=1)
        for character in characters[meets]:
            left, top, right, bottom = _pixels(character, scale)
            ink[max(top - y0, 0) : max(bottom - y0, 0), max(left - x0, 0) : max(right - x0, 0)] = False
        found[i] = ink.any()
    return found


def _pixels(box: Floats, scale: float) -> tuple[int, int, int, int]:
    x0, y0, x1, y1 = np.clip(box * scale, 0, None).tolist()
    return int(x0), int(y0), int(np.ceil(x1)), int(np.ceil(y1))


def _cells_around(placed: PlacedPage, box: Floats) -> Ints:
    """The cell that each box lies in, off its edges; -1 for none."""
    x, y = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
    cell = np.full(len(box), -1, dtype=np.int64)
    first = 0
    for table in placed.tables:
        column, row = np.searchsorted(table.x, x) - 1, np.searchsorted(table.y, y) - 1
        at = np.flatnonzero((column >= 0) & (column < len(table.x) - 1) & (row >= 0) & (row < len(table.y) - 1))
        if len(at):
            number = table.cell_at[row[at], column[at]]
            at, number = at[number >= 0], number[number >= 0]
            around, own = table.boxes[number], box[at]
            within = (own[:, :2] >= around[:, :2] + _MARGIN) & (own[:, 2:] <= around[:, 2:] - _MARGIN)
            inside = within.all(axis=1) & ~_is_of_rules(own, around)
            cell[at[inside]] = first + number[inside]
        first += len(table.cells)
    return cell


def _is_of_rules(box: Floats, cell: Floats) -> Bools:
    """Whether a thing is a piece of the inner one of two rules around its cell: in a corner, or along a side."""
    near = np.minimum(box[:, :2] - cell[:, :2], cell[:, 2:] - box[:, 2:]) <= _INNER_LINE
    along = box[:, 2:] - box[:, :2] >= _ALONG * (cell[:, 2:] - cell[:, :2])
    thin = box[:, 2:] - box[:, :2] <= _INNER_LINE
    beside = near & thin & along[:, ::-1]
    in_corner = (near & thin).all(axis=1)
    return np.asarray(in_corner | beside.any(axis=1), dtype=np.bool_)


def _within_frame(box: Floats) -> Floats:
    """What a box encloses, if it were a frame: the sides of a cell of its own are not its content."""
    if (box[2:] - box[:2]).min() <= 6 * _FRAME:
        return box
    return np.asarray(box + np.array([_FRAME, _FRAME, -_FRAME, -_FRAME]))


def _is_over_text(box: Floats, characters: Floats) -> bool:
    """Whether a thing is drawn below or through the characters of its cell: most of it, or one's middle lies in it."""
    if not len(characters):
        return False
    middle = (characters[:, :2] + characters[:, 2:]) / 2
    if ((middle >= box[:2]) & (middle <= box[2:])).all(axis=1).any():
        return True
    reach = _BELOW * (characters[:, 3] - characters[:, 1])
    level = (characters[:, 1] - reach <= box[1]) & (box[3] <= characters[:, 3] + reach)
    shared = np.minimum(characters[:, 2], box[2]) - np.maximum(characters[:, 0], box[0])
    return bool(np.clip(shared[level], 0, None).sum() >= _OVER_TEXT * (box[2] - box[0]))
