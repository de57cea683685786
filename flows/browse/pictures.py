"""Pictures of pages, drawn when they are asked for by processes of their own, and kept within a bound.

A PDF of strangers may crash or stall what draws it. That costs its own picture, never the program that shows pages.
"""

from __future__ import annotations

import io
import threading
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Final, Literal

from flows.stopping import Interrupted, Stop
from flows.workers import ProcessLimits, Workers, WorkersUnavailableError
from warehouse.errors import WarehouseError
from warehouse.storage.archive import Archive

SCALE: Final = 2.0
"""Pixels a point, where the page is not too large for it."""
MOST_PIXELS: Final = 6_000_000
MOST_CACHED: Final = 64_000_000
"""Bytes of pictures that are kept in memory."""
SECONDS: Final = 20.0
MEMORY_MB: Final = 1500
_MOST_SIZES: Final = 10_000


@dataclass(frozen=True, slots=True)
class PageSize:
    """Width and height of a page as displayed, in points."""

    width: float
    height: float


class NoPicture(RuntimeError):
    """There is no picture of a page.

    Attributes:
        is_missing: The archive does not have the PDF, or not whole; else the PDF cannot be drawn.
    """

    def __init__(self, message: str, *, is_missing: bool) -> None:
        super().__init__(message)
        self.is_missing = is_missing


_Result = bytes | list[PageSize] | set[int]
"""A page as a PNG, the sizes of all pages, or the numbers of those that lack characters."""


@dataclass(frozen=True, slots=True)
class _Job:
    """What to do, with which pages: `draw` with one, `sizes` with none, `lacking` with those to look at."""

    path: str
    work: Literal["draw", "sizes", "lacking"]
    page_numbers: tuple[int, ...] = ()


class Pictures:
    """Draws pages of archived PDFs. Safe to use from many threads; `close` ends its processes.

    Args:
        archive: Where the PDFs are.
        stop: Ends what is being drawn.
    """

    def __init__(self, archive: Archive, stop: Stop) -> None:
        self._archive = archive
        self._stop = stop
        limits = ProcessLimits(SECONDS, MEMORY_MB)
        self._workers: Workers[_Job, _Result] = Workers(_work, 2, limits, _prepare)
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._kept_bytes = 0
        self._sizes: OrderedDict[str, list[PageSize]] = OrderedDict()
        self._lacking: OrderedDict[tuple[str, tuple[int, ...]], set[int]] = OrderedDict()

    def close(self) -> None:
        """End the processes that draw."""
        self._workers.close()

    def warm(self) -> None:
        """Start a process that draws, so that the first page need not wait for it."""
        with suppress(Interrupted, WorkersUnavailableError):
            list(self._workers.map([_Job("", "sizes")], self._stop))

    def sizes(self, document_id: str) -> list[PageSize]:
        """Return the size of each page of a document.

        Raises:
            NoPicture: The archive does not have it, or it cannot be opened.
        """
        with self._lock:
            known = self._sizes.get(document_id)
        if known is not None:
            return known
        found = self._ask(document_id, "sizes")
        assert isinstance(found, list)
        with self._lock:
            self._sizes[document_id] = found
            while len(self._sizes) > _MOST_SIZES:
                self._sizes.popitem(last=False)
        return found

    def lacking(self, document_id: str, page_numbers: Sequence[int]) -> set[int]:
        """Return the pages whose pictures lack Chinese characters, for want of a font.

        Args:
            document_id: The document.
            page_numbers: Pages to look at, from 1.

        Raises:
            NoPicture: The archive does not have the document, or it cannot be opened.
        """
        key = document_id, tuple(page_numbers)
        with self._lock:
            known = self._lacking.get(key)
        if known is not None:
            return known
        found = self._ask(document_id, "lacking", *page_numbers)
        assert isinstance(found, set)
        with self._lock:
            self._lacking[key] = found
            while len(self._lacking) > _MOST_SIZES:
                self._lacking.popitem(last=False)
        return found

    def png(self, document_id: str, page_number: int) -> bytes:
        """Return a page as a PNG.

        Args:
            document_id: The document.
            page_number: From 1.

        Raises:
            NoPicture: The archive does not have the document, it has no such page, or that cannot be drawn.
        """
        key = document_id, page_number
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        drawn = self._ask(document_id, "draw", page_number)
        assert isinstance(drawn, bytes)
        with self._lock:
            if key not in self._kept:
                self._kept[key] = drawn
                self._kept_bytes += len(drawn)
            while self._kept_bytes > MOST_CACHED and len(self._kept) > 1:
                _, oldest = self._kept.popitem(last=False)
                self._kept_bytes -= len(oldest)
        return drawn

    def _ask(self, document_id: str, work: Literal["draw", "sizes", "lacking"], *page_numbers: int) -> _Result:
        try:
            with self._archive.file(document_id) as path:
                done = next(iter(self._workers.map([_Job(str(path), work, page_numbers)], self._stop)))
        except (WarehouseError, ValueError) as error:
            raise NoPicture(str(error), is_missing=True) from None
        except (Interrupted, WorkersUnavailableError) as error:  # the program ends, or its processes do
            raise NoPicture(str(error), is_missing=False) from None
        if done.result is None:
            raise NoPicture(f"{done.fault}: {done.detail}", is_missing=False)
        return done.result


# ---- in the process


def _prepare() -> None:
    import transforms.reading.pdfium.missing_glyphs  # noqa: F401


def _work(job: _Job) -> _Result:
    path = Path(job.path)
    if job.work == "sizes":
        return _all_sizes(path)
    if job.work == "draw":
        return draw(path, *job.page_numbers)
    from transforms.reading.pdfium.missing_glyphs import with_missing_glyphs

    return with_missing_glyphs(path, job.page_numbers)


def _all_sizes(path: Path) -> list[PageSize]:
    import pypdfium2 as pdfium

    with pdfium.PdfDocument(path) as document:
        return [PageSize(*document.get_page_size(number)) for number in range(len(document))]


def draw(path: Path, page_number: int) -> bytes:
    """Draw a page in this process.

    Args:
        path: The PDF.
        page_number: From 1.

    Raises:
        ValueError: It has no such page.
        pypdfium2.PdfiumError: It cannot be opened or drawn.
    """
    import pypdfium2 as pdfium

    with pdfium.PdfDocument(path) as document:
        if not 1 <= page_number <= len(document):
            raise ValueError(f"there is no page {page_number}, only {len(document)}")
        page = document[page_number - 1]
        width, height = page.get_size()
        scale = min(SCALE, sqrt(MOST_PIXELS / max(1.0, width * height)))
        image = page.render(scale=scale).to_pil().convert("RGB")
        out = io.BytesIO()
        image.save(out, format="PNG", compress_level=6)
        return out.getvalue()
