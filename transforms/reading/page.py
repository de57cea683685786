"""One page as arrays: characters with their boxes, and ruling lines. What every feed gives and all reading uses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Codes = NDArray[np.uint32]

ASCENT: Final = 0.88
"""Share of the font size above the baseline in a character's box (the ideographic em box)."""

_SMALLEST_SIZE: Final = 0.5
_LEGIBLE: Final = 1.5
"""Points from which a character can be read, whatever the others of its page are."""

_TINY: Final = 0.2
_RIM: Final = np.array([0.1, 0.2])
_SKEW: Final = 10.0
_TOUCHING: Final = 0.25
"""Share of the font size that lies between two characters of a word at most."""


@dataclass(frozen=True, slots=True)
class Page:
    """The ink of one page, in points from the top left corner of the page as displayed.

    Rotation and crop box are already applied. Left out by the feeds: characters that no one can see (render mode 3,
    unless it lies over a scan; size 0; outside the page), characters at an angle (watermarks), and the red characters
    of a drawn red stamp.

    Attributes:
        number: Page in the document, from 1.
        width: Width of the page as displayed.
        height: Height of the page as displayed.
        char_text: One character each, `<U1`, in the order of printing. Printed spaces are kept (some feeds put them
            last); spaces and line breaks that an engine made up are not.
        char_box: (n, 4) x0, top, x1, bottom: from the origin to the advance along the text, and the em box across
            it, so that both feeds agree whatever the font says of its height.
        char_angle: (n,) direction of the text, counter-clockwise: 0, 90 (upwards), 180, 270 (downwards).
        horizontal: (m, 3) y, x0, x1 of the ruling lines, joined where they are drawn in pieces.
        vertical: (k, 3) x, top, bottom.
        image_share: Share of the page that images cover, 0 to 1: tells a scan where there are no characters.
        has_hidden_text: The characters are invisible ones that lie over a scan (somebody's OCR).
        has_empty_glyphs: The embedded font of most of its ideographs has no shapes; one feed cannot say.
        cut: Indices of the characters at which a clip path cuts a text off; one feed cannot say.
        drawn: (n, 4) displayed boxes of small things that are painted and no text, long lines left out; one feed cannot
            say.
        hiding: (n, 4) displayed boxes of what hides what lies below it: areas, and lines in white; one feed cannot say.
    """

    number: int
    width: float
    height: float
    char_text: NDArray[np.str_]
    char_box: Floats
    char_angle: Ints
    horizontal: Floats
    vertical: Floats
    image_share: float = 0.0
    has_hidden_text: bool = False
    has_empty_glyphs: bool = False
    cut: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    drawn: Floats = field(default_factory=lambda: np.empty((0, 4)))
    hiding: Floats = field(default_factory=lambda: np.empty((0, 4)))

    @property
    def codes(self) -> Codes:
        """Code points of the characters."""
        return np.ascontiguousarray(self.char_text).view(np.uint32)


def columns(*values: NDArray[Any]) -> NDArray[Any]:
    """Arrays of one length as the columns of one: what `column_stack` gives, in less time for short arrays.

    Example:
        >>> columns(np.array([1.0, 2.0]), np.array([3, 4])).tolist()
        [[1.0, 3.0], [2.0, 4.0]]
    """
    return np.array(values).T


def map_boxes(boxes: Floats, affine: Floats) -> Floats:
    """Boxes around the mapped corners of boxes; (n, 4) x0, top, x1, bottom, NaN stays NaN.

    A map of three rows is one with perspective.

    Example:
        >>> map_boxes(np.array([[0.0, 0.0, 2.0, 1.0]]), np.array([[1.0, 0.0, 5.0], [0.0, 1.0, 0.0]])).tolist()
        [[5.0, 0.0, 7.0, 1.0]]
    """
    x = boxes[:, [0, 2, 0, 2]]
    y = boxes[:, [1, 1, 3, 3]]
    mapped_x = affine[0, 0] * x + affine[0, 1] * y + affine[0, 2]
    mapped_y = affine[1, 0] * x + affine[1, 1] * y + affine[1, 2]
    if len(affine) == 3:
        depth = affine[2, 0] * x + affine[2, 1] * y + affine[2, 2]
        mapped_x, mapped_y = mapped_x / depth, mapped_y / depth
    corners = [mapped_x.min(axis=1), mapped_y.min(axis=1), mapped_x.max(axis=1), mapped_y.max(axis=1)]
    return np.column_stack(corners).astype(np.float64)


