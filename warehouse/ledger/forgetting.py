"""Documents that a person takes out of publication, or puts back: nothing of them is deleted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import polars as pl

from warehouse.contract.ledger_tables import events_of
from warehouse.ledger.ledger import Ledger, instant


def forget(ledger: Ledger, document_ids: Sequence[str], reason: str, at: datetime, *, undo: bool = False) -> None:
    """Take documents out of publication, or put them back, and record it as events.

    Args:
        ledger: Where it is recorded.
        document_ids: The documents.
        reason: Why.
        at: Aware moment.
        undo: Put them back.
    """
    table, kind = ledger.tables["forgotten"], "restored" if undo else "forgotten"
    rows = pl.DataFrame({"document_id": list(document_ids)}, schema={"document_id": pl.String})
    table.append(
        rows.with_columns(instant(at, "decided_at"), is_forgotten=pl.lit(not undo), reason=pl.lit(reason)),
        table.next_batch_id(),
    )
    said = "is put back" if undo else "is taken out of publication"
    ledger.add_events(
        events_of(
            [
                {"at": at, "kind": kind, "document_id": d, "message": f"document {d} {said}: {reason}"}
                for d in document_ids
            ]
        )
    )
