"""A second witness for a page: what its picture shows where the text says that a figure, or a doubtful one, stands.

The picture is drawn by PDFium, whatever engine read the text, and shows what a person sees: no text that is covered,
clipped, white or in a layer that is off, and each digit in its shape, whatever the font's Unicode map says of it.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl
import pypdfium2 as pdfium
from numpy.typing import NDArray

from transforms.reading.cells import PlacedPage
from transforms.reading.digits import is_bar, likeness_at_best, looks_like, pictures, wide_digits
from transforms.reading.drawn import drawn_in_figures, has_ink, over_figures
from transforms.reading.glance import written_count
from transforms.reading.limits import unwatched
from transforms.reading.page import Bools, Floats, Ints
from transforms.reading.pdfium.overlaid import overlaid
from transforms.reading.pdfium.stand_in import stand_in
from transforms.reading.pdfium.traceless import CONTRAST, traceless_digits
from transforms.reading.source import Source, may_blend_away
from transforms.reading.text_witness import SCALE as TEXT_SCALE
from transforms.reading.text_witness import seen_instead, to_look_at
from transforms.reading.unicode_maps import MapDoubts
from warehouse.contract.stages import FIGURE_DOUBTS

Gray = NDArray[np.uint8]

_CHANNELS: Final = 3
_RED: Final = 2
_PAPER: Final = 255
SCALE: Final = 2.0
"""Pixels a point."""

_MOST_PIXELS: Final = 8_000_000
_INK: Final = 90
_USUAL: Final = 0.5
_SURELY_DIGITS: Final = 0.7
_LIKE_ANOTHER: Final = 0.6
_BETTER: Final = 0.3
"""Likenesses: usual of the digits of a page whose fonts are known, usual to any digit where all of them may be others,
least of a digit that is another one, and least more than that of the digit that the text says."""

_DOUBTED: Final = 0.4
_UNLIKE: Final = 0.25
"""Likenesses to the digit that the text says: of one that is looked at again, and of one that has another shape."""

_STOOD_IN: Final = 0.3
"""Share of a page's digits, those apart that are bars in many fonts, from which bars are what the stand-in draws."""

_MANY: Final = 20
_FEW_BARS: Final = 0.1
"""Digits of a page from which, and share of bars below which, it shows others where most look unlike what is said."""

_AROUND: Final = 1.0
_WITHIN: Final = 2.0
_REACH: Final = 2.0
"""Pixels within which a character may be seen in a sample of a cell, as both are rounded."""

_RULED: Final = 0.4
_MUCH: Final = 0.6
_LARGEST: Final = 6000.0
"""Area of a cell that is looked at, in square points."""

_SAME_PLACE: Final = 0.5
"""Of the size of a character: how far its middle may be from that of the same one as another engine has it."""

_DOWN, _ACROSS = 32, 96
_ZERO: Final = 48
_DIGITS: Final = range(_ZERO, _ZERO + 10)
_NO_DOUBTS: Final = MapDoubts()
_MOST_OUTSIDE: Final = 1000
"""Characters outside the tables of a page of which a doubt is noted."""


@dataclass(frozen=True, slots=True)
class Doubt:
    """A place where the picture of a page does not show what its text says.

    Attributes:
        page: From 1.
        x: A point within the cell or the line, in points from the left.
        y: Likewise, from the top.
        what: Of figures `unseen`: there is nothing where a digit should be; `digits`: another digit; `more`: printing
            that the text does not have. Of texts what `text_witness.seen_instead` says.
    """

    page: int
    x: float
    y: float
    what: str


