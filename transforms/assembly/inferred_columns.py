"""Columns whose header is not known, but which the form itself proves.

The levels are proved by the closed lists of their labels, weights and scores by sums that the form prints, actuals by
scores that follow from target and weight, executed amounts by the printed rates. A column is read only when one
assignment alone fits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import polars as pl

from transforms.assembly.columns import Block
from transforms.assembly.places import FORM, PLACE

COLUMN: Final = [*FORM, "label"]

_FIGURE: Final = r"^[-－]?(\d{1,12}(?:\.\d{1,6})?)分?$"
_MEASURE: Final = r"^(?:≥|≤|>=|<=|>|<|＞|＜|=|不少于|不低于|不超过)?(\d{1,12}(?:\.\d{1,6})?)(\D{0,8})$"
_OTHER_TIME: Final = r"上年|去年|上期|往年|历年|预计|预测|下年|[1-9]\d?\s*月|季度|半年|复核|审核|专家|第三方|抽查"
"""What a header says of another time or another judge than the form's own: no figure proves such a column."""
_NUMBER: Final = pl.Decimal(18, 6)
_SHARE: Final = 0.9
_FEWEST_LEVELS: Final = 2
_FEWEST_POINTS: Final = 2
_WHOLE: Final = 100


@dataclass(frozen=True, slots=True)
class Inferred:
    """A block with the columns that were proved, and the proofs.

    Attributes:
        block: The block; proved columns have their field and are published.
        proofs: One row for each: form, `label` (the header), `field`, `proof`, and the place of the header.
    """

    block: Block
    proofs: pl.DataFrame


def _number(text: pl.Expr, pattern: str, group: int = 1) -> pl.Expr:
    plain = text.str.replace_all(r"[\s,，]", "")
    return plain.str.extract(pattern, group).cast(_NUMBER, strict=False)


def _body(block: Block) -> pl.DataFrame:
    """Return the filled cells of single columns, with the figure that each prints alone."""
    return block.values.filter(
        pl.col("column_count") == 1, pl.col("key") != "", pl.col("form_number").is_not_null()
    ).with_columns(figure=_number(pl.col("text"), _FIGURE))


def _unknown(block: Block) -> pl.DataFrame:
    """Return what the cells of each unknown column have in common: one row for each form and header."""
    once = block.columns.group_by(*COLUMN).agg(
        pl.col("field").is_null().all().alias("is_unknown"),
        x0=pl.col("rel_x0").first(),
        columns=pl.len(),
        headers=pl.col("header_index").n_unique(),
    )
    body = _body(block)
    rows = body.filter(~pl.col("is_total"))
    stats = rows.group_by(*COLUMN).agg(
        count=pl.len(),
        figures=pl.col("figure").is_not_null().sum(),
        total=pl.col("figure").sum(),
        level_1=pl.col("level_1_field").is_not_null().sum(),
        level_2=pl.col("level_2_field").is_not_null().sum(),
        distinct=pl.col("text").n_unique(),
    )
    printed = (
        body.filter("is_total").sort("row_index").group_by(*COLUMN).agg(printed=pl.col("figure").drop_nulls().last())
    )
    return (
        once.filter("is_unknown", pl.col("columns") == pl.col("headers"), ~pl.col("label").str.contains(_OTHER_TIME))
        .join(stats, on=COLUMN)
        .join(printed, on=COLUMN, how="left")
    )


def _only(candidates: pl.DataFrame, field: str, proof: pl.Expr) -> pl.DataFrame:
    """Return the candidates of forms that have exactly one."""
    return candidates.filter(pl.len().over(FORM) == 1).select(*COLUMN, field=pl.lit(field), proof=proof)


def _missing(block: Block, field: str) -> pl.DataFrame:
    """Return the forms that have the block but no such column."""
    return (
        block.columns.group_by(FORM).agg(has=(pl.col("field") == field).fill_null(False).any()).filter(~pl.col("has"))
    )


def _with(block: Block, proofs: pl.DataFrame) -> Block:
    """Return the block with the proved columns named."""
    if proofs.is_empty():
        return block
    told = proofs.select(*COLUMN, proved="field")

    def named(frame: pl.DataFrame) -> pl.DataFrame:
        return (
            frame.join(told, on=COLUMN, how="left", maintain_order="left")
            .with_columns(
                is_published=pl.col("is_published") | pl.col("proved").is_not_null(),
                field=pl.coalesce("proved", "field"),
            )
            .drop("proved")
        )

    return replace(block, columns=named(block.columns), values=named(block.values))


