"""What a page's program prints and paints, written down by pdfminer's interpreter, for the reference feed."""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

from pdfminer.pdfcolor import PDFColorSpace
from pdfminer.pdfdevice import PDFTextDevice
from pdfminer.pdffont import PDFUnicodeNotDefined
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdftypes import PDFStream, resolve1
from pdfminer.psparser import literal_name
from pdfminer.utils import MATRIX_IDENTITY, apply_matrix_pt, mult_matrix

from transforms.reading.layers import is_off
from transforms.reading.limits import Limits, require
from transforms.reading.page import ASCENT
from transforms.reading.paths import CURVE, LINE, MOVE
from transforms.reading.shown import BLACK, pack
from transforms.reading.stamps import RED_EXCESS, REDDEST

NOWHERE: Final = (math.inf, math.inf, -math.inf, -math.inf)
"""The clip box that lets nothing through."""

_UNMAPPED: Final = 0xFFFD
_DINGBATS: Final = {"3": "✓", "4": "✔", "8": "✘", "l": "●", "m": "❍", "n": "■", "o": "❏", "p": "❐", "q": "❑", "r": "❒"}
"""Signs of the standard font of that name, of which pdfminer tells letters."""

_DEEPEST: Final = 8
"""Forms within forms: what lies deeper is not looked at, as one may hold itself."""

_INVISIBLE: Final = (3, 7)
_FILLED: Final = (0, 4)
_STROKED: Final = (1, 5)
_WHITE: Final = 252 / 255
_KIND: Final = {"m": MOVE, "l": LINE, "c": CURVE, "v": CURVE, "y": CURVE}

Box = tuple[float, float, float, float]

Char = tuple[int, float, float, float, float, float, bool, bool, int, int]
"""One character: code, x, y, size, angle, advance, hidden, red, colour, order."""

Points = list[tuple[float, float, int, bool]]


class PaintedPath(NamedTuple):
    """A painted path; `half` is half the width of its stroke, `colour` that of its filling, None where not known."""

    points: Points
    half: float | None
    filled: bool
    stroke_white: bool
    fill_white: bool
    is_red: bool
    clip: Box | None
    colour: int | None
    covers: bool
    order: int


class PaintedImage(NamedTuple):
    """A painted image; its corners in user space."""

    points: list[tuple[float, float]]
    clip: Box | None
    covers: bool
    order: int


class _Look(NamedTuple):
    """What an extended graphics state says of how paint is laid on."""

    alpha: float = 1.0
    stroke_alpha: float = 1.0
    is_plain: bool = True


class Recording(NamedTuple):
    """What one page prints and paints, in user space and painting order."""

    chars: list[Char]
    paths: list[PaintedPath]
    images: list[PaintedImage]
    image_area: float


def record(resources: PDFResourceManager, page: Any, off: frozenset[int], limits: Limits) -> Recording:
    """Run a page's program.

    Args:
        resources: Of the document.
        page: pdfminer's page.
        off: `layers.layers_off` of the document.
        limits: How much the page may print and paint.

    Raises:
        LimitMet: too_many_characters, too_many_objects.
    """
    recorder = _Recorder(resources, off, limits)
    _Interpreter(resources, recorder).render_contents(page.resources, page.contents, ctm=MATRIX_IDENTITY)
    return Recording(recorder.chars, recorder.paths, recorder.images, recorder.image_area)


