"""Money whose columns are its sources: 合计 | 中央 | 省级 over the rows 预算数 and 执行数."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.places import EDGE, FORM, PLACE, TABLE
from warehouse.contract.vocabulary import AMOUNTS

POINTS: Final = ("weight", "execution_rate", "score")
_TOTAL: Final = (
    r"^(?:年度|全年|本年|当年|项目|部门)*(?:财政)?(?:资金|金额|预算|投资|支出|经费)*(?:合计|总计|总额|总和|总金额)$"
)
_COLUMNS: Final = [*FORM, "label", *PLACE, "column_name", "text", "row_index", "record_number"]


def find_money_by_source(cells: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Read the money of forms that give each source a column and each amount a row, one line for each source.

    The header is the row right above the first row of an amount; it names the total (合计) among its columns. A column
    headed 执行率 or 得分 belongs to the line of the total. Only for forms without a header of the funding block.

    Returns:
        Form, `label`, place, `column_name`, `text`, `row_index` and `record_number` of each printed field.
    """
    headed = rows.filter(pl.col("is_header"), pl.col("kind") == "funding_header").select(FORM).unique()
    head = cells.filter(
        pl.col("table_number").is_not_null(), pl.col("section").fill_null("head") == "head", pl.col("key") != ""
    ).join(headed, on=FORM, how="anti")
    labels = (
        head.filter(pl.col("funding_field").is_in([*AMOUNTS, *POINTS]))
        .sort("row_index", "x0")
        .unique("row_index", keep="first", maintain_order=True)
        .select(*FORM, *TABLE[1:], "row_number", "row_index", row_field="funding_field", row_label="text", end="rel_x1")
    )
    first = (
        labels.filter(pl.col("row_field").is_in(AMOUNTS))
        .group_by(*FORM, *TABLE[1:])
        .agg(first_row=pl.col("row_number").min(), end=pl.col("end").min(), count=pl.len())
        .filter(pl.col("count") > 1)
    )
    sources = (
        head.join(first, on=[*FORM, *TABLE[1:]])
        .filter(
            pl.col("row_number") + pl.col("row_span") == pl.col("first_row"), pl.col("rel_x0") > pl.col("end") - EDGE
        )
        .with_columns(is_total=pl.col("bare").str.contains(_TOTAL))
        .filter(pl.col("is_total").sum().over(FORM) == 1)
        .with_columns(own_field=pl.when(pl.col("funding_field").is_in(POINTS)).then("funding_field"))
        .sort(*FORM, ~pl.col("is_total"), "rel_x0")
        .with_columns(
            record_number=pl.when(pl.col("own_field").is_not_null())
            .then(1)
            .otherwise(pl.col("own_field").is_null().cum_sum().over(FORM))
            .cast(pl.Int32)
        )
    )
    below = (
        head.join(labels.drop("form_number", "row_index"), on=[*TABLE, "row_number"], suffix="_label")
        .filter(pl.col("rel_x0") > pl.col("end") - EDGE)
        .join(
            sources.select(
                *FORM, source="text", own_field="own_field", record="record_number", from_x0="rel_x0", to_x1="rel_x1"
            ),
            on=FORM,
        )
        .filter((pl.col("rel_x0") - pl.col("from_x0")).abs() < EDGE, (pl.col("rel_x1") - pl.col("to_x1")).abs() < EDGE)
        .select(
            *FORM,
            *PLACE,
            label=pl.when(pl.col("own_field").is_null()).then("row_label").otherwise("source"),
            column_name=pl.coalesce("own_field", "row_field"),
            text="text",
            row_index="row_index",
            record_number="record",
        )
        .unique([*FORM, "record_number", "column_name"], keep="first", maintain_order=True)
    )
    named = (
        sources.filter(pl.col("own_field").is_null())
        .join(below.select(*FORM, "record_number").unique(), on=[*FORM, "record_number"], how="semi")
        .with_columns(label=pl.lit(None, pl.String), column_name=pl.lit("source_label"))
    )
    return pl.concat([named.select(_COLUMNS), below.select(_COLUMNS)])
