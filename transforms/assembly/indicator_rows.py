"""The rows of the indicator table."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.columns import Block, spread_over_rows
from transforms.assembly.level_labels import label_rows
from transforms.assembly.page_cuts import NEW_NAME, continues_row, is_filled
from transforms.assembly.places import FORM, PLACE

LEVELS: Final = ("level_1_label", "level_2_label")
VALUES: Final = ("target", "actual", "deviation", "target_operator", "target_unit")
CUT: Final = ("target", "actual", "deviation", "target_unit")
POINTS: Final = ("weight", "score")
STARTS: Final = ("indicator_name", "target", "actual")
PIECE: Final = ["document_id", "page_number", "cell_number"]
SLACK: Final = 5.0
_FIGURE: Final = r"\d+(?:[.．,，]\d+)*"
_WHOLE_VALUE: Final = r"\d|\p{Han}{2}"
NAMES: Final = r"\p{L}|[…*？?]"
"""What a name has: a figure alone is not one, and a row under it stands under other columns than its header's."""

_NUMBERING: Final = r"^\s*[（(]?(?:[一二三四五六七八九十]+|\d+)[)）、.．]"
EXECUTION: Final = r"^(?:项目|年度|全年)?(?:预算|资金)?(?:执行|支出|支付)(?:率|情况|进度|得?分|指标)?$"


def _choose_field(values: pl.DataFrame) -> pl.DataFrame:
    """Give each cell the field that it holds, though it may cover several columns.

    A cell over the level columns is the first level; over level and name it is the name, or a caption when it names a
    first level in a row without values; over level, name and more it is a caption when it names a first level, whether
    or not the table has a column of them, or a second level (`_second_captions`), else it is not a cell of an indicator
    row. Budget execution beside points of its own is a name, however wide its cell. A cell over target and actual value
    that holds several figures is neither: both are run together in it.
    """
    covered = pl.col("field").filter(pl.col("is_published")).implode().over(PIECE)
    has = {f: covered.list.contains(f) for f in (*LEVELS, *STARTS)}
    is_value = pl.col("field").is_in(["target", "actual"]) & (pl.col("column_count") == 1) & (pl.col("key") != "")
    has_values = is_value.fill_null(False).any().over("row_index")
    is_point = pl.col("field").is_in(POINTS) & (pl.col("column_count") == 1) & (pl.col("key") != "")
    has_points = is_point.fill_null(False).any().over("row_index")
    is_execution = pl.col("bare").str.contains(EXECUTION) & has_points & has["indicator_name"]
    is_level = pl.any_horizontal(pl.col(f"{level}_field").is_not_null() for level in ("level_1", "level_2"))
    is_caption = is_level & ~(has_values & has["indicator_name"])
    has_column = (pl.col("field") == "level_1_label").fill_null(False).any().over(FORM)
    is_band = ~has_column & has["indicator_name"] & has["target"] & has["actual"]
    values = values.with_columns(is_band=is_band & is_caption & (pl.col("column_count") > 1))
    values = values.join(_second_captions(values), on="row_index", how="left", maintain_order="left")
    is_second = pl.col("is_band") & pl.col("is_second").fill_null(False)
    is_caption &= pl.col("level_1_field").is_not_null() & ~is_second
    chosen = (
        pl.when(pl.col("column_count") == 1)
        .then("field")
        .when(is_execution)
        .then(pl.lit("indicator_name"))
        .when(is_second)
        .then(pl.lit("level_2_label"))
        .when((has["level_1_label"] | is_band) & is_caption)
        .then(pl.lit("level_1_label"))
        .when(has["indicator_name"] & (has["target"] | has["actual"]))
        .then(pl.lit("other_cell"))
        .when(has["target"] & has["actual"] & (pl.col("text").str.count_matches(_FIGURE) > 1))
        .then(pl.lit("other_cell"))
        .when(has["indicator_name"])
        .then(pl.lit("indicator_name"))
        .when(has["level_1_label"])
        .then(pl.lit("level_1_label"))
        .when(pl.col("column_count") > 3)
        .then(pl.lit("other_cell"))
        .otherwise(covered.list.first())
    )
    is_banded = pl.col("is_band") & (is_caption | is_second) & (pl.col("field") == "indicator_name")
    values = values.with_columns(field=pl.when(is_banded).then(chosen).otherwise("field"), chosen=chosen)
    one = values.filter(
        (pl.col("chosen") == pl.col("field"))
        | pl.col("chosen").is_in(["other_cell"])
        | (pl.col("field").is_null() & pl.col("chosen").is_null())
    )
    fields = one.unique(PIECE, keep="first", maintain_order=True).with_columns(
        field=pl.when(pl.col("chosen") == "other_cell").then(pl.lit("other_cell")).otherwise("field")
    )
    # A name that stands under the first level too has no other level above it.
    across = values.filter(pl.col("field") == "level_1_label").join(
        fields.filter(pl.col("field") == "indicator_name", pl.col("column_count") > 1, pl.col("key") != "").select(
            PIECE
        ),
        on=PIECE,
        how="semi",
    )
    return _with_lone_execution(pl.concat([fields, across.with_columns(chosen="field")]))


