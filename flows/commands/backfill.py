"""The command `backfill`: documents of the warehouse read, derived or checked again."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.commands.options import (
    AddressOption,
    ConfigOption,
    Feed,
    JsonOption,
    PlainOption,
    QuietOption,
    RunnerOption,
    WarehouseOption,
    WorkersOption,
)
from flows.commands.terminal import console, errors_told, existing, print_rows, settings_of

if TYPE_CHECKING:
    from flows.running.backfill import Plan
    from flows.running.run import Run
    from flows.running.selection import Selection
    from flows.running.summary import RunSummary

_LISTED = 20


class From(StrEnum):
    """Stages that a backfill may begin at."""

    read = "read"
    derive = "derive"
    check = "check"


class DocumentStatus(StrEnum):
    """What a document may be in the published release."""

    published = "published"
    quarantined = "quarantined"
    partly_published = "partly_published"
    no_form = "no_form"
    failed = "failed"
    pending = "pending"


def backfill(
    year: Annotated[list[int] | None, typer.Option(help="Fiscal year of a form; may be given several times.")] = None,
    region: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Region that sources.toml gives its source, or a part of that name."),
    ] = None,
    source: Annotated[
        list[str] | None,
        typer.Option(metavar="GLOB", help="Where it was seen: a glob on the whole address, or a part of it."),
    ] = None,
    document: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="A document_id, or what it begins with.")
    ] = None,
    form: Annotated[list[str] | None, typer.Option(metavar="ID", help="A form_id, or what it begins with.")] = None,
    seen_since: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="Seen on this day (UTC) or later.")
    ] = None,
    seen_until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DAY", help="Seen on this day (UTC) or before.")
    ] = None,
    status: Annotated[list[DocumentStatus] | None, typer.Option(help="Status in the published release.")] = None,
    outdated: Annotated[
        bool, typer.Option("--outdated", help="Read by an older reader, or derived by other rules or settings.")
    ] = False,
    everything: Annotated[bool, typer.Option("--all", help="All documents that were ever seen.")] = False,
    start: Annotated[
        From | None,
        typer.Option(
            "--from",
            help="Stage to begin at: **read** the PDFs again (default), **derive** from the stored cells (default for "
            "`--outdated` where the reader is the same), or only **check** by the rules.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, why, and how long it may take; do nothing.")
    ] = False,
    restart: Annotated[
        bool, typer.Option("--restart", help="Begin anew where the same backfill was begun before and did not end.")
    ] = False,
    warehouse: WarehouseOption = None,
    plain: PlainOption = False,
    feed: Annotated[Feed | None, typer.Option(help="What reads the pages (pdfium).")] = None,
    workers: WorkersOption = None,
    runner: RunnerOption = None,
    address: AddressOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Read, derive or check documents again that the warehouse has, and publish what comes of it.

    The criteria must all hold; of one that is given several times, any. A backfill that was interrupted goes on where
    it was when it is called again with the same words.
    """
    from flows.progress import choose
    from flows.running.selection import selection_of
    from flows.running.summary import as_text

    with errors_told():
        settings = settings_of(
            config,
            warehouse=warehouse,
            feed=feed and feed.value,
            workers=workers,
            runner=runner and runner.value,
            address=address,
        )
        existing(settings)
        selection = selection_of(
            years=year,
            regions=region,
            sources=source,
            documents=document,
            forms=form,
            seen_since=seen_since and seen_since.date(),
            seen_until=seen_until and seen_until.date(),
            statuses=[one.value for one in status or []],
            outdated=outdated,
            everything=everything,
            start=start and start.value,
        )
        if dry_run:
            _tell(_planned(settings, selection, restart=restart), json=json)
            return
        with choose(quiet=quiet, json=json) as progress:
            summary = _backfill(settings, progress, selection, plain=plain, restart=restart)
    if json:
        print(summary.model_dump_json(indent=2))
    else:
        console().print(as_text(summary))
    raise typer.Exit(summary.exit_code)


def _run(settings: Any, progress: Any, selection: Selection, *, restart: bool) -> Run:
    from flows.config.settings import now
    from flows.running.backfill import new_backfill

    return new_backfill(settings, progress, now(), selection, restart=restart)


def _planned(settings: Any, selection: Selection, *, restart: bool) -> Plan:
    from flows.progress import Progress
    from flows.running.backfill import plan

    with _run(settings, Progress(), selection, restart=restart) as run:
        return plan(run, selection)


def _backfill(settings: Any, progress: Any, selection: Selection, *, plain: bool, restart: bool) -> RunSummary:
    from flows.running.backfill import BackfillAhead, give_way

    give_way()
    with _run(settings, progress, selection, restart=restart) as run:
        if plain:
            from flows.running.pipeline import ingest

            return ingest(run, BackfillAhead(run, selection))
        from flows.orchestration.flow import backfill_with_prefect

        return backfill_with_prefect(run, selection)


def _tell(planned: Plan, *, json: bool) -> None:
    """Print a plan as JSON with every document, or as a table with the first of them."""
    from flows.running.pace import UNITS

    groups = planned.groups()
    if json:
        from json import dumps

        told = {
            "selection": planned.selection.described(),
            "documents_selected": planned.selected.len(),
            "documents_done": planned.done,
            "documents_without_file": planned.missing["document_id"].to_list(),
            "seconds": round(planned.seconds, 1),
            "groups": groups,
            "documents": planned.todo.to_dicts(),
        }
        print(dumps(told, ensure_ascii=False, indent=2))
        return
    done = f", of which {planned.done} are done by the backfill that did not end" if planned.done else ""
    print(f"{planned.selection.described()}: {planned.selected.len()} documents selected{done}.")
    if planned.missing.height:
        print(f"{planned.missing.height} of them cannot be read again: the archive has no file of theirs.")
    rows = [
        {
            "from": row["stage"],
            "why": row["why"],
            "documents": row["documents"],
            "pages": row["pages"],
            "takes": f"about {_duration(row['seconds'])}",
            "": "" if row["is_selected"] else "needed too",
        }
        for row in groups
    ]
    print_rows(rows, json=False, nothing="There is nothing to do.")
    if planned.todo.height == 0:
        return
    first = planned.todo.head(_LISTED)
    print_rows(first.select("document_id", "file_name", "page_count", "stage").to_dicts(), json=False, nothing="")
    if planned.todo.height > _LISTED:
        print(f"and {planned.todo.height - _LISTED} more (--json lists all)")
    measured = ", ".join(
        f"{stage} {rate.per_second:.1f} {UNITS[stage]}/s ({'measured' if rate.units else 'assumed'})"
        for stage, rate in planned.rates.items()
    )
    print(f"It may take {_duration(planned.seconds)}: {measured}. Nothing was done.")


def _duration(seconds: float) -> str:
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"
