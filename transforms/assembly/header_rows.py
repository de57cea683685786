"""Which rows of a table are headers: recognised by their labels together and by their shape, never by one label alone.

A header is one row of labels or a band of two or three: labels that reach over all of them, and groups with their
columns below. A row that only groups the columns of the next row belongs to it, and so does a row that numbers them.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.labels import vocabulary
from transforms.assembly.places import TABLE
from warehouse.contract.vocabulary import AMOUNTS

GOALS: Final = ("expected_goal_text", "actual_goal_text", "adjusted_goal_text")
ROW: Final = [*TABLE, "row_number"]

_POINTS: Final = ("execution_rate", "weight", "score")
_HIGHEST_BAND: Final = 3
_LONGEST_LABEL: Final = 24
_LONGEST_GOAL_LABEL: Final = 14
_SENTENCE: Final = r"[。；;，,]"
_FIGURE: Final = r"^[≥≤<>=＝≧≦]|^[-－]?[\d,.]+(?:%|分|元|万元)?$"
_ORDINAL: Final = r"\d{1,2}|[A-Za-z]|[①-⑳]|[一二三四五六七八九十]{1,2}|[甲乙丙丁戊己庚辛壬癸]|栏次|行次|序号|列次"
_NUMBERING: Final = rf"^[(（]?(?:{_ORDINAL})[)）]?(?:[=＝].*)?$"
_MARK: Final = r"^[\p{P}\p{S}]*$"
_FEWEST_NUMBERS: Final = 4
_FEWEST_UNKNOWN: Final = 5
_FEWEST_VALUES: Final = 2
_FEWEST_PAIRS: Final = 2
"""Amounts with a figure right of their label: so many in one row are pairs, and the row heads no columns."""
_NUMERIC: Final = r"^[-－]?[\d,，.]+(?:元|万元|万|%)?$"

_OF_YEAR: Final = r"^((?:19|20)\d\d)年?度?(?:预算|执行|资金)?(?:情况)?(?:\(.*\))?$"
_LABEL_AND_FIGURE: Final = r"^[^\d]{2,20}:?[-－]?\d[\d,.]*(?:[万亿]?元|%|分)?$"


def find_headers(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the rows of tables that are headers, or belong to one.

    Args:
        cells: `rows.label_cells`.

    Returns:
        One row for each: table and `row_number`, `head_row` (the row_number of the header's main row), `head_kind`
        (indicator_header, funding_header, goal_header), `is_numbering` (the row only numbers the columns),
        `has_actual`, `has_score`, `has_target` and `is_periodic` (a label names a part of the year, or a forecast) of
        the whole header.
    """
    texts = cells.filter(pl.col("table_number").is_not_null(), pl.col("key") != "").with_columns(
        row_end=pl.col("row_number") + pl.col("row_span"),
        column_end=pl.col("column_number") + pl.col("column_span"),
        is_short=(pl.col("key").str.len_chars() <= _LONGEST_LABEL)
        & ~pl.col("key").str.contains(_SENTENCE)
        & ~pl.col("key").str.contains(_FIGURE),
    )
    bands = _bands(texts)
    in_band = texts.join(bands, on=ROW, how="left", maintain_order="left").with_columns(
        head_row=pl.coalesce("head_row", "row_number")
    )
    in_band = _with_groups(in_band)
    heads = _known(in_band)
    heads = pl.concat([heads, _goals_by_shape(texts, heads), _unknown(texts, heads)])
    rows = pl.concat(
        [
            bands.join(heads.select(*TABLE, "head_row"), on=[*TABLE, "head_row"], how="semi"),
            heads.select(*TABLE, row_number="head_row", head_row="head_row"),
        ]
    ).unique(ROW, keep="first", maintain_order=True)
    rows = pl.concat([rows, _groups_above(texts, rows, heads)])
    rows = rows.with_columns(is_numbering=pl.lit(False))
    printed = cells.filter(pl.col("table_number").is_not_null(), pl.col("text").str.strip_chars() != "")
    rows = pl.concat([rows, _numbering(printed, rows)])
    return rows.join(heads, on=[*TABLE, "head_row"], how="left", maintain_order="left").unique(
        ROW, keep="first", maintain_order=True
    )