def boxes_around(points: Floats, boxes: Floats) -> Ints:
    """Indices of the boxes (n, 4) around points (m, 2); a point in none is left out.

    Example:
        >>> boxes_around(np.array([[5.0, 5.0], [99.0, 5.0]]), np.array([[0, 0, 4, 9], [4, 0, 8, 9]])).tolist()
        [1]
    """
    if not len(points):
        return np.empty(0, dtype=np.int64)
    x, y = points[:, :1], points[:, 1:]
    holds = (boxes[:, 0] <= x) & (x <= boxes[:, 2]) & (boxes[:, 1] <= y) & (y <= boxes[:, 3])
    return np.flatnonzero(holds.any(axis=0))


@dataclass(frozen=True, slots=True)
class PageFrame:
    """Turns PDF user space (origin bottom left, y up) into the page as displayed.

    `left`, `bottom`, `right`, `top` are the visible box (crop box within media box) in user space; `rotation` is the
    clockwise turn for display: 0, 90, 180, 270.
    """

    left: float
    bottom: float
    right: float
    top: float
    rotation: int = 0

    @property
    def size(self) -> tuple[float, float]:
        """Width and height as displayed."""
        width, height = self.right - self.left, self.top - self.bottom
        return (height, width) if self.rotation in (90, 270) else (width, height)

    def points(self, x: Floats, y: Floats) -> tuple[Floats, Floats]:
        """Displayed x and y of points in user space."""
        if self.rotation == 90:
            return y - self.bottom, x - self.left
        if self.rotation == 180:
            return self.right - x, y - self.bottom
        if self.rotation == 270:
            return self.top - y, self.right - x
        return x - self.left, self.top - y

    def boxes(self, x0: Floats, y0: Floats, x1: Floats, y1: Floats) -> Floats:
        """Displayed boxes (n, 4) of two opposite corners each."""
        ax, ay = self.points(x0, y0)
        bx, by = self.points(x1, y1)
        boxes: Floats = columns(np.minimum(ax, bx), np.minimum(ay, by), np.maximum(ax, bx), np.maximum(ay, by))
        return boxes.astype(np.float64, copy=False)


