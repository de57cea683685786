"""The command line, `jixiao`. Heavy modules are imported by the commands that need them, so that --help is quick."""

from __future__ import annotations

import os
import sys
from typing import Annotated, Final, NoReturn

import typer

from flows import package_version
from flows.commands import backfill, browse, export, intake, look, upkeep
from flows.config.quiet_logs import keep_secrets_out_of_logs
from flows.output import EXIT_FAILED, all_written
from flows.stopping import Stop

app = typer.Typer(
    name="jixiao",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def main() -> NoReturn:
    """Run the command line and end the process with its exit code."""
    keep_secrets_out_of_logs()
    stop, stdout = Stop(), sys.stdout
    with stop.listen():
        try:
            app(obj=stop)
        except SystemExit as end:
            code = end.code or 0 if isinstance(end.code, int | None) else EXIT_FAILED
            code = all_written(code, is_broken=sys.stdout is not stdout)  # typer puts its own there, at a broken pipe
            if stop.cause is not None:  # threads that import or compute are not waited for
                os._exit(code)
            raise SystemExit(code) from None
        except OSError as error:  # of printing: what a command does reports its own
            print(f"error: the output could not be written: {error.strerror}", file=sys.stderr)
            raise SystemExit(EXIT_FAILED) from None
    raise AssertionError("the command line ends the process")


@app.callback(invoke_without_command=True)
def jixiao(version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False) -> None:
    """Read China's fiscal project performance self-evaluation forms (绩效自评表) from PDFs into clean Parquet.

    Results go to stdout, progress and messages to stderr. Exit codes:

    - 0: all is fine, also when forms were held back;
    - 1: the command failed; what was published has not changed;
    - 2: it was called wrongly, or a setting is wrong;
    - 3: the run finished, but some of its sources or documents could not be taken or read;
    - 130, 143: it was interrupted or terminated;
    - 141: what reads the output stopped reading, as in `jixiao releases | head -1`.
    """
    if version:
        print(f"jixiao {package_version()}")
        raise typer.Exit


COMMANDS: Final = (
    intake.ingest,
    intake.sources,
    intake.serve,
    intake.alert,
    look.quarantine,
    look.report,
    browse.browse,
    look.releases,
    look.path,
    look.diff,
    look.show,
    backfill.backfill,
    look.runs,
    look.events,
    upkeep.maintain,
    upkeep.verify,
    upkeep.repair,
    upkeep.rollback,
    upkeep.forget,
    export.export,
    export.catalog,
    look.dictionary,
    look.settings,
    look.rules,
    look.gaps,
)
"""In the order in which `--help` lists them."""

for _command in COMMANDS:
    app.command()(_command)
