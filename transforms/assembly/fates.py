"""What became of every printed text of a form: each cell and each line has exactly one fate.

A cell is a value (it leads to a published column), a label, a leftover, furniture of the page (page number, running
head, 续表), or outside: of no form, or of a part of it that is not published. What stands in a block of a form and is
none of these is a leftover of its own, so that it is never passed over.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.below_tables import unread_below
from transforms.assembly.labels import any_of, vocabulary
from transforms.assembly.layout import Layout
from transforms.assembly.places import FORM, NOTE, PLACE
from warehouse.contract.vocabulary import AMOUNTS

FATES: Final = ("value", "label", "leftover", "furniture", "outside")
BOX: Final = PLACE[:-1]
BLOCKS: Final = ("funding", "goals", "indicators", "unread")

_PAGE_MARK: Final = r"^[-—－–~～·\s]*(?:第|Page)?\s*\d{1,4}\s*页?\s*(?:[/／共,，of\s]*\d{1,4}\s*页?)?[-—－–~～·\s]*$"
_GOES_ON: Final = r"^[(（]?(?:续|接)(?:上|前|下)?(?:表|页)?[\d一二三四五六七八九十]{0,2}[)）]?$"
_NOTHING: Final = r"^[\p{P}\p{S}\s]*$"
_LABELLED: Final = (
    "form",
    "goal_side",
    "funding",
    "indicator",
    "total",
    "subtotal",
    "group",
    "level_1",
    "level_2",
    "management",
    "footer",
)
_DATE: Final = r"(?:19|20)\d\d(?:年|\b)|\d{1,2}月|\d{1,2}日|\([^()]*\)|（[^（）]*）"
_NUMBER: Final = r"\d+(?:[.．]\d+)?"
_FIGURE: Final = r"^\s*[-－]?[\d０-９][\d０-９,，.．\s]*(?:[万亿]?元|[%％])?\s*$"
_MOST_NUMBERS: Final = 2
"""A label that stands beside a header holds no more numbers than these, dates and brackets aside."""

_MARGIN: Final = 0.055
_LONGEST_HEAD: Final = 30


def fates(layout: Layout, fields: pl.DataFrame, columns: pl.DataFrame) -> pl.DataFrame:
    """Say of each cell and line of the forms what became of it.

    Args:
        layout: All that was laid out.
        fields: What was read, with form and place; `table_name` leftovers are leftovers.
        columns: Header cells of the blocks (`Block.columns`), with form and place.

    Returns:
        The filled cells of `layout.cells` with `fate`, null where nothing explains the text, and `is_block`: it stands
        within the money, the goals or the indicators.
    """
    placed = _explained(layout, fields, columns)
    is_line = pl.col("table_number").is_null()
    margin = _MARGIN * pl.col("page_height")
    is_head = (pl.col("text").str.len_chars() <= _LONGEST_HEAD) & (
        (pl.col("top") < margin) | (pl.col("bottom") > pl.col("page_height") - margin)
    )
    is_furniture = (
        (is_line & (pl.col("text").str.contains(_PAGE_MARK) | pl.col("repeats").fill_null(False)))
        | pl.col("text").str.contains(_GOES_ON)
        | pl.col("text").str.contains(_NOTHING)
    )
    persons = any_of(vocabulary()["personal"].fields)
    is_person = pl.col("personal_field").is_not_null() | pl.col("key").str.contains(rf"^(?:{persons}):")
    is_note = (pl.len().over("row_index") == 1) & pl.col("text").str.contains(NOTE) & ~is_line
    numbers = pl.col("text").str.replace_all(_DATE, "").str.count_matches(_NUMBER)
    is_beside = pl.col("in_header") & (numbers <= _MOST_NUMBERS)
    is_label = (
        pl.col("is_column").fill_null(False)
        | is_beside
        | (pl.col("is_money") & pl.col("is_source")).fill_null(False)
        | pl.any_horizontal(pl.col(f"{name}_field").is_not_null() for name in _LABELLED)
    )
    # A line counts as part of a block where rows of the form still follow it.
    within = ~is_line | (pl.col("row_index") < pl.col("last_row"))
    is_block = pl.col("section").is_in(BLOCKS).fill_null(False) & within & ~pl.col("is_total")
    unread_total = pl.col("is_total") & ~pl.col("has_total").fill_null(False) & pl.col("text").str.contains(r"\d")
    is_goal = (
        (pl.col("section") == "head")
        & ~is_line
        & (pl.col("row_index") > pl.col("first_header"))
        & (pl.col("row_index") < pl.col("last_row"))
        & pl.col("has_goals").not_()
    )
    is_block |= is_goal.fill_null(False) | pl.col("is_money").fill_null(False)
    is_block |= pl.col("is_rest").fill_null(False)
    return placed.with_columns(is_block=is_block | unread_total).with_columns(
        fate=pl.when(pl.col("rank") == 0)
        .then(pl.lit("value"))
        .when(pl.col("rank") == 1)
        .then(pl.lit("leftover"))
        .when("is_unread")
        .then(pl.lit(None, pl.String))
        .when(is_furniture)
        .then(pl.lit("furniture"))
        .when(is_label)
        .then(pl.lit("label"))
        .when(is_line & is_head & ~is_person)
        .then(pl.lit("furniture"))
        .when(~pl.col("is_block") | is_note)
        .then(pl.lit("outside"))
    )


def _explained(layout: Layout, fields: pl.DataFrame, columns: pl.DataFrame) -> pl.DataFrame:
    """Return the filled cells with what is known of each: its use, its header, its repetitions, its form's blocks."""
    key = ["document_id", *BOX]
    used = (
        fields.filter(pl.col("column_name") != "template")
        .select(*key, rank=pl.when(pl.col("table_name") == "leftovers").then(1).otherwise(0))
        .group_by(key)
        .agg(pl.col("rank").min())
    )
    heads = columns.select(key).unique().with_columns(is_column=pl.lit(True))
    unread = unread_below(layout.cells, fields).unique().with_columns(is_unread=pl.lit(True))
    filled = layout.cells.filter(pl.col("text").str.strip_chars() != "")
    repeated = (
        filled.filter(pl.col("table_number").is_null())
        .group_by("document_id", "text")
        .agg(repeats=pl.col("page_number").n_unique() > 1)
    )
    totals = fields.filter(pl.col("column_name").is_in(["total_score", "total_weight"])).select(FORM).unique()
    return (
        filled.join(used, on=key, how="left", maintain_order="left")
        .join(heads, on=key, how="left", maintain_order="left")
        .join(unread, on=key, how="left", maintain_order="left")
        .join(repeated, on=["document_id", "text"], how="left", maintain_order="left")
        .join(_ends(layout), on=FORM, how="left", maintain_order="left")
        .join(_money_rows(layout, fields), on="row_index", how="left", maintain_order="left")
        .join(_source_labels(fields), on=[*FORM, "text"], how="left", maintain_order="left")
        .join(_with_goals(fields), on=FORM, how="left", maintain_order="left")
        .join(totals.with_columns(has_total=pl.lit(True)), on=FORM, how="left", maintain_order="left")
        .join(_rests_of_totals(layout), on="row_index", how="left", maintain_order="left")
    )


