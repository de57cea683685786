"""Money without a header row: each amount stands beside its label, as in 预算数： | 35.60 | 执行数： | 33.82."""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.assembly.funding_by_source import POINTS, find_money_by_source
from transforms.assembly.labels import bare_key, label_key, vocabulary
from transforms.assembly.places import CELL, EDGE, FORM, PLACE, TABLE
from warehouse.contract.vocabulary import AMOUNTS

_FIGURE: Final = r"^[-－]?[\d,，.]+(?:[万亿]?元|%)?$"
_IN_ONE_CELL: Final = r"^\s*([^\d]{2,20}?)\s*[:：]?\s*([-－]?\d[\d,，.]*\s*(?:[万亿]?元|%|分)?)\s*$"
_LABEL: Final = ["document_id", "page_number", "label_number"]
_AMOUNT: Final = r"^(?:[-－]?[\d,，.]+(?:[万亿]?元)?|[-－—–―─/／]*)$"


def read_funding_pairs(cells: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Read the money of forms that state it as `label | value`, without a header row: one line for each such row.

    Where no field stands twice, all rows are one line, and the sources that stand below or beside its amounts are lines
    of their own (`_sources`). The label of a line is the first text of its row that is not a value. Money whose columns
    are its sources comes from `find_money_by_source`. Only for forms that have no funding header. Returns rows of
    `fields` without part numbers.
    """
    by_source = find_money_by_source(cells, rows)
    headed = rows.filter(pl.col("is_header"), pl.col("kind") == "funding_header").select(FORM)
    headed = pl.concat([headed, by_source.select(FORM)]).unique()
    cells = cells.join(headed, on=FORM, how="anti", maintain_order="left")
    in_one = _pairs_in_one_cell(cells)
    beside = _pairs(cells).join(in_one.select(_LABEL), on=_LABEL, how="anti", maintain_order="left")
    every = pl.concat([in_one.select(beside.columns), beside])
    has_amount = pl.col("column_name").is_in(AMOUNTS).any().over("row_index")
    rate_below = (pl.col("column_name") == "execution_rate").any().over("row_index") & (
        pl.col("row_index") > pl.col("row_index").filter(has_amount).min().over(FORM)
    )
    pairs = every.filter(pl.col("column_name").is_not_null()).filter(has_amount | rate_below)
    pairs = pairs.with_columns(repeats=pl.col("column_name").is_duplicated().any().over(FORM))
    sources = _sources(every, pairs.filter(~pl.col("repeats"), pl.col("column_name").is_in(AMOUNTS)))
    labels = pl.concat([pairs.select(_LABEL), sources.select(_LABEL)]).rename({"label_number": "cell_number"})
    sides = (
        cells.join(pairs.select("row_index").unique(), on="row_index", how="semi")
        .join(pairs.select(CELL), on=CELL, how="anti")
        .join(labels, on=CELL, how="anti")
        .join(pairs.group_by("row_index").agg(pl.col("label_x0").min(), pl.col("repeats").first()), on="row_index")
        .filter(pl.col("key") != "", ~pl.col("key").str.contains(_FIGURE), pl.col("rel_x0") < pl.col("label_x0") - EDGE)
        .sort("row_index", "cell_number")
        .unique("row_index", keep="first", maintain_order=True)
        .select(
            *FORM,
            *PLACE,
            "row_index",
            "repeats",
            "text",
            column_name=pl.lit("source_label"),
            label=pl.lit(None, pl.String),
        )
    )
    total = (
        pl.concat([pairs.select(sides.columns), sides])
        .with_columns(row_index=pl.when("repeats").then("row_index").otherwise(pl.col("row_index").min().over(FORM)))
        .unique(["row_index", "column_name"], keep="first", maintain_order=True)
        .with_columns(record_number=pl.col("row_index").rank("dense").over(FORM).cast(pl.Int32))
    )
    return pl.concat([f.select(by_source.columns) for f in (total, sources, _named(sources, cells), by_source)]).select(
        *FORM,
        "label",
        *PLACE,
        "column_name",
        "record_number",
        is_published=pl.lit(True),
        table_name=pl.lit("funding"),
        printed_text="text",
        order=pl.col("row_index").cast(pl.Int64) * 1000,
    )


def _pairs(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the cells of the head that stand right of a text which is not a figure, one row for each of them.

    Columns: those of CELL and PLACE, form, row of the label, `text`, `label` (as printed), `key` (of the label),
    `column_name` (the field of the funding block that the label names, or null), `label_number`, `label_x0`, and
    `value_x0`. A value that is a label itself is left out, and so is an amount with a second figure behind it: which of
    the columns is the total's is not known.
    """
    labels = cells.filter(
        pl.col("right_number").is_not_null(),
        ~pl.col("right_is_label").fill_null(False),
        pl.col("section").fill_null("head") == "head",
        pl.col("key") != "",
        ~pl.col("key").str.contains(_FIGURE),
        pl.col("form_field").is_null() | pl.col("funding_field").is_not_null(),
    ).select(
        *TABLE,
        "row_index",
        "row_number",
        "key",
        label="text",
        label_number="cell_number",
        cell_number="right_number",
        label_x0="rel_x0",
        column_name=pl.when(pl.col("funding_field").is_in([*AMOUNTS, *POINTS])).then("funding_field"),
    )
    values = cells.select(
        *CELL,
        "form_number",
        *PLACE[1:],
        "text",
        value_x0="rel_x0",
        is_first_of_several=pl.col("key").str.contains(_FIGURE) & label_key(pl.col("right_text")).str.contains(_FIGURE),
    )
    several = pl.col("column_name").is_in(AMOUNTS) & pl.col("is_first_of_several")
    pairs = labels.join(values, on=CELL, maintain_order="left").filter(~several.fill_null(False))
    return pairs.drop("is_first_of_several")


def _pairs_in_one_cell(cells: pl.DataFrame) -> pl.DataFrame:
    """Return the cells of the head that hold an amount, rate or points behind its label: 执行数：19.8万元.

    Columns as `_pairs`; the cell is label and value.
    """
    head = cells.filter(
        pl.col("table_number").is_not_null(),
        pl.col("section").fill_null("head") == "head",
        pl.col("form_field").is_null(),
    )
    texts = (
        head.select("text")
        .unique()
        .with_columns(
            label=pl.col("text").str.extract(_IN_ONE_CELL, 1), value=pl.col("text").str.extract(_IN_ONE_CELL, 2)
        )
    )
    texts = texts.drop_nulls().with_columns(key=label_key(pl.col("label")))
    texts = texts.with_columns(bare=bare_key(pl.col("key")))
    field = vocabulary()["funding"].match("key", "bare")[0]
    texts = texts.with_columns(column_name=field).filter(pl.col("column_name").is_in([*AMOUNTS, *POINTS]))
    own = [*CELL, "form_number", *PLACE[1:], "row_index", "row_number", "table_number"]
    return (
        head.select(*own, "text", label_x0="rel_x0", value_x0="rel_x0", label_number="cell_number")
        .join(texts, on="text", maintain_order="left")
        .with_columns(text="value")
    )


def _sources(pairs: pl.DataFrame, amounts: pl.DataFrame) -> pl.DataFrame:
    """Return the lines of the sources of a total: a label that stands once with each of its amounts.

    It stands in a row below, right under the label of each amount, or in the row of each, right of it. A label that
    goes with fewer amounts, or twice with one, is left out.

    Args:
        pairs: `_pairs` of forms that state their money so.
        amounts: Those that hold the amounts of the total, one for each form and amount.

    Returns:
        Rows of `pairs` with the amount in `column_name`, and with `record_number`, from 2.
    """
    anchors = amounts.select(
        *TABLE,
        "form_number",
        amount="column_name",
        anchor_row="row_number",
        anchor_label="label_x0",
        anchor_value="value_x0",
    )
    in_line = (pl.col("label_x0") - pl.col("anchor_label")).abs() < EDGE
    in_line &= (pl.col("value_x0") - pl.col("anchor_value")).abs() < EDGE
    is_below = (pl.col("row_number") > pl.col("anchor_row")) & in_line
    is_beside = (pl.col("row_number") == pl.col("anchor_row")) & (pl.col("label_x0") > pl.col("anchor_value"))
    line = [*FORM, "key"]
    return (
        pairs.filter(pl.col("column_name").is_null(), pl.col("text").str.replace_all(r"\s", "").str.contains(_AMOUNT))
        .join(anchors, on=[*TABLE, "form_number"])
        .filter(is_below | is_beside)
        .sort("row_index", "label_x0", "anchor_value", descending=[False, False, True])
        .unique([*CELL], keep="first", maintain_order=True)
        .with_columns(count=pl.col("amount").n_unique().over(line), of=pl.len().over(line))
        .join(anchors.group_by(FORM).agg(amounts=pl.len()), on=FORM)
        .filter(pl.col("count") == pl.col("amounts"), pl.col("of") == pl.col("amounts"), pl.col("amounts") > 1)
        .sort("row_index", "label_x0")
        .with_columns(
            column_name="amount",
            start=pl.struct(pl.col("row_index").min().over(line), pl.col("label_x0").min().over(line)),
        )
        .with_columns(record_number=(1 + pl.col("start").rank("dense").over(FORM)).cast(pl.Int32))
    )


def _named(sources: pl.DataFrame, cells: pl.DataFrame) -> pl.DataFrame:
    """Return the label of each source's line, where it stands first, as a field of its own."""
    first = sources.unique([*FORM, "record_number"], keep="first", maintain_order=True)
    return first.select(*_LABEL, "record_number").join(
        cells.with_columns(
            label_number="cell_number", column_name=pl.lit("source_label"), label=pl.lit(None, pl.String)
        ),
        on=_LABEL,
    )
