"""The command that shows the dataset in a browser."""

from __future__ import annotations

from typing import Annotated

import typer

from flows.commands.options import ConfigOption, LanguageOption, WarehouseOption
from flows.commands.terminal import errors_reported, existing, language_of, settings_of, stop_of


def browse(
    context: typer.Context,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of this machine; 0: any that is free.")] = 8642,
    release: Annotated[
        str | None, typer.Option("--release", metavar="ID", help="This release, instead of the published one.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open/--no-open", help="Open the pages in the browser.")] = True,
    warehouse: WarehouseOption = None,
    config: ConfigOption = None,
    language: LanguageOption = None,
) -> None:
    """Look at the dataset in the browser: search all forms, see each beside its PDF page, until Ctrl-C.

    The pages can only be read, and only on this machine. When a new release is published, they show it.
    """
    import sys

    from flows.browse.server import serve

    stop = stop_of(context)

    def ready(address: str) -> None:
        print(address, flush=True)
        print("Ctrl-C ends it.", file=sys.stderr)
        if open_:
            typer.launch(address)

    with errors_reported(stop):
        settings = settings_of(config, warehouse=warehouse)
        house = existing(settings)
        serve(house, settings, language_of(language, settings), stop, ready, port=port, release=release)
