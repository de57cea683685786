"""What the form itself proves of a column whose header is not known: shared by money, goals and indicators.

A column is read only when one assignment alone fits.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import polars as pl

from transforms.assembly.columns import Block
from transforms.assembly.labels import vocabulary
from transforms.assembly.places import FORM, PLACE

COLUMN: Final = [*FORM, "label"]
NUMBER: Final = pl.Decimal(18, 6)
_MONTH: Final = r"[1-9]\d?月|半年"
FIGURE: Final = r"^[-－]?(\d{1,12}(?:\.\d{1,6})?)分?$"


@dataclass(frozen=True, slots=True)
class Inferred:
    """A block with the columns that were proved, and the proofs.

    Attributes:
        block: The block; proved columns have their field and are published.
        proofs: One row for each: form, `label` (the header), `field`, `proof`, and the place of the header.
    """

    block: Block
    proofs: pl.DataFrame


@cache
def _words(kind: str) -> str:
    return "|".join(word for word, of in vocabulary()["when"].fields.items() if of == kind)


def says(label: str, kind: str) -> pl.Expr:
    """Whether a column of labels says `before` the work (what was set), `after` it (what came out), or another word.

    计划完成 is before and 目标完成情况 after it: what is only planned is not done. A label of another time (`other`),
    or of another `judge` than the form's own, is neither; `why` asks for reasons, and what is `aside` is neither level
    nor name.

    Example:
        >>> labels = pl.DataFrame({"t": ["年初任务书", "落实成效", "计划完成数", "上年完成数"]})
        >>> labels.select(b=says("t", "before"), a=says("t", "after")).rows()
        [(True, False), (False, True), (True, False), (False, False)]
    """
    text = pl.col(label).str.replace_all(r"\s", "")
    other = text.str.contains(_words("other")) | text.str.replace_all("12月", "").str.contains(_MONTH)
    if kind == "other":
        return other
    if kind in ("judge", "why", "aside"):
        return text.str.contains(_words(kind))
    other |= text.str.contains(_words("judge"))
    planned = text.str.contains(f"(?:{_words('planned')})")
    done = text.str.replace_all(f"(?:{_words('planned')})", "").str.contains(_words("after"))
    if kind == "after":
        return done & ~other
    return (planned | text.str.contains(_words("before"))) & ~done & ~other


def number(text: pl.Expr, pattern: str, group: int = 1) -> pl.Expr:
    """Return the number that a pattern finds in a text without white space, commas and the mark of a note (9①).

    Null where it finds none.
    """
    plain = text.str.replace_all(r"[\s,，]", "").str.replace(r"(\d分?)[①-⑳*※†‡]$", "${1}")
    return plain.str.extract(pattern, group).cast(NUMBER, strict=False)


def body(block: Block) -> pl.DataFrame:
    """Return the filled cells of single columns, with the `figure` that each prints alone."""
    return block.values.filter(
        pl.col("column_count") == 1, pl.col("key") != "", pl.col("form_number").is_not_null()
    ).with_columns(figure=number(pl.col("text"), FIGURE))


def unknown_columns(block: Block, *, of_others: bool = False) -> pl.DataFrame:
    """Return what the cells of each unknown column have in common: one row for each form and header.

    A header that stands twice above one block, or that names another time, is left out; so is one that names another
    judge, unless `of_others`: budgets are set by others.
    """
    once = block.columns.group_by(*COLUMN).agg(
        pl.col("field").is_null().all().alias("is_unknown"),
        x0=pl.col("rel_x0").first(),
        columns=pl.len(),
        headers=pl.col("header_index").n_unique(),
    )
    cells = body(block)
    rows = cells.filter(~pl.col("is_total"))
    stats = rows.group_by(*COLUMN).agg(
        count=pl.len(),
        figures=pl.col("figure").is_not_null().sum(),
        total=pl.col("figure").sum(),
        level_1=pl.col("level_1_field").is_not_null().sum(),
        level_2=pl.col("level_2_field").is_not_null().sum(),
        distinct=pl.col("text").n_unique(),
    )
    printed = (
        cells.filter("is_total").sort("row_index").group_by(*COLUMN).agg(printed=pl.col("figure").drop_nulls().last())
    )
    return (
        once.filter(
            "is_unknown",
            pl.col("columns") == pl.col("headers"),
            ~says("label", "other"),
            pl.lit(of_others) | ~says("label", "judge"),
        )
        .join(stats, on=COLUMN)
        .join(printed, on=COLUMN, how="left")
    )


def only(candidates: pl.DataFrame, field: str, proof: pl.Expr) -> pl.DataFrame:
    """Return the candidates of forms that have exactly one."""
    return candidates.filter(pl.len().over(FORM) == 1).select(*COLUMN, field=pl.lit(field), proof=proof)


def missing(block: Block, field: str) -> pl.DataFrame:
    """Return the forms that have the block but no such column."""
    return (
        block.columns.group_by(FORM).agg(has=(pl.col("field") == field).fill_null(False).any()).filter(~pl.col("has"))
    )


def named(block: Block, proofs: pl.DataFrame) -> Block:
    """Return the block with the proved columns named."""
    if proofs.is_empty():
        return block
    proved_fields = proofs.select(*COLUMN, proved="field")

    def with_field(frame: pl.DataFrame) -> pl.DataFrame:
        return (
            frame.join(proved_fields, on=COLUMN, how="left", maintain_order="left")
            .with_columns(
                is_published=pl.col("is_published") | pl.col("proved").is_not_null(),
                field=pl.coalesce("proved", "field"),
            )
            .drop("proved")
        )

    return replace(block, columns=with_field(block.columns), values=with_field(block.values))


def inferred(block: Block, found: list[pl.DataFrame]) -> Inferred:
    """Return the block, its proved columns named already, with the proofs in the place of their headers."""
    none = pl.DataFrame(schema={**{c: block.columns.schema[c] for c in COLUMN}, "field": pl.String, "proof": pl.String})
    proofs = pl.concat([none, *found])
    places = block.columns.sort("row_index").unique(COLUMN, keep="first", maintain_order=True)
    return Inferred(block, proofs.join(places.select(*COLUMN, *PLACE, "row_index"), on=COLUMN, how="left"))


def sides(block: Block, unknown: pl.DataFrame, field: str) -> pl.DataFrame:
    """Return the column of a field, known or else one of the unknown: form, `label`, `x0`, `is_known`."""
    known = block.columns.filter(pl.col("field") == field, pl.col("is_published"))
    known = known.group_by(*COLUMN, maintain_order=True).agg(x0=pl.col("rel_x0").first())
    candidates = unknown.join(missing(block, field), on=FORM, how="semi")
    return pl.concat(
        [
            known.with_columns(is_known=pl.lit(True)),
            candidates.select(*COLUMN, "x0", is_known=pl.lit(False)),
        ]
    )
