"""Which readings that failed are worth another try, and which documents are known to be good."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import polars as pl

from warehouse.contract.ledger_tables import BATCH_ID


def has_another_try(code: pl.Expr, once_more: Mapping[str, str], now: str | None) -> pl.Expr:
    """Whether a failed reading is to be tried again: fewer than two of its document failed so, as things are now.

    Args:
        code: Of each reading's reason.
        once_more: The codes that are tried once more, each with what its reason says of the present limit.
        now: The version of the reader.
    """
    says = code.replace_strict(dict(once_more), default=None, return_dtype=pl.String)
    is_tried = (
        says.is_not_null()
        & pl.col("reason").str.contains(says, literal=True)
        & (pl.col("reader_version") == pl.lit(now, pl.String))
    )
    tries = is_tried.fill_null(False).sum().over("document_id")
    return says.is_not_null() & (~is_tried.fill_null(False) | (tries < 2))


def known_good(readings: pl.LazyFrame, derivations: pl.LazyFrame, most: int, without: Iterable[str]) -> pl.LazyFrame:
    """Return some readings of documents that gave forms, those that were derived last.

    Args:
        readings: The newest of each document.
        derivations: The newest of each document.
        most: So many at most.
        without: Documents that are left out.
    """
    gave_forms = derivations.filter(pl.col("reason").is_null() & (pl.col("form_count") > 0))
    chosen = gave_forms.filter(~pl.col("document_id").is_in(list(without))).sort(BATCH_ID, "document_id").tail(most)
    return (
        readings.filter(pl.col("reason").is_null())
        .join(chosen.select("document_id"), on="document_id", how="semi")
        .select("document_id", pl.col(BATCH_ID).alias("reading_id"), "cell_count", "reader", "page_marks")
    )