def _rests_of_totals(layout: Layout) -> pl.DataFrame:
    """Return the first rows of pages right below the totals that print figures and no word: 95.0 | 5 is cut within.

    Columns: `row_index`, `is_rest`.
    """
    below = layout.rows.filter(pl.col("table_number").is_not_null()).with_columns(
        is_below=pl.col("is_total").shift(1).over(FORM) & (pl.col("page_number") != pl.col("page_number").shift(1))
    )
    texts = layout.cells.group_by("row_index").agg(
        is_rest=~pl.col("text").str.contains(r"\p{Han}").any() & pl.col("text").str.contains(r"\d").any()
    )
    return below.filter("is_below").select("row_index").join(texts.filter("is_rest"), on="row_index")


def _ends(layout: Layout) -> pl.DataFrame:
    """Return for each form the last row of a table in one of its blocks, and the first header."""
    in_block = layout.rows.filter(pl.col("table_number").is_not_null(), pl.col("section").is_in(BLOCKS))
    return in_block.group_by(FORM).agg(
        last_row=pl.col("row_index").max(), first_header=pl.col("row_index").filter("is_header").min()
    )


def _money_rows(layout: Layout, fields: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of money that no header announces: `row_index`, `is_money`.

    They begin with the first row that an amount was read from, in a form without one with the first label of an amount
    or of the rate beside a figure, and end where a row of the table names something else.
    """
    money = fields.filter(pl.col("table_name") == "funding").select(*FORM, *BOX)
    head = layout.cells.filter(pl.col("section").fill_null("head") == "head")
    read = head.join(money, on=["document_id", *BOX], how="semi")
    named = pl.col("funding_field").is_in([*AMOUNTS, "execution_rate"]) & pl.col("right_text").str.contains(_FIGURE)
    unread = head.filter(named).join(money, on=FORM, how="anti")
    first = pl.concat([read, unread]).group_by(FORM).agg(pl.col("row_index").min())
    others = [pl.col(f"{name}_field").is_not_null() for name in _LABELLED if name not in ("funding", "group")]
    rows = (
        layout.cells.filter(pl.col("table_number").is_not_null())
        .join(first.rename({"row_index": "first_row"}), on=FORM)
        .filter(pl.col("row_index") >= pl.col("first_row"))
        .group_by(*FORM, "row_index")
        .agg(
            ends=(pl.any_horizontal(others) & pl.col("funding_field").is_null()).any()
            | (pl.col("section").fill_null("head") != "head").any()
        )
        .sort("row_index")
    )
    within = rows.filter(~pl.col("ends").cum_max().over(FORM))
    return within.select("row_index", is_money=pl.lit(True))


def _with_goals(fields: pl.DataFrame) -> pl.DataFrame:
    """Return for each form with a goal whether both were read: `has_goals`.

    Between money and indicators stand the goals: a text there is explained only where both were read.
    """
    goals = fields.filter(pl.col("column_name").is_in(["expected_goal_text", "actual_goal_text"]))
    return goals.group_by(FORM).agg(has_goals=pl.col("column_name").n_unique() == 2)


def _source_labels(fields: pl.DataFrame) -> pl.DataFrame:
    """Return the labels of funding lines, which may stand beside each amount of their line: form, text, `is_source`."""
    labels = fields.filter(pl.col("column_name") == "source_label", pl.col("table_name") == "funding")
    return labels.select(*FORM, text="printed_text", is_source=pl.lit(True)).unique()


def unexplained(fated: pl.DataFrame) -> pl.DataFrame:
    """Return what nothing explains as leftovers: form, `column_name`, `label`, `printed_text`, place, `order`."""
    return fated.filter(pl.col("fate").is_null()).select(
        *FORM,
        column_name=pl.lit("unexplained_text"),
        label=pl.lit(None, pl.String),
        printed_text="text",
        **{c: pl.col(c) for c in PLACE},
        order=pl.col("row_index").cast(pl.Int64) * 1000 + pl.col("column_number").fill_null(0),
        is_figure=pl.col("table_number").is_not_null() & pl.col("text").str.contains(r"[\d０-９]"),
    )


def unread_columns(columns: pl.DataFrame, filled: pl.DataFrame) -> pl.DataFrame:
    """Return the essential columns of the indicators that a form lacks while it has an unknown one that could be it.

    Essential are the actual values, and score and weight where the form has one of them. An unknown column could hold
    points only where every cell of it is a figure. A header without a column of names, beside one that has it, lacks
    the names.

    Args:
        columns: Header cells of the indicator block, `field` null where the label is not known.
        filled: Cells of the block, one column each, with `label` and `field`.

    Returns:
        One row for each such form: document_id, form_number, `printed_text` (the labels of the unknown columns and what
        is missing), place of the first.
    """
    figure = pl.col("text").str.replace_all(r"\s", "").str.contains(r"^[-－]?[\d,，.]+分?$")
    unknown = filled.filter(pl.col("field").is_null(), pl.col("key") != "", ~pl.col("is_total"))
    labels = unknown.group_by(*FORM, "label", maintain_order=True).agg(is_points=figure.all())
    first = columns.sort("row_index").unique(FORM, keep="first", maintain_order=True).select(*FORM, *PLACE, "row_index")
    nameless = _nameless(columns, filled)
    if labels.is_empty():
        return nameless.join(first, on=FORM)
    has = columns.group_by(FORM).agg(
        (pl.col("field") == f).fill_null(False).any().alias(f) for f in ("actual", "weight", "score", "indicator_name")
    )
    lacking = (
        labels.join(has, on=FORM)
        .with_columns(
            missing=pl.when(~pl.col("indicator_name"))
            .then(pl.lit("三级指标"))
            .when(~pl.col("actual"))
            .then(pl.lit("实际完成值"))
            .when(pl.col("is_points") & ~pl.col("score"))
            .then(pl.lit("得分"))
            .when(pl.col("is_points") & ~pl.col("weight") & pl.col("score"))
            .then(pl.lit("分值"))
        )
        .drop_nulls("missing")
    )
    messages = lacking.group_by(FORM, maintain_order=True).agg(
        printed_text=pl.format("{}: {}", pl.col("missing").first(), pl.col("label").str.join(" | "))
    )
    return pl.concat([messages, nameless.join(messages, on=FORM, how="anti")]).join(first, on=FORM)


def _nameless(columns: pl.DataFrame, filled: pl.DataFrame) -> pl.DataFrame:
    """Return the forms with a header that has no column of names above filled rows, while another header has one.

    So it is where a table is wider than its page and its right part stands on another one. One row for each form:
    document_id, form_number, `printed_text`.
    """
    header = [*FORM, "header_index"]
    has_name = (pl.col("field") == "indicator_name").fill_null(False)
    heads = columns.group_by(header, maintain_order=True).agg(
        has_name=has_name.any(), labels=pl.col("label").str.join(" | ")
    )
    rows = filled.filter(pl.col("key") != "", ~pl.col("is_total")).select(header).unique()
    return (
        heads.with_columns(is_split=pl.col("has_name").any().over(FORM))
        .filter("is_split", ~pl.col("has_name"))
        .join(rows, on=header, how="semi", maintain_order="left")
        .group_by(FORM, maintain_order=True)
        .agg(printed_text=pl.format("三级指标: {}", pl.col("labels").first()))
    )
