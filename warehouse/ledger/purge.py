"""Deletes rows of the ledger that newer ones have taken the place of."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import polars as pl

from warehouse.contract.ledger_tables import BATCH_ID, DERIVED_TABLES
from warehouse.ledger.delta import LedgerTable
from warehouse.ledger.ledger import instant, newest


def purge(tables: Mapping[str, LedgerTable], before: datetime) -> dict[str, int]:
    """Delete batches of readings and derivations of before a moment that nothing counts any more.

    A batch counts while it is the newest of one of its documents, or a derivation that counts was made from it.

    Args:
        tables: The ledger's tables.
        before: Aware moment.

    Returns:
        Rows deleted, by table. Headers go last: a kill leaves headers without rows, which do not count either.
    """
    moment = instant(before, "before")
    derivations, readings = tables["derivations"].scan(), tables["readings"].scan()
    counting = newest(derivations, "document_id")
    kept = {
        "derivations": counting.select(BATCH_ID),
        "readings": pl.concat(
            [
                newest(readings, "document_id").select(BATCH_ID),
                counting.select(pl.col("reading_id").alias(BATCH_ID)),
            ]
        ),
    }
    of = {"derivations": [f"derived_{name}" for name in DERIVED_TABLES], "readings": ["cells"]}
    purged: dict[str, int] = {}
    for header, rows, made_at in (("derivations", derivations, "derived_at"), ("readings", readings, "read_at")):
        old = rows.group_by(BATCH_ID).agg(pl.col(made_at).max()).filter(pl.col(made_at) < moment)
        gone = old.join(kept[header], on=BATCH_ID, how="anti").sort(BATCH_ID).collect()[BATCH_ID].to_list()
        for name in (*of[header], header) if gone else ():
            purged[name] = tables[name].delete({BATCH_ID: gone})
    return purged
