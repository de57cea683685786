"""Documents taken out of publication by a person, and put back."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import polars as pl

from flows.config.settings import Settings, SettingsError, now
from flows.progress import Progress
from flows.running.pipeline import run_plainly
from flows.running.run import FORGET, Collected, Run, new_plan, open_run
from flows.running.summary import RunSummary
from flows.stopping import Stop
from warehouse.ledger.forgetting import forget as record
from warehouse.warehouse import Warehouse

_SHORTEST: Final = 6


def forgotten_rows(house: Warehouse) -> list[dict[str, Any]]:
    """List what is out of publication, oldest decision first."""
    names = house.ledger.first_sightings().select("document_id", "file_name").collect()
    rows = house.ledger.forgotten().join(names, on="document_id", how="left", maintain_order="left")
    return rows.select("document_id", "file_name", "decided_at", "reason").to_dicts()


def chosen(house: Warehouse, ids: Sequence[str], runs: Sequence[str], *, undo: bool) -> list[str]:
    """Return the documents that are meant, sorted.

    Args:
        house: The warehouse.
        ids: Document ids, or what they begin with: six characters or more.
        runs: Ids of runs, or what they begin with: what each was the first to see.
        undo: Only those that are out of publication; else only those that are not. A decision that a run recorded, and
            was killed before it published it, is not made yet.

    Raises:
        SettingsError: An id or run is not known, or there are several that begin so; or nothing is left to do.
    """
    seen = house.ledger.first_sightings().select("document_id", "seen_at").collect()
    wanted = {_one(seen["document_id"], start, "document") for start in ids}
    made = house.ledger.runs().filter(kind="ingest")
    for start in runs:
        run = made.filter(run_id=_one(made["run_id"], start, "ingest"))
        wanted |= set(seen.filter(pl.col("seen_at").is_in(run["started_at"].implode()))["document_id"])
    out, shown = set(house.ledger.forgotten()["document_id"]), set(house.releases.documents())
    ever = set(house.ledger.tables["forgotten"].scan().select("document_id").collect()["document_id"])
    left = wanted & (out | ever - shown) if undo else wanted - (out - shown)
    if not left:
        raise SettingsError("none of these documents is " + ("out of publication" if undo else "left to take out"))
    return sorted(left)


def forget(
    settings: Settings,
    document_ids: Sequence[str],
    reason: str,
    stop: Stop | None = None,
    progress: Progress | None = None,
    *,
    undo: bool,
) -> RunSummary:
    """Take documents out of publication, or put them back, and publish what is left.

    Their PDFs, readings and rows stay in archive and ledger. They stay out when they are seen again, until they are put
    back.

    Raises:
        WarehouseError: The warehouse cannot be written. Run it again: the next run publishes it otherwise.
        Interrupted: The work was asked to stop.
    """
    with open_run(new_plan(settings, now(), kind=FORGET), progress, stop) as run:
        record(run.warehouse.ledger, document_ids, reason, run.plan.started_at, undo=undo)
        return run_plainly(run, partial(_nothing_more, run, document_ids if undo else ()))


def _nothing_more(run: Run, put_back: Sequence[str]) -> Collected:
    """Read what was put back and never read: an ingest that was taken back before it was through."""
    return Collected(frozenset(put_back), 0, run.warehouse.ledger.unread(document_ids=put_back), ())


def _one(known: pl.Series, start: str, what: str) -> str:
    found = known.filter(known.str.starts_with(start.lower())).unique() if len(start) >= _SHORTEST else known.clear()
    if found.len() == 1:
        return str(found[0])
    if len(start) < _SHORTEST:
        raise SettingsError(f"{start!r} is too short: give {_SHORTEST} characters or more of the id of the {what}")
    raise SettingsError(f"{found.len()} {what}s have an id that begins with {start!r}: give all of one that is there")
