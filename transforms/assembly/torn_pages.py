"""Forms that the page's edge tears apart are put together before anything is read from them.

A row whose label stands at the foot of one page and whose value at the head of the next reads like two rows, neither
of which says anything. Cells are moved to where they would stand on one page; where they are printed is kept apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from transforms.assembly.labels import bare_key, core_key, label_key, vocabulary

CELL: Final = ["document_id", "page_number", "cell_number"]
TABLE: Final = ["document_id", "page_number", "table_number"]
BOX: Final = ["page_number", "x0", "top", "x1", "bottom"]
GRID: Final = ["page_number", "table_number", "row_number", "column_number", "row_span", "column_span", "cell_number"]
MOVED: Final = [*GRID, *BOX[1:]]
"""What changes when a cell takes the place of another: page, grid and box."""

_EDGE: Final = 6.0
_SLIVER: Final = 7.0
_HEADER_LABELS: Final = 2
"""Labels made up of two halves that tell a header row, whose other labels may be unknown ones."""

_LABELLED: Final = ("form", "goal_side", "funding", "indicator", "personal")


@dataclass(frozen=True, slots=True)
class Rejoined:
    """Cells as if no page's edge tore a row, and where the moved ones are printed.

    Attributes:
        cells: `contract.Cells`; what a moved cell takes the place of is gone.
        printed: One row for each moved cell: `document_id`, its place in `cells` (page_number, x0, top, x1, bottom),
            and `printed_<column>` for each of these.
        halves: The same for each cell of a document with pages that are printed in two halves.
        joined: One row for each cell whose text was put to that of another: `document_id`, the place of the other one,
            and `printed_<column>` for where it is printed itself.
    """

    cells: pl.DataFrame
    printed: pl.DataFrame
    halves: pl.DataFrame
    joined: pl.DataFrame

    def at_printed_place(self, fields: pl.DataFrame) -> pl.DataFrame:
        """Return `fields` (document_id and a place in `cells`) with the places where they are printed."""
        for moved in (self.printed, self.halves):
            if moved.height:
                found = fields.join(moved, on=["document_id", *BOX], how="left", maintain_order="left")
                fields = found.with_columns(pl.coalesce(f"printed_{c}", c).alias(c) for c in BOX).select(fields.columns)
        return fields


def rejoin(cells: pl.DataFrame) -> Rejoined:
    """Put rows together that a page break tears between label and value.

    A row is torn when its cells stand in the same columns on both pages, and either no rule closes it at the foot of
    the one nor at the head of the other, one of its texts is a label, and no column has text on both pages, but for a
    label whose halves make up one that is known; or when there are several such labels: a header.

    Args:
        cells: `contract.Cells` of whole documents.
    """
    cells, right_halves = _side_by_side(_without_slivers(cells))
    halves = _halves(cells)
    torn = _torn(halves)
    if torn.is_empty():
        return Rejoined(cells, right_halves.clear(), right_halves, right_halves.clear())
    pairs = halves.join(torn, on=[*TABLE, "page_number_below", "table_number_below"], how="semi")
    goes_up = (pl.col("text_below") != "") & (pl.col("text") == "")
    moves = pairs.filter(goes_up)
    joined = pairs.filter(pl.col("text_below") != "", pl.col("text") != "")
    gone = pl.concat(
        [
            moves.select(CELL),
            pairs.filter(~goes_up).select(
                "document_id", page_number="page_number_below", cell_number="cell_number_below"
            ),
        ]
    )
    targets = moves.select(
        "document_id",
        *[pl.col(f"{c}_below").alias(c) for c in ("page_number", "cell_number")],
        *[pl.col(c).alias(f"new_{c}") for c in MOVED],
    )
    kept = cells.join(gone, on=CELL, how="anti", maintain_order="left")
    kept = kept.join(targets, on=CELL, how="left", maintain_order="left")
    moved = pl.col("new_page_number").is_not_null()
    printed = kept.filter(moved).select(
        "document_id",
        *[pl.col(f"new_{c}").alias(c) for c in BOX],
        *[pl.col(c).alias(f"printed_{c}") for c in BOX],
    )
    kept = kept.with_columns(pl.when(moved).then(f"new_{c}").otherwise(c).alias(c) for c in MOVED)
    texts = joined.select(*CELL, whole=pl.col("text") + pl.col("text_below"))
    kept = kept.join(texts, on=CELL, how="left", maintain_order="left").with_columns(text=pl.coalesce("whole", "text"))
    joined_at = joined.select("document_id", *BOX, *[pl.col(f"{c}_below").alias(f"printed_{c}") for c in BOX])
    return Rejoined(_without_torn_starts(kept.select(cells.columns), torn), printed, right_halves, joined_at)


def _side_by_side(cells: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Number the pages of documents as if right halves took none, and tell where each of their cells is printed.

    A cell across the seam is reported up to the seam.
    """
    seams = cells.select("document_id", "seam_page").drop_nulls().unique()
    if seams.is_empty():
        none = pl.DataFrame(schema={"document_id": pl.String, **{c: cells.schema[c] for c in BOX}})
        return cells, none.with_columns(pl.col(c).alias(f"printed_{c}") for c in BOX)
    pages = cells.select("document_id", "page_number").unique()
    skipped = (
        pages.join(seams, on="document_id")
        .group_by("document_id", "page_number")
        .agg(skipped=(pl.col("seam_page") < pl.col("page_number")).sum().cast(pl.Int32))
    )
    numbered = cells.join(skipped, on=["document_id", "page_number"], how="left", maintain_order="left")
    number = pl.col("page_number") - pl.col("skipped").fill_null(0)
    beyond = (pl.col("x0") >= pl.col("seam_x") - 1.0).fill_null(False)
    shift = pl.when(beyond).then("seam_shift").otherwise(0.0)
    printed = numbered.filter(pl.col("skipped").is_not_null()).select(
        "document_id",
        number.alias("page_number"),
        *BOX[1:],
        printed_page_number=pl.when(beyond).then("seam_page").otherwise("page_number"),
        printed_x0=pl.col("x0") - shift,
        printed_top="top",
        printed_x1=pl.when(beyond).then(pl.col("x1") - shift).otherwise(pl.min_horizontal("x1", "seam_x")),
        printed_bottom="bottom",
    )
    return numbered.with_columns(page_number=number).select(cells.columns), printed


