"""Which column of its block a cell stands under, recognised by the header labels and never by position.

Shared by the funding block, the goals and the indicator table.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from transforms.assembly.labels import vocabulary
from transforms.assembly.places import EDGE, FORM, PLACE, TABLE
from warehouse.contract.vocabulary import AMOUNTS

HEADER: Final = ["document_id", "header_index"]
CONTEXT_OF_SECTION: Final = {"funding": "funding", "goals": "form", "indicators": "indicator"}
GOALS: Final = ("expected_goal_text", "actual_goal_text", "adjusted_goal_text")
OVERLAP: Final = 0.5
_YEAR: Final = r"(?:19|20)\d\d"
_AMOUNT: Final = r"^\s*[-－]?\d[\d,，.]*\s*(?:[万亿]?元)?\s*$"
_MARK: Final = r"^[\p{P}\p{S}\s]*$"
BY_OTHERS: Final = r"复核|审核|财政|主管部门|抽查|专家|第三方|上年|去年|历年"
"""Groups of columns that hold what others found, or what was in another year."""


@dataclass(frozen=True, slots=True)
class Block:
    """One kind of block, of all forms.

    columns: one row for each header cell: field (null: an unknown label), is_published, relative extent.
    values: one row for each cell below a header and each column that it stands under, with `field` and
        `column_count`, the number of columns that the cell covers.
    others: cells below a header that stand under none of its columns (labels at the side).
    sides: cells that begin in a header row and go on beside the rows below it.
    """

    columns: pl.DataFrame
    values: pl.DataFrame
    others: pl.DataFrame
    sides: pl.DataFrame


def read_block(cells: pl.DataFrame, section: str, years: pl.DataFrame) -> Block:
    """Map the cells of one kind of block to the columns that their header names.

    Args:
        cells: cells of `Layout`.
        section: funding, goals or indicators.
        years: Year that each form is about, as far as it says: form, `year`.
    """
    field = f"{CONTEXT_OF_SECTION[section]}_field"
    rank = f"{CONTEXT_OF_SECTION[section]}_rank"
    belongs = pl.col("section") == section
    if section == "indicators":
        belongs |= pl.col("is_total")
    block = cells.filter(belongs, pl.col("table_number").is_not_null()).with_columns(
        row_end=pl.col("row_number") + pl.col("row_span")
    )
    if section == "goals":
        # 序号 and the like are known labels beside goals too.
        is_aside = pl.col("indicator_field") == "unpublished"
        known = pl.when(pl.col(field).is_in(GOALS)).then(field).when(is_aside).then(pl.lit("unpublished"))
        block = block.with_columns(known.alias(field))

    ends = (
        block.filter("in_header")
        .group_by(HEADER)
        .agg(
            header_end=(pl.col("row_number").max() + 1).cast(pl.Int32),
            columns_x0=pl.col("rel_x0")
            .filter(pl.col(field).is_not_null() & ~pl.col(field).is_in(["unpublished", "source_label"]))
            .min(),
        )
    )
    block = block.join(ends, on=HEADER, maintain_order="left").with_columns(is_head="in_header")
    labels = block.filter("is_head", ~pl.col("is_numbering").fill_null(False))
    head = labels.filter(pl.col("row_end") <= pl.col("header_end"), pl.col("key") != "")
    body = block.filter(~pl.col("is_head"), ~pl.col("is_subtotal"))
    if section == "funding":
        head = _with_figures(head, body)
    columns = _choose_columns(head.join(years, on=FORM, how="left", maintain_order="left"), field, rank, section)
    pairs = (
        body.select(*HEADER, "page_number", "cell_number", "rel_x0", "rel_x1")
        .join(
            columns.select(*HEADER, "field", "is_published", "label", column_x0="rel_x0", column_x1="rel_x1"),
            on=HEADER,
        )
        .with_columns(
            overlap=pl.min_horizontal("rel_x1", "column_x1") - pl.max_horizontal("rel_x0", "column_x0"),
            narrower=pl.min_horizontal(pl.col("rel_x1") - pl.col("rel_x0"), pl.col("column_x1") - pl.col("column_x0")),
        )
        .filter(pl.col("overlap") > OVERLAP * pl.col("narrower"))
        .with_columns(column_count=pl.len().over("document_id", "page_number", "cell_number"))
        .select(
            "document_id", "page_number", "cell_number", "field", "is_published", "label", "column_x0", "column_count"
        )
    )
    cell = ["document_id", "page_number", "cell_number"]
    return Block(
        columns=columns,
        values=body.join(pairs, on=cell, maintain_order="left"),
        others=body.join(pairs.select(cell).unique(), on=cell, how="anti", maintain_order="left"),
        sides=labels.filter(pl.col("row_end") > pl.col("header_end"), pl.col("key") != ""),
    )


def _with_figures(head: pl.DataFrame, body: pl.DataFrame) -> pl.DataFrame:
    """Say of each header cell whether what stands below it are figures, or words alone.

    Adds `has_figures` and `has_words`.
    """
    below = (
        head.select(*HEADER, "cell_number", "rel_x0", "rel_x1")
        .join(body.filter(pl.col("key") != "").select(*HEADER, "rel_x0", "rel_x1", "text"), on=HEADER, suffix="_below")
        .filter((pl.col("rel_x0") - pl.col("rel_x0_below")).abs() < EDGE)
        .filter((pl.col("rel_x1") - pl.col("rel_x1_below")).abs() < EDGE)
    )
    is_figure = pl.col("text").str.contains(_AMOUNT)
    figures = below.group_by(*HEADER, "cell_number").agg(
        has_figures=is_figure.any() & (is_figure | pl.col("text").str.contains(_MARK)).all(),
        has_words=pl.col("text").str.contains(r"^[^\d０-９]*\p{Han}[^\d０-９]*$").all(),
    )
    return head.join(figures, on=[*HEADER, "cell_number"], how="left", maintain_order="left").with_columns(
        pl.col("has_figures", "has_words").fill_null(False)
    )


def _leaves(head: pl.DataFrame) -> pl.DataFrame:
    """Return the labels of a header that have no other label below them, each with the groups above it.

    Adds `group_key`: the keys of the labels above, outermost first, joined, and `nearest_key`: that of the nearest; ''
    where there are none. A label that groups others says nothing of its own.
    """
    place = ["cell_number", "rel_x0", "rel_x1", "row_number"]
    pairs = (
        head.select(*HEADER, *place, group_key="key")
        .join(head.select(*HEADER, *[pl.col(c).alias(f"{c}_below") for c in place]), on=HEADER)
        .filter(
            pl.col("row_number_below") > pl.col("row_number"),
            pl.col("rel_x0_below") > pl.col("rel_x0") - 2,
            pl.col("rel_x1_below") < pl.col("rel_x1") + 2,
        )
    )
    above = (
        pairs.sort("row_number")
        .group_by(*HEADER, cell_number="cell_number_below", maintain_order=True)
        .agg(pl.col("group_key").str.join(""), nearest_key=pl.col("group_key").last())
    )
    return (
        head.join(pairs.select(*HEADER, "cell_number").unique(), on=[*HEADER, "cell_number"], how="anti")
        .join(above, on=[*HEADER, "cell_number"], how="left", maintain_order="left")
        .with_columns(pl.col("group_key", "nearest_key").fill_null(""))
    )


def _with_groups(leaves: pl.DataFrame, field: str, rank: str, context: str) -> pl.DataFrame:
    """Name columns whose label says something only together with the group above it: 得分 over 自评 and 复核.

    数值 below a target or an actual value is it; 单位 below an actual value is the unit of that, not of the target.
    """
    grouped = (pl.col("group_key") != "") & pl.col(field).is_null()
    joined = leaves.with_columns(
        before=pl.when(grouped).then(pl.col("key") + pl.col("nearest_key")),
        after=pl.when(grouped).then(pl.col("nearest_key") + pl.col("key")),
    )
    found, places = vocabulary()[context].match("before", "after")
    of_group, group_rank = vocabulary()[context].match("nearest_key")
    figures = [word for word, kind in vocabulary()["when"].fields.items() if kind == "figure"]
    is_figure = pl.col("key").is_in(figures) & of_group.is_in(["target", "actual"])
    is_unit_of_actual = ((pl.col(field) == "target_unit") & (of_group == "actual")).fill_null(False)
    by_others = pl.col("group_key").str.contains(BY_OTHERS) & pl.col(field).is_not_null()
    return (
        joined.with_columns(
            found=pl.coalesce(found, pl.when(is_figure).then(of_group)),
            places=pl.coalesce(places, pl.when(is_figure).then(group_rank)),
        )
        .with_columns(
            pl.when(by_others | is_unit_of_actual)
            .then(pl.lit("unpublished"))
            .otherwise(pl.coalesce(field, "found"))
            .alias(field),
            pl.coalesce(rank, "places").alias(rank),
        )
        .drop("before", "after", "found", "places")
    )


def _of_own_year(columns: pl.DataFrame, field: str) -> pl.DataFrame:
    """Leave aside the columns of a year before the form's own, as 2023年完成值 beside 2024年完成值."""
    said = (pl.col("group_key") + pl.col("key")).str.extract_all(_YEAR).list.last().cast(pl.Int32)
    own = pl.max_horizontal(pl.col("said").max().over(HEADER), "year")
    is_past = (pl.col("said") < own).fill_null(False) & pl.col(field).is_not_null()
    return (
        columns.with_columns(said=said)
        .with_columns(pl.when(is_past).then(pl.lit("unpublished")).otherwise(field).alias(field))
        .drop("said", "year")
    )