def differing(
    source: Source,
    pages: Iterable[PlacedPage],
    figures_of: Collection[int],
    doubted: MapDoubts,
    thorough: bool = False,
    page_begins: Callable[[], None] = unwatched,
) -> list[Doubt]:
    """Compare pages with their picture.

    Args:
        source: The PDF as it was read.
        pages: With their characters in cells; pages that were turned or joined of two halves are passed over.
        figures_of: Pages of which every figure is looked at; of the others only characters in doubt.
        doubted: What the Unicode maps leave in doubt.
        thorough: Draw the pages without their figures too, as the document has means to hide text.
        page_begins: See `Limits`.

    Raises:
        pypdfium2.PdfiumError: The document cannot be opened or drawn.
    """
    found: list[Doubt] = []
    paper = _Paper()
    digits, letters = doubted.characters.intersection(_DIGITS), doubted.characters.difference(_DIGITS)
    blends = thorough and may_blend_away(source)
    with stand_in(), closing(pdfium.PdfDocument(source)) as document:
        for placed in pages:
            if placed.seam is None and placed.tables and (placed.cell >= 0).any():
                at = to_look_at(placed.page.codes, letters)
                if not len(at) and placed.page.number not in figures_of:
                    continue
                page_begins()
                with closing(document[placed.page.number - 1]) as page:
                    if not _is_as_read(page, placed):
                        continue
                    boxes = _cells(placed)
                    said = [*(_texts(page, placed, at, letters) if len(at) else {}).items()]
                    if placed.page.number in figures_of:
                        found += _figures(page, placed, boxes, paper, digits)
                        said += [(i, "more") for i in _drawn_over(page, placed)]
                        said += [(i, "unseen") for i in _without_trace(page, placed, blends)] if thorough else []
                    found += [_at_character(placed, boxes, i, what) for i, what in said]
    return found


def second_witness(
    source: Source,
    pages: Iterable[PlacedPage],
    shown: Mapping[int, int],
    every: bool,
    doubted: MapDoubts = _NO_DOUBTS,
    thorough: bool = False,
    page_begins: Callable[[], None] = unwatched,
) -> list[Doubt]:
    """Compare pages with their pictures: their figures, and the characters that are in doubt.

    Figures are looked at on every page, or on those with text that no one sees, where a digit is in doubt or as wide as
    an ideograph, or where something is drawn beside figures. What a font itself denies needs no picture.

    Args:
        source: The PDF as it was read.
        pages: With their characters in cells.
        shown: How many characters the text of each page has; pages that are not named are passed over.
        every: Look at the figures of every page.
        doubted: What the Unicode maps leave in doubt.
        thorough: The document has means to hide text: look at the figures of every page, and whether one sees them.
        page_begins: See `Limits`.

    Returns:
        See `differing`; only what fonts deny where the document opens only with the engine that read it.
    """
    pages = [*pages]
    denied = [doubt for placed in pages for doubt in _denied(placed, doubted.denied)]
    known = [placed for placed in pages if placed.page.number in shown and not placed.page.has_hidden_text]
    is_every = every or thorough or bool(doubted.denied) or any(code in _DIGITS for code in doubted.characters)
    figures_of = {
        placed.page.number
        for placed in known
        if is_every
        or shown[placed.page.number] != written_count(placed.page.codes)
        or len(wide_digits(placed.page))
        or len(drawn_in_figures(placed)[0])
        or len(over_figures(placed)[0])
    }
    letters = doubted.characters.difference(_DIGITS)
    if not figures_of and not any(len(to_look_at(placed.page.codes, letters)) for placed in known):
        return denied
    try:
        return [*denied, *differing(source, known, figures_of, doubted, thorough, page_begins)]
    except (pdfium.PdfiumError, IndexError, OSError):  # it opens with another engine only, or has other pages there
        return denied


def _denied(placed: PlacedPage, denied: frozenset[int]) -> list[Doubt]:
    """Say of each cell and line with a character that its font denies that its figures are in doubt."""
    if not denied:
        return []
    at = np.flatnonzero(np.isin(placed.page.codes, np.fromiter(denied, dtype=np.uint32)))
    inside, boxes = at[placed.cell[at] >= 0], _cells(placed)
    first = inside[np.unique(placed.cell[inside], return_index=True)[1]]
    outside = at[placed.cell[at] < 0][:_MOST_OUTSIDE]
    return [_at_character(placed, boxes, i, "digits") for i in (*first.tolist(), *outside.tolist())]


def _cells(placed: PlacedPage) -> Floats:
    """(n, 4) the cells of all tables of a page."""
    return np.concatenate([np.zeros((0, 4)), *(table.boxes for table in placed.tables)])