def _without_torn_starts(cells: pl.DataFrame, torn: pl.DataFrame) -> pl.DataFrame:
    """Let labels that reach over more rows begin below the row that has moved away."""
    below = torn.select(
        "document_id", page_number="page_number_below", table_number="table_number_below", is_first_gone=pl.lit(True)
    )
    marked = cells.join(below, on=TABLE, how="left", maintain_order="left").with_columns(is_last_gone=False)
    return _shortened(marked.with_columns(pl.col("is_first_gone").fill_null(False)))


def _without_slivers(cells: pl.DataFrame) -> pl.DataFrame:
    """Drop rows at a page's edge that are lower than a line of text: the padding of cells that the break has cut."""
    row_end = pl.col("row_number") + pl.col("row_span")
    single = pl.col("row_span") == 1
    blank = (pl.col("text") == "") & (pl.col("bottom") - pl.col("top") < _SLIVER)
    first, last = pl.col("row_number") == 0, row_end == row_end.max().over(TABLE)
    rows = row_end.max().over(TABLE)

    def is_sliver(edge: pl.Expr, is_open: str) -> pl.Expr:
        at_edge = edge & single
        return (at_edge.any() & (~at_edge | blank & pl.col(is_open)).all()).over(TABLE) & (rows > 1)

    marked = cells.with_columns(
        is_first_gone=is_sliver(first, "is_open_top").fill_null(False),
        is_last_gone=is_sliver(last, "is_open_bottom").fill_null(False),
    )
    if not marked.select(pl.any_horizontal("is_first_gone", "is_last_gone").any()).item():
        return cells
    gone = single & (pl.col("is_first_gone") & first | pl.col("is_last_gone") & last)
    return _shortened(marked.filter(~gone.fill_null(False)))


