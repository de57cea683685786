"""Printed digits that leave no trace in the picture of their page, found by drawing the page without them.

Whatever hides a text (a mask, a way of blending, a clip, a shading or a pattern over it, a layer), the page looks the
same with the text as without it. Texts that lie on one another are left out in turns.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import numpy as np
import pypdfium2 as pdfium_helpers
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from transforms.reading.page import Codes, Floats, Ints, PageFrame
from transforms.reading.pdfium import api
from transforms.reading.pdfium.objects import batches, bounds, displayed

CONTRAST: Final = 24
"""Difference of gray, of 255, from which a person sees a character."""

_LEAST: Final = 0.04
"""Share of a text's box that must look another way without it: the edge of a covered digit does not say which it is."""

_TWIN: Final = 1.0
"""Texts whose boxes differ by so many points at most are one text, printed again to look bold."""

_MOST_TURNS: Final = 6
_MOST_TEXTS: Final = 5000
_ZERO: Final = 48


def traceless_digits(page: pdfium_helpers.PdfPage, scale: float, blends: bool = False) -> tuple[Floats, Codes]:
    """Find the digits of a page that nobody can see.

    PDFium draws black text that is blended so that other viewers show none. So all that is not painted plainly counts,
    where the document has such means. A page with more than 5 000 texts is not looked at, nor are texts of which more
    than six lie on one another.

    Args:
        page: Open; it looks the same afterwards.
        scale: Pixels a point.
        blends: The document may blend black ink with white paper.

    Returns:
        (n, 2) their centres as displayed, in points, and their code points.
    """
    left, bottom, right, top = page.get_bbox()
    frame = PageFrame(left, bottom, right, top, page.get_rotation())
    codes, centres, owners = _digits(page, frame)
    texts, boxes = _texts(page, frame)
    turns = _turns(boxes)
    chosen = np.isin(texts, owners)
    hidden: list[int] = []
    whole = drawn(page, scale)
    for turn in np.unique(turns[chosen & (turns >= 0)]).tolist():
        left_out = np.flatnonzero(turns == turn)
        with inactive([int(texts[i]) for i in left_out]):
            changed = np.abs(drawn(page, scale) - whole).max(axis=2)
        hidden += [int(texts[i]) for i in left_out if chosen[i] and not _shows(changed, boxes[i] * scale)]
    if blends:
        hidden += [owner for owner in {*owners.tolist()} if api.has_transparency(owner)]
    found = np.isin(owners, np.array(hidden, dtype=np.uint64))
    return centres[found], codes[found]


def _digits(page: pdfium_helpers.PdfPage, frame: PageFrame) -> tuple[Codes, Floats, NDArray[np.uint64]]:
    """Code points, displayed centres and text objects of the digits."""
    text = page.get_textpage()
    handle = api.handle(int(ctypes.cast(text.raw, ctypes.c_void_p).value or 0))
    every = np.fromiter(map(api.unicode_of, api.same(handle), range(text.count_chars())), np.uint32)
    at = np.flatnonzero((every >= _ZERO) & (every < _ZERO + 10))
    box = api.fill(api.char_loose_box, "<f4", 4, api.same(handle), at.tolist(), count=len(at), apart=False)
    owners = np.fromiter(map(api.char_object, api.same(handle), at.tolist()), np.uint64, len(at))
    text.close()
    x, y = frame.points(*(box[:, [0, 1]].astype(np.float64) + box[:, [2, 3]]).T / 2)
    return every[at], np.column_stack([x, y]), owners


def _texts(page: pdfium_helpers.PdfPage, frame: PageFrame) -> tuple[NDArray[np.uint64], Floats]:
    """Handles and displayed boxes of the texts that have ink."""
    found = [batch for batch in batches(int(ctypes.cast(page.raw, ctypes.c_void_p).value or 0)) if batch.texts]
    texts = np.array([handle for batch in found for handle in batch.texts], dtype=np.uint64)
    boxes = np.concatenate([np.empty((0, 4)), *(displayed(bounds(b.texts), b.matrix, frame) for b in found)])
    has_ink = (boxes[:, 0] < boxes[:, 2]) & (boxes[:, 1] < boxes[:, 3])
    return texts[has_ink], boxes[has_ink]


def _turns(boxes: Floats) -> Ints:
    """In which turn each text is left out: no two of one turn overlap, unless they are twins; -1: in none."""
    turns = np.full(len(boxes), -1, dtype=np.int64)
    if len(boxes) > _MOST_TEXTS:
        return turns
    for i, box in enumerate(boxes):
        before = boxes[:i]
        twins = np.flatnonzero(np.abs(before - box).max(axis=1, initial=0.0) <= _TWIN) if i else np.empty(0, np.int64)
        if len(twins):
            turns[i] = turns[twins[0]]
            continue
        near = (before[:, :2] < box[2:] + _TWIN).all(axis=1) & (before[:, 2:] > box[:2] - _TWIN).all(axis=1)
        free = sorted({*range(_MOST_TURNS)} - {*turns[:i][near].tolist()})
        turns[i] = free[0] if free else -1
    return turns


@contextmanager
def inactive(objects: Sequence[int]) -> Iterator[None]:
    """Have objects, given by their handles, left out of what is drawn."""
    handles = [ctypes.cast(one, pdfium.FPDF_PAGEOBJECT) for one in objects]
    for handle in handles:
        pdfium.FPDFPageObj_SetIsActive(handle, False)
    try:
        yield
    finally:
        for handle in handles:
            pdfium.FPDFPageObj_SetIsActive(handle, True)


def drawn(page: pdfium_helpers.PdfPage, scale: float) -> NDArray[np.int16]:
    """(height, width, channels) the picture of a page, with room for differences."""
    bitmap = page.render(scale=scale)
    pixels = np.atleast_3d(bitmap.to_numpy()).astype(np.int16)
    bitmap.close()
    return pixels


def _shows(changed: NDArray[np.int16], box: Floats) -> bool:
    """Whether something within a box of pixels is another when the text is left out; outside the page: not known."""
    x0, y0, x1, y1 = (*np.floor(box[:2]), *np.ceil(box[2:]))
    part = changed[max(int(y0), 0) : max(int(y1), 0), max(int(x0), 0) : max(int(x1), 0)]
    return not part.size or bool((part >= CONTRAST).mean() >= _LEAST)
