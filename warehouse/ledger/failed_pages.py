"""The pages of documents that could not be read, as far as the reader saw them."""

from __future__ import annotations

from typing import Final

import polars as pl

from warehouse import contract
from warehouse.contract.page_marks import read_page_marks

_UNSEEN: Final = ("picture", "unreadable", "failed")


def failed_pages(readings: pl.DataFrame) -> pl.DataFrame:
    """Account for the pages of documents whose reading failed.

    Nothing of such a document is in cells: the characters that its pages show stand outside any form, those that were
    set aside (stamps, hidden text) are furniture. A page of which nothing is known (a picture, a font without a map, a
    page that fails) is `unreadable`.

    Args:
        readings: `document_id` and `page_marks` of each; null marks (the document cannot be opened) give no rows.

    Returns:
        `contract.Pages`, one row for each page.

    Example:
        >>> marks = pl.DataFrame({"document_id": ["d"], "page_marks": ["o812+4s,p0+0,b0+0"]})
        >>> failed_pages(marks).select("page_number", "kind", "character_count", "outside_characters").rows()
        [(1, 'outside', 816, 812), (2, 'unreadable', 0, 0), (3, 'blank', 0, 0)]
    """
    schema = contract.polars_schema(contract.Pages)
    kind = (
        pl.when(pl.col("state").is_in(_UNSEEN))
        .then(pl.lit("unreadable"))
        .when(pl.col("character_count") == 0)
        .then(pl.lit("blank"))
        .otherwise(pl.lit("outside"))
    )
    none = dict.fromkeys(("value_characters", "label_characters", "leftover_characters"), pl.lit(0))
    unknown = dict.fromkeys(("form_ids", "reader", "lowest_confidence", "rotation"), pl.lit(None))
    return (
        read_page_marks(readings)
        .with_columns(character_count=pl.col("characters") + pl.col("aside"))
        .with_columns(
            kind=kind,
            outside_characters="characters",
            furniture_characters="aside",
            has_lost_form=pl.lit(False),
            **none,
            **unknown,
        )
        .select(schema.names())
        .cast(schema)
    )
