"""PDF -> cells: every ruled cell and every line of text of a document's form pages, with its place and spans."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Set
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import pdfplumber
import pypdfium2.raw as pdfium

from transforms.reading import glance, page_marks, second_look
from transforms.reading.cells import PlacedPage, place_characters, to_frame
from transforms.reading.feeds import FEEDS, SourceDocument, SourcePage
from transforms.reading.grid import Table, find_tables
from transforms.reading.halves import Whole, join_halves
from transforms.reading.layers import layers_off
from transforms.reading.limits import DEFAULT, LimitMet, Limits, require
from transforms.reading.lost_content import with_lost_content
from transforms.reading.page import Page
from transforms.reading.page_marks import PageMark
from transforms.reading.pdfium.beside import looked_at_beside
from transforms.reading.pdfium.empty_glyphs import with_empty_glyphs
from transforms.reading.pdfium.feed import NAME as PDFIUM
from transforms.reading.pdfium.lost_fonts import with_lost_fonts
from transforms.reading.pdfium.stand_in import stand_in
from transforms.reading.recognition import recognised
from transforms.reading.result import Reading as Reading
from transforms.reading.result import listed
from transforms.reading.source import (
    Content,
    Source,
    as_shown,
    has_layer_rules,
    may_be_encrypted,
    may_have_layers,
    may_hide_text,
    opened,
    other_kind,
)
from transforms.reading.streams import scan
from transforms.reading.turned import upright, with_turns
from transforms.reading.unicode_maps import doubted
from transforms.reading.witness import Doubt, is_sampled, second_witness, with_witness
from warehouse import contract

READER_VERSION: Final = "1.14.0"
"""Goes up whenever a document could give other cells than before."""

_HEADER_BYTES: Final = 1024
_ARCHIVE: Final = b"PK\x03\x04"
_SCAN_SHARE: Final = 0.5
_TABLE_SHARE: Final = 0.12
"""Share of a page from which a picture may be a table."""

_STACKED_SHARE: Final = 0.1
_MOST_SUSPECTS: Final = 5
_DAMAGED_FONT: Final = "a font that it prints with is damaged"
_LONGEST_TAIL: Final = 4
"""Pages with tables, but without a form word, that still belong to the form before or after them."""


def read_document(
    path: Path, document_id: str, *, feed: str = "pdfium", limits: Limits = DEFAULT, witness_pct: int = 100
) -> Reading:
    """Read the tables and the text lines of a PDF's form pages.

    A page is read when its text names a form (`glance.FORM_WORDS`) and its ruling lines draw a table, or when it
    stands next to such a page. A page that fails does not keep the others from being read.
    Where PDFium's result looks wrong (pages
    without a usable Unicode map, text objects without text, characters on top of one another, pages that fail) and
    pdfplumber sees more, the document is read with pdfplumber; so is one with layers that are switched off. Values of
    form fields and annotations are read where they are shown. Pages without text that can be copied are recognised
    from their pictures, where the OCR extra is installed.

    Args:
        path: The file. Owner passwords do not matter; a document that needs a password is not read.
        document_id: Goes into the cells as it is.
        feed: pdfium or pdfplumber.
        limits: How much the document and each of its pages may hold.
        witness_pct: Of so many documents in a hundred, chosen by their id, figures are compared with the picture of the
            page; pages where something is printed that no one sees are always compared.

    Returns:
        A reading; with `reason` and no cells where the document cannot be read. No error is raised for bad files.

    Raises:
        ValueError: There is no such feed.
    """
    if feed not in FEEDS:
        raise ValueError(f"feed is {feed!r}; expected one of {', '.join(FEEDS)}")
    if reason := _file_fault(path):
        return _unread(document_id, feed, reason)
    with ExitStack() as held:
        content = held.enter_context(opened(path))
        source = as_shown(path, content, limits.page_begins)
        if feed == "pdfium" and _has_layers_off(path, content):
            feed = "pdfplumber"
        if source is not path:
            content = held.enter_context(opened(source))
        with _collector_at_rest():
            reading, suspects = _read_with(feed, source, content, document_id, limits, witness_pct=witness_pct)
        if feed == "pdfium" and (suspects or (reading.reason or "").startswith("damaged")):
            sample = suspects[:_MOST_SUSPECTS]
            other, still = _read_with("pdfplumber", source, content, document_id, limits, sample)
            is_whole = (other.page_count or 0) >= (reading.page_count or 0)  # it may pass over pages that are gone
            if is_whole and other.cells.height and len(still) < max(len(sample), 1):
                reading = _read_with("pdfplumber", source, content, document_id, limits, witness_pct=100)[0]
    reading = _with_failed_pages(recognised(reading, source, limits))
    is_silent = reading.reason is None and reading.cells.is_empty()
    return replace(reading, reason=other_kind(path)) if is_silent else reading


def _has_layers_off(path: Path, content: Content) -> bool:
    """Whether a document has layers that no viewer shows, or may have: PDFium tells their text like any other."""
    if not may_have_layers(content):
        return False
    try:
        with path.open("rb") as file, pdfplumber.open(file) as document:
            return bool(layers_off(document.doc.catalog)) or has_layer_rules(content)
    except Exception:  # a document that only one engine opens; each has its own errors, and bad files find new ones
        return False


def _with_failed_pages(reading: Reading) -> Reading:
    """Give a reading a reason where some of its pages could not be read, and the others hold no part of a form."""
    if reading.reason or not reading.pages_failed or reading.cells.height:
        return reading
    shown = listed({*reading.pages_failed})
    return replace(reading, reason=f"page_failed: {shown} cannot be read; what stands there is not known")


@contextmanager
def _collector_at_rest() -> Iterator[None]:
    """Keep Python's cycle collector from looking through the many short-lived objects of a page: none is in a cycle."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _file_fault(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            head = file.read(_HEADER_BYTES)
    except OSError as error:
        return f"missing_file: the file cannot be opened ({error.strerror or error}); check that it is there"
    if not head:
        return "empty_file: the file has 0 bytes; fetch it again"
    if head.startswith(_ARCHIVE):  # its first member may be a PDF that stands there as it is
        return "not_a_pdf: the file is an archive, whatever its name says; give it a name that ends in .zip"
    if b"%PDF-" not in head:
        return "not_a_pdf: the file does not begin with %PDF-; it may be a web page or another kind of file"
    return None


