"""A page as a clean upright picture: rendered, red stamps taken off, paper made white, turned straight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray

from transforms.reading.ocr.inverted import with_dark_print, with_light_paper
from transforms.reading.ocr.opencv import opencv
from transforms.reading.ocr.tints import without_tints
from transforms.reading.ocr.whole import require_pictures
from transforms.reading.page import Bools, Floats

Gray = NDArray[np.uint8]
Colour = NDArray[np.uint8]

PIXELS_PER_POINT: Final = 3.0
"""Resolution of the picture: 216 dpi."""

_MOST_PIXELS: Final = 4200
_STEEPEST: Final = 12.0
_STEEP: Final = 3.0
_SURELY_SHARPER: Final = 1.3
_STRAIGHT: Final = 0.02
_FLAT_RUN: Final = 10
_STEEP_RUN: Final = 5
_FEW_POINTS: Final = 300
_SHARPER: Final = 1.02
_MOST_POINTS: Final = 60_000
_STAMP_SIDE: Final = 45.0
_STAMP_LARGEST: Final = 300.0
_STAMP_GAP: Final = 4.0
_DESK: Final = 0.55
_MOST_DESK: Final = 0.6
_FOUR_SIDED: Final = 0.97
_WHITE: Final = 255
_RED: Final = 28
_PALEST: Final = 197.0
_FAINT: Final = 215
_NOT_WHITE: Final = 238
_PALE_PRINT: Final = 155
_DARKENED: Final = 60
_LEAST_PRINT: Final = 0.004


@dataclass(frozen=True, slots=True)
class Scan:
    """One page as a straight gray picture.

    Attributes:
        number: Page in the document, from 1.
        gray: Dark ink on white paper, 0 to 255.
        scale: Pixels a point.
        width: Width of the page as displayed, in points.
        height: Height of the page as displayed.
        to_page: (2, 3) affine map from points of the picture (x right, y down) to points of the page as displayed;
            (3, 3) with perspective where the picture was a photo.
        turns: By how many quarters the picture was turned counter-clockwise.
    """

    number: int
    gray: Gray
    scale: float
    width: float
    height: float
    to_page: Floats
    turns: int = 0

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of the picture, in points."""
        return self.gray.shape[1] / self.scale, self.gray.shape[0] / self.scale


def scan_page(page: pdfium.PdfPage, number: int) -> Scan:
    """Render a page as displayed, without its stamps, all print dark on white paper.

    Raises:
        pypdfium2.PdfiumError: The page, or a picture on it, cannot be drawn.
    """
    width, height = page.get_size()
    scale = min(PIXELS_PER_POINT, _MOST_PIXELS / max(width, height))
    bitmap = page.render(scale=scale, rev_byteorder=False)
    pixels: Colour = bitmap.to_numpy()
    light = with_light_paper(without_stamps(pixels, scale))
    gray = whiten_paper(without_tints(with_dark_print(light, scale), scale))
    bitmap.close()
    require_pictures(page, gray)
    return Scan(number, gray, scale, width, height, np.eye(2, 3))