def is_sampled(document_id: str, pct: int) -> bool:
    """Whether a document is among so many in a hundred; the same one always is.

    Example:
        >>> is_sampled("a" * 64, 0), is_sampled("a" * 64, 100)
        (False, True)
    """
    return zlib.crc32(document_id.encode()) % 100 < pct


def with_witness(cells: pl.DataFrame, found: Sequence[Doubt]) -> pl.DataFrame:
    """Add to cells and lines what the witness says of them; figures go before texts."""
    if not found:
        return cells
    ordered = sorted(found, key=lambda doubt: doubt.what not in FIGURE_DOUBTS)
    doubts = pl.DataFrame(
        [(doubt.page, doubt.x, doubt.y, doubt.what) for doubt in ordered],
        schema={"page_number": pl.Int32, "x": pl.Float64, "y": pl.Float64, "said": pl.String},
        orient="row",
    )
    places = cells.select("page_number", "x0", "top", "x1", "bottom").with_row_index("row")
    held = places.join(doubts, on="page_number", how="inner", maintain_order="left_right").filter(
        pl.col("x").is_between("x0", "x1"), pl.col("y").is_between("top", "bottom")
    )
    said = held.group_by("row").agg(pl.col("said").first())
    joined = cells.with_row_index("row").join(said, on="row", how="left", maintain_order="left")
    return joined.with_columns(witness=pl.coalesce("said", "witness")).drop("row", "said")


class _Paper:
    """Memory for the picture of a page, used again for the next one: new memory costs as much as drawing on it."""

    def __init__(self) -> None:
        self._memory = np.empty(0, dtype=np.uint8)

    def drawn(self, page: pdfium.PdfPage, scale: float) -> Gray:
        """(height, width, 3) blue, green and red of a page, which hold until the next one is drawn."""
        width, height = (math.ceil(length * scale) for length in page.get_size())
        size = _CHANNELS * width * height
        if len(self._memory) < size:
            self._memory = np.empty(size, dtype=np.uint8)
        self._memory[:size] = _PAPER  # PDFium takes twice as long for that
        raw, memory = pdfium.raw, self._memory.ctypes.data
        bitmap = raw.FPDFBitmap_CreateEx(width, height, raw.FPDFBitmap_BGR, memory, _CHANNELS * width)
        raw.FPDF_RenderPageBitmap(bitmap, page.raw, 0, 0, width, height, 0, raw.FPDF_ANNOT)
        raw.FPDFBitmap_Destroy(bitmap)
        return self._memory[:size].reshape(height, width, _CHANNELS)


def _is_as_read(page: pdfium.PdfPage, placed: PlacedPage) -> bool:
    """Whether a page has the size that it was read with: otherwise its picture is not that of its text."""
    width, height = page.get_size()
    return bool(abs(width - placed.page.width) <= 1 and abs(height - placed.page.height) <= 1)


def _scale(page: pdfium.PdfPage) -> float:
    """Pixels a point of the picture of a page: fewer where the page is so large that it would have too many."""
    width, height = page.get_size()
    scale: float = min(SCALE, (_MOST_PIXELS / max(width * height, 1.0)) ** 0.5)
    return scale


def _at_character(placed: PlacedPage, boxes: Floats, i: int, what: str) -> Doubt:
    """Place a doubt in the cell of a character, or on the character itself outside the tables."""
    cell = placed.cell[i]
    return _in_box(placed, boxes[cell] if cell >= 0 else placed.page.char_box[i], what)


def _in_box(placed: PlacedPage, box: Floats, what: str) -> Doubt:
    return Doubt(placed.page.number, float(box[0] + box[2]) / 2, float(box[1] + box[3]) / 2, what)


def _texts(page: Any, placed: PlacedPage, at: Ints, doubted: frozenset[int]) -> dict[int, str]:
    width, height = page.get_size()
    if width * height * TEXT_SCALE**2 > _MOST_PIXELS:
        return {}
    bitmap = page.render(scale=TEXT_SCALE, grayscale=True)
    gray = bitmap.to_numpy().reshape(bitmap.height, bitmap.width).copy()
    bitmap.close()
    return seen_instead(gray, placed, at, doubted)