def _unread(document_id: str, feed: str, reason: str) -> Reading:
    return Reading(document_id, None, contract.empty(contract.Cells), feed, READER_VERSION, reason)


@dataclass(slots=True)
class _Progress:
    """What is known of the pages so far."""

    source: Source
    page_begins: Callable[[], None]
    pages: dict[int, tuple[Page, list[Table]]] = field(default_factory=dict)
    turns: dict[int, int] = field(default_factory=dict)
    without_text: set[int] = field(default_factory=set)
    pictured: set[int] = field(default_factory=set)
    """Pages with text of their own beside a picture that may show a table."""
    unreadable: set[int] = field(default_factory=set)
    failed: dict[int, str] = field(default_factory=dict)
    bare: set[int] = field(default_factory=set)
    doubted: set[int] = field(default_factory=set)
    suspects: list[int] = field(default_factory=list)
    looked: dict[int, tuple[int, bool]] = field(default_factory=dict)
    """Characters that each page shows, and whether it says 自评."""
    looks_at_shapes: bool = False
    """The fonts do not say themselves what all their glyphs are."""
    other_figures: Set[int] = frozenset()
    limit_met: LimitMet | None = None
    drawing: LimitMet | None = None
    """Why no table was looked for on a page that says 自评; it matters where the document has no other form."""
    tail: int = _LONGEST_TAIL
    form_pages: int = 0

    def lose(self, number: int, why: str) -> None:
        """Take a page for one that could not be read, whatever was read of it."""
        self.failed[number] = f"page {number}: {why}"
        self.pages.pop(number, None)
        self.unreadable.discard(number)

    @property
    def known(self) -> set[int]:
        """Pages that need no second look."""
        return self.pages.keys() | self.failed.keys() | self.unreadable


