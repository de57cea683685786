"""A second witness for the figures of a page: what its picture shows where the text says that a figure stands.

The picture is drawn by PDFium, whatever engine read the text, and shows what a person sees: no text that is covered,
clipped, white or in a layer that is off, and each digit in its shape, whatever the font's Unicode map says of it.
"""

from __future__ import annotations

import ctypes
import zlib
from collections.abc import Iterable, Mapping
from contextlib import closing
from typing import Any, Final

import numpy as np
import polars as pl
import pypdfium2 as pdfium
from numpy.typing import NDArray

from transforms.reading.cells import PlacedPage
from transforms.reading.digits import looks_like, pictures
from transforms.reading.glance import written_count
from transforms.reading.page import Bools, Floats, Ints
from transforms.reading.pdfium.stand_in import stand_in
from transforms.reading.source import Source

Gray = NDArray[np.uint8]

_CHANNELS: Final = 4
SCALE: Final = 2.0
"""Pixels a point."""

_MOST_PIXELS: Final = 8_000_000
_CONTRAST: Final = 24
"""Difference of gray, of 255, from which a person sees a character."""

_INK: Final = 90
_USUAL: Final = 0.5
_LIKE_ANOTHER: Final = 0.6
_BETTER: Final = 0.3
"""Likenesses: usual of the digits of a page whose fonts are known, least of a digit that is another one, and least more
than that of the digit that the text says."""

_AROUND: Final = 1.0
_WITHIN: Final = 2.0
_RULED: Final = 0.4
_MUCH: Final = 0.6
_LARGEST: Final = 6000.0
"""Area of a cell that is looked at, in square points."""

_DOWN, _ACROSS = 32, 96
_ZERO: Final = 48


def differing(source: Source, pages: Iterable[PlacedPage]) -> Mapping[tuple[int, float, float], str]:
    """Compare the figures of pages with their picture.

    Args:
        source: The PDF as it was read.
        pages: With their characters in cells; pages that were turned or joined of two halves are passed over.

    Returns:
        For each cell whose figures the picture shows otherwise, by page, left and upper edge: what it shows. `unseen`:
        there is nothing where a digit should be; `digits`: another digit; `more`: printing that the text does not have.

    Raises:
        pypdfium2.PdfiumError: The document cannot be opened or drawn.
    """
    found: dict[tuple[int, float, float], str] = {}
    paper = _Paper()
    with stand_in(), closing(pdfium.PdfDocument(source)) as document:
        for placed in pages:
            if placed.seam is None and placed.tables and (placed.cell >= 0).any():
                page = document[placed.page.number - 1]
                boxes = np.concatenate([table.boxes for table in placed.tables])
                for cell, what in _of_page(page, placed, boxes, paper).items():
                    found[placed.page.number, float(boxes[cell, 0]), float(boxes[cell, 1])] = what
                page.close()
    return found


def second_witness(
    source: Source, pages: Iterable[PlacedPage], shown: Mapping[int, int], every: bool
) -> Mapping[tuple[int, float, float], str]:
    """Compare the figures of pages with their pictures: of every page, or of those with text that no one sees.

    Args:
        source: The PDF as it was read.
        pages: With their characters in cells.
        shown: How many characters the text of each page has; pages that are not named are passed over.
        every: Look at every page.

    Returns:
        See `differing`; nothing where the document opens only with the engine that read it.
    """
    wanted = [
        placed
        for placed in pages
        if (count := shown.get(placed.page.number)) is not None
        and not placed.page.has_hidden_text
        and (every or count != written_count(placed.page.codes))
    ]
    try:
        return differing(source, wanted) if wanted else {}
    except Exception:  # each engine has its own errors, and bad files find new ones
        return {}


def is_sampled(document_id: str, pct: int) -> bool:
    """Whether a document is among so many in a hundred; the same one always is.

    Example:
        >>> is_sampled("a" * 64, 0), is_sampled("a" * 64, 100)
        (False, True)
    """
    return zlib.crc32(document_id.encode()) % 100 < pct


def with_witness(cells: pl.DataFrame, found: Mapping[tuple[int, float, float], str]) -> pl.DataFrame:
    """Add to cells what the witness says of them."""
    if not found:
        return cells
    said = pl.DataFrame(
        [(*place, what) for place, what in found.items()],
        schema={"page_number": pl.Int32, "x0": pl.Float64, "top": pl.Float64, "said": pl.String},
        orient="row",
    )
    is_cell = pl.col("table_number").is_not_null()
    joined = cells.join(said, on=["page_number", "x0", "top"], how="left", maintain_order="left")
    return joined.with_columns(witness=pl.when(is_cell).then("said")).drop("said")


