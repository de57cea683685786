"""Goals whose labels are not known: of two columns, one says what was to be and the other what came of it."""

from __future__ import annotations

import polars as pl

from transforms.assembly.columns import HEADER, Block
from transforms.assembly.places import FORM
from transforms.assembly.proofs import COLUMN, Inferred, inferred, named, says
from warehouse.contract import remarks

_WHEN = {"expected_goal_text": "before", "actual_goal_text": "after"}


def infer_goals(block: Block) -> Inferred:
    """Name the unknown columns of goals: where of two labels one says before and the other after.

    A third label may stand beside them only where it is known to be neither.
    """
    two = block.columns.filter(
        pl.col("label").n_unique().over(HEADER) == pl.len().over(HEADER), pl.len().over(HEADER).is_between(2, 3)
    )
    if two.filter(pl.col("field").is_null()).is_empty():
        return inferred(block, [])
    when = (
        pl.when(pl.col("field").is_not_null())
        .then(pl.col("field").replace_strict(_WHEN, default="other", return_dtype=pl.String))
        .when(says("label", "before"))
        .then(pl.lit("before"))
        .when(says("label", "after"))
        .then(pl.lit("after"))
    )
    sure = two.with_columns(when=when).filter(
        pl.col("when").is_not_null().all().over(HEADER),
        (pl.col("when") == "before").fill_null(False).sum().over(HEADER) == 1,
        (pl.col("when") == "after").fill_null(False).sum().over(HEADER) == 1,
    )
    fields = {when: field for field, when in _WHEN.items()}
    proofs = (
        sure.filter(pl.col("field").is_null())
        .select(
            *FORM,
            "label",
            field=pl.col("when").replace_strict(fields, return_dtype=pl.String),
            proof=pl.lit(remarks.BEFORE_AND_AFTER.en),
        )
        .unique(COLUMN, keep="first", maintain_order=True)
    )
    return inferred(named(block, proofs), [proofs])
