"""A machine without fonts, whatever this one has."""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager

from transforms.reading.pdfium.stand_in import stand_in


@contextmanager
def no_fonts() -> Iterator[None]:
    """Let PDFium find no font of the machine, in this process and for the context: only those that it brings itself."""
    system = stand_in()._system.contents
    kind = type(system.MapFont)
    own = kind(ctypes.cast(system.MapFont, ctypes.c_void_p).value)  # what the field gives is a view of it
    system.MapFont = none = kind(lambda *_: None)
    try:
        yield
    finally:
        system.MapFont = own
        del none
