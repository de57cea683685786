"""Scanned pages -> cells: the same rows that a text layer gives, with a certainty for each.

The picture of a page is made straight and clean, its ruling lines give the grid, and each line of each cell goes
through the recogniser alone, so that neighbouring cells can never run into one another. What comes out is a `Page`
like that of the other feeds; everything after it is shared.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl
import pypdfium2 as pdfium

from transforms.reading import cells
from transforms.reading.glance import SELF_EVALUATION
from transforms.reading.grid import Table, find_tables
from transforms.reading.halves import Whole
from transforms.reading.limits import unwatched
from transforms.reading.ocr import orientation
from transforms.reading.ocr.columns import by_column
from transforms.reading.ocr.cut_off import is_cut_off
from transforms.reading.ocr.dots import with_dots_joined
from transforms.reading.ocr.engine import MISSING, Gray, Line, OcrUnavailableError, Recogniser, is_available, recogniser
from transforms.reading.ocr.figures import UNWITNESSED, witnessed
from transforms.reading.ocr.glyphs import is_thick_dash, mark_of, sign_of
from transforms.reading.ocr.lines import find_blots, find_lines, windows_of, without_specks
from transforms.reading.ocr.overrun import within_rules
from transforms.reading.ocr.perspective import flattened
from transforms.reading.ocr.picture import (
    Scan,
    compose,
    is_ink,
    is_perhaps_ink,
    quarter_turn,
    scan_page,
    straighten,
    with_dark_ink,
)
from transforms.reading.ocr.placing import placed
from transforms.reading.ocr.ruling import FAINTEST, PALEST, Rules, find_rules
from transforms.reading.ocr.sheets import seam
from transforms.reading.ocr.slips import CORRECTED, correct, grouped_amount, has_open_bracket, lone, paired_brackets
from transforms.reading.ocr.strips import Strip, compared, make_strips, place_characters, stopped, unread_boxes
from transforms.reading.ocr.widths import full_width, sure_of_marks
from transforms.reading.page import Bools, Floats, Page, map_boxes
from transforms.reading.source import Source
from transforms.reading.turned import to_upright, with_turns
from warehouse import contract

__all__ = ["MISSING", "NAME", "OcrReading", "OcrUnavailableError", "is_available", "ocr_pages"]

NAME: Final = "ocr"

_IN_DOUBT: Final = 0.4
"""Highest certainty of a cell on a page that may lie the wrong way up, or is parted or cut off from what goes on."""

_IDEOGRAPHS: Final = 0.3
"""Share of ideographs in a sample from which a page is taken for Chinese."""

_LONG_ENOUGH: Final = 12.0
"""Width of a line as a multiple of its height from which a longer one tells no more."""

_PERHAPS: Final = 2.0
"""Area of faint ink, in square points, from which an empty cell may hold something after all."""

_PERHAPS_EMPTY: Final = 0.5
_BLOTTED: Final = 0.1
"""Certainty of a cell that something dark covers in part."""

_FEWEST_FAINT: Final = 6
_MOSTLY_FAINT: Final = 0.6
_LABEL_WIDTH: Final = 9.0
_MOST_LABELS: Final = 48
_FEW_LABELS: Final = 3
_TITLE_LINES: Final = 4
_LEGIBLE: Final = 0.75
"""Least certainty of a sample of lines that are surely read."""

_BLURRED: Final = (0.02, 0.4)
"""Share of a picture that is a little darker than paper, least and most, where it may show text that is blurred."""

_FEWEST_LINES: Final = 6
"""Lines of text that a part of a form without ruled tables has at least."""

_FORM_LABELS: Final = (
    *("指标", "分值", "权重", "得分", "目标值", "指标值", "完成值", "完成情况", "偏差", "执行率", "执行数", "预算数"),
    *("项目名称", "主管部门", "实施单位", "年度目标", "总体目标", "产出", "效益", "满意度"),
)
_WIDEST_SIGN: Final = 1.5
_SURE_MARK: Final = 0.9
"""Least certainty of marks that a recogniser wavers about only because there are two widths of them."""

_WITHIN: Final = np.array([1.5, 1.5, -1.5, -1.5])
_SURE: Final = 0.95
_FEW_CELLS: Final = 20
"""Cells of a page below which its rules may be pale or dotted."""

_WHITE: Final = 255
_BOX: Final = ["x0", "top", "x1", "bottom"]


@dataclass(frozen=True, slots=True)
class OcrReading:
    """What recognising pages of one document gave.

    Attributes:
        cells: `contract.Cells` with `confidence` filled: that of the cell's least certain character, 1 for an empty
            cell, 0.5 for an empty cell with faint ink in it.
        pages_failed: Pages that could not be opened or rendered, from 1.
        pages_in_doubt: Pages of which neither labels nor certainty show that they were read the right way up, from 1;
            no cell of theirs has a confidence above 0.4. So are pages whose table goes on beyond their picture, and
            sheets of two pages where a form may go on from one to another; with such a sheet, no cell of the document
            has more.
        pages_seen: Pages without ruled tables, from 1, of which a sample of lines shows that no part of a form stands
            there: they print no text, or prose. Other pages without ruled tables are in none of these: they print
            labels of a form, or what they print could not be recognised.
    """

    cells: pl.DataFrame
    pages_failed: tuple[int, ...] = ()
    pages_in_doubt: tuple[int, ...] = ()
    pages_seen: tuple[int, ...] = ()


def ocr_pages(
    source: Source,
    document_id: str,
    page_numbers: Sequence[int],
    doubted: Sequence[int] = (),
    page_begins: Callable[[], None] = unwatched,
) -> OcrReading:
    """Read pages of a PDF from their pictures.

    A page without ruled tables gives rows only where the page after it, also asked for, has tables: a title may stand
    there alone. Other prose is not recognised for nothing. Boxes lie on the page as displayed; where a page was
    skewed they are the upright boxes around the slanted cells (see `placed`). A page that fails costs that page only.

    Args:
        source: The PDF.
        document_id: Goes into the cells as it is.
        page_numbers: Pages, numbered from 1.
        doubted: More pages; only those are read of which a sample shows ideographs.
        page_begins: See `Limits`.

    Raises:
        OcrUnavailableError: The extra `ocr` is not installed; the message is a reason with the code `needs_ocr`.
        pypdfium2.PdfiumError: The document cannot be opened.

    Source: scans of any form; the columns of `contract.Cells`.
    """
    engine = recogniser()
    frames: list[pl.DataFrame] = []
    failed: list[int] = []
    doubtful: list[int] = []
    seen: list[int] = []
    all_in_doubt = False
    document = pdfium.PdfDocument(source)
    try:
        waiting: Scan | None = None
        for number in sorted({*page_numbers, *doubted}):
            page_begins()
            try:
                scan = straighten(flattened(scan_page(document[number - 1], number)))
                if number in doubted and not _shows_ideographs(scan, engine):
                    continue
                look = _look(scan)
                frame, is_in_doubt, goes_on = _read_look(look, document_id, engine)
                is_seen = not look.tables and _is_without_form(look, engine)
                if is_cut_off(look.rules.horizontal, look.rules.vertical, look.scan.size):
                    frame, is_in_doubt = _doubted(frame), True
            except Exception:  # a page costs itself; engines and libraries for pictures have errors of many kinds
                failed.append(number)
                continue
            if is_in_doubt or goes_on:
                doubtful.append(number)
            all_in_doubt |= goes_on
            if is_seen:
                seen.append(number)
            if frame.height and waiting is not None and waiting.number == number - 1:
                frames.append(_read_prose(waiting, document_id, engine))
            waiting = None if frame.height else scan
            frames.append(frame)
    finally:
        document.close()
    every = pl.concat([contract.empty(contract.Cells), *frames])
    return OcrReading(_doubted(every) if all_in_doubt else every, tuple(failed), tuple(doubtful), tuple(seen))


@dataclass(frozen=True, slots=True)
class _Look:
    """What is seen of a picture before anything is recognised.

    Attributes:
        scan: The picture, as it is looked at.
        rules: Its ruling lines.
        tables: The tables that they draw.
        gray: The picture without the rules.
        ink: Pixels of text.
        is_pieced: Whether its rules are pale or dotted: some may be missing, and cells run together.
    """

    scan: Scan
    rules: Rules
    tables: list[Table]
    gray: Gray
    ink: Bools
    is_pieced: bool


@dataclass(frozen=True, slots=True)
class _Text:
    """The lines of a picture, cut out and recognised; `size` is the usual height of a line, in pixels."""

    strips: list[Strip]
    lines: list[Line]
    size: float


def _look(scan: Scan) -> _Look:
    rules, tables, is_pieced = _ruled(scan)
    gray = np.where(rules.ink, np.uint8(_WHITE), scan.gray)
    gray = with_dark_ink(gray) if tables else gray
    return _Look(scan, rules, tables, gray, without_specks(is_ink(gray), scan.scale), is_pieced)


def _ruled(scan: Scan) -> tuple[Rules, list[Table], bool]:
    """Find the rules of a picture and their tables; where they make few cells, look for pale and dotted ones too.

    Also whether the rules are pale or dotted.
    """
    best = plain = _tables(scan.gray, scan.scale, FAINTEST)
    if _cell_count(best[1]) < _FEW_CELLS:
        pale = _tables(scan.gray, scan.scale, PALEST)
        best = max(best, pale, key=lambda found: _cell_count(found[1]))
    if _cell_count(best[1]) < _FEW_CELLS and (joined := with_dots_joined(scan.gray, scan.scale)) is not scan.gray:
        dotted = _tables(joined, scan.scale, FAINTEST)
        best = max(best, dotted, key=lambda found: _cell_count(found[1]))
    return *best, best is not plain


def _tables(gray: Gray, scale: float, faintest: int) -> tuple[Rules, list[Table]]:
    rules = find_rules(gray, scale, faintest)
    return rules, find_tables(rules.horizontal, rules.vertical)


def _cell_count(tables: Sequence[Table]) -> int:
    return sum(len(table.cells) for table in tables)


def _read_look(look: _Look, document_id: str, engine: Recogniser) -> tuple[pl.DataFrame, bool, bool]:
    """Read one picture that has tables, turned the right way up; also whether that stays in doubt, and see `_frame`."""
    scan = look.scan
    if not look.tables:
        return contract.empty(contract.Cells), False, False
    direction = orientation.writing(look.ink, scan.scale)
    turns = {1: (0, 2), -1: (1, 3), 0: (0, 1, 3, 2)}[direction]
    text = None
    if direction > 0:
        text = _text(look, engine)
        if orientation.is_right(text.lines):
            frame, goes_on = _frame(look, text, document_id)
            return frame, False, goes_on
    looks = [look if turn == 0 else _look(quarter_turn(scan, turn)) for turn in turns]
    samples = [_sample(each, engine) for each in looks]
    best = 0
    for i in range(1, len(looks)):
        best = i if orientation.is_better(samples[i], samples[best]) else best
    if text is None or best:
        look, text = looks[best], _text(looks[best], engine)
    is_in_doubt = not orientation.is_right(text.lines)
    frame, goes_on = _frame(look, text, document_id)
    if _is_faint(frame):
        return contract.empty(contract.Cells), False, False
    return _doubted(frame) if is_in_doubt else frame, is_in_doubt, goes_on


def _is_faint(frame: pl.DataFrame) -> bool:
    """Whether most cells of a page seem to hold something of which nothing could be recognised."""
    inside = frame.filter(pl.col("table_number").is_not_null())
    unseen = inside.filter(pl.col("text") == "", pl.col("confidence") <= _PERHAPS_EMPTY)
    return unseen.height >= _FEWEST_FAINT and unseen.height > _MOSTLY_FAINT * inside.height


def _doubted(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("confidence").clip(upper_bound=_IN_DOUBT))


def _is_without_form(look: _Look, engine: Recogniser) -> bool:
    """Whether a picture without ruled tables surely holds no part of a form: it shows no text, or prose.

    The labels of a table without lines stand in short pieces of text, of which some are recognised; a title is in
    large print. A page that names a self-evaluation, or whose text is not surely read, may hold anything. Much faint
    ink without lines of text may be a page that is blurred; what covers most of a page is a photo.
    """
    strips = _strips(look)[0]
    if len(strips) < _FEWEST_LINES:
        low, high = _BLURRED
        return not low <= float(is_perhaps_ink(look.gray).mean()) <= high
    if orientation.writing(look.ink, look.scan.scale) < 0:
        return False
    sample = _sample(look, engine)
    largest = sorted(strips, key=lambda strip: strip.image.shape[0])[-_TITLE_LINES:]
    named = [*sample, *engine.read([strip.image for strip in largest])]
    if orientation.certainty(sample) < _LEGIBLE or any(word in line.text for line in named for word in SELF_EVALUATION):
        return False
    short = [strip.image for strip in strips if strip.image.shape[1] <= _LABEL_WIDTH * strip.image.shape[0]]
    text = "\n".join(line.text for line in engine.read(short[:_MOST_LABELS]))
    return sum(label in text for label in _FORM_LABELS) < _FEW_LABELS


def _shows_ideographs(scan: Scan, engine: Recogniser) -> bool:
    text = "".join(line.text for line in _sample(_look(scan), engine))
    return sum("\u3400" <= char < "\ua000" for char in text) > _IDEOGRAPHS * len(text)


def _sample(look: _Look, engine: Recogniser) -> list[Line]:
    """Recognise some of a picture's longest lines."""
    strips = _strips(look)[0]
    longest = sorted(strips, key=lambda strip: min(strip.image.shape[1] / strip.image.shape[0], _LONG_ENOUGH))
    return engine.read([strip.image for strip in longest[-orientation.SAMPLE :]])


