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
    from warehouse.store import Warehouse


class Feed(StrEnum):
    """What reads characters and lines from a page."""

    pdfium = "pdfium"
    pdfplumber = "pdfplumber"


class RunnerName(StrEnum):
    """Where documents are read, derived and checked."""

    local = "local"
    dask = "dask"


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
    typer.Option("--warehouse", "-w", metavar="FOLDER", help="Where archive, ledger and releases are (./data)."),
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
        list[str], typer.Argument(metavar="SOURCE...", help="PDF files, folders (with all below them), or globs.")
    ],
    warehouse: WarehouseOption = None,
    plain: Annotated[bool, typer.Option("--plain", help="Run the same stages without Prefect.")] = False,
    feed: Annotated[Feed | None, typer.Option(help="What reads the pages (pdfium).")] = None,
    workers: Annotated[
        int | None, typer.Option(min=0, help="Processes that read (one per core); 0: read in this process.")
    ] = None,
    runner: Annotated[RunnerName | None, typer.Option(help="Where the work is done: here, or on Dask workers.")] = None,
    address: Annotated[str | None, typer.Option(metavar="ADDRESS", help="The Dask scheduler: tcp://HOST:8786.")] = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress: only troubles, and the summary.")] = False,
) -> None:
    """Take PDFs in: read their forms, check them, publish what passes.

    What is known and unchanged is not read again. Ends with 3 when some source or document could not be taken or read:
    the rest is published all the same, and the summary names each of them.
    """
    from flows.progress import choose
    from flows.settings import now
    from flows.summary import as_text

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
            summary = _run(settings, progress, started_at, sources, plain=plain)
    if json:
        print(summary.model_dump_json(indent=2))
    else:
        _console().print(as_text(summary))
    raise typer.Exit(summary.exit_code)


@app.command()
def serve(
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say less while it starts.")] = False,
) -> None:
    """Keep the nightly schedule, and run what is asked for in the Prefect UI, until it is ended.

    Works on the Prefect server that `PREFECT_API_URL` or a profile names; else it starts one, with its UI at
    http://127.0.0.1:4200. Schedule, alerts and limits are `[nightly]`, `[alerts]` and `[prefect]` in jixiao.toml.
    """
    from flows.progress import Lines, Progress
    from flows.serve import serve as serve_deployments

    with _errors_told():
        serve_deployments(_settings(config, warehouse=warehouse), Progress() if quiet else Lines(), config)


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
def releases(warehouse: WarehouseOption = None, config: ConfigOption = None, json: JsonOption = False) -> None:
    """List the releases that are kept, oldest first; the published one is marked."""
    from flows.report import release_rows

    with _errors_told():
        rows = release_rows(_existing(_settings(config, warehouse=warehouse)).list_releases())
    _print_rows(rows, json=json, nothing="Nothing is published yet.")


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
        picture = draw(shown, out or Path(wanted.replace("/", "-") + ".png"))
    rows = rows_of(shown, language.value)
    if json:
        from json import dumps

        print(dumps({"picture": str(picture), "document": str(shown.document), **rows}, ensure_ascii=False, indent=2))
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
    from flows.cluster import new_run

    with new_run(settings, progress, started_at) as run:
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
    from warehouse.store import Warehouse, WarehouseError

    if not Path(settings.warehouse).is_dir():
        raise WarehouseError(
            f"there is no warehouse at {settings.warehouse}: name one with --warehouse, or ingest first"
        )
    return Warehouse(settings.warehouse)


@contextmanager
def _errors_told() -> Iterator[None]:
    """Tell an error and end with its exit code; one that nobody foresaw is told with the last of its traceback."""
    from flows.cluster import ClusterError
    from flows.prefect_server import ServerError
    from flows.reading import Interrupted
    from flows.settings import SettingsError
    from flows.show import UnknownId
    from flows.summary import EXIT_FAILED, EXIT_USAGE
    from warehouse.errors import WarehouseError

    try:
        yield
    except (SettingsError, UnknownId) as error:
        _fail(str(error), EXIT_USAGE)
    except (WarehouseError, ServerError, ClusterError) as error:
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
