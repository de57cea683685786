"""The fonts of texts: whether a document brings one along, and whether a text leaves ink of it."""

from __future__ import annotations

import ctypes

import pypdfium2.raw as pdfium

from transforms.reading.pdfium import api


def font_of(address: int) -> pdfium.FPDF_FONT:
    """The handle of a font whose address `api.text_font` gave."""
    return ctypes.cast(address, pdfium.FPDF_FONT)


def is_embedded(address: int) -> bool:
    """Whether there is a font, and the document brings it along."""
    return bool(address) and pdfium.FPDFFont_GetIsEmbedded(font_of(address)) == 1


def is_painted_with_own_font(text: int) -> bool:
    """Whether a text object, given by its address, leaves ink of a font that its document brings along.

    Other fonts have boxes of their own, and those of hidden text have no shapes.
    """
    return api.render_mode(text) not in (api.NOT_PAINTED, api.ONLY_CLIPS) and is_embedded(api.text_font(text))
