"""Totals that a form states above its indicators, or run together in one cell.

总分 | 100 | 97.8 above the money, 总分 100 97.8 优 in one cell, 合计10097.8 where the break between two lines was
lost: which figure is the weight and which the score is decided by the form's own sums, by the word 满分 or 分值 before
one of the figures, or by the columns in which they stand. Where nothing decides, the text is handed on whole as the
total score, so that it is known to be one that cannot be read.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.columns import Block
from transforms.assembly.form_fields import form_field
from transforms.assembly.grades import GRADES
from transforms.assembly.labels import any_of, fold_signs, vocabulary
from transforms.assembly.layout import Layout
from transforms.assembly.places import EDGE, FORM, PLACE
from transforms.assembly.proofs import NUMBER, body, number

_FULL: Final = "总分值|满分值?"
_OF_WEIGHT: Final = f"{_FULL}|分值|权重"
_BESIDE: Final = ("得分", "其中", "自评", "实得", "实际", "项目", "绩效", "等级", "等次", "为")
_OF_OTHERS: Final = r"^[^\d]*(?:复核|审核|审定|核定|财政|主管部门|专家|抽查|最终|日期|时间|电话)[^\d]*$"
"""Labels in a row of totals whose value is not the form's own total: of other judges, and of who filled it in when."""

_ONLY_FIGURES: Final = r"^[\d.,%分/|():;=+\-—~w\s]*$"
_TOKEN: Final = r"w?[\s:=(]*\d[\d.]*"
_PLAIN: Final = r"^(?:0|[1-9]\d{0,2}|1000)(?:\.\d{1,4})?$"
_POINTS: Final = r"^(\d{1,12}(?:\.\d{1,6})?)[分%]?$"
_ROW: Final = "row_index"
_UNDECIDED: Final = 9


