"""Tick boxes and radio buttons of a form, printed as characters: their state is drawn, and drawings have no text."""

from __future__ import annotations

import ctypes
import math
from typing import Final

import pypdfium2 as pdfium_helpers
import pypdfium2.raw as pdfium

from transforms.reading.pdfium.annotations import Annotation, Box, annotations_of

_FONT: Final = b"ZapfDingbats"
_TICKED: Final = 0x34
"""The character code of ✔ in that font."""

_BLANK: Final = 0x6F
"""The character code of ❏."""

_BUTTONS: Final = (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)
_SMALLEST, _LARGEST = 4.0, 12.0
_MIDDLE: Final = (0.4, 0.35)
"""Middle of the two characters, from their origin, in font sizes."""


def print_ticks(document: pdfium_helpers.PdfDocument, page: pdfium_helpers.PdfPage) -> bool:
    """Put ✔ or ❏ in the place of every tick box and radio button that a page shows.

    Args:
        document: Opened with its form environment.
        page: One of its pages; it is changed.

    Returns:
        Whether the page had any.
    """
    if document.formenv is None:
        return False
    found = False
    for index, state, box in [(index, _state(document, one), one.box()) for index, one in annotations_of(page)]:
        if state is not None and pdfium.FPDFPage_RemoveAnnot(page.raw, index):
            _print(document, page, _TICKED if state else _BLANK, box)
            found = True
    return bool(found and pdfium.FPDFPage_GenerateContent(page.raw))


def _state(document: pdfium_helpers.PdfDocument, annotation: Annotation) -> bool | None:
    """Return whether a button is ticked; None for what is not a button, or not shown."""
    form = document.formenv.raw
    if annotation.kind != pdfium.FPDF_ANNOT_WIDGET or annotation.is_hidden:
        return None
    if pdfium.FPDFAnnot_GetFormFieldType(form, annotation.raw) not in _BUTTONS:
        return None
    return bool(pdfium.FPDFAnnot_IsChecked(form, annotation.raw))


def _print(document: pdfium_helpers.PdfDocument, page: pdfium_helpers.PdfPage, code: int, box: Box) -> None:
    left, bottom, right, top = box
    width, height = right - left, top - bottom
    size = min(max(min(width, height), _SMALLEST), _LARGEST)
    turn = math.radians(page.get_rotation())
    cos, sin = math.cos(turn), math.sin(turn)
    ahead, up = _MIDDLE[0] * size, _MIDDLE[1] * size
    x = (left + right) / 2 - ahead * cos + up * sin
    y = (bottom + top) / 2 - ahead * sin - up * cos
    text = pdfium.FPDFPageObj_NewTextObj(document.raw, _FONT, size)
    pdfium.FPDFText_SetCharcodes(text, (ctypes.c_uint32 * 1)(code), 1)
    pdfium.FPDFPageObj_Transform(text, cos, sin, -sin, cos, x, y)
    pdfium.FPDFPage_InsertObject(page.raw, text)