def _shortened(cells: pl.DataFrame) -> pl.DataFrame:
    """Take a table's first or last row, where `is_first_gone` or `is_last_gone`, from the cells that span more."""
    row_end = pl.col("row_number") + pl.col("row_span")
    spans = pl.col("row_span") > 1
    at_first = pl.col("is_first_gone") & (pl.col("row_number") == 0) & spans
    at_last = pl.col("is_last_gone") & (row_end == row_end.max().over(TABLE)) & spans
    return cells.with_columns(
        row_number=pl.when(at_first).then(pl.col("row_number") + 1).otherwise("row_number"),
        row_span=pl.col("row_span") - pl.when(at_first | at_last).then(1).otherwise(0),
    ).drop("is_first_gone", "is_last_gone")


def _halves(cells: pl.DataFrame) -> pl.DataFrame:
    """Return cells of the last row of a page with the cell in the same column of the first row of the next page.

    One row for each cell of one row's height with a cell of the same column below; the columns of that one end in
    `_below`. `all_open`: no rule closes any cell of the row there.
    """
    ruled = cells.filter(pl.col("table_number").is_not_null()).with_columns(
        last_table=pl.col("table_number").max().over("document_id", "page_number"),
        last_row=(pl.col("row_number") + pl.col("row_span")).max().over(TABLE),
    )
    wanted = ["document_id", *MOVED, "text"]
    foot = ruled.filter(
        pl.col("table_number") == pl.col("last_table"),
        pl.col("row_number") + pl.col("row_span") == pl.col("last_row"),
        pl.col("row_span") == 1,
    ).with_columns(all_open=pl.col("is_open_bottom").all().over(TABLE))
    head = ruled.filter(
        pl.col("table_number") == pl.col("table_number").min().over("document_id", "page_number"),
        pl.col("row_number") == 0,
    ).with_columns(all_open=pl.col("is_open_top").all().over(TABLE))
    head = head.filter(pl.col("row_span") == 1)
    below = head.select("document_id", "all_open", *[pl.col(c).alias(f"{c}_below") for c in wanted[1:]]).with_columns(
        page_number=pl.col("page_number_below") - 1, column_count=pl.len().over("document_id", "page_number_below")
    )
    found = foot.select(*wanted, "all_open").join(below, on=["document_id", "page_number"], suffix="_below")
    aligned = ((pl.col("x0") - pl.col("x0_below")).abs() < _EDGE) & ((pl.col("x1") - pl.col("x1_below")).abs() < _EDGE)
    return found.filter(aligned)


def _torn(halves: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of tables (page_number, table_number and the same `_below`) between which a row is torn."""
    above, below = pl.col("text"), pl.col("text_below")
    both = (above != "") & (below != "")
    # 三级 | 指标 are labels of their own, and one together.
    clashes = both & _is_label(above) & _is_label(below) & ~_is_label(above + below)
    makes_label = both & _is_label(above + below) & ~clashes & ~below.str.contains(r"\d")
    return (
        halves.group_by(*TABLE, "page_number_below", "table_number_below", maintain_order=True)
        .agg(
            is_open=(pl.col("all_open") & pl.col("all_open_below")).all() & (~both | makes_label).all(),
            is_header=(makes_label.sum() >= _HEADER_LABELS) & ~clashes.any(),
            all_meet=pl.len() == pl.col("column_count").first(),
            has_label=(_is_label(above) | _is_label(below) | makes_label).any(),
            goes_over=(above != "").any() & (below != "").any(),
        )
        .filter(pl.col("is_open") | pl.col("is_header"), "all_meet", "has_label", "goes_over")
    )


def _is_label(text: pl.Expr) -> pl.Expr:
    known = [label for context in _LABELLED for label in vocabulary()[context].fields]
    key = label_key(text)
    bare = bare_key(key)
    return key.is_in(known) | bare.is_in(known) | core_key(bare).is_in(known)