def _of_indicators(columns: pl.DataFrame, field: str) -> pl.DataFrame:
    """Leave aside the points of whole levels: left of the name, where others of the same kind stand right of it.

    Where none stand right of it, nobody can tell whose points they are: the column is unknown, unless sums prove it.
    """
    name = pl.col("rel_x0").filter(pl.col(field) == "indicator_name").max().over(HEADER)
    is_points = pl.col(field).is_in(["weight", "score"]).fill_null(False)
    marked = columns.with_columns(is_left=is_points & (pl.col("rel_x0") < name).fill_null(False))
    has_right = (~pl.col("is_left")).any().over([*HEADER, field])
    aside = pl.when(has_right).then(pl.lit("unpublished"))
    return marked.with_columns(pl.when("is_left").then(aside).otherwise(field).alias(field)).drop("is_left")


def _of_funding(columns: pl.DataFrame, field: str) -> pl.DataFrame:
    """Take the first column for the labels of the lines where its header names an amount, and words alone stand in it.

    So it is where 预算资金（元） names the block and stands right over 年度资金总额 and its parts.
    """
    is_first = pl.col("rel_x0") == pl.col("rel_x0").min().over(HEADER)
    is_labels = is_first & pl.col("has_words") & pl.col(field).is_in(AMOUNTS)
    return columns.with_columns(pl.when(is_labels).then(pl.lit("source_label")).otherwise(field).alias(field))


