"""From the long form of assembly's output to one row a record, and to the evidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import polars as pl

from transforms.normalising.folding import join_parts
from warehouse.contract import ids

KEYS: Final = ("form", "record_number")


def index_forms(fields: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Number the forms.

    Returns:
        The forms, one row each, in order: `form` (running number), document_id, form_number, form_id; and the fields
        with `form` instead of document_id and form_number.
    """
    # neighbours mostly belong to one form: only the first row of each run is looked up by its long key
    starts = (pl.col("document_id") != pl.col("document_id").shift()) | (
        pl.col("form_number") != pl.col("form_number").shift()
    )
    runs = fields.select("document_id", "form_number", starts.fill_null(True).alias("starts")).with_columns(
        (pl.col("starts").cum_sum() - 1).alias("run")
    )
    firsts = runs.filter("starts").select("document_id", "form_number")
    forms = firsts.unique().sort("document_id", "form_number").with_row_index("form").with_columns(ids.form_id())
    of_run = firsts.join(forms, on=["document_id", "form_number"], how="left", maintain_order="left")["form"]
    placed = fields.drop("document_id", "form_number").with_columns(of_run.gather(runs["run"]).alias("form"))
    return forms, placed


def join_pages(fields: pl.DataFrame) -> pl.DataFrame:
    """Join the parts of each field in order.

    One row for each field: form, table_name, record_number, column_name, label, text, is_ocr (any part came from OCR),
    page_number; label and page are those of the first part.
    """
    keys = ["form", "table_name", "record_number", "column_name"]
    plain = fields.select(
        *keys,
        "label",
        pl.col("printed_text").alias("text"),
        pl.col("confidence").is_not_null().alias("is_ocr"),
        "page_number",
    )
    cut = fields.filter(pl.col("part_number") > 1).select(keys).unique()
    if cut.height == 0:
        return plain
    parts = fields.join(cut, on=keys, how="semi").sort([*keys, "part_number"])
    joined = (
        parts.group_by(keys, maintain_order=True)
        .agg(
            pl.col("label").drop_nulls().first(),
            pl.col("printed_text"),
            pl.col("confidence").is_not_null().any().alias("is_ocr"),
            pl.col("page_number").first(),
        )
        .with_columns(join_parts(pl.col("printed_text")).alias("text"))
    )
    return pl.concat([plain.join(cut, on=keys, how="anti"), joined.select(plain.columns)])


def records(fields: pl.DataFrame, columns: Sequence[str], extra: Sequence[tuple[str, str]] = ()) -> pl.DataFrame:
    """Return one row for each record of one table's joined fields, in order, with a text column for each of `columns`.

    A column that the form does not have is null, a blank cell is ''. `extra` names further (field, attribute) pairs,
    such as ("target", "is_ocr"), given as columns `target_is_ocr`.
    """
    kinds = {"text": pl.String, "label": pl.String, "is_ocr": pl.Boolean}
    # one whole number for form and record: joins on it are several times faster than on the pair
    key = pl.col("form").cast(pl.Int64) * 2**31 + pl.col("record_number")
    keyed = fields.with_columns(key.alias("key"))
    wide = keyed.select("key", *KEYS).unique("key").sort("key")
    for name in columns:
        attributes = [a for c, a in extra if c == name]
        named = [pl.col("text").alias(name), *(pl.col(a).alias(f"{name}_{a}") for a in attributes)]
        one = keyed.filter(pl.col("column_name") == name).select("key", *named).sort("key")
        if one.height == 0:
            missing = {name: "text", **{f"{name}_{a}": a for a in attributes}}
            wide = wide.with_columns(pl.lit(None, dtype=kinds[a]).alias(n) for n, a in missing.items())
        elif one.height == wide.height:  # every record has the field: rows already stand side by side
            wide = wide.hstack(one.drop("key"))
        else:
            wide = wide.join(one, on="key", how="left", maintain_order="left")
    return wide.drop("key")