def _figures(page: Any, placed: PlacedPage, boxes: Floats, paper: _Paper, doubted: frozenset[int]) -> list[Doubt]:
    read = placed.page
    codes = read.codes
    every = np.flatnonzero((codes >= _ZERO) & (codes < _ZERO + 10))
    cells_drawn, boxes_drawn = drawn_in_figures(placed)
    if not len(every) and not len(cells_drawn):
        return []
    scale = _scale(page)
    pixels = paper.drawn(page, scale)
    drawn = pictures(pixels, read.char_box[every], scale)
    is_level = read.char_angle[every] == 0
    at, patches = every[is_level], drawn[is_level]
    own, another = _other_digits(patches, codes[at]) if len(at) else (np.empty(0), np.empty(0, dtype=np.bool_))
    found = {int(i): "digits" for i in at[another]}
    if len(suspects := np.flatnonzero(own < _DOUBTED)):
        plain = pictures(pixels, read.char_box[at[suspects]], scale, lightest=True)
        in_doubt = np.isin(codes[at], [*doubted]) | np.isin(at, wide_digits(read))
        unlike = suspects[_not_that_digit(patches[suspects], plain, codes[at], suspects, in_doubt)]
        found |= {int(i): "digits" for i in at[unlike]}
    found |= {int(i): "unseen" for i in every[_unseen(drawn)]}
    inside = at[placed.cell[at] >= 0]
    more = _with_more(pixels, placed, boxes, inside, scale) if len(inside) else inside
    more = np.union1d(more, cells_drawn[has_ink(pixels, boxes_drawn, read.char_box, scale)])
    return [
        *(_at_character(placed, boxes, i, what) for i, what in found.items()),
        *(_in_box(placed, boxes[cell], "more") for cell in more.tolist()),
    ]


def _drawn_over(page: Any, placed: PlacedPage) -> list[int]:
    """Digits and points that were read, but over which something is drawn."""
    at, inks = over_figures(placed)
    return at[overlaid(page, placed.page.char_box[at], inks)].tolist() if len(at) else []


def _without_trace(page: Any, placed: PlacedPage, blends: bool) -> list[int]:
    """Digits that were read, but without which the page looks the same."""
    read = placed.page
    centres, codes = traceless_digits(page, _scale(page), blends)
    size = read.char_box[:, 2:] - read.char_box[:, :2]
    middle = (read.char_box[:, :2] + read.char_box[:, 2:]) / 2
    found: list[int] = []
    for centre, code in zip(centres, codes.tolist(), strict=True):
        at = (read.codes == code) & (np.abs(middle - centre) <= _SAME_PLACE * size).all(axis=1)
        found += np.flatnonzero(at).tolist()
    return found


def _unseen(patches: Gray) -> Bools:
    """Which characters have nothing in their box that a person could see."""
    return np.asarray(patches.max(axis=(1, 2)) - patches.min(axis=(1, 2)) < CONTRAST, dtype=np.bool_)


def _other_digits(patches: Gray, codes: NDArray[np.uint32]) -> tuple[Floats, Bools]:
    """How much each digit looks like itself, and which have the shape of another one.

    Likeness is 1 for all where the fonts of the page are not known by their shapes, and for what the stand-in draws.
    """
    likeness = looks_like(patches)
    each = np.arange(len(codes))
    said = codes.astype(np.int64) - _ZERO
    bars = is_bar(patches)
    if (others := said != 1).any() and bars[others].mean() > _STOOD_IN:
        likeness[bars] = np.nan
    own = likeness[each, said]
    if len(said) >= _MANY and bars.mean() < _FEW_BARS and np.count_nonzero(own < _UNLIKE) > len(own) / 2:
        return own, np.asarray(own < _UNLIKE, dtype=np.bool_)
    if not _are_known(own, likeness):
        return np.ones(len(codes)), np.zeros(len(codes), dtype=np.bool_)
    others = likeness.copy()
    others[each, said] = -1.0
    best = np.nan_to_num(others, nan=-1.0).max(axis=1)
    own = np.nan_to_num(own, nan=1.0)
    return own, np.asarray((best > _LIKE_ANOTHER) & (best - own > _BETTER), dtype=np.bool_)


