"""One run and its stages: plain functions over the warehouse, each of which can be called again alone.

collect   sources -> archived PDFs and their sightings
read      PDFs -> cells, in the ledger
derive    cells -> fields -> the tables of a form
check     tables -> checks; all of it in the ledger
publish   ledger -> a release, unless nothing changed
"""

from __future__ import annotations

import hashlib
import importlib
import os
import threading
import uuid
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from pathlib import Path
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, ClassVar, Final, Generic, Literal, Self, TypeVar

import polars as pl

from expectations.settings import RuleSettings
from flows import package_version
from flows.alive import alive, dead
from flows.collecting.book import Tally
from flows.collecting.collector import Collector
from flows.collecting.trouble import SourceProblem
from flows.corrections import digest, load_corrections
from flows.freshness import State, judge
from flows.isolate import isolate
from flows.progress import Progress
from flows.reading import MAY_HEAL, NOT_HANDLED, Reader
from flows.settings import Settings, now
from flows.sources import choose, load_sources
from flows.termination import end_if_told
from flows.timer import Timer
from warehouse import contract
from warehouse.store import Published, Verdict, Warehouse

if TYPE_CHECKING:
    from transforms.read import Reading

T = TypeVar("T")

Tables = Mapping[str, pl.DataFrame]
Part = tuple[pl.DataFrame, Tables]
"""Some documents (document_id, reading_id) and the tables of their forms."""

_BATCHES: Final = 50
_AWAKE_SECONDS: Final = 0.5
_MOST_CELLS: Final = 1_000_000
"""Cells of a batch that is derived: about five thousand forms, half a gigabyte."""

_AT_ONCE: Final = 2
"""Batches in hand at once: one is read while the other is written."""


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


class Begun(Generic[T]):
    """A call that goes on in the background. Asked for its result again after a failure, it is made again."""

    def __init__(self, pool: ThreadPoolExecutor, function: Callable[[], T]) -> None:
        self._function = function
        self._future: Future[T] | None = pool.submit(function)

    def is_done(self) -> bool:
        """Tell whether `result` returns at once."""
        return self._future is not None and self._future.done()

    def result(self) -> T:
        """Wait for the result and return it; raise what the call raised."""
        future, self._future = self._future, None
        if future is None:
            return self._function()
        while not wait([future], timeout=_AWAKE_SECONDS).done:  # Polars' handler of Ctrl-C does not end a wait
            pass
        return future.result()


