"""What is gone from a source: documents that it had, and that it no longer lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import polars as pl

from flows.collecting.book import Tally
from flows.collecting.freshness import State
from warehouse import contract
from warehouse.contract.ledger_tables import Absences, events_of
from warehouse.ledger.ledger import Ledger

_SHOWN: Final = 3


def note_absences(
    ledger: Ledger, tallies: Sequence[Tally], states: Mapping[str, State], *, run_id: str, now: datetime
) -> list[str]:
    """Record which documents are gone from their named sources, and which are back; return a warning for each source.

    A source tells what is gone only when all of it could be listed, all that it listed could be fetched, and it does
    not list far fewer than before: a page that was moved or half loaded takes nothing away. What is published stays.

    Args:
        ledger: Where it is recorded, as rows of `absences` and as events.
        tallies: What the run counted.
        states: The state of each named source.
        run_id: The run.
        now: Its start.
    """
    members, names = ledger.members(), dict[str, str]()
    rows: list[tuple[str, str, bool, datetime]] = []
    warnings: list[str] = []
    for tally in tallies:
        name = tally.source.name
        of_source = members.filter(source_name=name)
        if not name or of_source.is_empty():
            continue
        is_gone = pl.col("withdrawn_at").is_not_null()
        is_listed = pl.col("document_id").is_in(list(tally.document_ids))
        back = of_source.filter(is_gone & is_listed)["document_id"].sort()
        is_sure = tally.is_whole and tally.failed == 0 and tally.listed > 0
        is_sure = is_sure and states.get(name) not in ("failing", "shrinking")
        gone = of_source.filter(~is_gone & ~is_listed & pl.lit(is_sure))["document_id"].sort()
        rows += [(name, document_id, False, now) for document_id in back]
        rows += [(name, document_id, True, now) for document_id in gone]
        if gone.len():
            names = names or dict(ledger.first_sightings().select("document_id", "file_name").collect().iter_rows())
            some = ", ".join(names[document_id] for document_id in gone[:_SHOWN])
            some += ", ..." if gone.len() > _SHOWN else ""
            warnings.append(
                f"source {name}: {gone.len()} documents are gone from it ({some}); they stay published with "
                "withdrawn_at, until `jixiao forget` takes them out"
            )
    if rows:
        ledger.add_absences(pl.DataFrame(rows, schema=dict(contract.polars_schema(Absences)), orient="row"))
        ledger.add_events(
            events_of(
                [
                    {
                        "at": now,
                        "kind": "source_withdrawn" if is_absent else "source_returned",
                        "run_id": run_id,
                        "document_id": document_id,
                        "message": f"document {document_id} is {'gone from' if is_absent else 'back in'} source {name}",
                    }
                    for name, document_id, is_absent, _ in rows
                ]
            )
        )
    return warnings
