"""The commands that give releases to other programs: as plain files, and as tables of an Iceberg catalog."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.commands.options import ConfigOption, JsonOption, LanguageOption, WarehouseOption
from flows.commands.terminal import (
    errors_reported,
    existing,
    language_of,
    print_json,
    print_rows,
    published_release,
    settings_of,
)
from flows.config.choices import ExportFormat

if TYPE_CHECKING:
    from warehouse.exporting.iceberg import Catalogued
    from warehouse.releases.release import Release
    from warehouse.warehouse import Warehouse


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


def catalog(
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", metavar="FOLDER", help="Folder of the catalog (`iceberg` in the warehouse)."),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--catalog", metavar="NAME", help="In its place: a catalog of pyiceberg's own configuration."),
    ] = None,
    namespace: Annotated[str, typer.Option(help="Namespace of the tables.")] = "jixiao",
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    json: JsonOption = False,
    language: LanguageOption = None,
) -> None:
    """Bring an Iceberg catalog up to date: every table with a snapshot for each release, over the files where they lie.

    Without a tag one reads the published release; its id as a tag gives another one. Nothing is copied.
    """
    with errors_reported():
        settings = settings_of(config, warehouse=warehouse)
        rows = [asdict(one) for one in write_catalog(existing(settings), out, name, namespace)]
    if json:
        print_json("catalog", rows)
        return
    print_rows(rows, nothing="", language=language_of(language, settings))


def write_catalog(house: Warehouse, out: Path | None, name: str | None, namespace: str) -> list[Catalogued]:
    """Bring an Iceberg catalog up to date with the releases of a warehouse.

    Args:
        house: The warehouse.
        out: Folder of the catalog; null: `iceberg` in the warehouse.
        name: A catalog of pyiceberg's configuration in place of one in a folder.
        namespace: Namespace of the tables.

    Raises:
        SettingsError: pyiceberg is not installed, or it is not said where the catalog is, or it cannot be written.
        WarehouseError: Nothing is published yet, or the catalog cannot be written; see `Cataloguer.update`.
    """
    from flows.config.settings import SettingsError

    try:
        from warehouse.exporting.iceberg import Cataloguer, configured_catalog, folder_catalog
    except ImportError:
        raise SettingsError("a catalog needs pyiceberg: install jixiao[iceberg]") from None
    if out is not None and name is not None:
        raise SettingsError("--out and --catalog name two places for the catalog: give one of them")
    if out is None and name is None and not house.is_local:
        raise SettingsError("of a warehouse in a bucket, say where the catalog is: --out FOLDER, or --catalog NAME")
    published = published_release(house)
    kept = [release for release in house.releases.kept() if release.is_readable]
    folder = out or (house.root / "iceberg" if house.is_local else Path())
    try:
        chosen = configured_catalog(name) if name else folder_catalog(folder)
        return Cataloguer(chosen, namespace, house.location).update(kept, published)
    except OSError as error:
        raise SettingsError(f"the catalog cannot be written: {error.strerror or error}") from None