def infer_indicators(block: Block, execution: pl.DataFrame) -> Inferred:
    """Name the unknown columns of the indicator table that the form proves.

    Args:
        block: Indicator block of `read_block`.
        execution: `execution_points` of the funding: form, `weight` and `score` of budget execution, null where none.
    """
    found: list[pl.DataFrame] = []
    for step in (_levels, _names, _points, _actuals):
        unknown = _unknown(block)
        if unknown.is_empty():
            break
        proofs = step(block, unknown, execution)
        block = _with(block, proofs)
        found.append(proofs)
    return _inferred(block, found)


def infer_funding(block: Block) -> Inferred:
    """Name the unknown columns of the funding block that the printed rates prove: executed ÷ budget."""
    unknown = _unknown(block)
    if unknown.is_empty():
        return _inferred(block, [])
    proofs = _amounts(block, unknown)
    return _inferred(_with(block, proofs), [proofs])


def _inferred(block: Block, found: list[pl.DataFrame]) -> Inferred:
    none = pl.DataFrame(schema={**{c: block.columns.schema[c] for c in COLUMN}, "field": pl.String, "proof": pl.String})
    proofs = pl.concat([none, *found])
    places = block.columns.sort("row_index").unique(COLUMN, keep="first", maintain_order=True)
    return Inferred(block, proofs.join(places.select(*COLUMN, *PLACE, "row_index"), on=COLUMN, how="left"))


