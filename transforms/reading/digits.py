"""The shapes of printed digits: whether a picture of one looks like the digit that the text says it is."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from functools import cache
from typing import Any, Final

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray

from transforms.reading.page import Bools, Floats, Ints, Page

Gray = NDArray[np.uint8]

FONTS: Final = ("Helvetica", "Helvetica-Bold", "Times-Roman", "Times-Bold", "Times-Italic", "Courier", "Courier-Bold")
"""Fonts that every PDF engine brings; digits of Chinese fonts look like those of one of them."""

_ROWS, _COLUMNS = 16, 10
_FINE: Final = 32
_LEAST_INK: Final = 60
SIZE: Final = 24
"""Pixels of the digits that are drawn."""

_BAR: Final = 0.95
_CELL: Final = 48
_WIDTH: Final = 36
"""Height and width of the square that a character is drawn in, and width of the part that a digit is cut from."""

_INDENT, _BASELINE = 4, 12
_AT_ONCE: Final = 32
_ZERO: Final = 48
_DIGITS: Final = 10
_EVERY: Final = "0123456789"
_WIDE: Final = 0.9
_USUAL_WIDTH: Final = 0.75
"""Advances in font sizes: least of an ideograph, and most that the digits of a page usually have."""

_WHOLE: Final = slice(None)
_PARTS: Final = (
    (_WHOLE, _WHOLE),
    *((_WHOLE, slice(a, b)) for a, b in ((4, 32), (0, 28), (4, 28), (8, 32), (0, 24))),
    *((slice(a, b), _WHOLE) for a, b in ((4, 32), (0, 28), (4, 28))),
)
"""Rows and columns of a picture that are compared."""


def pictures(pixels: Gray, boxes: Floats, scale: float, *, lightest: bool = False) -> Gray:
    """Cut the pictures of characters out of the picture of a page.

    Args:
        pixels: (height, width, channels) the page, light paper.
        boxes: (n, 4) displayed boxes of characters, in points.
        scale: Pixels a point.
        lightest: Take the lightest channel in place of the darkest: what is printed in a colour, as seals are, is gone.

    Returns:
        (n, 32, 32) each box in one size, the darkest of the first three channels: ink of any colour is dark.
    """
    height, width, channels = pixels.shape
    x0, y0, x1, y1 = (boxes * scale).T[:, :, None]
    step = (np.arange(_FINE) + 0.5) / _FINE
    row = np.clip((y0 + (y1 - y0) * step).astype(np.int64), 0, height - 1)
    column = np.clip((x0 + (x1 - x0) * step).astype(np.int64), 0, width - 1)
    every, at = pixels.reshape(-1), (row * (width * channels))[:, :, None] + (column * channels)[:, None, :]
    one: Gray = every[at]
    for channel in range(1, min(3, channels)):
        (np.maximum if lightest else np.minimum)(one, every[channel:][at], out=one)
    return one


def looks_like(patches: Gray) -> Floats:
    """Compare pictures of digits with the shapes of all ten.

    Args:
        patches: As `pictures` gives them.

    Returns:
        (n, 10) likeness to each digit in the font that fits best, 1 for the same shape; NaN where there is no ink.
    """
    found, known = shapes(patches), _templates().reshape(-1, _ROWS * _COLUMNS).T
    each = np.empty((len(found), len(FONTS), _DIGITS))
    # A large product would wake threads, which take more time to wait for the next one than the product does.
    for first in range(0, len(found), _AT_ONCE):
        part = found[first : first + _AT_ONCE]
        each[first : first + _AT_ONCE] = (part @ known).reshape(len(part), len(FONTS), _DIGITS)
    likeness: Floats = each.max(axis=1)
    return likeness


def draw(glyphs: Sequence[tuple[Any, str, int]]) -> Gray:
    """Draw characters.

    Args:
        glyphs: Of each the handle of PDFium's font, whose document is open, the character, which PDFium looks up in
            the font's Unicode map, and its size in pixels, at most 32.

    Returns:
        (n, 48, 48) each alone, dark on light paper.
    """
    with closing(pdfium.PdfDocument.new()) as document:
        return _drawn(document, glyphs, 1)


def pictures_of(drawn: Gray) -> Gray:
    """(n, 32, 32) digits, drawn each alone in `SIZE`, as `pictures` gives them."""
    step = (np.arange(_FINE) + 0.5) / _FINE
    height = drawn.shape[1]
    row, column = (step * height).astype(np.int64), (step * (height * _WIDTH // _CELL)).astype(np.int64)
    found: Gray = drawn[:, row[:, None], column]
    return found


def likeness_at_best(patches: Gray, said: Ints) -> Floats:
    """Compare pictures with the digits that they should show, also without their edges: neighbours reach there.

    Args:
        patches: As `pictures` gives them.
        said: (n,) the digits.

    Returns:
        (n,) the best likeness to that digit.
    """
    each, best = np.arange(len(said)), np.full(len(said), -1.0)
    for rows, across in _PARTS:
        best = np.fmax(best, looks_like(patches[:, rows, across])[each, said])
    return best


def wide_digits(page: Page) -> Ints:
    """Give the digits of a page that take as much room as an ideograph, where others take less.

    A map that says a digit of an ideograph cannot change its width. A digit of full width may be meant as well, where a
    map says the usual one of it: so its picture decides.

    Returns:
        Indices of the characters.
    """
    at = np.flatnonzero(page.codes - np.uint32(_ZERO) < _DIGITS)
    x0, top, x1, bottom = page.char_box.take(at, axis=0).T
    width, height = x1 - x0, bottom - top
    if page.char_angle.any():
        turned = page.char_angle[at] % 180 == 90
        width, height = np.where(turned, height, width), np.where(turned, width, height)
    wide = width >= _WIDE * height
    if not wide.any() or np.median(width) > _USUAL_WIDTH * np.median(height):
        return at[:0]
    return np.asarray(at[wide], dtype=np.int64)


def is_bar(patches: Gray) -> NDArray[np.bool_]:
    """Which pictures show the same in each row that has ink, as where a font is not there and a bar stands for it."""
    ink = 255 - patches
    inked: Bools = ink > _share(0.5, np.maximum(ink.max(axis=(1, 2)), 1))
    rows: Bools = np.asarray(inked.any(axis=2))
    usual = inked.sum(axis=1, keepdims=True, dtype=np.uint8) > 0.5 * rows.sum(axis=1)[:, None, None]
    alike = ((inked == usual) & rows[:, :, None]).reshape(len(patches), -1).sum(axis=1, dtype=np.int32)
    return np.asarray(alike / np.maximum(_FINE * rows.sum(axis=1), 1) > _BAR, dtype=np.bool_)


def shapes(patches: Gray | Floats) -> Floats:
    """(n, rows x columns) pictures made comparable: cut to their ink, of one size, mean zero and length one."""
    count, height, width = patches.shape
    lightest = patches.max(axis=(1, 2))
    patch = lightest[:, None, None] - patches
    peak = lightest - patches.min(axis=(1, 2))
    inked = patch > _share(0.4, peak)
    top, bottom = _ends(inked.any(axis=2))
    left, right = _ends(inked.any(axis=1))
    at_row = top[:, None] + (bottom - top)[:, None] * (np.arange(_ROWS) + 0.5) / _ROWS
    at_column = left[:, None] + (right - left)[:, None] * (np.arange(_COLUMNS) + 0.5) / _COLUMNS
    row = np.arange(count)[:, None] * height + at_row.astype(int)
    cut = patch.reshape(-1).take((row * width)[:, :, None] + at_column.astype(int)[:, None, :])
    flat: Floats = cut.reshape(count, -1) / np.maximum(peak, 1.0)[:, None]
    flat -= flat.mean(axis=1, keepdims=True)
    length = np.linalg.norm(flat, axis=1)
    flat /= np.maximum(length, 1e-9)[:, None]
    flat[peak < _LEAST_INK] = np.nan
    return flat


def _share(share: float, most: NDArray[Any]) -> NDArray[Any]:
    """(n, 1, 1) what must be passed to pass a share of the most of a picture, in numbers of its own kind."""
    return (share * most).astype(most.dtype)[:, None, None]


def _ends(inked: NDArray[np.bool_]) -> tuple[Ints, Ints]:
    """First and one past the last true of each row."""
    return inked.argmax(axis=1), inked.shape[1] - inked[:, ::-1].argmax(axis=1)


@cache
def _templates() -> Floats:
    """(fonts, 10, rows x columns) the shapes of the ten digits."""
    with closing(pdfium.PdfDocument.new()) as document:
        load = pdfium.raw.FPDFText_LoadStandardFont
        fonts = [load(document.raw, name.encode()) for name in FONTS]
        drawn = _drawn(document, [(font, digit, SIZE) for font in fonts for digit in _EVERY], 2)
    return shapes(pictures_of(drawn)).reshape(len(FONTS), _DIGITS, -1)


def _drawn(document: pdfium.PdfDocument, glyphs: Sequence[tuple[Any, str, int]], scale: int) -> Gray:
    """(n, height, width) pictures of characters, drawn in one line on a new page of a document."""
    count, side = len(glyphs), _CELL * scale
    page = document.new_page(count * _CELL, _CELL)
    for place, (font, character, size) in enumerate(glyphs):
        text = pdfium.raw.FPDFPageObj_CreateTextObj(document.raw, font, size)
        code = f"{character}\0".encode("utf-16-le")
        pdfium.raw.FPDFText_SetText(text, (pdfium.raw.c_ushort * (len(code) // 2)).from_buffer_copy(code))
        pdfium.raw.FPDFPageObj_Transform(text, 1, 0, 0, 1, place * _CELL + _INDENT, _BASELINE)
        pdfium.raw.FPDFPage_InsertObject(page.raw, text)
    # Objects are drawn as they are: the page needs no content for that, which would take four times as long.
    bitmap = page.render(scale=scale, grayscale=True)
    gray: Gray = bitmap.to_numpy().reshape(side, count, side).transpose(1, 0, 2).copy()
    bitmap.close()
    page.close()
    return gray