@dataclass(frozen=True, slots=True)
class Glyphs:
    """Characters as an engine tells them, before they are placed on the displayed page.

    `x`, `y` are origins in user space; `size` the font size there; `angle` the direction of the baseline in degrees,
    counter-clockwise in user space; `advance` along that direction; `hidden` true for what leaves no ink (render modes
    3 and 7); `colour` packed as in `shown`; `order` the place in painting order.
    """

    codes: Codes
    x: Floats
    y: Floats
    size: Floats
    angle: Floats
    advance: Floats
    hidden: Bools
    colour: Codes
    order: Ints

    def where(self, chosen: Bools) -> Glyphs:
        """Only the chosen characters."""
        return Glyphs(*(getattr(self, name)[chosen] for name in self.__slots__))

    def outside_stamps(self, stamps: Floats, frame: PageFrame, is_red: Bools) -> Bools:
        """Which characters are not the red ones in the displayed boxes (n, 4) of stamps."""
        x, y = self.centres(frame)
        x0, top, x1, bottom = stamps.T[:, :, None]
        within = ((x >= x0) & (x <= x1) & (y >= top) & (y <= bottom)).any(axis=0)
        return np.asarray(~(within & is_red), dtype=np.bool_)

    def boxes(self, frame: PageFrame) -> tuple[Floats, Ints]:
        """Displayed boxes (n, 4) of the characters, and their directions as quarter turns."""
        if frame.rotation or self.angle.any():
            quarter = np.rint((self.angle - frame.rotation) / 90.0).astype(np.int64) % 4
        else:
            quarter = np.zeros(len(self.x), dtype=np.int64)
        x, y = frame.points(self.x, self.y)
        up, down, ahead = ASCENT * self.size, (1.0 - ASCENT) * self.size, self.advance
        box = np.empty((len(x), 4))
        if not quarter.any():
            box[:, 0], box[:, 1], box[:, 2], box[:, 3] = x, y - up, x + ahead, y + down
            return box, quarter
        box[:, 0] = np.choose(quarter, [x, x - up, x - ahead, x - down])
        box[:, 1] = np.choose(quarter, [y - up, y - ahead, y - down, y])
        box[:, 2] = np.choose(quarter, [x + ahead, x + down, x, x + up])
        box[:, 3] = np.choose(quarter, [y + down, y, y + up, y + ahead])
        return box, quarter

    def touching(self) -> Bools:
        """Whether each character but the first begins where the one before it ends."""
        turn = np.radians(self.angle)
        x, y = self.x + self.advance * np.cos(turn), self.y + self.advance * np.sin(turn)
        gap = np.hypot(self.x[1:] - x[:-1], self.y[1:] - y[:-1])
        return np.asarray(gap < _TOUCHING * self.size[1:], dtype=np.bool_)

    def centres(self, frame: PageFrame) -> tuple[Floats, Floats]:
        """Displayed x and y of the middle of each character."""
        box, _ = self.boxes(frame)
        return (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2

    def unpainted(self, frame: PageFrame) -> Floats:
        """Displayed boxes (n, 4), without their rims, of what leaves no ink: what is painted later may show it."""
        box, _ = self.where(self.hidden).boxes(frame)
        rim = _RIM * (box[:, 2:] - box[:, :2])
        return np.concatenate([box[:, :2] + rim, box[:, 2:] - rim], axis=1)


def place(glyphs: Glyphs, frame: PageFrame, image_share: float) -> tuple[NDArray[np.str_], Floats, Ints, bool]:
    """Place the characters on the displayed page and drop those that no reader sees.

    Dropped: size under half a point, or under a fifth of the usual size of the page and 1.5 points; centre off the
    page, direction more than 10 degrees off a right angle, and hidden characters, unless they are the only ones and
    lie over a scan.

    Returns:
        `char_text`, `char_box`, `char_angle` and `has_hidden_text` of `Page`.
    """
    box, quarter = glyphs.boxes(frame)
    width, height = frame.size
    cx, cy = (box[:, 0] + box[:, 2]) / 2, (box[:, 1] + box[:, 3]) / 2
    seen = (glyphs.size >= _smallest(glyphs.size)) & (cx >= 0) & (cx <= width) & (cy >= 0) & (cy <= height)
    if glyphs.angle.any():
        seen &= np.abs((glyphs.angle + 45.0) % 90.0 - 45.0) <= _SKEW
    visible = seen & ~glyphs.hidden
    is_ocr = bool(image_share > 0.5 and not visible.any() and seen.any())
    keep = seen if is_ocr else visible
    codes = glyphs.codes
    if not keep.all():
        codes, box, quarter = codes[keep], box[keep], quarter[keep]
    return np.ascontiguousarray(codes, dtype=np.uint32).view("<U1"), box, 90 * quarter, is_ocr


def _smallest(size: Floats) -> float:
    """Size from which characters are seen as more than dots."""
    if not len(size) or size.min() >= _LEGIBLE:
        return _SMALLEST_SIZE
    return float(np.clip(_TINY * np.median(size), _SMALLEST_SIZE, _LEGIBLE))