def _strips(look: _Look) -> tuple[list[Strip], float]:
    lines = find_lines(look.ink, _boxes(look), look.scan.scale)
    return make_strips(look.gray, lines), lines.size


def _boxes(look: _Look) -> Floats:
    return np.concatenate([np.empty((0, 4)), *[table.boxes for table in look.tables]])


def _text(look: _Look, engine: Recogniser) -> _Text:
    strips, size = _strips(look)
    lines = full_width(_recognise(strips, look.ink, size, engine), strips, look.ink, size)
    return _Text(strips, lines, size)


def _read_prose(scan: Scan, document_id: str, engine: Recogniser) -> pl.DataFrame:
    """Read a picture without tables as it lies."""
    look = _look(scan)
    return _frame(look, _text(look, engine), document_id)[0]


def _frame(look: _Look, recognised: _Text, document_id: str) -> tuple[pl.DataFrame, bool]:
    """Build the cells of a picture from its recognised lines; of two pages on one sheet the left one comes first.

    Also whether a form may go on from one of two such pages to another: its columns stand elsewhere there.
    """
    strips, size = recognised.strips, recognised.size
    lines = witnessed([sure_of_marks(line) for line in recognised.lines], strips, look.gray, look.ink, size)
    lines = within_rules(lines, strips, windows_of(_boxes(look), look.scan.scale, look.ink.shape), size)
    between = seam(look.ink, look.rules.horizontal, look.scan.scale)
    sides = np.array(
        [between is not None and s.boxes[0, [0, 2]].mean() > between * look.scan.scale for s in recognised.strips]
    )
    frames = []
    for side in (False, True) if between is not None else (False,):
        chosen = np.flatnonzero(sides == side).tolist()
        tables = [t for t in look.tables if between is None or (float(t.x[0] + t.x[-1]) / 2 > between) == side]
        part = _Text([recognised.strips[i] for i in chosen], [lines[i] for i in chosen], recognised.size)
        frames.append(_half(look, part, tables, document_id))
    first = frames[0]
    goes_on = len(frames) > 1 and any(_continues(frame) for frame in frames)
    if len(frames) > 1:
        after = pl.lit(first["table_number"].drop_nulls().max() or 0).cast(first.schema["table_number"])
        frames[1] = frames[1].with_columns(pl.col("table_number") + after, pl.col("cell_number") + first.height)
    return pl.concat(frames), goes_on


