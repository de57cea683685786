"""The stages of a run: plain functions over the warehouse, each of which can be called again alone.

collect   sources -> archived PDFs and their sightings
read      PDFs -> cells, in the ledger
derive    cells -> fields -> the tables of a form
check     tables -> checks; all of it in the ledger
publish   ledger -> a release, unless nothing changed
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from expectations.settings import RuleSettings
from flows import package_version
from flows.collecting.absence import note_absences
from flows.collecting.collector import Collector
from flows.collecting.freshness import judge as judge_sources
from flows.collecting.problems import SourceProblem
from flows.config.choices import WorkStage
from flows.config.sources import sources_of
from flows.running.isolate import isolate
from flows.running.lost import LOST, lost_document
from flows.running.reader import MAY_HEAL, NOT_HANDLED, once_more, unreadable
from flows.running.run import REPAIR, Collected, Run
from warehouse import contract
from warehouse.errors import NothingFound
from warehouse.publishing import Published
from warehouse.releases.contents import Verdict

if TYPE_CHECKING:
    from transforms.read import Reading

Stage = Literal["collect", "read", "derive", "check", "publish"]

Tables = Mapping[str, pl.DataFrame]
_WITNESSES: Final = 3
_NAMED: Final = 5

Part = tuple[pl.DataFrame, Tables]
"""Some documents (document_id, reading_id) and the tables of their forms."""


def collect(run: Run, sources: Sequence[str]) -> Collected:
    """List the PDFs of the sources, archive those that are new or changed, and record where they were seen.

    Args:
        run: The run.
        sources: Names of the file of sources, paths, globs, web addresses, `s3://` prefixes; none: all of the file.

    Raises:
        SettingsError: Nothing is named and the file has no sources.
        Interrupted: The run was asked to stop.
        WarehouseError: The warehouse cannot be written.
    """
    from transforms.read import READER_VERSION

    plan, ledger = run.plan, run.warehouse.ledger
    with Collector(run.warehouse, plan.started_at, run.stop, verify=plan.verify) as collector:
        chosen = sources_of(run.settings, sources, plan.region)
        listed = collector.list_sources(chosen, run.progress)
        run.progress.begin("collect", listed.count, "files")
        collector.take(listed, run.progress)
    tallies = tuple(collector.book.tallies.values())
    judged = judge_sources(
        tallies, ledger.source_runs(), ledger.documents_of_sources(), run_id=plan.run_id, now=plan.started_at
    )
    ledger.add_source_runs(judged.source_runs)
    ledger.add_events(judged.events)
    gone = note_absences(ledger, tallies, judged.states, run_id=plan.run_id, now=plan.started_at)
    document_ids = frozenset().union(*(tally.document_ids for tally in tallies))
    unread = ledger.unread(
        retry=MAY_HEAL, given=document_ids, once_more=once_more(run.settings.limits), now=READER_VERSION
    )
    file_count = sum(tally.listed for tally in tallies)
    run.progress.finish("collect", f"{file_count} files, {unread.height} documents to read")
    problems = tuple(collector.book.problems)
    return Collected(document_ids, file_count, unread, problems, tallies, judged.states, (*judged.warnings, *gone))


def read(run: Run, batch: pl.DataFrame) -> int:
    """Read a batch of archived documents and put their cells into the ledger; return how many could be read.

    They are recorded as they come. A reading on which the program failed does not take the place of one that has cells.
    A document of which the archive has no whole file is left as it was when it was read before, and recorded as failed
    when it never was. A damaged file is moved aside, so that the next ingest of its source fetches it again.

    Raises:
        Interrupted: The run was asked to stop; what was read by then is recorded.
    """
    ids = batch["document_id"].to_list()
    with run.warehouse.archive.files(ids) as paths:
        documents = [(d, path) for d, path in zip(ids, paths, strict=True) if path.is_file()]
        with run.timer.measured(WorkStage.read) as measured:
            on_read = partial(run.progress.advance, "read")
            readings = run.reader.read(documents, run.settings.feed, on_read, run.stop, partial(_record, run))
            lost = _never_read(run, [d for d, path in zip(ids, paths, strict=True) if not path.is_file()])
            _record(run, lost)
            measured.count = sum(r.page_count or 0 for r in readings)
    return sum(r.reason is None for r in readings)


def _never_read(run: Run, lost: Sequence[str]) -> list[Reading]:
    """Move damaged files of the archive aside; return failed readings of those documents that have none yet."""
    if not lost:
        return []
    run.progress.advance("read", len(lost))
    run.warehouse.archive.set_aside(lost)
    ledger = run.warehouse.ledger
    never = ledger.unread(document_ids=lost)["document_id"]
    standing = ledger.derived_at(run.plan.derive_version)  # of readings that were lost too: their rows stay published
    never = never.filter(~never.is_in(standing.implode()))
    return [unreadable(document_id, run.settings.feed, LOST) for document_id in never]


def not_archived(run: Run, collected: Collected) -> tuple[SourceProblem, ...]:
    """Report the documents that were to be read, and of which the archive has no whole file; one problem for each."""
    wanted = collected.unread["document_id"]
    if wanted.is_empty():
        return ()
    ledger = run.warehouse.ledger
    unread = wanted.filter(~wanted.is_in(ledger.read_by(run.plan.run_id).implode()))
    left = pl.Series(run.warehouse.archive.missing(unread.to_list()), dtype=pl.String)  # others were read no better
    seen = ledger.first_sightings().filter(pl.col("document_id").is_in(left.implode()))
    rows = seen.select("document_id", "file_name", "source", "source_uri").sort("file_name").collect()
    return tuple(lost_document(row) for row in rows.iter_rows(named=True))


def _record(run: Run, readings: Sequence[Reading]) -> None:
    readings = _without_worse(run, readings)
    if not readings:
        return
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
    run.warehouse.ledger.add_readings(header, cells, read_at=run.plan.started_at, run_id=run.plan.run_id)


def _without_worse(run: Run, readings: Sequence[Reading]) -> list[Reading]:
    """Leave out readings on which the program failed, where the ledger has one with cells: that one stays."""
    failed = {r.document_id for r in readings if (r.reason or "").startswith(NOT_HANDLED)}
    for reading in readings:
        if reading.document_id in failed:
            run.progress.warn(f"document {reading.document_id[:12]}: {reading.reason}")
    kept = run.warehouse.ledger.readable(failed) if failed else set()
    return [reading for reading in readings if reading.document_id not in kept]


def pending(run: Run, collected: Collected) -> pl.DataFrame:
    """List the readings that have no rows at this version, and those to derive or judge again.

    Returns:
        See `Ledger.underived`: where only the rules are others, the tables are those that the ledger has.
    """
    rows = run.warehouse.ledger.underived(
        run.plan.derive_version,
        again=collected.derive_again | collected.check_again,
        tables_version=run.plan.tables_version,
    )
    from_cells = pl.col("document_id").is_in(list(collected.derive_again))
    return rows.with_columns(derivation_id=pl.when(~from_cells).then("derivation_id"))


def require_something(run: Run, collected: Collected, pending: pl.DataFrame) -> None:
    """Refuse to publish a first release that would hold nothing.

    Raises:
        NothingFound: No document was found, the ledger knows of none, and nothing was ever published.
    """
    if collected.document_ids or pending.height or run.warehouse.releases.kept():
        return
    if run.warehouse.ledger.first_sightings().head(1).collect().height:
        return
    problems = [f"{problem.source}: {problem.message}" for problem in collected.problems]
    more = [f"and {len(problems) - _NAMED} more"] if len(problems) > _NAMED else []
    happened = "no PDF was found, and nothing was published before: nothing is published"
    raise NothingFound("\n".join([happened, *problems[:_NAMED], *more]))


def derive(run: Run, batch: pl.DataFrame) -> list[Part]:
    """Turn the cells of a batch into the tables of its forms; get those that are good still from the ledger.

    A document for which that fails is recorded as failed, and the rest continues.

    Returns:
        The batch, in one part or more, with the tables of each.
    """
    work = partial(_tables_of, run)
    stored = batch.filter(pl.col("derivation_id").is_not_null())
    fresh = batch.filter(pl.col("derivation_id").is_null())
    parts: list[Part] = [(stored, run.warehouse.ledger.stored(stored))] if stored.height else []
    if fresh.height:
        with run.timer.measured(WorkStage.derive, fresh.height):
            derived = isolate(fresh, work, is_sound=partial(_is_sound, run, work, fresh))
        _record_failures(run, fresh, derived.failures)
        parts += [
            (part.join(verdicts, on="document_id", how="left", maintain_order="left"), tables)
            for part, (tables, verdicts) in derived.parts
        ]
    return parts


def _tables_of(run: Run, documents: pl.DataFrame) -> tuple[Tables, pl.DataFrame]:
    """Return the tables of documents, and why some have no form."""
    from transforms.account import account
    from transforms.assemble import read_forms
    from transforms.corrections import apply
    from transforms.normalise import normalise

    run.stop.check()
    cells = run.warehouse.ledger.cells(documents)
    assembled = read_forms(cells)
    accounted = account(documents, cells, assembled)
    fields, _ = apply(accounted.fields, run.plan.corrections)
    return {**normalise(fields), "pages": accounted.pages}, accounted.verdicts


def _is_sound(run: Run, work: Callable[[pl.DataFrame], object], failing: pl.DataFrame) -> bool:
    """Whether the program works: for one of some documents that gave forms before, or there is none that it could lose.

    Where it works, the documents that fail are at fault, however many they are.
    """
    good = run.warehouse.ledger.known_good(_WITNESSES, failing["document_id"])
    for number in range(good.height):
        with suppress(Exception):
            work(good.slice(number, 1))
            return True
        run.stop.check()
    return good.is_empty()


def check(run: Run, parts: Sequence[Part]) -> int:
    """Judge the forms of a batch and put rows and judgement into the ledger; return how many documents.

    A document that cannot be judged, or whose rows do not obey their contract, is recorded as failed, and the rest
    continues.
    """
    from expectations.check import CountsDiffer

    count = 0
    for batch, tables in parts:
        with run.timer.measured(WorkStage.check, batch.height):
            is_sound = partial(_is_sound, run, partial(_judged, run), batch)
            checked = isolate(batch, partial(_judge_and_add, run, tables), (CountsDiffer,), is_sound)
        _record_failures(run, batch, checked.failures)
        count += batch.height - len(checked.failures)
        run.progress.advance("check", batch.height)
    return count


def _judged(run: Run, documents: pl.DataFrame) -> object:
    """Derive and judge documents, and keep nothing of it."""
    from expectations.check import check as judge

    return judge(_tables_of(run, documents)[0], run.settings.rules)


def _judge_and_add(run: Run, tables: Tables, documents: pl.DataFrame) -> None:
    from expectations.check import check as judge

    run.stop.check()
    rows = _only(tables, documents)
    judged = judge(rows, run.settings.rules)
    _add_derived(run, documents, rows, judged.checks, judged.rule_counts)


def _record_failures(run: Run, batch: pl.DataFrame, failures: Mapping[str, Exception]) -> None:
    """Record documents as failed whose cells the program could not handle: a fault of ours, recorded as such.

    Their reading stays: a later version of what failed derives them again from their cells.
    """
    if not failures:
        return
    run.stop.check()
    for document_id, error in failures.items():
        run.progress.warn(f"document {document_id[:12]}: {type(error).__name__}: {error}")
    reasons = {d: f"{NOT_HANDLED} ({type(error).__name__})" for d, error in failures.items()}
    failed = batch.filter(pl.col("document_id").is_in(list(reasons))).with_columns(
        reason=pl.col("document_id").replace_strict(reasons, return_dtype=pl.String)
    )
    tables = {name: contract.empty(table) for name, table in contract.FORM_TABLES.items()}
    _add_derived(run, failed, tables, contract.empty(contract.Checks), contract.empty(contract.RuleCounts))


def _add_derived(
    run: Run, documents: pl.DataFrame, tables: Tables, checks: pl.DataFrame, rule_counts: pl.DataFrame
) -> None:
    run.warehouse.ledger.add_derived(
        run.plan.derive_version,
        documents,
        tables,
        checks,
        rule_counts,
        derived_at=run.plan.started_at,
        run_id=run.plan.run_id,
    )


def publish(run: Run, must_cover: Collection[str] = ()) -> Published:
    """Publish all that the ledger holds at this version; nothing is written when nothing changed.

    Args:
        run: The run.
        must_cover: The documents of this run: each must be in the release, whatever its status.

    Raises:
        AccountDoesNotBalance: Documents or forms are missing; what was published stays.
        Interrupted: The run was asked to stop; what was published stays.
        WarehouseError: The warehouse cannot be written; what was published stays.
    """
    from expectations.dataset import VERSION

    run.stop.check()
    with run.warehouse.publishing.begin(
        run.plan.derive_version,
        versions={"jixiao": package_version(), "dataset_rules": VERSION},
        must_cover=must_cover,
        force=run.plan.kind == REPAIR,
    ) as publication:
        if publication.unchanged is not None:
            return publication.unchanged
        verdict = _gate(run.plan.corrections, run.settings.rules, publication.tables)
        run.stop.check()
        return publication.publish(verdict, now=run.plan.started_at)


def _only(tables: Tables, documents: pl.DataFrame) -> Tables:
    """Keep the rows of some documents; the tables as they are when these are all."""
    pages = {"pages": tables["pages"].join(documents, on="document_id", how="semi")} if "pages" in tables else {}
    forms = tables["forms"].join(documents, on="document_id", how="semi")
    if forms.height == tables["forms"].height:
        return {**tables, **pages}
    of_forms = {n: t for n, t in tables.items() if n not in ("forms", "pages")}
    return {"forms": forms, **{n: t.join(forms, on="form_id", how="semi") for n, t in of_forms.items()}, **pages}


def _gate(corrections: pl.DataFrame, rules: RuleSettings, tables: Mapping[str, pl.LazyFrame]) -> Verdict:
    from expectations.dataset import WITHIN, check_dataset, needed
    from expectations.gate import forms_to_hold
    from expectations.listing import reason_codes, rules_table
    from transforms.corrections import judge_evidence

    held = forms_to_hold(tables["checks"])
    judged = needed(tables)
    forms, indicators = judged["forms"], judged["indicators"]
    dataset = check_dataset(
        {
            "forms": forms.join(held, on="form_id", how="anti"),
            "indicators": indicators.join(held, on="form_id", how="anti"),
            "quarantined_forms": forms.join(held, on="form_id", how="semi"),
            "pages": judged["pages"],
        },
        None,
        rules,
        WITHIN,
    )
    found = {
        "held": held,
        "checks": dataset.checks,
        "rule_counts": dataset.rule_counts,
        "rules": rules_table(rules),
        "codes": reason_codes(),
    }
    if corrections.height == 0:
        return Verdict(**found)
    corrected = corrections["form_id"].unique().to_list()
    evidence = tables["evidence"].filter(pl.col("form_id").is_in(corrected)).collect()
    return Verdict(**found, corrections=judge_evidence(evidence, corrections))
