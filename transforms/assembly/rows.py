"""The rows of documents: what the labels in them announce."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.header_rows import GOALS, find_headers
from transforms.assembly.labels import bare_key, core_key, label_key, plain_key, vocabulary
from transforms.assembly.places import CELL, TABLE
from transforms.assembly.titles import NOT_A_TITLE, TITLE, find_prefaces, find_wrapped_titles, is_by_others, other_title
from warehouse.contract.vocabulary import AMOUNTS

CONTEXTS: Final = (
    "form",
    "goal_side",
    "funding",
    "indicator",
    "total",
    "subtotal",
    "group",
    "level_1",
    "level_2",
    "footer",
    "management",
    "personal",
)
_BY_CORE: Final = ("form", "funding", "indicator")
"""Contexts in which a label may also name when, in what unit and by what mark it holds; in the others it may have a
translation beside it."""

_FIGURE: Final = r"^[-－]?\d[\d,.]*(?:%|分)?$"


def label_cells(cells: pl.DataFrame) -> pl.DataFrame:
    """Say of each cell what its text would name in each context.

    Adds `key`, `bare`, `<context>_field` and `<context>_rank` for the contexts of the vocabulary, and the
    neighbour to the right: `right_number` (cell_number), `right_text`, `right_is_label`.
    One row in, one row out.
    """
    keys = cells.select("text").unique().with_columns(key=label_key(pl.col("text")))
    keys = keys.with_columns(bare=bare_key(pl.col("key"))).with_columns(
        core=core_key(pl.col("bare")), plain=plain_key(pl.col("bare"))
    )
    matches = []
    for name in CONTEXTS:
        field, rank = vocabulary()[name].match("key", "bare", "core" if name in _BY_CORE else "plain")
        matches += [field.alias(f"{name}_field"), rank.alias(f"{name}_rank")]
    # 年度总体目标 at the side of the goals is not 总体目标.
    only_core = (pl.col("form_rank") >= 2000) & pl.col("goal_side_field").is_not_null()
    keys = keys.with_columns(matches).with_columns(form_field=pl.when(~only_core.fill_null(False)).then("form_field"))
    keys = keys.with_columns(
        is_label=pl.any_horizontal(
            pl.col(f"{name}_field").is_not_null() for name in ("form", "goal_side", "funding", "indicator", "personal")
        )
    )
    labelled = cells.join(keys, on="text", how="left", maintain_order="left")
    neighbour = labelled.filter(pl.col("table_number").is_not_null()).select(
        *TABLE,
        right_number="cell_number",
        right_text="text",
        right_is_label=pl.col("is_label") | pl.col("level_1_field").is_not_null(),
        right_row="row_number",
        right_end=pl.col("row_number") + pl.col("row_span"),
        column_end="column_number",
    )
    right = (
        labelled.filter(pl.col("table_number").is_not_null())
        .select(*TABLE, "cell_number", "row_number", column_end=pl.col("column_number") + pl.col("column_span"))
        .join(neighbour, on=[*TABLE, "column_end"])
        .filter(pl.col("row_number") >= pl.col("right_row"), pl.col("row_number") < pl.col("right_end"))
        .unique(CELL, keep="first", maintain_order=True)
        .select("document_id", "page_number", "cell_number", "right_number", "right_text", "right_is_label")
    )
    return labelled.join(right, on=CELL, how="left", maintain_order="left")


def _sums_up_level() -> pl.Expr:
    """Whether a text names a level and says that it adds it up: 产出指标小计, 质量指标合计."""
    level = pl.col("bare").str.extract(r"^(.+?)(?:分值|得分)?(?:小计|合计|总计)$", 1)
    levels = [*vocabulary()["level_1"].fields, *vocabulary()["level_2"].fields]
    return (level.is_in(levels) | pl.col("bare").str.contains(r"小计$")).fill_null(False)


def _names_total() -> pl.Expr:
    """Whether a text is the label of a total, or begins with one that its figure follows: 总分：97.1分."""
    before_figure = pl.col("key").str.extract(r"^([^:]{2,8}):\d", 1)
    return pl.col("total_field").is_not_null() | before_figure.is_in(list(vocabulary()["total"].fields)).fill_null(
        False
    )


def _signals() -> dict[str, pl.Expr]:
    """What the cells that begin in a row say together about the row."""
    text = pl.col("key") != ""
    form = pl.col("form_field")
    has_value = pl.col("right_number").is_not_null() & ~pl.col("right_is_label").fill_null(False)
    goal = form.is_in(GOALS)
    project = has_value & (
        (form == "project_name")
        | ((form == "whole_unit") & (pl.col("row_number") == 0) & (pl.col("column_number") == 0))
    )
    title = (
        pl.col("key").str.contains(TITLE)
        & ~pl.col("key").str.contains(NOT_A_TITLE)
        & (pl.col("key").str.len_chars() <= 60)
    )
    return {
        "text_count": text.sum(),
        "has_title": title.any(),
        "has_project": project.any(),
        "project_text": pl.col("right_text").filter(project).first(),
        "has_levels": pl.col("level_1_field").is_not_null().any() & pl.col("level_2_field").is_not_null().any(),
        "goal_pairs": (goal & has_value).sum(),
        "first_key": pl.col("key").filter(text).first(),
        "first_text": pl.col("text").filter(text).first(),
        "first_is_total": _names_total().filter(text).first().fill_null(False),
        "first_is_subtotal": (pl.col("subtotal_field").is_not_null() | _sums_up_level()).filter(text).first(),
        "first_is_footer": pl.col("footer_field").is_not_null().filter(text).first(),
        "first_is_personal": pl.col("personal_field").is_not_null().filter(text).first(),
        "first_is_management": pl.col("management_field").filter(text).first().is_not_null(),
        "first_is_goal_side": pl.col("goal_side_field").filter(text).first().is_not_null(),
        "first_is_rating": (form == "rating").filter(text).first(),
        "first_is_caption": (pl.col("group_field").is_not_null() | pl.col("level_1_field").is_not_null())
        .filter(text)
        .first(),
        "first_is_form_label": form.filter(text).first().is_not_null(),
        "has_figure": pl.col("key").str.contains(_FIGURE).any(),
        "has_amount": pl.col("funding_field").is_in(AMOUNTS).any(),
    }


def find_rows(cells: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each grid row in which a cell begins, and for each line of text, in reading order.

    `kind` says what a row announces: preface, title_start, title, other_title (with `other_kind`), project,
    indicator_header, funding_header, goal_header, or null; the columns of `find_headers` are null where a row belongs
    to no header. `row_index` counts the rows of all documents.
    """
    place = ["document_id", "page_number", "table_number", "row_number"]
    line = pl.when(pl.col("table_number").is_null()).then(pl.col("cell_number"))
    rows = (
        cells.with_columns(line_number=line)
        .group_by([*place, "line_number"], maintain_order=True)
        .agg(
            **_signals(),
            first_cell=pl.col("cell_number").min(),
            row_x0=pl.col("x0").min(),
            row_x1=pl.col("x1").max(),
            row_top=pl.col("top").min(),
            row_bottom=(pl.col("top") + (pl.col("bottom") - pl.col("top")) / pl.col("row_span").fill_null(1)).min(),
        )
        .sort("document_id", "page_number", "first_cell")
        .with_row_index("row_index")
    )
    in_table = cells.filter(pl.col("table_number").is_not_null(), pl.col("line_count") > 0)
    line_height = in_table.group_by("document_id").agg(
        line_height=((pl.col("text_bottom") - pl.col("text_top")) / pl.col("line_count")).median()
    )
    rows = rows.join(line_height, on="document_id", how="left", maintain_order="left")
    headers = find_headers(cells)
    rows = rows.join(headers, on=place, how="left", maintain_order="left")
    is_head = pl.col("row_number") == pl.col("head_row")
    return (
        rows.with_columns(
            kind=pl.when(is_head)
            .then("head_kind")
            .when(pl.col("has_project") & ~pl.col("first_is_total"))
            .then(pl.lit("project"))
            .when(pl.col("has_title") & (pl.col("text_count") == 1) & ~is_by_others("first_key"))
            .then(pl.lit("title"))
            .when((pl.col("text_count") == 1) & other_title("first_key").is_not_null())
            .then(pl.lit("other_title")),
            other_kind=pl.when(pl.col("text_count") == 1).then(other_title("first_key")),
        )
        .pipe(find_wrapped_titles)
        .pipe(find_prefaces)
    )