def _continues(frame: pl.DataFrame) -> bool:
    """Whether the cells of a page hold a table, but nothing that names a self-evaluation."""
    shown = "".join(frame["text"].str.replace_all(r"\s", ""))
    return bool(frame["table_number"].is_not_null().any()) and not any(word in shown for word in SELF_EVALUATION)


def _half(look: _Look, recognised: _Text, tables: list[Table], document_id: str) -> pl.DataFrame:
    """Build the cells of one page."""
    scan = look.scan
    text, boxes, certainty = place_characters(recognised.strips, recognised.lines, recognised.size)
    width, height = scan.size
    page = Page(
        number=scan.number,
        width=width,
        height=height,
        char_text=np.array(list(text), dtype="<U1"),
        char_box=boxes / scan.scale,
        char_angle=np.zeros(len(text), dtype=np.int64),
        horizontal=look.rules.horizontal,
        vertical=look.rules.vertical,
        image_share=1.0,
    )
    frame = cells.to_frame(document_id, [cells.place_characters(Whole(page, tables))])
    blots = find_blots(look.ink, recognised.size) / scan.scale
    unread = unread_boxes(recognised.strips, recognised.lines, recognised.size) / scan.scale
    confidence = _confidence(frame, page.char_box, certainty, is_perhaps_ink(look.gray), blots, scan.scale)
    confidence = np.where(_holds(frame, unread), np.minimum(confidence, UNWITNESSED), confidence)
    if look.is_pieced:
        confidence = np.where(frame["text"] == "", confidence, np.minimum(confidence, UNWITNESSED))
    return _on_page(frame, confidence, scan)