class Run:
    """Settings, warehouse, reader and progress of one run; a context manager that ends what it began.

    `begin` makes calls in the background, so that a server may start meanwhile. With `verify` it hashes every file that
    it is given, known or not.

    Attributes:
        kind: ingest, backfill, ...
        request: What it was asked to do, as JSON; null: not told.
        run_id: Names it in the ledger. A backfill that goes on with one that did not end takes over its id.
        timer: How long the stages worked, and for how much.
        is_spread: Whether batches are worked elsewhere, and so many at the same time.
    """

    is_spread: ClassVar[bool] = False

    def __init__(
        self,
        settings: Settings,
        progress: Progress,
        started_at: datetime,
        kind: str = "ingest",
        request: str | None = None,
        verify: bool = False,
    ) -> None:
        self.settings = settings
        self.progress = progress
        self.started_at = started_at
        self.kind = kind
        self.request = request
        self.run_id = uuid.uuid4().hex
        self.timer = Timer()
        self.corrections = load_corrections(settings.corrections)
        self.sources = load_sources(settings.sources)
        self._stop = threading.Event()
        self.warehouse = Warehouse(settings.warehouse, verify=verify)
        self.reader = Reader(settings.workers, settings.feed)
        self._background = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="jixiao")
        self._imports = ThreadPoolExecutor(1, thread_name_prefix="jixiao-imports")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self.reader.close()
        for pool in (self._background, self._imports):
            pool.shutdown(wait=True, cancel_futures=True)

    @contextmanager
    def alive(self) -> Iterator[None]:
        """Show other processes that this run goes on; first tell the ledger which runs of this machine were killed."""
        marks = _marks(self.warehouse)
        if killed := dead(marks):
            runs = self.warehouse.runs().filter(pl.col("run_id").is_in(killed) & pl.col("state").eq("running"))
            for row in runs.to_dicts():
                self.warehouse.add_run({**row, "state": "crashed", "finished_at": now()})
        with alive(marks, self.run_id):
            yield

    def record(
        self,
        state: Literal["running", "completed", "failed", "cancelled"],
        release_id: str | None = None,
        told: str | None = None,
    ) -> None:
        """Tell the ledger the state of this run; `told` is its summary as JSON."""
        self.warehouse.add_run(
            {
                "run_id": self.run_id,
                "kind": self.kind,
                "state": state,
                "started_at": self.started_at,
                "finished_at": None if state == "running" else now(),
                "release_id": release_id,
                "summary": told,
                "request": self.request,
            }
        )

    @cached_property
    def tables_version(self) -> str:
        """Version of all that turns cells into the tables of a form: assembly, normalising, corrections."""
        from transforms import assemble, normalise

        corrected = f", corrections {digest(self.corrections)}" if self.corrections.height else ""
        return f"assemble {assemble.VERSION}, normalise {normalise.VERSION}{corrected}, "

    @cached_property
    def derive_version(self) -> str:
        """Version of the tables and of what judges them: the rules and their settings."""
        from expectations.catalogue import CATALOGUE_VERSION

        return f"{self.tables_version}rules {CATALOGUE_VERSION} {self.settings.rules.digest()}"

    def begin(self, function: Callable[[], T]) -> Begun[T]:
        """Begin a call in the background, in the context of the caller; two at most go on at once."""
        return Begun(self._background, partial(copy_context().run, function))

    def begin_import(self, module: str) -> Begun[ModuleType]:
        """Begin to import a module that takes seconds, such as what needs Great Expectations."""
        return Begun(self._imports, partial(importlib.import_module, module))

    def collect(self, sources: Sequence[str]) -> Collected:
        """List the PDFs of the sources, archive those that are new or changed, and record where they were seen.

        Args:
            sources: Names of the file of sources, paths, globs, web addresses, `s3://` prefixes; none: all of the file.

        Raises:
            SettingsError: Nothing is named and the file has no sources.
            Interrupted: The run was ended meanwhile.
            WarehouseError: The warehouse cannot be written.
        """
        with Collector(self.warehouse, self.started_at, self._stop) as collector:
            listed = collector.list_sources(choose(self.sources, sources), self.progress)
            self.progress.begin("collect", listed.count, "files")
            collector.take(listed, self.progress)
        book = collector.book
        tallies = tuple(book.tallies.values())
        judged = judge(
            tallies,
            self.warehouse.source_runs(),
            self.warehouse.documents_of_sources(),
            run_id=self.run_id,
            now=self.started_at,
        )
        self.warehouse.add_source_runs(judged.source_runs)
        self.warehouse.add_events(judged.events)
        document_ids = frozenset().union(*(tally.document_ids for tally in tallies))
        unread = self.warehouse.unread(retry=MAY_HEAL, given=document_ids)
        self.progress.finish("collect", f"{sum(t.listed for t in tallies)} files, {unread.height} documents to read")
        problems = tuple(book.problems)
        file_count = sum(tally.listed for tally in tallies)
        return Collected(document_ids, file_count, unread, problems, tallies, judged.states, judged.warnings)

    def read_batches(self, documents: pl.DataFrame) -> list[pl.DataFrame]:
        """Cut documents into batches to be read; a Prefect task run costs as much as reading two documents."""
        return self.batches(documents, parts=_BATCHES, least=100, most=200)

    def check_batches(self, documents: pl.DataFrame) -> list[pl.DataFrame]:
        """Cut documents into batches to be derived and checked: each costs seconds of Great Expectations."""
        return self.batches(documents, parts=_BATCHES, least=500, most=2000)

    def batches(self, documents: pl.DataFrame, parts: int, least: int, most: int) -> list[pl.DataFrame]:
        """Cut documents into batches, none very small or very large.

        Args:
            documents: Their order is kept. With `cell_count`, a batch is small enough to be derived in memory.
            parts: How many batches there shall be, as far as the next two allow.
            least: Documents of a batch, where there are so many.
            most: Documents of a batch.
        """
        size = self.settings.batch or min(max(-(-documents.height // parts), least), most)
        if "cell_count" not in documents.columns:
            return list(documents.iter_slices(size))
        cut = documents.with_columns(
            slice=pl.int_range(pl.len()) // size, cells=(pl.col("cell_count").cum_sum() - 1) // _MOST_CELLS
        )
        return cut.partition_by("slice", "cells", maintain_order=True, include_key=False)

    def read(self, batch: pl.DataFrame) -> int:
        """Read a batch of archived documents and put their cells into the ledger; return how many could be read."""
        ids = batch["document_id"].to_list()
        with self.warehouse.archive.files(ids) as paths:
            documents = list(zip(ids, paths, strict=True))
            with self.timer.measured("read") as measured:
                readings = self.reader.read(documents, partial(self.progress.advance, "read"))
                self._record(readings)
                measured.count = sum(r.page_count or 0 for r in readings)
        return sum(r.reason is None for r in readings)

    def _record(self, readings: Sequence[Reading]) -> None:
        header = pl.DataFrame(
            [
                (r.document_id, r.page_count, r.reader, r.reader_version, r.reason, r.modified_at, r.page_marks)
                for r in readings
            ],
            schema={
                "document_id": pl.String,
                "page_count": pl.Int32,
                "reader": pl.String,
                "reader_version": pl.String,
                "reason": pl.String,
                "modified_at": pl.Datetime("us", "UTC"),
                "page_marks": pl.String,
            },
            orient="row",
        )
        cells = pl.concat([r.cells for r in readings], how="vertical")
        self.warehouse.add_readings(header, cells, read_at=self.started_at, run_id=self.run_id)

    def _record_failures(self, batch: pl.DataFrame, failures: Mapping[str, Exception]) -> None:
        """Record documents as failed whose cells the program could not handle: a fault of ours, told as such.

        Their reading stays: a later version of what failed derives them again from their cells.
        """
        if not failures:
            return
        end_if_told()
        for document_id, error in failures.items():
            self.progress.warn(f"document {document_id[:12]}: {type(error).__name__}: {error}")
        reasons = {d: f"{NOT_HANDLED} ({type(error).__name__})" for d, error in failures.items()}
        failed = batch.filter(pl.col("document_id").is_in(list(reasons))).with_columns(
            reason=pl.col("document_id").replace_strict(reasons, return_dtype=pl.String)
        )
        self._add_derived(
            failed,
            {name: contract.empty(table) for name, table in contract.FORM_TABLES.items()},
            contract.empty(contract.Checks),
            contract.empty(contract.RuleCounts),
        )

    def _add_derived(
        self, documents: pl.DataFrame, tables: Tables, checks: pl.DataFrame, rule_counts: pl.DataFrame
    ) -> None:
        self.warehouse.add_derived(
            self.derive_version,
            documents,
            tables,
            checks,
            rule_counts,
            derived_at=self.started_at,
            run_id=self.run_id,
        )

    def pending(self, collected: Collected) -> pl.DataFrame:
        """List the readings that have no rows at this version, and those to derive or judge again.

        Returns:
            See `Warehouse.underived`: where only the rules are others, the tables are those that the ledger has.
        """
        rows = self.warehouse.underived(
            self.derive_version,
            again=collected.derive_again | collected.check_again,
            tables_version=self.tables_version,
        )
        from_cells = pl.col("document_id").is_in(list(collected.derive_again))
        return rows.with_columns(derivation_id=pl.when(~from_cells).then("derivation_id"))

    def derive(self, batch: pl.DataFrame) -> list[Part]:
        """Turn the cells of a batch into the tables of its forms; get those that are good still from the ledger.

        A document for which that fails is recorded as failed, and the rest goes on.

        Returns:
            The batch, in one part or more, with the tables of each.
        """
        from transforms.account import account
        from transforms.assemble import read_forms
        from transforms.corrections import apply
        from transforms.normalise import normalise

        def work(part: pl.DataFrame) -> tuple[Tables, pl.DataFrame]:
            cells = self.warehouse.cells(part)
            assembled = read_forms(cells)
            told = account(part, cells, assembled)
            fields, _ = apply(assembled.fields, self.corrections)
            return {**normalise(fields), "pages": told.pages}, told.verdicts

        stored = batch.filter(pl.col("derivation_id").is_not_null())
        fresh = batch.filter(pl.col("derivation_id").is_null())
        parts: list[Part] = [(stored, self.warehouse.stored(stored))] if stored.height else []
        if fresh.height:
            with self.timer.measured("derive", fresh.height):
                derived = isolate(fresh, work)
            self._record_failures(fresh, derived.failures)
            parts += [
                (part.join(verdicts, on="document_id", how="left", maintain_order="left"), tables)
                for part, (tables, verdicts) in derived.parts
            ]
        return parts

    def check(self, parts: Sequence[Part]) -> int:
        """Judge the forms of a batch and put rows and judgement into the ledger; return how many documents.

        A document that cannot be judged, or whose rows do not obey their contract, is recorded as failed, and the
        rest goes on.
        """
        from expectations.check import CountsDiffer

        count = 0
        for batch, tables in parts:
            with self.timer.measured("check", batch.height):
                checked = isolate(batch, partial(self._judge_and_add, tables), raised=(CountsDiffer,))
            self._record_failures(batch, checked.failures)
            count += batch.height - len(checked.failures)
            self.progress.advance("check", batch.height)
        return count

    def judge(self, batch: pl.DataFrame) -> int:
        """Derive and check a batch; return how many documents were."""
        return self.check(self.derive(batch))

    def _judge_and_add(self, tables: Tables, documents: pl.DataFrame) -> None:
        from expectations.check import check

        rows = _only(tables, documents)
        judged = check(rows, self.settings.rules)
        self._add_derived(documents, rows, judged.checks, judged.rule_counts)

    def publish(self, must_cover: Collection[str] = ()) -> Published:
        """Publish all that the ledger holds at this version; nothing is written when nothing changed.

        Args:
            must_cover: The documents of this run: each must be in the release, whatever its status.

        Raises:
            AccountDoesNotBalance: Documents or forms are missing; what was published stays.
            WarehouseError: The warehouse cannot be written; what was published stays.
        """
        from expectations.dataset import VERSION

        end_if_told()
        return self.warehouse.publish(
            self.derive_version,
            partial(_gate, self.corrections, self.settings.rules),
            now=self.started_at,
            versions={"jixiao": package_version(), "dataset_rules": VERSION},
            must_cover=must_cover,
        )


def _marks(warehouse: Warehouse) -> Path:
    """Return the folder where the runs of this machine on a warehouse show that they live."""
    if warehouse.is_local:
        return warehouse.root / "running"
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state, "jixiao", hashlib.sha256(warehouse.location.encode()).hexdigest()[:16])


def _only(tables: Tables, documents: pl.DataFrame) -> Tables:
    """Keep the rows of some documents; the tables as they are when these are all."""
    pages = {"pages": tables["pages"].join(documents, on="document_id", how="semi")} if "pages" in tables else {}
    forms = tables["forms"].join(documents, on="document_id", how="semi")
    if forms.height == tables["forms"].height:
        return {**tables, **pages}
    of_forms = {n: t for n, t in tables.items() if n not in ("forms", "pages")}
    return {"forms": forms, **{n: t.join(forms, on="form_id", how="semi") for n, t in of_forms.items()}, **pages}


def _gate(corrections: pl.DataFrame, rules: RuleSettings, tables: Mapping[str, pl.LazyFrame]) -> Verdict:
    from expectations.dataset import NEEDED, WITHIN, check_dataset
    from expectations.gate import held_forms
    from transforms.corrections import judge_evidence

    held = held_forms(tables["checks"].collect())
    forms, indicators = (tables[name].select(columns).sort(columns[0]).collect() for name, columns in NEEDED.items())
    dataset = check_dataset(
        {
            "forms": forms.join(held, on="form_id", how="anti"),
            "indicators": indicators.join(held, on="form_id", how="anti"),
            "quarantined_forms": forms.join(held, on="form_id", how="semi"),
            "pages": tables["pages"].collect(),
        },
        None,
        rules,
        WITHIN,
    )
    found = {"held": held, "checks": dataset.checks, "rule_counts": dataset.rule_counts}
    if corrections.height == 0:
        return Verdict(**found)
    corrected = corrections["form_id"].unique().to_list()
    evidence = tables["evidence"].filter(pl.col("form_id").is_in(corrected)).collect()
    return Verdict(**found, corrections=judge_evidence(evidence, corrections))
