"""The upkeep of a ledger as a run: recorded in the ledger, so that `jixiao runs` lists it."""

from __future__ import annotations

from datetime import timedelta

from flows.running.run import Run, marked_as_alive, record


def upkeep_of(run: Run) -> str:
    """Join the small files of the ledger and delete what nothing reads any more; return in words what was done.

    Raises:
        WarehouseError: The warehouse cannot be written, or its ledger is damaged.
    """
    settings = run.settings.upkeep
    with marked_as_alive(run):
        record(run, "running")
        try:
            run.stop.check()
            superseded = run.plan.started_at - timedelta(days=settings.keep_superseded_days)
            done = run.warehouse.maintain(timedelta(days=settings.keep_files_days), superseded)
        except BaseException:
            record(run, "cancelled" if run.stop.cause else "failed")
            raise
        record(run, "completed")
    joined, made, deleted, purged = (
        done[name].sum() for name in ("files_joined", "files_made", "files_deleted", "rows_purged")
    )
    return f"{joined} files joined to {made}, {deleted} files deleted, {purged} rows of superseded readings deleted"
