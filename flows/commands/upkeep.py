"""Commands that keep a warehouse in order: another release shown, a small ledger, a repaired one."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from flows.commands.options import ConfigOption, JsonOption, WarehouseOption
from flows.commands.terminal import errors_reported, existing, print_json, print_rows, settings_of, stop_of
from flows.output import EXIT_SOME_INPUTS


def rollback(
    release: Annotated[
        str | None, typer.Argument(metavar="RELEASE", help="The release to show, see `jixiao releases`.")
    ] = None,
    newest: Annotated[bool, typer.Option("--newest", help="Show the newest release, and follow it again.")] = False,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
) -> None:
    """Let `published` show another release, and pin it there.

    Runs continue to make releases and warn that they are not shown, until `jixiao rollback --newest`.
    """
    if (release is None) != newest:
        raise typer.BadParameter("name a release, or say --newest")
    with errors_reported():
        house = existing(settings_of(config, warehouse=warehouse))
        shown = house.publishing.rollback(release)
        pinned = house.publishing.pinned()
    print(f"published now shows {shown.release_id}")
    if pinned:
        print("it stays there until `jixiao rollback --newest`; runs continue to make releases", file=sys.stderr)


def forget(
    context: typer.Context,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="Document ids, or what they begin with.", show_default=False),
    ] = None,
    of_run: Annotated[
        list[str] | None,
        typer.Option("--run", metavar="RUN", help="All that this ingest was the first to see (see `jixiao runs`)."),
    ] = None,
    reason: Annotated[str, typer.Option(help="Why, in a sentence; needed. It is kept in the ledger's events.")] = "",
    undo: Annotated[bool, typer.Option("--undo", help="Put them back.")] = False,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Take documents out of publication, such as those of a mistaken ingest, and publish what is left.

    Nothing of them is deleted: they stay in archive and ledger, and `--undo` puts them back. They stay out when their
    source is ingested again. Without an ID or a run: list what is out.
    """
    from flows.progress import Waits
    from flows.running.forget import chosen, forgotten_rows
    from flows.running.forget import forget as forget_documents

    if (ids or of_run) and not reason.strip():
        raise typer.BadParameter("say why: --reason TEXT")
    stop = stop_of(context)
    with errors_reported(stop):
        settings = settings_of(config, warehouse=warehouse)
        house = existing(settings)
        if not ids and not of_run:
            rows = forgotten_rows(house)
            if json:
                print_json("forget", rows)
            else:
                print_rows(rows, nothing="Nothing is out of publication.")
            return
        documents = chosen(house, ids or [], of_run or [], undo=undo)
        with stop.gracefully(), stop.handlers():
            summary = forget_documents(settings, documents, reason.strip(), stop, Waits(), undo=undo)
    if json:
        print_json("forget ID", summary)
        return
    done = "put back" if undo else "taken out of publication"
    print(f"{len(documents)} documents {done}; release {summary.release_id}")


def maintain(
    keep_files: Annotated[
        int, typer.Option(min=1, metavar="DAYS", help="Keep replaced files this long for runs that still read them.")
    ] = 7,
    keep_superseded: Annotated[
        int,
        typer.Option(
            min=1, metavar="DAYS", help="Keep readings and derivations this long that newer ones have replaced."
        ),
    ] = 90,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Keep the ledger small and quick: join small files, delete what nothing reads any more.

    What is published, the archive, and all that a run needs stay as they are. Runs may continue meanwhile.
    """
    from datetime import timedelta

    from flows.config.settings import now

    with errors_reported():
        house = existing(settings_of(config, warehouse=warehouse))
        done = house.maintain(timedelta(days=keep_files), now() - timedelta(days=keep_superseded))
    if json:
        print_json("maintain", done.to_dicts())
        return
    print_rows(done.to_dicts(), nothing="")


def verify(
    context: typer.Context,
    repair: Annotated[
        bool, typer.Option("--repair", help="Repair what can be repaired, then look again. Stop other runs first.")
    ] = False,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Read all that the warehouse keeps, and compare it with its sums: archive, ledger, releases and the pointer.

    Nothing is changed without `--repair`. Ends with 3 when something is damaged, or still is after the repair.
    """
    stop = stop_of(context)
    with errors_reported(stop):
        settings = settings_of(config, warehouse=warehouse)
        before = found = existing(settings).verify()
        if repair and not found.is_whole:
            from flows.progress import Waits
            from flows.running.repair import repair as repair_warehouse

            with stop.gracefully(), stop.handlers():
                found = repair_warehouse(settings, before, stop, Waits())
    counts = {"documents": found.documents, "ledger_files": found.ledger_files, "releases": found.releases}
    rows = found.damage.to_dicts()
    if json:
        result = {"is_whole": found.is_whole, **counts, "damaged_before": before.damage.height, "damage": rows}
        print_json("verify", result)
    else:
        nothing = "All is whole: {documents} documents, {ledger_files} ledger files, {releases} releases."
        print_rows(rows, nothing=nothing.format(**counts))
        if repair and not before.is_whole:
            print(f"{before.damage.height} files were damaged, {found.damage.height} are still.", file=sys.stderr)
    raise typer.Exit(0 if found.is_whole else EXIT_SOME_INPUTS)


def repair(warehouse: WarehouseOption = None, config: ConfigOption = None, json: JsonOption = False) -> None:
    """Repair a ledger with truncated or missing files: take out what is damaged, and report what is lost.

    Stop other runs first. Damaged files are moved to `ledger/.damaged`, what is published stays. The next ingest or
    backfill reads from the archive, or derives, what was lost.
    """
    with errors_reported():
        done = existing(settings_of(config, warehouse=warehouse)).repair()
    if json:
        counts = {"unread": done.unread, "underived": done.underived, "unseen": done.unseen}
        print_json("repair", {"files": done.files.to_dicts(), **counts})
        return
    print_rows(done.files.to_dicts(), nothing="No file is damaged.")
    if done.unread or done.underived:
        print(
            f"Lost: {done.unread} readings, {done.underived} derivations. The next `jixiao ingest` or `jixiao backfill "
            "--outdated` reads these documents from the archive, and derives them again."
        )
    if done.unseen:
        print(
            f"Where {done.unseen} documents were seen was lost, and taken from the release; ingest their sources again."
        )
