"""What reading one document gave."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import polars as pl


@dataclass(frozen=True, slots=True)
class Reading:
    """What reading one document gave.

    Attributes:
        document_id: As given.
        page_count: Pages of the document; null where it cannot be opened.
        cells: `contract.Cells`. Pages that cannot hold a part of a form are left out.
        reader: The feed that was used: pdfium, or pdfplumber where PDFium's result looked wrong; ocr where pages were
            recognised from their pictures.
        reader_version: `transforms.read.READER_VERSION`.
        reason: Why nothing could be read: a stable code, a colon, and words for people; null where it was read.
            Codes: missing_file, empty_file, not_a_pdf, encrypted, damaged, too_many_pages, too_many_objects,
            too_many_characters, too_many_pixels, too_many_cells, too_many_scans, scans_postponed, unreadable_font,
            needs_ocr, portfolio, xfa_only,
            page_failed (some pages could not be read, and no other page may hold a part of a form; else the other
            pages are in `cells`, and `page_marks` says which ones failed).
        pages_without_text: Pages that are pictures (scans) or whose text is drawn as outlines, from 1. Hidden text over
            a scan, which somebody's OCR wrote, is not believed: such a page is a picture.
        pages_unreadable: Pages whose fonts have no Unicode map, or a wrong one, from 1; in `cells` only by OCR.
        pages_failed: Pages that could not be opened or read, or whose content cannot be decoded, from 1.
        pages_in_doubt: Recognised pages of which it is not sure that they were read the right way up, or whose table
            goes on beyond the picture, from 1; no cell of theirs has a confidence above 0.4.
        pages_outlandish: Pages with a table whose text holds next to no ideographs, or hardly a frequent one, from 1;
            in `cells` only where OCR saw that they print ideographs after all.
        pages_pictured: Pages with text beside a picture that may be a table, from 1; in `cells` by OCR where there are
            ruling lines in it.
        page_marks: What became of each page, see `page_marks.write`; null where the document cannot be opened.
        modified_at: When the document says that it was last changed, or else made, UTC; null where it does not say.
    """

    document_id: str
    page_count: int | None
    cells: pl.DataFrame
    reader: str
    reader_version: str
    reason: str | None = None
    pages_without_text: tuple[int, ...] = ()
    pages_unreadable: tuple[int, ...] = ()
    pages_failed: tuple[int, ...] = ()
    pages_in_doubt: tuple[int, ...] = ()
    pages_outlandish: tuple[int, ...] = ()
    pages_pictured: tuple[int, ...] = ()
    modified_at: datetime | None = None
    page_marks: str | None = None

    @property
    def has_pages_to_recognise(self) -> bool:
        """Whether there are pages whose text alone does not say what they print."""
        return any((self.pages_without_text, self.pages_unreadable, self.pages_outlandish, self.pages_pictured))


def listed(pages: set[int]) -> str:
    """Name pages in words.

    Example:
        >>> listed({2, 1}), listed({3})
        ('pages 1, 2', 'page 3')
    """
    shown = ", ".join(str(number) for number in sorted(pages)[:10])
    return f"page{'s' if len(pages) > 1 else ''} {shown}{' …' if len(pages) > 10 else ''}"