def without_stamps(pixels: Colour, scale: float) -> Gray:
    """Turn a picture gray and leave out red stamps.

    A stamp is a red patch of at least 45 points and at most 300 either way, with what stands within its ring. Smaller
    red marks, such as red words, stay; so does what is larger, such as red ruling lines or the desk under a photo.
    Within a stamp the red channel alone is kept: red ink is as light as paper there, and black ink below it stays
    black.

    Args:
        pixels: (height, width, 3 or 4) blue, green, red.
        scale: Pixels a point.
    """
    cv2 = opencv()
    pixels = np.atleast_3d(pixels)
    if pixels.shape[2] < 3:
        return np.ascontiguousarray(pixels[:, :, 0])
    gray: Gray = cv2.cvtColor(np.ascontiguousarray(pixels[:, :, :3]), cv2.COLOR_BGR2GRAY)
    red = pixels[:, :, 2]
    excess = cv2.subtract(red, cv2.max(pixels[:, :, 0], pixels[:, :, 1]))
    mask = np.asarray(excess > _RED, dtype=np.uint8)
    if not mask.any():
        return gray
    kernel = np.ones((2 * round(_STAMP_GAP * scale / 2) + 1,) * 2, dtype=np.uint8)
    near = cv2.dilate(mask, kernel)
    count, label, stats, _ = cv2.connectedComponentsWithStats(near, connectivity=8)
    sides = stats[:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
    is_stamp = (sides.min(axis=1) >= _STAMP_SIDE * scale) & (sides.max(axis=1) <= _STAMP_LARGEST * scale)
    is_stamp[0] = False
    if not is_stamp.any():
        return gray
    for x, y, w, h in stats[is_stamp, :4].tolist():
        is_stamp |= (
            (stats[:, cv2.CC_STAT_LEFT] >= x)
            & (stats[:, cv2.CC_STAT_TOP] >= y)
            & (stats[:, cv2.CC_STAT_LEFT] + stats[:, cv2.CC_STAT_WIDTH] <= x + w)
            & (stats[:, cv2.CC_STAT_TOP] + stats[:, cv2.CC_STAT_HEIGHT] <= y + h)
        )
    is_stamp[0] = False  # paper, where a stamp fills the picture
    black = float(np.percentile(red[::2, ::2], 1))
    for number in np.flatnonzero(is_stamp[:count]).tolist():
        x, y, w, h = (int(v) for v in stats[number, :4])
        part = (slice(y, y + h), slice(x, x + w))
        inside = label[part] == number
        level = max(float(np.percentile(red[part][inside & (mask[part] > 0)], 40)), black + 10.0)
        # Every pixel near the red ink is replaced, as JPEG keeps colour coarsely: what is as light as the stamp turns
        # white, what is as dark as print stays as it is.
        lit = black + (red[part].astype(np.float32) - black) * (255.0 - black) / (level - black)
        gray[part][inside] = np.clip(lit[inside], 0.0, 255.0).astype(np.uint8)
    return gray


def whiten_paper(gray: Gray) -> Gray:
    """Divide a picture by its background, so that shadows, tinted paper and shaded cells turn white.

    What is much darker than the paper and reaches in from the edge, such as the desk under a photo, turns white too.
    """
    cv2 = opencv()
    height, width = gray.shape
    small = cv2.resize(gray, (max(width // 8, 1), max(height // 8, 1)), interpolation=cv2.INTER_AREA)
    paper = cv2.medianBlur(cv2.dilate(small, np.ones((5, 5), dtype=np.uint8)), 7)
    if int(paper.min()) >= 250:
        return gray
    background = cv2.resize(paper, (width, height), interpolation=cv2.INTER_LINEAR)
    whitened: Gray = cv2.divide(gray, cv2.max(background, np.full_like(background, 60)), scale=255)
    desk = _desk(paper)
    if desk.any():
        whitened[cv2.resize(desk, (width, height), interpolation=cv2.INTER_NEAREST) > 0] = _WHITE
    return whitened


def _desk(paper: Gray) -> Gray:
    """Parts of a background that are much darker than most of it and touch its edge: 1, with a margin; others 0.

    Paper has four straight sides: what lies within them is a shadow on the paper, even where it reaches the edge.
    """
    cv2 = opencv()
    dark = np.asarray(paper < _DESK * float(np.percentile(paper, 75)), dtype=np.uint8)
    if not dark.any() or dark.mean() > _MOST_DESK:
        return np.zeros_like(dark)
    _, label = cv2.connectedComponents(dark)
    edge = np.concatenate([label[0], label[-1], label[:, 0], label[:, -1]])
    desk = np.isin(label, np.unique(edge[edge > 0])).astype(np.uint8)
    desk[_sheet(dark) > 0] = 0
    return np.asarray(cv2.dilate(desk, np.ones((7, 7), dtype=np.uint8)), dtype=np.uint8)


def _sheet(dark: Gray) -> Gray:
    """The four-sided figure around the largest part of a background that is not dark: 1; outside of it 0.

    All of the picture where that part has other than four sides, for what is desk is not known then.
    """
    cv2 = opencv()
    count, label, stats, _ = cv2.connectedComponentsWithStats(1 - dark)
    largest = 1 + int(stats[1:count, cv2.CC_STAT_AREA].argmax())
    y, x = np.nonzero(label == largest)
    hull = cv2.convexHull(np.column_stack([x, y]).astype(np.int32))
    corners = np.rint(cv2.approxPolyN(hull, 4, ensure_convex=True)).astype(np.int32).reshape(-1, 2)
    if cv2.contourArea(hull) < _FOUR_SIDED * cv2.contourArea(corners):
        return np.ones_like(dark)
    sheet = np.zeros_like(dark)
    cv2.fillConvexPoly(sheet, corners, 1)
    return sheet


def with_dark_ink(gray: Gray) -> Gray:
    """Darken the print of a picture without rules where all of it is pale, as from a worn cartridge.

    Example:
        >>> page = np.full((200, 200), 255, dtype=np.uint8)
        >>> page[50:60, 20:180] = 205
        >>> int(with_dark_ink(page)[55, 100]), int(with_dark_ink(page)[0, 0])
        (60, 255)
    """
    # The centre of a stroke counts, not its faint edges and not noise.
    sample = opencv().blur(gray, (3, 3))[::2, ::2]
    print_of = sample[sample < _NOT_WHITE]
    if len(print_of) < _LEAST_PRINT * sample.size:
        return gray
    level = float(np.percentile(print_of, 5))
    if level < _PALE_PRINT:
        return gray
    darker = 255.0 - (255.0 - gray) * ((255.0 - _DARKENED) / (255.0 - level))
    return np.asarray(np.clip(np.rint(darker), 0, 255), dtype=np.uint8)


def is_ink(gray: Gray) -> Bools:
    """Tell ink from paper by Otsu's threshold on the slightly smoothed picture, kept within a sane range."""
    cv2 = opencv()
    smooth = cv2.GaussianBlur(gray, (3, 3), 0)
    threshold, _ = cv2.threshold(smooth, 0, 255, cv2.THRESH_BINARY | cv2.THRESH_OTSU)
    return np.asarray(smooth < min(max(float(threshold), 110.0), _PALEST), dtype=np.bool_)


def is_perhaps_ink(gray: Gray) -> Bools:
    """Tell what may be faint ink: patches a little darker than paper, larger than dirt."""
    cv2 = opencv()
    return np.asarray(cv2.blur(gray, (5, 5)) < _FAINT, dtype=np.bool_)


def straighten(scan: Scan) -> Scan:
    """Turn a skewed picture straight; skew of more than 12 degrees is not looked for."""
    angle = skew(scan.gray)
    if abs(angle) < _STRAIGHT:
        return scan
    gray, turn = _turned(scan.gray, angle)
    back = opencv().invertAffineTransform(turn)
    back[:, 2] /= scan.scale
    return Scan(scan.number, gray, scan.scale, scan.width, scan.height, compose(scan.to_page, back))


def _turned(gray: Gray, angle: float) -> tuple[Gray, Floats]:
    """Turn a picture counter-clockwise by some degrees, with white around it; also the map from the old to the new."""
    cv2 = opencv()
    height, width = gray.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    cosine, sine = abs(turn[0, 0]), abs(turn[0, 1])
    new_width, new_height = round(width * cosine + height * sine), round(height * cosine + width * sine)
    turn[:, 2] += ((new_width - width) / 2, (new_height - height) / 2)
    turned: Gray = cv2.warpAffine(
        gray, turn, (new_width, new_height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=255
    )
    return turned, turn


def quarter_turn(scan: Scan, turns: int) -> Scan:
    """Turn a picture counter-clockwise by quarters, for pages that were scanned lying or upside down."""
    turns %= 4
    if not turns:
        return scan
    width, height = scan.size
    back = {
        1: np.array([[0.0, -1.0, width], [1.0, 0.0, 0.0]]),
        2: np.array([[-1.0, 0.0, width], [0.0, -1.0, height]]),
        3: np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, height]]),
    }[turns]
    gray = np.ascontiguousarray(np.rot90(scan.gray, turns))
    to_page = compose(scan.to_page, back)
    return Scan(scan.number, gray, scan.scale, scan.width, scan.height, to_page, (scan.turns + turns) % 4)


def skew(gray: Gray) -> float:
    """Angle in degrees, counter-clockwise, by which a picture must be turned so that its lines lie level.

    Level rules make the sharpest profile of ink over the height: the angle with the sharpest one is searched in steps,
    coarse, then fine. Beyond 3 degrees rules fall into short pieces: there the picture is turned by the coarse angle
    first, if that is surely sharper. Text counts only where there are no rules: columns of text side by side blur one
    another's lines.
    """
    cv2 = opencv()
    height, width = gray.shape
    small: Gray = cv2.resize(gray, (max(width // 3, 1), max(height // 3, 1)), interpolation=cv2.INTER_AREA)
    x, y = _level_ink(small, _STEEP_RUN)
    if len(x) < _FEW_POINTS:
        return 0.0
    coarse = _sharpest(x, y, 0.0, _STEEPEST, 0.25)
    if abs(coarse) > _STEEP:
        is_sure = _sharpness(x, y, coarse) >= _SURELY_SHARPER * _sharpness(x, y, 0.0)
        return coarse + _fine_skew(_turned(gray, coarse)[0], 0.0) if is_sure else 0.0
    return _fine_skew(gray, coarse)


def _fine_skew(gray: Gray, coarse: float) -> float:
    """Angle near a coarse one; 0 where it is not sharper than none."""
    x, y = _level_ink(gray, 3 * _FLAT_RUN)
    best = _sharpest(x, y, _sharpest(x, y, coarse, 0.3, 0.03), 0.03, 0.01)
    return best if _sharpness(x, y, best) >= _SHARPER * _sharpness(x, y, 0.0) else 0.0


def _level_ink(gray: Gray, run: int) -> tuple[Floats, Floats]:
    """Points of the ink that lies in level runs; of all ink where there is little of it."""
    ink = is_ink(gray)
    flat = opencv().morphologyEx(ink.astype(np.uint8), opencv().MORPH_OPEN, np.ones((1, run), dtype=np.uint8))
    y, x = np.nonzero(flat if int(flat.sum()) >= _FEW_POINTS else ink)
    every = max(1, len(x) // _MOST_POINTS)
    return x[::every].astype(np.float64) - gray.shape[1] / 2, y[::every].astype(np.float64)


def _sharpest(x: Floats, y: Floats, centre: float, reach: float, step: float) -> float:
    angles = np.arange(centre - reach, centre + reach + step / 2, step)
    sharpness = [_sharpness(x, y, float(angle)) for angle in angles]
    return float(angles[int(np.argmax(sharpness))])


def _sharpness(x: Floats, y: Floats, angle: float) -> float:
    level = y + x * np.tan(np.radians(-angle))
    profile = np.bincount((level - level.min()).astype(np.int64)).astype(np.float64)
    return float((profile * profile).sum())


def compose(outer: Floats, inner: Floats) -> Floats:
    """Map that applies `inner`, then `outer`: (2, 3), or (3, 3) where one of them is, with perspective."""
    both = _square(outer) @ _square(inner)
    return both if len(outer) == 3 or len(inner) == 3 else both[:2]


def _square(affine: Floats) -> Floats:
    return affine if len(affine) == 3 else np.vstack([affine, [0.0, 0.0, 1.0]])
