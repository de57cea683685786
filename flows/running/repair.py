"""Makes a damaged warehouse whole, as far as what is left of it allows."""

from __future__ import annotations

from functools import partial

from flows.collecting.problems import SourceProblem
from flows.config.settings import Settings, now
from flows.progress import Progress
from flows.running.pipeline import run_plainly
from flows.running.run import REPAIR, Collected, Run, awaiting, new_plan, open_run
from flows.stopping import Stop
from warehouse.verify import Verified
from warehouse.warehouse import Warehouse


def repair(settings: Settings, found: Verified, stop: Stop | None = None, progress: Progress | None = None) -> Verified:
    """Repair what was found damaged, and look again.

    Damaged files of the archive are moved aside, so that an ingest of their sources fetches them again. What is
    damaged leaves the ledger. Files of releases are taken from other releases that have the same bytes. Where that is
    not enough, one run reads and derives again what the ledger has lost, and publishes its state as a new release.

    Raises:
        WarehouseError: The warehouse cannot be written.
        Interrupted: The work was asked to stop.
    """
    progress, stop = progress or Progress(), stop or Stop()
    house = Warehouse(settings.warehouse, partial(awaiting, progress, stop))
    if found.has("archive"):
        house.archive.set_aside(found.damage.filter(part="archive")["item"])
    if found.has("ledger"):
        house.repair()
    house.heal_releases()
    left = house.verify()
    if left.has("release") or left.has("pointer") or found.has("ledger"):
        with open_run(new_plan(settings, now(), kind=REPAIR), progress, stop) as run:
            run_plainly(run, partial(_all_that_is_lost, run))
        house.heal_releases()
        left = house.verify()
    if left.has("archive"):
        house.archive.set_aside(left.damage.filter(part="archive")["item"])
    return left


def _all_that_is_lost(run: Run) -> Collected:
    problems: tuple[SourceProblem, ...] = ()
    return Collected(frozenset(), 0, run.warehouse.ledger.unread(), problems)
