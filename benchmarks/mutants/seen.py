"""What a page shows: pictures of places on pages, compared, and read by a person's stand-in where they differ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from typing import Any

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray
from PIL import Image

from transforms.reading.ocr.engine import is_available, recogniser

Gray = NDArray[np.uint8]
SCALE = 3.0
_INSET = 2.0
_ONE_LINE = 75
_MOST_LINES = 8
_ALIKE = 60
_INK = 90
_GAP = 2
_PAPER = 6
_SHORT = 12
_LIKE = frozenset("0123456789OoQDlI|")
_MISREAD = str.maketrans("OoQDlI|", "0000111")
_SURE = 0.9
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．", "0123456789.")
Place = tuple[int, float, float, float, float]
"""Page from 1, left, upper, right and lower edge."""


class Pictures:
    """Pictures of the pages of one PDF, drawn when they are first needed; null where a page cannot be drawn.

    Args:
        content: The PDF.
        fonts: What fonts that it does not bring are drawn with: those of this machine, or the stand-in, which has ink
            for each character.
    """

    def __init__(self, content: bytes, fonts: AbstractContextManager[object] | None = None) -> None:
        self._content = content
        self._fonts = fonts or nullcontext()
        self._pages: dict[int, Gray | None] = {}

    def page(self, number: int) -> Gray | None:
        if number not in self._pages:
            try:
                with self._fonts, closing(pdfium.PdfDocument(self._content)) as document:
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

    def printed(self, place: Place) -> Gray | None:
        """Return the picture of what is printed at a place, without the edges around it and without the paper."""
        number, x0, y0, x1, y1 = place
        part = self.place((number, x0 + _INSET, y0 + _INSET, x1 - _INSET, y1 - _INSET))
        if part is None or not (inked := part < int(part.max()) - _INK).any():
            return None
        rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
        return part[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]

    def ink(self, place: Place) -> float:
        """Return the share of a place, without the edges around it, that is printed."""
        number, x0, y0, x1, y1 = place
        part = self.place((number, x0 + _INSET, y0 + _INSET, x1 - _INSET, y1 - _INSET))
        return float((part < 128).mean()) if part is not None else 0.0


def same_ink(one: Pictures, place: Place, other: Pictures, there: Place) -> bool:
    """Whether what is printed at a place is what another PDF prints at another place, pixel by pixel."""
    a, b = one.printed(place), other.printed(there)
    return a is not None and b is not None and a.shape == b.shape and bool(np.abs(a.astype(int) - b).max() <= _ALIKE)


def figures(text: str) -> str:
    """Return the digits of a text, with what stands between those of one number.

    Example:
        >>> figures("预算 １,000.50 万元")
        '1000.50'
    """
    return re.sub(r"[^0-9.]", "", text.translate(_FULL_WIDTH)).strip(".")


def shows(pictures: Pictures, place: Place, text: str) -> bool | None:
    """Whether a place shows the digits of a text, read by OCR line by line; null where that cannot be known.

    OCR often passes over a point, so points are not compared. Only short texts are read, and it is believed to see
    others when it sees the same ones again in a picture of another size, with white between them, and the edges of the
    place cut nothing.
    """
    page, x0, y0, x1, y1 = place
    part = pictures.place((page, x0 + _INSET, y0 + _INSET, x1 - _INSET, y1 - _INSET))
    if part is None or not is_available():
        return None
    lines = list(_lines(part))
    if not lines:
        return False
    if len(lines) > _MOST_LINES or max(len(line) for line in lines) > _ONE_LINE or len(text.strip()) > _SHORT:
        return None
    said, read = _digits(text), _read(lines)
    if (read is not None and said == _digits(read)) or _shows_turned(part, said):
        return True
    if read is None:
        return None
    again = _read([_larger(line) for line in lines])
    if again is not None and _digits(again) == said:
        return True
    sides = pictures.place((page, x0 + _INSET / 2, y0 + _INSET, x1 - _INSET / 2, y1 - _INSET))
    is_cut = bool((part[[0, -1]] < int(part.max()) - _INK).any()) or (
        sides is not None and bool((sides[:, [0, -1]] < int(part.max()) - _INK).any())
    )
    is_sure = again is not None and _digits(again) == _digits(read) and not is_cut and _stand_apart(lines, read)
    return False if is_sure else None


def _shows_turned(part: Gray, said: str) -> bool:
    """Whether a picture shows some digits lying on their side: so a page that was turned prints them."""
    readings = (_read([*_lines(np.ascontiguousarray(np.rot90(part, turn)))]) for turn in (1, 3))
    return any(read is not None and _digits(read) == said for read in readings)


def _stand_apart(lines: Sequence[Gray], read: str) -> bool:
    """Whether there is white between the characters that were read; OCR takes some that touch for fewer."""
    inked = (np.pad((line < int(line.max()) - _INK).any(axis=0), 1) for line in lines)
    return sum(int((columns[1:] & ~columns[:-1]).sum()) for columns in inked) >= len(read)


def _read(lines: list[Gray]) -> str | None:
    """Read some lines by OCR, without their spaces; null where it is not sure of a digit."""
    engine: Any = recogniser()
    read = engine.read(lines)
    sure = all(c > _SURE for line in read for char, c in zip(line.text, line.confidence, strict=True) if char in _LIKE)
    return "".join("".join(line.text.split()) for line in read).translate(_MISREAD) if sure else None


def _digits(text: str) -> str:
    return figures(text).replace(".", "")


def _larger(line: Gray) -> Gray:
    """Draw a line half as large again."""
    height, width = line.shape
    picture = Image.fromarray(line).resize((width * 3 // 2, height * 3 // 2), Image.Resampling.BICUBIC)
    return np.ascontiguousarray(np.asarray(picture))


def _lines(part: Gray) -> Iterator[Gray]:
    """Cut a picture into its lines of print, each with some paper around it."""
    inked = np.flatnonzero((part < int(part.max()) - _INK).any(axis=1))
    if not len(inked):
        return
    breaks = np.flatnonzero(np.diff(inked) > _GAP)
    firsts, lasts = np.append(inked[0], inked[breaks + 1]), np.append(inked[breaks], inked[-1])
    for first, last in zip(firsts, lasts, strict=True):
        yield np.ascontiguousarray(np.pad(part[first : last + 1], _PAPER, constant_values=int(part.max())))


def same_there(one: Pictures, other: Pictures, place: Place) -> bool:
    """Whether two PDFs show the same at a place."""
    a, b = one.place(place), other.place(place)
    return a is not None and b is not None and a.shape == b.shape and bool(np.abs(a.astype(int) - b).max() <= _ALIKE)