def _with_lone_execution(cells: pl.DataFrame) -> pl.DataFrame:
    """Take budget execution with points of its own for the name too, where it is the only label of its row."""
    filled = pl.col("key") != ""
    is_label = filled & pl.col("field").is_in([*LEVELS, "indicator_name"])
    rows = cells.group_by("row_index").agg(
        labels=is_label.sum(), has_points=(filled & pl.col("field").is_in(POINTS)).any()
    )
    alone = rows.filter(pl.col("labels") == 1, "has_points").select("row_index")
    first = cells.filter(pl.col("field") == "level_1_label", pl.col("bare").str.contains(EXECUTION))
    lone = first.join(alone, on="row_index", how="semi")
    blank = cells.filter(pl.col("field") == "indicator_name", ~filled).join(lone, on="row_index", how="semi")
    return pl.concat(
        [
            cells.join(blank, on=[*PIECE, "field"], how="anti", maintain_order="left"),
            lone.with_columns(field=pl.lit("indicator_name"), chosen=pl.lit("indicator_name")),
        ]
    )


def _second_captions(values: pl.DataFrame) -> pl.DataFrame:
    """Say of each row of the indicators whether the caption in it names a second level: `row_index`, `is_second`.

    Some words name a first level in one form and a second one in another (成本指标). Where a form has captions of both
    levels, such a caption is of the level that is numbered as it is, with 一、 or with （一）. Without numbers it is a
    first level when another caption follows it; else it is a second one below a first level, or if it is about costs.
    """
    is_caption = pl.col("is_band") & (pl.col("key") != "")
    mark = pl.col("text").str.extract(_NUMBERING, 0).str.replace_all(r"[一二三四五六七八九十]+", "一")
    rows = (
        values.filter(pl.col("key") != "")
        .group_by(*FORM, "row_index")
        .agg(
            is_caption=is_caption.any(),
            first=(is_caption & pl.col("level_1_field").is_not_null()).any(),
            second=(is_caption & pl.col("level_2_field").is_not_null()).any(),
            mark=mark.str.replace_all(r"\d+", "1").filter(is_caption).first(),
            is_cost=pl.col("key").str.contains("成本").any(),
        )
        .sort("row_index")
    )
    only_first, only_second = pl.col("first") & ~pl.col("second"), pl.col("second") & ~pl.col("first")
    marks = {
        name: pl.col("mark").filter(only).drop_nulls().implode().over(FORM)
        for name, only in (("firsts", only_first), ("seconds", only_second))
    }
    rows = rows.with_columns(
        has_second=only_second.any().over(FORM),
        as_first=pl.col("mark").is_in(marks["firsts"]).fill_null(False),
        as_second=pl.col("mark").is_in(marks["seconds"]).fill_null(False),
        leads=pl.col("is_caption").shift(-1).over(FORM).fill_null(False),
        is_led=only_first.shift(1).over(FORM).fill_null(False),
    )
    by_mark = pl.when(pl.col("as_first") != pl.col("as_second")).then("as_second")
    by_place = ~pl.col("leads") & (pl.col("is_led") | pl.col("is_cost"))
    is_second = only_second | (pl.col("first") & pl.col("second") & pl.coalesce(by_mark, by_place))
    return rows.select("row_index", is_second=pl.col("has_second") & is_second)


