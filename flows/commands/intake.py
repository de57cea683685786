"""Commands that take documents in: now, or every night; and the sources that they come from."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import (
    AddressOption,
    ConfigOption,
    JsonOption,
    LanguageOption,
    PlainOption,
    QuietOption,
    RunnerOption,
    WarehouseOption,
    WorkersOption,
)
from flows.commands.terminal import (
    command_texts,
    console,
    errors_reported,
    existing,
    language_of,
    print_json,
    print_rows,
    published_release,
    settings_of,
    stop_of,
)
from flows.config.choices import Feed
from flows.output import EXIT_SOME_INPUTS
from flows.printable import printable

if TYPE_CHECKING:
    from flows.config.settings import Settings
    from flows.progress import Progress
    from flows.running.summary import RunSummary
    from flows.stopping import Stop


def ingest(
    context: typer.Context,
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="SOURCE",
            help="Names of sources.toml, files, folders (with all below them), globs, ZIP archives, web addresses of "
            "files or index pages, s3:// prefixes. None: all of sources.toml.",
            show_default=False,
        ),
    ] = None,
    warehouse: WarehouseOption = None,
    plain: PlainOption = False,
    feed: Annotated[Feed | None, typer.Option(help="What reads the pages (pdfium).")] = None,
    workers: WorkersOption = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Hash every file, also those whose size and time have not changed.")
    ] = False,
    region: Annotated[
        str | None,
        typer.Option(
            metavar="REGION",
            help="Region of the paths and addresses given: its name, or its code of GB/T 2260. Sources of sources.toml "
            "have their own.",
        ),
    ] = None,
    runner: RunnerOption = None,
    address: AddressOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    quiet: QuietOption = False,
    data_docs: Annotated[
        bool,
        typer.Option("--data-docs", help="Also write Great Expectations' report of all forms to FOLDER/data_docs."),
    ] = False,
) -> None:
    """Take PDFs in: read their forms, check them, publish what passes.

    What is known and unchanged is not read again. Ends with 3 when some source or document could not be taken or read:
    the rest is published all the same, and the summary names each of them.
    """
    from flows.progress import choose
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
        with choose(quiet=quiet, json=json) as progress:
            summary = _run(settings, progress, sources or [], stop, plain=plain, verify=verify, region=region)
            page = _data_docs(settings) if data_docs else None
    if json:
        print_json("ingest", summary)
    else:
        console().print(as_text(summary))
    if page:
        print(f"Data Docs: {page}", file=sys.stderr)
    raise typer.Exit(summary.exit_code)


def sources(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="SOURCE", help="Only these.", show_default=False)] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Try them: list what they have, take nothing. Ends with 3 on a problem.")
    ] = False,
    example: Annotated[bool, typer.Option("--example", help="Print a sources.toml to begin with.")] = False,
    keys: Annotated[bool, typer.Option("--keys", help="Print all keys of sources.toml (Markdown).")] = False,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """List the sources of sources.toml: when they were last seen, what was found in them, which are overdue."""
    if example or keys:
        from flows.config.sources_reference import example_file, keys_markdown

        print(example_file() if example else keys_markdown(), end="")
        return
    from flows.config.settings import now
    from flows.config.sources import sources_of

    stop = stop_of(context)
    with errors_reported(stop):
        settings = settings_of(config, warehouse=warehouse)
        in_language = language_of(language, settings)
        chosen = sources_of(settings, names or [])
        if check:
            from flows.collecting.status import check_rows

            with stop.gracefully(), stop.handlers():
                rows = check_rows(chosen, now(), stop)
            if json:
                print_json("sources --check", rows)
            else:
                print_rows(rows, nothing="", language=in_language)
            raise typer.Exit(EXIT_SOME_INPUTS if any(row["problem"] for row in rows) else 0)
        from flows.collecting.status import source_rows
        from warehouse.storage.opening import is_warehouse

        house = existing(settings) if is_warehouse(settings.warehouse) else None
        rows = source_rows(chosen, house, now())
    if json:
        print_json("sources", rows)
        return
    print_rows(rows, nothing=command_texts(in_language)["no_sources"], language=in_language)


def serve(
    context: typer.Context,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    quiet: QuietOption = False,
) -> None:
    """Keep the nightly schedule, and run what is asked for in the Prefect UI, until it is ended.

    Works on the Prefect server that `PREFECT_API_URL` or a profile names; else it starts one, with its UI at
    http://127.0.0.1:4200. Schedule, alerts and the rest are `[nightly]`, `[upkeep]`, `[alerts]`, `[prefect]` and
    `[monitoring]` in jixiao.toml.
    """
    from flows.orchestration.serve import serve as serve_deployments
    from flows.progress import JsonLines, Lines, Progress

    stop = stop_of(context)
    with errors_reported(stop):
        settings = settings_of(config, warehouse=warehouse)
        lines = JsonLines() if settings.monitoring.log_format == "json" else Lines()
        serve_deployments(settings, Progress() if quiet else lines, stop, config)


def alert(
    test: Annotated[
        bool, typer.Option("--test", help="Send a test message to every receiver of the settings.")
    ] = False,
    config: ConfigOption = None,
) -> None:
    """Try the receivers of [alerts]: a command, a webhook, addresses of apprise. Ends with 1 when one failed."""
    from flows.config.settings import SettingsError
    from flows.orchestration.receivers import attempts, test_alert

    if not test:
        raise typer.BadParameter("say --test: alerts themselves are sent by `jixiao serve`")
    with errors_reported():
        settings = settings_of(config)
        tried = list(attempts(test_alert(settings.prefect.environment), settings.alerts))
        if not tried:
            raise SettingsError(
                "there is no receiver: set command, webhook or urls under [alerts] in jixiao.toml, or JIXIAO_ALERTS__*"
            )
    for receiver, problem in tried:
        print(problem or f"{receiver} took the message")
    if any(problem for _, problem in tried):
        raise typer.Exit(1)


def _run(
    settings: Settings,
    progress: Progress,
    sources: Sequence[str],
    stop: Stop,
    *,
    plain: bool,
    verify: bool,
    region: str | None,
) -> RunSummary:
    from functools import partial

    from flows.config.settings import now
    from flows.config.sources import sources_of
    from flows.running.run import new_plan, open_run
    from flows.running.stages import collect

    sources_of(settings, sources, region)  # what cannot be right is reported before a server is started
    plan = new_plan(settings, now(), verify=verify, region=region)
    with stop.gracefully(), stop.handlers(), open_run(plan, progress, stop) as run:
        find = partial(collect, run, sources)
        if plain:
            from flows.running.pipeline import run_plainly

            return run_plainly(run, find)
        from flows.orchestration.flow import run_with_prefect

        return run_with_prefect(run, find, {"sources": [printable(source) for source in sources]})


def _data_docs(settings: Settings) -> Path:
    from flows.reports.data_docs import FOLDER, build_data_docs

    house = existing(settings)
    return build_data_docs(
        published_release(house), house.root / FOLDER if house.is_local else Path(FOLDER), settings.rules
    )