def _bands(texts: pl.DataFrame) -> pl.DataFrame:
    """Return the rows below the first row of a header of several rows, with that row as `head_row`."""
    named = pl.any_horizontal(
        pl.col("indicator_field").is_not_null(),
        pl.col("funding_field").is_not_null(),
        pl.col("form_field").is_in(GOALS) & pl.col("goal_side_field").is_null(),
    )
    height = pl.col("row_span")
    # The label of the money may stand beside its lines too, where it reaches over more than two rows.
    is_side = (pl.col("funding_field") == "source_label").fill_null(False)
    ends = [
        pl.col("row_end").filter(named & is_one, pl.col("is_short")).max()
        for is_one in (~is_side & height.is_between(2, _HIGHEST_BAND), is_side & (height == 2))
    ]
    tops = (
        texts.group_by(ROW, maintain_order=True)
        .agg(
            band_end=pl.coalesce(ends),
            has_group=((pl.col("column_span") > 1) & (height < _HIGHEST_BAND)).any(),
        )
        .filter(pl.col("band_end").is_not_null(), "has_group")
        .select(*TABLE, head_row="row_number", band_end="band_end")
    )
    if tops.is_empty():
        return texts.select(*ROW, head_row="row_number").clear()
    below = (
        texts.join(tops, on=TABLE)
        .filter(pl.col("row_number") > pl.col("head_row"), pl.col("row_number") < pl.col("band_end"))
        .with_columns(
            is_sound=(pl.col("is_short") & (pl.col("row_end") <= pl.col("band_end"))).all().over(*TABLE, "head_row"),
            count=pl.len().over(*TABLE, "head_row"),
        )
    )
    return below.filter("is_sound", pl.col("count") > 1).select(*ROW, "head_row").unique(maintain_order=True)


def _with_groups(in_band: pl.DataFrame) -> pl.DataFrame:
    """Name labels of a band that say something only together with the group above them: 年初 below 预算."""
    place = ["cell_number", "column_number", "column_end", "row_number"]
    below = in_band.filter(
        pl.col("row_number") > pl.col("head_row"),
        pl.col("funding_field").is_null(),
        pl.col("indicator_field").is_null(),
    ).select(*TABLE, "head_row", *place, "key")
    if below.is_empty():
        return in_band
    above = in_band.select(*TABLE, "head_row", *[pl.col(c).alias(f"{c}_above") for c in place], group="key")
    words = vocabulary()
    joined = (
        below.join(above, on=[*TABLE, "head_row"])
        .filter(
            pl.col("row_number_above") < pl.col("row_number"),
            pl.col("column_number_above") <= pl.col("column_number"),
            pl.col("column_end_above") >= pl.col("column_end"),
        )
        .sort("row_number_above", descending=True)
        .unique([*TABLE, "cell_number"], keep="first", maintain_order=True)
        .with_columns(before=pl.col("key") + pl.col("group"), after=pl.col("group") + pl.col("key"))
        .with_columns(
            group_funding=words["funding"].match("before", "after")[0],
            group_indicator=words["indicator"].match("before", "after")[0],
        )
    )
    return (
        in_band.join(
            joined.select(*TABLE, "cell_number", "group_funding", "group_indicator"),
            on=[*TABLE, "cell_number"],
            how="left",
            maintain_order="left",
        )
        .with_columns(
            funding_field=pl.coalesce("funding_field", "group_funding"),
            indicator_field=pl.coalesce("indicator_field", "group_indicator"),
        )
        .drop("group_funding", "group_indicator")
    )


