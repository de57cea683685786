"""Columns of the indicator table whose header is not known, but which the form itself proves.

The levels are proved by the closed lists of their labels, the name by standing alone between levels and values, weights
and scores by sums that the form prints. A column is read only when one assignment alone fits.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import polars as pl

from transforms.assembly.columns import Block
from transforms.assembly.inferred_values import infer_values
from transforms.assembly.places import FORM
from transforms.assembly.proofs import (
    COLUMN,
    NUMBER,
    Inferred,
    body,
    inferred,
    missing,
    named,
    only,
    says,
    unknown_columns,
)
from warehouse.contract import remarks

_VALUE: Final = r"^(?:[≥≤><＞＜=＝≧≦═]|[\d,，.]+\D{0,8}$)"
_NOT_EARNED: Final = r"扣|减|失分|差"
_SHARE: Final = 0.9
_FEWEST_LEVELS: Final = 2
_FEWEST_POINTS: Final = 2
_FEWEST_REASONS: Final = 2
_SENTENCE: Final = 6
"""Ideographs from which a text is a reason, and not a mark that there is none (无, 无偏差, 已完成)."""

_WHOLE: Final = 100


def infer_indicators(block: Block, execution: pl.DataFrame, stated: pl.DataFrame) -> Inferred:
    """Name the unknown columns of the indicator table that the form proves.

    Args:
        block: Indicator block of `read_block`.
        execution: `execution_points` of the funding: form, `weight` and `score` of budget execution, null where none.
        stated: Total score that the form states beside its label: form, `stated`.
    """
    found: list[pl.DataFrame] = []
    steps: tuple[Callable[[Block, pl.DataFrame], pl.DataFrame], ...] = (
        _levels,
        _names,
        _second_level,
        partial(_points, execution=execution, stated=stated),
        infer_values,
        _deviation,
    )
    for step in steps:
        unknown = unknown_columns(block)
        if unknown.is_empty():
            break
        proofs = step(block, unknown)
        block = named(block, proofs)
        found.append(proofs)
    return inferred(block, found)


def _levels(block: Block, unknown: pl.DataFrame) -> pl.DataFrame:
    parts = []
    for field, share, least in (("level_1_label", "level_1", 1), ("level_2_label", "level_2", _FEWEST_LEVELS)):
        listed = unknown.join(missing(block, field), on=FORM, how="semi").filter(
            pl.col(share) >= _SHARE * pl.col("count"), pl.col(share) >= least
        )
        if field == "level_2_label":
            listed = listed.filter(pl.col("level_1") < pl.col("level_2"))
        parts.append(only(listed, field, pl.format(remarks.LISTED.en, "count")))
    return pl.concat(parts)


def _names(block: Block, unknown: pl.DataFrame) -> pl.DataFrame:
    """The one column of texts between levels and values is the name: its cells are neither figures nor measures."""
    edges = block.columns.group_by(FORM).agg(
        after=pl.col("rel_x0").filter(pl.col("field").is_in(["level_1_label", "level_2_label"])).max(),
        before=pl.col("rel_x0")
        .filter(pl.col("field").is_in(["target", "actual", "weight", "score", "target_operator"]))
        .min(),
    )
    between = (
        unknown.join(missing(block, "indicator_name"), on=FORM, how="semi")
        .filter(~says("label", "aside"))
        .join(edges, on=FORM)
        .filter(pl.col("x0") > pl.col("after"), pl.col("x0") < pl.col("before"))
        .join(_texts(block), on=COLUMN, how="semi")
    )
    alone = between.filter(pl.len().over(FORM) == 1).filter(2 * pl.col("distinct") >= pl.col("count"))
    return only(alone, "indicator_name", pl.lit(remarks.BETWEEN.en))


def _second_level(block: Block, unknown: pl.DataFrame) -> pl.DataFrame:
    """The one column of texts between first level and name is the second level, also where its words are not listed."""
    edges = block.columns.group_by(FORM).agg(
        after=pl.col("rel_x0").filter(pl.col("field") == "level_1_label").max(),
        before=pl.col("rel_x0").filter(pl.col("field") == "indicator_name").min(),
    )
    between = (
        unknown.join(missing(block, "level_2_label"), on=FORM, how="semi")
        .filter(~says("label", "aside"))
        .join(edges, on=FORM)
        .filter(pl.col("x0") > pl.col("after"), pl.col("x0") < pl.col("before"))
    )
    alone = between.filter(pl.len().over(FORM) == 1, pl.col("count") >= _FEWEST_LEVELS)
    return only(alone.join(_texts(block), on=COLUMN, how="semi"), "level_2_label", pl.lit(remarks.BEFORE_NAME.en))


def _deviation(block: Block, unknown: pl.DataFrame) -> pl.DataFrame:
    """The one column of texts right of the actual values is the deviation: its header asks why, or its cells say why.

    Cells say why where each row that lost points has a sentence there, and no row of full points has one.
    """
    actual = block.columns.filter(pl.col("field") == "actual").group_by(FORM).agg(pl.col("rel_x0").max())
    texts = (
        unknown.join(missing(block, "deviation"), on=FORM, how="semi")
        .join(actual, on=FORM)
        .filter(pl.col("x0") > pl.col("rel_x0"), pl.col("figures") == 0)
    )
    asking = only(texts.filter(says("label", "why")), "deviation", pl.lit(remarks.ASKS_WHY.en))
    others = texts.filter(~says("label", "aside")).join(asking, on=FORM, how="anti")
    saying = only(others.join(_reasons(block, others), on=COLUMN), "deviation", pl.format(remarks.SAYS_WHY.en, "lost"))
    return pl.concat([asking, saying])


def _reasons(block: Block, candidates: pl.DataFrame) -> pl.DataFrame:
    """Return the columns with a sentence in each row that `lost` points, and in no other row: form, label, lost."""
    cells = body(block).filter(~pl.col("is_total"))
    points = [
        cells.filter(pl.col("field") == field).select(*FORM, "row_index", pl.col("figure").alias(field))
        for field in ("weight", "score")
    ]
    rows = points[0].join(points[1], on=[*FORM, "row_index"]).drop_nulls()
    sentence = pl.col("text").str.count_matches(r"\p{Han}") >= _SENTENCE
    said = cells.filter(sentence).select(*COLUMN, "row_index", says=pl.lit(True))
    lost, reason = pl.col("score") < pl.col("weight"), pl.col("says").is_not_null()
    judged = (
        candidates.select(COLUMN)
        .join(rows, on=FORM)
        .join(said, on=[*COLUMN, "row_index"], how="left")
        .group_by(COLUMN)
        .agg(answers=(lost == reason).all(), lost=lost.sum(), full=(~lost).sum())
    )
    return judged.filter("answers", pl.col("lost") >= _FEWEST_REASONS, pl.col("full") >= _FEWEST_POINTS)


def _texts(block: Block) -> pl.DataFrame:
    """Return the columns whose filled cells are all texts, neither figures nor measures."""
    is_text = pl.col("text").str.contains(r"\p{Han}") & ~pl.col("text").str.contains(_VALUE)
    cells = body(block).filter(~pl.col("is_total"))
    return cells.group_by(COLUMN).agg(is_text=is_text.all()).filter("is_text").select(COLUMN)


def _points(block: Block, unknown: pl.DataFrame, execution: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    """A column of points adds up to the total that stands below it or in the form's head, or the weights to 100."""
    execution = execution.select(*FORM, execution_weight="weight", execution_score="score")
    figures = (
        unknown.filter(
            pl.col("figures") == pl.col("count"),
            pl.col("count") >= _FEWEST_POINTS,
            ~pl.col("label").str.contains(_NOT_EARNED),
        )
        .join(execution, on=FORM, how="left")
        .join(stated, on=FORM, how="left")
        .with_columns(pl.col("execution_weight", "execution_score").fill_null(0))
    )
    if figures.is_empty():
        return only(figures.with_columns(proof=pl.lit("")), "weight", pl.col("proof"))
    total, whole = pl.col("total"), pl.col("printed")
    whole_score = pl.coalesce(whole, "stated")
    adds_weight = (total + pl.col("execution_weight")).is_in([_WHOLE]) | (total == _WHOLE)
    adds_score = (total + pl.col("execution_score") == whole_score) | (total == whole_score)
    adds_weight &= whole.is_null() | (whole == total) | (whole == _WHOLE)
    figures = figures.with_columns(adds_weight=adds_weight.fill_null(False), adds_score=adds_score.fill_null(False))
    pairs = _compared(block)
    no_weight, no_score = (missing(block, f).select(FORM) for f in ("weight", "score"))
    proof = pl.format(remarks.ADD_UP.en, "count", "execution", "sum")

    def with_proof(rows: pl.DataFrame, field: str) -> pl.DataFrame:
        stands = ["printed", "stated"] if field == "score" else ["printed"]
        with_execution = pl.col("total") != pl.coalesce(*stands, pl.lit(_WHOLE))
        by = pl.when(with_execution).then(pl.col(f"execution_{field}")).otherwise(0)
        rows = rows.with_columns(execution=_plain(by), sum=_plain(pl.col("total") + by))
        return only(rows, field, proof)

    score_known = figures.join(no_score, on=FORM, how="anti")
    weight_known = figures.join(no_weight, on=FORM, how="anti")
    above = score_known.join(no_weight, on=FORM, how="semi").filter("adds_weight")
    above = above.join(pairs.filter(other="score", is_below=False), on=COLUMN, how="anti")
    below = weight_known.join(no_score, on=FORM, how="semi").filter("adds_score")
    # What is above a weight, or most of what was taken off it, was not earned.
    not_earned = pl.col("is_above").not_() | pl.col("is_small")
    below = below.join(pairs.filter(pl.col("other") == "weight", not_earned), on=COLUMN, how="anti")
    both = figures.join(no_weight, on=FORM, how="semi").join(no_score, on=FORM, how="semi")
    both = both.filter(pl.col("adds_weight") | pl.col("adds_score")).filter(pl.len().over(FORM) == 2)
    return pl.concat(
        [with_proof(above, "weight"), with_proof(below, "score"), _weight_and_score(block, both, recognised_by=proof)]
    )


