"""PDFium's C functions bound for whole arrays: one call of `fill` runs one C function over many items.

pypdfium2 gives the library and its types. Its functions are bound here once more so that `map` can run over them
without a Python object for each character. Most of a call's time goes into ctypes' checks of its arguments: functions
of more than one argument are bound without argument types, and pointers are made once and used again. Such functions
take handles from `handle` or `handles`, never addresses: an address would be cut to 32 bits.
"""

from __future__ import annotations

import ctypes
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from itertools import islice, repeat
from typing import Any, Final

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

_POINTER: Final = ctypes.c_void_p
_INT: Final = ctypes.c_int
_UINT: Final = ctypes.c_uint
NOT_PAINTED, ONLY_CLIPS = 3, 7
"""Render modes of text that leaves no ink."""

_SLOT: Final = 32
_MOST_SLOTS: Final = 4096
Function = Callable[..., Any]


def _bind(name: str, result: Any, *arguments: Any) -> Function:
    # PYFUNCTYPE keeps the interpreter lock: PDFium is not thread-safe, and these calls last less than a microsecond.
    address = ctypes.cast(getattr(pdfium, name), ctypes.c_void_p).value
    assert address is not None
    function: Function = ctypes.PYFUNCTYPE(result, *arguments)(address)
    return function


text_of = _bind("FPDFText_GetText", _INT)
unicode_of = _bind("FPDFText_GetUnicode", _UINT)
is_generated = _bind("FPDFText_IsGenerated", _INT)
has_map_error = _bind("FPDFText_HasUnicodeMapError", _INT)
char_origin = _bind("FPDFText_GetCharOrigin", _INT)
char_box = _bind("FPDFText_GetCharBox", _INT)
char_loose_box = _bind("FPDFText_GetLooseCharBox", _INT)
char_matrix = _bind("FPDFText_GetMatrix", _INT)
char_font_size = _bind("FPDFText_GetFontSize", ctypes.c_double)
char_object = _bind("FPDFText_GetTextObject", ctypes.c_size_t)
object_font_size = _bind("FPDFTextObj_GetFontSize", _INT)
text_font = _bind("FPDFTextObj_GetFont", ctypes.c_size_t, _POINTER)
render_mode = _bind("FPDFTextObj_GetTextRenderMode", _INT, _POINTER)

count_objects = _bind("FPDFPage_CountObjects", _INT, _POINTER)
count_form_objects = _bind("FPDFFormObj_CountObjects", _INT, _POINTER)
page_object = _bind("FPDFPage_GetObject", _POINTER)
form_object = _bind("FPDFFormObj_GetObject", _POINTER)
object_type = _bind("FPDFPageObj_GetType", _INT, _POINTER)
object_bounds = _bind("FPDFPageObj_GetBounds", _INT)
object_matrix = _bind("FPDFPageObj_GetMatrix", _INT)
fill_color = _bind("FPDFPageObj_GetFillColor", _INT)
stroke_color = _bind("FPDFPageObj_GetStrokeColor", _INT)
stroke_width = _bind("FPDFPageObj_GetStrokeWidth", _INT)
draw_mode = _bind("FPDFPath_GetDrawMode", _INT)
count_segments = _bind("FPDFPath_CountSegments", _INT, _POINTER)
path_segment = _bind("FPDFPath_GetPathSegment", _POINTER)
segment_type = _bind("FPDFPathSegment_GetType", _INT, _POINTER)
segment_point = _bind("FPDFPathSegment_GetPoint", _INT)
segment_close = _bind("FPDFPathSegment_GetClose", _INT, _POINTER)
glyph_path = _bind("FPDFFont_GetGlyphPath", ctypes.c_size_t, _POINTER, _UINT, ctypes.c_float)
glyph_count_segments = _bind("FPDFGlyphPath_CountGlyphSegments", _INT, _POINTER)
glyph_segment = _bind("FPDFGlyphPath_GetGlyphPathSegment", _POINTER)

has_transparency = _bind("FPDFPageObj_HasTransparency", _INT, _POINTER)
count_marks = _bind("FPDFPageObj_CountMarks", _INT, _POINTER)
object_mark = _bind("FPDFPageObj_GetMark", _POINTER, _POINTER, ctypes.c_ulong)
mark_parameter = _bind("FPDFPageObjMark_GetParamValueType", _INT, _POINTER, ctypes.c_char_p)
remove_mark = _bind("FPDFPageObj_RemoveMark", _INT, _POINTER, _POINTER)

clip_path = _bind("FPDFPageObj_GetClipPath", _POINTER, _POINTER)
clip_count = _bind("FPDFClipPath_CountPaths", _INT, _POINTER)
clip_count_segments = _bind("FPDFClipPath_CountPathSegments", _INT)
clip_segment = _bind("FPDFClipPath_GetPathSegment", _POINTER)


class _Scratch(threading.local):
    """Room for the answers of one call of `fill`, with ready pointers into it: four for each item, 8 bytes apart."""

    def __init__(self) -> None:
        self.memory = bytearray()
        self.pointers: list[list[Any]] = []

    def grow(self, count: int) -> None:
        """Make room for so many items, if there is less."""
        if len(self.memory) >= count * _SLOT:
            return
        size = min(_MOST_SLOTS, 1 << max(8, (count - 1).bit_length())) * _SLOT
        self.memory = bytearray(size)
        buffer = (ctypes.c_char * size).from_buffer(self.memory)
        self.pointers = [list(map(ctypes.byref, repeat(buffer), range(8 * i, size, _SLOT))) for i in range(4)]


_scratch: Final = _Scratch()


def fill(
    function: Function, dtype: str, columns: int, *arguments: Iterable[Any], count: int, apart: bool = True
) -> NDArray[Any]:
    """Run a function that writes its answer through pointers over many items.

    Args:
        function: One of this module's functions; its last arguments are the pointers.
        dtype: Little-endian type that the function writes.
        columns: How many values it writes: at most four `apart`, at most 32 bytes else.
        arguments: Its arguments before the pointers, an iterable each.
        count: How many items.
        apart: One pointer for each value; else one pointer to them all.

    Returns:
        (count, columns), zeros where the function wrote nothing.
    """
    _scratch.grow(min(count, _MOST_SLOTS))
    out = np.empty((count, columns), dtype=dtype)
    step = 8 // out.itemsize if apart else 1
    pointers = _scratch.pointers[: columns if apart else 1]
    sources = arguments if count <= _MOST_SLOTS else [iter(argument) for argument in arguments]
    for first in range(0, count, _MOST_SLOTS):
        size = min(count - first, _MOST_SLOTS)
        slots = np.frombuffer(_scratch.memory, dtype, size * _SLOT // out.itemsize).reshape(size, -1)
        slots[:] = 0
        chosen = sources if count == size else [islice(source, size) for source in sources]
        deque(map(function, *chosen, *pointers), maxlen=0)
        out[first : first + size] = slots[:, : columns * step : step]
    return out


def handle(address: int) -> Any:
    """What stands for an address in calls; best for one that many calls share."""
    return ctypes.byref(ctypes.c_char.from_address(address))


def handles(addresses: Sequence[int]) -> list[Any]:
    """What stands for addresses in calls."""
    return list(map(_POINTER, addresses))


def same(item: Any) -> Iterable[Any]:
    """The same argument for each item."""
    return repeat(item)
