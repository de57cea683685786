"""One run and its stages: plain functions over the warehouse, each of which can be called again alone.

collect   sources -> archived PDFs and their sightings
read      PDFs -> cells, in the ledger
derive    cells -> fields -> the tables of a form
check     tables -> checks; all of it in the ledger
publish   ledger -> a release, unless nothing changed
"""

from __future__ import annotations

import importlib
import threading
import uuid
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from types import ModuleType, TracebackType
from typing import TYPE_CHECKING, Final, Generic, Literal, Self, TypeVar

import polars as pl

from expectations.settings import RuleSettings
from flows import package_version
from flows.collecting.book import Tally
from flows.collecting.collector import Collector
from flows.collecting.trouble import SourceProblem
from flows.corrections import digest, load_corrections
from flows.freshness import State, judge
from flows.isolate import isolate
from flows.progress import Progress
from flows.reading import MAY_HEAL, NOT_HANDLED, Reader, unreadable
from flows.settings import Settings, now
from flows.sources import choose, load_sources
from warehouse.store import Published, Verdict, Warehouse

if TYPE_CHECKING:
    from expectations.check import Checked
    from transforms.read import Reading

T = TypeVar("T")

Tables = Mapping[str, pl.DataFrame]
Part = tuple[pl.DataFrame, Tables]
"""Some documents (document_id, reading_id) and the tables of their forms."""

