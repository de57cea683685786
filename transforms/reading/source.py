"""A PDF as it is to be read: form fields and annotations made part of its pages, as every viewer shows them."""

from __future__ import annotations

import ctypes
import io
import mmap
import re
import zlib
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Final

import pypdfium2 as pdfium_helpers
import pypdfium2.raw as pdfium

from transforms.reading.limits import unwatched
from transforms.reading.pdfium.stand_in import stand_in
from transforms.reading.pdfium.ticks import print_ticks

Source = Path | bytes
"""A file, or the content of one."""

_OBJECT_STREAM: Final = re.compile(rb"/ObjStm\b")
_STREAM: Final = re.compile(rb"stream\r?\n")
_FIELDS: Final = re.compile(rb"/AcroForm\b|/AP\b")
_LAYERS: Final = re.compile(rb"/OCProperties\b")
_LAYER_RULES: Final = re.compile(rb"/OCMD\b")
_PORTFOLIO: Final = re.compile(rb"/Collection\b")
_XFA: Final = re.compile(rb"/XFA\b")
_ENCRYPTED: Final = re.compile(rb"/Encrypt\b")
_HIDING: Final = re.compile(
    rb"/OCMD\b|/Luminosity\b|/S\s*/Alpha\b|/BM\s*\[?\s*/(?!Normal\b|Compatible\b)|/PatternType\b|/ShadingType\b"
)
_BLENDING: Final = re.compile(
    rb"/BM\s*\[?\s*/(?:Screen|Lighten|ColorDodge|Difference|Exclusion|Hue|Saturation|Color|Luminosity)\b"
)
"""Ways of blending by which black ink leaves white paper white, or may do so."""

_MOST_STREAMS: Final = 64
_MOST_BYTES: Final = 16 * 1024 * 1024
_PLAIN: Final = (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP)
_NO_VIEW: Final = 32
"""Flag of an annotation that is printed on paper only, which PDFium flattens like any other."""


def may_have_layers(path: Path) -> bool:
    """Whether a file may hold layers, which can be switched off; true, too, where that cannot be seen."""
    return mentions(path, _LAYERS)


def has_layer_rules(path: Path) -> bool:
    """Whether a file has rules by which layers are shown together, or not."""
    return mentions(path, _LAYER_RULES)


def may_hide_text(source: Source) -> bool:
    """Whether a PDF has means to hide text that only its picture shows: masks, blending, patterns, rules for layers."""
    return mentions(source, _HIDING, most=_MOST_STREAMS)


def may_blend_away(source: Source) -> bool:
    """Whether a PDF may blend black ink with white paper so that nothing of it is seen."""
    return mentions(source, _BLENDING, most=_MOST_STREAMS)


def may_be_encrypted(source: Source) -> bool:
    """Whether a PDF says that it is encrypted; true, too, of content that is not a file."""
    return isinstance(source, bytes) or mentions(source, _ENCRYPTED)


def is_portfolio(path: Path) -> bool:
    """Whether a PDF says that it is a cover for attached files; only the first compressed objects are looked at."""
    return path.is_file() and mentions(path, _PORTFOLIO, most=_MOST_STREAMS)


def other_kind(path: Path) -> str | None:
    """Return why a PDF without a form page may hold a form all the same; null where nothing says so.

    Returns:
        A reason with the code portfolio or xfa_only.
    """
    if mentions(path, _PORTFOLIO):
        return (
            "portfolio: the PDF is a cover for files that are attached to it; PDFs among them are documents of their "
            "own, others are not read"
        )
    if mentions(path, _XFA):
        return "xfa_only: the form is XFA, which only Adobe's viewer shows; print it to a PDF there, or ask for another"
    return None


def as_shown(path: Path, page_begins: Callable[[], None] = unwatched) -> Source:
    """Give a PDF with the values of its form fields and annotations printed on its pages.

    Fields that bring no picture of their value get the one that a viewer would draw. What is hidden stays so.

    Args:
        path: The file.
        page_begins: See `Limits`.

    Returns:
        The file itself where there is nothing of that kind, or where it cannot be opened; else the content of a copy.
    """
    if not mentions(path, _FIELDS):
        return path
    try:
        with stand_in():
            return _flattened(path, page_begins) or path
    except (pdfium_helpers.PdfiumError, OSError):
        return path


def mentions(source: Source, name: re.Pattern[bytes], most: int | None = None) -> bool:
    """Whether a name stands in a file or in its compressed objects; true for encrypted ones, which tell nothing."""
    if isinstance(source, bytes):
        return _holds(source, name, most)
    try:
        with source.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return _holds(content, name, most)
    except (OSError, ValueError):
        return False


def _holds(content: bytes | mmap.mmap, name: re.Pattern[bytes], most: int | None) -> bool:
    if name.search(content):
        return True
    if not _OBJECT_STREAM.search(content):
        return False
    return bool(_ENCRYPTED.search(content)) or any(map(name.search, islice(_object_streams(content), most)))


def _object_streams(content: bytes | mmap.mmap) -> Iterator[bytes]:
    for match in _OBJECT_STREAM.finditer(content):
        begin = _STREAM.search(content, match.end())
        if begin is None:
            return
        end = content.find(b"endstream", begin.end())
        try:
            yield zlib.decompressobj().decompress(content[begin.end() : end], _MOST_BYTES)
        except zlib.error:
            yield content[begin.end() : end]


def _flattened(path: Path, page_begins: Callable[[], None]) -> bytes | None:
    document = pdfium_helpers.PdfDocument(path)
    try:
        document.init_forms()
        changed = False
        for number in range(len(document)):
            page_begins()
            try:
                page = document[number]
            except pdfium_helpers.PdfiumError:
                continue
            _remove_unseen(page)
            changed |= print_ticks(document, page)
            if _has_values(page):
                changed |= pdfium.FPDFPage_Flatten(page.raw, pdfium.FLAT_NORMALDISPLAY) == pdfium.FLATTEN_SUCCESS
            page.close()
        if not changed:
            return None
        copy = io.BytesIO()
        document.save(copy, flags=pdfium.FPDF_REMOVE_SECURITY)
        return copy.getvalue()
    finally:
        document.close()


def _remove_unseen(page: pdfium_helpers.PdfPage) -> None:
    """Remove the annotations that no viewer shows."""
    for index in reversed(range(pdfium.FPDFPage_GetAnnotCount(page.raw))):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, index)
        is_unseen = pdfium.FPDFAnnot_GetFlags(annotation) & _NO_VIEW
        pdfium.FPDFPage_CloseAnnot(annotation)
        if is_unseen:
            pdfium.FPDFPage_RemoveAnnot(page.raw, index)


def _has_values(page: pdfium_helpers.PdfPage) -> bool:
    """Whether a page has annotations that print something."""
    for index in range(pdfium.FPDFPage_GetAnnotCount(page.raw)):
        annotation = pdfium.FPDFPage_GetAnnot(page.raw, index)
        kind = pdfium.FPDFAnnot_GetSubtype(annotation)
        has_picture = pdfium.FPDFAnnot_HasKey(annotation, ctypes.create_string_buffer(b"AP"))
        pdfium.FPDFPage_CloseAnnot(annotation)
        if has_picture and kind not in _PLAIN:
            return True
    return False
