"""Labels whose value is spread over several cells, or stands below them: 评价等级 | 优√ | 良 | 中 | 差."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.grades import BOXES, GRADES
from transforms.assembly.places import CELL, TABLE

_OPTION: Final = rf"{BOXES}*(?:{GRADES}){BOXES}*"
_BESIDE_OPTION: Final = (
    r"[(（\[][^()（）\[\]]*[)）\]]|[\s,，;；:：]|\d+(?:\.\d+)?分?(?:以上|以下|及以上|[-—~～至]\d+分?)?"
)
_FIGURE: Final = r"^\d{1,3}(?:\.\d{1,4})?\s*分?$"


def with_options(cells: pl.DataFrame) -> pl.DataFrame:
    """Give the first of several ratings side by side the text of all of them: which one is ticked shows only then.

    Args:
        cells: Cells with `row_index`, `column_number` and `text`, any number of forms.

    Returns:
        The cells, others as they are.
    """
    bare = pl.col("text").str.replace_all(_BESIDE_OPTION, "")
    options = (
        cells.filter(pl.col("table_number").is_not_null(), pl.col("text").str.strip_chars() != "")
        .sort("row_index", "column_number")
        .with_columns(is_option=bare.str.contains(rf"^{_OPTION}$"))
        .with_columns(run=(~pl.col("is_option")).cum_sum().over("row_index"))
        .filter("is_option")
        .group_by("row_index", "run", maintain_order=True)
        .agg(
            pl.col("document_id", "page_number", "cell_number").first(),
            joined=pl.col("text").str.join("  "),
            n=pl.len(),
        )
        .filter(pl.col("n") > 1)
        .select(*CELL, "joined")
    )
    return (
        cells.join(options, on=CELL, how="left", maintain_order="left")
        .with_columns(text=pl.coalesce("joined", "text"))
        .drop("joined")
    )


def values_below(cells: pl.DataFrame) -> pl.DataFrame:
    """Return ratings and total scores that stand below their label, in a row of nothing but labels.

    Args:
        cells: Cells that are labelled, outside the rows of indicators.

    Returns:
        The cells of the values, with `label` and `column_name`.
    """
    is_label = pl.any_horizontal(
        pl.col(f"{name}_field").is_not_null() for name in ("form", "total", "personal", "goal_side", "footer")
    )
    labels = cells.filter(pl.col("table_number").is_not_null(), pl.col("key") != "").filter(
        (is_label & ~pl.col("is_header")).all().over("row_index")
    )
    place = [*TABLE, "column_number", "column_span"]
    named = labels.filter(pl.col("form_field").is_in(["rating", "total_score"])).select(
        *place,
        row_number=pl.col("row_number") + pl.col("row_span").cast(pl.Int32),
        label="text",
        column_name="form_field",
        rank="form_rank",
    )
    bare = pl.col("text").str.replace_all(_BESIDE_OPTION, "")
    fits = (
        pl.when(pl.col("column_name") == "rating")
        .then(bare.str.contains(rf"^(?:{_OPTION})+$"))
        .otherwise(pl.col("text").str.contains(_FIGURE))
    )
    return cells.drop("label", strict=False).join(named, on=[*place, "row_number"], maintain_order="left").filter(fits)