def _read_with(
    feed: str,
    source: Source,
    content: Content,
    document_id: str,
    limits: Limits,
    only: list[int] | None = None,
    witness_pct: int = 0,
) -> tuple[Reading, list[int]]:
    """Read a document with one feed, `only` some of its pages; also gives the pages whose result looks wrong."""
    try:
        document = FEEDS[feed](source, limits)
    except Exception as error:  # each engine has its own errors, and bad files find new ones
        return _unread(document_id, feed, _open_fault(error, source)), []
    progress, stood_in = _Progress(source, limits.page_begins), stand_in().count
    try:
        require("too_many_pages", "the document says that it has {} pages", document.page_count, limits.pages)
        streams = scan(content)
        in_doubt = doubted(streams.maps, streams.programs, streams.damaged_maps, streams.coded_maps)
        progress.looks_at_shapes = in_doubt.has_unconfirmed_figures
        for number in only or range(1, document.page_count + 1):
            _visit(document, number, progress)
        page_count, modified_at = document.page_count, document.modified_at
    except LimitMet as limit:
        return _unread(document_id, feed, str(limit)), []
    finally:
        document.close()
    limits.page_begins()
    for number in with_lost_content(source, progress.bare, progress.looked, streams.is_damaged):
        progress.lose(number, "its content cannot be decoded")
    if feed != PDFIUM or stand_in().count > stood_in:
        for number in with_lost_fonts(source, progress.pages.keys() | progress.unreadable):
            progress.lose(number, _DAMAGED_FONT)
    if feed != PDFIUM:
        for number in with_empty_glyphs(source, progress.pages.keys() | progress.unreadable):
            progress.lose(number, _DAMAGED_FONT)
        looked_at = looked_at_beside(source, progress.pages, progress.turns, limits, shapes=progress.looks_at_shapes)
        progress.pages, progress.other_figures = looked_at
    pages = [_placed(whole, limits) for whole in join_halves(progress.pages)]
    shown = {number: count for number, (count, _) in progress.looked.items() if number not in progress.turns}
    is_chosen = is_sampled(document_id, witness_pct)
    in_doubt = replace(in_doubt, denied=in_doubt.denied | progress.other_figures)
    seen: list[Doubt] = []
    if not only:
        thorough = may_hide_text(content)
        seen = second_witness(source, pages, shown, is_chosen, in_doubt, thorough, limits.page_begins)
    why = None
    if progress.limit_met:
        why = str(progress.limit_met)
    elif progress.drawing and not progress.form_pages:
        why = str(progress.drawing)
    elif page_count == 0:
        why = "damaged: the document has no pages"
    elif len(progress.failed) == page_count:
        why = f"damaged: no page can be read ({next(iter(progress.failed.values()))})"
    elif progress.unreadable and not progress.form_pages:
        why = f"unreadable_font: the fonts of {listed(progress.unreadable)} carry no usable Unicode map; use OCR"
    reading = Reading(
        document_id=document_id,
        page_count=page_count,
        cells=with_turns(with_witness(to_frame(document_id, pages), seen), progress.turns),
        reader=feed,
        reader_version=READER_VERSION,
        reason=why,
        pages_without_text=tuple(sorted(progress.without_text)),
        pages_unreadable=tuple(sorted(progress.unreadable)),
        pages_failed=tuple(sorted(progress.failed)),
        pages_outlandish=tuple(sorted(progress.doubted)),
        pages_pictured=tuple(sorted(progress.pictured)),
        modified_at=modified_at,
        page_marks=page_marks.write(_marks(progress, page_count)),
    )
    return reading, progress.suspects


def _placed(whole: Whole, limits: Limits) -> PlacedPage:
    limits.page_begins()
    return place_characters(whole)


def _marks(progress: _Progress, page_count: int) -> Iterator[PageMark]:
    """Say of each page what became of it, and how many of its characters were read or set aside."""
    for number in range(1, page_count + 1):
        shown, says = progress.looked.get(number, (0, False))
        if number in progress.pages:
            read = glance.written_count(progress.pages[number][0].codes)
            yield PageMark("read", read, max(0, shown - read), says)
        elif number in progress.failed:
            yield PageMark("failed", 0, 0, says)
        elif number in progress.unreadable:
            yield PageMark("unreadable", shown, 0, says)
        elif number in progress.without_text:
            yield PageMark("picture", shown, 0, says)
        else:
            yield PageMark("outside" if shown else "blank", shown, 0, says)


def _visit(document: SourceDocument, number: int, progress: _Progress) -> None:
    """Look at a page and read it where it may belong to a form; then the pages before it that do."""
    begins = _guarded(document, number, progress, lambda page: _look(page, number, progress))
    back = number - 1
    while begins and back >= max(1, number - _LONGEST_TAIL) and back not in progress.known:
        begins = _guarded(document, back, progress, partial(_read_back, number=back, progress=progress))
        back -= 1


def _guarded(document: SourceDocument, number: int, progress: _Progress, use: Callable[[SourcePage], bool]) -> bool:
    """Use a page; one that fails is written down and must not lose the others."""
    progress.page_begins()
    try:
        with document.open_page(number) as page:
            return use(page)
    except Exception as error:  # each engine has its own errors, and bad files find new ones
        progress.failed[number] = f"page {number}: {type(error).__name__}: {error}"
        if isinstance(error, LimitMet):
            progress.limit_met = progress.limit_met or error
        else:
            progress.suspects.append(number)
        return False


