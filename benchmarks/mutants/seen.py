"""What a page shows: pictures of places on pages, compared, and read by a person's stand-in where they differ."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray

from transforms.reading.ocr.engine import is_available, recogniser
from transforms.reading.pdfium.stand_in import stand_in

Gray = NDArray[np.uint8]
SCALE = 3.0
_INSET = 2.0
_ONE_LINE = 75
_SURE = 0.9
Place = tuple[int, float, float, float, float]
"""Page from 1, left, upper, right and lower edge."""


class Pictures:
    """Pictures of the pages of one PDF, drawn when they are first needed; null where a page cannot be drawn."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._pages: dict[int, Gray | None] = {}

    def page(self, number: int) -> Gray | None:
        if number not in self._pages:
            try:
                with stand_in(), closing(pdfium.PdfDocument(self._content)) as document:
                    bitmap = document[number - 1].render(scale=SCALE, grayscale=True)
                    self._pages[number] = bitmap.to_numpy().reshape(bitmap.height, bitmap.width).copy()
            except (pdfium.PdfiumError, IndexError):
                self._pages[number] = None
        return self._pages[number]

    def place(self, place: Place) -> Gray | None:
        page = self.page(place[0])
        if page is None:
            return None
        x0, y0, x1, y1 = (round(edge * SCALE) for edge in place[1:])
        part = page[max(y0, 0) : y1, max(x0, 0) : x1]
        return part if part.size else None

    def ink(self, number: int) -> float:
        """Share of the page that is printed."""
        page = self.page(number)
        return float((page < 128).mean()) if page is not None else 0.0


def figures(text: str) -> str:
    """Return the digits of a text, with what stands between those of one number.

    Example:
        >>> figures("预算 1,000.50 万元")
        '1000.50'
    """
    return re.sub(r"[^\\d.]", "", text)


def shows(pictures: Pictures, place: Place, text: str) -> bool | None:
    """Whether a place shows the figures of a text, read by OCR; null where that cannot be told."""
    page, x0, y0, x1, y1 = place
    part = pictures.place((page, x0 + _INSET, y0 + _INSET, x1 - _INSET, y1 - _INSET))
    if part is None or not is_available() or part.shape[0] > _ONE_LINE:
        return None
    engine: Any = recogniser()
    (line,) = engine.read([np.ascontiguousarray(part)])
    if figures(line.text) == figures(text):
        return True
    return False if line.text and line.least > _SURE else None


def same_everywhere(one: Pictures, other: Pictures, places: Mapping[str, Place]) -> bool:
    """Whether two PDFs show the same at some places."""
    for place in places.values():
        a, b = one.place(place), other.place(place)
        if a is None or b is None or a.shape != b.shape or np.abs(a.astype(int) - b).max() > 60:
            return False
    return True
