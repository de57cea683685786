"""The options that several commands share. Imports nothing heavy."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.config.choices import Language, Runner

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
PlainOption = Annotated[bool, typer.Option("--plain", help="Run the same stages without Prefect.")]
WorkersOption = Annotated[
    int | None, typer.Option(min=0, help="Processes that read (one per core); 0: read in this process.")
]
RunnerOption = Annotated[Runner | None, typer.Option(help="Where the work is done: here, or on Dask workers.")]
AddressOption = Annotated[str | None, typer.Option(metavar="ADDRESS", help="The Dask scheduler: tcp://HOST:8786.")]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="No progress: only problems, and the summary.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
LanguageOption = Annotated[
    Language | None,
    typer.Option(
        "--language", "-l", help="Language of what is printed or written (as JIXIAO_LANGUAGE, else LANG, says)."
    ),
]
