"""One font that stands in for all that a PDF names but does not bring along, so that reading needs no fonts.

PDFium takes the size of a character from its glyph, and its text leaves out objects without any: where the machine
has no font for STSong-Light or SimSun, a character that is alone in its text object (the last one of a wrapped label,
a grade in a cell) would be lost. The stand-in has ink for each. So a document reads the same
on every machine, and no large font is loaded for it. Pictures of pages are drawn with the machine's own fonts.
"""

from __future__ import annotations

import ctypes
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import pypdfium2.raw as pdfium

FONT_FILE: Final = Path(__file__).with_name("stand_in.ttf")

_HANDLE: Final = 0x6A78
_GB2312: Final = 134
_ALWAYS_AT_HAND: Final = ("Courier", "Helvetica", "Times", "Symbol", "ZapfDingbats", "Chrome")
"""Fonts that PDFium itself has, as it names them when it asks: a Latin character keeps its own width."""

_WIDE_SETS: Final = (128, 129, 134, 136)


class StandIn:
    """Lets PDFium take the stand-in for fonts that a document does not bring, from `enter` to `leave`.

    Made once in a process. Documents that are open at the same time each enter and leave.

    Attributes:
        count: How often it was taken.
    """

    def __init__(self) -> None:
        self._font = FONT_FILE.read_bytes()
        self._readers = 0
        self.count = 0
        self._system = pdfium.FPDF_GetDefaultSystemFontInfo()
        self._callbacks = self._bound()
        pdfium.FPDF_SetSystemFontInfo(ctypes.byref(self._callbacks))

    def __enter__(self) -> Self:
        self._readers += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._readers -= 1

    def _bound(self) -> Any:
        """PDFium's table of callbacks: each asks the machine's own fonts, but for the stand-in."""
        table = pdfium.FPDF_SYSFONTINFO
        types = dict(table._fields_)
        system, methods = self._system, self._system.contents

        def map_font(_: Any, weight: int, italic: int, charset: int, pitch: int, face: Any, exact: Any) -> int | None:
            if self._readers and (charset in _WIDE_SETS or not _name(face).startswith(_ALWAYS_AT_HAND)):
                self.count += 1
                return _HANDLE
            handle: int | None = methods.MapFont(system, weight, italic, charset, pitch, face, exact)
            return handle

        def font_data(_: Any, handle: int, part: int, buffer: Any, size: int) -> int:
            if handle != _HANDLE:
                return int(methods.GetFontData(system, handle, part, buffer, size))
            if part:  # a table of its own, such as the header of a font collection
                return 0
            if size >= len(self._font):
                ctypes.memmove(buffer, self._font, len(self._font))
            return len(self._font)

        def face_name(_: Any, handle: int, buffer: Any, size: int) -> int:
            return 0 if handle == _HANDLE else int(methods.GetFaceName(system, handle, buffer, size))

        def font_charset(_: Any, handle: int) -> int:
            return _GB2312 if handle == _HANDLE else int(methods.GetFontCharset(system, handle))

        def delete_font(_: Any, handle: int) -> None:
            if handle != _HANDLE:
                methods.DeleteFont(system, handle)

        return table(
            version=1,
            EnumFonts=types["EnumFonts"](lambda _, mapper: methods.EnumFonts(system, mapper)),
            MapFont=types["MapFont"](map_font),
            GetFont=types["GetFont"](lambda _, face: methods.GetFont(system, face)),
            GetFontData=types["GetFontData"](font_data),
            GetFaceName=types["GetFaceName"](face_name),
            GetFontCharset=types["GetFontCharset"](font_charset),
            DeleteFont=types["DeleteFont"](delete_font),
        )


def _name(face: Any) -> str:
    return ctypes.string_at(face).decode("latin-1") if face else ""


@cache
def stand_in() -> StandIn:
    """Give the one of this process: PDFium has one table of fonts."""
    return StandIn()
