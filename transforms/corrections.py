"""Known errors at the source: what people decided that a printed text should be read as, and where that holds.

A correction names one field of one form and the text that it expects there. It is applied only while the form prints
that text; what is printed stays in `evidence`.
"""

from __future__ import annotations

from typing import Final

import polars as pl

from transforms.normalising.evidence import PUBLISHED
from transforms.normalising.folding import join_parts, squeeze
from warehouse import contract
from warehouse.contract import ids
from warehouse.contract.vocabulary import WITHHELD

NOT_WITHHOLDABLE: Final = frozenset(
    {
        "currency_unit",
        "fiscal_year",
        "indicator_name",
        "source_label",
        "target_operator",
        "target_unit",
        "title",
    }
)
"""Fields that other values are read by: without them those would be guessed, not unread. They can only be replaced."""

_PLACE: Final = ["form_id", "table_name", "record_number", "column_name"]
_DECIDED: Final = (*_PLACE, "action", "expected_text", "corrected_text", "reason", "decided_by", "decided_on")

DECISIONS: Final = pl.Schema({name: contract.polars_schema(contract.Corrections)[name] for name in _DECIDED})
"""What a person decides: the columns of `contract.Corrections` that say nothing of a form that was read."""


def no_decisions() -> pl.DataFrame:
    """Return a frame of `DECISIONS` with no rows."""
    return pl.DataFrame(schema=DECISIONS)


