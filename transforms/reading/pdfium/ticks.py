"""Tick boxes and radio buttons of a form, printed as characters: their state is drawn, and drawings have no text."""

from __future__ import annotations

import ctypes
import math
from typing import Final

import pypdfium2 as pdfium_helpers
import pypdfium2.raw as pdfium

_FONT: Final = b"ZapfDingbats"
_TICKED: Final = 0x34
"""The character code of ✔ in that font."""

_BLANK: Final = 0x6F
"""The character code of ❏."""

_BUTTONS: Final = (pdfium.FPDF_FORMFIELD_CHECKBOX, pdfium.FPDF_FORMFIELD_RADIOBUTTON)
HIDDEN: Final = 2 | 32
"""The flags Hidden and NoView."""

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
    for index in reversed(range(pdfium.FPDFPage_GetAnnotCount(page.raw))):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, index)
        state = _state(document, annotation)
        box = pdfium.FS_RECTF()
        has_box = pdfium.FPDFAnnot_GetRect(annotation, box)
        pdfium.FPDFPage_CloseAnnot(annotation)
        if state is not None and has_box and pdfium.FPDFPage_RemoveAnnot(page.raw, index):
            _print(document, page, _TICKED if state else _BLANK, box)
            found = True
    return bool(found and pdfium.FPDFPage_GenerateContent(page.raw))


def _state(document: pdfium_helpers.PdfDocument, annotation: pdfium.FPDF_ANNOTATION) -> bool | None:
    """Return whether a button is ticked; None for what is not a button, or not shown."""
    form = document.formenv.raw
    if pdfium.FPDFAnnot_GetSubtype(annotation) != pdfium.FPDF_ANNOT_WIDGET:
        return None
    if pdfium.FPDFAnnot_GetFlags(annotation) & HIDDEN:
        return None
    if pdfium.FPDFAnnot_GetFormFieldType(form, annotation) not in _BUTTONS:
        return None
    return bool(pdfium.FPDFAnnot_IsChecked(form, annotation))


def _print(document: pdfium_helpers.PdfDocument, page: pdfium_helpers.PdfPage, code: int, box: pdfium.FS_RECTF) -> None:
    width, height = abs(box.right - box.left), abs(box.top - box.bottom)
    size = min(max(min(width, height), _SMALLEST), _LARGEST)
    turn = math.radians(page.get_rotation())
    cos, sin = math.cos(turn), math.sin(turn)
    right, up = _MIDDLE[0] * size, _MIDDLE[1] * size
    x = (box.left + box.right) / 2 - right * cos + up * sin
    y = (box.bottom + box.top) / 2 - right * sin - up * cos
    text = pdfium.FPDFPageObj_NewTextObj(document.raw, _FONT, size)
    pdfium.FPDFText_SetCharcodes(text, (ctypes.c_uint32 * 1)(code), 1)
    pdfium.FPDFPageObj_Transform(text, cos, sin, -sin, cos, x, y)
    pdfium.FPDFPage_InsertObject(page.raw, text)