def _plain(number: pl.Expr) -> pl.Expr:
    return number.cast(NUMBER).cast(pl.String).str.replace(r"\.?0+$", "")


def _compared(block: Block) -> pl.DataFrame:
    """Return for each unknown column and known weight or score whether its figures are nowhere above or below it."""
    cells = body(block).filter(~pl.col("is_total"))
    known = cells.filter(pl.col("field").is_in(["weight", "score"])).select(
        *FORM, "row_index", other="field", other_figure="figure"
    )
    return (
        cells.filter(pl.col("field").is_null())
        .select(*COLUMN, "row_index", "figure")
        .join(known, on=[*FORM, "row_index"])
        .group_by(*COLUMN, "other")
        .agg(
            is_above=(pl.col("figure") <= pl.col("other_figure")).all(),
            is_below=(pl.col("figure") >= pl.col("other_figure")).all(),
            is_small=2 * pl.col("figure").sum() < pl.col("other_figure").sum(),
        )
    )


def _weight_and_score(block: Block, both: pl.DataFrame, recognised_by: pl.Expr) -> pl.DataFrame:
    """Of the only two columns that add up, the one nowhere less is the weights; the left one where they agree."""
    cells = body(block).filter(~pl.col("is_total")).select(*COLUMN, "row_index", "figure")
    pair = both.sort(*FORM, "x0").with_columns(place=pl.int_range(pl.len()).over(FORM))
    left, right = pair.filter(place=0), pair.filter(place=1)
    sides = (
        left.select(*COLUMN)
        .join(cells, on=COLUMN)
        .join(
            right.select(*FORM, other="label").join(
                cells.rename({"label": "other", "figure": "other_figure"}), on=[*FORM, "other"]
            ),
            on=[*FORM, "row_index"],
        )
        .group_by(FORM)
        .agg(
            left_leads=(pl.col("figure") >= pl.col("other_figure")).all(),
            right_leads=(pl.col("figure") <= pl.col("other_figure")).all(),
        )
        .filter(pl.col("left_leads") | pl.col("right_leads"))
    )
    weight_place = pl.when("left_leads").then(0).otherwise(1)
    chosen = pair.join(sides, on=FORM).with_columns(
        field=pl.when(pl.col("place") == weight_place).then(pl.lit("weight")).otherwise(pl.lit("score"))
    )
    fits = pl.when(pl.col("field") == "weight").then("adds_weight").otherwise("adds_score")
    chosen = chosen.filter(fits.all().over(FORM))
    own = pl.when(pl.col("field") == "weight").then("execution_weight").otherwise("execution_score")
    stands = pl.when(pl.col("field") == "score").then(pl.coalesce("printed", "stated")).otherwise("printed")
    by = pl.when(pl.col("total") != pl.coalesce(stands, pl.lit(_WHOLE))).then(own).otherwise(0)
    return chosen.with_columns(execution=_plain(by), sum=_plain(pl.col("total") + by)).select(
        *COLUMN, "field", proof=recognised_by
    )
