"""Pages that lie on their side: their cells are given as if upright, their values stand on the page as displayed."""

from __future__ import annotations

import polars as pl

PAGE = ["document_id", "page_number"]


def at_displayed_place(fields: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Return `fields` with the places of those on turned pages as they are displayed.

    Args:
        fields: `document_id`, `page_number`, `x0`, `top`, `x1`, `bottom`, at their places in `cells`, and more.
        cells: `contract.Cells`.

    Example:
        >>> place = pl.DataFrame({"document_id": ["d"], "page_number": [1], "x0": [10.0], "top": [20.0]})
        >>> place = place.with_columns(x1=pl.lit(40.0), bottom=pl.lit(30.0))
        >>> page = {"page_turn": pl.lit(90), "page_width": pl.lit(842.0), "page_height": pl.lit(595.0)}
        >>> shown = at_displayed_place(place, place.with_columns(**page))
        >>> shown.select("x0", "top", "x1", "bottom").row(0)
        (20.0, 555.0, 30.0, 585.0)
    """
    turned = cells.filter(pl.col("page_turn").is_not_null())
    if turned.is_empty():
        return fields
    pages = turned.select(*PAGE, "page_turn", "page_width", "page_height").unique(PAGE)
    turn, width, height = pl.col("page_turn"), pl.col("page_width"), pl.col("page_height")
    x0, top, x1, bottom = (pl.col(name) for name in ("x0", "top", "x1", "bottom"))
    places = {
        "x0": (top, width - x1, width - bottom),
        "top": (height - x1, height - bottom, x0),
        "x1": (bottom, width - x0, width - top),
        "bottom": (height - x0, height - top, x1),
    }
    at = {
        name: pl.when(turn == 90)
        .then(up)
        .when(turn == 180)
        .then(over)
        .when(turn == 270)
        .then(down)
        .otherwise(name)
        .alias(name)
        for name, (up, over, down) in places.items()
    }
    found = fields.join(pages, on=PAGE, how="left", maintain_order="left")
    return found.with_columns(**at).select(fields.columns)
