"""The objects of a PDFium page, form XObjects opened: what they are, where they lie, and what clips them."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from itertools import compress
from typing import Any, Final

import numpy as np
import pypdfium2.raw as pdfium

from transforms.reading.limits import require
from transforms.reading.page import Floats, Ints, PageFrame
from transforms.reading.pdfium import api

Matrix = tuple[float, float, float, float, float, float]
Clipping = tuple[tuple[int, Matrix], ...]

IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)

TEXT: Final = pdfium.FPDF_PAGEOBJ_TEXT
PATH: Final = pdfium.FPDF_PAGEOBJ_PATH
IMAGE: Final = pdfium.FPDF_PAGEOBJ_IMAGE
_SHADING: Final = pdfium.FPDF_PAGEOBJ_SHADING
_FORM: Final = pdfium.FPDF_PAGEOBJ_FORM
_DEEPEST: Final = 28
_BOX: Final = 5
"""Segments of a clip path that is a box."""
_CHOSEN: Final = [(kind, bytes(kind == one for one in range(256))) for kind in (TEXT, PATH, IMAGE, _SHADING)]
_NO_CLIP: Final = (-np.inf, -np.inf, np.inf, np.inf)


@dataclass(frozen=True, slots=True)
class Batch:
    """Objects of one container that follow one another in painting order, by kind.

    `matrix` leads from the container's space to user space; `kinds` are those of all its objects, `first` the place of
    the first one in the page's painting order; `clipping` the clipped forms around them, with the matrix of each
    one's container.
    """

    matrix: Matrix
    texts: list[int]
    paths: list[int]
    images: list[int]
    shadings: list[int]
    kinds: bytes
    first: int
    clipping: Clipping = ()

    def order(self, kind: int) -> Ints:
        """Place in painting order of the objects of a kind."""
        return np.flatnonzero(np.frombuffer(self.kinds, dtype=np.uint8) == kind) + self.first


def batches(page: int, most: int | None = None) -> list[Batch]:
    """Give all objects of a page in painting order, forms opened down to 28 deep, as far as PDFium draws them.

    Args:
        page: Its handle.
        most: So many objects at most; null: no limit.

    Raises:
        LimitMet: too_many_objects.
    """
    found: list[Batch] = []
    drawn = 0

    def keep(matrix: Matrix, handles: list[int], types: bytes, clipping: Clipping) -> None:
        first = found[-1].first + len(found[-1].kinds) if found else 0
        found.append(_batch(matrix, handles, types, first, clipping))

    def walk(handles: list[int], matrix: Matrix, depth: int, clipping: Clipping) -> None:
        nonlocal drawn
        drawn += len(handles)
        require("too_many_objects", "a page draws {} objects or more", drawn, most)
        if depth > _DEEPEST:
            return
        types = bytes(map(api.object_type, handles))
        start = 0
        for i in [i for i, kind in enumerate(types) if kind == _FORM] if _FORM in types else ():
            keep(matrix, handles[start:i], types[start:i], clipping)
            start = i + 1
            form = handles[i]
            inner = list(map(api.form_object, api.same(api.handle(form)), range(max(api.count_form_objects(form), 0))))
            is_clipped = api.clip_count(api.clip_path(form)) > 0
            around = (*clipping, (form, matrix)) if is_clipped else clipping
            walk(inner, multiply(matrix_of(form), matrix), depth + 1, around)
        keep(matrix, handles[start:], types[start:], clipping)

    count = max(api.count_objects(page), 0)
    require("too_many_objects", "a page draws {} objects", count, most)
    walk(list(map(api.page_object, api.same(api.handle(page)), range(count))), IDENTITY, 0, ())
    return found


def _batch(matrix: Matrix, handles: list[int], types: bytes, first: int, clipping: Clipping) -> Batch:
    texts, paths, images, shadings = (
        list(compress(handles, types.translate(chosen))) if kind in types else [] for kind, chosen in _CHOSEN
    )
    return Batch(matrix, texts, paths, images, shadings, types, first, clipping)


def pixel_count(image: int) -> int:
    """How many pixels an image has, as it is stored; nothing is unpacked for that."""
    width, height = ctypes.c_uint(0), ctypes.c_uint(0)
    pdfium.FPDFImageObj_GetImagePixelSize(
        ctypes.cast(image, pdfium.FPDF_PAGEOBJECT), ctypes.byref(width), ctypes.byref(height)
    )
    return width.value * height.value


def matrix_of(handle: int) -> Matrix:
    """An object's own matrix, to its container's space."""
    a, b, c, d, e, f = api.fill(api.object_matrix, "<f4", 6, [api.handle(handle)], count=1, apart=False)[0].tolist()
    return a, b, c, d, e, f


def multiply(first: Matrix, then: Matrix) -> Matrix:
    """The matrix that does one, then the other."""
    a, b, c, d, e, f = first
    g, h, i, j, k, m = then
    return (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j, e * g + f * i + k, e * h + f * j + m)


def move(x: Floats, y: Floats, matrix: Matrix) -> tuple[Floats, Floats]:
    """Points moved by a matrix."""
    a, b, c, d, e, f = matrix
    return a * x + c * y + e, b * x + d * y + f


def bounds(handles: list[int]) -> Floats:
    """Left, bottom, right, top of objects, in their container's space."""
    return bounds_of(api.handles(handles))


