"""`backfill`: documents that the warehouse has already, read, derived or judged again.

An unfinished backfill is resumed by the next one with the same selection: the ledger records what each run read and
derived, and what is done at the present versions is not done again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import polars as pl

from flows.config.choices import WorkStage
from flows.config.settings import Settings
from flows.running.lost import lost_document
from flows.running.pace import OVERHEAD_SECONDS, Rate, rates
from flows.running.run import Collected, Run, RunPlan, new_plan
from flows.running.selection import Selection, has_older_reader, select
from warehouse.warehouse import Warehouse

KIND: Final = "backfill"

_STAGES: Final = tuple(WorkStage)
_ENDED: Final = "completed"
_NICE: Final = 10


@dataclass(frozen=True, slots=True)
class Plan:
    """What a backfill does.

    Attributes:
        selection: What was asked for.
        todo: One row for each document: `document_id`, `file_name`, `page_count` (null: not known), `stage` to begin
            at (read, derive, check), `why`, and `is_selected`: false where a release cannot be made without it.
        selected: Every document that was selected, those too that are done.
        missing: Selected documents whose PDF the archive has no more.
        done: Selected documents that the resumed run has done already.
        rates: How fast each stage is.
    """

    selection: Selection
    todo: pl.DataFrame
    selected: pl.Series
    missing: pl.DataFrame
    done: int
    rates: Mapping[WorkStage, Rate]

    @property
    def seconds(self) -> float:
        """How long it may take."""
        return OVERHEAD_SECONDS + sum(map(self._seconds_of, self.groups())) if self.todo.height else 0.0

    def groups(self) -> list[dict[str, Any]]:
        """Sum the plan by stage and reason: documents, pages and seconds of each."""
        grouped = (
            self.todo.group_by("stage", "why", "is_selected")
            .agg(documents=pl.len(), pages=pl.col("page_count").sum())
            .sort(~pl.col("is_selected"), pl.col("stage").cast(pl.Enum([*map(str, _STAGES)])), "why")
        )
        return [{**row, "seconds": round(self._seconds_of(row), 1)} for row in grouped.to_dicts()]

    def _seconds_of(self, row: Mapping[str, Any]) -> float:
        units = {"read": row["pages"], "derive": row["documents"], "check": row["documents"]}
        following = _STAGES[_STAGES.index(WorkStage(row["stage"])) :]
        return sum((float(units[stage]) / self.rates[stage].per_second for stage in following), 0.0)


def give_way() -> None:
    """Make this process, and what it starts, give way to a night that runs at the same time on this machine."""
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, 0, max(os.getpriority(os.PRIO_PROCESS, 0), _NICE))


def backfill_plan(settings: Settings, started_at: datetime, selection: Selection, *, restart: bool = False) -> RunPlan:
    """Make the plan of a backfill, which continues the same one that did not end, unless it is to begin anew.

    Raises:
        SettingsError: The file of corrections is wrong.
        WarehouseError: The warehouse cannot be opened.
    """
    request = selection.model_dump_json(exclude_defaults=True)
    run_id = None if restart else unfinished(Warehouse(settings.warehouse), request)
    return new_plan(settings, started_at, kind=KIND, request=request, run_id=run_id)


def unfinished(warehouse: Warehouse, request: str) -> str | None:
    """Return the run_id of the newest backfill that was asked for the same, if it did not end; null: there is none."""
    asked = warehouse.ledger.runs().filter((pl.col("kind") == KIND) & (pl.col("request") == request))
    if asked.is_empty() or asked["state"][-1] == _ENDED:
        return None
    run_id: str = asked["run_id"][-1]
    return run_id


def plan(run: Run, selection: Selection) -> Plan:
    """Find out what a backfill has to do. Nothing is written.

    Beside what is selected that is what a release cannot be made without: documents of the published release that
    have no rows at this version.
    """
    from transforms.read import READER_VERSION

    inventory = run.warehouse.inventory()
    chosen = select(inventory, selection, reader_version=READER_VERSION, derive_version=run.plan.derive_version)
    judged = _staged(chosen, selection, READER_VERSION, run)
    done = judged.filter("is_done")
    wanted = judged.filter(~pl.col("is_done")).drop("is_done")
    missing = run.warehouse.archive.missing(wanted.filter(stage="read")["document_id"].to_list())
    is_missing = pl.col("document_id").is_in(missing)
    places = run.warehouse.ledger.first_sightings().filter(is_missing).select("document_id", "source", "source_uri")
    todo = wanted.filter(~is_missing).with_columns(is_selected=pl.lit(True))
    others = inventory.documents.join(wanted, on="document_id", how="anti")
    needed = _needed(others, run).select(todo.columns)
    return Plan(
        selection=selection,
        todo=pl.concat([todo, needed]).sort("document_id"),
        selected=chosen["document_id"],
        missing=wanted.filter(is_missing).join(places.collect(), on="document_id"),
        done=done.height,
        rates=rates(run.warehouse.ledger.runs()["summary"].drop_nulls().reverse()),
    )


def _staged(chosen: pl.DataFrame, selection: Selection, reader_version: str, run: Run) -> pl.DataFrame:
    """Add the `stage` to begin at, `why`, and `is_done`: by the resumed run, at the present versions."""
    never, failed = pl.col("reading_id").is_null(), pl.col("read_reason").is_not_null()
    older = has_older_reader(reader_version)
    only_rules = pl.lit(selection.outdated) & ~older & ~failed
    start = (
        pl.lit(str(selection.start))
        if selection.start
        else pl.when(only_rules).then(pl.lit("derive")).otherwise(pl.lit("read"))
    )
    has_tables = (
        pl.col("derive_version").str.starts_with(run.plan.tables_version)
        & pl.col("derive_reason").is_null()
        & (pl.col("derived_reading_id") == pl.col("reading_id"))
    ).fill_null(False)
    code = pl.col("read_reason").str.extract(r"^(\w+)", 1)
    is_new_reading = (pl.col("read_run_id") == run.plan.run_id).fill_null(False) & ~older
    is_new_derivation = (
        (pl.col("derive_run_id") == run.plan.run_id)
        & (pl.col("derive_version") == run.plan.derive_version)
        & (pl.col("derived_reading_id") == pl.col("reading_id"))
    ).fill_null(False)
    return chosen.with_columns(
        stage=pl.when(never | failed)
        .then(pl.lit("read"))
        .when((start == "check") & ~has_tables)
        .then(pl.lit("derive"))
        .otherwise(start)
    ).select(
        "document_id",
        "file_name",
        "page_count",
        "stage",
        why=pl.when(never)
        .then(pl.lit("never read"))
        .when(failed)
        .then(pl.format("could not be read: {}", code))
        .when((pl.col("stage") == "read") & older)
        .then(pl.format("read by reader {}, {} is the present one", "reader_version", pl.lit(reader_version)))
        .when(pl.lit(selection.outdated))
        .then(pl.lit("derived by other rules or settings"))
        .otherwise(pl.lit("asked for")),
        is_done=pl.when(stage="read").then(is_new_reading).otherwise(is_new_derivation),
    )


def _needed(documents: pl.DataFrame, run: Run) -> pl.DataFrame:
    """List documents that have to be read or derived before anything can be published."""
    never = pl.col("reading_id").is_null()
    pending = run.warehouse.ledger.underived(run.plan.derive_version, tables_version=run.plan.tables_version)
    return (
        documents.join(pending.select("document_id", "derivation_id", is_pending=True), on="document_id", how="left")
        .filter(pl.col("is_pending").fill_null(False) | (never & pl.col("status").is_not_null()))
        .select(
            "document_id",
            "file_name",
            "page_count",
            stage=pl.when(never)
            .then(pl.lit("read"))
            .when(pl.col("derivation_id").is_null())
            .then(pl.lit("derive"))
            .otherwise(pl.lit("check")),
            why=pl.lit("no rows at the present version: nothing can be published without them"),
            is_selected=pl.lit(False),
        )
    )


def find_selected(run: Run, selection: Selection) -> Collected:
    """Find the documents that are to be read, derived and judged again: what a backfill begins with."""
    run.progress.begin("collect", 1, "selection")
    found = plan(run, selection)
    by_stage = {stage: found.todo.filter(stage=stage.value) for stage in WorkStage}
    counts = ", ".join(f"{rows.height} to {stage}" for stage, rows in by_stage.items() if rows.height)
    done = f", {found.done} done before" if found.done else ""
    run.progress.finish("collect", f"{found.selected.len()} documents selected: {counts or 'nothing to do'}{done}")
    return Collected(
        document_ids=frozenset(found.selected) - frozenset(found.missing["document_id"]),
        file_count=0,
        unread=by_stage[WorkStage.read],
        problems=tuple(lost_document(row) for row in found.missing.iter_rows(named=True)),
        warnings=() if found.selected.len() else (f"no document is selected by {selection.described()}",),
        derive_again=frozenset(by_stage[WorkStage.derive].filter("is_selected")["document_id"]),
        check_again=frozenset(by_stage[WorkStage.check].filter("is_selected")["document_id"]),
    )