def _recognise(strips: Sequence[Strip], ink: Bools, size: float, engine: Recogniser) -> list[Line]:
    """Recognise the strips; a cell's only line that is a dash or slash by its shape needs no recogniser."""
    per_cell = np.bincount([strip.cell + 1 for strip in strips] or [0])
    alone = [s.cell >= 0 and per_cell[s.cell + 1] == 1 and len(s.boxes) == 1 for s in strips]
    marks = [_mark(strip, ink, size) if single else None for strip, single in zip(strips, alone, strict=True)]
    recognised = iter(engine.read([s.image for s, mark in zip(strips, marks, strict=True) if mark is None]))
    lines = []
    for strip, mark, single in zip(strips, marks, alone, strict=True):
        line = mark or stopped(compared(correct(next(recognised)), ink, strip), ink, strip, size)
        lines.append(_signed(lone(line), strip, ink, size) if single else line)
    return lines


def _signed(line: Line, strip: Strip, ink: Bools, size: float) -> Line:
    """Read a cell's only line as a comparison sign, or as a bar, where it is unsure, short and of that shape."""
    x0, y0, x1, y1 = strip.boxes[0].tolist()
    if not line.text or line.least >= _SURE_MARK or x1 - x0 > _WIDEST_SIGN * size:
        return line
    own = ink[y0:y1, x0:x1]
    if is_thick_dash(own, size):
        return _surely("—", UNWITNESSED)
    sign = sign_of(own)
    return line if sign is None else _surely(sign, _SURE_MARK)