class _Interpreter(PDFPageInterpreter):
    """pdfminer's interpreter, with the clipping that it leaves out given to the device."""

    device: _Recorder

    def init_state(self, ctm: Any) -> None:
        super().init_state(ctm)
        self._saved: list[tuple[Box | None, _Look]] = []
        self._layers: list[bool] = []

    def do_q(self) -> None:
        super().do_q()
        self._saved.append((self.device.clip, self.device.look))

    def do_Q(self) -> None:
        super().do_Q()
        if self._saved:
            self.device.clip, self.device.look = self._saved.pop()

    def do_gs(self, name: Any) -> None:
        states = resolve1(self.resources.get("ExtGState")) or {}
        state = resolve1(states.get(literal_name(name))) or {}
        alpha, stroke_alpha = resolve1(state.get("ca")), resolve1(state.get("CA"))
        mode = resolve1(state.get("BM"))
        look = self.device.look
        if isinstance(alpha, int | float):
            look = look._replace(alpha=min(max(float(alpha), 0.0), 1.0))
        if isinstance(stroke_alpha, int | float):
            look = look._replace(stroke_alpha=min(max(float(stroke_alpha), 0.0), 1.0))
        if mode is not None:
            look = look._replace(is_plain=literal_name(mode) in ("Normal", "Compatible"))
        self.device.look = look

    def do_BMC(self, tag: Any) -> None:
        super().do_BMC(tag)
        self._enter_layer(False)

    def do_BDC(self, tag: Any, props: Any) -> None:
        super().do_BDC(tag, props)
        hides = False
        if literal_name(tag) == "OC":
            named = resolve1(self.resources.get("Properties")) or {}
            hides = is_off(named.get(literal_name(props)), self.device.off)
        self._enter_layer(hides)

    def do_EMC(self) -> None:
        super().do_EMC()
        if self._layers:
            self.device.layers_off -= self._layers.pop()

    def _enter_layer(self, hides: bool) -> None:
        self._layers.append(hides)
        self.device.layers_off += hides

    def do_W(self) -> None:
        self.device.is_clipping = True

    def do_W_a(self) -> None:
        self.device.is_clipping = True

    def do_n(self) -> None:
        self.device.end_path(self.curpath)
        super().do_n()

    def do_Do(self, xobjid_arg: Any) -> None:
        clip, look, off = self.device.clip, self.device.look, self.device.layers_off
        stream = resolve1(self.xobjmap.get(literal_name(xobjid_arg)))
        hides = isinstance(stream, PDFStream) and is_off(stream.get("OC"), self.device.off)
        if not hides and self.device.depth < _DEEPEST:
            self.device.depth += 1
            try:
                super().do_Do(xobjid_arg)
            finally:
                self.device.depth -= 1
        self.device.clip, self.device.look, self.device.layers_off = clip, look, off
        self.device.set_ctm(self.ctm)


