"""What a feed gives: a document opened by one engine, and its pages."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Final, Protocol

from transforms.reading.feed_pdfplumber import PdfplumberDocument
from transforms.reading.grid import Table
from transforms.reading.limits import Limits
from transforms.reading.page import Codes, Floats, Page
from transforms.reading.pdfium.feed import PdfiumDocument
from transforms.reading.pdfium.font_figures import KnownFigures
from transforms.reading.source import Source


class SourcePage(Protocol):
    """An open page of a feed."""

    @property
    def codes(self) -> Codes:
        """Code points of its text, in no certain order."""

    def has_map_errors(self) -> bool:
        """Whether most characters have no Unicode map, without their codes saying so."""

    @property
    def tables(self) -> list[Table]:
        """The tables that its ruling lines draw."""

    def require_table(self) -> None:
        """Raise LimitMet where it draws too many lines to look for a table."""

    def image_share(self) -> float:
        """Share of the page that images cover."""

    def other_figures(self, known: KnownFigures, /) -> frozenset[int]:
        """Digits, units and signs of which a font of it has another shape; none where the engine cannot say."""

    def has_mute_text(self) -> bool:
        """Whether it prints text that gave no characters."""

    def outline_segments(self) -> int:
        """How many lines and curves its paths are drawn of."""

    def is_bare(self) -> bool:
        """Whether it draws nothing at all."""

    def boxes(self) -> Floats:
        """(n, 4) rectangles that it fills, as displayed."""

    def bars(self) -> Floats:
        """(n, 4) thin bars that are seen, as displayed and painted: rules, piece by piece."""

    def read(self) -> Page:
        """All of it."""


class SourceDocument(Protocol):
    """An open document of a feed."""

    name: str
    page_count: int
    modified_at: datetime | None

    def open_page(self, number: int) -> AbstractContextManager[SourcePage]:
        """Open a page, numbered from 1."""

    def close(self) -> None:
        """Free it."""


FEEDS: Final[dict[str, Callable[[Source, Limits], SourceDocument]]] = {
    "pdfium": PdfiumDocument,
    "pdfplumber": PdfplumberDocument,
}
"""How to open a document with each feed."""