def _mark(strip: Strip, ink: Bools, size: float) -> Line | None:
    x0, y0, x1, y1 = strip.boxes[0].tolist()
    mark = mark_of(ink[y0:y1, x0:x1], size)
    return None if mark is None else _surely(mark, _SURE)


def _surely(mark: str, certainty: float) -> Line:
    ends = np.arange(1, len(mark) + 1) / len(mark)
    return Line(mark, ends - 1 / len(mark), ends, np.full(len(mark), certainty))


def _confidence(
    frame: pl.DataFrame, boxes: Floats, certainty: Floats, perhaps: Bools, blots: Floats, scale: float
) -> Floats:
    """Certainty of each cell: of its least certain character, or that it is empty; next to none below a blot."""
    left, top, right, bottom = frame.select("x0", "text_top", "x1", "text_bottom").to_numpy().T[:, :, None]
    x, y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
    within = (left <= x) & (x <= right) & (top <= y) & (y <= bottom)
    confidence = np.where(within, certainty[None, :], 1.0).min(axis=1, initial=1.0)
    empty = (frame["text"] == "").to_numpy()
    inner = np.rint((frame.select(_BOX).to_numpy() + _WITHIN) * scale).astype(np.int64).clip(0)
    for number in np.flatnonzero(empty).tolist():
        x0, y0, x1, y1 = inner[number].tolist()
        if perhaps[y0:y1, x0:x1].sum() >= _PERHAPS * scale * scale:
            confidence[number] = _PERHAPS_EMPTY
    confidence[_holds(frame, blots)] = _BLOTTED
    return np.asarray(confidence, dtype=np.float64)