def read_stated(layout: Layout, indicators: Block, execution: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """Read the totals that stand in a row of their own above the indicators, or run together in a cell.

    A figure run together is parted only where one way to part it agrees with the sums of the form's weights and of its
    scores, with or without those of budget execution.

    Args:
        layout: All that was laid out.
        indicators: Indicator block, its columns named.
        execution: `execution_points` of the funding.
        pairs: `read_pairs`: a total score beside its label wins over a row above the indicators that nothing decides.

    Returns:
        Rows of `fields` for the table forms, without part numbers: total_weight, total_score, rating. Forms whose
        totals stand as usual, below their columns, have none. Only one row of a form is read.
    """
    tokens = _tokens(layout)
    if tokens.is_empty():
        nothing = _as(tokens, "total_score", "row_text")
        return form_field(nothing, "column_name", "printed_text", "row_label")
    sums = _sums(indicators, execution)
    ways = [_by_sums(tokens, sums), _by_word(tokens), _alone(tokens, sums), _by_column(tokens, indicators)]
    decided = pl.concat([way.with_columns(rank=pl.lit(rank)) for rank, way in enumerate(ways)])
    decided = decided.filter(pl.col("rank") == pl.col("rank").min().over(_ROW))
    elsewhere = pairs.filter(pl.col("column_name") == "total_score").select(*FORM, pair_row=pl.col("order") // 1000)
    whole = (
        tokens.join(decided, on=_ROW, how="anti")
        .join(elsewhere, on=FORM, how="left", maintain_order="left")
        .filter("is_sure", (pl.col("stands") == "below") | (pl.col("pair_row").fill_null(pl.col(_ROW)) == pl.col(_ROW)))
        .unique(_ROW, keep="first", maintain_order=True)
    )
    unread = whole.with_columns(
        column_name=pl.lit("total_score"), printed_text="row_text", rank=pl.lit(_UNDECIDED)
    ).select(decided.columns)
    chosen = pl.concat([decided, unread]).sort("rank", _ROW, maintain_order=True)
    chosen = chosen.filter(pl.col(_ROW) == pl.col(_ROW).first().over(FORM))
    rated = chosen.unique(FORM, keep="first", maintain_order=True).filter(
        pl.col("rated").is_not_null(), pl.col("rank") < _UNDECIDED
    )
    rated = rated.with_columns(column_name=pl.lit("rating"), printed_text="rated")
    return form_field(pl.concat([chosen, rated]), "column_name", "printed_text", "row_label")


def _rows(layout: Layout) -> pl.DataFrame:
    """Return the rows that begin with the label of a total: `row_index`, `stands` (below, above, first, money).

    Where a total stands below the indicators, one elsewhere is not looked at. What stands below money below the
    indicators may be a total of either.
    """
    names = [*vocabulary()["total"].fields, *vocabulary()["form"].labels("total_score")]
    begins = pl.col("first_key").str.contains(rf"^\(?(?:{any_of(names)})|^(?:{_FULL})$")
    # Right below the header of the indicators: not yet a subtotal of anything.
    is_first = pl.col("in_header").shift(1).over(FORM).fill_null(False)
    is_money = (pl.col("section") == "funding").fill_null(False) & ~pl.col("first_key").str.contains("分")
    stands = (
        pl.when("is_total")
        .then(pl.lit("below"))
        .when(pl.col("is_subtotal") & pl.col("first_is_total") & is_first)
        .then(pl.lit("first"))
        .when(pl.col("in_indicators") & ~pl.col("is_subtotal") & (pl.col("text_count") == 1))
        .then(pl.lit("below"))
        .when(~pl.col("in_indicators") & ~pl.col("in_header") & ~is_money)
        .then(pl.lit("above"))
        .when(is_money & pl.col("past_indicators") & ~pl.col("in_header"))
        .then(pl.lit("money"))
    )
    rows = layout.rows.with_columns(stands=stands).filter(begins, pl.col("stands").is_not_null())
    is_below = ((pl.col("stands") == "below") & (pl.col("has_digit"))).any().over(FORM)
    digit = layout.cells.group_by(_ROW).agg(has_digit=pl.col("key").str.contains(r"\d").any())
    rows = rows.join(digit, on=_ROW, how="left", maintain_order="left")
    return rows.filter((pl.col("stands") == "below") | ~is_below).select(_ROW, "stands")


def _tokens(layout: Layout) -> pl.DataFrame:
    """Return the figures of rows of totals that are to be read here, one row each, in reading order.

    Adds to the cell that prints them `token`, `marked` (a word says that it is the weight), `count` (figures in the
    row), `position`, `row_text`, `row_label`, `rated`, `of_points`: the label
    speaks of points, as 合计 above the indicators does not, and `is_sure`: a total that is not read must be known.
    """
    words = [*vocabulary()["total"].fields, *vocabulary()["form"].labels("total_score", "rating"), *_BESIDE]
    is_label = pl.col("total_field").is_not_null() | pl.col("form_field").is_in(["total_score", "rating"])
    is_label &= ~pl.col("key").str.replace_all(r"\([^()]*\)", "").str.contains(r"\d")
    marked = pl.col("plain").str.replace_all(_OF_WEIGHT, "w").str.replace_all(any_of(words), " ")
    said = pl.when(is_label.fill_null(False)).then(pl.lit("")).otherwise(marked.str.replace_all(GRADES, " "))
    names_weight = is_label.fill_null(False) & pl.col("key").str.contains(f"^(?:{_OF_WEIGHT})")
    cells = (
        layout.cells.filter(pl.col("key") != "")
        .join(_rows(layout), on=_ROW)
        .sort(_ROW, "column_number", "cell_number")
        .pipe(_own)
        .with_columns(plain=fold_signs(pl.col("text")), names_weight=names_weight)
        .with_columns(said=said)
        .filter(pl.col("said").str.contains(_ONLY_FIGURES).all().over(_ROW))
        .with_columns(
            said=pl.when(pl.col("names_weight").shift(1).over(_ROW).fill_null(False))
            .then("w" + pl.col("said"))
            .otherwise("said"),
            # A figure with a label of its own right before it, as in 总分 | 100 | 得分 | 97.8.
            beside=(pl.col("said").str.strip_chars() == "").shift(1).over(_ROW).fill_null(False),
            has_words=pl.col("plain").str.contains(r"\p{Han}{2}") & (pl.col("said") != ""),
            rated=pl.col("plain").str.extract(f"(?:^|[^\\p{{Han}}])({GRADES})\\W*$", 1).drop_nulls().first().over(_ROW),
            row_text=pl.col("text").str.strip_chars().str.join(" ").over(_ROW),
            row_label=pl.col("text").first().over(_ROW),
        )
        .with_columns(tokens=pl.col("said").str.extract_all(_TOKEN))
        .with_columns(in_cell=pl.col("tokens").list.len())
    )
    tokens = (
        cells.explode("tokens")
        .drop_nulls("tokens")
        .with_columns(
            token=pl.col("tokens").str.extract(r"(\d[\d.]*)", 1).str.strip_chars("."),
            marked=pl.col("tokens").str.starts_with("w"),
        )
        .with_columns(position=pl.int_range(pl.len()).over(_ROW), count=pl.len().over(_ROW))
    )
    is_odd = (pl.col("in_cell") > 1) | ~pl.col("token").str.contains(_PLAIN)
    # 得分：97.5 alone in a row of totals; where the label is one of a field of the form, it is a pair of its own.
    known = pl.col("plain").str.replace_all(r"\s", "").str.extract("^([^:]{2,20}):", 1)
    is_pair = known.is_in(vocabulary()["form"].labels("total_score", "rating")).fill_null(False) | (pl.col("count") > 1)
    glued = pl.col("has_words") & ~(pl.col("plain").str.contains(":") & is_pair)
    wanted = (
        (is_odd | glued | pl.col("has_others")).any().over(_ROW)
        | (pl.col("stands").is_in(["above", "money"]) & ((pl.col("count") > 1) | pl.col("marked")))
        | (pl.col("stands") == "first")
        | (pl.col("beside") & (pl.col("position") > 0)).any().over(_ROW)
    )
    of_points = (pl.col("stands") == "below") | pl.col("row_label").str.contains("分")
    return tokens.filter(wanted).with_columns(
        of_points=of_points, is_sure=of_points & (pl.col("stands") != "first") & ((pl.col("count") > 1) | is_odd)
    )


def _own(cells: pl.DataFrame) -> pl.DataFrame:
    """Leave out labels of others, each with the cell right of it: adds `has_others`, whether the row had one."""
    is_person = pl.col("personal_field").is_not_null() | pl.col("footer_field").is_not_null()
    is_own = pl.col("total_field").is_not_null() | (pl.col("form_field") == "total_score").fill_null(False)
    is_other = (is_person | pl.col("key").str.contains(_OF_OTHERS)) & ~(is_own & ~pl.col("key").str.contains("最终"))
    marked = cells.with_columns(is_other=is_other)
    is_value = marked["is_other"].shift(1, fill_value=False)
    first = pl.col(_ROW) != pl.col(_ROW).shift(1)
    return (
        marked.with_columns(is_value=is_value & ~first.fill_null(True) & ~pl.col("is_other"))
        .with_columns(has_others=pl.col("is_other").any().over(_ROW))
        .filter(~pl.col("is_other"), ~pl.col("is_value"))
        .drop("is_other", "is_value")
    )


_FOUND: Final = [*FORM, _ROW, "column_number", *PLACE, "row_label", "rated", "column_name", "printed_text"]


def _sums(block: Block, execution: pl.DataFrame) -> pl.DataFrame:
    """Return what the weights and the scores of each form add up to, without and with those of budget execution.

    One row for each form and way: `weights`, `scores`; null where a cell is not a figure.
    """
    cells = body(block).filter(~pl.col("is_total"), pl.col("field").is_in(["weight", "score"]))
    figures = cells.with_columns(points=number(pl.col("text"), _POINTS))

    def add(field: str) -> pl.Expr:
        points = pl.col("points").filter(pl.col("field") == field)
        return pl.when(points.is_not_null().all() & (points.len() > 0)).then(points.sum())

    own = figures.group_by(FORM).agg(weights=add("weight").cast(NUMBER), scores=add("score").cast(NUMBER))
    with_execution = own.join(execution, on=FORM, how="inner").select(
        *FORM,
        weights=pl.col("weights") + pl.col("weight").fill_null(0),
        scores=pl.col("scores") + pl.col("score").fill_null(0),
    )
    both = with_execution.with_columns(pl.col("weights", "scores").cast(NUMBER))
    return pl.concat([own, both]).unique(maintain_order=True)


def _as(tokens: pl.DataFrame, column: str, text: str = "token") -> pl.DataFrame:
    return tokens.with_columns(column_name=pl.lit(column), printed_text=pl.col(text)).select(_FOUND)


def _figure(name: str) -> pl.Expr:
    return pl.col(name).cast(NUMBER, strict=False)


def _by_sums(tokens: pl.DataFrame, sums: pl.DataFrame) -> pl.DataFrame:
    """Return the weight and the score of rows where one choice alone agrees with both sums of the form."""
    single = tokens.filter(pl.col("count") == 1, ~pl.col("token").str.contains(_PLAIN))
    cuts = single.with_columns(cut=pl.int_ranges(1, pl.col("token").str.len_chars())).explode("cut")
    parted = cuts.with_columns(
        left=pl.col("token").str.slice(0, pl.col("cut")), right=pl.col("token").str.slice(pl.col("cut"))
    )
    parted = parted.filter(pl.col(side).str.contains(_PLAIN) for side in ("left", "right"))
    one, other = [*FORM, _ROW, "position", "token"], [_ROW, "position", "token"]
    two = tokens.filter(pl.col("token").str.contains(_PLAIN) & (pl.col("count") > 1))
    pairs = (
        two.select(one).join(two.select(other), on=_ROW, suffix="_b").filter(pl.col("position") != pl.col("position_b"))
    )
    ways = pl.concat(
        [
            pairs.select(*FORM, _ROW, weight="token", score="token_b", at="position", score_at="position_b"),
            parted.select(*FORM, _ROW, weight="left", score="right", at="position", score_at="position"),
            parted.select(*FORM, _ROW, weight="right", score="left", at="position", score_at="position"),
        ]
    )
    fitting = ways.join(sums, on=FORM).filter(
        _figure("weight") == pl.col("weights"), _figure("score") == pl.col("scores")
    )
    # Where weight and score are equal, the left one is the weight.
    fitting = fitting.sort(_ROW, "at", "score_at").unique([_ROW, "weight", "score"], keep="first", maintain_order=True)
    # A figure that is neither is left over: 98 of 100 | 98/100 is not passed over because the scores sum to 100.
    beside = fitting.filter(pl.col("at") != pl.col("score_at")).join(tokens.select(_ROW, "token"), on=_ROW)
    is_either = (_figure("token") == _figure("weight")) | (_figure("token") == _figure("score"))
    strange = beside.filter(~is_either.fill_null(False))
    fitting = fitting.join(strange, on=_ROW, how="anti", maintain_order="left")
    fitting = fitting.filter(pl.len().over(_ROW) == 1)
    found = [
        _as(
            fitting.select(_ROW, position=at, chosen=name).join(tokens, on=[_ROW, "position"]),
            f"total_{name}",
            "chosen",
        )
        for name, at in (("weight", "at"), ("score", "score_at"))
    ]
    return pl.concat(found)


def _by_word(tokens: pl.DataFrame) -> pl.DataFrame:
    """Return the figures of rows in which a word says of one figure that it is the weight: 满分100分，得分97.8分."""
    plain = tokens.filter(
        "of_points",
        pl.col("token").str.contains(_PLAIN).all().over(_ROW),
        pl.col("count") <= 2,
        pl.col("marked").sum().over(_ROW) == 1,
    )
    return pl.concat([_as(plain.filter("marked"), "total_weight"), _as(plain.filter(~pl.col("marked")), "total_score")])


def _alone(tokens: pl.DataFrame, sums: pl.DataFrame) -> pl.DataFrame:
    """Return the figures of rows where one figure alone is the sum of the weights, and of rows with one figure."""
    plain = tokens.filter("of_points", pl.col("token").str.contains(_PLAIN).all().over(_ROW), pl.col("count") <= 2)
    points = _figure("token")
    fitted = plain.join(sums, on=FORM, how="left").with_columns(
        is_weight=(points == pl.col("weights")).fill_null(False), is_score=(points == pl.col("scores")).fill_null(False)
    )
    keys = [_ROW, "position"]
    either = fitted.group_by(keys).agg(pl.col("is_weight", "is_score").any())
    plain = plain.join(either, on=keys, how="left", maintain_order="left")
    two = plain.filter(pl.col("count") == 2, pl.col("is_weight").sum().over(_ROW) == 1)
    one = plain.filter(pl.col("count") == 1)
    only_weight = pl.col("is_weight") & ~pl.col("is_score")
    return pl.concat(
        [
            _as(two.filter("is_weight"), "total_weight"),
            _as(two.filter(~pl.col("is_weight")), "total_score"),
            _as(one.filter(only_weight), "total_weight"),
            _as(one.filter(~only_weight, pl.col("is_score") | (pl.col("stands") == "below")), "total_score"),
        ]
    )


def _by_column(tokens: pl.DataFrame, block: Block) -> pl.DataFrame:
    """Return the figures of rows that stand exactly in the columns of the weights and of the scores below them."""
    columns = block.columns.filter(pl.col("field").is_in(["weight", "score"]), pl.col("is_published"))
    columns = columns.sort(_ROW).unique([*FORM, "field"], keep="first", maintain_order=True)
    met = tokens.filter(
        pl.col("token").str.contains(_PLAIN), pl.col("in_cell") == 1, ~pl.col("has_words"), pl.col("stands") != "money"
    ).join(columns.select(*FORM, "field", column_x0="rel_x0", column_x1="rel_x1"), on=FORM)
    met = met.filter(
        (pl.col("rel_x0") - pl.col("column_x0")).abs() < EDGE, (pl.col("rel_x1") - pl.col("column_x1")).abs() < EDGE
    ).filter(pl.len().over(_ROW) == 2)
    return pl.concat([_as(met.filter(pl.col("field") == name), f"total_{name}") for name in ("weight", "score")])