def _look(page: SourcePage, number: int, progress: _Progress) -> bool:
    """Read a page where its words or its neighbour ask for it; true where a form may have begun before it."""
    codes = page.codes
    if not len(codes) and page.is_bare():
        progress.bare.add(number)
    count = glance.written_count(codes)
    names_form = glance.may_hold_form(codes)
    progress.looked[number] = count, names_form and glance.says_self_evaluation(codes)
    few = count < glance.FEW_CHARACTERS
    share = page.image_share()
    is_pictured = share > (_TABLE_SHARE if names_form else _SCAN_SHARE)
    if not few and is_pictured and not second_look.is_grid(page.tables):
        read = page.read()
        if read.has_hidden_text or glance.written_count(read.codes) < glance.FEW_CHARACTERS:
            progress.without_text.add(number)
            progress.tail = _LONGEST_TAIL
            return False
        progress.pictured.add(number)
    elif not is_pictured and share > _TABLE_SHARE:
        progress.pictured.add(number)
    if few and (is_pictured or page.outline_segments() > glance.OUTLINE_SEGMENTS):
        progress.without_text.add(number)
    elif few and page.has_mute_text():
        progress.suspects.append(number)
    follows = progress.tail < _LONGEST_TAIL
    if not names_form and (glance.is_unreadable(codes) or page.has_map_errors()):
        progress.suspects.append(number)
        progress.unreadable.add(number)
        return False
    is_doubtful = not names_form and (glance.is_outlandish(codes) or glance.is_shuffled(codes))
    if is_doubtful and second_look.is_grid(page.tables):
        progress.doubted.add(number)
    if names_form and second_look.is_wanted(page.tables, codes) and _look_again(page, number, progress):
        progress.tail = 0
        progress.form_pages += 1
        return True
    has_tables = (names_form or follows) and bool(page.tables)
    if progress.looked[number][1] and not has_tables and (drawing := _drawing(page)):
        progress.drawing = progress.drawing or drawing
        progress.without_text.discard(number)  # its picture has as many lines
    if has_tables or follows:
        _keep(page, number, progress)
    begins = names_form and has_tables
    progress.tail = 0 if begins else progress.tail + 1 if has_tables else _LONGEST_TAIL
    progress.form_pages += begins and number in progress.pages
    return begins


def _drawing(page: SourcePage) -> LimitMet | None:
    """Return why no table was looked for on a page that says 自评: it draws too many lines; null where it was."""
    try:
        page.require_table()
    except LimitMet as met:
        return met
    return None


def _look_again(page: SourcePage, number: int, progress: _Progress) -> bool:
    """Read a page that prints the head of a table but no ruling lines around it; true where it shows a table."""
    read = page.read()
    unreadable = read.has_empty_glyphs or glance.is_unreadable(read.codes)
    lines = None if unreadable else second_look.find_again(read, page.boxes(), page.bars(), progress.source)
    if lines is None:
        return False
    read = replace(read, horizontal=lines[0], vertical=lines[1])
    progress.pages[number] = (read, find_tables(*lines))
    return True


def _read_back(page: SourcePage, number: int, progress: _Progress) -> bool:
    """Read a page before a form page: its table, or only its title, may begin there; true where it has tables."""
    _keep(page, number, progress)
    return bool(page.tables)


def _keep(page: SourcePage, number: int, progress: _Progress) -> None:
    read = page.read()
    if read.has_empty_glyphs:
        progress.lose(number, _DAMAGED_FONT)
        return
    if glance.is_unreadable(read.codes):
        progress.suspects.append(number)
        progress.unreadable.add(number)
        return
    if read.has_hidden_text:
        progress.without_text.add(number)
        return
    if _is_stacked(read):
        progress.suspects.append(number)
    if progress.looks_at_shapes:
        progress.other_figures |= page.other_figures()
    read, turn = upright(read)
    if not turn:
        progress.pages[number] = (read, page.tables)
        return
    progress.pages[number] = (read, find_tables(read.horizontal, read.vertical))
    progress.turns[number] = turn


def _is_stacked(page: Page) -> bool:
    """Whether many characters stand on top of the one before: their places are not known."""
    codes = page.codes
    x, y = page.char_box[:, 0], page.char_box[:, 1]
    heaped = (np.abs(x[1:] - x[:-1]) < 0.1) & (np.abs(y[1:] - y[:-1]) < 0.1) & (codes[1:] != codes[:-1])
    return int(np.count_nonzero(heaped)) > _STACKED_SHARE * len(codes)


def _open_fault(error: Exception, source: Source) -> str:
    """Why a document did not open, as a reason. PDFium may give the error of a document that it opened before."""
    code = getattr(error, "err_code", None)
    name = type(error.args[0]).__name__ if error.args and isinstance(error.args[0], Exception) else type(error).__name__
    needs_password = code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY) and may_be_encrypted(source)
    if needs_password or "Password" in name or "Encryption" in name:
        return "encrypted: the document needs a password; ask its publisher for an open one"
    return f"damaged: the document cannot be opened ({name}: {error}); fetch it again"
