"""What the commands share: settings, the warehouse, errors and rows for people. Imports nothing heavy."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import typer

from flows.config.addresses import without_secrets
from flows.output import EXIT_FAILED, EXIT_USAGE
from flows.printable import printable
from flows.stopping import INTERRUPTED, KEPT, Stop

if TYPE_CHECKING:
    from flows.config.choices import Language
    from flows.config.settings import Settings
    from warehouse.contract.vocabulary import LanguageCode
    from warehouse.releases.release import Release
    from warehouse.warehouse import Warehouse


def settings_of(config: Path | None, **options: Any) -> Settings:
    """Load the settings; an option that is None counts as not given."""
    from flows.config.settings import load_settings

    return load_settings(config, **options)


def language_of(option: Language | None, settings: Settings) -> LanguageCode:
    """Return the language of what is printed: that of the option, else of the settings, else of LANG, else English.

    Of the variables of the locale the first that is set counts: LC_ALL, LC_MESSAGES, LANG.
    """
    chosen = option or settings.language
    if chosen is not None:
        return "zh" if chosen.value == "zh" else "en"
    locale = next((set_to for name in ("LC_ALL", "LC_MESSAGES", "LANG") if (set_to := os.environ.get(name))), "")
    return "zh" if locale.lower().startswith("zh") else "en"


def existing(settings: Settings) -> Warehouse:
    """Open a warehouse that is there; a command that only looks makes no folders."""
    from warehouse.errors import WarehouseError
    from warehouse.storage.opening import is_warehouse
    from warehouse.warehouse import Warehouse

    if not is_warehouse(settings.warehouse):
        raise WarehouseError(
            f"there is no warehouse at {settings.warehouse}: name one with --warehouse, or ingest first"
        )
    return Warehouse(settings.warehouse, _awaiting)


@contextmanager
def _awaiting() -> Iterator[Callable[[], object]]:
    from flows.progress import Waits
    from flows.running.run import PUBLISHER

    with Waits().waiting(PUBLISHER):
        yield lambda: None


def published_release(house: Warehouse) -> Release:
    """Return the release that is published."""
    from warehouse.errors import WarehouseError

    release = house.releases.current()
    if release is None:
        raise WarehouseError(f"nothing is published yet in {house.location}: ingest first")
    return release


def stop_of(context: typer.Context) -> Stop:
    """Return the flag that signals set; one that nothing sets where the command is called by a program."""
    return context.find_object(Stop) or Stop()


@contextmanager
def errors_reported(stop: Stop | None = None) -> Iterator[None]:
    """Report an error and end with its exit code; one that nobody foresaw with the last of its traceback.

    Args:
        stop: When it was set, that is what is reported: an error that came up since is one of its consequences.
    """
    from flows.config.settings import SettingsError
    from flows.orchestration.errors import ServiceError
    from flows.reports.show import UnknownId
    from flows.running.cluster import ClusterError
    from warehouse.errors import ReleaseNotFound, WarehouseError, advice_for

    try:
        yield
    except (typer.Exit, BrokenPipeError):  # who reads the output has seen enough
        raise
    except BaseException as error:
        cause = INTERRUPTED if isinstance(error, KeyboardInterrupt) else stop.cause if stop else None
        if cause is not None:
            fail(cause.message, cause.exit_code)
        if isinstance(error, (SettingsError, UnknownId, ReleaseNotFound)):
            fail(str(error), EXIT_USAGE)
        if isinstance(error, (WarehouseError, ServiceError, ClusterError)):
            fail(str(error), EXIT_FAILED)
        if isinstance(error, OSError) and (advice := advice_for(error.errno or 0)):
            fail(f"{error.filename or 'a file'} could not be written or read: {advice}", EXIT_FAILED)
        if not isinstance(error, Exception):
            raise
        import traceback

        print(without_secrets(traceback.format_exc(limit=-5, chain=False)), end="", file=sys.stderr)
        fail(f"the program failed ({type(error).__name__}); please report it; {KEPT}", EXIT_FAILED)


def fail(message: str, code: int) -> NoReturn:
    """Report an error and end with an exit code."""
    print(printable(f"error: {without_secrets(message)}", lines=True), file=sys.stderr)
    raise typer.Exit(code)


def console() -> Any:
    """Return where results for people are printed: as wide as the terminal, wide where there is none."""
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() or "COLUMNS" in os.environ else 200)


def print_json(command: str, found: Any) -> None:
    """Print what a command found as JSON, as `flows/commands/results.py` has it."""
    from flows.commands.results import as_json

    print(as_json(command, found))


def _as_text(name: str, value: Any, words: Mapping[str, str]) -> str:
    """Write a value for people: by the word for it where there is one, such as `state.completed`."""
    if isinstance(value, datetime):
        value = value.isoformat(timespec="seconds")
    if value is None or value is False:
        return ""
    if value is True:
        return words.get("yes", "yes")
    return words.get(f"{name}.{value}", str(value))


_MOMENT: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d)(?::\d\d(?:\.\d+)?)?(?:\+00:00|Z)")


def _short(text: str) -> str:
    """Write a moment as people do, to the minute, in UTC as all moments here.

    Example:
        >>> _short("2026-11-28T09:55:04.176407+00:00"), _short("2026-11-28T09:55:04+08:00")
        ('2026-11-28 09:55', '2026-11-28T09:55:04+08:00')
    """
    moment = _MOMENT.fullmatch(text)
    return f"{moment[1]} {moment[2]}" if moment else text


def command_texts(language: str) -> dict[str, str]:
    """Return what commands say in a language, by key.

    Example:
        >>> command_texts("en")["no_runs"]
        'There was no run yet.'
    """
    from flows.reports.pages import page_texts

    return page_texts("commands")[language]


def print_rows(rows: Sequence[dict[str, Any]], *, nothing: str, language: str = "en") -> None:
    """Print rows for people: as a table in a terminal, and else as lines of texts parted by tabs.

    Nothing is cut: what is longer than its column goes on below.
    """
    if not rows:
        print(nothing, file=sys.stderr)
        return
    from flows.reports.pages import page_texts

    texts = page_texts("heads")
    named, words = texts.get(language, {}), texts.get(f"{language}_values", {})
    if language == "zh" and "table_name" in rows[0]:
        from warehouse.contract.metadata import PUBLISHED, table_about

        words = words | {f"table_name.{table}": table_about(table, "zh").name for table in PUBLISHED}
    heads = [named.get(name, name.replace("_", " ")) for name in rows[0]]
    lines = [[printable(_as_text(name, value, words)) for name, value in row.items()] for row in rows]
    if not sys.stdout.isatty():
        for line in (heads, *lines):
            print("\t".join(line))
        return
    from rich import box
    from rich.markup import escape
    from rich.table import Column, Table

    table = Table(*(Column(head, overflow="fold") for head in heads), box=box.SIMPLE_HEAD, pad_edge=False)
    for line in lines:
        table.add_row(*(escape(_short(cell)) for cell in line))
    console().print(table)
