"""Where the forms of a document begin and end, and which block of a form each row belongs to.

Works on `cells` of many documents at once. Two tables come out of it: the cells with what their label says, and the
rows (one for each grid row of a table and for each line of text) with form and section.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import polars as pl

from transforms.assembly.labels import bare_key, label_key, vocabulary

DOC: Final = ["document_id"]
TABLE: Final = ["document_id", "page_number", "table_number"]
FORM: Final = ["document_id", "form_number"]
PLACE: Final = ["page_number", "x0", "top", "x1", "bottom", "confidence"]

EDGE: Final = 6.0
PREFACE_LINES: Final = 3
TITLE: Final = r"(?:自评|绩效评价).{0,14}表(?:\(.{0,20}\))?.{0,4}$|^.{0,40}(?:自评|评价)报告$"
NOT_A_TITLE: Final = r"清单|目录|汇总|一览|^附件|^附表\d*$|[。;；]|如下|详见|^见"
PREFACE: Final = r"^附[件表]|单位:?(?:人民币)?:?(?:百|千|万|亿)?元|编号|公开\d+表|^部门:|^\(?(?:19|20)\d\d年?度?\)?$"
AMOUNTS: Final = ("initial_budget", "annual_budget", "executed")
SECTION_OF_HEADER: Final = {"indicator_header": "indicators", "funding_header": "funding", "goal_header": "goals"}
CONTEXTS: Final = (
    "form",
    "goal_side",
    "funding",
    "indicator",
    "total",
    "level_1",
    "level_2",
    "footer",
    "management",
    "personal",
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Cells with their labels and place, and rows with their form and section."""

    cells: pl.DataFrame
    rows: pl.DataFrame


def label_cells(cells: pl.DataFrame) -> pl.DataFrame:
    """Say of each cell what its text would name in each context.

    Adds `key`, `bare`, `<context>_field` and `<context>_rank` for the contexts of the vocabulary, and the
    neighbour to the right: `right_number` (cell_number), `right_text`, `right_is_label`.
    One row in, one row out.
    """
    keys = cells.select("text").unique().with_columns(key=label_key(pl.col("text")))
    keys = keys.with_columns(bare=bare_key(pl.col("key")))
    matches = []
    for name in CONTEXTS:
        field, rank = vocabulary()[name].match("key", "bare")
        matches += [field.alias(f"{name}_field"), rank.alias(f"{name}_rank")]
    keys = keys.with_columns(matches).with_columns(
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
        .unique(["document_id", "page_number", "cell_number"], keep="first", maintain_order=True)
        .select("document_id", "page_number", "cell_number", "right_number", "right_text", "right_is_label")
    )
    return labelled.join(right, on=["document_id", "page_number", "cell_number"], how="left", maintain_order="left")


def _signals() -> dict[str, pl.Expr]:
    """What the cells that begin in a row say together about the row."""
    text = pl.col("key") != ""
    indicator, funding, form = pl.col("indicator_field"), pl.col("funding_field"), pl.col("form_field")
    goal = form.is_in(["expected_goal_text", "actual_goal_text", "adjusted_goal_text"])
    numeric_right = pl.col("right_text").str.contains(r"^[-－]?[\d,，.]+(?:元|万元|万|%)?$").fill_null(False)
    has_value = pl.col("right_number").is_not_null() & ~pl.col("right_is_label").fill_null(False)
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
        "has_project_label": (form == "project_name").any(),
        "indicator_fields": indicator.filter(indicator != "unpublished").n_unique(),
        "has_name": (indicator == "indicator_name").any(),
        "has_levels": (indicator == "level_1_label").any() & (indicator == "level_2_label").any(),
        "has_actual": (indicator == "actual").any(),
        "has_amounts": (funding.is_in(AMOUNTS) & ~numeric_right).any(),
        "funding_fields": funding.filter(funding.is_in([*AMOUNTS, "execution_rate", "weight", "score"])).n_unique(),
        "goal_columns": form.filter(
            goal & (pl.col("right_number").is_null() | pl.col("right_is_label").fill_null(True))
        ).n_unique(),
        "goal_pairs": (goal & has_value).sum(),
        "first_key": pl.col("key").filter(text).first(),
        "first_is_total": pl.col("total_field").filter(text).first().is_not_null(),
        "first_is_footer": pl.col("footer_field").is_not_null().filter(text).first(),
        "first_is_personal": pl.col("personal_field").is_not_null().filter(text).first(),
        "first_is_management": pl.col("management_field").filter(text).first().is_not_null(),
        "first_is_goal_side": pl.col("goal_side_field").filter(text).first().is_not_null(),
        "first_is_rating": (form == "rating").filter(text).first(),
        "first_is_form_label": form.filter(text).first().is_not_null(),
    }