class _Recorder(PDFTextDevice):
    """Writes down what the page's program prints and paints, in user space and painting order."""

    ctm: Any

    def __init__(self, resources: PDFResourceManager, off: frozenset[int], limits: Limits) -> None:
        super().__init__(resources)
        self.chars: list[Char] = []
        self.paths: list[PaintedPath] = []
        self.images: list[PaintedImage] = []
        self.image_area = 0.0
        self.clip: Box | None = None
        self.is_clipping = False
        self.off = off
        self.depth = 0
        self._limits = limits
        self._pixels = 0
        self.layers_off = 0
        self.look = _Look()
        self._mode = 0
        self._order = 0
        self._colour = BLACK

    def begin_figure(self, name: str, bbox: Any, matrix: Any) -> None:  # noqa: ARG002
        x0, y0, x1, y1 = (float(value) for value in bbox)
        full = mult_matrix(matrix, self.ctm)
        self._narrow([apply_matrix_pt(full, point) for point in ((x0, y0), (x1, y0), (x0, y1), (x1, y1))])

    def render_image(self, name: str, stream: Any) -> None:  # noqa: ARG002
        if self.layers_off:
            return
        a, b, c, d, _, _ = self.ctm
        self.image_area += abs(a * d - b * c)
        self._pixels += _side(stream, "Width", "W") * _side(stream, "Height", "H")
        require("too_many_pixels", "the images of a page have {} pixels or more", self._pixels, self._limits.pixels)
        self._count()
        points = [apply_matrix_pt(self.ctm, point) for point in ((0.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 1.0))]
        masked = any(stream.get(name) is not None for name in ("SMask", "Mask", "ImageMask", "IM"))
        covers = not masked and self.look.is_plain and self.look.alpha >= 1.0
        self.images.append(PaintedImage(points, self.clip, covers, self._order))

    def render_string(self, textstate: Any, seq: Any, ncs: Any, graphicstate: Any) -> None:
        self._mode = textstate.render
        self._count()
        self._colour = self._text_colour(graphicstate)
        super().render_string(textstate, seq, ncs, graphicstate)

    def _text_colour(self, graphicstate: Any) -> int:
        """Colour of the text: of its strokes where it is not filled or filled in white; black where not known."""
        if self._mode in _INVISIBLE:
            return BLACK
        is_filled = self._mode in _FILLED or (
            self._mode not in _STROKED and not _is_white(graphicstate.ncolor, graphicstate.ncs)
        )
        packed = (
            _packed(graphicstate.ncolor, graphicstate.ncs, self.look.alpha)
            if is_filled
            else _packed(graphicstate.scolor, graphicstate.scs, self.look.stroke_alpha)
        )
        return BLACK if packed is None else packed

    def render_char(
        self,
        matrix: Any,
        font: Any,
        fontsize: float,
        scaling: float,
        rise: float,
        cid: int,
        ncs: Any,  # noqa: ARG002
        graphicstate: Any,
    ) -> float:
        try:
            text = font.to_unichr(cid)
            if getattr(font, "basefont", None) == "ZapfDingbats":
                text = _DINGBATS.get(text, text)
        except PDFUnicodeNotDefined:
            text = chr(_UNMAPPED)
        moved = float(font.char_width(cid) * fontsize * scaling)
        a, b, c, d, e, f = matrix
        size = abs(fontsize) * math.hypot(c, d)
        x, y, advance = 0.0, rise, moved * math.hypot(a, b)
        if font.is_vertical():
            vx, vy = font.char_disp(cid)
            x = -(0.5 * fontsize if vx is None else vx * fontsize * 0.001)
            y = (1000 - vy) * fontsize * 0.001 + rise + moved + (1.0 - ASCENT) * fontsize
            advance = size
        origin = (a * x + c * y + e, b * x + d * y + f)
        mirrored = a * d - b * c < 0 and abs(b) < abs(a)
        angle = math.degrees(math.atan2(b, abs(a) if mirrored else a))
        self._print(text, origin, size, angle, advance, _is_red(graphicstate.ncolor))
        return moved

    def _print(
        self, text: str, origin: tuple[float, float], size: float, angle: float, advance: float, is_red: bool
    ) -> None:
        if not text or self.layers_off:
            return
        step = advance / len(text)
        require("too_many_characters", "a page prints {} characters or more", len(self.chars), self._limits.characters)
        ahead = (math.cos(math.radians(angle)), math.sin(math.radians(angle)))
        hidden = self._mode in _INVISIBLE
        for i, char in enumerate(text):
            x, y = origin[0] + i * step * ahead[0], origin[1] + i * step * ahead[1]
            if self._is_shown(x + (step * ahead[0] - 0.76 * size * ahead[1]) / 2, y + 0.38 * size * ahead[0]):
                self.chars.append((ord(char), x, y, size, angle, step, hidden, is_red, self._colour, self._order))

    def _count(self) -> None:
        self._order += 1
        require("too_many_objects", "a page draws {} objects or more", self._order, self._limits.objects)

    def _is_shown(self, x: float, y: float) -> bool:
        return self.clip is None or (self.clip[0] <= x <= self.clip[2] and self.clip[1] <= y <= self.clip[3])

    def paint_path(self, graphicstate: Any, stroke: bool, fill: bool, evenodd: bool, path: Any) -> None:  # noqa: ARG002
        points = self._points(path)
        if points and (stroke or fill) and not self.layers_off:
            a, b, c, d, _, _ = self.ctm
            half = float(graphicstate.linewidth or 0) * abs(a * d - b * c) ** 0.5 / 2 if stroke else None
            stroke_white = _is_white(graphicstate.scolor, graphicstate.scs)
            fill_white = _is_white(graphicstate.ncolor, graphicstate.ncs)
            is_red = (stroke and _is_red(graphicstate.scolor)) or (fill and _is_red(graphicstate.ncolor))
            look, state = self.look, graphicstate
            paint = (state.ncolor, state.ncs, look.alpha) if fill else (state.scolor, state.scs, look.stroke_alpha)
            colour = _packed(*paint)
            covers = colour is not None and look.is_plain and paint[2] >= 1.0
            self._count()
            self.paths.append(
                PaintedPath(
                    points, half, fill, stroke_white, fill_white, is_red, self.clip, colour, covers, self._order
                )
            )
        self.end_path(path)

    def end_path(self, path: Any) -> None:
        """Let a path that ends clip what follows, where the program said so."""
        if self.is_clipping:
            self._narrow([(x, y) for x, y, _, _ in self._points(path)])
        self.is_clipping = False

    def _narrow(self, points: list[tuple[float, float]]) -> None:
        if not points:
            return
        xs, ys = [x for x, _ in points], [y for _, y in points]
        old = self.clip or (-math.inf, -math.inf, math.inf, math.inf)
        clip = (max(old[0], min(xs)), max(old[1], min(ys)), min(old[2], max(xs)), min(old[3], max(ys)))
        self.clip = clip if clip[0] <= clip[2] and clip[1] <= clip[3] else NOWHERE

    def _points(self, path: Any) -> list[tuple[float, float, int, bool]]:
        points: list[tuple[float, float, int, bool]] = []
        for segment in path:
            if segment[0] == "h":
                if points:
                    points[-1] = (*points[-1][:3], True)
            else:
                x, y = apply_matrix_pt(self.ctm, (float(segment[-2]), float(segment[-1])))
                points.append((x, y, _KIND[segment[0]], False))
        return points


