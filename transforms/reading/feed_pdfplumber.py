"""Pages from pdfplumber and the pdfminer.six under it: the reference feed, slower and independent of PDFium."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
import pdfplumber
from pdfminer.pdfcolor import PDFColorSpace
from pdfminer.pdfdevice import PDFTextDevice
from pdfminer.pdffont import PDFUnicodeNotDefined
from pdfminer.pdfinterp import PDFPageInterpreter, PDFResourceManager
from pdfminer.pdftypes import resolve1
from pdfminer.utils import MATRIX_IDENTITY, apply_matrix_pt, mult_matrix

from transforms.reading.grid import Table, find_tables
from transforms.reading.page import ASCENT, Bools, Codes, Floats, Glyphs, Page, PageFrame, place
from transforms.reading.paths import CURVE, LINE, MOVE, path_bars
from transforms.reading.pdf_date import pdf_date
from transforms.reading.ruling import THICKEST, Paint, ruling_lines
from transforms.reading.stamps import RED_EXCESS, REDDEST, RING_SEGMENTS, is_stamp

NAME: Final = "pdfplumber"

_UNMAPPED: Final = 0xFFFD
_INVISIBLE: Final = 3
_WHITE: Final = 252 / 255
_KIND: Final = {"m": MOVE, "l": LINE, "c": CURVE, "v": CURVE, "y": CURVE}
_NOWHERE: Final = (math.inf, math.inf, -math.inf, -math.inf)

Box = tuple[float, float, float, float]

# pdfminer warns of each small fault of a font; the reading says what matters.
logging.getLogger("pdfminer").setLevel(logging.ERROR)


class PdfplumberDocument:
    """A PDF opened with pdfplumber. Close it, or use it in a `with` block.

    Raises:
        pdfplumber.utils.exceptions.PdfminerException: The file cannot be opened.
    """

    name = NAME

    def __init__(self, path: Path) -> None:
        self._document = pdfplumber.open(path)
        self._pages = self._document.pages
        self.page_count = len(self._pages)
        stated = self._document.metadata
        self.modified_at = pdf_date(stated.get("ModDate")) or pdf_date(stated.get("CreationDate"))

    def __enter__(self) -> PdfplumberDocument:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the document."""
        self._document.close()

    def open_page(self, number: int) -> PdfplumberPage:
        """Open a page, numbered from 1, and interpret all of it."""
        return PdfplumberPage(self._document.rsrcmgr, self._pages[number - 1].page_obj, number)


class PdfplumberPage:
    """An open page: its text for a first look, then all of it. Close it, or use it in a `with` block."""

    def __init__(self, resources: PDFResourceManager, page: Any, number: int) -> None:
        self.number = number
        self._frame = _frame(page)
        self._recorder = _Recorder(resources)
        interpreter = _Interpreter(resources, self._recorder)
        interpreter.render_contents(page.resources, page.contents, ctm=MATRIX_IDENTITY)

    def __enter__(self) -> PdfplumberPage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Free the page."""
        self._recorder = _Recorder(self._recorder.rsrcmgr)

    @property
    def codes(self) -> Codes:
        """Code points of the page's text."""
        return np.array([char[0] for char in self._recorder.chars], dtype=np.uint32)

    def has_map_errors(self) -> bool:
        """Always false: pdfminer's unmapped characters are in `codes` as U+FFFD."""
        return False

    @cached_property
    def tables(self) -> list[Table]:
        """The tables that the ruling lines draw."""
        return find_tables(*self._ruling)

    def image_share(self) -> float:
        """Share of the page that images cover."""
        width, height = self._frame.size
        return min(1.0, self._recorder.image_area / max(width * height, 1.0))

    def has_mute_text(self) -> bool:
        """Always false: pdfminer tells of each printed character, if only that its meaning is not known."""
        return False

    def outline_segments(self) -> int:
        """How many lines and curves the page's paths are drawn of."""
        return sum(len(path[0]) for path in self._recorder.paths)

    def is_bare(self) -> bool:
        """Whether the page draws nothing at all."""
        return not (self._recorder.chars or self._recorder.paths or self._recorder.image_area)

    def read(self) -> Page:
        """Read characters and ruling lines."""
        image_share = self.image_share()
        glyphs, is_red = _glyphs(self._recorder.chars)
        stamps = _stamps(self._recorder.paths, self._frame)
        if len(stamps):
            glyphs = glyphs.where(glyphs.outside_stamps(stamps, self._frame, is_red))
        text, box, angle, is_ocr = place(glyphs, self._frame, image_share)
        width, height = self._frame.size
        return Page(self.number, width, height, text, box, angle, *self._ruling, image_share, is_ocr)

    @cached_property
    def _ruling(self) -> tuple[Floats, Floats]:
        return ruling_lines(_paint(self._recorder.paths, self._frame), self._frame.size)