def find_rows(cells: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each grid row in which a cell begins, and for each line of text, in reading order.

    `kind` says what a row announces: preface, title_start, title, project, indicator_header, funding_header,
    goal_header, or null. `row_index` counts the rows of all documents.
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
    indicator_header = (
        (pl.col("indicator_fields") >= 3) & (pl.col("has_name") | pl.col("has_levels")) & pl.col("has_actual")
    )
    funding_header = (
        pl.col("has_amounts")
        & (pl.col("funding_fields") >= 2)
        & ~pl.col("has_project_label")
        & pl.col("table_number").is_not_null()
    )
    goal_header = (pl.col("goal_columns") >= 2) & (pl.col("goal_pairs") == 0) & pl.col("table_number").is_not_null()
    return (
        rows.with_columns(
            kind=pl.when(indicator_header & pl.col("table_number").is_not_null())
            .then(pl.lit("indicator_header"))
            .when(funding_header)
            .then(pl.lit("funding_header"))
            .when(goal_header)
            .then(pl.lit("goal_header"))
            .when(pl.col("has_project") & ~pl.col("first_is_total"))
            .then(pl.lit("project"))
            .when(pl.col("has_title") & (pl.col("text_count") == 1))
            .then(pl.lit("title"))
        )
        .pipe(_find_wrapped_titles)
        .pipe(_find_prefaces)
    )


def _find_wrapped_titles(rows: pl.DataFrame) -> pl.DataFrame:
    """Call a line a title that ends one whose first line alone says nothing yet: 绩效自 | 评表."""
    names = ("first_key", "kind", "row_top", "row_bottom", "table_number", "text_count")
    before = [pl.col(c).shift(1).over("document_id", "page_number").alias(f"{c}_before") for c in names]
    height = pl.col("row_bottom") - pl.col("row_top")
    height_before = pl.col("row_bottom_before") - pl.col("row_top_before")
    joined = pl.col("first_key_before") + pl.col("first_key")
    ends_title = (
        pl.all_horizontal(pl.col(c).is_null() for c in ("kind", "kind_before", "table_number", "table_number_before"))
        & joined.str.contains(TITLE)
        & ~joined.str.contains(NOT_A_TITLE)
        & (pl.col("first_key").str.len_chars() < pl.col("first_key_before").str.len_chars())
        & ((height - height_before).abs() < 0.15 * height)
        & (pl.col("row_top") - pl.col("row_bottom_before") < height)
        & (height > pl.col("line_height"))
    )
    return (
        rows.with_columns(before)
        .with_columns(kind=pl.when(ends_title).then(pl.lit("title")).otherwise("kind"))
        .select(pl.exclude("^.*_before$"))
    )


def _find_prefaces(rows: pl.DataFrame) -> pl.DataFrame:
    """Find the lines above a title that belong to it.

    `kind` is title_start for the first line of a title of two lines, preface for a line with a unit, a number or 附件
    above it. Adds `block_start`, the row_index of the first of these lines, or the row's own.
    """
    names = ("kind", "row_top", "row_bottom", "row_x0", "row_x1", "table_number")
    for _ in range(PREFACE_LINES):
        following = [pl.col(c).shift(-1).over("document_id", "page_number").alias(f"{c}_next") for c in names]
        height = pl.col("row_bottom") - pl.col("row_top")
        height_next = pl.col("row_bottom_next") - pl.col("row_top_next")
        middle, middle_next = pl.col("row_x0") + pl.col("row_x1"), pl.col("row_x0_next") + pl.col("row_x1_next")
        is_line = pl.col("table_number").is_null() & pl.col("kind").is_null()
        is_preface = pl.col("first_key").str.contains(PREFACE)
        begins_title = (
            (pl.col("kind_next") == "title")
            & pl.col("table_number_next").is_null()
            & ((middle - middle_next).abs() < 4 * EDGE)
            & ((height - height_next).abs() < 0.15 * height_next)
            & (pl.col("row_top_next") - pl.col("row_bottom") < height_next)
            & (height_next > pl.col("line_height"))
        )
        above = pl.col("kind_next").is_in(["title", "title_start", "preface", "project"])
        rows = (
            rows.with_columns(following)
            .with_columns(
                kind=pl.when(is_line & above & is_preface)
                .then(pl.lit("preface"))
                .when(is_line & begins_title)
                .then(pl.lit("title_start"))
                .otherwise("kind")
            )
            .select(pl.exclude("^.*_next$"))
        )
    goes_on = pl.col("kind").shift(1).over("document_id", "page_number").is_in(["title_start", "preface"])
    return rows.with_columns(block=(~goes_on.fill_null(False)).cum_sum()).with_columns(
        block_start=pl.col("row_index").min().over("block")
    )


def find_forms(rows: pl.DataFrame) -> pl.DataFrame:
    """Number the forms of each document: adds `form_number` to the rows; null before the first form.

    A form begins with its title or, without one, with its project row; it begins only once the form before it has
    shown a funding, goal or indicator header, so that a title printed again on each page starts nothing. What
    shows no indicator header, and no funding header below a title, is not a form.
    """
    head = pl.col("kind").is_in(["title", "project"]).fill_null(False)
    body = pl.col("kind").is_in(["indicator_header", "funding_header", "goal_header"]).fill_null(False)
    marks = rows.filter(head | body).select("row_index", "document_id", "kind", is_head=head)
    # One run of heads followed by one run of bodies is a candidate.
    marks = marks.with_columns(
        run=(pl.col("is_head") & ~pl.col("is_head").shift(1).over("document_id").fill_null(False))
        .cum_sum()
        .over("document_id")
    )
    runs = marks.group_by("document_id", "run", maintain_order=True).agg(
        first=pl.col("row_index").first(),
        project=pl.col("row_index").filter(pl.col("kind") == "project").last(),
        title_first=pl.col("row_index").filter(pl.col("kind") == "title").first(),
        title_before_project=pl.col("row_index")
        .filter(
            (pl.col("kind") == "title")
            & (pl.col("row_index") < pl.col("row_index").filter(pl.col("kind") == "project").first().fill_null(2**31))
        )
        .last(),
        has_project=(pl.col("kind") == "project").any(),
        has_title=(pl.col("kind") == "title").any(),
        has_funding=(pl.col("kind") == "funding_header").any(),
        has_goal=(pl.col("kind") == "goal_header").any(),
        has_indicators=(pl.col("kind") == "indicator_header").any(),
    )
    # A title alone above a repeated indicator header carries the form before it on.
    carries_on = (
        ~pl.col("has_project")
        & ~pl.col("has_funding")
        & ~pl.col("has_goal")
        & (pl.col("run") > pl.col("run").min().over("document_id"))
    )
    runs = (
        runs.with_columns(form_run=(~carries_on).cum_sum().over("document_id"))
        .group_by("document_id", "form_run", maintain_order=True)
        .agg(
            start=pl.coalesce("title_before_project", "title_first", "project", "first").first(),
            is_form=(
                pl.col("has_indicators").any()
                & (pl.col("has_project") | pl.col("has_title") | pl.col("has_funding")).any()
            )
            | (
                pl.col("has_funding").any()
                & pl.col("has_title").any()
                & (pl.col("has_project") | pl.col("has_goal")).any()
            ),
        )
    )
    starts = runs.with_columns(
        form_number=pl.when("is_form").then(pl.col("is_form").cum_sum().over("document_id").cast(pl.Int32)).otherwise(0)
    ).select("document_id", "form_number", row_index="start")
    starts = starts.join(rows.select("row_index", "block_start"), on="row_index").select(
        "document_id", "form_number", row_index="block_start"
    )
    return (
        rows.join(starts, on=["document_id", "row_index"], how="left", maintain_order="left")
        .with_columns(pl.col("form_number").forward_fill().over("document_id"))
        .with_columns(form_number=pl.when(pl.col("form_number") > 0).then("form_number"))
    )


def find_tables(cells: pl.DataFrame) -> pl.DataFrame:
    """Return one row for each table: whether it carries the table before it on, and how far it is shifted sideways.

    A table carries on when it is the first of a page and the other the last of the page before, or when it follows on
    the same page with no gap to speak of; when no sentence stands between them; and when the two share an edge or are
    as wide. `shift` adds up the sideways
    steps of tables that are as wide but share no edge, as where odd and even pages have other margins.
    """
    sentence = pl.col("table_number").is_null() & pl.col("text").str.contains("。", literal=True)
    tables = (
        cells.with_columns(sentences=sentence.cum_sum().over("document_id"))
        .filter(pl.col("table_number").is_not_null())
        .group_by(TABLE)
        .agg(
            sentences_above=pl.col("sentences").min(),
            table_x0=pl.col("x0").min(),
            table_x1=pl.col("x1").max(),
            table_top=pl.col("top").min(),
            table_bottom=pl.col("bottom").max(),
        )
        .sort(TABLE)
    )
    before = [
        pl.col(c).shift(1).over("document_id").alias(f"{c}_before")
        for c in ("page_number", "table_x0", "table_x1", "table_bottom", "sentences_above")
    ]
    step = pl.col("table_x0") - pl.col("table_x0_before")
    end_step = pl.col("table_x1") - pl.col("table_x1_before")
    width = pl.col("table_x1_before") - pl.col("table_x0_before")
    shares_edge = (step.abs() < EDGE) | (end_step.abs() < EDGE)
    as_wide = (step - end_step).abs() <= 0.03 * width
    same_page = pl.col("page_number") == pl.col("page_number_before")
    next_page = pl.col("page_number") == pl.col("page_number_before") + 1
    touches = (pl.col("table_top") - pl.col("table_bottom_before")).abs() < 2 * EDGE
    nothing_said = pl.col("sentences_above") == pl.col("sentences_above_before")
    carries_on = (shares_edge | as_wide) & nothing_said & (next_page | (same_page & touches))
    return (
        tables.with_columns(before)
        .with_columns(
            carries_on=carries_on.fill_null(False),
            step=pl.when(carries_on & ~shares_edge).then(step).fill_null(0.0),
        )
        .select(*TABLE, "carries_on", shift=pl.col("step").cum_sum().over("document_id"))
    )


def _find_headers(rows: pl.DataFrame) -> pl.DataFrame:
    """Tell the headers of the form from those of other tables that follow it in a report.

    Once the indicators have begun, money or goals are no longer the form's; once the totals have been stated, nor are
    indicators in a new table. Adds `opens` (first row of a table that carries none on), `is_header` and
    `past_indicators`.
    """
    is_indicators = (pl.col("kind") == "indicator_header").fill_null(False)
    rows = rows.with_columns(
        opens=pl.col("is_table")
        & ~pl.col("carries_on").fill_null(False)
        & (pl.col("row_number") == pl.col("row_number").min().over(TABLE)),
        past_indicators=is_indicators.cum_max().over(FORM),
    ).with_columns(
        chain=pl.col("opens").cum_sum(),
        past_total=(pl.col("past_indicators") & pl.col("first_is_total")).cum_max().over(FORM),
    )
    first_chain = pl.col("chain").filter(is_indicators).first().over(FORM)
    elsewhere = (pl.col("chain") > first_chain).fill_null(False)
    foreign = (pl.col("past_indicators") & ~is_indicators) | (elsewhere & pl.col("past_total"))
    return rows.with_columns(is_header=pl.col("kind").is_in(list(SECTION_OF_HEADER)).fill_null(False) & ~foreign)


def find_sections(rows: pl.DataFrame, tables: pl.DataFrame) -> pl.DataFrame:
    """Say which block each row of a form belongs to: adds `section`, `header_index`, `is_header` and `is_total`.

    `section` is head, funding, goals, indicators, management, or tail (after the totals); null for rows of tables that
    no header announces. `header_index` is the row_index of the header that rules the row.
    """
    rows = rows.join(tables.select(*TABLE, "carries_on"), on=TABLE, how="left", maintain_order="left").with_columns(
        is_table=pl.col("table_number").is_not_null()
    )
    rows = _find_headers(rows)
    opens, header = pl.col("opens"), pl.col("is_header")
    past_indicators = pl.col("past_indicators")
    last_header = pl.when(header).then(pl.col("kind")).forward_fill().over(FORM)
    is_total = (
        pl.col("is_table") & pl.col("first_is_total") & past_indicators & (last_header == "indicator_header") & ~header
    ).fill_null(False)
    tail = (
        past_indicators
        & (last_header == "indicator_header")
        & ~header
        & (
            is_total
            | pl.col("first_is_rating").fill_null(False)
            | pl.col("first_is_personal").fill_null(False)
            | (pl.col("first_is_footer").fill_null(False) & (pl.col("text_count") <= 3))
        )
    )
    management = (
        pl.col("first_is_management").fill_null(False) & ~header & (last_header != "indicator_header").fill_null(True)
    )
    in_goals = (last_header == "goal_header").fill_null(False) & pl.col("first_is_goal_side").fill_null(False)
    pair_goal = (pl.col("goal_pairs") > 0) & ~header & ~in_goals
    head_label = pl.col("first_is_form_label").fill_null(False) & ~header & (last_header == "funding_header")
    side_goal = pl.col("first_is_goal_side").fill_null(False) & ~header & (last_header == "funding_header")
    mark = (
        pl.when(header)
        .then(pl.col("kind").replace_strict(SECTION_OF_HEADER, default=None, return_dtype=pl.String))
        .when(tail)
        .then(pl.lit("tail"))
        .when(management)
        .then(pl.lit("management"))
        .when(pair_goal | head_label | side_goal | pl.col("kind").is_in(["project", "title", "title_start", "preface"]))
        .then(pl.lit("head"))
        .when(opens)
        .then(pl.lit(""))
    )
    return (
        rows.with_columns(is_total=is_total, section=mark)
        .with_columns(pl.col("section").forward_fill().over(FORM))
        .with_columns(
            section=pl.when(pl.col("section") != "").then("section"),
            header_index=pl.when("is_header").then("row_index").forward_fill().over(FORM),
        )
    )


def lay_out(cells: pl.DataFrame) -> Layout:
    """Find the forms, blocks and rows of documents.

    Args:
        cells: contract `Cells`, whole documents, any number of them, any order.

    Returns:
        cells: the cells of forms with `row_index` (row in which the cell begins), `form_number`, `section`, labels, and
            `rel_x0`, `rel_x1` as if no page were shifted sideways. What belongs to no form is dropped.
        rows: the rows of forms.
    """
    # Sides of a merged cell that no rule crosses come as a table of their own, without text.
    has_text = pl.col("table_number").is_null() | (pl.col("text") != "").any().over(TABLE)
    cells = label_cells(cells.sort("document_id", "page_number", "cell_number").filter(has_text))
    tables = find_tables(cells)
    rows = find_sections(find_forms(find_rows(cells)), tables).filter(pl.col("form_number").is_not_null())
    place = ["document_id", "page_number", "table_number", "row_number", "line_number"]
    numbered = (
        cells.with_columns(line_number=pl.when(pl.col("table_number").is_null()).then(pl.col("cell_number")))
        .join(
            rows.select(*place, "row_index", "form_number", "section", "header_index", "is_header", "is_total"),
            on=place,
            nulls_equal=True,
            maintain_order="left",
        )
        .join(tables, on=TABLE, how="left", maintain_order="left")
        .with_columns(rel_x0=pl.col("x0") - pl.col("shift"), rel_x1=pl.col("x1") - pl.col("shift"))
    )
    return Layout(numbered, rows)
