"""The command `backfill`: documents of the warehouse read, derived or checked again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import (
    AddressOption,
    ConfigOption,
    JsonOption,
    PlainOption,
    QuietOption,
    RunnerOption,
    WarehouseOption,
    WorkersOption,
)
from flows.commands.terminal import console, errors_reported, existing, print_json, print_rows, settings_of, stop_of
from flows.config.choices import DocumentStatus, Feed, WorkStage

if TYPE_CHECKING:
    from flows.config.settings import Settings
    from flows.progress import Progress
    from flows.running.backfill import Plan
    from flows.running.selection import Selection
    from flows.running.summary import RunSummary
    from flows.stopping import Stop

_LISTED = 20


def backfill(
    context: typer.Context,
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
        WorkStage | None,
        typer.Option(
            "--from",
            help="Stage to begin at: **read** the PDFs again (default), **derive** from the stored cells (default for "
            "`--outdated` where the reader is the same), or only **check** by the rules.",
        ),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print what would be done, why, and how long it may take; do nothing.")
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
    """Read, derive or check documents again that the warehouse has, and publish the result.

    The criteria must all hold; of one that is given several times, any. A backfill that was interrupted continues
    where it stopped when started again with the same options.
    """
    from flows.progress import choose
    from flows.running.selection import require_known, selection_of
    from flows.running.summary import as_text

    stop = stop_of(context)
    with errors_reported(stop):
        settings = settings_of(
            config,
            warehouse=warehouse,
            feed=feed,
            workers=workers,
            runner=runner,
            address=address,
        )
        selection = selection_of(
            years=year,
            regions=region,
            sources=source,
            documents=document,
            forms=form,
            seen_since=seen_since and seen_since.date(),
            seen_until=seen_until and seen_until.date(),
            statuses=status,
            outdated=outdated,
            everything=everything,
            start=start,
        )
        require_known(existing(settings).inventory(), selection)
        if dry_run:
            _tell(_planned(settings, selection, restart=restart), json=json)
            return
        with choose(quiet=quiet, json=json) as progress:
            summary = _backfill(settings, progress, selection, stop, plain=plain, restart=restart)
    if json:
        print_json("backfill", summary)
    else:
        console().print(as_text(summary))
    raise typer.Exit(summary.exit_code)


def _planned(settings: Settings, selection: Selection, *, restart: bool) -> Plan:
    from flows.config.settings import now
    from flows.running.backfill import backfill_plan, plan
    from flows.running.run import open_run

    with open_run(backfill_plan(settings, now(), selection, restart=restart), only_looks=True) as run:
        return plan(run, selection)


def _backfill(
    settings: Settings, progress: Progress, selection: Selection, stop: Stop, *, plain: bool, restart: bool
) -> RunSummary:
    from functools import partial

    from flows.config.settings import now
    from flows.running.backfill import backfill_plan, find_selected, give_way
    from flows.running.run import open_run

    give_way()
    plan = backfill_plan(settings, now(), selection, restart=restart)
    with stop.gracefully(), stop.handlers(), open_run(plan, progress, stop) as run:
        find = partial(find_selected, run, selection)
        if plain:
            from flows.running.pipeline import run_plainly

            return run_plainly(run, find)
        from flows.orchestration.flow import run_with_prefect

        return run_with_prefect(run, find, {"selection": selection.described()})


def _tell(planned: Plan, *, json: bool) -> None:
    """Print a plan as JSON with every document, or as a table with the first of them."""
    from flows.running.timing import UNITS

    groups = planned.groups()
    if json:
        plan = {
            "selection": planned.selection.described(),
            "documents_selected": planned.selected.len(),
            "documents_done": planned.done,
            "documents_without_file": planned.missing["document_id"].to_list(),
            "seconds": round(planned.seconds, 1),
            "groups": groups,
            "documents": planned.todo.to_dicts(),
        }
        print_json("backfill --dry-run", plan)
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
    print_rows(rows, nothing="There is nothing to do.")
    if planned.todo.height == 0:
        return
    first = planned.todo.head(_LISTED)
    print_rows(first.select("document_id", "file_name", "page_count", "stage").to_dicts(), nothing="")
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