def pages(path: Path) -> Iterator[Page]:
    """Read all pages of a document.

    Raises:
        pdfplumber.utils.exceptions.PdfminerException: The document cannot be opened.
    """
    with PdfplumberDocument(path) as document:
        for number in range(1, document.page_count + 1):
            with document.open_page(number) as page:
                yield page.read()


def _frame(page: Any) -> PageFrame:
    left, bottom, right, top = _sorted_box(page.mediabox)
    crop = resolve1(page.attrs.get("CropBox"))
    if crop:
        a, b, c, d = _sorted_box([resolve1(value) for value in crop])
        shared = (max(left, a), max(bottom, b), min(right, c), min(top, d))
        if shared[0] < shared[2] and shared[1] < shared[3]:
            left, bottom, right, top = shared
    return PageFrame(left, bottom, right, top, int(page.rotate or 0) % 360)


def _sorted_box(box: Sequence[float]) -> Box:
    x0, y0, x1, y1 = (float(value) for value in box)
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


# One character: code, x, y, size, angle, advance, hidden, red.
_Char = tuple[int, float, float, float, float, float, bool, bool]
# One path: points with kind and close, half width of the stroke, filled, white as stroke, white as fill, red, clip.
_Path = tuple[list[tuple[float, float, int, bool]], float | None, bool, bool, bool, bool, Box | None]


class _Interpreter(PDFPageInterpreter):
    """pdfminer's interpreter, with the clipping that it leaves out told to the device."""

    device: _Recorder

    def init_state(self, ctm: Any) -> None:
        super().init_state(ctm)
        self._clips: list[Box | None] = []

    def do_q(self) -> None:
        super().do_q()
        self._clips.append(self.device.clip)

    def do_Q(self) -> None:
        super().do_Q()
        if self._clips:
            self.device.clip = self._clips.pop()

    def do_W(self) -> None:
        self.device.is_clipping = True

    def do_W_a(self) -> None:
        self.device.is_clipping = True

    def do_n(self) -> None:
        self.device.end_path(self.curpath)
        super().do_n()

    def do_Do(self, xobjid_arg: Any) -> None:
        clip = self.device.clip
        super().do_Do(xobjid_arg)
        self.device.clip = clip
        self.device.set_ctm(self.ctm)


