"""Annotations and fields that bring no picture, or one that not all viewers show, and that PDFium does not draw whole.

Lines are drawn as viewers draw them. Of the others only marks are left where they stand: there something is shown that
is not read, and whatever else is read there is in doubt.
"""

from __future__ import annotations

import ctypes
from collections.abc import Collection, Iterator
from contextlib import closing
from typing import Any, Final

import numpy as np
import pypdfium2 as pdfium_helpers
import pypdfium2.raw as pdfium

from transforms.reading.pdfium.annotations import Annotation, Box, annotations_of

Points = list[tuple[float, float]]
Place = tuple[int, int]
"""A page, from 0, and which of its annotations, from 0."""

_LINES: Final = (pdfium.FPDF_ANNOT_LINE, pdfium.FPDF_ANNOT_POLYLINE, pdfium.FPDF_ANNOT_POLYGON)
_MOST_POINTS: Final = 10_000
_WIDEST: Final = 12.0
_OPAQUE: Final = 255
_LAST_LATIN: Final = 0xFF
_LONGEST: Final = 10_000
_APART, _LONG, _INSET, _MOST_MARKS = 5.0, 2.0, 2.5, 40
"""Of marks: from one to the next, their length, from the edge, in points; how many in a row, and rows."""


def print_unpictured(page: pdfium_helpers.PdfPage, in_doubt: Collection[int], off: Collection[int]) -> bool:
    """Draw the lines of annotations without a picture, and marks in the place of what viewers show each in its way.

    Args:
        page: It is changed; what is marked stays on it.
        in_doubt: What is to be marked, by its place among the annotations.
        off: What no viewer shows.

    Returns:
        Whether the page had any.
    """
    boxes: list[Box] = []
    lines = 0
    for index, annotation in annotations_of(page):
        if index in off:
            continue
        if index in in_doubt:
            boxes.append(annotation.box())
        elif len(points := _points(annotation)) > 1:
            _draw(page, annotation.raw, points)
            lines += 1
    for box in boxes:
        _mark(page, box)
    return bool((lines or boxes) and pdfium.FPDFPage_GenerateContent(page.raw))


def places_in_doubt(
    document: pdfium_helpers.PdfDocument, plain: pdfium_helpers.PdfDocument, draws_values: bool
) -> frozenset[Place]:
    """Find the texts and fields that bring no picture or another one than viewers draw, and that PDFium draws in part.

    Args:
        document: Opened with its form environment, if it has one: that draws pictures of its own.
        plain: The same document without one; its pages are changed.
        draws_values: Viewers are to draw the values of fields, whatever their pictures show.
    """
    found: set[Place] = set()
    for number in range(len(plain)):
        try:
            with closing(plain[number]) as page:
                found |= {(number, index) for index, one in annotations_of(page) if _is_foreign_text(one)}
            if draws_values and document.formenv is not None:
                found |= {(number, index) for index in _other_values(document, plain, number)}
        except (pdfium_helpers.PdfiumError, IndexError):
            continue
    return frozenset(found)


def _other_values(
    document: pdfium_helpers.PdfDocument, plain: pdfium_helpers.PdfDocument, number: int
) -> Iterator[int]:
    """Give the fields of text of a page whose picture does not show their value."""
    with closing(document[number]) as page, closing(plain[number]) as pictured:
        said = dict(_values(document, page, {index for index, one in annotations_of(pictured) if one.has_picture}))
        if not said:
            return
        pdfium.FPDFPage_Flatten(pictured.raw, pdfium.FLAT_NORMALDISPLAY)
    with closing(plain[number]) as pictured, closing(pictured.get_textpage()) as text:
        yield from (i for i, (value, box) in said.items() if value not in _bare(text.get_text_bounded(*box)))


def _is_foreign_text(annotation: Annotation) -> bool:
    """Whether viewers show a text of it that PDFium draws in part: it has no font for more than Latin letters."""
    if annotation.kind != pdfium.FPDF_ANNOT_FREETEXT or annotation.is_hidden or annotation.has_picture:
        return False
    buffer = (ctypes.c_ushort * _LONGEST)()
    size = pdfium.FPDFAnnot_GetStringValue(annotation.raw, b"Contents", buffer, 2 * _LONGEST)
    return size > 2 * _LONGEST or any(code > _LAST_LATIN for code in buffer)


