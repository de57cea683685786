"""Pages too wide for their paper are printed in two halves: put side by side again before cells are read.

Spreadsheets print all left halves and then all right ones, or each right half after its left one. The two halves have
the same rows at the same heights; the right one has other columns, and none of the words that a form begins with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from transforms.reading.grid import Table, find_tables
from transforms.reading.page import Floats, Page
from transforms.reading.ruling import join_pieces

BEGINNINGS: Final = ("项目名称", "一级指标", "专项名称", "预算单位名称")
"""A left half prints one of these, a right half none."""

_SAME: Final = 1.5
_LEAST_ROWS: Final = 5
_ROWS_SHARED: Final = 0.9
_COLUMNS_SHARED: Final = 0.5
_FARTHEST: Final = 20
"""Pages between a left half and its right one."""


@dataclass(frozen=True, slots=True)
class Seam:
    """Where the right half of a page begins.

    Attributes:
        page: Number of the page that prints the right half.
        x: What begins at this x or farther right is printed there.
        shift: How much farther left it is printed there.
    """

    page: int
    x: float
    shift: float


@dataclass(frozen=True, slots=True)
class Whole:
    """A page with its tables; `seam` where it was put together from two."""

    page: Page
    tables: list[Table]
    seam: Seam | None = None


def join_halves(pages: Mapping[int, tuple[Page, list[Table]]]) -> list[Whole]:
    """Return the pages in order, those printed in two halves as one page that is numbered like its left half.

    Args:
        pages: By number, each with its tables.
    """
    whole: dict[int, Whole] = {number: Whole(*pages[number]) for number in sorted(pages)}
    if len(pages) < 2:
        return list(whole.values())
    frames = {number: frame for number, (_, tables) in pages.items() if (frame := _frame(tables)) is not None}
    step: int | None = None
    for left in sorted(frames):
        if left not in whole or whole[left].seam is not None:
            continue
        near = range(left + 1, left + _FARTHEST)
        if step is None and not any(n in frames and n in whole and _are_halves(frames[left], frames[n]) for n in near):
            continue
        begins = _begins(pages[left][0])
        candidates = [left + step] if step and not begins else near
        for right in candidates:
            if right in frames and right in whole and (begins or step) and _are_halves(frames[left], frames[right]):
                if _begins(pages[right][0]):
                    continue
                whole[left] = _joined(pages[left][0], pages[right][0], frames[left], frames[right])
                del whole[right]
                step = right - left
                break
        else:
            step = None if begins else step
    return list(whole.values())


def _frame(tables: list[Table]) -> Table | None:
    """The largest table of a page, if it has rows enough to be known again."""
    if not tables:
        return None
    largest = max(tables, key=lambda table: len(table.cells))
    return largest if len(largest.y) > _LEAST_ROWS else None


def _are_halves(left: Table, right: Table) -> bool:
    """Whether two tables have the same rows but not the same columns."""
    ends = abs(left.y[0] - right.y[0]) <= _SAME and abs(left.y[-1] - right.y[-1]) <= _SAME
    if not ends:
        return False
    few, many = sorted((left.y, right.y), key=len)
    if _shared(few, many) < _ROWS_SHARED:
        return False
    few, many = sorted((left.x, right.x), key=len)
    return _shared(few, many) < _COLUMNS_SHARED


def _shared(few: Floats, many: Floats) -> float:
    return float((np.abs(few[:, None] - many[None, :]) <= _SAME).any(axis=1).mean())


def _begins(page: Page) -> bool:
    text = page.codes.astype("<u4").tobytes().decode("utf-32-le", "replace")
    written = "".join(text.split())
    return any(word in written for word in BEGINNINGS)


def _joined(left: Page, right: Page, of_left: Table, of_right: Table) -> Whole:
    """Lay the right half beside the left one, edge of the table at edge of the table."""
    x = float(of_left.x[-1])
    shift = x - float(of_right.x[0])
    page = Page(
        number=left.number,
        width=left.width + right.width,
        height=max(left.height, right.height),
        char_text=np.concatenate([left.char_text, right.char_text]),
        char_box=np.concatenate([left.char_box, right.char_box + np.array([shift, 0.0, shift, 0.0])]),
        char_angle=np.concatenate([left.char_angle, right.char_angle]),
        horizontal=join_pieces(np.concatenate([left.horizontal, right.horizontal + np.array([0.0, shift, shift])])),
        vertical=join_pieces(np.concatenate([left.vertical, right.vertical + np.array([shift, 0.0, 0.0])])),
        image_share=max(left.image_share, right.image_share),
        has_hidden_text=left.has_hidden_text or right.has_hidden_text,
        cut=np.concatenate([left.cut, right.cut + len(left.char_text)]),
    )
    return Whole(page, find_tables(page.horizontal, page.vertical), Seam(right.number, x, shift))