def _side(stream: Any, *names: str) -> int:
    """One side of an image in pixels; 0 where the image does not say it."""
    side = resolve1(stream.get_any(names))
    return side if isinstance(side, int) else 0


def _is_white(color: Any, space: PDFColorSpace) -> bool:
    """Whether a colour is that of the page; a colour that cannot be known is not."""
    parts = color if isinstance(color, tuple | list) else (color,)
    if not all(isinstance(part, int | float) for part in parts):
        return False
    if space.name in ("Separation", "DeviceN"):
        return all(part <= 1 - _WHITE for part in parts)
    if space.name in ("Indexed", "Lab", "Pattern"):
        return False
    if len(parts) == 4:
        return all(part <= 1 - _WHITE for part in parts)
    return all(part >= _WHITE for part in parts)


def _is_red(color: Any) -> bool:
    """Whether a colour is a stamp's red."""
    parts = color if isinstance(color, tuple | list) else (color,)
    if not all(isinstance(part, int | float) for part in parts):
        return False
    if len(parts) == 4:
        parts = tuple((1.0 - part) * (1.0 - parts[3]) for part in parts[:3])
    return len(parts) == 3 and bool(parts[0] >= REDDEST and parts[0] - max(parts[1:]) >= RED_EXCESS)


def _packed(color: Any, space: PDFColorSpace, alpha: float) -> int | None:
    """A colour as one number; None where it cannot be known."""
    parts = color if isinstance(color, tuple | list) else (color,)
    if not all(isinstance(part, int | float) for part in parts) or space.name in ("Indexed", "Lab", "Pattern"):
        return None
    if space.name in ("Separation", "DeviceN"):
        shade = 1.0 - max(parts, default=1.0)
        parts = (shade, shade, shade)
    if len(parts) == 1:
        parts = (*parts, *parts, *parts)
    if len(parts) == 4:
        parts = tuple((1.0 - part) * (1.0 - parts[3]) for part in parts[:3])
    if len(parts) != 3:
        return None
    red, green, blue, clear = (round(255 * min(max(float(part), 0.0), 1.0)) for part in (*parts, alpha))
    return pack(red, green, blue, clear)
