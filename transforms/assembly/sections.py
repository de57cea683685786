"""Which block of its form each row belongs to."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.places import FORM, TABLE

SECTION_OF_HEADER: Final = {"indicator_header": "indicators", "funding_header": "funding", "goal_header": "goals"}

_MOST_GOAL_CELLS: Final = 4
_FEWEST_CELLS: Final = 4


def _find_headers(rows: pl.DataFrame) -> pl.DataFrame:
    """Tell the headers of the form from those of other tables that follow it in a report.

    Once the indicators have begun, money or goals are no longer the form's, unless they come for the first time and in
    the same table; once the totals have been stated, nor are indicators in a new table. Adds `opens` (first row of a
    table that carries none on), `is_header` and `past_indicators`.
    """
    is_indicators = (pl.col("kind") == "indicator_header").fill_null(False)
    is_first = pl.col("is_table") & (pl.col("row_number") == pl.col("row_number").min().over(TABLE))
    totalled = (is_indicators.cum_max().over(FORM) & pl.col("first_is_total")).fill_null(False)
    is_askew = is_first & pl.col("is_askew").fill_null(False)
    rows = rows.with_columns(
        opens=is_first & (~pl.col("carries_on").fill_null(False) | (is_askew & totalled.cum_max().over(FORM))),
        past_indicators=is_indicators.cum_max().over(FORM),
        is_askew=is_askew,
        lacks_actual=_lacks_actual(is_indicators),
    ).with_columns(
        chain=pl.col("opens").cum_sum(),
        past_total=(pl.col("past_indicators") & pl.col("first_is_total")).cum_max().over(FORM),
    )
    first_chain = pl.col("chain").filter(is_indicators).first().over(FORM)
    elsewhere = (pl.col("chain") > first_chain).fill_null(False)
    is_kind = pl.col("kind").is_in(list(SECTION_OF_HEADER)).fill_null(False)
    comes_first = is_kind & (pl.int_range(pl.len()).over(*FORM, "kind") == 0) & ~elsewhere
    foreign = (pl.col("past_indicators") & ~is_indicators & ~comes_first) | (elsewhere & pl.col("past_total"))
    foreign |= pl.col("lacks_actual")
    return rows.with_columns(is_header=is_kind & ~foreign)


def _lacks_actual(is_indicators: pl.Expr) -> pl.Expr:
    """Whether a header names targets and no actual values, and the form's first header both."""
    own = pl.when(is_indicators).then("has_actual").drop_nulls().first().over(FORM)
    lacks = ~pl.col("has_actual") & pl.col("has_target") & ~pl.col("has_score")
    return (is_indicators & own & lacks).fill_null(False)


def find_sections(rows: pl.DataFrame) -> pl.DataFrame:
    """Say which block each row of a form belongs to.

    Adds `section`: head, funding, goals, indicators, management, tail (after the totals), or unread: what
    cannot belong to the block above it; null for rows of tables that no header announces. `header_index` is the
    row_index of the header that rules the row; `in_header` is true for all rows of a header, `is_header` for its main
    row.
    `is_total` is true for the row of the totals, `is_subtotal` for one that adds up rows within the indicators.
    """
    rows = _find_headers(rows.with_columns(is_table=pl.col("table_number").is_not_null()))
    last_header = pl.when("is_header").then(pl.col("kind")).forward_fill().over(FORM)
    rows = _find_totals(rows.with_columns(last_header=last_header))
    header, kind = pl.col("is_header"), pl.col("kind")
    band = rows.filter(header).select(
        *TABLE,
        "head_row",
        band_section=kind.replace_strict(SECTION_OF_HEADER, default=None, return_dtype=pl.String),
        band_index="row_index",
    )
    indicators = pl.when(header & (kind == "indicator_header")).then("row_index").forward_fill().over(FORM)
    return (
        rows.with_columns(section=_begun_section())
        .with_columns(pl.col("section").forward_fill().over(FORM))
        .join(band, on=[*TABLE, "head_row"], how="left", maintain_order="left")
        .with_columns(
            section=pl.coalesce("band_section", pl.when(pl.col("section") != "").then("section")),
            header_index=pl.when("is_total")
            .then(indicators)
            .otherwise(pl.coalesce("band_index", pl.when("is_header").then("row_index").forward_fill().over(FORM))),
            in_header=pl.col("band_index").is_not_null(),
        )
        .drop("last_header", "ends")
    )


