"""Pages read from their pictures, put in place of what their text gave."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
import polars as pl

from transforms.reading import page_marks
from transforms.reading.glance import lacks_ideographs
from transforms.reading.limits import Limits, scans_refused
from transforms.reading.result import Reading, listed
from transforms.reading.source import Source

_MANY_PICTURES: Final = 20


def recognised(reading: Reading, source: Source, limits: Limits) -> Reading:
    """Recognise the pages that have no text to copy, and those whose text cannot be what they print.

    Of many such pages a small picture is looked at first: only those that may show a table are recognised. Where none
    does, the first ones are, for a glance alone must not say that a document has no form. Of pages that print a picture
    beside their text only those with ruled tables are recognised.

    Args:
        reading: What their text gave.
        source: The PDF.
        limits: How many pages may be recognised.

    Returns:
        The reading with the cells of recognised pages in place of their text; with a reason where pages should be
        recognised, but cannot.
    """
    if not reading.has_pages_to_recognise:
        return reading

    from transforms.reading.ocr import pages as ocr
    from transforms.reading.ocr.thumbnails import with_tables

    in_cells = {*reading.cells["page_number"].unique()}
    wanted = sorted({*reading.pages_without_text} - in_cells | {*reading.pages_unreadable})
    doubted = sorted({*reading.pages_outlandish} - {*wanted})
    pictured = sorted({*reading.pages_pictured} - {*wanted, *doubted} - in_cells)
    if not wanted and not ((doubted or pictured) and ocr.is_available()):
        return reading
    if not ocr.is_available():
        missing = reading.reason or (ocr.MISSING if reading.cells.is_empty() else None)
        return replace(reading, reason=missing)
    try:
        chosen = wanted
        if len(wanted) > _MANY_PICTURES:
            chosen = with_tables(source, wanted, limits.page_begins) or wanted[:_MANY_PICTURES]
        if pictured:
            chosen = sorted({*chosen, *with_tables(source, pictured, limits.page_begins, ruled_only=True)})
        if refusal := scans_refused(len(chosen) + len(doubted), limits):
            return replace(reading, reason=reading.reason or refusal)
        found = ocr.ocr_pages(source, reading.document_id, chosen, doubted, limits.page_begins)
    except Exception as error:  # the document opens with another engine only; each has its own errors
        failed = tuple(sorted({*reading.pages_failed, *wanted}))
        name = type(error).__name__
        damaged = f"damaged: no picture of {listed({*wanted})} can be made ({name}: {error}); fetch it again"
        return replace(reading, pages_failed=failed, reason=reading.reason or damaged)
    passed_over = {*wanted} - {*chosen}
    seen = passed_over | ({*found.pages_seen} - {*pictured})
    garbled = {number for number in reading.pages_unreadable if _is_garbled(found.cells.filter(page_number=number))}
    found = replace(found, cells=found.cells.filter(~pl.col("page_number").is_in(garbled)))
    marks = page_marks.recognised(reading.page_marks, found.cells["page_number"].unique().to_list(), seen - garbled)
    failed = tuple(sorted({*reading.pages_failed, *found.pages_failed, *garbled}))
    if found.cells.is_empty():
        return replace(reading, pages_failed=failed, page_marks=marks)
    kept = reading.cells.join(found.cells, on="page_number", how="anti", maintain_order="left")
    kept = kept.filter(~pl.col("page_number").is_in(wanted))
    return replace(
        reading,
        page_marks=marks,
        cells=pl.concat([kept, found.cells]).sort("page_number", "cell_number"),
        reader=ocr.NAME,
        reason=None,
        pages_failed=failed,
        pages_in_doubt=found.pages_in_doubt,
    )


def _is_garbled(cells: pl.DataFrame) -> bool:
    """Whether a page whose text cannot be what it prints shows no ideographs in its picture either."""
    return lacks_ideographs(np.frombuffer("".join(cells["text"]).encode("utf-32-le"), dtype=np.uint32))
