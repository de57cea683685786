"""The characters that a page prints, and the text objects that print them: asked of PDFium once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from transforms.reading.page import Bools, Codes, Floats, Ints
from transforms.reading.pdfium import api

_PRESSED: Final = 0.1
"""Share of their height to which characters are pressed together that are only lines."""


@dataclass(frozen=True, slots=True)
class Printed:
    """The printed characters of a page, in the order of its text, and the runs of them that one text object prints.

    Attributes:
        index: PDFium's number of each character.
        items: The same as a list.
        origin: (characters, 2) where each stands on its baseline, in points of the page.
        run: The run of each character.
        texts: Handle of each run's text object.
        first: The first character of each run, as its place in `index`.
        matrix: (runs, 6) of each run's text.
        points: Font size of each run, before its matrix.
    """

    index: Ints
    items: list[int]
    origin: Floats
    run: Ints
    texts: list[int]
    first: Ints
    matrix: Floats
    points: Floats

    @property
    def are_lines(self) -> Bools:
        """(runs,) which are pressed together so much that each character is a line."""
        a, b, c, d = self.matrix[:, :4].T
        return np.asarray(np.hypot(a, b) < _PRESSED * np.hypot(c, d), dtype=np.bool_)


def printed_text(text: Any, codes: Codes) -> Printed:
    """Leave out what PDFium made up, and find the text object of each character.

    Args:
        text: Handle of PDFium's text page.
        codes: Code points of the page's text, by PDFium's index.
    """
    printed = (codes != 13) & (codes != 10)
    spaces = (codes == 32).nonzero()[0]
    printed[spaces] = [made_up != 1 for made_up in map(api.is_generated, api.same(text), spaces.tolist())]
    index = printed.nonzero()[0]
    items = index.tolist()
    handles = np.fromiter(map(api.char_object, api.same(text), items), np.uint64, len(items))
    first, run = _runs(handles)
    origin = api.fill(api.char_origin, "<f8", 2, api.same(text), items, count=len(items))
    firsts = [items[i] for i in first.tolist()]
    matrix = api.fill(api.char_matrix, "<f4", 6, api.same(text), firsts, count=len(firsts), apart=False)
    points = np.fromiter(map(api.char_font_size, api.same(text), firsts), np.float64, len(firsts))
    return Printed(index, items, origin, run, handles[first].tolist(), first, matrix.astype(np.float64), points)


def _runs(objects: NDArray[np.uint64]) -> tuple[Ints, Ints]:
    """First index of each run of equal values, and the run of each index."""
    if not len(objects):
        none = np.empty(0, dtype=np.int64)
        return none, none
    new = np.ones(len(objects), dtype=np.bool_)
    new[1:] = objects[1:] != objects[:-1]
    return new.nonzero()[0], new.cumsum() - 1
