"""Targets and actual values whose header is not known: recognised by the scores, or by values that answer each other.

Where targets are missed, the scores say which column holds what was reached. Where all are reached, a column answers
the targets when its cells are of the same measures, when no score contradicts it, and when its header says that it
holds what came out; no other column may do so.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.columns import Block
from transforms.assembly.places import FORM
from transforms.assembly.proofs import COLUMN, NUMBER, body, missing, named, number, only, says, sides, unknown_columns
from warehouse.contract import remarks

_MEASURE: Final = r"^(?:≥|≤|>=|<=|≧|≦|═|>|<|＞|＜|=|＝|不少于|不低于|不超过)?[（(]?(\d{1,12}(?:\.\d{1,6})?)(\D{0,8})$"
_OPERATOR: Final = r"^\s*(?:[≥≤><＞＜=＝≧≦═]|不少于|不低于|不超过|不高于)"
_FEWEST_POINTS: Final = 2
_ANSWERED: Final = "0.6"
_PAIR: Final = [*FORM, "target_label", "actual_label"]


def infer_values(block: Block, unknown: pl.DataFrame) -> pl.DataFrame:
    """Return the proofs of targets and actual values: form, `label`, `field`, `proof`."""
    proofs = _actuals(block, unknown)
    block = named(block, proofs)
    unknown = unknown_columns(block)
    return pl.concat([proofs, _answering(block, unknown)]) if unknown.height else proofs


def _actuals(block: Block, unknown: pl.DataFrame) -> pl.DataFrame:
    """Actuals give the scores: full marks where the target is reached, weight × actual ÷ target where it is not."""
    cells = body(block).filter(~pl.col("is_total"))
    wanted = ["target", "weight", "score"]
    known = cells.filter(pl.col("field").is_in(wanted)).select(*FORM, "row_index", "field", "text", "figure")
    wide = (
        known.filter(field="target")
        .select(*FORM, "row_index", target="text")
        .join(known.filter(field="weight").select(*FORM, "row_index", weight="figure"), on=[*FORM, "row_index"])
        .join(known.filter(field="score").select(*FORM, "row_index", score="figure"), on=[*FORM, "row_index"])
        .with_columns(
            goal=number(pl.col("target"), _MEASURE),
            goal_unit=pl.col("target").str.replace_all(r"[\s,，]", "").str.extract(_MEASURE, 2),
            is_cap=pl.col("target").str.contains(r"^\s*(?:≤|<|＜|不超过)"),
        )
    )
    lacking = unknown.join(missing(block, "actual"), on=FORM, how="semi").select(*COLUMN)
    tried = (
        cells.join(lacking, on=COLUMN, how="semi")
        .select(*COLUMN, "row_index", "text")
        .join(wide, on=[*FORM, "row_index"])
        .with_columns(
            done=number(pl.col("text"), _MEASURE),
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
            room=pl.max_horizontal("goal", "done") * pl.lit("0.06").cast(NUMBER),
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
    proof = pl.format(remarks.SCORES_FOLLOW.en, "compared", "missed")
    return only(proved, "actual", proof)


def _measures(block: Block) -> pl.DataFrame:
    """Return the filled cells of rows with the `amount` and `unit` that each prints, and what it says without them."""
    plain = pl.col("text").str.replace_all(r"[\s,，()（）]", "")
    return (
        body(block)
        .filter(~pl.col("is_total"))
        .select(
            *COLUMN,
            "row_index",
            "field",
            "text",
            amount=number(pl.col("text"), _MEASURE),
            unit=plain.str.extract(_MEASURE, 2),
            operator=pl.col("text").str.contains(_OPERATOR),
            bare=pl.col("text").str.contains(r"^\s*[\d,，.]+\s*$"),
            plain=plain,
        )
    )


def _with_operators(cells: pl.DataFrame) -> pl.DataFrame:
    """Lay operator and unit of a row that have columns of their own to its bare figures.

    Adds `has_unit_cell` and `has_operator_cell`.
    """
    beside = {
        field: cells.filter(pl.col("field") == f"target_{field}").select(
            *FORM, "row_index", pl.col("plain").alias(f"row_{field}")
        )
        for field in ("operator", "unit")
    }
    joined = cells.join(beside["operator"], on=[*FORM, "row_index"], how="left", maintain_order="left").join(
        beside["unit"], on=[*FORM, "row_index"], how="left", maintain_order="left"
    )
    bare = pl.col("bare") & ~pl.col("field").is_in(["weight", "score", "actual"]).fill_null(False)
    return joined.with_columns(
        plain=pl.when(bare).then(pl.col("row_operator").fill_null("") + pl.col("plain")).otherwise("plain"),
        unit=pl.when(bare).then(pl.coalesce("row_unit", "unit")).otherwise("unit"),
        has_operator_cell=bare & pl.col("row_operator").is_not_null(),
        has_unit_cell=bare & pl.col("row_unit").is_not_null(),
    )


def _beside_operators(block: Block) -> pl.DataFrame:
    """Return the place of the column right of the operators, which are those of its figures."""
    operator = block.columns.filter(pl.col("field") == "target_operator").group_by(FORM).agg(x0=pl.col("rel_x0").max())
    right = block.columns.join(operator, on=FORM).filter(pl.col("rel_x0") > pl.col("x0"))
    return right.group_by(FORM).agg(target_x0=pl.col("rel_x0").min(), is_beside=pl.lit(True))


def _answering(block: Block, unknown: pl.DataFrame) -> pl.DataFrame:
    """Find the one pair of columns, targets and actual values, whose cells answer each other."""
    cells = _with_operators(_measures(block))
    pairs = _pairs(block, unknown, cells)
    if pairs.is_empty():
        return only(pairs.with_columns(label="target_label"), "target", pl.lit(""))
    compared = _compared(pairs, cells)
    share = pl.lit(_ANSWERED).cast(NUMBER)
    is_target = pl.col("knows_target") | ((pl.col("operators") > 0) | says("target_label", "before")) & ~says(
        "target_label", "after"
    )
    is_actual = pl.col("knows_actual") | (says("actual_label", "after") & (2 * pl.col("copied") < pl.col("rows")))
    fitting = compared.filter(
        pl.col("answered") >= share * pl.col("rows"),
        pl.col("proper") > 0,
        pl.col("contradicted") * 5 <= pl.col("rows"),
        pl.col("rows") >= _FEWEST_POINTS,
        is_target,
        is_actual,
    )
    one = fitting.filter(pl.len().over(FORM) == 1)
    proof = pl.format(remarks.ANSWER.en, "answered", "rows")
    return pl.concat(
        [
            one.filter(~pl.col(f"knows_{field}")).select(
                *FORM, label=f"{field}_label", field=pl.lit(field), proof=proof
            )
            for field in ("target", "actual")
        ]
    )


def _pairs(block: Block, unknown: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Return the pairs of columns that may be targets and actual values: both right of the names, one not known."""
    points = cells.group_by(COLUMN).agg(is_bare=pl.col("bare").all()).filter("is_bare").select(COLUMN)
    has_unit = block.columns.filter(pl.col("field") == "target_unit").select(FORM).unique()
    candidates = unknown.join(points.join(has_unit, on=FORM, how="anti"), on=COLUMN, how="anti")
    after_name = block.columns.filter(pl.col("field") == "indicator_name").group_by(FORM).agg(pl.col("rel_x0").max())
    return (
        sides(block, candidates, "target")
        .rename({"label": "target_label", "x0": "target_x0", "is_known": "knows_target"})
        .join(
            sides(block, candidates, "actual").rename(
                {"label": "actual_label", "x0": "actual_x0", "is_known": "knows_actual"}
            ),
            on=FORM,
        )
        .filter(pl.col("target_label") != pl.col("actual_label"), ~(pl.col("knows_target") & pl.col("knows_actual")))
        .join(after_name, on=FORM)
        .filter(pl.col("target_x0") > pl.col("rel_x0"), pl.col("actual_x0") > pl.col("rel_x0"))
        .join(_beside_operators(block), on=[*FORM, "target_x0"], how="left")
        .with_columns(pl.col("is_beside").fill_null(False))
    )


