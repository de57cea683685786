"""Pages whose picture lacks Chinese: the PDF does not bring the font along, and the machine has none in its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import closing, suppress
from itertools import islice
from pathlib import Path
from typing import Final

import pypdfium2 as pdfium

from transforms.reading.pdfium.stand_in import stand_in

_IDEOGRAPH: Final = re.compile("[一-龥]")
_OWN: Final = "Chrom"
"""How the names of the fonts begin that PDFium brings itself."""

_MOST_OBJECTS: Final = 20_000
_MOST_SAMPLES: Final = 40
_SHARE: Final = 10
"""One character in so many may be missing: a font rarely has all that there are."""

_Samples = dict[str, int]
"""Character -> which text object of its page shows it."""


def with_missing_glyphs(path: Path, page_numbers: Iterable[int]) -> set[int]:
    """Give the pages of which a picture that is drawn on this machine lacks Chinese characters.

    PDFium draws nothing, or another character, where no font has it, and reports nothing. So characters of fonts that
    the PDF does not bring along are asked for one by one. Invisible text, as scans have it, is left out.

    Args:
        path: The PDF.
        page_numbers: Pages to look at, from 1; those that the document does not have are left out.

    Raises:
        pypdfium2.PdfiumError: It cannot be opened, or a page cannot be loaded.
    """
    wanted = sorted(set(page_numbers))
    # The text of PDFium leaves out objects without a glyph. With the stand-in each has one.
    with stand_in(), closing(pdfium.PdfDocument(path)) as document:
        samples = {number: _samples(document[number - 1]) for number in wanted if 1 <= number <= len(document)}
    asked = [number for number, found in samples.items() if found]
    if not asked:
        return set()
    with closing(pdfium.PdfDocument(path)) as document:
        return {number for number in asked if _lacks_glyphs(document[number - 1], samples[number])}


def _samples(page: pdfium.PdfPage) -> _Samples:
    """Return some Chinese characters that the page shows in fonts that are not embedded."""
    found: _Samples = {}
    with closing(page), closing(page.get_textpage()) as text:
        for place, shown in enumerate(_text_objects(page, text)):
            if _is_hidden(shown) or shown.get_font().is_embedded:
                continue
            with suppress(pdfium.PdfiumError):  # it has no text
                for character in _IDEOGRAPH.findall(shown.extract()):
                    found.setdefault(character, place)
            if len(found) >= _MOST_SAMPLES:
                break
    return found


def _lacks_glyphs(page: pdfium.PdfPage, samples: _Samples) -> bool:
    by_place: dict[int, list[str]] = {}
    for character, place in samples.items():
        by_place.setdefault(place, []).append(character)
    missing = 0
    with closing(page):
        for place, shown in enumerate(_text_objects(page)):
            for character in by_place.get(place, ()):
                missing += not _draws(shown.get_font(), character)
    return missing * _SHARE > len(samples)


def _draws(font: pdfium.PdfFont, character: str) -> bool:
    """Whether the font that stands in has the character. PDFium's own have letters: they draw one, by its code."""
    name: str = font.get_family_name()
    return not name.startswith(_OWN) and bool(pdfium.raw.FPDFFont_GetGlyphPath(font, ord(character), 10.0))


def _is_hidden(shown: pdfium.PdfTextObj) -> bool:
    return bool(pdfium.raw.FPDFTextObj_GetTextRenderMode(shown) == pdfium.raw.FPDF_TEXTRENDERMODE_INVISIBLE)


def _text_objects(page: pdfium.PdfPage, text: pdfium.PdfTextPage | None = None) -> Iterable[pdfium.PdfTextObj]:
    return islice(page.get_objects(filter=[pdfium.raw.FPDF_PAGEOBJ_TEXT], textpage=text), _MOST_OBJECTS)