def _with_levels_by_content(values: pl.DataFrame) -> pl.DataFrame:
    """Exchange the two levels where their headers do not count them, and what stands below says that they are.

    指标类别 and 指标类型 are the first and the second level in some forms, the second and the first in others.
    """
    of_first, of_second = pl.col("level_1_field").is_not_null(), pl.col("level_2_field").is_not_null()
    only_first, only_second = of_first & ~of_second, of_second & ~of_first
    under_first, under_second = (pl.col("field") == level for level in LEVELS)
    is_against = (under_first & only_second) | (under_second & only_first)
    is_for = (under_first & only_first) | (under_second & only_second)
    is_counted = (under_first | under_second) & pl.col("label").str.contains("[一二]级")
    is_exchanged = [
        (under_first & is_against).any(),
        (under_second & is_against).any(),
        ~is_for.any(),
        ~is_counted.any(),
    ]
    exchanged = pl.col("field").replace(dict(zip(LEVELS, reversed(LEVELS), strict=True)))
    return values.with_columns(
        field=pl.when(pl.all_horizontal(one.over(FORM) for one in is_exchanged)).then(exchanged).otherwise("field")
    )


def _rows_with_texts(cells: pl.DataFrame) -> pl.DataFrame:
    """One row for each table row with the text of each column, and what tells a row that a page break cuts."""
    own = pl.col("is_anchor")
    line_height = (pl.col("text_bottom") - pl.col("text_top")) / pl.col("line_count").clip(1)
    is_full = pl.col("bottom") - pl.col("text_bottom") < line_height
    slack = (pl.col("bottom") - pl.col("text_bottom")) - (pl.col("text_top") - pl.col("top"))
    points = pl.col("field").is_in(POINTS)
    texts = [
        pl.col("text").filter(pl.col("field") == f, own).str.join("").alias(f)
        for f in ("indicator_name", *VALUES, *POINTS)
    ]
    return (
        cells.group_by(*FORM, "page_number", "table_number", "covered_row", maintain_order=True)
        .agg(
            *texts,
            *[is_full.filter(pl.col("field") == f).all().alias(f"{f}_full") for f in ("indicator_name", *CUT)],
            starts=(pl.col("field").is_in(STARTS) & own).any(),
            open_top=pl.col("is_open_top").filter(own, pl.col("field").is_in(STARTS)).any(),
            open_bottom=pl.col("is_open_bottom").filter(pl.col("field").is_in(STARTS)).any(),
            slack=slack.filter(pl.col("field").is_in(["target", "actual", *POINTS]), own).max(),
            parts=pl.col("field").filter(own, pl.col("field").is_in([*STARTS, *POINTS])).unique(),
            has_level=(pl.col("field").is_in(LEVELS) & own & (pl.col("key") != "")).any(),
            has_known_level=(
                (pl.col("field") == LEVELS[0]) & own & pl.col("level_1_field").is_not_null()
                | (pl.col("field") == LEVELS[1]) & own & pl.col("level_2_field").is_not_null()
            ).any(),
            names=(own & (pl.col("field") == "indicator_name") & (pl.col("key") != "")).sum(),
            shares_points=(points & ~own).any() & (pl.col("field").is_in(STARTS) & ~own).any(),
            shares_values=pl.all_horizontal(((pl.col("field") == f) & ~own).any() for f in ("target", "actual")),
            is_carried=pl.col("carries_on").first(),
        )
        .sort("covered_row")
    )


