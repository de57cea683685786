"""The tables between the stages, which are kept in the ledger or handed on, and never published."""

from __future__ import annotations

from typing import Final

import dataframely as dy

from warehouse.contract.columns import DOCUMENT_ID, PAGE, coordinate, count, text, yes_no
from warehouse.contract.remarks import CUT, DIGITS, MORE, STRUCK, UNSEEN

FIGURE_DOUBTS: Final = (UNSEEN.en, DIGITS.en, MORE.en, STRUCK.en, CUT.en)
"""What `Cells.witness` says of figures; all else is said of other characters."""


class Cells(dy.Schema):
    """One row for each cell of a ruled table, on each page, and for each text line outside the tables.

    What a reader sees on one page, before any meaning: the stage from which everything after can be derived
    again without the PDF. Page joins happen later. Empty cells are rows too (text is '').
    """

    document_id = text(DOCUMENT_ID, key=True)
    page_number = count(PAGE, key=True)
    cell_number = count(
        "reading order on the page, from 1: tables and lines from top to bottom, cells by row, column",
        key=True,
    )
    table_number = count("table on the page, from 1; null for a line of text outside tables", null=True)
    row_number = count("grid row of the cell's top edge, from 0; null outside tables", null=True)
    column_number = count("grid column of the cell's left edge, from 0; null outside tables", null=True)
    row_span = count("grid rows that the cell covers; null outside tables", "rows", null=True)
    column_span = count("grid columns that the cell covers; null outside tables", "columns", null=True)
    x0 = coordinate("left edge of the cell, or of the line of text")
    top = coordinate("upper edge")
    x1 = coordinate("right edge")
    bottom = coordinate("lower edge")
    text = text("text as printed, line wraps removed, compatibility ideographs mapped to ordinary ones", null=False)
    line_count = count("printed lines in the cell", "lines")
    text_top = coordinate("upper edge of the ink; null when the cell is empty")
    text_bottom = coordinate("lower edge of the ink; null when the cell is empty")
    is_open_top = yes_no("no ruling line closes the cell at its top: a page break may have cut it; null outside tables")
    is_open_bottom = yes_no("no ruling line closes the cell at its bottom; null outside tables")
    page_width = coordinate("width of the page as displayed")
    page_height = coordinate("height of the page as displayed")
    confidence = dy.Float64(
        nullable=True, description="least certainty of the OCR over the cell, 0 to 1; null for a text layer"
    )
    page_turn = count(
        "direction of the text of a page that lies on its side or upside down, counter-clockwise: 90, 180, 270. Its "
        "cells are given as if the page were turned upright; null where the page is upright as displayed",
        "degrees",
        null=True,
    )
    witness = dy.String(
        nullable=True,
        description="what the picture of the page shows: where the text has figures unseen (nothing), digits (others), "
        "more (printing that is not in the text), struck (a line is drawn through them), cut (a clip path cuts them "
        "off); of other characters what is shown instead, or why they are in doubt; null: the same, or it was not "
        "looked at",
    )
    seam_page = count("page that prints the right half of this one; null where a page is whole", null=True)
    seam_x = coordinate("where the right half begins; null where a page is whole")
    seam_shift = coordinate("how much farther left the right half is printed; null where a page is whole")


class Fields(dy.Schema):
    """One row for each place that a field's text was printed: the output of assembly, the input of normalising.

    A cell that a page break cuts gives two rows with `part_number` 1 and 2. Blank cells that belong to a known
    column are rows with an empty text, so that 'printed blank' and 'no such column' stay apart.
    """

    document_id = text(DOCUMENT_ID, key=True)
    form_number = count("form in the document, from 1", key=True)
    table_name = text("forms, funding, indicators, or leftovers", key=True)
    record_number = count("0 for forms; line_number, indicator_number or leftover_number else", key=True)
    column_name = text("the column of the table, named for its printed text, such as executed_text", key=True)
    part_number = count("1, or 2 and more where page breaks cut the cell", key=True)
    label = text("the printed header that said what the cell is")
    printed_text = text("text of this part", null=False)
    page_number = count(PAGE)
    x0 = coordinate("left edge")
    top = coordinate("upper edge")
    x1 = coordinate("right edge")
    bottom = coordinate("lower edge")
    confidence = dy.Float64(nullable=True, description="least certainty of the OCR, 0 to 1; null for a text layer")
