"""The command line, `jixiao`. Heavy modules are imported by the commands that need them, so that --help is quick."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from flows import package_version

if TYPE_CHECKING:
    from flows.settings import Settings
    from flows.summary import RunSummary
    from warehouse.release import Release
    from warehouse.store import Warehouse


class Feed(StrEnum):
    """What reads characters and lines from a page."""

    pdfium = "pdfium"
    pdfplumber = "pdfplumber"


class Language(StrEnum):
    """Language of messages about forms."""

    en = "en"
    zh = "zh"


app = typer.Typer(
    name="jixiao",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)

WarehouseOption = Annotated[
    str | None,
    typer.Option(
        "--warehouse",
        "-w",
        metavar="PLACE",
        help="Where archive, ledger and releases are: a folder (./data), or s3://bucket/prefix.",
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Settings file (jixiao.toml where there is one)."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
LanguageOption = Annotated[Language, typer.Option("--language", "-l", help="Language of the messages.")]


_KEPT = "what was read is kept, what is published has not changed: run again to go on"


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    signal.signal(signal.SIGTERM, _end_when_terminated)
    app()
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
    plain: Annotated[bool, typer.Option("--plain", help="Run the same stages without Prefect.")] = False,
    feed: Annotated[Feed | None, typer.Option(help="What reads the pages (pdfium).")] = None,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Processes that read (one per core); 0: read in this process.")
    ] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress: only troubles, and the summary.")] = False,
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
    from flows.settings import now
    from flows.summary import as_text

    with _errors_told():
        settings = _settings(config, warehouse=warehouse, feed=feed and feed.value, workers=workers)
        started_at = now()
        with choose(quiet=quiet, json=json) as progress:
            summary = _run(settings, progress, started_at, sources or [], plain=plain)
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
        from flows.sources_reference import example_file, keys_markdown

        print(example_file() if example else keys_markdown(), end="")
        return
    from flows.settings import now
    from flows.sources import choose, load_sources

    with _errors_told():
        settings = _settings(config, warehouse=warehouse)
        chosen = choose(load_sources(settings.sources), names or [])
        if check:
            from flows.source_report import check_rows
            from flows.summary import EXIT_SOME_INPUTS

            rows = check_rows(chosen, now())
            _print_rows(rows, json=json, nothing="")
            raise typer.Exit(EXIT_SOME_INPUTS if any(row["problem"] for row in rows) else 0)
        from flows.source_report import source_rows

        from warehouse.storage import is_warehouse

        house = _existing(settings) if is_warehouse(settings.warehouse) else None
        rows = source_rows(chosen, house, now())
    _print_rows(rows, json=json, nothing="There are no sources.")


@app.command()
def quarantine(
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    language: LanguageOption = Language.en,
) -> None:
    """List the forms that are held back, and why: one line for each form and broken rule."""
    from flows.report import held_forms

    with _errors_told():
        house = _existing(_settings(config, warehouse=warehouse))
        release = house.releases.current()
        rows = held_forms(release, language.value) if release else []
    _print_rows(rows, json=json, nothing="No form is held back.")


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
    from flows.html_report import write_report

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
    from flows.report import release_rows

    with _errors_told():
        rows = release_rows(_existing(_settings(config, warehouse=warehouse)).list_releases())
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
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
) -> None:
    """Compare two releases by key: rows added, removed, changed."""
    with _errors_told():
        frame = _existing(_settings(config, warehouse=warehouse)).diff(before, after)
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
    from flows.show import draw, find, rows_of

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


@app.command()
def rollback(
    release: Annotated[str, typer.Argument(metavar="RELEASE", help="The release to show, see `jixiao releases`.")],
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
) -> None:
    """Let `published` show another release. The next ingest publishes the newest state again."""
    with _errors_told():
        shown = _existing(_settings(config, warehouse=warehouse)).rollback(release)
    print(f"published now shows {shown.release_id}")


@app.command()
def dictionary() -> None:
    """Print the data dictionary: every table and column, its meaning, type, unit and printed label (Markdown)."""
    from flows.dictionary import dictionary_markdown

    print(dictionary_markdown(), end="")


@app.command()
def rules(config: ConfigOption = None, json: JsonOption = False, language: LanguageOption = Language.en) -> None:
    """List the rules that forms are checked by, with the severity that the settings give them."""
    from flows.report import rule_rows

    with _errors_told():
        rows = rule_rows(_settings(config).rules, language.value)
    _print_rows(rows, json=json, nothing="There are no rules.")


@app.command()
def gaps(warehouse: WarehouseOption = None, config: ConfigOption = None, json: JsonOption = False) -> None:
    """List what forms print that the closed lists lack: levels, funding sources, units, words; most frequent first."""
    from flows.report import vocabulary_gap_rows

    with _errors_told():
        release = _existing(_settings(config, warehouse=warehouse)).releases.current()
        rows = vocabulary_gap_rows(release) if release else []
    _print_rows(rows, json=json, nothing="No gaps: the lists have all that the forms print.")


def _run(settings: Settings, progress: Any, started_at: Any, sources: Sequence[str], *, plain: bool) -> RunSummary:
    from flows.run import Run
    from flows.sources import choose

    with Run(settings, progress, started_at) as run:
        choose(run.sources, sources)  # what cannot be right is told before a server is started
        if plain:
            from flows.pipeline import Ahead
            from flows.pipeline import ingest as ingest_plainly

            return ingest_plainly(run, Ahead(run, sources))
        from flows.prefect_flow import ingest_with_prefect

        return ingest_with_prefect(run, sources)


def _settings(config: Path | None, **options: Any) -> Settings:
    from flows.settings import load_settings

    return load_settings(config, **options)


def _existing(settings: Settings) -> Warehouse:
    """Open a warehouse that is there; a command that only looks makes no folders."""
    from warehouse.storage import is_warehouse
    from warehouse.store import Warehouse, WarehouseError

    if not is_warehouse(settings.warehouse):
        raise WarehouseError(
            f"there is no warehouse at {settings.warehouse}: name one with --warehouse, or ingest first"
        )
    return Warehouse(settings.warehouse)


def _current(house: Warehouse) -> Release:
    """Return the release that is published."""
    from warehouse.errors import WarehouseError

    release = house.releases.current()
    if release is None:
        raise WarehouseError(f"nothing is published yet in {house.root}: ingest first")
    return release


def _data_docs(settings: Settings) -> Path:
    from flows.data_docs import FOLDER, build_data_docs

    house = _existing(settings)
    return build_data_docs(_current(house), house.root / FOLDER, settings.rules)


@contextmanager
def _errors_told() -> Iterator[None]:
    """Tell an error and end with its exit code; one that nobody foresaw is told with the last of its traceback."""
    from flows.prefect_server import ServerError
    from flows.reading import Interrupted
    from flows.settings import SettingsError
    from flows.show import UnknownId
    from flows.summary import EXIT_FAILED, EXIT_USAGE
    from warehouse.errors import WarehouseError

    try:
        yield
    except typer.Exit:
        raise
    except (SettingsError, UnknownId) as error:
        _fail(str(error), EXIT_USAGE)
    except (WarehouseError, ServerError) as error:
        _fail(str(error), EXIT_FAILED)
    except (KeyboardInterrupt, Interrupted):
        _fail(f"interrupted; {_KEPT}", 130)
    except Exception as error:
        _end_if_ended_from_outside(error)
        import traceback

        traceback.print_exc(limit=-5, chain=False)
        _fail(f"the program failed ({type(error).__name__}); please report it; {_KEPT}", EXIT_FAILED)


def _end_if_ended_from_outside(error: BaseException) -> None:
    """End with the signal's exit code where an error only came up while a signal was being handled."""
    while error.__context__ is not None:
        error = error.__context__
        if isinstance(error, KeyboardInterrupt):
            _fail(f"interrupted; {_KEPT}", 130)
        if isinstance(error, SystemExit):
            raise error


def _fail(message: str, code: int) -> NoReturn:
    print(f"error: {message}", file=sys.stderr)
    raise typer.Exit(code)


def _end_when_terminated(signal_number: int, _frame: object) -> NoReturn:
    print(f"error: terminated; {_KEPT}", file=sys.stderr)
    sys.exit(128 + signal_number)


def _console() -> Any:
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 200)


def _print_rows(rows: Sequence[dict[str, Any]], *, json: bool, nothing: str) -> None:
    """Print rows as a table for people or as a JSON array."""
    if json:
        from json import dumps

        print(dumps(rows, ensure_ascii=False, indent=2, default=str))
        return
    if not rows:
        print(nothing, file=sys.stderr)
        return
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    table = Table(*(name.replace("_", " ") for name in rows[0]), box=box.SIMPLE_HEAD, pad_edge=False)
    for row in rows:
        table.add_row(*("" if value is None else escape(str(value)) for value in row.values()))
    _console().print(table)


if __name__ == "__main__":
    main()