def _holds(frame: pl.DataFrame, boxes: Floats) -> Bools:
    """(n,) whether a cell of a table holds a part of any of some boxes."""
    x0, top, x1, bottom = (frame.select(_BOX).to_numpy() + _WITHIN).T[:, :, None]
    is_shared = (boxes[:, 0] < x1) & (x0 < boxes[:, 2]) & (boxes[:, 1] < bottom) & (top < boxes[:, 3])
    return np.asarray(is_shared.any(axis=1) & frame["table_number"].is_not_null().to_numpy(), dtype=np.bool_)


def _on_page(frame: pl.DataFrame, confidence: Floats, scan: Scan) -> pl.DataFrame:
    """Add the certainty of each cell, and move the cells to their places on the page, upright but as it was skewed.

    The height of the text is taken in the middle of the cell: around slanted text it would be that of several lines.
    """
    turn = 90 * (-scan.turns % 4)
    width, height = (scan.height, scan.width) if turn % 180 else (scan.width, scan.height)
    to_page = compose(to_upright(turn, scan.width, scan.height), scan.to_page)
    limits = np.array([width, height, width, height])
    box = placed(frame.select(_BOX).to_numpy(), scan.size, to_page)
    box = np.clip(box, 0.0, limits)
    middle = frame.select(x0=(pl.col("x0") + pl.col("x1")) / 2, top="text_top", bottom="text_bottom")
    ink = map_boxes(middle.select("x0", "top", pl.col("x0").alias("x1"), "bottom").to_numpy(), to_page)
    ink = np.clip(ink, 0.0, limits)
    moved = frame.with_columns(
        paired_brackets(pl.col("text")),
        *[pl.Series(name, box[:, i]) for i, name in enumerate(_BOX)],
        pl.Series("text_top", ink[:, 1], nan_to_null=True),
        pl.Series("text_bottom", ink[:, 3], nan_to_null=True),
        pl.lit(width).alias("page_width"),
        pl.lit(height).alias("page_height"),
        pl.Series("confidence", confidence),
    )
    amount = grouped_amount(pl.col("text"))
    moved = moved.with_columns(
        text=pl.coalesce(amount, "text"),
        confidence=pl.when(amount.is_not_null())
        .then(pl.col("confidence").clip(upper_bound=CORRECTED))
        .otherwise("confidence"),
    )
    is_open = pl.col("table_number").is_not_null() & has_open_bracket(pl.col("text"))
    unsure = pl.col("confidence").clip(upper_bound=UNWITNESSED)
    moved = moved.with_columns(confidence=pl.when(is_open).then(unsure).otherwise("confidence"))
    return with_turns(by_column(moved), {scan.number: turn} if turn else {})
