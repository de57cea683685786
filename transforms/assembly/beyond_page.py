"""Tables that run over the edge of their page: what stands beyond it is not shown, and so it is not read."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.places import FORM, PLACE, TABLE

_BEYOND: Final = 1.0
"""Points beyond the edge: rules are kept as far as a little beyond it, text is not."""


def running_over(cells: pl.DataFrame, placed: pl.DataFrame) -> pl.DataFrame:
    """Return the forms with a table of which a part lies beyond the edge of the page.

    Args:
        cells: contract `Cells`. Pages that are printed in two halves are left out.
        placed: Cells of `Layout`.

    Returns:
        One row for each such table: form, `printed_text` (over which edges), place of its first cell.

    Example:
        >>> edges = {"top": 90.0, "bottom": 99.0, "page_width": 500.0, "page_height": 800.0, "page_turn": None}
        >>> table = {"document_id": "d", "page_number": 1, "table_number": 1, "seam_x": None, "confidence": None}
        >>> cells = pl.DataFrame([{**table, **edges, "x0": 450.0, "x1": 502.0}])
        >>> placed = cells.with_columns(form_number=1, section=pl.lit("head"))
        >>> running_over(cells, placed).select("form_number", "printed_text").row(0)
        (1, '表格超出页面右边，以外的内容未显示')
    """
    on_side = pl.col("page_turn").is_in([90, 270]).fill_null(False)
    across, down = pl.col("page_width"), pl.col("page_height")
    width, height = pl.when(on_side).then(down).otherwise(across), pl.when(on_side).then(across).otherwise(down)
    beyond = {
        "左": pl.col("x0") < -_BEYOND,
        "上": pl.col("top") < -_BEYOND,
        "右": pl.col("x1") > width + _BEYOND,
        "下": pl.col("bottom") > height + _BEYOND,
    }
    cut = (
        cells.filter(pl.col("table_number").is_not_null(), pl.any_horizontal(beyond.values()))
        .filter(pl.col("seam_x").is_null())
        .group_by(TABLE, maintain_order=True)
        .agg(**{side: is_beyond.any() for side, is_beyond in beyond.items()})
        .with_columns(
            sides=pl.concat_str(
                [pl.when(side).then(pl.lit(side + "边")).otherwise(pl.lit("")) for side in beyond], separator=""
            )
        )
    )
    # A table that no block of the form takes is another one.
    own = placed.filter(pl.col("form_number").is_not_null(), pl.col("section").is_not_null())
    first = own.unique([*FORM, *TABLE[1:]], keep="first", maintain_order=True)
    return first.join(cut.select(*TABLE, "sides"), on=TABLE).select(
        *FORM, *PLACE, printed_text=pl.format("表格超出页面{}，以外的内容未显示", "sides")
    )
