"""A PDF as it is to be read: form fields and annotations made part of its pages, as every viewer shows them."""

from __future__ import annotations

import io
import mmap
import os
import re
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Final

import pypdfium2 as pdfium_helpers
import pypdfium2.raw as pdfium

from transforms.reading.layers import annotations_off
from transforms.reading.limits import unwatched
from transforms.reading.pdfium.annotations import annotations_of
from transforms.reading.pdfium.stand_in import stand_in
from transforms.reading.pdfium.ticks import print_ticks
from transforms.reading.pdfium.unpictured import places_in_doubt, print_unpictured

Source = Path | bytes
"""A file, or the content of one."""

_OBJECT_STREAM: Final = re.compile(rb"/ObjStm\b")
_STREAM: Final = re.compile(rb"stream\r?\n")
_WORDS: Final = re.compile(
    rb"/(?:AcroForm|AP|FreeText|StrikeOut|Square|Circle|Ink|Line|PolyLine|Polygon|NeedAppearances|OCProperties|OCMD|Collection|XFA|Encrypt|ObjStm|Luminosity|Alpha|BM|PatternType|ShadingType"
    rb"|ToUnicode|Uni(?:GB|CNS|JIS|KS)-\w+-[HV]|GB\w*(?:-EUC)?-[HV])\b"
)
"""All that is looked for in a document, so that one pass tells that nearly none of it is there."""


@dataclass(frozen=True, slots=True)
class _Name:
    """A name that a PDF may say: `pattern` matches one of `words`, alone or with what stands around it."""

    pattern: re.Pattern[bytes]
    words: frozenset[bytes]


def _name(*words: bytes) -> _Name:
    return _Name(re.compile(rb"(?:%b)\b" % b"|".join(words)), frozenset(words))


_FIELDS: Final = _name(
    *(b"/AcroForm", b"/AP", b"/FreeText", b"/StrikeOut", b"/Square", b"/Circle", b"/Ink"),
    *(b"/Line", b"/PolyLine", b"/Polygon"),
)
_FREE_TEXT: Final = _name(b"/FreeText")
_DRAWN_VALUES: Final = _name(b"/NeedAppearances")
_LAYERS: Final = _name(b"/OCProperties")
_LAYER_RULES: Final = _name(b"/OCMD")
_PORTFOLIO: Final = _name(b"/Collection")
_XFA: Final = _name(b"/XFA")
_ENCRYPTED: Final = _name(b"/Encrypt")
_HIDING: Final = _Name(
    re.compile(
        rb"/OCMD\b|/Luminosity\b|/S\s*/Alpha\b|/BM\s*\[?\s*/(?!Normal\b|Compatible\b)|/PatternType\b|/ShadingType\b"
    ),
    frozenset((b"/OCMD", b"/Luminosity", b"/Alpha", b"/BM", b"/PatternType", b"/ShadingType")),
)
_BLENDING: Final = _Name(
    re.compile(
        rb"/BM\s*(?:\[[^\]]*)?/(?:Screen|Lighten|ColorDodge|Difference|Exclusion|Hue|Saturation|Color|Luminosity)\b"
    ),
    frozenset((b"/BM",)),
)
"""Ways of blending by which black ink leaves white paper white, or may do so."""

_LARGE: Final = 32 * 1024 * 1024
_MOST_STREAMS: Final = 64
_MOST_BYTES: Final = 16 * 1024 * 1024
_PLAIN: Final = (pdfium.FPDF_ANNOT_LINK, pdfium.FPDF_ANNOT_POPUP)
"""Flag of an annotation that is printed on paper only, which PDFium flattens like any other."""


def may_have_layers(content: Content) -> bool:
    """Whether a file may hold layers, which can be switched off; true, too, where that cannot be seen."""
    return content.mentions(_LAYERS)


def has_layer_rules(content: Content) -> bool:
    """Whether a file has rules by which layers are shown together, or not."""
    return content.mentions(_LAYER_RULES)


def may_hide_text(content: Content) -> bool:
    """Whether a PDF has means to hide text that only its picture shows: masks, blending, patterns, rules for layers."""
    return content.mentions(_HIDING, most=_MOST_STREAMS)


def may_blend_away(source: Source) -> bool:
    """Whether a PDF may blend black ink with white paper so that nothing of it is seen."""
    return _mentions(source, _BLENDING, most=_MOST_STREAMS)


def may_be_encrypted(source: Source) -> bool:
    """Whether a PDF says that it is encrypted; true, too, of content that is not a file."""
    return isinstance(source, bytes) or _mentions(source, _ENCRYPTED)


def is_portfolio(path: Path) -> bool:
    """Whether a PDF says that it is a cover for attached files; only the first compressed objects are looked at."""
    return path.is_file() and _mentions(path, _PORTFOLIO, most=_MOST_STREAMS)


def other_kind(path: Path) -> str | None:
    """Return why a PDF without a form page may hold a form all the same; null where nothing says so.

    Returns:
        A reason with the code portfolio or xfa_only.
    """
    if _mentions(path, _PORTFOLIO):
        return (
            "portfolio: the PDF is a cover for files that are attached to it; PDFs among them are documents of their "
            "own, others are not read"
        )
    if _mentions(path, _XFA):
        return "xfa_only: the form is XFA, which only Adobe's viewer shows; print it to a PDF there, or ask for another"
    return None