def _number_records(rows: pl.DataFrame) -> pl.DataFrame:
    """Number the records of each form: adds `record` to the table rows, one or more rows to a record."""
    columns = ("indicator_name", *VALUES, *POINTS, *(f"{f}_full" for f in ("indicator_name", *CUT)))
    before = [
        pl.col(c).shift(1).over(FORM).alias(f"{c}_before") for c in (*columns, "open_bottom", "page_number", "slack")
    ]
    rows = rows.with_columns(before).with_columns(
        is_page_start=(pl.col("page_number") == pl.col("page_number_before") + 1) & pl.col("is_carried"),
        is_open=pl.col("open_top") & pl.col("open_bottom_before"),
        is_slack_below=pl.col("slack_before").fill_null(SLACK + 1) > SLACK,
    )
    lacks, is_whole = _lacks_points_alone(), _has_whole_values()
    is_rest = continues_row("indicator_name", CUT, POINTS, NEW_NAME) | (lacks & ~is_whole)
    rows = rows.with_columns(is_cut=lacks & is_whole & ~is_rest & ~pl.col("has_known_level"))
    # One value that begins in a row whose points and other values are those of the row above: a cell divided within.
    # Without points, several cells in the place of the name say that it is: names beside each other share no values.
    is_divided = pl.col("shares_points") | (pl.col("shares_values") & (pl.col("names") > 1))
    is_divided &= (pl.col("parts").list.len() == 1) & ~pl.col("has_level")
    is_divided &= pl.col("parts").list.first().is_in(STARTS).fill_null(False)
    # A row that only levels begin in, or only a number where none stands yet, belongs to the record above it.
    counts_again = pl.any_horizontal(is_filled(p) & is_filled(f"{p}_before") for p in POINTS)
    return rows.with_columns(begins=(pl.col("starts") | counts_again) & ~is_rest & ~is_divided).with_columns(
        record=pl.col("begins").cum_sum().over(FORM)
    )


def _lacks_points_alone() -> pl.Expr:
    """Whether the first row of a page has no points, while all other rows of the form have some.

    So it is with the rest of a row that a word processor cuts within: 观众满 | ≥95 above the break, 意度 | % below it.
    Where that rest has a figure for target and actual value, nobody can say whether it is one: 2023年 | 12月20日.
    """
    has_points = pl.any_horizontal([is_filled(p) for p in POINTS]) | pl.col("shares_points")
    lacks = pl.col("starts") & ~has_points
    others = (lacks & ~pl.col("is_page_start").fill_null(False)).sum().over(FORM) == 0
    had_points = pl.any_horizontal([is_filled(f"{p}_before") for p in POINTS])
    begins = pl.col("indicator_name").fill_null("").str.contains(NEW_NAME)
    return (pl.col("is_page_start") & lacks & others & had_points & ~begins).fill_null(False)


def _has_whole_values() -> pl.Expr:
    return pl.all_horizontal(pl.col(v).fill_null("").str.contains(_WHOLE_VALUE) for v in ("target", "actual"))


def _without_divided_figures(pieces: pl.DataFrame) -> pl.DataFrame:
    """Leave unread the targets and actual values of which several cells of one page and record print a figure.

    So it is where a cell holds a table of its own: joined, its figures would be another one.
    """
    of_one = [*FORM, "record", "field", "page_number"]
    figures = (pl.col("is_anchor") & pl.col("key").str.contains(_FIGURE)).sum().over(of_one)
    is_value = pl.col("field").is_in(["target", "actual"])
    return pieces.with_columns(field=pl.when(is_value & (figures > 1)).then(pl.lit("other_cell")).otherwise("field"))


