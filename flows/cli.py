"""The command line, `jixiao`. Heavy modules are imported by the commands that need them, so that --help is quick."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from flows import cli_upkeep, package_version
from flows.terminal import (
    KEPT,
    AddressOption,
    ConfigOption,
    Feed,
    JsonOption,
    Language,
    LanguageOption,
    PlainOption,
    QuietOption,
    RunnerOption,
    WarehouseOption,
    WorkersOption,
)
from flows.terminal import console as _console
from flows.terminal import errors_told as _errors_told
from flows.terminal import existing as _existing
from flows.terminal import print_rows as _print_rows
from flows.terminal import settings_of as _settings
from flows.termination import Terminated, ended_by, signals_come_again

if TYPE_CHECKING:
    from flows.config.settings import Settings
    from flows.running.summary import RunSummary
    from warehouse.releases.release import Release
    from warehouse.warehouse import Warehouse


_WAYS_OUT = """To see the place on the page: jixiao show {form}/{rule}
To publish a form: mend a misprint in corrections.toml, or set the rule's severity or threshold in jixiao.toml, and run
again; after a new version of jixiao: jixiao backfill --outdated"""

app = typer.Typer(
    name="jixiao",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    try:
        with (
            ended_by(signal.SIGTERM, Terminated),
            ended_by(signal.SIGINT, KeyboardInterrupt),
            signals_come_again(),
        ):
            app()
    except Terminated:
        print(f"error: terminated; {KEPT}", file=sys.stderr)
        raise
    raise AssertionError("the command line ends the process")


@app.callback(invoke_without_command=True)
def jixiao(version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False) -> None:
    """Read China's fiscal project performance self-evaluation forms (绩效自评表) from PDFs into clean Parquet.

    Results go to stdout, progress and messages to stderr. Exit codes:

    - 0: all is fine, also when forms were held back;
    - 1: the command failed; what was published has not changed;
    - 2: it was called wrongly, or a setting is wrong;
    - 3: the run finished, but some of its sources or documents could not be taken or read;
    - 130, 143: it was interrupted or terminated.
    """
    if version:
        print(f"jixiao {package_version()}")
        raise typer.Exit


@app.command()
def ingest(
    sources: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SOURCE]...",
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
    from flows.config.settings import now
    from flows.progress import choose
    from flows.running.summary import as_text

    with _errors_told():
        settings = _settings(
            config,
            warehouse=warehouse,
            feed=feed and feed.value,
            workers=workers,
            runner=runner and runner.value,
            address=address,
        )
        started_at = now()
        with choose(quiet=quiet, json=json) as progress:
            summary = _run(settings, progress, started_at, sources or [], plain=plain, verify=verify)
            page = _data_docs(settings) if data_docs else None
    if json:
        print(summary.model_dump_json(indent=2))
    else:
        _console().print(as_text(summary))
    if page:
        print(f"Data Docs: {page}", file=sys.stderr)
    raise typer.Exit(summary.exit_code)


@app.command()
def sources(
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Only these.", show_default=False)
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Try them: list what they have, take nothing. Ends with 3 on trouble.")
    ] = False,
    example: Annotated[bool, typer.Option("--example", help="Print a sources.toml to begin with.")] = False,
    keys: Annotated[bool, typer.Option("--keys", help="Print all keys of sources.toml (Markdown).")] = False,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """List the sources of sources.toml: when they were last seen, what they brought, which are overdue."""
    if example or keys:
        from flows.config.sources_reference import example_file, keys_markdown

        print(example_file() if example else keys_markdown(), end="")
        return
    from flows.config.settings import now
    from flows.config.sources import choose, load_sources

    with _errors_told():
        settings = _settings(config, warehouse=warehouse)
        chosen = choose(load_sources(settings.sources), names or [])
        if check:
            from flows.collecting.status import check_rows
            from flows.running.summary import EXIT_SOME_INPUTS

            rows = check_rows(chosen, now())
            _print_rows(rows, json=json, nothing="")
            raise typer.Exit(EXIT_SOME_INPUTS if any(row["problem"] for row in rows) else 0)
        from flows.collecting.status import source_rows
        from warehouse.storage.opening import is_warehouse

        house = _existing(settings) if is_warehouse(settings.warehouse) else None
        rows = source_rows(chosen, house, now())
    _print_rows(rows, json=json, nothing="There are no sources.")


@app.command()
def serve(
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    quiet: QuietOption = False,
) -> None:
    """Keep the nightly schedule, and run what is asked for in the Prefect UI, until it is ended.

    Works on the Prefect server that `PREFECT_API_URL` or a profile names; else it starts one, with its UI at
    http://127.0.0.1:4200. Schedule, alerts and limits are `[nightly]`, `[alerts]` and `[prefect]` in jixiao.toml.
    """
    from flows.orchestration.serve import serve as serve_deployments
    from flows.progress import Lines, Progress

    with _errors_told():
        serve_deployments(_settings(config, warehouse=warehouse), Progress() if quiet else Lines(), config)


@app.command()
def quarantine(
    only: Annotated[
        str, typer.Argument(metavar="[ID]", help="Only forms whose form_id, or rules whose id, begins so.")
    ] = "",
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    language: LanguageOption = Language.en,
) -> None:
    """List the forms that are held back, and why: one line for each form and broken rule, with what it prints.

    When the rule, its settings, a correction or the reader is mended, the next run or backfill publishes the form.
    """
    from flows.reports.rows import held_forms

    with _errors_told():
        house = _existing(_settings(config, warehouse=warehouse))
        release = house.releases.current()
        rows = held_forms(release, language.value, only) if release else []
    _print_rows(rows, json=json, nothing="No form is held back.")
    if rows and not json:
        print(_WAYS_OUT.format(form=rows[0]["form_id"], rule=rows[0]["rule"]), file=sys.stderr)


@app.command()
def report(
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Where the page goes (report.html here).")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    language: LanguageOption = Language.en,
) -> None:
    """Write the quality of the published release as one HTML file: documents, rules, forms held back and why."""
    from flows.reports.quality_page import write_report

    with _errors_told():
        settings = _settings(config, warehouse=warehouse)
        house = _existing(settings)
        page = write_report(house, _current(house), out or Path("report.html"), language.value, settings.rules)
    print(page)
    if open_:
        typer.launch(str(page))


@app.command()
def releases(warehouse: WarehouseOption = None, config: ConfigOption = None, json: JsonOption = False) -> None:
    """List the releases that are kept, oldest first; the published one is marked."""
    from flows.reports.rows import release_rows

    with _errors_told():
        house = _existing(_settings(config, warehouse=warehouse))
        rows = release_rows(house.list_releases(), house.pinned())
    _print_rows(rows, json=json, nothing="Nothing is published yet.")


@app.command()
def path(
    table: Annotated[
        str | None, typer.Argument(metavar="TABLE", help="One table, such as forms; else the folder with all of them.")
    ] = None,
    quarantine: Annotated[bool, typer.Option("--quarantine", help="The forms that were held back.")] = False,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
) -> None:
    """Print where the published release is: read below it and you see one release, also while a new one is published.

    Such as: duckdb -c "FROM '$(jixiao path forms)/*.parquet'"
    """
    from warehouse.contract import TABLES
    from warehouse.errors import WarehouseError

    with _errors_told():
        house = _existing(_settings(config, warehouse=warehouse))
        release = house.releases.current()
        if release is None:
            raise WarehouseError(f"nothing is published yet in {house.location}: run `jixiao ingest` first")
        if table is not None and table not in TABLES:
            raise WarehouseError(f"there is no table {table}; the tables are: {', '.join(TABLES)}")
        print("/".join([release.location, "quarantine" if quarantine else "published", *([table] if table else [])]))


@app.command()
def diff(
    before: Annotated[str, typer.Argument(metavar="RELEASE", help="The older release, as `jixiao releases` names it.")],
    after: Annotated[str, typer.Argument(metavar="RELEASE", help="The newer release.")],
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write it as one HTML page, and print the counts.")
    ] = None,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Compare two releases by key: rows added, removed, changed."""
    with _errors_told():
        frame = _existing(_settings(config, warehouse=warehouse)).diff(before, after)
    if html is not None:
        from flows.reports.diff_page import diff_counts, diff_page

        with _errors_told():
            _written(html, diff_page(frame, before, after))
        frame = diff_counts(frame)
    _print_rows(frame.to_dicts(), json=json, nothing="No difference.")


