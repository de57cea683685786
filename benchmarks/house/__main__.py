"""The figures of the house as Markdown: `python -m benchmarks.house`.

A room is a folder of flows, transforms, expectations or warehouse that has modules; the top of a package is one too.
For each room:

    modules   its files of Python
    lines     lines of code, without blank lines, comments and docstrings
    levels    how many modules the longest chain of imports between its modules has; a circle counts as one
    circles   circles of modules (of this room and of others) that import one another and have a part in it
    imports   the other rooms that its modules import

Imports inside functions count, those for type checkers do not. The circles themselves follow, then totals: there
levels and circles are those of the graph of the packages' modules, and of that of their rooms.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import polars as pl

from benchmarks import markdown
from benchmarks.house.graph import Graph, circles, levels, within
from benchmarks.house.modules import Module, modules

PACKAGES: Final = ("flows", "transforms", "expectations", "warehouse")
TOTALS: Final = (*((package,) for package in PACKAGES), ("flows", "warehouse"))


def imports_of(found: Sequence[Module]) -> Graph:
    """Return what each module imports."""
    return {module.name: module.imports for module in found}


def imports_of_rooms(found: Sequence[Module]) -> Graph:
    """Return the other rooms that each room imports."""
    room_of = {module.name: module.room for module in found}
    return {
        room: {room_of[name] for module in found if module.room == room for name in module.imports} - {room}
        for room in sorted(set(room_of.values()))
    }


def room_figures(found: Sequence[Module]) -> pl.DataFrame:
    """Return one row for each room: `room`, `modules`, `lines`, `levels`, `circles`, `imports`."""
    graph = imports_of(found)
    all_circles = circles(graph)
    rows = []
    for room, imported in imports_of_rooms(found).items():
        own = [module for module in found if module.room == room]
        names = {module.name for module in own}
        rows.append(
            {
                "room": room,
                "modules": len(own),
                "lines": sum(module.lines for module in own),
                "levels": levels(within(graph, names)),
                "circles": sum(1 for circle in all_circles if names & {*circle}),
                "imports": ", ".join(sorted(imported)),
            }
        )
    return pl.DataFrame(rows)


def total_figures(found: Sequence[Module]) -> pl.DataFrame:
    """Return one row for each of `TOTALS`, with the sums and with levels and circles of its own graphs."""
    rows = []
    for packages in TOTALS:
        own = [module for module in found if module.name.partition(".")[0] in packages]
        graph = within(imports_of(found), {module.name for module in own})
        rooms = within(imports_of_rooms(found), {module.room for module in own})
        rows.append(
            {
                "packages": " and ".join(packages),
                "rooms": len(rooms),
                "modules": len(own),
                "lines": sum(module.lines for module in own),
                "levels": levels(graph),
                "circles": len(circles(graph)),
                "levels of rooms": levels(rooms),
                "circles of rooms": len(circles(rooms)),
            }
        )
    return pl.DataFrame(rows)


def report(root: Path, title: str) -> str:
    """Return all figures of a tree as Markdown."""
    found = modules(root, PACKAGES)
    if not found:
        return f"# {title}\n\nNo modules.\n"
    parts = [f"# {title}", markdown.table(room_figures(found))]
    for what, graph in (("modules", imports_of(found)), ("rooms", imports_of_rooms(found))):
        named = [f"- {len(circle)}: {', '.join(circle)}" for circle in circles(graph)]
        parts += [f"## Circles of {what}", "\n".join(named) or "None."]
    parts += ["## Totals", markdown.table(total_figures(found))]
    return "\n\n".join(parts) + "\n"


@contextmanager
def checked_out(repository: Path, revision: str) -> Iterator[Path]:
    """Give a temporary folder with the packages of a revision.

    Raises:
        ValueError: git does not know the revision; with what it says.
    """
    try:
        listed = _git(repository, "ls-tree", "-d", "--name-only", f"{revision}^{{commit}}").decode().splitlines()
        archive = _git(repository, "archive", "--format=tar", revision, *(name for name in PACKAGES if name in listed))
    except subprocess.CalledProcessError as error:
        raise ValueError(error.stderr.decode(errors="replace").strip()) from None
    with tempfile.TemporaryDirectory() as folder, tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
        yield Path(folder)


def _git(repository: Path, *arguments: str) -> bytes:
    return subprocess.run(["git", *arguments], cwd=repository, check=True, capture_output=True).stdout


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.house", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--git", metavar="REV", help="of another revision, in place of the files as they are")
    parser.add_argument("--root", type=Path, default=Path(__file__).parents[2], help="of another working tree")
    given = parser.parse_args(arguments)
    if given.git is None:
        sys.stdout.write(report(given.root, "The house"))
        return
    try:
        with checked_out(given.root, given.git) as folder:
            sys.stdout.write(report(folder, f"The house at {given.git}"))
    except ValueError as error:
        parser.error(str(error))


if __name__ == "__main__":
    main()
