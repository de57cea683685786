"""The fonts of texts: whether a document brings one along, and whether a text leaves ink of it."""

from __future__ import annotations

import ctypes
from typing import Final

import pypdfium2.raw as pdfium

from transforms.reading.pdfium import api

_STANDARD: Final = (b"Courier", b"Helvetica", b"Times-")
"""Fonts that PDFium itself has."""

_LONGEST_NAME: Final = 128


def font_of(address: int) -> pdfium.FPDF_FONT:
    """The handle of a font whose address `api.text_font` gave."""
    return ctypes.cast(address, pdfium.FPDF_FONT)


def is_embedded(address: int) -> bool:
    """Whether there is a font, and the document brings it along."""
    return bool(address) and pdfium.FPDFFont_GetIsEmbedded(font_of(address)) == 1


def has_shapes(address: int) -> bool:
    """Whether there is a font of which each viewer draws the same shapes: the document's own, or a standard one."""
    return is_embedded(address) or (bool(address) and _name(address).startswith(_STANDARD))


def _name(address: int) -> bytes:
    buffer = ctypes.create_string_buffer(_LONGEST_NAME)
    pdfium.FPDFFont_GetBaseFontName(font_of(address), buffer, _LONGEST_NAME)
    return buffer.value


def is_painted_with_own_font(text: int) -> bool:
    """Whether a text object, given by its address, leaves ink of a font that its document brings along.

    Other fonts have boxes of their own, and those of hidden text have no shapes.
    """
    return _is_painted(text) and is_embedded(api.text_font(text))


def is_painted_with_shapes(text: int) -> bool:
    """Whether a text object, given by its address, leaves ink of a font of which `has_shapes` is true."""
    return _is_painted(text) and has_shapes(api.text_font(text))


def _is_painted(text: int) -> bool:
    return api.render_mode(text) not in (api.NOT_PAINTED, api.ONLY_CLIPS)