def as_shown(path: Path, content: Content, page_begins: Callable[[], None] = unwatched) -> Source:
    """Give a PDF with the values of its form fields and annotations printed on its pages.

    Fields that bring no picture of their value get the one that a viewer would draw. What is hidden stays so.

    Args:
        path: The file.
        content: What stands in it.
        page_begins: See `Limits`.

    Returns:
        The file itself where there is nothing of that kind, or where it cannot be opened; else the content of a copy.
    """
    if not content.mentions(_FIELDS):
        return path
    try:
        with stand_in():
            off = annotations_off(path) if content.mentions(_LAYERS) else frozenset()
            return _flattened(path, content, off, page_begins) or path
    except (pdfium_helpers.PdfiumError, OSError):
        return path


class Content:
    """The bytes of a PDF, taken from the disk once for all that is asked of them."""

    def __init__(self, data: bytes | mmap.mmap) -> None:
        self.data = data

    @cached_property
    def words(self) -> frozenset[bytes]:
        """Which of the words that are looked for stand there, outside compressed objects."""
        return frozenset(_WORDS.findall(self.data))

    def mentions(self, name: _Name, most: int | None = None) -> bool:
        """Whether a name stands there, see `holds`."""
        if self.words.isdisjoint(name.words):
            return self._holds_compressed(name.pattern, most)
        return self.holds(name.pattern, most)

    def holds(self, pattern: re.Pattern[bytes], most: int | None = None) -> bool:
        """Whether something stands there or in compressed objects; true for encrypted ones, which tell nothing.

        Args:
            pattern: What is looked for.
            most: So many compressed objects are looked at; null: all of them.
        """
        return pattern.search(self.data) is not None or self._holds_compressed(pattern, most)

    def _holds_compressed(self, pattern: re.Pattern[bytes], most: int | None) -> bool:
        if b"/ObjStm" not in self.words:
            return False
        return b"/Encrypt" in self.words or any(map(pattern.search, islice(self._object_streams(), most)))

    def _object_streams(self) -> Iterator[bytes]:
        for match in _OBJECT_STREAM.finditer(self.data):
            begin = _STREAM.search(self.data, match.end())
            if begin is None:
                return
            end = self.data.find(b"endstream", begin.end())
            try:
                yield zlib.decompressobj().decompress(self.data[begin.end() : end], _MOST_BYTES)
            except zlib.error:
                yield self.data[begin.end() : end]


@contextmanager
def opened(source: Source) -> Iterator[Content]:
    """Open a PDF to look for something in its bytes; what cannot be opened has none. A huge file stays on disk."""
    with ExitStack() as held:
        data: bytes | mmap.mmap = b""
        if isinstance(source, bytes):
            data = source
        else:
            with suppress(OSError, ValueError):
                file = held.enter_context(source.open("rb"))
                is_large = os.fstat(file.fileno()).st_size > _LARGE
                data = (
                    held.enter_context(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
                    if is_large
                    else file.read()
                )
        yield Content(data)


def _mentions(source: Source, name: _Name, most: int | None = None) -> bool:
    with opened(source) as content:
        return content.mentions(name, most)


def _in_doubt(path: Path, document: pdfium_helpers.PdfDocument, content: Content) -> frozenset[tuple[int, int]]:
    draws_values = content.mentions(_DRAWN_VALUES)
    if not draws_values and not content.mentions(_FREE_TEXT):
        return frozenset()
    with closing(pdfium_helpers.PdfDocument(path)) as plain:
        return places_in_doubt(document, plain, draws_values)


def _flattened(
    path: Path, content: Content, off: Collection[tuple[int, int]], page_begins: Callable[[], None]
) -> bytes | None:
    document = pdfium_helpers.PdfDocument(path)
    try:
        document.init_forms()
        in_doubt = _in_doubt(path, document, content)
        changed = False
        for number in range(len(document)):
            page_begins()
            try:
                page = document[number]
            except pdfium_helpers.PdfiumError:
                continue
            unseen, doubtful = ({at for of_page, at in places if of_page == number} for places in (off, in_doubt))
            changed |= print_unpictured(page, doubtful, unseen)
            _remove_unseen(page, unseen | doubtful)
            _with_pictures(page)
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


def _remove_unseen(page: pdfium_helpers.PdfPage, off: Collection[int]) -> None:
    """Remove the annotations that no viewer shows, and those whose place is in `off`."""
    for index in [index for index, one in annotations_of(page) if index in off or one.is_off_screen]:
        pdfium.FPDFPage_RemoveAnnot(page.raw, index)


def _with_pictures(page: pdfium_helpers.PdfPage) -> None:
    """Give annotations that bring no picture the one that a viewer draws: PDFium does when it draws their page."""
    if pdfium.FPDFPage_GetAnnotCount(page.raw):
        bitmap = pdfium.FPDFBitmap_Create(1, 1, 0)
        pdfium.FPDF_RenderPageBitmap(bitmap, page.raw, 0, 0, 1, 1, 0, pdfium.FPDF_ANNOT)
        pdfium.FPDFBitmap_Destroy(bitmap)


def _has_values(page: pdfium_helpers.PdfPage) -> bool:
    """Whether a page has annotations that print something."""
    return any(one.has_picture and one.kind not in _PLAIN for _, one in annotations_of(page))