class _Paper:
    """Memory for the picture of a page, used again for the next one: new memory costs as much as drawing on it."""

    def __init__(self) -> None:
        self._buffer = (ctypes.c_ubyte * 0)()

    def bitmap(self, width: int, height: int, *given: int, **named: bool) -> pdfium.PdfBitmap:
        """Return an empty bitmap of a size, as pypdfium2 asks for it."""
        if len(self._buffer) < _CHANNELS * width * height:
            self._buffer = (ctypes.c_ubyte * (_CHANNELS * width * height))()
        return pdfium.PdfBitmap.new_native(width, height, *given, buffer=self._buffer, **named)


def _of_page(page: Any, placed: PlacedPage, boxes: Floats, paper: _Paper) -> dict[int, str]:
    read = placed.page
    width, height = page.get_size()
    if abs(width - read.width) > 1 or abs(height - read.height) > 1:
        return {}
    codes = read.codes
    is_digit = (codes >= _ZERO) & (codes < _ZERO + 10) & (placed.cell >= 0) & (read.char_angle == 0)
    if not is_digit.any():
        return {}
    scale = min(SCALE, (_MOST_PIXELS / max(width * height, 1.0)) ** 0.5)
    bitmap = page.render(scale=scale, rev_byteorder=False, bitmap_maker=paper.bitmap)
    pixels = np.atleast_3d(bitmap.to_numpy())  # valid as long as the bitmap is
    at = np.flatnonzero(is_digit)
    found = {int(cell): "more" for cell in _with_more(pixels[..., 2 % pixels.shape[2]], placed, boxes, at, scale)}
    patches = pictures(pixels, read.char_box[at], scale)
    found |= {int(placed.cell[i]): "digits" for i in at[_other_digits(patches, codes[at])]}
    found |= {int(placed.cell[i]): "unseen" for i in at[_unseen(patches)]}
    bitmap.close()
    return found


def _unseen(patches: Floats) -> Bools:
    """Which characters have nothing in their box that a person could see."""
    return np.asarray(patches.max(axis=(1, 2)) - patches.min(axis=(1, 2)) < _CONTRAST, dtype=np.bool_)


def _other_digits(patches: Floats, codes: NDArray[np.uint32]) -> Bools:
    """Which digits have the shape of another one; none where the fonts of the page are not known by their shapes."""
    likeness = looks_like(patches)
    each = np.arange(len(codes))
    said = codes.astype(np.int64) - _ZERO
    own = likeness[each, said]
    if not np.nanquantile(own, 0.5) >= _USUAL if np.isfinite(own).any() else True:
        return np.zeros(len(codes), dtype=np.bool_)
    others = likeness.copy()
    others[each, said] = -1.0
    best = np.nan_to_num(others, nan=-1.0).max(axis=1)
    return np.asarray((best > _LIKE_ANOTHER) & (best - np.nan_to_num(own, nan=1.0) > _BETTER), dtype=np.bool_)


def _with_more(gray: Gray, placed: PlacedPage, boxes: Floats, digits: Ints, scale: float) -> Ints:
    """Cells with figures in which more is printed than the characters of the text: as much as most of a digit.

    Cells are looked at in samples; large ones, which hold text, are passed over. Rules within a cell do not count.
    """
    cells: Ints = np.unique(placed.cell[digits])
    inner = boxes[cells] + np.array([_WITHIN, _WITHIN, -_WITHIN, -_WITHIN])
    size = np.maximum(inner[:, 2:] - inner[:, :2], 0.0)
    area = size[:, 0] * size[:, 1]
    chosen = (area > 0) & (area <= _LARGEST)
    cells, inner, area = cells[chosen], inner[chosen], area[chosen]
    if not len(cells):
        return cells
    high, wide = gray.shape
    known = np.zeros((high, wide), dtype=np.bool_)
    around = np.rint((placed.page.char_box + np.array([-_AROUND, -_AROUND, _AROUND, _AROUND])) * scale)
    for x0, y0, x1, y1 in np.clip(around.astype(np.int64), 0, None).tolist():
        known[y0:y1, x0:x1] = True
    left, top, right, bottom = (inner * scale).T[:, :, None]
    row = np.clip((top + (bottom - top) * (np.arange(_DOWN) + 0.5) / _DOWN).astype(np.int64), 0, high - 1)
    column = np.clip((left + (right - left) * (np.arange(_ACROSS) + 0.5) / _ACROSS).astype(np.int64), 0, wide - 1)
    patch = gray[row[:, :, None], column[:, None, :]].astype(np.int16)
    free = (patch < patch.max(axis=(1, 2), keepdims=True) - _INK) & ~known[row[:, :, None], column[:, None, :]]
    free &= (free.mean(axis=2, keepdims=True) < _RULED) & (free.mean(axis=1, keepdims=True) < _RULED)
    box = placed.page.char_box[digits]
    height = float(np.median(box[:, 3] - box[:, 1]))
    usual = 0.1 * height * height  # a digit is half as wide as high, and a fifth of that is ink
    printed: Floats = free.mean(axis=(1, 2)) * area
    more: Ints = cells[printed > _MUCH * usual]
    return more
