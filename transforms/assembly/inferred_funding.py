"""Columns of the money whose header is not known, but which the printed rates prove: executed ÷ budget."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.columns import HEADER, Block
from transforms.assembly.funding_lines import weight_captions
from transforms.assembly.places import FORM
from transforms.assembly.proofs import (
    COLUMN,
    FIGURE,
    NUMBER,
    Inferred,
    body,
    inferred,
    missing,
    named,
    number,
    only,
    says,
    sides,
    unknown_columns,
)
from warehouse.contract import remarks

_RATE: Final = r"^[-－]?(\d{1,4}(?:\.\d{1,6})?)[%％]?$"
_RATE_WORDS: Final = r"[率比]|进度|[%％]"
_INITIAL_WORDS: Final = r"年初|初始|期初"
_WHOLE: Final = 100
_PAIR: Final = [*FORM, "budget_label", "executed_label", "rate_label"]


def infer_funding(block: Block) -> Inferred:
    """Name the unknown columns of the funding block.

    Budget and executed amounts, and the rate, are known by each other: executed ÷ budget is the rate on every line
    that prints one. A column left of the budget whose header says 年初 is the initial budget.
    """
    found: list[pl.DataFrame] = []
    for step in (_by_rate, _initial):
        unknown = unknown_columns(block, of_others=True)
        if unknown.is_empty():
            break
        proofs = step(block, unknown)
        block = named(block, proofs)
        found.append(proofs)
    return inferred(block, found)


def _rate_cells(block: Block) -> pl.DataFrame:
    """Return the filled cells that a rate may stand in: column, `row_index`, `rate` and the worth of its last digit."""
    plain = pl.col("text").str.replace_all(r"[\s,，]", "")
    digits = plain.str.extract(r"\.(\d+)", 1).str.len_chars().fill_null(0)
    unit = pl.lit("1").cast(NUMBER)
    return body(block).select(
        *COLUMN,
        "row_index",
        "field",
        rate=plain.str.extract(_RATE, 1).cast(NUMBER, strict=False),
        has_sign=plain.str.contains(r"[%％]$"),
        is_nothing=plain.str.contains(r"^[\p{P}\p{S}]*$"),
        last=pl.when(digits == 0).then(unit).when(digits == 1).then(unit / 10).otherwise(unit / 100).cast(NUMBER),
    )


def _rates(block: Block, unknown: pl.DataFrame) -> pl.DataFrame:
    """Return the column of the rates of each form: the known one, or else the only one that can be it."""
    cells = _rate_cells(block)
    known = cells.filter(pl.col("field") == "execution_rate").with_columns(is_known=pl.lit(True))
    unknown_rates = (
        cells.join(unknown.join(missing(block, "execution_rate"), on=FORM, how="semi").select(COLUMN), on=COLUMN)
        .filter(~pl.col("is_nothing"))
        .with_columns(
            is_rate=(
                pl.col("rate").is_not_null().all()
                & (pl.col("has_sign").any() | pl.col("label").str.contains(_RATE_WORDS).any())
            ).over(COLUMN)
        )
        .filter("is_rate")
        .filter(pl.col("label").n_unique().over(FORM) == 1)
        .select(*known.columns[:-1], is_known=pl.lit(False))
    )
    return pl.concat([known, unknown_rates]).filter(pl.col("rate").is_not_null())


def _by_rate(block: Block, unknown: pl.DataFrame) -> pl.DataFrame:
    """Find the one pair of columns, the budget left of the executed, whose quotients are the printed rates."""
    cells = body(block)
    amounts = unknown.filter(pl.col("figures") > 0).join(_nothing_else(cells), on=COLUMN, how="semi")
    pairs = (
        _budgets(block, amounts)
        .rename({"label": "budget_label", "x0": "budget_x0", "is_known": "knows_budget"})
        .join(
            sides(block, amounts, "executed").rename(
                {"label": "executed_label", "x0": "executed_x0", "is_known": "knows_executed"}
            ),
            on=FORM,
        )
        .filter(pl.col("budget_x0") < pl.col("executed_x0"))
    )
    rates = _rates(block, unknown).rename({"label": "rate_label", "is_known": "knows_rate"})
    figures = cells.filter(pl.col("figure").is_not_null()).select(*COLUMN, "row_index", "figure")
    lines = (
        pairs.join(figures.rename({"label": "budget_label", "figure": "budget"}), on=[*FORM, "budget_label"])
        .join(
            figures.rename({"label": "executed_label", "figure": "executed"}), on=[*FORM, "executed_label", "row_index"]
        )
        .join(rates.select(*FORM, "rate_label", "row_index", "rate", "last", "knows_rate"), on=[*FORM, "row_index"])
        .filter(~(pl.col("knows_budget") & pl.col("knows_executed") & pl.col("knows_rate")), pl.col("budget") > 0)
    )
    gap = (pl.col("executed") * _WHOLE - pl.col("rate") * pl.col("budget")).abs()
    fitting = (
        lines.with_columns(fits=gap <= pl.col("budget") * pl.col("last"))
        .group_by(_PAIR, maintain_order=True)
        .agg(
            pl.col("fits").all(),
            pl.col("budget_field", "knows_budget", "knows_executed", "knows_rate").first(),
            compared=pl.len(),
            is_used=(pl.col("executed") > 0).any(),
        )
        .filter("fits", "is_used", ~(says("executed_label", "before") & ~pl.col("knows_executed")))
        .join(missing(block, "initial_budget").select(*FORM, lacks_initial=pl.lit(True)), on=FORM, how="left")
        .with_columns(
            is_initial=pl.when("knows_budget")
            .then(pl.col("budget_field") == "initial_budget")
            .otherwise(pl.col("budget_label").str.contains(_INITIAL_WORDS))
        )
        .filter(pl.col("knows_budget") | ~pl.col("is_initial") | pl.col("lacks_initial").fill_null(False))
    )
    # The initial budget is that of the rate only where there is no other.
    fitting = fitting.filter(~pl.col("is_initial") | pl.col("is_initial").all().over(FORM))
    one = fitting.filter(pl.len().over(FORM) == 1)
    proof = pl.format(remarks.RATES_FOLLOW.en, "compared")
    budget = pl.when("is_initial").then(pl.lit("initial_budget")).otherwise(pl.lit("annual_budget"))
    return pl.concat(
        [
            one.filter(~pl.col(known)).select(*FORM, label=pl.col(label), field=field, proof=proof)
            for known, label, field in (
                ("knows_budget", "budget_label", budget),
                ("knows_executed", "executed_label", pl.lit("executed")),
                ("knows_rate", "rate_label", pl.lit("execution_rate")),
            )
        ]
    )


def _budgets(block: Block, amounts: pl.DataFrame) -> pl.DataFrame:
    """Return the columns that a rate may be of: the annual budget, or the initial one where a form has no other."""
    annual = sides(block, amounts, "annual_budget").with_columns(budget_field=pl.lit("annual_budget"))
    initial = (
        sides(block, amounts, "initial_budget")
        .filter("is_known")
        .join(missing(block, "annual_budget"), on=FORM, how="semi")
    )
    return pl.concat([annual, initial.with_columns(budget_field=pl.lit("initial_budget"))])


def _nothing_else(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the columns that print amounts, or marks for none, and nothing else."""
    mark = pl.col("text").str.contains(r"^[\p{P}\p{S}\s]*$")
    return cells.group_by(COLUMN).agg(is_amounts=(pl.col("figure").is_not_null() | mark).all()).filter("is_amounts")


