"""Characters that one sees in part only, or otherwise: below text in the colour of the page, faint, upside down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from transforms.reading.page import Bools, Codes, Floats, Glyphs, Ints, PageFrame
from transforms.reading.pdfium import api
from transforms.reading.pdfium.objects import TEXT, Batch, bounds_of, displayed
from transforms.reading.pdfium.painted import WHITE, packed
from transforms.reading.shown import is_opaque

_WHITE_BITS: Final = np.uint32(WHITE * 0x01010100)
_OVER: Final = 0.2
"""Share of a character's box, each way, that text in the colour of the page covers at least."""

_FAINT: Final = range(13, 90)
"""Opacities, of 255, at which a character is hardly seen."""

_OPAQUE: Final = 255
_UPSIDE_DOWN: Final = 170.0
_FEW: Final = 0.5
_BESIDE: Final = 0.6
"""How far the next character is at most, in font sizes."""


def veils(objects: Sequence[Batch], known: Sequence[int], colours: Codes, frame: PageFrame) -> tuple[Floats, Ints]:
    """Give the displayed boxes and the places in painting order of texts in the colour of the page.

    Among them are those that PDFium tells no characters of, as it takes them for the same ones printed twice.

    Args:
        objects: Of the page.
        known: Texts that characters are known of, by their handles.
        colours: Packed colours of these.
        frame: Of the page.
    """
    dark = {*known}
    dark.difference_update(known[i] for i in _are_white(colours).nonzero()[0].tolist())
    boxes, orders = [np.empty((0, 4))], [np.empty(0, dtype=np.int64)]
    for batch in objects:
        if not batch.texts or dark.issuperset(batch.texts):
            continue
        at = np.array([i for i, text in enumerate(batch.texts) if text not in dark])
        others = api.handles([batch.texts[i] for i in at.tolist()])
        box = bounds_of(others)
        has_ink = ((box[:, 0] < box[:, 2]) & (box[:, 1] < box[:, 3])).nonzero()[0]
        if not len(has_ink):
            continue
        inked = [others[i] for i in has_ink.tolist()]
        is_white = _are_white(packed(api.fill(api.fill_color, "<u4", 4, inked, count=len(inked))))
        boxes.append(displayed(box[has_ink][is_white], batch.matrix, frame))
        orders.append(batch.order(TEXT)[at[has_ink[is_white]]])
    return np.concatenate(boxes), np.concatenate(orders)


def _are_white(colours: Codes) -> Bools:
    return np.asarray((colours & _WHITE_BITS == _WHITE_BITS) & is_opaque(colours), dtype=np.bool_)


def partly_seen(glyphs: Glyphs, veil: Floats, order: Ints, frame: PageFrame) -> Floats:
    """Give the displayed middles (n, 2) of characters below text in the colour of the page, faint or upside down.

    Faint and turned ones count beside others.

    Args:
        glyphs: Of the page, with their places in painting order.
        veil: As `veils` gives them.
        order: Likewise.
        frame: Of the page.
    """
    opacity = glyphs.colour & np.uint32(_OPAQUE)
    if not len(veil) and not glyphs.angle.any() and (not len(opacity) or opacity.min() == _OPAQUE):
        return np.empty((0, 2))
    faint = (opacity >= _FAINT.start) & (opacity < _FAINT.stop) & ~glyphs.hidden & (glyphs.codes > 32)
    turned = (np.abs(glyphs.angle) > _UPSIDE_DOWN) & ~glyphs.hidden & (glyphs.codes > 32)
    faint |= turned if turned.mean() < _FEW else False
    if not len(veil) and not faint.any():
        return np.empty((0, 2))
    box, _ = glyphs.boxes(frame)
    found = np.zeros(len(box), dtype=np.bool_)
    dark = ~_are_white(glyphs.colour) & ~glyphs.hidden & (glyphs.codes > 32)
    size = np.maximum(box[:, 2:] - box[:, :2], 1e-6)
    for one, place in zip(veil, order.tolist(), strict=True):
        shared = np.minimum(box[:, 2:], one[2:]) - np.maximum(box[:, :2], one[:2])
        found |= dark & (glyphs.order < place) & (shared >= _OVER * size).all(axis=1)
    for i in faint.nonzero()[0].tolist():
        level = dark & ~faint & (np.abs(box[:, 3] - box[i, 3]) < size[i, 1] / 2)
        gap = np.maximum(box[:, 0] - box[i, 2], box[i, 0] - box[:, 2])
        found[i] = (level & (np.abs(gap) < _BESIDE * glyphs.size[i])).any()
    middles: Floats = (box[found, :2] + box[found, 2:]) / 2
    return middles