def _find_totals(rows: pl.DataFrame) -> pl.DataFrame:
    """Add `in_indicators` (a row below the header of the indicators), `is_subtotal`, `is_total` and `ends` to rows.

    A row that adds up is a subtotal while more indicators follow it under the same header. `ends`: the row stands
    below the indicators, as totals, ratings and signatures do.
    """
    header, is_table, last_header = pl.col("is_header"), pl.col("is_table"), pl.col("last_header")
    below = (pl.col("past_indicators") & (last_header == "indicator_header") & ~header).fill_null(False)
    in_band = pl.col("head_row").is_not_null() & ~header
    rows = rows.with_columns(in_indicators=below & is_table & ~in_band)
    in_indicators = pl.col("in_indicators")
    rating, personal, footer = (
        pl.col(name).fill_null(False) for name in ("first_is_rating", "first_is_personal", "first_is_footer")
    )
    sums_up = in_indicators & (pl.col("first_is_total") | pl.col("first_is_subtotal"))
    is_row = in_indicators & pl.col("has_figure") & (pl.col("text_count") >= _FEWEST_CELLS) & ~sums_up
    is_row = is_row & ~footer & ~personal & ~rating & ~pl.col("first_is_form_label")
    rows = rows.with_columns(last_head=pl.when(header).then("row_index").forward_fill().over(FORM))
    block = [*FORM, "last_head", "chain"]
    # Neither money, nor what stands below it, a rating or a name, is an indicator.
    ended = rating | personal | pl.col("has_amount").fill_null(False)
    is_row &= ~(in_indicators & ended).cum_max().over(block)
    rows_from_here = is_row.cast(pl.Int32).reverse().cum_max().reverse().over(block)
    more_follow = rows_from_here.shift(-1).over(block).fill_null(0) > 0
    rows = rows.with_columns(is_subtotal=sums_up & (pl.col("first_is_subtotal") | more_follow))
    is_late = pl.col("past_indicators") & is_table & ~header & last_header.is_in(["funding_header", "goal_header"])
    late_total = (is_late & pl.col("first_is_total") & pl.col("first_key").str.contains("分")).fill_null(False)
    is_total = (sums_up & ~pl.col("is_subtotal")) | late_total
    below_all = is_total | rating | personal | (footer & (pl.col("text_count") <= 3))
    return rows.with_columns(is_total=is_total, ends=late_total | (in_indicators & ~pl.col("is_subtotal") & below_all))


def _before_indicators() -> pl.Expr:
    """Whether the next row begins the header of the indicators."""
    begins = pl.col("head_row").is_not_null() & (pl.col("head_kind") == "indicator_header")
    return begins.fill_null(False).shift(-1, fill_value=False).over(FORM)


def _begun_section() -> pl.Expr:
    """Return the section that begins with a row; empty where a table begins that nothing announces, else null."""
    header, last_header, in_indicators = pl.col("is_header"), pl.col("last_header"), pl.col("in_indicators")
    kind, opens, cells = pl.col("kind"), pl.col("opens"), pl.col("text_count")
    is_goal_side = pl.col("first_is_goal_side").fill_null(False)
    management = (
        pl.col("first_is_management").fill_null(False) & ~header & (last_header != "indicator_header").fill_null(True)
    )
    in_goals = (last_header == "goal_header").fill_null(False) & is_goal_side
    pair_goal = (pl.col("goal_pairs") > 0) & ~header & ~in_goals & ~in_indicators
    head_label = pl.col("first_is_form_label").fill_null(False) & ~header & (last_header == "funding_header")
    # 合计 below money adds up money.
    early_total = (
        pl.col("first_is_total").fill_null(False)
        & ~header
        & ~in_indicators
        & (
            (last_header == "goal_header")
            | ((last_header == "funding_header") & pl.col("first_key").str.contains("分"))
        ).fill_null(False)
    )
    side_goal = is_goal_side & ~header & (last_header == "funding_header")
    begins = kind.is_in(["project", "title", "title_start", "preface", "other_title"])
    begins = begins & ~(in_indicators & (cells >= _FEWEST_CELLS))
    # Goals have few cells a row, and no row of goals or money begins with labels of both levels.
    strange = (
        ~header
        & pl.col("is_table")
        & (
            ((last_header == "goal_header") & (cells > _MOST_GOAL_CELLS))
            | (last_header.is_in(["goal_header", "funding_header"]) & pl.col("has_levels"))
            | (pl.col("is_askew") & in_indicators & ~opens)
        )
    ).fill_null(False)
    # A caption alone above the header of the indicators is theirs, and not a goal.
    is_caption = pl.col("first_is_caption").fill_null(False) & (cells == 1) & pl.col("is_table") & ~header
    is_caption &= (last_header == "goal_header").fill_null(False) & _before_indicators()
    return (
        pl.when(header)
        .then(kind.replace_strict(SECTION_OF_HEADER, default=None, return_dtype=pl.String))
        .when(is_caption)
        .then(pl.lit(""))
        .when("ends")
        .then(pl.lit("tail"))
        .when(management)
        .then(pl.lit("management"))
        .when(pair_goal | head_label | side_goal | early_total | begins)
        .then(pl.lit("head"))
        .when(pl.col("lacks_actual") & pl.col("past_total"))
        .then(pl.lit(""))
        .when(strange | (kind.is_in(list(SECTION_OF_HEADER)) & (last_header == "indicator_header") & ~opens))
        .then(pl.lit("unread"))
        .when(opens)
        .then(pl.lit(""))
    )