class _Recorder(PDFTextDevice):
    """Writes down what the page's program prints and paints, in user space and painting order."""

    ctm: Any

    def __init__(self, resources: PDFResourceManager) -> None:
        super().__init__(resources)
        self.chars: list[_Char] = []
        self.paths: list[_Path] = []
        self.image_area = 0.0
        self.clip: Box | None = None
        self.is_clipping = False
        self._mode = 0

    def begin_figure(self, name: str, bbox: Any, matrix: Any) -> None:  # noqa: ARG002
        x0, y0, x1, y1 = (float(value) for value in bbox)
        full = mult_matrix(matrix, self.ctm)
        self._narrow([apply_matrix_pt(full, point) for point in ((x0, y0), (x1, y0), (x0, y1), (x1, y1))])

    def render_image(self, name: str, stream: Any) -> None:  # noqa: ARG002
        a, b, c, d, _, _ = self.ctm
        self.image_area += abs(a * d - b * c)

    def render_string(self, textstate: Any, seq: Any, ncs: Any, graphicstate: Any) -> None:
        self._mode = textstate.render
        super().render_string(textstate, seq, ncs, graphicstate)

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
        if not text:
            return
        step = advance / len(text)
        ahead = (math.cos(math.radians(angle)), math.sin(math.radians(angle)))
        hidden = self._mode == _INVISIBLE
        for i, char in enumerate(text):
            x, y = origin[0] + i * step * ahead[0], origin[1] + i * step * ahead[1]
            if self._is_shown(x + (step * ahead[0] - 0.76 * size * ahead[1]) / 2, y + 0.38 * size * ahead[0]):
                self.chars.append((ord(char), x, y, size, angle, step, hidden, is_red))

    def _is_shown(self, x: float, y: float) -> bool:
        return self.clip is None or (self.clip[0] <= x <= self.clip[2] and self.clip[1] <= y <= self.clip[3])

    def paint_path(self, graphicstate: Any, stroke: bool, fill: bool, evenodd: bool, path: Any) -> None:  # noqa: ARG002
        points = self._points(path)
        if points and (stroke or fill):
            a, b, c, d, _, _ = self.ctm
            half = float(graphicstate.linewidth or 0) * abs(a * d - b * c) ** 0.5 / 2 if stroke else None
            stroke_white = _is_white(graphicstate.scolor, graphicstate.scs)
            fill_white = _is_white(graphicstate.ncolor, graphicstate.ncs)
            is_red = (stroke and _is_red(graphicstate.scolor)) or (fill and _is_red(graphicstate.ncolor))
            self.paths.append((points, half, fill, stroke_white, fill_white, is_red, self.clip))
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
        self.clip = clip if clip[0] <= clip[2] and clip[1] <= clip[3] else _NOWHERE

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


def _is_white(color: Any, space: PDFColorSpace) -> bool:
    """Whether a colour is that of the page; a colour that cannot be told is not."""
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


def _glyphs(chars: list[_Char]) -> tuple[Glyphs, Bools]:
    """The characters, and which of them are red."""
    values = np.array(chars, dtype=np.float64).reshape(-1, 8)
    code, x, y, size, angle, advance, hidden, red = values.T
    return Glyphs(code.astype(np.uint32), x, y, size, angle, advance, hidden > 0), red > 0


def _stamps(paths: list[_Path], frame: PageFrame) -> Floats:
    """Displayed boxes (n, 4) of the rings of red stamps."""
    found = [np.empty((0, 4))]
    for points, _, _, _, _, is_red, _ in paths:
        if is_red and 1 + 3 * sum(point[2] == CURVE for point in points) >= RING_SEGMENTS:
            x, y = np.array(points, dtype=np.float64)[:, :2].T
            found.append(frame.boxes(*(np.array([value]) for value in (x.min(), y.min(), x.max(), y.max()))))
    box = np.concatenate(found)
    return box[is_stamp(box)]


def _paint(paths: list[_Path], frame: PageFrame) -> Paint:
    boxes: list[Floats] = []
    whites: list[bool] = []
    for points, half, filled, stroke_white, fill_white, _, clip in paths:
        values = np.array(points, dtype=np.float64)
        x, y = frame.points(values[:, 0], values[:, 1])
        strokes, fills = path_bars(x, y, values[:, 2].astype(np.int64), values[:, 3] > 0, half, filled)
        for found, white in ((fills, fill_white), (strokes, stroke_white)):
            seen = clipped(found, clip, frame)
            seen = seen[(np.minimum(seen[:, 2] - seen[:, 0], seen[:, 3] - seen[:, 1]) <= THICKEST) | white]
            boxes.append(seen)
            whites += [white] * len(seen)
    return Paint(np.concatenate([np.empty((0, 4)), *boxes]), np.array(whites, dtype=np.bool_))


def clipped(box: Floats, clip: Box | None, frame: PageFrame) -> Floats:
    """Cut boxes to a clip box given in user space; what lies outside is dropped."""
    if clip is None or not len(box):
        return box
    if clip == _NOWHERE:
        return box[:0]
    corner = frame.boxes(*(np.array([value]) for value in clip))[0]
    box = np.column_stack([np.maximum(box[:, :2], corner[:2]), np.minimum(box[:, 2:], corner[2:])])
    return box[(box[:, 0] <= box[:, 2]) & (box[:, 1] <= box[:, 3])]