def apply(fields: pl.DataFrame, corrections: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Lay corrections beside the printed texts that they are for.

    Args:
        fields: `contract.Fields`, of any number of documents.
        corrections: `DECISIONS`, one row for each place. Those of other documents are not found.

    Returns:
        The fields, same rows in the same order; where a correction applies there are the columns `corrected_text`
        (on each part of the field; null on all others, and where the value is withheld) and `is_withheld` (true, or
        null). Without corrections the fields come back as they are. And `contract.Corrections`, one row for each
        correction, see `judge`.

    Example:
        >>> fields = contract.empty(contract.Fields)
        >>> apply(fields, no_decisions())[0] is fields
        True
    """
    if corrections.height == 0:
        return fields, contract.empty(contract.Corrections)
    wanted = fields.with_columns(ids.form_id()).join(corrections, on=_PLACE, how="semi")
    judged = judge(wanted, corrections)
    applied = judged.filter(pl.col("status").cast(pl.String) == "applied").select(
        *_PLACE,
        "corrected_text",
        pl.when(pl.col("action").cast(pl.String) == "withhold").then(True).alias("is_withheld"),
    )
    laid = fields.with_columns(ids.form_id()).join(applied, on=_PLACE, how="left", maintain_order="left")
    return laid.drop("form_id"), judged


def judge(printed: pl.DataFrame, corrections: pl.DataFrame) -> pl.DataFrame:
    """Tell which corrections hold: `contract.Corrections`, one row for each, sorted by place.

    A correction is applied where the form prints the expected text, white space aside; it is refused where the form
    prints another (the source was corrected, or the correction is wrong), and not found where the form was not read or
    has no such record or field.

    Args:
        printed: form_id, table_name, record_number, column_name, part_number, printed_text: one row for each part of
            each field.
        corrections: `DECISIONS`.
    """
    observed = (
        printed.sort(*_PLACE, "part_number")
        .group_by(_PLACE, maintain_order=True)
        .agg(pl.col("printed_text"))
        .select(*_PLACE, join_parts(pl.col("printed_text")).alias("observed_text"))
    )
    is_same = squeeze(pl.col("observed_text")) == squeeze(pl.col("expected_text"))
    status = (
        pl.when(pl.col("observed_text").is_null())
        .then(pl.lit("not_found"))
        .when(is_same)
        .then(pl.lit("applied"))
        .otherwise(pl.lit("refused"))
    )
    schema = contract.polars_schema(contract.Corrections)
    return (
        corrections.join(observed, on=_PLACE, how="left")
        .with_columns(status.alias("status"), _record_id().alias("record_id"))
        .select(schema.names())
        .cast(schema)
        .sort(_PLACE)
    )


def judge_evidence(evidence: pl.DataFrame, corrections: pl.DataFrame) -> pl.DataFrame:
    """Tell which corrections hold by what was published or held back: `judge` over `contract.Evidence`.

    The same answer as that of `apply` for the documents that the evidence is of, for all documents at once.
    """
    names = pl.DataFrame(
        [(table, field, column) for table, fields in PUBLISHED.items() for field, column in fields.items()],
        schema=["table_name", "field", "column"],
        orient="row",
    )
    places = corrections.select(*_PLACE, _record_id().alias("record_id")).join(
        names, left_on=["table_name", "column_name"], right_on=["table_name", "field"]
    )
    key = ["form_id", "table_name", "record_id"]
    parts = [*key, "column_name", "part_number", "page_number", "x0", "top", "printed_text"]
    # a year that was read from the title has the title's place: it is not a field of its own
    titles = evidence.filter(column_name="title").with_columns(pl.lit("fiscal_year").alias("column_name"))
    own = evidence.select(parts).join(titles, on=parts, how="anti")
    printed = places.rename({"column_name": "field"}).join(
        own, left_on=[*key, "column"], right_on=[*key, "column_name"]
    )
    return judge(printed.rename({"field": "column_name"}), corrections)


def as_read(placed: pl.DataFrame) -> pl.DataFrame:
    """Return fields with the texts that they are to be read as.

    A corrected field has one part, whatever page breaks cut it; its text is the corrected one, null where the value is
    withheld, and no OCR stands behind it. Fields without corrections come back as they are.

    Args:
        placed: `contract.Fields`, with or without what `apply` adds.
    """
    if "corrected_text" not in placed.columns:
        return placed
    is_corrected = pl.col("corrected_text").is_not_null() | pl.col("is_withheld").fill_null(False)
    return (
        placed.filter(~is_corrected | (pl.col("part_number") == 1))
        .with_columns(
            pl.when(is_corrected).then("corrected_text").otherwise("printed_text").alias("printed_text"),
            pl.when(~is_corrected).then("confidence").alias("confidence"),
        )
        .drop("corrected_text", "is_withheld")
    )


def settled(placed: pl.DataFrame) -> pl.DataFrame:
    """Return fields without the OCR's certainty where a correction says what to publish: a person has looked there.

    Args:
        placed: `contract.Fields`, with or without what `apply` adds.
    """
    if "corrected_text" not in placed.columns:
        return placed
    is_corrected = pl.col("corrected_text").is_not_null() | pl.col("is_withheld").fill_null(False)
    return placed.with_columns(pl.when(~is_corrected).then("confidence").alias("confidence"))


def give_reason(rows: pl.DataFrame, placed: pl.DataFrame, table: str) -> pl.DataFrame:
    """Put the reason `withheld_by_correction` beside the values of a table that corrections withhold.

    Args:
        rows: Rows of `contract.Funding` or `contract.Indicators` plus `form`.
        placed: Fields plus `form`, with or without what `apply` adds.
        table: `funding` or `indicators`.
    """
    if "is_withheld" not in placed.columns:
        return rows
    number = {"funding": "line_number", "indicators": "indicator_number"}[table]
    of_table = placed.filter(pl.col("is_withheld").fill_null(False) & (pl.col("table_name") == table))
    withheld = of_table.select("form", pl.col("record_number").alias(number), "column_name").unique()
    for column in withheld["column_name"].unique().sort():
        names = [f"{column}_reason", *(["attainment_reason"] if column in ("target", "actual") else [])]
        hit = withheld.filter(column_name=column).select("form", number, pl.lit(WITHHELD).alias("withheld"))
        joined = rows.join(hit, on=["form", number], how="left", maintain_order="left")
        reasons = [pl.coalesce("withheld", name).alias(name) for name in names if name in rows.columns]
        rows = joined.with_columns(reasons).drop("withheld")
    return rows


def _record_id() -> pl.Expr:
    record = pl.col("form_id")
    for table in ("funding", "indicators"):
        record = pl.when(pl.col("table_name") == table).then(ids.record_id(table)).otherwise(record)
    return record