def _levels(block: Block, unknown: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    parts = []
    for field, share, least in (("level_1_label", "level_1", 1), ("level_2_label", "level_2", _FEWEST_LEVELS)):
        listed = unknown.join(_missing(block, field), on=FORM, how="semi").filter(
            pl.col(share) >= _SHARE * pl.col("count"), pl.col(share) >= least
        )
        if field == "level_2_label":
            listed = listed.filter(pl.col("level_1") < pl.col("level_2"))
        parts.append(_only(listed, field, pl.format("{} cells are of the closed list", "count")))
    return pl.concat(parts)


def _names(block: Block, unknown: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    """The one column between the levels and the values whose texts all differ is the name."""
    edges = block.columns.group_by(FORM).agg(
        after=pl.col("rel_x0").filter(pl.col("field").is_in(["level_1_label", "level_2_label"])).max(),
        before=pl.col("rel_x0")
        .filter(pl.col("field").is_in(["target", "actual", "weight", "score", "target_operator"]))
        .min(),
    )
    between = (
        unknown.join(_missing(block, "indicator_name"), on=FORM, how="semi")
        .join(edges, on=FORM)
        .filter(pl.col("x0") > pl.col("after"), pl.col("x0") < pl.col("before"))
    )
    is_name = (pl.col("distinct") >= _SHARE * pl.col("count")) & (2 * pl.col("figures") < pl.col("count"))
    alone = between.filter(pl.len().over(FORM) == 1).filter(is_name)
    return _only(alone, "indicator_name", pl.lit("the only column between levels and values"))


def _points(block: Block, unknown: pl.DataFrame, execution: pl.DataFrame) -> pl.DataFrame:
    """A column of points adds up to the total that stands below it, or the weights to 100."""
    execution = execution.select(*FORM, execution_weight="weight", execution_score="score")
    figures = (
        unknown.filter(pl.col("figures") == pl.col("count"), pl.col("count") >= _FEWEST_POINTS)
        .join(execution, on=FORM, how="left")
        .with_columns(pl.col("execution_weight", "execution_score").fill_null(0))
    )
    if figures.is_empty():
        return _only(figures.with_columns(proof=pl.lit("")), "weight", pl.col("proof"))
    total, whole = pl.col("total"), pl.col("printed")
    adds_weight = (total + pl.col("execution_weight")).is_in([_WHOLE]) | (total == _WHOLE)
    adds_score = (total + pl.col("execution_score") == whole) | (total == whole)
    adds_weight &= whole.is_null() | (whole == total) | (whole == _WHOLE)
    figures = figures.with_columns(adds_weight=adds_weight.fill_null(False), adds_score=adds_score.fill_null(False))
    pairs = _compared(block)
    no_weight, no_score = (_missing(block, f).select(FORM) for f in ("weight", "score"))
    proof = pl.format("{} figures and {} of execution add up to {}", "count", "execution", "sum")

    def told(rows: pl.DataFrame, field: str) -> pl.DataFrame:
        with_execution = pl.col("total") != (pl.coalesce("printed", pl.lit(_WHOLE)))
        by = pl.when(with_execution).then(pl.col(f"execution_{field}")).otherwise(0)
        rows = rows.with_columns(execution=_plain(by), sum=_plain(pl.col("total") + by))
        return _only(rows, field, proof)

    score_known = figures.join(no_score, on=FORM, how="anti")
    weight_known = figures.join(no_weight, on=FORM, how="anti")
    above = score_known.join(no_weight, on=FORM, how="semi").filter("adds_weight")
    above = above.join(pairs.filter(other="score", is_below=False), on=COLUMN, how="anti")
    below = weight_known.join(no_score, on=FORM, how="semi").filter("adds_score")
    below = below.join(pairs.filter(other="weight", is_above=False), on=COLUMN, how="anti")
    both = figures.join(no_weight, on=FORM, how="semi").join(no_score, on=FORM, how="semi")
    both = both.filter(pl.col("adds_weight") | pl.col("adds_score"), pl.len().over(FORM) == 2)
    return pl.concat([told(above, "weight"), told(below, "score"), _weight_and_score(block, both, told_by=proof)])


def _plain(number: pl.Expr) -> pl.Expr:
    return number.cast(_NUMBER).cast(pl.String).str.replace(r"\.?0+$", "")


def _compared(block: Block) -> pl.DataFrame:
    """Return for each unknown column and known weight or score whether its figures are nowhere above or below it."""
    body = _body(block).filter(~pl.col("is_total"))
    known = body.filter(pl.col("field").is_in(["weight", "score"])).select(
        *FORM, "row_index", other="field", other_figure="figure"
    )
    return (
        body.filter(pl.col("field").is_null())
        .select(*COLUMN, "row_index", "figure")
        .join(known, on=[*FORM, "row_index"])
        .group_by(*COLUMN, "other")
        .agg(
            is_above=(pl.col("figure") <= pl.col("other_figure")).all(),
            is_below=(pl.col("figure") >= pl.col("other_figure")).all(),
        )
    )


def _weight_and_score(block: Block, both: pl.DataFrame, told_by: pl.Expr) -> pl.DataFrame:
    """Of the only two columns that add up, the one nowhere less is the weights; the left one where they agree."""
    body = _body(block).filter(~pl.col("is_total")).select(*COLUMN, "row_index", "figure")
    pair = both.sort(*FORM, "x0").with_columns(place=pl.int_range(pl.len()).over(FORM))
    left, right = pair.filter(place=0), pair.filter(place=1)
    sides = (
        left.select(*COLUMN)
        .join(body, on=COLUMN)
        .join(
            right.select(*FORM, other="label").join(
                body.rename({"label": "other", "figure": "other_figure"}), on=[*FORM, "other"]
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
    by = pl.when(pl.col("total") != pl.coalesce("printed", pl.lit(_WHOLE))).then(own).otherwise(0)
    return chosen.with_columns(execution=_plain(by), sum=_plain(pl.col("total") + by)).select(
        *COLUMN, "field", proof=told_by
    )


def _actuals(block: Block, unknown: pl.DataFrame, _: pl.DataFrame) -> pl.DataFrame:
    """Actuals give the scores: full marks where the target is reached, weight × actual ÷ target where it is not."""
    body = _body(block).filter(~pl.col("is_total"))
    wanted = ["target", "weight", "score"]
    known = body.filter(pl.col("field").is_in(wanted)).select(*FORM, "row_index", "field", "text", "figure")
    wide = (
        known.filter(field="target")
        .select(*FORM, "row_index", target="text")
        .join(known.filter(field="weight").select(*FORM, "row_index", weight="figure"), on=[*FORM, "row_index"])
        .join(known.filter(field="score").select(*FORM, "row_index", score="figure"), on=[*FORM, "row_index"])
        .with_columns(
            goal=_number(pl.col("target"), _MEASURE),
            goal_unit=pl.col("target").str.replace_all(r"[\s,，]", "").str.extract(_MEASURE, 2),
            is_cap=pl.col("target").str.contains(r"^\s*(?:≤|<|＜|不超过)"),
        )
    )
    lacking = unknown.join(_missing(block, "actual"), on=FORM, how="semi").select(*COLUMN)
    tried = (
        body.join(lacking, on=COLUMN, how="semi")
        .select(*COLUMN, "row_index", "text")
        .join(wide, on=[*FORM, "row_index"])
        .with_columns(
            done=_number(pl.col("text"), _MEASURE),
            done_unit=pl.col("text").str.replace_all(r"[\s,，]", "").str.extract(_MEASURE, 2),
        )
        .filter(pl.col("goal_unit") == pl.col("done_unit"), pl.col("goal") > 0, pl.col("done") > 0)
        .with_columns(
            is_met=pl.when("is_cap").then(pl.col("done") <= pl.col("goal")).otherwise(pl.col("done") >= pl.col("goal")),
            # score × target = weight × actual, to within half a point of the last printed decimal
            gap=pl.when("is_cap")
            .then(pl.col("score") * pl.col("done") - pl.col("weight") * pl.col("goal"))
            .otherwise(pl.col("score") * pl.col("goal") - pl.col("weight") * pl.col("done"))
            .abs(),
            room=pl.max_horizontal("goal", "done") * pl.lit("0.06").cast(_NUMBER),
        )
        .with_columns(
            fits=pl.when("is_met").then(pl.col("score") == pl.col("weight")).otherwise(pl.col("gap") <= pl.col("room"))
        )
    )
    proved = (
        tried.group_by(*COLUMN)
        .agg(fits=pl.col("fits").all(), compared=pl.len(), missed=(~pl.col("is_met")).sum())
        .filter("fits", pl.col("compared") >= _FEWEST_POINTS, pl.col("missed") >= 1)
    )
    proof = pl.format("{} scores follow from it, {} of them below the weight", "compared", "missed")
    return _only(proved, "actual", proof)


def _amounts(block: Block, unknown: pl.DataFrame) -> pl.DataFrame:
    """Executed ÷ budget is the printed rate on every line that has one."""
    body = _body(block)
    rate = (
        body.filter(field="execution_rate")
        .with_columns(rate=_number(pl.col("text").str.replace(r"[%％]\s*$", ""), _FIGURE))
        .select(*FORM, "row_index", "rate")
    )
    parts = []
    for field, other in (("executed", "annual_budget"), ("annual_budget", "executed")):
        lacking = unknown.join(_missing(block, field), on=FORM, how="semi").select(*COLUMN)
        known = body.filter(field=other).select(*FORM, "row_index", other="figure")
        tried = (
            body.join(lacking, on=COLUMN, how="semi")
            .select(*COLUMN, "row_index", "figure")
            .join(known, on=[*FORM, "row_index"])
            .join(rate, on=[*FORM, "row_index"])
            .filter(pl.col("rate") > 0, pl.col("other") > 0, pl.col("figure") > 0)
        )
        upper, lower = ("figure", "other") if field == "executed" else ("other", "figure")
        hundredth = pl.lit("0.01").cast(_NUMBER)
        fits = (pl.col(upper) * _WHOLE - pl.col("rate") * pl.col(lower)).abs() <= pl.col(lower) * hundredth
        proved = (
            tried.with_columns(fits=fits)
            .group_by(*COLUMN)
            .agg(
                fits=pl.col("fits").all(),
                compared=pl.len(),
                tells=(pl.col("figure") != pl.col("other")).any(),
            )
            .filter("fits", "tells")
        )
        parts.append(_only(proved, field, pl.format("{} printed rates follow from it", "compared")))
    return pl.concat(parts)


def execution_points(funding: Block) -> pl.DataFrame:
    """Return weight and score of budget execution of each form: those of the first line that prints a weight or score.

    One row for each form that prints one: document_id, form_number, `weight`, `score`.
    """
    body = _body(funding).filter(pl.col("field").is_in(["weight", "score"]), pl.col("figure").is_not_null())
    first = body.sort("row_index").unique([*FORM, "field"], keep="first", maintain_order=True)
    return first.group_by(FORM).agg(
        weight=pl.col("figure").filter(pl.col("field") == "weight").first(),
        score=pl.col("figure").filter(pl.col("field") == "score").first(),
    )
