"""The command that writes a release as plain files: DuckDB, Excel, csv, Parquet."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import ConfigOption, LanguageOption, WarehouseOption
from flows.commands.terminal import errors_reported, existing, language_of, published_release, settings_of
from flows.config.choices import ExportFormat

if TYPE_CHECKING:
    from warehouse.releases.release import Release


def export(
    format_: Annotated[
        ExportFormat,
        typer.Option("--format", "-f", help="One DuckDB file, one workbook, or a folder of csv or Parquet files."),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", metavar="PATH", help="The file or folder, not there yet (named for the release here)."
        ),
    ] = None,
    release: Annotated[
        str | None, typer.Option("--release", metavar="ID", help="Another release than the published one.")
    ] = None,
    published: Annotated[
        bool,
        typer.Option("--published/--all", help="Only the forms that are published, or all of them with their status."),
    ] = False,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    language: LanguageOption = None,
) -> None:
    """Write a release as plain files without links: for Excel, DuckDB, or any tool that reads csv or Parquet.

    All forms are in it, also those that are held back, with their status; --published leaves them out.
    """
    with errors_reported():
        settings = settings_of(config, warehouse=warehouse)
        house = existing(settings)
        chosen = house.releases.get(release) if release else published_release(house)
        endings = {ExportFormat.duckdb: ".duckdb", ExportFormat.xlsx: ".xlsx"}
        target = out or Path(f"jixiao-{chosen.release_id}{endings.get(format_, f'-{format_.value}')}")
        write_export(chosen, target, format_, language_of(language, settings), published_only=published)
    print(target)


def write_export(release: Release, target: Path, format_: ExportFormat, language: str, *, published_only: bool) -> None:
    """Write a release to a file or folder, which shows when it is whole.

    Raises:
        SettingsError: Something is there already, or it cannot be written there.
        WarehouseError: The format cannot hold it, or the release cannot be read.
    """
    from flows.config.settings import SettingsError
    from warehouse.exporting.content import Content
    from warehouse.exporting.database import write_duckdb
    from warehouse.exporting.plain import write_csv, write_parquet
    from warehouse.exporting.workbook import write_xlsx

    if target.exists():
        raise SettingsError(f"{target} is there already: name another place with --out, or move it away")
    try:
        target.absolute().parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".jixiao-", dir=target.absolute().parent) as folder:
            made = Path(folder, target.name)
            with Content(release, published_only=published_only) as content:
                if format_ is ExportFormat.duckdb:
                    write_duckdb(content, made, language)
                elif format_ is ExportFormat.xlsx:
                    write_xlsx(content, made, language)
                else:
                    made.mkdir()
                    if format_ is ExportFormat.csv:
                        write_csv(content, made, language)
                    else:
                        write_parquet(content, made)
            shutil.move(made, target)
    except OSError as error:
        raise SettingsError(f"{target} cannot be written: {error.strerror or error}") from None