def _without_second_rates(columns: pl.DataFrame, field: str, rank: str) -> pl.DataFrame:
    """Leave unknown a second label of the rate over figures, where none is of what was executed: 预算执行 | 执行率."""
    is_rate = pl.col(field) == "execution_rate"
    is_worse = pl.col(rank) > pl.col(rank).filter(is_rate).min().over(HEADER)
    has_executed = (pl.col(field) == "executed").fill_null(False).any().over(HEADER)
    is_second = (is_rate & is_worse & pl.col("has_figures") & ~has_executed).fill_null(False)
    return columns.with_columns(pl.when(~is_second).then(field).alias(field))


def _without_second_names(columns: pl.DataFrame, field: str, rank: str) -> pl.DataFrame:
    """Leave unknown a second label of the name left of the second level, where nothing is labelled as the first.

    绩效指标 names the indicator in some forms, and stands over the first level beside 二级指标 and 三级指标 in others.
    """
    is_name = pl.col(field) == "indicator_name"
    second = pl.col("rel_x0").filter(pl.col(field) == "level_2_label").min().over(HEADER)
    has_first = (pl.col(field) == "level_1_label").fill_null(False).any().over(HEADER)
    is_worse = pl.col(rank) > pl.col(rank).filter(is_name).min().over(HEADER)
    is_second = (is_name & is_worse & (pl.col("rel_x0") < second) & ~has_first).fill_null(False)
    return columns.with_columns(pl.when(~is_second).then(field).alias(field))