def _known(in_band: pl.DataFrame) -> pl.DataFrame:
    """Return the headers that a sufficient set of known labels names, one row each."""
    indicator, funding, form = pl.col("indicator_field"), pl.col("funding_field"), pl.col("form_field")
    goal = form.is_in(GOALS).fill_null(False)
    has_figure = pl.col("right_text").str.contains(_NUMERIC) | pl.col("key").str.contains(_LABEL_AND_FIGURE)
    has_figure = has_figure.fill_null(False)
    has_value = pl.col("right_number").is_not_null() & ~pl.col("right_is_label").fill_null(False)
    known = in_band.filter(indicator.is_not_null() | funding.is_not_null() | form.is_not_null())

    def has(field: str) -> pl.Expr:
        return (indicator == field).fill_null(False).any()

    # 年度主要任务 in the forms of whole departments: what each task costs is not a line of the money.
    has_tasks = (pl.col("key").str.contains("任务") & pl.col("is_short")).any()
    texts = in_band.group_by(*TABLE, "head_row").agg(texts=pl.len(), has_tasks=has_tasks)
    found = known.group_by(*TABLE, "head_row", maintain_order=True).agg(
        labels=indicator.is_not_null().sum(),
        fields=indicator.filter(indicator != "unpublished").n_unique(),
        has_name=has("indicator_name"),
        has_level_1=has("level_1_label"),
        has_level_2=has("level_2_label"),
        has_target=has("target"),
        has_actual=has("actual"),
        has_weight=has("weight"),
        has_score=has("score"),
        amount_pairs=(funding.is_in(AMOUNTS) & has_figure).fill_null(False).sum(),
        has_amounts=(funding.is_in(AMOUNTS) & ~has_figure).fill_null(False).any(),
        funding_fields=funding.filter(funding.is_in([*AMOUNTS, *_POINTS])).n_unique(),
        has_rate=(funding == "execution_rate").fill_null(False).any(),
        has_project=(form == "project_name").fill_null(False).any(),
        goal_columns=form.filter(
            goal & (pl.col("right_number").is_null() | pl.col("right_is_label").fill_null(True))
        ).n_unique(),
        goal_pairs=(goal & has_value).sum(),
    )
    for more in (texts, _periodic(in_band)):
        found = found.join(more, on=[*TABLE, "head_row"], how="left", maintain_order="left")
    named = pl.col("has_name") | pl.col("has_level_1") | pl.col("has_level_2")
    values = [pl.col("has_target"), pl.col("has_actual"), pl.col("has_weight"), pl.col("has_score")]
    valued = pl.any_horizontal(values)
    # Labels and nothing else: the right part of a table whose names stand on another page.
    only_values = (pl.col("labels") == pl.col("texts")) & (pl.sum_horizontal(values) >= _FEWEST_VALUES)
    both = pl.col("has_target") & pl.col("has_actual") & (pl.col("has_weight") | pl.col("has_score"))
    indicators = (pl.col("fields") >= 3) & ((named & valued) | both | only_values)
    money = ~(pl.col("has_project") | pl.col("has_tasks")) & (
        (pl.col("has_amounts") & (pl.col("funding_fields") >= 2) & (pl.col("amount_pairs") < _FEWEST_PAIRS))
        | (
            pl.col("has_rate")
            & (pl.col("amount_pairs") == 0)
            & (pl.col("funding_fields") >= 3)
            & ~named
            & ~pl.col("has_target")
        )
    )
    goals = (pl.col("goal_columns") >= 2) & (pl.col("goal_pairs") == 0)
    kind = (
        pl.when(indicators)
        .then(pl.lit("indicator_header"))
        .when(money)
        .then(pl.lit("funding_header"))
        .when(goals)
        .then(pl.lit("goal_header"))
    )
    return found.with_columns(head_kind=kind).filter(pl.col("head_kind").is_not_null()).select(_HEAD)


_HEAD: Final = [*TABLE, "head_row", "head_kind", "has_actual", "has_score", "has_target", "is_periodic"]


def _periodic(in_band: pl.DataFrame) -> pl.DataFrame:
    """Return for each row or band whether a label names a part of the year or a forecast: what a year's end has not."""
    part = pl.col("key").str.extract(r"(?:^|\D)\d{1,2}月?[-—－~～至到](\d{1,2})月", 1)
    until = pl.col("key").str.extract(r"截[至止]到?(?:(?:19|20)\d\d年)?(\d{1,2})月", 1)
    is_part = ((part != "12").fill_null(False) | (until != "12").fill_null(False)) & pl.col("is_short")
    forecast = pl.col("key").str.contains("预计(?:完成|执行|实现)|完成目标可能性|实现可能性") & pl.col("is_short")
    return in_band.group_by(*TABLE, "head_row").agg(is_periodic=(is_part | forecast).any())