def _are_known(own: Floats, likeness: Floats) -> bool:
    """Whether the digits of a page have the shapes of digits: of those that the text says, or surely of others."""
    if not (seen := np.isfinite(own)).any():
        return False
    return bool(np.median(own[seen]) >= _USUAL or np.median(likeness[seen].max(axis=1)) >= _SURELY_DIGITS)


def _not_that_digit(dark: Gray, plain: Gray, codes: NDArray[np.uint32], at: Ints, doubted: Bools) -> Bools:
    """Which suspected digits have a shape that is not theirs, whatever else it is.

    One may be crossed by a rule or a seal; where all of a page that are the same digit look so, or it is in doubt, less
    is enough. What the stand-in draws has no shape.

    Args:
        dark: Their pictures.
        plain: Their pictures without coloured ink.
        codes: Of all digits of the page.
        at: Which of these they are.
        doubted: Which digits a Unicode map says of two glyphs, or are as wide as an ideograph.
    """
    said = codes[at].astype(np.int64) - _ZERO
    best = np.ones(len(codes))
    best[at] = np.fmax(likeness_at_best(dark, said), likeness_at_best(plain, said))
    best[at[is_bar(dark)]] = 1.0
    usual = np.array([np.median(best[codes == code]) for code in codes[at].tolist()])
    usual[doubted[at]] = _DOUBTED - 1
    return np.asarray((best[at] < _UNLIKE) | ((best[at] < _DOUBTED) & (usual < _DOUBTED)), dtype=np.bool_)


def _with_more(pixels: Gray, placed: PlacedPage, boxes: Floats, digits: Ints, scale: float) -> Ints:
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
    high, wide, _ = pixels.shape
    known = np.zeros((high, wide), dtype=np.bool_)
    around = placed.page.char_box + np.array([-_AROUND, -_AROUND, _AROUND, _AROUND])
    within = np.clip(np.rint(around[_that_meet(around, inner, _REACH / scale)] * scale).astype(np.int64), 0, None)
    for x0, y0, x1, y1 in within.tolist():
        known[y0:y1, x0:x1] = True
    left, top, right, bottom = (inner * scale).T[:, :, None]
    row = np.clip((top + (bottom - top) * (np.arange(_DOWN) + 0.5) / _DOWN).astype(np.int64), 0, high - 1)
    column = np.clip((left + (right - left) * (np.arange(_ACROSS) + 0.5) / _ACROSS).astype(np.int64), 0, wide - 1)
    at = (row * wide)[:, :, None] + column[:, None, :]
    patch = pixels.reshape(-1)[_RED:][_CHANNELS * at]
    lightest = patch.max(axis=(1, 2)).astype(np.int16)[:, None, None]
    free = (patch < np.maximum(lightest - _INK, 0).astype(np.uint8)) & ~known.reshape(-1)[at]
    across, down = (free.sum(axis=axis, keepdims=True, dtype=np.uint8) for axis in (2, 1))
    free &= (across < _RULED * _ACROSS) & (down < _RULED * _DOWN)
    box = placed.page.char_box[digits]
    height = float(np.median(box[:, 3] - box[:, 1]))
    usual = 0.1 * height * height  # a digit is half as wide as high, and a fifth of that is ink
    printed: Floats = free.reshape(len(free), -1).sum(axis=1) / (_DOWN * _ACROSS) * area
    more: Ints = cells[printed > _MUCH * usual]
    return more


def _that_meet(boxes: Floats, others: Floats, reach: float) -> Bools:
    """Which boxes come so near to one of the others."""
    low, high = others[:, :2] - reach, others[:, 2:] + reach
    meets = (boxes[:, 0, None] <= high[:, 0]) & (boxes[:, 2, None] >= low[:, 0])
    meets &= (boxes[:, 1, None] <= high[:, 1]) & (boxes[:, 3, None] >= low[:, 1])
    return np.asarray(meets.any(axis=1), dtype=np.bool_)