def _level_pieces(cells: pl.DataFrame, level: str, of_row: pl.DataFrame, records: pl.DataFrame) -> pl.DataFrame:
    """The cells of the label that rules each record, in reading order."""
    pieces = (
        cells.filter(pl.col("field") == level, pl.col("key") != "")
        .join(of_row.select("covered_row", "label_id"), on="covered_row")
        .unique(PIECE, keep="first", maintain_order=True)
    )
    ruled = (
        records.filter("begins")
        .join(of_row.select("covered_row", "label_id"), on="covered_row")
        .select("record", "label_id", *FORM)
    )
    return ruled.join(pieces.drop(*FORM), on="label_id")


def read_indicators(block: Block, rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Read the indicator rows of all forms.

    Level labels and merged names, targets and actuals hold for every row they cover; merged weights and scores for the
    first, so that no point is counted twice. A row without a name is not an indicator: when anything else stands in it,
    its texts are leftovers.

    Args:
        block: indicator block of `read_block`.
        rows: rows of `Layout`.

    Returns:
        Rows of `fields` without part numbers, and those of the leftovers among the rows; `is_cut` where a row may be
        the rest of another one.
    """
    chosen = _choose_field(_with_levels_by_content(block.values.filter(~pl.col("is_total"))))
    cells = spread_over_rows(
        chosen, rows.filter(pl.col("section") == "indicators", ~pl.col("in_header"), ~pl.col("is_subtotal"))
    )
    records = _number_records(_rows_with_texts(cells))
    level_1 = label_rows(cells, "level_1_label", None)
    level_2 = label_rows(cells, "level_2_label", level_1)

    carried = pl.col("field").is_in(["indicator_name", *VALUES]) | pl.col("is_anchor")
    pieces = (
        cells.filter(carried, ~pl.col("field").is_in(LEVELS))
        .join(records.select("covered_row", "record"), on="covered_row")
        .filter(pl.col("record") > 0)
        .unique([*FORM, "record", "field", *PIECE[1:]], keep="first", maintain_order=True)
    )
    pieces = _without_divided_figures(pieces)
    columns = [*FORM, "record", "field", "label", "is_published", "text", *PLACE, "covered_row", "indicator_field"]
    pieces = pl.concat(
        [
            pieces.select(columns),
            _level_pieces(cells, "level_1_label", level_1, records).select(columns),
            _level_pieces(cells, "level_2_label", level_2, records).select(columns),
        ]
    )
    cut = records.filter("is_cut").select(*FORM, "record", "is_cut")
    pieces = pieces.join(cut, on=[*FORM, "record"], how="left", maintain_order="left")
    pieces = pieces.with_columns(pl.col("is_cut").fill_null(False))
    filled = pl.col("text").str.strip_chars() != ""
    # The label of the reasons in the place of a name is that of the text beside it, about the row above.
    names = pl.col("text").str.contains(NAMES) & (pl.col("indicator_field") != "deviation").fill_null(True)
    pieces = pieces.with_columns(
        has_name=(names & ~pl.col("is_cut") & (pl.col("field") == "indicator_name")).any().over(*FORM, "record"),
        has_value=(filled & pl.col("field").is_in([*VALUES, *POINTS])).any().over(*FORM, "record"),
        order=pl.col("covered_row").cast(pl.Int64) * 1000 + pl.col("x0").rank("dense").over("covered_row"),
    )
    said = ["order", *FORM, "label", "is_published", *PLACE]
    indicators = pieces.filter("has_name").select(
        *said,
        table_name=pl.lit("indicators"),
        record_number=pl.col("record").rank("dense").over(FORM).cast(pl.Int32),
        column_name="field",
        printed_text="text",
    )
    unnamed = pieces.filter(~pl.col("has_name") & pl.col("has_value")).select(
        *said,
        "record",
        "is_cut",
        column_name=pl.lit("unnamed_row:") + pl.col("field"),
        printed_text="text",
    )
    return indicators, unnamed.filter(pl.col("is_published").fill_null(False))