def bounds_of(items: list[Any]) -> Floats:
    """What `bounds` gives, of objects as `api.handles` gives them."""
    return api.fill(api.object_bounds, "<f4", 4, items, count=len(items)).astype(np.float64)


def displayed(box: Floats, matrix: Matrix, frame: PageFrame) -> Floats:
    """Displayed boxes of boxes in a container's space."""
    x0, y0, x1, y1 = box.T
    if matrix != IDENTITY:
        (x0, y0), (x1, y1) = move(x0, y0, matrix), move(x1, y1, matrix)
    return frame.boxes(x0, y0, x1, y1)


def clips(batch: Batch, handles: list[int], frame: PageFrame) -> tuple[Ints, Floats, Ints]:
    """Which of some objects of a batch are clipped, themselves or with the form that they stand in.

    With them come the displayed box (n, 4) around what each of those can be seen in, and some again: those that more
    than boxes clip, of which less may be seen.

    Each is asked, at 0.25 µs: one clipped figure among many that are not would be read, though no one sees it.
    """
    where, box, odd = _own_clips(handles, batch.matrix, frame)
    for form, matrix in batch.clipping if handles else ():
        _, around, oddly = _own_clips([form], matrix, frame)
        if len(oddly):
            odd = np.arange(len(handles))
        x0, top, x1, bottom = around[0].tolist()
        if x0 <= 0 and top <= 0 and x1 >= frame.size[0] and bottom >= frame.size[1]:
            continue
        every = np.full((len(handles), 4), _NO_CLIP)
        every[where] = box
        where, box = np.arange(len(handles)), within(every, around)
    return where, box, odd


def within(box: Floats, limits: Floats) -> Floats:
    """Boxes cut to limits; where nothing is left they end before they begin."""
    return np.column_stack([np.maximum(box[:, :2], limits[:, :2]), np.minimum(box[:, 2:], limits[:, 2:])])


def _own_clips(handles: list[int], matrix: Matrix, frame: PageFrame) -> tuple[Ints, Floats, Ints]:
    paths = list(map(api.clip_path, handles))
    counts = list(map(api.clip_count, paths))
    clipped = [i for i, count in enumerate(counts) if count > 0]
    result = np.full((len(clipped), 4), _NO_CLIP)
    if not clipped:
        return np.empty(0, dtype=np.int64), result, np.empty(0, dtype=np.int64)
    segments: list[int] = []
    odd: dict[int, None] = {}
    starts, rows = [], []
    for row, i in enumerate(clipped):
        path = api.handle(paths[i])
        for k in range(counts[i]):
            size = api.clip_count_segments(path, k)
            if size > _BOX:
                odd[i] = None
            if size > 0:
                starts.append(len(segments))
                rows.append(row)
                segments += map(api.clip_segment, api.same(path), api.same(k), range(size))
    if segments:
        points = api.fill(api.segment_point, "<f4", 2, api.handles(segments), count=len(segments)).astype(np.float64)
        x, y = frame.points(*move(points[:, 0], points[:, 1], matrix))
        np.maximum.at(result[:, 0], rows, np.minimum.reduceat(x, starts))
        np.maximum.at(result[:, 1], rows, np.minimum.reduceat(y, starts))
        np.minimum.at(result[:, 2], rows, np.maximum.reduceat(x, starts))
        np.minimum.at(result[:, 3], rows, np.maximum.reduceat(y, starts))
    return np.array(clipped), result, np.array([*odd], dtype=np.int64)