def _initial(block: Block, unknown: pl.DataFrame) -> pl.DataFrame:
    """The one column of amounts left of the budget whose header says 年初 is the initial budget."""
    budget = block.columns.filter(pl.col("field") == "annual_budget").group_by(FORM).agg(pl.col("rel_x0").min())
    left = (
        unknown.join(missing(block, "initial_budget"), on=FORM, how="semi")
        .join(_nothing_else(body(block)), on=COLUMN, how="semi")
        .join(budget, on=FORM)
        .filter(pl.col("x0") < pl.col("rel_x0"), pl.col("label").str.contains(_INITIAL_WORDS), pl.col("figures") > 0)
    )
    return only(left, "initial_budget", pl.lit(remarks.SAYS_WHEN.en))


def execution_points(funding: Block) -> pl.DataFrame:
    """Return weight and score of budget execution of each form: those of the first line that prints a weight or score.

    Where no column holds the weight, a label may name it: 得分（10分）. One row for each form that prints one:
    document_id, form_number, `weight`, `score`.
    """
    points = body(funding).filter(pl.col("field").is_in(["weight", "score"]), pl.col("figure").is_not_null())
    points = points.select(*FORM, HEADER[1], "field", "figure", "row_index")
    captions = weight_captions(funding).select(*HEADER, "field", figure=number(pl.col("text"), FIGURE))
    scored = points.filter(pl.col("field") == "score").drop("field", "figure")
    captions = scored.join(captions, on=HEADER).select(points.columns)
    first = pl.concat([points, captions]).sort("row_index").unique([*FORM, "field"], keep="first", maintain_order=True)
    return first.group_by(FORM).agg(
        weight=pl.col("figure").filter(pl.col("field") == "weight").first(),
        score=pl.col("figure").filter(pl.col("field") == "score").first(),
    )
