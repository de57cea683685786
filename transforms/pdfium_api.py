"""PDFium's C functions bound for whole arrays: one call of `fill` runs one C function over many items.

pypdfium2 gives the library and its types. Its functions are bound here once more with plain addresses as arguments,
so that `map` can run over them without a Python object for each character.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable, Iterable
from itertools import repeat
from typing import Any, Final

import numpy as np
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

_POINTER: Final = ctypes.c_void_p
_INT: Final = ctypes.c_int
_UINT: Final = ctypes.c_uint
Function = Callable[..., Any]


def _bind(name: str, result: Any, *arguments: Any) -> Function:
    # PYFUNCTYPE keeps the interpreter lock: PDFium is not thread-safe, and these calls last less than a microsecond.
    address = ctypes.cast(getattr(pdfium, name), ctypes.c_void_p).value
    assert address is not None
    function: Function = ctypes.PYFUNCTYPE(result, *arguments)(address)
    return function


text_of = _bind("FPDFText_GetText", _INT, _POINTER, _INT, _INT, _POINTER)
unicode_of = _bind("FPDFText_GetUnicode", _UINT, _POINTER, _INT)
is_generated = _bind("FPDFText_IsGenerated", _INT, _POINTER, _INT)
has_map_error = _bind("FPDFText_HasUnicodeMapError", _INT, _POINTER, _INT)
char_origin = _bind("FPDFText_GetCharOrigin", _INT, _POINTER, _INT, _POINTER, _POINTER)
char_loose_box = _bind("FPDFText_GetLooseCharBox", _INT, _POINTER, _INT, _POINTER)
char_matrix = _bind("FPDFText_GetMatrix", _INT, _POINTER, _INT, _POINTER)
char_font_size = _bind("FPDFText_GetFontSize", ctypes.c_double, _POINTER, _INT)
char_object = _bind("FPDFText_GetTextObject", _POINTER, _POINTER, _INT)
object_font_size = _bind("FPDFTextObj_GetFontSize", _INT, _POINTER, _POINTER)
render_mode = _bind("FPDFTextObj_GetTextRenderMode", _INT, _POINTER)

count_objects = _bind("FPDFPage_CountObjects", _INT, _POINTER)
count_form_objects = _bind("FPDFFormObj_CountObjects", _INT, _POINTER)
page_object = _bind("FPDFPage_GetObject", _POINTER, _POINTER, _INT)
form_object = _bind("FPDFFormObj_GetObject", _POINTER, _POINTER, ctypes.c_ulong)
object_type = _bind("FPDFPageObj_GetType", _INT, _POINTER)
object_bounds = _bind("FPDFPageObj_GetBounds", _INT, _POINTER, _POINTER, _POINTER, _POINTER, _POINTER)
object_matrix = _bind("FPDFPageObj_GetMatrix", _INT, _POINTER, _POINTER)
fill_color = _bind("FPDFPageObj_GetFillColor", _INT, _POINTER, _POINTER, _POINTER, _POINTER, _POINTER)
stroke_color = _bind("FPDFPageObj_GetStrokeColor", _INT, _POINTER, _POINTER, _POINTER, _POINTER, _POINTER)
stroke_width = _bind("FPDFPageObj_GetStrokeWidth", _INT, _POINTER, _POINTER)
draw_mode = _bind("FPDFPath_GetDrawMode", _INT, _POINTER, _POINTER, _POINTER)
count_segments = _bind("FPDFPath_CountSegments", _INT, _POINTER)
path_segment = _bind("FPDFPath_GetPathSegment", _POINTER, _POINTER, _INT)
segment_type = _bind("FPDFPathSegment_GetType", _INT, _POINTER)
segment_point = _bind("FPDFPathSegment_GetPoint", _INT, _POINTER, _POINTER, _POINTER)
segment_close = _bind("FPDFPathSegment_GetClose", _INT, _POINTER)

clip_path = _bind("FPDFPageObj_GetClipPath", _POINTER, _POINTER)
clip_count = _bind("FPDFClipPath_CountPaths", _INT, _POINTER)
clip_count_segments = _bind("FPDFClipPath_CountPathSegments", _INT, _POINTER, _INT)
clip_segment = _bind("FPDFClipPath_GetPathSegment", _POINTER, _POINTER, _INT, _INT)


def fill(
    function: Function, dtype: str, columns: int, *arguments: Iterable[Any], count: int, apart: bool = True
) -> NDArray[Any]:
    """Run a function that writes its answer through pointers over many items.

    Args:
        function: One of this module's functions; its last arguments are the pointers.
        dtype: Little-endian type that the function writes.
        columns: How many values it writes.
        arguments: Its arguments before the pointers, an iterable each.
        count: How many items.
        apart: One pointer for each value; else one pointer to them all.

    Returns:
        (count, columns), zeros where the function wrote nothing.
    """
    out = np.zeros((count, columns), dtype=dtype)
    step = columns * out.itemsize
    first = out.ctypes.data
    pointers = [
        range(first + i * out.itemsize, first + i * out.itemsize + step * count, step)
        for i in range(columns if apart else 1)
    ]
    deque(map(function, *arguments, *pointers), maxlen=0)
    return out


def same(handle: int) -> Iterable[int]:
    """The same handle for each item."""
    return repeat(handle)