_BATCHES: Final = 50
_AWAKE_SECONDS: Final = 0.5
_AT_ONCE: Final = 2
"""Batches in hand at once: one is read while the other is written."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What `collect` found.

    Attributes:
        document_ids: The documents that the sources have.
        file_count: PDFs that the sources list.
        unread: Documents of the ledger that were never read, or are to be read again.
        problems: Sources, and files in them, that could not be taken.
        tallies: The counts of each source.
        states: The state of each named source.
        warnings: Of named sources that are not fresh.
    """

    document_ids: frozenset[str]
    file_count: int
    unread: pl.DataFrame
    problems: tuple[SourceProblem, ...]
    tallies: tuple[Tally, ...] = ()
    states: Mapping[str, State] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


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

    `begin` makes calls in the background, so that a server may start meanwhile.
    """

    def __init__(self, settings: Settings, progress: Progress, started_at: datetime) -> None:
        self.settings = settings
        self.progress = progress
        self.started_at = started_at
        self.run_id = uuid.uuid4().hex
        self.corrections = load_corrections(settings.corrections)
        self.sources = load_sources(settings.sources)
        self._stop = threading.Event()
        self.warehouse = Warehouse(settings.warehouse)
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
                "kind": "ingest",
                "state": state,
                "started_at": self.started_at,
                "finished_at": None if state == "running" else now(),
                "release_id": release_id,
                "summary": told,
            }
        )

    @cached_property
    def derive_version(self) -> str:
        """Version of all that turns cells into rows: assembly, normalising, rules and their settings, corrections."""
        from expectations.catalogue import CATALOGUE_VERSION
        from transforms import assemble, normalise

        rules = f"{CATALOGUE_VERSION} {self.settings.rules.digest()}"
        corrected = f", corrections {digest(self.corrections)}" if self.corrections.height else ""
        return f"assemble {assemble.VERSION}, normalise {normalise.VERSION}, rules {rules}{corrected}"

    def begin(self, function: Callable[[], T]) -> Begun[T]:
        """Begin a call in the background; two at most go on at once."""
        return Begun(self._background, function)

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
        failed = self.warehouse.unread(document_ids=document_ids, retry=MAY_HEAL)
        unread = pl.concat([self.warehouse.unread(), failed]).unique("document_id").sort("document_id")
        self.progress.finish("collect", f"{sum(t.listed for t in tallies)} files, {unread.height} documents to read")
        problems = tuple(book.problems)
        file_count = sum(tally.listed for tally in tallies)
        return Collected(document_ids, file_count, unread, problems, tallies, judged.states, judged.warnings)

    def batches(self, documents: pl.DataFrame, least: int, most: int) -> list[pl.DataFrame]:
        """Cut documents into batches: about fifty of them, none very small or very large."""
        size = self.settings.batch or min(max(-(-documents.height // _BATCHES), least), most)
        return list(documents.iter_slices(size))

    def read(self, batch: pl.DataFrame) -> int:
        """Read a batch of archived documents and put their cells into the ledger; return how many could be read."""
        ids = batch["document_id"].to_list()
        with self.warehouse.archive.files(ids) as paths:
            documents = list(zip(ids, paths, strict=True))
            readings = self.reader.read(documents, partial(self.progress.advance, "read"))
        self._record(readings)
        return sum(r.reason is None for r in readings)

    def _record(self, readings: Sequence[Reading]) -> None:
        header = pl.DataFrame(
            [(r.document_id, r.page_count, r.reader, r.reader_version, r.reason) for r in readings],
            schema={
                "document_id": pl.String,
                "page_count": pl.Int32,
                "reader": pl.String,
                "reader_version": pl.String,
                "reason": pl.String,
            },
            orient="row",
        )
        cells = pl.concat([r.cells for r in readings], how="vertical")
        self.warehouse.add_readings(header, cells, read_at=self.started_at)

    def _record_failures(self, failures: Mapping[str, Exception]) -> None:
        """Record documents as failed whose cells the program could not handle: a fault of ours, told as such."""
        for document_id, error in failures.items():
            self.progress.warn(f"document {document_id[:12]}: {type(error).__name__}: {error}")
        if failures:
            feed = self.settings.feed
            self._record(
                [unreadable(d, feed, f"{NOT_HANDLED} ({type(error).__name__})") for d, error in failures.items()]
            )

    def pending(self) -> pl.DataFrame:
        """List the readings that have no rows at this version of assembly, normalising and rules."""
        return self.warehouse.underived(self.derive_version)

    def derive(self, batch: pl.DataFrame) -> list[Part]:
        """Turn the cells of a batch into the tables of its forms.

        A document for which that fails is recorded as failed, and the rest goes on.

        Returns:
            The batch, in one part or more, with the tables of each.
        """
        from transforms.assemble import assemble
        from transforms.corrections import apply
        from transforms.normalise import normalise

        def work(part: pl.DataFrame) -> Tables:
            fields, _ = apply(assemble(self.warehouse.cells(part)), self.corrections)
            return normalise(fields)

        derived = isolate(batch, work)
        self._record_failures(derived.failures)
        return derived.parts

    def check(self, parts: Sequence[Part]) -> int:
        """Judge the forms of a batch and put rows and judgement into the ledger; return how many documents."""
        from expectations.check import CountsDiffer

        count = 0
        for batch, tables in parts:
            checked = isolate(batch, partial(self._judge, tables), raised=(CountsDiffer,))
            self._record_failures(checked.failures)
            for some, judged in checked.parts:
                rows = _only(tables, some)
                self.warehouse.add_derived(
                    self.derive_version, some, rows, judged.checks, judged.rule_counts, derived_at=self.started_at
                )
                count += some.height
            self.progress.advance("check", batch.height)
        return count

    def _judge(self, tables: Tables, documents: pl.DataFrame) -> Checked:
        from expectations.check import check

        return check(_only(tables, documents), self.settings.rules)

    def publish(self) -> Published:
        """Publish all that the ledger holds at this version; nothing is written when nothing changed.

        Raises:
            AccountDoesNotBalance: Documents or forms are missing; what was published stays.
            WarehouseError: The warehouse cannot be written; what was published stays.
        """
        from expectations.dataset import VERSION

        return self.warehouse.publish(
            self.derive_version,
            partial(_gate, self.corrections, self.settings.rules),
            now=self.started_at,
            versions={"jixiao": package_version(), "dataset_rules": VERSION},
        )


def _only(tables: Tables, documents: pl.DataFrame) -> Tables:
    """Keep the rows of some documents; the tables as they are when these are all."""
    forms = tables["forms"].join(documents, on="document_id", how="semi")
    if forms.height == tables["forms"].height:
        return tables
    rest = {n: t.join(forms, on="form_id", how="semi") for n, t in tables.items() if n != "forms"}
    return {"forms": forms, **rest}


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