def _without_twins(columns: pl.DataFrame, field: str, rank: str) -> pl.DataFrame:
    """Leave unknown what two columns of one header name alike, where no group above says which is the self evaluation.

    So it is where a table has two indicators side by side, or two offices' scores under headers that nobody knows.
    """
    essential = ["indicator_name", "target", "actual", "weight", "score"]
    by_field = [*HEADER, field]
    is_best = pl.col(field).is_in(essential) & (pl.col(rank) == pl.col(rank).min().over(by_field))
    is_own = is_best & pl.col("group_key").str.contains("自评")
    has_one_own = is_own.sum().over(by_field) == 1
    is_twin = (is_best & (is_best.sum().over(by_field) > 1) & ~has_one_own).fill_null(False)
    is_other = (is_best & has_one_own & ~is_own).fill_null(False)
    return columns.with_columns(pl.when(is_other).then(pl.lit("unpublished")).when(~is_twin).then(field).alias(field))


def _choose_columns(head: pl.DataFrame, field: str, rank: str, section: str) -> pl.DataFrame:
    """Take for each field the header cell with the most usual label; the others are known, but not published."""
    columns = _with_groups(_leaves(head), field, rank, CONTEXT_OF_SECTION[section])
    columns = _of_own_year(columns, field)
    if section == "funding":
        columns = _without_second_rates(_of_funding(columns, field), field, rank)
    if section == "indicators":
        columns = _of_indicators(_without_second_names(columns, field, rank), field)
    known = pl.col(field).is_not_null() & (pl.col(field) != "unpublished")
    by_field = [*HEADER, field]
    columns = _without_twins(columns, field, rank) if section == "indicators" else columns
    columns = columns.with_columns(
        is_best=known
        & (
            (pl.col(rank) == pl.col(rank).min().over(by_field))
            & (pl.col("cell_number").rank("ordinal").over([*by_field, rank]) == 1)
        ),
    )
    # What stands left of the columns of a block whose rows have labels says nothing of its own.
    if section == "funding":
        columns = columns.filter(known | (pl.col("rel_x0") > pl.col("columns_x0")) | pl.col("has_figures"))
    if section == "goals":
        columns = columns.filter(known | pl.col("goal_side_field").is_null())
    return columns.select(
        *HEADER,
        *FORM[1:],
        *PLACE,
        "cell_number",
        "row_index",
        "rel_x0",
        "rel_x1",
        label="text",
        field=pl.when("is_best").then(field).when(pl.col(field).is_not_null()).then(pl.lit("unpublished")),
        is_published=pl.col("is_best").fill_null(False),
    )


def spread_over_rows(cells: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Repeat each cell for every row that it covers: adds `covered_row` (row_index) and `is_anchor` (its first row)."""
    at = rows.filter(pl.col("table_number").is_not_null()).select(
        *TABLE, covered_number="row_number", covered_row="row_index"
    )
    return (
        cells.with_columns(
            covered_number=pl.int_ranges("row_number", pl.col("row_number") + pl.col("row_span"), dtype=pl.Int32)
        )
        .explode("covered_number")
        .join(at, on=[*TABLE, "covered_number"], maintain_order="left")
        .with_columns(is_anchor=pl.col("covered_number") == pl.col("row_number"))
    )