def _compared(pairs: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Count for each pair the `rows` that have both cells, and of these how many answer, contradict or hold what.

    A row answers when both cells are of the same measure, or both are words. Its score contradicts it when it is full
    though the target is missed, or less though it is reached.
    """
    values = ["row_index", "amount", "unit", "operator", "plain"]
    targets = cells.select(*FORM, *values, "has_unit_cell", "has_operator_cell", target_label="label")
    actuals = cells.select(*FORM, *values, actual_label="label")
    points_of = {
        field: cells.filter(pl.col("field") == field).select(
            *FORM, "row_index", number(pl.col("text"), r"^(\d+(?:\.\d+)?)分?$").alias(field)
        )
        for field in ("weight", "score")
    }
    both = (
        pairs.join(targets, on=[*FORM, "target_label"])
        .join(actuals, on=[*FORM, "actual_label", "row_index"], suffix="_of_actual")
        .join(points_of["weight"], on=[*FORM, "row_index"], how="left")
        .join(points_of["score"], on=[*FORM, "row_index"], how="left")
    )
    measured = pl.col("amount").is_not_null() & pl.col("amount_of_actual").is_not_null()
    unit, unit_of_actual = pl.col("unit"), pl.col("unit_of_actual")
    worded = ~pl.col("plain").str.contains(r"\d") & ~pl.col("plain_of_actual").str.contains(r"\d")
    same_measure = measured & ((unit == unit_of_actual) | (pl.col("has_unit_cell") & (unit_of_actual == "")))
    is_cap = pl.col("plain").str.contains(r"^(?:≤|≦|<|＜|不超过|不高于)")
    is_exact = pl.col("plain").str.contains(r"^(?:=|＝|═)")
    is_floor = pl.col("plain").str.contains(r"^(?:≥|≧|>|＞|不少于|不低于)")
    more = pl.col("amount_of_actual") > pl.col("amount")
    less = pl.col("amount_of_actual") < pl.col("amount")
    missed = same_measure & ((is_cap & more) | (is_floor & less) | (is_exact & less))
    reached = same_measure & ~missed & (is_cap | is_floor | is_exact)
    full = pl.col("score") == pl.col("weight")
    contradicted = (missed & full).fill_null(False) | (reached & (pl.col("score") < pl.col("weight"))).fill_null(False)
    return both.group_by(_PAIR, maintain_order=True).agg(
        pl.col("knows_target", "knows_actual").first(),
        rows=pl.len(),
        answered=(same_measure | (measured & ((unit == "") | (unit_of_actual == ""))) | worded).fill_null(False).sum(),
        proper=(same_measure & (unit != "")).fill_null(False).sum(),
        contradicted=contradicted.sum(),
        operators=(pl.col("operator") | (pl.col("has_operator_cell") & pl.col("is_beside"))).sum(),
        copied=pl.col("operator_of_actual").sum(),
    )