def _goals_by_shape(texts: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """Return rows that head goals though their labels are not all known.

    Such a row has two or three short labels, beside a label of the goals that reaches over the next row too, or one of
    them a goal's own label and none much wider than the others (a text stands beside its label in a wide cell); the
    next row has text in the same columns.
    """
    rest = texts.join(heads.select(*TABLE, row_number="head_row"), on=ROW, how="anti", maintain_order="left")
    is_side = pl.col("goal_side_field").is_not_null() & (pl.col("row_span") > 1)
    is_label = (
        pl.col("is_short")
        & (pl.col("row_span") == 1)
        & (pl.col("key").str.len_chars() <= _LONGEST_GOAL_LABEL)
        & ~pl.col("key").str.contains(r"\d")
        & (pl.col("level_1_field").is_null() | pl.col("form_field").is_not_null())
    )
    is_goal = pl.col("form_field").is_in(GOALS).fill_null(False)
    width = pl.col("x1") - pl.col("x0")
    rows = (
        rest.group_by(ROW, maintain_order=True)
        .agg(
            sides=is_side.sum(),
            labels=(~is_side & is_label).sum(),
            goals=(~is_side & is_goal).sum(),
            others=(~is_side & ~is_label).sum(),
            is_even=2 * width.filter(~is_side).min() > width.filter(~is_side).max(),
        )
        .filter(
            (pl.col("sides") == 1) | ((pl.col("sides") == 0) & (pl.col("goals") > 0) & pl.col("is_even")),
            pl.col("labels").is_between(2, 3),
            pl.col("others") == 0,
        )
    )
    wanted = rest.join(rows.select(ROW), on=ROW, how="semi").filter(~is_side)
    under = texts.select(
        *TABLE,
        "column_number",
        "column_span",
        row_number=pl.col("row_number") - 1,
        is_longer=pl.col("key").str.len_chars(),
        under_is_label=pl.col("form_field").is_not_null() | pl.col("indicator_field").is_not_null(),
    )
    matched = (
        wanted.join(under, on=[*ROW, "column_number", "column_span"], how="left")
        .group_by(ROW, maintain_order=True)
        .agg(
            meets=(pl.col("is_longer").is_not_null() & ~pl.col("under_is_label").fill_null(False)).all(),
            is_longer=(pl.col("is_longer") > pl.col("key").str.len_chars()).any(),
        )
        .filter("meets", "is_longer")
    )
    return matched.select(
        *TABLE,
        head_row="row_number",
        head_kind=pl.lit("goal_header"),
        has_actual=pl.lit(False),
        has_score=pl.lit(False),
        has_target=pl.lit(False),
        is_periodic=pl.lit(False),
    )


def _unknown(texts: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """Return rows that head indicators though their labels are not known.

    Such a row has only labels, five or more, without figures, marks and levels, and stands right above the first row
    of its table in which labels of both levels begin, with most of its columns.
    """
    level_1, level_2 = pl.col("level_1_field").is_not_null().any(), pl.col("level_2_field").is_not_null().any()
    is_mark = pl.col("key").str.contains(_MARK)
    figures = pl.col("key").str.replace_all(r"(?:19|20)\d\d年|\d{1,2}月|\(.*\)", "").str.contains(r"\d")
    rows = texts.group_by(ROW, maintain_order=True).agg(
        has_levels=level_1 & level_2,
        is_labels=(pl.col("is_short") & ~figures & ~is_mark).all() & ~level_1 & ~level_2,
        count=pl.len(),
        row_end=pl.col("row_end").filter(pl.col("row_span") <= _HIGHEST_BAND).max(),
    )
    place = [*TABLE, "column_number", "column_span"]
    below = texts.select(*place, row_end="row_number", is_met=pl.lit(True))
    met = texts.join(below, on=[*place, "row_end"]).group_by(ROW).agg(met=pl.len())
    known = heads.filter(pl.col("head_kind") == "indicator_header").group_by(TABLE).agg(known=pl.col("head_row").min())
    first = rows.filter("has_levels").group_by(TABLE).agg(first=pl.col("row_number").min())
    return (
        rows.join(first, on=TABLE, maintain_order="left")
        .join(met, on=ROW, how="left", maintain_order="left")
        .join(known, on=TABLE, how="left", maintain_order="left")
        .join(heads.select(*TABLE, row_number="head_row"), on=ROW, how="anti", maintain_order="left")
        .filter(
            pl.col("row_end") == pl.col("first"),
            "is_labels",
            pl.col("met") >= _FEWEST_UNKNOWN - 1,
            pl.col("count") >= _FEWEST_UNKNOWN,
            pl.col("known").is_null() | (pl.col("known") > pl.col("row_number")),
        )
        .select(
            *TABLE,
            head_row="row_number",
            head_kind=pl.lit("indicator_header"),
            has_actual=pl.lit(False),
            has_score=pl.lit(False),
            has_target=pl.lit(False),
            is_periodic=pl.lit(False),
        )
    )


def _groups_above(texts: pl.DataFrame, rows: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """Return the rows right above headers that do nothing but group their columns."""
    tops = rows.join(
        heads.filter(pl.col("head_kind") != "goal_header").select(*TABLE, "head_row"), on=[*TABLE, "head_row"]
    )
    first = tops.group_by(*TABLE, "head_row", maintain_order=True).agg(
        pl.col("row_number").min(), last_row=pl.col("row_number").max()
    )
    above = texts.join(
        first.select(*TABLE, "head_row", "last_row", row_number=pl.col("row_number") - 1), on=ROW, maintain_order="left"
    ).join(rows.select(ROW), on=ROW, how="anti", maintain_order="left")
    is_side = (pl.col("row_span") > _HIGHEST_BAND) | (pl.col("row_end") > pl.col("last_row") + 1)
    is_goal = pl.col("form_field").is_in(GOALS).fill_null(False)
    year, row = pl.col("key").str.extract(_OF_YEAR, 1), [*ROW, "head_row"]
    is_of_form = pl.col("form_field").is_not_null().any().over(row)  # 预算年度 | 2024年 is a pair
    of_years = year.is_not_null() & (year.drop_nulls().n_unique().over(row) > 1) & ~is_of_form
    is_group = pl.col("group_field").is_not_null() | of_years
    has_value = pl.col("right_number").is_not_null() & ~pl.col("right_is_label").fill_null(False)
    return (
        above.group_by(*ROW, "head_row", maintain_order=True)
        .agg(
            is_sound=(is_side | (pl.col("is_short") & (pl.col("row_span") == 1))).all(),
            groups=(~is_side & (pl.col("column_span") > 1)).sum(),
            is_named=(~is_side & is_group).any(),
            is_pair=(is_goal & has_value).any() & (pl.len() == 2),
        )
        .filter("is_sound", "is_named", ~pl.col("is_pair"), pl.col("groups") >= 2)
        .select(*ROW, "head_row")
    )


def _numbering(printed: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Return the rows right below headers that number their columns: 1 2 3, A B C, 8=7/6, (1) (2) (3)."""
    last = rows.group_by(*TABLE, "head_row", maintain_order=True).agg(pl.col("row_number").max())
    below = printed.join(
        last.select(*TABLE, "head_row", row_number=pl.col("row_number") + 1), on=ROW, maintain_order="left"
    )
    bare = pl.col("text").str.replace_all(r"\s+", "")
    return (
        below.group_by(*ROW, "head_row", maintain_order=True)
        .agg(
            is_numbering=bare.str.contains(_NUMBERING).all(),
            count=pl.len(),
            distinct=bare.n_unique(),
        )
        .filter("is_numbering", pl.col("count") >= _FEWEST_NUMBERS, pl.col("distinct") == pl.col("count"))
        .select(*ROW, "head_row", is_numbering=pl.lit(True))
    )
