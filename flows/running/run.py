"""What a run is asked to do, what it works with, and what the ledger records of it."""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Final, Literal

import polars as pl

from flows.collecting.book import Tally
from flows.collecting.freshness import State
from flows.collecting.problems import SourceProblem
from flows.config.corrections import digest, load_corrections
from flows.config.settings import Settings, now
from flows.progress import Progress
from flows.running.alive import alive, dead
from flows.running.reader import Reader
from flows.running.timing import Timer
from flows.stopping import Stop
from warehouse.errors import WarehouseError
from warehouse.storage.opening import is_warehouse
from warehouse.warehouse import Warehouse

REPAIR: Final = "repair"
FORGET: Final = "forget"


@dataclass(frozen=True, slots=True)
class RunPlan:
    """What a run is asked to do. Travels to the workers of a cluster with each batch.

    Attributes:
        settings: Its settings.
        kind: ingest, backfill, forget, or repair, which publishes although nothing has changed.
        started_at: The moment that stands for the run: in the ledger, and as that of its release.
        request: What it was asked to do, as JSON; null: an ingest.
        run_id: Names it in the ledger. A backfill that continues an unfinished one has the same.
        verify: Hash every file that it is given, known or not.
        corrections: `contract.Corrections` without what is found out later: what people decided on printed texts.
        region: Region of what is given as a path or address; null: not known.
    """

    settings: Settings
    kind: str
    started_at: datetime
    request: str | None
    run_id: str
    verify: bool
    corrections: pl.DataFrame = field(repr=False)
    region: str | None = None

    @property
    def tables_version(self) -> str:
        """Version of all that turns cells into the tables of a form: assembly, normalising, corrections."""
        from transforms import assemble, normalise

        corrected = f", corrections {digest(self.corrections)}" if self.corrections.height else ""
        return f"assemble {assemble.VERSION}, normalise {normalise.VERSION}{corrected}, "

    @property
    def derive_version(self) -> str:
        """Version of the tables and of what judges them: the rules and their settings."""
        from expectations.catalogue import CATALOGUE_VERSION

        return f"{self.tables_version}rules {CATALOGUE_VERSION} {self.settings.rules.digest()}"


def new_plan(
    settings: Settings,
    started_at: datetime,
    *,
    kind: str = "ingest",
    request: str | None = None,
    run_id: str | None = None,
    verify: bool = False,
    region: str | None = None,
) -> RunPlan:
    """Make the plan of a run, with the corrections that its settings name.

    Raises:
        SettingsError: The file of corrections is wrong.
    """
    corrections = load_corrections(settings.corrections)
    return RunPlan(settings, kind, started_at, request, run_id or uuid.uuid4().hex, verify, corrections, region)


@dataclass(frozen=True, slots=True)
class Run:
    """A run, and what it works with in this process.

    Attributes:
        plan: What it is asked to do.
        warehouse: Where it does it.
        reader: What reads PDFs here.
        progress: Where it reports how far it is.
        stop: The flag that it looks at.
        timer: How long the stages worked, and for how much.
    """

    plan: RunPlan
    warehouse: Warehouse
    reader: Reader
    progress: Progress = field(default_factory=Progress)
    stop: Stop = field(default_factory=Stop)
    timer: Timer = field(default_factory=Timer)

    @property
    def settings(self) -> Settings:
        """The settings of the plan."""
        return self.plan.settings


PUBLISHER: Final = "another run of this warehouse, which publishes"


@contextmanager
def open_run(
    plan: RunPlan, progress: Progress | None = None, stop: Stop | None = None, *, only_looks: bool = False
) -> Iterator[Run]:
    """Open the warehouse for a run; its reading processes end with the context.

    Args:
        plan: What it is asked to do.
        progress: Where it reports how far it is; null: problems only.
        stop: The flag that it looks at; null: nobody stops it.
        only_looks: It writes nothing, so that it may look at a warehouse that cannot be written.

    Raises:
        WarehouseError: The warehouse cannot be opened, or not be written; or it is not there, and the setting
            `require_existing` asks for it.
    """
    settings, shown, asked = plan.settings, progress or Progress(), stop or Stop()
    require_existing(settings)
    house = Warehouse(settings.warehouse, partial(awaiting, shown, asked))
    if not only_looks:
        house.require_writable()
    with Reader(settings.workers, settings.limits) as reader:
        yield Run(plan, house, reader, shown, asked)


def require_existing(settings: Settings) -> None:
    """Refuse to make a warehouse where the settings say that there must be one. Writes nothing.

    Raises:
        WarehouseError: There is none.
    """
    if settings.require_existing and not is_warehouse(settings.warehouse):
        raise WarehouseError(
            f"there is no warehouse at {settings.warehouse}, and require_existing is set: is its disk mounted? Nothing "
            "was written there; for a new warehouse begin once with JIXIAO_REQUIRE_EXISTING=false"
        )


@contextmanager
def awaiting(progress: Progress, stop: Stop) -> Iterator[Callable[[], object]]:
    """Show that a run waits for another one that publishes; it looks at its flag meanwhile."""
    with progress.waiting(PUBLISHER):
        yield stop.check


@dataclass(frozen=True, slots=True)
class Collected:
    """What a run is about.

    Attributes:
        document_ids: The documents of its sources, or of its selection.
        file_count: How many files its sources list, or its selection has.
        unread: The documents to read: `document_id`, and more.
        problems: Sources, and files in them, that could not be taken.
        tallies: The counts of each source.
        states: The state of each named source.
        warnings: Of named sources that are not fresh.
        derive_again: Documents to derive from their cells, though they have rows at this version.
        check_again: Documents to judge again, though they are judged by these rules.
    """

    document_ids: frozenset[str]
    file_count: int
    unread: pl.DataFrame
    problems: tuple[SourceProblem, ...]
    tallies: tuple[Tally, ...] = ()
    states: Mapping[str, State] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    derive_again: frozenset[str] = frozenset()
    check_again: frozenset[str] = frozenset()

    @property
    def has_work(self) -> bool:
        """Whether anything is to be read, derived or checked for it; others may have left something to do."""
        return bool(self.unread.height or self.derive_again or self.check_again)


def record(
    run: Run,
    state: Literal["running", "completed", "failed", "cancelled"],
    release_id: str | None = None,
    summary: str | None = None,
) -> None:
    """Record the state of a run in the ledger; `summary` is a `RunSummary` as JSON."""
    plan = run.plan
    run.warehouse.ledger.add_run(
        {
            "run_id": plan.run_id,
            "kind": plan.kind,
            "state": state,
            "started_at": plan.started_at,
            "finished_at": None if state == "running" else now(),
            "release_id": release_id,
            "summary": summary,
            "request": plan.request,
        }
    )


@contextmanager
def marked_as_alive(run: Run) -> Iterator[None]:
    """Show other processes that a run is in progress; first record which runs of this machine were killed."""
    marks = _marks(run.warehouse)
    if killed := dead(marks):
        ledger = run.warehouse.ledger
        for row in ledger.runs().filter(pl.col("run_id").is_in(killed) & pl.col("state").eq("running")).to_dicts():
            ledger.add_run({**row, "state": "crashed", "finished_at": now()})
    with alive(marks, run.plan.run_id):
        yield


def _marks(warehouse: Warehouse) -> Path:
    """Return the folder where the runs of this machine on a warehouse show that they live."""
    if warehouse.is_local:
        return warehouse.root / "running"
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state, "jixiao", hashlib.sha256(warehouse.location.encode()).hexdigest()[:16])
