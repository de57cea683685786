"""The annotations of a page that PDFium has open: fields, texts, lines and stamps that lie over it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final

import pypdfium2 as pdfium_helpers
import pypdfium2.raw as pdfium

Box = tuple[float, float, float, float]

_HIDDEN, _NO_VIEW = 2, 32
_UNSEEN: Final = _HIDDEN | _NO_VIEW


class Annotation:
    """An annotation of an open page. Close it.

    Attributes:
        raw: PDFium's handle.
        kind: Its subtype, `pdfium.FPDF_ANNOT_…`.
        is_hidden: It is not shown, on a screen at least.
        is_off_screen: It has the flag NoView.
        has_picture: It brings pictures of itself.
    """

    def __init__(self, page: pdfium_helpers.PdfPage, index: int) -> None:
        self.raw: Any = pdfium.FPDFPage_GetAnnot(page.raw, index)
        self.kind: int = pdfium.FPDFAnnot_GetSubtype(self.raw)
        flags = pdfium.FPDFAnnot_GetFlags(self.raw)
        self.is_hidden = bool(flags & _UNSEEN)
        self.is_off_screen = bool(flags & _NO_VIEW)
        self.has_picture = bool(pdfium.FPDFAnnot_HasKey(self.raw, b"AP"))

    def close(self) -> None:
        """Free it."""
        pdfium.FPDFPage_CloseAnnot(self.raw)

    def box(self) -> Box:
        """Left, lower, right and upper edge."""
        box = pdfium.FS_RECTF()
        pdfium.FPDFAnnot_GetRect(self.raw, box)
        return min(box.left, box.right), min(box.bottom, box.top), max(box.left, box.right), max(box.bottom, box.top)


def annotations_of(page: pdfium_helpers.PdfPage) -> Iterator[tuple[int, Annotation]]:
    """Give the annotations of a page with their places, from 0, the last one first; each is closed before the next.

    Remove none while they are given: list the places first, and those that are left keep theirs.
    """
    for index in reversed(range(pdfium.FPDFPage_GetAnnotCount(page.raw))):
        with closing(Annotation(page, index)) as annotation:
            yield index, annotation