@app.command()
def show(
    wanted: Annotated[
        str,
        typer.Argument(
            metavar="ID",
            help="A form_id, indicator_id or funding_id of the data; with `/R07` only what that rule is about.",
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="PNG", help="Where the picture goes (ID.png here).")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Open the picture with the system's viewer.")] = False,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    language: LanguageOption = Language.en,
) -> None:
    """Show where a value stands: the places in words, and the page as a picture with frames, red for what fails."""
    from flows.reports.show import draw, find, rows_of

    with _errors_told():
        house = _existing(_settings(config, warehouse=warehouse))
        shown = find(house, wanted)
        picture = draw(house, shown, out or Path(wanted.replace("/", "-") + ".png"))
    rows = rows_of(shown, language.value)
    if json:
        from json import dumps

        told = {"picture": str(picture), "document": house.archive.location_of(shown.document_id), **rows}
        print(dumps(told, ensure_ascii=False, indent=2))
    else:
        for finding in rows["findings"]:
            print(f"{finding['severity']}  {finding['rule_id']}  {finding['message']}")
        _print_rows(rows["places"], json=False, nothing="")
        print(picture)
    if open_:
        typer.launch(str(picture))


app.command()(cli_upkeep.backfill)
app.command()(cli_upkeep.runs)
app.command()(cli_upkeep.maintain)
app.command()(cli_upkeep.repair)


@app.command()
def rollback(
    release: Annotated[
        str | None, typer.Argument(metavar="[RELEASE]", help="The release to show, see `jixiao releases`.")
    ] = None,
    newest: Annotated[bool, typer.Option("--newest", help="Show the newest release, and follow it again.")] = False,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
) -> None:
    """Let `published` show another release, and pin it there.

    Runs go on to make releases and warn that they are not shown, until `jixiao rollback --newest`.
    """
    if (release is None) != newest:
        raise typer.BadParameter("name a release, or say --newest")
    with _errors_told():
        house = _existing(_settings(config, warehouse=warehouse))
        shown = house.rollback(release)
        pinned = house.pinned()
    print(f"published now shows {shown.release_id}")
    if pinned:
        print("it stays there until `jixiao rollback --newest`; runs go on to make releases", file=sys.stderr)


@app.command()
def dictionary() -> None:
    """Print the data dictionary: every table and column, its meaning, type, unit and printed label (Markdown)."""
    from flows.reports.dictionary import dictionary_markdown

    print(dictionary_markdown(), end="")


@app.command()
def rules(config: ConfigOption = None, json: JsonOption = False, language: LanguageOption = Language.en) -> None:
    """List the rules that forms are checked by, with the severity that the settings give them."""
    from flows.reports.rows import rule_rows

    with _errors_told():
        rows = rule_rows(_settings(config).rules, language.value)
    _print_rows(rows, json=json, nothing="There are no rules.")


@app.command()
def gaps(warehouse: WarehouseOption = None, config: ConfigOption = None, json: JsonOption = False) -> None:
    """List what forms print that the closed lists lack: levels, funding sources, units, words; most frequent first."""
    from flows.reports.rows import vocabulary_gap_rows

    with _errors_told():
        release = _existing(_settings(config, warehouse=warehouse)).releases.current()
        rows = vocabulary_gap_rows(release) if release else []
    _print_rows(rows, json=json, nothing="No gaps: the lists have all that the forms print.")


def _written(path: Path, content: str) -> None:
    """Write a file for people.

    Raises:
        SettingsError: It cannot be written there.
    """
    from flows.config.settings import SettingsError

    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise SettingsError(f"{path} cannot be written: {error.strerror}") from None


def _run(
    settings: Settings, progress: Any, started_at: Any, sources: Sequence[str], *, plain: bool, verify: bool
) -> RunSummary:
    from flows.config.sources import choose
    from flows.running.cluster import new_run

    with new_run(settings, progress, started_at, verify=verify) as run:
        choose(run.sources, sources)  # what cannot be right is told before a server is started
        if plain:
            from flows.running.pipeline import Ahead
            from flows.running.pipeline import ingest as ingest_plainly

            return ingest_plainly(run, Ahead(run, sources))
        from flows.orchestration.flow import ingest_with_prefect

        return ingest_with_prefect(run, sources)


def _current(house: Warehouse) -> Release:
    """Return the release that is published."""
    from warehouse.errors import WarehouseError

    release = house.releases.current()
    if release is None:
        raise WarehouseError(f"nothing is published yet in {house.location}: ingest first")
    return release


def _data_docs(settings: Settings) -> Path:
    from flows.reports.data_docs import FOLDER, build_data_docs

    house = _existing(settings)
    return build_data_docs(_current(house), house.root / FOLDER if house.is_local else Path(FOLDER), settings.rules)


if __name__ == "__main__":
    main()