def _points(annotation: Annotation) -> Points:
    """The corners of the line that viewers draw for it; none where it has a picture, or is not shown."""
    if annotation.kind not in _LINES or annotation.is_hidden or annotation.has_picture:
        return []
    raw = annotation.raw
    if annotation.kind == pdfium.FPDF_ANNOT_LINE:
        start, end = pdfium.FS_POINTF(), pdfium.FS_POINTF()
        return [(one.x, one.y) for one in (start, end)] if pdfium.FPDFAnnot_GetLine(raw, start, end) else []
    count = min(pdfium.FPDFAnnot_GetVertices(raw, None, 0), _MOST_POINTS)
    corners = (pdfium.FS_POINTF * max(count, 1))()
    pdfium.FPDFAnnot_GetVertices(raw, corners, count)
    points = [(one.x, one.y) for one in corners[:count]]
    return points + points[:1] if annotation.kind == pdfium.FPDF_ANNOT_POLYGON else points


def _values(
    document: pdfium_helpers.PdfDocument, page: pdfium_helpers.PdfPage, pictured: Collection[int]
) -> Iterator[tuple[int, tuple[str, Box]]]:
    """Give the value and the place of each field of text of a page that brings a picture."""
    for index, annotation in annotations_of(page):
        form, raw = document.formenv.raw, annotation.raw
        is_shown = annotation.kind == pdfium.FPDF_ANNOT_WIDGET and not annotation.is_hidden and index in pictured
        if is_shown and pdfium.FPDFAnnot_GetFormFieldType(form, raw) == pdfium.FPDF_FORMFIELD_TEXTFIELD:
            buffer = (ctypes.c_ushort * _LONGEST)()
            size = pdfium.FPDFAnnot_GetFormFieldValue(form, raw, buffer, 2 * _LONGEST)
            value = bytes(buffer)[: max(min(size, 2 * _LONGEST) - 2, 0)].decode("utf-16-le", "replace")
            yield index, (_bare(value), annotation.box())


def _bare(text: str) -> str:
    return "".join(text.split())


def _draw(page: pdfium_helpers.PdfPage, annotation: Any, points: Points) -> None:
    """Stroke a line in the annotation's colour and width; black and a point where it says none."""
    red, green, blue, alpha = (ctypes.c_uint() for _ in range(4))
    has_colour = pdfium.FPDFAnnot_GetColor(annotation, pdfium.FPDFANNOT_COLORTYPE_Color, red, green, blue, alpha)
    colour = (red.value, green.value, blue.value) if has_colour else (0, 0, 0)
    _, _, width = border = tuple(ctypes.c_float() for _ in range(3))
    thick = width.value if pdfium.FPDFAnnot_GetBorder(annotation, *border) else 1.0
    _stroke(page, points, colour, min(thick, _WIDEST))


def _mark(page: pdfium_helpers.PdfPage, box: Box) -> None:
    """Draw rows of small slanted strokes all over a box, so that some lie in each cell that it reaches into."""
    x0, y0, x1, y1 = box
    for y in _steps(y0, y1):
        for x in _steps(x0, x1):
            _stroke(page, [(x, y), (x + _LONG, y + _LONG)], (0, 0, 0), 1.0)


def _steps(start: float, end: float) -> list[float]:
    inset = min(_INSET, (end - start) / 2)
    first: list[float] = np.arange(start + inset, end - inset + 0.01, _APART)[:_MOST_MARKS].tolist()
    return first


def _stroke(page: pdfium_helpers.PdfPage, points: Points, colour: tuple[int, int, int], width: float) -> None:
    path = pdfium.FPDFPageObj_CreateNewPath(*points[0])
    for x, y in points[1:]:
        pdfium.FPDFPath_LineTo(path, x, y)
    pdfium.FPDFPageObj_SetStrokeColor(path, *colour, _OPAQUE)
    pdfium.FPDFPageObj_SetStrokeWidth(path, width)
    pdfium.FPDFPath_SetDrawMode(path, pdfium.FPDF_FILLMODE_NONE, True)
    pdfium.FPDFPage_InsertObject(page.raw, path)
